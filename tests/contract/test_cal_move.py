"""cal_move: which event, where to, what is to be weighed, and how it is taken back."""

from __future__ import annotations

from datetime import datetime

import pytest

from app.core.errors import AmbiguousError
from app.core.ports import Clock
from app.core.proposals import Risk
from tests.support.calendar_profile import BERLIN, berlin, calendar_of, event, ics
from tests.support.tool_desk import Desk

DAILY = "RRULE:FREQ=DAILY"


def put_meeting(desk: Desk) -> None:
    """Today at three with Anna, and tomorrow full but for 11:00 and 14:00."""
    desk.profile.put_all(
        {
            "a.ics": berlin("catch-up with Anna", "20261118T150000", "20261118T160000"),
            "b.ics": berlin("workshop", "20261119T090000", "20261119T110000"),
            "c.ics": berlin("lunch", "20261119T120000", "20261119T140000"),
            "d.ics": berlin("review", "20261119T150000", "20261119T180000"),
        }
    )


def labels(desk: Desk, /, **arguments: object) -> list[str]:
    return [each.label for each in desk.proposal("cal_move", **arguments).options]


def test_moving_to_a_free_slot_offers_those_that_overlap_nothing(desk: Desk) -> None:
    put_meeting(desk)
    arguments = {"event": "my 3pm with Anna", "to": "tomorrow", "choose": "free"}
    proposal = desk.proposal("cal_move", **arguments)
    assert proposal.title == "Move 'catch-up with Anna', Wed 18 Nov 15:00–16:00"
    assert proposal.risk is Risk.CHANGE
    assert [each.label for each in proposal.options] == [
        "Thu 19 Nov 11:00–12:00", "Thu 19 Nov 14:00–15:00",
    ]  # fmt: skip
    assert [each.doubtful for each in proposal.options] == [False, False]
    done, _ = desk.do("cal_move", 1, **arguments)
    assert done == (
        "Moved 'catch-up with Anna' on Wednesday 18 November 2026, 15:00–16:00, "
        "to Thursday 19 November 2026, 14:00–15:00."
    )
    assert "19 14:00 catch-up with Anna" in desk.agenda("tomorrow")
    assert desk.agenda("today") == []


def test_the_first_free_slot_is_one_option(desk: Desk) -> None:
    put_meeting(desk)
    assert labels(desk, event="my 3pm with Anna", to="tomorrow", choose="first") == [
        "Thu 19 Nov 11:00–12:00"
    ]
    assert labels(desk, event="my 3pm", to="the first free slot tomorrow") == [
        "Thu 19 Nov 11:00–12:00"
    ]
    (best, *_) = desk.proposal("cal_move", event="my 3pm", to="tomorrow", choose="best").options
    assert "lunch" in best.reason


def test_a_time_keeps_the_day_and_a_day_keeps_the_time(desk: Desk) -> None:
    desk.profile.put(berlin("dentist", "20261120T090000", "20261120T093000"))
    assert labels(desk, event="dentist", to="4pm") == ["Fri 20 Nov 16:00–16:30"]
    assert labels(desk, event="dentist", to="4") == ["Fri 20 Nov 16:00–16:30"]
    assert labels(desk, event="dentist", to="to Monday") == ["Mon 23 Nov 09:00–09:30"]
    assert labels(desk, event="dentist", to="tomorrow at noon") == ["Thu 19 Nov 12:00–12:30"]
    assert labels(desk, event="dentist", to="2-3pm") == ["Fri 20 Nov 14:00–15:00"]
    assert labels(desk, event="dentist", to="next week") == ["Fri 27 Nov 09:00–09:30"]


def test_a_stretch_is_looked_through(desk: Desk) -> None:
    desk.profile.put(berlin("dentist", "20261120T090000", "20261120T093000"), "a.ics")
    desk.profile.put(berlin("lunch", "20261120T120000", "20261120T133000"), "b.ics")
    found = labels(desk, event="dentist", to="the afternoon")
    assert found[0] == "Fri 20 Nov 13:30–14:00" and len(found) == 3


