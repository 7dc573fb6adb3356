"""Who stands at the desk or is on the phone, found by personal number; nothing is remembered."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.db.models import Q

from mawaeed.booking.errors import NobodyFound
from mawaeed.booking.models import Appointment
from mawaeed.booking.queries import appointment_for_staff, appointments_after, appointments_of_day
from mawaeed.centres.models import Centre
from mawaeed.kernel.clock import local_date
from mawaeed.kernel.errors import NotFound
from mawaeed.kernel.secrets import keyed_hash
from mawaeed.people.models import Beneficiary, Person
from mawaeed.people.numbers import clean_personal_number
from mawaeed.people.queries import person_by_number


@dataclass(frozen=True, slots=True)
class Visitor:
    """A person with or without an account of their own."""

    person: Person | None
    beneficiary: Beneficiary

    @property
    def theirs(self) -> Q:
        """Appointments booked by them or for them."""
        mine = Q(beneficiary=self.beneficiary)
        return mine if self.person is None else mine | Q(person=self.person)


def visitor_by_number(personal_number: str) -> Visitor:
    """Whose number it is. Refuses `Malformed`, `NobodyFound`."""
    number = clean_personal_number(personal_number)
    person = person_by_number(number)
    if person is not None:
        return Visitor(person, person.beneficiary)
    beneficiary = Beneficiary.objects.filter(number_hash=keyed_hash(number)).first()
    if beneficiary is None:
        raise NobodyFound
    return Visitor(None, beneficiary)


def holder_by_number(personal_number: str) -> Person:
    """The account of a number. Refuses `Malformed`, `NobodyFound`."""
    person = person_by_number(personal_number)
    if person is None:
        raise NobodyFound
    return person


def appointments_at(centre: Centre, visitor: Visitor, now: datetime) -> list[Appointment]:
    """Today's at this centre in whatever state, and what is booked there later."""
    day = local_date(now, centre.timezone)
    today = appointments_of_day(centre, day).filter(visitor.theirs)
    return [*today, *appointments_after(centre, day).filter(visitor.theirs)]


def appointment_of(centre: Centre, reference: str, personal_number: str) -> Appointment:
    """An appointment at this centre of whoever has the number; anything else does not exist."""
    if not reference.isascii() or not reference.isalnum():
        raise NotFound
    visitor = visitor_by_number(personal_number)
    found = appointment_for_staff(centre, reference)
    booker = visitor.person.pk if visitor.person else None
    if found.person_id != booker and found.beneficiary_id != visitor.beneficiary.pk:
        raise NotFound
    return found
