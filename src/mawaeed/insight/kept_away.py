"""Visitors whom no open counter may call: the profiles keep them away, and they would wait all day.

The reading is `hall.dispatch`; the decision works on values of one moment, as in `insight.alerts`.
"""

from __future__ import annotations

from collections.abc import Container, Iterable, Sequence

from mawaeed.hall.dispatch import Shared
from mawaeed.hall.models import Ticket
from mawaeed.insight.alerts import Alert, Desk, Suggestion, Waiter, whole_minutes


def tickets_kept_away(
    tickets: Iterable[Ticket], desks: Sequence[Desk], at_work: Container[int | None], shared: Shared
) -> set[int]:
    """Ids of the waiting tickets that no open counter may ever call, though their pool is served.

    `at_work` are the members of staff with a counter open. Whoever was sent to one of them, or to
    an open counter, is called there whatever its profile says.
    """
    if not shared.profiles:
        return set()
    is_open = {desk.counter_id: desk.pool_id for desk in desks if desk.is_open}
    rules = [shared.rules_of(*each) for each in is_open.items()]
    return {
        ticket.pk
        for ticket in tickets
        if ticket.pool_id in is_open.values()
        and ticket.wanted_counter_id not in is_open
        and ticket.wanted_staff_id not in at_work
        and not any(
            each.may_ever_serve(ticket.pool_id, ticket.offering_id, ticket.priority_class)
            for each in rules
        )
    }


def kept_away_alerts(waiting: Iterable[Waiter], desks: Sequence[Desk]) -> list[Alert]:
    """One for each pool, with a counter to call everybody of it: one that has nobody, if any."""
    pools: dict[int, list[Waiter]] = {}
    for waiter in waiting:
        if waiter.kept_away:
            pools.setdefault(waiter.pool_id, []).append(waiter)
    return [_alert(pool_id, kept, desks) for pool_id, kept in sorted(pools.items())]


def _alert(pool_id: int, kept: Sequence[Waiter], desks: Sequence[Desk]) -> Alert:
    longest = max(kept, key=lambda waiter: waiter.waited)
    theirs = [desk for desk in desks if desk.is_open and desk.pool_id == pool_id]
    desk = min(theirs, key=lambda each: (each.idle_for is None, each.number))
    return Alert(
        kind="kept_away",
        tone="danger",
        pool_id=pool_id,
        people=len(kept),
        minutes=whole_minutes(longest.waited),
        number=longest.number,
        suggestion=Suggestion("open_up", pool_id, desk.counter_id, desk.number, desk.clerk),
    )
