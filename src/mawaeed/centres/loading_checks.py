"""What no single file can know: names that must exist elsewhere, or exist only once."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import date
from itertools import combinations

from mawaeed.centres.loading_values import Catalogue, ReadFiles
from mawaeed.centres.loading_yaml import Place, Problem, Source
from mawaeed.centres.schema import CentreEntry, Rule

Spot = tuple[Source, Place]


def problems_across(catalogue: Catalogue, files: ReadFiles) -> list[Problem]:
    """Every problem between the parts of a catalogue whose files are valid one by one."""
    return [
        *_repeated_codes(catalogue, files),
        *_calendar(catalogue, files),
        *_public(catalogue, files),
        *_services(catalogue, files),
        *_centres(catalogue, files),
    ]


def _repeated(spots: Iterable[tuple[str, Spot]], what: str) -> Iterator[Problem]:
    first: dict[str, Spot] = {}
    for code, (source, place) in spots:
        if code in first:
            other, at = first[code]
            where = f"{other.file}:{other.line_of(at)}"
            yield source.problem(place, f"{what} `{code}` is already at {where}")
        else:
            first[code] = (source, place)


def _repeated_codes(catalogue: Catalogue, files: ReadFiles) -> Iterator[Problem]:
    parts = list(zip(catalogue.directorates, files.directorates, strict=True))
    yield from _repeated(
        ((part.directorate.code, (source, ("directorate", "code"))) for part, source in parts),
        "directorate",
    )
    for what in ("services", "centres"):
        yield from _repeated(
            (
                (entry.code, (source, (what, index, "code")))
                for part, source in parts
                for index, entry in enumerate(getattr(part, what))
            ),
            what.removesuffix("s"),
        )
    calendar, public, agency = catalogue.calendar, catalogue.public, catalogue.agency
    for source, owner, what in (
        (files.agency, agency, "audiences"),
        (files.agency, agency, "governorates"),
        (files.calendar, calendar, "seasons"),
        (files.calendar, calendar, "weeks"),
        (files.public, public, "contacts"),
        (files.public, public, "rating_dimensions"),
        (files.public, public, "announcements"),
    ):
        entries = getattr(owner, what)
        yield from _repeated(
            ((entry.code, (source, (what, i, "code"))) for i, entry in enumerate(entries)), what
        )
    days_off = [("holidays", i, each.code) for i, each in enumerate(calendar.holidays)]
    days_off += [("closures", i, each.code) for i, each in enumerate(calendar.closures)]
    yield from _repeated(
        ((code, (files.calendar, (what, i, "code"))) for what, i, code in days_off), "day off"
    )


def _calendar(catalogue: Catalogue, files: ReadFiles) -> Iterator[Problem]:
    source, calendar = files.calendar, catalogue.calendar
    centres = {centre.code for centre in catalogue.centres()}
    for index, closure in enumerate(calendar.closures):
        for position, code in enumerate(closure.centres):
            if code not in centres:
                place = ("closures", index, "centres", position)
                yield source.problem(place, f"no centre has the code `{code}`")
    for index, week in enumerate(calendar.weeks):
        yield from _rules(catalogue, source, ("weeks", index, "rules"), week.rules, None)


def _public(catalogue: Catalogue, files: ReadFiles) -> Iterator[Problem]:
    directorates = {part.directorate.code for part in catalogue.directorates}
    centres = {centre.code for centre in catalogue.centres()}
    for index, entry in enumerate(catalogue.public.announcements):
        place: Place = ("announcements", index)
        if entry.directorate is not None and entry.directorate not in directorates:
            reason = f"no directorate has the code `{entry.directorate}`"
            yield files.public.problem((*place, "directorate"), reason)
        if entry.centre is not None and entry.centre not in centres:
            reason = f"no centre has the code `{entry.centre}`"
            yield files.public.problem((*place, "centre"), reason)


def _services(catalogue: Catalogue, files: ReadFiles) -> Iterator[Problem]:
    audiences = {audience.code for audience in catalogue.agency.audiences}
    for part, source in zip(catalogue.directorates, files.directorates, strict=True):
        for index, service in enumerate(part.services):
            for position, code in enumerate(service.audience):
                if code not in audiences:
                    place = ("services", index, "audience", position)
                    yield source.problem(place, f"no audience has the code `{code}`")


def _centres(catalogue: Catalogue, files: ReadFiles) -> Iterator[Problem]:
    for part, source in zip(catalogue.directorates, files.directorates, strict=True):
        for index, centre in enumerate(part.centres):
            yield from _centre(catalogue, source, ("centres", index), centre)


def _centre(
    catalogue: Catalogue, source: Source, place: Place, centre: CentreEntry
) -> Iterator[Problem]:
    weeks = {week.code for week in catalogue.calendar.weeks}
    if centre.week is not None and centre.week not in weeks:
        yield source.problem((*place, "week"), f"no week has the code `{centre.week}`")
    elif centre.week is None and not centre.hours:
        yield source.problem(place, f"centre `{centre.code}` has neither `week` nor `hours`")
    yield from _rules(catalogue, source, (*place, "hours"), centre.hours, centre)
    yield from _overlaps(catalogue, source, place, centre)
    for what, key in (("groups", "letter"), ("pools", "code"), ("offerings", "service")):
        entries = getattr(centre, what)
        spots = (
            (getattr(each, key), (source, (*place, what, i))) for i, each in enumerate(entries)
        )
        yield from _repeated(spots, what.removesuffix("s"))
    counters = (
        (str(number), (source, (*place, "pools", i, "counters", j)))
        for i, pool in enumerate(centre.pools)
        for j, number in enumerate(pool.counters)
    )
    yield from _repeated(counters, "counter")
    yield from _offerings(catalogue, source, place, centre)


def _offerings(
    catalogue: Catalogue, source: Source, place: Place, centre: CentreEntry
) -> Iterator[Problem]:
    known = {
        "service": {service.code for service in catalogue.services()},
        "pool": {pool.code for pool in centre.pools},
        "group": {group.letter for group in centre.groups},
    }
    for index, offering in enumerate(centre.offerings):
        for key, codes in known.items():
            code = getattr(offering, key)
            if code not in codes:
                spot = (*place, "offerings", index, key)
                yield source.problem(spot, f"no {key} `{code}`")


def _rules(
    catalogue: Catalogue,
    source: Source,
    place: Place,
    rules: list[Rule],
    centre: CentreEntry | None,
) -> Iterator[Problem]:
    seasons = {season.code for season in catalogue.calendar.seasons}
    yield from _repeated(
        ((rule.code, (source, (*place, i, "code"))) for i, rule in enumerate(rules)), "rule"
    )
    pools = {pool.code for pool in centre.pools} if centre else set()
    for index, rule in enumerate(rules):
        if rule.season is not None and rule.season not in seasons:
            yield source.problem((*place, index, "season"), f"no season `{rule.season}`")
        for position, code in enumerate(rule.pools):
            if centre is not None and code not in pools:
                yield source.problem((*place, index, "pools", position), f"no pool `{code}`")


def _overlaps(
    catalogue: Catalogue, source: Source, place: Place, centre: CentreEntry
) -> Iterator[Problem]:
    """Two rules of one precedence that would open the same pool twice at the same time."""
    for (code, one), (other_code, other) in combinations(catalogue.rules_of(centre), 2):
        if _collide(catalogue, one, other):
            at = (*place, "hours") if centre.hours else (*place, "week")
            yield source.problem(at, f"rules `{code}` and `{other_code}` overlap")


def _collide(catalogue: Catalogue, one: Rule, other: Rule) -> bool:
    if one.precedence != other.precedence or bool(one.pools) != bool(other.pools):
        return False
    if one.pools and not set(one.pools) & set(other.pools):
        return False
    if not set(one.days) & set(other.days):
        return False
    if one.opens >= other.closes or other.opens >= one.closes:
        return False
    (a_from, a_until), (b_from, b_until) = (rule_dates(catalogue, rule) for rule in (one, other))
    return a_from <= (b_until or date.max) and b_from <= (a_until or date.max)


def rule_dates(catalogue: Catalogue, rule: Rule) -> tuple[date, date | None]:
    """First and last day of a rule, inclusive; an unknown season never applies."""
    if rule.from_date is not None:
        return rule.from_date, rule.until
    for season in catalogue.calendar.seasons:
        if season.code == rule.season:
            return season.from_date, season.until
    return date.max, date.min