def test_an_event_moves_by_an_offset(desk: Desk) -> None:
    desk.profile.put(berlin("call", "20261120T140000", "20261120T143000"))
    assert labels(desk, event="call", by="30 minutes") == ["Fri 20 Nov 14:30–15:00"]
    assert labels(desk, event="call", by="-2 hours") == ["Fri 20 Nov 12:00–12:30"]
    assert labels(desk, event="call", by="half an hour earlier") == ["Fri 20 Nov 13:30–14:00"]
    assert labels(desk, event="call", by="a week") == ["Fri 27 Nov 14:00–14:30"]
    assert labels(desk, event="call", by="by a month") == ["Sun 20 Dec 14:00–14:30"]
    assert labels(desk, event="call", to="an hour later") == ["Fri 20 Nov 15:00–15:30"]


@pytest.mark.parametrize(
    ("words", "by", "time"),
    [
        ("push back the call by 30 minutes", "by 30 minutes", "14:30–15:00"),
        ("can we push the call back by 30 minutes?", "back by 30 minutes", "14:30–15:00"),
        ("delay the call by half an hour", "half an hour", "14:30–15:00"),
        ("bring the call forward by half an hour", "half an hour", "13:30–14:00"),
        ("pull up the call by half an hour", "half an hour", "13:30–14:00"),
        ("can the call start half an hour earlier?", "half an hour", "13:30–14:00"),
        ("move the call by half an hour", "half an hour", "14:30–15:00"),
    ],
)
def test_the_verb_says_which_way(desk: Desk, words: str, by: str, time: str) -> None:
    desk.profile.put(berlin("call", "20261120T140000", "20261120T143000"))
    desk.words = words
    assert labels(desk, event="the call", by=by) == [f"Fri 20 Nov {time}"]


def test_the_name_of_the_event_says_no_direction(desk: Desk) -> None:
    desk.profile.put(berlin("catch up", "20261120T140000", "20261120T143000"))
    desk.words = "move the catch up by an hour"
    assert labels(desk, event="the catch up", by="by an hour") == ["Fri 20 Nov 15:00–15:30"]


def test_back_alone_asks_which_way(desk: Desk) -> None:
    desk.profile.put(berlin("call", "20261120T140000", "20261120T143000"))
    desk.words = "move the call back by an hour"
    error = desk.refused("cal_move", event="the call", by="back by an hour")
    assert isinstance(error, AmbiguousError) and error.argument == "by"
    assert [labels(desk, event="the call", by=value) for value, _ in error.choices] == [
        ["Fri 20 Nov 13:00–13:30"],
        ["Fri 20 Nov 15:00–15:30"],
    ]


def test_pushing_back_one_stand_up_leaves_the_series(desk: Desk) -> None:
    desk.profile.put(berlin("stand-up", "20261116T140000", "20261116T141500", DAILY))
    desk.words = "push back the stand-up tomorrow by 30 minutes"
    arguments = {"event": "the stand-up tomorrow", "by": "by 30 minutes"}
    proposal = desk.proposal("cal_move", **arguments)
    assert [each.label.split(": ")[1] for each in proposal.options] == [
        "only this occurrence", "this and the following ones", "the whole series",
    ]  # fmt: skip
    assert [each.doubtful for each in proposal.options] == [False, True, True]
    (change,) = proposal.options[0].changes
    assert change.was == ("stand-up", "Thu 19 Nov, 14:00–14:15", "only this occurrence")
    assert change.becomes == ("stand-up", "Thu 19 Nov, 14:30–14:45", "only this occurrence")
    desk.do("cal_move", **arguments)
    assert desk.agenda("18 to 20 november") == [
        "18 14:00 stand-up", "19 14:30 stand-up", "20 14:00 stand-up",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("option", "agenda"),
    [
        (1, ["18 14:00 stand-up", "19 14:30 stand-up", "20 14:30 stand-up"]),
        (2, ["18 14:30 stand-up", "19 14:30 stand-up", "20 14:30 stand-up"]),
    ],
)
def test_a_series_goes_from_some_day_on_or_as_a_whole(
    desk: Desk, option: int, agenda: list[str]
) -> None:
    desk.profile.put(berlin("stand-up", "20261116T140000", "20261116T141500", DAILY))
    before = desk.files()
    desk.do("cal_move", option, event="the stand-up tomorrow", by="30 minutes")
    assert desk.agenda("18 to 20 november") == agenda
    desk.do("undo")
    assert desk.files() == before


