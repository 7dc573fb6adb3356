"""Every message a demonstration "delivered"."""

from __future__ import annotations

from typing import Any
from zoneinfo import ZoneInfo

from django.conf import settings
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from mawaeed.notifications.queries import InboxItem, inbox
from mawaeed.web.audience import demo_only

SHOWN = 50


@demo_only
@never_cache
@require_safe
def inbox_page(request: HttpRequest) -> HttpResponse:
    """The newest messages, as a phone would show them."""
    to = _number(request)
    return render(request, "demo/inbox.html", {"items": inbox(to=to, limit=SHOWN), "to": to or ""})


@demo_only
@never_cache
@require_safe
def inbox_json(request: HttpRequest) -> JsonResponse:
    """The same for programs, newest first; `to` chooses a mobile."""
    return JsonResponse({"items": [_item(each) for each in inbox(to=_number(request))]})


def _number(request: HttpRequest) -> str | None:
    """The mobile asked for; a `+` that arrived as a space is understood."""
    text = request.GET.get("to", "").replace("\x00", "").strip()
    if not text:
        return None
    return text if text.startswith("+") else f"+{text}"


def _item(item: InboxItem) -> dict[str, Any]:
    sent_at = item.sent_at.astimezone(ZoneInfo(settings.TIME_ZONE))
    return {
        "to": item.to,
        "text": item.text,
        "sent_at": sent_at.isoformat(timespec="seconds"),
        "kind": item.kind,
    }
