"""A counter that is lent calls for the pool it helps; a closed time admits nobody."""

from __future__ import annotations

import pytest

from hall_day import CLERK, walked_in, working
from mawaeed.availability.calendar.wishes import CloseTime, SendAway
from mawaeed.availability.queries import is_open_at, next_opening, open_centre_ids
from mawaeed.booking.actions.calendar import apply_change
from mawaeed.centres.models import Counter, Offering, Pool
from mawaeed.hall import actions
from mawaeed.hall.errors import NotOpen
from small_world import NOW, World, both, local, make_world, open_pool

pytestmark = pytest.mark.django_db


@pytest.fixture
def world() -> World:
    return make_world(places=2, days=2)


def test_a_lent_counter_calls_for_the_pool_it_helps_and_then_for_its_own(world: World) -> None:
    other = Pool.objects.create(centre=world.dana, code="other", name=both("Other"))
    open_pool(other, days=1, places=1)
    Offering.objects.filter(centre=world.dana, service=world.customs).update(pool=other)
    own = walked_in(world.dana, local(8, 5))
    helped = actions.issue_walk_in(
        offering=Offering.objects.select_related("centre", "pool", "group", "service").get(
            centre=world.dana, service=world.customs
        ),
        actor=CLERK,
        now=local(8, 10),
        language="ar",
    )
    counter = Counter.objects.get(centre=world.dana, number=1)
    apply_change(
        centre=world.dana,
        wish=SendAway(counter, local(9), local(10), other),
        choice="keep",
        reason="Rush",
        actor=CLERK,
        now=NOW,
    )
    session = working(world, 1)
    called = actions.call_next(counter_session=session, now=local(9, 5), actor=CLERK)
    assert called is not None
    assert called.pk == helped.pk
    actions.leave(ticket=called, actor=CLERK, now=local(9, 6), reason="gone")
    assert actions.call_next(counter_session=session, now=local(9, 7), actor=CLERK) is None
    after = actions.call_next(counter_session=session, now=local(10), actor=CLERK)
    assert after is not None
    assert after.pk == own.pk


def test_a_closed_centre_is_closed_and_opens_when_it_does(world: World) -> None:
    assert is_open_at(world.dana.pk, local(9))
    apply_change(
        centre=world.dana,
        wish=CloseTime(local(8, 30), local(23)),
        choice="move",
        reason="Burst pipe",
        actor=CLERK,
        now=NOW,
    )
    assert not is_open_at(world.dana.pk, local(9))
    assert open_centre_ids(local(9)) == {world.muharraq.pk}
    assert is_open_at(world.dana.pk, local(8, 29))
    with pytest.raises(NotOpen):
        walked_in(world.dana, local(9))
    assert next_opening(local(9)) == local(7, days=1)
