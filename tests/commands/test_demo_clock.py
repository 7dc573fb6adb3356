from datetime import UTC, datetime, timedelta

import pytest

from mawaeed.commands.demo_clock import set_clock, shown_now
from mawaeed.kernel.models import DemoClock
from small_world import local, make_world

pytestmark = pytest.mark.django_db


def test_clock_shows_the_truth_while_the_centre_is_open() -> None:
    dana = make_world().dana

    assert set_clock(local(8), local(8), centre=dana) == local(8)
    assert DemoClock.objects.count() == 0


def test_clock_starts_at_ten_on_the_next_working_day_when_it_is_closed() -> None:
    dana = make_world().dana

    assert set_clock(local(18), local(18), centre=dana) == local(10, days=1)
    assert shown_now(local(18)) == local(10, days=1)
    assert shown_now(local(18) + timedelta(minutes=5)) == local(10, 5, days=1)


def test_clock_before_opening_starts_at_ten_the_same_day() -> None:
    dana = make_world().dana

    assert set_clock(local(5), local(5), centre=dana) == local(10)


def test_restart_keeps_the_clock_while_its_centre_is_open() -> None:
    dana = make_world().dana
    set_clock(local(18), local(18), centre=dana)
    later = local(19)

    assert set_clock(later, shown_now(later), centre=dana) == local(11, days=1)
    assert DemoClock.objects.get().real_at == local(18)


def test_restart_after_closing_goes_on_to_the_day_after_and_never_back() -> None:
    dana = make_world().dana
    set_clock(local(18), local(18), centre=dana)
    later = local(23, 30)  # shows 15:30 on the next day

    assert set_clock(later, shown_now(later), centre=dana) == local(10, days=2)


def test_true_time_that_has_overtaken_the_clock_wins() -> None:
    dana = make_world().dana
    DemoClock.objects.create(real_at=local(8), shown_at=local(7), speed=1.0)

    assert shown_now(local(9)) == local(9)
    assert set_clock(local(9), shown_now(local(9)), centre=dana) == local(9)
    assert shown_now(local(10)) == local(10)


def test_clock_without_any_open_day_shows_the_truth() -> None:
    dana = make_world().dana
    moment = datetime(2027, 11, 22, 20, tzinfo=UTC)

    assert set_clock(moment, moment, centre=dana) == moment
