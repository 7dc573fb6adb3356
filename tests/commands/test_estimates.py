"""`mawaeed estimates replay` on a made-up log: its report, its splits and its refusals."""

import gzip
import json
from pathlib import Path
from typing import Any

import pytest

from mawaeed.commands.cli import main
from small_log import DAYS, Fields, made_up_log, write_samples, write_tickets

BASELINES = {"les", "hol", "mean_of_five", "position"}


@pytest.fixture
def log(tmp_path: Path) -> Path:
    return write_tickets(tmp_path / "tickets.csv.gz", made_up_log()[0])


def replay(log: Path, *options: str) -> dict[str, Any]:
    report = log.parent / "report.json"
    assert main(["estimates", "replay", str(log), "--report", str(report), *options]) == 0
    found: dict[str, Any] = json.loads(report.read_text("utf-8"))
    return found


def refused(capsys: pytest.CaptureFixture[str], log: Path, *options: str) -> str:
    report = log.parent / "report.json"
    given = options or ("--train-until", DAYS[0])
    assert main(["estimates", "replay", str(log), "--report", str(report), *given]) == 2
    assert not report.exists()
    return capsys.readouterr().err.splitlines()[-1]


def test_replay_reports_every_later_ticket_and_the_baselines(log: Path) -> None:
    tickets, _ = made_up_log()
    later = [each for each in tickets if each["date"] != DAYS[0]]

    report = replay(log, "--train-until", DAYS[0])

    assert {
        (each["office"], each["queue_id"], each["date"], each["seq"]) for each in report["tickets"]
    } == {(each["office"], each["queue_id"], each["date"], each["seq"]) for each in later}
    assert report["overall"]["tickets"] == len(later)
    assert set(report["overall"]["baselines"]) == BASELINES
    assert set(report["offices"]) == {"North", "South", "East"}
    assert set(report["days"]) == set(DAYS[1:])
    assert report["overall"]["three_or_more_ahead"]["tickets"] == sum(
        each["ahead"] >= 3 for each in report["tickets"]
    )


def test_replay_sums_are_those_of_its_tickets(log: Path) -> None:
    report = replay(log, "--train-until", DAYS[0])
    tickets = report["tickets"]
    count = len(tickets)

    errors = [abs(each["wait_min"] - each["p50"]) for each in tickets]
    kept = [each["wait_min"] <= each["p90"] for each in tickets]
    assert report["overall"]["mae"] == pytest.approx(sum(errors) / count, abs=0.01)
    assert report["overall"]["pinball_50"] == pytest.approx(sum(errors) / count / 2, abs=0.01)
    assert report["overall"]["coverage_90"] == pytest.approx(sum(kept) / count, abs=0.01)
    assert all(0 <= each["p50"] <= each["p90"] for each in tickets)


def test_replay_reports_doubtful_waits_without_measuring_them(tmp_path: Path) -> None:
    tickets, _ = made_up_log()
    for each in tickets[::10]:
        each["clean"] = 0
    log = write_tickets(tmp_path / "tickets.csv", tickets)

    report = replay(log, "--train-until", DAYS[0])

    later = [each for each in tickets if each["date"] != DAYS[0]]
    assert len(report["tickets"]) == len(later)
    assert report["overall"]["tickets"] == sum(each["clean"] == 1 for each in later)


def test_replay_of_offices_never_seen_learns_from_the_others(log: Path) -> None:
    report = replay(log, "--train-on", "North,South", "--test-on", "East")

    assert set(report["offices"]) == {"East"}
    assert set(report["days"]) == set(DAYS)
    assert report["split"]["train_on"] == ["North", "South"]
    assert report["split"]["tickets_learned_from"] > 0


def test_replay_reads_displays_beside_the_tickets(log: Path) -> None:
    snapshots = write_samples(log.parent / "snapshots.csv.gz", made_up_log()[1])

    report = replay(log, "--train-until", DAYS[1], "--snapshots", str(snapshots))

    assert report["split"]["with_snapshots"] is True


def test_replay_that_learns_nightly_says_something_else_from_the_second_night_on(log: Path) -> None:
    once = replay(log, "--train-until", DAYS[0])
    nightly = replay(log, "--train-until", DAYS[0], "--nightly")

    def said(report: dict[str, Any], day: str) -> list[float]:
        return [each["p50"] for each in report["tickets"] if each["date"] == day]

    assert said(once, DAYS[1]) == said(nightly, DAYS[1])
    assert said(once, DAYS[2]) != said(nightly, DAYS[2])


