# Every recipe is one line over a real command; `make help` lists them.
.PHONY: help run test thorough fuzz bench lock messages format

help: ## Say what there is
	@sed -n 's/^\([a-z-]*\):.*## /  make \1|/p' Makefile | awk -F'|' '{printf "%-18s %s\n", $$1, $$2}'

run: ## Start the demo: web, live screens and worker on an embedded database
	@exec scripts/run

test: ## Prove everything: format, lint, types, contracts, both databases, browser, wheel
	@exec scripts/test

thorough: ## Everything that `make test` proves, all of it on both databases, days in full
	@exec env THOROUGH=1 scripts/test

fuzz: ## Compare the booking engine with its model at length (EXAMPLES=1000)
	@exec scripts/fuzz $(EXAMPLES)

bench: ## Measure booking, listing, halls, screens (PARTS="hall day": only these; QUICK=1: shortly)
	@exec scripts/bench $(if $(QUICK),--quick) $(if $(PARTS),--parts $(PARTS))

lock: ## Refresh requirements/*.lock from pyproject.toml (UPGRADE=1: newest allowed versions)
	@exec scripts/lock

messages: ## Collect the translatable texts into src/mawaeed/locale and compile them
	@exec scripts/messages

format: ## Put the code into its one format and mend what lint can mend
	@exec scripts/format
