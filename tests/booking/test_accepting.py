"""Taking a place from the waiting list: what else the person holds, and who may tell meanwhile."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection, transaction

from booking.waiting_world import accept, acting, book, cancel, deliver, states, switch_on, wait
from mawaeed.booking import actions
from mawaeed.booking.actions import waiting
from mawaeed.booking.actions.offers import claim
from mawaeed.booking.errors import AlreadyBooked
from mawaeed.booking.ledger import ledger_differences
from mawaeed.booking.legs import Wanted
from mawaeed.booking.models import Appointment, WaitingEntry
from mawaeed.centres.models import Offering
from small_world import NOW, TODAY, local, make_person, make_world

START = local(9, days=3)
DAY = timedelta(days=1)


@pytest.mark.django_db
def test_accepting_never_takes_a_whole_visit_along() -> None:
    make_world(places=1)
    mine, other = make_person(0), make_person(1)
    early = book(other, START)
    entry = wait(mine, until_date=TODAY + 3 * DAY)
    legs = actions.book_visit(
        person=mine,
        wanted=[Wanted("customs"), Wanted("renewal")],
        centre_code="dana",
        starts_at=local(9, days=5),
        actor=acting(mine),
        now=NOW,
    )
    cancel(early)
    deliver()
    with pytest.raises(AlreadyBooked):
        accept(entry)
    for leg in legs:
        before = leg.starts_at
        leg.refresh_from_db()
        assert leg.starts_at == before
    assert states(entry) == ["waiting"]
    assert ledger_differences() == []


@pytest.mark.django_db
def test_those_who_go_on_waiting_do_not_stand_before_those_who_do_not() -> None:
    make_world(places=1)
    patient, done = make_person(0), make_person(1)
    first = wait(patient, until_date=TODAY + 3 * DAY)
    second = wait(done, until_date=TODAY + 3 * DAY)
    book(patient, local(9, days=5))
    book(done, START)
    assert actions.end_waiting_entries(now=NOW, limit=1) == 1
    assert states(first, second) == ["waiting", "satisfied"]


@pytest.mark.concurrency
@pytest.mark.django_db(transaction=True)
def test_nobody_tells_somebody_who_is_accepting(monkeypatch: pytest.MonkeyPatch) -> None:
    if connection.vendor != "postgresql":
        pytest.skip("one writer at a time: nobody can tell meanwhile")
    make_world(places=1)
    switch_on(waiting__messages_per_day=9)
    holder, mine = make_person(0), make_person(1)
    held = book(holder, START)
    entry = wait(mine)
    cancel(held)
    deliver()
    claimed: list[bool] = []

    def tell() -> bool:
        try:
            offering = Offering.objects.select_related("centre").first()
            assert offering is not None
            with transaction.atomic():
                return claim(WaitingEntry.objects.get(pk=entry.pk), NOW + DAY, offering)
        finally:
            connection.close()

    def booking(**asked: Any) -> Appointment:
        with ThreadPoolExecutor(1) as other:
            claimed.append(other.submit(tell).result(timeout=10))
        return actions.book_appointment(**asked)

    monkeypatch.setattr(waiting, "book_appointment", booking)
    accept(entry)
    assert claimed == [False]
    with transaction.atomic():  # the same is free to be told when nobody accepts
        WaitingEntry.objects.filter(pk=entry.pk).update(state="waiting")
    with ThreadPoolExecutor(1) as other:
        assert other.submit(tell).result(timeout=10)
