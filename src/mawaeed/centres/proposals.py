"""Proposes public holidays for a calendar file; people confirm them when the circular comes.

The `holidays` library knows the days of Bahrain but neither Arafah Day nor the working days
given in lieu of holidays that fall on the weekend, and its dates by the moon are estimates:
what is proposed here closes nothing until the file says `confirmed`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta

WEEKEND = frozenset({5, 6})  # Friday and Saturday, ISO
EID_AL_ADHA = "Eid al-Adha"
ESTIMATED = {"ar": " (تقديري)", "en": " (estimated)"}
ONE_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Proposal:
    """Days off in a row, both ends included, with a name per language."""

    name: Mapping[str, str]
    first: date
    last: date

    def as_yaml(self) -> str:
        """An entry for the `holidays` of calendar.yaml."""
        words = self.name["en"].lower().replace("'", "").replace("(", "").replace(")", "")
        lines = [
            f"  - code: {'-'.join(words.split())}-{self.first.year}",
            f"    name: {{ar: {self.name['ar']}, en: {self.name['en']}}}",
            f"    date: {self.first}",
            f"    until: {self.last}",
            "    status: proposed",
        ]
        return "\n".join(line for line in lines if "until" not in line or self.last > self.first)


def proposed_holidays(year: int, country: str = "BH") -> list[Proposal]:
    """The holidays of a year as the library has them, with what it lacks, by date."""
    import holidays  # slow to import, and only this needs it

    arabic = holidays.country_holidays(country, years=year, language="ar")
    english = holidays.country_holidays(country, years=year, language="en_US")
    names = {day: {"ar": arabic[day], "en": english[day]} for day in arabic}
    return complete(in_rows(names))


def in_rows(names: Mapping[date, Mapping[str, str]]) -> list[Proposal]:
    """Days of one name that follow each other, as one proposal; marks of estimates dropped."""
    rows: list[Proposal] = []
    for day in sorted(names):
        name = {key: text.removesuffix(ESTIMATED[key]) for key, text in names[day].items()}
        if rows and rows[-1].name == name and rows[-1].last + ONE_DAY == day:
            rows[-1] = Proposal(name, rows[-1].first, day)
        else:
            rows.append(Proposal(name, day, day))
    return rows


def complete(rows: Iterable[Proposal]) -> list[Proposal]:
    """`rows` with Arafah Day, and with working days in lieu of days on the weekend."""
    known = list(rows)
    known += [_arafah(row) for row in known if row.name["en"] == EID_AL_ADHA]
    known.sort(key=lambda row: row.first)
    off = {day for row in known for day in _days(row)}
    for row in list(known):
        lieu: list[date] = []
        for _ in (day for day in _days(row) if day.isoweekday() in WEEKEND):
            day = row.last + ONE_DAY
            while day in off or day.isoweekday() in WEEKEND:
                day += ONE_DAY
            off.add(day)
            lieu.append(day)
        if lieu:
            known.append(Proposal(_in_lieu(row.name), lieu[0], lieu[-1]))
    return sorted(known, key=lambda row: row.first)


def _arafah(eid: Proposal) -> Proposal:
    day = eid.first - ONE_DAY
    return Proposal({"ar": "يوم عرفة", "en": "Arafah Day"}, day, day)


def _in_lieu(name: Mapping[str, str]) -> dict[str, str]:
    return {"ar": f"تعويض عن {name['ar']}", "en": f"{name['en']} (in lieu)"}


def _days(row: Proposal) -> list[date]:
    return [row.first + ONE_DAY * index for index in range((row.last - row.first).days + 1)]
