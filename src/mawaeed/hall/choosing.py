"""Who is called by a counter, and by which counter: the decision alone, on plain values.

The same functions choose in the hall (`hall.dispatch`) and in the simulations of its waits. The
score is `hall.rules`; a profile filters before it.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from mawaeed.hall.profiles import CounterRules, turn_of
from mawaeed.hall.rules import Place, Rates, is_past_ceiling, next_ticket

LastCalls = Sequence[tuple[int, str]]  # (offering, class), the newest first


@dataclass(frozen=True, slots=True)
class Candidate(Place):
    """A waiting ticket as the choice sees it.

    `sent_here`: transferred to this very counter or to the person at it, so no condition of the
    profile keeps it away. Tickets sent to somebody else are no candidates.
    """

    offering_id: int = 0
    pool_id: int = 0
    not_before: datetime | None = None
    sent_here: bool = False


@dataclass(frozen=True, slots=True)
class IdleCounter:
    """An open counter without a visitor, not on a break, and since when."""

    counter_id: int
    rules: CounterRules
    idle_since: datetime | None = None


def choose_ticket(
    candidates: Iterable[Candidate],
    now: datetime,
    rates: Rates,
    profile: CounterRules | None = None,
    last_calls: LastCalls = (),
    *,
    narrower: Sequence[IdleCounter] = (),
) -> Candidate | None:
    """The ticket a counter calls now; None when it may call nobody.

    Of candidates of one pool, offering and class the first (smallest due time, then id) is
    enough; of one pool and class where neither the profile nor `narrower` tells services apart.
    `narrower` are idle counters less flexible than this one: among equals (tickets of one class)
    what they may call is left to them, unless it is past its ceiling.
    """
    found = [each for each in candidates if each.not_before is None or each.not_before <= now]
    if profile is not None:
        found = _allowed(found, now, profile)
        rates = rates_of(profile, rates)
    chosen = next_ticket(found, now, rates)
    if chosen is None or is_past_ceiling(chosen, now, rates):
        return chosen
    if profile is not None and profile.ratio is not None:
        found = _in_turn(found, profile, last_calls)
        chosen = next_ticket(found, now, rates)
    if chosen is None or not narrower:
        return chosen
    return _left_over(chosen, found, now, rates, narrower)


def choose_counter(
    idle_counters: Iterable[IdleCounter], ticket: Candidate, now: datetime
) -> IdleCounter | None:
    """The counter that serves this ticket: of those that may, the least flexible.

    Equals by how long they have been idle, then by id. None when none may.
    """
    able = [counter for counter in idle_counters if may_serve(counter.rules, ticket, now)]
    return min(able, key=lambda one: _preference(one, now), default=None)


def may_serve(rules: CounterRules, ticket: Candidate, now: datetime) -> bool:
    """Whether a counter that has nobody of its own waiting may call this ticket."""
    return bool(_allowed([ticket], now, rules))


def rates_of(profile: CounterRules, rates: Rates) -> Rates:
    """“Anyone over N minutes first” is a lower ceiling at this counter."""
    minutes = profile.oldest_first_minutes
    if minutes is None:
        return rates
    return {
        name: replace(rate, ceiling_minutes=min(rate.ceiling_minutes, minutes))
        for name, rate in rates.items()
    }


def _allowed(found: list[Candidate], now: datetime, profile: CounterRules) -> list[Candidate]:
    """What skills and “only” let through; another pool's tickets under their condition."""
    own: list[Candidate] = []
    when_empty: list[Candidate] = []
    for each in found:
        if each.sent_here:
            own.append(each)
        elif not profile.only.covers(each.offering_id, each.priority_class):
            continue
        elif each.pool_id == profile.pool_id:
            own.append(each)
        elif (other := profile.of_pool(each.pool_id)) is not None:
            if other.when == "own_empty":
                when_empty.append(each)
            elif other.when == "always" or now - each.due_at >= timedelta(minutes=other.minutes):
                own.append(each)
    return own or when_empty


def _in_turn(
    found: list[Candidate], profile: CounterRules, last_calls: LastCalls
) -> list[Candidate]:
    """Without the side of the ratio whose turn it is not, as long as the other side waits."""
    ratio = profile.ratio
    assert ratio is not None
    turn = turn_of(ratio, last_calls)
    mine, others = (ratio.first, ratio.second) if turn == "first" else (ratio.second, ratio.first)
    if not any(mine.covers(each.offering_id, each.priority_class) for each in found):
        return found
    return [each for each in found if not others.covers(each.offering_id, each.priority_class)]


def _left_over(
    chosen: Candidate,
    found: list[Candidate],
    now: datetime,
    rates: Rates,
    narrower: Sequence[IdleCounter],
) -> Candidate:
    """The chosen one, or the best of its equals that no idle narrower counter may call."""

    def is_theirs(ticket: Candidate) -> bool:
        return any(may_serve(counter.rules, ticket, now) for counter in narrower)

    if chosen.sent_here or not is_theirs(chosen):
        return chosen
    equals = [each for each in found if each.priority_class == chosen.priority_class]
    rest = [each for each in equals if each.sent_here or not is_theirs(each)]
    return next_ticket(rest, now, rates) or chosen


def _preference(counter: IdleCounter, now: datetime) -> tuple[int, datetime, int]:
    return (counter.rules.flexibility, counter.idle_since or now, counter.counter_id)
