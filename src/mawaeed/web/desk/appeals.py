"""Objections that wait for an answer at a centre."""

from __future__ import annotations

from dataclasses import dataclass

from mawaeed.centres.models import Centre
from mawaeed.conduct.models import Appeal, Event
from mawaeed.kernel.errors import NotFound
from mawaeed.kernel.secrets import unseal
from mawaeed.people.numbers import mask_number


@dataclass(frozen=True, slots=True)
class Objection:
    """One open appeal with the events at this centre that the block rests on."""

    appeal: Appeal
    events: list[Event]

    @property
    def masked_number(self) -> str:
        """Whose it is, as screens show it."""
        return mask_number(unseal(self.appeal.block.person.number_sealed))


def objections_at(centre: Centre) -> list[Objection]:
    """Open appeals against blocks that rest on an event at this centre, oldest first."""
    appeals = list(
        Appeal.objects.select_related("block__person")
        .filter(state=Appeal.State.OPEN)
        .order_by("created_at", "pk")
    )
    ids = [pk for appeal in appeals for pk in appeal.block.events]
    events = {event.pk: event for event in Event.objects.filter(pk__in=ids, centre_id=centre.pk)}
    found = [
        Objection(appeal, [events[pk] for pk in appeal.block.events if pk in events])
        for appeal in appeals
    ]
    return [objection for objection in found if objection.events]


def appeal_at(centre: Centre, pk: str) -> Appeal:
    """One of `objections_at`; another centre's is `NotFound`."""
    for objection in objections_at(centre):
        if str(objection.appeal.pk) == pk:
            return objection.appeal
    raise NotFound
