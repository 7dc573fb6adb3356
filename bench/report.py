"""The results as a file, as a table, and between the markers of `docs/performance.md`.

bench/report.py      writes the tables of docs/performance.md anew from bench/results/bench.json
"""

from __future__ import annotations

import json
import os
import platform
import re
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import tables

ROOT = Path(__file__).resolve().parent.parent
DOCUMENT = ROOT / "docs" / "performance.md"
RESULTS = ROOT / "bench" / "results"
NAME = "bench.json"
MARKED = re.compile(
    r"(<!-- measured: (\w+) -->\n).*?(<!-- end of what was measured -->)", re.DOTALL
)


def machine() -> dict[str, Any]:
    """What it runs on, and when: neither its name nor a path."""
    return {
        "at": datetime.now(UTC).isoformat(timespec="minutes"),
        "cores": os.cpu_count(),
        "load_before": round(os.getloadavg()[0], 2),
        "python": platform.python_version(),
        "system": platform.system(),
        "postgresql": _version(["/usr/bin/psql", "--version"]),
    }


def _version(command: list[str]) -> str:
    if not Path(command[0]).exists():
        return ""
    said = subprocess.run(command, capture_output=True, text=True, check=False).stdout
    found = re.search(r"\d+(\.\d+)*", said)
    return found[0] if found else ""


def read(folder: Path | None) -> dict[str, Any]:
    """What was measured before, by part."""
    if folder is None or not (folder / NAME).exists():
        return {}
    found: dict[str, Any] = json.loads((folder / NAME).read_text())
    return found


def write(found: dict[str, Any], folder: Path | None) -> None:
    """`bench.json`, `table.md` and the plans."""
    plans = {name: part.pop("plans", None) for name, part in found.items()}
    if folder is None:
        return
    folder.mkdir(parents=True, exist_ok=True)
    for name, lines in plans.items():
        if lines:
            (folder / f"plans-{name}.txt").write_text("\n\n".join(lines) + "\n")
    (folder / NAME).write_text(json.dumps(found, indent=2) + "\n")
    (folder / "table.md").write_text(table(found))


def table(found: dict[str, Any]) -> str:
    """Markdown of everything that was measured."""
    parts = [tables.PARTS[name](found[name]) for name in tables.PARTS if name in found]
    return "\n".join("\n".join([*lines, ""]) for lines in parts)


def documented(text: str, found: dict[str, Any]) -> str:
    """The page with its tables made from these results."""

    def fill(marked: re.Match[str]) -> str:
        name = marked[2]
        lines = tables.PARTS[name](found[name]) if name in found else ["Not measured yet."]
        return "\n".join([marked[1], *lines, "", marked[3]])

    return MARKED.sub(fill, text)


def document(found: dict[str, Any]) -> None:
    """Write the tables of the page."""
    DOCUMENT.write_text(documented(DOCUMENT.read_text(), found))


if __name__ == "__main__":
    document(read(RESULTS))
    sys.exit(0)
