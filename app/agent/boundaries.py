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
}
"""The reference of a tool, and the arguments that may stand behind it in a message."""

_JOINTS = re.compile(r"(?:\s+(?:to|by|for|as|with|at|on|called|from))*\s*$", re.IGNORECASE)
_NO_NAME = re.compile(r"\s+(?:sometime|then|there|too|please|also|today|tomorrow)$", re.IGNORECASE)


def with_its_words(call: ToolCall, text: str) -> ToolCall:
    """The call with each argument as far as the message `text` has it.

    An address is never cut off, a set keeps what it leaves out ("everything on Friday except the
    coffee"), and a reference ends where the next argument begins.
    """
    arguments = dict(call.arguments)
    for name, value in arguments.items():
        if isinstance(value, str) and "@" in value:
            match = re.search(rf"(?<!\S){re.escape(value)}[\w.+-]*\w", text)
            arguments[name] = match.group() if match else value
    for name in _SETS & arguments.keys():
        arguments[name] = _with_exception(arguments[name], text)
    reference, others = _FOLLOWING.get(call.name, ("", ()))
    for other in others:
        if reference in arguments and other in arguments:
            arguments[reference] = _before(arguments[reference], arguments[other])
    names = arguments.get("with")
    if isinstance(names, list):
        arguments["with"] = [_NO_NAME.sub("", each) if isinstance(each, str) else each
                             for each in names]  # fmt: skip
    if call.name == "cal_resolve" and not (arguments.get("keep") or arguments.get("movable")):
        kept = _KEPT.search(text)
        arguments |= {"keep": [kept["what"]]} if kept else {}
    return ToolCall(call.name, arguments)


def _with_exception(value: object, text: str) -> object:
    if not isinstance(value, str) or not _SET.search(value) or value not in text:
        return value
    match = _LEFT_OUT.match(text, text.index(value) + len(value))
    return f"{value} except {match['what'].strip(' ,.!?')}" if match else value


def _before(reference: object, following: object) -> object:
    """ "The hike a week later", which is to move by "a week later", is the hike."""
    if not isinstance(reference, str) or not isinstance(following, str) or not following.strip():
        return reference
    end = following.strip().casefold()
    if not reference.casefold().rstrip().endswith(f" {end}"):
        return reference
    kept = _JOINTS.sub("", reference.rstrip()[: -len(end)])
    named = any(word not in ARTICLES for word in words_of(kept))
    return kept if named else reference  # "my 3pm" is a name by itself