def test_a_series_named_as_such_goes_as_a_whole(desk: Desk) -> None:
    weekly = "RRULE:FREQ=WEEKLY;BYDAY=MO"
    desk.profile.put(berlin("board", "20261116T140000", "20261116T150000", weekly))
    option, *_ = desk.proposal("cal_move", event="the board series", to="Tuesday at 3").options
    assert option.label == ("Tue 24 Nov 15:00–16:00: the whole series, every Tuesday")
    assert option.doubtful


def test_what_the_new_time_overlaps_with_is_said(desk: Desk) -> None:
    desk.profile.put(berlin("call", "20261120T140000", "20261120T150000"), "a.ics")
    desk.profile.put(berlin("review", "20261120T160000", "20261120T170000"), "b.ics")
    (option,) = desk.proposal("cal_move", event="call", to="3:30pm").options
    assert option.doubtful and option.reason == "overlaps with review 16:00–17:00"
    (clear,) = desk.proposal("cal_move", event="call", by="30 minutes").options
    assert (clear.doubtful, clear.reason) == (False, "")


def test_a_series_says_what_its_later_ones_overlap_with(desk: Desk) -> None:
    desk.profile.put(berlin("stand-up", "20261116T140000", "20261116T141500", DAILY), "a.ics")
    desk.profile.put(berlin("review", "20261124T150000", "20261124T160000"), "b.ics")
    options = desk.proposal("cal_move", event="the stand-up tomorrow", to="3pm").options
    assert "later ones overlap with review Tue 24 Nov 15:00–16:00" in options[2].reason
    assert options[0].reason == ""


def test_the_past_is_doubtful(desk: Desk) -> None:
    desk.profile.put(berlin("call", "20261117T140000", "20261117T150000"), "a.ics")
    desk.profile.put(berlin("review", "20261120T160000", "20261120T170000"), "b.ics")
    (over,) = desk.proposal("cal_move", event="the call yesterday", to="friday").options
    assert over.doubtful and "already over" in over.reason
    (past,) = desk.proposal("cal_move", event="review", to="yesterday at 3").options
    assert past.doubtful and "in the past" in past.reason


def test_a_bare_weekday_for_an_event_weeks_ahead_offers_both(desk: Desk) -> None:
    desk.profile.put(berlin("board", "20261203T140000", "20261203T150000"))
    options = desk.proposal("cal_move", event="board", to="friday").options
    assert [(each.label, each.reason) for each in options] == [
        ("Fri 4 Dec 14:00–15:00", "in its own week"),
        ("Fri 20 Nov 14:00–15:00", "the coming one"),
    ]
    assert labels(desk, event="board", to="next friday") == ["Fri 27 Nov 14:00–15:00"]


def test_a_bare_weekday_for_an_event_weeks_ahead_is_not_today(desk: Desk) -> None:
    desk.profile.put(berlin("board", "20261203T140000", "20261203T150000"))
    assert labels(desk, event="board", to="wednesday") == ["Wed 2 Dec 14:00–15:00"]
    assert labels(desk, event="board", to="today") == ["Wed 18 Nov 14:00–15:00"]


def test_an_event_that_is_not_there_is_named(desk: Desk) -> None:
    error = desk.refused("cal_move", event="dentist on friday", to="monday")
    assert error.code == "event_not_found" and "dentist" in error.message


