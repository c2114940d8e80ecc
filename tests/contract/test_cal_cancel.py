"""cal_cancel: which event is meant, how much of it goes, and what is left alone."""

from __future__ import annotations

from app.core.errors import AmbiguousError
from tests.support.calendar_profile import (
    berlin,
    calendar_of,
    event,
)
from tests.support.tool_desk import Desk


def test_cancelling_by_words_and_by_id(desk: Desk) -> None:
    desk.profile.put(berlin("lunch with Anna", "20261120T120000", "20261120T130000"))
    found = desk.run("cal_find").data["occurrences"]
    assert isinstance(found, list)
    by_id = desk.proposal("cal_cancel", events=[found[0]["id"]])
    assert by_id.options == desk.proposal("cal_cancel", events=found[0]["id"]).options
    done, _ = desk.do("cal_cancel", events="lunch with Anna on Friday")
    assert done == "Cancelled 'lunch with Anna' on Friday 20 November 2026, 12:00–13:00."
    assert desk.profile.files() == {}


def test_an_event_that_is_not_there_is_named(desk: Desk) -> None:
    error = desk.refused("cal_cancel", events="dentist on friday")
    assert error.code == "event_not_found"
    assert error.message.startswith("Nothing called 'dentist' on Friday 20 November.")
    assert desk.refused("cal_cancel", events=["e7"]).code == "event_not_found"


def test_several_events_become_a_choice(desk: Desk) -> None:
    desk.profile.put_all(
        {
            "a.ics": berlin("lunch with Anna", "20261120T120000", "20261120T130000"),
            "b.ics": berlin("lunch with Bo", "20261123T120000", "20261123T130000"),
        }
    )
    error = desk.refused("cal_cancel", events="lunch")
    assert isinstance(error, AmbiguousError)
    assert (error.code, error.argument) == ("several_events", "events")
    assert [label for _, label in error.choices] == [
        "Fri 20 Nov 12:00–13:00 lunch with Anna", "Mon 23 Nov 12:00–13:00 lunch with Bo",
    ]  # fmt: skip
    done, _ = desk.do("cal_cancel", events=error.choices[1][0])
    assert "Bo" in done


def test_a_set_is_one_option_with_all_changes(desk: Desk) -> None:
    desk.profile.put_all(
        {
            "a.ics": berlin("lunch", "20261120T120000", "20261120T130000"),
            "b.ics": berlin("standup", "20261119T140000", "20261119T141500", "RRULE:FREQ=DAILY"),
            "c.ics": berlin("breakfast", "20261120T080000", "20261120T090000"),
        }
    )
    proposal = desk.proposal("cal_cancel", events="everything on Friday afternoon")
    assert [len(option.changes) for option in proposal.options] == [2]
    desk.do("cal_cancel", events="everything on Friday afternoon")
    assert desk.agenda("friday") == ["20 08:00 breakfast"]
    assert desk.agenda("tomorrow") == ["19 14:00 standup"]


def test_a_series_asks_how_much_of_it(desk: Desk) -> None:
    desk.profile.put(berlin("standup", "20261116T140000", "20261116T141500", "RRULE:FREQ=DAILY"))
    proposal = desk.proposal("cal_cancel", events="the standup tomorrow")
    assert [option.label.split(": ")[1] for option in proposal.options] == [
        "only this occurrence", "this and the following ones", "the whole series",
    ]  # fmt: skip
    assert [
        o.label for o in desk.proposal("cal_cancel", events="standup", scope="all").options
    ] == ["Wed 18 Nov 14:00–14:15 standup: the whole series"]
    desk.do("cal_cancel", 1, events="the standup tomorrow")
    assert desk.agenda("this week") == ["16 14:00 standup", "17 14:00 standup", "18 14:00 standup"]


def test_several_occurrences_of_a_series_are_one_change_of_its_file(desk: Desk) -> None:
    desk.profile.put(berlin("standup", "20261116T140000", "20261116T141500", "RRULE:FREQ=DAILY"))
    proposal = desk.proposal("cal_cancel", events="all standups next week")
    assert [len(option.changes) for option in proposal.options] == [1]
    desk.do("cal_cancel", events="all standups next week")
    assert desk.agenda("next week") == []


