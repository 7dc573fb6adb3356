"""All appointments of a day on paper, for when everything is down.

Made by a press, not by looking at the page: each list made is a row of history, because it shows
whom a centre expects. Without names, with personal numbers masked.
"""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from django.contrib.staticfiles import finders
from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string
from django.utils import timezone
from django.utils.safestring import mark_safe
from django.views.decorators.cache import never_cache

from mawaeed.booking.models import Appointment
from mawaeed.booking.queries import appointments_of_day
from mawaeed.centres.models import Centre
from mawaeed.centres.names import service_name
from mawaeed.kernel import history
from mawaeed.kernel.actor import Actor
from mawaeed.kernel.clock import local_date
from mawaeed.kernel.database import write_transaction
from mawaeed.kernel.secrets import unseal
from mawaeed.people.numbers import mask_number
from mawaeed.web.audience import staff
from mawaeed.web.desk.acting import actor_of, centre_of, staff_of
from mawaeed.web.desk.pages import centre_page, centre_title, staff_page
from mawaeed.web.desk.surfaces import SUPERVISION
from mawaeed.web.request import language_of, now_of

SUBJECT = "day_list"
SHEET = "web/css/day-list.css"
REFERENCE_SHOWN = 4
# Room to write down who comes without an appointment.
EMPTY_LINES = 15
# A list a day ahead can be made the evening before; further ahead too much still changes.
DAYS_AHEAD = 1


@staff(*SUPERVISION)
@never_cache
def day_list(request: HttpRequest, centre: str) -> HttpResponse:
    """Say what the list holds; make it when asked, to be printed or kept as a file."""
    place = centre_of(request)
    today = local_date(now_of(request), place.timezone)
    days = [today + timedelta(days=ahead) for ahead in range(DAYS_AHEAD + 1)]
    if request.method != "POST":
        context = {"days": [(day.isoformat(), day, _lines_on(place, day).count()) for day in days]}
        return staff_page(request, "staff/day_list.html", context, current="supervisor")
    asked = request.POST.get("day", "")
    day = next((each for each in days if each.isoformat() == asked), today)
    as_file = request.POST.get("as") == "file"
    context = _context(request, day) | {"style": _style() if as_file else ""}
    _record(request, place, day, context, as_file)
    if not as_file:
        return centre_page(request, place, "staff/day_list_paper.html", context)
    with timezone.override(ZoneInfo(place.timezone)):
        page = render_to_string("staff/day_list_paper.html", context)
    answer = HttpResponse(page, content_type="text/html; charset=utf-8")
    answer["Content-Disposition"] = f'attachment; filename="{place.code}-{day.isoformat()}.html"'
    return answer


def _context(request: HttpRequest, day: date) -> dict[str, Any]:
    place, language = centre_of(request), language_of(request)
    who = staff_of(request)
    return {
        **centre_title(place, language),
        "centre_code": place.code,
        "day": day,
        "printed_at": now_of(request),
        "printed_by": who.get_full_name() or who.get_username(),
        "lines": [_line(each, language) for each in _lines_on(place, day)],
        "empty_lines": range(EMPTY_LINES),
    }


def _lines_on(centre: Centre, day: date) -> Any:
    return appointments_of_day(centre, day).filter(state__in=Appointment.ACTIVE)


def _line(appointment: Appointment, language: str) -> dict[str, Any]:
    number = unseal(appointment.beneficiary.number_sealed)
    return {
        "starts_at": appointment.starts_at,
        "reference": appointment.reference[-REFERENCE_SHOWN:],
        "service": service_name(appointment.service, language),
        "number": mask_number(number),
        "people": appointment.service.people_present,
        "came": appointment.state == Appointment.State.CHECKED_IN,
    }


def _record(
    request: HttpRequest, centre: Centre, day: date, context: dict[str, Any], as_file: bool
) -> None:
    """Who made which list, when: what it shows is personal."""
    now, actor = now_of(request), actor_of(request)
    with write_transaction():
        history.record(
            subject_kind=SUBJECT,
            subject_id=centre.pk,
            from_state="",
            to_state="kept" if as_file else "shown",
            actor=Actor(actor.kind, actor.id, "desk"),
            at=now,
            day=local_date(now, centre.timezone),
            agency_id=centre.agency_id,
            centre_id=centre.pk,
            details={"of": day.isoformat(), "appointments": len(context["lines"])},
        )


def _style() -> str:
    """The sheet itself, so that the file needs nothing else: it is opened where nothing works."""
    found = finders.find(SHEET)
    text = Path(str(found)).read_text(encoding="utf-8") if found else ""
    return mark_safe(f"<style>{text}</style>")  # noqa: S308 (our own sheet)
