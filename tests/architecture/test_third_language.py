"""A language nobody here speaks is added by files alone: Urdu, with a handful of words."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
WORDS = """
msgid ""
msgstr ""
"Language: ur\\n"
"Content-Type: text/plain; charset=UTF-8\\n"
"Plural-Forms: nplurals=2; plural=(n != 1);\\n"

msgid "Services"
msgstr "خدمات"
"""
# What a visitor finds, by somebody who has nothing but the files and the product.
VISIT = """
import json
from mawaeed.commands.messages import compile_stale_messages
compiled = compile_stale_messages()
import django
django.setup()
from django.core.management import call_command
from django.test import Client
call_command("migrate", verbosity=0)
from small_world import make_world
make_world(days=1)
def seen(path, **more):
    answer = Client(**more).get(path, headers={"host": "127.0.0.1"})
    return [answer.status_code, answer.content.decode()]
client = Client()
client.post("/language/", {"language": "ur", "next": "/"}, headers={"host": "127.0.0.1"})
chosen = client.get("/", headers={"host": "127.0.0.1"}).content.decode()
print(json.dumps({
    "compiled": sorted(path.parts[-3] for path in compiled),
    "english": seen("/", headers={"accept-language": "en"}),
    "urdu": seen("/", headers={"accept-language": "ur"}),
    "times": seen("/services/renewal/", headers={"accept-language": "ur"}),
    "chosen": chosen,
}))
"""


def test_a_folder_of_messages_makes_a_language(tmp_path: Path) -> None:
    locale = tmp_path / "locale"
    shutil.copytree(
        ROOT / "src/mawaeed/locale", locale, ignore=shutil.ignore_patterns("*.mo", "*.mo.*")
    )
    urdu = locale / "ur" / "LC_MESSAGES" / "django.po"
    urdu.parent.mkdir(parents=True)
    urdu.write_text(WORDS.lstrip(), encoding="utf-8")
    environment = {
        "PATH": os.environ["PATH"],
        "PYTHONPATH": f"{ROOT / 'src'}:{ROOT / 'tests'}",
        "DATA_DIR": str(tmp_path / "var"),
        "MAWAEED_LOCALE_DIR": str(locale),
        "DJANGO_SETTINGS_MODULE": "mawaeed.project.settings",
    }

    done = subprocess.run(
        [sys.executable, "-c", VISIT],
        cwd=tmp_path,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout.splitlines()[-1])
    assert found["compiled"] == ["ar", "en", "ur"]
    assert [found[page][0] for page in ("english", "urdu", "times")] == [200, 200, 200]
    # Offered to others in its own word, spoken from right to left to those who ask for it.
    assert 'value="ur" lang="ur">اردو</button>' in found["english"][1]
    for html in (found["urdu"][1], found["times"][1], found["chosen"]):
        assert '<html lang="ur" dir="rtl">' in html
        assert "خدمات" in html
    # What the catalogue says in Arabic and English only is still said.
    assert "Renewal" in found["times"][1]
