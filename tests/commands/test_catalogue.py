import shutil
from datetime import date, time
from pathlib import Path

import pytest

from mawaeed.availability.models import CalendarChange, CentreCalendar, Closure, OpeningRule
from mawaeed.availability.queries import slots_for
from mawaeed.availability.tasks import open_coming_days
from mawaeed.booking.actions import book_appointment
from mawaeed.booking.actions.displace import finish_displacements
from mawaeed.centres.loading import CatalogueRefused
from mawaeed.centres.loading_rows import CatalogueChanges
from mawaeed.centres.models import Centre, Counter, Offering, Pool, Service
from mawaeed.centres.queries import services_matching
from mawaeed.commands import cli
from mawaeed.commands.catalogue_load import load_catalogue
from mawaeed.content.models import Announcement, ContactChannel
from mawaeed.feedback.models import Dimension
from mawaeed.kernel.actor import SYSTEM
from mawaeed.kernel.models import History
from small_world import NOW, ZONE, make_person

pytestmark = pytest.mark.django_db
BAHRAIN = Path(__file__).resolve().parents[2] / "catalogue" / "bahrain"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return Path(shutil.copytree(BAHRAIN, tmp_path / "copy"))


def edit(folder: Path, name: str, old: str, new: str) -> None:
    text = (folder / name).read_text()
    assert old in text
    (folder / name).write_text(text.replace(old, new, 1))


def load(path: Path, *, dry_run: bool = False) -> CatalogueChanges:
    return load_catalogue(path=path, now=NOW, actor=SYSTEM, dry_run=dry_run)


def counts() -> dict[str, int]:
    kinds = (Centre, Service, Offering, Pool, Counter, OpeningRule, Closure, Announcement)
    return {kind.__name__: kind.objects.count() for kind in (*kinds, ContactChannel, Dimension)}


def test_load_stores_the_shipped_catalogue() -> None:
    changes = load(BAHRAIN)
    assert counts()["Centre"] == 13
    assert counts()["Service"] == 27
    assert CentreCalendar.objects.count() == 13
    assert {change.deed for change in changes.changes} == {"created"}
    assert History.objects.count() == len(changes.changes)
    service = Service.objects.get(code="conduct-certificate")
    assert service.fee_fils == 1000
    assert service.public_name["en"] == "Certificate service"
    assert Service.objects.get(code="visa").fee_fils is None
    lecture = Pool.objects.get(centre__code="traffic-driving-school", code="lectures")
    assert (lecture.places, lecture.start_step_minutes) == (30, 90)
    rule = OpeningRule.objects.get(centre__code="traffic-main", code="government-ramadan-1448")
    assert (rule.opens_time, rule.effective_from, rule.precedence) == (
        time(8),
        date(2027, 2, 8),
        10,
    )
    assert rule.weekdays == "12347"


def test_load_twice_changes_nothing() -> None:
    load(BAHRAIN)
    before, history = counts(), History.objects.count()
    again = load(BAHRAIN)
    assert again.changes == []
    assert (counts(), History.objects.count()) == (before, history)


def test_load_dry_run_says_the_same_and_changes_nothing(folder: Path) -> None:
    would = load(folder, dry_run=True)
    assert not Centre.objects.exists()
    assert not History.objects.exists()
    assert would.changes == load(folder).changes


def test_load_changed_value_is_named_and_recorded(folder: Path) -> None:
    load(folder)
    edit(folder, "directorates/customs.yaml", "minutes: 20", "minutes: 25")
    (change,) = load(folder).changes
    assert str(change) == "changed service declaration-review: duration_minutes"
    assert Service.objects.get(code="declaration-review").duration_minutes == 25
    row = History.objects.latest("id")
    assert (row.subject_kind, row.to_state, row.reason) == ("service", "active", "catalogue")
    assert row.details == {"code": "declaration-review", "fields": ["duration_minutes"]}


def test_load_vanished_things_are_retired_and_come_back(folder: Path) -> None:
    load(folder)
    original = (folder / "directorates/customs.yaml").read_text()
    edit(folder, "directorates/customs.yaml", "counters: [5, 6]", "counters: [5]")
    edit(
        folder,
        "directorates/customs.yaml",
        "      - {service: transit, pool: clearance, group: A, walk_ins: true}\n",
        "",
    )
    assert sorted(str(change) for change in load(folder).changes) == [
        "retired counter customs-port/6",
        "retired offering transit@customs-port",
    ]
    assert not Counter.objects.get(centre__code="customs-port", number=6).active
    (folder / "directorates/customs.yaml").write_text(original)
    assert {change.fields for change in load(folder).changes} == {("active",)}
    assert Counter.objects.get(centre__code="customs-port", number=6).active


