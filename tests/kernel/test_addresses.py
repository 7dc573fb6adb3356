"""Whose word on the caller's address counts."""

from __future__ import annotations

import pytest
from pytest_django import Settings

from mawaeed.kernel.addresses import client_address, read_trusted_proxies

HERE, NEAR, CALLER, LIE = "10.0.0.1", "10.0.0.2", "203.0.113.7", "198.51.100.9"


@pytest.mark.parametrize(
    ("trusted", "forwarded", "found"),
    [
        ("", f"{LIE}", HERE),
        ("0", f"{LIE}", HERE),
        ("1", f"{LIE}, {CALLER}", CALLER),
        ("2", f"{LIE}, {CALLER}, {NEAR}", CALLER),
        ("2", f"{LIE}", HERE),  # came past one of the two
        ("1", "", HERE),
        ("1", "unknown", HERE),
        (HERE, f"{LIE}, {CALLER}", CALLER),
        ("10.0.0.0/24", f"{LIE}, {CALLER}, {NEAR}", CALLER),
        ("10.0.0.0/24", NEAR, NEAR),
        (NEAR, f"{LIE}", HERE),
        (f"{HERE}, {NEAR}", f"{LIE}, nonsense, {NEAR}", HERE),
        ("::1", f"{CALLER}", HERE),
    ],
)
def test_the_address_is_what_trusted_proxies_wrote(
    settings: Settings, trusted: str, forwarded: str, found: str
) -> None:
    settings.TRUSTED_PROXIES = read_trusted_proxies(trusted)
    meta = {"REMOTE_ADDR": HERE, "HTTP_X_FORWARDED_FOR": forwarded}
    assert client_address(meta) == found


def test_no_connection_has_no_address(settings: Settings) -> None:
    settings.TRUSTED_PROXIES = 1
    assert client_address({"HTTP_X_FORWARDED_FOR": LIE}) is None


@pytest.mark.parametrize("text", ["proxy.example", "-1", "10.0.0.1;10.0.0.2"])
def test_what_names_no_proxies_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"\S"):
        read_trusted_proxies(text)
