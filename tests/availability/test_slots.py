from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from mawaeed.availability.models import Interval, Session
from mawaeed.availability.queries import (
    Slot,
    earliest_slots,
    is_open_at,
    next_opening,
    open_centre_ids,
    slots_for,
)
from mawaeed.centres.models import Centre, Offering
from small_world import NOW, TODAY, World, local, make_world

pytestmark = pytest.mark.django_db


@pytest.fixture
def world() -> World:
    """Two centres, one pool of two places each, open 07:00–14:00; it is 08:00."""
    return make_world(days=10)


def test_slots_for_lists_both_centres_earliest_first(world: World) -> None:
    slots = slots_for(service="renewal", now=NOW, to_date=TODAY)
    assert [(slot.centre_code, slot.starts_at) for slot in slots[:3]] == [
        ("dana", local(8, 10)),
        ("muharraq", local(8, 10)),
        ("dana", local(8, 20)),
    ]
    offering = Offering.objects.get(service=world.renewal, centre=world.dana)
    assert slots[0] == Slot(
        "renewal",
        "dana",
        offering.pk,
        world.dana_pool.pk,
        local(8, 10),
        local(8, 20),
        2,
    )
    assert slots[-1].starts_at == local(13, 50)


def test_slots_for_is_never_now_or_past_nor_beyond_the_horizon(world: World) -> None:
    slots = slots_for(service="renewal", centre="dana", now=NOW)
    assert slots[0].starts_at > NOW
    assert slots[-1].starts_at == local(13, 50, days=7)
    assert slots_for(service="renewal", now=NOW, from_date=TODAY + timedelta(days=8)) == []
    late = slots_for(service="renewal", now=NOW, to_date=TODAY + timedelta(days=30))
    assert late[-1].starts_at == local(13, 50, days=7)


def test_slots_for_dates_bound_local_days(world: World) -> None:
    day = TODAY + timedelta(days=2)
    slots = slots_for(service="renewal", centre="dana", now=NOW, from_date=day, to_date=day)
    assert (slots[0].starts_at, slots[-1].starts_at) == (local(7, days=2), local(13, 50, days=2))
    assert len(slots) == 42


def test_slots_for_leaves_out_full_reserved_and_short_times(world: World) -> None:
    rows = Interval.objects.filter(pool=world.dana_pool)
    rows.filter(starts_at=local(8, 10)).update(taken_public=2)
    rows.filter(starts_at=local(8, 35)).update(walk_in_reserve=1, taken_public=1)
    rows.filter(starts_at=local(8, 50)).update(taken_public=2, shortfall=1, capacity=1)
    rows.filter(starts_at=local(9, 5)).update(cooling=1)
    slots = slots_for(service="renewal", centre="dana", now=NOW, to_date=TODAY)
    assert [(slot.starts_at, slot.places_left) for slot in slots[:4]] == [
        (local(8, 20), 2),
        (local(8, 40), 2),
        (local(9, 0), 1),
        (local(9, 10), 2),
    ]


def test_slots_for_longer_service_needs_the_whole_run(world: World) -> None:
    Interval.objects.filter(pool=world.dana_pool, starts_at=local(8, 25)).update(taken_public=2)
    slots = slots_for(service="customs", centre="dana", now=NOW, to_date=TODAY)
    assert [slot.starts_at for slot in slots[:2]] == [local(8, 30), local(8, 40)]
    assert slots[-1].starts_at == local(13, 40)
    assert slots[-1].ends_at == local(14)


def test_slots_for_what_is_not_in_use_is_not_offered(world: World) -> None:
    Centre.objects.filter(pk=world.dana.pk).update(active=False)
    Offering.objects.filter(service=world.renewal).update(active=False)
    assert slots_for(service="renewal", now=NOW) == []
    assert {slot.centre_code for slot in slots_for(service="passport", now=NOW)} == {"muharraq"}
    assert slots_for(service="unheard-of", now=NOW) == []


def test_slots_for_own_duration_of_the_centre_counts(world: World) -> None:
    Offering.objects.filter(service=world.renewal, centre=world.dana).update(duration_override=30)
    slots = slots_for(service="renewal", centre="dana", now=NOW, to_date=TODAY)
    assert slots[-1].starts_at == local(13, 30)
    assert slots[-1].ends_at == local(14)


def test_slots_for_statements_are_as_many_for_one_centre_as_for_all(world: World) -> None:
    slots_for(service="renewal", now=NOW)  # reads the settings, once
    with CaptureQueriesContext(connection) as one:
        slots_for(service="renewal", centre="dana", now=NOW)
    with CaptureQueriesContext(connection) as both:
        slots_for(service="renewal", now=NOW)
    ledger = [query for query in both if 'FROM "availability_interval"' in query["sql"]]
    assert len(ledger) == 1
    assert len(one) == len(both)


def test_earliest_slots_puts_the_soonest_centre_first_and_the_full_one_last(world: World) -> None:
    dana = Interval.objects.filter(pool=world.dana_pool)
    dana.filter(starts_at__lt=local(10, days=3)).update(taken_public=2)
    found = earliest_slots(service="renewal", now=NOW, per_centre=2)
    assert {code: [slot.starts_at for slot in slots] for code, slots in found.items()} == {
        "muharraq": [local(8, 10), local(8, 20)],
        "dana": [local(10, days=3), local(10, 10, days=3)],
    }
    dana.update(taken_public=2)
    again = earliest_slots(service="renewal", now=NOW)
    assert [(code, len(slots)) for code, slots in again.items()] == [("muharraq", 1), ("dana", 0)]


def test_open_now_is_half_open(world: World) -> None:
    assert is_open_at(world.dana.pk, local(7))
    assert not is_open_at(world.dana.pk, local(14))
    assert open_centre_ids(local(13, 59)) == {world.dana.pk, world.muharraq.pk}
    assert open_centre_ids(local(6, 59)) == set()
    assert next_opening(local(14)) == local(7, days=1)


def test_what_is_open_is_found_by_index_whatever_is_stored(world: World) -> None:
    begin = local(7)
    Session.objects.bulk_create(
        Session(
            centre=world.dana,
            pool=world.dana_pool,
            date=(begin - timedelta(days=days)).date(),
            starts_at=begin - timedelta(days=days),
            ends_at=begin - timedelta(days=days) + timedelta(hours=7),
            places=2,
        )
        for days in range(1, 1500)
    )
    with CaptureQueriesContext(connection) as captured:
        assert open_centre_ids(NOW) == {world.dana.pk, world.muharraq.pk}
    [row] = captured
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute("ANALYZE availability_session")
            cursor.execute(f"EXPLAIN {row['sql']}")
        else:
            cursor.execute(f"EXPLAIN QUERY PLAN {row['sql']}")
        assert "session_ends" in str(cursor.fetchall())
