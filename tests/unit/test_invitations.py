"""iTIP messages: what guests and organizers are told, read back with the calendar parser."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from icalendar import Calendar

from app.calendars.answers import is_newer, is_older, merged, read_received, with_answer
from app.calendars.changes import NewEvent, plan_cancel, plan_create
from app.calendars.edits import Told, plan_change, plan_move
from app.calendars.invitations import Notice, arranged_by, notices
from app.calendars.particulars import Particulars
from app.calendars.recurrence import CalendarObject, entries, parse
from app.calendars.replies import counter, departures, reply
from app.core.ports import Occurrence
from tests.support.calendar_profile import BERLIN, NOW, berlin, calendar_of, event, ics

OWN = {"ada@example.org"}
FRIDAY = datetime(2026, 11, 20, 12, tzinfo=BERLIN)
ORGANIZER = "ORGANIZER;CN=Ada:mailto:ada@example.org"
ANNA = "ATTENDEE;CN=Anna Berg;PARTSTAT=ACCEPTED:mailto:anna@example.org"
BOB = "ATTENDEE;CN=Bob:mailto:bob@example.org"
PRIYA = "ORGANIZER;CN=Priya Raman:mailto:priya@example.org"
ME = "ATTENDEE;CN=Ada;PARTSTAT=NEEDS-ACTION;RSVP=TRUE:MAILTO:Ada@Example.org"


def source_of(text: str) -> CalendarObject:
    source = parse("calendars/personal/one.ics", text)
    assert source is not None
    return source


def occurrences(text: str, days: int = 40) -> list[Occurrence]:
    found = entries(source_of(text), NOW, NOW + timedelta(days=days))
    return [each.occurrence for each in found]


def weekly(*more: str) -> str:
    return berlin("standup", "20261120T090000", "20261120T091500", "RRULE:FREQ=WEEKLY", *more)


def read(text: str) -> tuple[str, list[Any]]:
    """The method and the events of a message."""
    calendar = Calendar.from_ical(text)
    return str(calendar["METHOD"]), list(calendar.walk("VEVENT"))


def mails(found: Notice) -> list[str]:
    return [each.mail for each in found.guests]


def addresses(component: Any) -> list[str]:
    values = component.get("ATTENDEE", [])
    return [str(each) for each in (values if isinstance(values, list) else [values])]


def after_cancelling(text: str, which: Sequence[int], scope: Any) -> str | None:
    every = occurrences(text)
    chosen = [every[index] for index in which]
    return plan_cancel(source_of(text), chosen, scope, now=NOW, summary="").after


def test_an_invitation_holds_what_the_standard_asks_for() -> None:
    new = NewEvent(
        "lunch; outside", FRIDAY, FRIDAY + timedelta(hours=1),
        attendees=("Anna Berg <anna@example.org>", "Bob", "carl@example.net"),
        organizer="Ada Example <ada@example.org>", remind=timedelta(minutes=5),
    )  # fmt: skip
    text = plan_create(new, now=NOW, summary="").after
    (found,) = notices(None, text, OWN, now=NOW)
    assert (found.method, found.new, found.organizer) == ("REQUEST", True, "ada@example.org")
    assert mails(found) == ["anna@example.org", "carl@example.net"]
    assert found.silent == ()  # who is only named was never a guest
    method, (sent,) = read(found.text)
    assert method == "REQUEST"
    assert (sent["SUMMARY"], int(sent["SEQUENCE"])) == ("lunch; outside", 0)
    assert sent["UID"] and sent["DTSTAMP"].dt == NOW.astimezone(UTC)
    assert str(sent["ORGANIZER"]) == "mailto:ada@example.org"
    assert addresses(sent) == ["mailto:anna@example.org", "mailto:carl@example.net"]
    assert [each.params["PARTSTAT"] for each in sent["ATTENDEE"]] == ["NEEDS-ACTION"] * 2
    assert sent["DTSTART"].dt == FRIDAY
    assert "BEGIN:VTIMEZONE\r\nTZID:Europe/Berlin\r\n" in found.text
    assert "VALARM" not in found.text and "Bob" not in found.text


def test_what_is_the_users_own_stays_out_of_a_message() -> None:
    text = berlin(
        "review", "20261120T120000", "20261120T130000", ORGANIZER, ANNA, "CATEGORIES:difficult",
        "X-NOTE:private", "ATTACH:file:///home/ada/list.pdf", "ATTACH:https://example.org/a.pdf",
    )  # fmt: skip
    (found,) = notices(None, text, OWN, now=NOW)
    for private in ("CATEGORIES", "X-NOTE", "file:"):
        assert private not in found.text
    assert "https://example.org/a.pdf" in found.text


def test_a_zone_the_file_does_not_explain_is_explained() -> None:
    text = berlin("x", "20261120T120000", "20261120T130000", ORGANIZER, ANNA)
    (found,) = notices(None, text, OWN, now=NOW)
    zones = list(Calendar.from_ical(found.text).walk("VTIMEZONE"))
    assert [str(each["TZID"]) for each in zones] == ["Europe/Berlin"]
    assert len(found.text) < 2_000


def test_a_cancelled_event_is_called_off() -> None:
    text = berlin(
        "review", "20261120T120000", "20261120T130000", ORGANIZER, ANNA, BOB, "SEQUENCE:4"
    )
    (found,) = notices(text, None, OWN, now=NOW)
    assert mails(found) == ["anna@example.org", "bob@example.org"]
    method, (sent,) = read(found.text)
    assert (method, sent["STATUS"], int(sent["SEQUENCE"])) == ("CANCEL", "CANCELLED", 5)
    assert (sent["UID"], sent["DTSTART"].dt) == ("one", FRIDAY)
    assert str(sent["ORGANIZER"]) == "mailto:ada@example.org"


def test_occurrences_that_are_taken_out_are_called_off_in_one_message() -> None:
    text = weekly(ORGANIZER, ANNA)
    (found,) = notices(text, after_cancelling(text, [0, 2], "this"), OWN, now=NOW)
    method, sent = read(found.text)
    assert method == "CANCEL"
    assert [each["RECURRENCE-ID"].dt for each in sent] == [
        datetime(2026, 11, 20, 9, tzinfo=BERLIN), datetime(2026, 12, 4, 9, tzinfo=BERLIN),
    ]  # fmt: skip
    assert {int(each["SEQUENCE"]) for each in sent} == {1}
    assert sent[1]["DTEND"].dt == datetime(2026, 12, 4, 9, 15, tzinfo=BERLIN)
    assert "RRULE:FREQ=WEEKLY" not in found.text


def test_a_series_that_ends_earlier_is_sent_anew() -> None:
    text = weekly(ORGANIZER, ANNA)
    (found,) = notices(text, after_cancelling(text, [2], "following"), OWN, now=NOW)
    method, (sent,) = read(found.text)
    assert (method, int(sent["SEQUENCE"]), found.new) == ("REQUEST", 1, False)
    assert "UNTIL" in sent["RRULE"]


def test_a_series_without_its_last_occurrence_is_called_off() -> None:
    text = berlin(
        "twice", "20261120T090000", "20261120T091500", "RRULE:FREQ=WEEKLY;COUNT=2", ORGANIZER, ANNA
    )
    (found,) = notices(text, after_cancelling(text, [0, 1], "this"), OWN, now=NOW)
    method, (sent,) = read(found.text)
    assert (method, sent["STATUS"]) == ("CANCEL", "CANCELLED")
    assert "RECURRENCE-ID" not in sent


def test_a_moved_occurrence_is_sent_alone() -> None:
    text = weekly(ORGANIZER, ANNA)
    which = occurrences(text)[1]
    later = which.start + timedelta(hours=2)
    (change,) = plan_move(
        source_of(text), which, "this", later, later + timedelta(minutes=15), Told(""), now=NOW
    )
    (found,) = notices(change.before, change.after, OWN, now=NOW)
    method, (sent,) = read(found.text)
    assert (method, sent["DTSTART"].dt) == ("REQUEST", later)
    assert sent["RECURRENCE-ID"].dt == which.start and int(sent["SEQUENCE"]) == 1


def test_a_moved_series_that_is_split_is_two_messages() -> None:
    text = weekly(ORGANIZER, ANNA)
    which = occurrences(text)[1]
    later = which.start + timedelta(hours=2)
    changes = plan_move(
        source_of(text), which, "following", later, later + timedelta(minutes=15), Told(""), now=NOW
    )
    found = [each for c in changes for each in notices(c.before, c.after, OWN, now=NOW)]
    assert [(each.method, each.new) for each in found] == [("REQUEST", False), ("REQUEST", True)]
    (old,), (new,) = read(found[0].text)[1], read(found[1].text)[1]
    assert "UNTIL" in old["RRULE"] and old["UID"] != new["UID"]


def test_who_is_taken_off_the_list_learns_it_and_the_others_get_the_new_one() -> None:
    text = berlin("review", "20261120T120000", "20261120T130000", ORGANIZER, ANNA, BOB)
    (which,) = occurrences(text)
    wanted = Particulars(remove=("Bob",))
    (change,) = plan_change(source_of(text), which, "this", wanted, Told(""), now=NOW)
    kept, gone = notices(change.before, change.after, OWN, now=NOW)
    assert (kept.method, mails(kept)) == ("REQUEST", ["anna@example.org"])
    assert (gone.method, mails(gone)) == ("CANCEL", ["bob@example.org"])
    assert "anna@example.org" not in gone.text and "bob@example.org" not in kept.text


def test_who_is_taken_off_one_occurrence_learns_it_too() -> None:
    text = weekly(ORGANIZER, ANNA, BOB)
    which = occurrences(text)[1]
    wanted = Particulars(remove=("Bob",))
    (change,) = plan_change(source_of(text), which, "this", wanted, Told(""), now=NOW)
    kept, gone = notices(change.before, change.after, OWN, now=NOW)
    assert (kept.method, mails(kept)) == ("REQUEST", ["anna@example.org"])
    assert (gone.method, mails(gone)) == ("CANCEL", ["bob@example.org"])
    (sent,) = read(gone.text)[1]
    assert sent["RECURRENCE-ID"].dt == which.start


def test_guests_of_one_occurrence_alone_hear_of_it() -> None:
    series = event("SUMMARY:Sync", "DTSTART:20261120T100000Z", "RRULE:FREQ=WEEKLY")
    own = event("SUMMARY:Sync", "RECURRENCE-ID:20261127T100000Z", "DTSTART:20261127T120000Z",
                ORGANIZER, ANNA)  # fmt: skip
    (found,) = notices(calendar_of(series, own), None, OWN, now=NOW)
    method, (sent,) = read(found.text)
    assert (method, mails(found)) == ("CANCEL", ["anna@example.org"])
    assert sent["RECURRENCE-ID"].dt == datetime(2026, 11, 27, 10, tzinfo=UTC)


def test_guests_of_a_series_hear_of_an_occurrence_that_does_not_name_them() -> None:
    def calendar(*people: str) -> str:
        series = event("SUMMARY:Sync", "DTSTART:20261120T100000Z", "RRULE:FREQ=WEEKLY", *people)
        own = event("SUMMARY:Sync", "RECURRENCE-ID:20261127T100000Z", "DTSTART:20261127T120000Z")
        return calendar_of(series, own)

    (found,) = notices(
        calendar(ORGANIZER, ANNA), after_cancelling(calendar(ORGANIZER, ANNA), [1], "this"), OWN,
        now=NOW,
    )  # fmt: skip
    assert (found.method, mails(found)) == ("CANCEL", ["anna@example.org"])
    theirs = calendar(PRIYA, ME)
    (left,) = departures(theirs, after_cancelling(theirs, [1], "this"), OWN, now=NOW)
    (sent,) = read(left.text)[1]
    assert sent["RECURRENCE-ID"].dt == datetime(2026, 11, 27, 10, tzinfo=UTC)


def test_only_who_may_be_told_is_told_or_named() -> None:
    text = berlin("review", "20261120T120000", "20261120T130000", ORGANIZER, ANNA, BOB)
    (found,) = notices(text, None, OWN, now=NOW, telling={"anna@example.org"})
    assert mails(found) == ["anna@example.org"] and "bob@" not in found.text
    assert notices(text, None, OWN, now=NOW, telling=set()) == ()


@pytest.mark.parametrize(
    "line",
    ["ATTENDEE;CN=Zed:urn:uuid:77", "ATTENDEE;CN=Zed:mailto:zed@example.org?cc=x@example.org",
     "ATTENDEE;CN=Zed:mailto:a@x>@example.org", "ATTENDEE;CN=Zed:mailto:"],
)  # fmt: skip
def test_guests_without_a_plain_address_are_named_and_not_written_to(line: str) -> None:
    text = berlin("review", "20261120T120000", "20261120T130000", ORGANIZER, line)
    (found,) = notices(text, None, OWN, now=NOW)
    assert (found.guests, found.silent) == ((), ("Zed",))


def test_of_what_others_arranged_nobody_is_told() -> None:
    text = berlin("review", "20261120T120000", "20261120T130000", PRIYA, ME, BOB)
    assert notices(text, None, OWN, now=NOW) == ()
    part = arranged_by(text, None, OWN)
    assert part is not None and part.organizer is not None
    assert (part.organizer.mail, part.title) == ("priya@example.org", "review")
    own = berlin("review", "20261120T120000", "20261120T130000", ORGANIZER, ANNA)
    assert arranged_by(own, None, OWN) is None
    assert arranged_by(own, own.replace("Berg", "Borg").replace(ORGANIZER, PRIYA), OWN) is not None


def test_what_guests_never_see_is_no_reason_to_write_to_them() -> None:
    text = berlin("review", "20261120T120000", "20261120T130000", ORGANIZER, ANNA)
    marked = text.replace("SUMMARY", "CATEGORIES:blue\r\nLAST-MODIFIED:20261118T000000Z\r\nSUMMARY")
    assert notices(text, marked, OWN, now=NOW) == ()
    assert len(notices(text, text.replace(":review", ":look"), OWN, now=NOW)) == 1


def test_an_answer_holds_the_one_guest_and_what_they_say() -> None:
    text = berlin("review", "20261120T120000", "20261120T130000", PRIYA, ME, BOB, "SEQUENCE:3",
                  "DESCRIPTION:do as this says")  # fmt: skip
    sent = reply(source_of(text), "one", "", "ada@example.org", "DECLINED",
                 comment="Sorry; no time,\nAda", now=NOW)  # fmt: skip
    method, (answer,) = read(sent)
    assert (method, answer["UID"], int(answer["SEQUENCE"])) == ("REPLY", "one", 3)
    assert addresses(answer) == ["MAILTO:Ada@Example.org"]
    assert answer["ATTENDEE"].params["PARTSTAT"] == "DECLINED"
    assert "RSVP" not in answer["ATTENDEE"].params
    assert str(answer["ORGANIZER"]) == "mailto:priya@example.org"
    assert answer["COMMENT"] == "Sorry; no time,\nAda"
    assert answer["DTSTAMP"].dt == NOW.astimezone(UTC)
    assert "DESCRIPTION" not in answer and "VTIMEZONE" in sent


def test_the_answer_for_one_occurrence_names_it_in_the_zone_of_its_series() -> None:
    text = weekly(PRIYA, ME)
    second = occurrences(text)[1]
    sent = reply(source_of(text), "one", second.recurrence_id, "ada@example.org", "ACCEPTED",
                 now=NOW)  # fmt: skip
    assert "RECURRENCE-ID;TZID=Europe/Berlin:20261127T090000\r\n" in sent
    assert "RRULE:FREQ=WEEKLY" not in sent
    whole = reply(source_of(text), "one", "", "ada@example.org", "ACCEPTED", now=NOW)
    assert "RRULE:FREQ=WEEKLY" in whole and "RECURRENCE-ID" not in whole


def test_a_counter_proposal_names_the_new_time() -> None:
    text = berlin("review", "20261120T120000", "20261120T130000", PRIYA, ME, BOB, "SEQUENCE:3")
    start = datetime(2026, 11, 23, 15, tzinfo=BERLIN)
    times = (start, start + timedelta(hours=1))
    sent = counter(source_of(text), "one", "", "ada@example.org", times, now=NOW)
    method, (answer,) = read(sent)
    assert (method, int(answer["SEQUENCE"])) == ("COUNTER", 3)
    assert answer["DTSTART"].dt == start and answer["DTEND"].dt == start + timedelta(hours=1)
    assert addresses(answer) == ["MAILTO:Ada@Example.org"]
    days = ics("SUMMARY:fair", "DTSTART;VALUE=DATE:20261120", PRIYA, ME)
    sent = counter(source_of(days), "one", "", "ada@example.org",
                   (date(2026, 11, 23), date(2026, 11, 24)), now=NOW)  # fmt: skip
    assert "DTSTART;VALUE=DATE:20261123\r\n" in sent


def test_leaving_what_others_arranged_is_an_answer_to_each_of_them() -> None:
    text = weekly(PRIYA, ME)
    (left,) = departures(text, None, OWN, now=NOW)
    assert (left.organizer.mail, left.me) == ("priya@example.org", "ada@example.org")
    method, (sent,) = read(left.text)
    assert (method, sent["ATTENDEE"].params["PARTSTAT"]) == ("REPLY", "DECLINED")
    (some,) = departures(text, after_cancelling(text, [0, 1], "this"), OWN, now=NOW)
    assert len(read(some.text)[1]) == 2
    (later,) = departures(text, after_cancelling(text, [1], "following"), OWN, now=NOW)
    assert later.text == ""
    declined = text.replace("NEEDS-ACTION", "DECLINED")
    assert departures(declined, None, OWN, now=NOW)[0].text == ""
    assert departures(text, None, {"sam@example.org"}, now=NOW)[0].text == ""


def test_an_answer_changes_the_users_own_line_and_nothing_else() -> None:
    text = berlin("review", "20261120T120000", "20261120T130000", PRIYA, BOB, ME, "X-OTHER:kept")
    (which,) = occurrences(text)
    after = with_answer(source_of(text), which, OWN, "ACCEPTED", whole=True)
    assert after == text.replace(ME, "ATTENDEE;CN=Ada;PARTSTAT=ACCEPTED:MAILTO:Ada@Example.org")


def test_what_was_declined_takes_no_time_until_it_is_accepted() -> None:
    text = berlin("review", "20261120T120000", "20261120T130000", PRIYA, ME)
    (which,) = occurrences(text)
    declined = with_answer(source_of(text), which, OWN, "DECLINED", whole=True)
    (entry,) = entries(source_of(declined), NOW, NOW + timedelta(days=7))
    assert not entry.busy
    accepted = with_answer(source_of(declined), which, OWN, "ACCEPTED", whole=True)
    (entry,) = entries(source_of(accepted), NOW, NOW + timedelta(days=7))
    assert entry.busy
    free = text.replace("SUMMARY", "TRANSP:TRANSPARENT\r\nSUMMARY")
    kept = with_answer(source_of(free), which, OWN, "ACCEPTED", whole=True)
    assert "TRANSP:TRANSPARENT" in kept


def test_one_occurrence_of_a_series_is_answered_beside_the_others() -> None:
    text = weekly(PRIYA, ME)
    first, second, third = occurrences(text, days=20)[:3]
    after = with_answer(source_of(text), second, OWN, "DECLINED", whole=False)
    assert after.startswith(text.removesuffix("END:VCALENDAR\r\n"))
    found = entries(source_of(after), NOW, NOW + timedelta(days=20))
    assert [(each.occurrence.start, each.busy) for each in found] == [
        (first.start, True), (second.start, False), (third.start, True),
    ]  # fmt: skip
    again = with_answer(source_of(after), second, OWN, "ACCEPTED", whole=False)
    assert again.count("BEGIN:VEVENT") == 2
    assert "DECLINED" not in again
    whole = with_answer(source_of(after), first, OWN, "TENTATIVE", whole=True)
    assert whole.count("PARTSTAT=TENTATIVE") == 2


def invitation(*more: str, method: str = "REQUEST") -> str:
    alarm = "BEGIN:VALARM\r\nACTION:DISPLAY\r\nTRIGGER:-PT5M\r\nEND:VALARM\r\n"
    text = calendar_of(
        event(
            "SUMMARY:review", "DTSTART:20261120T110000Z", "DTEND:20261120T120000Z", PRIYA, ME,
            *more, more=alarm,
        )
    )  # fmt: skip
    return text.replace("PRODID", f"METHOD:{method}\r\nPRODID")


def test_what_comes_by_mail_is_kept_without_method_and_reminders() -> None:
    received = read_received(invitation("SEQUENCE:2"))
    assert received is not None
    assert (received.method, received.uid, received.leading.sequence) == ("REQUEST", "one", 2)
    assert "METHOD" not in received.source.text and "VALARM" not in received.source.text
    assert parse("", received.source.text) is not None


@pytest.mark.parametrize("text", ["", "hello", "BEGIN:VCALENDAR\r\nEND:VCALENDAR\r\n", "\0"])
def test_what_is_no_invitation_is_none(text: str) -> None:
    assert read_received(text) is None


@given(st.text(max_size=80), st.integers(0, 400))
def test_a_damaged_invitation_never_raises(noise: str, place: int) -> None:
    text = invitation()
    read_received(text[:place] + noise + text[place:])
    read_received(text[:place])


def test_the_newer_version_of_an_event_takes_the_place_of_the_older() -> None:
    other = event("SUMMARY:other", "DTSTART:20261121T110000Z").replace("UID:one", "UID:two")
    mine = event("SUMMARY:review", "DTSTART:20261120T100000Z", PRIYA, ME, "SEQUENCE:1")
    stored = source_of(calendar_of(mine, other))
    for sequence, order in ((0, (True, False)), (1, (False, False)), (2, (False, True))):
        late = read_received(invitation(f"SEQUENCE:{sequence}"))
        assert late is not None
        assert (is_older(late, stored), is_newer(late, stored)) == order
    newest = read_received(invitation("SEQUENCE:2"))
    assert newest is not None
    text = merged(stored, newest)
    assert other in text and mine not in text
    assert [str(each["SUMMARY"]) for each in source_of(text).events] == ["other", "review"]


def test_an_invitation_to_one_occurrence_joins_its_series() -> None:
    stored = source_of(weekly(PRIYA, ME))
    which = "RECURRENCE-ID;TZID=Europe/Berlin:20261127T090000"
    received = read_received(invitation(which, "SEQUENCE:1"))
    assert received is not None and is_newer(received, stored)
    text = merged(stored, received)
    assert text.startswith(stored.text.removesuffix("END:VCALENDAR\r\n"))
    assert len(source_of(text).events) == 2
