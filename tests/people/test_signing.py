from __future__ import annotations

import logging
from datetime import date, datetime, timedelta

import pytest

from mawaeed.kernel.actor import SYSTEM
from mawaeed.kernel.errors import DomainError, Malformed
from mawaeed.kernel.models import History, OutboxEvent
from mawaeed.kernel.secrets import keyed_hash, unseal
from mawaeed.people import actions
from mawaeed.people.errors import UnderAge, WrongCode
from mawaeed.people.models import Beneficiary, Person, SignIn, SignInCode
from mawaeed.people.queries import person_by_number
from people.signing import (
    BORN,
    MOBILE,
    NUMBER,
    REAL,
    RealTime,
    ask,
    code_sent,
    last_event,
    other_than,
    sign_in,
    verify,
)
from small_world import NOW

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("real")]


def test_request_writes_one_code_hashed_and_one_event_sealed(real: RealTime) -> None:
    ask(address="192.0.2.7")
    code, row = code_sent(), SignInCode.objects.get()
    assert len(code) == 6
    assert code.isdigit()
    assert row.code_hash not in {code, keyed_hash(code)}
    assert row.expires_at == REAL + timedelta(minutes=5)
    assert row.tries_left == 5
    assert row.address_hash not in {"", "192.0.2.7"}
    event = last_event()
    assert set(event.payload) == {"code_sealed", "to_sealed", "language", "expires_at"}
    assert unseal(event.payload["to_sealed"]) == "+97336001234"
    for secret in (code, NUMBER, MOBILE):
        assert secret not in str(event.payload)


def test_verify_makes_an_unverified_account_and_a_sign_in() -> None:
    signed_in = sign_in()
    person = Person.objects.get()
    assert signed_in.person == person
    assert person.verification == "unverified"
    assert (person.mobile, person.birth_date, person.language) == (
        "+97336001234",
        date(1990, 1, 15),
        "en",
    )
    assert unseal(person.number_sealed) == NUMBER
    assert person.beneficiary == Beneficiary.objects.get()
    assert person_by_number("٩٠٠١٠٠٠٠٠") == person
    assert signed_in.expires_at == REAL + timedelta(hours=12)
    assert signed_in.token not in str(list(SignIn.objects.values()))
    changes = History.objects.filter(subject_kind="person", subject_id=person.pk)
    assert [(h.from_state, h.to_state) for h in changes] == [("", "unverified")]


def test_verify_accepts_arabic_digits_and_spaces() -> None:
    ask()
    code = code_sent().translate(str.maketrans("0123456789", "٠١٢٣٤٥٦٧٨٩"))
    assert verify(f" {code[:3]} {code[3:]} ").person == Person.objects.get()


def test_sign_in_again_finds_the_account(real: RealTime) -> None:
    first = sign_in()
    real.pass_by(minutes=2)
    again = sign_in(mobile="36009999")  # what is typed later does not matter
    assert again.person == first.person
    assert again.person.mobile == "+97336001234"
    assert Person.objects.count() == 1


def test_code_goes_to_the_mobile_on_record(real: RealTime) -> None:
    sign_in()
    real.pass_by(minutes=2)
    ask(mobile="36009999")
    assert unseal(last_event().payload["to_sealed"]) == "+97336001234"


def test_code_of_another_birth_date_is_withheld_with_the_same_rows(real: RealTime) -> None:
    sign_in()
    real.pass_by(minutes=2)
    codes, sent = SignInCode.objects.count(), OutboxEvent.objects.count()
    ask(born="1991-01-15", mobile="36009999")
    assert SignInCode.objects.count() == codes + 1
    assert OutboxEvent.objects.count() == sent + 1
    event = last_event()
    assert event.kind == "sign_in_code_withheld"
    assert unseal(event.payload["code_sealed"]) == ""
    for guess in ("", "000000"):
        with pytest.raises(WrongCode):
            verify(guess)


def test_withheld_code_never_hides_one_that_was_sent(real: RealTime) -> None:
    sign_in()
    real.pass_by(minutes=2)
    ask()
    code = code_sent()
    real.pass_by(seconds=61)
    ask(born="1991-01-15")
    assert verify(code).person == Person.objects.get()


