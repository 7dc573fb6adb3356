"""Where the data lives: one SQLite file, or PostgreSQL by DATABASE_URL."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

SQLITE_PRAGMAS = (
    "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA foreign_keys=ON; "
    "PRAGMA cache_size=-20000; PRAGMA temp_store=MEMORY;"
)


# Only the few statements that ask for it are prepared (`kernel.database.prepared_row`); without
# this the driver prepares none. A pooler that hands connections on between transactions must know
# prepared statements (PgBouncer 1.21 and newer) or `PREPARED_STATEMENTS=0` is set.
PREPARE_AFTER = 5 if os.environ.get("PREPARED_STATEMENTS", "1") != "0" else None


# A link that is cut without a word is noticed within seconds, not when the system gives up on it.
GIVE_UP_AFTER = {
    "connect_timeout": 5,
    "keepalives_idle": 5,
    "keepalives_interval": 3,
    "keepalives_count": 3,
    "tcp_user_timeout": 15_000,  # milliseconds
}


def database_settings(url: str, data_dir: Path) -> dict[str, Any]:
    """Django's DATABASES entry for `url` (`postgres://…`, `sqlite:///FILE` or empty)."""
    if not url or url.startswith("sqlite:///"):
        path = Path(url.removeprefix("sqlite:///")) if url else data_dir / "mawaeed.sqlite3"
        return {
            "ENGINE": "django.db.backends.sqlite3",
            "NAME": str(path),
            "OPTIONS": {
                "transaction_mode": "IMMEDIATE",
                "timeout": 20,
                "init_command": SQLITE_PRAGMAS,
            },
            "CONN_MAX_AGE": None,
            "ATOMIC_REQUESTS": False,
            # A file, not memory: threads and processes of the tests share it.
            "TEST": {"NAME": str(path.with_name(f"test-{path.name}"))},
        }
    parts = urlsplit(url)
    if parts.scheme not in ("postgres", "postgresql"):
        raise ValueError(
            f"DATABASE_URL must start with postgres:// or sqlite:///, not {parts.scheme}"
        )
    query = dict(parse_qsl(parts.query))
    return {
        "ENGINE": "mawaeed.project.postgresql",
        "NAME": unquote(parts.path.lstrip("/")),
        "USER": unquote(parts.username or ""),
        "PASSWORD": unquote(parts.password or ""),
        "HOST": query.pop("host", None) or parts.hostname or "",
        "PORT": str(parts.port or query.pop("port", "")),
        "CONN_MAX_AGE": None,
        "CONN_HEALTH_CHECKS": True,
        "ATOMIC_REQUESTS": False,
        "OPTIONS": {"prepare_threshold": PREPARE_AFTER, **GIVE_UP_AFTER, **query},
    }
