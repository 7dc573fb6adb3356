"""The short form of `make bench`: every part runs and its results can be read."""

import json
import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
OWN = {"DATABASE_URL", "DATA_DIR", "DJANGO_SETTINGS_MODULE", "MAWAEED_DEMO"}


def test_short_form_measures_every_part(tmp_path: Path) -> None:
    database = (
        "postgresql" if os.environ.get("DATABASE_URL", "").startswith("postgres") else "sqlite"
    )
    done = subprocess.run(
        [
            sys.executable,
            "bench/run.py",
            "--quick",
            "--parts",
            database,
            "--results",
            str(tmp_path),
        ],
        cwd=ROOT,
        env={key: value for key, value in os.environ.items() if key not in OWN},
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    found = json.loads((tmp_path / "bench.json").read_text())[database]
    rush = found["release_minute"]
    assert (rush["booked"], rush["people_booked"]) == (rush["places"], rush["places"])
    assert not [name for name in rush["outcomes"] if " 5" in name or "closed" in name]
    assert found["ledger_agrees"]
    assert found["action_4"]["outcomes"].keys() == {"booked"}
    assert found["http_4"]["outcomes"].keys() == {"201"}
    assert found["slots_unchanged_4"]["outcomes"].keys() == {"304"}
    assert "GET /slots, warm" in (tmp_path / "table.md").read_text()
    if database == "postgresql":
        assert min(found["statements"].values()) >= 1
        assert "Index Scan" in (tmp_path / "plans-postgresql.txt").read_text()


def test_tables_of_the_page_are_those_of_the_results() -> None:
    """Made anew by `python bench/report.py`."""
    asked = (
        "import report, tables; text = report.DOCUMENT.read_text(); "
        "assert {each[1] for each in report.MARKED.findall(text)} == set(tables.PARTS); "
        "assert report.documented(text, report.read(report.RESULTS)) == text"
    )
    subprocess.run([sys.executable, "-c", asked], cwd=ROOT / "bench", check=True, timeout=60)
