"""cal_create: what a person says becomes one proposal, shown whole and written as said."""

from __future__ import annotations

from datetime import timedelta

import pytest

from app.core.errors import AmbiguousError, KnownError
from app.core.ports import Asked
from app.store.settings import Settings
from app.tools.calendar_tools import calendar_tools
from app.tools.registry import Registry
from tests.support.calendar_profile import (
    CLOCK,
    NOW,
    berlin,
    ics,
)
from tests.support.tool_desk import Desk


def test_lunch_on_friday_at_noon_becomes_one_file(desk: Desk) -> None:
    people: dict[str, object] = {"with": ["Anna"]}
    done, ids = desk.do("cal_create", title=" lunch with Anna ", when="Friday at noon", **people)
    assert done == "Added 'lunch with Anna' on Friday 20 November 2026, 12:00–13:00."
    (text,) = desk.profile.files().values()
    assert b"DTSTART;TZID=Europe/Berlin:20261120T120000" in text
    assert b"ATTENDEE;CN=Anna:" in text and b"ORGANIZER" not in text
    assert ids == ("c1",)
    assert desk.agenda("friday") == ["20 12:00 lunch with Anna"]


@pytest.mark.parametrize(
    ("arguments", "times"),
    [
        ({"when": "tomorrow 15:30 for 45 minutes"}, "Thu 19 Nov, 15:30–16:15"),
        ({"when": "tomorrow at 3pm", "duration": "two hours"}, "Thu 19 Nov, 15:00–17:00"),
        ({"when": "Dec 3 2-3pm"}, "Thu 3 Dec, 14:00–15:00"),
        ({"when": "between 2 and 4 on friday"}, "Fri 20 Nov, 14:00–16:00"),
        ({"when": "tomorrow"}, "Thu 19 Nov, all day"),
        ({"when": "tomorrow", "duration": "3 days"}, "Thu 19 Nov, all day until Sat 21 Nov"),
        ({"when": "tomorrow", "duration": "a full day"}, "Thu 19 Nov, all day"),
        ({"when": "2026-12-01T14:00"}, "Tue 1 Dec, 14:00–15:00"),
        ({"when": "3-5 December"}, "Thu 3 Dec, all day until Sat 5 Dec"),
        ({"when": "yesterday at 22:00", "duration": "2 hours"}, "Tue 17 Nov, 22:00–24:00"),
    ],
)
def test_the_time_is_the_one_that_was_said(
    desk: Desk, arguments: dict[str, object], times: str
) -> None:
    options = desk.proposal("cal_create", title="x", **arguments).options
    assert [option.label for option in options] == [times]


def test_a_series_repeats_as_said(desk: Desk) -> None:
    desk.do("cal_create", title="standup", when="every weekday at 9")
    desk.do("cal_create", title="yoga", when="friday at 18:00", repeat="every two weeks")
    assert desk.agenda("next week") == [
        "23 09:00 standup", "24 09:00 standup", "25 09:00 standup", "26 09:00 standup",
        "27 09:00 standup",
    ]  # fmt: skip
    assert "04 18:00 yoga" in desk.agenda("4 December")


@pytest.mark.parametrize(
    ("when", "repeat", "rule"),
    [
        ("friday at 18:00", "weekly", "FREQ=WEEKLY"),
        ("every friday at 18:00", "for 6 weeks", "FREQ=WEEKLY;BYDAY=FR;UNTIL=20261231T225959Z"),
        ("friday at 18:00", "weekly until Dec 12", "FREQ=WEEKLY;UNTIL=20261212T225959Z"),
        ("friday", "weekly until Dec 12", "FREQ=WEEKLY;UNTIL=20261212"),
        ("the 27th", "every friday at 2pm until Dec 12",
         "FREQ=WEEKLY;BYDAY=FR;UNTIL=20261212T225959Z"),
    ],
)  # fmt: skip
def test_how_often_and_how_long_become_a_rule(
    desk: Desk, when: str, repeat: str, rule: str
) -> None:
    assert desk.run("cal_create", title="x", when=when, repeat=repeat).data["repeats"] == rule


def test_one_day_or_the_other_offers_free_times_and_never_both_days(desk: Desk) -> None:
    options = desk.proposal("cal_create", title="x", when="tuesday or wednesday").options
    assert {each.label[:10] for each in options} == {"Tue 24 Nov", "Wed 25 Nov"}
    assert all("free" in each.reason for each in options)
    error = desk.refused("cal_create", title="x", when="tuesday or thursday")
    assert isinstance(error, AmbiguousError) and error.argument == "when"


