"""Each part's figures as Markdown: medians of the rounds, with when and on what."""

from __future__ import annotations

from collections.abc import Callable
from statistics import median
from typing import Any

WAYS = (
    ("limit", "the limit: pgbench, one prepared statement"),
    ("action", "the action, in process"),
)
HTTP = ("http", "POST /api/v1/appointments, two applications")
# (name, what, promised: calls a second)
HALL = (
    ("limit", "the limit: pgbench, finish and call in one statement", ""),
    ("issue", "tickets given", "1,000/s"),
    ("finish_and_call", "finish and call the next, every clerk busy", "800/s"),
    ("start", "the service begins, between two calls", ""),
    ("presses", "all presses of these clerks together", ""),
    ("half_load", "finish and call the next, 40 counters at half that speed", "p99 50 ms"),
)


def _when(found: dict[str, Any]) -> str:
    note = found["measured"]
    version = f", PostgreSQL {note['postgresql']}" if note["postgresql"] else ""
    return (
        f"Measured {note['at']} on {note['cores']} cores (load before: {note['load_before']}), "
        f"Python {note['python']}{version}; it took {note['minutes']} minutes."
    )


def postgresql(found: dict[str, Any]) -> list[str]:
    """Booking and listing beside the limit."""
    return [*_database(found), *_facts(found)]


def sqlite(found: dict[str, Any]) -> list[str]:
    """Booking and listing on one file."""
    return [*_database(found), *_facts(found)]


def _database(found: dict[str, Any]) -> list[str]:
    rows, counts = found["rows"], found["scale"]["clients"]
    busiest = counts[-1]
    lines = [
        (
            f"{rows['intervals']:,} intervals, {rows['appointments']:,} appointments, "
            f"{rows['people']:,} people; medians of {found['scale']['rounds']} rounds. "
            f"{_when(found)}"
        ),
        "",
        "| what | clients | per second | p50 ms | p99 ms | statements | of the limit |",
        "|---|---:|---:|---:|---:|---:|---:|",
    ]
    for kind, label in (*WAYS, HTTP):
        lines += [_row(found, f"{kind}_{n}", label, f"limit_{n}", kind) for n in counts]
    embedded = f"embedded_http_{busiest}"
    lines.append(_row(found, embedded, "the same, one port", f"limit_{busiest}", "http"))
    for kind, label in (*WAYS, HTTP):
        popular = f"popular_{kind}_{busiest}"
        lines.append(_row(found, popular, f"one start: {label}", f"popular_limit_{busiest}", kind))
    for key, label in (
        ("slots_cold", "GET /slots, every question new"),
        (f"slots_warm_{busiest}", "GET /slots, warm"),
        (f"slots_unchanged_{busiest}", "GET /slots, unchanged (304)"),
        (f"embedded_slots_warm_{busiest}", "GET /slots, warm, one port"),
    ):
        lines.append(_row(found, key, label))
    return [line for line in lines if line is not None]


def _row(
    found: dict[str, Any], key: str, label: str, limit: str = "", kind: str = ""
) -> str | None:
    if key not in found:
        return None
    one = found[key]
    ratio = f"{_share(one, found[limit]):.2f}" if limit in found else ""
    sent = "1" if kind == "limit" else found.get("statements", {}).get(kind, "")
    return (
        f"| {label} | {one['clients']} | {one['per_second']:,.0f} | {one['p50_ms']:.1f} | "
        f"{one['p99_ms']:.1f} | {sent} | {ratio} |"
    )


def _share(one: dict[str, Any], limit: dict[str, Any]) -> float:
    """Of the limit: round by round, as both were measured in turns, then the median."""
    pairs = zip(one["rounds"], limit["rounds"], strict=True)
    return median(rate / whole for rate, whole in pairs)


def _facts(found: dict[str, Any]) -> list[str]:
    rush = found["release_minute"]
    outcomes = rush["outcomes"]
    failed = sum(count for name, count in outcomes.items() if " 5" in name or "closed" in name)
    told = outcomes.get("person told what is left elsewhere", 0)
    facts = [
        "",
        (
            f"Release minute: {rush['people']:,} people after {rush['places']} places, "
            f"{rush['requests']:,} requests in {rush['seconds']} s: {rush['booked']} booked by "
            f"{rush['people_booked']} people, {told:,} told what is left elsewhere, "
            f"{failed} errors, p50 {rush['p50_ms']} ms, p99 {rush['p99_ms']} ms."
        ),
    ]
    if "listing_13" in found:
        few, many = found["listing_13"]["median_ms"], found["listing_all"]
        grown = [f"{(each - 1) * 100:+.0f}" for each in many["of_13"]]
        facts.append(
            f"One centre's listing of seven days: {few} ms at 13 centres, {many['median_ms']} ms "
            f"at all; {len(grown)} pairs of processes in turn: {', '.join(grown)} %."
        )
    facts.append(f"The ledger agrees with the appointments: {_yes(found['ledger_agrees'])}.")
    return facts


