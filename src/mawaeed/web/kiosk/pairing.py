"""Which devices are kiosks: a supervisor sets one up, and it keeps a signed cookie."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext_lazy, gettext_noop
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from mawaeed.kernel.errors import DomainError
from mawaeed.web.audience import staff
from mawaeed.web.desk.surfaces import SUPERVISION
from mawaeed.web.paired import PairedScreen

COOKIE = "kiosk"
SALT = "kiosk-device"


class KioskNotPaired(DomainError):
    """Nobody has set this device up as a kiosk of the centre, or that was called back."""

    code = "kiosk_not_paired"
    http_status = 403
    message = gettext_lazy(
        "This device is not set up as a kiosk. A supervisor sets it up: sign in here and press "
        "“Use this device as a kiosk”."
    )


KIOSK = PairedScreen(
    cookie=COOKIE,
    path="/kiosk/",
    salt=SALT,
    view="kiosk",
    title=gettext_noop("This device is not set up as a kiosk"),
    refusal=KioskNotPaired,
)
device_pass = KIOSK.device_pass
is_kiosk = KIOSK.is_paired
kiosk_device = KIOSK.device
not_a_kiosk = KIOSK.not_paired


@staff(*SUPERVISION)
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def set_up(request: HttpRequest, centre: str) -> HttpResponse:
    """Make this device a kiosk of the centre, and sign the supervisor out of it."""
    return KIOSK.set_up(request, "staff/kiosk_set_up.html")
