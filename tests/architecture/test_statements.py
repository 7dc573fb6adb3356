"""Functions of the database are installed by migrations: a changed one needs a migration anew."""

from __future__ import annotations

from hashlib import sha256
from pathlib import Path

SOURCE = Path(__file__).resolve().parents[2] / "src" / "mawaeed"
# Each file as it was installed last, and by which migration. Changed it? Write a migration that
# installs it anew (dropping the old form if its parameters are others), and name both here.
INSTALLED = {
    "booking/statement/book_place.sql": (
        "booking/migrations/0008_never_read_through.py",
        "80df2533aeee",
    ),
    "hall/statement/call_first.sql": ("hall/migrations/0010_counter_presses.py", "3288ed67f250"),
    "hall/statement/call_next.sql": ("hall/migrations/0010_counter_presses.py", "5d37102c0302"),
    "hall/statement/finish_and_call.sql": (
        "hall/migrations/0010_counter_presses.py",
        "347d935f76d5",
    ),
    "hall/statement/issue_tickets.sql": (
        "hall/migrations/0017_in_their_order.py",
        "05870d903a50",
    ),
    "hall/statement/press.sql": ("hall/migrations/0015_presses_together.py", "358c7d9935ae"),
    "hall/statement/presses.sql": ("hall/migrations/0017_in_their_order.py", "eb628a948078"),
    "hall/statement/start_service.sql": ("hall/migrations/0010_counter_presses.py", "748aa4eca98b"),
    "people/statement/staff_at.sql": ("people/migrations/0012_staff_of.py", "1d4e8aab2df8"),
    "people/statement/staff_of.sql": ("people/migrations/0012_staff_of.py", "3fb48674432b"),
}


def test_every_statement_is_installed_as_it_is_now() -> None:
    files = {path.relative_to(SOURCE).as_posix(): path for path in SOURCE.rglob("*.sql")}
    assert files.keys() == INSTALLED.keys()
    for name, (migration, digest) in INSTALLED.items():
        assert sha256(files[name].read_bytes()).hexdigest()[:12] == digest, name
        installs = (SOURCE / migration).read_text()
        assert Path(name).stem in installs, f"{migration} does not install {name}"
