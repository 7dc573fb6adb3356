"""What the checks need of the system: looked for, installed when that is allowed, else named."""

from __future__ import annotations

import ctypes.util
import os
import shutil
import subprocess
from pathlib import Path

import postgres

CHROMIUM_NAMES = ("chromium", "chromium-browser", "google-chrome")
# Without this PostgreSQL's package makes and starts a server of its own.
NO_MAIN_CLUSTER = Path("/etc/postgresql-common/createcluster.d/mawaeed-tests.conf")


def missing_packages() -> list[str]:
    """Debian names of what is not there yet."""
    there = {
        "postgresql": postgres.binaries() is not None,
        "chromium": any(shutil.which(name) for name in CHROMIUM_NAMES),
        "gettext": bool(shutil.which("xgettext") and shutil.which("msgmerge")),
        "libatomic1": ctypes.util.find_library("atomic") is not None,  # Playwright's driver
    }
    return [name for name, present in there.items() if not present]


def install_missing_packages() -> None:
    """Install with apt-get as root or with a password-less sudo; exits naming the line if not."""
    missing = missing_packages()
    if not missing:
        return
    prefix = _privilege()
    line = f"apt-get update && apt-get install --yes --no-install-recommends {' '.join(missing)}"
    if prefix is None or not shutil.which("apt-get"):
        raise SystemExit(f"mawaeed: system packages are missing. Run as root:\n\n    {line}\n")
    print(f"Installing system packages: {' '.join(missing)}", flush=True)
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    if "postgresql" in missing:
        _forbid_main_cluster(prefix)
    for command in (
        ["apt-get", "update", "-qq"],
        ["apt-get", "install", "-qq", "--yes", "--no-install-recommends", *missing],
    ):
        done = subprocess.run(
            [*prefix, *command], env=environment, check=False, stdout=subprocess.DEVNULL
        )
        if done.returncode:
            raise SystemExit(f"mawaeed: that failed. Run as root, and look at:\n\n    {line}\n")
    if still := missing_packages():
        raise SystemExit(f"mawaeed: still missing after installing: {' '.join(still)}")


def _privilege() -> list[str] | None:
    if os.geteuid() == 0:
        return []
    if shutil.which("sudo"):
        allowed = subprocess.run(["sudo", "-n", "true"], capture_output=True, check=False)
        if allowed.returncode == 0:
            return ["sudo", "-n", "--preserve-env=DEBIAN_FRONTEND"]
    return None


def _forbid_main_cluster(prefix: list[str]) -> None:
    subprocess.run([*prefix, "mkdir", "-p", str(NO_MAIN_CLUSTER.parent)], check=True)
    subprocess.run(
        [*prefix, "tee", str(NO_MAIN_CLUSTER)],
        input="create_main_cluster = false\n",
        text=True,
        stdout=subprocess.DEVNULL,
        check=True,
    )
