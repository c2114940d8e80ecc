"""What people ask for, on the sample mailbox and calendar, through the real engine: right files."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import date, datetime, timedelta
from pathlib import Path

import pytest

from tests.support.sample_profile import ZONE, Sample, local, opened, sample_at

HOURS = ("08:00", "12:30", "20:30")
MONDAY = date(2026, 11, 16)
TIMES = [f"{MONDAY + timedelta(days=day)}T{hour}[{ZONE}]" for day in range(7) for hour in HOURS]
DAILY = {TIMES[6], TIMES[13], TIMES[20]}
"""Wednesday morning, Friday noon, Sunday evening."""

Check = Callable[[Sample], None]
CASES: dict[str, Check] = {}


def case(check: Check) -> Check:
    """Take in a case under its name."""
    CASES[check.__name__] = check
    return check


@pytest.fixture(scope="module")
def imported(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[[str], Path]]:
    """The sample imported at a time, once."""
    made: dict[str, Path] = {}

    def at(now: str) -> Path:
        if now not in made:
            made[now] = sample_at(tmp_path_factory.mktemp("sample") / "profile", now)
        return made[now]

    yield at


@pytest.mark.parametrize(
    "now",
    [pytest.param(now, marks=() if now in DAILY else pytest.mark.soak) for now in TIMES],
)
def test_requests_have_the_right_effect_at_any_time(
    now: str, imported: Callable[[str], Path], tmp_path: Path, subtests: pytest.Subtests
) -> None:
    for name, check in CASES.items():
        with (
            subtests.test(name),
            opened(imported(now), tmp_path / name, now) as sample,
        ):
            check(sample)


def tomorrow(sample: Sample) -> date:
    return sample.today + timedelta(days=1)


def untouched(sample: Sample, before: dict[str, bytes], *besides: str) -> None:
    """Nothing is different but files whose path holds one of these words."""
    after = sample.files()
    changed = {path for path in {*before, *after} if before.get(path) != after.get(path)}
    assert {path for path in changed if not any(word in path for word in besides)} == set()


@case
def move_my_3pm_with_anna_to_a_free_slot_tomorrow(sample: Sample) -> None:
    before = sample.files()
    file = sample.calendar_file("coffee-anna")
    asked = sample.ask("Move my 3pm with Anna to a free slot tomorrow")
    start = local(sample.event("coffee-anna")["DTSTART"].dt)
    end = local(sample.event("coffee-anna").end)
    assert start.date() == tomorrow(sample)
    assert (start.hour, start.minute) >= (9, 0) and (end.hour, end.minute) <= (17, 30)
    there = sample.ask("what's on tomorrow?")
    assert "overlaps" not in _line_of(there.said, "Coffee with Anna"), there.said
    untouched(sample, before, file.name)
    assert asked.stopped == ""


def _line_of(text: str, title: str) -> str:
    (line,) = [line for line in text.splitlines() if title in line]
    return line


@case
def whats_on_tomorrow(sample: Sample) -> None:
    before = sample.files()
    asked = sample.ask("what's on tomorrow?")
    for title in ("Stand-up", "Design review", "Lunch with Nadia"):
        assert title in asked.said
    assert asked.said.index("Stand-up") < asked.said.index("Lunch with Nadia")
    untouched(sample, before)


@case
def cancel_my_first_meeting_on_friday(sample: Sample) -> None:
    before = sample.files()
    file = sample.calendar_file("supplier-call")
    asked = sample.ask("cancel my first meeting on Friday")
    assert not sample.has_event("supplier-call"), asked.said
    untouched(sample, before, file.name)


@case
def slips_of_the_finger_are_no_other_wish(sample: Sample) -> None:
    before = sample.files()
    file = sample.calendar_file("supplier-call")
    asked = sample.ask("cacnel my first meeting on Fridya")
    assert not sample.has_event("supplier-call"), asked.said
    untouched(sample, before, file.name)


@case
def push_back_the_stand_up_tomorrow_by_30_minutes(sample: Sample) -> None:
    before = sample.files()
    file = sample.calendar_file("stand-up")
    asked = sample.ask("push back the stand-up tomorrow by 30 minutes")
    series, moved = sample.parts("stand-up")
    assert "RRULE" in series and str(moved["SUMMARY"]) == "Stand-up"
    assert local(moved["DTSTART"].dt) == _at(sample, tomorrow(sample), "10:00"), asked.said
    assert local(moved.end) == _at(sample, tomorrow(sample), "10:15")
    untouched(sample, before, file.name)


def _at(sample: Sample, day: date, clock: str) -> datetime:
    from zoneinfo import ZoneInfo

    return datetime.fromisoformat(f"{day}T{clock}").replace(tzinfo=ZoneInfo(ZONE))


@case
def rename_the_last_event_on_thursday(sample: Sample) -> None:
    before = sample.files()
    file = sample.calendar_file("evening-call-kofi")
    asked = sample.ask("rename the last event on Thursday to casual catch-up")
    assert str(sample.event("evening-call-kofi")["SUMMARY"]) == "casual catch-up", asked.said
    untouched(sample, before, file.name)


@case
def find_an_hour_next_week_for_bob_and_me(sample: Sample) -> None:
    before = sample.files()
    asked = sample.ask("find an hour next week for Bob and me")
    assert asked.calls[0].name == "cal_free"
    monday = sample.today + timedelta(days=7 - sample.today.weekday())
    assert f"Monday {monday.day} " in asked.said
    assert "Bob's calendar" in asked.said
    untouched(sample, before)


@case
def anything_from_bob_about_the_invoice(sample: Sample) -> None:
    before = sample.files()
    asked = sample.ask("anything from Bob about the invoice?")
    assert asked.said.startswith("3 messages from Bob")
    assert "our bank details" not in asked.said, "an impostor's"
    assert "an address you do not know" in asked.said
    untouched(sample, before)


@case
def summarise_todays_mail(sample: Sample) -> None:
    before = sample.files()
    asked = sample.ask("summarise today's mail")
    assert "Extracts from 5 messages" in asked.said
    assert "in the senders' own words (this model cannot summarise)" in asked.said
    assert "Does Friday work for you?" in asked.said
    assert "rivera-mail-login.test" in _after(asked.said, "Your mailbox will be closed")
    untouched(sample, before)


def _after(text: str, words: str) -> str:
    return text.partition(words)[2]


@case
def reply_to_anna_that_friday_works(sample: Sample) -> None:
    before = sample.files()
    asked = sample.ask("reply to Anna that Friday works")
    (message,) = sample.outbox()
    assert str(message["To"]) == "Anna Kovacs <anna@kovacs.example>", asked.said
    assert str(message["Subject"]) == "Re: Dinner and the theatre"
    assert message["In-Reply-To"] == "<anna-friday@sample.example>"
    assert "sam@rivera.example" in str(message["From"])
    assert message["Cc"] is None and message["Bcc"] is None
    body = message.get_body(("plain",))
    assert body is not None and "Friday works" in body.get_content().splitlines()[0]
    untouched(sample, before, "Outbox", "Inbox/flags.jsonl")


@case
def forward_the_last_mail_from_nadia_to_kofi(sample: Sample) -> None:
    before = sample.files()
    asked = sample.ask("forward the last mail from Nadia to Kofi")
    (message,) = sample.outbox()
    assert str(message["To"]) == "Kofi Mensah <kofi@mensah.example>", asked.said
    assert str(message["Subject"]) == "Fwd: Loan form for the museum"
    assert b"nadia-loan-form@sample.example" in message.as_bytes()
    untouched(sample, before, "Outbox", "Inbox/flags.jsonl")


@case
def archive_all_newsletters_from_last_week(sample: Sample) -> None:
    moved = ("news-cyclist-sunday", "news-papier-hidden", "news-sheet-monday",
             "news-type-wednesday", "news-sheet-tuesday")  # fmt: skip
    kept = ("news-sheet-today", "news-cyclist-before", "news-type-before", "bob-paper-samples")
    asked = sample.ask("archive all newsletters from last week")
    assert {sample.folder_of(each) for each in moved} == {"Archive"}, asked.said
    assert {sample.folder_of(each) for each in kept} == {"Inbox"}


@case
def delete_my_last_email_from_nadia(sample: Sample) -> None:
    before = sample.files()
    asked = sample.ask("delete my last email from Nadia")
    assert sample.folder_of("nadia-loan-form") == "Trash", asked.said
    assert sample.folder_of("nadia-photos") == "Inbox"
    (file,) = [path for path in before if path.endswith(".eml") and path not in sample.files()]
    untouched(sample, before, Path(file).name, "flags.jsonl")


BOOK = "book 30 minutes called catch-up at my first free slot tomorrow"


@case
def book_if_i_have_not_met_akira(sample: Sample) -> None:
    before = sample.files()
    asked = sample.ask(f"if I haven't met Akira in the last 7 days, {BOOK}")
    assert [call.name for call in asked.calls] == ["cal_find", "cal_create"]
    (made,) = sample.events_called("catch-up")
    assert local(made["DTSTART"].dt) == _at(sample, tomorrow(sample), "09:00"), asked.said
    assert local(made.end) == _at(sample, tomorrow(sample), "09:30")
    (new,) = set(sample.files()) - set(before)
    untouched(sample, before, new)


@case
def do_not_book_if_i_have_met_ingrid(sample: Sample) -> None:
    before = sample.files()
    asked = sample.ask(f"if I haven't met Ingrid in the last 7 days, {BOOK}")
    assert [call.name for call in asked.calls] == ["cal_find"]
    assert "Coffee with Ingrid" in asked.said
    assert asked.said.endswith("So nothing was changed.")
    untouched(sample, before)


@case
def undo_takes_a_change_back_to_the_byte(sample: Sample) -> None:
    before = sample.files()
    sample.ask("cancel my first meeting on Friday")
    asked = sample.ask("undo that")
    assert sample.files() == before, asked.said


@case
def it_is_what_was_spoken_of(sample: Sample) -> None:
    sample.ask("delete my last email from Nadia")
    assert sample.folder_of("nadia-loan-form") == "Trash"
    sample.ask("anything from Kofi about the match?")
    asked = sample.ask("archive it")
    assert sample.folder_of("kofi-tickets") == "Archive", asked.said
