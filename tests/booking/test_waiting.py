"""The waiting list: who may join, accepting, what ends by itself."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from booking.waiting_world import (
    accept,
    acting,
    book,
    cancel,
    deliver,
    states,
    switch_on,
    told,
    wait,
)
from mawaeed.booking import actions, errors
from mawaeed.booking.ledger import ledger_differences
from mawaeed.booking.models import Appointment, Hold, WaitingEntry
from mawaeed.booking.waiting.queries import entry_by_token, token_of
from mawaeed.conduct.errors import PersonBlocked
from mawaeed.conduct.models import Standing
from mawaeed.kernel.actor import SYSTEM
from mawaeed.kernel.errors import DomainError, Malformed, NotFound, Stale
from mawaeed.kernel.models import History
from mawaeed.people.models import Person
from small_world import NOW, TODAY, World, local, make_dependant, make_person, make_world

pytestmark = pytest.mark.django_db
START = local(9, days=3)
DAY = timedelta(days=1)
SECOND = timedelta(seconds=1)


@pytest.fixture
def world() -> World:
    return make_world(places=1)


@pytest.fixture
def people(world: World) -> list[Person]:
    return [
        make_person(serial, mobile=f"+973360020{serial:02d}", language="en") for serial in range(9)
    ]


def test_join_waits_for_anything_from_today_as_long_as_may_be_waited(people: list[Person]) -> None:
    entry = wait(people[0])
    assert (entry.centre, entry.appointment, entry.state) == (None, None, "waiting")
    assert (entry.from_date, entry.until_date) == (TODAY, TODAY + 30 * DAY)
    [row] = History.objects.filter(subject_kind="waiting_entry")
    assert (row.subject_id, row.from_state, row.to_state) == (entry.pk, "", "waiting")


def test_join_for_earlier_ends_with_the_day_of_what_is_held(people: list[Person]) -> None:
    held = book(people[0], START)
    assert wait(people[0], appointment=held).until_date == held.day


def test_who_holds_the_only_one_allowed_waits_for_earlier_than_it(people: list[Person]) -> None:
    held = book(people[0], START)
    assert wait(people[0]).appointment == held


def test_join_twice_is_refused_and_again_after_leaving_allowed(people: list[Person]) -> None:
    entry = wait(people[0])
    with pytest.raises(errors.AlreadyWaiting):
        wait(people[0], centre_code="dana")
    assert wait(people[0], service_code="passport").state == "waiting"
    actions.leave_waiting_list(entry=entry, actor=acting(people[0]), now=NOW)
    actions.leave_waiting_list(entry=entry, actor=acting(people[0]), now=NOW)
    assert wait(people[0]).state == "waiting"
    rows = History.objects.filter(subject_id=entry.pk, subject_kind="waiting_entry")
    assert list(rows.order_by("pk").values_list("to_state", flat=True)) == ["waiting", "left"]


def test_join_for_a_dependant_where_the_service_allows_it(people: list[Person]) -> None:
    child = make_dependant(people[0])
    assert wait(people[0], service_code="passport", beneficiary=child).beneficiary == child
    with pytest.raises(errors.DependantsNotAllowed):
        wait(people[0], beneficiary=child)
    with pytest.raises(errors.DependantsNotAllowed):
        wait(people[1], service_code="passport", beneficiary=child)


def test_the_blocked_cannot_join_and_are_not_told(people: list[Person]) -> None:
    Standing.objects.create(person=people[0], blocked_until=NOW + DAY)
    with pytest.raises(PersonBlocked):
        wait(people[0])
    wait(people[1])
    Standing.objects.update(blocked_until=NOW + DAY)
    Standing.objects.update_or_create(person=people[1], defaults={"blocked_until": NOW + DAY})
    cancel(book(people[2], START))
    deliver()
    assert told() == []


@pytest.mark.parametrize(
    ("dates", "refusal"),
    [
        ({"until_date": TODAY - DAY}, Malformed),
        ({"from_date": TODAY + 3 * DAY, "until_date": TODAY + 2 * DAY}, Malformed),
        ({"from_date": TODAY + 31 * DAY}, Malformed),
    ],
)
def test_impossible_dates_are_refused(
    people: list[Person], dates: dict[str, Any], refusal: type[DomainError]
) -> None:
    with pytest.raises(refusal):
        wait(people[0], **dates)
    assert not WaitingEntry.objects.exists()


def test_another_persons_or_a_past_appointment_cannot_be_waited_with(people: list[Person]) -> None:
    held = book(people[0], START)
    with pytest.raises(errors.NotWaitable):
        wait(people[1], appointment=held)
    with pytest.raises(errors.NotWaitable):
        wait(people[0], appointment=cancel(held))


def test_accepting_what_one_was_told_of_books_it(people: list[Person]) -> None:
    held = book(people[0], START)
    entry = wait(people[1])
    cancel(held)
    deliver()
    taken = accept(entry)
    assert (taken.person, taken.starts_at) == (people[1], START)
    assert states(entry) == ["satisfied"]
    with pytest.raises(errors.NothingOffered):
        accept(entry)
    assert ledger_differences() == []


def test_accepting_what_another_took_leaves_everything_as_it_was(people: list[Person]) -> None:
    switch_on(waiting__told_per_place=5)
    early, mine = book(people[0], START), book(people[1], local(12, days=3))
    entry = wait(people[1], appointment=mine)
    cancel(early)
    deliver()
    book(people[2], START)
    with pytest.raises(errors.OfferGone):
        accept(entry)
    assert states(entry) == ["waiting"]
    assert Appointment.objects.get(pk=mine.pk).starts_at == local(12, days=3)
    assert ledger_differences() == []


def test_accepting_moves_a_booking_made_since_joining(people: list[Person]) -> None:
    early = book(people[0], START)
    entry = wait(people[1], until_date=TODAY + 3 * DAY)
    fallback = book(people[1], local(9, days=5))
    cancel(early)
    deliver()
    assert accept(entry).pk == fallback.pk
    assert Appointment.objects.filter(person=people[1]).count() == 1


def test_nothing_told_nothing_accepted(people: list[Person]) -> None:
    with pytest.raises(errors.NothingOffered):
        accept(wait(people[1]))


def test_a_booking_that_suits_ends_the_wait_and_another_does_not(people: list[Person]) -> None:
    entry = wait(people[1], until_date=TODAY + 3 * DAY)
    held = book(people[1], local(9, days=5))
    assert actions.end_waiting_entries(now=NOW) == 0
    cancel(held)
    book(people[1], START)
    assert actions.end_waiting_entries(now=NOW) == 1
    assert states(entry) == ["satisfied"]


def test_a_booking_that_suits_gives_up_the_offer_for_the_next(people: list[Person]) -> None:
    switch_on(freed__waiting_list_first=True)
    held = book(people[0], START)
    entry, following = wait(people[1]), wait(people[2], now=NOW + SECOND)
    cancel(held)
    book(people[1], local(10, days=2))
    assert actions.end_waiting_entries(now=NOW) == 1
    assert states(entry, following) == ["satisfied", "offered"]
    assert Hold.objects.get().person == people[2]
    assert ledger_differences() == []


def test_a_move_to_something_earlier_ends_the_wait_and_a_later_one_does_not(
    people: list[Person],
) -> None:
    held = book(people[1], START)
    entry = wait(people[1], appointment=held)
    for start, state in ((local(11, days=3), "waiting"), (local(8, days=3), "satisfied")):
        held = Appointment.objects.select_related("offering__centre", "person").get(pk=held.pk)
        actions.move_appointment(appointment=held, starts_at=start, actor=SYSTEM, now=NOW)
        deliver()
        assert states(entry) == [state]


def test_a_wait_expires_after_its_last_day_and_with_what_was_to_be_moved(
    people: list[Person],
) -> None:
    entry = wait(people[0], until_date=TODAY + DAY)
    held = book(people[1], START)
    other = wait(people[1], appointment=held)
    assert actions.end_waiting_entries(now=local(23, 59, days=1)) == 0
    cancel(held)
    assert actions.end_waiting_entries(now=local(0, 1, days=2)) == 2
    assert states(entry, other) == ["expired", "expired"]


def test_a_changed_entry_is_not_changed_by_an_old_copy(people: list[Person]) -> None:
    switch_on(freed__waiting_list_first=True)
    held = book(people[0], START)
    copy = wait(people[1])
    cancel(held)
    with pytest.raises(Stale):
        actions.leave_waiting_list(entry=copy, actor=SYSTEM, now=NOW)
    assert states(copy) == ["offered"]


def test_a_token_opens_its_own_entry_only(people: list[Person]) -> None:
    entry = wait(people[0])
    other = wait(people[1])
    assert entry_by_token(token_of(entry)) == entry
    proof = token_of(entry).partition("-")[2]
    for wrong in (f"{other.pk}-{proof}", f"{entry.pk}-", f"{entry.pk}-é", "x", "", "-", "9" * 90):
        with pytest.raises(NotFound):
            entry_by_token(wrong)
