"""Words that point back at what was shown."""

from __future__ import annotations

import pytest

from app.tools.pointing import names_person, pointing_in, points_at_one

NOUNS = ("meeting", "meetings", "event", "events")
SHOWN = ("a", "b", "c", "d")


def meant(text: str, shown: tuple[str, ...] = SHOWN) -> str | None:
    pointing = pointing_in(text, NOUNS)
    return None if pointing is None else "".join(pointing.among(shown))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("it", "abcd"),
        ("that one", "abcd"),
        ("This event", "abcd"),
        ("the same meeting", "abcd"),
        ("them", "abcd"),
        ("all of them", "abcd"),
        ("those", "abcd"),
        ("these meetings", "abcd"),
        ("all four of them", "abcd"),
        ("the first one", "a"),
        ("the second", "b"),
        ("the second one please", "b"),
        ("the 3rd one", "c"),
        ("third of those", "c"),
        ("the last one", "d"),
        ("the first two", "ab"),
        ("the last three of them", "bcd"),
        ("number 2", "b"),
        ("option two", "b"),
        ("the second meeting", "b"),
        ("the seventh one", ""),
        ("the first and the last one", "ad"),
        ("the second and third", "bc"),
        ("first, second and fourth ones", "abd"),
        ("the first two and the last", "abd"),
        ("number 1 and 3", "ac"),
        ("the last and the fourth one", "d"),
        ("the first and the seventh one", ""),
    ],
)
def test_words_choose_among_what_was_shown(text: str, expected: str) -> None:
    assert meant(text) == expected


@pytest.mark.parametrize(
    "text",
    [
        "the dentist", "my first meeting", "my meeting", "all meetings", "everything", "one on one",
        "that lunch", "the second one on Friday", "the next one", "first aid", "all my meetings",
        "the third two", "number x", "", "the", "the first and the dentist", "one and two",
    ],
)  # fmt: skip
def test_words_that_name_something_do_not_point(text: str) -> None:
    assert pointing_in(text, NOUNS) is None


def test_both_and_a_number_must_fit_what_was_shown() -> None:
    assert meant("both of them", ("a", "b")) == "ab"
    assert meant("both of them") == ""
    assert meant("those two") == ""
    assert meant("the last five") == "abcd"


def test_only_words_for_a_set_speak_of_many() -> None:
    assert [
        pointing.many
        for text in ("it", "the second one", "them", "the first two", "both")
        if (pointing := pointing_in(text, NOUNS))
    ] == [False, False, True, True, True]


def test_words_that_may_name_something_never_shown_are_loose() -> None:
    assert [
        pointing.loose
        for text in ("the meeting", "the second meeting", "the second one", "that meeting", "it")
        if (pointing := pointing_in(text, NOUNS))
    ] == [True, True, False, False, False]


def test_some_words_are_about_what_was_shown_without_pointing_at_it() -> None:
    about = ("the one with Bob", "those on Friday", "that one at 3", "the ones on Monday")
    assert all(map(points_at_one, about))
    assert not any(map(points_at_one, ("the dentist", "one dentist", "everything")))


def test_pronouns_for_people() -> None:
    assert all(map(names_person, ("her", "him", "Them", "both of them", "with her")))
    assert not any(map(names_person, ("Anna", "her mother", "it", "me", "")))
