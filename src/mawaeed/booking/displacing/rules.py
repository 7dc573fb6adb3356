"""Who loses a place when a centre's days change, and which other place is nearest: pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

Where = tuple[int, datetime]


class Covering(NamedTuple):
    """An appointment as the ledger sees it: a place of a pool from one moment to another."""

    pk: int
    pool_id: int
    starts_at: datetime
    ends_at: datetime
    booked_at: datetime


def who_must_go(short: Mapping[Where, int], booked: Iterable[Covering]) -> list[Covering]:
    """Those who give up their places so that nothing is sold beyond its places any more.

    `short` says by how much each interval (pool, start) is. Latest booked first, nobody without
    need: whoever covers no interval that is still short stays.
    """
    missing = dict(short)
    by_age = sorted(booked, key=lambda each: (each.booked_at, each.pk))
    going: list[Covering] = []
    covered: dict[int, list[Where]] = {}
    for each in reversed(by_age):
        mine = [where for where in short if _covers(each, where)]
        if any(missing[where] > 0 for where in mine):
            going.append(each)
            covered[each.pk] = mine
            for where in mine:
                missing[where] -= 1
    staying = set()
    for each in reversed(going):  # the longest booked first: is the place free again after all?
        if all(missing[where] < 0 for where in covered[each.pk]):
            staying.add(each.pk)
            for where in covered[each.pk]:
                missing[where] += 1
    return [each for each in going if each.pk not in staying]


def _covers(each: Covering, where: Where) -> bool:
    pool_id, starts_at = where
    return each.pool_id == pool_id and each.starts_at <= starts_at < each.ends_at


def nearness(
    old: datetime, new: datetime, centre_rank: int
) -> tuple[int, int, bool, timedelta, datetime]:
    """Sorts places by how near they are to one that is lost; local times of their centres.

    The same centre first, then the others by rank; there the same day, then the nearest one (the
    later of two), then the nearest time of the day.
    """
    days = (new.date() - old.date()).days
    apart = abs(new.replace(tzinfo=None) - old.replace(tzinfo=None) - timedelta(days=days))
    return centre_rank, abs(days), days < 0, apart, new


def earliest_start(
    old: datetime, now: datetime, notice: timedelta, *, same_centre: bool
) -> datetime:
    """From when (UTC) a new place is fair: with notice, or not before the old one where it was."""
    noticed = now + notice
    return min(noticed, max(old, now)) if same_centre else noticed


def keeps_order(
    starts: Sequence[datetime], ends: Sequence[datetime], busy: Iterable[tuple[datetime, datetime]]
) -> bool:
    """Whether new times overlap nothing else the person has to go to."""
    taken = list(busy)
    return not any(
        begin < there and start < end
        for begin, end in zip(starts, ends, strict=True)
        for start, there in taken
    )
