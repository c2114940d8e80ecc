"""Every tool against the contract: its schema, what it answers, and that it changes nothing itself.

The tools run over a real profile: files, database, journal.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from app.agent.events import Answered, Applied
from app.cli.output import make_output
from app.core.errors import AmbiguousError, KnownError
from app.core.ports import Clock, ToolOutcome
from app.core.proposals import Change, Proposal, Risk
from app.engine.dialects.base import tools_json
from app.store.changes import apply_changes
from app.store.settings import Settings
from app.tools.calendar_tools import calendar_tools
from app.tools.registry import Registry
from app.tools.schemas import DECLARED
from app.tools.undo_tool import undo_tool
from app.tools.validation import KEYWORDS
from tests.support.calendar_profile import (
    CLOCK,
    NOW,
    Profile,
    berlin,
    calendar_of,
    event,
    ics,
    open_profile,
)

SETTINGS = Settings(names=("Ada Example",), zone="Europe/Berlin", locale="en_GB")
CONTRACT = [
    "mail_find", "mail_read", "mail_summarise", "mail_extract", "mail_draft", "mail_reply",
    "mail_forward", "mail_send", "mail_update", "contact_find", "cal_find", "cal_free",
    "cal_conflicts", "cal_resolve", "cal_create", "cal_move", "cal_change", "cal_cancel",
    "cal_respond", "undo",
]  # fmt: skip


class Desk:
    """The tools over one profile, and a hand that says yes."""

    def __init__(self, profile: Profile) -> None:
        self.profile = profile
        owners = {"calendar": profile.store}
        self.registry = Registry(
            (
                *calendar_tools(profile.calendar, SETTINGS, profile.journal),
                undo_tool(profile.journal, owners),
            )
        )

    def run(self, name: str, clock: Clock = CLOCK, /, **arguments: object) -> ToolOutcome:
        """Run a tool; whatever it answers, no file has changed."""
        before = self.profile.files()
        try:
            return self.registry.run(name, arguments, clock)
        finally:
            assert self.profile.files() == before

    def proposal(self, name: str, /, **arguments: object) -> Proposal:
        """The proposal of a tool, as it comes back from a paused turn."""
        outcome = self.run(name, **arguments)
        assert outcome.proposal is not None
        return Proposal.from_json(json.loads(json.dumps(outcome.proposal.to_json())))

    def refused(self, name: str, /, **arguments: object) -> KnownError:
        """The error of a call that must not succeed."""
        with pytest.raises(KnownError) as caught:
            self.run(name, **arguments)
        assert caught.value.message.endswith((".", "?"))
        return caught.value

    def do(self, name: str, option: int = 0, /, **arguments: object) -> tuple[str, tuple[str, ...]]:
        """Take an option; its closing sentence and the journal's ids."""
        proposal = self.proposal(name, **arguments)
        taken = proposal.options[option]
        owners = {"calendar": self.profile.store}
        ids = apply_changes(self.profile.journal, owners, None, proposal.title, taken.changes)
        return taken.done, ids

    def agenda(self, when: str) -> list[str]:
        """What the calendar holds then: "20 12:00 lunch"."""
        found = self.run("cal_find", when=when).data["occurrences"]
        assert isinstance(found, list)
        return [
            f"{datetime.fromisoformat(each['start']):%d %H:%M} {each['title']}" for each in found
        ]


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    with open_profile(tmp_path / "p") as profile:
        yield Desk(profile)


def test_the_declared_tools_are_the_contract(desk: Desk) -> None:
    assert [spec.name for spec in desk.registry.declared] == CONTRACT
    runnable = ["cal_find", "cal_create", "cal_cancel", "undo"]
    assert [spec.name for spec in desk.registry.specs] == runnable


