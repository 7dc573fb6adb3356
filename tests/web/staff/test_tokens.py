"""Tokens for programs: shown once, one's own alone, revoked at once; made on the command line."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest

from mawaeed.commands.cli import main
from mawaeed.kernel.clock import real_now
from mawaeed.kernel.identifiers import digest
from mawaeed.people.models import StaffToken
from mawaeed.people.queries import staff_of_token
from staff_desk import Desk, key_on

SHOWN = re.compile(r'id="new-token" value="([^"]+)"')
FORM = {"label": "Screens", "days": "30"}


def test_a_token_is_shown_once_and_can_be_revoked(desk: Desk) -> None:
    client = desk.client("clerk")
    form = {**FORM, "key": key_on(client.get("/desk/tokens/").content.decode())}

    page = client.post("/desk/tokens/", form).content.decode()

    token = SHOWN.findall(page)[0]
    row = StaffToken.objects.get()
    assert (row.token_hash, row.label) == (digest(token), "Screens")
    assert staff_of_token(token, real_now()) == desk.staff["clerk"]
    again = client.post("/desk/tokens/", form, follow=True).content.decode()
    assert "Screens" in again
    assert token not in again
    assert StaffToken.objects.count() == 1
    assert desk.client("second").post("/desk/tokens/revoke/", {"token": row.pk}).status_code == 404
    assert staff_of_token(token, real_now()) is not None
    client.post("/desk/tokens/revoke/", {"token": row.pk})
    assert staff_of_token(token, real_now()) is None
    assert "Screens" not in client.get("/desk/tokens/").content.decode()


@pytest.mark.parametrize("wrong", [{"label": " "}, {"days": "4000"}, {"days": "x"}])
def test_what_cannot_be_a_token_is_asked_again(desk: Desk, wrong: dict[str, str]) -> None:
    client = desk.client("clerk")
    key = key_on(client.get("/desk/tokens/").content.decode())

    answer = client.post("/desk/tokens/", {**FORM, **wrong, "key": key})

    assert answer.status_code == 422
    assert not StaffToken.objects.exists()


def test_a_token_from_the_command_line(desk: Desk, capsys: pytest.CaptureFixture[str]) -> None:
    asked = ["staff", "token", "--user", "clerk", "--label", "bench", "--days", "2"]

    assert main(asked) == 0

    token = capsys.readouterr().out.strip()
    assert staff_of_token(token, real_now()) == desk.staff["clerk"]
    assert staff_of_token(token, real_now() + timedelta(days=2)) is None
    assert main([*asked[:3], "nobody", *asked[4:]]) == 2
    assert main([*asked[:-1], "0"]) == 2
    assert "1 to 366" in capsys.readouterr().err
