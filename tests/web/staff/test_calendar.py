"""The calendar of a centre: look first, then change, then undo."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.test import Client

from mawaeed.availability.models import CalendarChange, Interval
from mawaeed.booking.models import Appointment
from mawaeed.centres.models import Counter
from mawaeed.people.models import Person
from small_world import TODAY, local
from staff_desk import Desk, key_on

TOMORROW = (TODAY + timedelta(days=1)).isoformat()
MORNING = {"day": TOMORROW, "opens": "08:00", "closes": "10:00", "pool": ""}
LANGUAGES = pytest.mark.parametrize("language", ["ar", "en"])


@pytest.fixture
def booked(desk: Desk, person: Person) -> Appointment:
    return desk.booked(person, local(9, days=1))


def apply(client: Client, where: str, wish: dict[str, str], **more: str) -> str:
    """Look at the list, then press; returns what the next page says."""
    seen = client.get(where, wish)
    assert seen.status_code == 200
    answer = client.post(
        where, {**wish, "key": key_on(seen.content.decode()), "reason": "Burst pipe", **more}
    )
    assert answer.status_code == 302, answer.content.decode()
    return client.get("/calendar/dana/").content.decode()


@LANGUAGES
def test_every_step_of_closing_a_morning(desk: Desk, booked: Appointment, language: str) -> None:
    client = desk.client("supervisor", language)
    assert client.get("/calendar/dana/").status_code == 200
    assert client.get("/calendar/dana/close/").status_code == 200
    seen = client.get("/calendar/dana/close/", MORNING).content.decode()
    assert booked.reference in seen
    assert "10:00" in seen
    assert not CalendarChange.objects.exists()
    after = apply(client, "/calendar/dana/close/", MORNING, choice="move")
    booked.refresh_from_db()
    assert booked.starts_at == local(10, days=1)
    assert "Burst pipe" in after
    key = key_on(after)
    change = CalendarChange.objects.get()
    answer = client.post("/calendar/dana/undo/", {"key": key, "change": str(change.pk)})
    assert answer.status_code == 302
    assert not Interval.objects.filter(capacity=0).exists()
    booked.refresh_from_db()
    assert booked.starts_at == local(10, days=1)


def test_pressing_twice_changes_once(desk: Desk, booked: Appointment) -> None:
    client = desk.client("supervisor")
    seen = client.get("/calendar/dana/close/", MORNING).content.decode()
    sent = {**MORNING, "key": key_on(seen), "reason": "Burst pipe", "choice": "move"}
    for _ in range(2):
        assert client.post("/calendar/dana/close/", sent).status_code == 302
    assert CalendarChange.objects.count() == 1
    assert CalendarChange.objects.get().details["moved"] == 1


def test_without_a_reason_nothing_happens_and_all_that_was_typed_stays(
    desk: Desk, booked: Appointment
) -> None:
    client = desk.client("supervisor")
    answer = client.post("/calendar/dana/close/", {**MORNING, "key": "k", "choice": "offer"})
    assert answer.status_code == 422
    shown = answer.content.decode()
    assert 'value="08:00"' in shown
    assert 'value="offer" checked' in shown
    assert not CalendarChange.objects.exists()


@pytest.mark.parametrize(
    "wrong",
    [
        {"day": ""},
        {"day": "tomorrow"},
        {"day": (TODAY - timedelta(days=1)).isoformat()},
        {"closes": "07:00"},
        {"closes": "08:00"},
        {"last": TODAY.isoformat()},
        {"pool": "nothing"},
        {"day": TODAY.isoformat(), "opens": "06:00", "closes": "07:00"},
    ],
)
def test_what_cannot_be_is_told_on_the_form(desk: Desk, wrong: dict[str, str]) -> None:
    answer = desk.client("supervisor").get("/calendar/dana/close/", {**MORNING, **wrong})
    assert answer.status_code == 422
    shown = answer.content.decode()
    assert "aria-invalid" in shown or "notice-danger" in shown


def test_going_back_keeps_what_was_typed(desk: Desk) -> None:
    answer = desk.client("supervisor").get("/calendar/dana/close/", {**MORNING, "again": "1"})
    assert answer.status_code == 200
    assert 'type="time"' in answer.content.decode()
    assert 'value="08:00"' in answer.content.decode()


def test_a_counter_goes_away_is_added_and_retired(desk: Desk, booked: Appointment) -> None:
    client = desk.client("administrator")
    away = {"counter": "1", "day": TOMORROW, "opens": "08:00", "closes": "10:00", "pool": ""}
    apply(client, "/calendar/dana/away/", away)
    assert Interval.objects.filter(capacity=1).count() == 24
    refused = client.get("/calendar/dana/away/", away)
    assert refused.status_code == 422
    assert "notice-danger" in refused.content.decode()
    apply(client, "/calendar/dana/add/", {"number": "12", "pool": "main"})
    assert Counter.objects.filter(number=12, active=True).exists()
    apply(client, "/calendar/dana/retire/", {"counter": "12"}, choice="keep")
    assert not Counter.objects.filter(number=12, active=True).exists()


def test_hours_change_from_tomorrow(desk: Desk, booked: Appointment) -> None:
    client = desk.client("supervisor")
    wish = {"opens": "10:00", "closes": "12:00", "day": TOMORROW, "last": TOMORROW, "pool": ""}
    where = "/calendar/dana/hours/"
    assert client.get(where, wish).status_code == 422
    query = {**wish, "weekdays": ["1", "2", "3", "4", "5", "6", "7"]}
    seen = client.get(where, query)
    assert seen.status_code == 200
    sent = {**query, "key": key_on(seen.content.decode()), "reason": "Ramadan", "choice": "move"}
    assert client.post(where, sent).status_code == 302
    booked.refresh_from_db()
    assert booked.starts_at == local(10, days=1)
    assert CalendarChange.objects.get().details["settled"] is True


def test_what_no_database_takes_is_left_out_of_a_reason(desk: Desk) -> None:
    apply(desk.client("supervisor"), "/calendar/dana/close/", MORNING, reason="Burst\x00 pipe")
    assert CalendarChange.objects.get().reason == "Burst pipe"


def test_another_centres_change_is_not_there(desk: Desk) -> None:
    client = desk.client("supervisor")
    apply(client, "/calendar/dana/close/", MORNING)
    change = str(CalendarChange.objects.get().pk)
    elsewhere = desk.client("elsewhere")
    for number in (change, "x", "999999", "9" * 5000):
        answer = elsewhere.post("/calendar/muharraq/undo/", {"key": "k", "change": number})
        assert answer.status_code == 404
    assert elsewhere.get("/calendar/dana/").status_code == 404
    assert desk.client("clerk").get("/calendar/dana/").status_code == 403


def test_a_shortfall_is_shown_until_it_is_resolved(desk: Desk, booked: Appointment) -> None:
    client = desk.client("supervisor", "en")
    desk.booked(_another(), local(9, days=1))
    away = {"counter": "1", "day": TOMORROW, "opens": "08:00", "closes": "10:00", "pool": ""}
    shown = apply(client, "/calendar/dana/away/", away, choice="keep")
    assert "1 person more than there are places" in shown
    assert Appointment.objects.filter(starts_at=local(9, days=1)).count() == 2


def _another() -> Person:
    from small_world import make_person

    return make_person(5)
