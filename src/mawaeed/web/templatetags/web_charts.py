"""Charts drawn by the server as SVG: geometry only, colours are the style sheet's."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from django import template
from django.utils.translation import get_language_bidi
from django.utils.translation import gettext as _

register = template.Library()

WIDTH, WIDE, HEIGHT = 640, 1100, 240
MANY_BARS = 24
TOP, BOTTOM = 12, 210
MARGIN = 34
RULES = 4
MOST_LABELS, MOST_LABELS_WIDE = 9, 14


def _ceiling(highest: float) -> int:
    """A round number of rules' worth at or above `highest`."""
    step = max(1, -(-round(highest + 0.499) // RULES))
    return int(step * RULES)


@register.inclusion_tag("web/components/bar_chart.html")
def bar_chart(
    bars: Sequence[dict[str, Any]],
    caption: str,
    *,
    bar_words: str = "",
    line_words: str = "",
    over_words: str = "",
    chart_id: str = "chart",
) -> dict[str, Any]:
    """Bars (`label`, `value`, optional `capacity` and `now`) against the line of capacity.

    Runs with the page's direction: in Arabic the first bar stands on the right. A bar above its
    capacity is marked, in colour and in the legend.
    """
    rtl = get_language_bidi()
    wide = len(bars) > MANY_BARS
    width = WIDE if wide else WIDTH
    highest = max(
        [float(bar.get(key) or 0) for bar in bars for key in ("value", "capacity")] or [0]
    )
    top = _ceiling(highest)
    left, right = (8, width - MARGIN) if rtl else (MARGIN, width - 8)
    pitch = (right - left) / max(len(bars), 1)
    every = -(-len(bars) // (MOST_LABELS_WIDE if wide else MOST_LABELS)) or 1

    def height(value: float) -> float:
        return round((BOTTOM - TOP) * value / top, 1)

    drawn: list[dict[str, Any]] = []
    line: list[tuple[float, float]] = []
    for index, bar in enumerate(bars):
        place = len(bars) - 1 - index if rtl else index
        x = left + pitch * place
        capacity = bar.get("capacity")
        over = capacity is not None and bar["value"] > capacity
        drawn.append(
            {
                "x": round(x + pitch * 0.14, 1),
                "width": round(pitch * 0.72, 1),
                "y": round(BOTTOM - height(bar["value"]), 1),
                "height": height(bar["value"]),
                "middle": round(x + pitch / 2, 1),
                "label": bar["label"] if index % every == 0 else "",
                "title": f"{bar['label']}: {bar['value']}",
                "over": over,
                "now": bool(bar.get("now")),
            }
        )
        if capacity is not None:
            y = round(BOTTOM - height(capacity), 1)
            line += (
                [(round(x + pitch, 1), y), (round(x, 1), y)]
                if rtl
                else [(round(x, 1), y), (round(x + pitch, 1), y)]
            )
    rules = [
        {"y": round(BOTTOM - (BOTTOM - TOP) * part / RULES, 1), "label": top * part // RULES}
        for part in range(1, RULES + 1)
    ]
    return {
        "chart": {
            "id": chart_id,
            "caption": caption,
            "width": width,
            "wide": wide,
            "height": HEIGHT,
            "left": left,
            "right": right,
            "bottom": BOTTOM,
            "label_y": BOTTOM + 20,
            "scale_x": right + MARGIN / 2 if rtl else left - MARGIN / 2,
            "rules": rules,
            "bars": drawn,
            "line": " ".join(f"{x},{y}" for x, y in line),
            "any_over": any(bar["over"] for bar in drawn),
            "bar_words": bar_words or _("Arrivals"),
            "line_words": line_words or _("Capacity"),
            "over_words": over_words or _("Above capacity"),
        }
    }


BAR_WIDTH, BAR_HEIGHT, BAR_THICK = 200, 20, 14


@register.inclusion_tag("web/components/measure_bar.html")
def measure_bar(value: timedelta, planned: timedelta, longest: timedelta) -> dict[str, Any]:
    """A bar of `value` against the line of `planned`, drawn to the scale of `longest`.

    Begins where lines of text begin: in Arabic on the right.
    """
    rtl = get_language_bidi()
    length = round(BAR_WIDTH * (value / longest), 1) if longest else 0
    line = round(BAR_WIDTH * (planned / longest), 1) if longest else 0
    line = min(max(line, 1), BAR_WIDTH - 1)  # drawn whole at either end
    return {
        "width": BAR_WIDTH,
        "height": BAR_HEIGHT,
        "thick": BAR_THICK,
        "x": BAR_WIDTH - length if rtl else 0,
        "length": length,
        "line": BAR_WIDTH - line if rtl else line,
        "over": value > planned,
    }
