"""Guests of events: who is invited, and who is told when something they were invited to changes."""

from __future__ import annotations

from email import message_from_bytes, policy
from pathlib import Path

import pytest
from icalendar import Calendar

from app.core.errors import AmbiguousError
from app.core.proposals import Risk
from app.store.settings import Settings
from tests.support.calendar_profile import berlin, calendar_of, event
from tests.support.mail_profile import eml, vcard
from tests.support.tool_desk import Desk, open_desk

OWN = "ORGANIZER;CN=Ada:mailto:ada@example.org"
PRIYA = "ORGANIZER;CN=Priya Raman:mailto:priya@example.org"
ME = "ATTENDEE;CN=Ada;PARTSTAT=ACCEPTED:mailto:ada@example.org"
ANNA = "ATTENDEE;CN=Anna:mailto:anna@example.org"
BOB = "ATTENDEE;CN=Bob:mailto:bob@example.org"
NOON = ("20261120T120000", "20261120T130000")


def know(desk: Desk, name: str, mail: str) -> None:
    folder = desk.profile.root / "contacts"
    folder.mkdir(exist_ok=True)
    (folder / f"{mail}.vcf").write_text(vcard(name, mail))


def receive(desk: Desk, sender: str) -> None:
    folder = desk.profile.root / "mail" / "local" / "Inbox"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / ("a" * 32 + ".eml")).write_bytes(eml("Hello", "Hello", sender=sender).encode())


def sent(desk: Desk) -> list[tuple[list[str], str]]:
    """Recipients and method of every message in the Outbox."""
    found = []
    for path, data in desk.files().items():
        if "/Outbox/" in path:
            message = message_from_bytes(data, policy=policy.default)
            part = next(e for e in message.walk() if e.get_content_type() == "text/calendar")
            method = str(Calendar.from_ical(part.get_content())["METHOD"])
            found.append(([each.addr_spec for each in message["To"].addresses], method))
    return sorted(found)


def invite(desk: Desk, *names: str, when: str = "friday at noon", title: str = "lunch") -> object:
    arguments = {"title": title, "when": when, "with": list(names), "invite": True}
    return desk.do("cal_create", **arguments)


def test_an_invitation_goes_to_everybody_named_on_one_card(desk: Desk) -> None:
    know(desk, "Anna Berg", "anna@example.org")
    before = desk.files()
    arguments = {
        "title": "lunch", "when": "friday at noon", "invite": True,
        "with": ["Anna", "carl@example.net", "me"],
    }  # fmt: skip
    outcome = desk.run("cal_create", **arguments)
    assert outcome.data["invited"] == ["anna@example.org", "carl@example.net"]
    proposal = desk.proposal("cal_create", **arguments)
    assert proposal.risk is Risk.SEND
    (option,) = proposal.options
    assert not option.doubtful
    assert option.label == (
        "Fri 20 Nov, 12:00–13:00, inviting Anna Berg <anna@example.org> and carl@example.net"
    )
    added, message = option.changes
    assert added.becomes == (
        "lunch",
        "Fri 20 Nov, 12:00–13:00",
        "with Anna Berg and carl@example.net",
    )
    assert message.becomes[0] == "To: Anna Berg <anna@example.org>, carl@example.net"
    done, ids = desk.do("cal_create", **arguments)
    assert done.endswith(
        "The invitation to Anna Berg <anna@example.org> and carl@example.net is in the Outbox. "
        "It goes out once a mail account is set up."
    )
    assert sent(desk) == [(["anna@example.org", "carl@example.net"], "REQUEST")]
    (text,) = desk.profile.files().values()
    assert b'ORGANIZER;CN="Ada Example":mailto:ada@example.org' in text
    assert text.count(b"RSVP=TRUE") + text.count(b"RSVP=T\r\n RUE") <= 2
    assert len(ids) == 2
    desk.do("undo")
    assert desk.files() == before


