"""`mawaeed …`: finds the sub-command, sets Django up when it needs it, reports refusals.

A sub-command is a module with `register(subparsers)`, which adds its parser and sets
`run`, a function of the parsed arguments that returns the exit status. Its module is imported
only when asked for; what it needs of Django it imports inside `run`. A command that must act
before Django is set up says `needs_django=False`.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Callable, Sequence
from importlib import import_module

from mawaeed import __version__
from mawaeed.commands.refusal import CommandRefused

# What may follow `mawaeed`, in the order `--help` shows it, and the module that knows it.
COMMANDS = {
    "demo": "demo",
    "serve": "serve",
    "worker": "worker_process",
    "catalogue": "catalogue",
    "days": "days",
    "ledger": "ledger",
    "staff": "staff",
    "day": "day_simulation",
    "visitors": "visitors",
    "estimates": "estimates",
}


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command and return its exit status: 0, or 2 with one sentence when refused."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "mawaeed.project.settings")
    given = list(sys.argv[1:] if arguments is None else arguments)
    if given[:1] == ["manage"]:
        return _manage(given[1:])
    parsed = _parser(given).parse_args(given)
    try:
        if getattr(parsed, "needs_django", True):
            import django

            django.setup()
        run: Callable[[argparse.Namespace], int] = parsed.run
        return run(parsed)
    except CommandRefused as refusal:
        print(f"mawaeed: {refusal}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        return 130


def _manage(given: list[str]) -> int:
    from django.core.management import execute_from_command_line

    execute_from_command_line(["mawaeed manage", *given])
    return 0


def _parser(given: Sequence[str]) -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="mawaeed",
        description="Appointments and waiting halls for public service centres.",
        epilog="`mawaeed manage …` runs Django's own commands.",
    )
    parser.add_argument("--version", action="version", version=f"mawaeed {__version__}")
    subparsers = parser.add_subparsers(metavar="COMMAND", required=True)
    asked = given[0] if given else ""
    for name in [asked] if asked in COMMANDS else COMMANDS:
        import_module(f"mawaeed.commands.{COMMANDS[name]}").register(subparsers)
    return parser


if __name__ == "__main__":
    sys.exit(main())
