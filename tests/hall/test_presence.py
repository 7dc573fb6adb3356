"""The code on the wall: this centre's, this minute's or the last one's, and nobody else's."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from hall_day import KIOSK, booked
from mawaeed.centres.models import Centre
from mawaeed.hall import actions
from mawaeed.hall.errors import PhoneCheckInOff, ProofRequired, TooEarly, TooLate
from mawaeed.hall.models import Ticket
from mawaeed.hall.presence import (
    is_wall_code,
    seconds_left,
    wall_code,
)
from mawaeed.kernel.models import PolicyValue
from mawaeed.kernel.policies import forget_policies
from small_world import NOW, World, local, make_world

MINUTE = timedelta(minutes=1)
AT = datetime(2026, 11, 22, 5, 0, 59, tzinfo=UTC)


def test_a_code_is_good_for_its_minute_and_the_next() -> None:
    dana, muharraq = Centre(pk=1, code="dana"), Centre(pk=2, code="muharraq")
    code = wall_code(dana, AT)
    assert is_wall_code(dana, code, AT)
    assert is_wall_code(dana, code, AT + MINUTE)
    assert not is_wall_code(dana, code, AT + 2 * MINUTE)
    assert not is_wall_code(dana, code, AT - MINUTE)
    assert not is_wall_code(muharraq, code, AT)
    assert not is_wall_code(dana, "", AT)
    assert not is_wall_code(dana, code[:-1], AT)
    assert wall_code(dana, AT + timedelta(seconds=1)) != code
    assert (seconds_left(AT), seconds_left(AT + timedelta(seconds=1))) == (1, 60)
    assert len(code) == 20


def setting(key: str, value: object) -> None:
    PolicyValue.objects.update_or_create(key=key, effective_from=NOW, defaults={"value": value})
    forget_policies()


@pytest.fixture
def world(db: None) -> World:
    return make_world(places=1, days=2)


def test_the_phone_keeps_to_the_window_and_to_the_settings(world: World) -> None:
    appointment = booked(local(10))

    def by_phone(at: datetime, *, proven: bool = False) -> Ticket:
        return actions.check_in_by_phone(
            appointment=appointment, actor=KIOSK, now=at, proven=proven
        )

    with pytest.raises(TooEarly):
        by_phone(local(9, 29))
    with pytest.raises(TooLate):
        by_phone(local(10, 15))
    setting("presence.proof_required", True)
    with pytest.raises(ProofRequired):
        by_phone(local(9, 30))
    setting("presence.phone_check_in", False)
    with pytest.raises(PhoneCheckInOff):
        by_phone(local(9, 30), proven=True)
    assert not Ticket.objects.exists()
    setting("presence.phone_check_in", True)
    first = by_phone(local(9, 30), proven=True)
    assert by_phone(local(9, 31), proven=True) == first