@pytest.mark.parametrize(
    ("when", "repeat", "times"),
    [
        ("the 27th", "every other friday at 2pm", "Fri 27 Nov, 14:00–15:00"),
        ("the 27th", "every friday 2-2:30pm", "Fri 27 Nov, 14:00–14:30"),
        ("friday at 2pm starting the 27th", "weekly", "Fri 27 Nov, 14:00–15:00"),
        ("the 27th at 3pm", "every friday at 2pm", "Fri 27 Nov, 15:00–16:00"),
        ("the 27th", "every friday", "Fri 27 Nov, all day"),
    ],
)
def test_a_time_of_day_said_with_the_rule_is_the_events(
    desk: Desk, when: str, repeat: str, times: str
) -> None:
    (option,) = desk.proposal("cal_create", title="x", when=when, repeat=repeat).options
    assert option.label.startswith(times)


@pytest.mark.parametrize(
    ("when", "repeat", "days"),
    [
        ("10 January at 9", "daily for 3 days", ["10 Jan", "11 Jan", "12 Jan"]),
        ("tomorrow at 9", "daily for 3 days", ["19 Nov", "20 Nov", "21 Nov"]),
        ("tomorrow", "daily for 3 days", ["19 Nov", "20 Nov", "21 Nov"]),
        ("10 December at 9", "every week for 2 weeks", ["10 Dec", "17 Dec"]),
        ("friday at 9", "every tuesday for 2 weeks", ["24 Nov", "01 Dec"]),
        ("every tuesday at 9", "every tuesday, 2 times", ["24 Nov", "01 Dec"]),
        ("every tuesday at 9", "for 2 weeks", ["24 Nov", "01 Dec"]),
        ("10 January at 9", "weekly until 20 January", ["10 Jan", "17 Jan"]),
    ],
)
def test_an_end_is_counted_from_the_event_not_from_today(
    desk: Desk, when: str, repeat: str, days: list[str]
) -> None:
    desk.do("cal_create", title="x", when=when, repeat=repeat)
    reading = desk.profile.calendar.read(NOW, NOW + timedelta(days=200))
    assert [f"{each.start:%d %b}" for each in reading.occurrences] == days


@pytest.mark.parametrize(
    ("when", "repeat"),
    [
        ("1 march 2027 at 10", "every week until february 2027"),
        ("friday at 10", "tuesdays until 22 november"),
        ("every friday at 10", "until yesterday"),
    ],
)
def test_a_series_that_ends_before_it_begins_is_refused(desk: Desk, when: str, repeat: str) -> None:
    error = desk.refused("cal_create", title="x", when=when, repeat=repeat)
    assert error.code in ("when_impossible", "bad_argument")


@pytest.mark.parametrize("when", ["on mondays at 9", "mondays at 9", "9am on mondays"])
def test_a_weekday_in_the_plural_is_a_series(desk: Desk, when: str) -> None:
    outcome = desk.run("cal_create", title="x", when=when)
    assert outcome.data["repeats"] == "FREQ=WEEKLY;BYDAY=MO"
    assert "every Monday" in outcome.sentence


@pytest.mark.parametrize(
    ("argument", "words"),
    [
        ("repeat", "3 times"),
        ("remind", "at some point"),
        ("duration", "ages"),
        ("duration", "0 minutes"),
    ],
)
def test_words_that_say_no_rule_or_length_are_refused(
    desk: Desk, argument: str, words: str
) -> None:
    desk.refused("cal_create", title="x", when="friday at 18:00", **{argument: words})


def test_a_repeat_that_names_another_day_starts_on_that_day(desk: Desk) -> None:
    options = desk.proposal(
        "cal_create", title="x", when="friday at 18:00", repeat="every tuesday"
    ).options
    assert options[0].label.startswith("Tue 24 Nov, 18:00–19:00")


def test_reminder_place_and_notes_are_kept(desk: Desk) -> None:
    desk.do(
        "cal_create", title="yoga", when="friday 18:00", where="the gym", notes="mat\ntowel",
        remind="30 minutes before",
    )  # fmt: skip
    (text,) = desk.profile.files().values()
    assert b"LOCATION:the gym" in text and b"DESCRIPTION:mat\\ntowel" in text
    assert b"TRIGGER:-PT30M" in text


