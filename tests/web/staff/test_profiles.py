"""A supervisor makes a profile in plain words, gives it to a counter, and reads why."""

from __future__ import annotations

from mawaeed.centres.models import Counter, Offering
from mawaeed.hall import actions as hall
from mawaeed.hall.models import CounterProfile, Profile
from mawaeed.kernel.actor import Actor
from staff_desk import Desk

PAGE = "/profiles/dana/"
FILLED = {
    "key": "made",
    "name_ar": "الجوازات",
    "name_en": "Passports",
    "services": ["passport"],
    "first_count": "2",
    "first_what": "class:appointment",
    "then_count": "1",
    "then_what": "class:walk_in",
    "oldest_first": "40",
}
CONDITIONS = [
    {"kind": "only", "services": ["passport"]},
    {
        "kind": "ratio",
        "first": {"count": 2, "classes": ["appointment"]},
        "then": {"count": 1, "classes": ["walk_in"]},
    },
    {"kind": "oldest_first", "minutes": 40},
]


def test_a_profile_is_made_given_changed_and_taken_back(desk: Desk) -> None:
    boss = desk.client("supervisor")
    counter = Counter.objects.select_related("centre").get(centre=desk.world.dana, number=1)
    hall.open_counter(counter=counter, staff=desk.staff["clerk"], now=desk.at)
    offering = Offering.objects.select_related("centre", "pool", "group").get(
        centre=desk.world.dana, service__code="passport"
    )
    hall.issue_walk_in(offering=offering, actor=Actor("kiosk", 1), now=desk.at, language="ar")
    for _ in range(2):  # a second press of the same form makes no second profile
        assert boss.post(f"{PAGE}new/", FILLED).status_code == 302
    made = Profile.objects.get()
    assert (made.name["en"], made.conditions) == ("Passports", CONDITIONS)
    boss.post(f"{PAGE}assign/", {"counter": "1", "profile": str(made.pk), "key": "a"})
    assert CounterProfile.objects.get().counter == counter
    page = boss.get(PAGE).content.decode()
    assert "Only: Passport." in page
    assert "A001 is next: a visitor without appointment, due now." in page
    form = boss.get(f"{PAGE}{made.pk}/").content.decode()
    assert 'value="passport" checked' in form
    assert '<option value="class:walk_in" selected>' in form.split('name="then_what"')[1]
    boss.post(f"{PAGE}{made.pk}/", FILLED | {"oldest_first": "", "key": "c"})
    assert Profile.objects.get().conditions == CONDITIONS[:2]
    boss.post(f"{PAGE}{made.pk}/", {"remove": "1", "key": "r"})
    assert (Profile.objects.get().active, CounterProfile.objects.exists()) == (False, False)


def test_a_half_answered_or_senseless_ratio_is_refused_and_kept(desk: Desk) -> None:
    boss = desk.client("supervisor")
    answer = boss.post(f"{PAGE}new/", FILLED | {"then_count": ""})
    assert (answer.status_code, Profile.objects.count()) == (422, 0)
    assert "A ratio needs all four answers, or none." in answer.content.decode()
    answer = boss.post(f"{PAGE}new/", FILLED | {"then_what": "service:passport"})
    assert (answer.status_code, Profile.objects.count()) == (422, 0)
    assert "must be different visitors" in answer.content.decode()
    assert 'value="Passports"' in answer.content.decode()


def test_another_centres_profile_is_not_found(desk: Desk) -> None:
    desk.client("supervisor").post(f"{PAGE}new/", FILLED)
    made = Profile.objects.get()
    elsewhere = desk.client("elsewhere")
    assert elsewhere.get(f"/profiles/muharraq/{made.pk}/").status_code == 404
    elsewhere.post(
        "/profiles/muharraq/assign/", {"counter": "1", "profile": str(made.pk), "key": "a"}
    )
    assert not CounterProfile.objects.exists()
