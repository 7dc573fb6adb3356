"""What is asked before a centre's days change; local dates and wall times of the centre."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django import forms
from django.utils.dates import WEEKDAYS
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext, pgettext_lazy

from mawaeed.availability.calendar.wishes import (
    AddCounter,
    ChangeHours,
    CloseTime,
    RetireCounter,
    SendAway,
    Wish,
)
from mawaeed.centres.models import Centre, Counter, Pool
from mawaeed.centres.names import localised
from mawaeed.kernel.clock import day_bounds

FURTHEST_DAYS = 400
# Sunday first, as the week is here; the value is the ISO weekday.
WEEK = (7, 1, 2, 3, 4, 5, 6)
NONE = ""


class ChangeForm(forms.Form):
    """A form about one centre on one day; `wish()` is what it asks for once it is valid."""

    def __init__(self, centre: Centre, today: date, language: str, *args: Any) -> None:
        super().__init__(*args)
        self.centre, self.today, self.language = centre, today, language
        for field in self.fields.values():
            field.error_messages["required"] = _("Please fill this in.")
            field.error_messages["invalid"] = _("Please write it as shown.")
        self.prepare()

    def prepare(self) -> None:
        """Fill choices and first values in."""

    def wish(self) -> Wish:
        """What is asked for."""
        raise NotImplementedError

    def moment(self, day: date, at: time | None, *, end: bool = False) -> datetime:
        """A wall time of the centre as UTC; without one the beginning, or end, of the day."""
        if at is None:
            return day_bounds(day, self.centre.timezone)[int(end)]
        return datetime.combine(day, at, ZoneInfo(self.centre.timezone))

    def pools(self) -> list[Pool]:
        """The centre's pools."""
        return list(Pool.objects.filter(centre=self.centre, active=True).order_by("id"))

    def pool_choices(self) -> list[tuple[str, str]]:
        """(code, name) of each pool."""
        return [(pool.code, localised(pool.name, self.language)) for pool in self.pools()]

    def counter_choices(self) -> list[tuple[str, str]]:
        """(number, number and pool) of each counter in service."""
        counters = Counter.objects.filter(centre=self.centre, active=True).select_related("pool")
        return [
            (
                str(counter.number),
                f"{counter.number} · {localised(counter.pool.name, self.language)}",
            )
            for counter in counters.order_by("number")
        ]

    def chosen_pool(self) -> Pool | None:
        """The pool chosen, None for all."""
        code = self.cleaned_data.get("pool")
        return next((pool for pool in self.pools() if pool.code == code), None)

    def chosen_counter(self) -> Counter:
        """The counter chosen."""
        found = Counter.objects.select_related("pool", "centre")
        return found.get(centre=self.centre, number=self.cleaned_data["counter"], active=True)

    def _near(self, name: str) -> date | None:
        day: date | None = self.cleaned_data.get(name)
        if day is not None and not self.today <= day <= self.today + timedelta(FURTHEST_DAYS):
            raise forms.ValidationError(_("Choose a day from today on, within a year."))
        return day

    def _in_order(self, first: str, last: str) -> None:
        begin, end = self.cleaned_data.get(first), self.cleaned_data.get(last)
        if begin is not None and end is not None and end < begin:
            self.add_error(last, _("The end comes before the beginning."))


class CloseForm(ChangeForm):
    """Close the centre, or one group of counters, for hours or whole days."""

    day = forms.DateField(label=pgettext_lazy("closing", "From day"))
    last = forms.DateField(
        label=pgettext_lazy("closing", "To day"),
        required=False,
        help_text=gettext_lazy("Empty: the same day."),
    )
    opens = forms.TimeField(
        label=pgettext_lazy("closing", "From time"),
        required=False,
        help_text=gettext_lazy("Empty: from the morning."),
    )
    closes = forms.TimeField(
        label=pgettext_lazy("closing", "To time"),
        required=False,
        help_text=gettext_lazy("Empty: to the end of the day."),
    )
    pool = forms.ChoiceField(label=gettext_lazy("What closes"), required=False)

    def prepare(self) -> None:
        """The whole centre first."""
        whole = pgettext("closing", "The whole centre")
        self.fields["pool"].choices = [(NONE, whole), *self.pool_choices()]  # type: ignore[attr-defined]
        self.initial = {"day": self.today.isoformat()}

    def clean_day(self) -> date | None:
        """From today on."""
        return self._near("day")

    def clean_last(self) -> date | None:
        """From today on."""
        return self._near("last")

    def clean(self) -> None:
        """The end comes after the beginning."""
        self._in_order("day", "last")
        values = self.cleaned_data
        one_day = not values.get("last") or values.get("last") == values.get("day")
        if one_day and values.get("opens") and values.get("closes"):
            self._in_order("opens", "closes")
            if values["opens"] == values.get("closes"):
                self.add_error("closes", _("The end comes before the beginning."))

    def wish(self) -> CloseTime:
        """From the first moment of the first day to the last of the last."""
        values = self.cleaned_data
        return CloseTime(
            self.moment(values["day"], values["opens"]),
            self.moment(values["last"] or values["day"], values["closes"], end=True),
            self.chosen_pool(),
        )


