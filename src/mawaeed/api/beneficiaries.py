"""Whom a booking through the API is for."""

from __future__ import annotations

from datetime import datetime

from mawaeed.api.schemas import CompanionIn, DependantIn
from mawaeed.kernel.errors import Malformed
from mawaeed.kernel.secrets import keyed_hash
from mawaeed.people import actions as people
from mawaeed.people.actions.companions import name_companion
from mawaeed.people.models import Beneficiary, Dependant, Person
from mawaeed.people.numbers import clean_personal_number, parse_birth_date


def who_comes(
    person: Person, wanted: str | DependantIn | None, now: datetime
) -> Beneficiary | None:
    """The dependant named by a personal number, or registered on the fly; None for oneself.

    Refuses `Malformed` (field `beneficiary`) for a number that is not registered under the person.
    """
    if wanted is None:
        return None
    number = wanted if isinstance(wanted, str) else wanted.personal_number
    hashed = keyed_hash(clean_personal_number(number))
    if hashed == person.number_hash:
        return None
    known = (
        Dependant.objects.select_related("beneficiary")
        .filter(guardian=person, beneficiary__number_hash=hashed)
        .first()
    )
    if known is not None:
        return known.beneficiary
    if isinstance(wanted, str):
        raise Malformed(field="beneficiary")
    return people.add_dependant(
        person=person,
        personal_number=number,
        name=wanted.name,
        birth_date=parse_birth_date(wanted.date_of_birth),
        relation="child",
        now=now,
    ).beneficiary


def who_comes_along(
    person: Person, wanted: CompanionIn | None, now: datetime
) -> Beneficiary | None:
    """The second person, if one is named; refuses `Malformed` (field `companion`)."""
    if wanted is None:
        return None
    try:
        return name_companion(
            person=person,
            personal_number=wanted.personal_number,
            birth_date=wanted.date_of_birth,
            now=now,
        )
    except Malformed:
        raise Malformed(field="companion") from None
