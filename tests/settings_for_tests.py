"""The product's settings over a data directory of this test process alone.

`DATABASE_URL` chooses the engine as everywhere else; without it, a SQLite file that threads and
child processes share. pytest finds this module before it loads any conftest.
"""

import atexit
import os
import shutil
import tempfile
from pathlib import Path

DIRECTORY = Path(tempfile.mkdtemp(prefix="mawaeed-tests-"))
atexit.register(shutil.rmtree, DIRECTORY, ignore_errors=True)
os.environ["DATA_DIR"] = str(DIRECTORY)
(DIRECTORY / "static").mkdir()  # whitenoise warns without it

from mawaeed.commands.messages import compile_stale_messages  # noqa: E402
from mawaeed.project.settings import *  # noqa: E402, F403
from mawaeed.project.settings import DATABASES  # noqa: E402

compile_stale_messages()

# What a test proves about isolation does not need the disk to have it.
if DATABASES["default"]["ENGINE"].endswith("sqlite3"):
    options = DATABASES["default"]["OPTIONS"]
    options["init_command"] = options["init_command"].replace("synchronous=FULL", "synchronous=OFF")

PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
