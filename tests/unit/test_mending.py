"""What code corrects in a model's call, from the user's own words, and what it leaves alone."""

from __future__ import annotations

import pytest

from app.agent.mending import mended
from app.core.clock import parse_now, zone_named
from app.core.messages import ToolCall

CLOCK = parse_now("2026-11-18T09:30[Europe/Berlin]", zone_named("Europe/Berlin"))


def create(text: str, **arguments: object) -> dict[str, object]:
    """The arguments of a cal_create call for `text`, mended."""
    (call,) = mended([ToolCall("cal_create", arguments)], text, CLOCK, "en_GB")
    return dict(call.arguments)


@pytest.mark.parametrize(
    ("text", "title", "when", "wanted"),
    [
        (
            "Schedule lunch with Anna on Friday at noon",
            "lunch with Anna on Friday",
            "Friday at noon",
            "lunch with Anna",
        ),
        ("lunch for Friday at noon", "lunch for Friday at noon", "Friday at noon", "lunch"),
        ("lunch on Friday", "lunch on Friday", "Friday", "lunch"),
        ("add gym at my first free slot", "gym at my", "first free slot", "gym"),
        ("gym at my first free slot", "gym at my first free slot", "first free slot", "gym"),
        ("lunch the next day", "lunch the", "next day", "lunch"),
    ],
)
def test_a_title_ends_where_the_time_begins(text: str, title: str, when: str, wanted: str) -> None:
    assert create(text, title=title, when=when)["title"] == wanted


@pytest.mark.parametrize(
    ("text", "title", "when"),
    [
        ("Book room 4 on 4 december", "room 4", "4 december"),
        ("Read chapter 3 on 3 December", "Read chapter 3", "3 December"),
        ("Watch Rocky 3 at 3 pm tomorrow", "Watch Rocky 3", "3 pm tomorrow"),
        ("add stand by by friday", "stand by", "by friday"),
        ("check in on Friday", "check in", "on Friday"),
        ("hepatitis a on Friday", "hepatitis a", "on Friday"),
        ("Friday drinks Friday at 6", "Friday drinks", "Friday at 6"),
        ("Friday at 6", "Friday", "Friday at 6"),
        ("Black Friday next week", "Black Friday", "next week"),
    ],
)
def test_words_said_twice_stay_in_both(text: str, title: str, when: str) -> None:
    assert create(text, title=title, when=when)["title"] == title


@pytest.mark.parametrize(
    ("text", "title", "people", "wanted"),
    [
        ("tomorrow noon sushi with Kenta", "sushi", ["Kenta"], "sushi with Kenta"),
        ("bowling w/ Zayn and Amira tomorrow", "bowling", ["Amira", "Zayn"],
         "bowling w/ Zayn and Amira"),
        ("call with Ann, Bob & Cy tomorrow", "call", ["Ann", "Bob", "Cy"],
         "call with Ann, Bob & Cy"),
        ("call with Annabel tomorrow", "call", ["Ann"], "call"),
        ("call with Ann and the team tomorrow", "call", ["Ann"], "call with Ann"),
        ("lunch tomorrow with Mark", "lunch", ["Mark"], "lunch"),
        ("lunch with cake tomorrow", "lunch", [], "lunch"),
        ("lunch with Mark tomorrow", "lunch with Mark", ["Mark"], "lunch with Mark"),
    ],
)  # fmt: skip
def test_who_stands_right_behind_a_title_belongs_to_it(
    text: str, title: str, people: list[str], wanted: str
) -> None:
    assert create(text, title=title, when="tomorrow", **{"with": people})["title"] == wanted


@pytest.mark.parametrize(
    ("text", "arguments", "wanted"),
    [
        (
            "Lunch Thursday with Mark at 12:30",
            {"title": "Lunch", "with": ["Mark"], "when": "Thursday"},
            "Thursday at 12:30",
        ),
        ("At 3pm dentist on Thursday", {"title": "dentist", "when": "Thursday"}, "Thursday At 3pm"),
        (
            "Read 1984 at 9 on Thursday",
            {"title": "Read 1984", "when": "Thursday"},
            "Thursday at 9",
        ),
    ],
)
def test_a_time_of_day_said_apart_joins_its_day(
    text: str, arguments: dict[str, object], wanted: str
) -> None:
    assert create(text, **arguments)["when"] == wanted


@pytest.mark.parametrize(
    ("text", "title"),
    [
        ("Dentist on Friday", "Dentist"),
        ("call on Friday, not at 3", "call"),
        ("block Friday, nothing before 10", "block"),
        ("holiday on Friday, my flight leaves at 6am", "holiday"),
        ("Dentist on Friday remind me at 9", "Dentist"),
        ("Lunch on Friday and dinner at 7", "Lunch"),
        ("Holiday Friday every year", "Holiday"),
    ],
)
def test_a_time_that_may_belong_to_something_else_is_left_out(text: str, title: str) -> None:
    assert create(text, title=title, when="Friday")["when"] == "Friday"


def test_a_day_that_cannot_be_read_is_left_to_the_tool() -> None:
    assert create("x on 31 Nov at 9", title="x", when="31 Nov")["when"] == "31 Nov"