def test_a_stretch_of_time_becomes_free_options(desk: Desk) -> None:
    desk.profile.put(berlin("Dentist", "20261118T120000", "20261118T124500"))
    options = desk.proposal("cal_create", title="deep work", when="this afternoon").options
    assert [option.label for option in options] == [
        "Wed 18 Nov, 12:45–13:45", "Wed 18 Nov, 13:45–14:45", "Wed 18 Nov, 14:45–15:45",
    ]  # fmt: skip
    assert options[0].reason == "the first free time"
    for words, count in (("next week", 4), ("this weekend", 3), ("after 5 on friday", 3)):
        assert len(desk.proposal("cal_create", title="x", when=words).options) == count
    short = desk.proposal("cal_create", title="x", when="this afternoon for 45 minutes").options
    assert short[0].label == "Wed 18 Nov, 12:45–13:30"
    first = desk.proposal("cal_create", title="x", when="first free slot tomorrow").options
    assert [option.label for option in first] == ["Thu 19 Nov, 09:00–10:00"]


def test_a_full_afternoon_is_said(desk: Desk) -> None:
    desk.profile.put(berlin("Training", "20261118T080000", "20261118T200000"))
    error = desk.refused("cal_create", title="deep work", when="this afternoon")
    assert error.code == "no_free_time"


def test_an_overlap_is_the_options_reason(desk: Desk) -> None:
    desk.profile.put(berlin("Dentist", "20261120T120000", "20261120T123000"))
    option = desk.proposal("cal_create", title="lunch", when="friday at noon").options[0]
    assert option.reason == "overlaps with Dentist 12:00–12:30"


def test_the_proposal_shows_everything_that_is_agreed_to(desk: Desk) -> None:
    arguments: dict[str, object] = {
        "title": "gym", "when": "every weekday at 7", "repeat": "until 18 December",
        "where": "Studio", "with": ["Bob", "me"], "remind": "1 hour before", "notes": "a\nb",
    }  # fmt: skip
    proposal = desk.proposal("cal_create", **arguments)
    details = "every weekday until 18 December 2026, at Studio, with Bob, reminder 1 hour before"
    (change,) = proposal.options[0].changes
    assert change.summary == f"Add 'gym', Thu 19 Nov, 07:00–08:00, {details}, notes “a b”"
    assert proposal.options[0].done == (
        f"Added 'gym' on Thursday 19 November 2026, 07:00–08:00, {details}, notes “a b”."
    )
    several = desk.proposal("cal_create", title="gym", when="next week", where="Studio")
    assert len(several.options) > 1 and several.title == "Add 'gym', at Studio"


def test_a_plain_event_is_shown_plainly(desk: Desk) -> None:
    proposal = desk.proposal(
        "cal_create", title="lunch with Anna", when="friday at noon", **{"with": ["Anna"]}
    )
    (change,) = proposal.options[0].changes
    assert change.summary == "Add 'lunch with Anna', Fri 20 Nov, 12:00–13:00"
    assert proposal.title == "Add 'lunch with Anna'"


def test_another_year_is_said(desk: Desk) -> None:
    option = desk.proposal("cal_create", title="x", when="10 march at 9").options[0]
    assert option.label == "Wed 10 Mar 2027, 09:00–10:00"
    assert "10 Mar 2027" in option.changes[0].summary
    option = desk.proposal("cal_create", title="x", when="Dec 30 to Jan 3").options[0]
    assert option.label == "Wed 30 Dec, all day until Sun 3 Jan 2027"
    desk.do("cal_create", title="far", when="10 march at 9")
    (option,) = desk.proposal("cal_cancel", events="far").options
    assert option.label == "Wed 10 Mar 2027 09:00–10:00 far"
    assert "2027" in option.changes[0].summary


def test_an_hour_the_clocks_skip_and_months_without_a_day_are_said(desk: Desk) -> None:
    option = desk.proposal("cal_create", title="x", when="28 March 2027 at 02:30").options[0]
    assert "03:30" in option.label and "skip 02:30" in option.reason
    option = desk.proposal("cal_create", title="x", when="31 January", repeat="monthly").options[0]
    assert "months without a 31st are left out" in option.label
    option = desk.proposal("cal_create", title="x", when="29 feb 2028", repeat="yearly").options[0]
    assert "only in leap years" in option.label


