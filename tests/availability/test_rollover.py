"""Past intervals leave the working set, and nothing of theirs is lost."""

from __future__ import annotations

from datetime import timedelta

import pytest

from mawaeed.availability import rollover
from mawaeed.availability.models import Interval, PastInterval
from mawaeed.booking.actions import book_appointment
from mawaeed.booking.ledger import ledger_differences
from mawaeed.kernel.actor import SYSTEM
from small_world import NOW, local, make_person, make_world

pytestmark = pytest.mark.django_db

COUNTED = [field.attname for field in PastInterval._meta.fields]


def test_days_before_yesterday_move_out_and_keep_their_figures() -> None:
    make_world(places=2, days=4)
    book_appointment(
        person=make_person(1),
        service_code="renewal",
        centre_code="dana",
        starts_at=local(9, days=0),
        actor=SYSTEM,
        now=NOW,
    )
    first_day = list(Interval.objects.filter(starts_at__lt=local(0, days=1)).values(*COUNTED))
    moved = rollover.move_past_intervals(now=local(6, days=2))
    assert moved == len(first_day) > 0
    assert not Interval.objects.filter(starts_at__lt=local(0, days=1)).exists()
    kept = list(PastInterval.objects.order_by("id").values(*COUNTED))
    assert kept == sorted(first_day, key=lambda row: row["id"])
    assert sum(row["taken_public"] for row in kept) == 2
    assert ledger_differences() == []


def test_yesterday_stays_and_a_repeat_moves_nothing() -> None:
    make_world(places=1, days=2)
    assert rollover.move_past_intervals(now=local(23, 59, days=1)) == 0
    assert rollover.move_past_intervals(now=local(0, 1, days=2)) > 0
    assert rollover.move_past_intervals(now=local(0, 1, days=2)) == 0
    assert Interval.objects.filter(starts_at__gte=local(0, days=1)).exists()


def test_it_goes_on_in_batches(monkeypatch: pytest.MonkeyPatch) -> None:
    make_world(places=1, days=1)
    total = Interval.objects.count()
    monkeypatch.setattr(rollover, "BATCH", 50)
    later = NOW + timedelta(days=3)
    assert rollover.move_past_intervals(now=later, batches=1) == 50
    assert rollover.move_past_intervals(now=later) == total - 50
    assert PastInterval.objects.count() == total
