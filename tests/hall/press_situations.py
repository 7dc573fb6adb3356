"""What a counter may find itself in when finish-and-call is pressed, ordinary or not."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from hall.press_scene import AT, Scene, Situation
from hall_day import CLERK, arrived, fresh, offering_of
from mawaeed.availability.models import CounterAbsence
from mawaeed.booking import actions as booking
from mawaeed.booking.legs import Wanted
from mawaeed.booking.models import Appointment
from mawaeed.centres.models import Counter, Pool
from mawaeed.conduct.models import Event, Standing
from mawaeed.hall import actions as hall
from mawaeed.hall.actions.profiles import assign_profile, save_profile
from mawaeed.hall.conditions import read_conditions
from mawaeed.hall.models import (
    CounterBreak,
    CounterSession,
    Ticket,
)
from mawaeed.kernel.actor import SYSTEM
from mawaeed.kernel.models import PolicyValue
from mawaeed.kernel.policies import forget_policies
from small_world import NOW as BOOKED
from small_world import both, local, make_person


def a_stranger(scene: Scene) -> None:
    scene.serve(scene.waits(0))


def a_known_person(scene: Scene) -> None:
    scene.serve(scene.waits(0, person=make_person(1)))


def with_an_appointment(scene: Scene) -> None:
    scene.serve(arrived(local(8, 30), local(8, 20)))


def and_others_wait(scene: Scene) -> None:
    a_stranger(scene)
    for minute in (30, 20, 40):
        scene.waits(minute, priority=minute == 40)
    arrived(local(8, 50), local(8, 45))


def whoever_was_told_a_time_is_over(scene: Scene) -> None:
    """Past the ceiling: before everybody, even those with more points."""
    and_others_wait(scene)
    Ticket.objects.filter(number="A002").update(due_at=AT - timedelta(minutes=60, seconds=1))


def exactly_at_the_ceiling(scene: Scene) -> None:
    and_others_wait(scene)
    Ticket.objects.filter(number="A002").update(due_at=AT - timedelta(minutes=60))


def by_other_rates(scene: Scene) -> None:
    and_others_wait(scene)
    for name, value in (("rate_walk_in", 7), ("credit_priority", 0.5), ("ceiling_minutes", 31)):
        PolicyValue.objects.create(
            key=f"hall.{name}",
            scope_kind="centre",
            scope_id=scene.world.dana.pk,
            value=value,
            effective_from=BOOKED - timedelta(days=1),
        )
    forget_policies()


def _sent(ticket: Ticket, **to: Any) -> None:
    Ticket.objects.filter(pk=ticket.pk).update(**to)


def sent_here_from_another_pool(scene: Scene) -> None:
    a_stranger(scene)
    pool = Pool.objects.create(centre=scene.world.dana, code="other", name=both("Other"))
    scene.waits(50)
    _sent(scene.waits(10), wanted_counter=scene.session.counter, pool=pool)


def sent_to_this_clerk(scene: Scene) -> None:
    a_stranger(scene)
    scene.waits(50)
    _sent(scene.waits(10), wanted_staff=scene.session.staff)


def sent_to_a_counter_at_work(scene: Scene) -> None:
    a_stranger(scene)
    scene.waits(50)
    _sent(scene.waits(10), wanted_counter=Counter.objects.get(centre__code="dana", number=2))


def sent_to_a_closed_counter(scene: Scene) -> None:
    a_stranger(scene)
    scene.waits(50)
    _sent(scene.waits(10), wanted_counter=Counter.objects.get(centre__code="dana", number=3))


def some_asked_for_more_time(scene: Scene) -> None:
    a_stranger(scene)
    _sent(scene.waits(10), not_before=AT + timedelta(seconds=1), more_time_used=1)
    _sent(scene.waits(20), not_before=AT, more_time_used=1)
    scene.waits(30)


def called_before_and_sent_on(scene: Scene) -> None:
    a_stranger(scene)
    _sent(scene.waits(10), calls=3)


def the_counter_is_lent(scene: Scene) -> None:
    a_stranger(scene)
    scene.waits(10)
    helped = Pool.objects.create(centre=scene.world.dana, code="other", name=both("Other"))
    _sent(scene.waits(30), pool=helped)
    CounterAbsence.objects.create(
        counter=scene.session.counter,
        from_pool=scene.world.dana_pool,
        to_pool=helped,
        starts_at=AT,
        ends_at=AT + timedelta(hours=1),
        reason="x",
    )


def no_limit_row_yet(scene: Scene) -> None:
    a_known_person(scene)
    Standing.objects.all().delete()


def with_strikes(scene: Scene) -> None:
    """A run of missed tickets, older ones, which attending ends and does not take back."""
    with_an_appointment(scene)
    person = Ticket.objects.get().person
    assert person is not None
    Event.objects.create(person=person, kind="missed", at=BOOKED, recorded_at=BOOKED, centre_id=1)


def on_record_already(scene: Scene) -> None:
    with_an_appointment(scene)
    ticket = Ticket.objects.get()
    assert ticket.person is not None
    Event.objects.create(
        person=ticket.person,
        kind="attended",
        at=BOOKED,
        recorded_at=BOOKED,
        appointment_id=ticket.appointment_id,
    )


def at_a_centre_west_of_utc(scene: Scene) -> None:
    and_others_wait(scene)
    type(scene.world.dana).objects.update(timezone="America/St_Johns")
    scene.world.dana.timezone = "America/St_Johns"
    Ticket.objects.update(due_at=AT - timedelta(milliseconds=1))


# What the statement leaves to the plain path.


def another_number(scene: Scene) -> None:
    and_others_wait(scene)
    scene.number = "A002"


def already_finished(scene: Scene) -> None:
    and_others_wait(scene)
    Ticket.objects.filter(number="A001").update(state="served")


def on_a_break(scene: Scene) -> None:
    and_others_wait(scene)
    CounterBreak.objects.create(counter_session=scene.session, began_at=AT)


def closed(scene: Scene) -> None:
    and_others_wait(scene)
    CounterSession.objects.filter(pk=scene.session.pk).update(closed_at=AT)


def several_services(scene: Scene) -> None:
    and_others_wait(scene)
    passport = offering_of(scene.world.dana, "passport")
    hall.add_service(
        ticket=fresh(Ticket.objects.get(number="A001")), offering=passport, actor=CLERK, now=AT
    )


def a_visit_of_two(scene: Scene) -> None:
    person = make_person(1)
    first, _ = booking.book_visit(
        person=person,
        wanted=[Wanted("renewal"), Wanted("passport")],
        centre_code="dana",
        starts_at=local(8, 30),
        actor=SYSTEM,
        now=BOOKED,
    )
    scene.serve(hall.check_in(appointment=first, actor=CLERK, now=local(8, 20)))


def missed_one_today(scene: Scene) -> None:
    person = make_person(1)
    missed = booking.book_appointment(
        person=person,
        service_code="passport",
        centre_code="dana",
        starts_at=local(8, 10),
        actor=SYSTEM,
        now=BOOKED,
    )
    booking.mark_no_show(appointment=missed, actor=SYSTEM, now=local(8, 30), reason="x")
    scene.serve(scene.waits(40, person=person))


def the_appointment_was_missed(scene: Scene) -> None:
    with_an_appointment(scene)
    Appointment.objects.update(state="no_show")


def by_profiles(scene: Scene) -> None:
    and_others_wait(scene)
    made = save_profile(
        centre=scene.world.dana,
        name=both("Profile"),
        conditions=read_conditions([{"kind": "only", "classes": ["walk_in"]}]),
        now=AT,
        actor=CLERK,
    )
    other = Counter.objects.select_related("centre").get(centre__code="dana", number=3)
    assign_profile(counter=other, profile=made, now=AT, actor=CLERK)


ORDINARY: tuple[tuple[Situation, str | None], ...] = (
    (a_stranger, None),
    (a_known_person, None),
    (with_an_appointment, None),
    (and_others_wait, "A004"),
    (whoever_was_told_a_time_is_over, "A002"),
    (exactly_at_the_ceiling, "A004"),
    (by_other_rates, "A003"),
    (sent_here_from_another_pool, "A003"),
    (sent_to_this_clerk, "A003"),
    (sent_to_a_counter_at_work, "A002"),
    (sent_to_a_closed_counter, "A003"),
    (some_asked_for_more_time, "A003"),
    (called_before_and_sent_on, "A002"),
    (the_counter_is_lent, "A003"),
    (no_limit_row_yet, None),
    (with_strikes, None),
    (on_record_already, None),
    (at_a_centre_west_of_utc, "A004"),
)
FOR_THE_PLAIN_PATH: tuple[tuple[Situation, str], ...] = (
    (another_number, "stale"),
    (already_finished, "stale"),
    (on_a_break, "on_break"),
    (closed, "counter_closed"),
    (several_services, ""),
    (a_visit_of_two, ""),
    (missed_one_today, ""),
    (the_appointment_was_missed, ""),
    (by_profiles, ""),
)
