"""People in the user's words: whose address is meant, and who has to be chosen."""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from app.core.errors import AmbiguousError, KnownError
from app.mail.model import Address, Person
from app.tools.people import (
    called,
    names_in,
    person_addresses,
    resolve_people,
    without_ending,
)


@dataclass(frozen=True)
class Known:
    """People as a mailbox gives them."""

    everybody: tuple[Person, ...]
    own: frozenset[str] = frozenset({"sam@rivera.example"})

    def people(self) -> tuple[Person, ...]:
        return self.everybody

    def own_addresses(self) -> frozenset[str]:
        return self.own


ANNA = Person(("Anna Berg",), ("anna@example.org", "anna@home.example"), "contact", 3.0)
JOERG = Person(("Jörg Müller", "Jogi"), ("jm@example.org",), "contact")
KOFI = Person(("Kofi Mensah",), ("kofi@example.net",), "written", 1.0)
EVA = Person(("Eva Berg",), ("eva@example.org",), "written")
NAMELESS = Person((), ("rosa.diaz@example.org",), "written")
PHONE = Person(("Uncle Tom",), (), "contact")
NADIA = Person(("Nadia Rahman",), ("nadia@example.org",), "received")
IMPOSTOR = Person(("Anna Berg",), ("anna@evil.example",), "received")
SELF = Person(("Sam Rivera",), ("sam@rivera.example",), "contact")
EVERYBODY = Known((ANNA, KOFI, EVA, JOERG, NAMELESS, PHONE, NADIA, IMPOSTOR, SELF))


def mails(*names: str, **more: object) -> list[str]:
    found = resolve_people(names, EVERYBODY, argument="to", **more)  # type: ignore[arg-type]
    return [each.mail for each in found]


def error_for(*names: str, **more: object) -> KnownError:
    with pytest.raises(KnownError) as caught:
        mails(*names, **more)
    assert "Nothing was changed." in caught.value.message
    return caught.value


@pytest.mark.parametrize(
    ("said", "mail"),
    [
        ("Anna", "anna@example.org"),
        ("anna berg", "anna@example.org"),
        ("Berg, Anna", "anna@example.org"),
        ("Anna's", "anna@example.org"),
        ("Kofi", "kofi@example.net"),
        ("Mr Mensah", "kofi@example.net"),
        ("Jogi", "jm@example.org"),
        ("Muller", "jm@example.org"),
        ("Mueller", "jm@example.org"),
        ("Joerg Müller", "jm@example.org"),
        ("MU\u0308LLER", "jm@example.org"),
        ("Rosa", "rosa.diaz@example.org"),
        ("rosa diaz", "rosa.diaz@example.org"),
        ("anna@home.example", "anna@home.example"),
        ("Stranger@New.example", "stranger@new.example"),
        ("Stranger <s@new.example>", "s@new.example"),
    ],
)
def test_a_name_is_found_however_it_is_said(said: str, mail: str) -> None:
    assert mails(said) == [mail]


def test_several_names_each_count_once_in_their_order() -> None:
    assert mails("Kofi", "Anna", "kofi mensah") == ["kofi@example.net", "anna@example.org"]
    assert mails("Kofi and Anna") == ["kofi@example.net", "anna@example.org"]
    assert mails("Kofi, Anna and Jogi") == [
        "kofi@example.net", "anna@example.org", "jm@example.org",
    ]  # fmt: skip


def test_the_name_is_the_users_own_for_an_address() -> None:
    (found,) = resolve_people(["kofi@example.net"], EVERYBODY, argument="to")
    assert found == Address("Kofi Mensah", "kofi@example.net")


def test_a_name_that_is_only_part_of_several_is_asked_about() -> None:
    error = error_for("Berg")
    assert isinstance(error, AmbiguousError)
    assert (error.code, error.argument) == ("several_people", "to")
    assert error.choices == (
        ("anna@example.org", "Anna Berg <anna@example.org>: in your contacts"),
        ("eva@example.org", "Eva Berg <eva@example.org>: you have written there"),
    )


def test_a_choice_keeps_the_others_that_were_named() -> None:
    error = error_for("Kofi", "Berg")
    assert isinstance(error, AmbiguousError)
    value = error.choices[1][0]
    assert mails(value) == ["kofi@example.net", "eva@example.org"]
    error = error_for("Berg and Kofi")
    assert isinstance(error, AmbiguousError)
    assert mails(error.choices[0][0]) == ["kofi@example.net", "anna@example.org"]


