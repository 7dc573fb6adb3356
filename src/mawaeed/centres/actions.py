"""Writes the catalogue's own rows: agency, directorates, services, centres and what is in them."""

from __future__ import annotations

from dataclasses import dataclass

from mawaeed.centres.loading_rows import Load, Rows
from mawaeed.centres.loading_values import Catalogue
from mawaeed.centres.models import (
    Agency,
    Centre,
    Counter,
    Directorate,
    Governorate,
    Offering,
    Pool,
    Service,
    ServiceGroup,
)
from mawaeed.centres.schema import CentreEntry, ReleaseStep, ServiceEntry
from mawaeed.centres.search import fold
from mawaeed.kernel.database import write_transaction


@dataclass(frozen=True, slots=True)
class LoadedCentres:
    """The rows that upper modules hang theirs on, by code."""

    agency: Agency
    directorates: dict[str, Directorate]
    services: dict[str, Service]
    centres: dict[str, Centre]
    groups: dict[tuple[str, str], ServiceGroup]
    pools: dict[tuple[str, str], Pool]


def load_centres(*, catalogue: Catalogue, load: Load) -> LoadedCentres:
    """Make the stored agency, services and centres those of `catalogue`.

    What vanished from the files becomes inactive; nothing is deleted. Part of one transaction
    with the loads of the modules above.
    """
    with write_transaction():
        agency = _agency(catalogue, load)
        _governorates(catalogue, load, agency)
        directorates = _directorates(catalogue, load, agency)
        services = _services(catalogue, load, agency, directorates)
        centres = _centres(catalogue, load, agency, directorates)
        groups = _groups(catalogue, load, centres)
        pools = _pools(catalogue, load, centres)
        loaded = LoadedCentres(agency, directorates, services, centres, groups, pools)
        _counters(catalogue, load, loaded)
        _offerings(catalogue, load, loaded)
    return loaded


def _agency(catalogue: Catalogue, load: Load) -> Agency:
    entry = catalogue.agency.agency
    rows = Rows(load, "agency", Agency.objects.filter(code=entry.code))
    return rows.put(code=entry.code, name=entry.name, timezone=entry.timezone)


def _governorates(catalogue: Catalogue, load: Load, agency: Agency) -> None:
    rows = Rows(
        load,
        "governorate",
        Governorate.objects.filter(agency=agency).select_related("agency"),
        named=lambda row: row.code,
    )
    for order, entry in enumerate(catalogue.agency.governorates):
        rows.put(
            agency=agency,
            code=entry.code,
            name=entry.name,
            latitude=entry.latitude,
            longitude=entry.longitude,
            order=order,
            active=True,
            assumed=entry.assumed,
        )
    rows.retire_rest()


def _directorates(catalogue: Catalogue, load: Load, agency: Agency) -> dict[str, Directorate]:
    rows = Rows(load, "directorate", Directorate.objects.filter(agency=agency))
    entries = [part.directorate for part in catalogue.directorates]
    return {
        entry.code: rows.put(agency=agency, code=entry.code, name=entry.name, order=order)
        for order, entry in enumerate(entries)
    }


def _services(
    catalogue: Catalogue, load: Load, agency: Agency, directorates: dict[str, Directorate]
) -> dict[str, Service]:
    stored = Service.objects.filter(agency=agency).select_related("agency", "directorate")
    rows = Rows(load, "service", stored)
    services: dict[str, Service] = {}
    for part in catalogue.directorates:
        directorate = directorates[part.directorate.code]
        for entry in part.services:
            services[entry.code] = rows.put(
                agency=agency,
                directorate=directorate,
                order=len(services),
                search_text=_search_text(entry, directorate),
                audience=_audience(catalogue, entry),
                **_service_values(entry),
            )
    rows.retire_rest()
    return services


def _service_values(entry: ServiceEntry) -> dict[str, object]:
    return {
        "code": entry.code,
        "name": entry.name,
        "public_name": entry.public_name or {},
        "description": entry.description or {},
        "duration_minutes": entry.minutes,
        "papers": entry.papers,
        "fee_fils": None if entry.fee is None else int(entry.fee * 1000),
        "who_must_attend": entry.who_attends,
        "limit_per_beneficiary": entry.limit_per_beneficiary,
        "dependants": entry.dependants,
        "people_present": entry.people_present,
        "online_url": entry.online_url or "",
        "online_note": entry.online_note or {},
        "active": True,
        "assumed": entry.assumed,
    }


def _audience(catalogue: Catalogue, entry: ServiceEntry) -> dict[str, str]:
    """One text per language: the names of the audiences, as a list."""
    names = {each.code: each.name for each in catalogue.agency.audiences}
    languages = set.intersection(*(set(names[code]) for code in entry.audience))
    return {
        language: ("، " if language == "ar" else ", ").join(
            names[code][language] for code in entry.audience
        )
        for language in sorted(languages)
    }