def test_several_calls_and_other_calls_stay_as_they_are() -> None:
    find = ToolCall("cal_find", {"when": "Thursday"})
    assert mended([find], "what is on Thursday at 3", CLOCK, "en_GB") == [find]
    lunch = ToolCall("cal_create", {"title": "Lunch on Thursday", "when": "Thursday"})
    two = [lunch, find]
    assert mended(two, "Lunch on Thursday at 3, what else is on", CLOCK, "en_GB") == two


def test_a_call_that_was_made_twice_is_made_once() -> None:
    gym = ToolCall("cal_create", {"title": "gym", "when": "Friday at 5pm"})
    find = ToolCall("cal_find", {"when": "Friday"})
    text = "check if I'm free on Friday at 5pm and if so book gym"
    assert mended([gym, gym], text, CLOCK, "en_GB") == [gym]
    assert mended([gym, find, gym], text, CLOCK, "en_GB") == [gym, find]


@pytest.mark.parametrize(
    ("text", "events", "wanted"),
    [
        (
            "cancel everything on Friday except the coffee",
            "everything on Friday",
            "everything on Friday except the coffee",
        ),
        (
            "Cancel my meetings tomorrow, but keep lunch with Nadia.",
            "my meetings tomorrow",
            "my meetings tomorrow except lunch with Nadia",
        ),
        ("cancel all stand-ups but not Friday's", "all stand-ups", "all stand-ups except Friday's"),
        ("cancel the dentist but keep the optician", "the dentist", "the dentist"),
        ("cancel everything on Friday, it is a holiday", "everything on Friday", None),
    ],
)
def test_what_a_set_leaves_out_stays_with_it(text: str, events: str, wanted: str | None) -> None:
    (call,) = mended([ToolCall("cal_cancel", {"events": events})], text, CLOCK, "en_GB")
    assert call.arguments == {"events": wanted or events}


def test_an_address_is_never_cut_off() -> None:
    cut = ToolCall("contact_find", {"name": "bob@okafor-billing"})
    (call,) = mended([cut], "who is bob@okafor-billing.test?", CLOCK, "en_GB")
    assert call.arguments == {"name": "bob@okafor-billing.test"}


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("resolve the conflict on Saturday but keep the optician", "the optician"),
        ("solve Saturday's clash, leave the optician where it is", "the optician"),
        ("solve the clash on Saturday without moving the interview.", "the interview"),
    ],
)
def test_what_is_to_stay_is_kept(text: str, kept: str) -> None:
    call = ToolCall("cal_resolve", {"when": "Saturday", "movable": []})
    (mend,) = mended([call], text, CLOCK, "en_GB")
    assert mend.arguments["keep"] == [kept]
    named = ToolCall("cal_resolve", {"when": "Saturday", "movable": ["the dentist"]})
    assert mended([named], text, CLOCK, "en_GB") == [named]


@pytest.mark.parametrize(
    ("name", "text", "arguments", "wanted"),
    [
        ("cal_move", "move the hike a week later",
         {"event": "the hike a week later", "by": "a week later"}, "the hike"),
        ("cal_move", "move the last one to Monday at 10",
         {"event": "the last one to Monday at 10", "to": "Monday at 10"}, "the last one"),
        ("cal_move", "move my 3pm", {"event": "my 3pm", "to": "3pm"}, "my 3pm"),
        ("cal_move", "Tea at 4 to 5", {"event": "Tea at 4", "to": "5"}, "Tea at 4"),
        ("mail_update", "label them project",
         {"messages": "them project", "action": "label", "value": "project"}, "them"),
        ("cal_change", "rename the haircut as Trim",
         {"event": "the haircut as Trim", "title": "Trim"}, "the haircut"),
        ("cal_change", "move the talk in Room 4 to Room 4",
         {"event": "the talk in Room 4", "where": "Room 4"}, "the talk in Room 4"),
        ("mail_forward", "send Ingrid's mail on to Bartosz",
         {"message": "Ingrid's mail on to Bartosz", "to": ["Bartosz"]}, "Ingrid's mail"),
        ("mail_forward", "send Kofi and Nadia the last mail from Nadia",
         {"message": "the last mail from Nadia", "to": ["Kofi", "Nadia"]},
         "the last mail from Nadia"),
    ],
)  # fmt: skip
def test_a_reference_ends_where_the_next_argument_begins(
    name: str, text: str, arguments: dict[str, object], wanted: str
) -> None:
    (call,) = mended([ToolCall(name, arguments)], text, CLOCK, "en_GB")
    assert call.arguments == arguments | {next(iter(arguments)): wanted}


def test_a_place_and_a_name_hold_no_time() -> None:
    text = "add a talk with Nadia then at her gallery next Friday 10 to 11"
    made = create(
        text,
        title="talk",
        when="next Friday 10 to 11",
        where="her gallery next Friday",
        **{"with": ["Nadia then"]},
    )
    assert (made["where"], made["with"]) == ("her gallery", ["Nadia"])


