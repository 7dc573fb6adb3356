"""The picture behind the supervisor's sentence: alerts, tiles, tables, the day in quarters."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from mawaeed.centres.models import Centre
from mawaeed.centres.names import localised, service_name
from mawaeed.hall.models import Ticket
from mawaeed.hall.queries import tickets_of_day, waiting_for
from mawaeed.insight.alert_words import (
    action_words,
    clock_words,
    reason_words,
    standing_words,
)
from mawaeed.insight.alerts import Alert, Thresholds
from mawaeed.insight.hall_now import HallNow, read_hall, thresholds_of
from mawaeed.insight.queries import HallState, sentence, state_of
from mawaeed.insight.service_times import service_times
from mawaeed.web.templatetags.web_components import clock_time_24


def picture_of(centre: Centre, now: datetime, language: str) -> dict[str, Any]:
    """Everything the page shows at `now`; call it with the centre's time zone active."""
    hall = read_hall(centre, now)
    state = state_of(centre, now, hall.waiting)
    limits = thresholds_of(centre, now)
    return {
        "state": state,
        "sentence": sentence(state),
        "tone": tone_of(state.longest_wait, limits),
        "alerts": [_alert(alert, hall, centre, language) for alert in hall.alerts],
        "waiting": _waiting(hall, limits, language),
        "serving": _serving(hall, language),
        "parked": waiting_for(centre, state.day, now, Ticket.State.PARKED),
        "counters": _counters(centre, hall, language),
        "quarters": state.quarters,
        "bars": _bars(state, now),
        "service_times": _service_times(hall, language),
        "shares": _shares(centre, hall),
        "at": now,
    }


def tone_of(waited: timedelta, limits: Thresholds) -> str:
    """From two thirds of too long a wait deserves a second look, from there on a hand."""
    if waited >= limits.wait:
        return "danger"
    return "warning" if waited * 3 >= limits.wait * 2 else "ok"


def _alert(alert: Alert, hall: HallNow, centre: Centre, language: str) -> dict[str, Any]:
    reason = reason_words(alert, hall.groups, hall.pools, language)
    until = clock_words(hall.loan_until, centre.timezone)
    do = alert.suggestion
    return {
        "tone": alert.tone,
        "reason": reason,
        "standing": standing_words(alert, centre.timezone),
        "clerk": do.clerk if do and do.verb == "lend" else "",
        "do": do,
        "label": action_words(do, hall.pools, until, language) if do else "",
        # Kept in history: without the marks that keep a page's words in order.
        "written": "".join(letter for letter in reason if letter not in "\u2066\u2068\u2069"),
    }


def _waiting(hall: HallNow, limits: Thresholds, language: str) -> list[dict[str, Any]]:
    return [
        {
            "number": item.ticket.number,
            "service": service_name(item.ticket.offering.service, language),
            "kind": item.ticket.priority_class,
            "arrived_at": item.arrived_at,
            "waited": item.waited,
            "tone": tone_of(item.waited, limits),
        }
        for item in sorted(hall.waiting, key=lambda item: item.waited, reverse=True)
    ]


def _serving(hall: HallNow, language: str) -> list[dict[str, Any]]:
    return [
        {
            "number": item.ticket.number,
            "counter": item.counter,
            "service": service_name(item.ticket.offering.service, language),
            "started_at": item.started_at,
            "served_for": item.served_for,
            "planned": item.planned,
            "is_long": item.is_long,
        }
        for item in hall.serving
    ]


def _counters(centre: Centre, hall: HallNow, language: str) -> list[dict[str, Any]]:
    here = tickets_of_day(centre, hall.day).filter(state__in=Ticket.AT_COUNTER)
    at_counter = {ticket.counter_id: ticket for ticket in here}
    own = {counter.pk: counter.pool_id for counter in hall.counters}
    return [
        {
            "number": desk.number,
            "pool": localised(hall.pools.get(desk.pool_id, {}), language),
            "lent": own[desk.counter_id] != desk.pool_id,
            "staff": desk.clerk,
            "on_break": desk.on_break,
            "asked_at": None if desk.is_open else desk.asked_at,
            "opened_at": _opened_at(hall, desk.counter_id),
            "idle_for": desk.idle_for,
            "ticket": at_counter.get(desk.counter_id),
        }
        for desk in hall.desks
    ]


def _opened_at(hall: HallNow, counter_id: int) -> datetime | None:
    session = hall.sessions.get(counter_id)
    return session.opened_at if session else None


def _service_times(hall: HallNow, language: str) -> Sequence[dict[str, Any]]:
    """With the longest time of all, which the bars are measured by."""
    lines = service_times(hall.traffic.served)
    longest = max((max(line.mean, line.planned) for line in lines), default=timedelta())
    return [
        {
            "name": localised(line.name, language),
            "served": line.served,
            "mean": line.mean,
            "middle": line.middle,
            "planned": line.planned,
            "is_long": line.is_long,
            "longest": longest,
        }
        for line in lines
    ]


def _shares(centre: Centre, hall: HallNow) -> dict[str, int]:
    """Calls out of turn and tickets on paper, counts and whole percent."""
    printed = list(
        Ticket.objects.filter(centre=centre, day=hall.day).values_list("printed", flat=True)
    )
    on_paper = sum(count > 0 for count in printed)
    return {
        "calls": hall.traffic.calls,
        "out_of_turn": hall.traffic.out_of_turn,
        "out_of_turn_percent": _percent(hall.traffic.out_of_turn, hall.traffic.calls),
        "tickets": len(printed),
        "on_paper": on_paper,
        "on_paper_percent": _percent(on_paper, len(printed)),
    }


def _percent(part: int, whole: int) -> int:
    return round(100 * part / whole) if whole else 0


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