def test_replay_says_the_same_whatever_comes_later(tmp_path: Path) -> None:
    """Cutting the log at noon of the last day changes nothing said before."""
    tickets, _ = made_up_log()
    whole = replay(write_tickets(tmp_path / "whole.csv", tickets), "--train-until", DAYS[0])
    noon = 600.0
    changed = [_after(each, noon) for each in tickets]
    cut = replay(write_tickets(tmp_path / "cut.csv", changed), "--train-until", DAYS[0])

    def before(report: dict[str, Any]) -> list[tuple[object, ...]]:
        return [
            (each["office"], each["queue_id"], each["date"], each["seq"], each["p50"], each["p90"])
            for each in report["tickets"]
            if each["date"] == DAYS[1] and each["issued_min"] < noon
        ]

    assert before(whole) == before(cut)
    assert whole["overall"]["mae"] != cut["overall"]["mae"]


def _after(ticket: Fields, noon: float) -> Fields:
    """The same ticket, called at last at the end of the day if it was called after `noon`."""
    if ticket["date"] == DAYS[0] or float(str(ticket["called_min"])) <= noon:
        return ticket
    return {
        **ticket,
        "called_min": 1000.0,
        "wait_min": 1000.0 - float(str(ticket["issued_min"])),
    }


@pytest.mark.parametrize(
    ("column", "value", "reason"),
    [
        ("issued_min", "soon", "issued_min is “soon”, not a number"),
        ("issued_min", "nan", "issued_min is nan, not a number from 0 on"),
        ("issued_min", "1440", "issued_min is 1440, later than the day's last minute"),
        ("called_min", "1.5", "called_min 1.5 is before issued_min 480.5"),
        ("wait_min", "-1", "wait_min is -1, not a number from 0 on"),
        ("seq", "1.5", "seq is 1.5, not a whole number"),
        ("date", "4 January", "date is “4 January”, not like 2026-01-31"),
        ("clean", "yes", "clean is “yes”, not 0 or 1"),
        ("office", " ", "office is empty"),
    ],
)
def test_replay_refuses_a_bad_value_with_its_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], column: str, value: str, reason: str
) -> None:
    tickets, _ = made_up_log()
    tickets[1]["issued_min"] = 480.5
    tickets[1][column] = value
    log = write_tickets(tmp_path / "tickets.csv", tickets)

    assert refused(capsys, log) == f"mawaeed: {log}, line 3: {reason}"


def test_replay_refuses_a_ticket_twice(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    tickets, _ = made_up_log()
    log = write_tickets(tmp_path / "tickets.csv", [*tickets[:5], tickets[2]])

    reason = "ticket 3 of this queue and day came before"
    assert refused(capsys, log) == f"mawaeed: {log}, line 7: {reason}"


def test_replay_refuses_a_file_cut_short(log: Path, capsys: pytest.CaptureFixture[str]) -> None:
    log.write_bytes(log.read_bytes()[:-200])

    assert "not a whole gzip file" in refused(capsys, log)


def test_replay_refuses_missing_columns_and_fields(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    log = tmp_path / "tickets.csv"
    log.write_text("office,queue_id\nNorth,1\n", "utf-8")
    assert refused(capsys, log).startswith(f"mawaeed: {log}, line 1: the columns date, seq,")

    text = write_tickets(log, made_up_log()[0]).read_text("utf-8").splitlines()
    log.write_text("\n".join([*text[:4], text[4].rsplit(",", 1)[0]]), "utf-8")
    assert refused(capsys, log) == (
        f"mawaeed: {log}, line 5: another number of fields than the first line"
    )


def test_replay_refuses_text_that_is_not_gzip(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    log = tmp_path / "tickets.csv.gz"
    log.write_text("office\n", "utf-8")

    assert "not a whole gzip file" in refused(capsys, log)


def test_replay_refuses_a_missing_file_and_an_empty_one(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    log = tmp_path / "tickets.csv.gz"
    assert refused(capsys, log) == f"mawaeed: {log}: No such file or directory"

    with gzip.open(log, "wt"):
        pass
    assert "line 1: the columns office, queue_id" in refused(capsys, log)


@pytest.mark.parametrize(
    ("options", "reason"),
    [
        (("--train-on", "West"), "no tickets of West in the log; it has East, North, South"),
        (
            ("--train-on", "North", "--test-on", "North"),
            "North cannot be both trained and tested on",
        ),
        (
            ("--test-on", ""),
            "say what to learn from: --train-until DATE or --train-on OFFICES",
        ),
        (
            ("--train-until", DAYS[-1]),
            "no ticket is left to test on: choose an earlier day or other offices",
        ),
    ],
)
def test_replay_refuses_a_split_that_makes_no_sense(
    log: Path, capsys: pytest.CaptureFixture[str], options: tuple[str, ...], reason: str
) -> None:

    assert refused(capsys, log, *options) == f"mawaeed: {reason}"


def test_theory_prints_every_figure_and_says_which_are_off(
    capsys: pytest.CaptureFixture[str],
) -> None:
    main(["estimates", "theory", "--tickets", "1000"])

    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == 14
    assert sum("OFF" in line for line in lines) > 0
