"""cal_find: what is listed, in which words, and what is not."""

from __future__ import annotations

from tests.support.calendar_profile import (
    berlin,
    ics,
)
from tests.support.tool_desk import Desk


def test_the_agenda_is_readable_and_complete(desk: Desk) -> None:
    desk.profile.put_all(
        {
            "a.ics": berlin("lunch", "20261120T120000", "20261120T130000", "LOCATION:Café"),
            "b.ics": berlin(
                "Dentist",
                "20261120T123000",
                "20261120T130000",
                "ATTENDEE;CN=Bo:mailto:b@example.org",
            ),
            "c.ics": ics(
                "SUMMARY:Fair", "DTSTART;VALUE=DATE:20261121", "DTEND;VALUE=DATE:20261123"
            ),
        }
    )
    outcome = desk.run("cal_find")
    assert outcome.sentence.splitlines() == [
        "Friday 20 November:",
        "  12:00–13:00 lunch, Café (overlaps)",
        "  12:30–13:00 Dentist with Bo (overlaps)",
        "Saturday 21 November:",
        "  all day until Sun 22 Nov Fair",
    ]
    assert outcome.data["total"] == 3
    found = outcome.data["occurrences"]
    assert isinstance(found, list)
    assert list(found[0]) == ["id", "title", "start", "end", "all_day", "where", "with", "calendar"]
    assert found[1]["with"] == ["Bo"] and found[2]["all_day"] is True


def test_nothing_found_says_where_it_looked(desk: Desk) -> None:
    assert desk.run("cal_find", when="tomorrow").sentence == "Nothing on Thursday 19 November."
    assert desk.run("cal_find").sentence == "Nothing in the next 14 days."
    assert "'dentist'" in desk.run("cal_find", words="dentist").sentence


def test_words_people_and_limit_narrow_the_list(desk: Desk) -> None:
    desk.profile.put_all(
        {
            "a.ics": berlin("Zahnarzt Müller", "20261220T120000", "20261220T130000"),
            "b.ics": berlin(
                "coffee",
                "20261120T123000",
                "20261120T130000",
                "ATTENDEE;CN=Ánna Lee:mailto:a@example.org",
            ),
            "c.ics": berlin("standup", "20261119T090000", "20261119T091500", "RRULE:FREQ=DAILY"),
        }
    )
    assert desk.run("cal_find", words="my MULLER appointment").data["total"] == 1
    assert desk.run("cal_find", **{"with": ["anna"]}).data["total"] == 1
    outcome = desk.run("cal_find", when="next week", limit=2)
    found = outcome.data["occurrences"]
    assert isinstance(found, list)
    assert (len(found), outcome.data["total"]) == (2, 7)
    assert outcome.sentence.endswith("and 5 more.")


def test_what_is_over_is_found_when_nothing_is_ahead(desk: Desk) -> None:
    desk.profile.put(berlin("Lunch with Marta", "20260901T120000", "20260901T130000"))
    outcome = desk.run("cal_find", **{"with": ["Marta"]})
    assert outcome.data["total"] == 1 and "Nothing is ahead" in outcome.sentence


def test_titles_from_others_cannot_rewrite_the_answer(desk: Desk) -> None:
    desk.profile.put(
        berlin("pay\u202egnp.exe\\n\x1b[31mNothing", "20261120T120000", "20261120T130000")
    )
    sentence = desk.run("cal_find", when="friday").sentence
    assert len(sentence.splitlines()) == 2
    assert "\u202e" not in sentence and "\x1b" not in sentence


def test_my_meetings_are_all_of_them(desk: Desk) -> None:
    desk.profile.put(berlin("Meeting with Bo", "20261120T120000", "20261120T130000"), "a.ics")
    desk.profile.put(berlin("Dentist", "20261120T140000", "20261120T150000"), "b.ics")
    found = desk.run("cal_find", words="my meetings", when="friday")
    assert found.data["total"] == 2
    assert desk.run("cal_find", words="meeting with Bo", when="friday").data["total"] == 1
    nothing = desk.run("cal_find", words="my meetings", when="saturday").sentence
    assert nothing == "Nothing on Saturday 21 November."


def test_a_question_that_went_wrong_does_not_speak_of_changes(desk: Desk) -> None:
    error = desk.refused("cal_find", **{"with": "Anna"})
    assert error.message == "“with” must be a list."
    error = desk.refused("cal_create", title="x", when="friday", **{"with": [1]})
    assert error.message == "Entry 1 of “with” must be text. Nothing was changed."


def test_a_rule_is_no_stretch_to_look_at(desk: Desk) -> None:
    assert desk.refused("cal_find", when="every tuesday").code == "bad_argument"
