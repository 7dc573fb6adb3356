"""Who is next at a counter: its pool, its profile and who else is free, then the one rule.

The decision itself is `choosing.choose_ticket`, on plain values, which simulations use too. Here
its input is read: a fixed number of statements, however many wait.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Exists, OuterRef

from mawaeed.availability.queries import lent_counters, serving_pool_id
from mawaeed.centres.models import Centre, Counter, Offering, Pool
from mawaeed.hall import heads
from mawaeed.hall.choosing import (
    Candidate,
    IdleCounter,
    LastCalls,
    choose_counter,
    choose_ticket,
    may_serve,
)
from mawaeed.hall.conditions import Conditions, HallKinds, Offered, read_conditions
from mawaeed.hall.errors import ProfileInvalid
from mawaeed.hall.heads import Asking, Head
from mawaeed.hall.models import CounterBreak, CounterProfile, CounterSession, Ticket
from mawaeed.hall.policies import rates_for
from mawaeed.hall.profiles import CounterRules, brought_to
from mawaeed.hall.rules import Rates
from mawaeed.kernel.clock import local_date
from mawaeed.kernel.errors import Stale
from mawaeed.kernel.statements import Question, given

__all__ = [
    "Candidate",
    "IdleCounter",
    "LastCalls",
    "Look",
    "Shared",
    "choose_counter",
    "choose_ticket",
    "look",
    "may_call",
    "may_serve",
    "next_for_counter",
    "rules_at",
    "shared_reads",
]

# A lost race means that somebody else was served; this many in a row is a fault, not a race.
MAX_LOST_RACES = 200


@dataclass(frozen=True, slots=True)
class Look:
    """All that one choice of a counter is made from, at one moment."""

    asking: Asking
    heads: Mapping[int, Head]
    candidates: Sequence[Candidate]
    rates: Rates
    rules: CounterRules | None
    last_calls: LastCalls
    narrower: Sequence[IdleCounter]

    def chosen(self) -> Candidate | None:
        """The ticket to call."""
        return choose_ticket(
            self.candidates,
            self.asking.now,
            self.rates,
            self.rules,
            self.last_calls,
            narrower=self.narrower,
        )


def next_for_counter(
    counter: Counter, now: datetime, session: CounterSession | None = None
) -> Ticket | None:
    """Whom this counter would call now; `session` is the work there, looked up if not given.

    Five reads by index without profiles at the centre, at most fourteen with them. Refuses `Stale`
    only if whoever was chosen was called or sent elsewhere in between, again and again.
    """
    for _ in range(MAX_LOST_RACES):
        seen = look(counter, now, session)
        chosen = seen.chosen()
        if chosen is None:
            return None
        ticket = heads.as_seen(seen.heads[chosen.ticket_id])
        if ticket is not None:
            return ticket
    raise Stale


@dataclass(frozen=True, slots=True)
class Shared:
    """What is the same for every counter of a centre at one moment; empty without profiles.

    `lent`: counter → the pool it feeds instead of its own. `idle`: open counters without a visitor
    and not on a break, each with its own pool.
    """

    profiles: Mapping[int, Conditions]
    kinds: HallKinds
    lent: Mapping[int, int]
    idle: Sequence[tuple[int, int]]

    def rules_of(self, counter_id: int, pool_id: int) -> CounterRules:
        """What a counter that feeds this pool may call."""
        return brought_to(self.profiles.get(counter_id, Conditions()), pool_id, self.kinds)

    def narrower_than(self, rules: CounterRules, counter_id: int) -> list[IdleCounter]:
        """Idle counters that are less flexible than this one."""
        found = [
            IdleCounter(pk, self.rules_of(pk, self.lent.get(pk, pool_id)))
            for pk, pool_id in self.idle
            if pk != counter_id
        ]
        return [other for other in found if other.rules.flexibility < rules.flexibility]


def shared_reads(centre_id: int, now: datetime) -> Shared:
    """Read it: for a page of many counters once. One statement, with profiles five."""
    profiles = profiles_of(centre_id)
    if not profiles:
        return Shared({}, HallKinds(), {}, ())
    lent = lent_counters(centre_id, now)
    return Shared(profiles, hall_kinds(centre_id), lent, _idle(centre_id))


def look(
    counter: Counter,
    now: datetime,
    session: CounterSession | None = None,
    shared: Shared | None = None,
) -> Look:
    """Read what the choice is made from; `shared` is read if it is not given."""
    staff_id = session.staff_id if session is not None else _staff_at(counter)
    asking = Asking(counter, staff_id, local_date(now, counter.centre.timezone), now)
    shared = shared or shared_reads(counter.centre_id, now)
    rules: CounterRules | None = None
    narrower: list[IdleCounter] = []
    if shared.profiles:
        pool_id = shared.lent.get(counter.pk, counter.pool_id)
        rules = shared.rules_of(counter.pk, pool_id)
        narrower = shared.narrower_than(rules, counter.pk)
    else:
        pool_id = serving_pool_id(counter, now)
    found = heads.sent_here(asking)
    found += _heads(asking, pool_id, rules, narrower, shared.kinds)
    by_id = {head.pk: head for head in found}
    return Look(
        asking=asking,
        heads=by_id,
        candidates=[heads.candidate(head, asking) for head in by_id.values()],
        rates=rates_for(counter.centre, now),
        rules=rules,
        last_calls=heads.last_calls(asking, rules.ratio) if rules and rules.ratio else (),
        narrower=narrower,
    )


def _heads(
    asking: Asking,
    pool_id: int,
    rules: CounterRules | None,
    narrower: Sequence[IdleCounter],
    hall: HallKinds,
) -> list[Head]:
    if rules is None:
        return heads.first_of_each_class(asking, [pool_id])
    apart = [rules, *(counter.rules for counter in narrower)]
    if not any(each.tells_services_apart for each in apart):
        return heads.first_of_each_class(asking, rules.pool_ids)
    offerings = rules.only.offerings
    if offerings is None:
        offerings = frozenset(item.offering_id for item in hall.offered)
    return heads.first_of_each_service(asking, rules.pool_ids, offerings)


def may_call(session: CounterSession, ticket: Ticket, now: datetime) -> bool:
    """Whether the ticket is of a pool the counter serves, and sent to nobody else at work."""
    counter = session.counter
    asking = Asking(counter, session.staff_id, ticket.day, now)
    if heads.candidate(ticket, asking).sent_here:
        return True
    pool_id = serving_pool_id(counter, now)
    if ticket.pool_id != pool_id:
        conditions = profiles_of(counter.centre_id).get(counter.pk, Conditions())
        hall = hall_kinds(counter.centre_id)
        if ticket.pool_id not in brought_to(conditions, pool_id, hall).pool_ids:
            return False
    return Ticket.objects.filter(heads.sent_nowhere(), pk=ticket.pk).exists()


def rules_at(centre: Centre, now: datetime) -> dict[int, CounterRules]:
    """What each counter of the centre may call at `now`; without a profile, its whole pool."""
    profiles, hall = profiles_of(centre.pk), hall_kinds(centre.pk)
    lent = lent_counters(centre.pk, now)
    counters = Counter.objects.filter(centre=centre, active=True).values_list("pk", "pool_id")
    return {
        pk: brought_to(profiles.get(pk, Conditions()), lent.get(pk, pool_id), hall)
        for pk, pool_id in counters
    }


def profiles_of(centre_id: int) -> dict[int, Conditions]:
    """The conditions in use at a centre, by counter. A profile that cannot be read counts as none.

    Profiles are checked when they are written; this is for what became of them since.
    """
    found: dict[int, Conditions] = {}
    for counter_id, raw in _PROFILES.all(centre=centre_id):
        try:
            found[counter_id] = read_conditions(raw)
        except ProfileInvalid:
            continue
    return found


_PROFILES = Question(
    lambda: CounterProfile.objects.filter(
        counter__centre_id=given("centre"), profile__active=True
    ).values_list("counter_id", "profile__conditions")
)


def hall_kinds(centre_id: int) -> HallKinds:
    """The services and pools of a centre, for conditions."""
    offered = Offering.objects.filter(centre_id=centre_id).values_list(
        "pk", "service__code", "group__letter", "pool_id"
    )
    pools = Pool.objects.filter(centre_id=centre_id).values_list("code", "pk")
    return HallKinds(tuple(Offered(*row) for row in offered), dict(pools))


def _idle(centre_id: int) -> list[tuple[int, int]]:
    """Open counters without a visitor, not on a break, with their own pools."""
    busy = Ticket.objects.filter(counter_id=OuterRef("counter_id"), state__in=Ticket.AT_COUNTER)
    pauses = CounterBreak.objects.filter(counter_session_id=OuterRef("pk"), ended_at=None)
    idle = CounterSession.objects.filter(
        ~Exists(busy), ~Exists(pauses), counter__centre_id=centre_id, closed_at=None
    )
    return list(idle.values_list("counter_id", "counter__pool_id"))


def _staff_at(counter: Counter) -> int | None:
    working = CounterSession.objects.filter(counter=counter, closed_at=None)
    return working.values_list("staff_id", flat=True).first()
