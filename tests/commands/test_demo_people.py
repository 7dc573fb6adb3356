import pytest
from django.contrib.auth import authenticate

from mawaeed.commands import demo_people
from mawaeed.commands.demo_people import LIVELY_CENTRE, PASSWORD, QUIET_CENTRE, make_demo_people
from mawaeed.conduct.queries import current_block
from mawaeed.people.models import Dependant, Person, Staff, StaffRole
from mawaeed.people.queries import person_by_number
from small_world import NOW, make_world

pytestmark = pytest.mark.django_db


def _make() -> bool:
    world = make_world()
    for centre, code in ((world.dana, LIVELY_CENTRE), (world.muharraq, QUIET_CENTRE)):
        centre.code = code
        centre.save()
    return make_demo_people(now=NOW)


def test_people_are_made_once() -> None:
    assert _make() is True
    counts = [model.objects.count() for model in (Staff, StaffRole, Person, Dependant)]

    assert make_demo_people(now=NOW) is False
    assert counts == [len(demo_people.STAFF), len(demo_people.STAFF), 3, 1]
    assert counts == [model.objects.count() for model in (Staff, StaffRole, Person, Dependant)]


def test_every_member_of_staff_can_sign_in_and_is_kept_to_one_centre() -> None:
    _make()

    for member in demo_people.STAFF:
        assert authenticate(username=member.username, password=PASSWORD) is not None
    scopes = StaffRole.objects.values_list("staff__username", "role", "centre__code")
    assert sorted(scopes) == sorted(
        (member.username, member.role.value, member.centre or None) for member in demo_people.STAFF
    )


def test_only_the_resident_who_missed_four_is_blocked() -> None:
    _make()

    residents = (*demo_people.RESIDENTS, demo_people.BLOCKED_RESIDENT)
    people = [person_by_number(resident.personal_number) for resident in residents]
    assert [person and current_block(person, NOW) is not None for person in people] == [
        False,
        False,
        True,
    ]
