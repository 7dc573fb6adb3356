"""A thousand people at one centre: the day ends with nothing open and its figures agree."""

from __future__ import annotations

import os
from datetime import datetime, timedelta

import pytest

from mawaeed.availability.models import Session
from mawaeed.centres.models import Centre, Counter, Offering
from mawaeed.commands.simulation.cast import make_clerks, make_residents
from mawaeed.commands.simulation.plan import Offered, Opening, plan_day
from mawaeed.commands.simulation.play import Day
from mawaeed.commands.simulation.report import Report, report_on, whole
from mawaeed.commands.simulation.surroundings import Surroundings
from mawaeed.commands.simulation.together import play_together
from mawaeed.commands.simulation.worker import run_worker_once
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
    day = plan(world.dana, visitors=visitors, seed=seed, surroundings=Surroundings(seed))
    day.book_ahead(NOW)
    day.play()
    return report_on(day)


def plan(centre: Centre, *, visitors: int, seed: int, surroundings: Surroundings) -> Day:
    openings = [
        Opening(one.pool_id, one.starts_at, one.ends_at, one.places)
        for one in Session.objects.filter(centre=centre, date=TODAY + timedelta(days=1))
    ]
    offered = [
        Offered(one.pk, one.service.code, one.pool_id, one.duration_minutes, one.walk_ins)
        for one in Offering.objects.select_related("service").filter(centre=centre)
    ]
    planned = plan_day(offered, openings, visitors=visitors, seed=seed)
    return Day(
        centre=centre,
        openings=openings,
        visitors=planned,
        people=make_residents(len(planned), seed=seed, now=NOW),
        clerks=make_clerks(centre, list(Counter.objects.filter(centre=centre))),
        seed=seed,
        pace=lambda moment: None,
        surroundings=surroundings,
    )


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


def test_two_centres_share_one_morning_one_worker_and_leave_nothing_open() -> None:
    world = make_world(places=2, days=2, open_hours=(7, 8))
    Dimension.objects.create(code="speed", name=both("Speed"))
    turns: list[datetime] = []

    def work(now: datetime) -> None:
        turns.append(now)
        run_worker_once(now)

    surroundings = Surroundings(3, work)
    days = [
        plan(centre, visitors=8, seed=3 + number, surroundings=surroundings)
        for number, centre in enumerate((world.dana, world.muharraq))
    ]
    for day in days:
        day.book_ahead(NOW)
    play_together(days)
    reports = [report_on(day) for day in days]
    for report in reports:
        assert report.outcomes["arrived"] == sum(report.tickets_by_state.values()) > 3
    total = whole(days, reports, 60.0)
    assert total.is_clean
    assert total.left_open == dict.fromkeys(total.left_open, 0)
    assert total.visits == Ticket.objects.count()
    assert sum(report.ratings for report in reports) > 0
    # One after another in time, not one centre after the other; and one worker for both.
    moments = list(History.objects.order_by("pk").values_list("at", flat=True))
    assert moments == sorted(moments)
    each_minute = [turn for turn in turns if turn < days[0].closes_at]
    assert len(each_minute) == len(set(each_minute))


def test_what_is_left_open_is_told() -> None:
    world = make_world(places=1, days=2, open_hours=(7, 8))
    surroundings = Surroundings(5)
    day = plan(world.dana, visitors=4, seed=5, surroundings=surroundings)
    day.book_ahead(NOW)
    total = whole([day], [], 1.0)
    assert total.left_open["appointments"] == day.played.outcomes["booked"]
    assert total.left_open["events"] > 0
    assert not total.is_clean
