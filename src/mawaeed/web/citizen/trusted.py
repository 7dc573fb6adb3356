"""Whom a resident lets book for them, and who lets the resident."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from mawaeed.kernel.errors import DomainError, Malformed
from mawaeed.kernel.idempotency import once
from mawaeed.kernel.secrets import keyed_hash, unseal
from mawaeed.people.actions import give_consent, withdraw_consent
from mawaeed.people.numbers import mask_number
from mawaeed.people.queries import consents_given_by, consents_received_by
from mawaeed.web.audience import resident
from mawaeed.web.citizen.pages import clean, form_key, page
from mawaeed.web.citizen.signing import advice, error_list
from mawaeed.web.request import actor_of, now_of, resident_of


@resident
@require_http_methods(["GET", "HEAD", "POST"])
def trusted(request: HttpRequest) -> HttpResponse:
    """Both lists, and a form to let somebody book; what it answers tells nothing of accounts."""
    if request.method != "POST":
        return _shown(request, {})
    try:
        _give(request)
    except Malformed as refusal:
        field = str(refusal.data.get("field", "personal_number"))
        return _shown(request, {field: _advice(field)})
    except DomainError as refusal:
        return _shown(request, {"": refusal.text()})
    told = _(
        "Done. If this number has an account, its holder can book for you now and has been told "
        "by message. If they register later, add them here once more."
    )
    messages.success(request, told)
    return redirect("trusted")


@resident
@require_POST
def withdraw(request: HttpRequest) -> HttpResponse:
    """Take a consent back, at once. Repeating is harmless."""
    asked, person = clean(request.POST.get("consent")), resident_of(request)
    withdraw_consent(
        person=person,
        consent_id=int(asked) if asked.isascii() and asked.isdecimal() else 0,
        actor=actor_of(person),
        now=now_of(request),
    )
    told = _("Taken back. What is booked already stays; you can cancel it under My appointments.")
    messages.success(request, told)
    return redirect("trusted")


def _give(request: HttpRequest) -> None:
    person = resident_of(request)
    number, name = (clean(request.POST.get(field)) for field in ("personal_number", "name"))

    def write() -> dict[str, Any]:
        give_consent(
            person=person,
            personal_number=number,
            name=name,
            actor=actor_of(person),
            now=now_of(request),
        )
        return {"done": True}

    body = {"do": "consent", "to": keyed_hash(number), "name": name}
    once(actor=actor_of(person), key=clean(request.POST.get("key")), body=body, write=write)


def _advice(field: str) -> str:
    if field == "name":
        return _("Enter the name by which this person knows you.")
    if field == "personal_number":
        return _("Enter the nine digits of the other person's number, not your own.")
    return advice(field)


def _shown(request: HttpRequest, wrong: dict[str, str]) -> HttpResponse:
    person = resident_of(request)
    context = {
        "given": [
            {
                "id": each.pk,
                "number": mask_number(unseal(each.helper_sealed)),
                "since": each.given_at,
            }
            for each in consents_given_by(person)
        ],
        "received": [
            {
                "name": each.grantor_name,
                "number": mask_number(unseal(each.grantor.number_sealed)),
                "since": each.given_at,
            }
            for each in consents_received_by(person)
        ],
        "own_name": person.name,
        "key": form_key(),
        "errors": error_list(wrong),
        "wrong": wrong,
        "typed": request.POST,
        "nav_current": "appointments",
    }
    return page(request, "trusted", context, status=422 if wrong else 200)
