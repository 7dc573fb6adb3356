"""Your counter: open it, call, serve, close it. What a clerk's console does."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.http import HttpRequest, HttpResponse
from ninja import Router

from mawaeed.api.appointments import Key
from mawaeed.api.audience import staff
from mawaeed.api.edge import now_of
from mawaeed.api.staff.edge import (
    COUNTER,
    REFUSALS,
    StaffBearer,
    actor_of,
    centre_of,
    staff_of,
    write_once,
)
from mawaeed.api.staff.hall_shapes import (
    AtCounterIn,
    CounterIn,
    CounterOut,
)
from mawaeed.centres.models import Counter
from mawaeed.hall import actions as hall
from mawaeed.hall.actions import press
from mawaeed.hall.answers import counter_shaped
from mawaeed.hall.models import CounterSession, Ticket
from mawaeed.hall.queries import ticket_at_counter
from mawaeed.kernel.errors import NotFound

router = Router(tags=["staff: counter"], auth=StaffBearer())


@router.post("/{centre}/counter/open", response={200: CounterOut, **REFUSALS})
@staff(*COUNTER)
def open_counter(request: HttpRequest, centre: str, body: CounterIn, key: Key) -> dict[str, Any]:
    """Begin work at a counter. Refuses `counter_taken`, `at_other_counter`."""
    place, now = centre_of(request), now_of(request)
    chosen = (
        Counter.objects.select_related("centre").filter(centre=place, number=body.counter).first()
    )
    if chosen is None:
        raise NotFound

    def write() -> dict[str, Any]:
        session = hall.open_counter(counter=chosen, staff=staff_of(request), now=now)
        return counter_shaped(session, ticket_at_counter(session.counter), place)

    return write_once(request, key, body.model_dump(mode="json"), write)


@router.get("/{centre}/counter", response={200: CounterOut, **REFUSALS})
@staff(*COUNTER)
def show_counter(request: HttpRequest, response: HttpResponse, centre: str) -> dict[str, Any]:
    """The counter you have open here and its visitor; `counter_closed` without one."""
    response["Cache-Control"] = "no-store"
    session = _session(request)
    return counter_shaped(session, ticket_at_counter(session.counter), centre_of(request))


@router.post("/{centre}/counter/close", response={200: CounterOut, **REFUSALS})
@staff(*COUNTER)
def close_counter(request: HttpRequest, centre: str, key: Key) -> dict[str, Any]:
    """End work at your counter. Refuses `counter_busy` while it has a visitor."""

    def write() -> dict[str, Any]:
        closed = hall.close_counter(
            counter_session=_session(request), now=now_of(request), actor=actor_of(request)
        )
        return counter_shaped(closed, None, centre_of(request))

    return write_once(request, key, {}, write)


@router.post("/{centre}/counter/call-next", response={200: CounterOut, **REFUSALS})
@staff(*COUNTER)
def call_next(request: HttpRequest, centre: str, key: Key) -> dict[str, Any]:
    """Call the next visitor to your counter; `ticket` is null when nobody waits for it.

    Refuses `counter_busy`, `counter_closed`.
    """
    return press.call_next_once(**_pressed(request, key, {}))


@router.post("/{centre}/counter/recall", response={200: CounterOut, **REFUSALS})
@staff(*COUNTER)
def recall(request: HttpRequest, centre: str, body: AtCounterIn, key: Key) -> dict[str, Any]:
    """Call your visitor again. Refuses `recall_too_soon`, and `stale` when it is not there."""
    return _carry_out(request, hall.recall, body, key)


@router.post("/{centre}/counter/start", response={200: CounterOut, **REFUSALS})
@staff(*COUNTER)
def start(request: HttpRequest, centre: str, body: AtCounterIn, key: Key) -> dict[str, Any]:
    """Your visitor is here and the service begins. Refuses `stale`."""
    asked = body.model_dump(mode="json")
    return press.start_once(number=body.ticket, **_pressed(request, key, asked))


@router.post("/{centre}/counter/finish", response={200: CounterOut, **REFUSALS})
@staff(*COUNTER)
def finish(request: HttpRequest, centre: str, body: AtCounterIn, key: Key) -> dict[str, Any]:
    """The service is done; the answer has the ticket as it left. Refuses `stale`."""
    return _carry_out(request, hall.finish_service, body, key)


@router.post("/{centre}/counter/finish-and-call", response={200: CounterOut, **REFUSALS})
@staff(*COUNTER)
def finish_and_call(
    request: HttpRequest, centre: str, body: AtCounterIn, key: Key
) -> dict[str, Any]:
    """Finish with your visitor and call the next; `ticket` is null when nobody waits.

    What is finished stays finished then. Refuses `stale`.
    """
    asked = body.model_dump(mode="json")
    return press.finish_and_call_once(number=body.ticket, **_pressed(request, key, asked))


@router.post("/{centre}/counter/miss", response={200: CounterOut, **REFUSALS})
@staff(*COUNTER)
def miss(request: HttpRequest, centre: str, body: AtCounterIn, key: Key) -> dict[str, Any]:
    """Nobody came. Refuses `too_few_calls`, `not_due_yet` (called before the booked start)."""
    return _carry_out(request, hall.mark_missed, body, key)


def _carry_out(
    request: HttpRequest, action: Callable[..., Ticket], body: AtCounterIn, key: str
) -> dict[str, Any]:
    def write() -> dict[str, Any]:
        session = _session(request)
        ticket = press.visitor_at(session, body.ticket)
        done = action(ticket=ticket, actor=actor_of(request), now=now_of(request))
        return counter_shaped(session, done, centre_of(request))

    return write_once(request, key, body.model_dump(mode="json"), write)


def _session(request: HttpRequest) -> CounterSession:
    return press.session_at_work(centre_of(request), staff_of(request).pk)


def _pressed(request: HttpRequest, key: str, body: dict[str, Any]) -> dict[str, Any]:
    """What every press that is carried out once is asked with."""
    return {
        "staff_id": staff_of(request).pk,
        "centre": centre_of(request),
        "actor": actor_of(request),
        "now": now_of(request),
        "key": key,
        "body": {"path": request.path, **body},
    }
