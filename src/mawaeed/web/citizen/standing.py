"""One's standing: what counted, whether booking is blocked, and how to object."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from mawaeed.booking.models import Appointment
from mawaeed.conduct.actions import appeal
from mawaeed.conduct.errors import ReasonMissing, bookings_words
from mawaeed.conduct.models import Appeal, Block, Event
from mawaeed.conduct.queries import bookings_end, conduct_record, current_block
from mawaeed.kernel.policies import policy
from mawaeed.web.audience import resident
from mawaeed.web.citizen.pages import page, place
from mawaeed.web.request import now_of, resident_of

SHOWN_EVENTS = 30
MAX_TEXT = 1000


@resident
@require_http_methods(["GET", "HEAD", "POST"])
def standing(request: HttpRequest) -> HttpResponse:
    """The record and the block; a POST objects to it."""
    person, now = resident_of(request), now_of(request)
    if request.method != "POST":
        return _shown(request)
    text = str(request.POST.get("text") or "").replace("\x00", "").strip()
    if len(text) > MAX_TEXT:
        return _shown(request, _("Write at most %(count)s characters.") % {"count": MAX_TEXT})
    try:
        appeal(person=person, text=text, now=now)
    except ReasonMissing:
        return _shown(request, _("Write why the block is wrong or what prevented you."))
    messages.success(request, _("Your objection was received. You will get the answer by SMS."))
    return redirect("standing")


def _shown(request: HttpRequest, error: str = "") -> HttpResponse:
    person, now = resident_of(request), now_of(request)
    block = current_block(person, now)
    events = list(conduct_record(person)[:SHOWN_EVENTS])
    rows = _rows(request, events, block)
    context = {
        "blocked_by": block,
        "bookings_words": bookings_words(bookings_end=bookings_end(now)),
        "appeal": Appeal.objects.filter(block=block).first() if block else None,
        "events": rows,
        "any_appointment": any(row["appointment"] for row in rows),
        "threshold": policy("conduct.threshold", now),
        "next_is": policy("conduct.threshold", now) + 1,
        "free_minutes": policy("conduct.free_cancel_minutes", now),
        "all_count": policy("conduct.count_all_cancellations", now),
        "block_days": policy("conduct.block_days", now),
        "error": error,
        "errors": [{"field": "text", "message": error}] if error else [],
        "typed": request.POST,
        "nav_current": "appointments",
    }
    return page(request, "standing", context, status=422 if error else 200)


def _rows(request: HttpRequest, events: list[Event], block: Block | None) -> list[dict[str, Any]]:
    ids = [event.appointment_id for event in events if event.appointment_id]
    related = Appointment.objects.select_related("service", "centre__directorate")
    appointments = related.filter(person=resident_of(request)).in_bulk(ids)
    counted = set(block.events) if block else set()
    rows = []
    for event in events:
        found = appointments.get(event.appointment_id or 0)
        rows.append(
            {
                "event": event,
                "words": event_words(event.kind),
                "appointment": found,
                "place": place(request, found.centre) if found else None,
                "counted": event.pk in counted,
            }
        )
    return rows


def event_words(kind: str) -> str:
    """What happened, without blame."""
    return {
        Event.Kind.MISSED: _("Appointment missed"),
        Event.Kind.LATE_CANCELLATION: _("Cancelled late"),
        Event.Kind.CANCELLATION: _("Cancelled"),
        Event.Kind.ATTENDED: _("Attended"),
    }[Event.Kind(kind)]
