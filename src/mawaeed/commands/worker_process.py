"""`mawaeed worker`: carries out what the outbox owes and what happens by the clock."""

from __future__ import annotations

import argparse
from typing import Any


def register(subparsers: Any) -> None:
    """Add the sub-command."""
    parser = subparsers.add_parser("worker", help="deliver messages and do what is due")
    parser.add_argument(
        "--status", action="store_true", help="say what is owed and what failed, then end"
    )
    parser.add_argument(
        "--retry-failed", action="store_true", help="give failed deliveries a fresh start"
    )
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Work until a signal comes, or do what the options ask for."""
    from mawaeed.commands import worker
    from mawaeed.kernel import nudges

    if arguments.retry_failed:
        return worker.retry_failed()
    if arguments.status:
        return worker.print_status()
    nudges.start()
    return worker.run_worker()
