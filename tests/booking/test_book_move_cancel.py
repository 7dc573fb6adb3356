from collections.abc import Callable
from datetime import datetime, timedelta
from functools import partial

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from mawaeed.availability.models import Interval
from mawaeed.booking import actions, errors
from mawaeed.booking.ledger import ledger_differences
from mawaeed.booking.models import Appointment
from mawaeed.conduct.errors import PersonBlocked
from mawaeed.conduct.models import Event, Standing
from mawaeed.kernel.actor import SYSTEM, Actor
from mawaeed.kernel.errors import DomainError, Stale
from mawaeed.kernel.models import History, OutboxEvent
from mawaeed.people.models import Person
from small_world import NOW, TODAY, World, local, make_dependant, make_person, make_world

pytestmark = pytest.mark.django_db


def book(
    person: Person,
    starts_at: datetime,
    *,
    service: str = "renewal",
    centre: str = "dana",
    **more: object,
) -> Appointment:
    return actions.book_appointment(
        person=person,
        service_code=service,
        centre_code=centre,
        starts_at=starts_at,
        actor=Actor("person", person.pk),
        now=NOW,
        **more,  # type: ignore[arg-type]
    )


@pytest.fixture
def world() -> World:
    return make_world(places=1)


@pytest.fixture
def person(world: World) -> Person:
    return make_person(1)


def taken() -> list[datetime]:
    return list(
        Interval.objects.filter(taken_public__gt=0)
        .order_by("pool", "starts_at")
        .values_list("starts_at", flat=True)
    )


def test_book_takes_every_interval_and_tells_once(person: Person) -> None:
    start = local(9, days=1)
    appointment = book(person, start, service="passport")
    assert taken() == [start + timedelta(minutes=5 * step) for step in range(3)]
    assert appointment.day == TODAY + timedelta(days=1)
    assert appointment.ends_at == start + timedelta(minutes=15)
    [change] = History.objects.filter(subject_kind="appointment")
    assert (change.from_state, change.to_state) == ("", "booked")
    [event] = OutboxEvent.objects.filter(subject_kind="appointment")
    assert event.kind == "appointment_booked"
    assert Standing.objects.get(person=person).active_count == 1
    assert ledger_differences() == []


@pytest.mark.parametrize(
    ("start", "refusal"),
    [
        (local(7, 50), errors.SlotPast),
        (local(8, 0), errors.SlotPast),
        (local(6, 0, days=1), errors.SlotClosed),
        (local(9, 5, days=1), errors.SlotClosed),  # off the ten-minute step
        (local(9, 3, days=1), errors.SlotClosed),
        (local(13, 55, days=1), errors.SlotClosed),
        (local(9, 0, days=8), errors.OutsideHorizon),
    ],
)
def test_book_at_an_impossible_time_is_refused_and_takes_nothing(
    person: Person, start: datetime, refusal: type[DomainError]
) -> None:
    with pytest.raises(refusal):
        book(person, start)
    assert taken() == []
    assert not Appointment.objects.exists()
    assert not History.objects.filter(subject_kind="appointment").exists()


def test_book_on_the_last_day_of_the_horizon_succeeds(person: Person) -> None:
    assert book(person, local(13, 50, days=7)).state == "booked"


def test_book_a_full_time_is_refused_and_gives_back_what_it_touched(person: Person) -> None:
    book(person, local(9, 10, days=1))
    other = make_person(2)
    with pytest.raises(errors.SlotTaken):
        book(other, local(9, 0, days=1), service="passport")  # its third interval is taken
    assert len(taken()) == 2
    assert (
        Standing.objects.get(person=other).active_count == 0
        if Standing.objects.filter(person=other)
        else True
    )
    assert ledger_differences() == []


def test_book_twice_for_one_service_is_refused_across_centres(person: Person) -> None:
    book(person, local(9, days=1))
    with pytest.raises(errors.AlreadyBooked):
        book(person, local(11, days=2), centre="muharraq")
    assert len(taken()) == 2


