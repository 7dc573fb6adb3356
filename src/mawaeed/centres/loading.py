"""Reads a folder of catalogue files into one checked value, or says everything that is wrong."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import TypeVar

from pydantic import ValidationError

from mawaeed.centres.loading_checks import problems_across
from mawaeed.centres.loading_values import Catalogue, ReadFiles
from mawaeed.centres.loading_yaml import Place, Problem, Source, read_source
from mawaeed.centres.schema import (
    AgencyFile,
    CalendarFile,
    DirectorateFile,
    File,
    PublicFile,
)

SINGLE_FILES: dict[str, type[File]] = {
    "agency.yaml": AgencyFile,
    "calendar.yaml": CalendarFile,
    "public.yaml": PublicFile,
}
DIRECTORATES = "directorates"
F = TypeVar("F", bound=File)


class CatalogueRefused(Exception):
    """The files are not in order; `problems` lists all that was found, by file and line."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = sorted(set(problems))
        super().__init__("\n".join(str(problem) for problem in self.problems))


def read_catalogue(path: Path) -> Catalogue:
    """Read and check the folder `path`. Raises `CatalogueRefused` with every problem found."""
    problems: list[Problem] = []
    sources = {name: _source(path, name, problems) for name in SINGLE_FILES}
    paths = _directorate_paths(path, problems)
    parts = [read_source(each, each.as_posix()) for each in paths]
    for source in (*sources.values(), *parts):
        problems += source.problems
    if problems:
        raise CatalogueRefused(problems)
    agency = _checked(AgencyFile, sources["agency.yaml"], problems)
    calendar = _checked(CalendarFile, sources["calendar.yaml"], problems)
    public = _checked(PublicFile, sources["public.yaml"], problems)
    directorates = [(_checked(DirectorateFile, part, problems), part) for part in parts]
    if agency is None or calendar is None or public is None or problems:
        raise CatalogueRefused(problems)
    whole = [(part, source) for part, source in directorates if part is not None]
    whole.sort(key=lambda each: each[0].directorate.order)
    catalogue = Catalogue(agency, calendar, public, tuple(part for part, _ in whole))
    files = ReadFiles(
        sources["agency.yaml"],
        sources["calendar.yaml"],
        sources["public.yaml"],
        tuple(source for _, source in whole),
    )
    if problems := problems_across(catalogue, files):
        raise CatalogueRefused(problems)
    return catalogue


def _source(path: Path, name: str, problems: list[Problem]) -> Source:
    shown = (path / name).as_posix()
    if not (path / name).is_file():
        problems.append(Problem(shown, 1, "the file is missing"))
        return Source(shown)
    return read_source(path / name, shown)


def _directorate_paths(path: Path, problems: list[Problem]) -> list[Path]:
    known = {path / name for name in SINGLE_FILES}
    found = sorted((path / DIRECTORATES).glob("*.yaml"))
    strays = {*path.rglob("*.yaml"), *path.rglob("*.yml")} - known - set(found)
    problems += [
        Problem(stray.as_posix(), 1, "no such file belongs to a catalogue") for stray in strays
    ]
    if not found:
        problems.append(
            Problem((path / DIRECTORATES).as_posix(), 1, "there is no directorate file")
        )
    return found


def _checked(kind: type[F], source: Source, problems: list[Problem]) -> F | None:
    try:
        return kind.model_validate(source.tree)
    except ValidationError as refusal:
        for error in refusal.errors(include_url=False):
            place = _place(error["loc"])
            problems.append(source.problem(place, _reason(place, error["type"], error["msg"])))
        return None


def _place(location: tuple[int | str, ...]) -> Place:
    return tuple(part for part in location if part != "[key]")


def _reason(place: Place, kind: str, message: str) -> str:
    name = ".".join(str(part) for part in place)
    if kind == "missing":
        return f"`{name}` is missing"
    if kind == "extra_forbidden":
        return f"`{name}` is not a known key"
    plain = message.removeprefix("Value error, ")
    return f"`{name}`: {plain}" if name else plain
