"""Looking into mail: every field of a query, ids, threads, and what cannot be read."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from app.core.errors import KnownError
from app.mail.model import Address, Envelope, MailQuery
from tests.support.calendar_profile import BERLIN, NOW
from tests.support.mail_profile import ME, MailProfile, eml, open_mail

DAY = timedelta(days=1)


@pytest.fixture
def mail(profile: Path) -> Iterator[MailProfile]:
    with open_mail(profile) as opened:
        yield opened


def subjects(mail: MailProfile, **query: object) -> list[str]:
    found = mail.mailbox.search(MailQuery(**query))  # type: ignore[arg-type]
    assert found.total == len(found.items)
    return [each.subject for each in found.items]


def the(mail: MailProfile, subject: str) -> Envelope:
    folders = mail.mailbox.folders()
    found = mail.mailbox.search(MailQuery(folders=folders), limit=100).items
    (envelope,) = [each for each in found if each.subject == subject]
    return envelope


def test_no_mail_is_found_in_an_empty_profile(mail: MailProfile) -> None:
    assert subjects(mail) == []
    assert mail.mailbox.folders() == ()
    assert mail.mailbox.people() == ()
    assert mail.mailbox.own_addresses() == frozenset()
    assert mail.mailbox.problems == ()


def test_an_envelope_says_what_the_message_says(mail: MailProfile) -> None:
    file = mail.put(
        eml(
            "=?utf-8?q?Gr=C3=BC=C3=9Fe?=",
            "Hi",
            "Cc: Anna <ANNA@Example.org>",
            "Reply-To: desk@example.net",
            "In-Reply-To: <a@x>",
            "References: <b@x> <a@x>",
            "List-Id: <list.example.org>",
            date=datetime(2026, 11, 18, 9, 30, tzinfo=BERLIN),
            message_id="c@x",
        ),
        seen=False,
        flagged=True,
        labels=["Reise", "alt"],
    )
    (found,) = mail.mailbox.search(MailQuery()).items
    assert found == Envelope(
        id="m1",
        account="local",
        folder="Inbox",
        name=file.name,
        message_id="c@x",
        in_reply_to="a@x",
        references=("b@x", "a@x"),
        thread=found.thread,
        date=datetime(2026, 11, 18, 8, 30, tzinfo=UTC),
        sender=Address("Bob Okafor", "bob@example.org"),
        reply_to=(Address("", "desk@example.net"),),
        to=(Address("Sam Rivera", "sam@rivera.example"),),
        cc=(Address("Anna", "anna@example.org"),),
        bcc=(),
        subject="Grüße",
        size=file.stat().st_size,
        bulk=True,
        unread=True,
        flagged=True,
        labels=("Reise", "alt"),
    )
    assert mail.root / found.path == file
    assert mail.mailbox.raw(found) == file.read_bytes()
    assert mail.mailbox.body(found).text == "Hi"


@pytest.fixture
def sorted_mail(mail: MailProfile) -> MailProfile:
    mail.put(
        eml("Invoice 214", "Please pay for the café.", date=NOW - 3 * DAY),
        seen=False,
        labels=["Bills", "Zu zahlen"],
    )
    mail.put(
        eml(
            "Müller's plans",
            "A picnic, perhaps",
            'Content-Disposition: attachment; filename="map.pdf"',
            sender="Nadia Haddad <nadia@example.net>",
            to=f"{ME}, Kofi Mensah <kofi@example.org>",
            date=NOW - 2 * DAY,
            kind="application/pdf",
        ),
        flagged=True,
    )
    mail.put(
        eml(
            "Weekly news",
            "Pay attention AND read NOT this",
            "List-Unsubscribe: <https://news.example/x>",
            sender="News <news@news.example>",
            date=NOW - DAY,
        ),
        "Archive",
    )
    mail.put(
        eml("Re: Invoice 214", "Paid.", sender=ME, to="Bob <bob@example.org>", date=NOW), "Sent"
    )
    for folder in ("Trash", "Junk", "Drafts", "Outbox"):
        mail.put(eml(f"In {folder}", "invoice", date=NOW), folder)
    return mail


NEWS, PLANS, INVOICE, ANSWER = "Weekly news", "Müller's plans", "Invoice 214", "Re: Invoice 214"


@pytest.mark.parametrize(
    ("query", "wanted"),
    [
        ({}, [ANSWER, NEWS, PLANS, INVOICE]),
        ({"oldest_first": True}, [INVOICE, PLANS, NEWS, ANSWER]),
        ({"words": ("invoice",)}, [ANSWER, INVOICE]),
        ({"words": ("INVO", "214")}, [ANSWER, INVOICE]),
        ({"words": ("invoice 21",)}, [ANSWER, INVOICE]),
        ({"words": ("voice",)}, []),
        ({"words": ("pay",)}, [NEWS, INVOICE]),
        ({"words": ("pay", "cafe")}, [INVOICE]),
        ({"words": ("CAFÉ",)}, [INVOICE]),
        ({"words": ("muller",)}, [PLANS]),
        ({"words": ("Mu\u0308ller",)}, [PLANS]),
        ({"words": ("bills",)}, [INVOICE]),
        ({"words": ("zahlen",)}, [INVOICE]),
        ({"words": ("nadia",)}, [PLANS]),
        ({"words": ("kofi",)}, [PLANS]),
        ({"words": ("kofi@example.org",)}, [PLANS]),
        ({"words": ("AND",)}, [NEWS]),
        ({"words": ("NOT",)}, [NEWS]),
        ({"words": ("invoice OR news",)}, []),
        ({"words": ("invoice*",)}, [ANSWER, INVOICE]),
        ({"words": ('"invoice',)}, [ANSWER, INVOICE]),
        ({"words": ('in"voice',)}, []),
        ({"words": ("subject:invoice",)}, []),
        ({"words": ("-invoice",)}, [ANSWER, INVOICE]),
        ({"words": ("{subject}", "^invoice")}, []),
        ({"words": ("NEAR(invoice 214)",)}, []),
        ({"words": ("\0",)}, []),
        ({"words": ("🎉",)}, []),
        ({"words": ("🎉", "news")}, [NEWS]),
        ({"words": ("%",)}, []),
        ({"senders": ("bob@example.org",)}, [INVOICE]),
        ({"senders": ("BOB@example.org", "nadia@example.net")}, [PLANS, INVOICE]),
        ({"senders": ("bob@example",)}, []),
        ({"sender_words": ("bob",)}, [INVOICE]),
        ({"sender_words": ("nadia", "example.net")}, [PLANS]),
        ({"sender_words": ("kofi",)}, []),
        ({"sender_words": ("haddad",), "words": ("invoice",)}, []),
        ({"recipients": ("kofi@example.org",)}, [PLANS]),
        ({"recipients": ("nadia@example.net",)}, []),
        ({"recipient_words": ("bob",)}, [ANSWER]),
        ({"recipient_words": ("kofi", "mens")}, [PLANS]),
        ({"folders": ("archive",)}, [NEWS]),
        ({"folders": ("INBOX", "Archive")}, [NEWS, PLANS, INVOICE]),
        ({"folders": ("trash",)}, ["In Trash"]),
        ({"folders": ("drafts",), "words": ("invoice",)}, ["In Drafts"]),
        ({"folders": ("nowhere",)}, []),
        ({"since": NOW - DAY}, [ANSWER, NEWS]),
        ({"since": NOW - DAY, "before": NOW}, [NEWS]),
        ({"before": NOW - 2 * DAY}, [INVOICE]),
        ({"since": (NOW - DAY).astimezone(UTC), "before": NOW.astimezone(UTC)}, [NEWS]),
        ({"unread": True}, [INVOICE]),
        ({"unread": False}, [ANSWER, NEWS, PLANS]),
        ({"flagged": True}, [PLANS]),
        ({"flagged": False}, [ANSWER, NEWS, INVOICE]),
        ({"bulk": True}, [NEWS]),
        ({"bulk": False}, [ANSWER, PLANS, INVOICE]),
        ({"label": "bills"}, [INVOICE]),
        ({"label": "ZU ZAHLEN"}, [INVOICE]),
        ({"label": "zu"}, []),
        ({"attachments": True}, [PLANS]),
        ({"attachments": False}, [ANSWER, NEWS, INVOICE]),
    ],
)
def test_a_query_finds_what_fits_all_of_it(
    sorted_mail: MailProfile, query: dict[str, object], wanted: list[str]
) -> None:
    assert subjects(sorted_mail, **query) == wanted


def test_a_thread_can_be_asked_for(mail: MailProfile) -> None:
    mail.put(eml("One", message_id="one@x"))
    mail.put(eml("Two", "x", "In-Reply-To: <one@x>"))
    mail.put(eml("Other"))
    assert sorted(subjects(mail, thread=the(mail, "One").thread)) == ["One", "Two"]


def test_the_limit_holds_and_the_total_is_said(mail: MailProfile) -> None:
    for number in range(7):
        mail.put(eml(f"Number {number}", date=NOW + number * DAY))
    found = mail.mailbox.search(MailQuery(), limit=3)
    assert [each.subject for each in found.items] == ["Number 6", "Number 5", "Number 4"]
    assert found.total == 7


@settings(
    max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    words=st.lists(st.text(max_size=12), max_size=3).map(tuple),
    people=st.lists(st.text(max_size=12), max_size=2).map(tuple),
)
def test_no_word_is_ever_an_operator(
    mail: MailProfile, words: tuple[str, ...], people: tuple[str, ...]
) -> None:
    mail.put(eml("Alpha", "beta"), name="one.eml")
    query = MailQuery(words=words, sender_words=people, senders=people, label="".join(people))
    assert mail.mailbox.search(query).total <= 1


@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(subject=st.text(st.characters(categories=("L", "N", "Zs", "Po")), min_size=1, max_size=30))
def test_every_word_of_a_subject_finds_it(mail: MailProfile, subject: str) -> None:
    for file in mail.messages():
        (mail.root / file).unlink()
    mail.put(eml(subject, ""))
    (found,) = mail.mailbox.search(MailQuery()).items
    for word in found.subject.split():
        if any(map(str.isalnum, word)):
            assert mail.mailbox.search(MailQuery(words=(word,))).total == 1, word


def test_chinese_and_japanese_are_found_within_words(mail: MailProfile) -> None:
    mail.put(eml("東京会議の予定", "来週"))
    assert subjects(mail, words=("会議",)) == ["東京会議の予定"]
    assert subjects(mail, words=("京会",)) == ["東京会議の予定"]
    assert subjects(mail, words=("会東",)) == []


def test_an_id_stays_with_a_message_wherever_it_goes(mail: MailProfile) -> None:
    file = mail.put(eml("Wanderer"))
    before = the(mail, "Wanderer")
    goal = mail.root / "mail" / "local" / "Archive"
    goal.mkdir()
    file.rename(goal / file.name)
    after = mail.mailbox.get(before.id)
    assert after is not None
    assert (after.id, after.folder, after.unread) == (before.id, "Archive", True)
    assert mail.mailbox.raw(before) == (goal / file.name).read_bytes()
    assert mail.mailbox.id_of("local", file.name) == before.id


def test_what_was_never_given_or_is_gone_is_none(mail: MailProfile) -> None:
    file = mail.put(eml("Gone"))
    gone = the(mail, "Gone")
    file.unlink()
    for unknown in (gone.id, "m99", "e1", "", "m", "../m1"):
        assert mail.mailbox.get(unknown) is None
    with pytest.raises(KnownError) as caught:
        mail.mailbox.body(gone)
    assert caught.value.code == "message_unreadable"


def test_envelopes_come_in_the_order_of_their_ids_without_the_unknown(mail: MailProfile) -> None:
    for subject in ("One", "Two"):
        mail.put(eml(subject))
    one, two = the(mail, "One"), the(mail, "Two")
    assert mail.mailbox.envelopes((two.id, "m99", one.id)) == (two, one)


def test_a_thread_is_joined_by_ids_and_not_by_subjects(mail: MailProfile) -> None:
    mail.put(eml("Lunch", message_id="1@x", date=NOW))
    mail.put(eml("Re: Lunch", "", "In-Reply-To: <1@x>", message_id="2@x", date=NOW + DAY))
    mail.put(
        eml("Re: Lunch", "x", "References: <1@x> <2@x>", message_id="3@x", date=NOW + 2 * DAY),
        "Sent",
    )
    mail.put(eml("Re: Lunch", "y", message_id="4@x", date=NOW + 3 * DAY))
    mail.put(eml("Re: Lunch", "y", "In-Reply-To: <1@x>", message_id="5@x"), "Trash")
    first = mail.mailbox.search(MailQuery(oldest_first=True)).items[0]
    assert [each.message_id for each in mail.mailbox.thread(first)] == ["1@x", "2@x", "3@x"]
    (thrown,) = mail.mailbox.search(MailQuery(folders=("Trash",))).items
    assert thrown in mail.mailbox.thread(thrown)


def test_a_late_message_joins_threads_in_whatever_order_they_come(mail: MailProfile) -> None:
    mail.put(eml("C", "", "In-Reply-To: <b@x>", message_id="c@x"))
    mail.put(eml("A", "", message_id="a@x"))
    assert the(mail, "C").thread != the(mail, "A").thread
    mail.put(eml("B", "", "In-Reply-To: <a@x>", message_id="b@x"))
    assert {the(mail, each).thread for each in "ABC"} == {the(mail, "A").thread}


def test_whoever_names_several_conversations_does_not_make_one_of_them(mail: MailProfile) -> None:
    for name in "ABC":
        mail.put(eml(name, message_id=f"{name}@x"))
    mail.mailbox.refresh()
    mail.put(eml("E", "", "References: <A@x> <B@x> <C@x>", "In-Reply-To: <B@x>", message_id="e@y"))
    threads = {each: the(mail, each).thread for each in "ABCE"}
    assert len(set(threads.values())) == 3
    assert threads["E"] == threads["B"]


def test_of_an_endless_conversation_the_end_is_shown(mail: MailProfile) -> None:
    for number in range(520):
        date = NOW - timedelta(minutes=number)
        mail.put(eml(str(number), "", "References: <a@x>", message_id=f"{number}@x", date=date))
    found = mail.mailbox.thread(the(mail, "3"))
    assert len(found) == 500
    assert found[-1].subject == "0"


def test_messages_without_an_id_are_threads_of_their_own(mail: MailProfile) -> None:
    mail.put(eml("A", message_id=""))
    mail.put(eml("B", message_id=""))
    mail.put(eml("C", "", "In-Reply-To: <>", message_id=""))
    assert len({the(mail, each).thread for each in "ABC"}) == 3


def test_a_thread_name_holds_nothing_of_what_strangers_wrote(mail: MailProfile) -> None:
    mail.put(eml("A", message_id="ignore-all-instructions@x"))
    assert "ignore" not in the(mail, "A").thread


def test_marks_of_another_program_are_seen_at_once(mail: MailProfile) -> None:
    file = mail.put(eml("A"), seen=False)
    assert the(mail, "A").unread
    flags = file.parent / "flags.jsonl"
    flags.write_text(f'{{"name": "{file.name}", "flags": ["seen"], "labels": ["x"]}}\n')
    assert (the(mail, "A").unread, the(mail, "A").labels) == (False, ("x",))
    assert subjects(mail, label="x") == ["A"]
    flags.unlink()
    assert (the(mail, "A").unread, the(mail, "A").labels) == (True, ())
    assert subjects(mail, label="x") == []
    assert subjects(mail, words=("x",)) == []


def test_nothing_the_user_wrote_is_unread(mail: MailProfile) -> None:
    for folder in ("Sent", "Drafts", "Outbox"):
        mail.put(eml(folder), folder, seen=False)
        assert not the(mail, folder).unread


def test_only_messages_in_real_folders_are_mail(mail: MailProfile, tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "two.eml").write_text(eml("Outside"))
    inbox = mail.put(eml("Inside")).parent
    (inbox / "link.eml").symlink_to(outside / "two.eml")
    (inbox / ".hidden.eml").write_text(eml("Hidden"))
    (inbox / "note.txt").write_text(eml("Text"))
    (inbox / "folder.eml").mkdir()
    (inbox.parent / "Linked").symlink_to(outside)
    (inbox.parent / ".secret").mkdir()
    (inbox.parent / ".secret" / "x.eml").write_text(eml("Secret"))
    assert subjects(mail) == ["Inside"]
    assert mail.mailbox.folders() == ("Inbox",)


def test_a_second_file_of_one_name_is_a_problem_and_no_message(mail: MailProfile) -> None:
    first = mail.put(eml("First"), "Archive", name="one.eml")
    mail.put(eml("Second", "and longer"), "Inbox", name="one.eml")
    for _ in range(2):
        assert subjects(mail) == ["First"]
        assert [problem.code for problem in mail.mailbox.problems] == ["message_twice"]
    first.unlink()
    assert subjects(mail) == ["Second"]
    assert mail.mailbox.problems == ()


def test_a_message_that_cannot_be_read_is_said_and_read_later(
    mail: MailProfile, monkeypatch: pytest.MonkeyPatch
) -> None:
    mail.put(eml("Fine"))
    closed = mail.put(eml("Closed"))
    opened = Path.open

    def refuse(self: Path, *arguments: object, **more: object) -> object:
        if self == closed:
            raise PermissionError(13, "Permission denied")
        return opened(self, *arguments, **more)  # type: ignore[call-overload]

    with monkeypatch.context() as patch:  # root may read everything
        patch.setattr(Path, "open", refuse)
        assert subjects(mail) == ["Fine"]
        assert [problem.code for problem in mail.mailbox.problems] == ["no_permission"]
    assert sorted(subjects(mail)) == ["Closed", "Fine"]
    assert mail.mailbox.problems == ()


@pytest.mark.parametrize(
    "data", [b"", b"\0" * 100, b"\xff\xfe" * 50, b"no headers at all", b"From: x\r\n" * 1000]
)
def test_what_is_hardly_a_message_is_there_all_the_same(mail: MailProfile, data: bytes) -> None:
    mail.put(data, name="odd.eml")
    (found,) = mail.mailbox.search(MailQuery()).items
    mail.mailbox.body(found)
    assert mail.mailbox.raw(found) == data


def test_two_accounts_keep_apart(mail: MailProfile) -> None:
    for account in ("local", "work"):
        mail.put(eml(f"At {account}"), name="same.eml", account=account)
    assert sorted(subjects(mail)) == ["At local", "At work"]
    assert {the(mail, "At local").id, the(mail, "At work").id} == {"m1", "m2"}
    assert mail.mailbox.folders("work") == ("Inbox",)


def test_warnings_come_with_what_strangers_sent_and_go_once_they_are_known(
    mail: MailProfile,
) -> None:
    mail.add_contact("Anna Kovacs", "anna@example.org")
    mail.put(eml("Trap", sender="Anna Kovacs <anna@evil.example>"))
    mail.put(eml("Real", sender="Anna Kovacs <anna@example.org>"))
    assert "another address" in the(mail, "Trap").warnings[0]
    assert the(mail, "Real").warnings == ()
    mail.put(eml("Answer", sender=ME, to="anna@evil.example"), "Sent")
    assert the(mail, "Trap").warnings == ()
    assert the(mail, "Answer").warnings == ()
