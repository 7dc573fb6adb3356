"""`mawaeed serve`: web, live screens and worker of a real installation under one supervisor."""

from __future__ import annotations

import argparse
import os
from typing import Any

from mawaeed.commands import address, children
from mawaeed.commands.messages import compile_stale_messages
from mawaeed.commands.supervisor import Program, Supervisor


def register(subparsers: Any) -> None:
    """Add the sub-command."""
    parser = subparsers.add_parser("serve", help="run a real installation (migrates first)")
    part = parser.add_mutually_exclusive_group()
    part.add_argument(
        "--pages",
        action="store_const",
        const="pages",
        dest="part",
        help="pages, API and worker alone, faster: a proxy sends /live/ to another program",
    )
    part.add_argument(
        "--live",
        action="store_const",
        const="live",
        dest="part",
        help="that other program: no worker, migrates nothing",
    )
    parser.set_defaults(run=run, needs_django=False)


def run(arguments: argparse.Namespace) -> int:
    """Migrate, then supervise until a signal comes. Refuses a demonstration's database.

    `--pages` and `--live` are the two applications behind a proxy, each on a port of its own.
    """
    listening = address.read_address(os.environ)
    address.refuse_taken_port(listening)
    os.environ.pop("MAWAEED_DEMO", None)  # its inbox shows every code: never beside real people
    os.environ.update(HOST=listening.host, PORT=str(listening.port))
    os.environ["PUBLIC_URL"] = os.environ.get("PUBLIC_URL") or listening.url
    compile_stale_messages()
    part = getattr(arguments, "part", None)
    if part != "live":
        _prepare()
    supervisor = Supervisor(_programs(part, listening), say=say)
    return supervisor.run(
        ready=lambda: children.answers(listening),
        when_ready=lambda: say(f"serving on {listening.url}"),
    )


def _programs(part: str | None, listening: address.Address) -> list[Program]:
    if part == "live":
        return [children.web(listening)]
    front = children.pages(listening) if part == "pages" else children.web(listening)
    return [front, children.worker()]


def say(sentence: str) -> None:
    """One line to the operator, at once."""
    print(f"mawaeed: {sentence}", flush=True)


def _prepare() -> None:
    import django

    django.setup()
    from django.db import connections

    from mawaeed.commands import preparation

    preparation.migrate_if_needed(preparation.existing_tables())
    preparation.refuse_unless_ours(demo=False)
    connections.close_all()