def test_what_is_answered_ends_where_the_answer_begins() -> None:
    cut = ToolCall("mail_reply", {"message": "that Friday", "body": "Friday works"})
    (call,) = mended([cut], "reply that Friday works", CLOCK, "en_GB")
    assert call.arguments == {"message": "that", "body": "Friday works"}
    whole = ToolCall("mail_reply", {"message": "Anna", "body": "Friday works"})
    assert mended([whole], "reply to Anna that Friday works", CLOCK, "en_GB") == [whole]


@pytest.mark.parametrize(
    ("tool", "argument", "said", "text", "wanted"),
    [
        ("cal_create", "title", "haircut please", "friday at 3 haircut please", "haircut"),
        ("cal_create", "title", "Say Please", "friday at 3 Say Please", "Say Please"),
        ("cal_create", "title", "say please", "say please at 3", "say please"),
        ("cal_create", "when", "Friday at 3, thanks", "haircut Friday at 3, thanks.",
         "Friday at 3"),
        ("cal_create", "title", "Schedule a lunch", "Schedule a lunch on Friday", "lunch"),
        ("cal_create", "title", "schedule the vans", "remind me to schedule the vans at 3",
         "schedule the vans"),
        ("cal_create", "title", "Add a coat of paint", "Add a coat of paint Saturday 10am",
         "Add a coat of paint"),
        ("cal_create", "title", "create a will", "I need to create a will on Tuesday",
         "create a will"),
        ("cal_create", "title", "Book club", "Book club on Friday", "Book club"),
        ("cal_cancel", "events", "cancel my lunch", "please cancel my lunch", "my lunch"),
        ("cal_cancel", "events", "please cancel my lunch", "please cancel my lunch", "my lunch"),
        ("cal_cancel", "events", "Cancel", "Cancel", "Cancel"),
        ("cal_cancel", "events", "Cancel Netflix", "Cancel Netflix isn't needed tomorrow",
         "Cancel Netflix"),
        ("cal_move", "event", "Move the retro", "Move the retro to Friday", "the retro"),
        ("cal_move", "event", "Move in day", "Move in day should be Saturday", "Move in day"),
        ("cal_move", "event", "Shift handover", "Shift handover is at 5 now", "Shift handover"),
        ("mail_update", "messages", "archive them pls", "archive them pls", "them"),
        ("mail_update", "messages", "Trash collection mails", "Trash collection mails can go",
         "Trash collection mails"),
        ("mail_draft", "body", "come please", "tell Bob come please", "come please"),
        ("mail_find", "words", "yes please", "find yes please", "yes please"),
    ],
)  # fmt: skip
def test_what_is_said_to_the_program_is_no_part_of_a_value(
    tool: str, argument: str, said: str, text: str, wanted: str
) -> None:
    (call,) = mended([ToolCall(tool, {argument: said})], text, CLOCK, "en_GB")
    assert call.arguments[argument] == wanted


def test_nobody_is_written_to_twice() -> None:
    people = {"to": ["Anna", "Bob", "anna"], "cc": ["bob", "Carla"], "bcc": ["carla"]}
    said = {"body": "hi", **people}
    (call,) = mended([ToolCall("mail_draft", said)], "hi", CLOCK, "en_GB")
    assert call.arguments == {"to": ["Anna", "Bob"], "body": "hi", "cc": ["Carla"]}


@pytest.mark.parametrize(
    ("text", "title", "duration"),
    [
        ("a 30 minute sync with Olu on Wednesday at 16:00", "sync with Olu", "30 minute"),
        ("block two hours for deep work tomorrow morning", "deep work", "two hours"),
        ("half an hour with the dentist on Friday at 3", "the dentist", "half an hour"),
        ("lunch on Friday at noon, remind me an hour before", "lunch", None),
        ("in two hours: take the bread out", "take the bread out", None),
        ("tea tomorrow at 4, it takes 20 minutes there and 20 minutes back", "tea", None),
        ("the 24 hour run on Saturday at 9", "24 hour run", None),
    ],
)
def test_a_length_that_was_said_is_not_lost(text: str, title: str, duration: str | None) -> None:
    when = "in two hours" if text.startswith("in ") else "Friday at 3"
    assert create(text, title=title, when=when).get("duration") == duration


@pytest.mark.parametrize(
    ("text", "when", "wanted"),
    [
        ("ok so next thursday im having dinner at half seven", "half seven",
         "next thursday at half seven"),
        ("on Friday I'm seeing Bob at 3pm", "3pm", "Friday at 3pm"),
        ("I'm not free on Friday. Tea at 3pm", "3pm", "3pm"),
        ("not on Friday but at 3pm", "3pm", "3pm"),
        ("Friday at noon", "Friday at noon", "Friday at noon"),
        ("tea at 3pm", "3pm", "3pm"),
    ],
)  # fmt: skip
def test_a_time_of_day_joins_the_day_said_before_it(text: str, when: str, wanted: str) -> None:
    assert create(text, title="tea", when=when)["when"] == wanted


def test_nobody_is_named_twice() -> None:
    made = create("tea with Al and Al at 3", title="tea", when="3", **{"with": ["Al", "al"]})
    assert made["with"] == ["Al"]
