"""Which staff screens a person's roles open, and at which centres."""

from __future__ import annotations

from dataclasses import dataclass

from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from mawaeed.centres.models import Centre
from mawaeed.people.models import Role, Staff
from mawaeed.people.queries import centres_for_staff

RECEPTION = (Role.RECEPTIONIST, Role.SUPERVISOR)
COUNTER = (Role.CLERK, Role.SUPERVISOR)
SUPERVISION = (Role.SUPERVISOR,)
ANY_ROLE = tuple(Role)

# In the order shown; kiosk, board and wall are public and listed for those who set them up.
SURFACES: tuple[tuple[str, tuple[Role, ...]], ...] = (
    ("desk", RECEPTION),
    ("counter", COUNTER),
    ("supervisor", SUPERVISION),
    ("calendar", SUPERVISION),
    ("kiosk", (*RECEPTION, Role.CLERK)),
    ("board", (*RECEPTION, Role.CLERK)),
    ("wall", (*RECEPTION, Role.CLERK)),
)


@dataclass(frozen=True, slots=True)
class Workplace:
    """A centre with the surfaces open there to one person, by URL name."""

    centre: Centre
    surfaces: tuple[str, ...]


def workplaces_of(staff: Staff) -> list[Workplace]:
    """The person's own centres in use, each with what the roles held there open; nothing else."""
    open_at = {
        name: set(centres_for_staff(staff, roles).values_list("pk", flat=True))
        for name, roles in SURFACES
    }
    return [
        Workplace(centre, tuple(name for name, centres in open_at.items() if centre.pk in centres))
        for centre in centres_for_staff(staff).filter(active=True)
    ]


def surfaces_at(staff: Staff, centre: Centre) -> tuple[str, ...]:
    """The surfaces open to the person at one centre, by URL name."""
    return tuple(
        name
        for name, roles in SURFACES
        if centres_for_staff(staff, roles).filter(pk=centre.pk).exists()
    )


def surface_labels() -> dict[str, tuple[str, str]]:
    """URL name → the screen's name and what it is for, in the active language."""
    return {
        "desk": (_("Reception"), _("Check people in, give tickets, verify cards")),
        "counter": (pgettext("where people are served", "Counter"), _("Call and serve visitors")),
        "supervisor": (_("Supervision"), _("The state of the hall, now")),
        "calendar": (_("Calendar"), _("Close a time, move counters, change hours")),
        "kiosk": (_("Kiosk"), _("For the screen that visitors touch")),
        "board": (pgettext("screen in the hall", "Board"), _("For the screen in the hall")),
        "wall": (_("Code on the wall"), _("For a screen that phones scan to check in")),
    }
