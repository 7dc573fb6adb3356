"""The e-ticket as it is shown: words, code, calendar file."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import segno
from django.http import HttpRequest
from django.urls import reverse
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _
from django.utils.translation import pgettext
from icalendar import Alarm, Calendar, Event

from mawaeed.booking.models import Appointment
from mawaeed.centres.names import localised, service_public_name
from mawaeed.kernel.clock import real_now
from mawaeed.people.models import Person
from mawaeed.people.queries import dependants_of
from mawaeed.web.citizen.pages import place
from mawaeed.web.request import language_of, visitor_of

REMIND_BEFORE = timedelta(hours=2)


def shown_appointment(request: HttpRequest, appointment: Appointment) -> dict[str, Any]:
    """What ticket_card.html takes, and the ways to keep the ticket."""
    language = language_of(request)
    person = visitor_of(request)
    own = person is not None and person.pk == appointment.person_id
    names = names_of(person) if own and person is not None else {}
    service = appointment.service
    return {
        **place(request, appointment.centre),
        # Whoever holds only the link sees the neutral name and nobody's.
        "service_name": (
            localised(service.name, language) if own else service_public_name(service, language)
        ),
        "beneficiary": names.get(appointment.beneficiary_id, ""),
        "starts_at": appointment.starts_at,
        "reference": appointment.reference,
        "qr": qr_markup(appointment.reference),
        "papers": [localised(paper, language) for paper in service.papers],
        "calendar_href": reverse("e-ticket-calendar", args=[appointment.secret]),
    }


def names_of(person: Person) -> dict[int, str]:
    """Beneficiary → the name under which this person registered them."""
    return {each.beneficiary_id: each.name for each in dependants_of(person)}


def qr_markup(text: str) -> SafeString:
    """A QR code as inline SVG without styles."""
    drawn: str = segno.make(text, error="m", micro=False).svg_inline(
        border=1, omitsize=True, lineclass=None, svgclass=None
    )
    return mark_safe(drawn)  # noqa: S308 (drawn by the library; the text is not in it)


def qr_picture(text: str) -> bytes:
    """The same as a file."""
    from io import BytesIO

    out = BytesIO()
    segno.make(text, error="m", micro=False).save(out, kind="svg", scale=8, border=3)
    return out.getvalue()


def calendar_file(appointment: Appointment, language: str, link: str) -> bytes:
    """An iCalendar file with the centre's zone and a reminder; no personal detail in it."""
    centre = appointment.centre
    directorate = localised(centre.directorate.name, language)
    calendar = Calendar()
    calendar.add("prodid", "-//Mawaeed//Appointments//EN")
    calendar.add("version", "2.0")
    calendar.add("method", "PUBLISH")
    event = Event()
    event.add("uid", f"{appointment.reference}@mawaeed")
    event.add("dtstamp", real_now())
    event.add("sequence", appointment.moves)
    cancelled = appointment.state == Appointment.State.CANCELLED
    event.add("status", "CANCELLED" if cancelled else "CONFIRMED")
    event.add("summary", service_public_name(appointment.service, language))
    event.add("dtstart", _local(appointment.starts_at, centre.timezone))
    event.add("dtend", _local(appointment.ends_at, centre.timezone))
    address = localised(centre.address, language)
    names = [directorate, localised(centre.name, language), address]
    event.add("location", _(", ").join(name for name in names if name))
    label = pgettext("ticket", "Reference")
    event.add("description", f"{label}: {appointment.reference}\n{link}")
    event.add("url", link)
    event.add_component(_reminder(str(event["summary"])))
    calendar.add_component(event)
    calendar.add_missing_timezones()
    return bytes(calendar.to_ical())


def _reminder(summary: str) -> Alarm:
    alarm = Alarm()
    alarm.add("action", "DISPLAY")
    alarm.add("description", summary)
    alarm.add("trigger", -REMIND_BEFORE)
    return alarm


def _local(moment: Any, zone: str) -> Any:
    from zoneinfo import ZoneInfo

    return moment.astimezone(ZoneInfo(zone))
