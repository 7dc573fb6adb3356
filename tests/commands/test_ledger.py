"""`mawaeed ledger check` and the nightly run find what is wrong, and only that."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db.models import F

from mawaeed.availability.models import Cooling, Interval
from mawaeed.availability.places import Stay, cool_places, take_places
from mawaeed.booking.actions import book_appointment, hold_places
from mawaeed.booking.ledger import check_ledger, check_ledger_nightly, ledger_differences
from mawaeed.booking.models import Appointment, LedgerCheck
from mawaeed.commands.cli import main
from mawaeed.kernel.actor import SYSTEM
from small_world import NOW, local, make_person, make_world

pytestmark = pytest.mark.django_db

START = local(9, days=1)


@pytest.fixture
def booked() -> Appointment:
    make_world(places=2, days=2)
    hold_places(
        person=make_person(2),
        service_codes=["customs"],
        centre_code="dana",
        starts_at=START,
        now=NOW,
    )
    return book_appointment(
        person=make_person(1),
        service_code="renewal",
        centre_code="dana",
        starts_at=START,
        actor=SYSTEM,
        now=NOW,
    )


def test_a_true_ledger_passes(booked: Appointment, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["ledger", "check"]) == 0
    assert "Every place is accounted for." in capsys.readouterr().out
    assert LedgerCheck.objects.get().differences == []


def test_a_place_taken_by_nobody_is_found(
    booked: Appointment, capsys: pytest.CaptureFixture[str]
) -> None:
    wrong = Interval.objects.filter(pool=booked.pool, starts_at=local(11, days=1))
    wrong.update(taken_public=1)
    assert main(["ledger", "check"]) == 1
    out = capsys.readouterr().out
    assert "says public 1, not 0" in out
    assert len(LedgerCheck.objects.get().differences) == 1


def test_a_lost_place_is_found(booked: Appointment) -> None:
    Interval.objects.filter(pool=booked.pool, starts_at=START).update(
        taken_public=F("taken_public") - 1
    )
    [difference] = ledger_differences()
    assert difference.says["public"] == 1
    assert difference.should_say["public"] == 2


def test_cooling_places_and_shortfall_are_recomputed(booked: Appointment) -> None:
    stay = Stay(booked.pool_id, local(10, days=1), local(10, 10, days=1))
    take_places(stay)
    cool_places(stay, until=NOW + timedelta(hours=1), offering_id=booked.offering_id)
    assert ledger_differences() == []
    Interval.objects.filter(pool=booked.pool, starts_at=START).update(capacity=1, shortfall=1)
    assert ledger_differences() == []
    Interval.objects.filter(pool=booked.pool, starts_at=START).update(shortfall=0, capacity=2)
    Cooling.objects.all().delete()
    assert len(ledger_differences()) == 2


def test_what_changes_meanwhile_is_no_difference(
    booked: Appointment, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The first look sees a booking half way, as one that runs beside it may; the second not."""
    Interval.objects.filter(pool=booked.pool, starts_at=START).update(taken_public=1)
    from mawaeed.booking import ledger

    first_look = ledger.ledger_differences()
    Interval.objects.filter(pool=booked.pool, starts_at=START).update(taken_public=2)
    monkeypatch.setattr(ledger, "ledger_differences", lambda: first_look)
    assert first_look
    assert check_ledger(now=NOW).differences == []


def test_it_runs_once_a_night(booked: Appointment) -> None:
    assert check_ledger_nightly(now=local(3, 1, days=1)) is not None
    assert check_ledger_nightly(now=local(9, days=1)) is None
    assert check_ledger_nightly(now=local(2, 59, days=2)) is None
    assert check_ledger_nightly(now=local(3, days=2)) is not None