@pytest.mark.parametrize("spec", DECLARED, ids=lambda spec: spec.name)
def test_each_schema_is_closed_bounded_and_of_the_kind_the_validator_knows(spec: object) -> None:
    parameters = getattr(spec, "parameters")  # noqa: B009
    assert list(parameters) == ["type", "properties", "required", "additionalProperties"]
    assert (parameters["type"], parameters["additionalProperties"]) == ("object", False)
    assert set(parameters["required"]) <= set(parameters["properties"])

    def check(schema: Mapping[str, object]) -> None:
        assert set(schema) <= KEYWORDS
        variants = schema.get("anyOf")
        if isinstance(variants, list):
            for variant in variants:
                check(variant)
        elif schema["type"] == "string":
            assert "maxLength" in schema
        elif schema["type"] == "array":
            assert "maxItems" in schema
            items = schema["items"]
            assert isinstance(items, Mapping)
            check(items)
        else:
            assert schema["type"] in ("boolean", "integer")

    for schema in parameters["properties"].values():
        check(schema)


def test_the_users_words_are_spans() -> None:
    schemas = {spec.name: spec.parameters["properties"] for spec in DECLARED}
    create = schemas["cal_create"]
    assert isinstance(create, Mapping)
    names = [name for name, schema in create.items() if schema.get("x-span")]
    assert names == ["title", "when", "duration", "where", "notes", "repeat", "remind"]
    assert create["with"]["items"]["x-span"]
    cancel = schemas["cal_cancel"]
    assert isinstance(cancel, Mapping)
    assert cancel["events"]["anyOf"][0]["x-span"]


def test_all_tools_fit_into_the_prompt_prefix() -> None:
    text = tools_json(DECLARED)
    assert len(text) <= 5000


def test_risks_are_those_of_the_contract() -> None:
    risks = {spec.name: spec.risk for spec in DECLARED}
    assert risks["cal_find"] is Risk.READ and risks["mail_draft"] is Risk.DRAFT
    assert risks["cal_create"] is risks["undo"] is Risk.CHANGE
    assert risks["mail_send"] is risks["cal_respond"] is Risk.SEND


@pytest.mark.parametrize(
    ("name", "arguments", "names"),
    [
        ("cal_create", {"title": "x"}, "when"),
        ("cal_create", {"title": "  ", "when": "tomorrow"}, "title"),
        ("cal_create", {"title": "\x00\x07", "when": "tomorrow"}, "title"),
        ("cal_create", {"title": "x", "when": "tomorrow", "whom": "y"}, "whom"),
        ("cal_create", {"title": 5, "when": "tomorrow"}, "title"),
        ("cal_create", {"title": "x" * 201, "when": "tomorrow"}, "title"),
        ("cal_create", {"title": "x", "when": "tomorrow", "with": "Anna"}, "with"),
        ("cal_create", {"title": "x", "when": "tomorrow", "with": [1]}, "with"),
        ("cal_create", {"title": "x", "when": "tomorrow", "with": ["a"] * 51}, "with"),
        ("cal_create", {"title": "x", "when": "tomorrow", "invite": "yes"}, "invite"),
        ("cal_create", {"title": "x\ud800", "when": "tomorrow"}, "title"),
        ("cal_cancel", {"events": 7}, "events"),
        ("cal_cancel", {"events": "x", "scope": "some"}, "scope"),
        ("cal_find", {"limit": 0}, "limit"),
        ("cal_find", {"limit": True}, "limit"),
        ("cal_find", {"limit": "3"}, "limit"),
        ("undo", {"change": ["c1"]}, "change"),
    ],
)
def test_a_wrong_argument_is_named(
    desk: Desk, name: str, arguments: dict[str, object], names: str
) -> None:
    error = desk.refused(name, **arguments)
    assert error.code == "bad_argument" and names in error.message


def test_tools_that_are_unknown_or_cannot_run_yet_say_so(desk: Desk) -> None:
    assert desk.refused("cal_destroy").code == "unknown_tool"
    error = desk.refused("mail_send", draft="it")
    assert error.code == "tool_unavailable" and "yet" in error.message


# cal_create


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
    ],
)
def test_how_often_and_how_long_become_a_rule(
    desk: Desk, when: str, repeat: str, rule: str
) -> None:
    assert desk.run("cal_create", title="x", when=when, repeat=repeat).data["repeats"] == rule


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


