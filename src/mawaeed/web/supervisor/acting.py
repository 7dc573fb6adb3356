"""One press on an alert: what was suggested is done, once, and stands in history."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST

from mawaeed.availability.calendar.wishes import SendAway
from mawaeed.availability.releases import release_walk_in_reserve
from mawaeed.booking.actions.calendar import apply_change
from mawaeed.centres.models import Centre, Counter, Pool
from mawaeed.hall.actions.delays import warn_arrivals
from mawaeed.hall.actions.help import raise_help
from mawaeed.hall.actions.profiles import assign_profile
from mawaeed.hall.actions.staffing import want_counter
from mawaeed.hall.models import HelpCall
from mawaeed.insight.alert_words import clock_words, ltr
from mawaeed.insight.alerts import Verb, loan_until
from mawaeed.kernel.actor import Actor
from mawaeed.kernel.errors import Malformed, NotFound
from mawaeed.web.audience import staff
from mawaeed.web.desk.acting import act, actor_of, centre_of
from mawaeed.web.desk.surfaces import SUPERVISION
from mawaeed.web.request import now_of

REASON_LENGTH = 200
LONGEST_NUMBER = 18


@dataclass(frozen=True, slots=True)
class Press:
    """What a form asks for: everything in it is of this centre."""

    centre: Centre
    pool: Pool
    counter: Counter | None
    minutes: int
    reason: str
    actor: Actor
    now: datetime

    def at_counter(self) -> Counter:
        """The counter named. Refuses `NotFound`."""
        if self.counter is None:
            raise NotFound
        return self.counter


@staff(*SUPERVISION)
@require_POST
def do(request: HttpRequest, centre: str) -> HttpResponse:
    """Carry out what an alert suggests. The same form sent again changes nothing more."""
    verb = request.POST.get("verb", "")
    carry_out = VERBS.get(verb)
    if carry_out is None:
        raise Malformed(field="verb")
    press = _press(request)
    result = act(request, lambda: carry_out(press))
    if result is not None:
        messages.success(request, _told(verb, result))
    return redirect("supervisor", centre)


def _press(request: HttpRequest) -> Press:
    place = centre_of(request)
    counter_id = _number(request, "counter")
    counters = Counter.objects.select_related("centre").filter(centre=place, active=True)
    pools = Pool.objects.select_related("centre").filter(centre=place, active=True)
    pool = pools.filter(pk=_number(request, "pool")).first()
    counter = counters.filter(pk=counter_id).first()
    if pool is None or (counter_id and counter is None):
        raise NotFound
    return Press(
        centre=place,
        pool=pool,
        counter=counter,
        minutes=_number(request, "minutes"),
        reason=" ".join(request.POST.get("reason", "").split())[:REASON_LENGTH],
        actor=actor_of(request),
        now=now_of(request),
    )


def _number(request: HttpRequest, name: str) -> int:
    """A whole number of the form; 0 where there is none."""
    given = request.POST.get(name, "")
    return int(given) if given.isdecimal() and len(given) < LONGEST_NUMBER else 0


def _lend(press: Press) -> dict[str, Any]:
    """The counter with its clerk serves the other pool for the rest of the hour."""
    counter = press.at_counter()
    until = loan_until(press.now, press.centre.timezone)
    apply_change(
        centre=press.centre,
        wish=SendAway(counter, press.now, until, press.pool),
        choice="keep",
        reason=press.reason,
        actor=press.actor,
        now=press.now,
    )
    return {"counter": counter.number, "until": clock_words(until, press.centre.timezone)}


def _ask(press: Press) -> dict[str, Any]:
    counter = press.at_counter()
    want_counter(counter=counter, reason=press.reason, actor=press.actor, now=press.now)
    return {"counter": counter.number}


def _warn(press: Press) -> dict[str, Any]:
    told = warn_arrivals(
        pool=press.pool,
        minutes=press.minutes,
        reason=press.reason,
        actor=press.actor,
        now=press.now,
    )
    return {"count": told}


def _release(press: Press) -> dict[str, Any]:
    release_walk_in_reserve(pool=press.pool, actor=press.actor, now=press.now)
    return {}


def _look(press: Press) -> dict[str, Any]:
    counter = press.at_counter()
    raise_help(
        centre=press.centre,
        kind=HelpCall.Kind.COUNTER,
        counter=counter,
        actor=press.actor,
        now=press.now,
    )
    return {"counter": counter.number}


def _open_up(press: Press) -> dict[str, Any]:
    """The counter calls everybody of its group: it works without a profile."""
    counter = press.at_counter()
    assign_profile(
        counter=counter, profile=None, now=press.now, actor=press.actor, reason=press.reason
    )
    return {"counter": counter.number}


VERBS: Mapping[Verb | str, Callable[[Press], dict[str, Any]]] = {
    "lend": _lend,
    "ask": _ask,
    "warn": _warn,
    "release": _release,
    "look": _look,
    "open_up": _open_up,
}


def _told(verb: str, result: Mapping[str, Any]) -> str:
    told = ngettext(
        "%(count)s person is told by text message.",
        "%(count)s people are told by text message.",
        result.get("count", 0),
    )
    texts = {
        "lend": _("Counter %(counter)s helps until %(until)s. Its clerk just calls the next."),
        "ask": _("Counter %(counter)s was asked for: whoever chooses a counter sees it."),
        "warn": told,
        "release": _("The places kept for walk-ins today can be booked by the public now."),
        "open_up": _("Counter %(counter)s works without a profile from the next call on."),
        "look": _("Help was called to counter %(counter)s: reception sees it."),
    }
    values = dict(result)
    if "counter" in values:
        values["counter"] = ltr(values["counter"])
    return texts[verb] % values