class AwayForm(ChangeForm):
    """Send a counter away for a time, or lend it to another group."""

    counter = forms.ChoiceField(label=pgettext_lazy("where people are served", "Counter"))
    day = forms.DateField(label=gettext_lazy("Day"))
    opens = forms.TimeField(label=pgettext_lazy("absence", "From"))
    closes = forms.TimeField(label=pgettext_lazy("absence", "Until"))
    pool = forms.ChoiceField(label=gettext_lazy("Where it helps meanwhile"), required=False)

    def prepare(self) -> None:
        """Nowhere first."""
        nowhere = pgettext("absence", "Nowhere: it serves nobody")
        self.fields["pool"].choices = [(NONE, nowhere), *self.pool_choices()]  # type: ignore[attr-defined]
        self.fields["counter"].choices = self.counter_choices()  # type: ignore[attr-defined]
        self.initial = {"day": self.today.isoformat()}

    def clean_day(self) -> date | None:
        """From today on."""
        return self._near("day")

    def clean(self) -> None:
        """The end comes after the beginning."""
        self._in_order("opens", "closes")

    def wish(self) -> SendAway:
        """One day, from one time to another."""
        values = self.cleaned_data
        return SendAway(
            self.chosen_counter(),
            self.moment(values["day"], values["opens"]),
            self.moment(values["day"], values["closes"]),
            self.chosen_pool(),
        )


class AddForm(ChangeForm):
    """A counter more."""

    number = forms.IntegerField(
        label=gettext_lazy("Number of the counter"),
        min_value=1,
        max_value=999,
        help_text=gettext_lazy("As it stands on the board."),
    )
    pool = forms.ChoiceField(label=gettext_lazy("What it serves"))

    def prepare(self) -> None:
        """One of the groups."""
        self.fields["pool"].choices = self.pool_choices()  # type: ignore[attr-defined]

    def wish(self) -> AddCounter:
        """From now on."""
        pool = self.chosen_pool()
        assert pool is not None
        return AddCounter(pool, self.cleaned_data["number"])


class RetireForm(ChangeForm):
    """A counter less."""

    counter = forms.ChoiceField(label=pgettext_lazy("where people are served", "Counter"))

    def prepare(self) -> None:
        """One in service."""
        self.fields["counter"].choices = self.counter_choices()  # type: ignore[attr-defined]

    def wish(self) -> RetireCounter:
        """From now on."""
        return RetireCounter(self.chosen_counter())


class HoursForm(ChangeForm):
    """Other weekly hours from a date on."""

    weekdays = forms.MultipleChoiceField(label=gettext_lazy("Days of the week"))
    opens = forms.TimeField(label=pgettext_lazy("hours", "Opens"))
    closes = forms.TimeField(label=pgettext_lazy("hours", "Closes"))
    day = forms.DateField(
        label=pgettext_lazy("hours", "From day"), help_text=gettext_lazy("From tomorrow on.")
    )
    last = forms.DateField(
        label=pgettext_lazy("hours", "To day"),
        required=False,
        help_text=gettext_lazy("Empty: for good."),
    )
    pool = forms.ChoiceField(label=gettext_lazy("Whose hours"), required=False)

    def prepare(self) -> None:
        """Every day of the week, Sunday first."""
        whole = pgettext("closing", "The whole centre")
        self.fields["pool"].choices = [(NONE, whole), *self.pool_choices()]  # type: ignore[attr-defined]
        names = [(str(day), WEEKDAYS[day - 1]) for day in WEEK]
        self.fields["weekdays"].choices = names  # type: ignore[attr-defined]
        self.initial = {"day": (self.today + timedelta(days=1)).isoformat()}

    def clean_day(self) -> date | None:
        """Today's hours are under way."""
        day = self._near("day")
        if day is not None and day <= self.today:
            raise forms.ValidationError(_("Hours can change from tomorrow on."))
        return day

    def clean_last(self) -> date | None:
        """From today on."""
        return self._near("last")

    def clean(self) -> None:
        """The end comes after the beginning."""
        self._in_order("day", "last")
        self._in_order("opens", "closes")
        values = self.cleaned_data
        if values.get("opens") and values.get("opens") == values.get("closes"):
            self.add_error("closes", _("The end comes before the beginning."))

    def wish(self) -> ChangeHours:
        """As they are written."""
        values = self.cleaned_data
        return ChangeHours(
            weekdays="".join(sorted(values["weekdays"])),
            opens=values["opens"],
            closes=values["closes"],
            from_date=values["day"],
            until=values["last"],
            pool=self.chosen_pool(),
        )
