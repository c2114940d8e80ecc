"""What is to change about an event, in the user's words: its length, and who comes or does not.

No calendar is read here.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import datetime, timedelta

from app.calendars.guests import name_and_address
from app.core.errors import AmbiguousError, KnownError
from app.core.moments import after, between
from app.core.ports import Occurrence
from app.tools.event_words import words_of
from app.tools.when import parse_duration
from app.tools.wording import listed, shown, title_of

_DAY = timedelta(days=1)
_LONGEST = timedelta(days=366)
_WHOLE_DAY = re.compile(r"(the |a )?(whole|full|entire) day|all[- ]day", re.IGNORECASE)
_LONGER = re.compile(r"\b(extend|lengthen|prolong)\w*\b.*\bby\b|\blonger\b", re.IGNORECASE)
_SHORTER = re.compile(r"\b(shorten|cut|trim|reduc|shrink)\w*\b.*\bby\b|\bshorter\b", re.IGNORECASE)
_BETWEEN = re.compile(r"\s*,\s*(?:and\s+)?|\s+(?:and|&)\s+", re.IGNORECASE)
_AROUND = re.compile(r"^\s*(by|to)\b|\b(longer|shorter|more|less)\b", re.IGNORECASE)


def end_said(event: Occurrence, duration: str, words: str) -> datetime:
    """The new end of an event (of whole days the midnight after it) for a length in words.

    "Extend it by 30 minutes" is told from "make it 30 minutes" by the message `words`. Raises
    KnownError: "when_unclear", "bad_argument", "all_day_event".
    """
    if _WHOLE_DAY.fullmatch(duration.strip()):
        if event.all_day:
            return event.start + _DAY
        raise KnownError(
            "all_day_event",
            f"'{title_of(event)}' has a time of day and cannot become an event of whole days. "
            "Nothing was changed.",
            "Cancel it and add it anew for the day.",
        )
    length = _length(duration)
    now = event.end - event.start if event.all_day else between(event.start, event.end)
    for said, by in ((_LONGER, length), (_SHORTER, -length)):
        if said.search(duration) or said.search(words):
            length = now + by
            break
    if not timedelta() < length <= _LONGEST:
        raise KnownError(
            "bad_argument",
            f"“{shown(duration)}” would leave '{title_of(event)}' a length no event can have. "
            "Nothing was changed.",
            "Say how long it lasts, like “45 minutes”.",
        )
    if event.all_day and length % _DAY:
        raise KnownError(
            "all_day_event",
            f"'{title_of(event)}' lasts whole days. Nothing was changed.",
            "Say how many days.",
        )
    return event.start + length if event.all_day else after(event.start, length)


def _length(duration: str) -> timedelta:
    try:
        return parse_duration(_AROUND.sub(" ", duration))
    except KnownError as error:
        raise KnownError(error.code, f"{error.message} Nothing was changed.", error.hint) from error


def newcomers(event: Occurrence, names: Sequence[str]) -> tuple[str, ...]:
    """Those of `names` who are not on the event yet.

    Raises KnownError("nothing_to_change") if all are.
    """
    known = {name.casefold() for name in event.attendees}
    new = tuple(name for name in names if not _forms(name) & known)
    if not new:
        there = listed([shown(name) for name in names])
        raise KnownError(
            "nothing_to_change",
            f"{there or 'Nobody'} {'are' if len(names) > 1 else 'is'} on '{title_of(event)}' "
            "already. Nothing was changed.",
            "Name somebody else.",
        )
    return new


def _forms(guest: str) -> set[str]:
    """What an event may call a guest said as "Bob" or "Bob Baker <bob@example.org>"."""
    name, address = name_and_address(guest)
    return {name.casefold(), address.partition(":")[2].casefold()}


def leavers(event: Occurrence, names: Sequence[str]) -> tuple[str, ...]:
    """The guests, as the event names them, that the user's `names` mean.

    Raises KnownError("person_not_found"), and AmbiguousError("several_people") about "remove".
    """
    said = [part for name in names for part in _parts(event, name)]
    found: list[str] = []
    for place, name in enumerate(said):
        meant = _called(event, name)
        if not meant:
            there = listed([shown(each) for each in event.attendees])
            raise KnownError(
                "person_not_found",
                f"“{shown(name)}” is not on '{title_of(event)}', which names "
                f"{there or 'nobody'}. Nothing was changed.",
                "Check the name.",
            )
        if len(meant) > 1:
            others = [each for index, each in enumerate(said) if index != place]
            raise AmbiguousError(
                "several_people",
                f"“{shown(name)}” could be {listed([shown(each) for each in meant], 'or')}. "
                "Nothing was changed.",
                "Say which one.",
                argument="remove",
                choices=tuple((", ".join([*others, each]), shown(each)) for each in meant),
            )
        found += meant
    return tuple(dict.fromkeys(found))


def _parts(event: Occurrence, name: str) -> list[str]:
    """The names in what is said as one, but where a guest is called just so."""
    return [name] if _called(event, name) else [part for part in _BETWEEN.split(name) if part]


def _called(event: Occurrence, name: str) -> list[str]:
    """The guests of that name, as the event has it; a whole name goes before a part of one."""
    wanted = set(words_of(name))
    same = [each for each in event.attendees if each.casefold() == name.strip().casefold()]
    return same or [each for each in event.attendees if wanted and wanted <= set(words_of(each))]
