"""Where an argument of a call begins and ends, as the message it answers has it.

A small model may cut a reference short, or let it run on into the next argument. What it has twice
or only half is put right here; nothing is added that the user did not say.
"""

from __future__ import annotations

import re

from app.core.messages import ToolCall
from app.tools.event_words import ARTICLES, words_of

_SETS = frozenset({"events", "messages"})
_SET = re.compile(r"\b(?:all|every\w*|any\w*|both|\w{3,}s)\b", re.IGNORECASE)
_LEFT_OUT = re.compile(
    r"\s*,?\s*\b(?:except|excluding|without|apart from|other than|save for|but(?: not| keep)?)\s+"
    r"(?P<what>\w.*)",
    re.IGNORECASE | re.DOTALL,
)
_KEPT = re.compile(
    r"\b(?:keep|leave|(?:don['’]?t|do not|without) mov(?:e|ing))\s+(?P<what>[^,.;!?]+?)"  # noqa: RUF001
    r"(?:\s+(?:as (?:it|they) (?:is|are)|where (?:it|they) (?:is|are)|alone|in place|fixed))?"
    r"\s*(?:[,.;!?]|$)",
    re.IGNORECASE,
)
_FOLLOWING = {
    "cal_move": ("event", ("to", "by")),
    "mail_update": ("messages", ("value",)),
    "cal_change": ("event", ("title", "where")),
    "mail_forward": ("message", ("to", "body")),
}
"""The reference of a tool, and the arguments that may stand behind it in a message."""

_PLEASE = re.compile(r"(?:[,\s]+(?:please|pls|plz)|,\s*(?:thanks|thank you|thx))$")
"""What is said to the program after a wish. In small letters: "Say Please" is a title."""

_KEEPS_PLEASE = frozenset({"body", "notes", "comment", "subject", "words", "question", "where"})
"""Arguments in which it may be meant for others, or looked for."""

_POLITE = r"(?:(?:please|pls|hey|hi|ok|okay|can you|could you|would you|will you)[\s,]+)*"
_OWN = r"(?=(?:my|the|our|all|every\w*|any\w*|this|that|these|those|it|them|today|tomorrow)\b)"
_ORDERS = {
    ("cal_create", "title"): r"schedule\s+(?:an?|my|our|the)\s+(?=\S)",
    ("cal_cancel", "events"): rf"(?:cancel|delete|remove|scrap)\s+{_OWN}",
    ("cal_move", "event"): rf"(?:move|reschedule|shift|postpone|push back|bring forward)\s+{_OWN}",
    ("mail_update", "messages"): rf"(?:archive|delete|flag|unflag|bin|trash)\s+{_OWN}",
    ("mail_summarise", "messages"): rf"(?:summari[sz]e|sum up|recap)\s+{_OWN}",
    ("mail_forward", "message"): rf"forward\s+{_OWN}",
    ("mail_reply", "message"): rf"(?:reply|respond|write back)\s+to\s+{_OWN}",
}
"""How a message that is an order begins; its verb is no part of what it names.

Only before "my", "the" and such: "Move in day" and "Trash collection" are names.
"""

_JOINTS = re.compile(
    r"(?:\s+(?:to|by|for|as|with|at|on|onto|called|from|saying|because|and (?:say|tell)))*\s*$",
    re.IGNORECASE,
)
_NO_NAME = re.compile(r"\s+(?:sometime|then|there|too|please|also|today|tomorrow)$", re.IGNORECASE)


def with_its_words(call: ToolCall, text: str) -> ToolCall:
    """The call with each argument as far as the message `text` has it.

    An address is never cut off, a set keeps what it leaves out ("everything on Friday except the
    coffee"), and a reference ends where the next argument begins.
    """
    arguments = {
        name: value if name in _KEEPS_PLEASE else _without_please(value, text)
        for name, value in call.arguments.items()
    }
    for (tool, name), order in _ORDERS.items():
        said = arguments.get(name)
        if tool == call.name and isinstance(said, str):
            arguments[name] = _without_order(said, order, text)
    _once_each(arguments)
    for name, value in arguments.items():
        if isinstance(value, str) and "@" in value:
            match = re.search(rf"(?<!\S){re.escape(value)}[\w.+-]*\w", text)
            arguments[name] = match.group() if match else value
    for name in _SETS & arguments.keys():
        arguments[name] = _with_exception(arguments[name], text)
    reference, others = _FOLLOWING.get(call.name, ("", ()))
    for other in others:
        if reference in arguments and other in arguments:
            following = arguments[other]
            for each in following if isinstance(following, list) else [following]:
                arguments[reference] = _before(arguments[reference], each, text)
    names = arguments.get("with")
    if isinstance(names, list):
        arguments["with"] = [_NO_NAME.sub("", each) if isinstance(each, str) else each
                             for each in names]  # fmt: skip
    if call.name == "cal_resolve" and not (arguments.get("keep") or arguments.get("movable")):
        kept = _KEPT.search(text)
        arguments |= {"keep": [kept["what"]]} if kept else {}
    return ToolCall(call.name, arguments)


def _without_please(value: object, text: str) -> object:
    """The value without the "please" that ends the message."""
    if isinstance(value, list):
        return [_without_please(each, text) for each in value]
    if not isinstance(value, str) or not text.rstrip(" .!?").endswith(value.strip()):
        return value
    return _PLEASE.sub("", value.strip()) or value


def _without_order(said: str, order: str, text: str) -> str:
    """ "cancel my lunch" is no event, where the message begins so."""
    begin = re.match(_POLITE, text.strip(), re.IGNORECASE)
    assert begin is not None  # it may be empty
    wish = text.strip()[begin.end() :]
    cut = re.sub(rf"^{_POLITE}", "", said.strip(), flags=re.IGNORECASE)
    return re.sub(rf"^{order}", "", cut, flags=re.IGNORECASE) if wish.startswith(cut) else said


def _once_each(arguments: dict[str, object]) -> None:
    """Nobody is named twice, and nobody gets a mail twice: who is in `to` is not in `cc`."""
    written_to: set[str] = set()
    for name, people in list(arguments.items()):
        if not isinstance(people, list):
            continue
        taken = written_to if name in ("to", "cc", "bcc") else set()
        kept = []
        for each in people:
            person = str(each).casefold().strip()
            if person not in taken:
                kept.append(each)
            taken.add(person)
        if people and not kept:
            del arguments[name]
        else:
            arguments[name] = kept


def _with_exception(value: object, text: str) -> object:
    if not isinstance(value, str) or not _SET.search(value) or value not in text:
        return value
    match = _LEFT_OUT.match(text, text.index(value) + len(value))
    return f"{value} except {match['what'].strip(' ,.!?')}" if match else value


def _before(reference: object, following: object, text: str) -> object:
    """ "The hike a week later", which is to move by "a week later", is the hike.

    Only where both are the same words of the message: in "send Kofi and Nadia the last mail from
    Nadia" they are not, and what is sent would be another mail.
    """
    if not isinstance(reference, str) or not isinstance(following, str) or not following.strip():
        return reference
    end = following.strip().casefold()
    if not reference.casefold().rstrip().endswith(f" {end}"):
        return reference
    if len(re.findall(rf"(?<!\w){re.escape(end)}(?!\w)", text.casefold())) != 1:
        return reference
    kept = _JOINTS.sub("", reference.rstrip()[: -len(end)])
    named = any(word not in ARTICLES for word in words_of(kept))
    return kept if named else reference  # "my 3pm" is a name by itself
