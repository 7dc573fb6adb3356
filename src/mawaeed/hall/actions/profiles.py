"""Profiles: made, changed, taken out of use, and given to counters by a supervisor."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from mawaeed.centres.models import Centre, Counter
from mawaeed.hall.actions.centre_changes import tell_centre
from mawaeed.hall.conditions import Conditions, read_conditions, written
from mawaeed.hall.dispatch import hall_kinds
from mawaeed.hall.models import CounterProfile, Profile
from mawaeed.kernel.actor import Actor
from mawaeed.kernel.database import write_transaction
from mawaeed.kernel.errors import NotFound, Stale

SUBJECT = "profile"
IN_USE, OUT_OF_USE = "in_use", "out_of_use"


def save_profile(
    *,
    centre: Centre,
    name: Mapping[str, str],
    conditions: Conditions,
    profile: Profile | None = None,
    now: datetime,
    actor: Actor,
) -> Profile:
    """Make a profile, or change one; counters that have it work by it from the next call on.

    Refuses `ProfileInvalid` (what is named must be the centre's) and `NotFound` (another
    centre's). Emits `profile_changed`.
    """
    raw = written(conditions)
    read_conditions(raw, hall_kinds(centre.pk))
    values = {"name": dict(name), "conditions": raw, "active": True}
    with write_transaction():
        if profile is None:
            saved = Profile.objects.create(centre=centre, **values)
        else:
            if Profile.objects.filter(pk=profile.pk, centre=centre).update(**values) != 1:
                raise NotFound
            saved = Profile.objects.get(pk=profile.pk)
        states = ("" if profile is None else IN_USE, IN_USE)
        _tell(saved, states, actor, now, {"conditions": raw})
        return saved


def retire_profile(*, profile: Profile, now: datetime, actor: Actor) -> None:
    """Take a profile out of use: its counters serve their whole pool again.

    Refuses `Stale` when it is out of use already. Emits `profile_changed`.
    """
    with write_transaction():
        if Profile.objects.filter(pk=profile.pk, active=True).update(active=False) != 1:
            raise Stale
        CounterProfile.objects.filter(profile=profile).delete()
        _tell(profile, (IN_USE, OUT_OF_USE), actor, now, {})


def assign_profile(
    *,
    counter: Counter,
    profile: Profile | None,
    now: datetime,
    actor: Actor,
    reason: str = "",
) -> None:
    """Let a counter work by a profile, or (None) serve its whole pool again.

    Refuses `NotFound` for another centre's profile or one out of use. Emits `profile_changed`.
    """
    if profile is not None and (profile.centre_id != counter.centre_id or not profile.active):
        raise NotFound
    with write_transaction():
        before = CounterProfile.objects.filter(counter=counter).select_related("profile").first()
        if profile is None:
            CounterProfile.objects.filter(counter=counter).delete()
        else:
            CounterProfile.objects.update_or_create(counter=counter, defaults={"profile": profile})
        told = profile or (before.profile if before else None)
        if told is not None:
            states = ("", "given" if profile else "taken")
            _tell(told, states, actor, now, {"counter": counter.number}, reason)


def _tell(  # noqa: PLR0917 (one row, everything it is made of)
    profile: Profile,
    states: tuple[str, str],
    actor: Actor,
    now: datetime,
    details: dict[str, Any],
    reason: str = "",
) -> None:
    tell_centre(
        profile.centre,
        subject=(SUBJECT, profile.pk),
        states=states,
        event="profile_changed",
        actor=actor,
        now=now,
        reason=reason,
        details=details,
    )
