"""The second person of a service that needs two."""

from __future__ import annotations

from datetime import date, datetime

from mawaeed.kernel.database import write_transaction
from mawaeed.kernel.errors import Malformed
from mawaeed.kernel.secrets import keyed_hash
from mawaeed.people.actions.steps import beneficiary_of, local_day
from mawaeed.people.models import Beneficiary, Person
from mawaeed.people.numbers import clean_personal_number, parse_birth_date
from mawaeed.people.rules import is_plausible


def name_companion(
    *, person: Person, personal_number: str, birth_date: str | date, now: datetime
) -> Beneficiary:
    """Who comes along with `person`, by number and date of birth; needs no account.

    What others said about the same number is neither shown nor changed. Refuses `Malformed`
    (one's own number too).
    """
    number, born = clean_personal_number(personal_number), parse_birth_date(birth_date)
    if not is_plausible(born, local_day(now)):
        raise Malformed(field="date_of_birth")
    if keyed_hash(number) == person.number_hash:
        raise Malformed(field="personal_number")
    with write_transaction():
        return beneficiary_of(number, born)
