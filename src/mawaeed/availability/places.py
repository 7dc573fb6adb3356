"""The ledger's only doors: take, give back, swap and cool places. Call inside a write transaction.

Rows are locked in (pool, start) order, then changed by conditional updates that must change
exactly the expected number of rows; the check constraint of the table is the last guard.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import reduce
from operator import or_
from typing import Literal

from django.db.models import F, Q, Value
from django.db.models.functions import Greatest

from mawaeed.availability.models import Cooling, Interval

Kind = Literal["public", "staff"]


class NoPlace(Exception):
    """At least one interval needed has no free place."""


class NotOpen(Exception):
    """The time is not a start inside one session of this pool."""


@dataclass(frozen=True, slots=True)
class Stay:
    """One place in a pool from `starts_at` to `ends_at` (UTC, half-open)."""

    pool_id: int
    starts_at: datetime
    ends_at: datetime
    kind: Kind = "public"

    def rows(self) -> Q:
        """The intervals this stay covers."""
        return Q(pool_id=self.pool_id, starts_at__gte=self.starts_at, starts_at__lt=self.ends_at)


# (id, session, session start, interval start, interval end, start step minutes, pool)
_FIELDS = (
    "id",
    "session_id",
    "session__starts_at",
    "starts_at",
    "ends_at",
    "pool__start_step_minutes",
    "pool_id",
)
_Row = tuple[int, int, datetime, datetime, datetime, int, int]

# What is kept from the public for any reason, places taken included.
NOT_PUBLIC = (
    F("staff_reserve") + F("walk_in_reserve") + F("withheld") + F("taken_public") + F("cooling")
)
PUBLIC_PLACES_LEFT = F("capacity") - NOT_PUBLIC
FREE: dict[Kind, Q] = {
    "public": Q(shortfall=0, capacity__gt=NOT_PUBLIC),
    "staff": Q(shortfall=0, taken_staff__lt=F("staff_reserve")),
}
_TAKEN: dict[Kind, str] = {"public": "taken_public", "staff": "taken_staff"}


def take_places(*stays: Stay) -> None:
    """Take one place in every interval of every stay; raises `NoPlace` or `NotOpen`."""
    change_places(enter=stays)


def give_back_places(*stays: Stay) -> None:
    """Give back what `take_places` took for the same stays."""
    change_places(leave=stays)


def swap_places(old: Stay, new: Stay) -> None:
    """Give up `old` for `new` as one net change; raises `NoPlace` or `NotOpen`, changing nothing.

    Intervals in both stays are left as they are, so a move by a few minutes succeeds in a full
    pool.
    """
    change_places(leave=[old], enter=[new])


def change_places(*, leave: Sequence[Stay] = (), enter: Sequence[Stay] = ()) -> None:
    """Leave some stays and enter others as one net change of the ledger.

    Rows in both are left as they are. Raises `NoPlace` or `NotOpen` for what is entered; the
    caller's transaction must then end without commit.
    """
    if not leave and not enter:
        return
    rows = _locked([*leave, *enter])
    for stay in enter:
        _require_one_session([row for row in rows if _covers(stay, row)], stay)
    net: Counter[tuple[int, Kind]] = Counter()
    for stay in enter:
        net.update((row[0], stay.kind) for row in rows if _covers(stay, row))
    for stay in leave:
        net.subtract((row[0], stay.kind) for row in rows if _covers(stay, row))
    for (kind, change), ids in _grouped(net).items():
        _take(ids, kind, change) if change > 0 else _give_back(ids, kind, -change)


def cool_places(stay: Stay, *, until: datetime, offering_id: int) -> None:
    """Turn a taken public place into one that nobody may book until `until` (UTC)."""
    ids = [row[0] for row in _locked([stay])]
    changed = Interval.objects.filter(id__in=ids, taken_public__gt=0).update(
        taken_public=F("taken_public") - 1, cooling=F("cooling") + 1
    )
    _require_all(changed, ids)
    Cooling.objects.create(
        pool_id=stay.pool_id,
        starts_at=stay.starts_at,
        ends_at=stay.ends_at,
        until=until,
        offering_id=offering_id,
    )


def warm_places(cooling: Cooling) -> bool:
    """End a cool-down: the place is bookable again. False if somebody else ended it."""
    if not Cooling.objects.filter(pk=cooling.pk).delete()[0]:
        return False
    stay = Stay(cooling.pool_id, cooling.starts_at, cooling.ends_at)
    ids = [row[0] for row in _locked([stay])]
    cold = Interval.objects.filter(id__in=ids, cooling__gt=0)
    changed = cold.update(cooling=F("cooling") - 1, shortfall=_less_short(1))
    _require_all(changed, ids)
    return True


def _locked(stays: Iterable[Stay]) -> list[_Row]:
    wanted = reduce(or_, (stay.rows() for stay in stays))
    found = Interval.objects.select_for_update(of=("self",)).filter(wanted)
    return list(found.order_by("pool_id", "starts_at").values_list(*_FIELDS))


def _covers(stay: Stay, row: _Row) -> bool:
    return row[6] == stay.pool_id and stay.starts_at <= row[3] < stay.ends_at


def _require_one_session(rows: list[_Row], stay: Stay) -> None:
    if not rows or len({row[1] for row in rows}) != 1:
        raise NotOpen
    if rows[0][3] != stay.starts_at or rows[-1][4] < stay.ends_at:
        raise NotOpen
    step = timedelta(minutes=rows[0][5])
    if (stay.starts_at - rows[0][2]) % step:
        raise NotOpen


def _grouped(net: Counter[tuple[int, Kind]]) -> dict[tuple[Kind, int], list[int]]:
    """(kind, change) → the rows that change by so much, what is taken first."""
    groups: dict[tuple[Kind, int], list[int]] = {}
    for (row_id, kind), change in net.items():
        if change:
            groups.setdefault((kind, change), []).append(row_id)
    return dict(sorted(groups.items(), key=lambda item: -item[0][1]))


def _take(ids: list[int], kind: Kind, count: int) -> None:
    taken = _TAKEN[kind]
    if kind == "public":
        free = Q(shortfall=0, capacity__gte=NOT_PUBLIC + count)
    else:
        free = Q(shortfall=0, staff_reserve__gte=F("taken_staff") + count)
    changed = Interval.objects.filter(free, id__in=ids).update(**{taken: F(taken) + count})
    if changed != len(ids):
        raise NoPlace


def _give_back(ids: list[int], kind: Kind, count: int) -> None:
    """What was sold beyond the capacity is made good first."""
    taken = _TAKEN[kind]
    held = Interval.objects.filter(id__in=ids, **{f"{taken}__gte": count})
    changed = held.update(**{taken: F(taken) - count}, shortfall=_less_short(count))
    _require_all(changed, ids)


def _less_short(count: int) -> Greatest:
    return Greatest(F("shortfall") - count, Value(0))


def _require_all(changed: int, ids: list[int]) -> None:
    if changed != len(ids):
        raise AssertionError("the ledger lost a place: run `mawaeed ledger check`")
