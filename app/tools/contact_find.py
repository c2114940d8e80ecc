"""contact_find: people of a name with what is known of them, and how they are known."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from app.core.ports import Asked, Tool, ToolOutcome
from app.mail.model import Person
from app.mail.people import RECEIVED
from app.mail.store import Mailbox
from app.store.settings import Settings
from app.tools.event_words import words_of
from app.tools.people import (
    HOW_KNOWN,
    called,
    is_me,
    is_pronoun,
    starting_like,
    trusted,
    without_ending,
)
from app.tools.post import Post
from app.tools.recent_messages import PERSON, people_written_of
from app.tools.schemas import declared
from app.tools.wording import listed, shown

_MOST = 20
_ASKED = re.compile(
    r"^(?:(?:the|my|contact|phone|telephone|mobile|e-?mail|mail|postal)\s+)*"
    r"(?:details?|number|address|contact|information)\s+(?:of|for)\s+(?=\S)"
    r"|(?<=\S)\s+(?:(?:contact|phone|telephone|mobile|e-?mail|mail|postal)\s+)*"
    r"(?:details|number|address|phone|e-?mail)$",
    re.IGNORECASE,
)
"""What is asked about somebody is no part of the name: "details of the plumber", "Bo's number"."""


def contact_find(mailbox: Mailbox, post: Post, settings: Settings) -> Tool:
    """The tool that looks people up."""

    def run(arguments: Mapping[str, object], asked: Asked) -> ToolOutcome:
        name = _ASKED.sub("", str(arguments["name"]))
        if is_me(name):
            return _myself(settings, post)
        everybody = [each for each in mailbox.people() if not set(each.addresses) & post.own()]
        name = without_ending(name, everybody)
        if is_pronoun(name):
            spoken = {each.mail for each in people_written_of(asked, mailbox, post.own())}
            people = [each for each in everybody if spoken & set(each.addresses)]
        else:
            people = _people(name, everybody)
        return ToolOutcome(
            data={"people": [_as_data(each) for each in people[:_MOST]], "total": len(people)},
            sentence=_sentence(name, people, everybody),
            problem=next(iter(mailbox.problems), None),
            # Whoever has only written to the user is nobody's "him": it takes more than a name.
            mentions=tuple(
                f"{PERSON}{each.addresses[0]}" for each in trusted(people[:_MOST]) if each.addresses
            ),
        )

    return Tool(declared("contact_find"), run)


def _people(name: str, everybody: Sequence[Person]) -> list[Person]:
    """Those called so, known ones first; else those of an address or of a company or role."""
    found = called(name, everybody)
    if not found:
        wanted = name.strip().casefold()
        found = [each for each in everybody if wanted in each.addresses]
    if not found:
        words = [word for word in words_of(name) if word not in ("the", "my")]
        found = [each for each in everybody if words and _is_told(words, each)]
    return sorted(found, key=lambda each: each.source == RECEIVED)


def _is_told(words: Sequence[str], person: Person) -> bool:
    have = words_of(" ".join(person.details.values()))
    return all(word in have for word in words)


def _myself(settings: Settings, post: Post) -> ToolOutcome:
    names, addresses = settings.names, sorted(post.own())
    if not (names or addresses):
        sentence = "The settings do not say who you are yet."
    else:
        sentence = f"You: {listed([*map(shown, names), *map(shown, addresses)])}."
    person = {"names": list(names), "addresses": addresses, "source": "own"}
    return ToolOutcome({"people": [person], "total": 1}, sentence)


def _as_data(person: Person) -> dict[str, object]:
    return {
        "names": [shown(each) for each in person.names],
        "addresses": list(person.addresses),
        "phones": [shown(value) for key, value in person.details.items() if _is_phone(key)],
        "details": {shown(key): shown(value) for key, value in person.details.items()},
        "source": person.source,
    }


def _is_phone(label: str) -> bool:
    return label.endswith(("phone", "mobile"))


def _sentence(name: str, people: Sequence[Person], everybody: Sequence[Person]) -> str:
    if not people and is_pronoun(name):
        return f"I do not know who “{shown(name)}” is. Say the name."
    if not people:
        near = [shown(each.label) for each in starting_like(name, everybody)]
        also = f" There is {listed(near, 'or', most=5)}." if near else ""
        return f"I know nobody called “{shown(name)}”.{also}"
    lines = [_line(each) for each in people[:_MOST]]
    if len(people) > 1:
        lines.insert(0, f"{len(people)} people:")
    if len(people) > _MOST:
        lines.append(f"and {len(people) - _MOST} more.")
    return "\n".join(lines)


def _line(person: Person) -> str:
    """Kofi Mensah: kofi@example.org, phone +49 30 1; in your contacts."""
    known = [shown(each) for each in person.addresses]
    known += [_detail(shown(key), shown(value)) for key, value in person.details.items()]
    label = shown(person.label)
    known = [each for each in known if each != label]
    told = f": {', '.join(known)}" if known else ""
    return f"{label}{told}; {HOW_KNOWN[person.source]}."


def _detail(label: str, value: str) -> str:
    return f"note “{value}”" if label == "note" else f"{label} {value}"