def test_many_overlaps_are_counted_and_other_days_named(desk: Desk) -> None:
    for hour in range(9, 16):
        desk.profile.put(
            berlin(f"talk {hour}", f"20261120T{hour:02}0000", f"20261120T{hour:02}3000"),
            f"{hour}.ics",
        )
    desk.profile.put(berlin("party", "20261121T100000", "20261121T110000"), "p.ics")
    fair = ics("SUMMARY:Fair", "DTSTART;VALUE=DATE:20261120", "DTEND;VALUE=DATE:20261121")
    desk.profile.put(fair, "f.ics")
    option = desk.proposal("cal_create", title="x", when="friday 9:00 to 17:00").options[0]
    assert option.reason == (
        "overlaps with talk 9 09:00–09:30, talk 10 10:00–10:30, talk 11 11:00–11:30 and 4 more; "
        "all day: Fair"
    )
    option = desk.proposal(
        "cal_create", title="x", when="friday 15:00", duration="20 hours"
    ).options[0]
    assert option.reason.startswith(
        "overlaps with talk 15 15:00–15:30 and party Sat 21 Nov 10:00–11:00"
    )
    assert desk.proposal("cal_create", title="x", when="friday").options[0].reason == (
        "overlaps with Fair all day"
    )


def test_a_new_series_is_looked_through(desk: Desk) -> None:
    desk.profile.put(berlin("board", "20261204T100000", "20261204T110000"), "b.ics")
    desk.profile.put(berlin("later", "20261218T103000", "20261218T110000"), "l.ics")
    option = desk.proposal("cal_create", title="x", when="every friday at 10").options[0]
    assert option.reason == (
        "later ones overlap with board Fri 4 Dec 10:00–11:00 and later Fri 18 Dec 10:30–11:00"
    )
    ended = desk.proposal(
        "cal_create", title="x", when="every friday at 10", repeat="until 3 December"
    ).options[0]
    assert ended.reason == ""


@pytest.mark.parametrize("when", ["31 November", "soonish", "3/4"])
def test_a_time_that_is_none_or_two_is_refused(desk: Desk, when: str) -> None:
    registry = Registry(
        calendar_tools(
            desk.profile.calendar, Settings(locale="en"), desk.profile.journal, desk.post
        )
    )
    with pytest.raises(KnownError) as caught:
        registry.run("cal_create", {"title": "x", "when": when}, Asked(CLOCK))
    if isinstance(caught.value, AmbiguousError):
        assert caught.value.argument == "when" and len(caught.value.choices) == 2


def test_a_broken_file_is_a_doubt_about_changes_and_is_named_beside_answers(desk: Desk) -> None:
    desk.profile.put("broken", "broken.ics")
    desk.profile.put(berlin("lunch", "20261120T120000", "20261120T130000"))
    (created,) = desk.proposal("cal_create", title="x", when="friday at 3").options
    assert created.doubtful
    assert created.reason == "calendars/personal/broken.ics cannot be read; it may hide a clash"
    (cancelled,) = desk.proposal("cal_cancel", events="lunch").options
    assert cancelled.doubtful
    assert cancelled.reason.endswith("broken.ics cannot be read; it may hold what you mean")
    outcome = desk.run("cal_find", when="friday")
    assert outcome.data["total"] == 1
    assert outcome.problem is not None and "broken.ics" in outcome.problem.message


def test_a_reference_that_fits_nothing_names_the_broken_file(desk: Desk) -> None:
    desk.profile.put("broken", "broken.ics")
    error = desk.refused("cal_cancel", events="dentist")
    assert error.code == "broken_calendar_file" and "broken.ics" in error.message


def test_an_event_has_its_id_before_it_is_added(desk: Desk) -> None:
    outcome = desk.run("cal_create", title="yoga", when="every tuesday at 6pm")
    assert outcome.proposal is not None and len(outcome.mentions) == 1
    key = desk.profile.ids.key_for(outcome.mentions[0])
    (change,) = outcome.proposal.options[0].changes
    assert key is not None and f"calendar:{key}".startswith(f"{change.target}\n2026112")
    several = desk.run("cal_create", title="yoga", when="tomorrow afternoon")
    assert len(several.mentions) == 3


def test_a_card_shows_the_event_line_by_line(desk: Desk) -> None:
    arguments: dict[str, object] = {
        "title": "gym\u202e", "when": "every weekday at 7", "repeat": "until 18 December",
        "where": "Studio", "with": ["Bob", "me"], "remind": "1 hour before", "notes": "a\nb",
    }  # fmt: skip
    (change,) = desk.proposal("cal_create", **arguments).options[0].changes
    assert change.was == ()
    assert change.becomes == (
        "gym",
        "Thu 19 Nov, 07:00–08:00",
        "with Bob",
        "at Studio",
        "every weekday until 18 December 2026",
        "reminder 1 hour before",
        "notes “a b”",
    )
    plain = desk.proposal("cal_create", title="lunch", when="friday at noon").options[0]
    assert plain.changes[0].becomes == ("lunch", "Fri 20 Nov, 12:00–13:00")


