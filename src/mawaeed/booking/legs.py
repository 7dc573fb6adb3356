"""What is to be booked: one leg, or several in sequence, each with its place and its people."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from mawaeed.availability.places import Stay
from mawaeed.booking.models import Channel
from mawaeed.centres.models import Offering
from mawaeed.people.models import Beneficiary


@dataclass(frozen=True, slots=True)
class Wanted:
    """One service for one beneficiary (None: the person who books).

    `companion` is who must be present too, where the service needs two.
    """

    service_code: str
    beneficiary: Beneficiary | None = None
    companion: Beneficiary | None = None


@dataclass(frozen=True, slots=True)
class Assisted:
    """A booking made by staff for somebody at the desk or on the phone.

    With a `reserve_reason` it takes a staff place instead of a public one.
    """

    staff_id: int
    channel: Channel = Channel.DESK
    reserve_reason: str = ""


@dataclass(frozen=True, slots=True)
class Leg:
    """One appointment to be: an offering, who comes, and its start (UTC)."""

    offering: Offering
    beneficiary: Beneficiary
    companion: Beneficiary | None
    starts_at: datetime
    from_reserve: bool = False

    @property
    def ends_at(self) -> datetime:
        """End (UTC), half-open."""
        return self.starts_at + timedelta(minutes=self.offering.duration_minutes)

    @property
    def stay(self) -> Stay:
        """The places it takes."""
        kind = "staff" if self.from_reserve else "public"
        return Stay(self.offering.pool_id, self.starts_at, self.ends_at, kind)  # type: ignore[arg-type]
