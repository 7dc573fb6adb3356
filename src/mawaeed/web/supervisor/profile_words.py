"""Conditions of profiles as a supervisor reads them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from django.utils.translation import gettext as _
from django.utils.translation import ngettext, pgettext

from mawaeed.centres.models import Centre, Offering, Pool, ServiceGroup
from mawaeed.centres.names import localised
from mawaeed.hall.conditions import Conditions, Selection


@dataclass(frozen=True, slots=True)
class HallNames:
    """Names of what conditions may name at a centre, by code, in one language."""

    services: Mapping[str, str] = field(default_factory=dict)
    groups: Mapping[str, str] = field(default_factory=dict)
    pools: Mapping[str, str] = field(default_factory=dict)


def hall_names(centre: Centre, language: str) -> HallNames:
    """Three reads."""
    services = Offering.objects.filter(centre=centre, active=True).select_related("service")
    groups = ServiceGroup.objects.filter(centre=centre, active=True).order_by("letter")
    pools = Pool.objects.filter(centre=centre, active=True).order_by("pk")
    return HallNames(
        {each.service.code: localised(each.service.name, language) for each in services},
        {each.letter: f"{each.letter} · {localised(each.name, language)}" for each in groups},
        {each.code: localised(each.name, language) for each in pools},
    )


def class_names() -> dict[str, str]:
    """Classes of tickets, for a list to choose from."""
    return {
        "appointment": pgettext("visitors", "With an appointment"),
        "walk_in": pgettext("visitors", "Without an appointment"),
        "priority": pgettext("visitors", "With priority (60 and over, people with disabilities)"),
    }


def condition_words(conditions: Conditions, names: HallNames) -> list[str]:
    """Each condition in one sentence, in the active language."""
    words: list[str] = []
    if conditions.only is not None:
        words.append(_("Only: %(whom)s.") % {"whom": _whom(conditions.only, names)})
    if (ratio := conditions.ratio) is not None:
        words.append(
            _("First %(first)s (%(whom)s), then %(second)s (%(others)s).")
            % {
                "first": ratio.first_count,
                "whom": _whom(ratio.first, names),
                "second": ratio.second_count,
                "others": _whom(ratio.second, names),
            }
        )
    if (minutes := conditions.oldest_first_minutes) is not None:
        words.append(
            ngettext(
                "Anyone over %(count)s minute first, the oldest first.",
                "Anyone over %(count)s minutes first, the oldest first.",
                minutes,
            )
            % {"count": minutes}
        )
    for other in conditions.also:
        pool = names.pools.get(other.pool, other.pool)
        if other.when == "own_empty":
            text = _("Also serves %(pool)s when nobody waits for its own group.") % {"pool": pool}
        elif other.when == "after":
            text = ngettext(
                "Also serves whoever waits over %(count)s minute for %(pool)s.",
                "Also serves whoever waits over %(count)s minutes for %(pool)s.",
                other.minutes,
            ) % {"pool": pool, "count": other.minutes}
        else:
            text = _("Also serves %(pool)s.") % {"pool": pool}
        words.append(text)
    return words


def _whom(selection: Selection, names: HallNames) -> str:
    comma = pgettext("between names", ", ")
    what = [names.groups.get(code, code) for code in sorted(selection.groups)]
    what += [names.services.get(code, code) for code in sorted(selection.services)]
    classes = class_names()
    who = [classes[code] for code in classes if code in selection.classes]
    return " – ".join(comma.join(part) for part in (what, who) if part)
