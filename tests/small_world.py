"""A fixed small cast: one directorate, two centres, three services, a few residents.

Sunday 22 November 2026 is the usual today; the centres are open 07:00–14:00 on the coming days.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import quick_rows
from mawaeed.availability.models import CentreCalendar, Interval, Session
from mawaeed.centres.models import (
    Agency,
    Centre,
    Counter,
    Directorate,
    Offering,
    Pool,
    Service,
    ServiceGroup,
)
from mawaeed.kernel.secrets import keyed_hash, seal
from mawaeed.people.models import Beneficiary, Dependant, Person, Role, Staff, StaffRole

ZONE = ZoneInfo("Asia/Bahrain")
TODAY = date(2026, 11, 22)
NOW = datetime(2026, 11, 22, 5, 0, tzinfo=UTC)  # 08:00 in Bahrain


def local(hour: int, minute: int = 0, *, days: int = 0) -> datetime:
    """A Bahrain wall time on TODAY + days, as UTC."""
    day = TODAY + timedelta(days=days)
    return datetime(day.year, day.month, day.day, hour, minute, tzinfo=ZONE).astimezone(UTC)


@dataclass
class World:
    agency: Agency
    directorate: Directorate
    dana: Centre
    muharraq: Centre
    renewal: Service
    passport: Service
    customs: Service
    dana_pool: Pool
    muharraq_pool: Pool


def both(text: str) -> dict[str, str]:
    return {"ar": f"{text} بالعربية", "en": text}


def make_world(*, places: int = 2, days: int = 8, open_hours: tuple[int, int] = (7, 14)) -> World:
    """Two centres with one pool each; every service is offered at both."""
    agency = Agency.objects.create(code="moi", name=both("Ministry"))
    directorate = Directorate.objects.create(agency=agency, code="traffic", name=both("Traffic"))
    dana, muharraq = (_centre(agency, directorate, code) for code in ("dana", "muharraq"))
    services = [
        _service(agency, directorate, "renewal", 10),
        _service(agency, directorate, "passport", 15, dependants=True),
        _service(agency, directorate, "customs", 20, limit_per_beneficiary=3),
    ]
    pools = [_pool(centre, places, services) for centre in (dana, muharraq)]
    for pool in pools:
        open_pool(pool, days=days, places=places, hours=open_hours)
    return World(
        agency=agency,
        directorate=directorate,
        dana=dana,
        muharraq=muharraq,
        renewal=services[0],
        passport=services[1],
        customs=services[2],
        dana_pool=pools[0],
        muharraq_pool=pools[1],
    )


def _centre(agency: Agency, directorate: Directorate, code: str) -> Centre:
    centre = Centre.objects.create(
        agency=agency,
        directorate=directorate,
        code=code,
        name=both(f"{code.title()} branch"),
        short_name={"ar": "الدانة", "en": code.title()},
        address=both("Manama"),
        latitude=26.2,
        longitude=50.5,
    )
    CentreCalendar.objects.create(centre=centre, open_until=TODAY + timedelta(days=7))
    return centre


def _service(
    agency: Agency, directorate: Directorate, code: str, minutes: int, **changes: object
) -> Service:
    return Service.objects.create(
        agency=agency,
        directorate=directorate,
        code=code,
        name=both(code.title()),
        duration_minutes=minutes,
        papers=[both("Identity card")],
        search_text=code,
        **changes,
    )


def _pool(centre: Centre, places: int, services: list[Service]) -> Pool:
    pool = Pool.objects.create(centre=centre, code="main", name=both("Main hall"))
    group = ServiceGroup.objects.create(centre=centre, letter="A", name=both("General"))
    for service in services:
        Offering.objects.create(service=service, centre=centre, pool=pool, group=group)
    for number in range(1, places + 1):
        Counter.objects.create(centre=centre, pool=pool, number=number)
    return pool


def open_pool(
    pool: Pool, *, days: int, places: int, hours: tuple[int, int] = (7, 14), first_day: int = 0
) -> None:
    """One session a day on every day, cut into five-minute intervals."""
    sessions = Session.objects.bulk_create(
        Session(
            centre=pool.centre,
            pool=pool,
            date=TODAY + timedelta(days=offset),
            starts_at=local(hours[0], days=offset),
            ends_at=local(hours[1], days=offset),
            places=places,
        )
        for offset in range(first_day, first_day + days)
    )
    step = timedelta(minutes=5)
    quick_rows.insert(
        Interval,
        [
            {
                "session_id": session.pk,
                "pool_id": pool.pk,
                "starts_at": session.starts_at + step * number,
                "ends_at": session.starts_at + step * (number + 1),
                "capacity": places,
            }
            for session in sessions
            for number in range((session.ends_at - session.starts_at) // step)
        ],
    )


def make_person(serial: int = 0, *, mobile: str = "+97336001234", language: str = "ar") -> Person:
    """A resident with a synthetic number: serial 0000, a plausible year and month."""
    number = f"{(70 + serial // 12) % 100:02d}{serial % 12 + 1:02d}0000{serial // 360 % 10}"
    beneficiary = Beneficiary.objects.create(
        number_hash=keyed_hash(f"{number}/{serial}"),
        number_sealed=seal(number),
        birth_date=date(1980, 1, 1),
    )
    return Person.objects.create(
        number_hash=beneficiary.number_hash,
        number_sealed=beneficiary.number_sealed,
        beneficiary=beneficiary,
        birth_date=beneficiary.birth_date,
        mobile=mobile,
        language=language,
        created_at=NOW,
    )


def make_dependant(guardian: Person, name: str = "Child") -> Beneficiary:
    beneficiary = Beneficiary.objects.create(
        number_hash=keyed_hash(f"{name}/{guardian.pk}"),
        number_sealed=seal("200100000"),
        name=name,
        birth_date=date(2020, 1, 1),
    )
    Dependant.objects.create(guardian=guardian, beneficiary=beneficiary, created_at=NOW)
    return beneficiary


def make_staff(world: World, name: str, role: Role, centre: Centre | None = None) -> Staff:
    staff = Staff.objects.create_user(name, password="a long enough secret")
    StaffRole.objects.create(staff=staff, role=role, agency=world.agency, centre=centre)
    return staff
