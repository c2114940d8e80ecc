"""Importing files and folders of all kinds into a profile."""

from __future__ import annotations

import mailbox
import os
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.calendars.incoming import split_objects
from app.calendars.recurrence import UnreadableCalendarError
from app.importing.report import ImportReport
from app.mail.contacts import UnreadableContactError
from app.mail.incoming import name_for, without_mailbox_headers
from app.mail.incoming_contacts import split_cards
from app.store import atomic
from tests.support.calendar_profile import berlin, calendar_of, event, ics
from tests.support.importing import bring_in, files_below, flags_of, mail_of
from tests.support.mail_profile import eml, vcard
from tests.support.small_disk import small_disk

HEADS = {
    "none": b"",
    "calendar": b"BEGIN:VCALENDAR\r\nBEGIN:VEVENT\r\nUID:",
    "card": b"BEGIN:VCARD\r\nFN:",
    "message": b"Subject: x\r\nStatus: R",
}

BOX = "From a@example.org Wed Nov 18 09:30:00 2026\n"


@pytest.fixture
def source(tmp_path: Path) -> Path:
    """A folder to import from."""
    place = tmp_path / "source"
    place.mkdir()
    return place


def put(place: Path, text: str | bytes) -> Path:
    """A file with its folders."""
    place.parent.mkdir(parents=True, exist_ok=True)
    place.write_bytes(text if isinstance(text, bytes) else text.encode())
    return place


def mbox(*texts: str) -> str:
    """A mailbox of these messages, with Unix line ends."""
    return "".join(BOX + text.replace("\r\n", "\n") + "\n" for text in texts)


def reasons(report: ImportReport) -> dict[str, str]:
    """Why things were left out, by the last part of their path."""
    return {each.path.rpartition("/")[2]: each.reason for each in report.left_out}


def titles(profile: Path, calendar: str = "personal") -> set[str]:
    """The SUMMARY lines of a calendar's files."""
    texts = [file.read_text() for file in (profile / "calendars" / calendar).glob("*.ics")]
    return {line for text in texts for line in text.splitlines() if line.startswith("SUMMARY")}


def test_a_message_comes_in_as_it_is_and_counts_as_read(profile: Path, source: Path) -> None:
    text = eml("Hello")
    report = bring_in(profile, put(source / "hello.eml", text))
    assert report.added == {"messages": 1}
    name = name_for(text.encode())
    assert mail_of(profile) == {f"Inbox/{name}": text.encode()}
    assert flags_of(profile) == {name: ["seen"]}


def test_the_same_thing_imported_twice_is_there_once(profile: Path, source: Path) -> None:
    put(source / "a.eml", eml("Hello"))
    put(source / "again.eml", eml("Hello").replace("\r\n", "\n"))
    put(source / "box.mbox", mbox(eml("Hello"), eml("Other")))
    put(source / "one.ics", ics("SUMMARY:x", "DTSTART:20261118T090000Z"))
    put(source / "anna.vcf", vcard("Anna", "anna@example.org"))
    first = bring_in(profile, source)
    assert first.added == {"messages": 2, "events": 1, "contacts": 1}
    assert first.already_there == {"messages": 2}
    before = files_below(profile)
    second = bring_in(profile, source)
    assert second.added == {}
    assert second.already_there == {"messages": 4, "events": 1, "contacts": 1}
    assert files_below(profile) == before


def test_a_message_archived_since_is_not_imported_again(profile: Path, source: Path) -> None:
    file = put(source / "a.eml", eml("Hello"))
    bring_in(profile, file)
    (name,) = (profile / "mail" / "local" / "Inbox").glob("*.eml")
    archive = profile / "mail" / "local" / "Archive"
    archive.mkdir()
    name.rename(archive / name.name)
    assert bring_in(profile, file).already_there == {"messages": 1}
    assert list(mail_of(profile)) == [f"Archive/{name.name}"]


