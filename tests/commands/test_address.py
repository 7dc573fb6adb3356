import socket

import pytest

from mawaeed.commands.address import (
    Address,
    read_address,
    refuse_taken_port,
    refuse_unless_loopback,
)
from mawaeed.commands.refusal import CommandRefused


def test_address_defaults_to_this_machine() -> None:
    assert read_address({}) == Address("127.0.0.1", 8000)


def test_address_of_localhost_is_numeric() -> None:
    assert read_address({"HOST": "localhost", "PORT": "8123"}) == Address("127.0.0.1", 8123)


@pytest.mark.parametrize("port", ["0", "65536", "-1", "web", "٨٠٠٠", "80 "])
def test_port_that_is_none_is_refused(port: str) -> None:
    with pytest.raises(CommandRefused, match="PORT must be a number"):
        read_address({"PORT": port})


@pytest.mark.parametrize(
    ("host", "url"),
    [
        ("127.0.0.1", "http://127.0.0.1:8000"),
        ("0.0.0.0", "http://127.0.0.1:8000"),
        ("::1", "http://[::1]:8000"),
    ],
)
def test_url_can_be_opened_on_this_machine(host: str, url: str) -> None:
    assert Address(host, 8000).url == url


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.0.2.7"])
def test_demo_beyond_this_machine_is_refused(host: str) -> None:
    with pytest.raises(CommandRefused, match="DEMO_EXPOSE=1"):
        refuse_unless_loopback(Address(host, 8000), {})


@pytest.mark.parametrize(
    ("host", "environment"), [("127.0.0.1", {}), ("::1", {}), ("0.0.0.0", {"DEMO_EXPOSE": "1"})]
)
def test_demo_on_this_machine_or_exposed_on_purpose_is_not_refused(
    host: str, environment: dict[str, str]
) -> None:
    refuse_unless_loopback(Address(host, 8000), environment)


def test_port_shared_by_another_server_is_refused() -> None:
    with socket.socket() as other:
        other.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]

        with pytest.raises(CommandRefused, match=f"port {port} is taken"):
            refuse_taken_port(Address("127.0.0.1", port))


def test_free_port_is_not_refused() -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]

    refuse_taken_port(Address("127.0.0.1", port))
