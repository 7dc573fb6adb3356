"""The ledger's only doors: take, give back and swap places. Call inside a write transaction.

Rows are locked in (pool, start) order, then changed by a conditional update that must change
exactly the expected number of rows; the check constraint of the table is the last guard.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from django.db.models import F, Q

from mawaeed.availability.models import Interval

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


# (id, session, session start, interval start, grid minutes, start step minutes, pool)
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

FREE: dict[Kind, Q] = {
    "public": Q(
        shortfall=0,
        capacity__gt=F("staff_reserve") + F("walk_in_reserve") + F("taken_public") + F("cooling"),
    ),
    "staff": Q(shortfall=0, taken_staff__lt=F("staff_reserve")),
}
_TAKEN: dict[Kind, str] = {"public": "taken_public", "staff": "taken_staff"}


def take_places(stay: Stay) -> None:
    """Take one place in every interval of `stay`; raises `NoPlace` or `NotOpen`."""
    rows = _locked(stay.rows())
    _require_one_session(rows, stay)
    _take([row[0] for row in rows], stay.kind)


def give_back_places(stay: Stay) -> None:
    """Give back what `take_places` took for the same stay."""
    ids = [row[0] for row in _locked(stay.rows())]
    _give_back(ids, stay.kind)


def swap_places(old: Stay, new: Stay) -> None:
    """Give up `old` for `new` as one net change; raises `NoPlace` or `NotOpen`, changing nothing.

    Intervals in both stays are left as they are, so a move by a few minutes succeeds in a full
    pool.
    """
    rows = _locked(old.rows() | new.rows())
    leaving = [row for row in rows if _covers(old, row)]
    entering = [row for row in rows if _covers(new, row)]
    _require_one_session(entering, new)
    kept = {row[0] for row in leaving} & {row[0] for row in entering}
    if old.kind != new.kind:
        kept = set()
    _take([row[0] for row in entering if row[0] not in kept], new.kind)
    _give_back([row[0] for row in leaving if row[0] not in kept], old.kind)


def _locked(rows: Q) -> list[_Row]:
    found = Interval.objects.select_for_update(of=("self",)).filter(rows)
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


def _take(ids: list[int], kind: Kind) -> None:
    taken = _TAKEN[kind]
    changed = Interval.objects.filter(FREE[kind], id__in=ids).update(**{taken: F(taken) + 1})
    if changed != len(ids):
        raise NoPlace


def _give_back(ids: list[int], kind: Kind) -> None:
    taken = _TAKEN[kind]
    free_one = {taken: F(taken) - 1}
    held = Interval.objects.filter(id__in=ids, **{f"{taken}__gt": 0})
    changed = held.filter(shortfall=0).update(**free_one)
    changed += held.filter(shortfall__gt=0).update(**free_one, shortfall=F("shortfall") - 1)
    if changed != len(ids):
        raise AssertionError("the ledger lost a place: run `mawaeed ledger check`")
