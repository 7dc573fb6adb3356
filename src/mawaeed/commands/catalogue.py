"""`mawaeed catalogue …`: centres, services, hours and texts from files."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from mawaeed.commands.refusal import CommandRefused

if TYPE_CHECKING:
    from mawaeed.centres.loading_rows import CatalogueChanges


def register(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add `catalogue load` and `catalogue holidays` to the command line."""
    parser = subparsers.add_parser("catalogue", help="centres, services and hours from files")
    verbs = parser.add_subparsers(metavar="VERB", required=True)
    load = verbs.add_parser("load", help="check the files and store what they say")
    load.add_argument("path", type=Path, metavar="PATH", help="folder with agency.yaml")
    load.add_argument(
        "--dry-run", action="store_true", help="say what would change, change nothing"
    )
    load.set_defaults(run=run_load)
    holidays = verbs.add_parser("holidays", help="propose a year's holidays for calendar.yaml")
    holidays.add_argument("year", type=int, metavar="YEAR")
    holidays.set_defaults(run=run_holidays, needs_django=False)


def load_catalogue(path: Path, *, dry_run: bool = False) -> CatalogueChanges:
    """Load the files of `path` as the system; refused with `file:line: reason` per problem."""
    from mawaeed.centres.loading import CatalogueRefused
    from mawaeed.commands import catalogue_load
    from mawaeed.kernel.actor import Actor
    from mawaeed.kernel.clock import now

    if not path.is_dir():
        raise CommandRefused(f"{path} is not a folder; give the one with agency.yaml")
    actor = Actor("system", channel="command")
    try:
        return catalogue_load.load_catalogue(path=path, now=now(), actor=actor, dry_run=dry_run)
    except CatalogueRefused as refusal:
        count = len(refusal.problems)
        reasons = "\n".join(str(problem) for problem in refusal.problems)
        raise CommandRefused(f"nothing was changed; to mend first: {count}\n{reasons}") from refusal


def run_load(arguments: argparse.Namespace) -> int:
    """Load and say what changed."""
    _report(load_catalogue(arguments.path, dry_run=arguments.dry_run))
    return 0


def run_holidays(arguments: argparse.Namespace) -> int:
    """Print proposals to paste; they close nothing until somebody confirms them."""
    from mawaeed.centres.proposals import proposed_holidays

    for proposal in proposed_holidays(arguments.year):
        print(proposal.as_yaml())
    return 0


def _report(changes: CatalogueChanges) -> None:
    for change in changes.changes:
        print(f"would be {change}" if changes.dry_run else change)
    if not changes:
        print("Nothing to change: the catalogue is as the files say.")
        return
    would = "Would be: " if changes.dry_run else ""
    created, changed = changes.count("created"), changes.count("changed")
    print(f"{would}{created} created, {changed} changed, {changes.count('retired')} retired.")
