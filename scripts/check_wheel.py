"""Builds the wheel and lives a minute with it in an environment that has only the locked packages.

Uses the build tools of requirements/test.lock: nothing unlocked is fetched.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import venv
from pathlib import Path

from mawaeed.commands.messages import compile_stale_messages

ROOT = Path(__file__).resolve().parent.parent

# Templates, static files, both languages and the catalogue must have come along.
TRIAL = """
import django
django.setup()
from django.contrib.staticfiles import finders
from django.template.loader import get_template
from django.utils import translation
import mawaeed
from mawaeed.commands.preparation import shipped_catalogue
import mawaeed.project.asgi
assert "site-packages" in mawaeed.__file__, mawaeed.__file__
assert (shipped_catalogue() / "agency.yaml").is_file(), shipped_catalogue()
get_template("web/base.html")
assert finders.find("web/css/tokens.css")
with translation.override("ar"):
    assert translation.gettext("Mawaeed") != "Mawaeed"
"""


def main() -> int:
    """Returns 0 if the installed copy starts, migrates and loads its own catalogue."""
    compile_stale_messages()
    with tempfile.TemporaryDirectory(prefix="mawaeed-wheel-") as folder:
        place = Path(folder)
        wheel = _built(place)
        python = _clean_environment(place / "venv", wheel)
        environment = _bare_environment(place)
        trial = place / "trial.py"
        trial.write_text(TRIAL)
        command = str(python.parent / "mawaeed")
        for step in (
            [command, "--version"],
            [str(python), str(trial)],
            [command, "manage", "migrate", "--verbosity", "0"],
            [command, "manage", "check"],
        ):
            subprocess.run(step, cwd=place, env=environment, check=True)
        print(f"{wheel.name} works from a clean environment")
    return 0


def _built(place: Path) -> Path:
    subprocess.run(
        [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", str(place), "."],
        cwd=ROOT,
        check=True,
        stdout=subprocess.DEVNULL,
    )
    return next(place.glob("*.whl"))


def _clean_environment(place: Path, wheel: Path) -> Path:
    venv.create(place, with_pip=True)
    python = place / "bin" / "python"
    pip = [str(python), "-m", "pip", "install", "-qq", "--no-compile", "--no-deps"]
    lock = str(ROOT / "requirements" / "run.lock")
    subprocess.run(
        [*pip, "--only-binary", ":all:", "--require-hashes", "-r", lock], check=True, cwd=ROOT
    )
    subprocess.run([*pip, str(wheel)], check=True, cwd=ROOT)
    return python


def _bare_environment(place: Path) -> dict[str, str]:
    return {
        "PATH": os.environ["PATH"],
        "HOME": str(place),
        "DATA_DIR": str(place / "data"),
        "DJANGO_SETTINGS_MODULE": "mawaeed.project.settings",
    }


if __name__ == "__main__":
    sys.exit(main())
