"""Those a person books for: children, parents in need of care."""

from __future__ import annotations

from datetime import date, datetime

from mawaeed.kernel.database import write_transaction
from mawaeed.kernel.errors import Malformed, NotFound
from mawaeed.kernel.secrets import keyed_hash
from mawaeed.people.actions.steps import beneficiary_of, local_day
from mawaeed.people.errors import TooManyDependants
from mawaeed.people.models import Dependant, Person
from mawaeed.people.numbers import clean_personal_number, parse_birth_date
from mawaeed.people.rules import is_plausible

MOST = 10


def add_dependant(
    *,
    person: Person,
    personal_number: str,
    name: str,
    birth_date: str | date,
    relation: str = "child",
    now: datetime,
) -> Dependant:
    """Register whom `person` books for; of any age. A repeat returns the first.

    Name and date are what the guardian says; what others said about the same number is neither
    shown nor changed. Refuses `Malformed` (one's own number too), `TooManyDependants`.
    """
    number, born = clean_personal_number(personal_number), parse_birth_date(birth_date)
    called = " ".join(name.split())[:120]
    if not is_plausible(born, local_day(now)):
        raise Malformed(field="date_of_birth")
    if not called:
        raise Malformed(field="name")
    if keyed_hash(number) == person.number_hash:
        raise Malformed(field="personal_number")
    with write_transaction():
        # The guardian's row is locked: the cap is exact on every database. Not its key: a booking
        # of the same person, which refers to it, must not wait for us while we wait for its row.
        if not Person.objects.select_for_update(no_key=True).filter(pk=person.pk).exists():
            raise NotFound
        beneficiary = beneficiary_of(number, born, called)
        known = Dependant.objects.filter(guardian=person, beneficiary=beneficiary).first()
        if known is not None:
            return known
        if Dependant.objects.filter(guardian=person).count() >= MOST:
            raise TooManyDependants(limit=MOST)
        return Dependant.objects.create(
            guardian=person,
            beneficiary=beneficiary,
            name=called,
            relation=relation[:20],
            created_at=now,
        )


def forget_dependant(*, person: Person, dependant_id: int) -> None:
    """Take somebody off the list. The caller has made sure that nothing is booked for them.

    Refuses `NotFound` (somebody else's, too).
    """
    with write_transaction():
        if not Dependant.objects.filter(pk=dependant_id, guardian=person).delete()[0]:
            raise NotFound
