"""A queue's state at a ticket's issue as a row of numbers, and the simple estimates from it.

Everything is of the moment or before. -1 stands for what is not known yet.
"""

from __future__ import annotations

from dataclasses import dataclass

from mawaeed.hall.estimates.line import RECENT, Halls, Line, Office, since

# Minutes per call before anything was ever seen, and how much each level weighs against its own.
FIRST_HEADWAY = 4.0
WEIGHT_ALL, WEIGHT_OFFICE, WEIGHT_QUEUE, WEIGHT_DAY = 20.0, 30.0, 10.0, 4.0
FIRST_WAIT, WEIGHT_HOUR = 8.0, 5.0
LONG_AGO = 999.0

NAMES = (
    "ahead",
    "headway_3",
    "headway_8",
    "headway_20",
    "headway_day",
    "headway_past",
    "headway",
    "since_call",
    "calls_10",
    "calls_20",
    "calls_40",
    "oldest_wait",
    "last_wait",
    "mean_wait_5",
    "counters",
    "planned_minutes",
    "sampled_waiting",
    "hour",
    "issues_10",
    "issues_30",
    "calls",
    "office_waiting",
    "office_calls_20",
    "office_issues_20",
    "office_counters",
    "sample_age",
    "since_first_call",
    "share_at_once",
    "past_wait",
    "past_wait_hour",
    "since_issue",
    "busy_queues",
    "position",
    "position_past",
    "position_pace",
    "same_calls",
    "expected",
    "last_pace",
    "served_share",
    "past_wait_ahead",
    "past_position_pace",
    "calls_5",
    "since_call_headways",
)
AHEAD = NAMES.index("ahead")
# With more people ahead and all else equal, these rise, and no estimate may fall with them.
RISING = tuple(
    NAMES.index(name)
    for name in (
        "ahead",
        "position",
        "position_past",
        "position_pace",
        "same_calls",
        "past_wait_ahead",
        "past_position_pace",
    )
)

Row = tuple[float, ...]


@dataclass(frozen=True, slots=True)
class Baselines:
    """Estimates in minutes that need no learning, as of a ticket's issue."""

    les: float
    hol: float
    mean_of_five: float
    position: float


def headway_of(halls: Halls, office: Office, line: Line) -> tuple[float, float]:
    """Minutes per call while somebody waits: of all days, and with the last calls of today.

    Each level is drawn towards the next: all offices, office, queue, today.
    """
    everywhere = halls.headways.shrunk(FIRST_HEADWAY, WEIGHT_ALL)
    here = office.headways.shrunk(everywhere, WEIGHT_OFFICE)
    past = line.past.headways.shrunk(here, WEIGHT_QUEUE)
    recent = line.headways[-RECENT:]
    today = (sum(recent) + WEIGHT_DAY * past) / (len(recent) + WEIGHT_DAY)
    return past, today


def baselines_of(halls: Halls, office: Office, line: Line, at: float) -> Baselines:
    """LES, HOL, mean of the last five, and people ahead × the queue's own headway."""
    _, headway = headway_of(halls, office, line)
    return Baselines(
        les=line.last_wait(),
        hol=line.oldest_wait(at),
        mean_of_five=line.mean_wait(5),
        position=len(line.waiting) * headway,
    )


def features_of(halls: Halls, office: Office, line: Line, at: float, planned_minutes: float) -> Row:
    """The row of `NAMES` for a ticket about to join `line` at `at`."""
    office.forget_before(at - 20)
    past, headway = headway_of(halls, office, line)
    calls, waits = line.calls, line.waits[-10:]
    at_once = sum(wait <= 0 for wait in waits) / len(waits) if waits else 0.0
    day = sum(line.headways) / len(line.headways) if line.headways else -1.0
    past_wait = line.past.waits.value()
    hourly = line.past.waits_by_hour.get(int(at // 60))
    typical = past_wait if past_wait >= 0 else FIRST_WAIT
    sample = line.sample
    places = len(line.waiting) + 1
    hour = hourly.shrunk(typical, WEIGHT_HOUR) if hourly else typical
    return (
        len(line.waiting),
        line.mean_headway(3),
        line.mean_headway(8),
        line.mean_headway(20),
        day,
        past,
        headway,
        at - calls[-1] if calls else LONG_AGO,
        since(calls, at - 10),
        since(calls, at - 20),
        since(calls, at - 40),
        line.oldest_wait(at),
        line.last_wait(),
        line.mean_wait(5),
        sample.counters,
        planned_minutes,
        sample.waiting,
        at / 60,
        since(line.issues, at - 10),
        since(line.issues, at - 30),
        len(calls),
        office.waiting,
        len(office.recent_calls),
        len(office.recent_issues),
        sum(each.sample.counters for each in office.lines.values()),
        at - sample.at if sample.at is not None else 0.0,
        at - calls[0] if calls else -1.0,
        at_once,
        past_wait,
        hour,
        at - line.issues[-1] if line.issues else LONG_AGO,
        sum(bool(each.waiting) for each in office.lines.values()),
        places * headway,
        places * past,
        places * line.mean_pace(5, headway),
        line.time_of_calls(places, at, places * headway),
        max(line.oldest_wait(at), line.last_wait()),
        line.mean_pace(1),
        since(calls, at - 40) / (1 + since(line.issues, at - 40)),
        line.past.wait_behind(places - 1, places * past),
        places * line.past.paces.shrunk(past, WEIGHT_QUEUE),
        since(calls, at - 5),
        (at - calls[-1]) / (0.5 + headway) if calls else -1.0,
    )
