"""`mawaeed demo`: the whole system on an empty database, with people in it, in one command."""

from __future__ import annotations

import argparse
import os
import time
from datetime import datetime
from typing import Any

from mawaeed.commands import address, children
from mawaeed.commands.messages import compile_stale_messages
from mawaeed.commands.serve import say
from mawaeed.commands.supervisor import Supervisor


def register(subparsers: Any) -> None:
    """Add the sub-command."""
    parser = subparsers.add_parser("demo", help="run the demonstration (what `make run` starts)")
    parser.add_argument(
        "--from",
        dest="earliest",
        type=datetime.fromisoformat,
        metavar="YYYY-MM-DDTHH:MM",
        help="let the clock have reached at least this local time",
    )
    parser.set_defaults(run=run, needs_django=False)


def run(arguments: argparse.Namespace) -> int:
    """Prepare the demo's database, then supervise web, worker and visitors until a signal comes.

    Reads HOST, PORT, DATA_DIR, PUBLIC_URL, DATABASE_URL and DEMO_EXPOSE from the environment.
    """
    started = time.monotonic()
    listening = address.read_address(os.environ)
    address.refuse_unless_loopback(listening, os.environ)
    address.refuse_taken_port(listening)
    os.environ.update(MAWAEED_DEMO="1", HOST=listening.host, PORT=str(listening.port))
    os.environ["PUBLIC_URL"] = os.environ.get("PUBLIC_URL") or listening.url
    compile_stale_messages()
    welcome = _prepared(arguments.earliest)
    programs = [children.web(listening), children.worker(), children.visitors()]

    def announce() -> None:
        print(welcome, flush=True)
        say(f"ready after {time.monotonic() - started:.1f} s. Ctrl-C ends it.")

    supervisor = Supervisor(programs, say=say)
    return supervisor.run(ready=lambda: children.answers(listening), when_ready=announce)


def _prepared(earliest: datetime | None) -> str:
    """Make the database ready and return the text to greet with."""
    import django

    django.setup()
    from django.db import connections

    from mawaeed.commands.demo_database import prepare_demo_database
    from mawaeed.commands.demo_welcome import welcome_text

    shown = prepare_demo_database(say, earliest=earliest)
    connections.close_all()
    return welcome_text(os.environ["PUBLIC_URL"], shown)
