"""What the clerk's screen shows: the visitor, what to ask for, who waits."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.conf import settings

from mawaeed.availability.queries import Lending, lending_of
from mawaeed.centres.models import Centre, Counter, Offering, Pool
from mawaeed.centres.names import localised, service_name
from mawaeed.hall.models import CounterSession, Ticket
from mawaeed.hall.policies import scopes_of
from mawaeed.hall.queries import CounterState, open_sessions, waiting_for
from mawaeed.kernel.clock import local_date
from mawaeed.kernel.policies import policy
from mawaeed.kernel.secrets import unseal
from mawaeed.people.numbers import mask_number
from mawaeed.web.counter.work import missed_of

# How many of the queue the side shows; the rest is a number.
NEXT_SHOWN = 8
LONG_WAIT_MINUTES = 30


def counters_to_choose(centre: Centre, staff_id: int) -> list[dict[str, Any]]:
    """The centre's counters, each with who works there."""
    working = {session.counter_id: session.staff for session in open_sessions(centre)}
    counters = Counter.objects.filter(centre=centre, active=True).select_related("pool")
    return [
        {
            "id": counter.pk,
            "number": counter.number,
            "pool": counter.pool,
            "staff": working.get(counter.pk),
            "mine": counter.pk in working and working[counter.pk].pk == staff_id,
        }
        for counter in counters.order_by("number")
    ]


def visitor_shown(ticket: Ticket, language: str) -> dict[str, Any]:
    """The visitor at the counter: what they came for and what to ask for."""
    service = ticket.offering.service
    appointment = ticket.appointment
    beneficiary = appointment.beneficiary if appointment else None
    person = ticket.person.beneficiary if ticket.person else None
    who = beneficiary or person
    return {
        "service": service_name(service, language),
        "papers": [localised(paper, language) for paper in service.papers],
        "who_must_attend": localised(service.who_must_attend, language),
        "name": who.name if who else "",
        "number": mask_number(unseal(who.number_sealed)) if who else "",
        "starts_at": appointment.starts_at if appointment else None,
        "language": dict(settings.LANGUAGES).get(ticket.language, ticket.language),
        "priority": ticket.priority_class == Ticket.PriorityClass.PRIORITY,
        "unverified": bool(ticket.person and ticket.person.verification == "unverified"),
    }


def calls_needed(centre: Centre, now: datetime) -> int:
    """How often somebody is called before the ticket may be missed."""
    return int(policy("hall.calls_before_missed", now, scopes_of(centre)))


def targets(session: CounterSession, language: str) -> dict[str, list[tuple[str, str]]]:
    """Where a visitor can be sent: people and counters at work, and the centre's services."""
    centre = session.counter.centre
    others = open_sessions(centre).exclude(pk=session.pk).order_by("counter__number")
    return {
        "people": [
            (f"staff:{other.staff_id}", str(other.staff.get_full_name() or other.staff))
            for other in others
        ],
        "counters": [
            (f"counter:{other.counter_id}", str(other.counter.number)) for other in others
        ],
        "services": [(f"service:{pk}", words) for pk, words in services_of(centre, language)],
    }


def services_of(centre: Centre, language: str) -> list[tuple[str, str]]:
    """What the centre does, for what was done and what is added: id and name."""
    offerings = Offering.objects.filter(centre=centre, active=True).select_related("service")
    return [
        (str(offering.pk), service_name(offering.service, language))
        for offering in offerings.order_by("service__order", "pk")
    ]


def side_of(state: CounterState, now: datetime) -> dict[str, Any]:
    """The queue of this counter's pool, in the order of calling, and who was put aside."""
    counter = state.session.counter
    day = local_date(now, counter.centre.timezone)
    lending = lending_of(counter, now)
    pool_id = lending.pool_id if lending else counter.pool_id
    queue = [
        item
        for item in waiting_for(counter.centre, day, now)
        if item.ticket.pool_id == pool_id
        and item.ticket.wanted_counter_id in {None, counter.pk}
        and item.ticket.wanted_staff_id in {None, state.session.staff_id}
    ]
    return {
        "lent": _lent_to(lending) if lending else None,
        "waiting": len(queue),
        "queue": [
            {
                "id": item.ticket.pk,
                "number": item.ticket.number,
                "service": item.ticket.offering.service,
                "waited": item.waited,
                "late": item.waited.total_seconds() > LONG_WAIT_MINUTES * 60,
                "priority": item.ticket.priority_class == Ticket.PriorityClass.PRIORITY,
                "mine": bool(item.ticket.wanted_counter_id or item.ticket.wanted_staff_id),
                "later": item.ticket.not_before if _is_later(item.ticket, now) else None,
                "booked": item.ticket.priority_class == Ticket.PriorityClass.APPOINTMENT,
            }
            for item in queue[:NEXT_SHOWN]
        ],
        "more": max(0, len(queue) - NEXT_SHOWN),
        "parked": state.parked,
        "missed": missed_of(state.session, pool_id, now),
    }


def _lent_to(lending: Lending) -> dict[str, Any]:
    return {"pool": Pool.objects.get(pk=lending.pool_id), "until": lending.ends_at}


def _is_later(ticket: Ticket, now: datetime) -> bool:
    """Whether the visitor asked for more time, which is not over yet."""
    return ticket.not_before is not None and ticket.not_before > now
