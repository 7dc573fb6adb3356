"""Several centres at once, for whoever supervises more than one."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from mawaeed.centres.names import centre_name, localised
from mawaeed.insight.centres import CentreNow, centres_now, sentence_of_all
from mawaeed.insight.queries import sentence
from mawaeed.people.models import Staff
from mawaeed.people.queries import centres_for_staff
from mawaeed.web.audience import staff
from mawaeed.web.desk.acting import staff_of
from mawaeed.web.desk.surfaces import SUPERVISION
from mawaeed.web.request import language_of, now_of


@staff(*SUPERVISION)
@never_cache
@require_safe
def halls(request: HttpRequest) -> HttpResponse:
    """The centres of one's own, those in trouble first; or only the part that changes."""
    part = "_now" if request.headers.get("X-Fragment") else ""
    return render(request, f"staff/supervisor_halls{part}.html", _context(request))


def supervises_several(member: Staff) -> bool:
    """Whether the page of all centres has more than one to show."""
    mine = centres_for_staff(member, SUPERVISION).filter(active=True)
    return len(mine.values_list("pk", flat=True)[:2]) > 1


def _context(request: HttpRequest) -> dict[str, Any]:
    now, language = now_of(request), language_of(request)
    mine = centres_for_staff(staff_of(request), SUPERVISION).filter(active=True)
    lines = centres_now(mine, now)
    worst = max(lines, key=lambda line: line.longest_wait, default=None)
    at = f"\u2068{centre_name(worst.centre, language)}\u2069" if worst else ""
    return {
        "sentence": sentence_of_all(lines, at),
        "lines": [_line(line, language) for line in lines],
        "at": now,
    }


def _line(line: CentreNow, language: str) -> dict[str, Any]:
    centre = line.centre
    return {
        "now": line,
        "code": centre.code,
        "name": localised(centre.name, language),
        "directorate": localised(centre.directorate.name, language),
        "sentence": sentence(line),
    }
