from __future__ import annotations

from datetime import datetime, timedelta
from itertools import count

import pytest

from mawaeed.conduct import actions, queries
from mawaeed.conduct.errors import AlreadyAppealed, NothingToAppeal, PersonBlocked, ReasonMissing
from mawaeed.conduct.models import Appeal, Block, Event, Standing
from mawaeed.kernel.actor import SYSTEM, Actor
from mawaeed.kernel.clock import local_date
from mawaeed.kernel.errors import Malformed, Stale
from mawaeed.kernel.models import History, OutboxEvent, PolicyValue
from mawaeed.kernel.policies import forget_policies
from mawaeed.people.models import Person
from small_world import NOW, make_person, make_world

pytestmark = pytest.mark.django_db
STAFF = Actor("staff", 7)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
numbers = count(1000)


@pytest.fixture
def person() -> Person:
    return make_person()


def record(
    person: Person,
    at: datetime,
    kind: str = Event.Kind.MISSED,
    *,
    centre_id: int | None = None,
    appointment_id: int | None = None,
    booked_at: datetime | None = None,
) -> Event:
    return actions.record_event(
        person_id=person.pk,
        kind=kind,
        at=at,
        appointment_id=next(numbers) if appointment_id is None else appointment_id,
        centre_id=centre_id,
        now=at,
        actor=SYSTEM,
        booked_at=booked_at,
    )


def block(person: Person, start: datetime = NOW) -> Block:
    for hours in range(4):
        record(person, start + hours * HOUR)
    return Block.objects.latest("pk")


def kinds() -> list[str]:
    return list(OutboxEvent.objects.order_by("pk").values_list("kind", flat=True))


def is_refused(person: Person, now: datetime) -> bool:
    try:
        queries.refuse_if_blocked(Standing.objects.get(person=person), now)
    except PersonBlocked:
        return True
    return False


def test_record_first_event_warns_and_fourth_blocks(person: Person) -> None:
    events = [record(person, NOW + hours * HOUR) for hours in range(4)]
    assert kinds() == ["conduct_warned", "person_blocked"]
    made = Block.objects.get()
    blocked_at = NOW + 3 * HOUR
    assert (made.starts_at, made.ends_at) == (blocked_at, blocked_at + 7 * DAY)
    assert made.events == [event.pk for event in events]
    assert Standing.objects.get().blocked_until == made.ends_at
    told = OutboxEvent.objects.latest("pk")
    assert told.payload == {"block_id": made.pk, "until": made.ends_at.isoformat()}
    changes = History.objects.order_by("pk").values_list("subject_kind", "to_state")
    assert list(changes) == [("conduct_event", "missed")] * 4 + [("block", "in_force")]


def test_record_three_events_do_not_block(person: Person) -> None:
    for hours in range(3):
        record(person, NOW + hours * HOUR)
    assert not is_refused(person, NOW + 3 * HOUR)


def test_record_attended_visit_resets_and_the_next_event_warns_again(person: Person) -> None:
    for hours in range(3):
        record(person, NOW + hours * HOUR)
    record(person, NOW + 3 * HOUR, Event.Kind.ATTENDED)
    record(person, NOW + 4 * HOUR)
    assert kinds() == ["conduct_warned", "conduct_warned"]
    assert not Block.objects.exists()


def test_record_same_appointment_twice_is_one_event(person: Person) -> None:
    first = record(person, NOW, appointment_id=5)
    assert record(person, NOW, appointment_id=5) == first
    assert Event.objects.count() == 1
    assert kinds() == ["conduct_warned"]


def test_record_one_visit_of_several_services_is_one_event(person: Person) -> None:
    booked = NOW - DAY
    for minutes in range(5):
        record(person, NOW + timedelta(minutes=minutes), centre_id=1, booked_at=booked)
    assert kinds() == ["conduct_warned"]
    assert Event.objects.count() == 5


def test_block_is_refused_until_its_end_and_not_after(person: Person) -> None:
    made = block(person)
    assert is_refused(person, made.ends_at - timedelta(seconds=1))
    assert not is_refused(person, made.ends_at)
    assert queries.current_block(person, made.ends_at - timedelta(seconds=1)) == made
    assert queries.current_block(person, made.ends_at) is None


def test_blocked_says_until_when_and_why(person: Person) -> None:
    block(person)
    with pytest.raises(PersonBlocked) as refusal:
        queries.refuse_if_blocked(Standing.objects.get(), NOW + 4 * HOUR)
    assert refusal.value.data["until"] == "2026-11-29T11:00:00+03:00"
    assert refusal.value.data["reason"]
    assert "%(" not in refusal.value.text()
    assert refusal.value.data["reason"] in refusal.value.text()


