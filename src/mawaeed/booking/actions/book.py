"""Book: a free time becomes a promise."""

from __future__ import annotations

from datetime import datetime

from django.db import IntegrityError

from mawaeed.booking.actions.steps import (
    count_active,
    find_offering,
    new_stay,
    require_inside_horizon,
    scopes_of,
    take,
    tell,
)
from mawaeed.booking.errors import AlreadyBooked, DependantsNotAllowed, LimitReached
from mawaeed.booking.models import Appointment
from mawaeed.booking.rules import first_free_ordinal
from mawaeed.centres.models import Offering
from mawaeed.conduct.actions import standing_for_update
from mawaeed.conduct.queries import refuse_if_blocked
from mawaeed.kernel.actor import Actor
from mawaeed.kernel.clock import local_date
from mawaeed.kernel.database import write_transaction
from mawaeed.kernel.errors import Stale
from mawaeed.kernel.identifiers import new_reference, new_token
from mawaeed.kernel.policies import policy
from mawaeed.people.models import Beneficiary, Dependant, Person

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
) -> Appointment:
    """Book one place for `beneficiary` (by default the person) at `starts_at` (UTC).

    Refuses `UnknownService`, `UnknownCentre`, `SlotPast`, `OutsideHorizon`, `SlotClosed`,
    `SlotTaken`, `PersonBlocked`, `LimitReached`, `AlreadyBooked`, `DependantsNotAllowed`,
    `Stale` (the account was taken over in this moment); a refusal gives back every place it
    touched. Emits `appointment_booked`.
    """
    offering = find_offering(service_code, centre_code)
    require_inside_horizon(offering, starts_at, now)
    comer = _comer(person, beneficiary, offering)
    for _ in range(offering.service.limit_per_beneficiary):
        try:
            return _book(person, comer, offering, starts_at, actor=actor, now=now)
        except IntegrityError as error:
            if "appointment_limit" not in str(error) and "limit_ordinal" not in str(error):
                raise
            # Somebody else booked for the same beneficiary in this moment: look again.
    raise AlreadyBooked


def _book(
    person: Person,
    comer: Beneficiary,
    offering: Offering,
    starts_at: datetime,
    *,
    actor: Actor,
    now: datetime,
) -> Appointment:
    with write_transaction():
        standing = standing_for_update(person.pk)
        _require_in_force(person)
        refuse_if_blocked(standing, now)
        cap = policy("booking.active_cap", now, scopes_of(offering))
        cap = max(cap, offering.service.limit_per_beneficiary)
        if standing.active_count >= cap:
            raise LimitReached(limit=cap)
        appointment = _insert(person, comer, offering, starts_at, now)
        take(new_stay(offering, starts_at))
        count_active(standing, +1)
        tell(appointment, event="appointment_booked", from_state="", actor=actor, now=now)
    return appointment


def _require_in_force(person: Person) -> None:
    """A take-over holds the limit row too: after it nobody could see or cancel this booking."""
    if not Person.objects.filter(pk=person.pk, superseded_at__isnull=True).exists():
        raise Stale


def _comer(person: Person, beneficiary: Beneficiary | None, offering: Offering) -> Beneficiary:
    if beneficiary is None or beneficiary.pk == person.beneficiary_id:
        return person.beneficiary
    if not offering.service.dependants:
        raise DependantsNotAllowed
    if not Dependant.objects.filter(guardian=person, beneficiary=beneficiary).exists():
        raise DependantsNotAllowed
    return beneficiary


def _insert(
    person: Person, comer: Beneficiary, offering: Offering, starts_at: datetime, now: datetime
) -> Appointment:
    service = offering.service
    # By the beneficiary alone: everything of one service is far more to search.
    active = Appointment.objects.filter(beneficiary=comer, state__in=Appointment.ACTIVE)
    used = {
        ordinal
        for service_id, ordinal in active.values_list("service_id", "limit_ordinal")
        if service_id == service.pk
    }
    ordinal = first_free_ordinal(used, service.limit_per_beneficiary)
    if ordinal is None:
        raise AlreadyBooked
    return Appointment.objects.create(
        reference=new_reference(),
        secret=new_token(SECRET_BYTES),
        agency_id=offering.centre.agency_id,
        person=person,
        beneficiary=comer,
        offering=offering,
        service=service,
        centre=offering.centre,
        pool=offering.pool,
        day=local_date(starts_at, offering.centre.timezone),
        starts_at=starts_at,
        ends_at=new_stay(offering, starts_at).ends_at,
        limit_ordinal=ordinal,
        created_at=now,
    )
