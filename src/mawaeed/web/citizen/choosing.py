"""What is being chosen: services, who comes to each, and when, as our addresses carry it.

One choice is `service=CODE&who=WHO`; several are `leg=CODE:WHO` each, in turn. WHO is `me`, the
number of somebody in one's care, or `c` and the number of a consent: never a personal number.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.http import HttpRequest, QueryDict
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext as _

from mawaeed.booking.chains import find_offerings
from mawaeed.booking.errors import TooManyLegs, UnknownService
from mawaeed.centres.models import Centre, Offering, Service
from mawaeed.kernel.errors import Malformed
from mawaeed.people.models import Beneficiary, Person
from mawaeed.people.queries import consents_received_by, dependants_of
from mawaeed.web.citizen.pages import clean, moment_of, written
from mawaeed.web.request import now_of

MYSELF = "me"
BY_CONSENT = "c"
MOST_READ = 20  # of an address; the setting decides what is allowed


@dataclass(frozen=True, slots=True)
class Choice:
    """One service for one who comes."""

    service: str
    who: str = MYSELF

    def __str__(self) -> str:
        return f"{self.service}:{self.who}"


@dataclass(frozen=True, slots=True)
class Comer:
    """Somebody the resident may book for, as the resident calls them."""

    who: str
    name: str
    beneficiary: Beneficiary

    def may_come_for(self, service: Service) -> bool:
        """Whether the service lets one book for this one; those who consented, always."""
        return service.dependants or self.who == MYSELF or self.who.startswith(BY_CONSENT)


@dataclass(frozen=True, slots=True)
class Chosen:
    """Choices with their offerings at one centre, and the start (UTC) of the first."""

    choices: list[Choice]
    offerings: list[Offering]
    starts_at: datetime

    @property
    def centre(self) -> Centre:
        """Where all of it is."""
        return self.offerings[0].centre

    @property
    def several(self) -> bool:
        """Whether it is a visit of more than one."""
        return len(self.choices) > 1

    @property
    def fields(self) -> list[tuple[str, str]]:
        """What a form or an address carries of it."""
        at = written(self.starts_at)
        return [*fields_of(self.choices), ("centre", self.centre.code), ("at", at)]

    @property
    def href(self) -> str:
        """The page on which it is checked."""
        return f"{reverse('book')}?{urlencode(self.fields)}"


def fields_of(choices: Sequence[Choice]) -> list[tuple[str, str]]:
    """The names and values that carry the choices."""
    if len(choices) != 1:
        return [("leg", str(each)) for each in choices]
    only = choices[0]
    return [("service", only.service), *([("who", only.who)] if only.who != MYSELF else [])]


def link(name: str, choices: Sequence[Choice], **query: str) -> str:
    """The address of a page of visits with the choices so far."""
    legs = [("leg", str(each)) for each in choices]
    kept = [(key, value) for key, value in query.items() if value]
    return f"{reverse(name)}?{urlencode([*legs, *kept])}"


def choices_in(asked: QueryDict) -> list[Choice]:
    """The choices of an address or a form; refuses `UnknownService` where there are none."""
    legs = [clean(each).partition(":") for each in asked.getlist("leg")]
    if len(legs) > MOST_READ:
        raise TooManyLegs(limit=MOST_READ)
    if legs:
        return [Choice(service, who or MYSELF) for service, _colon, who in legs]
    service = clean(asked.get("service"))
    if not service:
        raise UnknownService(service=service)
    return [Choice(service, clean(asked.get("who")) or MYSELF)]


def chosen_in(request: HttpRequest) -> Chosen:
    """All of it; refuses `UnknownService`, `UnknownCentre`, `TooManyLegs`, `Malformed`."""
    asked = request.POST if request.method == "POST" else request.GET
    choices = choices_in(asked)
    codes = [each.service for each in choices]
    offerings = find_offerings(codes, clean(asked.get("centre")), now_of(request))
    return Chosen(choices, offerings, moment_of(clean(asked.get("at"))))


def comers_of(person: Person) -> dict[str, Comer]:
    """Everybody the person may book for, by what stands in addresses; oneself first."""
    found = [Comer(MYSELF, _("Me"), person.beneficiary)]
    found += [Comer(str(each.pk), each.name, each.beneficiary) for each in dependants_of(person)]
    found += [
        Comer(f"{BY_CONSENT}{each.pk}", each.grantor_name, each.grantor.beneficiary)
        for each in consents_received_by(person)
    ]
    return {each.who: each for each in found}


def comer_named(comers: dict[str, Comer], who: str) -> Comer:
    """One of them; anybody else is `Malformed`."""
    if who not in comers:
        raise Malformed(field="who")
    return comers[who]
