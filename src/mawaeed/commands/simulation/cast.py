"""Invented people for a simulated day. Numbers are synthetic: the serial is always 0000."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from random import Random

from mawaeed.centres.models import Centre, Counter
from mawaeed.kernel.actor import Actor
from mawaeed.kernel.database import write_transaction
from mawaeed.kernel.secrets import keyed_hash, seal
from mawaeed.people.models import Beneficiary, Person, Role, Staff, StaffRole

MOBILE = "+9733600{:04d}"
NUMBER = "{:02d}{:02d}0000{:d}"


@dataclass(frozen=True, slots=True)
class Clerk:
    """A member of staff with a counter to open."""

    staff: Staff
    counter: Counter

    @property
    def actor(self) -> Actor:
        """Who is written into history."""
        return Actor("staff", self.staff.pk, "simulation")


def make_residents(count: int, *, seed: int, now: datetime) -> list[Person]:
    """`count` residents who can book. In a database of many, numbers are told apart by a suffix.

    There are only some ten thousand synthetic numbers, so what is hashed is the number and the
    resident's index; nobody signs in with these.
    """
    random = Random(seed)
    with write_transaction():
        beneficiaries = Beneficiary.objects.bulk_create(
            [_beneficiary(index, seed, random) for index in range(count)]
        )
        return Person.objects.bulk_create(
            [
                Person(
                    number_hash=one.number_hash,
                    number_sealed=one.number_sealed,
                    beneficiary=one,
                    birth_date=one.birth_date,
                    mobile=MOBILE.format(index % 10_000),
                    language="ar" if random.random() < 0.7 else "en",
                    created_at=now,
                )
                for index, one in enumerate(beneficiaries)
            ]
        )


def make_clerks(centre: Centre, counters: Sequence[Counter]) -> list[Clerk]:
    """One invented clerk for each counter, without a password."""
    clerks = []
    with write_transaction():
        for counter in counters:
            staff, _ = Staff.objects.get_or_create(
                username=f"sim-{centre.code}-{counter.number}", defaults={"password": "!"}
            )
            StaffRole.objects.get_or_create(
                staff=staff, role=Role.CLERK, agency_id=centre.agency_id, centre=centre
            )
            clerks.append(Clerk(staff, counter))
    return clerks


def _beneficiary(index: int, seed: int, random: Random) -> Beneficiary:
    # Young enough that priority is the plan's to give, not the age's.
    year, month = random.randint(1970, 2005), random.randint(1, 12)
    number = NUMBER.format(year % 100, month, index % 10)
    return Beneficiary(
        number_hash=keyed_hash(f"simulated/{seed}/{index}/{number}"),
        number_sealed=seal(number),
        birth_date=date(year, month, 1),
    )
