"""Where the server listens: read from the environment and checked before anything starts."""

from __future__ import annotations

import errno
import ipaddress
import socket
from collections.abc import Mapping
from dataclasses import dataclass

from mawaeed.commands.refusal import CommandRefused


@dataclass(frozen=True, slots=True)
class Address:
    """A numeric address of this machine and a port."""

    host: str
    port: int

    @property
    def url(self) -> str:
        """What a browser on this machine opens."""
        ip = ipaddress.ip_address(self.host)
        if ip.is_unspecified:
            return f"http://127.0.0.1:{self.port}"
        return f"http://[{ip}]:{self.port}" if ip.version == 6 else f"http://{ip}:{self.port}"

    @property
    def is_loopback(self) -> bool:
        """True where only this machine can connect."""
        return ipaddress.ip_address(self.host).is_loopback


def read_address(environment: Mapping[str, str]) -> Address:
    """`HOST` (127.0.0.1) and `PORT` (8000); refuses what is not an address of this machine."""
    host, port = environment.get("HOST") or "127.0.0.1", environment.get("PORT") or "8000"
    if not port.isascii() or not port.isdigit() or not 0 < int(port) < 65536:
        raise CommandRefused(f"PORT must be a number from 1 to 65535, not {port!r}.")
    try:
        found = socket.getaddrinfo(host, int(port), type=socket.SOCK_STREAM)
    except OSError as error:
        raise CommandRefused(f"HOST {host!r} is not an address of this machine.") from error
    # IPv4 first where a name means both, as `localhost` does.
    found.sort(key=lambda entry: entry[0] != socket.AF_INET)
    return Address(str(found[0][4][0]), int(port))


def refuse_unless_loopback(address: Address, environment: Mapping[str, str]) -> None:
    """A demonstration shows every code it sends, so it stays on this machine unless told."""
    if not address.is_loopback and environment.get("DEMO_EXPOSE") != "1":
        raise CommandRefused(
            f"the demo shows every message and code to whoever can reach {address.host}. "
            "Leave HOST unset to stay on this machine, or set DEMO_EXPOSE=1 if you mean it."
        )


def refuse_taken_port(address: Address) -> None:
    """Ask the system for the port first: the server would share it with another one unnoticed."""
    family = socket.AF_INET6 if ":" in address.host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((address.host, address.port))
            probe.listen()
        except OSError as error:
            raise CommandRefused(_why_not(error, address)) from error


def _why_not(error: OSError, address: Address) -> str:
    if error.errno == errno.EADDRINUSE:
        return (
            f"port {address.port} is taken by another program. "
            f"Stop it, or choose another one: PORT={_another(address.port)} make run"
        )
    if error.errno == errno.EACCES:
        return f"port {address.port} needs more rights; choose one above 1023 with PORT."
    return f"cannot listen on {address.host}: {error.strerror}. Check HOST."


def _another(port: int) -> int:
    return port + 1 if port < 65535 else 8000
