from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from mawaeed.centres.models import Centre
from mawaeed.commands.refusal import CommandRefused
from mawaeed.commands.simulation.arrivals_log import map_queues, map_times, read_arrivals
from mawaeed.commands.simulation.centres import Place, shares
from mawaeed.commands.simulation.plan import Offered, Opening, plan_day, plan_from_arrivals
from mawaeed.commands.simulation.report import spread

SAMPLE = Path(__file__).parents[2] / "examples" / "arrivals.csv"
DAY = date(2026, 11, 8)
OPENS = datetime(2026, 11, 23, 4, 0, tzinfo=UTC)
SHIFTS = [
    Opening(1, OPENS, OPENS + timedelta(hours=3), 2),
    Opening(1, OPENS + timedelta(hours=5), OPENS + timedelta(hours=7), 2),
]
OFFERED = [
    Offered(1, "short", 1, 5, walk_ins=True),
    Offered(2, "long", 1, 20, walk_ins=True),
    Offered(3, "booked-only", 1, 10, walk_ins=False),
]


def test_plan_is_repeatable_and_inside_opening_hours() -> None:
    first = plan_day(OFFERED, SHIFTS, visitors=200, seed=5)
    assert first == plan_day(OFFERED, SHIFTS, visitors=200, seed=5)
    assert first != plan_day(OFFERED, SHIFTS, visitors=200, seed=6)
    assert len(first) == 200
    for visitor in first:
        assert any(one.starts_at <= visitor.arrives_at < one.ends_at for one in SHIFTS)
        assert visitor.booked or visitor.offered.walk_ins


def test_plan_without_open_pool_is_empty() -> None:
    assert plan_day(OFFERED, [], visitors=10, seed=1) == []


def test_log_is_read_in_order_and_mapped_to_services_and_shifts() -> None:
    logged = read_arrivals(SAMPLE, office="Sample_North", day=DAY)
    assert logged == sorted(logged, key=lambda one: one.issued_min)
    queues = map_queues(logged, OFFERED)
    assert {one.service_code for one in queues.values()} == {"short", "long"}
    moments = map_times(logged, queues, SHIFTS)
    assert len(moments) == len(logged)
    for _, moment in moments:
        assert any(one.starts_at <= moment < one.ends_at for one in SHIFTS)
    visitors = plan_from_arrivals(moments, queues, seed=1)
    assert not any(visitor.booked or visitor.absent for visitor in visitors)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("office,queue_id,date\n", "issued_min, wait_min are missing"),
        ("office,queue_id,date,issued_min,wait_min\n", "no ticket of office A"),
        ("office,queue_id,date,issued_min,wait_min\nA,1,2026-11-08,x,1\n", "could not convert"),
    ],
)
def test_log_of_another_form_is_refused(tmp_path: Path, text: str, said: str) -> None:
    path = tmp_path / "log.csv"
    path.write_text(text)
    with pytest.raises(CommandRefused, match=said):
        read_arrivals(path, office="A", day=DAY)


def test_log_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(CommandRefused, match="no such file"):
        read_arrivals(tmp_path / "none.csv", office="A", day=DAY)


def test_spread_of_nothing_and_of_one() -> None:
    assert spread([]).count == 0
    assert spread([timedelta(minutes=3)]).p90 == 3


def test_visitors_are_shared_by_the_room_there_is() -> None:
    def place(*room: float) -> Place:
        offered = [
            Offered(n, "x", 1, 10, walk_ins=True, weight=each) for n, each in enumerate(room)
        ]
        return Place(Centre(), offered, [])

    places = [place(10, 20), place(60), place(10)]
    assert shares(places, 1000) == [300, 600, 100]
    assert sum(shares(places, 997)) == 997
    assert shares(places, None) == [26, 51, 8]
