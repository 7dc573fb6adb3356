"""Places that are let go step by step: announced with their day, carried out when due.

The worker carries out what is due every second. So that nobody depends on it at the announced
minute, every request of the site calls `release_in_time` first: who asks for times, or books, just
then carries the step out.
"""

from __future__ import annotations

import secrets
import threading
import time
from collections.abc import Sequence
from datetime import date, datetime
from typing import NamedTuple

from mawaeed.availability.calendar.capacity_rules import shape_of
from mawaeed.availability.calendar.expansion import pool_facts
from mawaeed.availability.calendar.shaping import PoolDay, ledger_rows, let_go_of, write_shapes
from mawaeed.availability.models import CentreCalendar, Release
from mawaeed.availability.release_rules import (
    ALL,
    EVERYTHING,
    LetGo,
    Step,
    draw_moment,
    steps_of,
)
from mawaeed.centres.models import Centre, Pool
from mawaeed.kernel import history, outbox
from mawaeed.kernel.actor import SYSTEM, Actor
from mawaeed.kernel.clock import day_bounds, local_date
from mawaeed.kernel.database import write_transaction

# New steps come with new days, days ahead of being due; a known one is acted on when it is due.
LOOK_AGAIN_SECONDS = 60.0


class Announced(NamedTuple):
    """Places of `day` at a centre that become bookable at, or somewhere between, two moments."""

    centre_code: str
    pool_code: str
    day: date
    starts_at: datetime
    ends_at: datetime
    percent: int


def announce_releases(
    centre: Centre, days: Sequence[PoolDay], *, now: datetime
) -> dict[PoolDay, LetGo]:
    """Write the release steps of pools' days that are being opened; those due are carried out.

    Inside the transaction that opens them. Returns what is let go of each day from its beginning.
    Days that have their steps already keep them.
    """
    policies = {
        pool.pk: steps_of(pool.release)
        for pool in Pool.objects.filter(centre=centre)
        if pool.release
    }
    wanted = [(pool_id, day) for pool_id, day in days if pool_id in policies]
    if wanted:
        known = let_go_of(policies, min(day for _, day in wanted))
        Release.objects.bulk_create(
            _release(pool_id, day, number, step, centre.timezone, now)
            for pool_id, day in wanted
            if (pool_id, day) not in known
            for number, step in enumerate(policies[pool_id])
        )
        known = let_go_of(policies, min(day for _, day in wanted))
        return {each: known.get(each, ALL) for each in days}
    return dict.fromkeys(days, ALL)


def _release(  # noqa: PLR0917 (one row, everything it is made of)
    pool_id: int, day: date, number: int, step: Step, zone: str, now: datetime
) -> Release:
    begin, until = step.window(day, zone)
    due_at = draw_moment(begin, until, secrets.randbelow)
    return Release(
        pool_id=pool_id,
        date=day,
        step=number,
        percent=step.percent,
        rolls_down=list(step.rolls_down),
        announced_from=begin,
        announced_until=until,
        due_at=due_at,
        released_at=now if due_at <= now else None,
    )


def release_due(*, now: datetime, limit: int = 200) -> int:
    """Let go everything that is due at `now`, one transaction per step; returns how many steps.

    Any number of callers may run at once: each step is carried out by one of them. Emits
    `places_released`.
    """
    due = Release.objects.filter(released_at__isnull=True, due_at__lte=now)
    rows = list(due.order_by("due_at", "pk").values_list("pk", "pool__centre_id")[:limit])
    return sum(_let_go(pk, centre_id, now) for pk, centre_id in rows)


def _let_go(pk: int, centre_id: int, now: datetime) -> bool:
    with write_transaction():
        CentreCalendar.objects.select_for_update().filter(centre_id=centre_id).first()
        mine = Release.objects.filter(pk=pk, released_at__isnull=True).update(released_at=now)
        if mine != 1:
            return False
        release = Release.objects.select_related("pool__centre").get(pk=pk)
        _carry_out(release, SYSTEM, now)
    return True


def release_walk_in_reserve(*, pool: Pool, actor: Actor, now: datetime) -> int:
    """Let the public book what is left of a pool's reserve for walk-ins today, by hand.

    It is one more step of the day's release, so that whatever changes the day later knows of it.
    Returns how many place-intervals still to come became public; 0 where nothing was kept, and
    for a repeat. Emits `places_released`.
    """
    centre = pool.centre
    day = local_date(now, centre.timezone)
    with write_transaction():
        CentreCalendar.objects.get_or_create(centre=centre)
        CentreCalendar.objects.select_for_update().get(centre=centre)
        steps = list(Release.objects.filter(pool=pool, date=day).order_by("step"))
        if any("walk_in" in step.rolls_down and step.released_at for step in steps):
            return 0
        release = Release.objects.create(
            pool=pool,
            date=day,
            step=steps[-1].step + 1 if steps else 0,
            # Without steps everything is let go already, and stays so.
            percent=0 if steps else EVERYTHING,
            rolls_down=["walk_in"],
            announced_from=now,
            announced_until=now,
            due_at=now,
            released_at=now,
        )
        release.pool = pool
        return _carry_out(release, actor, now)


