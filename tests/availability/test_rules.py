from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

from hypothesis import assume, given
from hypothesis import strategies as st

from mawaeed.availability.rules import (
    DayOff,
    FreeTime,
    Hours,
    Period,
    Row,
    cut,
    find_slots,
    hours_on,
    intervals_needed,
    periods_on,
)

ZONE = ZoneInfo("Asia/Bahrain")
SUNDAY = date(2026, 11, 22)
EVERY_DAY = frozenset(range(1, 8))
WORKDAYS = frozenset({7, 1, 2, 3, 4})


def hours(opens: str, closes: str, **changes: object) -> Hours:
    values: dict[str, object] = {
        "weekdays": EVERY_DAY,
        "opens": time.fromisoformat(opens),
        "closes": time.fromisoformat(closes),
        "effective_from": date(2026, 1, 1),
    }
    return Hours(**{**values, **changes})  # type: ignore[arg-type]


def walls(periods: list[Period]) -> list[tuple[str, str]]:
    return [
        (f"{p.starts_at.astimezone(ZONE):%H:%M}", f"{p.ends_at.astimezone(ZONE):%H:%M}")
        for p in periods
    ]


def test_periods_on_bahrain_hours_are_three_hours_earlier_in_utc_all_year() -> None:
    for day in (date(2026, 1, 4), date(2026, 3, 29), date(2026, 7, 5), date(2026, 10, 25)):
        (period,) = periods_on(day, [hours("07:00", "14:15")], [], ZONE)
        assert period.starts_at == datetime(day.year, day.month, day.day, 4, 0, tzinfo=UTC)
        assert period.ends_at - period.starts_at == timedelta(hours=7, minutes=15)


def test_periods_on_day_when_clocks_go_forward_lasts_an_hour_less() -> None:
    (period,) = periods_on(
        date(2026, 3, 29), [hours("00:00", "12:00")], [], ZoneInfo("Europe/Paris")
    )
    assert period.ends_at - period.starts_at == timedelta(hours=11)


def test_hours_on_weekend_nothing_applies() -> None:
    rule = hours("07:00", "14:00", weekdays=WORKDAYS)
    assert [hours_on(SUNDAY + timedelta(days=offset), [rule]) != [] for offset in range(7)] == [
        True,
        True,
        True,
        True,
        True,
        False,
        False,
    ]


def test_hours_on_ramadan_replaces_the_whole_usual_day() -> None:
    usual = [hours("08:00", "14:00"), hours("14:00", "20:00")]
    ramadan = hours(
        "08:00",
        "14:00",
        precedence=10,
        effective_from=date(2027, 2, 8),
        effective_until=date(2027, 3, 9),
    )
    rules = [*usual, ramadan]
    assert hours_on(date(2027, 2, 7), rules) == usual
    assert hours_on(date(2027, 2, 8), rules) == [ramadan]
    assert hours_on(date(2027, 3, 9), rules) == [ramadan]
    assert hours_on(date(2027, 3, 10), rules) == usual


def test_hours_on_pool_own_rule_goes_before_the_centres_at_equal_precedence() -> None:
    centre, own = hours("07:00", "14:00"), hours("09:00", "12:00", for_pool=True)
    season = hours("10:00", "11:00", precedence=1)
    assert hours_on(SUNDAY, [centre, own]) == [own]
    assert hours_on(SUNDAY, [centre, own, season]) == [season]


def test_periods_on_two_shifts_stay_two_sessions() -> None:
    shifts = [hours("14:00", "21:00"), hours("07:00", "14:00")]
    assert walls(periods_on(SUNDAY, shifts, [], ZONE)) == [("07:00", "14:00"), ("14:00", "21:00")]


def test_periods_on_closures_cut_days_and_hours() -> None:
    rule = [hours("07:00", "14:00")]
    whole = DayOff(SUNDAY, SUNDAY)
    middle = DayOff(SUNDAY, SUNDAY, time(9, 0), time(10, 30))
    tail = DayOff(SUNDAY, SUNDAY, time(12, 0))
    assert periods_on(SUNDAY, rule, [whole], ZONE) == []
    assert walls(periods_on(SUNDAY, rule, [middle, tail], ZONE)) == [
        ("07:00", "09:00"),
        ("10:30", "12:00"),
    ]
    assert walls(periods_on(SUNDAY + timedelta(days=1), rule, [whole, tail], ZONE)) == [
        ("07:00", "14:00")
    ]


minutes = st.integers(0, 24 * 60 - 1)


@st.composite
def weekly(draw: st.DrawFn) -> Hours:
    opens, closes = sorted((draw(minutes), draw(minutes)))
    assume(opens < closes)
    return Hours(
        weekdays=draw(st.frozensets(st.integers(1, 7))),
        opens=time(*divmod(opens, 60)),
        closes=time(*divmod(closes, 60)),
        effective_from=SUNDAY + timedelta(days=draw(st.integers(-9, 9))),
        precedence=draw(st.integers(0, 2)),
        for_pool=draw(st.booleans()),
    )


