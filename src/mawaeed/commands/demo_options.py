"""Options of single offerings that a demonstration has on, so that each can be tried."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from mawaeed.centres.models import Offering
from mawaeed.kernel.models import PolicyValue

# (centre, service) → settings. Neither centre has visitors in the background.
OPTIONS: dict[tuple[str, str], dict[str, Any]] = {
    ("traffic-nabih-saleh", "vehicle-cancel"): {"freed.waiting_list_first": True},
    ("traffic-nabih-saleh", "violation-objection"): {"freed.cool_down_minutes": 120},
    ("traffic-wadi-al-sail", "plate-change"): {"confirm.ask_hours": 48},
}
ALWAYS = datetime(2000, 1, 1, tzinfo=UTC)


def make_demo_options() -> None:
    """Switch on what is missing; what somebody has set since stays as it is."""
    for (centre, service), settings in OPTIONS.items():
        found = Offering.objects.filter(centre__code=centre, service__code=service)
        for pk in found.values_list("pk", flat=True):
            for key, value in settings.items():
                PolicyValue.objects.get_or_create(
                    key=key,
                    scope_kind=PolicyValue.Scope.OFFERING,
                    scope_id=pk,
                    defaults={"value": value, "effective_from": ALWAYS},
                )
