"""The range of each waiting ticket now: which method says it, and its correction."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from django.db.models import Count, Q

from mawaeed.centres.models import Centre
from mawaeed.hall.estimates.analytic import gamma_estimate
from mawaeed.hall.models import Ticket, WaitEstimate
from mawaeed.hall.policies import scopes_of
from mawaeed.hall.queries import people_ahead
from mawaeed.hall.rules import Place, order_key
from mawaeed.hall.waits.at_once import reckon
from mawaeed.hall.waits.learned import learned_estimate
from mawaeed.hall.waits.ranges import Range, addition
from mawaeed.hall.waits.simulated import TURN_AROUND, simulated_waits
from mawaeed.hall.waits.snapshot import Queued, Snapshot
from mawaeed.hall.waits.state import kept_of, live_state
from mawaeed.kernel.clock import local_date
from mawaeed.kernel.policies import policy
from mawaeed.kernel.statements import Question, given

ANALYTIC, SIMULATED = WaitEstimate.Method.ANALYTIC, WaitEstimate.Method.SIMULATED
LEARNED = WaitEstimate.Method.LEARNED
# Whoever looks first at a ticket simulates the hall if no more than so many wait, so many times.
SMALL_HALL, FIRST_RUNS = 150, 60
MIDDLE, NINTH = 0.5, 0.9


def ranges_now(
    centre: Centre, now: datetime, *, runs: int | None = None, asked_for: int | None = None
) -> dict[int, Range]:
    """Ticket id → its range, for every waiting ticket of the centre; or for the one asked for."""
    hall = live_state(centre, now)
    if not hall.waiting:
        return {}
    if runs is None:
        runs = int(policy("estimates.simulations", now, scopes_of(centre)))
    found = analytic_ranges(hall)
    if not is_plain(hall):
        found |= simulated_ranges(hall, runs, asked_for)
    more = additions(centre, now)
    pools = {ticket.ticket_id: ticket.pool_id for ticket in hall.waiting}
    return {
        pk: each.corrected(more.get(pools[pk], more[0]))
        for pk, each in found.items()
        if asked_for in (None, pk)
    }


def range_of(ticket: Ticket, now: datetime) -> Range:
    """The range of one ticket that has just been issued; cheap however long the hall.

    Learned where that erred least lately, else simulated with all others, else analytic.
    """
    if kept_of(ticket.centre).get("method") == LEARNED:
        learned = learned_estimate(ticket)
        if learned is not None:
            ahead = people_ahead(ticket, now)
            more = additions(ticket.centre, now)
            found = Range(learned.p50, learned.p90, ahead, LEARNED)
            return found.corrected(more.get(ticket.pool_id, more[0]))
    if not _BEYOND_SMALL.all(centre=ticket.centre_id, day=ticket.day):
        alone = ranges_now(ticket.centre, now, runs=FIRST_RUNS, asked_for=ticket.pk)
        simulated = alone.get(ticket.pk)
        if simulated is not None:
            return simulated
    quick = reckon(ticket, now)
    more = additions(ticket.centre, now)
    plain = Range(quick.p50, quick.p90, quick.ahead, ANALYTIC)
    return plain.corrected(more.get(ticket.pool_id, more[0]))


# Whoever waits beyond so many.
_BEYOND_SMALL = Question(
    lambda: Ticket.objects.filter(
        centre_id=given("centre"), day=given("day"), state=Ticket.State.WAITING
    ).values_list("pk")[SMALL_HALL : SMALL_HALL + 1]
)


def is_plain(hall: Snapshot) -> bool:
    """Whether people ahead over counters says it all, and nothing else is known yet.

    One pool, one class, nobody expected by appointment, no profile, and not one visit seen.
    """
    return (
        not hall.pace.centre.count
        and not hall.expected
        and len({(ticket.pool_id, ticket.priority_class) for ticket in hall.waiting}) == 1
        and all(desk.rules is None for desk in hall.desks)
    )


def analytic_ranges(hall: Snapshot) -> dict[int, Range]:
    """The gamma law for every waiting ticket, each pool by itself."""
    found: dict[int, Range] = {}
    for pool_id in {ticket.pool_id for ticket in hall.waiting}:
        line = _in_order(hall, pool_id)
        counters, delay = _counters(hall, pool_id)
        minutes = 0.0
        for ahead, ticket in enumerate(line):
            minutes += hall.minutes_of(ticket.offering_id) + TURN_AROUND
            law = gamma_estimate(ahead, minutes / (ahead + 1) / counters)
            found[ticket.ticket_id] = Range(delay + law.p50, delay + law.p90, ahead, ANALYTIC)
    return found


def simulated_ranges(hall: Snapshot, runs: int, asked_for: int | None = None) -> dict[int, Range]:
    """What the runs say; tickets that no counter may call are left out."""
    ahead = {
        ticket.ticket_id: place
        for pool_id in {ticket.pool_id for ticket in hall.waiting}
        for place, ticket in enumerate(_in_order(hall, pool_id))
    }
    return {
        pk: Range(waits.quantile(MIDDLE), waits.quantile(NINTH), ahead[pk], SIMULATED)
        for pk, waits in simulated_waits(hall, runs, asked_for).items()
    }


def additions(centre: Centre, now: datetime) -> dict[int, float]:
    """Pool → what to add to the root of P90, from how today's promises held; 0 for any other.

    What was learned on earlier days is carried on. A promise whose time has passed is broken, even
    while its ticket waits. Two queries.
    """
    day = local_date(now, centre.timezone)
    carried: Mapping[str, Any] = kept_of(centre).get("additions", {})
    counts = _promises(centre, day)
    whole = (sum(kept for kept, _ in counts.values()), sum(broken for _, broken in counts.values()))
    pools = {int(pool) for pool in carried} | set(counts)
    found = {
        pool: addition(
            float(carried.get(str(pool), 0.0)), centre=whole, pool=counts.get(pool, (0, 0))
        )
        for pool in pools
    }
    found[0] = addition(float(carried.get("0", 0.0)), centre=whole, pool=(0, 0))
    return found


def _promises(centre: Centre, day: date) -> dict[int, tuple[int, int]]:
    """Pool → promises of the day kept and broken; of first ranges alone."""
    rows = _PROMISES.all(centre=centre.pk, day=day)
    return {pool: (kept, every - kept) for pool, kept, every in rows}


_PROMISES = Question(
    lambda: (
        WaitEstimate.objects.filter(
            centre_id=given("centre"), day=given("day"), first=True, kept__isnull=False
        )
        .values_list("ticket__pool_id")
        .annotate(kept_ones=Count("pk", filter=Q(kept=True)), all_ones=Count("pk"))
    )
)


def _in_order(hall: Snapshot, pool_id: int) -> list[Queued]:
    def key(ticket: Queued) -> tuple[int, float, datetime, int]:
        place = Place(ticket.ticket_id, ticket.priority_class, ticket.due_at)
        return order_key(place, hall.now, hall.rates)

    return sorted((each for each in hall.waiting if each.pool_id == pool_id), key=key)


def _counters(hall: Snapshot, pool_id: int) -> tuple[int, float]:
    """Counters of a pool at work, else those planned and the minutes until then."""
    desks = [
        desk
        for desk in hall.desks
        if pool_id in (desk.rules.pool_ids if desk.rules else (desk.pool_id,))
    ]
    if desks:
        return len(desks), 0.0
    for session in hall.planned:
        if session.pool_id == pool_id:
            return max(1, session.places), max(0.0, hall.minutes_until(session.starts_at))
    return 1, 0.0
