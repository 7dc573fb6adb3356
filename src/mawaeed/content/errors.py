"""Why a text for the public is not taken."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from mawaeed.kernel.errors import DomainError


class TextMissing(DomainError):
    """Arabic and English are required; data: `language`."""

    code = "text_missing"
    http_status = 422
    message = _("Write the text in Arabic and in English; other languages may follow.")
