"""A centre's calendar: the coming days, and changing them in two steps.

The first step (GET) only looks: it lists whom the change displaces and where each would go. The
second (POST, once per form) makes the change; the people are then moved one by one.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from mawaeed.availability.calendar.changes import OPEN_END
from mawaeed.availability.calendar.wishes import CloseTime, Wish
from mawaeed.availability.models import CalendarChange
from mawaeed.booking.actions.calendar import CHOICES, Choice, apply_change, undo_change
from mawaeed.booking.actions.displace import displace_people
from mawaeed.booking.displacing.queries import Displaced, plan_change
from mawaeed.centres.names import centre_name, localised
from mawaeed.kernel.clock import local_date
from mawaeed.kernel.errors import DomainError, NotFound
from mawaeed.web.audience import staff
from mawaeed.web.calendar.describing import changes_of, is_one_day, wish_words
from mawaeed.web.calendar.forms import (
    AddForm,
    AwayForm,
    ChangeForm,
    CloseForm,
    HoursForm,
    RetireForm,
)
from mawaeed.web.calendar.picture import days_of
from mawaeed.web.desk.acting import act, actor_of, centre_of, done_before
from mawaeed.web.desk.pages import staff_page
from mawaeed.web.desk.surfaces import SUPERVISION
from mawaeed.web.request import language_of, now_of

REASON_LENGTH = 200
LONGEST_NUMBER = 18
# So many people at once, while somebody waits for the page; the worker does the rest.
AT_ONCE = 20
NOT_ASKED = ("csrfmiddlewaretoken", "key", "choice", "reason", "again")


@dataclass(frozen=True, slots=True)
class Page:
    """One kind of change: its form, address and words."""

    name: str
    form: type[ChangeForm]
    title: str | Promise
    lead: str | Promise


CLOSE = Page(
    "calendar-close",
    CloseForm,
    gettext_lazy("Close for a time"),
    gettext_lazy("Nobody can book in this time any more. You see first who is affected."),
)
AWAY = Page(
    "calendar-away",
    AwayForm,
    gettext_lazy("Send a counter away or lend it"),
    gettext_lazy("Its group has one place fewer for this time; where it helps, one more."),
)
ADD = Page(
    "calendar-add",
    AddForm,
    gettext_lazy("Add a counter"),
    gettext_lazy("Its places can be booked at once, today and on every coming day."),
)
RETIRE = Page(
    "calendar-retire",
    RetireForm,
    gettext_lazy("Take a counter out of service"),
    gettext_lazy("From now on, until it is added again. You see first who is affected."),
)
HOURS = Page(
    "calendar-hours",
    HoursForm,
    gettext_lazy("Change the hours"),
    gettext_lazy("On the days of the week you choose. You see first who is affected."),
)


@staff(*SUPERVISION)
@never_cache
@require_safe
def calendar(request: HttpRequest, centre: str) -> HttpResponse:
    """The coming days, what may be done, and the changes made."""
    place, now, language = centre_of(request), now_of(request), language_of(request)
    context = {
        "days": days_of(place, now, language),
        "changes": changes_of(place, now, language),
        "pages": [
            {"href": reverse(page.name, args=[centre]), "label": page.title}
            for page in (CLOSE, AWAY, HOURS, ADD, RETIRE)
        ],
    }
    return staff_page(request, "staff/calendar.html", context, current="calendar")


@staff(*SUPERVISION)
@never_cache
def close(request: HttpRequest, centre: str) -> HttpResponse:
    """Close for hours or days."""
    return _change(request, CLOSE)


@staff(*SUPERVISION)
@never_cache
def away(request: HttpRequest, centre: str) -> HttpResponse:
    """Send a counter away, or lend it."""
    return _change(request, AWAY)


@staff(*SUPERVISION)
@never_cache
def add(request: HttpRequest, centre: str) -> HttpResponse:
    """A counter more."""
    return _change(request, ADD)


@staff(*SUPERVISION)
@never_cache
def retire(request: HttpRequest, centre: str) -> HttpResponse:
    """A counter less."""
    return _change(request, RETIRE)


@staff(*SUPERVISION)
@never_cache
def hours(request: HttpRequest, centre: str) -> HttpResponse:
    """Other hours."""
    return _change(request, HOURS)


@staff(*SUPERVISION)
@never_cache
@require_POST
def undo(request: HttpRequest, centre: str) -> HttpResponse:
    """Take a change back; whoever was moved is not moved again."""
    place = centre_of(request)
    number = request.POST.get("change", "")
    found = CalendarChange.objects.filter(centre=place).select_related("centre")
    is_one = number.isdecimal() and len(number) <= LONGEST_NUMBER
    change = found.filter(pk=number).first() if is_one else None
    if change is None:
        raise NotFound

    def write() -> dict[str, Any]:
        undone = undo_change(change=change, actor=actor_of(request), now=now_of(request))
        return {"moved": undone.people_moved}

    done = act(request, write)
    if done is not None:
        messages.success(request, _undone_words(done["moved"]))
    return redirect("calendar", centre)


def _undone_words(moved: int) -> str:
    if not moved:
        return _("Undone. The places can be booked again.")
    told = ngettext(
        "Undone. The places can be booked again. %(count)s appointment that was moved or cancelled "
        "stays so: the person knows the new time.",
        "Undone. The places can be booked again. %(count)s appointments that were moved or "
        "cancelled stay so: the people know the new times.",
        moved,
    )
    return told % {"count": moved}


def _change(request: HttpRequest, page: Page) -> HttpResponse:
    if request.method == "POST" and (done := done_before(request, actor_of(request))):
        return _told(request, done)
    asked = request.POST if request.method == "POST" else request.GET
    place = centre_of(request)
    today = local_date(now_of(request), place.timezone)
    form = page.form(place, today, language_of(request), asked or None)
    if not asked or not form.is_valid() or "again" in request.GET:
        return _form_page(request, page, form)
    wish = form.wish()
    if request.method == "POST":
        return _apply(request, page, form, wish)
    return _preview(request, page, form, wish)


def _form_page(
    request: HttpRequest, page: Page, form: ChangeForm, refusal: str = ""
) -> HttpResponse:
    context = {
        "form": form,
        "title": page.title,
        "lead": page.lead,
        "refusal": refusal,
    }
    response = staff_page(request, "staff/calendar_form.html", context, current="calendar")
    response.status_code = 422 if form.errors or refusal else 200
    return response


def _preview(
    request: HttpRequest, page: Page, form: ChangeForm, wish: Wish, wrong: str = ""
) -> HttpResponse:
    place = centre_of(request)
    try:
        plan = plan_change(place, wish, now_of(request))
    except DomainError as refusal:
        return _form_page(request, page, form, refusal.text())
    language = language_of(request)
    fields = _fields(request.POST if request.method == "POST" else request.GET)
    context = {
        "title": page.title,
        "what": wish_words(wish, language),
        "starts_at": plan.outcome.starts_at,
        "ends_at": None if plan.outcome.ends_at >= OPEN_END else plan.outcome.ends_at,
        "one_day": is_one_day(place, plan.outcome.starts_at, plan.outcome.ends_at),
        "plan": plan,
        "displaced": [_line(each, language) for each in plan.displaced],
        "fields": fields,
        "back": f"{request.path}?{urlencode([*fields, ('again', 1)])}",
        "choices": _choices(wish),
        "chosen_choice": request.POST.get("choice", CHOICES[0]),
        "reason": request.POST.get("reason", ""),
        "wrong": wrong,
    }
    response = staff_page(request, "staff/calendar_preview.html", context, current="calendar")
    response.status_code = 422 if wrong else 200
    return response


def _choices(wish: Wish) -> list[dict[str, str]]:
    choices = [
        {
            "value": "move",
            "label": _("Move them as listed"),
            "hint": _("Each gets a message with the old and the new time and may choose another."),
        },
        {
            "value": "offer",
            "label": _("Cancel, and let them choose"),
            "hint": _("Each gets a message that says how. It counts against nobody."),
        },
    ]
    if not isinstance(wish, CloseTime):
        choices.append(
            {
                "value": "keep",
                "label": _("Leave them where they are"),
                "hint": _("The hall serves them with fewer counters. Nobody else can book there."),
            }
        )
    return choices


def _line(each: Displaced, language: str) -> dict[str, Any]:
    first = each.appointments[0]
    place = each.place
    elsewhere = place is not None and place.centre.pk != first.centre_id
    return {
        "references": [leg.reference for leg in each.appointments],
        "services": [localised(leg.service.name, language) for leg in each.appointments],
        "starts_at": first.starts_at,
        "new_starts_at": place.starts[0] if place else None,
        "new_centre": centre_name(place.centre, language) if place and elsewhere else "",
    }


def _fields(asked: QueryDict) -> list[tuple[str, str]]:
    """What was asked for, to be sent along: (name, value), some names several times."""
    return [
        (name, str(value))
        for name, values in asked.lists()
        for value in values
        if name not in NOT_ASKED
    ]


def _apply(request: HttpRequest, page: Page, form: ChangeForm, wish: Wish) -> HttpResponse:
    place, now = centre_of(request), now_of(request)
    reason = request.POST.get("reason", "").replace("\x00", "").strip()
    if not 0 < len(reason) <= REASON_LENGTH:
        wrong = _("Say in a few words why (at most 200 characters).")
        return _preview(request, page, form, wish, wrong)
    wanted = {choice["value"] for choice in _choices(wish)} & {request.POST.get("choice", "")}
    choice: Choice = next((each for each in CHOICES if each in wanted), CHOICES[0])

    def write() -> dict[str, Any]:
        change = apply_change(
            centre=place, wish=wish, choice=choice, reason=reason, actor=actor_of(request), now=now
        )
        return {"change": change.pk}

    done = act(request, write)
    if done is None:
        return redirect(page.name, place.code)
    return _told(request, done)


def _told(request: HttpRequest, done: dict[str, Any]) -> HttpResponse:
    """Move the first people, and say what was done; a press sent again goes on where it ended."""
    change = CalendarChange.objects.select_related("centre").get(pk=done["change"])
    left = displace_people(change=change, now=now_of(request), limit=AT_ONCE).left
    messages.success(request, _done_words(change, left))
    return redirect("calendar", centre_of(request).code)


def _done_words(change: CalendarChange, left: int) -> str:
    told = [_("Done.")]
    moved, cancelled = change.details.get("moved", 0), change.details.get("cancelled", 0)
    if moved:
        words = ngettext(
            "%(count)s appointment was moved.", "%(count)s appointments were moved.", moved
        )
        told.append(words % {"count": moved})
    if cancelled:
        words = ngettext(
            "%(count)s appointment was cancelled; the person is told how to choose another.",
            "%(count)s appointments were cancelled; the people are told how to choose others.",
            cancelled,
        )
        told.append(words % {"count": cancelled})
    if left:
        words = ngettext(
            "%(count)s more person is being moved now.",
            "%(count)s more people are being moved now.",
            left,
        )
        told.append(words % {"count": left})
    return " ".join(told)