@st.composite
def closure(draw: st.DrawFn) -> DayOff:
    first = SUNDAY + timedelta(days=draw(st.integers(-2, 2)))
    begin, end = sorted((draw(minutes), draw(minutes)))
    return DayOff(
        first,
        first + timedelta(days=draw(st.integers(0, 3))),
        draw(st.sampled_from([None, time(*divmod(begin, 60))])),
        draw(st.sampled_from([None, time(*divmod(end, 60))])),
    )


@given(st.lists(weekly(), max_size=5), st.lists(closure(), max_size=3), st.integers(0, 1439))
def test_periods_on_is_open_exactly_where_a_rule_says_and_no_closure_does(
    rules: list[Hours], days_off: list[DayOff], minute: int
) -> None:
    moment = datetime.combine(SUNDAY, time(*divmod(minute, 60)), tzinfo=ZONE)
    wall = moment.time()
    opened = any(rule.opens <= wall < rule.closes for rule in hours_on(SUNDAY, rules))
    closed = any(
        off.from_date <= SUNDAY <= off.until_date
        and (off.from_time or time.min) <= wall
        and (off.until_time is None or wall < off.until_time)
        for off in days_off
    )
    periods = periods_on(SUNDAY, rules, days_off, ZONE)
    inside = [period for period in periods if period.starts_at <= moment < period.ends_at]
    assert len(inside) == (1 if opened and not closed else 0)
    assert all(a.ends_at <= b.starts_at for a, b in pairwise(periods))


@given(minutes, st.integers(0, 900), st.sampled_from([5, 10]))
def test_cut_gives_whole_contiguous_steps_on_the_grid(start: int, length: int, grid: int) -> None:
    midnight = datetime(2026, 11, 22, tzinfo=UTC)
    period = Period(
        midnight + timedelta(minutes=start), midnight + timedelta(minutes=start + length)
    )
    steps = cut(period, grid)
    assert all(
        begin.minute % grid == 0 and end - begin == timedelta(minutes=grid) for begin, end in steps
    )
    assert all(a[1] == b[0] for a, b in pairwise(steps))
    if steps:
        assert period.starts_at <= steps[0][0] < period.starts_at + timedelta(minutes=grid)
        assert period.ends_at - timedelta(minutes=grid) < steps[-1][1] <= period.ends_at
    else:
        assert length < 2 * grid


def test_intervals_needed_rounds_up() -> None:
    assert [intervals_needed(length, 5) for length in (5, 10, 12, 25, 90)] == [1, 2, 3, 5, 18]
    assert intervals_needed(25, 10) == 3


def row(minute: int, free: int, session: int = 1, session_starts: int = 0) -> Row:
    return Row(minute * 60, free, session, session_starts * 60)


def test_find_slots_needs_every_interval_free_and_tells_the_least() -> None:
    rows = [row(0, 2), row(5, 1), row(10, 3), row(15, 0), row(20, 4), row(25, 5)]
    assert find_slots(rows, needed=2, grid_minutes=5, step_minutes=5) == [
        FreeTime(0, 1),
        FreeTime(300, 1),
        FreeTime(1200, 4),
    ]


def test_find_slots_never_spans_two_sessions_or_a_gap() -> None:
    rows = [row(0, 1), row(5, 1), row(10, 1, 2, 10), row(20, 1, 2, 10)]
    assert find_slots(rows, needed=2, grid_minutes=5, step_minutes=5) == [FreeTime(0, 1)]


def test_find_slots_steps_count_from_the_sessions_start_even_if_it_is_not_listed() -> None:
    rows = [row(minute, 1, 1, 420) for minute in range(470, 600, 5)]
    found = find_slots(rows, needed=1, grid_minutes=5, step_minutes=90)
    assert [time.starts // 60 for time in found] == [510]


@given(
    st.lists(st.integers(-1, 3), max_size=40),
    st.integers(1, 6),
    st.sampled_from([5, 10, 15]),
    st.sets(st.integers(0, 40)),
)
def test_find_slots_equals_trying_every_start(
    free: list[int], needed: int, step: int, missing: set[int]
) -> None:
    """Two sessions, some intervals missing: the search agrees with the definition."""
    rows = [
        row(index * 5, left, 1 + index // 20, index // 20 * 100)
        for index, left in enumerate(free)
        if index not in missing
    ]
    by_start = {each.starts: each for each in rows}
    expected = []
    for start in range(0, len(free) * 300, 300):
        run = [by_start.get(start + offset * 300) for offset in range(needed)]
        whole = [each for each in run if each is not None]
        if len(whole) != needed or len({each.session_id for each in whole}) != 1:
            continue
        least = min(each.free for each in whole)
        if least > 0 and (start - whole[0].session_starts) % (step * 60) == 0:
            expected.append(FreeTime(start, least))
    assert find_slots(rows, needed=needed, grid_minutes=5, step_minutes=step) == expected
