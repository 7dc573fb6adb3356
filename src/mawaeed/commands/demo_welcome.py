"""What a demonstration greets with: where to look and whom to sign in as."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

from mawaeed.centres.models import Agency
from mawaeed.commands.demo_people import (
    BLOCKED_RESIDENT,
    LIVELY_CENTRE,
    PASSWORD,
    QUIET_CENTRE,
    RESIDENTS,
    STAFF,
    DemoResident,
)
from mawaeed.kernel import clock
from mawaeed.kernel.models import DemoClock


def welcome_text(url: str, shown: datetime) -> str:
    """The greeting for a demonstration that answers at `url` and shows the time `shown` (UTC)."""
    zone = Agency.objects.values_list("timezone", flat=True)[0]
    rows = [
        *(("Resident", "/", _account(resident)) for resident in RESIDENTS),
        ("Blocked resident", "/", _account(BLOCKED_RESIDENT)),
        ("Messages sent", "/demo/inbox", "every SMS with its code, at once"),
        ("Kiosk", f"/kiosk/{QUIET_CENTRE}/", "nobody signs in"),
        ("Board in the hall", f"/board/{LIVELY_CENTRE}/", "nobody signs in"),
        *((_title(name), path, f"{name} / {PASSWORD}") for name, path in _staff_pages()),
        ("API", "/api/v1/docs", "described by /api/v1/openapi.json"),
    ]
    width = max(len(url + path) for _, path, _ in rows)
    table = [f"  {title:<18} {url + path:<{width}}  {who}" for title, path, who in rows]
    return "\n".join(["", *_clock_lines(shown, zone), *table, "", *_arabic(url), ""])


def _staff_pages() -> list[tuple[str, str]]:
    """(user name, path) for each member of staff of the two centres."""
    page = {"supervisor": "supervisor", "receptionist": "desk", "clerk": "counter"}
    return [
        (member.username, f"/{page[member.role]}/{member.centre}/" if member.centre else "/manage/")
        for member in STAFF
    ]


def _title(username: str) -> str:
    return username.partition("-")[0].rstrip("2").capitalize()


def _account(resident: DemoResident) -> str:
    return f"{resident.personal_number}, born {resident.birth_date}, mobile {resident.mobile}"


def _clock_lines(shown: datetime, zone: str) -> list[str]:
    local = shown.astimezone(ZoneInfo(zone))
    if not DemoClock.objects.exists():
        return [f"It is {local:%A %d %B %Y, %H:%M} here, the true time.", ""]
    true = clock.real_now().astimezone(ZoneInfo(zone))
    return [
        f"The demo's clock shows {local:%A %d %B %Y, %H:%M} and runs at normal speed,",
        f"because the demo's centre is closed now ({true:%A, %H:%M} in truth).",
        "",
    ]


def _arabic(url: str) -> list[str]:
    number = RESIDENTS[0].personal_number
    return [f"افتح {url} وسجّل الدخول بالرقم الشخصي {number}؛ يصل رمز التحقق إلى {url}/demo/inbox"]
