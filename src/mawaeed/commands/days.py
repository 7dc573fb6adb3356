"""`mawaeed days open`: opening rules become sessions and intervals that can be booked."""

from __future__ import annotations

import argparse
from datetime import date


def register(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add `days open` to the command line."""
    parser = subparsers.add_parser("days", help="make coming days bookable")
    verbs = parser.add_subparsers(metavar="VERB", required=True)
    opening = verbs.add_parser("open", help="expand opening rules into sessions and intervals")
    opening.add_argument(
        "--until",
        type=date.fromisoformat,
        metavar="DATE",
        help="last local date, inclusive (YYYY-MM-DD); the last bookable date if not given",
    )
    opening.add_argument(
        "--centre", action="append", metavar="CODE", help="only this centre; may be repeated"
    )
    opening.set_defaults(run=run_open)


def run_open(arguments: argparse.Namespace) -> int:
    """Open the days and say how much was added; repeating it adds nothing."""
    from mawaeed.availability.actions import open_days
    from mawaeed.kernel.actor import Actor
    from mawaeed.kernel.clock import now

    _require_centres(arguments.centre or [])
    opened = open_days(
        until=arguments.until,
        now=now(),
        actor=Actor("system", channel="command"),
        centres=arguments.centre,
    )
    if opened.centres:
        print(
            f"Opened days of {opened.centres} centres:"
            f" {opened.sessions} sessions, {opened.intervals} intervals."
        )
    else:
        print("Nothing to open: these days are open already.")
    return 0


def _require_centres(codes: list[str]) -> None:
    from mawaeed.centres.models import Centre
    from mawaeed.commands.refusal import CommandRefused

    known = set(Centre.objects.filter(active=True).values_list("code", flat=True))
    if not known:
        raise CommandRefused("there are no centres yet; run `mawaeed catalogue load PATH` first")
    for code in codes:
        if code not in known:
            raise CommandRefused(f"no active centre has the code {code}")
