"""The shipped catalogue, and what the loader refuses."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from mawaeed.centres.loading import CatalogueRefused, read_catalogue
from mawaeed.centres.schema import json_schema

ROOT = Path(__file__).resolve().parents[2]
BAHRAIN = ROOT / "catalogue" / "bahrain"
Mend = Callable[[str, str, str], Path]


@pytest.fixture
def mend(tmp_path: Path) -> Mend:
    """A copy of the shipped catalogue with one text of one file replaced."""
    folder = tmp_path / "copy"
    shutil.copytree(BAHRAIN, folder)

    def replace(name: str, old: str, new: str) -> Path:
        path = folder / name
        text = path.read_text()
        assert old in text
        path.write_text(text.replace(old, new, 1))
        return folder

    return replace


def refusal(folder: Path) -> list[str]:
    with pytest.raises(CatalogueRefused) as refused:
        read_catalogue(folder)
    return [str(problem).removeprefix(f"{folder}/") for problem in refused.value.problems]


def line_of(folder: Path, name: str, text: str) -> int:
    lines = (folder / name).read_text().splitlines()
    return next(number for number, line in enumerate(lines, 1) if text in line)


def test_shipped_catalogue_is_the_thirteen_centres_of_four_directorates() -> None:
    catalogue = read_catalogue(BAHRAIN)
    centres = {
        part.directorate.code: [centre.code for centre in part.centres]
        for part in catalogue.directorates
    }
    assert centres == {
        "traffic": [
            "traffic-dana",
            "traffic-wadi-al-sail",
            "traffic-main",
            "traffic-operations",
            "traffic-galleria",
            "traffic-driving-school",
            "traffic-nabih-saleh",
        ],
        "passports": ["passports-isa-town", "passports-security"],
        "customs": ["customs-port", "customs-land"],
        "certificates": ["certificates-security", "certificates-south"],
    }


def test_shipped_services_each_can_be_had_somewhere() -> None:
    catalogue = read_catalogue(BAHRAIN)
    offered = {offering.service for centre in catalogue.centres() for offering in centre.offerings}
    assert offered == {service.code for service in catalogue.services()}
    assert len(offered) == 27


def test_shipped_criminal_record_matters_have_a_neutral_public_name() -> None:
    catalogue = read_catalogue(BAHRAIN)
    part = next(p for p in catalogue.directorates if p.directorate.code == "certificates")
    names = [service.public_name for service in part.services]
    assert names == [{"ar": "خدمة الشهادات", "en": "Certificate service"}] * 2


def test_published_schema_is_fresh() -> None:
    stored = json.loads((ROOT / "catalogue" / "schema.json").read_text())
    assert stored == json_schema(), "run scripts/catalogue_schema"


@pytest.mark.parametrize(
    ("name", "old", "new", "marker", "reason"),
    [
        (
            "directorates/customs.yaml",
            "minutes: 20",
            "minutes: twenty",
            "twenty",
            "`services.0.minutes`: ",
        ),
        (
            "directorates/customs.yaml",
            "minutes: 20",
            "minuets: 20",
            "minuets",
            "`services.0.minuets` is not a known key",
        ),
        (
            "directorates/customs.yaml",
            "letter: A",
            "letter: O",
            "letter: O",
            "`centres.0.groups.0.letter`: ",
        ),
        (
            "directorates/customs.yaml",
            "counters: [1, 2, 3, 4]",
            "counters: [1, 1]",
            "- code: clearance",
            "`counters` repeats a number",
        ),
        (
            "directorates/customs.yaml",
            "counters: [5, 6]",
            "counters: [4, 6]",
            "counters: [4, 6]",
            "counter `4` is already at",
        ),
        (
            "directorates/customs.yaml",
            "counters: [1, 2, 3, 4]",
            "counters: [1]",
            "- code: clearance",
            "the reserves leave no place for the public",
        ),
        (
            "directorates/customs.yaml",
            "{service: transit, pool: clearance",
            "{service: tranzit, pool: clearance",
            "tranzit",
            "no service `tranzit`",
        ),
        (
            "directorates/customs.yaml",
            "{service: transit, pool: clearance",
            "{service: transit, pool: hall",
            "pool: hall",
            "no pool `hall`",
        ),
        ("directorates/customs.yaml", "group: B", "group: C", "group: C", "no group `C`"),
        (
            "directorates/customs.yaml",
            "week: government",
            "week: usual",
            "week: usual",
            "no week has the code `usual`",
        ),
        (
            "directorates/customs.yaml",
            "short_name: {ar: جمارك الجسر, en: Customs Causeway}",
            "short_name: {ar: جمارك الجسر, en: Customs of the Causeway}",
            "Customs of the",
            "23 characters in en, at most 16",
        ),
        (
            "directorates/customs.yaml",
            "{ar: جسر الملك فهد, en: King Fahd Causeway}",
            "{en: King Fahd Causeway}",
            "{en: King",
            "no text in ar",
        ),
        (
            "directorates/customs.yaml",
            "audience: [companies, gcc]",
            "audience: [anybody]",
            "[anybody]",
            "no audience has the code `anybody`",
        ),
        (
            "directorates/customs.yaml",
            "assumed: [minutes, papers]",
            "assumed: [minute]",
            "- code: personal-vehicle-import",
            "`assumed` names `minute`, which is no key here",
        ),
        (
            "directorates/certificates.yaml",
            "code: fingerprints",
            "code: visa",
            "{service: fingerprints",
            "no service `fingerprints`",
        ),
        (
            "calendar.yaml",
            "closes: 14:15",
            "closes: 06:15",
            "- code: sun-wed",
            "`closes` is not after `opens`",
        ),
        (
            "calendar.yaml",
            "opens: 07:00",
            "opens: 7:00",
            "opens: 7:00",
            "a time is written HH:MM, from 00:00 to 23:59",
        ),
        (
            "calendar.yaml",
            "date: 2026-01-01",
            "date: 2026-02-30",
            "2026-02-30",
            "no such day: 2026-02-30",
        ),
        (
            "calendar.yaml",
            "season: ramadan-1448",
            "season: ramadan-1449",
            "season: ramadan-1449",
            "no season `ramadan-1449`",
        ),
        (
            "calendar.yaml",
            "centres: [traffic-driving-school]",
            "centres: [school]",
            "[school]",
            "no centre has the code `school`",
        ),
        (
            "agency.yaml",
            "timezone: Asia/Bahrain",
            "timezone: Asia/Manama",
            "Manama",
            "`Asia/Manama` is not a time zone",
        ),
        (
            "public.yaml",
            "directorate: passports",
            "directorate: passport",
            "directorate: passport",
            "no directorate has the code `passport`",
        ),
    ],
)
def test_read_catalogue_bad_value_is_refused_with_file_line_and_reason(
    *, mend: Mend, name: str, old: str, new: str, marker: str, reason: str
) -> None:
    folder = mend(name, old, new)
    where = f"{name}:{line_of(folder, name, marker)}: "
    found = [problem for problem in refusal(folder) if reason in problem]
    assert [problem[: len(where)] for problem in found[:1]] == [where]


def test_read_catalogue_code_used_twice_names_the_first_place(mend: Mend) -> None:
    folder = mend("directorates/certificates.yaml", "code: fingerprints", "code: visa")
    problems = refusal(folder)
    first = line_of(folder, "directorates/passports.yaml", "code: visa")
    assert any(
        "service `visa` is already at" in problem and f"passports.yaml:{first}" in problem
        for problem in problems
    )


def test_read_catalogue_overlapping_hours_are_refused(mend: Mend) -> None:
    folder = mend("directorates/traffic.yaml", "days: [sat]", "days: [sat, sun]")
    line = line_of(folder, "directorates/traffic.yaml", "    hours:")
    assert refusal(folder) == [
        f"directorates/traffic.yaml:{line}: rules `mall-morning` and `saturday` overlap"
    ]


def test_read_catalogue_tells_every_problem_of_every_file(mend: Mend) -> None:
    mend("calendar.yaml", "opens: 07:00", "opens: seven")
    folder = mend("public.yaml", "kind: phone", "kind: pigeon")
    assert [problem.split(":")[0] for problem in refusal(folder)] == [
        "calendar.yaml",
        "public.yaml",
    ]


def test_read_catalogue_missing_and_stray_files_are_refused(mend: Mend) -> None:
    folder = mend("agency.yaml", "moi", "moi")
    (folder / "calendar.yaml").rename(folder / "calender.yaml")
    assert refusal(folder) == [
        "calendar.yaml:1: the file is missing",
        "calender.yaml:1: no such file belongs to a catalogue",
    ]