def test_a_mailbox_named_by_the_user_is_the_inbox_unless_it_says_otherwise(
    profile: Path, source: Path
) -> None:
    put(source / "old mail.mbox", mbox(eml("One")))
    put(source / "Sent Items.mbox", mbox(eml("Two")))
    put(source / "without-a-suffix", mbox(eml("Three")))
    bring_in(profile, *sorted(source.iterdir()))
    assert sorted(name.split("/")[0] for name in mail_of(profile)) == ["Inbox", "Inbox", "Sent"]


def test_in_a_folder_of_mailboxes_each_is_a_folder(profile: Path, source: Path) -> None:
    """As Thunderbird keeps them, and as Apple's Mail exports them."""
    put(source / "Inbox", mbox(eml("One")))
    put(source / "Inbox.msf", "an index")
    put(source / "Inbox.sbd" / "Projects", mbox(eml("Two")))
    put(source / "Travel.mbox" / "mbox", mbox(eml("Three")))
    put(source / "Travel.mbox" / "table_of_contents", "an index")
    report = bring_in(profile, source)
    assert {name.split("/")[0] for name in mail_of(profile)} == {"Inbox", "Projects", "Travel"}
    assert report.left_out_total == 0


def test_a_message_from_a_folder_with_a_known_name_stays_in_it(profile: Path, source: Path) -> None:
    bring_in(profile, put(source / "Sent Items" / "a.eml", eml("One")))
    bring_in(profile, put(source / "Archives" / "2024" / "b.eml", eml("Two")).parents[1])
    assert {name.split("/")[0] for name in mail_of(profile)} == {"Sent", "Archive"}


def test_states_of_a_mailbox_come_along(profile: Path, source: Path) -> None:
    def with_status(subject: str, *lines: str) -> str:
        return eml(subject, "Text", *lines)

    texts = [
        with_status("read", "Status: RO", "X-Status: A"),
        with_status("new", "Status: O"),
        with_status("gone", "X-Mozilla-Status: 0009"),
        with_status("binned", "X-Status: D"),
        with_status("unfinished", "X-Status: T"),
    ]
    report = bring_in(profile, put(source / "box.mbox", mbox(*texts)))
    by_subject = {}
    for path, data in mail_of(profile).items():
        folder, name = path.split("/")
        subject = data.partition(b"Subject: ")[2].partition(b"\n")[0].decode()
        by_subject[subject] = (folder, flags_of(profile, folder).get(name, []))
        assert b"Status" not in data
    assert by_subject == {
        "read": ("Inbox", ["answered", "seen"]),
        "new": ("Inbox", []),
        "binned": ("Trash", []),
        "unfinished": ("Drafts", []),
    }
    assert reasons(report) == {"box.mbox, message 3": "it was deleted there"}


def test_a_maildir_comes_in_with_its_subfolders_and_flags(profile: Path, source: Path) -> None:
    box = mailbox.Maildir(source / "Mail")
    read = mailbox.MaildirMessage(eml("Read").encode())
    read.set_flags("SRF")
    read.set_subdir("cur")
    box.add(read)
    box.add(mailbox.MaildirMessage(eml("New").encode()))
    binned = mailbox.MaildirMessage(eml("Binned").encode())
    binned.set_flags("ST")
    binned.set_subdir("cur")
    box.add(binned)
    box.add_folder("Sent").add(mailbox.MaildirMessage(eml("Sent").encode()))
    put(source / "Mail" / "tmp" / "half", eml("Half"))
    report = bring_in(profile, source / "Mail")
    assert report.added == {"messages": 4}
    assert sorted(name.split("/")[0] for name in mail_of(profile)) == [
        "Inbox",
        "Inbox",
        "Sent",
        "Trash",
    ]
    assert sorted(flags_of(profile).values()) == [["answered", "flagged", "seen"]]
    assert list(flags_of(profile, "Trash").values()) == [["seen"]]


