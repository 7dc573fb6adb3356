"""The picture behind the supervisor's sentence: alerts, tiles, tables, the day in quarters."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from mawaeed.centres.models import Centre, Counter
from mawaeed.centres.names import localised, service_name
from mawaeed.hall.models import Ticket
from mawaeed.hall.queries import open_sessions, serving_now, tickets_of_day, waiting_for
from mawaeed.insight.queries import HallState, sentence, state_of
from mawaeed.people.models import Staff
from mawaeed.web.templatetags.web_components import clock_time_24

# From here on a wait deserves a second look, and then a hand.
LONG_WAIT = timedelta(minutes=20)
VERY_LONG_WAIT = timedelta(minutes=40)


def picture_of(centre: Centre, now: datetime, language: str) -> dict[str, Any]:
    """Everything the page shows at `now`; call it with the centre's time zone active."""
    state = state_of(centre, now)
    counters = _counters(centre, state, now, language)
    return {
        "state": state,
        "sentence": sentence(state),
        "tone": _tone(state.longest_wait),
        "closed": [line["number"] for line in counters if not line["staff"]],
        "waiting": [
            {
                "number": item.ticket.number,
                "service": service_name(item.ticket.offering.service, language),
                "kind": item.ticket.priority_class,
                "arrived_at": item.arrived_at,
                "waited": item.waited,
                "tone": _tone(item.waited),
            }
            for item in sorted(
                waiting_for(centre, state.day, now), key=lambda item: item.waited, reverse=True
            )
        ],
        "serving": [
            {
                "number": item.ticket.number,
                "counter": item.counter,
                "service": service_name(item.ticket.offering.service, language),
                "started_at": item.started_at,
                "served_for": item.served_for,
                "planned": item.planned,
                "is_long": item.is_long,
            }
            for item in serving_now(centre, state.day, now)
        ],
        "parked": waiting_for(centre, state.day, now, Ticket.State.PARKED),
        "counters": counters,
        "quarters": state.quarters,
        "bars": _bars(state, now),
        "at": now,
    }


def _tone(waited: timedelta) -> str:
    if waited >= VERY_LONG_WAIT:
        return "danger"
    return "warning" if waited >= LONG_WAIT else "ok"


def _counters(
    centre: Centre, state: HallState, now: datetime, language: str
) -> list[dict[str, Any]]:
    working = {session.counter_id: session for session in open_sessions(centre)}
    here = tickets_of_day(centre, state.day).filter(state__in=Ticket.AT_COUNTER)
    at_counter = {ticket.counter_id: ticket for ticket in here}
    counters = Counter.objects.filter(centre=centre, active=True).select_related("pool")
    return [
        {
            "number": counter.number,
            "pool": localised(counter.pool.name, language),
            "staff": _name(working[counter.pk].staff) if counter.pk in working else "",
            "opened_at": working[counter.pk].opened_at if counter.pk in working else None,
            "ticket": at_counter.get(counter.pk),
        }
        for counter in counters.order_by("number")
    ]


def _name(staff: Staff) -> str:
    return staff.get_full_name() or staff.get_username()


def _bars(state: HallState, now: datetime) -> list[dict[str, Any]]:
    return [
        {
            "label": clock_time_24(quarter.starts_at),
            "value": quarter.arrivals,
            "capacity": quarter.capacity,
            "now": quarter.starts_at <= now < quarter.starts_at + timedelta(minutes=15),
        }
        for quarter in state.quarters
    ]
