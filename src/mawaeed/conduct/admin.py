"""Back-office: blocks to look at. They are lifted at the desk, with a reason."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.contrib import admin
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from mawaeed.conduct.models import Block

if TYPE_CHECKING:
    _Admin = admin.ModelAdmin[Block]
else:
    _Admin = admin.ModelAdmin


@admin.register(Block)
class BlockAdmin(_Admin):
    """Read only, and without anybody's number or name."""

    list_display = (
        "shown_number",
        "shown_person",
        "starts_at",
        "ends_at",
        "lifted_at",
        "lifted_reason",
    )
    ordering = ("-starts_at",)
    fields = ("shown_person", "starts_at", "ends_at", "shown_events", "lifted_at", "lifted_reason")
    readonly_fields = fields

    @admin.display(description=_("number of the block"), ordering="pk")
    def shown_number(self, row: Block) -> int:
        """Which block."""
        return row.pk

    @admin.display(description=_("number of the customer"), ordering="person_id")
    def shown_person(self, row: Block) -> int:
        """Whose it is: never the personal number."""
        return row.person_id

    @admin.display(description=_("events of conduct"))
    def shown_events(self, row: Block) -> str:
        """The numbers of those that led to it."""
        return " · ".join(str(pk) for pk in row.events)

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Nobody makes blocks by hand."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: Block | None = None) -> bool:
        """Nobody changes them here."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Block | None = None) -> bool:
        """Nor removes them."""
        return False
