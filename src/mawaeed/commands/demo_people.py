"""The people of a demonstration: staff of two centres, an administrator, a few residents.

Every number is synthetic (serial 0000), every mobile from 3600xxxx.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from django.contrib.auth.hashers import make_password

from mawaeed.centres.models import Agency, Centre
from mawaeed.kernel.database import write_transaction
from mawaeed.people.models import Role, Staff, StaffRole

PASSWORD = "mawaeed-demo"  # noqa: S105 (shown on the screen at every start)
# Background visitors keep the first one's hall alive; the second waits for you alone.
LIVELY_CENTRE = "traffic-dana"
QUIET_CENTRE = "passports-isa-town"


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


STAFF = (
    DemoStaff("supervisor", Role.SUPERVISOR, LIVELY_CENTRE),
    DemoStaff("reception", Role.RECEPTIONIST, LIVELY_CENTRE),
    DemoStaff("clerk", Role.CLERK, LIVELY_CENTRE),
    DemoStaff("clerk2", Role.CLERK, LIVELY_CENTRE),
    DemoStaff("supervisor-isa", Role.SUPERVISOR, QUIET_CENTRE),
    DemoStaff("reception-isa", Role.RECEPTIONIST, QUIET_CENTRE),
    DemoStaff("clerk-isa", Role.CLERK, QUIET_CENTRE),
    DemoStaff("admin", Role.ADMINISTRATOR),
)
RESIDENTS = (
    DemoResident("900100000", date(1990, 1, 15), "36001234", "Demo Resident One"),
    DemoResident("851200000", date(1985, 12, 20), "36001235", "Demo Resident Two"),
)


def make_demo_people(*, now: datetime) -> bool:
    """Create whoever is missing; True if anybody was. `now` is the demo clock's, UTC."""
    missing = _missing_staff()
    if missing:
        _make_staff(missing)
    return bool(missing)


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
