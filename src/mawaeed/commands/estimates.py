"""`mawaeed estimates …`: a real log through the estimator, and the dispatcher against theory."""

from __future__ import annotations

import argparse
import json
import sys
from datetime import date
from pathlib import Path

from mawaeed.commands.refusal import CommandRefused


def register(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add `estimates replay` to the command line."""
    parser = subparsers.add_parser("estimates", help="measure how well waits are estimated")
    verbs = parser.add_subparsers(metavar="VERB", required=True)
    replay = verbs.add_parser(
        "replay", help="replay a log of tickets in order of time and report each estimate's error"
    )
    replay.add_argument("tickets", type=Path, metavar="TICKETS.csv[.gz]")
    replay.add_argument(
        "--snapshots",
        type=Path,
        metavar="SNAPSHOTS.csv.gz",
        help="what the displays said, read in order of time beside the tickets",
    )
    replay.add_argument(
        "--train-until",
        type=_date,
        metavar="DATE",
        help="learn from days up to this one; later days are replayed and reported",
    )
    replay.add_argument(
        "--train-on",
        type=_names,
        default=[],
        metavar="OFFICES",
        help="learn from these offices only, names with commas between",
    )
    replay.add_argument(
        "--test-on",
        type=_names,
        default=[],
        metavar="OFFICES",
        help="replay and report these offices only; else all those not trained on",
    )
    replay.add_argument(
        "--nightly",
        action="store_true",
        help="learn again each night, from the days replayed by then too",
    )
    replay.add_argument("--report", type=Path, required=True, metavar="OUT.json")
    replay.set_defaults(run=run_replay_command, needs_django=False)
    theory = verbs.add_parser(
        "theory", help="call generated tickets by the hall's rule and compare with queueing theory"
    )
    theory.add_argument(
        "--tickets", type=_tickets, default=400_000, help="per hall; default: 400000, a minute"
    )
    theory.add_argument("--seed", type=int, default=1, help="the same seed gives the same figures")
    theory.set_defaults(run=run_theory, needs_django=False)


def run_replay_command(arguments: argparse.Namespace) -> int:
    """Read, train, replay, write the report and print its heart."""
    from mawaeed.commands.estimates_log import read_samples, read_tickets
    from mawaeed.commands.estimates_replay import Log, report_of, run_replay, split_of

    report_path: Path = arguments.report
    if not report_path.absolute().parent.is_dir():
        raise CommandRefused(f"{report_path}: its folder does not exist; make it first")
    _say(f"reading {arguments.tickets}")
    tickets = read_tickets(arguments.tickets)
    samples = read_samples(arguments.snapshots) if arguments.snapshots else []
    log = Log(tickets, samples)
    split = split_of(
        log,
        arguments.train_until,
        arguments.train_on,
        arguments.test_on,
        nightly=arguments.nightly,
    )
    report = report_of(log, split, run_replay(log, split, _say))
    _write(report_path, report)
    _print_heart(report)
    return 0


def run_theory(arguments: argparse.Namespace) -> int:
    """Print each mean wait by theory and by the dispatcher; 1 if one is off."""
    from mawaeed.hall.estimates.proof import compare, known_halls

    off = 0
    print(f"{'hall':18} {'who':10} {'theory':>9} {'found':>9} {'error':>8} {'off %':>6}")
    for hall in known_halls():
        for each in compare(hall, tickets=arguments.tickets, seed=arguments.seed):
            verdict = "" if each.holds() else "  OFF"
            off += not each.holds()
            print(
                f"{each.hall:18} {each.who:10} {each.theory:9.4f} {each.found:9.4f} "
                f"{each.error:8.4f} {100 * each.share_off:6.2f}{verdict}",
                flush=True,
            )
    print("All within three standard errors and two percent." if not off else f"{off} are off.")
    return 1 if off else 0


def _write(path: Path, report: dict[str, object]) -> None:
    """All of it or nothing."""
    partial = path.with_name(path.name + ".partial")
    try:
        partial.write_text(json.dumps(report, indent=1, ensure_ascii=False) + "\n", "utf-8")
        partial.replace(path)
    except OSError as error:
        partial.unlink(missing_ok=True)
        raise CommandRefused(f"{path}: {error.strerror or error}") from error


def _print_heart(report: dict[str, object]) -> None:
    overall = report["overall"]
    assert isinstance(overall, dict)
    many = overall["three_or_more_ahead"]
    print(f"{overall['tickets']} clean tickets, mean wait {overall['mean_wait']} minutes")
    print(f"announced: {_line(overall)}; three or more ahead: {_line(many)}")
    for name, errors in overall["baselines"].items():
        print(f"{name}: MAE {errors['mae']}; three or more ahead: MAE {_many_mae(errors)}")


def _line(errors: dict[str, object]) -> str:
    return (
        f"MAE {errors['mae']}, pinball {errors['pinball_50']} and {errors['pinball_90']}, "
        f"P90 held for {errors['coverage_90']}"
    )


def _many_mae(errors: dict[str, object]) -> object:
    many = errors["three_or_more_ahead"]
    assert isinstance(many, dict)
    return many["mae"]


def _say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


def _date(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"“{text}” is not a date like 2026-01-31") from None


def _tickets(text: str) -> int:
    if not text.isdecimal() or int(text) < 1000:
        raise argparse.ArgumentTypeError(f"“{text}” is not a number of tickets from 1000 on")
    return int(text)


def _names(text: str) -> list[str]:
    return [name.strip() for name in text.split(",") if name.strip()]
