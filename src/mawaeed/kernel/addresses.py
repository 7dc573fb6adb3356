"""From which network address a request comes, also behind proxies of one's own."""

from __future__ import annotations

from collections.abc import Mapping
from ipaddress import IPv4Network, IPv6Network, ip_address, ip_network
from typing import Any

from django.conf import settings

Network = IPv4Network | IPv6Network


def read_trusted_proxies(text: str) -> int | tuple[Network, ...]:
    """`TRUSTED_PROXIES`: how many proxies stand in front, or their addresses or networks.

    Raises `ValueError` for anything else.
    """
    if text.strip().isdecimal():
        return int(text)
    named = [each.strip() for each in text.split(",")]
    return tuple(ip_network(each, strict=False) for each in named if each)


def client_address(meta: Mapping[str, Any]) -> str | None:
    """The caller's address. What `X-Forwarded-For` says counts only as far as our proxies wrote it.

    With nothing trusted, or a header that does not fit, it is the address of the connection.
    """
    direct: str | None = meta.get("REMOTE_ADDR") or None
    trusted: int | tuple[Network, ...] = settings.TRUSTED_PROXIES
    if direct is None or not trusted:
        return direct
    said = [each.strip() for each in str(meta.get("HTTP_X_FORWARDED_FOR", "")).split(",")]
    chain = [*filter(None, said), direct]
    if isinstance(trusted, int):
        found = chain[-1 - trusted] if len(chain) > trusted else direct
    else:
        strangers = [each for each in chain if not _is_among(each, trusted)]
        found = strangers[-1] if strangers else chain[0]
    return found if _is_address(found) else direct


def _is_address(text: str) -> bool:
    try:
        ip_address(text)
    except ValueError:
        return False
    return True


def _is_among(text: str, networks: tuple[Network, ...]) -> bool:
    return _is_address(text) and any(ip_address(text) in network for network in networks)
