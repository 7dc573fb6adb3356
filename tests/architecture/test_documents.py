"""What the documents list is what there is: refusals, settings, commands, personal data."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from pkgutil import walk_packages

import pytest
from django.apps import apps
from django.utils import translation

import mawaeed
from mawaeed.commands.cli import COMMANDS
from mawaeed.kernel.errors import DomainError
from mawaeed.kernel.policies import POLICIES
from mawaeed.kernel.secrets import KEY_NAMES

ROOT = Path(__file__).resolve().parents[2]
SOURCE = ROOT / "src" / "mawaeed"
DOCS = ROOT / "docs"
PAGES = [ROOT / "README.md", *sorted(DOCS.rglob("*.md"))]
VARIABLE = re.compile(r"^[A-Z][A-Z_]{2,}$")
ROW = re.compile(r"^\| `([^`]+)` \|", re.MULTILINE)
PERSONAL_APPS = {"people", "conduct", "booking", "hall", "feedback", "notifications", "kernel"}
# Nothing in them is about anybody.
IMPERSONAL = {
    "booking.LedgerCheck",
    "kernel.Installation",
    "kernel.DemoClock",
    "kernel.OutboxDelivery",
    "kernel.PolicyValue",
    "conduct.Pardon",
    "hall.NumberSeries",
    "hall.Profile",
    "hall.CounterProfile",
    "hall.EstimateModel",
    "hall.EstimateCorrection",
    "feedback.Dimension",
}


def listed(page: str, after: str = "") -> list[str]:
    """First column of the page's tables, from the line `after` on."""
    text = (DOCS / page).read_text()
    return ROW.findall(text.partition(after)[2] if after else text)


def all_refusals() -> list[type[DomainError]]:
    for module in walk_packages(mawaeed.__path__, "mawaeed."):
        if ".migrations" not in module.name and not module.name.startswith("mawaeed.project"):
            import_module(module.name)
    return sorted(set(_below(DomainError)), key=lambda each: each.__qualname__)


def _below(kind: type[DomainError]) -> Iterator[type[DomainError]]:
    for each in kind.__subclasses__():
        if each.__module__.startswith("mawaeed."):
            yield each
        yield from _below(each)


def shared_codes(refusals: list[type[DomainError]]) -> list[str]:
    """Codes that two refusals claim each as its own."""
    own = Counter(each.code for each in refusals if "code" in vars(each))
    return [code for code, number in own.items() if number > 1]


def test_made_tables_are_up_to_date() -> None:
    done = subprocess.run(
        [sys.executable, "scripts/reference_docs.py", "--check"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )

    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_every_refusal_has_a_code_of_its_own_and_a_line() -> None:
    refusals = all_refusals()

    assert len(refusals) > 30
    assert shared_codes(refusals) == []
    assert {each.code for each in refusals} == set(listed("errors.md"))
    assert "refused" not in {each.code for each in refusals}


def test_a_code_used_twice_is_seen() -> None:
    one, other = (type(name, (DomainError,), {"code": "same"}) for name in ("One", "Other"))

    assert shared_codes([one, other]) == ["same"]


@pytest.mark.parametrize("language", ["ar", "en"])
def test_every_refusal_says_something_and_names_only_what_it_is_given(language: str) -> None:
    with translation.override(language):
        for refusal in all_refusals():
            text = str(refusal.message) if "%(" in str(refusal.message) else refusal().text()
            assert text.strip().endswith((".", "؟", "?")), refusal
            assert refusal.http_status in {401, 403, 404, 405, 409, 410, 422, 429, 503}, refusal
            # A name that the sentence needs stands in the sentence of every language.
            assert names_in(text) == names_in(english(refusal)), refusal


def english(refusal: type[DomainError]) -> str:
    with translation.override("en"):
        return str(refusal.message) if "%(" in str(refusal.message) else refusal().text()


def names_in(text: str) -> set[str]:
    return set(re.findall(r"%\((\w+)\)s", text))


def test_every_policy_is_listed_once_with_a_default_a_unit_and_a_sentence() -> None:
    assert listed("settings.md", "## Policies") == list(POLICIES)
    for policy in POLICIES.values():
        assert policy.unit
        assert policy.sentence.endswith(".")


def test_policies_read_in_the_code_are_known() -> None:
    asked = set()
    for path in SOURCE.rglob("*.py"):
        asked |= set(re.findall(r"\bpolicy\(\s*\"([^\"]+)\"", path.read_text()))

    assert asked - set(POLICIES) == set()
    assert len(asked) > 10


def variables_read(source: str) -> set[str]:
    """Names looked up in an environment: `environ.get(…)`, `environ[…]`, `environment.get(…)`."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(source)):
        key: ast.expr | None = None
        if isinstance(node, ast.Subscript):
            where, key = node.value, node.slice
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.args:
            where, key = node.func.value, node.args[0]
        else:
            continue
        of_environment = "environ" in ast.unparse(where).lower()
        if of_environment and isinstance(key, ast.Constant) and VARIABLE.match(str(key.value)):
            found.add(str(key.value))
    return found


def test_every_variable_read_is_listed_and_nothing_else() -> None:
    read_somewhere = {f"MAWAEED_KEY_{name.upper()}" for name in KEY_NAMES}
    for path in SOURCE.rglob("*.py"):
        read_somewhere |= variables_read(path.read_text())

    in_the_page = [name for name in listed("settings.md") if VARIABLE.match(name)]
    assert sorted(in_the_page) == sorted(read_somewhere)


@pytest.mark.parametrize(
    "source",
    ["os.environ.get('NEW_ONE')", "os.environ['NEW_ONE']", "environment.get('NEW_ONE') or ''"],
)
def test_a_variable_read_is_seen(source: str) -> None:
    assert variables_read(source) == {"NEW_ONE"}


def test_every_command_is_listed() -> None:
    first_words = {command.split()[1] for command in listed("commands.md")}

    assert first_words == set(COMMANDS)


def test_every_table_with_people_in_it_says_how_long_it_is_kept() -> None:
    models = {
        model._meta.label for model in apps.get_models() if model._meta.app_label in PERSONAL_APPS
    }

    assert set(listed("retention.md")) == models - IMPERSONAL
    assert models >= IMPERSONAL


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_between_documents_lead_somewhere(page: Path) -> None:
    links = re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", page.read_text())

    assert [link for link in links if not (page.parent / link).exists()] == []