def test_maildirs_side_by_side_keep_their_names(profile: Path, source: Path) -> None:
    for name in ("INBOX", "Projects"):
        put(source / name / "cur" / "1.host:2,S", eml(name))
        (source / name / "new").mkdir()
    bring_in(profile, source)
    assert {name.split("/")[0] for name in mail_of(profile)} == {"Inbox", "Projects"}


def test_a_folder_in_the_profiles_own_form_keeps_flags_and_labels(
    profile: Path, source: Path
) -> None:
    home = source / "mail" / "local" / "Projects"
    put(home / "a.eml", eml("One"))
    put(home / "b.eml", eml("Two"))
    put(home / "flags.jsonl", '{"name": "a.eml", "flags": ["seen", "odd"], "labels": ["x, y"]}\n')
    bring_in(profile, source)
    lines = (profile / "mail" / "local" / "Projects" / "flags.jsonl").read_text().splitlines()
    assert len(lines) == 1 and '"flags": ["seen"], "labels": ["x y"]' in lines[0]
    assert len(mail_of(profile)) == 2


def test_a_whole_profile_can_be_imported_into_another(
    tmp_path: Path, profile: Path, source: Path
) -> None:
    put(source / "a.eml", eml("One"))
    put(source / "work" / "one.ics", ics("SUMMARY:x", "DTSTART:20261118T090000Z"))
    put(source / "anna.vcf", vcard("Anna", "anna@example.org"))
    bring_in(profile, source)
    put(profile / "phial.db", b"not for import")
    put(profile / "cache" / "index.db", b"nor this")
    other = tmp_path / "other"
    report = bring_in(other, profile)
    assert report.added == {"messages": 1, "events": 1, "contacts": 1}
    assert report.left_out_total == 0
    for part in ("mail", "calendars", "contacts"):
        assert files_below(other / part) == files_below(profile / part)


def test_what_lay_in_an_outbox_comes_in_as_a_draft_with_its_name(
    profile: Path, source: Path
) -> None:
    put(source / "Outbox" / "letter.eml", eml("Waiting"))
    bring_in(profile, source)
    assert list(mail_of(profile)) == ["Drafts/letter.eml"]


def test_a_drafts_name_that_is_taken_by_another_is_not_its_own(profile: Path, source: Path) -> None:
    put(source / "Drafts" / "1.eml", eml("One"))
    bring_in(profile, source)
    put(source / "Drafts" / "1.eml", eml("Two"))
    assert bring_in(profile, source).added == {"messages": 1}
    assert set(mail_of(profile)) == {"Drafts/1.eml", f"Drafts/{name_for(eml('Two').encode())}"}
    assert bring_in(profile, source).already_there == {"messages": 1}


def test_links_in_folders_are_not_followed_and_said(profile: Path, source: Path) -> None:
    outside = put(source.parent / "outside" / "secret.eml", eml("Secret"))
    (source / "link.eml").symlink_to(outside)
    (source / "folder").symlink_to(outside.parent)
    report = bring_in(profile, source)
    assert set(reasons(report)) == {"link.eml", "folder"}
    assert not report.found_something


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no pipes with names")
def test_a_pipe_is_not_opened(profile: Path, source: Path) -> None:
    os.mkfifo(source / "pipe.mbox")
    os.mkfifo(source / "flags.jsonl")
    put(source / "a.eml", eml("One"))
    report = bring_in(profile, source)
    assert reasons(report) == {"pipe.mbox": "it is not a plain file"}
    assert report.added == {"messages": 1}


