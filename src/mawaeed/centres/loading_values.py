"""A catalogue as read: the checked values, and the files they came from."""

from __future__ import annotations

from dataclasses import dataclass

from mawaeed.centres.loading_yaml import Source
from mawaeed.centres.schema import (
    AgencyFile,
    CalendarFile,
    CentreEntry,
    DirectorateFile,
    PublicFile,
    Rule,
    ServiceEntry,
)


@dataclass(frozen=True, slots=True)
class Catalogue:
    """A whole catalogue, valid in itself. `sources` still know the lines."""

    agency: AgencyFile
    calendar: CalendarFile
    public: PublicFile
    directorates: tuple[DirectorateFile, ...]

    def services(self) -> list[ServiceEntry]:
        """Every service, in the order written."""
        return [service for each in self.directorates for service in each.services]

    def centres(self) -> list[CentreEntry]:
        """Every centre, in the order written."""
        return [centre for each in self.directorates for centre in each.centres]

    def rules_of(self, centre: CentreEntry) -> list[tuple[str, Rule]]:
        """(code within the centre, rule): the shared week's rules, then the centre's own."""
        shared = next((week for week in self.calendar.weeks if week.code == centre.week), None)
        rules = [(f"{shared.code}-{rule.code}", rule) for rule in shared.rules] if shared else []
        return rules + [(rule.code, rule) for rule in centre.hours]


@dataclass(frozen=True, slots=True)
class ReadFiles:
    """The sources beside what was made of them, for checks that span files."""

    agency: Source
    calendar: Source
    public: Source
    directorates: tuple[Source, ...]
