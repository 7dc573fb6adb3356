"""Reception opens an account: with the card on the desk, or for a caller, unverified."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from mawaeed.kernel.errors import DomainError, Malformed
from mawaeed.people import actions as people
from mawaeed.people.models import Person
from mawaeed.people.queries import person_by_number
from mawaeed.web.audience import staff
from mawaeed.web.citizen.dates import typed_date
from mawaeed.web.citizen.pages import clean
from mawaeed.web.citizen.signing import advice, error_list
from mawaeed.web.desk import visitor as visitors
from mawaeed.web.desk.acting import actor_of, centre_of, write_once
from mawaeed.web.desk.clerk_words import clerk_words
from mawaeed.web.desk.pages import staff_page
from mawaeed.web.desk.surfaces import RECEPTION
from mawaeed.web.request import now_of

SEEN, CALLS = "seen", "calls"


@staff(*RECEPTION)
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def register(request: HttpRequest, centre: str) -> HttpResponse:
    """Open an account and look the person up with it."""
    if request.method != "POST":
        return _page(request, {})
    try:
        write_once(request, actor_of(request), lambda: _write(request))
        person = person_by_number(clean(request.POST.get("personal_number")))
    except Malformed as refusal:
        field = str(refusal.data.get("field", "personal_number"))
        return _page(request, {field: advice(field)})
    except DomainError as refusal:
        return _page(request, {"": clerk_words(refusal)})
    if person is not None:
        visitors.remember(request, centre_of(request), (person, person.beneficiary))
    messages.success(request, _("Registered. You can book for this person now."))
    return redirect("desk", centre)


def _write(request: HttpRequest) -> dict[str, Any]:
    posted = request.POST
    seen = posted.get("card") == SEEN
    name = clean(posted.get("name")).strip()
    if seen and not name:
        raise Malformed(field="name")
    make = people.register_at_desk if seen else people.register_on_phone
    language = clean(posted.get("language"))
    made: Person = make(
        actor=actor_of(request),
        personal_number=clean(posted.get("personal_number")),
        birth_date=typed_date(posted, "date_of_birth"),
        mobile=clean(posted.get("mobile")),
        language=language if language in dict(settings.LANGUAGES) else settings.LANGUAGE_CODE,
        name=name,
        now=now_of(request),
    )
    return {"person": made.pk}


def _page(request: HttpRequest, wrong: dict[str, str]) -> HttpResponse:
    posted = request.POST
    context = {
        "wrong": wrong,
        "errors": error_list(wrong),
        "typed": posted,
        "cards": [
            (SEEN, _("The card is on the desk, and it is this person's")),
            (CALLS, _("They are on the phone, or have no card with them")),
        ],
        "card": clean(posted.get("card")) or SEEN,
        "languages_spoken": settings.LANGUAGES,
        "language_chosen": clean(posted.get("language")) or settings.LANGUAGE_CODE,
    }
    response = staff_page(request, "staff/desk_register.html", context, current="desk")
    response.status_code = 422 if wrong else 200
    return response
