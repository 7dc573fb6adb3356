"""The results as a file and as a table."""

from __future__ import annotations

import json
import os
import platform
import subprocess
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

WAYS = (
    ("limit", "pgbench, one prepared statement (the limit)"),
    ("action", "the action, in process"),
)
HTTP = ("http", "POST /api/v1/appointments, two applications")


def machine() -> dict[str, Any]:
    """What it ran on, and when."""
    return {
        "at": datetime.now(UTC).isoformat(timespec="minutes"),
        "cores": os.cpu_count(),
        "load_before": round(os.getloadavg()[0], 2),
        "python": platform.python_version(),
        "system": platform.system(),
        "postgresql": _version(["/usr/bin/psql", "--version"]),
        "note": "clients, server and database share these cores; loopback only",
    }


def _version(command: list[str]) -> str:
    if not Path(command[0]).exists():
        return ""
    said = subprocess.run(command, capture_output=True, text=True, check=False).stdout
    return said.strip()


def write(found: dict[str, Any], folder: Path) -> None:
    """`bench.json`, `table.md` and the plans."""
    for name in ("postgresql", "sqlite"):
        plans = found.get(name, {}).pop("plans", None)
        if plans:
            (folder / f"plans-{name}.txt").write_text("\n\n".join(plans) + "\n")
    (folder / "bench.json").write_text(json.dumps(found, indent=2) + "\n")
    (folder / "table.md").write_text(table(found))


def table(found: dict[str, Any]) -> str:
    """Markdown: one row for each thing measured, medians of the rounds."""
    note = found["machine"]
    lines = [
        f"{note['at']}, {note['cores']} cores, {note['note']}; load before: {note['load_before']}.",
        f"Medians of {found['scale']['rounds']} rounds, everything in one run.",
    ]
    for name, title in (("postgresql", "PostgreSQL"), ("sqlite", "SQLite")):
        if name in found:
            lines += ["", *_database(found[name], title, found["scale"]["clients"])]
    lines += _hall(found.get("hall"))
    for name in ("waits", "live"):
        if name in found:
            lines += ["", f"**{name}**", "", "```", json.dumps(found[name], indent=1), "```"]
    return "\n".join(lines) + "\n"


def _hall(found: dict[str, Any] | None) -> list[str]:
    if not found:
        return []
    lines = [
        "",
        f"**One hall**: {found['waiting']:,} waiting, {found['counters']} counters, over HTTP.",
        "",
        "| what | clients | per second | p50 ms | p99 ms |",
        "|---|---:|---:|---:|---:|",
    ]
    for key, label in (
        ("issue", "tickets given"),
        ("finish_and_call", "finish and call the next, every counter busy"),
        ("start", "the service begins, between two calls"),
        ("half_load", "finish and call the next, at half that speed"),
    ):
        one = found[key]
        lines.append(
            f"| {label} | {one['clients']} | {one['per_second']:,.0f} | {one['p50_ms']:.1f} | "
            f"{one['p99_ms']:.1f} |"
        )
    order = found["order"]
    return [
        *lines,
        "",
        (
            f"{found['tickets']:,} tickets, {found['numbers_doubled']} numbers doubled, "
            f"{found['called_twice']} of {found['tickets_called']:,} called twice; "
            f"{order['as_sorted']} of {order['calls']} calls as a sort of everybody says."
        ),
    ]


def _database(found: dict[str, Any], title: str, counts: list[int]) -> list[str]:
    rows = found["rows"]
    busiest = counts[-1]
    lines = [
        (
            f"**{title}**: {rows['intervals']:,} intervals, {rows['appointments']:,} appointments, "
            f"{rows['people']:,} people."
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
    return [line for line in lines if line is not None] + _facts(found)


def _row(
    found: dict[str, Any], key: str, label: str, limit: str = "", kind: str = ""
) -> str | None:
    if key not in found:
        return None
    one = found[key]
    whole = found.get(limit, {}).get("per_second", 0)
    ratio = f"{one['per_second'] / whole:.2f}" if whole else ""
    sent = "1" if kind == "limit" else found.get("statements", {}).get(kind, "")
    return (
        f"| {label} | {one['clients']} | {one['per_second']:,.0f} | {one['p50_ms']:.1f} | "
        f"{one['p99_ms']:.1f} | {sent} | {ratio} |"
    )


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
            f"{rush['people_booked']} people, {told:,} "
            f"told what is left elsewhere, {failed} errors, p50 {rush['p50_ms']} ms, "
            f"p99 {rush['p99_ms']} ms."
        ),
    ]
    if "listing_13" in found:
        few, many = found["listing_13"]["median_ms"], found["listing_all"]["median_ms"]
        facts.append(
            f"One centre's listing of seven days: {few} ms at 13 centres, {many} ms at all "
            f"({(many / few - 1) * 100:+.0f} %)."
        )
    facts.append(f"The ledger agrees with the appointments: {found['ledger_agrees']}.")
    return facts
