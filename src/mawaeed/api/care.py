"""Those one books for: dependants, and consents given and received."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from ninja import Field, Path, Router, Schema, Status
from pydantic import StringConstraints

from mawaeed.api.appointments import REFUSALS, MaybeKey
from mawaeed.api.audience import resident
from mawaeed.api.edge import Bearer, actor_of, now_of, person_of, with_offset
from mawaeed.api.schemas import Nothing, Refusal, Text
from mawaeed.booking import actions as booking
from mawaeed.kernel.idempotency import once
from mawaeed.kernel.secrets import unseal
from mawaeed.people import actions as people
from mawaeed.people.models import Consent, Dependant
from mawaeed.people.numbers import mask_number
from mawaeed.people.queries import consents_given_by, consents_received_by, dependants_of

router = Router(tags=["people"], auth=Bearer())
LARGEST_ID = 2**63 - 1
Id = Annotated[int, Path(ge=1, le=LARGEST_ID)]


class DependantOut(Schema):
    """Somebody in the person's care; `dependant:ID` names them as the beneficiary of a booking."""

    id: int
    name: str
    relation: str
    personal_number: str = Field(description="Masked.", examples=["•••••0000"])


class DependantList(Schema):
    """Everybody in the person's care."""

    items: list[DependantOut]
    next: str | None


class ConsentIn(Schema):
    """Who may book for the person, and the name under which they will see the person."""

    personal_number: Text
    name: Annotated[Text, StringConstraints(min_length=1, max_length=120)]


class ConsentOut(Schema):
    """A consent in force; `consent:ID` names a grantor as the beneficiary of a booking.

    `given`: the number is the helper's; `received`: name and number are the grantor's.
    """

    id: int
    direction: Literal["given", "received"]
    name: str
    personal_number: str = Field(description="Masked.", examples=["•••••0000"])
    given_at: str


class ConsentList(Schema):
    """Consents in force, given first."""

    items: list[ConsentOut]
    next: str | None


@router.get("/dependants", response={200: DependantList, 401: Refusal})
@resident
def list_dependants(request: HttpRequest, response: HttpResponse) -> dict[str, Any]:
    """Those in the person's care."""
    response["Cache-Control"] = "no-store"
    found = dependants_of(person_of(request))
    return {"items": [_dependant(each) for each in found], "next": None}


@router.delete("/dependants/{dependant_id}", response={200: Nothing, **REFUSALS})
@resident
def remove_dependant(
    request: HttpRequest, dependant_id: Id, key: MaybeKey = None
) -> dict[str, Any]:
    """Take somebody off the list, unless something is booked for them."""
    person = person_of(request)

    def write() -> dict[str, Any]:
        booking.remove_dependant(person=person, dependant_id=dependant_id)
        return {}

    if not key:
        return write()
    body = {"do": "remove dependant", "dependant": dependant_id}
    return once(actor=actor_of(person), key=key, body=body, write=write)


@router.get("/consents", response={200: ConsentList, 401: Refusal})
@resident
def list_consents(request: HttpRequest, response: HttpResponse) -> dict[str, Any]:
    """Whom the person lets book for them, and who lets the person."""
    response["Cache-Control"] = "no-store"
    person = person_of(request)
    given = [_given(each) for each in consents_given_by(person)]
    return {"items": [*given, *map(_received, consents_received_by(person))], "next": None}


@router.post("/consents", response={201: ConsentOut, **REFUSALS})
@resident
def give_consent(
    request: HttpRequest, body: ConsentIn, key: MaybeKey = None
) -> Status[dict[str, Any]]:
    """Let somebody book for the person; the answer never tells whether the number has an account.

    Repeating gives the same consent.
    """
    person, now = person_of(request), now_of(request)

    def write() -> dict[str, Any]:
        return _given(
            people.give_consent(
                person=person,
                personal_number=body.personal_number,
                name=body.name,
                actor=actor_of(person),
                now=now,
            )
        )

    asked = {"do": "consent", **body.model_dump(mode="json")}
    told = once(actor=actor_of(person), key=key, body=asked, write=write) if key else write()
    return Status(201, told)


@router.delete("/consents/{consent_id}", response={200: Nothing, **REFUSALS})
@resident
def withdraw_consent(request: HttpRequest, consent_id: Id, key: MaybeKey = None) -> dict[str, Any]:
    """Take a consent back, at once; repeating is harmless."""
    person, now = person_of(request), now_of(request)

    def write() -> dict[str, Any]:
        actor = actor_of(person)
        people.withdraw_consent(person=person, consent_id=consent_id, actor=actor, now=now)
        return {}

    if not key:
        return write()
    body = {"do": "withdraw consent", "consent": consent_id}
    return once(actor=actor_of(person), key=key, body=body, write=write)


def _dependant(dependant: Dependant) -> dict[str, Any]:
    return {
        "id": dependant.pk,
        "name": dependant.name,
        "relation": dependant.relation,
        "personal_number": mask_number(unseal(dependant.beneficiary.number_sealed)),
    }


def _given(consent: Consent) -> dict[str, Any]:
    return _consent(consent, "given", consent.helper_sealed)


def _received(consent: Consent) -> dict[str, Any]:
    return _consent(consent, "received", consent.grantor.number_sealed)


def _consent(consent: Consent, direction: str, sealed: str) -> dict[str, Any]:
    return {
        "id": consent.pk,
        "direction": direction,
        "name": consent.grantor_name,
        "personal_number": mask_number(unseal(sealed)),
        "given_at": with_offset(consent.given_at, settings.TIME_ZONE),
    }