def _carry_out(release: Release, actor: Actor, now: datetime) -> int:
    places = _open_places(release, now)
    Release.objects.filter(pk=release.pk).update(places=places)
    _tell(release, places, actor, now)
    return places


def _open_places(release: Release, now: datetime) -> int:
    """Divide the day's intervals anew; returns how many to come became public."""
    pool, day = release.pool, release.date
    begin, end = day_bounds(day, pool.centre.timezone)
    let_go = let_go_of([pool.pk], day)[pool.pk, day]
    facts = pool_facts(pool.centre)[pool.pk]
    rows = [row for row in ledger_rows([pool.pk], begin, end, lock=True) if row.day == day]
    wanted = [(row, shape_of(row.shape.capacity, facts, row.sold, let_go)) for row in rows]
    write_shapes(wanted)
    gained = (
        max(0, row.public_left(new)) - max(0, row.public_left(row.shape))
        for row, new in wanted
        if row.starts_at > now
    )
    return max(0, sum(gained))


def _tell(release: Release, places: int, actor: Actor, now: datetime) -> None:
    centre = release.pool.centre
    day = local_date(now, centre.timezone)
    told = {
        "pool": release.pool.code,
        "date": release.date.isoformat(),
        "step": release.step,
        "places": places,
    }
    history.record(
        subject_kind="release",
        subject_id=release.pk,
        from_state="announced",
        to_state="released",
        actor=actor,
        at=now,
        day=day,
        agency_id=centre.agency_id,
        centre_id=centre.pk,
        details=told,
    )
    outbox.emit(
        kind="places_released",
        subject_kind="release",
        subject_id=release.pk,
        at=now,
        day=day,
        centre_id=centre.pk,
        payload={**told, "pool_id": release.pool_id},
    )


class _NextDue:
    """When the next step is due, as this process knows it: read anew once a minute."""

    def __init__(self) -> None:
        self._read_at = float("-inf")
        self._due_at: datetime | None = None
        self._busy = threading.Lock()

    def passed(self, now: datetime) -> bool:
        """Whether a step is due at `now`."""
        if time.monotonic() - self._read_at >= LOOK_AGAIN_SECONDS:
            waiting = Release.objects.filter(released_at__isnull=True).order_by("due_at")
            self._due_at = waiting.values_list("due_at", flat=True).first()
            self._read_at = time.monotonic()
        return self._due_at is not None and self._due_at <= now

    def release(self, now: datetime) -> int:
        """Carry out what is due unless another thread of this process is at it."""
        if not self._busy.acquire(blocking=False):
            return 0
        try:
            return release_due(now=now)
        finally:
            self._busy.release()
            self.forget()

    def forget(self) -> None:
        """Look again at the next call."""
        self._read_at = float("-inf")


_next_due = _NextDue()


def release_in_time(now: datetime) -> int:
    """Carry out what is due, without waiting for the worker; returns how many steps.

    Costs one read of an index a minute in each process, and nothing else while nothing is due.
    """
    return _next_due.release(now) if _next_due.passed(now) else 0


def forget_next_release() -> None:
    """Drop this process's copy of when the next step is due."""
    _next_due.forget()


def coming_releases(service: str, now: datetime, *, centre: str | None = None) -> list[Announced]:
    """What is announced for a service, soonest first: never the drawn minute, only its window."""
    waiting = Release.objects.filter(
        released_at__isnull=True,
        due_at__gt=now,
        pool__active=True,
        pool__offerings__service__code=service,
        pool__offerings__active=True,
        pool__offerings__service__active=True,
        pool__centre__active=True,
    )
    if centre is not None:
        waiting = waiting.filter(pool__centre__code=centre)
    rows = waiting.order_by("announced_from", "pool__centre__code", "date").values_list(
        "pool__centre__code",
        "pool__code",
        "date",
        "announced_from",
        "announced_until",
        "percent",
    )
    return [Announced(*row) for row in rows.distinct()]


def next_release(service: str, now: datetime, *, centre: str | None = None) -> Announced | None:
    """The soonest of `coming_releases`, or None where everything is let go already."""
    return next(iter(coming_releases(service, now, centre=centre)), None)
