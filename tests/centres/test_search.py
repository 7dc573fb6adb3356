import pytest
from hypothesis import given
from hypothesis import strategies as st

from mawaeed.centres.search import fold, search_words


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("شؤون", "شئون"),
        ("إصدار", "اصدار"),
        ("آلية", "اليه"),
        ("مدينة عيسى", "مدينه عيسي"),
        ("رُخصةُ السِّياقة", "رخصه السياقه"),
        ("جـــواز", "جواز"),
        ("رقم ١٢٣", "رقم 123"),
        ("۴۵", "45"),
        ("Passport", "PASSPORT"),
        ("\u200fمواعيد\u200e", "مواعيد"),
        ("الجنسية، والجوازات", "الجنسيه والجوازات"),
    ],
)
def test_fold_spellings_of_one_word_are_equal(one: str, other: str) -> None:
    assert fold(one) == fold(other)


def test_fold_different_letters_stay_apart() -> None:
    assert fold("جواز") != fold("جوار")
    assert fold("تأشيرة") == "تاشيره"


@given(st.text())
def test_fold_twice_changes_nothing(text: str) -> None:
    assert fold(fold(text)) == fold(text)


def test_search_words_article_is_dropped_from_long_words() -> None:
    assert search_words("الجوازات  الجوازات الى") == ["جوازات", "الي"]
