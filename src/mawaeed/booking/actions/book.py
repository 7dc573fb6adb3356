"""Book: a free time becomes a promise; several services or people become one visit."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from django.db import IntegrityError

from mawaeed.booking.actions.hold import give_up_holds, stays_to_count_free
from mawaeed.booking.actions.steps import (
    cap_of,
    change,
    count_active,
    part_of,
    require_below_cap,
    require_in_force,
    require_inside_horizon,
    scopes_of,
    tell,
)
from mawaeed.booking.chains import find_offerings, plan_visit
from mawaeed.booking.confirming import confirmed_by_promise
from mawaeed.booking.errors import (
    AlreadyBooked,
    CompanionNeeded,
    CompanionNotNeeded,
    DependantsNotAllowed,
    SlotTaken,
)
from mawaeed.booking.holds import is_held_by_expired
from mawaeed.booking.legs import Assisted, Leg, Wanted
from mawaeed.booking.models import Appointment, Channel, Visit
from mawaeed.booking.rules import first_free_ordinal
from mawaeed.booking.statement.ordinary import book_place, is_possible
from mawaeed.centres.models import Offering
from mawaeed.conduct.actions import standing_for_update
from mawaeed.conduct.queries import refuse_if_blocked
from mawaeed.kernel.actor import Actor
from mawaeed.kernel.clock import local_date
from mawaeed.kernel.database import write_transaction
from mawaeed.kernel.identifiers import new_reference, new_token
from mawaeed.kernel.policies import policy
from mawaeed.people.models import Beneficiary, Dependant, Person
from mawaeed.people.queries import has_consent_of

SECRET_BYTES = 9  # 72 bits in twelve characters: short enough for one message


def book_appointment(
    *,
    person: Person,
    service_code: str,
    centre_code: str,
    starts_at: datetime,
    actor: Actor,
    now: datetime,
    beneficiary: Beneficiary | None = None,
    companion: Beneficiary | None = None,
    assisted: Assisted | None = None,
) -> Appointment:
    """Book one place for `beneficiary` (by default the person) at `starts_at` (UTC).

    Refuses `UnknownService`, `UnknownCentre`, `SlotPast`, `OutsideHorizon`, `SlotClosed`,
    `SlotTaken`, `PersonBlocked`, `LimitReached`, `AlreadyBooked`, `DependantsNotAllowed`,
    `CompanionNeeded`, `CompanionNotNeeded`, `Stale` (the account was taken over in this moment);
    a refusal gives back every place it touched. Emits `appointment_booked`.
    """
    [appointment] = book_visit(
        person=person,
        wanted=[Wanted(service_code, beneficiary, companion)],
        centre_code=centre_code,
        starts_at=starts_at,
        actor=actor,
        now=now,
        assisted=assisted,
    )
    return appointment


def book_visit(
    *,
    person: Person,
    wanted: Sequence[Wanted],
    centre_code: str,
    starts_at: datetime,
    actor: Actor,
    now: datetime,
    assisted: Assisted | None = None,
) -> list[Appointment]:
    """Book several services or people, one after another, from `starts_at` (UTC); all or nothing.

    What the person held while choosing is given up for it in the same net change. Refuses what
    `book_appointment` refuses and `TooManyLegs`. Emits one `appointment_booked` per leg.
    """
    offerings = find_offerings([each.service_code for each in wanted], centre_code, now)
    require_inside_horizon(offerings[0], starts_at, now)
    held = stays_to_count_free(person, offerings, now) if len(wanted) > 1 else []
    starts = plan_visit(offerings, starts_at, now=now, giving_up=held)
    legs = [
        leg_of(person, each, offering, start, now, assisted)
        for each, offering, start in zip(wanted, offerings, starts, strict=True)
    ]
    if is_ordinary(legs) and legs[0].beneficiary.pk == person.beneficiary_id:
        done = book_place(
            draft(person, legs[0], actor, now, assisted=assisted),
            cap=cap_of(legs[0].offering, now),
            actor=actor,
            now=now,
        )
        if isinstance(done, Appointment):
            return [done]
    reclaim = False
    # Once more where a limit number or a place was lost in this very moment.
    for _ in range(2 + max(offering.service.limit_per_beneficiary for offering in offerings)):
        try:
            return _book(person, legs, actor, now, assisted=assisted, reclaim=reclaim)
        except SlotTaken:
            if reclaim or not is_held_by_expired([leg.stay for leg in legs], now):
                raise
            reclaim = True
        except IntegrityError as error:
            if "appointment_limit" not in str(error) and "limit_ordinal" not in str(error):
                raise
            # Somebody else booked for the same beneficiary in this moment: look again.
    raise AlreadyBooked


def _book(
    person: Person,
    legs: Sequence[Leg],
    actor: Actor,
    now: datetime,
    *,
    assisted: Assisted | None,
    reclaim: bool,
) -> list[Appointment]:
    with write_transaction():
        standing = standing_for_update(person.pk)
        require_in_force(person)
        refuse_if_blocked(standing, now)
        require_below_cap(standing, legs[0].offering, len(legs), now)
        for leg in legs:  # once more: a dependant may have been forgotten until this moment
            comer_of(person, leg.beneficiary, leg.offering)
        visit = _visit(person, legs, now) if len(legs) > 1 else None
        made = [
            _insert(person, leg, turn, visit, actor, now, assisted)
            for turn, leg in enumerate(legs, 1)
        ]
        enter = [leg.stay for leg in legs]
        leave = give_up_holds(person, enter, now, reclaim=reclaim)
        change(leave=leave, enter=enter)
        count_active(standing, len(made))
        for appointment in made:
            _tell(appointment, len(made), actor, now, assisted)
    return made


def _tell(
    appointment: Appointment, parts: int, actor: Actor, now: datetime, assisted: Assisted | None
) -> None:
    reason = assisted.reserve_reason if assisted else ""
    tell(
        appointment,
        event="appointment_booked",
        from_state="",
        actor=actor,
        now=now,
        reason=reason,
        **part_of(appointment.leg, parts),
    )


def is_ordinary(legs: Sequence[Leg]) -> bool:
    """Whether one statement can do it: one public place, on a database that has the statement."""
    return len(legs) == 1 and legs[0].stay.kind == "public" and is_possible()


def leg_of(  # noqa: PLR0917 (what one leg is made of)
    person: Person,
    wanted: Wanted,
    offering: Offering,
    starts_at: datetime,
    now: datetime,
    by: Assisted | None = None,
) -> Leg:
    """One leg, if such people may book it; refuses as `book_appointment` does."""
    comer = comer_of(person, wanted.beneficiary, offering)
    needs_two = offering.service.people_present > 1
    if (
        needs_two
        and wanted.companion is None
        and policy("booking.companion_required", now, scopes_of(offering))
    ):
        raise CompanionNeeded
    if wanted.companion is not None and (not needs_two or wanted.companion.pk == comer.pk):
        raise CompanionNotNeeded
    return Leg(
        offering,
        comer,
        wanted.companion,
        starts_at,
        from_reserve=bool(by and by.reserve_reason),
    )


def comer_of(person: Person, beneficiary: Beneficiary | None, offering: Offering) -> Beneficiary:
    """Who comes: the person, or somebody they may book for; refuses `DependantsNotAllowed`."""
    if beneficiary is None or beneficiary.pk == person.beneficiary_id:
        return person.beneficiary
    if has_consent_of(person, beneficiary):
        return beneficiary
    if not offering.service.dependants:
        raise DependantsNotAllowed
    if not Dependant.objects.filter(guardian=person, beneficiary=beneficiary).exists():
        raise DependantsNotAllowed
    return beneficiary


def _visit(person: Person, legs: Sequence[Leg], now: datetime) -> Visit:
    centre = legs[0].offering.centre
    return Visit.objects.create(
        reference=new_reference(), person=person, centre=centre, created_at=now
    )


def _insert(  # noqa: PLR0917 (one row, everything it is made of)
    person: Person,
    leg: Leg,
    turn: int,
    visit: Visit | None,
    actor: Actor,
    now: datetime,
    assisted: Assisted | None,
) -> Appointment:
    appointment = draft(person, leg, actor, now, assisted=assisted)
    appointment.limit_ordinal = _free_ordinal(leg)
    appointment.visit, appointment.leg = visit, turn
    appointment.save(force_insert=True)
    return appointment


def draft(
    person: Person, leg: Leg, actor: Actor, now: datetime, *, assisted: Assisted | None = None
) -> Appointment:
    """The appointment to be, not written yet and without a limit number."""
    offering = leg.offering
    return Appointment(
        reference=new_reference(),
        secret=new_token(SECRET_BYTES),
        agency_id=offering.centre.agency_id,
        person=person,
        beneficiary=leg.beneficiary,
        companion=leg.companion,
        offering=offering,
        service=offering.service,
        centre=offering.centre,
        pool_id=offering.pool_id,
        day=local_date(leg.starts_at, offering.centre.timezone),
        starts_at=leg.starts_at,
        ends_at=leg.ends_at,
        places=leg.stay.kind,
        channel=assisted.channel if assisted else _channel(actor),
        staff_id=assisted.staff_id if assisted else None,
        reserve_reason=assisted.reserve_reason if assisted else "",
        confirmed_at=confirmed_by_promise(offering, leg.starts_at, now),
        created_at=now,
    )


def _channel(actor: Actor) -> Channel:
    if actor.kind == "person":
        return Channel.API if actor.channel == "api" else Channel.WEB
    return Channel.SYSTEM


def _free_ordinal(leg: Leg) -> int:
    """Which of the service's allowed appointments this is; refuses `AlreadyBooked`."""
    service = leg.offering.service
    # By the beneficiary alone: everything of one service is far more to search.
    active = Appointment.objects.filter(beneficiary=leg.beneficiary, state__in=Appointment.ACTIVE)
    used = {
        ordinal
        for service_id, ordinal in active.values_list("service_id", "limit_ordinal")
        if service_id == service.pk
    }
    ordinal = first_free_ordinal(used, service.limit_per_beneficiary)
    if ordinal is None:
        raise AlreadyBooked
    return ordinal
