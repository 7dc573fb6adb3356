"""The second person of a service that needs two: what was typed about them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.http import HttpRequest
from django.utils.translation import gettext as _

from mawaeed.centres.models import Offering
from mawaeed.kernel.errors import Malformed
from mawaeed.kernel.secrets import keyed_hash
from mawaeed.people.actions.companions import name_companion
from mawaeed.people.models import Beneficiary, Person
from mawaeed.people.numbers import clean_personal_number, parse_birth_date
from mawaeed.web.citizen.dates import typed_date
from mawaeed.web.citizen.pages import clean
from mawaeed.web.citizen.signing import advice
from mawaeed.web.request import resident_of

NOTHING = "--"


@dataclass(frozen=True, slots=True)
class Second:
    """A number and a date of birth as they were typed, and what is wrong with them by field."""

    number: str
    birth_date: str
    wrong: dict[str, str]

    def named_by(self, person: Person, now: datetime) -> Beneficiary:
        """The person behind it, on record from now on; refuses `Malformed`."""
        return name_companion(
            person=person, personal_number=self.number, birth_date=self.birth_date, now=now
        )

    @property
    def fingerprint(self) -> str:
        """Tells two apart without telling whose number it is."""
        return keyed_hash(f"{self.number}/{self.birth_date}")


def needs_two(offering: Offering) -> bool:
    """Whether two people must be present."""
    return offering.service.people_present > 1


def seconds_typed(request: HttpRequest, offerings: Sequence[Offering]) -> dict[int, Second]:
    """What was typed about a second person, by the turn of the service that needs one."""
    found = {}
    for turn, offering in enumerate(offerings, 1):
        number = clean(request.POST.get(f"second_{turn}_number")).strip()
        born = typed_date(request.POST, f"second_{turn}_birth")
        if needs_two(offering) and (number or born != NOTHING):
            found[turn] = Second(number, born, _wrong(resident_of(request), turn, number, born))
    return found


def _wrong(person: Person, turn: int, number: str, born: str) -> dict[str, str]:
    wrong = {}
    try:
        if keyed_hash(clean_personal_number(number)) == person.number_hash:
            wrong[f"second_{turn}_number"] = _("This is your own number. Enter the other person's.")
    except Malformed:
        wrong[f"second_{turn}_number"] = advice("personal_number")
    try:
        parse_birth_date(born)
    except Malformed:
        wrong[f"second_{turn}_birth"] = advice("date_of_birth")
    return wrong


def second_fields(request: HttpRequest, turn: int, seconds: dict[int, Second]) -> dict[str, Any]:
    """What the template shows of the fields for one turn, with what was typed."""
    wrong = seconds[turn].wrong if turn in seconds else {}
    number, birth = f"second_{turn}_number", f"second_{turn}_birth"
    return {
        "number_name": number,
        "birth_name": birth,
        "number": clean(request.POST.get(number)),
        "day": clean(request.POST.get(f"{birth}_day")),
        "month": clean(request.POST.get(f"{birth}_month")),
        "year": clean(request.POST.get(f"{birth}_year")),
        "number_error": wrong.get(number, ""),
        "birth_error": wrong.get(birth, ""),
    }
