"""Each night: what the past days taught about a centre, and which method errs least there.

`pace` and `additions` are kept for every centre. Learned quantiles need some hundred waits; they
are used at a centre only where, on the last day, which they had not seen, they erred less than
what was announced there.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable, Sequence
from datetime import date, datetime, timedelta
from typing import Any

from django.db.models import Avg, Count, F
from django.db.models.functions import Abs

from mawaeed.centres.models import Agency, Centre
from mawaeed.hall.estimates.accuracy import Errors
from mawaeed.hall.estimates.estimator import Estimator
from mawaeed.hall.estimates.forest import as_json
from mawaeed.hall.estimates.keeping import past_as_json
from mawaeed.hall.estimates.replay import replay_day
from mawaeed.hall.models import EstimateCorrection, EstimateModel, WaitEstimate
from mawaeed.hall.waits.log import days_with_tickets, log_of_day
from mawaeed.hall.waits.pace import pace_from
from mawaeed.hall.waits.reckoning import additions
from mawaeed.hall.waits.state import kept_of, stays_of_day
from mawaeed.kernel.clock import day_bounds, local_date
from mawaeed.kernel.database import write_transaction

logger = logging.getLogger(__name__)

DAYS = 28
# Fewer waits of the last day prove nothing about a method.
FEWEST_PROVED = 50
# So much less must a method err to take the place of another.
BETTER = 0.95
MODELS_KEPT = 3


def learn_nightly(now: datetime) -> None:
    """The worker's job: once for each finished local day, whichever worker comes first."""
    for agency in Agency.objects.all():
        today = local_date(now, agency.timezone)
        centres = [
            centre
            for centre in Centre.objects.filter(agency=agency, active=True)
            if kept_of(centre).get("until", "") < (today - timedelta(days=1)).isoformat()
        ]
        if centres:
            learn_agency(agency=agency, centres=centres, today=today, now=now)


def learn_agency(
    *, agency: Agency, centres: Sequence[Centre], today: date, now: datetime
) -> EstimateModel | None:
    """Learn from the days before `today`; returns the model, None with too few waits."""
    days = days_with_tickets(centres, today - timedelta(days=DAYS), today)
    row: EstimateModel | None = None
    errors: dict[str, Errors] = {}
    if len(days) > 1:
        row, errors = _learned(agency, centres, days, now)
    for centre in centres:
        _keep(centre, today, errors.get(str(centre.pk)), now)
    return row


def _learned(
    agency: Agency, centres: Sequence[Centre], days: Sequence[date], now: datetime
) -> tuple[EstimateModel | None, dict[str, Errors]]:
    """The model of all days but the last, and its errors on the last, centre by centre."""
    from mawaeed.hall.estimates.growing import FEWEST_ROWS, learn  # numpy, in the worker alone

    estimator = Estimator()
    rows, waits = [], []
    for day in days[:-1]:
        for each in replay_day(estimator, log_of_day(centres, day)):
            rows.append(each.estimate.row)
            waits.append(each.ticket.wait)
    if len(rows) < FEWEST_ROWS:
        return None, {}
    estimator.model = learn(rows, waits)
    errors: dict[str, Errors] = {}
    for each in replay_day(estimator, log_of_day(centres, days[-1])):
        said = each.estimate
        errors.setdefault(each.ticket.office, Errors()).add(said.p50, said.p90, each.ticket.wait)
    return _stored(agency, estimator, errors.values(), now), errors


def _stored(
    agency: Agency, estimator: Estimator, errors: Iterable[Errors], now: datetime
) -> EstimateModel:
    assert estimator.model is not None
    every = list(errors)
    count = sum(each.count for each in every)
    with write_transaction():
        row = EstimateModel.objects.create(
            agency=agency,
            learned_at=now,
            tickets=estimator.model.learned_from,
            content={"model": as_json(estimator.model), "past": past_as_json(estimator.halls)},
            error=sum(each.absolute for each in every) / count if count else None,
            held=sum(each.kept for each in every) / count if count else None,
        )
        old = EstimateModel.objects.filter(agency=agency).order_by("-learned_at", "-pk")
        EstimateModel.objects.filter(
            pk__in=list(old.values_list("pk", flat=True)[MODELS_KEPT:])
        ).delete()
        return row


def _keep(centre: Centre, today: date, learned: Errors | None, now: datetime) -> None:
    """Add the last finished day to what is kept of a centre, once."""
    yesterday = today - timedelta(days=1)
    before = kept_of(centre)
    _, evening = day_bounds(yesterday, centre.timezone)
    pace = pace_from(before.get("pace", {}), stays_of_day(centre, yesterday))
    carried = additions(centre, evening - timedelta(minutes=1))
    content: dict[str, Any] = {
        "until": yesterday.isoformat(),
        "pace": pace.as_json(),
        "additions": {str(pool): round(value, 4) for pool, value in carried.items()},
        "method": method_for(learned, _announced_error(centre, yesterday)),
    }
    with write_transaction():
        row, made = EstimateCorrection.objects.select_for_update().get_or_create(
            centre=centre, defaults={"content": content, "at": now}
        )
        if not made and row.content.get("until", "") < content["until"]:
            row.content, row.at = content, now
            row.save(update_fields=["content", "at"])


def method_for(learned: Errors | None, announced: tuple[int, float | None]) -> str:
    """The name of the method that erred less on the last day; the simulated one in doubt."""
    count, error = announced
    if learned is None or error is None or min(learned.count, count) < FEWEST_PROVED:
        return WaitEstimate.Method.SIMULATED.value
    better = learned.absolute / learned.count < BETTER * error
    return (WaitEstimate.Method.LEARNED if better else WaitEstimate.Method.SIMULATED).value


def _announced_error(centre: Centre, day: date) -> tuple[int, float | None]:
    """How far first ranges that were not learned erred on a day, and of how many."""
    rows = WaitEstimate.objects.filter(centre=centre, day=day, first=True, waited__isnull=False)
    found = rows.exclude(method=WaitEstimate.Method.LEARNED).aggregate(
        count=Count("pk"), error=Avg(Abs(F("waited") - F("p50")))
    )
    return found["count"], found["error"]
