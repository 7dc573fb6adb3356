"""The learned range of a ticket at issue: the day so far through the estimator of last night."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from mawaeed.centres.models import Centre
from mawaeed.hall.estimates.estimator import Estimate, Estimator
from mawaeed.hall.estimates.forest import Model, from_json
from mawaeed.hall.estimates.keeping import halls_from_json
from mawaeed.hall.models import EstimateModel, Ticket
from mawaeed.hall.waits.log import first_calls, queue_of
from mawaeed.hall.waits.state import minutes_by_offering
from mawaeed.kernel.clock import day_bounds

# Events of one moment: earlier ones are called, then people come, then those called at once.
_CALL, _ISSUE, _CALL_AT_ONCE = 0, 1, 2
_models: dict[int, tuple[int, Model, dict[str, Any]]] = {}


def learned_estimate(ticket: Ticket) -> Estimate | None:
    """P50 and P90 as of the moment of issue; None without a model. Nothing later is looked at.

    Four queries, and the model once in a process. Waits of people sent on are learned as the first.
    """
    centre = ticket.centre
    found = _model(centre)
    if found is None:
        return None
    model, past = found
    estimator = Estimator(model, halls_from_json(past, frozenset({str(centre.pk)})))
    midnight, _ = day_bounds(ticket.day, centre.timezone)

    def minutes(moment: datetime) -> float:
        return (moment - midnight).total_seconds() / 60

    at = minutes(ticket.created_at)
    for moment, kind, pk, queue in _events(ticket):
        happened = estimator.halls.issue if kind == _ISSUE else estimator.halls.call
        happened(str(centre.pk), queue, pk, minutes(moment))
    planned = minutes_by_offering(centre).get(ticket.offering_id, 10.0)
    queue = queue_of(ticket.pool_id, ticket.priority_class)
    return estimator.issued(ticket.pk, str(centre.pk), queue, at=at, planned_minutes=planned)


def _events(ticket: Ticket) -> list[tuple[datetime, int, int, str]]:
    """What happened in the hall before this ticket was issued, in order.

    Tickets that ended without a call are left out, as they are in what was learned from.
    """
    calls = first_calls(ticket.centre, ticket.day)
    earlier = Ticket.objects.filter(
        centre=ticket.centre, day=ticket.day, created_at__lte=ticket.created_at, pk__lt=ticket.pk
    )
    found = []
    for pk, pool_id, priority_class, state, created_at in earlier.values_list(
        "pk", "pool_id", "priority_class", "state", "created_at"
    ):
        called_at = calls.get(pk)
        if called_at is None and state != Ticket.State.WAITING:
            continue
        queue = queue_of(pool_id, priority_class)
        found.append((created_at, _ISSUE, pk, queue))
        if called_at is not None and called_at < ticket.created_at:
            kind = _CALL if called_at > created_at else _CALL_AT_ONCE
            found.append((max(called_at, created_at), kind, pk, queue))
    return sorted(found)


def _model(centre: Centre) -> tuple[Model, dict[str, Any]] | None:
    newest = EstimateModel.objects.filter(agency_id=centre.agency_id).order_by("-learned_at", "-pk")
    pk = newest.values_list("pk", flat=True).first()
    if pk is None:
        return None
    kept = _models.get(centre.agency_id)
    if kept is None or kept[0] != pk:
        content = EstimateModel.objects.values_list("content", flat=True).get(pk=pk)
        try:
            kept = (pk, from_json(content["model"]), content["past"])
        except ValueError:  # learned by an older version, from other features
            return None
        _models[centre.agency_id] = kept
    return kept[1], kept[2]
