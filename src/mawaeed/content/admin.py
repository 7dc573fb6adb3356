"""Where staff write announcements and ways of contact: a text box per language."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

from django import forms
from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from mawaeed.centres.models import Agency
from mawaeed.centres.names import localised
from mawaeed.content import actions
from mawaeed.content.forms import LanguagesField
from mawaeed.content.models import Announcement, ContactChannel
from mawaeed.kernel import clock
from mawaeed.kernel.actor import Actor
from mawaeed.people.models import Staff
from mawaeed.people.queries import staff_actor

if TYPE_CHECKING:
    _AnnouncementAdmin = admin.ModelAdmin[Announcement]
    _ContactAdmin = admin.ModelAdmin[ContactChannel]
    _AnnouncementForm = forms.ModelForm[Announcement]
    _ContactForm = forms.ModelForm[ContactChannel]
else:
    _AnnouncementAdmin = _ContactAdmin = admin.ModelAdmin
    _AnnouncementForm = _ContactForm = forms.ModelForm


class AnnouncementForm(_AnnouncementForm):
    """Title and text per language; published from–until."""

    title = LanguagesField(label=_("Title"))
    body = LanguagesField(label=_("Text"), long=True)

    class Meta:
        model = Announcement
        fields = (
            "agency",
            "code",
            "title",
            "body",
            "directorate",
            "centre",
            "published_from",
            "published_until",
            "important",
        )
        help_texts = {
            "code": _("Short and unique, in Latin letters; never shown."),
            "directorate": _("Empty: for everybody."),
            "centre": _("Empty: for every centre."),
            "published_until": _("Empty: until it is taken away."),
        }

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        for name in ("published_from", "published_until"):
            _name_the_parts(self.fields[name])

    def clean(self) -> dict[str, Any]:
        """Refuse an end that is not after the beginning."""
        cleaned = super().clean() or self.cleaned_data
        start, end = cleaned.get("published_from"), cleaned.get("published_until")
        if start and end and end <= start:
            self.add_error("published_until", _("The end must be after the beginning."))
        return cleaned


def _name_the_parts(field: forms.Field) -> None:
    """Django leaves the boxes for day and time without a label of their own."""
    if isinstance(field.widget, forms.MultiWidget):
        for box, part in zip(field.widget.widgets, (_("Day"), _("Time")), strict=True):
            box.attrs["aria-label"] = f"{field.label} – {part}"


class ContactForm(_ContactForm):
    """Label and hours per language."""

    label = LanguagesField(label=_("Label"))
    hours = LanguagesField(label=_("Hours"), required=False)

    class Meta:
        model = ContactChannel
        fields = ("agency", "code", "kind", "label", "value", "hours", "order")


@admin.register(Announcement)
class AnnouncementAdmin(_AnnouncementAdmin):
    """Writes through `content.actions`, so that every change has its history row."""

    form = AnnouncementForm
    list_display = ("shown_title", "published_from", "published_until", "important")
    list_filter = ("important", "directorate", "centre")
    search_fields = ("code", "title", "body")
    date_hierarchy = "published_from"

    @admin.display(description=_("Title"))
    def shown_title(self, row: Announcement) -> str:
        """The title in the reader's language."""
        return localised(row.title, get_language() or "ar")

    def get_changeform_initial_data(self, request: HttpRequest) -> dict[str, Any]:
        """The only agency, and publishing at once."""
        return {"agency": Agency.objects.first(), "published_from": clock.now()}

    def save_model(self, request: HttpRequest, obj: Announcement, form: Any, change: bool) -> None:
        """One action."""
        actions.save_announcement(announcement=obj, actor=_actor(request), now=clock.now())

    def delete_model(self, request: HttpRequest, obj: Announcement) -> None:
        """One action."""
        actions.delete_announcement(announcement=obj, actor=_actor(request), now=clock.now())

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[Announcement]) -> None:
        """One action each."""
        for row in queryset:
            self.delete_model(request, row)


@admin.register(ContactChannel)
class ContactChannelAdmin(_ContactAdmin):
    """Writes through `content.actions`, so that every change has its history row."""

    form = ContactForm
    list_display = ("shown_label", "kind", "value", "order")
    list_filter = ("kind",)
    search_fields = ("code", "label", "value")

    @admin.display(description=_("Label"))
    def shown_label(self, row: ContactChannel) -> str:
        """The label in the reader's language."""
        return localised(row.label, get_language() or "ar")

    def get_changeform_initial_data(self, request: HttpRequest) -> dict[str, Any]:
        """The only agency."""
        return {"agency": Agency.objects.first()}

    def save_model(
        self, request: HttpRequest, obj: ContactChannel, form: Any, change: bool
    ) -> None:
        """One action."""
        actions.save_contact(contact=obj, actor=_actor(request), now=clock.now())

    def delete_model(self, request: HttpRequest, obj: ContactChannel) -> None:
        """One action."""
        actions.delete_contact(contact=obj, actor=_actor(request), now=clock.now())

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[ContactChannel]) -> None:
        """One action each."""
        for row in queryset:
            self.delete_model(request, row)


def _actor(request: HttpRequest) -> Actor:
    return staff_actor(cast("Staff", request.user))
