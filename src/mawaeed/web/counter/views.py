"""The clerk's page: open a counter, then one big verb at a time."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from mawaeed.centres.models import Counter
from mawaeed.hall import actions as hall
from mawaeed.hall.models import CounterSession
from mawaeed.hall.queries import counter_state, session_of_staff
from mawaeed.hall.staffing import counters_wanted
from mawaeed.kernel.clock import local_date
from mawaeed.kernel.errors import DomainError, NotFound
from mawaeed.web.audience import staff
from mawaeed.web.counter import console
from mawaeed.web.counter.verbs import CALLING, Press
from mawaeed.web.counter.verbs import carry_out as carry_out_press
from mawaeed.web.counter.work import idle_since, visit_of, work_of
from mawaeed.web.desk.acting import act, actor_of, centre_of, new_key, staff_of
from mawaeed.web.desk.pages import staff_page
from mawaeed.web.desk.surfaces import COUNTER
from mawaeed.web.request import language_of, now_of


@staff(*COUNTER)
@never_cache
@require_safe
def counter(request: HttpRequest, centre: str) -> HttpResponse:
    """The console of the counter this person has open here, else the choice of one."""
    session = _session(request)
    if session is None:
        place = centre_of(request)
        wanted = counters_wanted(place, local_date(now_of(request), place.timezone))
        choices = console.counters_to_choose(place, staff_of(request).pk)
        context = {"counters": choices, "wanted": wanted}
        return staff_page(request, "staff/counter_choose.html", context, current="counter")
    return staff_page(request, "staff/counter.html", _console(request, session), current="counter")


@staff(*COUNTER)
@never_cache
@require_safe
def side(request: HttpRequest, centre: str) -> HttpResponse:
    """The part that changes without this clerk: who waits, who was put aside."""
    session = _session(request)
    if session is None:
        raise NotFound
    state = counter_state(session, now_of(request))
    context = console.side_of(state, now_of(request)) | {"key": new_key()}
    return staff_page(request, "staff/counter_side.html", context)


@staff(*COUNTER)
@require_POST
def open_one(request: HttpRequest, centre: str) -> HttpResponse:
    """Begin work at a counter of this centre."""
    number = request.POST.get("counter", "")
    chosen = (
        Counter.objects.filter(centre=centre_of(request), pk=int(number)).first()
        if number.isdecimal()
        else None
    )
    if chosen is None:
        raise NotFound
    try:
        hall.open_counter(counter=chosen, staff=staff_of(request), now=now_of(request))
    except DomainError as refusal:
        messages.error(request, refusal.text())
    return redirect("counter", centre)


@staff(*COUNTER)
@require_POST
def close(request: HttpRequest, centre: str) -> HttpResponse:
    """End work at the counter."""
    session = _session(request)
    if session is not None:
        try:
            hall.close_counter(
                counter_session=session, now=now_of(request), actor=actor_of(request)
            )
        except DomainError as refusal:
            messages.error(request, refusal.text())
    return redirect("counter", centre)


@staff(*COUNTER)
@require_POST
def carry_out(request: HttpRequest, centre: str) -> HttpResponse:
    """One press of a verb; a second press of the same button changes nothing."""
    session = _session(request)
    if session is None:
        messages.error(request, _("Your counter was closed. Open it again to go on."))
        return redirect("counter", centre)
    press = Press(
        session=session,
        verb=request.POST.get("verb", ""),
        ticket=request.POST.get("ticket", ""),
        fields=request.POST.dict(),
        actor=actor_of(request),
        staff=staff_of(request),
        now=now_of(request),
    )
    result = act(request, lambda: carry_out_press(press))
    if result is not None and press.verb in CALLING and result["ticket"] is None:
        messages.info(request, _("Nobody is waiting for this counter."))
    return redirect("counter", centre)


def _session(request: HttpRequest) -> CounterSession | None:
    return session_of_staff(centre_of(request), staff_of(request).pk)


def _console(request: HttpRequest, session: CounterSession) -> dict[str, Any]:
    now, language = now_of(request), language_of(request)
    state = counter_state(session, now)
    ticket = state.ticket
    context: dict[str, Any] = {
        "counter": session.counter,
        "ticket": ticket,
        "state": ticket.state if ticket else "free",
        "called_at": state.called_at,
        "started_at": state.started_at,
        **console.side_of(state, now),
        **work_of(session, now),
    }
    if ticket is None:
        context["idle_since"] = idle_since(session, now)
    else:
        needed = console.calls_needed(session.counter.centre, now)
        context |= {
            "visitor": console.visitor_shown(ticket, language),
            "services": console.services_of(session.counter.centre, language),
            "targets": console.targets(session, language),
            "calls_missing": max(0, needed - ticket.calls),
            **visit_of(ticket, now, language),
        }
    return context