def test_several_events_become_a_choice(desk: Desk) -> None:
    desk.profile.put(berlin("lunch with Anna", "20261120T120000", "20261120T130000"), "a.ics")
    desk.profile.put(berlin("lunch with Bo", "20261123T120000", "20261123T130000"), "b.ics")
    assert desk.refused("cal_move", event="all lunches", by="an hour").code == "several_events"
    error = desk.refused("cal_move", event="lunch", by="an hour")
    assert isinstance(error, AmbiguousError)
    assert (error.code, error.argument, len(error.choices)) == ("several_events", "event", 2)
    assert labels(desk, event=error.choices[1][0], by="an hour") == ["Mon 23 Nov 13:00–14:00"]


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        ({}, "bad_argument"),
        ({"to": "friday", "by": "an hour"}, "bad_argument"),
        ({"to": "a banana"}, "when_unclear"),
        ({"by": "a banana"}, "when_unclear"),
        ({"to": "every tuesday"}, "bad_argument"),
        ({"to": "12:00"}, "nothing_to_change"),
        ({"when": "friday"}, "bad_argument"),
        ({"to": "2am", "choose": "soon"}, "bad_argument"),
    ],
)
def test_wrong_arguments_are_said(desk: Desk, arguments: dict[str, object], code: str) -> None:
    desk.profile.put(berlin("lunch", "20261120T120000", "20261120T130000"))
    assert desk.refused("cal_move", event="lunch", **arguments).code == code


def test_an_unclear_date_asks_about_its_argument(desk: Desk) -> None:
    desk.profile.put(berlin("lunch", "20261120T120000", "20261120T130000"))
    error = desk.refused("cal_move", event="lunch", to="3/4")
    assert isinstance(error, AmbiguousError) and error.argument == "to"


def test_no_free_time_is_said(desk: Desk) -> None:
    put_meeting(desk)
    desk.profile.put(berlin("fair", "20261119T110000", "20261119T150000"), "e.ics")
    error = desk.refused("cal_move", event="my 3pm with Anna", to="tomorrow", choose="free")
    assert error.code == "no_free_time" and "Nothing was changed" in error.message


def test_an_event_of_whole_days_has_no_time_of_day(desk: Desk) -> None:
    desk.profile.put(
        ics("SUMMARY:holiday", "DTSTART;VALUE=DATE:20261120", "DTEND;VALUE=DATE:20261122")
    )
    assert desk.refused("cal_move", event="holiday", to="friday at 3").code == "all_day_event"
    assert desk.refused("cal_move", event="holiday", by="2 hours").code == "all_day_event"
    assert labels(desk, event="holiday", to="monday") == ["Mon 23 Nov all day until Tue 24 Nov"]
    desk.do("cal_move", event="holiday", by="2 days")
    assert desk.agenda("22 november") == ["22 00:00 holiday"]


def test_undo_leaves_the_file_as_it_was(desk: Desk) -> None:
    desk.profile.put(berlin("lunch", "20261120T120000", "20261120T130000", "X-MINE: kept "))
    before = desk.files()
    desk.do("cal_move", event="lunch", to="1pm")
    assert desk.agenda("friday") == ["20 13:00 lunch"]
    desk.do("undo")
    assert desk.files() == before


def test_it_is_what_was_moved(desk: Desk) -> None:
    desk.profile.put(berlin("lunch", "20261120T120000", "20261120T130000"))
    outcome = desk.show("cal_move", event="lunch", to="1pm")
    assert len(outcome.mentions) == 1
    desk.do("cal_move", event="lunch", to="1pm")
    assert labels(desk, event="it", by="an hour") == ["Fri 20 Nov 14:00–15:00"]


def test_a_moved_series_is_spoken_of_as_it_became(desk: Desk) -> None:
    desk.profile.put(berlin("stand-up", "20261116T140000", "20261116T141500", DAILY))
    desk.show("cal_move", event="the stand-up series", to="3pm")
    desk.do("cal_move", event="the stand-up series", to="3pm")
    assert labels(desk, event="it", by="an hour")[0].startswith("Wed 18 Nov 16:00–16:15")


def test_a_broken_file_is_a_doubt(desk: Desk) -> None:
    desk.profile.put("broken", "broken.ics")
    desk.profile.put(berlin("lunch", "20261120T120000", "20261120T130000"))
    (option,) = desk.proposal("cal_move", event="lunch", to="1pm").options
    assert option.doubtful
    assert option.reason == "calendars/personal/broken.ics cannot be read; it may hide a clash"


INVITED = (
    "ORGANIZER:mailto:ada@example.org",
    "ATTENDEE;CN=Ada:mailto:ada@example.org",
    "ATTENDEE;CN=Bo:mailto:bo@example.org",
)


