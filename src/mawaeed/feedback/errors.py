"""Why a rating is not taken."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from mawaeed.kernel.errors import DomainError


class RatingClosed(DomainError):
    """The link was used already or its time is over."""

    code = "rating_closed"
    http_status = 410
    message = _("This rating link was used already or has expired. Thank you for your interest.")
