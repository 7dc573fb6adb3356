"""Keeps stored hours and closures like the catalogue's; a part of the catalogue's load."""

from __future__ import annotations

from mawaeed.availability.models import CentreCalendar, Closure, OpeningRule
from mawaeed.centres.actions import LoadedCentres
from mawaeed.centres.loading_checks import rule_dates
from mawaeed.centres.loading_rows import Load, Rows
from mawaeed.centres.loading_values import Catalogue
from mawaeed.centres.models import Pool
from mawaeed.centres.schema import CentreEntry, ClosureEntry, DayOff, Rule
from mawaeed.centres.schema_values import ISO_WEEKDAY
from mawaeed.kernel.database import write_transaction


def load_hours(*, catalogue: Catalogue, load: Load, loaded: LoadedCentres) -> None:
    """Make the catalogue's opening rules, holidays and closures those of the files.

    Rules and closures that staff made elsewhere are left alone. Days already opened keep their
    sessions: closing them displaces people, which `commands.catalogue_load` asks booking to do.
    """
    with write_transaction():
        for centre in loaded.centres.values():
            CentreCalendar.objects.get_or_create(centre=centre)
        _rules(catalogue, load, loaded)
        _days_off(catalogue, load, loaded)


def _rules(catalogue: Catalogue, load: Load, loaded: LoadedCentres) -> None:
    stored = OpeningRule.objects.filter(centre__agency=loaded.agency, from_catalogue=True)
    rows = Rows(
        load,
        "opening_rule",
        stored.select_related("centre", "pool"),
        key=("centre", "code"),
        named=lambda row: f"{row.centre.code}/{row.code}",
    )
    for centre in catalogue.centres():
        for code, rule in catalogue.rules_of(centre):
            for suffix, pool in _pools_of(rule, centre, loaded):
                rows.put(
                    centre=loaded.centres[centre.code],
                    pool=pool,
                    code=f"{code}{suffix}",
                    from_catalogue=True,
                    active=True,
                    **_rule_values(catalogue, rule),
                )
    rows.retire_rest()


def _pools_of(
    rule: Rule, centre: CentreEntry, loaded: LoadedCentres
) -> list[tuple[str, Pool | None]]:
    if not rule.pools:
        return [("", None)]
    here = {pool.code for pool in centre.pools}
    return [(f"-{code}", loaded.pools[centre.code, code]) for code in rule.pools if code in here]


def _rule_values(catalogue: Catalogue, rule: Rule) -> dict[str, object]:
    effective_from, effective_until = rule_dates(catalogue, rule)
    return {
        "weekdays": "".join(sorted(str(ISO_WEEKDAY[day]) for day in rule.days)),
        "opens_time": rule.opens,
        "closes_time": rule.closes,
        "counters": rule.counters,
        "effective_from": effective_from,
        "effective_until": effective_until,
        "precedence": rule.precedence,
    }


def _days_off(catalogue: Catalogue, load: Load, loaded: LoadedCentres) -> None:
    stored = Closure.objects.filter(agency=loaded.agency, from_catalogue=True)
    rows = Rows(
        load, "closure", stored.select_related("agency", "centre"), named=lambda row: row.code
    )
    for holiday in catalogue.calendar.holidays:
        rows.put(
            agency=loaded.agency,
            centre=None,
            code=holiday.code,
            kind=Closure.Kind.HOLIDAY,
            from_time=None,
            until_time=None,
            **_day_off_values(holiday),
        )
    for closure in catalogue.calendar.closures:
        _closure(rows, closure, loaded)
    rows.retire_rest()


def _closure(rows: Rows[Closure], closure: ClosureEntry, loaded: LoadedCentres) -> None:
    for code in closure.centres:
        rows.put(
            agency=loaded.agency,
            centre=loaded.centres[code],
            code=f"{closure.code}--{code}" if len(closure.centres) > 1 else closure.code,
            kind=Closure.Kind.CLOSURE,
            from_time=closure.from_time,
            until_time=closure.until_time,
            **_day_off_values(closure),
        )


def _day_off_values(entry: DayOff) -> dict[str, object]:
    return {
        "name": entry.name,
        "from_date": entry.from_date,
        "until_date": entry.last_date,
        "confirmed": entry.status == "confirmed",
        "active": True,
        "from_catalogue": True,
    }
