"""Back-office: members of staff with their roles."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.contrib import admin
from django.contrib.auth.admin import UserAdmin
from django.utils.translation import gettext_lazy as _

from mawaeed.people.models import Staff, StaffRole

if TYPE_CHECKING:
    _Inline = admin.TabularInline[StaffRole, Staff]
    _UserAdmin = UserAdmin[Staff]
else:
    _Inline = admin.TabularInline
    _UserAdmin = UserAdmin


class StaffRoleInline(_Inline):
    """The roles of one member of staff, each at a centre."""

    model = StaffRole
    extra = 1


@admin.register(Staff)
class StaffAdmin(_UserAdmin):
    """Accounts of staff; passwords are set through Django's own forms."""

    inlines = [StaffRoleInline]
    list_display = ("username", "first_name", "last_name", "is_active", "is_staff")
    fieldsets = (*(UserAdmin.fieldsets or ()), (_("Language"), {"fields": ("language",)}))
