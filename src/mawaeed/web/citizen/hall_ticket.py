"""The hall's ticket by its secret link: place, wait, call; more time, and giving the place up."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from mawaeed.centres.names import service_public_name
from mawaeed.feedback.models import Rating
from mawaeed.feedback.queries import is_open
from mawaeed.hall import actions as hall
from mawaeed.hall.leaving import leaving_counts
from mawaeed.hall.models import Ticket
from mawaeed.hall.policies import scopes_of
from mawaeed.hall.queries import changes_of, following_ticket, parts_of, ticket_by_secret
from mawaeed.hall.topics import ticket_topic
from mawaeed.hall.waits.announcing import announce_first
from mawaeed.hall.waits.queries import wait_shown
from mawaeed.kernel.actor import Actor
from mawaeed.kernel.errors import DomainError
from mawaeed.kernel.policies import policy
from mawaeed.web.audience import public
from mawaeed.web.citizen.pages import clean, page, place
from mawaeed.web.request import language_of, now_of

# Seconds between two looks at how many are before: the ticket's own changes come at once.
LOOK_EVERY = 20
# From here the visitor may give the place up; at the counter it is said to the clerk.
MAY_LEAVE = (Ticket.State.WAITING, Ticket.State.PARKED)


@public
@never_cache
@require_safe
def ticket(request: HttpRequest, secret: str) -> HttpResponse:
    """The ticket's live page."""
    found = ticket_by_secret(clean(secret), now_of(request))
    context = {
        **_shown(request, found),
        "live": f"/live/{ticket_topic(found.secret)}",
        "look_every": LOOK_EVERY,
        # A missed ticket may be called back to life, a last press taken back.
        "open": found.state not in {Ticket.State.LEFT, Ticket.State.CANCELLED},
    }
    return page(request, "ticket", context, zone=found.centre.timezone)


@public
@never_cache
@require_safe
def ticket_part(request: HttpRequest, secret: str) -> HttpResponse:
    """The part of the page that changes."""
    found = ticket_by_secret(clean(secret), now_of(request))
    return page(request, "ticket_part", _shown(request, found), zone=found.centre.timezone)


@public
@never_cache
@require_POST
def more_time(request: HttpRequest, secret: str) -> HttpResponse:
    """Be passed over for a few minutes. A second press of the same button changes nothing."""
    found = ticket_by_secret(clean(secret), now_of(request))
    if request.POST.get("used") == str(found.more_time_used):
        try:
            hall.ask_more_time(ticket=found, now=now_of(request))
        except DomainError as refusal:
            messages.error(request, refusal.text())
    return redirect("ticket", found.secret)


@public
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def leave(request: HttpRequest, secret: str) -> HttpResponse:
    """Ask, then give the place up. Somebody called meanwhile is told so instead."""
    found = ticket_by_secret(clean(secret), now_of(request))
    if found.state not in MAY_LEAVE:
        return redirect("ticket", found.secret)
    counts = leaving_counts(found, now_of(request))
    # What counts by now, though the page said that it does not, is said first.
    if request.method == "POST" and not (counts and request.POST.get("counts") == "no"):
        actor = Actor("person", found.person_id)
        try:
            hall.leave(ticket=found, actor=actor, now=now_of(request))
        except DomainError as refusal:
            messages.error(request, refusal.text())
        return redirect("ticket", found.secret)
    booked = found.appointment_id is not None
    context = {**_shown(request, found), "booked": booked, "counts": counts}
    return page(request, "ticket_leave", context, zone=found.centre.timezone)


def _shown(request: HttpRequest, found: Ticket) -> dict[str, Any]:
    moment = now_of(request)
    at_counter = found.state in Ticket.AT_COUNTER and found.counter is not None
    counter = found.counter.number if at_counter and found.counter else None
    wait = wait_shown(found, moment, announce_first(ticket=found, now=moment))
    return {
        **place(request, found.centre),
        "ticket": found,
        "service_name": service_public_name(found.offering.service, language_of(request)),
        "parts": parts_shown(found, language_of(request)),
        "two_must_come": found.offering.service.people_present > 1,
        "wait": wait,
        "ahead": wait.ahead if wait else None,
        "counter": counter,
        "words": ticket_words(found.state),
        "title": _title(found, counter),
        "may_leave": found.state in MAY_LEAVE,
        "now": moment,
        **_time_asked(found, moment),
        **_afterwards(found, moment),
    }


def parts_shown(found: Ticket, language: str) -> list[dict[str, Any]]:
    """What `ticket_parts.html` takes: the services of a ticket with several, in turn."""
    parts = [
        {"name": service_public_name(leg.offering.service, language), "done": leg.done}
        for leg in parts_of(found)
    ]
    for part in [part for part in parts if not part["done"]][:1]:
        part["now"] = found.state in Ticket.OPEN
    return parts


def _title(found: Ticket, counter: int | None) -> str:
    """What the browser's tab says."""
    if found.state == Ticket.State.CALLED:
        return _("It is your turn: counter %(counter)s") % {"counter": counter}
    return _("Ticket %(number)s") % {"number": found.number}


def _time_asked(found: Ticket, now: datetime) -> dict[str, Any]:
    """How often more time may still be asked for, and until when it was given."""
    if found.state != Ticket.State.WAITING:
        return {}
    scopes = scopes_of(found.centre)
    left = max(0, policy("hall.more_time_times", now, scopes) - found.more_time_used)
    minutes = policy("hall.more_time_minutes", now, scopes)
    told = ngettext(
        "You would be passed over for %(count)s minute and keep your turn.",
        "You would be passed over for %(count)s minutes and keep your turn.",
        minutes,
    )
    return {
        "times_left": left,
        "more_time_told": told % {"count": minutes},
        "passed_until": found.not_before if found.not_before and found.not_before > now else None,
    }


def _afterwards(found: Ticket, now: datetime) -> dict[str, Any]:
    """Missed: until when reception may call it back. Served: what follows, whether to rate it."""
    if found.state == Ticket.State.MISSED:
        minutes = policy("hall.reactivate_minutes", now, scopes_of(found.centre))
        until = changes_of([found])[found.pk][-1].at + timedelta(minutes=minutes)
        return {"back_until": until if until > now else None}
    if found.state == Ticket.State.SERVED:
        rating = Rating.objects.filter(ticket=found).first()
        may_rate = rating is not None and is_open(rating, now)
        return {"may_rate": may_rate, "following": following_ticket(found)}
    return {}


def ticket_words(state: str) -> tuple[str, str, str]:
    """A sentence on the state of a ticket, its colour and icon."""
    return {
        "waiting": (_("You are in the queue. Watch this page or the board."), "info", "clock"),
        "called": (_("It is your turn."), "success", "bell"),
        "serving": (_("You are being served."), "success", "counter"),
        "parked": (_("Your ticket is on hold. Staff will call it again."), "warning", "pause"),
        "served": (_("Finished. Thank you for your visit."), "success", "success"),
        "missed": (
            _("You were called and did not come. Ask at reception: they can help you."),
            "danger",
            "warning",
        ),
        "left": (_("This ticket is closed. Ask at reception if you still wait."), "info", "info"),
        "cancelled": (_("This ticket was cancelled."), "info", "info"),
    }[state]
