"""Who stands at the desk: found by reference, square code or card, kept until "done".

Neither a personal number nor an id of a person travels in an address: the staff session holds who
is being looked at, per centre.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from django.db.models import Q
from django.http import HttpRequest

from mawaeed.booking.errors import NobodyFound
from mawaeed.booking.models import Appointment
from mawaeed.booking.queries import (
    appointment_by_secret,
    appointment_for_staff,
    appointments_after,
    appointments_of_day,
)
from mawaeed.centres.models import Centre
from mawaeed.conduct.models import Block
from mawaeed.conduct.queries import current_block
from mawaeed.kernel.clock import local_date
from mawaeed.kernel.errors import DomainError, Stale
from mawaeed.kernel.secrets import keyed_hash, unseal
from mawaeed.people.models import Beneficiary, Person
from mawaeed.people.numbers import clean_personal_number, mask_number
from mawaeed.people.queries import goes_first, person_by_number
from mawaeed.web.kiosk.arrival import DIGITS, reference_in, secret_in

PERSONAL_NUMBER_LENGTH = 9


@dataclass(frozen=True, slots=True)
class Visitor:
    """The person at the desk and what they have here today."""

    person: Person | None
    beneficiary: Beneficiary
    appointments: list[Appointment] = field(default_factory=list)
    later: list[Appointment] = field(default_factory=list)
    goes_first: bool = False
    block: Block | None = None

    def is_of(self, appointment: Appointment) -> bool:
        """Whether it is theirs: booked by them or for them."""
        booker = self.person.pk if self.person else None
        return appointment.person_id == booker or appointment.beneficiary_id == self.beneficiary.pk

    @property
    def masked_number(self) -> str:
        """The personal number as screens show it."""
        return mask_number(unseal(self.beneficiary.number_sealed))

    @property
    def masked_mobile(self) -> str:
        """The last three digits of the mobile on record."""
        return f"•••• {self.person.mobile[-3:]}" if self.person else ""


def find(text: str, centre: Centre) -> tuple[Person | None, Beneficiary]:
    """Whom a reference, an e-ticket's link or a personal number means.

    Refuses `NobodyFound`; appointments of other centres are not found.
    """
    digits = "".join(filter(str.isdecimal, text.translate(DIGITS)))
    try:
        if secret := secret_in(text):
            appointment = appointment_by_secret(secret)
            if appointment.centre_id != centre.pk:
                raise NobodyFound
            return appointment.person, appointment.beneficiary
        if len(digits) == PERSONAL_NUMBER_LENGTH:
            return _by_number(clean_personal_number(text))
        appointment = appointment_for_staff(centre, reference_in(text))
    except DomainError:
        raise NobodyFound from None
    return appointment.person, appointment.beneficiary


def remember(
    request: HttpRequest, centre: Centre, found: tuple[Person | None, Beneficiary]
) -> None:
    """Keep who is looked at in the staff session, for this centre."""
    person, beneficiary = found
    request.session[_name(centre)] = [person.pk if person else None, beneficiary.pk]


def forget(request: HttpRequest, centre: Centre) -> None:
    """The visitor has gone."""
    request.session.pop(_name(centre), None)


def current(request: HttpRequest, centre: Centre, now: datetime) -> Visitor | None:
    """Who is looked at, with today's appointments at this centre only."""
    kept: list[Any] | None = request.session.get(_name(centre))
    if not kept:
        return None
    beneficiary = Beneficiary.objects.filter(pk=kept[1]).first()
    person = Person.objects.filter(pk=kept[0], superseded_at__isnull=True).first()
    if beneficiary is None:
        return None
    day = local_date(now, centre.timezone)
    return Visitor(
        person=person,
        beneficiary=beneficiary,
        appointments=_today(centre, day, person, beneficiary),
        later=list(appointments_after(centre, day).filter(_theirs(person, beneficiary))),
        goes_first=person is not None and goes_first(person, now),
        block=current_block(person, now) if person else None,
    )


def required(request: HttpRequest, centre: Centre, now: datetime) -> tuple[Visitor, Person]:
    """The visitor with an account whom the form was shown for.

    Refuses `Stale` when another one has been looked up since.
    """
    visitor = current(request, centre, now)
    if visitor is None or visitor.person is None:
        raise Stale
    if request.POST.get("person", "") != str(visitor.person.pk):
        raise Stale
    return visitor, visitor.person


def _by_number(number: str) -> tuple[Person | None, Beneficiary]:
    person = person_by_number(number)
    if person is not None:
        return person, person.beneficiary
    beneficiary = Beneficiary.objects.filter(number_hash=keyed_hash(number)).first()
    if beneficiary is None:
        raise NobodyFound
    return None, beneficiary


def _today(
    centre: Centre, day: date, person: Person | None, beneficiary: Beneficiary
) -> list[Appointment]:
    theirs = _theirs(person, beneficiary)
    return list(appointments_of_day(centre, day).filter(theirs))


def _theirs(person: Person | None, beneficiary: Beneficiary) -> Q:
    theirs = Q(beneficiary=beneficiary)
    return theirs if person is None else theirs | Q(person=person)


def _name(centre: Centre) -> str:
    return f"visitor:{centre.code}"
