"""`mawaeed staff token`: what a machine of the house signs in with, for a member of staff."""

from __future__ import annotations

import argparse

from mawaeed.commands.refusal import CommandRefused

MOST_DAYS = 366


def register(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add `staff token` to the command line."""
    parser = subparsers.add_parser("staff", help="tokens of staff for programs")
    verbs = parser.add_subparsers(metavar="VERB", required=True)
    token = verbs.add_parser("token", help="make a token of a member of staff and print it, once")
    token.add_argument("--user", required=True, metavar="NAME", help="whose roles it has")
    token.add_argument("--label", required=True, metavar="TEXT", help="what it is for")
    token.add_argument(
        "--days", required=True, type=int, metavar="N", help=f"how long it lasts, 1 to {MOST_DAYS}"
    )
    token.set_defaults(run=run_token)


def run_token(arguments: argparse.Namespace) -> int:
    """Make the token and print it alone on a line, so that a script can read it."""
    from mawaeed.kernel.actor import Actor
    from mawaeed.kernel.clock import now
    from mawaeed.kernel.errors import DomainError, Malformed
    from mawaeed.people.actions import create_staff_token
    from mawaeed.people.models import Staff

    staff = Staff.objects.filter(username=arguments.user).first()
    if staff is None:
        raise CommandRefused(f"no member of staff has the user name {arguments.user}")
    try:
        token, _ = create_staff_token(
            staff=staff,
            label=arguments.label,
            days=arguments.days,
            actor=Actor("system", channel="command"),
            now=now(),
        )
    except Malformed as refusal:
        raise CommandRefused(
            f"--{refusal.data['field']} cannot be used:"
            f" a label has 1 to 60 characters, days are 1 to {MOST_DAYS}"
        ) from refusal
    except DomainError as refusal:
        raise CommandRefused(f"the account {arguments.user} is closed") from refusal
    print(token)
    return 0
