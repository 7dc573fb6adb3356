"""What is published when and where; what staff write is complete and leaves a trace."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.contrib.admin.sites import site
from django.test import RequestFactory

from mawaeed.content.actions import delete_announcement, save_announcement, save_contact
from mawaeed.content.admin import AnnouncementForm, ContactForm
from mawaeed.content.errors import TextMissing
from mawaeed.content.models import Announcement, ContactChannel
from mawaeed.content.queries import contact_channels, published_announcements
from mawaeed.kernel.actor import Actor
from mawaeed.kernel.models import History
from mawaeed.people.models import Staff
from small_world import NOW, World, both, make_world

STAFF = Actor("staff", 5)
pytestmark = pytest.mark.django_db


@pytest.fixture
def world() -> World:
    return make_world()


def announce(world: World, code: str, **changes: Any) -> Announcement:
    given = {
        "agency": world.agency,
        "code": code,
        "title": both(code),
        "body": both("text"),
        "published_from": NOW,
        **changes,
    }
    return save_announcement(announcement=Announcement(**given), actor=STAFF, now=NOW)


def codes(*arguments: Any) -> list[str]:
    return [row.code for row in published_announcements(*arguments)]


def test_announcements_are_published_from_until_important_first(world: World) -> None:
    hour = timedelta(hours=1)
    announce(world, "older", published_from=NOW - hour)
    announce(world, "now")
    announce(world, "later", published_from=NOW + hour)
    announce(world, "over", published_from=NOW - hour, published_until=NOW)
    announce(world, "important", published_from=NOW - 2 * hour, important=True)
    assert codes(NOW) == ["important", "now", "older"]
    assert codes(NOW - hour) == ["important", "over", "older"]


def test_announcements_for_a_centre_leave_out_those_of_others(world: World) -> None:
    announce(world, "everybody")
    announce(world, "directorate", directorate=world.directorate)
    announce(world, "dana", centre=world.dana)
    announce(world, "muharraq", centre=world.muharraq)
    assert codes(NOW, world.dana) == ["dana", "directorate", "everybody"]


def test_contact_channels_come_in_their_order(world: World) -> None:
    for order, code in ((2, "second"), (1, "first")):
        contact = ContactChannel(
            agency=world.agency,
            code=code,
            kind="phone",
            label=both(code),
            value="80008001",
            order=order,
        )
        save_contact(contact=contact, actor=STAFF, now=NOW)
    assert [row.code for row in contact_channels()] == ["first", "second"]


def test_every_change_leaves_one_history_row_with_the_fields(world: World) -> None:
    row = announce(world, "news")
    save_announcement(announcement=row, actor=STAFF, now=NOW)  # nothing changed
    row.important = True
    save_announcement(announcement=row, actor=STAFF, now=NOW)
    delete_announcement(announcement=row, actor=STAFF, now=NOW)
    rows = History.objects.filter(subject_kind="announcement").order_by("pk")
    assert list(rows.values_list("from_state", "to_state", "actor_id", "details")) == [
        ("", "created", 5, {"code": "news"}),
        ("kept", "changed", 5, {"code": "news", "fields": ["important"]}),
        ("kept", "deleted", 5, {"code": "news"}),
    ]


def test_a_text_without_arabic_or_english_is_refused(world: World) -> None:
    with pytest.raises(TextMissing):
        announce(world, "half", title={"ar": "نصف"})
    assert not Announcement.objects.exists()


def test_the_form_has_a_box_per_language_and_stores_them_together(world: World) -> None:
    posted = {
        "agency": str(world.agency.pk),
        "code": "news",
        "title_ar": "عنوان",
        "title_en": " Title ",
        "body_ar": "نص",
        "body_en": "Text",
        "published_from": "2026-11-22 08:00",
    }
    form = AnnouncementForm(posted)
    assert form.errors == {}
    assert form.cleaned_data["title"] == {"ar": "عنوان", "en": "Title"}
    markup = str(form["title"])
    assert 'lang="ar"' in markup
    assert 'dir="rtl"' in markup
    assert "English" in markup


def test_the_administration_site_writes_through_the_action(world: World) -> None:
    staff = Staff.objects.create(username="clerk", is_staff=True)
    request = RequestFactory().post("/")
    request.user = staff
    row = Announcement(
        agency=world.agency, code="news", title=both("a"), body=both("b"), published_from=NOW
    )
    model_admin = site.get_model_admin(Announcement)
    model_admin.save_model(request, row, None, change=False)
    model_admin.delete_queryset(request, Announcement.objects.all())
    rows = History.objects.filter(subject_kind="announcement").order_by("pk")
    assert list(rows.values_list("to_state", "actor_kind", "actor_id")) == [
        ("created", "staff", staff.pk),
        ("deleted", "staff", staff.pk),
    ]


def test_the_form_refuses_half_a_translation_and_an_end_before_the_beginning(
    world: World,
) -> None:
    posted = {
        "agency": str(world.agency.pk),
        "code": "news",
        "title_ar": "عنوان",
        "body_ar": "نص",
        "body_en": "Text",
        "published_from": "2026-11-22 08:00",
        "published_until": "2026-11-22 08:00",
    }
    assert set(AnnouncementForm(posted).errors) == {"title", "published_until"}


def test_the_contact_form_takes_no_hours_or_hours_in_both_languages(world: World) -> None:
    posted = {
        "agency": str(world.agency.pk),
        "code": "phone",
        "kind": "phone",
        "label_ar": "هاتف",
        "label_en": "Phone",
        "value": "80008001",
        "order": "0",
    }
    assert ContactForm(posted).errors == {}
    assert set(ContactForm({**posted, "hours_en": "Always"}).errors) == {"hours"}