def test_somebody_who_has_only_written_must_be_chosen() -> None:
    error = error_for("Nadia")
    assert isinstance(error, AmbiguousError)
    assert error.choices == (
        ("nadia@example.org",
         "Nadia Rahman <nadia@example.org>: has only written to you; not in your contacts"),
    )  # fmt: skip
    assert mails(error.choices[0][0]) == ["nadia@example.org"]


def test_a_borrowed_name_is_never_offered_beside_the_one_it_belongs_to() -> None:
    assert mails("Anna Berg") == ["anna@example.org"]
    assert person_addresses("Anna", EVERYBODY) == ("anna@example.org", "anna@home.example")


def test_a_name_somebody_chose_does_not_go_before_a_part_of_a_known_one() -> None:
    # "Eva" has been answered once, under the name that stood in her mail.
    eve = Person(("Eva",), ("eve@evil.example",), "written", 0.1)
    nameless = Person((), ("eva@evil.example",), "written", 0.1)
    for each in (eve, nameless):
        people = Known((EVA, each))
        with pytest.raises(AmbiguousError) as caught:
            resolve_people(["Eva"], people, argument="to")
        assert [mail for mail, _ in caught.value.choices] == ["eva@example.org", *each.addresses]
    short = Person(("Eva",), ("eva@home.example",), "contact")
    assert [each.mail for each in resolve_people(["Eva"], Known((EVA, short)), argument="to")] == [
        "eva@home.example"
    ]


def test_nobody_of_that_name() -> None:
    error = error_for("Zed")
    assert error.code == "person_not_found" and "“Zed”" in error.message
    assert error_for("the whole team").code == "person_not_found"
    assert error_for("Tom").code == "person_not_found"


def test_the_beginning_of_a_name_is_offered_but_not_taken() -> None:
    error = error_for("Ann")
    assert isinstance(error, AmbiguousError)
    assert error.message.startswith("I know nobody called “Ann”, but there is Anna Berg.")
    assert [value for value, _ in error.choices] == ["anna@example.org"]


def test_me_is_the_users_own_address() -> None:
    assert mails("me") == mails("myself") == ["sam@rivera.example"]
    assert mails("me", own=(Address("", "sam@work.example"),)) == ["sam@work.example"]
    assert error_for("Sam").code == "person_not_found"
    nobody = Known((), frozenset())
    with pytest.raises(KnownError) as caught:
        resolve_people(["me"], nobody, argument="to")
    assert caught.value.code == "no_own_address"


def test_them_are_whom_the_talk_was_about_if_the_user_knows_them() -> None:
    assert error_for("him").code == "person_not_found"
    anna, kofi = Address("A", "anna@example.org"), Address("K", "kofi@example.net")
    assert mails("them", spoken_of=(anna, kofi)) == ["anna@example.org", "kofi@example.net"]
    stranger = Address("Anna Berg", "anna@evil.example")
    error = error_for("her", spoken_of=(stranger,))
    assert isinstance(error, AmbiguousError)
    assert [value for value, _ in error.choices] == ["anna@evil.example"]
    assert "has only written to you" in error.choices[0][1]


@pytest.mark.parametrize("said", ["a@b@c.example", "a b@c.example", "@x", "x@", "a\r\nBcc: e@e.x"])
def test_what_only_looks_like_an_address_is_none(said: str) -> None:
    assert error_for(said).code in ("person_not_found", "several_people")


def test_names_are_told_apart() -> None:
    people = (Person(("Marks and Spencer",), ("ms@example.org",), "received"), ANNA)
    assert names_in("Marks and Spencer", people) == ("Marks and Spencer",)
    assert names_in("Anna and Bob", people) == ("Anna", "Bob")
    assert names_in("Anna", people) == ("Anna",)


def test_similar_names_are_different_people() -> None:
    people = (Person(("Michal Nowak",), ("michal@example.org",), "contact"),)
    assert called("Michael", people) == []
    assert called("Michał", people) == list(people)


@pytest.mark.parametrize(
    ("said", "name"),
    [("kofis", "kofi"), ("Annas", "Anna"), ("Kofi", "Kofi"), ("nadias", "nadias"), ("s", "s")],
)
def test_a_possessive_without_its_sign_is_a_name_somebody_known_has(said: str, name: str) -> None:
    assert without_ending(said, EVERYBODY.people()) == name
