"""Taking somebody off the list of those one books for."""

from __future__ import annotations

from mawaeed.booking.errors import DependantInUse
from mawaeed.booking.models import Appointment, WaitingEntry
from mawaeed.conduct.actions import standing_for_update
from mawaeed.kernel.database import write_transaction
from mawaeed.people import actions as people
from mawaeed.people.models import Person
from mawaeed.people.queries import dependant_of


def remove_dependant(*, person: Person, dependant_id: int) -> None:
    """Forget a dependant for whom nothing is booked and nothing waited for.

    The limit row is held, so that nothing is booked meanwhile. Refuses `NotFound`,
    `DependantInUse`.
    """
    with write_transaction():
        standing_for_update(person.pk)
        dependant = dependant_of(person, dependant_id)
        theirs = {"person": person, "beneficiary_id": dependant.beneficiary_id}
        active = Appointment.objects.filter(**theirs, state__in=Appointment.ACTIVE)
        waiting = WaitingEntry.objects.filter(**theirs, state__in=WaitingEntry.OPEN)
        if active.exists() or waiting.exists():
            raise DependantInUse
        people.forget_dependant(person=person, dependant_id=dependant.pk)
