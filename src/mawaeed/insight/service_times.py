"""How long services took today, beside what is planned for them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from statistics import fmean, median
from typing import Any

from mawaeed.hall.models import Ticket


@dataclass(frozen=True, slots=True)
class ServiceTimes:
    """One service: how many were served in one go, the mean and the middle of their times."""

    name: Any
    planned: timedelta
    served: int
    mean: timedelta
    middle: timedelta

    @property
    def is_long(self) -> bool:
        """Whether it takes longer than planned, on average."""
        return self.mean > self.planned


def service_times(served: Mapping[int, timedelta]) -> list[ServiceTimes]:
    """By service, what exceeds its plan most first; `served` is ticket → time. One query."""
    tickets = Ticket.objects.filter(pk__in=list(served)).select_related("offering__service")
    found: dict[int, list[Ticket]] = {}
    for ticket in tickets:
        found.setdefault(ticket.offering_id, []).append(ticket)
    lines = [_of_one(group, [served[ticket.pk] for ticket in group]) for group in found.values()]
    return sorted(lines, key=lambda line: line.mean / line.planned, reverse=True)


def _of_one(tickets: list[Ticket], times: list[timedelta]) -> ServiceTimes:
    seconds = [spent.total_seconds() for spent in times]
    offering = tickets[0].offering
    return ServiceTimes(
        name=offering.service.name,
        planned=timedelta(minutes=offering.duration_minutes),
        served=len(times),
        mean=timedelta(seconds=fmean(seconds)),
        middle=timedelta(seconds=median(seconds)),
    )
