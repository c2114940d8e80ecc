"""mail_draft: who it goes to, what it says, and whether it waits or goes out."""

from __future__ import annotations

from pathlib import Path

import pytest

from app.core.errors import AmbiguousError
from app.core.proposals import Risk
from app.mail.mime import read_body, read_headers
from app.mail.model import DRAFTS, MailQuery
from app.store.changes import apply_changes
from app.store.settings import Settings
from tests.support.mail_profile import eml
from tests.support.tool_desk import OWN, Desk, open_desk
from tests.support.written_mail import planned, recipients, written

KOFI = "kofi@example.org"


@pytest.fixture(autouse=True)
def people(desk: Desk) -> None:
    desk.mail.add_contact("Kofi Mensah", KOFI)
    desk.mail.add_contact("Anna Berg", "anna@example.org")
    desk.mail.put(
        eml("Hi", "Hello.", sender="Eve Stone <eve@elsewhere.example>", to=f"Ada <{OWN}>")
    )


def test_a_draft_is_a_file_that_says_what_was_said(desk: Desk) -> None:
    proposal = desk.proposal("mail_draft", to=["Kofi"], body="the report is ready")
    assert proposal.risk is Risk.DRAFT
    (option,) = proposal.options
    assert not option.doubtful
    assert option.changes[0].becomes == (
        f"To: Kofi Mensah <{KOFI}>", "Subject: The report is ready", "The report is ready.",
    )  # fmt: skip
    done, _ = desk.do("mail_draft", to=["Kofi"], body="the report is ready")
    assert done == "Draft to Kofi Mensah saved. Say “send it” to send it."
    (data,) = written(desk, "Drafts")
    headers = read_headers(data)
    assert (headers.sender.mail, headers.to[0].mail) == (OWN, KOFI)
    assert headers.subject == "The report is ready"
    assert read_body(data).text.strip() == "The report is ready."
    assert written(desk, "Outbox") == []


def test_everything_said_of_it_is_in_it(desk: Desk) -> None:
    desk.do(
        "mail_draft",
        to=["Kofi", "anna@example.org"],
        subject="the roof",
        body="It leaks.\nBring a bucket.",
        cc=["bo@example.net"],
        bcc=["me"],
    )
    (data,) = written(desk, "Drafts")
    headers = read_headers(data)
    assert recipients(headers) == [KOFI, "anna@example.org", "bo@example.net", OWN]
    assert (len(headers.to), len(headers.cc), len(headers.bcc)) == (2, 1, 1)
    assert headers.subject == "The roof"
    assert read_body(data).text.strip() == "It leaks.\nBring a bucket."


def test_the_id_told_is_that_of_the_draft_once_it_is_made(desk: Desk) -> None:
    outcome = desk.run("mail_draft", to=["Kofi"], body="hello")
    assert outcome.proposal is not None
    (short_id,) = outcome.mentions
    assert outcome.data["id"] == short_id
    assert desk.mailbox.envelopes(outcome.mentions) == ()
    changes = outcome.proposal.options[0].changes
    apply_changes(desk.profile.journal, desk.owners, None, "Draft", changes)
    (made,) = desk.mailbox.search(MailQuery(folders=(DRAFTS,))).items
    assert (made.id, made.subject) == (short_id, "Hello")


def test_asking_to_send_gives_one_card_with_both_ways(desk: Desk) -> None:
    desk.words = "email Kofi that the report is ready"
    arguments = {"to": ["Kofi"], "body": "the report is ready"}
    proposal = desk.proposal("mail_draft", **arguments)
    assert proposal.risk is Risk.SEND
    assert proposal.title == f"Send to Kofi Mensah <{KOFI}>: 'The report is ready'"
    assert [option.label for option in proposal.options] == ["Send", "Keep as a draft"]
    send, keep = proposal.options
    assert send.changes[0].after == keep.changes[0].after
    done, _ = desk.do("mail_draft", **arguments)
    assert done == (
        "Mail to Kofi Mensah is in the Outbox. It goes out once a mail account is set up."
    )
    assert (len(written(desk, "Outbox")), len(written(desk, "Drafts"))) == (1, 0)
    desk.do("mail_draft", 1, **arguments)
    assert (len(written(desk, "Outbox")), len(written(desk, "Drafts"))) == (1, 1)


def test_asking_to_write_gives_a_draft_only(desk: Desk) -> None:
    desk.words = "write to Kofi that I will send the report"
    proposal = desk.proposal("mail_draft", to=["Kofi"], body="I will send the report")
    assert [option.label for option in proposal.options] == ["Keep as a draft"]


@pytest.mark.parametrize("option", [0, 1])
def test_undo_leaves_every_file_as_it_was(desk: Desk, option: int) -> None:
    before = desk.files()
    desk.words = "email Kofi hello"
    desk.do("mail_draft", option, to=["Kofi"], body="hello")
    assert desk.files() != before
    desk.do("undo")
    assert desk.files() == before


