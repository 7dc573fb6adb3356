"""Back-office views of the catalogue. What the files keep is read here and changed there."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from django.contrib import admin
from django.contrib.admin.filters import RelatedFieldListFilter
from django.db.models import Field, JSONField, Model
from django.http import HttpRequest
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
from mawaeed.centres.names import shown
from mawaeed.centres.shown_json import as_html

if TYPE_CHECKING:
    _Admin = admin.ModelAdmin[Model]
else:
    _Admin = admin.ModelAdmin


class CentreFilter(RelatedFieldListFilter):
    """Every centre with its directorate, read at once."""

    def field_choices(self, field: Field[Any, Any], request: HttpRequest, model_admin: Any) -> Any:
        """The centre's key and its name."""
        centres = Centre.objects.select_related("directorate").order_by("order", "code")
        return [(str(centre.pk), str(centre)) for centre in centres]


CENTRE_FILTER = ("centre", CentreFilter)
# For the loader and the search: words of the catalogue's files, not for readers.
NOT_SHOWN = ("assumed", "search_text")


class FromFiles(_Admin):
    """Rows that the catalogue's files keep: shown, searched, never edited past the files."""

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    def get_fields(self, request: HttpRequest, obj: Model | None = None) -> Any:
        """Every field in its order; texts and lists in words instead of their JSON."""
        names = [str(name) for name in super().get_fields(request, obj) if name not in NOT_SHOWN]
        fields = [self.opts.get_field(name) for name in names]
        return [_readable(each) if isinstance(each, JSONField) else each.name for each in fields]

    @admin.display(description=_("name"))
    def shown_name(self, row: Model) -> str:
        """The row's name in the reader's language."""
        return shown(getattr(row, "name", {}))


def _readable(field: JSONField[Any, Any]) -> Callable[[Model], str]:
    @admin.display(description=field.verbose_name)
    def readable(row: Model) -> str:
        return as_html(getattr(row, field.name))

    readable.__name__ = field.name
    return readable


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
    list_display = ("service", "centre", "pool", "group", "shown_minutes", "walk_ins", "active")
    list_filter = (CENTRE_FILTER, "active")
    list_select_related = ("service", "centre__directorate", "pool", "group")
    search_fields = ("service__code", "centre__code")

    @admin.display(description=_("duration in minutes"))
    def shown_minutes(self, row: Offering) -> int:
        """Its own duration here, else the service's."""
        return row.duration_minutes


@admin.register(ServiceGroup)
class ServiceGroupAdmin(FromFiles):
    list_display = ("centre", "letter", "shown_name", "active")
    list_filter = (CENTRE_FILTER,)
    list_select_related = ("centre__directorate",)


@admin.register(Pool)
class PoolAdmin(FromFiles):
    list_display = ("centre", "code", "shown_name", "places", "start_step_minutes", "active")
    list_filter = (CENTRE_FILTER,)
    list_select_related = ("centre__directorate",)


@admin.register(Counter)
class CounterAdmin(FromFiles):
    list_display = ("centre", "number", "pool", "active")
    list_filter = (CENTRE_FILTER,)
    list_select_related = ("centre__directorate", "pool")