def test_without_being_asked_nobody_is_invited(desk: Desk) -> None:
    know(desk, "Anna Berg", "anna@example.org")
    with_anna: dict[str, object] = {"with": ["Anna"]}
    (option,) = desk.proposal("cal_create", title="x", when="friday at noon", **with_anna).options
    assert [each.risk for each in option.changes] == [Risk.CHANGE]
    assert "ORGANIZER" not in (option.changes[0].after or "")


def test_whoever_is_known_stands_on_the_event_with_name_and_address(desk: Desk) -> None:
    know(desk, "Anna Berg", "anna@example.org")
    know(desk, "Kim Roth", "kim.r@example.org")
    know(desk, "Kim Ito", "kim.i@example.org")
    receive(desk, "Eve <eve@attacker.example>")
    arguments = {"title": "x", "when": "friday at noon", "with": ["Anna", "Kim", "Eve", "Zed"]}
    done, _ = desk.do("cal_create", **arguments)
    assert done.endswith("with Anna Berg, Kim, Eve and Zed.")
    (text,) = desk.profile.files().values()
    lines = text.decode().replace("\r\n ", "").splitlines()
    assert sorted(line for line in lines if line.startswith("ATTENDEE")) == [
        'ATTENDEE;CN="Anna Berg":mailto:anna@example.org',
        "ATTENDEE;CN=Eve:invalid:nomail",
        "ATTENDEE;CN=Kim:invalid:nomail",
        "ATTENDEE;CN=Zed:invalid:nomail",
    ]
    assert sent(desk) == []


def test_each_free_time_has_an_invitation_of_its_own(desk: Desk) -> None:
    know(desk, "Anna Berg", "anna@example.org")
    arguments = {
        "title": "x", "when": "friday afternoon", "duration": "1 hour", "with": ["Anna"],
        "invite": True,
    }  # fmt: skip
    options = desk.proposal("cal_create", **arguments).options
    assert len(options) == 3
    assert [len(each.changes) for each in options] == [2, 2, 2]
    assert len({each.changes[1].target for each in options}) == 3


@pytest.mark.parametrize(
    ("names", "code"),
    [([], "nobody_to_invite"), (["me"], "nobody_to_invite"), (["Ada Example"], "nobody_to_invite"),
     (["Zora"], "person_not_found"), (["zora@"], "person_not_found"),
     (["her"], "person_not_found")],
)  # fmt: skip
def test_an_invitation_to_nobody_known_is_refused(desk: Desk, names: list[str], code: str) -> None:
    arguments = {"title": "x", "when": "friday at noon", "with": names, "invite": True}
    assert desk.refused("cal_create", **arguments).code == code


def test_somebody_who_has_only_written_has_to_be_chosen(desk: Desk) -> None:
    receive(desk, "Mallory Moss <mallory@evil.example>")
    arguments = {"title": "x", "when": "friday at noon", "with": ["Mallory"], "invite": True}
    error = desk.refused("cal_create", **arguments)
    assert isinstance(error, AmbiguousError)
    assert (error.code, error.argument) == ("several_people", "with")
    assert [value for value, _ in error.choices] == ["mallory@evil.example"]


def test_without_an_own_address_nobody_can_be_invited(tmp_path: Path) -> None:
    settings = Settings(names=("Ada",), zone="Europe/Berlin", locale="en_GB")
    with open_desk(tmp_path / "p", settings) as desk:
        arguments = {
            "title": "x",
            "when": "friday at noon",
            "with": ["a@b.example"],
            "invite": True,
        }
        assert desk.refused("cal_create", **arguments).code == "no_own_address"


def test_cancelling_what_was_arranged_calls_it_off_for_the_guests(desk: Desk) -> None:
    know(desk, "Anna Berg", "anna@example.org")
    invite(desk, "Anna", "carl@example.net")
    before = desk.files()
    (option,) = desk.proposal("cal_cancel", events="lunch").options
    assert option.label.endswith("telling Anna Berg <anna@example.org> and carl@example.net")
    desk.do("cal_cancel", events="lunch")
    assert desk.profile.files() == {}
    assert sent(desk)[0] == (["anna@example.org", "carl@example.net"], "CANCEL")
    desk.do("undo")
    assert desk.files() == before


