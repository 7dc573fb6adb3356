#!/usr/bin/env python3
"""Write the tables of docs/ that the code itself knows: refusals, policies, commands.

scripts/reference_docs.py            write them between their markers
scripts/reference_docs.py --check    change nothing; 1 if a table is out of date
"""

from __future__ import annotations

import argparse
import os
import pkgutil
import sys
from collections.abc import Callable, Iterator, Sequence
from importlib import import_module
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "src"))
os.environ["DJANGO_SETTINGS_MODULE"] = "mawaeed.project.settings"

import django  # noqa: E402
from django.utils import translation  # noqa: E402

django.setup()

import mawaeed  # noqa: E402
from mawaeed.commands.cli import COMMANDS, _parser  # noqa: E402
from mawaeed.kernel.errors import DomainError  # noqa: E402
from mawaeed.kernel.policies import POLICIES  # noqa: E402


def all_refusals() -> list[type[DomainError]]:
    """Every subclass of `DomainError` in the product, by module and name."""
    for module in pkgutil.walk_packages(mawaeed.__path__, "mawaeed."):
        if ".migrations" not in module.name and not module.name.startswith("mawaeed.project"):
            import_module(module.name)
    return sorted(
        (each for each in _below(DomainError) if each.__module__.startswith("mawaeed.")),
        key=lambda each: (each.code, each.__name__),
    )


def _below(kind: type[DomainError]) -> Iterator[type[DomainError]]:
    for each in kind.__subclasses__():
        yield each
        yield from _below(each)


def refusals() -> str:
    """Code, status and sentence of each refusal."""
    with translation.override("en"):
        rows = [
            (f"`{each.code}`", str(each.http_status), _sentence(each), _where(each))
            for each in all_refusals()
        ]
    return _table(("code", "status", "sentence (English)", "refused by"), rows)


def _sentence(refusal: type[DomainError]) -> str:
    return str(refusal.message) if "message" in vars(refusal) else refusal().text()


def _where(refusal: type[DomainError]) -> str:
    return f"`{refusal.__module__.removeprefix('mawaeed.')}.{refusal.__name__}`"


def policies() -> str:
    """Key, default, unit and sentence of each policy."""
    rows = [
        (f"`{each.key}`", _default(each.default), each.unit, each.sentence)
        for each in POLICIES.values()
    ]
    return _table(("key", "default", "unit", "what it decides"), rows)


def _default(value: object) -> str:
    return {True: "yes", False: "no"}[value] if isinstance(value, bool) else str(value)


def commands() -> str:
    """What may follow `mawaeed`, with what each takes."""
    rows = [row for name in COMMANDS for row in _rows(f"mawaeed {name}", _parser([name]), name)]
    return _table(("command", "what it does", "takes"), rows)


def _rows(typed: str, parser: argparse.ArgumentParser, name: str) -> Iterator[tuple[str, str, str]]:
    chosen = _choices(parser)
    found, helps = chosen[name]
    inner = _choices(found)
    if not inner:
        yield f"`{typed}`", helps, ", ".join(_arguments(found)) or "nothing"
    for verb in inner:
        yield from _rows(f"{typed} {verb}", found, verb)


def _choices(
    parser: argparse.ArgumentParser,
) -> dict[str, tuple[argparse.ArgumentParser, str]]:
    for action in parser._actions:  # noqa: SLF001 (argparse has no public list)
        if isinstance(action, argparse._SubParsersAction):  # noqa: SLF001
            helps = {each.dest: each.help or "" for each in action._choices_actions}  # noqa: SLF001
            return {name: (each, helps.get(name, "")) for name, each in action.choices.items()}
    return {}


def _arguments(parser: argparse.ArgumentParser) -> Iterator[str]:
    for action in parser._actions:  # noqa: SLF001
        if action.dest != "help":
            names = "/".join(action.option_strings) or str(action.metavar or action.dest)
            yield f"`{names}` {action.help or ''}".strip().replace("%%", "%")


def _table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join("| " + " | ".join(_cell(each) for each in row) + " |" for row in lines)


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("\n", " ")


TABLES: dict[str, tuple[str, Callable[[], str]]] = {
    "refusals": ("errors.md", refusals),
    "policies": ("settings.md", policies),
    "commands": ("commands.md", commands),
}


def main(arguments: Sequence[str]) -> int:
    """Write, or with `--check` compare; names each page that is out of date."""
    stale = 0
    for name, (page, table) in TABLES.items():
        path = ROOT / "docs" / page
        before = path.read_text(encoding="utf-8")
        start, end = f"<!-- made by scripts/reference_docs.py: {name} -->\n", "<!-- end -->"
        head, rest = before.split(start)
        after = f"{head}{start}{table()}\n{end}{rest.split(end, 1)[1]}"
        if after != before and "--check" in arguments:
            print(f"docs/{page} is out of date: run scripts/reference_docs.py")
            stale = 1
        elif after != before:
            path.write_text(after, encoding="utf-8")
    return stale


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
