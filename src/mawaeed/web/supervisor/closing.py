"""Closing the day: what it would end, by number, and afterwards what it did, to be printed."""

from __future__ import annotations

from datetime import date
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from mawaeed.centres.models import Centre, ServiceGroup
from mawaeed.centres.names import localised
from mawaeed.hall import actions as hall
from mawaeed.hall.actions.day import open_counters, open_tickets, unanswered_calls
from mawaeed.hall.closing import ClosingReport, last_closed_day, reports_of
from mawaeed.hall.models import CounterBreak
from mawaeed.kernel.clock import local_date
from mawaeed.people.models import Staff
from mawaeed.web.audience import staff
from mawaeed.web.desk.acting import actor_of, centre_of
from mawaeed.web.desk.pages import staff_page
from mawaeed.web.desk.surfaces import SUPERVISION
from mawaeed.web.request import language_of, now_of


@staff(*SUPERVISION)
@never_cache
def close_day(request: HttpRequest, centre: str) -> HttpResponse:
    """Say what closing the day would end, ask, then end it. Closing twice ends nothing more."""
    place, moment = centre_of(request), now_of(request)
    day = local_date(moment, place.timezone)
    if request.method != "POST":
        context = _what_would_end(place, day, language_of(request))
        return staff_page(request, "staff/close_day.html", context, current="supervisor")
    closed = hall.close_day(centre=place, day=day, now=moment, actor=actor_of(request))
    if closed.changed:
        messages.success(request, _("The day is closed."))
    else:
        messages.info(request, _("The day is closed already: nothing was open any more."))
    return redirect("supervisor-closed", centre)


@staff(*SUPERVISION)
@never_cache
@require_safe
def closed(request: HttpRequest, centre: str) -> HttpResponse:
    """What the last closing did, by number."""
    place = centre_of(request)
    day = last_closed_day(place, local_date(now_of(request), place.timezone))
    reports = reports_of(place, day) if day else []
    people = Staff.objects.in_bulk([each.staff_id for each in reports if each.staff_id])
    groups = _names(place, language_of(request))
    context = {"day": day, "reports": [_report(each, people, groups) for each in reports]}
    return staff_page(request, "staff/closed.html", context, current="supervisor")


def _what_would_end(centre: Centre, day: date, language: str) -> dict[str, Any]:
    sessions = open_counters(centre, day)
    tickets = open_tickets(centre, day)
    on_break = CounterBreak.objects.filter(counter_session__in=sessions, ended_at__isnull=True)
    return {
        "groups": _by_group([ticket.number for ticket in tickets], _names(centre, language)),
        "tickets": len(tickets),
        "with_appointment": sum(ticket.appointment_id is not None for ticket in tickets),
        "counters": [session.counter.number for session in sessions],
        "breaks": on_break.count(),
        "calls": len(unanswered_calls(centre, day)),
    }


def _report(
    report: ClosingReport, people: dict[int, Staff], groups: dict[str, str]
) -> dict[str, Any]:
    who = people.get(report.staff_id or 0)
    return {
        "at": report.at,
        "who": (who.get_full_name() or who.get_username()) if who else "",
        "groups": _by_group(list(report.tickets), groups),
        "tickets": len(report.tickets),
        "with_appointment": report.appointments_cancelled,
        "counters": report.counters,
        "breaks": report.breaks_ended,
        "calls": report.help_calls_closed,
    }


def _names(centre: Centre, language: str) -> dict[str, str]:
    """Letter → the group's name."""
    rows = ServiceGroup.objects.filter(centre=centre).values_list("letter", "name")
    return {letter: localised(name, language) for letter, name in rows}


def _by_group(numbers: list[str], names: dict[str, str]) -> list[dict[str, Any]]:
    """Numbers by their letter, with the name of the group it belongs to."""
    found: dict[str, list[str]] = {}
    for number in sorted(numbers, key=lambda each: (each[:1], len(each), each)):
        found.setdefault(number[:1], []).append(number)
    return [{"name": names.get(letter, letter), "numbers": each} for letter, each in found.items()]
