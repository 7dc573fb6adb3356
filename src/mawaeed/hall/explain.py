"""Why somebody is next at a counter, in one sentence, from what the choice was made of."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime, timedelta

from django.utils.translation import gettext as _
from django.utils.translation import ngettext, pgettext

from mawaeed.centres.models import Counter
from mawaeed.hall.choosing import Candidate, choose_ticket, may_serve, rates_of
from mawaeed.hall.dispatch import Look, Shared, look
from mawaeed.hall.models import CounterSession, Ticket
from mawaeed.hall.rules import is_past_ceiling, score


def why_next(
    counter: Counter,
    now: datetime,
    session: CounterSession | None = None,
    shared: Shared | None = None,
) -> str:
    """One sentence in the active language: who is next at the counter, and why.

    It is worked out anew from the same reads as the call, so it says what would happen now. A page
    of many counters reads what they have in common once (`dispatch.shared_reads`).
    """
    seen = look(counter, now, session, shared)
    chosen = seen.chosen()
    if chosen is None:
        return _("No visitor is waiting for this counter.")
    return _("%(number)s is next: %(reason)s") % {
        "number": seen.heads[chosen.ticket_id].number,
        "reason": _reason(seen, chosen),
    }


def _reason(seen: Look, chosen: Candidate) -> str:
    for find in (_past_ceiling, _left_to_others, _turn_of_the_ratio, _from_elsewhere):
        if reason := find(seen, chosen):
            return reason
    return _by_points(seen, chosen)


def _past_ceiling(seen: Look, chosen: Candidate) -> str:
    """It waited longer than anybody should: at the centre, or by this counter's profile."""
    now, rules = seen.asking.now, seen.rules
    rates = rates_of(rules, seen.rates) if rules else seen.rates
    if not is_past_ceiling(chosen, now, rates):
        return ""
    limit = math.floor(rates[chosen.priority_class].ceiling_minutes)
    values = {"since": _since(seen, chosen), "count": limit}
    if is_past_ceiling(chosen, now, seen.rates):
        return (
            ngettext(
                "%(since)s. After %(count)s minute the oldest goes first, whatever its kind.",
                "%(since)s. After %(count)s minutes the oldest goes first, whatever its kind.",
                limit,
            )
            % values
        )
    return (
        ngettext(
            "%(since)s. This counter takes anyone over %(count)s minute first, the oldest first.",
            "%(since)s. This counter takes anyone over %(count)s minutes first, the oldest first.",
            limit,
        )
        % values
    )


def _left_to_others(seen: Look, chosen: Candidate) -> str:
    """A better one is left to a free counter that may call fewer kinds of visitors."""
    if not seen.narrower:
        return ""
    better = replace(seen, narrower=()).chosen()
    if better is None or better.ticket_id == chosen.ticket_id:
        return ""
    theirs = [
        one.counter_id for one in seen.narrower if may_serve(one.rules, better, seen.asking.now)
    ]
    number = Counter.objects.filter(pk__in=theirs).order_by("number").values_list("number")
    return _(
        "%(other)s would come before, but is left to counter %(counter)s, which is free and "
        "may call fewer kinds of visitors."
    ) % {"other": seen.heads[better.ticket_id].number, "counter": number[0][0]}


def _turn_of_the_ratio(seen: Look, chosen: Candidate) -> str:
    """A better one waits until it is its side's turn."""
    ratio = seen.rules.ratio if seen.rules else None
    if seen.rules is None or ratio is None:
        return ""
    without = replace(seen, rules=replace(seen.rules, ratio=None), narrower=()).chosen()
    if without is None or without.ticket_id == chosen.ticket_id:
        return ""
    return _(
        "the profile of this counter takes %(first)s of one kind for %(second)s of the other, and "
        "after its last calls it is this kind's turn, before %(other)s."
    ) % {
        "first": ratio.first_count,
        "second": ratio.second_count,
        "other": seen.heads[without.ticket_id].number,
    }


def _from_elsewhere(seen: Look, chosen: Candidate) -> str:
    """Transferred here, or of another pool that the counter serves too."""
    if chosen.sent_here:
        return _("transferred here, %(since)s.") % {"since": _since(seen, chosen)}
    other = seen.rules.of_pool(chosen.pool_id) if seen.rules else None
    if other is None:
        return ""
    if other.when == "own_empty":
        return _(
            "nobody waits for this counter's own group, so it helps another group of counters."
        )
    if other.when == "after":
        return ngettext(
            "%(since)s. This counter helps another group of counters with whoever has waited "
            "%(count)s minute.",
            "%(since)s. This counter helps another group of counters with whoever has waited "
            "%(count)s minutes.",
            other.minutes,
        ) % {"since": _since(seen, chosen), "count": other.minutes}
    return ""


def _by_points(seen: Look, chosen: Candidate) -> str:
    """The score, beside that of the best of another kind; and whom the profile keeps away."""
    now = seen.asking.now
    mine = score(chosen, now, seen.rates)
    others = [each for each in seen.candidates if each.priority_class != chosen.priority_class]
    second = choose_ticket(others, now, seen.rates, seen.rules, seen.last_calls)
    values = {"who": _who(chosen), "since": _since(seen, chosen)}
    if second is None:
        text = _("%(who)s, %(since)s. Nobody else who may be called here is due for longer.")
        return text % values
    theirs = score(second, now, seen.rates)
    return _(
        "%(who)s, %(since)s, has %(points)s points and goes before %(other)s (%(other_who)s, "
        "%(other_since)s), which has %(other_points)s."
    ) % {
        **values,
        **dict(zip(("points", "other_points"), _points(mine, theirs), strict=True)),
        "other": seen.heads[second.ticket_id].number,
        "other_who": _who(second),
        "other_since": _since(seen, second),
    }


def _points(*values: float) -> Iterable[str]:
    """Whole points, or one place more where whole ones would look alike."""
    whole = [f"{value:.0f}" for value in values]
    return whole if len(set(whole)) == len(whole) else [f"{value:.1f}" for value in values]


def _who(ticket: Candidate) -> str:
    return {
        Ticket.PriorityClass.APPOINTMENT: pgettext("who is called", "an appointment"),
        Ticket.PriorityClass.PRIORITY: pgettext("who is called", "a priority visitor"),
    }.get(
        Ticket.PriorityClass(ticket.priority_class),
        pgettext("who is called", "a visitor without appointment"),
    )


def _since(seen: Look, ticket: Candidate) -> str:
    minutes = math.floor((seen.asking.now - ticket.due_at) / timedelta(minutes=1))
    if minutes < 0:
        count = -minutes
        text = ngettext("due in %(count)s minute", "due in %(count)s minutes", count)
        return text % {"count": count}
    if minutes == 0:
        return _("due now")
    text = ngettext("due %(count)s minute ago", "due %(count)s minutes ago", minutes)
    return text % {"count": minutes}