def test_what_cannot_be_read_is_told_and_the_rest_comes_in(
    profile: Path, source: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("app.importing.importer.LARGEST_MESSAGE", 1_000)
    put(source / "big.eml", eml("Big", "x" * 2_000))
    put(source / "empty.eml", "")
    put(source / "note.txt", "Only a note.")
    put(source / "binary.eml", b"\0\1\2")
    put(source / "broken.ics", "BEGIN:VCALENDAR\r\nBEGIN:VEVENT\r\n")
    put(source / "half.vcf", "BEGIN:VCARD\r\nFN:Anna\r\n")
    put(source / "good.eml", eml("Good"))
    report = bring_in(profile, source, source / "missing.eml")
    assert reasons(report) == {
        "big.eml": "it is larger than 0 MB",
        "empty.eml": "it is empty",
        "note.txt": "it is neither mail, calendar nor contacts",
        "binary.eml": "it does not begin like a message",
        "broken.ics": "it breaks off before its end",
        "half.vcf": "a card breaks off before its end",
        "missing.eml": "there is no such file or folder",
    }
    assert report.added == {"messages": 1}


def test_only_so_many_reasons_are_kept_but_all_are_counted(profile: Path, source: Path) -> None:
    for number in range(80):
        put(source / f"{number}.txt", "x")
    report = bring_in(profile, source)
    assert report.left_out_total == 80
    assert len(report.left_out) == 50


def test_a_calendar_of_many_events_becomes_a_file_each_with_its_zone(
    profile: Path, source: Path
) -> None:
    zone = (
        "BEGIN:VTIMEZONE\r\nTZID:{0}\r\nBEGIN:STANDARD\r\nDTSTART:19700101T000000\r\n"
        "TZOFFSETFROM:+0100\r\nTZOFFSETTO:+0100\r\nEND:STANDARD\r\nEND:VTIMEZONE\r\n"
    )
    at = "DTSTART;TZID={}:20261120T120000"
    one = event("SUMMARY:One", at.format("Europe/Berlin"), "X-OTHER;A=b:kept  as it is")
    two = event("SUMMARY:Two", at.format("Europe/Paris")).replace("UID:one", "UID:two@x")
    moved = event(
        "SUMMARY:Two moved", at.format("Europe/Paris"), "RECURRENCE-ID:20261127T110000Z"
    ).replace("UID:one", "UID:two@x")
    task = "BEGIN:VTODO\r\nUID:todo\r\nDTSTAMP:20261101T000000Z\r\nSUMMARY:Do\r\nEND:VTODO\r\n"
    text = calendar_of(
        "METHOD:PUBLISH\r\n",
        zone.format("Europe/Berlin"),
        zone.format("Europe/Paris"),
        one,
        two,
        moved,
        task,
    )
    report = bring_in(profile, put(source / "all.ics", text))
    assert report.added == {"events": 2, "tasks": 1}
    files = {file.name: file.read_text() for file in (profile / "calendars/personal").iterdir()}
    assert set(files) == {"one.ics", "two@x.ics", "todo.ics"}
    assert one.replace("\r\n", "\n") in files["one.ics"]
    assert "TZID:Europe/Berlin" in files["one.ics"] and "TZID:Europe/Paris" not in files["one.ics"]
    assert files["two@x.ics"].count("BEGIN:VEVENT") == 2
    assert "BEGIN:VTIMEZONE" not in files["todo.ics"]
    assert not any("METHOD" in text for text in files.values())


def test_a_folder_of_events_is_a_calendar_of_that_name(profile: Path, source: Path) -> None:
    put(source / "work" / "one.ics", ics("SUMMARY:One", "DTSTART:20261118T090000Z"))
    put(
        source / "a b" / "x.ics",
        ics("SUMMARY:Two", "DTSTART:20261118T090000Z").replace(":one", ":2"),
    )
    bring_in(profile, source)
    assert titles(profile, "work") == {"SUMMARY:One"}
    assert titles(profile) == {"SUMMARY:Two"}


def test_a_named_folder_is_a_calendar_only_if_it_holds_nothing_else(
    profile: Path, source: Path
) -> None:
    another = ics("SUMMARY:Two", "DTSTART:20261118T090000Z").replace(":one", ":2")
    put(source / "club" / "one.ics", ics("SUMMARY:One", "DTSTART:20261118T090000Z"))
    put(source / "downloads" / "two.ics", another)
    put(source / "downloads" / "note.txt", "x")
    bring_in(profile, source / "club", source / "downloads")
    assert titles(profile, "club") == {"SUMMARY:One"}
    assert titles(profile) == {"SUMMARY:Two"}


def test_an_event_that_differs_from_what_is_there_is_told_and_left(
    profile: Path, source: Path
) -> None:
    file = put(source / "a.ics", berlin("Lunch", "20261120T120000", "20261120T130000"))
    bring_in(profile, file)
    before = files_below(profile)
    put(file, file.read_text().replace("DTSTAMP:20261101", "DTSTAMP:20261102"))
    assert bring_in(profile, file).already_there == {"events": 1}
    put(file, file.read_text().replace("Lunch", "Dinner"))
    report = bring_in(profile, file)
    assert not report.found_something
    assert "differs" in reasons(report)["a.ics"]
    assert files_below(profile) == before


def test_one_broken_event_does_not_keep_the_others_out(profile: Path, source: Path) -> None:
    good = event("SUMMARY:Good", "DTSTART:20261118T090000Z")
    bad = event("SUMMARY:Bad").replace(":one", ":bad")
    report = bring_in(profile, put(source / "a.ics", calendar_of(bad, good)))
    assert report.added == {"events": 1}
    assert reasons(report) == {"a.ics, object 1": "an event has no start"}


def test_a_calendar_in_an_old_encoding_is_read(profile: Path, source: Path) -> None:
    text = ics("SUMMARY:Frühstück", "DTSTART:20261118T090000Z")
    bring_in(profile, put(source / "a.ics", text.encode("cp1252")))
    assert titles(profile) == {"SUMMARY:Frühstück"}


def test_uids_by_strangers_never_become_paths(profile: Path, source: Path) -> None:
    text = ics("SUMMARY:x", "DTSTART:20261118T090000Z").replace(":one", ":../../../evil")
    bring_in(profile, put(source / "a.ics", text))
    card = vcard("Eve", "eve@example.org", more=["UID:../../evil"])
    bring_in(profile, put(source / "b.vcf", card))
    names = [file.name for file in profile.parent.rglob("*.[iv]c[sf]") if profile in file.parents]
    assert len(names) == 2
    assert all(len(name) == 68 for name in names)


def test_contacts_in_one_file_become_a_file_each(profile: Path, source: Path) -> None:
    cards = [
        vcard("Anna", "anna@example.org", more=["UID:urn:uuid:1-2"]),
        vcard("Bob", "bob@example.org"),
        vcard("", more=["NOTE:nobody"]).replace("N:;;;;\r\n", ""),
    ]
    report = bring_in(profile, put(source / "all.vcf", "".join(cards)))
    assert report.added == {"contacts": 2}
    assert reasons(report) == {"all.vcf, contact 3": "it names nobody"}
    found = files_below(profile / "contacts")
    assert found["1-2.vcf"] == cards[0].encode()
    assert bring_in(profile, source).already_there == {"contacts": 2}


def test_a_contact_that_differs_is_told_and_left(profile: Path, source: Path) -> None:
    file = put(source / "a.vcf", vcard("Anna", "anna@example.org", more=["UID:a", "REV:1"]))
    bring_in(profile, file)
    put(file, vcard("Anna", "anna@example.org", more=["UID:a", "REV:2"]))
    assert bring_in(profile, file).already_there == {"contacts": 1}
    put(file, vcard("Anna", "anna@elsewhere.example", more=["UID:a", "REV:2"]))
    assert "differs" in reasons(bring_in(profile, file))["a.vcf, contact 1"]


def test_stopping_keeps_what_came_in_and_the_rest_can_follow(profile: Path, source: Path) -> None:
    file = put(source / "box.mbox", mbox(*(eml(f"Number {n}") for n in range(20))))
    asked = iter([False] * 8)
    report = bring_in(profile, file, stop=lambda: next(asked, True))
    assert report.stopped
    assert 0 < report.added["messages"] < 20
    assert len(mail_of(profile)) == report.added["messages"]
    rest = bring_in(profile, file)
    assert rest.added["messages"] + report.added["messages"] == 20


def test_progress_rises_to_the_whole(profile: Path, source: Path) -> None:
    size = put(source / "box.mbox", mbox(*(eml(f"Number {n}") for n in range(5)))).stat().st_size
    told: list[tuple[int, int]] = []
    bring_in(profile, source, progress=lambda done, total, what: told.append((done, total)))
    shares = [done for done, total in told if total == size]
    assert shares == sorted(shares)
    assert shares[-1] == size


def test_a_full_disk_ends_the_import_and_what_came_in_stays(tmp_path: Path, source: Path) -> None:
    for number in range(40):
        put(source / f"{number:02}.eml", eml(f"Number {number}", "x" * 20_000))
    with small_disk(tmp_path / "disk", 600) as disk:
        place = disk.folder / "profile"
        bring_in(place, source / "00.eml")
        with disk.full():
            report = bring_in(place, source)
        assert report.error is not None
        assert report.error.code == "disk_full"
        found = mail_of(place)
        assert len(found) >= 1
        assert all(data.endswith(b"x\r\n") for data in found.values())


def test_a_file_that_a_power_cut_left_empty_is_written_again(profile: Path, source: Path) -> None:
    file = put(source / "a.eml", eml("Hello"))
    bring_in(profile, file)
    (kept,) = mail_of(profile)
    (profile / "mail" / "local" / kept).write_bytes(b"")
    assert bring_in(profile, file).added == {"messages": 1}
    assert mail_of(profile) == {kept: eml("Hello").encode()}


def test_other_files_that_a_power_cut_left_empty_are_written_again(
    profile: Path, source: Path
) -> None:
    put(source / "one.ics", ics("SUMMARY:x", "DTSTART:20261118T090000Z"))
    put(source / "a.vcf", vcard("Anna", "anna@example.org", more=["UID:a"]))
    bring_in(profile, source)
    before = files_below(profile)
    for name in ("calendars/personal/one.ics", "contacts/a.vcf"):
        (profile / name).write_bytes(b"")
    assert bring_in(profile, source).added == {"events": 1, "contacts": 1}
    assert files_below(profile) == before


@given(st.binary(max_size=300), st.sampled_from(list(HEADS)))
def test_any_bytes_are_taken_or_told_why_not(data: bytes, head: str) -> None:
    text = HEADS[head] + data
    for split, error in (
        (split_objects, UnreadableCalendarError),
        (split_cards, UnreadableContactError),
    ):
        with suppress(error):
            list(split(text))
    name_for(text)
    without_mailbox_headers(text)


def test_many_messages_are_not_synced_one_by_one(
    profile: Path, source: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    put(source / "box.mbox", mbox(*(eml(f"Number {n}") for n in range(50))))
    synced: list[object] = []
    monkeypatch.setattr(atomic.os, "fsync", synced.append)
    monkeypatch.setattr(atomic.os, "sync", lambda: synced.append("all"))
    bring_in(profile, source)
    assert synced == ["all"]


def test_mail_folders_that_are_links_are_refused(
    tmp_path: Path, profile: Path, source: Path
) -> None:
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    (profile / "mail" / "local").mkdir(parents=True)
    (profile / "mail" / "local" / "Inbox").symlink_to(elsewhere)
    report = bring_in(profile, put(source / "a.eml", eml("Hello")))
    assert report.error is not None
    assert report.error.code == "bad_target"
    assert list(elsewhere.iterdir()) == []
