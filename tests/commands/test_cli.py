import subprocess
import sys
from importlib import import_module

import pytest

from mawaeed import __version__
from mawaeed.commands.cli import COMMANDS, main


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_explains_itself(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as end:
        main([name, "--help"])

    assert end.value.code == 0
    assert f"usage: mawaeed {name}" in capsys.readouterr().out


def test_version_is_said(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["--version"])

    assert capsys.readouterr().out == f"mawaeed {__version__}\n"


def test_refusal_is_one_sentence_and_status_two(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("PORT", "web")

    assert main(["demo"]) == 2
    assert capsys.readouterr().err == (
        "mawaeed: PORT must be a number from 1 to 65535, not 'web'.\n"
    )


@pytest.mark.parametrize("name", sorted(set(COMMANDS.values())))
def test_command_module_is_light(name: str) -> None:
    """Asking for help or a refusal must not wait for Django."""
    code = f"import sys, mawaeed.commands.{name}; sys.exit('django' in sys.modules)"

    import_module(f"mawaeed.commands.{name}")
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
