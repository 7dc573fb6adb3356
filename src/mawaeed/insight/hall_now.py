"""A centre's hall at one moment, read in a fixed number of queries: what the alerts look at."""

from __future__ import annotations

from collections import Counter as Tally
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from django.db.models import F, QuerySet

from mawaeed.availability.models import CounterAbsence, Interval
from mawaeed.centres.models import Centre, Counter, Pool, ServiceGroup
from mawaeed.hall import queries as hall
from mawaeed.hall.delays import still_to_come
from mawaeed.hall.dispatch import shared_reads
from mawaeed.hall.models import CounterBreak, CounterSession, HelpCall, Ticket
from mawaeed.hall.policies import scopes_of
from mawaeed.hall.queries import Serving, Waiting
from mawaeed.hall.staffing import counters_wanted
from mawaeed.insight.alerts import (
    Alert,
    Desk,
    PoolNow,
    Thresholds,
    Waiter,
    alerts_of,
    loan_until,
)
from mawaeed.insight.kept_away import kept_away_alerts, tickets_kept_away
from mawaeed.insight.traffic import Traffic, traffic_of
from mawaeed.kernel.clock import day_bounds, local_date
from mawaeed.kernel.policies import policy


@dataclass(frozen=True, slots=True)
class HallNow:
    """Everything the page shows of the counters and alerts; names by id, keyed by language."""

    at: datetime
    day: date
    waiting: Sequence[Waiting]
    serving: Sequence[Serving]
    sessions: dict[int, CounterSession]
    counters: Sequence[Counter]
    desks: Sequence[Desk]
    pools: dict[int, Any]
    groups: dict[int, Any]
    alerts: Sequence[Alert]
    traffic: Traffic
    loan_until: datetime


def thresholds_of(centre: Centre, now: datetime) -> Thresholds:
    """The centre's policies `alert.*`."""
    scopes = scopes_of(centre)

    def minutes(key: str) -> timedelta:
        return timedelta(minutes=policy(key, now, scopes))

    return Thresholds(
        people=int(policy("alert.waiting_people", now, scopes)),
        wait=minutes("alert.waiting_minutes"),
        service_percent=int(policy("alert.service_share", now, scopes)),
        idle=minutes("alert.idle_minutes"),
        delay=minutes("alert.delay_minutes"),
    )


def read_hall(centre: Centre, now: datetime) -> HallNow:
    """The hall at `now` (UTC) on the centre's local day."""
    day = local_date(now, centre.timezone)
    until = loan_until(now, centre.timezone)
    waiting = hall.waiting_for(centre, day, now)
    serving = hall.serving_now(centre, day, now)
    sessions = {session.counter_id: session for session in hall.open_sessions(centre)}
    in_use = Counter.objects.filter(centre=centre, active=True).order_by("number")
    counters = list(in_use)
    traffic = traffic_of(centre, day)
    pools = list(Pool.objects.filter(centre=centre, active=True).order_by("pk"))
    desks = _desks(centre, now, until, counters, sessions, serving, traffic)
    kept_away = tickets_kept_away(
        [item.ticket for item in waiting],
        desks,
        {session.staff_id for session in sessions.values()},
        shared_reads(centre.pk, now),
    )
    waiters = [_waiter(item, now, item.ticket.pk in kept_away) for item in waiting]
    return HallNow(
        at=now,
        day=day,
        waiting=waiting,
        serving=serving,
        sessions=sessions,
        counters=counters,
        desks=desks,
        pools={pool.pk: pool.name for pool in pools},
        groups=dict(ServiceGroup.objects.filter(centre=centre).values_list("pk", "name")),
        alerts=[
            *kept_away_alerts(waiters, desks),
            *alerts_of(
                [waiter for waiter in waiters if not waiter.kept_away],
                desks,
                _pools_now(centre, now, pools),
                thresholds_of(centre, now),
            ),
        ],
        traffic=traffic,
        loan_until=until,
    )


def _waiter(item: Waiting, now: datetime, kept_away: bool) -> Waiter:
    ticket = item.ticket
    booked = ticket.priority_class == Ticket.PriorityClass.APPOINTMENT
    overdue = max(timedelta(), now - ticket.due_at) if booked else None
    return Waiter(ticket.number, ticket.group_id, ticket.pool_id, item.waited, overdue, kept_away)


def _pools_now(centre: Centre, now: datetime, pools: Iterable[Pool]) -> list[PoolNow]:
    coming = Tally(still_to_come(centre, now).values_list("pool_id", flat=True))
    reserve: Tally[int] = Tally()
    for pool_id, kept in _rest_of_day(centre, now).values_list("pool_id", "walk_in_reserve"):
        reserve[pool_id] += kept
    return [PoolNow(pool.pk, coming[pool.pk], reserve[pool.pk]) for pool in pools]