def test_guests_are_told(desk: Desk) -> None:
    desk.mail.add_contact("Bo Lind", "bo@example.org")
    desk.profile.put(berlin("review", "20261120T120000", "20261120T130000", *INVITED))
    before = desk.files()
    proposal = desk.proposal("cal_move", event="review", to="3pm")
    assert proposal.risk is Risk.SEND
    (option,) = proposal.options
    calendar, mail = option.changes
    assert mail.target.startswith("mail:mail/local/Outbox/")
    assert calendar.after is not None and "SEQUENCE:1" in calendar.after
    assert mail.after is not None and "METHOD:REQUEST" in mail.after.replace("\r\n ", "")
    desk.do("cal_move", event="review", to="3pm")
    assert len(desk.files()) == len(before) + 1
    desk.do("undo")
    assert desk.files() == before


def test_what_others_arranged_is_proposed_to_them(desk: Desk) -> None:
    desk.mail.add_contact("Bo Lind", "bo@example.org")
    text = berlin(
        "review", "20261120T120000", "20261120T130000", "ORGANIZER:mailto:bo@example.org",
        "ATTENDEE:mailto:ada@example.org",
    )  # fmt: skip
    desk.profile.put(text)
    proposal = desk.proposal("cal_move", event="review", to="3pm")
    assert proposal.risk is Risk.SEND
    assert any("METHOD:COUNTER" in str(each.after) for each in proposal.options[0].changes)
    desk.do("cal_move", event="review", to="3pm")
    assert desk.agenda("friday") == ["20 12:00 review"]


def test_what_the_user_is_no_guest_of_stays_where_it_is(desk: Desk) -> None:
    text = berlin(
        "review", "20261120T120000", "20261120T130000", "ORGANIZER:mailto:bo@example.org",
        "ATTENDEE:mailto:cy@example.org",
    )  # fmt: skip
    desk.profile.put(text)
    assert desk.refused("cal_move", event="review", to="3pm").code == "not_a_guest"


def test_another_event_of_the_file_is_not_touched(desk: Desk) -> None:
    times = ("DTSTART:20261120T100000Z", "DTEND:20261120T110000Z")
    one = event("SUMMARY:alpha", *times)
    two = event("SUMMARY:beta", *times).replace("UID:one", "UID:two")
    desk.profile.put(calendar_of(one, two))
    desk.do("cal_move", event="beta", to="1pm")
    assert desk.agenda("friday") == ["20 11:00 alpha", "20 13:00 beta"]
    (data,) = desk.profile.files().values()
    assert one.encode() in data


@pytest.mark.parametrize("day", range(16, 23))
@pytest.mark.parametrize("hour", [0, 8, 20, 23])
def test_a_three_oclock_moves_to_a_free_slot_on_any_day_at_any_hour(
    desk: Desk, day: int, hour: int
) -> None:
    clock = Clock(datetime(2026, 11, day, hour, 30, tzinfo=BERLIN), BERLIN)
    at = clock.now.replace(hour=15, minute=0)
    if hour >= 15:
        at = at.replace(day=day + 1)
    text = berlin("talk with Anna", f"{at:%Y%m%dT%H%M%S}", f"{at:%Y%m%d}T160000")
    desk.profile.put(text)
    arguments = {"event": "my 3pm with Anna", "to": "tomorrow", "choose": "free"}
    outcome = desk.run("cal_move", clock, **arguments)
    assert outcome.proposal is not None
    first = outcome.proposal.options[0]
    assert first.label.split()[1] == str(day + 1)
    assert not first.doubtful


def test_text_of_others_is_shown_harmless(desk: Desk) -> None:
    desk.profile.put(berlin("lunch\u202e now", "20261120T120000", "20261120T130000"))
    proposal = desk.proposal("cal_move", event="lunch", to="1pm")
    assert "\u202e" not in str(proposal.to_json()["title"])
    assert proposal.options[0].changes[0].was[0] == "lunch now"


def test_the_same_time_is_the_time_it_has(desk: Desk) -> None:
    desk.profile.put(berlin("Tea", "20261120T160000", "20261120T170000"))
    for said in ("monday, same time", "monday at the same time", "the same time on monday"):
        assert (
            desk.proposal("cal_move", event="tea", to=said)
            .options[0]
            .label.startswith("Mon 23 Nov 16:00–17:00")
        ), said
