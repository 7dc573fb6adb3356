"""Presses of a counter that may be repeated: carried out once for each key, answered alike after.

Where it can, an ordinary press is one statement (`hall.statement.presses`); the plain path does
everything, and says every refusal.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

from mawaeed.centres.models import Centre
from mawaeed.hall.actions.calls import call_next, start_service
from mawaeed.hall.actions.finishing import finish_and_call
from mawaeed.hall.answers import counter_shaped
from mawaeed.hall.errors import CounterClosed
from mawaeed.hall.models import CounterSession, Ticket
from mawaeed.hall.queries import session_of_staff, ticket_at_counter
from mawaeed.hall.statement import presses
from mawaeed.hall.statement.presses import Known, is_possible
from mawaeed.kernel.actor import Actor
from mawaeed.kernel.errors import Stale
from mawaeed.kernel.idempotency import once, repeatable
from mawaeed.people.tokens import TokenAt

Answer = dict[str, Any]
UNKNOWN = Actor("staff")


def finish_and_call_once(
    *,
    staff_id: int,
    centre: Centre,
    number: str,
    actor: Actor,
    now: datetime,
    key: str,
    body: dict[str, Any],
) -> Answer:
    """Finish with the ticket `number` at the counter of `staff_id` and call the next.

    The answer is `hall.answers.counter_shaped` with the ticket called, if anybody waits; `body` is
    what a repeat under `key` is compared with. Refuses `CounterClosed`, `Stale` (another ticket is
    there), and what `finish_and_call` and `kernel.idempotency.once` refuse.
    """

    def write() -> Answer:
        session = session_at_work(centre, staff_id)
        called = finish_and_call(
            ticket=visitor_at(session, number), counter_session=session, now=now, actor=actor
        )
        return counter_shaped(session, called, centre)

    def ask() -> Answer | None:
        return presses.finish_and_call(
            Known(staff_id, centre, actor),
            number=_named(number),
            now=now,
            request=repeatable(actor=actor, key=key, body=body),
        )

    return _pressed(ask, actor, key, body, write)


def start_once(
    *,
    staff_id: int,
    centre: Centre,
    number: str,
    actor: Actor,
    now: datetime,
    key: str,
    body: dict[str, Any],
) -> Answer:
    """Begin the service of the ticket `number`, called to the counter of `staff_id`.

    Answers and refuses as `finish_and_call_once` does, with the ticket that is served.
    """

    def write() -> Answer:
        session = session_at_work(centre, staff_id)
        ticket = visitor_at(session, number)
        return counter_shaped(session, start_service(ticket=ticket, actor=actor, now=now), centre)

    def ask() -> Answer | None:
        return presses.start_service(
            Known(staff_id, centre, actor),
            number=_named(number),
            now=now,
            request=repeatable(actor=actor, key=key, body=body),
        )

    return _pressed(ask, actor, key, body, write)


def call_next_once(
    *,
    staff_id: int,
    centre: Centre,
    actor: Actor,
    now: datetime,
    key: str,
    body: dict[str, Any],
) -> Answer:
    """Call the next visitor to the counter of `staff_id`, which has none.

    Answers as `finish_and_call_once` does. Refuses `CounterClosed`, and what `call_next` and
    `kernel.idempotency.once` refuse.
    """

    def write() -> Answer:
        session = session_at_work(centre, staff_id)
        called = call_next(counter_session=session, now=now, actor=actor)
        return counter_shaped(session, called, centre)

    def ask() -> Answer | None:
        return presses.call_next(
            Known(staff_id, centre, actor),
            now=now,
            request=repeatable(actor=actor, key=key, body=body),
        )

    return _pressed(ask, actor, key, body, write)


def finish_and_call_by_token(
    token: TokenAt, number: str, *, now: datetime, key: str, body: dict[str, Any]
) -> Answer | None:
    """`finish_and_call_once` by somebody who comes with a token, where one statement can do it all.

    None, with nothing written, where it cannot: look up who it is, and go the usual way.
    """
    if not is_possible():
        return None
    request = repeatable(actor=UNKNOWN, key=key, body=body)
    return presses.finish_and_call(token, number=_named(number), now=now, request=request)


def start_by_token(
    token: TokenAt, number: str, *, now: datetime, key: str, body: dict[str, Any]
) -> Answer | None:
    """The same for `start_once`."""
    if not is_possible():
        return None
    request = repeatable(actor=UNKNOWN, key=key, body=body)
    return presses.start_service(token, number=_named(number), now=now, request=request)


def session_at_work(centre: Centre, staff_id: int) -> CounterSession:
    """The counter a member of staff has open at the centre; refuses `CounterClosed`."""
    session = session_of_staff(centre, staff_id)
    if session is None:
        raise CounterClosed
    return session


def visitor_at(session: CounterSession, number: str) -> Ticket:
    """The ticket at this counter if it is the one that was named; refuses `Stale`."""
    ticket = ticket_at_counter(session.counter)
    if ticket is None or ticket.number != _named(number):
        raise Stale
    return ticket


def _named(number: str) -> str:
    return number.strip().upper()


def _pressed(
    ask: Callable[[], Answer | None],
    actor: Actor,
    key: str,
    body: dict[str, Any],
    write: Callable[[], Answer],
) -> Answer:
    """By the one statement if that can be, else by the plain path."""
    answer = ask() if is_possible() else None
    return once(actor=actor, key=key, body=body, write=write) if answer is None else answer