def test_an_invitation_is_refused_rather_than_dropped(desk: Desk) -> None:
    error = desk.refused("cal_create", title="x", when="friday at noon", invite=True)
    assert error.code == "invite_unavailable"


@pytest.mark.parametrize("when", ["31 November", "soonish", "3/4"])
def test_a_time_that_is_none_or_two_is_refused(desk: Desk, when: str) -> None:
    registry = Registry(
        calendar_tools(desk.profile.calendar, Settings(locale="en"), desk.profile.journal)
    )
    with pytest.raises(KnownError) as caught:
        registry.run("cal_create", {"title": "x", "when": when}, CLOCK)
    if isinstance(caught.value, AmbiguousError):
        assert caught.value.argument == "when" and len(caught.value.choices) == 2


def test_a_broken_file_stops_changes_and_is_named_beside_answers(desk: Desk) -> None:
    desk.profile.put("broken", "broken.ics")
    desk.profile.put(berlin("lunch", "20261120T120000", "20261120T130000"))
    for error in (
        desk.refused("cal_create", title="x", when="friday at noon"),
        desk.refused("cal_cancel", events="lunch"),
    ):
        assert error.code == "broken_calendar_file"
        assert "broken.ics" in error.message and "nothing was changed" in error.message
    outcome = desk.run("cal_find", when="friday")
    assert outcome.data["total"] == 1
    assert outcome.problem is not None and "broken.ics" in outcome.problem.message


# cal_find


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


# cal_cancel


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


def test_an_event_with_invited_guests_is_left_alone(desk: Desk) -> None:
    text = berlin(
        "review", "20261120T120000", "20261120T130000", "ORGANIZER:mailto:bo@example.org",
        "ATTENDEE:mailto:ada@example.org",
    )  # fmt: skip
    desk.profile.put(text)
    assert desk.refused("cal_cancel", events="review").code == "invite_unavailable"


@pytest.mark.parametrize(
    "guest",
    ["ATTENDEE;CN=Zed:/principals/zed", "ATTENDEE:urn:uuid:77", "ATTENDEE:mailto:z@example.org"],
)
def test_guests_whatever_their_address_keep_an_event_from_being_cancelled(
    desk: Desk, guest: str
) -> None:
    invited = ("ORGANIZER:urn:uuid:1", guest, "SUMMARY:Sync with client")
    series = event(
        "SUMMARY:Sync", "DTSTART:20261116T100000Z", "DTEND:20261116T110000Z", "RRULE:FREQ=WEEKLY"
    )
    override = event(
        "RECURRENCE-ID:20261130T100000Z", "DTSTART:20261130T120000Z", "DTEND:20261130T130000Z",
        *invited,
    )  # fmt: skip
    desk.profile.put(calendar_of(series, override))
    for scope in ("all", "following"):
        error = desk.refused("cal_cancel", events="sync next week", scope=scope)
        assert error.code == "invite_unavailable"
    offered = desk.proposal("cal_cancel", events="sync next week").options
    assert [option.label for option in offered] == [
        "Mon 23 Nov 11:00–12:00 Sync: only this occurrence"
    ]
    assert desk.refused("cal_cancel", events="sync with client").code == "invite_unavailable"


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


# undo


def test_undo_takes_back_the_last_operation(desk: Desk) -> None:
    desk.do("cal_create", title="lunch", when="friday at noon")
    before = desk.profile.files()
    desk.do("cal_create", title="tea", when="friday at 16:00")
    proposal = desk.proposal("undo")
    assert proposal.title == "Undo: Add 'tea', Fri 20 Nov, 16:00–17:00"
    assert proposal.options[0].changes[0].undoes == "c2"
    desk.do("undo")
    assert desk.profile.files() == before
    desk.do("undo")
    assert desk.profile.files() == {}
    assert desk.refused("undo").code == "nothing_to_undo"


def test_undo_of_a_set_restores_every_byte(desk: Desk) -> None:
    desk.profile.put_all(
        {
            "a.ics": berlin("lunch", "20261120T120000", "20261120T130000"),
            "b.ics": berlin("standup", "20261119T140000", "20261119T141500", "RRULE:FREQ=DAILY"),
        }
    )
    before = desk.profile.files()
    desk.do("cal_cancel", events="everything on friday")
    assert desk.profile.files() != before
    desk.do("undo")
    assert desk.profile.files() == before


