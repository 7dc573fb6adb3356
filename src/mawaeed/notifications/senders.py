"""How a text leaves the house: one small interface, one driver per way.

The deployment setting SMS_DRIVER names the driver: `sink` (demonstrations: delivered at once),
`log` (a masked line, nothing leaves) or `kannel` (Kannel's sendsms over HTTP).
"""

from __future__ import annotations

import logging
from dataclasses import dataclass
from typing import Protocol
from urllib.error import HTTPError
from urllib.parse import urlencode
from urllib.request import urlopen

from django.conf import settings

from mawaeed.notifications.parts import is_gsm

logger = logging.getLogger(__name__)

# Seconds a gateway may take to answer.
GATEWAY_TIMEOUT = 10.0


@dataclass(frozen=True, slots=True)
class Text:
    """What a driver gets: E.164 number, kind of message, text and its parts."""

    to: str
    kind: str
    text: str
    parts: int


@dataclass(frozen=True, slots=True)
class Sent:
    """Taken over by the driver; `delivered` where it is known to have arrived."""

    delivered: bool = False


@dataclass(frozen=True, slots=True)
class Failed:
    """Not taken over; worth another try. `reason` holds nothing personal."""

    reason: str


class Sender(Protocol):
    """A way to send."""

    def send(self, message: Text) -> Sent | Failed:
        """Hand `message` over; never raises for what a gateway may answer."""


class Sink:
    """Demonstrations: every message counts as delivered and is read in the inbox."""

    def send(self, message: Text) -> Sent | Failed:
        """Deliver at once, to nowhere."""
        return Sent(delivered=True)


class Log:
    """Writes that a message was due: number masked, text left out."""

    def send(self, message: Text) -> Sent | Failed:
        """Log one line."""
        logger.info("%s to %s, %s part(s)", message.kind, masked(message.to), message.parts)
        return Sent()


@dataclass(frozen=True, slots=True)
class Kannel:
    """Kannel's HTTP interface; 202 means queued there, which then sends, splits and repeats."""

    url: str
    username: str
    password: str
    sender: str

    def send(self, message: Text) -> Sent | Failed:
        """One GET of sendsms. Anything but acceptance, or no answer in time, is `Failed`."""
        query = {
            "username": self.username,
            "password": self.password,
            "from": self.sender,
            "to": message.to,
            "text": message.text,
            "charset": "UTF-8",
            "coding": "0" if is_gsm(message.text) else "2",
        }
        try:
            with urlopen(f"{self.url}?{urlencode(query)}", timeout=GATEWAY_TIMEOUT) as answer:  # noqa: S310 (address from the deployment)
                status = answer.status
        except HTTPError as error:
            error.close()
            return Failed(f"gateway answered {error.code}")
        except (OSError, ValueError) as error:
            return Failed(type(error).__name__)
        return Sent() if status in {200, 202} else Failed(f"gateway answered {status}")


def configured() -> Sender:
    """The driver that the deployment names; an unknown name is a `ValueError`."""
    name = settings.SMS_DRIVER
    if name == "sink":
        return Sink()
    if name == "log":
        return Log()
    if name == "kannel":
        return Kannel(
            url=settings.KANNEL_URL,
            username=settings.KANNEL_USERNAME,
            password=settings.KANNEL_PASSWORD,
            sender=settings.KANNEL_SENDER,
        )
    raise ValueError(f"SMS_DRIVER must be sink, log or kannel, not {name!r}")


def masked(number: str) -> str:
    """The last two digits, for logs."""
    return f"…{number[-2:]}"
