"""The programs a running installation consists of."""

from __future__ import annotations

import os
import sys
from http.client import HTTPConnection, HTTPException
from urllib.parse import urlsplit

from mawaeed.commands.address import Address
from mawaeed.commands.supervisor import Program

# More than the streams one worker may hold (limited by the descriptors a process may have):
# beyond its backpressure the server stops answering anybody.
BACKPRESSURE = "18000"
# Seconds open streams get to end; without a limit the server would wait for them for ever.
STREAM_GRACE = "2"


def web(address: Address) -> Program:
    """Pages, API and live streams on one port."""
    return Program(
        "web",
        [
            *(sys.executable, "-m", "granian", "--interface", "asgi", "--http", "1", "--no-ws"),
            *("--host", address.host, "--port", str(address.port), "--workers", "1"),
            *("--backpressure", BACKPRESSURE, "--backlog", "4096"),
            *("--workers-kill-timeout", STREAM_GRACE, "--log-level", "warning"),
            "mawaeed.project.asgi:application",
        ],
    )


def pages(address: Address) -> Program:
    """Pages and API alone, as a WSGI application: faster, with the live streams on another port."""
    workers, threads = os.environ.get("WEB_WORKERS") or "2", os.environ.get("WEB_THREADS") or "8"
    return Program(
        "pages",
        [
            *(sys.executable, "-m", "granian", "--interface", "wsgi", "--http", "1"),
            *("--host", address.host, "--port", str(address.port), "--workers", workers),
            *("--blocking-threads", threads, "--backlog", "4096", "--backpressure", BACKPRESSURE),
            *("--workers-kill-timeout", STREAM_GRACE, "--log-level", "warning"),
            "mawaeed.project.wsgi:application",
        ],
    )


def worker() -> Program:
    """Deliveries and everything that happens by the clock."""
    return Program("worker", [sys.executable, "-m", "mawaeed.commands.cli", "worker"])


def visitors() -> Program:
    """The people who keep one centre's hall of the demonstration alive."""
    command = [sys.executable, "-m", "mawaeed.commands.cli", "visitors"]
    return Program("visitors", command, waits=True)


def answers(address: Address) -> bool:
    """True once the server says that it is well."""
    # By the name it goes by in public: it answers to no other.
    name = urlsplit(os.environ.get("PUBLIC_URL") or address.url).netloc
    connection = HTTPConnection(address.host, address.port, timeout=2)
    try:
        connection.request("GET", "/healthz", headers={"Host": name})
        return connection.getresponse().status == 200
    except (OSError, HTTPException):
        return False
    finally:
        connection.close()
