"""The frame of every staff page: the centre's name, its time zone, the links of this person."""

from __future__ import annotations

from typing import Any
from zoneinfo import ZoneInfo

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone

from mawaeed.centres.models import Centre
from mawaeed.centres.names import localised
from mawaeed.web.desk.acting import centre_of, new_key, staff_of
from mawaeed.web.desk.surfaces import surface_labels, surfaces_at
from mawaeed.web.request import language_of, now_of


def staff_page(
    request: HttpRequest, template: str, context: dict[str, Any], *, current: str = ""
) -> HttpResponse:
    """A page of the centre in `request.centre`, with times in the centre's zone."""
    centre = centre_of(request)
    labels = surface_labels()
    frame = {
        **centre_title(centre, language_of(request)),
        "centre_code": centre.code,
        "key": new_key(),
        "now": now_of(request),
        "nav_links": [
            {
                "address": reverse(name, args=[centre.code]),
                "label": labels[name][0],
                "current": name == current,
            }
            for name in surfaces_at(staff_of(request), centre)
            if name not in {"kiosk", "board", "wall"}
        ],
    }
    return centre_page(request, centre, template, frame | context)


def centre_page(
    request: HttpRequest,
    centre: Centre,
    template: str,
    context: dict[str, Any],
    status: int = 200,
) -> HttpResponse:
    """Render with times in the centre's zone."""
    with timezone.override(ZoneInfo(centre.timezone)):
        return render(request, template, context, status=status)


def centre_title(centre: Centre, language: str) -> dict[str, str]:
    """The centre's name, always with its directorate."""
    return {
        "centre_title": localised(centre.name, language),
        "centre_over": localised(centre.directorate.name, language),
    }
