from __future__ import annotations

import logging
from datetime import date, datetime, timedelta

import pytest
from pytest_django import Settings

from mawaeed.kernel import clock
from mawaeed.kernel.actor import SYSTEM
from mawaeed.kernel.errors import DomainError, Malformed
from mawaeed.kernel.models import History, OutboxEvent
from mawaeed.kernel.secrets import keyed_hash, unseal
from mawaeed.people import actions
from mawaeed.people.actions import SignedIn, request_sign_in, verify_sign_in
from mawaeed.people.errors import TooMany, UnderAge, WrongCode
from mawaeed.people.models import Beneficiary, Person, SignIn, SignInCode
from mawaeed.people.queries import person_by_number, person_of_token
from small_world import NOW

pytestmark = pytest.mark.django_db

NUMBER, BORN, MOBILE = "900100000", "1990-01-15", "36001234"
REAL = datetime(2026, 11, 22, 5, 0, tzinfo=NOW.tzinfo)


class RealTime:
    """The true time, set by the test."""

    def __init__(self) -> None:
        self.now = REAL

    def __call__(self) -> datetime:
        return self.now

    def pass_by(self, **delta: float) -> None:
        self.now += timedelta(**delta)


@pytest.fixture(autouse=True)
def real(monkeypatch: pytest.MonkeyPatch) -> RealTime:
    time = RealTime()
    monkeypatch.setattr(clock, "real_now", time)
    return time


def ask(
    number: str = NUMBER,
    born: str | date = BORN,
    mobile: str = MOBILE,
    *,
    address: str | None = None,
    now: datetime = NOW,
) -> None:
    request_sign_in(
        personal_number=number,
        date_of_birth=born,
        mobile=mobile,
        language="en",
        address=address,
        now=now,
    )


def last_event() -> OutboxEvent:
    return OutboxEvent.objects.latest("pk")


def code_sent() -> str:
    event = last_event()
    assert event.kind == "sign_in_code_issued"
    return unseal(event.payload["code_sealed"])


def other_than(code: str) -> str:
    return f"{(int(code) + 1) % 1_000_000:06d}"


def verify(code: str, number: str = NUMBER) -> SignedIn:
    return verify_sign_in(personal_number=number, code=code, now=NOW)


def sign_in(number: str = NUMBER, born: str = BORN, mobile: str = MOBILE) -> SignedIn:
    ask(number, born, mobile)
    return verify(code_sent(), number)


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


@pytest.mark.parametrize(("seconds", "passes"), [(0, False), (59.5, False), (60, True), (61, True)])
def test_request_within_the_minute_is_too_many(
    real: RealTime, seconds: float, passes: bool
) -> None:
    ask()
    real.pass_by(seconds=seconds)
    if passes:
        ask()
        return
    with pytest.raises(TooMany) as refusal:
        ask()
    assert refusal.value.data == {"retry_after": max(1, -int(-(60 - seconds) // 1))}
    assert "%" not in refusal.value.text()


def test_request_within_the_minute_tells_nothing_about_accounts(real: RealTime) -> None:
    refusals = []
    sign_in()
    real.pass_by(minutes=2)
    for number in (NUMBER, "851200000"):
        ask(number)
        with pytest.raises(TooMany) as refusal:
            ask(number)
        refusals.append((refusal.value.data, refusal.value.text()))
    assert refusals[0] == refusals[1]


def test_request_address_limit_counts_one_hour(real: RealTime, settings: Settings) -> None:
    numbers = [f"{70 + year}{month:02d}00000" for year in range(2) for month in range(1, 12)]
    for number in numbers[:20]:
        ask(number, address="192.0.2.7")
        real.pass_by(seconds=1)
    with pytest.raises(TooMany) as refusal:
        ask(numbers[20], address="192.0.2.7")
    assert refusal.value.data == {"retry_after": 3600 - 20}
    ask(numbers[20], address="192.0.2.8")
    settings.DEMO = True
    ask(numbers[21], address="192.0.2.7")
    settings.DEMO = False
    real.pass_by(hours=1)
    ask("851200000", address="192.0.2.7")


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


def test_token_idles_out_after_thirty_minutes(real: RealTime) -> None:
    token = sign_in().token
    assert person_of_token(token, REAL + timedelta(minutes=29, seconds=59)) is not None
    assert person_of_token(token, REAL + timedelta(minutes=59)) is not None
    assert person_of_token(token, REAL + timedelta(minutes=89)) is None
    assert person_of_token("another", REAL) is None


def test_token_ends_after_twelve_hours() -> None:
    token = sign_in().token
    for minutes in range(20, 12 * 60, 20):
        assert person_of_token(token, REAL + timedelta(minutes=minutes)) is not None
    assert person_of_token(token, REAL + timedelta(hours=12)) is None


def test_token_slides_at_most_once_a_minute() -> None:
    token = sign_in().token
    person_of_token(token, REAL + timedelta(seconds=59))
    assert SignIn.objects.get().last_used_at == REAL
    person_of_token(token, REAL + timedelta(seconds=60))
    assert SignIn.objects.get().last_used_at == REAL + timedelta(seconds=60)


def test_sign_out_ends_this_sign_in_only(real: RealTime) -> None:
    first = sign_in()
    real.pass_by(minutes=2)
    second = sign_in()
    actions.sign_out(token=first.token, now=NOW)
    actions.sign_out(token=first.token, now=NOW)
    assert person_of_token(first.token, real.now) is None
    assert person_of_token(second.token, real.now) == second.person


def test_forget_ended_sign_ins_keeps_what_is_in_force(real: RealTime) -> None:
    first = sign_in()
    real.pass_by(minutes=31)
    second = sign_in()
    assert actions.forget_ended_sign_ins() == 1
    assert [row.person for row in SignIn.objects.all()] == [second.person]
    assert person_of_token(first.token, real.now) is None
    real.pass_by(hours=25)
    assert actions.forget_ended_sign_ins() == 3
    assert not SignInCode.objects.exists()


def test_code_under_way_is_void_after_mobile_reset(real: RealTime) -> None:
    person = sign_in().person
    real.pass_by(minutes=2)
    ask()
    code = code_sent()
    actions.reset_mobile(actor=SYSTEM, person=person, mobile="36004321", now=NOW)
    with pytest.raises(WrongCode):
        verify(code)
    assert not SignIn.objects.exists()


def test_a_number_gets_so_many_codes_a_day_even_in_a_demonstration(
    real: RealTime, settings: Settings
) -> None:
    settings.DEMO = True
    for _ in range(10):
        ask()
        real.pass_by(minutes=61)
    with pytest.raises(TooMany) as refused:
        ask()
    assert refused.value.data["retry_after"] == (24 * 60 - 610) * 60
    ask(number="851200000")
    real.pass_by(minutes=24 * 60 - 610)
    ask()
