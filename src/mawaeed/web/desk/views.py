"""Reception: find who stands here, check in, give tickets."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.db.models import Count
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from mawaeed.booking.models import Appointment
from mawaeed.booking.queries import appointments_of_day, legs_together
from mawaeed.centres.models import Centre, Offering
from mawaeed.centres.names import service_name
from mawaeed.hall import actions as hall
from mawaeed.hall.errors import BothNeeded, NotOpen
from mawaeed.hall.models import Ticket
from mawaeed.hall.policies import most_services
from mawaeed.hall.queries import walk_in_offerings
from mawaeed.hall.topics import hall_topic
from mawaeed.kernel.clock import local_date
from mawaeed.kernel.errors import DomainError, NotFound
from mawaeed.kernel.secrets import unseal
from mawaeed.people.numbers import clean_mobile, mask_number
from mawaeed.web.audience import staff
from mawaeed.web.desk import visitor as visitors
from mawaeed.web.desk.acting import act, actor_of, centre_of, staff_of
from mawaeed.web.desk.appeals import objections_at
from mawaeed.web.desk.helping import help_context
from mawaeed.web.desk.pages import staff_page
from mawaeed.web.desk.surfaces import RECEPTION, surfaces_at
from mawaeed.web.kiosk.several import most_words
from mawaeed.web.request import language_of, now_of

ARRIVALS_SHOWN = 60


@staff(*RECEPTION)
@never_cache
@require_safe
def desk(request: HttpRequest, centre: str) -> HttpResponse:
    """Find somebody, see them, act; beside it today's arrivals and open objections."""
    place, now = centre_of(request), now_of(request)
    found = visitors.current(request, place, now)
    context = {
        "visitor": found,
        "appointments": _at_the_desk(found.appointments) if found else [],
        "services": _offered(place, request),
        "most_services": most_words(most) if (most := most_services(place, now)) > 1 else "",
        "languages_spoken": settings.LANGUAGES,
        "objections": objections_at(place),
        "may_decide": "supervisor" in surfaces_at(staff_of(request), place),
        "topic": hall_topic(place.code),
        **help_context(place),
        **_arrivals(request),
    }
    return staff_page(request, "staff/desk.html", context, current="desk")


@staff(*RECEPTION)
@never_cache
@require_safe
def arrivals(request: HttpRequest, centre: str) -> HttpResponse:
    """The part that changes by itself."""
    return staff_page(request, "staff/desk_arrivals.html", _arrivals(request))


@staff(*RECEPTION)
@require_POST
def look_up(request: HttpRequest, centre: str) -> HttpResponse:
    """Find by reference, square code or personal number; it never stands in an address."""
    place = centre_of(request)
    visitors.forget(request, place)
    try:
        visitors.remember(request, place, visitors.find(request.POST.get("sought", ""), place))
    except DomainError as refusal:
        messages.error(request, refusal.text())
    return redirect("desk", centre)


@staff(*RECEPTION)
@require_POST
def finish_visitor(request: HttpRequest, centre: str) -> HttpResponse:
    """Put the visitor's data away."""
    visitors.forget(request, centre_of(request))
    return redirect("desk", centre)


@staff(*RECEPTION)
@require_POST
def check_in(request: HttpRequest, centre: str) -> HttpResponse:
    """The appointment of today gets its ticket; one missed today is taken up again."""
    place, now = centre_of(request), now_of(request)
    appointment = _appointment(request, place)
    if appointment.service.people_present > 1 and request.POST.get("both") != "yes":
        messages.error(request, BothNeeded().text())
        return redirect("desk", centre)

    def write() -> dict[str, Any]:
        missed = appointment.state == Appointment.State.NO_SHOW
        action = hall.readmit if missed else hall.check_in
        given = action(appointment=appointment, actor=actor_of(request), now=now)
        return {"number": given.number}

    result = act(request, write)
    if result is not None:
        _tell_number(request, result["number"])
    return redirect("desk", centre)