def test_load_bad_file_changes_nothing(folder: Path) -> None:
    load(folder)
    before = History.objects.count()
    edit(folder, "directorates/customs.yaml", "minutes: 20", "minutes: 25")
    edit(folder, "calendar.yaml", "opens: 07:00", "opens: seven")
    with pytest.raises(CatalogueRefused):
        load(folder)
    assert Service.objects.get(code="declaration-review").duration_minutes == 20
    assert History.objects.count() == before


def test_load_leaves_closures_that_staff_made(folder: Path) -> None:
    load(folder)
    centre = Centre.objects.get(code="customs-land")
    made = Closure.objects.create(
        agency=centre.agency,
        centre=centre,
        code="burst-pipe",
        name={"ar": "عطل", "en": "Burst pipe"},
        from_date=date(2026, 11, 25),
        until_date=date(2026, 11, 25),
        confirmed=True,
    )
    edit(folder, "calendar.yaml", "status: proposed", "status: confirmed")
    assert [str(change) for change in load(folder).changes] == [
        "changed closure eid-al-fitr-2026: confirmed"
    ]
    made.refresh_from_db()
    assert made.active


def test_loaded_catalogue_opens_into_slots_of_every_service() -> None:
    load(BAHRAIN)
    open_coming_days(NOW)
    for code in Service.objects.values_list("code", flat=True):
        assert slots_for(service=code, now=NOW), code
    lectures = slots_for(service="theory-lecture", now=NOW)
    assert {slot.places_left for slot in lectures} == {30}


def test_services_matching_finds_by_folded_words_and_ranks_names_first() -> None:
    load(BAHRAIN)

    def found(query: str, language: str, centre: str | None = None) -> list[str]:
        return [row.code for row in services_matching(query, language, centre=centre)]

    assert found("تجديد جواز", "ar")[0] == "passport-renewal"
    assert found("شئون الجمارك", "ar") == found("شؤون الجمارك", "ar") != []
    assert found("تاشيره", "ar")[0] == "visa"
    assert found("Plates", "en")[0] == "plate-change"
    assert found("لا شيء كهذا", "ar") == []
    assert len(found("", "ar")) == 27
    assert found("", "ar", "customs-land") == [
        "declaration-review",
        "personal-vehicle-import",
        "transit",
        "customs-receipt",
    ]


def test_command_load_reports_and_refuses(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["catalogue", "load", str(folder), "--dry-run"]) == 0
    assert "would be created centre traffic-dana" in capsys.readouterr().out
    assert not Centre.objects.exists()
    edit(folder, "agency.yaml", "code: moi", "code: MOI")
    assert cli.main(["catalogue", "load", str(folder)]) == 2
    assert f"{folder}/agency.yaml:3: `agency.code`" in capsys.readouterr().err
    assert cli.main(["catalogue", "load", str(folder / "absent")]) == 2


def test_command_days_open_reports_and_repeats(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["days", "open"]) == 2
    load(BAHRAIN)
    assert cli.main(["days", "open", "--centre", "customs-land"]) == 0
    assert capsys.readouterr().out.startswith("Opened days of 1 centres: 32 sessions")
    assert cli.main(["days", "open", "--centre", "customs-land"]) == 0
    assert capsys.readouterr().out == "Nothing to open: these days are open already.\n"
    assert cli.main(["days", "open", "--centre", "atlantis"]) == 2


def test_a_closure_confirmed_for_open_days_moves_who_had_booked(folder: Path) -> None:
    load(folder)
    open_coming_days(now=NOW)
    slot = slots_for(service="transit", centre="customs-port", now=NOW)[0]
    person = make_person()
    booked = book_appointment(
        person=person,
        service_code="transit",
        centre_code="customs-port",
        starts_at=slot.starts_at,
        actor=SYSTEM,
        now=NOW,
    )
    closing = (
        "closures:\n  - code: burst-pipe\n    name: {ar: عطل, en: Burst pipe}\n"
        f"    centres: [customs-port]\n    date: {booked.day}\n    status: proposed\n"
    )
    edit(folder, "calendar.yaml", "closures:\n", closing)
    load(folder)
    assert not CalendarChange.objects.exists()
    edit(
        folder,
        "calendar.yaml",
        "status: proposed\n  - code: driving",
        "status: confirmed\n  - code: driving",
    )
    would = load(folder, dry_run=True)
    assert not CalendarChange.objects.exists()
    told = [str(change) for change in load(folder).changes]
    assert told == [str(change) for change in would.changes]
    assert told[-1] == f"retired open_day customs-port/{booked.day}"
    finish_displacements(now=NOW)
    booked.refresh_from_db()
    assert (booked.state, booked.day) == ("booked", booked.starts_at.astimezone(ZONE).date())
    here = slots_for(service="transit", centre="customs-port", now=NOW)
    closed = slot.starts_at.astimezone(ZONE).date()
    assert closed not in {each.starts_at.astimezone(ZONE).date() for each in here}
    assert booked.centre.code != "customs-port" or booked.day != closed
    assert load(folder).changes == []
