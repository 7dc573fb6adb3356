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
from mawaeed.people.queries import consents_received_by, dependants_of


def who_comes(
    person: Person, wanted: str | DependantIn | None, now: datetime
) -> Beneficiary | None:
    """Whom a booking is for; None for oneself.

    By a personal number: a dependant, or somebody who gave consent. By `dependant:ID` or
    `consent:ID`, as the lists have them. Or a dependant registered on the fly. Refuses
    `Malformed` (field `beneficiary`) for anybody else.
    """
    if wanted is None:
        return None
    if isinstance(wanted, str) and ":" in wanted:
        return _listed(person, wanted)
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
    for consent in consents_received_by(person):
        if consent.grantor.number_hash == hashed:
            return consent.grantor.beneficiary
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


def _listed(person: Person, wanted: str) -> Beneficiary:
    listed = {f"dependant:{each.pk}": each.beneficiary for each in dependants_of(person)}
    for consent in consents_received_by(person):
        listed[f"consent:{consent.pk}"] = consent.grantor.beneficiary
    if wanted not in listed:
        raise Malformed(field="beneficiary")
    return listed[wanted]


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
