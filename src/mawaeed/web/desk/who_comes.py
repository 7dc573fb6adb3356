"""Whom the person at the desk may book for, as a choice in a form."""

from __future__ import annotations

from django.utils.translation import gettext as _

from mawaeed.centres.models import Service
from mawaeed.kernel.errors import Malformed
from mawaeed.kernel.secrets import unseal
from mawaeed.people.models import Beneficiary, Person
from mawaeed.people.numbers import mask_number
from mawaeed.people.queries import consents_received_by, dependants_of

THEMSELVES = "self"


def comers(person: Person, service: Service) -> list[tuple[str, str, Beneficiary]]:
    """(value, words, who): the person first, dependants where allowed, those who consented."""
    found = [(THEMSELVES, _words(person.name, person.beneficiary), person.beneficiary)]
    if service.dependants:
        found += [
            (f"dependant-{each.pk}", _words(each.name, each.beneficiary), each.beneficiary)
            for each in dependants_of(person)
        ]
    for consent in consents_received_by(person):
        who = consent.grantor.beneficiary
        words = _("%(person)s (gave consent)") % {"person": _words(consent.grantor_name, who)}
        found.append((f"consent-{consent.pk}", words, who))
    return found


def comer(person: Person, service: Service, value: str) -> Beneficiary:
    """Who was chosen; refuses `Malformed`."""
    for known, _label, who in comers(person, service):
        if known == value:
            return who
    raise Malformed(field="who")


def _words(name: str, who: Beneficiary) -> str:
    # The number is a left-to-right island in whatever stands around it.
    number = f"\u2066{mask_number(unseal(who.number_sealed))}\u2069"
    return f"{name} · {number}" if name else number
