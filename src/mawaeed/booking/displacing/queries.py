"""Whom a change of a centre's days displaces, and to where: read, never written."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db.models import QuerySet

from mawaeed.availability.calendar.changes import Outcome, outcome_of
from mawaeed.availability.calendar.wishes import Wish
from mawaeed.availability.models import CalendarChange, Interval
from mawaeed.booking.displacing.equal_places import Busy, FreePlaces, NewPlace
from mawaeed.booking.displacing.rules import Covering, Where, who_must_go
from mawaeed.booking.models import Appointment, Hold
from mawaeed.centres.models import Centre

Group = list[Appointment]


@dataclass(frozen=True, slots=True)
class Displaced:
    """Appointments of one person that go together, and the nearest equal place, if any."""

    appointments: Group
    place: NewPlace | None


@dataclass(frozen=True, slots=True)
class Plan:
    """What a change would do: who would go where, and how many are served all the same."""

    outcome: Outcome
    displaced: list[Displaced]
    staying: int

    @property
    def without_place(self) -> int:
        """How many would find nothing."""
        return sum(each.place is None for each in self.displaced)


def plan_change(centre: Centre, wish: Wish, now: datetime) -> Plan:
    """Exactly whom a change would displace, with the nearest equal place for each.

    Changes nothing. Refuses what `availability.changes.write_change` refuses.
    """
    outcome = outcome_of(centre, wish, now)
    groups = _groups(outcome.short, _booked_in(outcome.short))
    free = FreePlaces(now, outcome.rows)
    busy = busy_times(groups)
    found = []
    for group in groups:
        for part in _parts(group, outcome.short, free, busy):
            place = next(iter(free.nearest(part, busy)), None)
            if place is not None:
                free.take(place)
            found.append(Displaced(part, place))
    going = {leg.pk for group in groups for leg in group}
    return Plan(outcome, found, _checked_in(outcome.short).exclude(pk__in=going).count())


def _parts(group: Group, short: Mapping[Where, int], free: FreePlaces, busy: Busy) -> list[Group]:
    """A visit as one where it fits somewhere, else those of its legs that must go, one by one."""
    if len(group) == 1 or free.nearest(group, busy):
        return [group]
    return [[leg] for leg in group if _touches(short, leg)]


def displaced_now(change: CalendarChange, now: datetime) -> list[Group]:
    """Who still has to go after a change was made, from what the ledger says is short."""
    short = short_now(change, now)
    return _groups(short, _booked_in(short))


def short_now(change: CalendarChange, now: datetime) -> dict[Where, int]:
    """(pool, start) → the shortfall of the intervals a change touches that are still to come."""
    rows = Interval.objects.filter(
        pool_id__in=change.details["pools"],
        ends_at__gt=max(now, change.starts_at),
        starts_at__lt=change.ends_at,
        shortfall__gt=0,
    )
    return {
        (pool_id, starts_at): shortfall
        for pool_id, starts_at, shortfall in rows.values_list("pool_id", "starts_at", "shortfall")
    }


def holds_in(short: Mapping[Where, int]) -> list[Hold]:
    """Holds on places that are gone: of forms being filled in and of offers."""
    if not short:
        return []
    found = _overlapping(Hold.objects.all(), short)
    return [hold for hold in found if _touches(short, hold)]


def is_still_short(appointment: Appointment) -> bool:
    """Whether more is sold than there are places somewhere in the appointment's time."""
    return Interval.objects.filter(
        pool_id=appointment.pool_id,
        starts_at__gte=appointment.starts_at,
        starts_at__lt=appointment.ends_at,
        shortfall__gt=0,
    ).exists()


def busy_times(groups: Iterable[Group]) -> Busy:
    """Person → their active appointments: whoever is moved must still be able to go to these."""
    people = {group[0].person_id for group in groups}
    active = Appointment.objects.filter(person__in=people, state__in=Appointment.ACTIVE)
    found: dict[int, list[tuple[int, datetime, datetime]]] = {}
    for each in active.only("person_id", "starts_at", "ends_at"):
        found.setdefault(each.person_id, []).append((each.pk, each.starts_at, each.ends_at))
    return found


def _booked_in(short: Mapping[Where, int]) -> list[Appointment]:
    if not short:
        return []
    booked = _overlapping(Appointment.objects.filter(state=Appointment.State.BOOKED), short)
    related = booked.select_related(
        "person",
        "service",
        "beneficiary",
        "offering",
        "offering__centre",
        "centre",
        "centre__directorate",
        "pool",
    )
    return [each for each in related if _touches(short, each)]


def _checked_in(short: Mapping[Where, int]) -> QuerySet[Appointment]:
    here = Appointment.objects.filter(state=Appointment.State.CHECKED_IN)
    return _overlapping(here, short) if short else here.none()


def _overlapping(rows: QuerySet, short: Mapping[Where, int]) -> QuerySet:  # type: ignore[type-arg]
    starts = [starts_at for _, starts_at in short]
    return rows.filter(
        pool_id__in={pool_id for pool_id, _ in short},
        starts_at__lte=max(starts),
        ends_at__gt=min(starts),
    ).order_by("starts_at", "pk")


def _touches(short: Mapping[Where, int], row: Appointment | Hold) -> bool:
    return any(
        pool_id == row.pool_id and row.starts_at <= starts_at < row.ends_at
        for pool_id, starts_at in short
    )


def _groups(short: Mapping[Where, int], booked: Sequence[Appointment]) -> list[Group]:
    """Those who must go, earliest first; a visit of several goes as one."""
    covering = [
        Covering(each.pk, each.pool_id, each.starts_at, each.ends_at, each.created_at)
        for each in booked
    ]
    going = {each.pk for each in who_must_go(short, covering)}
    alone = [each for each in booked if each.pk in going and each.visit_id is None]
    visits = {each.visit_id for each in booked if each.pk in going and each.visit_id is not None}
    groups = [[each] for each in alone] + _visits(visits)
    return sorted(groups, key=lambda group: (group[0].starts_at, group[0].pk))


def _visits(ids: set[int]) -> list[Group]:
    """The booked legs of visits, in their order."""
    if not ids:
        return []
    legs = Appointment.objects.filter(visit__in=ids, state=Appointment.State.BOOKED)
    related = legs.select_related(
        "person", "service", "beneficiary", "offering__centre", "centre__directorate", "pool"
    )
    found: dict[int, Group] = {}
    for leg in related.order_by("visit_id", "leg"):
        assert leg.visit_id is not None
        found.setdefault(leg.visit_id, []).append(leg)
    return list(found.values())
