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
from mawaeed.booking.queries import legs_together
from mawaeed.centres.names import localised, service_public_name
from mawaeed.kernel.clock import real_now
from mawaeed.kernel.secrets import unseal
from mawaeed.people.models import Person
from mawaeed.people.numbers import mask_number
from mawaeed.people.queries import dependants_of, helpers_ever, names_by_consent
from mawaeed.web.citizen.pages import place
from mawaeed.web.request import language_of, visitor_of

REMIND_BEFORE = timedelta(hours=2)


def shown_appointment(request: HttpRequest, appointment: Appointment) -> dict[str, Any]:
    """What ticket_card.html takes, and the ways to keep the ticket."""
    language = language_of(request)
    person = visitor_of(request)
    own = person is not None and person.pk == appointment.person_id
    names = names_of(person) if own and person is not None else {}
    for_me = person is not None and is_by_consent(person, appointment)
    service = appointment.service
    return {
        **place(request, appointment.centre),
        # Whoever holds only the link sees the neutral name and nobody's.
        "service_name": (
            localised(service.name, language)
            if own or for_me
            else service_public_name(service, language)
        ),
        "beneficiary": names.get(appointment.beneficiary_id, ""),
        "starts_at": appointment.starts_at,
        "reference": appointment.reference,
        "qr": qr_markup(appointment.reference),
        "papers": [localised(paper, language) for paper in service.papers],
        "calendar_href": reverse("e-ticket-calendar", args=[appointment.secret]),
        # Who comes by consent sees their own part alone.
        "parts": [] if for_me else _parts(appointment, language, names, own=own),
        "for_me": for_me,
        "two_must_come": service.people_present > 1,
        "second": _second(appointment) if own else "",
    }


def _parts(
    appointment: Appointment, language: str, names: dict[int, str], *, own: bool
) -> list[dict[str, Any]]:
    """The parts of its visit in turn; none where it stands alone."""
    legs = legs_together(appointment)
    if len(legs) < 2:
        return []
    return [
        {
            "turn": leg.leg,
            "total": len(legs),
            "service": (
                localised(leg.service.name, language)
                if own
                else service_public_name(leg.service, language)
            ),
            "who": names.get(leg.beneficiary_id, ""),
            "starts_at": leg.starts_at,
            "state": leg.state,
            "is_this": leg.pk == appointment.pk,
            "href": (
                reverse("appointment", args=[leg.reference])
                if own
                else reverse("e-ticket", args=[leg.secret])
            ),
        }
        for leg in legs
    ]


def _second(appointment: Appointment) -> str:
    """The second person's number as screens show it, if one is named."""
    second = appointment.companion
    return mask_number(unseal(second.number_sealed)) if second else ""


def names_of(person: Person) -> dict[int, str]:
    """Beneficiary → the name under which this person knows them."""
    return names_by_consent(person) | {
        each.beneficiary_id: each.name for each in dependants_of(person)
    }


def is_by_consent(person: Person, appointment: Appointment) -> bool:
    """Whether somebody else booked it for `person`, who let them."""
    if appointment.person_id == person.pk or appointment.beneficiary_id != person.beneficiary_id:
        return False
    return helpers_ever(person).filter(helper_id=appointment.person_id).exists()


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
    """An iCalendar file with the centre's zone and a reminder; no personal detail in it.

    One of a visit brings all of its parts, each with the link to its own e-ticket; the reminder
    is for the first.
    """
    calendar = Calendar()
    calendar.add("prodid", "-//Mawaeed//Appointments//EN")
    calendar.add("version", "2.0")
    calendar.add("method", "PUBLISH")
    legs = legs_together(appointment)
    for place_in_visit, leg in enumerate(legs):
        own = link.replace(appointment.secret, leg.secret)
        calendar.add_component(_event(leg, language, own, remind=place_in_visit == 0))
    calendar.add_missing_timezones()
    return bytes(calendar.to_ical())


def _event(appointment: Appointment, language: str, link: str, *, remind: bool) -> Event:
    centre = appointment.centre
    event = Event()
    event.add("uid", f"{appointment.reference}@mawaeed")
    event.add("dtstamp", real_now())
    event.add("sequence", appointment.moves)
    cancelled = appointment.state == Appointment.State.CANCELLED
    event.add("status", "CANCELLED" if cancelled else "CONFIRMED")
    event.add("summary", service_public_name(appointment.service, language))
    event.add("dtstart", _local(appointment.starts_at, centre.timezone))
    event.add("dtend", _local(appointment.ends_at, centre.timezone))
    directorate = localised(centre.directorate.name, language)
    address = localised(centre.address, language)
    names = [directorate, localised(centre.name, language), address]
    event.add("location", _(", ").join(name for name in names if name))
    label = pgettext("ticket", "Reference")
    event.add("description", f"{label}: {appointment.reference}\n{link}")
    event.add("url", link)
    if remind:
        event.add_component(_reminder(str(event["summary"])))
    return event


def _reminder(summary: str) -> Alarm:
    alarm = Alarm()
    alarm.add("action", "DISPLAY")
    alarm.add("description", summary)
    alarm.add("trigger", -REMIND_BEFORE)
    return alarm


def _local(moment: Any, zone: str) -> Any:
    from zoneinfo import ZoneInfo

    return moment.astimezone(ZoneInfo(zone))
