"""Which folder of the profile a folder of another program becomes."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.importing.folders import decoded_utf7, folder_for, known_folder
from app.importing.maildir import maildir_folder, split_info
from app.store.safe_names import is_safe_name


@pytest.mark.parametrize(
    ("name", "folder"),
    [
        ("INBOX", "Inbox"),
        ("Posteingang", "Inbox"),
        ("Boîte de réception", "Inbox"),
        ("Sent Items", "Sent"),
        ("sent-mail", "Sent"),
        ("Gesendete Elemente", "Sent"),
        ("Éléments envoyés", "Sent"),
        ("Entwürfe", "Drafts"),
        ("Brouillons", "Drafts"),
        ("Archives", "Archive"),
        ("Papierkorb", "Trash"),
        ("Deleted Items", "Trash"),
        ("Corbeille", "Trash"),
        ("Junk E-mail", "Junk"),
        ("SPAM", "Junk"),
    ],
)
def test_common_names_are_known_in_three_languages(name: str, folder: str) -> None:
    assert known_folder(name) == folder


@pytest.mark.parametrize("name", ["Outbox", "OUTBOX", "Postausgang", "Unsent Messages"])
def test_what_waited_to_be_sent_becomes_a_draft(name: str) -> None:
    assert folder_for(name) == "Drafts"


@pytest.mark.parametrize(
    ("name", "folder"),
    [
        ("Projects", "Projects"),
        ("Reisen & Fotos", "Reisen-Fotos"),
        ("Müller", "Muller"),
        ("../../etc", "etc"),
        ("a/b", "a-b"),
    ],
)
def test_other_names_are_kept_as_far_as_they_are_safe(name: str, folder: str) -> None:
    assert folder_for(name) == folder


@given(st.text())
def test_a_folder_always_has_a_safe_name_and_is_never_the_outbox(name: str) -> None:
    folder = folder_for(name)
    assert is_safe_name(folder)
    assert folder.casefold() != "outbox"


@pytest.mark.parametrize(
    ("name", "folder"),
    [
        (".Sent", "Sent"),
        (".INBOX.Projects", "Projects"),
        (".Lists.Python", "Lists.Python"),
        (".Entw&APw-rfe", "Drafts"),
        (".A&-B", "A-B"),
        (".", ""),
    ],
)
def test_subfolders_of_a_maildir_are_named_without_their_dots(name: str, folder: str) -> None:
    assert maildir_folder(name) == folder


def test_a_name_that_is_no_utf7_stays() -> None:
    assert decoded_utf7("A&A-") == "A&A-"


@pytest.mark.parametrize(
    ("name", "flags", "letters"),
    [
        ("1.host:2,", (), ""),
        ("1.host:2,RS", ("seen", "answered"), "RS"),
        ("1.host;2,FT", ("flagged",), "FT"),
        ("1.host", (), ""),
    ],
)
def test_flags_are_read_from_a_file_name(name: str, flags: tuple[str, ...], letters: str) -> None:
    found, all_letters = split_info(name)
    assert set(found) == set(flags)
    assert all_letters == letters
