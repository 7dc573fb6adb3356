"""Django's own engine; whether a connection still works is asked once a second, not every time."""

from __future__ import annotations

import time
from typing import Any

from django.db.backends.postgresql import base

TRUSTED_SECONDS = 1.0


class DatabaseWrapper(base.DatabaseWrapper):
    """A connection that answered within the last second is taken to be alive.

    After an error Django asks it again all the same, and throws a dead one away.
    """

    health_check_done: bool

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._answered_at = float("-inf")

    def close_if_health_check_failed(self) -> None:
        """Ask, unless it answered just now; once a request, before its first statement.

        Never again in the same request: Django calls this at the end of a transaction too, where a
        question would begin another one.
        """
        if self.connection is None or self.health_check_done:
            return
        now = time.monotonic()
        if now - self._answered_at < TRUSTED_SECONDS:
            self.health_check_done = True
            return
        super().close_if_health_check_failed()
        self._answered_at = now
