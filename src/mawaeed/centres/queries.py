"""Reads of the catalogue: what is offered, where, and what matches a few words."""

from __future__ import annotations

from django.db.models import Q, QuerySet

from mawaeed.centres.models import Centre, Directorate, Governorate, Offering, Service
from mawaeed.centres.names import localised
from mawaeed.centres.search import search_words


def active_centres() -> QuerySet[Centre]:
    """Every centre in use with its directorate, in the catalogue's order."""
    return Centre.objects.filter(active=True).select_related("directorate").order_by("order", "id")


def directorates_in_use() -> QuerySet[Directorate]:
    """The directorates that have a centre in use, in the catalogue's order."""
    used = Directorate.objects.filter(centres__active=True).distinct()
    return used.order_by("order", "id")


def governorates_in_use() -> QuerySet[Governorate]:
    """The parts of the country that people may choose instead of a position, in order."""
    return Governorate.objects.filter(active=True).order_by("order", "id")


def offered_services(
    *, centre: str | None = None, directorate: str | None = None
) -> QuerySet[Service]:
    """The services that can be had somewhere (or at this centre), in the catalogue's order."""
    offered = Q(active=True, offerings__active=True, offerings__centre__active=True)
    if centre is not None:
        offered &= Q(offerings__centre__code=centre)
    if directorate is not None:
        offered &= Q(directorate__code=directorate)
    services = Service.objects.filter(offered).select_related("directorate").distinct()
    return services.order_by("order", "id")


def services_matching(
    query: str, language: str, *, centre: str | None = None, directorate: str | None = None
) -> list[Service]:
    """The services whose texts hold every word of `query`, whatever its spelling or script.

    Those whose name in `language` starts with the query come first, then those whose name holds
    it, then the rest, each in the catalogue's order. An empty query matches all.
    """
    services = offered_services(centre=centre, directorate=directorate)
    for word in search_words(query):
        services = services.filter(search_text__contains=word)
    words = " ".join(search_words(query))
    return sorted(services, key=lambda service: _rank(service, words, language))


def _rank(service: Service, words: str, language: str) -> int:
    name = " ".join(search_words(localised(service.name, language)))
    if name.startswith(words):
        return 0
    return 1 if words in name else 2


def offerings_of(service_code: str) -> QuerySet[Offering]:
    """Where a service can be had: its offerings in use, with centre and directorate."""
    return (
        _offerings_in_use()
        .filter(service__code=service_code)
        .order_by("centre__order", "centre_id")
    )


def offerings_at(centre_code: str) -> QuerySet[Offering]:
    """What can be had at a centre: its offerings in use, in the catalogue's order."""
    return (
        _offerings_in_use()
        .filter(centre__code=centre_code)
        .order_by("service__order", "service_id")
    )


def offering_at(service_code: str, centre_code: str) -> Offering | None:
    """The offering in use of a service at a centre, if there is one."""
    return offerings_of(service_code).filter(centre__code=centre_code).first()


def _offerings_in_use() -> QuerySet[Offering]:
    in_use = Offering.objects.filter(active=True, service__active=True, centre__active=True)
    return in_use.select_related("service__directorate", "centre__directorate", "pool", "group")