def test_guests_the_user_does_not_know_are_told_only_where_that_is_chosen(desk: Desk) -> None:
    know(desk, "Anna Berg", "anna@example.org")
    desk.profile.put(berlin("review", *NOON, OWN, ANNA, BOB))
    some, everybody = desk.proposal("cal_cancel", events="review").options
    assert some.doubtful and everybody.doubtful
    assert some.label.endswith("telling Anna Berg <anna@example.org>")
    assert some.reason == "bob@example.org will not be told"
    assert "bob@example.org is not in your contacts" in everybody.reason
    assert "bob@example.org" not in (some.changes[1].after or "")
    desk.do("cal_cancel", events="review")
    assert sent(desk) == [(["anna@example.org"], "CANCEL")]


def test_where_no_guest_is_known_nobody_is_told_at_first(desk: Desk) -> None:
    desk.profile.put(berlin("review", *NOON, OWN, BOB))
    nobody, everybody = desk.proposal("cal_cancel", events="review").options
    assert nobody.label.endswith("telling nobody") and nobody.done.endswith("Nobody is told.")
    assert [each.risk for each in nobody.changes] == [Risk.CHANGE]
    assert everybody.label.endswith("telling bob@example.org")


def test_what_somebody_else_arranged_is_left_quietly_or_declined(desk: Desk) -> None:
    know(desk, "Priya Raman", "priya@example.org")
    desk.profile.put(berlin("review", *NOON, PRIYA, ME, BOB))
    before = desk.files()
    quiet, declined = desk.proposal("cal_cancel", events="review").options
    assert quiet.label == (
        "Fri 20 Nov 12:00–13:00 review, out of your calendar only: "
        "Priya Raman <priya@example.org> is not told"
    )
    assert [each.risk for each in quiet.changes] == [Risk.CHANGE]
    assert declined.label.endswith("declining: tells Priya Raman <priya@example.org>")
    desk.do("cal_cancel", 1, events="review")
    assert desk.profile.files() == {}
    assert sent(desk) == [(["priya@example.org"], "REPLY")]
    desk.do("undo")
    assert desk.files() == before


def test_declining_to_a_stranger_is_flagged(desk: Desk) -> None:
    know(desk, "Priya Raman", "priya@example.org")
    fake = PRIYA.replace("priya@example.org", "priya@evil.example")
    desk.profile.put(berlin("review", *NOON, fake, ME))
    quiet, declined = desk.proposal("cal_cancel", events="review").options
    assert all("/Outbox/" not in each.target for each in quiet.changes)
    assert declined.doubtful and "you know Priya Raman as priya@example.org" in declined.reason


@pytest.mark.parametrize(
    "guest",
    ["ATTENDEE;CN=Zed:/principals/zed", "ATTENDEE:urn:uuid:77", "ATTENDEE:mailto:z@example.org"],
)
def test_guests_whatever_their_address_make_a_cancellation_doubtful(desk: Desk, guest: str) -> None:
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
        (option,) = desk.proposal("cal_cancel", events="sync next week", scope=scope).options
        assert option.doubtful and option.reason.endswith("arranged by somebody else")
        assert option.label.endswith("out of your calendar only: somebody else is not told")
    (only, *_) = desk.proposal("cal_cancel", events="sync next week").options
    assert only.label == "Mon 23 Nov 11:00–12:00 Sync: only this occurrence"
    assert not only.doubtful


def test_own_guests_without_an_address_are_named(desk: Desk) -> None:
    desk.profile.put(berlin("review", *NOON, OWN, "ATTENDEE;CN=Zed:/principals/zed"))
    (option,) = desk.proposal("cal_cancel", events="review").options
    assert (option.doubtful, option.reason) == (True, "Zed cannot be told: no mail address")
    assert [each.risk for each in option.changes] == [Risk.CHANGE]


