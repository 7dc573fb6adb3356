"""The form of a profile: four questions in plain words instead of conditions."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, cast

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext, pgettext_lazy

from mawaeed.hall.conditions import (
    LARGEST_COUNT,
    LONGEST_MINUTES,
    Also,
    Conditions,
    Ratio,
    Selection,
    When,
)
from mawaeed.hall.rules import CLASSES
from mawaeed.web.supervisor.profile_words import HallNames, class_names

NAME_LENGTH = 60
# One choice of a ratio: what it names, then the code.
PARTS = {"class": "classes", "group": "groups", "service": "services"}


def _number(label: Any, largest: int) -> forms.IntegerField:
    return forms.IntegerField(label=label, min_value=1, max_value=largest, required=False)


class ProfileForm(forms.Form):
    """`conditions()` and `name()` are what was entered, once the form is valid."""

    name_ar = forms.CharField(label=gettext_lazy("Name in Arabic"), max_length=NAME_LENGTH)
    name_en = forms.CharField(label=gettext_lazy("Name in English"), max_length=NAME_LENGTH)
    classes = forms.MultipleChoiceField(label=gettext_lazy("Which visitors"), required=False)
    groups = forms.MultipleChoiceField(label=gettext_lazy("Which groups"), required=False)
    services = forms.MultipleChoiceField(label=gettext_lazy("Which services"), required=False)
    first_count = _number(pgettext_lazy("ratio", "How many"), LARGEST_COUNT)
    first_what = forms.ChoiceField(label=pgettext_lazy("ratio", "Of whom"), required=False)
    then_count = _number(pgettext_lazy("ratio", "Then how many"), LARGEST_COUNT)
    then_what = forms.ChoiceField(label=pgettext_lazy("ratio", "Of whom then"), required=False)
    oldest_first = _number(gettext_lazy("Over how many minutes"), LONGEST_MINUTES)
    also_pool = forms.ChoiceField(
        label=gettext_lazy("Which other group of counters"), required=False
    )
    also_when = forms.ChoiceField(label=pgettext_lazy("helping", "When"), required=False)
    also_minutes = _number(gettext_lazy("After how many minutes"), LONGEST_MINUTES)

    def __init__(self, names: HallNames, *args: Any, **more: Any) -> None:
        super().__init__(*args, **more)
        for field in self.fields.values():
            field.error_messages["required"] = _("Please fill this in.")
        nothing = [("", pgettext("choice", "Nobody in particular"))]
        several = [
            *((f"class:{code}", words) for code, words in class_names().items()),
            *((f"group:{code}", words) for code, words in names.groups.items()),
            *((f"service:{code}", words) for code, words in names.services.items()),
        ]
        self._choose("classes", class_names().items())
        self._choose("groups", names.groups.items())
        self._choose("services", names.services.items())
        self._choose("first_what", [*nothing, *several])
        self._choose("then_what", [*nothing, *several])
        self._choose(
            "also_pool", [("", pgettext("group of counters", "None")), *names.pools.items()]
        )
        self._choose(
            "also_when",
            [
                ("always", pgettext("helping", "Always")),
                ("own_empty", _("Only when nobody waits for its own group")),
                ("after", _("Only whoever waits for longer than…")),
            ],
        )

    def _choose(self, name: str, choices: Any) -> None:
        field = self.fields[name]
        assert isinstance(field, forms.ChoiceField)
        field.choices = list(choices)

    def clean(self) -> dict[str, Any]:
        """Questions that need each other's answers."""
        given = self.cleaned_data
        ratio = ("first_count", "first_what", "then_count", "then_what")
        if any(given.get(name) for name in ratio):
            for name in ratio:
                if not given.get(name) and name not in self.errors:
                    self.add_error(name, _("A ratio needs all four answers, or none."))
        waits = given.get("also_pool") and given.get("also_when") == "after"
        if waits and not given.get("also_minutes") and "also_minutes" not in self.errors:
            self.add_error("also_minutes", _("Say after how many minutes."))
        return given

    def name(self) -> dict[str, str]:
        """The name in both languages."""
        return {"ar": self.cleaned_data["name_ar"], "en": self.cleaned_data["name_en"]}

    def conditions(self) -> Conditions:
        """What was chosen."""
        given = self.cleaned_data
        only = Selection(*(frozenset(given[name]) for name in ("services", "groups", "classes")))
        ratio = None
        if given["first_count"]:
            ratio = Ratio(
                _selection(given["first_what"]),
                given["first_count"],
                _selection(given["then_what"]),
                given["then_count"],
            )
        also: tuple[Also, ...] = ()
        if given["also_pool"]:
            when = cast("When", given["also_when"] or "always")
            minutes = given["also_minutes"] if when == "after" else 0
            also = (Also(given["also_pool"], when, minutes),)
        everybody = only.is_everything or (only.classes == set(CLASSES) and not only.names_services)
        return Conditions(None if everybody else only, ratio, given["oldest_first"], also)


def fits_the_form(conditions: Conditions) -> bool:
    """Whether the form can show all of it: one thing on each side of a ratio, one other hall."""
    ratio = conditions.ratio
    sides = (ratio.first, ratio.second) if ratio else ()
    return len(conditions.also) <= 1 and all(len(_chosen(side)) == 1 for side in sides)


def answers(conditions: Conditions, name: Mapping[str, str]) -> dict[str, Any]:
    """What the form shows of a profile."""
    found: dict[str, Any] = {"name_ar": name.get("ar", ""), "name_en": name.get("en", "")}
    if (only := conditions.only) is not None:
        found |= {
            "classes": sorted(only.classes),
            "groups": sorted(only.groups),
            "services": sorted(only.services),
        }
    if (ratio := conditions.ratio) is not None:
        found |= {
            "first_count": ratio.first_count,
            "first_what": _chosen(ratio.first)[0],
            "then_count": ratio.second_count,
            "then_what": _chosen(ratio.second)[0],
        }
    found["oldest_first"] = conditions.oldest_first_minutes
    for other in conditions.also:
        found |= {"also_pool": other.pool, "also_when": other.when}
        found["also_minutes"] = other.minutes or None
    return found


def _selection(chosen: str) -> Selection:
    part, code = chosen.split(":", 1)
    return Selection(**{PARTS[part]: frozenset({code})})


def _chosen(selection: Selection) -> list[str]:
    return [
        f"{part}:{code}"
        for part, name in PARTS.items()
        for code in sorted(getattr(selection, name))
    ]
