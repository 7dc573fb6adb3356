from dataclasses import replace
from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from mawaeed.booking.waiting.freed_rules import Fate, FreedSettings, cooled_until, fate_of_freed
from small_world import NOW

DAY = timedelta(hours=24)
OFF = FreedSettings(
    never_within=DAY,
    cool_down=timedelta(0),
    list_first=False,
    offer=timedelta(minutes=30),
)
ahead = st.integers(0, 7 * 24 * 60).map(lambda minutes: timedelta(minutes=minutes))
options = st.builds(
    FreedSettings,
    never_within=st.just(DAY),
    cool_down=st.integers(0, 600).map(lambda minutes: timedelta(minutes=minutes)),
    list_first=st.booleans(),
    offer=st.integers(1, 120).map(lambda minutes: timedelta(minutes=minutes)),
)


@given(ahead)
def test_by_default_a_place_is_public_at_once(before: timedelta) -> None:
    assert fate_of_freed(NOW + before, NOW, OFF) is Fate.PUBLIC


@given(options, ahead)
def test_no_option_reaches_into_the_day_before(settings: FreedSettings, before: timedelta) -> None:
    starts_at = NOW + before
    fate = fate_of_freed(starts_at, NOW, settings)
    if before <= DAY:
        assert fate is Fate.PUBLIC
    if fate is Fate.LIST:
        assert NOW + settings.offer <= starts_at - DAY
    if fate is Fate.COOL:
        assert settings.cool_down > timedelta(0)


def test_the_list_goes_before_the_cool_down() -> None:
    both = replace(OFF, cool_down=timedelta(hours=1), list_first=True)
    assert fate_of_freed(NOW + 2 * DAY, NOW, both) is Fate.LIST
    # No time for a whole offer is left: nobody is asked in haste, and nothing rests instead.
    assert fate_of_freed(NOW + DAY + timedelta(minutes=29), NOW, both) is Fate.PUBLIC
    assert fate_of_freed(NOW + DAY + timedelta(minutes=30), NOW, both) is Fate.LIST


@given(
    st.integers(1, 600),
    st.floats(0, 1, exclude_max=True),
    st.integers(1, 7 * 24 * 60),
)
def test_a_rest_is_drawn_between_half_and_the_whole(minutes: int, drawn: float, left: int) -> None:
    settings = replace(OFF, cool_down=timedelta(minutes=minutes))
    starts_at = NOW + DAY + timedelta(minutes=left)
    until = cooled_until(starts_at, NOW, settings, drawn)
    assert until <= NOW + settings.cool_down
    assert until <= starts_at - DAY
    assert until == starts_at - DAY or until >= NOW + settings.cool_down / 2


def test_the_draw_decides_how_long() -> None:
    settings = replace(OFF, cool_down=timedelta(minutes=60))
    rests = [cooled_until(NOW + 3 * DAY, NOW, settings, drawn) - NOW for drawn in (0, 0.5)]
    assert rests == [timedelta(minutes=30), timedelta(minutes=45)]
