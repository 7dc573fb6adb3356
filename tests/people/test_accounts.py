from __future__ import annotations

from datetime import date

import pytest

from mawaeed.kernel.actor import Actor
from mawaeed.kernel.errors import Malformed, NotAllowed, NotFound, Stale
from mawaeed.kernel.models import History, OutboxEvent
from mawaeed.kernel.secrets import keyed_hash, unseal
from mawaeed.people import actions, queries
from mawaeed.people.errors import (
    AccountExists,
    AlreadyVerified,
    TooManyDependants,
    UnderAge,
)
from mawaeed.people.models import Beneficiary, Person, Role, SignIn, Staff
from small_world import NOW, World, make_person, make_staff, make_world

pytestmark = pytest.mark.django_db
DESK = Actor("staff", 7)


def give_sign_in(person: Person) -> None:
    SignIn.objects.create(
        token_hash="x" * 64, person=person, created_at=NOW, last_used_at=NOW, expires_at=NOW
    )


def history_of(person: Person) -> list[tuple[str, str, str]]:
    rows = History.objects.filter(subject_kind="person", subject_id=person.pk).order_by("pk")
    return [(row.from_state, row.to_state, row.reason) for row in rows]


def test_verify_card_marks_the_account_once() -> None:
    person = make_person()
    twin = Person.objects.get()
    actions.verify_card(actor=DESK, person=person, now=NOW, name="Demo Resident")
    assert Person.objects.get().verification == "card"
    assert history_of(person) == [("unverified", "card", "")]
    assert OutboxEvent.objects.get().kind == "account_verified"
    with pytest.raises(AlreadyVerified):
        actions.verify_card(actor=DESK, person=person, now=NOW)
    with pytest.raises(Stale):
        actions.verify_card(actor=DESK, person=twin, now=NOW)


def test_take_over_account_gives_the_number_to_the_card_holder() -> None:
    person = make_person()
    give_sign_in(person)
    holder = actions.take_over_account(
        actor=DESK, person=person, mobile="36007777", birth_date=date(1979, 5, 1), now=NOW
    )
    assert holder.pk != person.pk
    assert holder.beneficiary == person.beneficiary
    assert (holder.verification, holder.mobile) == ("card", "+97336007777")
    assert holder.beneficiary.birth_date == date(1979, 5, 1)
    assert Person.objects.get(pk=person.pk).superseded_at == NOW
    assert not SignIn.objects.exists()
    assert queries.account_of(person.number_hash) == holder
    assert history_of(person) == [("unverified", "superseded", "")]
    assert history_of(holder) == [("", "card", "took_over")]
    event = OutboxEvent.objects.get()
    assert (event.kind, event.subject_id) == ("account_taken_over", holder.pk)
    assert unseal(event.payload["to_sealed"]) == "+97336007777"
    assert "36007777" not in str(event.payload)


def test_take_over_account_refuses_verified_under_age_and_repeats() -> None:
    person, verified = make_person(), make_person(1)
    actions.verify_card(actor=DESK, person=verified, now=NOW)
    with pytest.raises(AlreadyVerified):
        actions.take_over_account(
            actor=DESK, person=verified, mobile="36007777", birth_date="1980-01-01", now=NOW
        )
    with pytest.raises(UnderAge):
        actions.take_over_account(
            actor=DESK, person=person, mobile="36007777", birth_date="2015-01-01", now=NOW
        )
    twin = Person.objects.get(pk=person.pk)
    actions.take_over_account(
        actor=DESK, person=person, mobile="36007777", birth_date="1980-01-01", now=NOW
    )
    with pytest.raises(Stale):
        actions.take_over_account(
            actor=DESK, person=twin, mobile="36007777", birth_date="1980-01-01", now=NOW
        )


def test_reset_mobile_ends_sign_ins_and_tells() -> None:
    person = make_person()
    give_sign_in(person)
    twin = Person.objects.get()
    actions.reset_mobile(actor=DESK, person=person, mobile="٣٦٠٠٧٧٧٧", now=NOW)
    assert Person.objects.get().mobile == "+97336007777"
    assert not SignIn.objects.exists()
    assert history_of(person) == [("unverified", "unverified", "mobile_reset")]
    event = OutboxEvent.objects.get()
    assert event.kind == "mobile_reset"
    assert unseal(event.payload["to_sealed"]) == "+97336007777"
    assert unseal(event.payload["former_sealed"]) == "+97336001234"
    with pytest.raises(Stale):
        actions.reset_mobile(actor=DESK, person=twin, mobile="36008888", now=NOW)


def register(number: str = "900100000", born: str = "1990-01-15") -> Person:
    return actions.register_at_desk(
        actor=DESK,
        personal_number=number,
        birth_date=born,
        mobile="36001234",
        language="ar",
        now=NOW,
        name=" Demo  Resident ",
    )


