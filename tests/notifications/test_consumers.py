"""Each event that owes a message gives exactly one, to the right mobile and without secrets."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pytest

from hall_day import arrived, booked, walked_in, working
from mawaeed.availability.calendar.wishes import CloseTime
from mawaeed.booking import actions as booking
from mawaeed.booking.actions.calendar import Choice, apply_change
from mawaeed.booking.actions.displace import displace_people
from mawaeed.conduct import actions as conduct
from mawaeed.hall import actions as hall
from mawaeed.kernel import deliveries, outbox
from mawaeed.kernel.actor import SYSTEM
from mawaeed.kernel.clock import real_now
from mawaeed.kernel.models import OutboxDelivery, OutboxEvent
from mawaeed.kernel.outbox import consumers_of
from mawaeed.kernel.secrets import seal, unseal
from mawaeed.notifications.consumers import BUILDERS, write_messages
from mawaeed.notifications.models import Message
from mawaeed.people import actions as people
from small_world import NOW, TODAY, World, local, make_person, make_world

MOBILE = "+97336001234"
pytestmark = pytest.mark.django_db


@pytest.fixture
def world() -> World:
    return make_world()


def tell(now: Any = NOW) -> list[tuple[str, str]]:
    """Deliver everything; returns the new messages as (kind, mobile)."""
    known = set(Message.objects.values_list("pk", flat=True))
    while deliveries.fan_out() + deliveries.deliver_due(now=now):
        pass
    assert not OutboxDelivery.objects.exclude(state="done").exists()
    found = Message.objects.exclude(pk__in=known).order_by("pk")
    return list(found.values_list("kind", "to"))


def emit(kind: str, payload: dict[str, Any], subject_id: int = 1) -> OutboxEvent:
    return outbox.emit(
        kind=kind, subject_kind="person", subject_id=subject_id, at=NOW, day=TODAY, payload=payload
    )


def test_every_kind_of_event_that_owes_a_message_has_the_consumer() -> None:
    assert {kind for kind in BUILDERS if "notifications" not in consumers_of(kind)} == set()


def test_an_appointment_is_told_when_booked_moved_and_cancelled(world: World) -> None:
    appointment = booked(local(11))
    assert tell() == [("appointment_booked", MOBILE)]

    booking.move_appointment(appointment=appointment, starts_at=local(12), actor=SYSTEM, now=NOW)
    assert tell() == [("appointment_moved", MOBILE)]

    booking.cancel_appointment(appointment=appointment, actor=SYSTEM, now=NOW)
    assert tell() == [("appointment_cancelled", MOBILE)]
    text = Message.objects.latest("pk").text
    assert appointment.reference not in text


@pytest.mark.parametrize(
    ("choice", "kind"), [("move", "appointment_displaced"), ("offer", "appointment_cancelled")]
)
def test_a_displaced_person_is_told_once(world: World, choice: Choice, kind: str) -> None:
    booked(local(11), person=make_person(7, language="en"))
    tell()
    change = apply_change(
        centre=world.dana,
        wish=CloseTime(local(10), local(12)),
        choice=choice,
        reason="Burst pipe",
        actor=SYSTEM,
        now=NOW,
    )
    displace_people(change=change, now=NOW)
    assert tell() == [(kind, MOBILE)]
    text = Message.objects.latest("pk").text
    assert "11:00" in text
    assert ("12:00" in text) == (choice == "move")
    assert "Burst pipe" not in text


def test_a_booking_is_told_with_reference_and_secret_link_and_nothing_personal(
    world: World,
) -> None:
    person = make_person(7, language="en")
    person.name = "Somebody"
    person.save()
    appointment = booked(local(11), person=person)
    tell()

    text = Message.objects.get().text
    assert appointment.reference in text
    assert f"/e/{appointment.secret}" in text
    assert "Dana" in text
    assert "11:00 am" in text
    for personal in (person.name, unseal(person.number_sealed), person.mobile):
        assert personal not in text


def test_a_ticket_is_told_to_the_appointments_person_and_to_a_walk_ins_mobile(
    world: World,
) -> None:
    ticket = arrived(local(8, 10), at=NOW)
    assert tell() == [("appointment_booked", MOBILE), ("ticket_issued", MOBILE)]
    text = Message.objects.latest("pk").text
    assert ticket.number in text
    assert f"/t/{ticket.secret}" in text

    walked_in(world.dana, NOW, mobile="+97336001235")
    assert tell() == [("ticket_issued", "+97336001235")]
    walked_in(world.dana, NOW)
    assert tell() == []


def test_a_ticket_of_a_past_day_is_told_to_nobody(world: World) -> None:
    walked_in(world.dana, NOW, mobile=MOBILE)
    assert tell(now=NOW + timedelta(days=1)) == []


def test_missing_appointments_is_told_up_to_the_block_an_objection_and_its_lifting(
    world: World,
) -> None:
    make_person(2)  # so that the person's number is not the objection's too
    person = make_person(1)
    told: list[str] = []
    for day in range(1, 5):
        start = local(9, days=day)
        appointment = booked(start, person=person)
        tell()
        after = start + timedelta(minutes=20)
        booking.mark_no_show(appointment=appointment, actor=SYSTEM, now=after, reason="test")
        told += sorted(kind for kind, _ in tell(now=after))
    assert told == [
        *("appointment_missed", "conduct_warned"),
        *("appointment_missed", "appointment_missed"),
        *("appointment_missed", "person_blocked"),
    ]
    block = person.blocks.get()
    objection = conduct.appeal(person=person, text="I was ill.", now=block.starts_at)
    assert tell() == []
    conduct.decide_appeal(
        appeal=objection, upheld=False, answer="Not shown.", actor=SYSTEM, now=block.starts_at
    )
    assert tell() == [("appeal_decided", MOBILE)]
    conduct.lift_block(block=block, actor=SYSTEM, reason="ill", now=block.starts_at)
    assert tell() == [("block_lifted", MOBILE)]


def test_a_block_says_until_when_in_the_centres_time(world: World) -> None:
    person = make_person(1, language="en")
    block = person.blocks.create(starts_at=NOW, ends_at=local(10, 30, days=7))
    write_messages(
        outbox.emit(
            kind="person_blocked",
            subject_kind="block",
            subject_id=block.pk,
            at=NOW,
            day=TODAY,
            payload={"person_id": person.pk},
        ),
        NOW,
    )
    assert "Sun 29 Nov 10:30 am" in Message.objects.get().text


def test_the_code_is_the_only_six_digit_number_of_its_message(world: World) -> None:
    people.request_sign_in(
        personal_number="900100000",
        date_of_birth="1990-01-15",
        mobile="36001234",
        language="en",
        address=None,
        now=NOW,
    )
    assert tell() == [("sign_in_code", MOBILE)]
    assert len(re.findall(r"(?<!\d)\d{6}(?!\d)", Message.objects.get().text)) == 1


def test_a_code_that_has_expired_is_not_sent() -> None:
    payload = {
        "code_sealed": seal("123456"),
        "to_sealed": seal(MOBILE),
        "language": "ar",
        "expires_at": (real_now() - timedelta(seconds=1)).isoformat(),
    }
    emit("sign_in_code_issued", payload)
    assert tell() == []


def test_a_changed_mobile_is_told_to_both_numbers(world: World) -> None:
    person = make_person(1)
    people.reset_mobile(actor=SYSTEM, person=person, mobile="36001239", now=NOW)
    assert tell() == [("mobile_reset", "+97336001239"), ("mobile_reset", MOBILE)]


def test_a_taken_over_account_is_told_to_the_mobile_of_the_one_that_ended(world: World) -> None:
    person = make_person(1)
    booking.take_over_account(
        actor=SYSTEM, person=person, mobile="36001239", birth_date=person.birth_date, now=NOW
    )
    assert tell() == [("account_taken_over", MOBILE)]


def test_a_finished_service_is_followed_by_the_request_to_rate_it(world: World) -> None:
    ticket = arrived(local(8, 10), at=NOW)
    session = working(world)
    tell()
    hall.call_next(counter_session=session, now=NOW, actor=SYSTEM)
    ticket.refresh_from_db()
    serving = hall.start_service(ticket=ticket, actor=SYSTEM, now=NOW)
    hall.finish_service(ticket=serving, actor=SYSTEM, now=NOW + timedelta(minutes=9))

    assert tell() == [("rating_requested", MOBILE)]
    assert re.search(r"/r/[\w-]{12}$", Message.objects.latest("pk").text)


def test_a_repeated_event_writes_no_second_message(world: World) -> None:
    booked(local(11))
    event = OutboxEvent.objects.get(kind="appointment_booked")
    write_messages(event, NOW)
    write_messages(event, NOW)
    assert Message.objects.count() == 1
