"""A change of a centre's days in words, for whoever reads the list or is about to make one."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from mawaeed.availability.calendar.changes import OPEN_END
from mawaeed.availability.calendar.wishes import (
    AddCounter,
    ChangeHours,
    CloseTime,
    RetireCounter,
    SendAway,
    Wish,
)
from mawaeed.availability.models import CalendarChange, CounterAbsence, OpeningRule
from mawaeed.centres.models import Centre, Pool
from mawaeed.centres.names import localised
from mawaeed.kernel.clock import local_date
from mawaeed.people.models import Staff

SHOWN = 20


@dataclass(frozen=True, slots=True)
class Told:
    """One change as the list shows it; times are UTC, `ends_at` None for good."""

    pk: int
    what: str
    starts_at: datetime
    ends_at: datetime | None
    one_day: bool
    reason: str
    by: str
    moved: int
    cancelled: int
    working: bool
    undone: bool
    can_undo: bool


def changes_of(centre: Centre, now: datetime, language: str) -> list[Told]:
    """The latest changes, newest first."""
    rows = list(CalendarChange.objects.filter(centre=centre).order_by("-made_at", "-pk")[:SHOWN])
    names = _names(rows)
    pools = {pool.pk: localised(pool.name, language) for pool in Pool.objects.filter(centre=centre)}
    lent = _lent(rows)
    rules = OpeningRule.objects.in_bulk([row.details.get("rule", 0) for row in rows])
    return [
        Told(
            pk=row.pk,
            what=_what(row, pools, lent, rules),
            starts_at=row.starts_at,
            ends_at=None if row.ends_at >= OPEN_END else row.ends_at,
            one_day=is_one_day(centre, row.starts_at, row.ends_at),
            reason=row.reason,
            by=names.get(row.made_by_id or 0, ""),
            moved=row.details.get("moved", 0),
            cancelled=row.details.get("cancelled", 0),
            working=row.undone_at is None and not row.details.get("settled", True),
            undone=row.undone_at is not None,
            can_undo=row.undone_at is None and row.ends_at > now,
        )
        for row in rows
    ]


def is_one_day(centre: Centre, starts_at: datetime, ends_at: datetime) -> bool:
    """Whether the end needs no date beside its time."""
    return local_date(starts_at, centre.timezone) == local_date(ends_at, centre.timezone)


def wish_words(wish: Wish, language: str) -> str:
    """What is about to be done, without when."""
    if isinstance(wish, CloseTime):
        return _closed(localised(wish.pool.name, language) if wish.pool else "")
    if isinstance(wish, SendAway):
        return _away(
            wish.counter.number, localised(wish.to_pool.name, language) if wish.to_pool else ""
        )
    if isinstance(wish, AddCounter):
        return _added(wish.number)
    if isinstance(wish, RetireCounter):
        return _retired(wish.counter.number)
    return _hours(wish, localised(wish.pool.name, language) if wish.pool else "")


def _what(
    row: CalendarChange,
    pools: dict[int, str],
    lent: dict[int, int | None],
    rules: dict[int, OpeningRule],
) -> str:
    details = row.details
    if row.kind == CalendarChange.Kind.CLOSURE:
        return _closed(pools.get(details.get("pool_id") or 0, ""))
    if row.kind == CalendarChange.Kind.COUNTER_AWAY:
        to_pool = lent.get(details["absence"]) or 0
        return _away(details["number"], pools.get(to_pool, ""))
    if row.kind == CalendarChange.Kind.COUNTER_ADDED:
        return _retired(details["number"]) if details.get("retired") else _added(details["number"])
    rule = rules.get(details["rule"])
    if rule is None:
        return _("Other hours")
    wish = ChangeHours(
        rule.weekdays, rule.opens_time, rule.closes_time, rule.effective_from, rule.effective_until
    )
    return _hours(wish, pools.get(rule.pool_id or 0, ""))


def _closed(pool: str) -> str:
    if pool:
        return pgettext("change of the calendar", "Closed: %(pool)s") % {"pool": pool}
    return pgettext("change of the calendar", "The whole centre closed")


def _away(number: int, to_pool: str) -> str:
    if to_pool:
        return _("Counter %(number)s lent to: %(pool)s") % {"number": number, "pool": to_pool}
    return _("Counter %(number)s away") % {"number": number}


def _added(number: int) -> str:
    return _("Counter %(number)s added") % {"number": number}


def _retired(number: int) -> str:
    return _("Counter %(number)s out of service") % {"number": number}


def _hours(wish: ChangeHours, pool: str) -> str:
    hours = f"\u2066{wish.opens:%H:%M}–{wish.closes:%H:%M}\u2069"
    if pool:
        return _("Hours %(hours)s: %(pool)s") % {"hours": hours, "pool": pool}
    return _("Hours %(hours)s") % {"hours": hours}


def _names(rows: list[CalendarChange]) -> dict[int, str]:
    staff = Staff.objects.filter(pk__in=[row.made_by_id for row in rows if row.made_by_id])
    return {each.pk: each.get_full_name() or each.get_username() for each in staff}


def _lent(rows: list[CalendarChange]) -> dict[int, int | None]:
    ids = [row.details["absence"] for row in rows if "absence" in row.details]
    absences = CounterAbsence.objects.filter(pk__in=ids)
    return dict(absences.values_list("pk", "to_pool_id"))
