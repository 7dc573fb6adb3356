"""The live streams without the pages, for a server of their own."""

from __future__ import annotations

import django

django.setup()

from mawaeed.live.app import application  # noqa: E402

__all__ = ["application"]