def test_somebody_unknown_is_named(desk: Desk) -> None:
    error = desk.refused("mail_draft", to=["Zoltan"], body="hello")
    assert error.code == "person_not_found"
    assert "Zoltan" in error.message


def test_several_of_a_name_become_a_choice(desk: Desk) -> None:
    desk.mail.add_contact("Kofi Boateng", "boateng@example.org")
    error = desk.refused("mail_draft", to=["Anna", "Kofi"], body="hello")
    assert isinstance(error, AmbiguousError)
    assert error.argument == "to"
    assert len(error.choices) == 2
    proposal = desk.proposal("mail_draft", to=[error.choices[1][0]], body="hello")
    chosen = recipients(planned(proposal.options[0].changes[0].after))
    assert chosen[0] == "anna@example.org"
    assert len(chosen) == 2


def test_a_name_that_only_came_with_mail_has_to_be_chosen(desk: Desk) -> None:
    error = desk.refused("mail_draft", to=["Eve"], body="hello")
    assert isinstance(error, AmbiguousError)
    ((value, label),) = error.choices
    assert value == "eve@elsewhere.example"
    assert "has only written to you" in label
    (option,) = desk.proposal("mail_draft", to=[value], body="hello").options
    assert option.doubtful
    assert option.reason == "you have not written to eve@elsewhere.example before"


def test_an_address_the_user_said_is_not_doubted(desk: Desk) -> None:
    desk.words = "write to new@example.com: hello"
    (option,) = desk.proposal("mail_draft", to=["new@example.com"], body="hello").options
    assert not option.doubtful
    desk.words = "write to them: hello"
    (option,) = desk.proposal("mail_draft", to=["new@example.com"], body="hello").options
    assert option.doubtful


@pytest.mark.parametrize(
    ("arguments", "about"),
    [
        ({"to": ["Kofi"]}, "body"),
        ({"body": "hello"}, "to"),
        ({"to": "Kofi", "body": "hello"}, "to"),
        ({"to": ["Kofi"], "body": "hello", "size": 3}, "size"),
    ],
)
def test_wrong_arguments_are_named(desk: Desk, arguments: dict[str, object], about: str) -> None:
    error = desk.refused("mail_draft", **arguments)
    assert error.code == "bad_argument"
    assert f"“{about}”" in error.message


def test_line_breaks_in_a_subject_make_no_header(desk: Desk) -> None:
    desk.do("mail_draft", to=["Kofi"], subject="hi\r\nBcc: eve@elsewhere.example", body="hello")
    (data,) = written(desk, "Drafts")
    assert read_headers(data).bcc == ()


def test_a_file_goes_with_it_if_its_path_was_said(desk: Desk, tmp_path: Path) -> None:
    report = tmp_path / "report.pdf"
    report.write_bytes(b"%PDF-1.7 report")
    desk.words = f"write to Kofi: here it is, attach {report}"
    arguments = {"to": ["Kofi"], "body": "here it is", "attach": [str(report)]}
    (option,) = desk.proposal("mail_draft", **arguments).options
    assert option.changes[0].becomes[-1] == "Attached: report.pdf, 15 bytes"
    desk.do("mail_draft", **arguments)
    (data,) = written(desk, "Drafts")
    (attached,) = read_body(data).attachments
    assert (attached.name, attached.media_type, attached.size) == (
        "report.pdf", "application/pdf", 15,
    )  # fmt: skip
    desk.words = "write to Kofi: here it is, attach the report"
    assert desk.refused("mail_draft", **arguments).code == "attachment_not_found"


def test_what_is_no_file_is_not_attached(desk: Desk, tmp_path: Path) -> None:
    for name in ("report.pdf", str(tmp_path), str(tmp_path / "none.pdf"), "/dev/zero"):
        error = desk.refused("mail_draft", to=["Kofi"], body="here it is", attach=[name])
        assert error.code == "attachment_not_found"
    large = tmp_path / "large.bin"
    with large.open("wb") as file:
        file.truncate(26_000_000)
    error = desk.refused("mail_draft", to=["Kofi"], body="here it is", attach=[str(large)])
    assert error.code == "attachment_too_large"


def test_without_an_own_address_it_can_only_be_kept(tmp_path: Path) -> None:
    with open_desk(tmp_path / "q", Settings(names=("Ada",), zone="Europe/Berlin")) as desk:
        desk.mail.add_contact("Kofi Mensah", KOFI)
        desk.words = "email Kofi hello"
        (option,) = desk.proposal("mail_draft", to=["Kofi"], body="hello").options
        assert option.label == "Keep as a draft"
        assert option.done.startswith("Draft to Kofi Mensah saved. It cannot be sent yet. Put")
        assert "From:" not in (option.changes[0].after or "")
