"""Every address of the product. Each view declares its audience (`web.audience`)."""

from __future__ import annotations

from django.contrib import admin
from django.urls import include, path
from django.utils.translation import gettext_lazy as _

from mawaeed.api.api import api
from mawaeed.web import health
from mawaeed.web.desk.signing import AdministrationSignInForm

urlpatterns = [
    path("healthz", health.healthz, name="healthz"),
    path("api/v1/", api.urls),
    path("manage/", admin.site.urls),
    path("", include("mawaeed.web.urls")),
]

admin.site.login_form = AdministrationSignInForm
admin.site.site_header = admin.site.site_title = _("Mawaeed")
admin.site.enable_nav_sidebar = False  # its tables need the room

handler400 = "mawaeed.web.errors.bad_request"
handler403 = "mawaeed.web.errors.forbidden"
handler404 = "mawaeed.web.errors.not_found"
handler500 = "mawaeed.web.errors.server_error"