def test_a_set_tells_each_of_those_it_concerns(desk: Desk) -> None:
    know(desk, "Priya Raman", "priya@example.org")
    know(desk, "Anna Berg", "anna@example.org")
    desk.profile.put(berlin("review", *NOON, PRIYA, ME), "a.ics")
    own = berlin("board", "20261120T150000", "20261120T160000", OWN, ANNA)
    desk.profile.put(own.replace("UID:one", "UID:two"), "b.ics")
    desk.profile.put(berlin("tea", "20261120T170000", "20261120T180000"), "c.ics")
    desk.do("cal_cancel", 1, events="everything on friday")
    assert desk.profile.files() == {}
    assert sent(desk) == [(["anna@example.org"], "CANCEL"), (["priya@example.org"], "REPLY")]


def test_moving_what_was_arranged_tells_the_guests(desk: Desk) -> None:
    know(desk, "Anna Berg", "anna@example.org")
    invite(desk, "Anna")
    before = desk.files()
    (option,) = desk.proposal("cal_move", event="lunch", to="13:00").options
    assert option.label.endswith("telling Anna Berg <anna@example.org>")
    desk.do("cal_move", event="lunch", to="13:00")
    assert sent(desk) == [(["anna@example.org"], "REQUEST")] * 2
    assert desk.agenda("friday") == ["20 13:00 lunch"]
    desk.do("undo")
    assert desk.files() == before


def test_moving_what_somebody_else_arranged_is_proposed_to_them(desk: Desk) -> None:
    know(desk, "Priya Raman", "priya@example.org")
    desk.profile.put(berlin("review", *NOON, PRIYA, ME))
    options = desk.proposal("cal_move", event="review", to="a free slot tomorrow").options
    assert len(options) == 3
    assert options[0].label == (
        "Propose Thu 19 Nov, 09:00–10:00 for 'review', Fri 20 Nov 12:00–13:00, "
        "telling Priya Raman <priya@example.org>"
    )
    desk.do("cal_move", event="review", to="13:00")
    assert desk.agenda("friday") == ["20 12:00 review"]
    assert sent(desk) == [(["priya@example.org"], "COUNTER")]


def test_moving_what_a_stranger_arranged_tells_nobody_unless_chosen(desk: Desk) -> None:
    desk.profile.put(berlin("review", *NOON, PRIYA, ME))
    ways = desk.proposal("cal_move", event="review", to="a free slot tomorrow").options
    assert ["nobody is told" in each.label for each in ways] == [True, False, False, False]


def test_several_messages_go_out_later_and_their_sentences_have_single_spaces(desk: Desk) -> None:
    know(desk, "Anna", "anna@example.org")
    know(desk, "Bob", "bob@example.org")
    know(desk, "Priya Raman", "priya@example.org")
    desk.profile.put(berlin("lunch", *NOON, OWN, ME, ANNA, BOB), "a.ics")
    desk.profile.put(berlin("review", *NOON, PRIYA, ME), "b.ics")
    done, _ = desk.do("cal_change", event="lunch", remove=["Bob"])
    assert done.endswith(
        "The update to Anna <anna@example.org> is in the Outbox. The cancellation to "
        "Bob <bob@example.org> is in the Outbox. They go out once a mail account is set up."
    )
    desk.do("undo")
    options = desk.proposal("cal_cancel", events="everything on friday").options
    (all_told,) = [each for each in options if "telling" in each.label and "tells" in each.label]
    assert all_told.done.endswith(
        "is in the Outbox. The answer to Priya Raman <priya@example.org> is in the Outbox. "
        "They go out once a mail account is set up."
    )
    assert all_told.changes[-2].summary == (
        "Send the cancellation “Cancelled: lunch” to Anna <anna@example.org> and "
        "Bob <bob@example.org>"
    )
    assert all("  " not in each.done for each in options)
