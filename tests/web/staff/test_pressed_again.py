"""A press that is sent again, because nobody answered, changes nothing and is told the same."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.test import Client

from mawaeed.availability.models import CalendarChange
from mawaeed.booking.models import Appointment
from mawaeed.centres.models import Offering
from mawaeed.conduct.actions import appeal
from mawaeed.conduct.models import Appeal, Block, Event
from mawaeed.hall.models import CounterProfile, Profile, Ticket
from mawaeed.kernel.actor import Actor
from mawaeed.kernel.models import History, OutboxEvent
from mawaeed.people.actions import register_on_phone
from mawaeed.people.models import Person
from small_world import NOW, TODAY, local
from staff_desk import Desk, key_on

DESK, CALENDAR, PROFILES = "/desk/dana/", "/calendar/dana/", "/profiles/dana/"
NUMBER, AT = "900100000", "2026-11-23T06:00Z"
TOMORROW = (TODAY + timedelta(days=1)).isoformat()
LASTING = (History, OutboxEvent, Appointment, Ticket, CalendarChange, Profile, CounterProfile)


def pressed_twice(client: Client, page: str, address: str, **fields: object) -> None:
    """Send a form of `page` twice, as `js/press.js` does: done once, answered twice the same."""
    shown = client.get(page)
    assert "data-presses" in shown.content.decode(), page
    form = {"key": key_on(shown.content.decode()), **fields}
    written = []
    answers = []
    for _ in range(2):
        answer = client.post(address, form, headers={"X-Press": "1"})
        assert answer.status_code == 204, answer.content.decode()
        answers.append(answer["X-Go"])
        written.append([*(model.objects.count() for model in LASTING), Person.objects.count()])
        said = client.get(answer["X-Go"]).content.decode()
        assert "notice-danger" not in said, address
    assert answers[0] == answers[1]
    assert written[0] == written[1], address


def blocked(person: Person, desk: Desk) -> Appeal:
    event = Event.objects.create(
        person=person,
        kind=Event.Kind.MISSED,
        at=local(7),
        recorded_at=local(7),
        centre_id=desk.world.dana.pk,
        visit_day=TODAY,
    )
    Block.objects.create(
        person=person, starts_at=desk.at, ends_at=desk.at + timedelta(days=7), events=[event.pk]
    )
    return appeal(person=person, text="I was in hospital.", now=desk.at)


def test_reception_may_press_again(desk: Desk) -> None:
    resident = register_on_phone(
        actor=Actor("staff", 1),
        personal_number=NUMBER,
        birth_date="1990-01-15",
        mobile="36001234",
        language="ar",
        now=NOW,
    )
    today = desk.booked(resident, local(8, 10), "passport")
    client = desk.client("supervisor")
    client.post(f"{DESK}look-up/", {"sought": NUMBER})
    pressed_twice(client, DESK, f"{DESK}check-in/", appointment=str(today.pk))
    offering = Offering.objects.get(centre=desk.world.dana, service__code="customs")
    pressed_twice(client, DESK, f"{DESK}walk-in/", offering=str(offering.pk), mobile="")
    wanted = {"service": "renewal", "at": AT, "places": "public"}
    book = f"{DESK}book/?service=renewal&at={AT}&places=public"
    pressed_twice(client, book, f"{DESK}book/", person=str(resident.pk), who="self", **wanted)
    made = Appointment.objects.get(service__code="renewal")
    move = f"{DESK}move/{made.reference}/"
    pressed_twice(client, f"{move}?at=2026-11-23T07:00Z", move, at="2026-11-23T07:00Z")
    cancel = f"{DESK}cancel/{made.reference}/"
    pressed_twice(client, cancel, cancel)
    newcomer = {
        "card": "calls",
        "personal_number": "851200000",
        "date_of_birth_day": "20",
        "date_of_birth_month": "12",
        "date_of_birth_year": "1985",
        "mobile": "36001235",
        "language": "en",
    }
    pressed_twice(client, f"{DESK}register/", f"{DESK}register/", **newcomer)
    objection = blocked(resident, desk)
    answer = {"appeal": str(objection.pk), "decision": "upheld", "answer": "You are right."}
    pressed_twice(client, DESK, f"{DESK}appeal/", **answer)
    assert Ticket.objects.count() == 2


@pytest.mark.parametrize(
    ("kind", "wish"),
    [
        ("close", {"day": TOMORROW, "opens": "08:00", "closes": "10:00", "pool": ""}),
        ("away", {"counter": "1", "day": TOMORROW, "opens": "08:00", "closes": "09:00"}),
        ("add", {"number": "9", "pool": "main"}),
        ("retire", {"counter": "2"}),
    ],
)
def test_the_calendar_may_be_pressed_again(desk: Desk, kind: str, wish: dict[str, str]) -> None:
    client = desk.client("supervisor")
    address = f"{CALENDAR}{kind}/"
    seen = f"{address}?{'&'.join(f'{name}={value}' for name, value in wish.items())}"
    pressed_twice(client, seen, address, reason="Burst pipe", choice="move", **wish)
    change = CalendarChange.objects.get()
    pressed_twice(client, CALENDAR, f"{CALENDAR}undo/", change=str(change.pk))


def test_profiles_may_be_pressed_again(desk: Desk) -> None:
    client = desk.client("supervisor")
    filled = {"name_ar": "الجوازات", "name_en": "Passports", "oldest_first": "40"}
    pressed_twice(client, f"{PROFILES}new/", f"{PROFILES}new/", **filled)
    made = Profile.objects.get()
    pressed_twice(client, PROFILES, f"{PROFILES}assign/", counter="1", profile=str(made.pk))
    page = f"{PROFILES}{made.pk}/"
    pressed_twice(client, page, page, **filled | {"oldest_first": "30"})
    pressed_twice(client, page, page, remove="1")
    assert not Profile.objects.filter(active=True).exists()
