"""The people of a demonstration: staff of two centres, an administrator, a few residents.

Every number is synthetic (serial 0000), every mobile from 3600xxxx.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.contrib.auth.hashers import make_password

from mawaeed.centres.models import Agency, Centre
from mawaeed.conduct.actions import record_event
from mawaeed.conduct.models import Event
from mawaeed.kernel.actor import Actor
from mawaeed.kernel.database import write_transaction
from mawaeed.people.actions import add_dependant, register_at_desk
from mawaeed.people.errors import AccountExists
from mawaeed.people.models import Person, Role, Staff, StaffRole

PASSWORD = "mawaeed-demo"  # noqa: S105 (shown on the screen at every start)
# Background visitors keep the first one's hall alive; the second waits for you alone.
LIVELY_CENTRE = "traffic-dana"
QUIET_CENTRE = "traffic-galleria"


@dataclass(frozen=True, slots=True)
class DemoStaff:
    """A member of staff: name to sign in with, role, and where (empty: everywhere)."""

    username: str
    role: Role
    centre: str = ""


@dataclass(frozen=True, slots=True)
class DemoResident:
    """A resident who has an account."""

    personal_number: str
    birth_date: date
    mobile: str
    name: str
    language: str


STAFF = (
    DemoStaff("supervisor", Role.SUPERVISOR, LIVELY_CENTRE),
    DemoStaff("reception", Role.RECEPTIONIST, LIVELY_CENTRE),
    DemoStaff("clerk", Role.CLERK, LIVELY_CENTRE),
    DemoStaff("clerk2", Role.CLERK, LIVELY_CENTRE),
    DemoStaff("supervisor-galleria", Role.SUPERVISOR, QUIET_CENTRE),
    DemoStaff("reception-galleria", Role.RECEPTIONIST, QUIET_CENTRE),
    DemoStaff("clerk-galleria", Role.CLERK, QUIET_CENTRE),
    DemoStaff("admin", Role.ADMINISTRATOR),
)
RESIDENTS = (
    DemoResident("900100000", date(1990, 1, 15), "36001234", "مراجع تجريبي", "ar"),
    DemoResident("851200000", date(1985, 12, 20), "36001235", "Demo Resident", "en"),
)
# Missed four appointments within a week.
BLOCKED_RESIDENT = DemoResident("050600000", date(2005, 6, 10), "36001236", "Demo Blocked", "en")
CHILD = ("150300000", date(2015, 3, 5), "Demo Child")
DESK = Actor("system", channel="demo")


def make_demo_people(*, now: datetime) -> bool:
    """Create whoever is missing; True if anybody was. `now` is the demo clock's, UTC."""
    missing = _missing_staff()
    if missing:
        _make_staff(missing)
    made = [resident for resident in (*RESIDENTS, BLOCKED_RESIDENT) if _make(resident, now)]
    return bool(missing or made)


def _make(resident: DemoResident, now: datetime) -> bool:
    """Register one resident with what belongs to the account; False if it is there already."""
    try:
        person = register_at_desk(
            actor=DESK,
            personal_number=resident.personal_number,
            birth_date=resident.birth_date,
            mobile=resident.mobile,
            language=resident.language,
            now=now,
            name=resident.name,
        )
    except AccountExists:
        return False
    if resident == RESIDENTS[0]:
        number, born, name = CHILD
        add_dependant(person=person, personal_number=number, name=name, birth_date=born, now=now)
    if resident == BLOCKED_RESIDENT:
        _miss_four_appointments(person, now)
    return True


def _miss_four_appointments(person: Person, now: datetime) -> None:
    """At the lively centre, whose supervisor answers when the person objects."""
    centre_id = Centre.objects.filter(code=LIVELY_CENTRE).values_list("pk", flat=True).first()
    with write_transaction():
        for days in (5, 4, 3, 1):
            record_event(
                person_id=person.pk,
                kind=Event.Kind.MISSED,
                at=now - timedelta(days=days),
                appointment_id=None,
                centre_id=centre_id,
                now=now,
                actor=DESK,
            )


def _missing_staff() -> list[DemoStaff]:
    there = set(Staff.objects.values_list("username", flat=True))
    return [member for member in STAFF if member.username not in there]


def _make_staff(missing: list[DemoStaff]) -> None:
    # Hashing is slow on purpose: one hash serves all of them.
    hashed = make_password(PASSWORD)
    agency = Agency.objects.order_by("id")[0]
    centres = Centre.objects.in_bulk([LIVELY_CENTRE, QUIET_CENTRE], field_name="code")
    with write_transaction():
        for member in missing:
            is_admin = member.role == Role.ADMINISTRATOR
            staff = Staff.objects.create(
                username=member.username,
                password=hashed,
                is_staff=is_admin,
                is_superuser=is_admin,
            )
            StaffRole.objects.create(
                staff=staff, role=member.role, agency=agency, centre=centres.get(member.centre)
            )
