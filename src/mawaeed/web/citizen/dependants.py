"""Those a person books for."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.utils.translation import pgettext
from django.views.decorators.http import require_http_methods, require_POST

from mawaeed.booking.actions import remove_dependant
from mawaeed.booking.errors import DependantInUse
from mawaeed.kernel.errors import DomainError, Malformed
from mawaeed.kernel.secrets import unseal
from mawaeed.people.actions import add_dependant
from mawaeed.people.numbers import clean_personal_number, mask_number, parse_birth_date
from mawaeed.people.queries import dependants_of
from mawaeed.web.audience import resident
from mawaeed.web.citizen.dates import typed_date
from mawaeed.web.citizen.pages import clean, page, way_back
from mawaeed.web.citizen.signing import advice, error_list
from mawaeed.web.request import now_of, resident_of


def relations() -> list[tuple[str, str]]:
    """Who somebody may be to the person who books."""
    return [
        ("child", pgettext("relation", "Child")),
        ("parent", pgettext("relation", "Parent")),
        ("spouse", pgettext("relation", "Husband or wife")),
        ("other", pgettext("relation", "Somebody else in my care")),
    ]


@resident
@require_http_methods(["GET", "HEAD", "POST"])
def dependants(request: HttpRequest) -> HttpResponse:
    """The list, and a form to add one; `next` leads back to a booking under way."""
    if request.method != "POST":
        return _shown(request, {})
    wrong = _check(request)
    if not wrong:
        wrong = _add(request)
    if wrong:
        return _shown(request, wrong)
    messages.success(request, _("Added. You can now book for this person."))
    return redirect(way_back(request, request.POST.get("next", ""), "dependants"))


@resident
@require_POST
def remove(request: HttpRequest) -> HttpResponse:
    """Take somebody off the list, unless something is booked for them."""
    asked = clean(request.POST.get("dependant"))
    try:
        remove_dependant(
            person=resident_of(request),
            dependant_id=int(asked) if asked.isascii() and asked.isdecimal() else 0,
        )
    except DependantInUse as refusal:
        messages.error(request, refusal.text())
    else:
        messages.success(request, _("Removed. You can add this person again at any time."))
    return redirect("dependants")


def _check(request: HttpRequest) -> dict[str, str]:
    posted = request.POST
    wrong = {}
    if not clean(posted.get("name")).strip():
        wrong["name"] = advice("name")
    for field, check, value in (
        ("personal_number", clean_personal_number, clean(posted.get("personal_number"))),
        ("date_of_birth", parse_birth_date, typed_date(posted, "date_of_birth")),
    ):
        try:
            check(value)
        except Malformed:
            wrong[field] = advice(field)
    return wrong


def _add(request: HttpRequest) -> dict[str, str]:
    posted = request.POST
    relation = clean(posted.get("relation"))
    try:
        add_dependant(
            person=resident_of(request),
            personal_number=clean(posted.get("personal_number")),
            name=clean(posted.get("name")).strip()[:120],
            birth_date=typed_date(posted, "date_of_birth"),
            relation=relation if relation in dict(relations()) else "child",
            now=now_of(request),
        )
    except Malformed as refusal:
        field = str(refusal.data.get("field", "personal_number"))
        return {field: advice(field)}
    except DomainError as refusal:
        return {"": refusal.text()}
    return {}


def _shown(request: HttpRequest, wrong: dict[str, str]) -> HttpResponse:
    words = dict(relations())
    asked = request.POST if request.method == "POST" else request.GET
    context = {
        "dependants": [
            {
                "id": each.pk,
                "name": each.name,
                "number": mask_number(unseal(each.beneficiary.number_sealed)),
                "relation": words.get(each.relation, ""),
            }
            for each in dependants_of(resident_of(request))
        ],
        "relations": relations(),
        "next": way_back(request, asked.get("next", ""), "dependants"),
        "errors": error_list(wrong),
        "wrong": wrong,
        "typed": request.POST,
        "nav_current": "appointments",
    }
    return page(request, "dependants", context, status=422 if wrong else 200)
