"""A closed counter is asked for once, until somebody opens it."""

from __future__ import annotations

import pytest

from hall_day import CLERK, working
from mawaeed.centres.models import Counter
from mawaeed.hall import actions
from mawaeed.hall.actions.staffing import want_counter
from mawaeed.hall.errors import CounterTaken
from mawaeed.hall.staffing import counters_wanted
from mawaeed.kernel.models import History, OutboxEvent
from small_world import TODAY, local, make_world

pytestmark = pytest.mark.django_db


def test_asked_once_until_opened_and_again_after_it_closed() -> None:
    world = make_world(places=2, days=1)
    counter = Counter.objects.select_related("centre").get(centre=world.dana, number=1)

    def ask(hour: int) -> object:
        return want_counter(counter=counter, reason="Crowd", actor=CLERK, now=local(hour))

    assert [ask(9), ask(10)] == [local(9), local(9)]
    assert OutboxEvent.objects.filter(kind="counter_wanted").count() == 1
    assert counters_wanted(world.dana, TODAY) == {counter.pk: local(9)}
    session = working(world, 1, at=local(10))
    assert counters_wanted(world.dana, TODAY) == {}
    with pytest.raises(CounterTaken):
        ask(11)
    actions.close_counter(counter_session=session, now=local(11))
    assert ask(12) == local(12)
    assert History.objects.filter(to_state="wanted").count() == 2
