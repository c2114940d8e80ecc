"""contact_find: who is found under a name, with what, and how they are known."""

from __future__ import annotations

from tests.support.mail_profile import eml
from tests.support.tool_desk import OWN, Desk

KOFI = "Kofi Mensah <kofi@example.net>"


def test_a_contact_is_shown_with_all_that_is_known(desk: Desk) -> None:
    desk.mail.add_contact(
        "Anna Berg", "anna@example.org", "anna@home.example",
        more=["TEL;TYPE=CELL:+49 171 1", "ORG:Berg Ltd", "BDAY:1990-05-01"],
    )  # fmt: skip
    outcome = desk.run("contact_find", name="Anna")
    assert outcome.sentence == (
        "Anna Berg: anna@example.org, anna@home.example, mobile +49 171 1, organisation Berg Ltd, "
        "birthday 1990-05-01; in your contacts."
    )
    assert outcome.data["total"] == 1
    people = outcome.data["people"]
    assert isinstance(people, list)
    assert people[0]["addresses"] == ["anna@example.org", "anna@home.example"]
    assert people[0]["phones"] == ["+49 171 1"] and people[0]["source"] == "contact"


def test_whoever_has_only_written_is_flagged(desk: Desk) -> None:
    desk.mail.put(eml("Hi", sender="Nadia Rahman <nadia@example.org>"))
    assert desk.run("contact_find", name="nadia").sentence == (
        "Nadia Rahman: nadia@example.org; has only written to you; not in your contacts."
    )


def test_whom_the_user_wrote_to_is_known(desk: Desk) -> None:
    desk.mail.put(eml("Hi", sender=f"Ada <{OWN}>", to=KOFI), "Sent")
    assert desk.run("contact_find", name="Kofi Mensah").sentence == (
        "Kofi Mensah: kofi@example.net; you have written there."
    )


def test_several_of_a_name_are_all_listed_known_ones_first(desk: Desk) -> None:
    desk.mail.put(eml("Hi", sender="Anna Berg <a@evil.example>"))
    desk.mail.add_contact("Anna Berg", "anna@example.org")
    desk.mail.add_contact("Anna Lind", "lind@example.org")
    lines = desk.run("contact_find", name="Anna").sentence.splitlines()
    assert lines[0] == "3 people:"
    assert lines[-1] == (
        "Anna Berg: a@evil.example; has only written to you; not in your contacts."
    )
    assert len(lines) == 4


def test_names_are_found_in_the_ways_people_say_them(desk: Desk) -> None:
    desk.mail.add_contact("Jörg Müller", "jm@example.org", more=["NICKNAME:Jogi"])
    for said in ("Müller", "muller", "Mueller", "joerg müller", "Jörg's", "Herr Müller", "Jogi"):
        assert desk.run("contact_find", name=said).data["total"] == 1, said
    assert desk.run("contact_find", name="jm@example.org").data["total"] == 1
    for said in ("jogis", "Jörg's number", "müllers phone number", "the number of Jörg"):
        assert desk.run("contact_find", name=said).data["total"] == 1, said


def test_a_role_or_company_finds_a_contact(desk: Desk) -> None:
    desk.mail.add_contact("Dr Ruiz", "ruiz@example.org", more=["TITLE:Dentist"])
    for said in ("the dentist", "contact details of the dentist", "phone number of the dentist"):
        assert desk.run("contact_find", name=said).data["total"] == 1, said


def test_nobody_says_so_and_offers_who_is_near(desk: Desk) -> None:
    assert desk.run("contact_find", name="Zed").sentence == "I know nobody called “Zed”."
    desk.mail.add_contact("Alexander Roth", "alex@example.org")
    outcome = desk.run("contact_find", name="Alex")
    assert outcome.sentence == "I know nobody called “Alex”. There is Alexander Roth."
    assert outcome.data == {"people": [], "total": 0}
    unknown = desk.run("contact_find", name="her").sentence
    assert unknown == "I do not know who “her” is. Say the name."


def test_me_is_the_user(desk: Desk) -> None:
    assert desk.run("contact_find", name="me").sentence == f"You: Ada Example and {OWN}."


def test_her_is_whom_the_talk_was_about(desk: Desk) -> None:
    desk.mail.put(eml("Hi", sender="Nadia Rahman <nadia@example.org>"))
    desk.show("mail_find")
    assert desk.run("contact_find", name="her").data["total"] == 1


def test_who_was_looked_up_is_him_in_what_follows(desk: Desk) -> None:
    desk.mail.add_contact("Kofi Mensah", "kofi@example.org")
    desk.mail.put(eml("Hi", sender="Kofi Eze <eze@attacker.example>"))
    desk.show("contact_find", name="Kofi")
    desk.words = "write to him that I come"
    proposal = desk.proposal("mail_draft", to=["him"], body="I come")
    assert "To: Kofi Mensah <kofi@example.org>" in proposal.options[0].changes[0].becomes
    assert desk.run("contact_find", name="him").data["total"] == 1
    desk.recent = ()
    desk.show("contact_find", name="Eze")
    assert desk.refused("mail_draft", to=["him"], body="x").code == "person_not_found"


def test_names_of_others_are_harmless_to_show(desk: Desk) -> None:
    desk.mail.put(eml("Hi", sender="Zoe\u202e\x1b[31m <zoe@evil.example>"))
    sentence = desk.run("contact_find", name="zoe@evil.example").sentence
    assert "\u202e" not in sentence and "\x1b" not in sentence and "zoe@evil.example" in sentence


def test_wrong_arguments_are_named(desk: Desk) -> None:
    assert "name" in desk.refused("contact_find").message
    assert desk.refused("contact_find", name=3).code == "bad_argument"
