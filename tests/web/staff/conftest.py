"""Fixtures of the staff's pages."""

from __future__ import annotations

import pytest

from mawaeed.kernel import clock
from mawaeed.people.models import Person, Role
from small_world import local, make_person, make_staff, make_world
from staff_desk import Desk


@pytest.fixture
def desk(db: None, monkeypatch: pytest.MonkeyPatch) -> Desk:
    world = make_world(days=2)
    staff = {
        "clerk": make_staff(world, "clerk", Role.CLERK, world.dana),
        "second": make_staff(world, "second", Role.CLERK, world.dana),
        "reception": make_staff(world, "reception", Role.RECEPTIONIST, world.dana),
        "supervisor": make_staff(world, "supervisor", Role.SUPERVISOR, world.dana),
        "administrator": make_staff(world, "administrator", Role.ADMINISTRATOR),
        "elsewhere": make_staff(world, "elsewhere", Role.SUPERVISOR, world.muharraq),
    }
    made = Desk(world, local(8), staff)
    monkeypatch.setattr(clock, "now", lambda: made.at)
    return made


@pytest.fixture
def person(desk: Desk) -> Person:
    return make_person()