def test_book_counts_what_the_beneficiary_has_and_searches_no_service(
    person: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("mawaeed.booking.actions.book.is_possible", lambda: False)
    with CaptureQueriesContext(connection) as captured:
        book(person, local(9, days=1))
    [read] = [
        row["sql"]
        for row in captured
        if row["sql"].startswith("SELECT") and "limit_ordinal" in row["sql"]
    ]
    assert '"service_id" = ' not in read


def test_book_up_to_the_limit_of_the_service(person: Person) -> None:
    for hour in (8, 9, 10):
        book(person, local(hour, days=1), service="customs")
    with pytest.raises(errors.AlreadyBooked):
        book(person, local(11, days=1), service="customs")


def test_book_beyond_the_cap_of_the_person_is_refused(person: Person) -> None:
    Standing.objects.update_or_create(person=person, defaults={"active_count": 5})
    with pytest.raises(errors.LimitReached) as refusal:
        book(person, local(9, days=1))
    assert refusal.value.data == {"limit": 5}


def test_book_while_blocked_is_refused(person: Person) -> None:
    until = NOW + timedelta(days=3)
    Standing.objects.update_or_create(person=person, defaults={"blocked_until": until})
    with pytest.raises(PersonBlocked):
        book(person, local(9, days=1))
    Standing.objects.filter(person=person).update(blocked_until=NOW)
    assert book(person, local(9, days=1)).state == "booked"


def test_book_by_an_account_taken_over_in_this_moment_is_refused(person: Person) -> None:
    Person.objects.filter(pk=person.pk).update(superseded_at=NOW)
    with pytest.raises(Stale):
        book(person, local(9, days=1))
    assert taken() == []


def test_book_for_a_dependant_only_where_the_service_allows_it(person: Person) -> None:
    child = make_dependant(person)
    assert (
        book(person, local(9, days=1), service="passport", beneficiary=child).beneficiary == child
    )
    with pytest.raises(errors.DependantsNotAllowed):
        book(person, local(9, days=2), beneficiary=child)
    stranger = make_person(2).beneficiary
    with pytest.raises(errors.DependantsNotAllowed):
        book(person, local(9, days=2), service="passport", beneficiary=stranger)


def test_one_child_has_one_appointment_whoever_books(person: Person) -> None:
    child = make_dependant(person)
    mother = make_person(2)
    from mawaeed.people.models import Dependant

    Dependant.objects.create(guardian=mother, beneficiary=child, created_at=NOW)
    book(person, local(9, days=1), service="passport", beneficiary=child)
    with pytest.raises(errors.AlreadyBooked):
        book(mother, local(10, days=1), service="passport", beneficiary=child)


def test_move_swaps_places_and_counts(person: Person) -> None:
    appointment = book(person, local(9, days=1))
    moved = actions.move_appointment(
        appointment=appointment, starts_at=local(10, days=3), actor=SYSTEM, now=NOW
    )
    assert taken() == [local(10, days=3), local(10, 5, days=3)]
    moved.refresh_from_db()
    assert (moved.moves, moved.day) == (1, TODAY + timedelta(days=3))
    assert ledger_differences() == []


def test_move_by_an_overlapping_step_succeeds_in_a_full_pool(person: Person) -> None:
    appointment = book(person, local(9, days=1), service="customs")
    actions.move_appointment(
        appointment=appointment, starts_at=local(9, 10, days=1), actor=SYSTEM, now=NOW
    )
    assert taken() == [local(9, 10 + 5 * step, days=1) for step in range(4)]


def test_move_to_another_centre(person: Person) -> None:
    appointment = book(person, local(9, days=1))
    moved = actions.move_appointment(
        appointment=appointment,
        starts_at=local(9, days=1),
        centre_code="muharraq",
        actor=SYSTEM,
        now=NOW,
    )
    assert moved.centre.code == "muharraq"
    assert ledger_differences() == []


def test_move_to_a_full_time_keeps_the_old_place(person: Person) -> None:
    appointment = book(person, local(9, days=1))
    book(make_person(2), local(10, days=1))
    before = taken()
    with pytest.raises(errors.SlotTaken):
        actions.move_appointment(
            appointment=appointment, starts_at=local(10, days=1), actor=SYSTEM, now=NOW
        )
    appointment.refresh_from_db()
    assert (appointment.starts_at, appointment.moves) == (local(9, days=1), 0)
    assert taken() == before


def test_move_more_often_than_allowed_is_refused(person: Person) -> None:
    appointment = book(person, local(9, days=1))
    for hour in (10, 11, 12):
        actions.move_appointment(
            appointment=appointment, starts_at=local(hour, days=1), actor=SYSTEM, now=NOW
        )
    with pytest.raises(errors.MoveLimit):
        actions.move_appointment(
            appointment=appointment, starts_at=local(13, days=1), actor=SYSTEM, now=NOW
        )


def test_move_of_a_cancelled_one_is_stale_wherever_it_goes(person: Person) -> None:
    appointment = book(person, local(9, days=1))
    actions.cancel_appointment(appointment=appointment, actor=SYSTEM, now=NOW)
    Appointment.objects.update(moves=3)
    appointment.refresh_from_db()
    for hour in (9, 10):
        with pytest.raises(Stale):
            actions.move_appointment(
                appointment=appointment, starts_at=local(hour, days=1), actor=SYSTEM, now=NOW
            )


def test_move_from_a_stale_copy_is_refused(person: Person) -> None:
    appointment = book(person, local(9, days=1))
    copy = Appointment.objects.get(pk=appointment.pk)
    actions.move_appointment(
        appointment=appointment, starts_at=local(10, days=1), actor=SYSTEM, now=NOW
    )
    with pytest.raises(Stale):
        actions.move_appointment(
            appointment=copy, starts_at=local(11, days=1), actor=SYSTEM, now=NOW
        )
    assert taken() == [local(10, days=1), local(10, 5, days=1)]


@pytest.mark.parametrize("verb", ["move", "cancel"])
def test_from_a_copy_before_a_move_to_another_centre_is_refused(person: Person, verb: str) -> None:
    appointment = book(person, local(9, days=1))
    copy = Appointment.objects.get(pk=appointment.pk)
    actions.move_appointment(
        appointment=appointment,
        starts_at=local(9, days=1),
        centre_code="muharraq",
        actor=SYSTEM,
        now=NOW,
    )
    book(make_person(2), local(9, days=1))
    changes: dict[str, Callable[..., Appointment]] = {
        "cancel": actions.cancel_appointment,
        "move": partial(actions.move_appointment, starts_at=local(10, days=1)),
    }
    with pytest.raises(Stale):
        changes[verb](appointment=copy, actor=SYSTEM, now=NOW)
    assert ledger_differences() == []


def test_cancel_frees_the_place_at_once_and_again_changes_nothing(person: Person) -> None:
    appointment = book(person, local(9, days=1))
    for _ in range(2):
        actions.cancel_appointment(appointment=appointment, actor=SYSTEM, now=NOW)
    assert taken() == []
    assert Standing.objects.get(person=person).active_count == 0
    assert OutboxEvent.objects.filter(kind="appointment_cancelled").count() == 1
    assert not Event.objects.exists()
    assert book(make_person(2), local(9, days=1)).state == "booked"


def test_cancel_late_is_an_event_of_conduct(person: Person) -> None:
    appointment = book(person, local(9, 30))
    actions.cancel_appointment(appointment=appointment, actor=SYSTEM, now=NOW)
    [event] = Event.objects.all()
    assert (event.kind, event.at) == ("late_cancellation", NOW)


def test_cancel_by_the_centre_is_never_an_event(person: Person) -> None:
    appointment = book(person, local(9, 30))
    actions.cancel_by_centre(appointment=appointment, actor=SYSTEM, reason="closure", now=NOW)
    assert not Event.objects.exists()
    assert taken() == []


def test_cancel_after_the_start_is_refused(person: Person) -> None:
    appointment = book(person, local(9))
    with pytest.raises(errors.TooLateToChange):
        actions.cancel_appointment(appointment=appointment, actor=SYSTEM, now=local(9))


def test_unclaimed_appointments_become_no_shows_by_themselves(person: Person) -> None:
    appointment = book(person, local(9))
    assert actions.expire_unclaimed(now=local(9, 14)) == 0
    assert actions.expire_unclaimed(now=local(9, 15)) == 1
    assert actions.expire_unclaimed(now=local(9, 16)) == 0
    appointment.refresh_from_db()
    assert appointment.state == "no_show"
    [event] = Event.objects.all()
    assert (event.kind, event.at) == ("missed", local(9))
    assert taken() == []


def test_the_fourth_miss_in_a_week_blocks_without_a_clerk(person: Person) -> None:
    for day in (1, 2, 3, 4):
        book(person, local(9, days=day), service="customs" if day < 4 else "renewal")
    for day in (1, 2, 3, 4):
        actions.expire_unclaimed(now=local(12, days=day))
    standing = Standing.objects.get(person=person)
    assert standing.blocked_until == local(12, days=4) + timedelta(days=7)


def test_a_visit_that_was_kept_resets_the_run(person: Person) -> None:
    for day in (1, 2, 3):
        book(person, local(9, days=day), service="customs")
    kept = book(person, local(11, days=3))
    last = book(person, local(9, days=4), service="passport")
    for day in (1, 2, 3):
        actions.expire_unclaimed(now=local(10, days=day))
    actions.check_in(appointment=kept, actor=SYSTEM, now=local(11, days=3))
    actions.fulfil(appointment=kept, actor=SYSTEM, now=local(11, 20, days=3))
    actions.expire_unclaimed(now=local(12, days=4))
    last.refresh_from_db()
    assert last.state == "no_show"
    assert Standing.objects.get(person=person).blocked_until is None
    assert ledger_differences() == []


VERBS = {
    "move": lambda a: actions.move_appointment(
        appointment=a, starts_at=local(10, days=2), actor=SYSTEM, now=NOW
    ),
    "check_in": lambda a: actions.check_in(appointment=a, actor=SYSTEM, now=NOW),
    "cancel_by_centre": lambda a: actions.cancel_by_centre(
        appointment=a, actor=SYSTEM, reason="test", now=NOW
    ),
    "miss": lambda a: actions.mark_no_show(appointment=a, actor=SYSTEM, now=NOW, reason="test"),
    "fulfil": lambda a: actions.fulfil(appointment=a, actor=SYSTEM, now=NOW),
    "cancel": lambda a: actions.cancel_appointment(appointment=a, actor=SYSTEM, now=NOW),
    "restore": lambda a: actions.restore(appointment=a, actor=SYSTEM, now=NOW),
    "undo_check_in": lambda a: actions.undo_check_in(appointment=a, actor=SYSTEM, now=NOW),
}


@pytest.mark.parametrize("state", list(Appointment.State.values))
@pytest.mark.parametrize("verb", list(VERBS))
def test_the_whole_matrix_of_states_and_verbs(person: Person, state: str, verb: str) -> None:
    from mawaeed.booking.rules import APPOINTMENT_TRANSITIONS, COVERING

    appointment = book(person, local(9, days=1))
    if state not in COVERING:
        Interval.objects.update(taken_public=0)
    Appointment.objects.update(state=state)
    appointment.refresh_from_db()
    rows = History.objects.count()
    target = APPOINTMENT_TRANSITIONS.get((state, verb))
    if target is None and (state, verb) != ("cancelled", "cancel"):
        with pytest.raises(Stale):
            VERBS[verb](appointment)
        target = state
    else:
        VERBS[verb](appointment)
        target = target or state
        rows += (state, verb) != ("cancelled", "cancel")
    appointment.refresh_from_db()
    assert appointment.state == target
    assert History.objects.filter(subject_kind="appointment").count() == 1 + (rows - 1)
    assert ledger_differences() == []