@pytest.mark.usefixtures("in_english")
@pytest.mark.parametrize(
    ("end", "said"),
    [(False, "The appointments you have stay yours."), (True, "The appointments you had are")],
)
def test_blocked_says_what_becomes_of_the_appointments(
    person: Person, end: bool, said: str
) -> None:
    PolicyValue.objects.create(
        key="conduct.block_cancels_bookings", value=end, effective_from=NOW - DAY
    )
    forget_policies()
    block(person)
    with pytest.raises(PersonBlocked) as refusal:
        queries.refuse_if_blocked(Standing.objects.get(), NOW + 4 * HOUR)
    assert said in refusal.value.text()


def test_block_is_not_lengthened_by_what_happens_within(person: Person) -> None:
    made = block(person)
    for hours in range(5, 10):
        record(person, NOW + hours * HOUR)
    assert Block.objects.get().ends_at == made.ends_at
    assert kinds() == ["conduct_warned", "person_blocked"]


def test_expiry_empties_the_run(person: Person) -> None:
    made = block(person)
    record(person, made.ends_at - HOUR)  # within the block: forgotten with it
    for hours in range(1, 4):
        record(person, made.ends_at + hours * HOUR)
    assert Block.objects.count() == 1
    assert kinds() == ["conduct_warned", "person_blocked", "conduct_warned"]
    record(person, made.ends_at + 4 * HOUR)
    assert Block.objects.count() == 2


def test_lift_block_needs_a_reason_and_empties_the_run(person: Person) -> None:
    made = block(person)
    now = NOW + 5 * HOUR
    for reason in ("", "  ", "\x00"):
        with pytest.raises(ReasonMissing):
            actions.lift_block(block=made, actor=STAFF, reason=reason, now=now)
    with pytest.raises(Malformed):
        actions.lift_block(block=made, actor=STAFF, reason="x" * 201, now=now)
    assert is_refused(person, now)
    lifted = actions.lift_block(block=made, actor=STAFF, reason="In hospital", now=now)
    assert (lifted.lifted_at, lifted.lifted_by_id, lifted.lifted_reason) == (now, 7, "In hospital")
    assert not is_refused(person, now)
    assert queries.current_block(person, now) is None
    assert kinds()[-1] == "block_lifted"
    change = History.objects.latest("pk")
    assert (change.subject_kind, change.to_state, change.reason) == (
        "block",
        "lifted",
        "In hospital",
    )
    for hours in range(1, 4):
        record(person, now + hours * HOUR)
    assert Block.objects.count() == 1


def test_lift_block_twice_or_after_its_end_is_stale(person: Person) -> None:
    made = block(person)
    with pytest.raises(Stale):
        actions.lift_block(block=made, actor=STAFF, reason="Late", now=made.ends_at)
    actions.lift_block(block=made, actor=STAFF, reason="Once", now=NOW + 5 * HOUR)
    with pytest.raises(Stale):
        actions.lift_block(block=made, actor=STAFF, reason="Twice", now=NOW + 5 * HOUR)


def test_reverse_event_takes_it_out_of_the_run(person: Person) -> None:
    for number in range(3):
        record(person, NOW + number * HOUR, appointment_id=number + 1)
    now = NOW + 3 * HOUR
    reversed_now = actions.reverse_event(
        appointment_id=2, reason="served_same_day", actor=STAFF, now=now
    )
    assert reversed_now == 1
    record(person, now)
    assert not Block.objects.exists()
    again = actions.reverse_event(appointment_id=2, reason="again", actor=STAFF, now=now)
    unknown = actions.reverse_event(appointment_id=99, reason="again", actor=STAFF, now=now)
    assert (again, unknown) == (0, 0)
    record(person, now + HOUR)
    assert Block.objects.count() == 1


def test_reverse_event_lifts_the_block_it_carried(person: Person) -> None:
    for number in range(4):
        record(person, NOW + number * HOUR, appointment_id=number + 1)
    now = NOW + 5 * HOUR
    actions.reverse_event(appointment_id=1, reason="served_same_day", actor=STAFF, now=now)
    assert not is_refused(person, now)
    assert Block.objects.get().lifted_by_id is None
    assert kinds()[-1] == "block_lifted"


def test_reverse_event_leaves_a_block_that_still_stands(person: Person) -> None:
    forgotten = record(person, NOW - 30 * DAY, appointment_id=50)
    block(person)
    assert forgotten.pk not in Block.objects.get().events
    now = NOW + 5 * HOUR
    actions.reverse_event(appointment_id=50, reason="mistake", actor=STAFF, now=now)
    assert is_refused(person, now)


