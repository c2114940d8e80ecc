"""Mending a model's call where the user's own words leave no doubt.

A small model finds the right tool and most of the right words; that one word cannot be in the
title and in the time at once, and that a time of day belongs to the only day named beside it, code
can see. Nothing here adds words the user did not say.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from app.agent.boundaries import with_its_words
from app.core.errors import KnownError
from app.core.messages import ToolCall
from app.core.ports import Clock
from app.tools.when import WhenKind, find_when, parse_when

_ON = re.compile(r"^(?:on|at|for)\s+", re.IGNORECASE)
_APART = re.compile(
    r"[.;!?]|\b(?:not|no|instead|from|than|until|till|before|after)\b", re.IGNORECASE
)
_LENGTH = re.compile(
    r"(?<!in )(?<!every )(?<!within )(?<!last )(?<!next )(?<!past )(?<!\d[.:])\b(?P<length>"
    r"(?:\d+(?:[.,]\d+)?|an?|one|two|three|four|half an?|a quarter of an|fifteen|twenty|thirty"
    r"|forty|forty-five|sixty|ninety)[ -]?(?:and a half[ -])?(?:hours?|hrs?|minutes?|mins?))\b"
    r"(?! (?:before|beforehand|earlier|later|after|ahead|prior|ago|in advance|from now|notice))",
    re.IGNORECASE,
)
_WRITES = frozenset({"mail_draft", "mail_reply", "mail_forward"})
_JUST_WRITTEN = frozenset({"it", "that", "this", "the draft", "the mail", "the email", "the reply"})
_HANGING = re.compile(
    r"\s+(?:(?:at|on|in|into|for|by)\s+(?:my|the|our|an?)|my|the|our)$", re.IGNORECASE
)
"""The beginning of a time that was left at the end of the words before it."""
_LINKS = frozenset({"on", "at", "for", "from", "by", "this", "the"})
_BETWEEN = frozenset({"a", "an", "and", "at", "for", "in", "on", "the", "to", "with", "&"})


def mended(calls: Sequence[ToolCall], text: str, clock: Clock, locale: str) -> list[ToolCall]:
    """The calls as they should have been, given the message `text` they answer.

    Of several calls only two kinds are mended. One that was made twice is made once. And to send
    what was written with the call before it goes: the tool that writes offers to send where the
    user asked for it, and a draft that is not yet there cannot be named. Else which words belong
    to which is not certain.
    """
    if len(calls) == 2 and calls[0].name in _WRITES and calls[1].name == "mail_send":
        draft = str(calls[1].arguments.get("draft", "")).casefold().strip(" .")
        if draft in _JUST_WRITTEN and "when" not in calls[1].arguments:
            return [calls[0]]
    calls = _once(calls)
    if len(calls) != 1:
        return list(calls)
    (call,) = (with_its_words(each, text) for each in calls)
    arguments = dict(call.arguments)
    message, body = arguments.get("message"), arguments.get("body")
    if isinstance(message, str) and isinstance(body, str):
        # "Reply that Friday works" answers that, and is not about that Friday.
        return [ToolCall(call.name, arguments | {"message": _before(message, body, text)})]
    if call.name != "cal_create":
        return [call]
    title, when, where = (arguments.get(name) for name in ("title", "when", "where"))
    if isinstance(where, str) and isinstance(when, str):
        arguments["where"] = _before(where, when, text)
    if isinstance(title, str) and isinstance(when, str):
        arguments["title"] = _with_company(_before(title, when, text), arguments.get("with"), text)
        when = _with_its_day(when, text, clock, locale)
        arguments["when"] = _with_clock_time(when, text, arguments, clock, locale)
        if length := _length_said(text, arguments):
            arguments["duration"] = length
    return [ToolCall("cal_create", arguments)]


def _once(calls: Sequence[ToolCall]) -> list[ToolCall]:
    """Each call once, in their order."""
    found: list[ToolCall] = []
    for call in calls:
        if call not in found:
            found.append(call)
    return found


def _before(said: str, following: str, text: str) -> str:
    """The words less those at their end that, in the message, are the beginning of `following`.

    "lunch on Friday" and "Friday at noon" share one word of "lunch on Friday at noon"; "room 4" and
    "4 december" share none of "room 4 on 4 december".
    """
    words, others = said.split(), following.split()
    whole = f" {' '.join(text.split())} ".replace(",", " ")
    for count in range(len(others), 0, -1):
        shared = words[-count:] == others[:count] and len(words) > count
        if shared and f" {' '.join([*words, *others[count:]])} " in whole:
            kept = _HANGING.sub("", " ".join(words[:-count])).split()
            while len(kept) > 1 and kept[-1].casefold() in _LINKS:
                kept.pop()
            return " ".join(kept)
    if f" {' '.join([*words, *others])} " in whole:
        return _HANGING.sub("", said) or said
    return said


def _with_company(title: str, people: object, text: str) -> str:
    """A title with the people who stand right behind it: "lunch" of "lunch with Anna at noon".

    Everybody would call it so, and small models do mostly.
    """
    names = (
        [each.strip() for each in people if isinstance(each, str)]
        if isinstance(people, list)
        else []
    )
    found = re.search(rf"(?<!\w){re.escape(title)}(?= (?:with|w/) )", text)
    if found is None or not all(names):
        return title
    name = "|".join(map(re.escape, sorted(names, key=len, reverse=True)))
    company = re.compile(rf" (?:with|w/) (?:{name})(?:(?:,| and| &|, and) (?:{name}))*(?!\w)")
    behind = company.match(text, found.end()) if names else None
    return text[found.start() : behind.end()] if behind else title


def _with_clock_time(
    when: str, text: str, arguments: dict[str, object], clock: Clock, locale: str
) -> str:
    """A day with the time of day that stands apart: "Lunch Thursday with Mark at 12:30".

    Between the two may be only words of the event itself. Anything else (a comma, "not", another
    activity) may begin a thought in which the time means something different.
    """
    try:
        place = re.search(rf"(?<!\w){re.escape(when)}(?!\w)", text)
        if place is None or parse_when(when, clock, locale=locale).kind is not WhenKind.DAY:
            return when
        start, end = place.span()
        found = find_when(text[:start] + " " * (end - start) + text[end:], clock, locale=locale)
        if found is None:
            return when
        first, last = found[1]
        between = text[end:first] if first >= end else text[last:start]
        if not set(between.split()) <= _event_words(arguments) | _BETWEEN:
            return when
        joined = f"{when} {text[first:last].strip()}"
        whole = parse_when(joined, clock, locale=locale)
    except KnownError:
        return when  # the tool says what is wrong with it
    return when if whole.kind in (WhenKind.DAY, WhenKind.RECURRING) else joined


def _with_its_day(when: str, text: str, clock: Clock, locale: str) -> str:
    """A time of day with the only day said before it: "next Thursday I'm having tea at four".

    Not over the end of a sentence, and not where the day may be what it is not.
    """
    try:
        place = re.search(rf"(?<!\w){re.escape(when)}(?!\w)", text)
        if place is None or parse_when(when, clock, locale=locale).dated:
            return when
        before = text[: place.start()]
        found = find_when(before, clock, locale=locale)
        if found is None or found[0].kind is not WhenKind.DAY:
            return when
        first, last = found[1]
        between = before[last:]
        if _APART.search(between) or _APART.search(before[:first].rpartition(",")[2]):
            return when
        if find_when(between, clock, locale=locale) is not None:
            return when
        return f"{_ON.sub('', before[first:last].strip())} at {when}"
    except KnownError:
        return when


def _length_said(text: str, arguments: dict[str, object]) -> str:
    """The only length of time the message speaks of, where no argument has it: "a 2 hour talk"."""
    if "duration" in arguments:
        return ""
    said = list(_LENGTH.finditer(text))
    if len(said) != 1:
        return ""
    length = said[0]["length"]
    return "" if any(length in str(value) for value in arguments.values()) else length


def _event_words(arguments: dict[str, object]) -> set[str]:
    """The words of what the event is, who comes and where it is."""
    words: set[str] = set()
    for name in ("title", "with", "where"):
        value = arguments.get(name, "")
        for item in value if isinstance(value, list) else [value]:
            words.update(str(item).split())
    return words