def test_undo_of_a_named_change(desk: Desk) -> None:
    _, (first,) = desk.do("cal_create", title="lunch", when="friday at noon")
    desk.do("cal_create", title="tea", when="friday at 16:00")
    desk.do("undo", change=first)
    assert desk.agenda("friday") == ["20 16:00 tea"]
    assert desk.refused("undo", change=first).code == "nothing_to_undo"
    assert desk.refused("undo", change="c99").code == "no_such_change"


def test_undo_leaves_a_file_that_changed_since(desk: Desk) -> None:
    desk.do("cal_create", title="lunch", when="friday at noon")
    (path,) = desk.profile.files()
    file = desk.profile.root / path
    file.write_bytes(file.read_bytes().replace(b"lunch", b"brunch"))
    assert desk.refused("undo").code == "stale"
    assert b"brunch" in file.read_bytes()


def test_undo_says_what_must_be_undone_first(desk: Desk) -> None:
    desk.profile.put(berlin("run", "20261119T070000", "20261119T080000", "RRULE:FREQ=DAILY"))
    before = desk.profile.files()
    for events in ("run tomorrow", "run on friday"):
        desk.do("cal_cancel", events=events, scope="this")
    error = desk.refused("undo", change="c1")
    assert error.code == "stale" and error.hint == "Undo c2 first."
    desk.do("undo", change="c2")
    desk.do("undo", change="c1")
    assert desk.profile.files() == before


def test_undo_offers_what_was_done_before_something_others_changed(desk: Desk) -> None:
    desk.do("cal_create", title="tea", when="friday at 16:00")
    desk.do("cal_create", title="lunch", when="friday at noon")
    for path, content in desk.profile.files().items():
        if b"lunch" in content:
            (desk.profile.root / path).write_bytes(content.replace(b"lunch", b"brunch"))
    error = desk.refused("undo")
    assert isinstance(error, AmbiguousError) and error.code == "stale"
    assert error.choices == (("c1", "Undo: Add 'tea', Fri 20 Nov, 16:00–17:00"),)
    desk.do("undo", change=error.choices[0][0])
    assert desk.agenda("friday") == ["20 12:00 brunch"]


def test_an_undo_keeps_its_words_and_can_be_undone(desk: Desk) -> None:
    desk.do("cal_create", title="tea", when="friday at 16:00")
    made = desk.profile.files()
    summary = "Add 'tea', Fri 20 Nov, 16:00–17:00"
    done, ids = desk.do("undo")
    assert done == f"Undone: “{summary}”."
    for words in ("Do again", "Undo", "Do again"):
        proposal = desk.proposal("undo", change=ids[0])
        assert proposal.title == f"{words}: {summary}"
        assert proposal.options[0].changes[0].summary == summary
        _, ids = desk.do("undo", change=ids[0])
    assert desk.profile.files() == made


def test_for_a_person_the_closing_line_ends_with_the_number_to_undo(
    capsys: pytest.CaptureFixture[str],
) -> None:
    output = make_output(json_lines=False)
    change = Change("calendar:calendars/a/b.ics", "create event", "", None, "x", "Add 'x'")
    output.event(Applied((("c3", change), ("c4", change))))
    output.event(Answered("Added 'x'.", 1))
    output.event(Answered("Nothing on Friday.", 2))
    assert capsys.readouterr().out == "Added 'x'. (undo: c3)\nNothing on Friday.\n"


def test_another_zone_is_the_clocks(desk: Desk) -> None:
    tokyo = ZoneInfo("Asia/Tokyo")
    clock = Clock(datetime(2026, 11, 18, 9, 30, tzinfo=tokyo), tokyo)
    desk.profile.put(berlin("lunch", "20261120T120000", "20261120T130000"))
    assert "20:00–21:00 lunch" in desk.run("cal_find", clock, when="friday").sentence
