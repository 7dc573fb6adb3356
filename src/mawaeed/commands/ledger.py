"""`mawaeed ledger check`: recomputes every interval from what covers it."""

from __future__ import annotations

import argparse


def register(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add `ledger check` to the command line."""
    parser = subparsers.add_parser("ledger", help="prove that no place was lost or sold twice")
    verbs = parser.add_subparsers(metavar="VERB", required=True)
    check = verbs.add_parser(
        "check", help="compare every interval with its appointments, holds and cool-downs"
    )
    check.set_defaults(run=run_check)


def run_check(arguments: argparse.Namespace) -> int:
    """Check, keep the result and print it; 1 if anything differs."""
    from mawaeed.booking.ledger import check_ledger, told
    from mawaeed.kernel.clock import now

    check = check_ledger(now=now())
    print(f"{check.intervals} intervals checked in {check.seconds:.1f} s.")
    for line in told(check):
        print(line)
    print("Every place is accounted for." if not check.differences else "The ledger is wrong.")
    return 1 if check.differences else 0
