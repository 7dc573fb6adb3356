"""Is it alive, what does it run on."""

from __future__ import annotations

from django.conf import settings
from django.db import DatabaseError, connection
from django.http import HttpRequest, JsonResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from mawaeed import __version__
from mawaeed.web.audience import public


@public
@never_cache
@require_safe
def healthz(request: HttpRequest) -> JsonResponse:
    """200 when a query can be answered, 503 otherwise."""
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
        status = "ok"
    except DatabaseError:
        status = "failing"
    body = {
        "status": status,
        "database": "postgresql" if connection.vendor == "postgresql" else "sqlite",
        "version": __version__,
        "demo": settings.DEMO,
    }
    return JsonResponse(body, status=200 if status == "ok" else 503)
