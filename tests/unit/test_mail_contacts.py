"""Contacts: cards of every version, several in a file, and what is no card."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from app.mail.contacts import Contacts, UnreadableContactError, read_cards
from tests.support.mail_profile import vcard


def card(*lines: str, version: str = "3.0") -> bytes:
    text = "\r\n".join(["BEGIN:VCARD", f"VERSION:{version}", *lines, "END:VCARD", ""])
    return text.encode()


def test_a_card_of_version_3() -> None:
    (contact,) = read_cards(
        card(
            "N:Kovács;Anna;;Dr.;",
            "FN:Dr. Anna Kovács",
            "NICKNAME:Annie,Panni",
            "EMAIL;TYPE=INTERNET:Anna@Example.org",
            "EMAIL;TYPE=INTERNET,WORK,PREF:anna@work.example",
            "item1.EMAIL:third@example.org",
            "TEL;TYPE=CELL:+49 170 1",
            "TEL;TYPE=WORK,VOICE:+49 30 2",
            "TEL:3",
            "ORG:Example GmbH;Sales",
            "TITLE:Buyer",
            "ADR;TYPE=HOME:;;Linden 3;Berlin;;10117;Germany",
            "BDAY:1980-02-03",
            "NOTE:Likes\\nlists\\, long",
            "X-ABUID:1",
        )
    )
    assert contact.names == ("Dr. Anna Kovács", "Anna Kovács", "Annie", "Panni")
    assert contact.addresses == ("anna@work.example", "anna@example.org", "third@example.org")
    assert contact.preferred
    assert contact.details == {
        "mobile": "+49 170 1",
        "work phone": "+49 30 2",
        "phone": "3",
        "organisation": "Example GmbH, Sales",
        "title": "Buyer",
        "home address": "Linden 3, 10117 Berlin, Germany",
        "birthday": "1980-02-03",
        "note": "Likes lists, long",
    }


def test_a_card_of_version_2_1_with_quoted_printable() -> None:
    (contact,) = read_cards(
        card(
            "N;CHARSET=UTF-8;ENCODING=QUOTED-PRINTABLE:M=C3=BCller;J=C3=",
            "=B6rg",
            "EMAIL;INTERNET:old@example.org",
            "EMAIL;INTERNET;PREF:joerg@example.org",
            "TEL;HOME;VOICE:1",
            version="2.1",
        )
    )
    assert contact.names == ("Jörg Müller",)
    assert contact.addresses == ("joerg@example.org", "old@example.org")
    assert contact.details == {"home phone": "1"}


def test_a_card_of_version_4() -> None:
    (contact,) = read_cards(
        card(
            "FN:Yuki 田中",
            "EMAIL;PREF=2:second@example.org",
            "EMAIL;PREF=1:first@example.org",
            "TEL;VALUE=uri;TYPE=cell:tel:+81-3",
            "KIND:individual",
            version="4.0",
        )
    )
    assert contact.names == ("Yuki 田中",)
    assert contact.addresses == ("first@example.org", "second@example.org")
    assert contact.details == {"mobile": "+81-3"}


def test_several_cards_in_a_file_and_other_things_between() -> None:
    data = vcard("One", "one@example.org") + "\r\n" + vcard("Two", "two@example.org")
    assert [contact.names[0] for contact in read_cards(data.encode())] == ["One", "Two"]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
def test_cards_in_other_encodings(encoding: str) -> None:
    (contact,) = read_cards(vcard("Jörg", "joerg@example.org").encode(encoding))
    assert contact.names == ("Jörg",)


def test_addresses_that_are_none_are_left_out_and_names_are_harmless() -> None:
    (contact,) = read_cards(
        card(
            "FN:Eve\u202e\u0007 Mallory\\nBcc: x@evil.example",
            "EMAIL:not an address",
            "EMAIL:a@b.example\\nBcc: x@evil.example",
            "EMAIL:",
            "EMAIL:fine@example.org",
        )
    )
    assert contact.names == ("Eve Mallory Bcc: x@evil.example",)
    assert contact.addresses == ("fine@example.org",)


def test_nothing_is_lost_after_a_comma_that_should_have_been_escaped() -> None:
    (contact,) = read_cards(card("FN:Meyer, Hans", "N:Meyer\\;Sohn;Hans;;;", "NOTE:one, two"))
    assert contact.names == ("Meyer, Hans", "Hans Meyer;Sohn")
    assert contact.details == {"note": "one, two"}


def test_a_card_inside_another_is_not_mixed_with_it() -> None:
    inner = ["AGENT:", "BEGIN:VCARD", "FN:Agent", "EMAIL:agent@example.org", "END:VCARD"]
    (contact,) = read_cards(card("FN:Boss", *inner, "EMAIL:boss@example.org"))
    assert (contact.names, contact.addresses) == (("Boss",), ("boss@example.org",))


def test_a_photograph_is_passed_over() -> None:
    (contact,) = read_cards(card("FN:X", "PHOTO;ENCODING=b;TYPE=JPEG:AAAA", " BBBB", "TEL:1"))
    assert (contact.names, contact.details) == (("X",), {"phone": "1"})


def test_a_card_with_nothing_but_a_telephone() -> None:
    (contact,) = read_cards(card("FN:Taxi", "TEL:4"))
    assert (contact.names, contact.addresses) == (("Taxi",), ())


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"nonsense",
        b"BEGIN:VCARD\r\nFN:X\r\n",
        b"BEGIN:VCALENDAR\r\nEND:VCALENDAR\r\n",
        b"BEGIN:VCARD\r\nFN X\r\nEND:VCARD\r\n",
        b"\xff\xfe\x00",
        b"\0" * 10,
    ],
)
def test_what_is_no_card_is_said_to_be_none(data: bytes) -> None:
    with pytest.raises(UnreadableContactError):
        read_cards(data)


LINES = st.sampled_from(
    [
        "BEGIN:VCARD",
        "END:VCARD",
        "VERSION:2.1",
        "N:",
        "N:a;b;c;d;e;f;g",
        "FN;ENCODING=b:!!!",
        "FN;ENCODING=b:w4Q=",
        "FN;CHARSET=nonsense;ENCODING=QUOTED-PRINTABLE:=FF=",
        "ADR:;",
        "ADR;ENCODING=QUOTED-PRINTABLE:a=",
        "ORG:",
        "EMAIL;PREF=x:a@b.example",
        "EMAIL;PREF:a@b.example",
        "TEL;TYPE=:1",
        ";:;",
        " folded",
        "PHOTO;ENCODING=b;TYPE=JPEG:AAAA",
        "BDAY:never",
        "REV:x",
        "AGENT:",
        "X",
    ]
)


@settings(max_examples=200, deadline=None)
@example(b"BEGIN:VCARD\r\nN:\r\nEND:VCARD\r\n")
@given(
    st.one_of(
        st.binary(max_size=200),
        st.lists(LINES, max_size=8).map(lambda lines: "\r\n".join(lines).encode()),
        st.lists(LINES, max_size=8).map(lambda lines: card(*lines)),
    )
)
def test_any_bytes_are_cards_or_are_said_to_be_none(data: bytes) -> None:
    try:
        contacts = read_cards(data)
    except UnreadableContactError as error:
        assert str(error)
        return
    for contact in contacts:
        assert all("@" in each for each in contact.addresses)
        assert all(text and text.isprintable() for text in (*contact.names,))


def test_a_folder_is_looked_through_and_changes_are_seen(tmp_path: Path) -> None:
    folder = tmp_path / "contacts"
    contacts = Contacts(folder)
    assert contacts.look()[0] == ()
    folder.mkdir()
    (folder / "b.vcf").write_text(vcard("Bob", "bob@example.org"))
    (folder / "a.VCF").write_text(vcard("Anna", "anna@example.org"))
    (folder / ".c.vcf").write_text(vcard("Hidden"))
    (folder / "d.txt").write_text(vcard("Text"))
    (folder / "e.vcf").symlink_to(folder / "b.vcf")
    found, problems, stamp = contacts.look()
    assert [contact.names[0] for contact in found] == ["Anna", "Bob"]
    assert problems == ()
    assert contacts.look() == (found, (), stamp)
    (folder / "b.vcf").write_text(vcard("Robert", "bob@example.org"))
    (folder / "a.VCF").unlink()
    found, problems, changed = contacts.look()
    assert [contact.names[0] for contact in found] == ["Robert"]
    assert changed != stamp


def test_a_broken_file_is_a_problem_beside_the_others(tmp_path: Path) -> None:
    (tmp_path / "a.vcf").write_text("nonsense")
    (tmp_path / "b.vcf").write_text(vcard("Bob", "bob@example.org"))
    found, problems, _ = Contacts(tmp_path).look()
    assert [contact.names[0] for contact in found] == ["Bob"]
    (problem,) = problems
    assert problem.code == "broken_contact_file"
    assert "contacts/a.vcf" in problem.message
    assert (tmp_path / "a.vcf").read_text() == "nonsense"
