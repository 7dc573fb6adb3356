"""What a supervisor should hear of now, and the one thing to do about each: pure decisions.

`alerts_of` looks at values of one moment (`insight.hall_now` reads them); the words are in
`insight.alert_words`, carrying a suggestion out in `web.supervisor.acting`.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Literal
from zoneinfo import ZoneInfo

Kind = Literal["waiting", "late", "service", "idle", "kept_away"]
Verb = Literal["lend", "ask", "warn", "release", "look", "open_up"]
Tone = Literal["danger", "warning"]
MINUTE = timedelta(minutes=1)
# A counter is not lent for less: by the time the clerk has read it, it would be over.
SHORTEST_LOAN = timedelta(minutes=20)
# What is told of a delay is rounded down to these: who comes later than told is called at once.
TOLD_IN_MINUTES = 5


@dataclass(frozen=True, slots=True)
class Thresholds:
    """The policies `alert.*` of a centre."""

    people: int
    wait: timedelta
    service_percent: int
    idle: timedelta
    delay: timedelta


@dataclass(frozen=True, slots=True)
class Waiter:
    """One waiting ticket; `overdue` is how long ago its booked time was, None without one.

    `kept_away`: counters of its pool are open, but the profiles let no open counter call it.
    """

    number: str
    group_id: int
    pool_id: int
    waited: timedelta
    overdue: timedelta | None = None
    kept_away: bool = False


@dataclass(frozen=True, slots=True)
class Desk:
    """A counter in use: who works there and since when it has had nobody.

    `idle_for` is None while it has a visitor, on a break, or closed. `lendable`: it is in its own
    pool, and for the rest of the hour its pool can do without it.
    """

    counter_id: int
    number: int
    pool_id: int
    clerk: str = ""
    idle_for: timedelta | None = None
    on_break: bool = False
    lendable: bool = False
    asked_at: datetime | None = None
    serving: str = ""
    served_for: timedelta = timedelta()
    planned: timedelta = timedelta()
    looked_after: bool = False

    @property
    def is_open(self) -> bool:
        """Whether somebody works there."""
        return bool(self.clerk)


@dataclass(frozen=True, slots=True)
class PoolNow:
    """A pool: who is still to come and may be warned, what is kept for walk-ins today."""

    pool_id: int
    coming: int = 0
    reserve: int = 0


@dataclass(frozen=True, slots=True)
class Suggestion:
    """One thing to do, with everything needed to do it."""

    verb: Verb
    pool_id: int
    counter_id: int | None = None
    counter: int = 0
    clerk: str = ""
    people: int = 0
    minutes: int = 0


@dataclass(frozen=True, slots=True)
class Alert:
    """What is wrong, with the figures, and what to do.

    `asked` is a counter asked for already, `free` one that has nobody and may call the next.
    """

    kind: Kind
    tone: Tone
    pool_id: int
    group_id: int | None = None
    people: int = 0
    minutes: int = 0
    limit: int = 0
    planned: int = 0
    number: str = ""
    counter: int = 0
    clerk: str = ""
    too_many: bool = False
    too_long: bool = False
    suggestion: Suggestion | None = None
    asked: tuple[int, datetime] | None = None
    free: int | None = None


@dataclass(slots=True)
class _Moment:
    """What is looked at, and which counters have been suggested already."""

    waiting: Sequence[Waiter]
    desks: Sequence[Desk]
    pools: dict[int, PoolNow]
    limits: Thresholds
    used: set[int] = field(default_factory=set)

    def waiting_in(self, pool_id: int) -> int:
        return sum(waiter.pool_id == pool_id for waiter in self.waiting)


def alerts_of(
    waiting: Sequence[Waiter],
    desks: Sequence[Desk],
    pools: Iterable[PoolNow],
    limits: Thresholds,
) -> list[Alert]:
    """Everything over its threshold, worst first; no counter is suggested twice."""
    moment = _Moment(waiting, desks, {pool.pool_id: pool for pool in pools}, limits)
    waits = _waits(moment)
    found = [*waits, *_late(moment, waits), *_services(moment), *_idle(moment)]
    return sorted(found, key=lambda alert: alert.tone != "danger")


def whole_minutes(elapsed: timedelta) -> int:
    """Whole minutes, rounded half up, as every screen shows them."""
    return int((elapsed + MINUTE / 2) // MINUTE)


def loan_until(now: datetime, zone: str) -> datetime:
    """The end of the local hour, or of the next one where little is left of it (UTC)."""
    local = now.astimezone(ZoneInfo(zone))
    end = local.replace(minute=0, second=0, microsecond=0) + timedelta(hours=1)
    if end - local < SHORTEST_LOAN:
        end += timedelta(hours=1)
    return end.astimezone(now.tzinfo)


def told_minutes(delay: timedelta) -> int:
    """How late one says the hall is: full five minutes, never more than it is."""
    return int(delay // MINUTE) // TOLD_IN_MINUTES * TOLD_IN_MINUTES


def _waits(moment: _Moment) -> list[Alert]:
    """Too many, or too long: once for a group, with both figures; the longest wait first."""
    groups: dict[int, list[Waiter]] = {}
    for waiter in moment.waiting:
        groups.setdefault(waiter.group_id, []).append(waiter)
    by_wait = sorted(groups.values(), key=lambda each: max(w.waited for w in each), reverse=True)
    return [alert for group in by_wait for alert in _wait_of(group, moment)]


def _wait_of(group: Sequence[Waiter], moment: _Moment) -> list[Alert]:
    limits = moment.limits
    longest = max(group, key=lambda waiter: waiter.waited)
    too_many, too_long = len(group) >= limits.people, longest.waited >= limits.wait
    if not (too_many or too_long):
        return []
    return [
        Alert(
            kind="waiting",
            tone="danger" if too_long else "warning",
            pool_id=longest.pool_id,
            group_id=longest.group_id,
            people=len(group),
            minutes=whole_minutes(longest.waited),
            limit=whole_minutes(limits.wait) if too_long else limits.people,
            number=longest.number,
            too_many=too_many,
            too_long=too_long,
            suggestion=_more_hands(longest.pool_id, moment) or _warning(longest.pool_id, moment),
            asked=_asked(longest.pool_id, moment),
            free=_free(longest.pool_id, moment),
        )
    ]


def _more_hands(pool_id: int, moment: _Moment) -> Suggestion | None:
    """A clerk who has nobody is lent; else a closed counter is asked for.

    Neither while a counter of the pool is free: its clerk only has to call.
    """
    if _free(pool_id, moment) is not None:
        return None
    idle = [
        desk
        for desk in moment.desks
        if desk.idle_for is not None
        and desk.lendable
        and desk.pool_id != pool_id
        and desk.counter_id not in moment.used
        and not moment.waiting_in(desk.pool_id)
    ]
    if idle:
        return _lend(max(idle, key=lambda desk: desk.idle_for or timedelta()), pool_id, moment)
    if _asked(pool_id, moment):
        return None
    closed = [
        desk
        for desk in moment.desks
        if desk.pool_id == pool_id and not desk.is_open and desk.counter_id not in moment.used
    ]
    if not closed:
        return None
    first = min(closed, key=lambda desk: desk.number)
    moment.used.add(first.counter_id)
    return Suggestion("ask", pool_id, first.counter_id, first.number)


def _lend(desk: Desk, pool_id: int, moment: _Moment) -> Suggestion:
    moment.used.add(desk.counter_id)
    return Suggestion("lend", pool_id, desk.counter_id, desk.number, desk.clerk)


def _free(pool_id: int, moment: _Moment) -> int | None:
    """A counter of the pool with a clerk who has nobody."""
    free = [
        desk.number
        for desk in moment.desks
        if desk.pool_id == pool_id and desk.idle_for is not None
    ]
    return min(free, default=None)


def _asked(pool_id: int, moment: _Moment) -> tuple[int, datetime] | None:
    """The closed counter of the pool that was asked for, and when."""
    asked = [
        (desk.number, desk.asked_at)
        for desk in moment.desks
        if desk.pool_id == pool_id and not desk.is_open and desk.asked_at is not None
    ]
    return min(asked, default=None)


def _delay_of(pool_id: int, moment: _Moment) -> timedelta:
    """How long after their time those with an appointment still wait."""
    overdue = [w.overdue for w in moment.waiting if w.pool_id == pool_id and w.overdue is not None]
    return max([timedelta(), *overdue])


def _warning(pool_id: int, moment: _Moment) -> Suggestion | None:
    pool, delay = moment.pools.get(pool_id), _delay_of(pool_id, moment)
    if pool is None or not pool.coming or delay < moment.limits.delay:
        return None
    minutes = told_minutes(delay)
    return Suggestion("warn", pool_id, people=pool.coming, minutes=minutes) if minutes else None


def _late(moment: _Moment, waits: Sequence[Alert]) -> list[Alert]:
    """Those with an appointment are called late, and others could still be told before coming.

    Not where an alert about the wait suggests the warning already.
    """
    suggested = {
        alert.pool_id for alert in waits if alert.suggestion and alert.suggestion.verb == "warn"
    }
    found = []
    for pool_id in moment.pools.keys() - suggested:
        suggestion = _warning(pool_id, moment)
        if suggestion is not None:
            delay = whole_minutes(_delay_of(pool_id, moment))
            limit = whole_minutes(moment.limits.delay)
            found.append(
                Alert(
                    "late",
                    "warning",
                    pool_id,
                    minutes=delay,
                    limit=limit,
                    people=suggestion.people,
                    suggestion=suggestion,
                )
            )
    return found


def _services(moment: _Moment) -> list[Alert]:
    """Served for far longer than planned, and nobody was sent there yet."""
    return [
        Alert(
            kind="service",
            tone="warning",
            pool_id=desk.pool_id,
            minutes=whole_minutes(desk.served_for),
            planned=whole_minutes(desk.planned),
            number=desk.serving,
            counter=desk.number,
            clerk=desk.clerk,
            suggestion=Suggestion("look", desk.pool_id, desk.counter_id, desk.number, desk.clerk),
        )
        for desk in moment.desks
        if desk.serving
        and not desk.looked_after
        and desk.served_for * 100 >= desk.planned * moment.limits.service_percent
    ]


def _idle(moment: _Moment) -> list[Alert]:
    """Counters with nobody for long while others wait, and what is kept for walk-ins in vain."""
    found = []
    longest_first = sorted(
        (desk for desk in moment.desks if (desk.idle_for or timedelta()) >= moment.limits.idle),
        key=lambda desk: desk.idle_for or timedelta(),
        reverse=True,
    )
    released: set[int] = set()
    for desk in longest_first:
        suggestion = _for_idle(desk, moment)
        if suggestion is None or suggestion.pool_id in released:
            continue
        if suggestion.verb == "release":
            released.add(suggestion.pool_id)
        found.append(_idle_alert(desk, suggestion, moment))
    return found


def _idle_alert(desk: Desk, suggestion: Suggestion, moment: _Moment) -> Alert:
    return Alert(
        kind="idle",
        tone="warning",
        pool_id=suggestion.pool_id,
        people=moment.waiting_in(suggestion.pool_id),
        minutes=whole_minutes(desk.idle_for or timedelta()),
        counter=desk.number,
        clerk=desk.clerk,
        suggestion=suggestion,
    )


def _for_idle(desk: Desk, moment: _Moment) -> Suggestion | None:
    """Have somebody look where people wait for this very counter; else lend it; else release."""
    if desk.counter_id in moment.used:
        return None
    if moment.waiting_in(desk.pool_id):
        if desk.looked_after:
            return None
        return Suggestion("look", desk.pool_id, desk.counter_id, desk.number, desk.clerk)
    if moment.waiting:
        return _lend(desk, _most_needed(moment), moment) if desk.lendable else None
    pool = moment.pools.get(desk.pool_id)
    if pool is None or not pool.reserve:
        return None
    return Suggestion("release", pool.pool_id, people=pool.reserve)


def _most_needed(moment: _Moment) -> int:
    """The pool with the most people waiting for each of its open counters."""

    def load(pool_id: int) -> tuple[float, int]:
        at_work = sum(
            desk.is_open and not desk.on_break and desk.pool_id == pool_id for desk in moment.desks
        )
        return moment.waiting_in(pool_id) / (at_work or 0.5), -pool_id

    return max({waiter.pool_id for waiter in moment.waiting}, key=load)