def test_undoing_an_added_event_takes_away_what_was_added(desk: Desk) -> None:
    desk.do("cal_create", title="lunch", when="friday at noon")
    (change,) = desk.proposal("undo").options[0].changes
    assert (change.was, change.becomes) == (("lunch", "Fri 20 Nov, 12:00–13:00"), ())
    desk.do("undo")
    (again,) = desk.proposal("undo", change="c2").options[0].changes
    assert (again.was, again.becomes) == ((), ("lunch", "Fri 20 Nov, 12:00–13:00"))


@pytest.mark.parametrize(
    ("when", "doubtful"),
    [
        ("friday at noon", True),  # overlaps with the dentist
        ("friday at 15:00", False),  # the fair is only a mark on that day
        ("friday", True),  # and clashes with another one
        ("every friday at 12", True),
        ("every thursday at 12", False),
        ("yesterday at 15:00", True),
        ("28 March 2027 at 02:30", True),  # the clocks skip it
        ("tomorrow", False),
    ],
)
def test_what_should_be_weighed_first_is_doubtful(desk: Desk, when: str, doubtful: bool) -> None:
    desk.profile.put(berlin("Dentist", "20261120T120000", "20261120T123000"), "d.ics")
    fair = ics("SUMMARY:Fair", "DTSTART;VALUE=DATE:20261120", "DTEND;VALUE=DATE:20261121")
    desk.profile.put(fair, "f.ics")
    (option,) = desk.proposal("cal_create", title="x", when=when).options
    assert option.doubtful is doubtful


def test_free_times_are_free_of_doubt(desk: Desk) -> None:
    desk.profile.put(berlin("Dentist", "20261118T120000", "20261118T124500"))
    options = desk.proposal("cal_create", title="deep work", when="this afternoon").options
    assert [option.doubtful for option in options] == [False, False, False]


@pytest.mark.parametrize(
    ("title", "when", "hour"),
    [
        ("dinner with Anna", "friday at half past seven", "19:30"),
        ("Party", "tomorrow 8 to 11", "20:00"),
        ("dinner", "friday at 6:32", "18:32"),
        ("train", "friday at 6:32", "06:32"),
        ("dinner", "friday at 7 am", "07:00"),
        ("dinner", "friday at 08:00", "08:00"),
        ("breakfast", "friday at 6", "06:00"),
        ("stand-up", "friday at 8", "08:00"),
        ("theatre", "every friday at 8", "20:00"),
    ],
)
def test_a_bare_hour_is_that_of_what_happens_then(
    desk: Desk, title: str, when: str, hour: str
) -> None:
    start = desk.run("cal_create", title=title, when=when).data["start"]
    assert str(start)[11:16] == hour


@pytest.mark.parametrize(
    ("title", "duration", "wanted"),
    [
        ("30 minutes with Bob", "30 minutes", "Meeting with Bob"),
        ("an hour of writing", "an hour of", "writing"),
        ("An hour for the budget", "an hour", "the budget"),
        ("2 hours of rest", "", "2 hours of rest"),
        ("30 minutes", "30 minutes", "30 minutes"),
    ],
)
def test_a_length_is_no_part_of_a_title(desk: Desk, title: str, duration: str, wanted: str) -> None:
    call = {"title": title, "when": "tomorrow at 10", "duration": duration}
    assert desk.run("cal_create", **call).data["title"] == wanted


@pytest.mark.parametrize(
    ("where", "told"),
    [("the gallery", "at the gallery"), ("By telephone", "by telephone"), ("On", "at On")],
)
def test_a_place_is_told_with_one_preposition(desk: Desk, where: str, told: str) -> None:
    done, _ = desk.do("cal_create", title="tea", when="friday at 16:00", where=where)
    assert done == f"Added 'tea' on Friday 20 November 2026, 16:00–17:00, {told}."


def test_what_is_blocked_is_all_of_it(desk: Desk) -> None:
    desk.words = "block tomorrow afternoon for writing"
    options = desk.proposal("cal_create", title="writing", when="tomorrow afternoon").options
    assert [each.label for each in options] == [
        "Thu 19 Nov, 12:00–18:00", "Thu 19 Nov, 12:00–13:00", "Thu 19 Nov, 13:00–14:00",
    ]  # fmt: skip
    desk.words = "book writing tomorrow afternoon"
    (first, *_) = desk.proposal("cal_create", title="writing", when="tomorrow afternoon").options
    assert first.label == "Thu 19 Nov, 12:00–13:00"