def _search_text(entry: ServiceEntry, directorate: Directorate) -> str:
    texts = [*entry.name.values(), *(entry.public_name or {}).values(), *entry.keywords.values()]
    return " ".join(fold(text) for text in [*texts, *directorate.name.values()])


def _centres(
    catalogue: Catalogue, load: Load, agency: Agency, directorates: dict[str, Directorate]
) -> dict[str, Centre]:
    stored = Centre.objects.filter(agency=agency).select_related("agency", "directorate")
    rows = Rows(load, "centre", stored)
    centres: dict[str, Centre] = {}
    for part in catalogue.directorates:
        for entry in part.centres:
            centres[entry.code] = rows.put(
                agency=agency,
                directorate=directorates[part.directorate.code],
                order=len(centres),
                timezone=entry.timezone or agency.timezone,
                **_centre_values(entry),
            )
    rows.retire_rest()
    return centres


def _centre_values(entry: CentreEntry) -> dict[str, object]:
    return {
        "code": entry.code,
        "name": entry.name,
        "short_name": entry.short_name,
        "address": entry.address,
        "latitude": entry.latitude,
        "longitude": entry.longitude,
        "walk_ins": entry.walk_ins,
        "active": True,
        "assumed": entry.assumed,
    }


def _groups(
    catalogue: Catalogue, load: Load, centres: dict[str, Centre]
) -> dict[tuple[str, str], ServiceGroup]:
    stored = ServiceGroup.objects.filter(centre__agency__code=catalogue.agency.agency.code)
    rows = Rows(
        load,
        "group",
        stored.select_related("centre"),
        key=("centre", "letter"),
        named=lambda row: f"{row.centre.code}/{row.letter}",
    )
    groups = {}
    for centre in catalogue.centres():
        for entry in centre.groups:
            groups[centre.code, entry.letter] = rows.put(
                centre=centres[centre.code],
                letter=entry.letter,
                name=entry.name,
                active=True,
            )
    rows.retire_rest()
    return groups


def _pools(
    catalogue: Catalogue, load: Load, centres: dict[str, Centre]
) -> dict[tuple[str, str], Pool]:
    stored = Pool.objects.filter(centre__agency__code=catalogue.agency.agency.code)
    rows = Rows(
        load,
        "pool",
        stored.select_related("centre"),
        key=("centre", "code"),
        named=lambda row: f"{row.centre.code}/{row.code}",
    )
    pools = {}
    for centre in catalogue.centres():
        for entry in centre.pools:
            pools[centre.code, entry.code] = rows.put(
                centre=centres[centre.code],
                code=entry.code,
                name=entry.name,
                grid_minutes=entry.grid_minutes,
                start_step_minutes=entry.start_step_minutes,
                places=entry.seats,
                walk_in_reserve=entry.walk_in_reserve,
                staff_reserve=entry.staff_reserve,
                release=[_release_step(step) for step in entry.release],
                active=True,
            )
    rows.retire_rest()
    return pools


def _release_step(step: ReleaseStep) -> dict[str, object]:
    return {
        "days_before": step.days_before,
        "time": f"{step.time:%H:%M}",
        "percent": step.percent,
        "window_minutes": step.window_minutes,
        "rolls_down": list(step.rolls_down),
    }


def _counters(catalogue: Catalogue, load: Load, loaded: LoadedCentres) -> None:
    stored = Counter.objects.filter(centre__agency__code=catalogue.agency.agency.code)
    rows = Rows(
        load,
        "counter",
        stored.select_related("centre", "pool"),
        key=("centre", "number"),
        named=lambda row: f"{row.centre.code}/{row.number}",
    )
    for centre in catalogue.centres():
        for pool in centre.pools:
            for number in pool.counters:
                rows.put(
                    centre=loaded.centres[centre.code],
                    pool=loaded.pools[centre.code, pool.code],
                    number=number,
                    active=True,
                )
    rows.retire_rest()


def _offerings(catalogue: Catalogue, load: Load, loaded: LoadedCentres) -> None:
    stored = Offering.objects.filter(centre__agency__code=catalogue.agency.agency.code)
    related = stored.select_related("centre", "service", "pool", "group")
    rows = Rows(
        load,
        "offering",
        related,
        key=("service", "centre"),
        named=lambda row: f"{row.service.code}@{row.centre.code}",
    )
    for centre in catalogue.centres():
        for entry in centre.offerings:
            rows.put(
                service=loaded.services[entry.service],
                centre=loaded.centres[centre.code],
                pool=loaded.pools[centre.code, entry.pool],
                group=loaded.groups[centre.code, entry.group],
                duration_override=entry.minutes,
                walk_ins=entry.walk_ins,
                active=True,
            )
    rows.retire_rest()