def _yes(answer: bool) -> str:
    return "yes" if answer else "NO"


def hall(found: dict[str, Any]) -> list[str]:
    """Calling and giving tickets."""
    size = found["hall"]
    lines = [
        (
            f"{size['waiting']:,} waiting, {size['counters']} counters; medians of "
            f"{len(found['issue']['rounds'])} rounds in turns with the limit. {_when(found)}"
        ),
        "",
        "| what | promised | clients | per second | each round | p50 ms | p99 ms |",
        "|---|---|---:|---:|---|---:|---:|",
    ]
    for key, label, promised in HALL:
        if key not in found:
            continue
        one = found[key]
        rounds = ", ".join(f"{each:,.0f}" for each in one["rounds"])
        lines.append(
            f"| {label} | {promised} | {one['clients']} | {one['per_second']:,.0f} | {rounds} | "
            f"{one['p50_ms']:.1f} | {one['p99_ms']:.1f} |"
        )
    order = found["order"]
    return [
        *lines,
        "",
        (
            f"{found['tickets']:,} tickets, {found['numbers_doubled']} numbers doubled; "
            f"{found['tickets_called']:,} called, {found['called_twice']} of them twice. "
            f"{order['calls']:,} calls compared with the first of each class: somebody passed over "
            f"in {order['passed_over']}; {order['sorted_by_force']} compared with everybody who "
            f"waited ({order['pressed_alone']} pressed alone): {order['passed_over_by_force']}."
        ),
    ]


def waits(found: dict[str, Any]) -> list[str]:
    """Estimates of a whole hall."""
    lines = [
        (
            f"{found['waiting']} waiting, {found['counters']} counters, "
            f"{found['runs_asked']} simulations asked for, one process. {_when(found)}"
        ),
        "",
        "| all waiting tickets at once | promised ms | ms | processor ms |",
        "|---|---:|---:|---:|",
    ]
    for key, label, promised in (
        ("simulated", "by simulation", "1,000"),
        ("analytic", "by the gamma law", "50"),
        ("with_reading", "as the worker does it, state read from SQLite", "1,000"),
    ):
        if key in found:
            one = found[key]
            lines.append(f"| {label} | {promised} | {one['median_ms']:,} | {one['cpu_ms']:,} |")
    return lines


def live(found: dict[str, Any]) -> list[str]:
    """From a commit to the screens."""
    lines = [
        _when(found),
        "",
        "| screens | changes | p50 ms | p99 ms | all told, ms | untold | lost | KiB each | pages |",
        "|---:|---:|---:|---:|---:|---:|---:|---:|---:|",
    ]
    for screens, one in found.items():
        if screens != "measured":
            lines.append(
                f"| {int(screens):,} | {one['changes']} | {one['p50_ms']} | {one['p99_ms']} | "
                f"{one['all_told_ms']} | {one['untold']} | {one['lost']} | "
                f"{one['kib_per_stream']} | {one['page_p99_ms']} |"
            )
    return lines


def day(found: dict[str, Any]) -> list[str]:
    """Every centre's day at once."""
    return [
        _when(found),
        "",
        "| centres | visits | hours | seconds | × real time | open | ledger wrong | shown wrong |",
        "|---:|---:|---:|---:|---:|---:|---:|---:|",
        (
            f"| {found['centres']} | {found['visits']:,} | {found['hours']} | {found['seconds']} | "
            f"{found['times_real_time']} | {found['left_open']} | {found['ledger_differences']} | "
            f"{found['largest_shown_difference_seconds']} s |"
        ),
    ]


PARTS: dict[str, Callable[[dict[str, Any]], list[str]]] = {
    "postgresql": postgresql,
    "sqlite": sqlite,
    "hall": hall,
    "waits": waits,
    "live": live,
    "day": day,
}
