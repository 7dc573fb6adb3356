from datetime import date, timedelta
from pathlib import Path

from mawaeed.centres.loading import read_catalogue
from mawaeed.centres.proposals import Proposal, complete, in_rows, proposed_holidays

BAHRAIN = Path(__file__).resolve().parents[2] / "catalogue" / "bahrain"
ADHA = {"ar": "عيد الأضحى (تقديري)", "en": "Eid al-Adha (estimated)"}


def test_complete_eid_of_2025_has_arafah_before_and_two_days_in_lieu() -> None:
    """As the circular of that year: Thursday 5 to Sunday 8 June, with Monday 9 and Tuesday 10."""
    eid = {date(2025, 6, day): ADHA for day in (6, 7, 8)}
    found = [(row.name["en"], row.first.day, row.last.day) for row in complete(in_rows(eid))]
    assert found == [("Arafah Day", 5, 5), ("Eid al-Adha", 6, 8), ("Eid al-Adha (in lieu)", 9, 10)]


def test_complete_day_in_lieu_is_never_another_holiday() -> None:
    saturday = Proposal({"ar": "أ", "en": "A"}, date(2027, 5, 15), date(2027, 5, 15))
    eid = Proposal({"ar": "ب", "en": "B"}, date(2027, 5, 16), date(2027, 5, 18))
    assert complete([saturday, eid])[-1].first == date(2027, 5, 19)


def test_as_yaml_is_an_entry_of_the_calendar() -> None:
    row = Proposal(
        {"ar": "العيد الوطني", "en": "National Day"}, date(2027, 12, 16), date(2027, 12, 17)
    )
    assert row.as_yaml() == (
        "  - code: national-day-2027\n"
        "    name: {ar: العيد الوطني, en: National Day}\n"
        "    date: 2027-12-16\n"
        "    until: 2027-12-17\n"
        "    status: proposed"
    )


def test_proposed_holidays_come_in_arabic_and_english() -> None:
    national = [row for row in proposed_holidays(2026) if row.name["en"] == "National Day"]
    assert [(row.name["ar"], row.first, row.last) for row in national] == [
        ("العيد الوطني", date(2026, 12, 16), date(2026, 12, 17))
    ]


def test_shipped_calendar_gives_a_day_in_lieu_for_every_holiday_on_a_weekend() -> None:
    holidays = read_catalogue(BAHRAIN).calendar.holidays
    days = [
        each.from_date + timedelta(days=index)
        for each in holidays
        for index in range((each.last_date - each.from_date).days + 1)
    ]
    assert len(days) == len(set(days))
    on_weekend = [day for day in days if day.isoweekday() in {5, 6}]
    in_lieu = [each for each in holidays if each.code.endswith("-compensation")]
    given = sum((each.last_date - each.from_date).days + 1 for each in in_lieu)
    assert given == len(on_weekend)
    assert all(each.status == "proposed" for each in in_lieu)
