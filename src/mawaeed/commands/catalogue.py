"""`mawaeed catalogue load PATH`: centres, services, hours and texts from files."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from mawaeed.commands.refusal import CommandRefused

if TYPE_CHECKING:
    from mawaeed.centres.loading_rows import CatalogueChanges


def register(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add `catalogue load` to the command line."""
    parser = subparsers.add_parser("catalogue", help="centres, services and hours from files")
    verbs = parser.add_subparsers(metavar="VERB", required=True)
    load = verbs.add_parser("load", help="check the files and store what they say")
    load.add_argument("path", type=Path, metavar="PATH", help="folder with agency.yaml")
    load.add_argument(
        "--dry-run", action="store_true", help="say what would change, change nothing"
    )
    load.set_defaults(run=run_load)


def run_load(arguments: argparse.Namespace) -> int:
    """0 when loaded; 2 with `file:line: reason` for each problem, changing nothing."""
    from mawaeed.centres.loading import CatalogueRefused
    from mawaeed.commands.catalogue_load import load_catalogue
    from mawaeed.kernel.actor import Actor
    from mawaeed.kernel.clock import now

    if not arguments.path.is_dir():
        raise CommandRefused(f"{arguments.path} is not a folder; give the one with agency.yaml")
    try:
        changes = load_catalogue(
            path=arguments.path,
            now=now(),
            actor=Actor("system", channel="command"),
            dry_run=arguments.dry_run,
        )
    except CatalogueRefused as refusal:
        for problem in refusal.problems:
            print(problem, file=sys.stderr)
        count = len(refusal.problems)
        print(f"mawaeed: nothing was changed; mend {count} problem(s) first", file=sys.stderr)
        return 2
    _report(changes)
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
