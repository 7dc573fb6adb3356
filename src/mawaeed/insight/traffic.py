"""A day's tickets through the counters, from their history: when each counter was last left, how
long services took, how often somebody was called out of turn.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any, NamedTuple

from mawaeed.centres.models import Centre
from mawaeed.kernel.models import History

AT_COUNTER = ("called", "serving")


class Step(NamedTuple):
    """One row of a ticket's history."""

    ticket_id: int
    at: datetime
    from_state: str
    to_state: str
    out_of_turn: bool = False
    counter: int = 0


@dataclass(slots=True)
class Traffic:
    """What the history of a day's tickets says of its counters.

    `served` is ticket → time at the counter, for those served in one go.
    """

    left_at: dict[int, datetime] = field(default_factory=dict)
    served: dict[int, timedelta] = field(default_factory=dict)
    calls: int = 0
    out_of_turn: int = 0


def traffic_of(centre: Centre, day: date) -> Traffic:
    """Of a centre's local day; one query."""
    rows = History.objects.filter(centre_id=centre.pk, day=day, subject_kind="ticket")
    found = rows.order_by("pk").values_list("subject_id", "at", "from_state", "to_state", "details")
    return through_counters(
        Step(*row[:4], out_of_turn=bool(row[4].get("out_of_order")), counter=_counter(row[4]))
        for row in found.iterator(chunk_size=2000)
    )


def _counter(details: dict[str, Any]) -> int:
    counter = details.get("counter", 0)
    return counter if isinstance(counter, int) else 0


def through_counters(steps: Iterable[Step]) -> Traffic:
    """Follow every ticket through its steps, in the order they happened."""
    found = Traffic()
    where: dict[int, int] = {}
    begun: dict[int, datetime] = {}
    times: dict[int, int] = {}
    for step in steps:
        if step.to_state == "called" and step.from_state == "waiting":
            found.calls += 1
            found.out_of_turn += step.out_of_turn
        if step.to_state in AT_COUNTER:
            where[step.ticket_id] = step.counter or where.get(step.ticket_id, 0)
        elif step.from_state in AT_COUNTER and where.get(step.ticket_id):
            found.left_at[where[step.ticket_id]] = step.at
        if step.to_state == "serving":
            begun[step.ticket_id] = step.at
            times[step.ticket_id] = times.get(step.ticket_id, 0) + 1
        if step.to_state == "served" and step.ticket_id in begun:
            found.served[step.ticket_id] = step.at - begun[step.ticket_id]
    found.served = {pk: spent for pk, spent in found.served.items() if times[pk] == 1}
    return found