def _rest_of_day(centre: Centre, now: datetime) -> QuerySet[Interval]:
    _, midnight = day_bounds(local_date(now, centre.timezone), centre.timezone)
    return Interval.objects.filter(pool__centre=centre, starts_at__gt=now, starts_at__lt=midnight)


def _desks(  # noqa: PLR0917 (one reading of everything)
    centre: Centre,
    now: datetime,
    until: datetime,
    counters: Iterable[Counter],
    sessions: dict[int, CounterSession],
    serving: Iterable[Serving],
    traffic: Traffic,
) -> list[Desk]:
    lent, away = _absences(centre, now, until)
    spare = _spare(centre, now, until)
    breaks = _breaks(sessions.values())
    at_work = {item.ticket.counter_id: item for item in serving}
    busy = set(
        Ticket.objects.filter(centre=centre, state__in=Ticket.AT_COUNTER).values_list(
            "counter_id", flat=True
        )
    )
    wanted = counters_wanted(centre, local_date(now, centre.timezone))
    helped = _helped(centre, now)
    found = []
    for counter in counters:
        session, item = sessions.get(counter.pk), at_work.get(counter.pk)
        pool_id, there_since = lent.get(counter.pk, (counter.pool_id, None))
        since = _free_since(session, breaks, traffic, counter.number)
        if since is not None and there_since is not None:
            since = max(since, there_since)
        on_break = session is not None and since is None
        free = session is not None and not on_break and counter.pk not in busy
        begun = item.started_at if item else since
        helped_at = helped.get(counter.pk)
        found.append(
            Desk(
                counter_id=counter.pk,
                number=counter.number,
                pool_id=pool_id,
                clerk=_name(session) if session else "",
                idle_for=now - since if free and since else None,
                on_break=on_break,
                lendable=counter.pk not in away and counter.pool_id in spare,
                asked_at=wanted.get(counter.pk),
                serving=item.ticket.number if item else "",
                served_for=item.served_for if item else timedelta(),
                planned=item.planned if item else timedelta(),
                looked_after=_is_since(helped_at, begun),
            )
        )
    return found


def _name(session: CounterSession) -> str:
    return session.staff.get_full_name() or session.staff.get_username()


def _absences(
    centre: Centre, now: datetime, until: datetime
) -> tuple[dict[int, tuple[int, datetime]], set[int]]:
    """Which pool a lent counter feeds now and since when, and which are away at all till then."""
    rows = CounterAbsence.objects.filter(
        counter__centre=centre, undone_at__isnull=True, starts_at__lt=until, ends_at__gt=now
    )
    lent: dict[int, tuple[int, datetime]] = {}
    away = set()
    for counter_id, to_pool_id, starts_at in rows.values_list(
        "counter_id", "to_pool_id", "starts_at"
    ):
        away.add(counter_id)
        if to_pool_id and starts_at <= now:
            lent[counter_id] = to_pool_id, starts_at
    return lent, away


def _spare(centre: Centre, now: datetime, until: datetime) -> set[int]:
    """Pools that can do without one place until then: nobody's appointment needs it."""
    rows = Interval.objects.filter(pool__centre=centre, starts_at__lt=until, ends_at__gt=now)
    tight: set[int] = set()
    seen: set[int] = set()
    for pool_id, left in rows.values_list(
        "pool_id", F("capacity") - F("taken_public") - F("taken_staff") - F("cooling")
    ):
        seen.add(pool_id)
        if left < 1:
            tight.add(pool_id)
    return seen - tight


def _breaks(sessions: Iterable[CounterSession]) -> dict[int, datetime | None]:
    """Session → when its last break ended; None while it lasts."""
    rows = CounterBreak.objects.filter(counter_session__in=[each.pk for each in sessions])
    return dict(rows.order_by("began_at", "pk").values_list("counter_session_id", "ended_at"))


def _free_since(
    session: CounterSession | None,
    breaks: dict[int, datetime | None],
    traffic: Traffic,
    number: int,
) -> datetime | None:
    """Since when nobody was at a counter that is free now; None if closed or on a break."""
    if session is None:
        return None
    ended = breaks.get(session.pk, session.opened_at)
    if ended is None:
        return None
    left = traffic.left_at.get(number, session.opened_at)
    return max(session.opened_at, ended, left)


def _helped(centre: Centre, now: datetime) -> dict[int, datetime]:
    """Counter → when somebody was last sent there today."""
    begin, _ = day_bounds(local_date(now, centre.timezone), centre.timezone)
    rows = HelpCall.objects.filter(centre=centre, counter__isnull=False, raised_at__gte=begin)
    return dict(rows.order_by("raised_at").values_list("counter_id", "raised_at"))


def _is_since(at: datetime | None, begun: datetime | None) -> bool:
    return at is not None and begun is not None and at >= begun
