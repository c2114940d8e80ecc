"""undo: what is taken back, what stands in the way, and how it is told."""

from __future__ import annotations

from app.core.errors import AmbiguousError
from app.mail.flags import tidy
from tests.support.calendar_profile import (
    berlin,
)
from tests.support.mail_profile import eml
from tests.support.tool_desk import Desk


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


def test_what_looks_as_it_was_left_but_was_changed_twice_since_is_undone_in_order(
    desk: Desk,
) -> None:
    desk.mail.put(eml("Hello"), seen=False)
    for action in ("read", "unread", "read"):
        desk.do("mail_update", messages="the mail called hello", action=action)
    error = desk.refused("undo", change="c1")
    assert error.code == "stale" and error.hint == "Undo c3 first."
    for change in ("c3", "c2", "c1"):
        desk.do("undo", change=change)
    assert desk.run("mail_find", words="hello", unread=True).data["total"] == 1


def test_a_draft_that_was_marked_is_not_taken_away_under_the_mark(desk: Desk) -> None:
    desk.mail.add_contact("Kofi Mensah", "kofi@example.org")
    before = desk.files()
    desk.do("mail_draft", to=["Kofi"], body="the report is ready")
    (draft,) = desk.run("mail_find", folder="drafts").mentions
    desk.do("mail_update", messages=[draft], action="flag")
    assert desk.refused("undo", change="c1").hint == "Undo c2 first."
    desk.do("undo")
    desk.do("undo")
    tidy(desk.profile.root / "mail")
    assert desk.files() == before