def test_pardon_day_reverses_then_and_later_at_that_centre_only(person: Person) -> None:
    world = make_world(days=0)
    today = local_date(NOW, "Asia/Bahrain")
    other = make_person(1)
    for hours in range(4):
        record(person, NOW + hours * HOUR, centre_id=world.dana.pk)
    record(other, NOW, centre_id=world.muharraq.pk)
    now = NOW + 5 * HOUR

    def pardon(reason: str) -> int:
        return actions.pardon_day(centre=world.dana, day=today, actor=STAFF, reason=reason, now=now)

    with pytest.raises(ReasonMissing):
        pardon(" ")
    assert pardon("Power cut") == 4
    assert pardon("Power cut") == 0
    assert not is_refused(person, now)
    late = record(person, now, centre_id=world.dana.pk)
    assert late.reversed_at == now
    assert Event.objects.get(person=other).reversed_at is None
    record(person, now + DAY, centre_id=world.dana.pk)
    assert kinds().count("conduct_warned") == 3


def test_appeal_once_and_upheld_lifts(person: Person) -> None:
    now = NOW + 5 * HOUR
    with pytest.raises(NothingToAppeal):
        actions.appeal(person=person, text="Why?", now=now)
    block(person)
    with pytest.raises(ReasonMissing):
        actions.appeal(person=person, text=" ", now=now)
    made = actions.appeal(person=person, text="I was in hospital", now=now)
    assert list(queries.open_appeals()) == [made]
    with pytest.raises(AlreadyAppealed):
        actions.appeal(person=person, text="Again", now=now)
    with pytest.raises(ReasonMissing):
        actions.decide_appeal(appeal=made, upheld=True, answer="", actor=STAFF, now=now)
    decided = actions.decide_appeal(
        appeal=made, upheld=True, answer="Get well", actor=STAFF, now=now
    )
    assert (decided.state, decided.decided_by_id) == (Appeal.State.UPHELD, 7)
    assert not is_refused(person, now)
    assert kinds()[-3:] == ["appeal_made", "appeal_decided", "block_lifted"]
    with pytest.raises(Stale):
        actions.decide_appeal(appeal=made, upheld=False, answer="No", actor=STAFF, now=now)


def test_appeal_refused_leaves_the_block(person: Person) -> None:
    block(person)
    now = NOW + 5 * HOUR
    made = actions.appeal(person=person, text="Please", now=now)
    actions.decide_appeal(appeal=made, upheld=False, answer="Sorry", actor=STAFF, now=now)
    assert is_refused(person, now)
    assert kinds()[-1] == "appeal_decided"


def test_appeal_upheld_after_the_end_lifts_nothing(person: Person) -> None:
    made = block(person)
    appealed = actions.appeal(person=person, text="Please", now=NOW + 5 * HOUR)
    actions.decide_appeal(
        appeal=appealed, upheld=True, answer="Late", actor=STAFF, now=made.ends_at + DAY
    )
    made.refresh_from_db()
    assert made.lifted_at is None


def test_settings_decide_threshold_length_and_early_cancellations(person: Person) -> None:
    for key, value in (
        ("conduct.threshold", 1),
        ("conduct.block_days", 2),
        ("conduct.count_all_cancellations", True),
    ):
        PolicyValue.objects.create(key=key, value=value, effective_from=NOW - DAY)
    forget_policies()
    try:
        record(person, NOW, Event.Kind.CANCELLATION)
        record(person, NOW + HOUR, Event.Kind.CANCELLATION)
    finally:
        forget_policies()
    assert Block.objects.get().ends_at == NOW + HOUR + 2 * DAY


def test_early_cancellation_is_neutral_by_default(person: Person) -> None:
    for hours in range(6):
        record(person, NOW + hours * HOUR, Event.Kind.CANCELLATION)
    assert kinds() == []


def test_conduct_record_is_newest_first_and_one_s_own(person: Person) -> None:
    record(make_person(1), NOW)
    events = [record(person, NOW + hours * HOUR) for hours in range(2)]
    assert list(queries.conduct_record(person)) == events[::-1]
    assert list(queries.conduct_record(person, NOW)) == events[:1]


def test_record_by_a_request_that_waited_for_the_block_makes_no_second(person: Person) -> None:
    block(person)
    actions.record_event(
        person_id=person.pk,
        kind=Event.Kind.MISSED,
        at=NOW + 2 * HOUR,
        appointment_id=next(numbers),
        centre_id=None,
        now=NOW + 2 * HOUR,  # read before the block's transaction was over
        actor=SYSTEM,
    )
    assert Block.objects.count() == 1
