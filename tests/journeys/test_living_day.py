"""A thousand people at one centre: the day ends with nothing open and its figures agree."""

from __future__ import annotations

import os
from datetime import timedelta

import pytest

from mawaeed.availability.models import Session
from mawaeed.centres.models import Counter, Offering
from mawaeed.commands.simulation.cast import make_clerks, make_residents
from mawaeed.commands.simulation.plan import Offered, Opening, plan_day
from mawaeed.commands.simulation.play import Day
from mawaeed.commands.simulation.report import Report, report_on
from mawaeed.feedback.models import Dimension
from mawaeed.hall.models import Ticket
from mawaeed.kernel.database import is_postgresql
from mawaeed.kernel.models import History, PolicyValue
from mawaeed.kernel.policies import forget_policies
from small_world import NOW, TODAY, both, make_world

pytestmark = pytest.mark.django_db(transaction=True)
THOROUGH = bool(os.environ.get("THOROUGH"))


def play(*, visitors: int, counters: int, seed: int) -> Report:
    world = make_world(places=counters, days=2)
    Dimension.objects.create(code="speed", name=both("Speed"))
    openings = [
        Opening(one.pool_id, one.starts_at, one.ends_at, one.places)
        for one in Session.objects.filter(centre=world.dana, date=TODAY + timedelta(days=1))
    ]
    offered = [
        Offered(one.pk, one.service.code, one.pool_id, one.duration_minutes, one.walk_ins)
        for one in Offering.objects.select_related("service").filter(centre=world.dana)
    ]
    planned = plan_day(offered, openings, visitors=visitors, seed=seed)
    day = Day(
        centre=world.dana,
        openings=openings,
        visitors=planned,
        people=make_residents(len(planned), seed=seed, now=NOW),
        clerks=make_clerks(world.dana, list(Counter.objects.filter(centre=world.dana))),
        seed=seed,
        pace=lambda moment: None,
    )
    day.book_ahead(NOW)
    day.play()
    return report_on(day)


def test_a_day_of_a_thousand_arrivals_ends_with_nothing_open_and_agrees_with_itself() -> None:
    """The whole of it with `make thorough`; else a part, so that proving everything takes minutes.

    What PostgreSQL could change shows on a short day.
    """
    share = 1 if THOROUGH else 9 if is_postgresql() else 3
    # More than the day has room for: nobody is turned away, so that the hall is really full.
    PolicyValue.objects.create(key="hall.walk_in_limit", value=False, effective_from=NOW)
    forget_policies()
    report = play(visitors=1130 // share, counters=27 // share, seed=7)
    assert report.outcomes["arrived"] >= 1000 // share
    assert report.open_tickets == 0
    assert report.ledger_differences == 0
    assert sum(report.tickets_by_state.values()) == report.outcomes["arrived"]
    # Little's law: minute samples of the supervisor's count = arrival rate × mean wait.
    assert report.mean_waiting_sampled > 1
    assert report.littles_law_difference < 0.01
    # Waits recomputed from history are what the supervisor's screen had shown.
    assert report.shown_waits_compared > 100 // share
    assert report.largest_shown_difference_seconds == 0
    assert report.ratings > 100 // share


def test_the_same_seed_plays_the_same_day() -> None:
    first = play(visitors=25, counters=2, seed=3)
    rows = list(Ticket.objects.order_by("pk").values_list("number", "state", "due_at"))
    for model in (History, Ticket):
        assert model.objects.exists()
    assert first.outcomes["arrived"] == len(rows)
