"""Somebody who wants to be served without an appointment."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime

from mawaeed.centres.models import Offering
from mawaeed.hall.models import Ticket
from mawaeed.kernel.clock import local_date
from mawaeed.kernel.identifiers import new_token
from mawaeed.people.models import Person

SECRET_BYTES = 9  # 72 bits in twelve characters: short enough for one message


def new_secret() -> str:
    """Of a ticket page's link."""
    return new_token(SECRET_BYTES)


@dataclass(frozen=True, slots=True)
class WalkIn:
    """Who it is, if known, and what they want; `mobile` is E.164, `secret` their ticket's own."""

    offering: Offering
    priority_class: Ticket.PriorityClass
    language: str
    mobile: str = ""
    person: Person | None = None
    secret: str = field(default_factory=new_secret)

    @property
    def goes_first(self) -> bool:
        """Whether they are admitted however full the day is."""
        return self.priority_class == Ticket.PriorityClass.PRIORITY

    def day(self, now: datetime) -> date:
        """The centre's local date."""
        return local_date(now, self.offering.centre.timezone)
