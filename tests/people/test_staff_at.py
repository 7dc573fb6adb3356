"""The short form of “whose token, and may they, here” says what the two long ones say."""

from __future__ import annotations

from datetime import timedelta

import pytest

from mawaeed.kernel.clock import real_now
from mawaeed.kernel.errors import NotAllowed, NotFound
from mawaeed.kernel.identifiers import digest
from mawaeed.people.models import Role, Staff, StaffToken
from mawaeed.people.queries import centre_for_staff, staff_at, staff_of_token
from small_world import World, make_staff, make_world

pytestmark = pytest.mark.django_db
COUNTER = (Role.CLERK, Role.SUPERVISOR)


@pytest.fixture
def world() -> World:
    return make_world(days=0)


def token_of(staff: Staff, **changes: object) -> str:
    token = f"token of {staff.pk} {len(changes)} {StaffToken.objects.count()}"
    real = real_now()
    row = {"created_at": real, "expires_at": real + timedelta(days=1), **changes}
    StaffToken.objects.create(staff=staff, label="test", token_hash=digest(token), **row)
    return token


def by_the_long_way(token: str, code: str) -> tuple[int, int] | None:
    staff = staff_of_token(token, real_now())
    if staff is None:
        return None
    try:
        return staff.pk, centre_for_staff(staff, code, COUNTER).pk
    except (NotFound, NotAllowed):
        return None


def test_it_lets_in_exactly_whom_the_long_way_lets_in(world: World) -> None:
    real = real_now()
    clerk = make_staff(world, "clerk", Role.CLERK, world.dana)
    gone = make_staff(world, "gone", Role.CLERK, world.dana)
    Staff.objects.filter(pk=gone.pk).update(is_active=False)
    root = Staff.objects.create_superuser("root", password="a long enough secret")
    people = (
        clerk,
        gone,
        root,
        make_staff(world, "desk", Role.RECEPTIONIST, world.dana),
        make_staff(world, "other", Role.SUPERVISOR, world.muharraq),
        make_staff(world, "chief", Role.ADMINISTRATOR),
    )
    tokens = [token_of(each) for each in people]
    tokens += [
        "nobody's",
        token_of(clerk, expires_at=real),
        token_of(clerk, revoked_at=real),
    ]
    said = {}
    for token in tokens:
        for code in ("dana", "muharraq", "nowhere"):
            found = staff_at(token, code, COUNTER, real_now())
            said[token, code] = (found.staff_id, found.centre.pk) if found else None
            assert said[token, code] == by_the_long_way(token, code), (token, code)
    assert sum(each is not None for each in said.values()) == 6


def test_a_use_is_noted(world: World) -> None:
    token = token_of(make_staff(world, "clerk", Role.CLERK, world.dana))
    real = real_now()

    staff_at(token, "dana", COUNTER, real)
    assert StaffToken.objects.get().used_at == real
    staff_at(token, "dana", COUNTER, real + timedelta(seconds=30))
    assert StaffToken.objects.get().used_at == real
    staff_at(token, "dana", COUNTER, real + timedelta(seconds=90))
    assert StaffToken.objects.get().used_at == real + timedelta(seconds=90)
