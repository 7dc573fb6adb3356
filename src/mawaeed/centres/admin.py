"""Back-office views of the catalogue. What the files keep is read here and changed there."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.contrib import admin
from django.db.models import Model
from django.http import HttpRequest
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from mawaeed.centres.models import (
    Agency,
    Centre,
    Counter,
    Directorate,
    Offering,
    Pool,
    Service,
    ServiceGroup,
)
from mawaeed.centres.names import localised

if TYPE_CHECKING:
    _Admin = admin.ModelAdmin[Model]
else:
    _Admin = admin.ModelAdmin


class FromFiles(_Admin):
    """Rows that the catalogue's files keep: shown, searched, never edited past the files."""

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    @admin.display(description=_("name"))
    def shown_name(self, row: Model) -> str:
        """The row's name in the reader's language."""
        return localised(getattr(row, "name", {}), get_language() or "ar")


@admin.register(Agency, Directorate)
class NamedAdmin(FromFiles):
    list_display = ("code", "shown_name")
    search_fields = ("code",)


@admin.register(Centre)
class CentreAdmin(FromFiles):
    list_display = ("code", "shown_name", "directorate", "walk_ins", "active")
    list_filter = ("directorate", "active")
    list_select_related = ("directorate",)
    search_fields = ("code",)


@admin.register(Service)
class ServiceAdmin(FromFiles):
    list_display = ("code", "shown_name", "directorate", "duration_minutes", "active")
    list_filter = ("directorate", "active", "dependants")
    list_select_related = ("directorate",)
    search_fields = ("code", "search_text")


@admin.register(Offering)
class OfferingAdmin(FromFiles):
    list_display = ("service", "centre", "pool", "group", "duration_minutes", "walk_ins", "active")
    list_filter = ("centre", "active")
    list_select_related = ("service", "centre", "pool", "group")
    search_fields = ("service__code", "centre__code")


@admin.register(ServiceGroup)
class ServiceGroupAdmin(FromFiles):
    list_display = ("centre", "letter", "shown_name", "active")
    list_filter = ("centre",)
    list_select_related = ("centre",)


@admin.register(Pool)
class PoolAdmin(FromFiles):
    list_display = ("centre", "code", "shown_name", "places", "start_step_minutes", "active")
    list_filter = ("centre",)
    list_select_related = ("centre",)


@admin.register(Counter)
class CounterAdmin(FromFiles):
    list_display = ("centre", "number", "pool", "active")
    list_filter = ("centre",)
    list_select_related = ("centre", "pool")
