"""Reception and a person's account: the card, the mobile, a block, an objection."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST

from mawaeed.booking import actions as booking
from mawaeed.conduct import actions as conduct
from mawaeed.kernel.errors import DomainError, Malformed, Stale
from mawaeed.people import actions as people
from mawaeed.people.models import Person
from mawaeed.people.numbers import clean_mobile, clean_personal_number, parse_birth_date
from mawaeed.people.queries import person_by_number
from mawaeed.web.audience import staff
from mawaeed.web.desk import visitor as visitors
from mawaeed.web.desk.acting import act, actor_of, centre_of, done_before
from mawaeed.web.desk.appeals import appeal_at
from mawaeed.web.desk.surfaces import RECEPTION, SUPERVISION
from mawaeed.web.request import now_of


class CardDiffers(DomainError):
    """The card shown is not the account's."""

    code = "card_differs"
    http_status = 422
    message = gettext_lazy(
        "The card does not fit this account: compare the personal number and the date of birth. "
        "If the person at the desk holds the card, take the account over for them."
    )


@staff(*RECEPTION)
@require_POST
def verify(request: HttpRequest, centre: str) -> HttpResponse:
    """The card was seen: name, number and date of birth as they stand on it."""

    def write(person: Person) -> None:
        number = clean_personal_number(request.POST.get("number", ""))
        owner = person_by_number(number)
        if owner is None or owner.pk != person.pk or _birth_date(request) != person.birth_date:
            raise CardDiffers
        people.verify_card(
            actor=actor_of(request),
            person=person,
            name=request.POST.get("name", "").strip(),
            now=now_of(request),
        )

    return _on_person(request, centre, write, _("The card is verified."))


@staff(*RECEPTION)
@require_POST
def take_over(request: HttpRequest, centre: str) -> HttpResponse:
    """The holder of the card gets the account that somebody else opened unverified."""
    place, now = centre_of(request), now_of(request)

    def write(person: Person) -> None:
        number = clean_personal_number(request.POST.get("number", ""))
        owner = person_by_number(number)
        if owner is None or owner.pk != person.pk:
            raise CardDiffers
        holder = booking.take_over_account(
            actor=actor_of(request),
            person=person,
            mobile=clean_mobile(request.POST.get("mobile", "")),
            birth_date=_birth_date(request),
            now=now,
        )
        visitors.remember(request, place, (holder, holder.beneficiary))

    done = _("The account now belongs to the holder of the card. Earlier bookings are cancelled.")
    return _on_person(request, centre, write, done)


@staff(*RECEPTION)
@require_POST
def change_mobile(request: HttpRequest, centre: str) -> HttpResponse:
    """A new mobile for somebody whose card was seen."""

    def write(person: Person) -> None:
        people.reset_mobile(
            actor=actor_of(request),
            person=person,
            mobile=clean_mobile(request.POST.get("mobile", "")),
            now=now_of(request),
        )

    return _on_person(request, centre, write, _("The mobile is changed."))


@staff(*RECEPTION)
@require_POST
def lift(request: HttpRequest, centre: str) -> HttpResponse:
    """End the block of the person at the desk, with a reason."""
    place, now = centre_of(request), now_of(request)

    def write(person: Person) -> None:
        found = visitors.current(request, place, now)
        if found is None or found.block is None:
            raise Stale
        conduct.lift_block(
            block=found.block,
            actor=actor_of(request),
            reason=request.POST.get("reason", ""),
            now=now,
        )

    return _on_person(request, centre, write, _("The block is lifted. The person can book again."))


@staff(*SUPERVISION)
@require_POST
def decide(request: HttpRequest, centre: str) -> HttpResponse:
    """Answer an objection that concerns this centre."""
    place, asked = centre_of(request), request.POST.get("appeal", "")
    # A press sent again finds the objection answered, and is told so once more.
    if done_before(request, actor_of(request)) is None:
        appeal_at(place, asked)  # another centre's is not found

    def write() -> dict[str, Any]:
        appeal = appeal_at(place, asked)
        conduct.decide_appeal(
            appeal=appeal,
            upheld=request.POST.get("decision") == "upheld",
            answer=request.POST.get("answer", ""),
            actor=actor_of(request),
            now=now_of(request),
        )
        return {"done": True}

    if act(request, write) is not None:
        messages.success(request, _("The objection is answered; the person is told."))
    return redirect("desk", centre)


def _on_person(
    request: HttpRequest, centre: str, write: Callable[[Person], None], done: str
) -> HttpResponse:
    """Act on the account of the person looked at, once, and say that it is done."""

    def once() -> dict[str, Any]:
        write(visitors.required(request, centre_of(request), now_of(request))[1])
        return {"done": True}

    if act(request, once) is not None:
        messages.success(request, done)
    return redirect("desk", centre)


def _birth_date(request: HttpRequest) -> date:
    """The three fields of `date_field.html`; refuses `Malformed`."""
    parts = [request.POST.get(f"birth_{part}", "").strip() for part in ("year", "month", "day")]
    if not all(parts):
        raise Malformed(field="birth_date")
    year, month, day = parts
    return parse_birth_date(f"{year}-{month.zfill(2)}-{day.zfill(2)}")
