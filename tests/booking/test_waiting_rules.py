from datetime import datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from mawaeed.booking.waiting.rules import Wish, may_tell, suits
from small_world import NOW, TODAY, local

HERE, THERE = 1, 2
DAY = timedelta(days=1)


def at(day: int, hour: int) -> dict[str, object]:
    return {"day": TODAY + day * DAY, "starts_at": local(hour, days=day)}


def test_a_place_suits_by_centre_dates_and_what_is_held() -> None:
    anything = Wish(None, TODAY, TODAY + 3 * DAY)
    assert suits(anything, centre_id=THERE, **at(0, 9))  # type: ignore[arg-type]
    assert suits(anything, centre_id=HERE, **at(3, 9))  # type: ignore[arg-type]
    assert not suits(anything, centre_id=HERE, **at(4, 9))  # type: ignore[arg-type]
    here = Wish(HERE, TODAY + DAY, TODAY + 3 * DAY)
    assert not suits(here, centre_id=THERE, **at(1, 9))  # type: ignore[arg-type]
    assert not suits(here, centre_id=HERE, **at(0, 9))  # type: ignore[arg-type]
    earlier = Wish(None, TODAY, TODAY + 3 * DAY, earlier_than=local(10, days=2))
    assert suits(earlier, centre_id=HERE, **at(2, 9))  # type: ignore[arg-type]
    assert not suits(earlier, centre_id=HERE, **at(2, 10))  # type: ignore[arg-type]


@given(
    st.lists(st.integers(0, 10 * 24 * 60), min_size=1, max_size=60),
    st.integers(0, 4),
    st.integers(0, 6),
)
def test_nobody_gets_more_messages_than_the_budget(
    minutes: list[int], per_day: int, in_all: int
) -> None:
    sent: list[datetime] = []
    for minute in sorted(minutes):
        moment = NOW + timedelta(minutes=minute)
        last = sent[-1] if sent else None
        if may_tell(messages=len(sent), last_at=last, now=moment, per_day=per_day, in_all=in_all):
            sent.append(moment)
    assert len(sent) <= in_all
    for begin in sent:
        assert sum(begin <= each < begin + DAY for each in sent) <= per_day


def test_the_next_message_comes_a_day_later() -> None:
    def asked(hours: int, messages: int = 1) -> bool:
        later = NOW + timedelta(hours=hours)
        return may_tell(messages=messages, last_at=NOW, now=later, per_day=1, in_all=3)

    assert [asked(23), asked(24), asked(24, messages=3)] == [False, True, False]