def test_all_of_a_series_is_the_series_itself(desk: Desk) -> None:
    daily = "RRULE:FREQ=DAILY"
    desk.profile.put(berlin("standup", "20261116T140000", "20261116T141500", daily))
    proposal = desk.proposal("cal_cancel", events="all standups")
    assert proposal.title == "Cancel 'standup'"
    assert [option.label.split(": ")[1] for option in proposal.options] == [
        "the whole series", "this and the following ones",
    ]  # fmt: skip
    done, _ = desk.do("cal_cancel", 1, events="all standups")
    assert desk.agenda("this week") == ["16 14:00 standup", "17 14:00 standup"]
    desk.do("undo")
    done, _ = desk.do("cal_cancel", events="the standup series")
    assert done == (
        "Cancelled 'standup' on Wednesday 18 November 2026, 14:00–14:15 and its whole series."
    )
    assert desk.profile.files() == {}


def test_a_series_beside_one_occurrence_of_another(desk: Desk) -> None:
    daily = "RRULE:FREQ=DAILY"
    desk.profile.put(berlin("standup", "20261116T140000", "20261116T141500", daily), "s.ics")
    desk.profile.put(berlin("yoga", "20261116T180000", "20261116T190000", daily), "y.ics")
    desk.do("cal_cancel", events="yoga on friday and all standups")
    assert desk.agenda("19 to 21 november") == ["19 18:00 yoga", "21 18:00 yoga"]
    assert desk.agenda("20 march 2027") == ["20 18:00 yoga"]


def test_a_long_list_of_cancelled_events_is_counted(desk: Desk) -> None:
    for hour in range(8, 20):
        desk.profile.put(
            berlin(f"talk {hour}", f"20261120T{hour:02}0000", f"20261120T{hour:02}3000"),
            f"{hour}.ics",
        )
    done, _ = desk.do("cal_cancel", events="everything on friday")
    assert done.startswith("Cancelled 12 events: ") and done.endswith(" and 4 more.")


def test_two_events_of_one_file_are_cancelled_apart(desk: Desk) -> None:
    times = ("DTSTART:20261120T100000Z", "DTEND:20261120T110000Z")
    one = event("SUMMARY:alpha", *times)
    two = event("SUMMARY:beta", *times).replace("UID:one", "UID:two")
    desk.profile.put(calendar_of(one, two))
    desk.do("cal_cancel", events="beta")
    assert desk.agenda("friday") == ["20 11:00 alpha"]
    desk.do("undo")
    desk.do("cal_cancel", events="alpha and beta")
    assert desk.agenda("friday") == []


def test_a_choice_names_the_year_and_a_far_event_is_in_it(desk: Desk) -> None:
    desk.profile.put(berlin("dentist", "20261130T090000", "20261130T100000"), "a.ics")
    desk.profile.put(berlin("dentist", "20270303T090000", "20270303T100000"), "b.ics")
    error = desk.refused("cal_cancel", events="dentist")
    assert isinstance(error, AmbiguousError)
    assert [label for _, label in error.choices][1] == "Wed 3 Mar 2027 09:00–10:00 dentist"


def test_it_is_what_was_just_added(desk: Desk) -> None:
    assert desk.refused("cal_cancel", events="it").code == "event_not_found"
    desk.do("cal_create", title="lunch", when="friday at noon")
    done, _ = desk.do("cal_cancel", events="it")
    assert "lunch" in done and desk.profile.files() == {}


DAILY = "RRULE:FREQ=DAILY"


def test_a_card_shows_what_is_taken_away(desk: Desk) -> None:
    desk.profile.put(berlin("lunch\u202e with Anna", "20261120T120000", "20261120T130000"))
    (option,) = desk.proposal("cal_cancel", events="lunch").options
    (change,) = option.changes
    assert (change.was, change.becomes) == (("lunch with Anna", "Fri 20 Nov, 12:00–13:00"), ())
    assert not option.doubtful
    desk.do("cal_cancel", events="lunch")
    (undone,) = desk.proposal("undo").options[0].changes
    assert (undone.was, undone.becomes) == (
        (),
        ("lunch with Anna", "Fri 20 Nov, 12:00–13:00"),
    )


def test_of_a_series_a_card_says_how_much_of_it_goes(desk: Desk) -> None:
    desk.profile.put(berlin("standup", "20261116T140000", "20261116T141500", DAILY))
    options = desk.proposal("cal_cancel", events="the standup tomorrow").options
    assert [option.changes[0].was[2] for option in options] == [
        "only this occurrence", "this and the following ones", "the whole series",
    ]  # fmt: skip
    assert options[0].changes[0].was[:2] == ("standup", "Thu 19 Nov, 14:00–14:15")
    assert [option.changes[0].becomes for option in options] == [(), (), ()]
    assert [option.doubtful for option in options] == [False, True, True]


