"""Tells other processes, after a commit, that the outbox has something new (PostgreSQL only).

A NOTIFY inside a hot transaction makes every commit wait for one lock. So the process that wrote
nudges a thread of its own after the commit, and that thread sends one signal for all that came
meanwhile. A signal that is lost costs a listener at most a second: no data travels in it.
On SQLite a listener sees a commit by the file itself (`live.tail`).
"""

from __future__ import annotations

import logging
import threading
import time

from django.db import DatabaseError, connection, transaction

from mawaeed.kernel.database import is_postgresql

logger = logging.getLogger(__name__)

CHANNEL = "mawaeed_outbox"
# Seconds: commits this close together share one signal.
TOGETHER = 0.01

_wanted = threading.Event()
_thread: threading.Thread | None = None


def start() -> None:
    """Begin to signal for this process; for servers and workers, once each. No-op on SQLite."""
    global _thread
    if _thread is None and is_postgresql():
        _thread = threading.Thread(target=_signal, name="outbox-nudges", daemon=True)
        _thread.start()


def stop() -> None:
    """End the thread and its connection."""
    global _thread
    if _thread is not None:
        ending, _thread = _thread, None
        _wanted.set()
        ending.join()


def after_commit() -> None:
    """Let the signal follow the commit of the present transaction; at once outside of one."""
    if _thread is not None:
        transaction.on_commit(_wanted.set, robust=True)


def _signal() -> None:
    while _wanted.wait() and _thread is threading.current_thread():
        _wanted.clear()
        try:
            with connection.cursor() as cursor:
                cursor.execute("SELECT pg_notify(%s, '')", [CHANNEL])
        except DatabaseError as error:
            logger.info("nudges: no signal sent (%s)", type(error).__name__)
            connection.close()
        time.sleep(TOGETHER)
    connection.close()
