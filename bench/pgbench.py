"""PostgreSQL's own client for measuring, run once for one slice."""

from __future__ import annotations

import subprocess
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from measure import Slice

# Transactions of a client after which its connection has every plan it needs.
WARM_AFTER, WARMING_SECONDS = 2, 2
LONGEST_SECONDS = 60


def run(
    script: str,
    address: Mapping[str, str],
    *,
    clients: int,
    seconds: float,
    variables: Mapping[str, Any],
) -> Slice:
    """Prepared statements over the Unix socket, for `whole(seconds)`; only the warm part counts."""
    with tempfile.TemporaryDirectory(prefix="mawaeed-bench-") as folder:
        path = Path(folder) / "script.sql"
        path.write_text(script)
        command = [
            *(address["pgbench"], "--no-vacuum", "--protocol", "prepared", "--log"),
            *("--client", str(clients), "--jobs", str(min(2, clients))),
            *("--time", str(whole(seconds)), "--file", str(path)),
            *(part for name, value in variables.items() for part in ("-D", f"{name}={value}")),
            *("-h", address["socket"], "-p", address["port"], "-U", "postgres", "postgres"),
        ]
        done = subprocess.run(
            command,
            cwd=folder,
            env={"PGPASSWORD": address["password"], "PATH": "/usr/bin:/bin"},
            capture_output=True,
            text=True,
            check=False,
            timeout=whole(seconds) + LONGEST_SECONDS,
        )
        if done.returncode:
            raise RuntimeError(f"pgbench failed: {done.stderr[-2000:]}")
        logs = Path(folder).glob("pgbench_log.*")
        return _warm_part(clients, [line for log in logs for line in log.read_text().splitlines()])


def _warm_part(clients: int, lines: list[str]) -> Slice:
    """What was done once every client had its connection warm, as the others' connections are.

    A line is: client, number, microseconds taken, script, and when it was done (seconds, rest).
    """
    rows = [tuple(map(int, line.split()[:6])) for line in lines]
    done = [(row[4] + row[5] / 1e6, row[2] / 1e6) for row in rows]
    warm = [at for row, (at, _) in zip(rows, done, strict=True) if row[1] == WARM_AFTER]
    first, end = min(at - took for at, took in done), max(at for at, _ in done)
    # On a machine too slow for that, the whole slice counts.
    begin = max(warm) if len(warm) == clients and max(warm) < end - 0.5 else first
    return Slice(clients, end - begin, [took for at, took in done if at > begin])


def whole(seconds: float) -> int:
    """pgbench counts in seconds; opening and warming the connections takes its part of them."""
    return WARMING_SECONDS + max(1, round(seconds))
