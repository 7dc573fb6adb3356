"""Letting a relative book for oneself: to whom it says nothing, whom it reaches, how it ends."""

from __future__ import annotations

from datetime import timedelta

import pytest

from mawaeed.kernel.actor import Actor
from mawaeed.kernel.errors import Malformed, NotFound
from mawaeed.kernel.models import History, OutboxEvent
from mawaeed.people import actions, queries
from mawaeed.people.errors import TooManyConsents
from mawaeed.people.models import Consent, Person
from small_world import NOW

pytestmark = pytest.mark.django_db
DESK = Actor("staff", 7)
GRANTOR, HELPER, NOBODY = "900100000", "851200000", "770300000"


def account(number: str, mobile: str = "36001234") -> Person:
    return actions.register_on_phone(
        actor=DESK,
        personal_number=number,
        birth_date="1985-01-15",
        mobile=mobile,
        language="ar",
        now=NOW,
    )


def give(person: Person, number: str = HELPER, name: str = "Mother") -> Consent:
    return actions.give_consent(
        person=person,
        personal_number=number,
        name=name,
        actor=Actor("person", person.pk),
        now=NOW,
    )


def withdraw(person: Person, consent: Consent) -> Consent:
    return actions.withdraw_consent(
        person=person, consent_id=consent.pk, actor=Actor("person", person.pk), now=NOW
    )


def test_registering_on_the_phone_leaves_the_account_unverified() -> None:
    person = account(GRANTOR)
    assert person.verification == "unverified"
    row = History.objects.get(subject_kind="person", subject_id=person.pk)
    assert (row.to_state, row.actor_kind) == ("unverified", "staff")
    assert not OutboxEvent.objects.filter(kind="account_verified").exists()


def test_consent_lets_the_helper_book_until_it_is_taken_back() -> None:
    grantor, helper = account(GRANTOR), account(HELPER, "36001235")
    assert not queries.has_consent_of(helper, grantor.beneficiary)
    consent = give(grantor)
    assert queries.has_consent_of(helper, grantor.beneficiary)
    assert not queries.has_consent_of(grantor, helper.beneficiary)  # not the other way
    [received] = queries.consents_received_by(helper)
    assert received.grantor_name == "Mother"
    withdraw(grantor, consent)
    withdraw(grantor, consent)
    assert not queries.has_consent_of(helper, grantor.beneficiary)
    assert queries.consents_received_by(helper) == []
    rows = History.objects.filter(subject_kind="consent").order_by("pk")
    assert [(row.from_state, row.to_state) for row in rows] == [
        ("", "given"),
        ("given", "withdrawn"),
    ]


def test_the_answer_is_the_same_with_and_without_an_account() -> None:
    grantor = account(GRANTOR)
    account(HELPER, "36001235")
    answers = []
    for number in (HELPER, NOBODY):
        before = OutboxEvent.objects.count()
        consent = give(grantor, number)
        told = list(OutboxEvent.objects.order_by("pk")[before:].values_list("kind", "payload"))
        answers.append((told, consent.grantor_name, consent.given_at, consent.withdrawn_at))
    assert answers[0] == answers[1]
    assert len(queries.consents_given_by(grantor)) == 2


def test_an_account_opened_later_gains_nothing_until_consent_is_repeated() -> None:
    grantor = account(GRANTOR)
    first = give(grantor)
    late = account(HELPER, "36001235")
    assert not queries.has_consent_of(late, grantor.beneficiary)
    again = give(grantor)
    assert (again.pk, again.given_at) == (first.pk, first.given_at)
    assert queries.has_consent_of(late, grantor.beneficiary)
    assert OutboxEvent.objects.filter(kind="consent_given").count() == 2
    give(grantor)
    assert OutboxEvent.objects.filter(kind="consent_given").count() == 2


def test_a_grantor_whose_account_was_taken_over_lends_nothing_any_more() -> None:
    grantor, helper = account(GRANTOR), account(HELPER, "36001235")
    give(grantor)
    actions.take_over_account(
        actor=DESK, person=grantor, mobile="36001236", birth_date="1985-01-15", now=NOW
    )
    assert not queries.has_consent_of(helper, grantor.beneficiary)
    assert queries.consents_received_by(helper) == []


def test_consent_refuses_oneself_no_name_and_anothers_consent() -> None:
    grantor, helper = account(GRANTOR), account(HELPER, "36001235")
    with pytest.raises(Malformed):
        give(grantor, GRANTOR)
    with pytest.raises(Malformed):
        give(grantor, name="  ")
    consent = give(grantor)
    with pytest.raises(NotFound):
        withdraw(helper, consent)
    assert queries.has_consent_of(helper, grantor.beneficiary)


def test_the_limit_counts_those_taken_back_within_a_day() -> None:
    grantor = account(GRANTOR)
    numbers = [f"77030000{digit}" for digit in range(6)]
    for number in numbers[:5]:
        withdraw(grantor, give(grantor, number))
    with pytest.raises(TooManyConsents):
        give(grantor, numbers[5])
    actions.give_consent(
        person=grantor,
        personal_number=numbers[5],
        name="Mother",
        actor=DESK,
        now=NOW + timedelta(hours=25),
    )


def test_a_dependant_is_forgotten_by_the_guardian_alone() -> None:
    guardian, other = account(GRANTOR), account(HELPER, "36001235")
    child = actions.add_dependant(
        person=guardian, personal_number=NOBODY, name="Child", birth_date="2020-01-01", now=NOW
    )
    with pytest.raises(NotFound):
        actions.forget_dependant(person=other, dependant_id=child.pk)
    actions.forget_dependant(person=guardian, dependant_id=child.pk)
    assert queries.dependants_of(guardian) == []