def test_several_events_of_one_file_have_a_line_each(desk: Desk) -> None:
    desk.profile.put(berlin("standup", "20261116T140000", "20261116T141500", DAILY))
    (option,) = desk.proposal("cal_cancel", events="all standups from 23 to 24 november").options
    assert option.changes[0].was == (
        "standup, Mon 23 Nov, 14:00–14:15, only this occurrence",
        "standup, Tue 24 Nov, 14:00–14:15, only this occurrence",
    )
    (month,) = desk.proposal("cal_cancel", events="all standups in december").options
    assert len(month.changes[0].was) == 9
    assert month.changes[0].was[-1] == "and 23 more"


def test_taking_several_events_away_is_doubtful(desk: Desk) -> None:
    desk.profile.put(berlin("lunch", "20261120T120000", "20261120T130000"), "a.ics")
    desk.profile.put(berlin("tea", "20261120T160000", "20261120T170000"), "b.ics")
    (option,) = desk.proposal("cal_cancel", events="everything on friday").options
    assert option.doubtful
    assert [change.was[0] for change in option.changes] == ["lunch", "tea"]


def test_what_is_over_or_was_not_said_to_be_off_is_asked_about(desk: Desk) -> None:
    desk.profile.put(berlin("Retro", "20261106T140000", "20261106T150000"), "a.ics")
    desk.profile.put(berlin("Tea", "20261120T140000", "20261120T150000"), "b.ics")
    (over,) = desk.proposal("cal_cancel", events="the retro").options
    assert (over.doubtful, over.reason) == (True, "it is already over")
    for said in (
        "cancel the tea", "Please call the tea off", "I can't make the tea", "",
        "i dont need the tea anymore", "the tea isn't needed", "I don't want the tea",
    ):  # fmt: skip
        desk.words = said
        (clear,) = desk.proposal("cal_cancel", events="the tea").options
        assert (clear.doubtful, clear.reason) == (False, ""), said
    for said in ("call the tea “Darjeeling”", "make the tea weekly"):
        desk.words = said
        (unsaid,) = desk.proposal("cal_cancel", events="the tea").options
        assert (unsaid.doubtful, unsaid.reason) == (True, "you did not say to cancel"), said


def test_of_a_set_it_is_said_which_repeat(desk: Desk) -> None:
    desk.profile.put(berlin("Tea", "20261120T140000", "20261120T150000"), "a.ics")
    daily = ("20261119T140000", "20261119T141500", "RRULE:FREQ=DAILY")
    desk.profile.put(berlin("Run", *daily), "b.ics")
    (option,) = desk.proposal("cal_cancel", events="everything on friday").options
    assert option.reason == "'Run' repeats, and only these times are cancelled"


def test_from_then_on_is_the_first_one_then_and_what_follows(desk: Desk) -> None:
    weekly = ("20261103T180000", "20261103T190000", "RRULE:FREQ=WEEKLY")
    desk.profile.put(berlin("Gym", *weekly))
    for said in ("gym from next month on", "all my gym starting 1 December onwards"):
        (option,) = desk.proposal("cal_cancel", events=said).options
        assert option.label == "Tue 1 Dec 18:00–19:00 Gym: this and the following ones"
        assert option.doubtful
    desk.do("cal_cancel", events="gym from next month on")
    assert desk.agenda("december") == []
    assert len(desk.agenda("next week")) == 1


def test_places_in_a_list_stay_what_they_were(desk: Desk) -> None:
    for index, title in enumerate(("Tea", "Run", "Yoga")):
        desk.profile.put(berlin(title, f"2026112{index}T140000", f"2026112{index}T150000"),
                         f"{index}.ics")  # fmt: skip
    desk.show("cal_find", when="friday to sunday")
    assert "'Tea'" in desk.do("cal_cancel", events="the first one")[0]
    desk.show("cal_find", words="Run")
    assert "'Run'" in desk.do("cal_cancel", events="the second one")[0]
    assert desk.refused("cal_cancel", events="the first one").code == "event_not_found"
    assert "'Yoga'" in desk.do("cal_cancel", events="the last one")[0]