def test_register_at_desk_makes_a_verified_account_once() -> None:
    person = register()
    assert (person.verification, person.name) == ("card", "Demo Resident")
    with pytest.raises(AccountExists):
        register()
    with pytest.raises(UnderAge):
        register("091200000", "2009-12-01")
    assert Person.objects.count() == 1


def test_set_language_knows_the_languages() -> None:
    person = make_person()
    actions.set_language(person=person, language="en")
    assert Person.objects.get().language == "en"
    with pytest.raises(Malformed):
        actions.set_language(person=person, language="xx")


def add(person: Person, number: str, name: str = "Child") -> Beneficiary:
    return actions.add_dependant(
        person=person,
        personal_number=number,
        name=name,
        birth_date="2020-01-31",
        relation="child",
        now=NOW,
    ).beneficiary


def test_add_dependant_up_to_ten_and_a_repeat_is_the_first() -> None:
    person = register()
    numbers = [f"2{year}0100000" for year in range(10)]
    first = [add(person, number) for number in numbers]
    assert add(person, numbers[0]) == first[0]
    with pytest.raises(TooManyDependants):
        add(person, "200200000")
    assert not Beneficiary.objects.filter(number_hash=keyed_hash("200200000")).exists()
    assert [one.beneficiary for one in queries.dependants_of(person)] == first


def test_add_dependant_shows_nobody_else_s_name() -> None:
    owner = register("851200000")
    stranger = register()
    add(stranger, "851200000", "A guess")
    (dependant,) = queries.dependants_of(stranger)
    assert dependant.beneficiary == owner.beneficiary
    assert dependant.name == "A guess"
    owner.beneficiary.refresh_from_db()
    assert owner.beneficiary.name == "Demo Resident"


def test_add_dependant_refuses_oneself_and_nonsense() -> None:
    person = register()
    for number, name in (("900100000", "Me"), ("200100000", "  ")):
        with pytest.raises(Malformed):
            add(person, number, name)


@pytest.fixture
def world() -> World:
    return make_world(days=0)


def test_centre_for_staff_is_scoped(world: World) -> None:
    clerk = make_staff(world, "clerk", Role.CLERK, world.dana)
    assert queries.centre_for_staff(clerk, "dana", (Role.CLERK, Role.SUPERVISOR)) == world.dana
    assert queries.centre_for_staff(clerk, "dana") == world.dana
    with pytest.raises(NotAllowed):
        queries.centre_for_staff(clerk, "dana", (Role.SUPERVISOR,))
    for code in ("muharraq", "nowhere"):
        with pytest.raises(NotFound):
            queries.centre_for_staff(clerk, code, (Role.CLERK,))
    assert list(queries.centres_for_staff(clerk)) == [world.dana]
    assert queries.staff_has_role(clerk)
    assert queries.staff_has_role(clerk, (Role.CLERK,))
    assert not queries.staff_has_role(clerk, (Role.SUPERVISOR,))


def test_roles_at_two_centres_do_not_mix(world: World) -> None:
    staff = make_staff(world, "both", Role.CLERK, world.dana)
    staff.roles.create(role=Role.SUPERVISOR, agency=world.agency, centre=world.muharraq)
    with pytest.raises(NotAllowed):
        queries.centre_for_staff(staff, "dana", (Role.SUPERVISOR,))
    assert queries.centre_for_staff(staff, "muharraq", (Role.SUPERVISOR,)) == world.muharraq


def test_administrator_covers_the_agency_and_no_other(world: World) -> None:
    admin = make_staff(world, "admin", Role.ADMINISTRATOR)
    assert queries.centre_for_staff(admin, "muharraq", (Role.SUPERVISOR,)) == world.muharraq
    other = type(world.agency).objects.create(code="other", name={})
    world.muharraq.agency = other
    world.muharraq.save()
    with pytest.raises(NotFound):
        queries.centre_for_staff(admin, "muharraq", (Role.SUPERVISOR,))


def test_superuser_covers_everything_and_the_inactive_nothing(world: World) -> None:
    root = Staff.objects.create_superuser("root", password="a long enough secret")
    assert queries.centre_for_staff(root, "dana", (Role.CLERK,)) == world.dana
    clerk = make_staff(world, "clerk", Role.CLERK, world.dana)
    clerk.is_active = False
    assert not queries.staff_has_role(clerk)
    assert not queries.centres_for_staff(clerk).exists()
    with pytest.raises(NotFound):
        queries.centre_for_staff(clerk, "dana")


def test_staff_actor_is_written_into_history(world: World) -> None:
    clerk = make_staff(world, "clerk", Role.CLERK, world.dana)
    assert str(queries.staff_actor(clerk)) == f"staff:{clerk.pk}"
