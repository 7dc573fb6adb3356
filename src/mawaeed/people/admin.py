"""Back-office: members of staff with their roles."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.contrib import admin
from django.contrib.auth.admin import GroupAdmin, UserAdmin
from django.contrib.auth.models import Group, Permission
from django.db.models import ManyToManyField
from django.forms import Select
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from mawaeed.centres.models import Centre
from mawaeed.people.models import Staff, StaffRole

if TYPE_CHECKING:
    _Inline = admin.StackedInline[StaffRole, Staff]
    _UserAdmin = UserAdmin[Staff]
else:
    _Inline = admin.StackedInline
    _UserAdmin = UserAdmin


# Django keeps its own names of them in the database, in English.
VERBS = {
    "add": pgettext_lazy("permission", "add"),
    "change": pgettext_lazy("permission", "change"),
    "delete": pgettext_lazy("permission", "delete"),
    "view": pgettext_lazy("permission", "view"),
}


def permission_name(permission: Permission) -> str:
    """Part of the product, table and verb in the reader's language."""
    verb = permission.codename.partition("_")[0]
    return f"{permission.content_type} | {VERBS.get(verb, permission.name)}"


class _WithPermissions:
    """Permissions named in the reader's language."""

    def formfield_for_manytomany(
        self, db_field: ManyToManyField[Any, Any], request: HttpRequest, **options: Any
    ) -> Any:
        """The field, with our names for Django's permissions."""
        field = super().formfield_for_manytomany(db_field, request, **options)  # type: ignore[misc]
        if field is not None and db_field.related_model is Permission:
            field.label_from_instance = permission_name
        return field


class StaffRoleInline(_Inline):
    """The roles of one member of staff, each at a centre."""

    model = StaffRole
    extra = 1

    def formfield_for_foreignkey(self, db_field: Any, request: HttpRequest, **options: Any) -> Any:
        """Centres with their directorates, read at once."""
        if db_field.name == "centre":
            options["queryset"] = Centre.objects.select_related("directorate")
        return super().formfield_for_foreignkey(db_field, request, **options)


@admin.register(Staff)
class StaffAdmin(_WithPermissions, _UserAdmin):
    """Accounts of staff; passwords are set through Django's own forms."""

    inlines = [StaffRoleInline]
    # Django's chooser of two boxes speaks English and has no proper labels.
    filter_horizontal = ()
    readonly_fields = ("last_login", "date_joined")
    list_display = ("username", "first_name", "last_name", "is_active", "is_staff")
    fieldsets = (*(UserAdmin.fieldsets or ()), (_("Language"), {"fields": ("language",)}))

    def formfield_for_dbfield(self, db_field: Any, request: HttpRequest, **options: Any) -> Any:
        """The language by its name, of those the product speaks."""
        if db_field.name == "language":
            options["widget"] = Select(choices=settings.LANGUAGES)
        return super().formfield_for_dbfield(db_field, request, **options)


admin.site.unregister(Group)


@admin.register(Group)
class StaffGroupAdmin(_WithPermissions, GroupAdmin):
    """Sets of permissions for the administration."""

    filter_horizontal = ()
