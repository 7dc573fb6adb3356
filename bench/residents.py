"""The people of the synthetic country."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime, timedelta

from bulk import load
from world import Plan, token_of


def load_people(world: Plan) -> None:
    """Residents with bookings and fresh people, all with their limit rows, signed in."""
    from mawaeed.conduct.models import Standing
    from mawaeed.people.models import Beneficiary, Person, SignIn

    everybody = range(1, world.residents + world.fresh + 1)
    fresh = range(world.residents + 1, world.residents + world.fresh + 1)
    born, now = "1990-01-01", datetime.now(UTC)
    fields = ("id", "number_hash", "number_sealed", "birth_date")
    load(Beneficiary, fields, ((n, f"{n:064x}", "-", born) for n in everybody))
    load(
        Person,
        (*fields, "beneficiary_id", "mobile", "created_at"),
        ((n, f"{n:064x}", "-", born, n, "+97336001234", now) for n in everybody),
    )
    load(Standing, ("person_id",), ((n,) for n in everybody))
    load(
        SignIn,
        ("token_hash", "person_id", "created_at", "last_used_at", "expires_at"),
        (
            (
                hashlib.sha256(token_of(n).encode()).hexdigest(),
                n,
                now,
                now,
                now + timedelta(hours=12),
            )
            for n in fresh
        ),
    )