@staff(*RECEPTION)
@require_POST
def walk_in(request: HttpRequest, centre: str) -> HttpResponse:
    """A ticket without an appointment, with priority where it is due."""
    place, now = centre_of(request), now_of(request)
    offering = _offering(request, place)
    found = visitors.current(request, place, now)
    person = found.person if found and request.POST.get("person") else None
    language = request.POST.get("language", "")
    spoken = language if language in dict(settings.LANGUAGES) else settings.LANGUAGE_CODE

    def write() -> dict[str, Any]:
        typed = request.POST.get("mobile", "").strip()
        also = _also(request, place, offering)
        given = hall.issue_walk_in(
            offering=offering,
            also=also,
            actor=actor_of(request),
            now=now,
            mobile=clean_mobile(typed) if typed else "",
            language=spoken,
            priority=request.POST.get("priority") == "yes",
            person=person,
            although_full=" ".join(request.POST.get("although_full", "").split())[:200],
        )
        return {"number": given.number, "services": 1 + len(also)}

    result = act(request, write)
    if result is not None:
        _tell_number(request, result["number"], result["services"])
    return redirect("desk", centre)


def _tell_number(request: HttpRequest, number: str, services: int = 1) -> None:
    isolated = f"\u2066{number}\u2069"
    told = _("Ticket %(number)s") % {"number": isolated}
    if services > 1:
        told = ngettext(
            "Ticket %(number)s, good for %(count)s service",
            "Ticket %(number)s, good for %(count)s services",
            services,
        ) % {"number": isolated, "count": services}
    messages.success(request, told)


def _appointment(request: HttpRequest, centre: Centre) -> Appointment:
    """One of today's appointments at this centre; anything else does not exist here."""
    asked = request.POST.get("appointment", "")
    day = local_date(now_of(request), centre.timezone)
    found = (
        appointments_of_day(centre, day).filter(pk=int(asked)).first()
        if asked.isdecimal()
        else None
    )
    if found is None:
        raise NotFound
    return found


def _offering(request: HttpRequest, centre: Centre) -> Offering:
    asked = request.POST.get("offering", "")
    offerings = Offering.objects.select_related("service", "centre", "pool", "group")
    found = (
        offerings.filter(centre=centre, pk=int(asked), active=True).first()
        if asked.isdecimal()
        else None
    )
    if found is None:
        raise NotFound
    return found


def _also(request: HttpRequest, centre: Centre, first: Offering) -> list[Offering]:
    """Further services ticked for the same number, in the order of the list."""
    asked = set(request.POST.getlist("also")) - {str(first.pk)}
    offered = walk_in_offerings(centre, now_of(request)) if asked else []
    found = [each for each in offered if str(each.pk) in asked]
    if len(found) < len(asked):
        raise NotOpen
    return found


def _offered(centre: Centre, request: HttpRequest) -> list[tuple[int, str]]:
    language = language_of(request)
    return [
        (offering.pk, service_name(offering.service, language))
        for offering in walk_in_offerings(centre, now_of(request))
    ]


def _with_tickets(appointments: Iterable[Appointment]) -> list[dict[str, Any]]:
    """Each appointment with its last ticket, if it has one."""
    listed = list(appointments)
    tickets = Ticket.objects.filter(appointment__in=listed).order_by("pk")
    last = {ticket.appointment_id: ticket for ticket in tickets}
    return [{"appointment": one, "ticket": last.get(one.pk)} for one in listed]


def _at_the_desk(appointments: Iterable[Appointment]) -> list[dict[str, Any]]:
    """The same with who else must be here, and of how many parts its visit is."""
    lines = _with_tickets(appointments)
    for line in lines:
        one: Appointment = line["appointment"]
        line["two_must_come"] = one.service.people_present > 1
        if line["two_must_come"] and one.companion:
            line["second"] = mask_number(unseal(one.companion.number_sealed))
        line["parts"] = len(legs_together(one)) if one.visit_id else 0
    return lines


def _arrivals(request: HttpRequest) -> dict[str, Any]:
    """Today's appointments of the centre: who is still to come, and who came or did not."""
    centre, now = centre_of(request), now_of(request)
    today = appointments_of_day(centre, local_date(now, centre.timezone))
    counts = dict(today.order_by().values_list("state").annotate(number=Count("pk")))
    states = Appointment.State
    coming = today.filter(state=states.BOOKED)[:ARRIVALS_SHOWN]
    others = today.exclude(state__in=(states.BOOKED, states.CANCELLED))
    return {
        "counts": {state.value: counts.get(state, 0) for state in states},
        "coming": _with_tickets(coming),
        "others": _with_tickets(others.order_by("-starts_at", "-pk")[:ARRIVALS_SHOWN]),
    }