def test_code_sent_before_somebody_else_registered_opens_nothing(real: RealTime) -> None:
    ask(mobile="36005555")
    early = code_sent()
    real.pass_by(seconds=61)
    sign_in()
    SignInCode.objects.filter(mobile="+97336005555").update(used_at=None)
    with pytest.raises(WrongCode):
        verify(early)
    assert SignIn.objects.count() == 1


@pytest.mark.parametrize(("seconds", "passes"), [(299, True), (300, False)])
def test_code_lives_five_minutes(real: RealTime, seconds: int, passes: bool) -> None:
    ask()
    code = code_sent()
    real.pass_by(seconds=seconds)
    if passes:
        assert verify(code).person == Person.objects.get()
    else:
        with pytest.raises(WrongCode):
            verify(code)


def test_code_is_void_after_five_tries() -> None:
    ask()
    code = code_sent()
    for _ in range(5):
        with pytest.raises(WrongCode):
            verify(other_than(code))
    assert SignInCode.objects.get().tries_left == 0
    with pytest.raises(WrongCode):
        verify(code)
    assert not Person.objects.exists()


def test_code_right_at_the_fifth_try_opens() -> None:
    ask()
    code = code_sent()
    for _ in range(4):
        with pytest.raises(WrongCode):
            verify(other_than(code))
    assert verify(code).person == Person.objects.get()


def test_code_is_used_once() -> None:
    ask()
    code = code_sent()
    verify(code)
    with pytest.raises(WrongCode):
        verify(code)
    assert SignIn.objects.count() == 1


def test_code_of_another_number_opens_nothing() -> None:
    ask()
    code = code_sent()
    ask("851200000")
    with pytest.raises(WrongCode):
        verify(code, "851200000")


def test_wrong_code_says_the_same_for_wrong_unknown_and_expired(real: RealTime) -> None:
    texts = set()
    ask()
    code = code_sent()
    for wait, tried, number in (
        (0, other_than(code), NUMBER),
        (0, code, "851200000"),
        (300, code, NUMBER),
    ):
        real.pass_by(seconds=wait)
        with pytest.raises(WrongCode) as refusal:
            verify(tried, number)
        texts.add((refusal.value.code, refusal.value.text(), str(refusal.value.data)))
    assert len(texts) == 1


@pytest.mark.parametrize(
    ("born", "moment", "refused"),
    [
        ("2009-11-22", NOW, False),
        ("2009-11-23", NOW, True),
        # 21:30 UTC on the 22nd is the 23rd in Bahrain
        ("2009-11-23", datetime(2026, 11, 22, 21, 30, tzinfo=NOW.tzinfo), False),
        ("2009-11-23", datetime(2026, 11, 22, 20, 30, tzinfo=NOW.tzinfo), True),
    ],
)
def test_request_under_age_on_the_bahrain_date(born: str, moment: datetime, refused: bool) -> None:
    if not refused:
        ask("091100000", born, now=moment)
        return
    with pytest.raises(UnderAge) as refusal:
        ask("091100000", born, now=moment)
    assert refusal.value.data == {"minimum": 17}
    assert not SignInCode.objects.exists()


@pytest.mark.parametrize(
    "changes",
    [
        {"number": "12345"},
        {"born": "1990-02-30"},
        {"born": "2030-01-01"},
        {"born": "1890-01-01"},
        {"mobile": "17000000"},
    ],
)
def test_request_malformed_is_refused(changes: dict[str, str]) -> None:
    with pytest.raises(Malformed):
        ask(**changes)  # type: ignore[arg-type]
    assert not SignInCode.objects.exists()


def test_refusals_and_logs_name_nobody(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG, logger="mawaeed")
    refusals: list[DomainError] = []
    ask()
    for call in (ask, lambda: verify("000000"), lambda: ask(mobile="17000000")):
        try:
            call()
        except DomainError as refusal:
            refusals.append(refusal)
    assert len(refusals) >= 2
    told = caplog.text + "".join(f"{one!r} {one.text()} {one.data}" for one in refusals)
    for secret in (NUMBER, MOBILE, "17000000", BORN):
        assert secret not in told


def test_code_under_way_is_void_after_mobile_reset(real: RealTime) -> None:
    person = sign_in().person
    real.pass_by(minutes=2)
    ask()
    code = code_sent()
    actions.reset_mobile(actor=SYSTEM, person=person, mobile="36004321", now=NOW)
    with pytest.raises(WrongCode):
        verify(code)
    assert not SignIn.objects.exists()
