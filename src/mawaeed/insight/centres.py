"""Several centres at once: one line each, those in trouble first. Fixed number of queries."""

from __future__ import annotations

from collections import Counter as Tally
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Literal

from django.db.models import Count, Q, QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from mawaeed.centres.models import Centre, Counter
from mawaeed.hall.models import CounterSession, HelpCall, Ticket
from mawaeed.hall.rules import Change, time_in_states
from mawaeed.insight.alerts import whole_minutes
from mawaeed.insight.hall_now import thresholds_of
from mawaeed.kernel.clock import local_date
from mawaeed.kernel.models import History

Tone = Literal["danger", "warning", "ok", "closed"]
TONES: Sequence[Tone] = ("danger", "warning", "ok", "closed")


@dataclass(frozen=True, slots=True)
class CentreNow:
    """One centre at one moment; `crowd` is the most waiting in one of its groups."""

    centre: Centre
    waiting: int
    longest_wait: timedelta
    serving: int
    served: int
    counters_open: int
    counters_total: int
    crowd: int
    help_calls: int
    emergency: bool
    tone: Tone

    @property
    def counters_closed(self) -> int:
        """Counters in use at which nobody works."""
        return self.counters_total - self.counters_open


def centres_now(centres: Iterable[Centre], now: datetime) -> list[CentreNow]:
    """Each centre on its local day, worst first: by tone, then by the longest wait."""
    chosen = list(centres)
    today = _today(chosen, now)
    states = _states(today)
    crowds = _crowds(today)
    waits = _longest_waits(today, now)
    counters = Tally(_of(Counter.objects.filter(active=True), chosen))
    working = CounterSession.objects.filter(closed_at__isnull=True, counter__active=True)
    at_work = Tally(
        working.filter(counter__centre__in=chosen).values_list("counter__centre_id", flat=True)
    )
    calls, emergencies = _help(chosen)
    found = []
    for centre in chosen:
        longest, crowd = waits.get(centre.pk, timedelta()), crowds.get(centre.pk, 0)
        found.append(
            CentreNow(
                centre=centre,
                waiting=states[centre.pk, Ticket.State.WAITING],
                longest_wait=longest,
                serving=states[centre.pk, Ticket.State.SERVING],
                served=states[centre.pk, Ticket.State.SERVED],
                counters_open=at_work[centre.pk],
                counters_total=counters[centre.pk],
                crowd=crowd,
                help_calls=calls[centre.pk],
                emergency=centre.pk in emergencies,
                tone=_tone(centre, now, longest, crowd, at_work[centre.pk], emergencies),
            )
        )
    return sorted(
        found, key=lambda each: (TONES.index(each.tone), -each.longest_wait, -each.waiting)
    )


def sentence_of_all(lines: Sequence[CentreNow], longest_at: str) -> str:
    """For somebody with two minutes; `longest_at` names the centre of the longest wait."""
    waiting = sum(line.waiting for line in lines)
    centres = ngettext("%(count)s centre", "%(count)s centres", len(lines)) % {"count": len(lines)}
    if not waiting:
        return _("%(centres)s: nobody is waiting") % {"centres": centres}
    longest = max(line.longest_wait for line in lines)
    minutes = whole_minutes(longest)
    return _("%(centres)s: %(waiting)s, longest %(minutes)s at %(place)s") % {
        "centres": centres,
        "waiting": ngettext("%(count)s waiting", "%(count)s waiting", waiting) % {"count": waiting},
        "minutes": ngettext("%(count)s minute", "%(count)s minutes", minutes) % {"count": minutes},
        "place": longest_at,
    }


def _tone(  # noqa: PLR0917
    centre: Centre,
    now: datetime,
    longest: timedelta,
    crowd: int,
    at_work: int,
    emergencies: set[int],
) -> Tone:
    limits = thresholds_of(centre, now)
    if centre.pk in emergencies or longest >= limits.wait:
        return "danger"
    if crowd >= limits.people or longest * 3 >= limits.wait * 2:
        return "warning"
    return "ok" if crowd or at_work else "closed"


def _of(rows: QuerySet[Counter], centres: Sequence[Centre]) -> Iterable[int]:
    return rows.filter(centre__in=centres).values_list("centre_id", flat=True)


def _today(centres: Sequence[Centre], now: datetime) -> QuerySet[Ticket]:
    """The tickets of these centres on the local day of each."""
    by_day: dict[date, list[int]] = {}
    for centre in centres:
        by_day.setdefault(local_date(now, centre.timezone), []).append(centre.pk)
    wanted = Q(pk__in=[])
    for day, ids in by_day.items():
        wanted |= Q(day=day, centre__in=ids)
    return Ticket.objects.filter(wanted)


def _states(tickets: QuerySet[Ticket]) -> Tally[tuple[int, str]]:
    rows = tickets.values_list("centre_id", "state").annotate(Count("pk")).order_by()
    return Tally({(centre_id, state): count for centre_id, state, count in rows})


def _crowds(tickets: QuerySet[Ticket]) -> dict[int, int]:
    rows = tickets.filter(state=Ticket.State.WAITING).values_list("centre_id", "group_id")
    found: dict[int, int] = {}
    for centre_id, _group_id, count in rows.annotate(Count("pk")).order_by():
        found[centre_id] = max(found.get(centre_id, 0), count)
    return found


def _longest_waits(tickets: QuerySet[Ticket], now: datetime) -> dict[int, timedelta]:
    """By centre, added up over every leg as the centre's own page does."""
    waiting = tickets.filter(state=Ticket.State.WAITING).values("pk")
    rows = History.objects.filter(subject_kind="ticket", subject_id__in=waiting).order_by("pk")
    steps: dict[tuple[int, int], list[Change]] = {}
    for subject_id, centre_id, at, to_state in rows.values_list(
        "subject_id", "centre_id", "at", "to_state"
    ):
        steps.setdefault((centre_id or 0, subject_id), []).append(Change(at, to_state))
    found: dict[int, timedelta] = {}
    for (centre_id, _ticket_id), changes in steps.items():
        waited = time_in_states(changes, now)["waiting"]
        found[centre_id] = max(found.get(centre_id, timedelta()), waited)
    return found


def _help(centres: Sequence[Centre]) -> tuple[Tally[int], set[int]]:
    rows = HelpCall.objects.filter(centre__in=centres, answered_at__isnull=True)
    calls: Tally[int] = Tally()
    emergencies = set()
    for centre_id, kind in rows.values_list("centre_id", "kind"):
        calls[centre_id] += 1
        if kind == HelpCall.Kind.EMERGENCY:
            emergencies.add(centre_id)
    return calls, emergencies
