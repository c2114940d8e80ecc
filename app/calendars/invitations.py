"""What an organizer's calendar writes to the guests of an event (iTIP, RFC 5546). Pure.

A message is made from the lines of the event it is about. The user's own marks on an event
(reminders, categories, files) stay out of it. Who is written to, and whether, is decided elsewhere.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from app.calendars.guests import Guest, guest_of
from app.calendars.itip import (
    EventPart,
    Parts,
    calendar_text,
    line_of,
    parts_of,
    stamp,
)
from app.calendars.lines import (
    event_blocks,
    logical_lines,
    parse_property,
)
from app.calendars.recurrence import parse


@dataclass(frozen=True)
class Notice:
    """What the guests of a changed event are owed: the text of a REQUEST or a CANCEL.

    `organizer` is the address it comes from, one of the user's. `guests` are those it is for, all
    with a mail address. `silent` are the names of guests no mail reaches. `new`: they had not been
    invited before.
    """

    method: str
    text: str
    organizer: str
    guests: tuple[Guest, ...]
    silent: tuple[str, ...] = ()
    new: bool = False


def arranged_by(before: str | None, after: str | None, own: Collection[str]) -> EventPart | None:
    """What of that change somebody else arranged, None where all of it is the user's to change.

    The texts are calendars, None for no file; `own` are the user's addresses.
    """
    for old, new in changed_events(before, after):
        for part in touched(old, new):
            if part.organizer is not None and part.organizer.mail not in own:
                return part
    return None


def notices(
    before: str | None,
    after: str | None,
    own: Collection[str],
    *,
    now: datetime,
    telling: Collection[str] | None = None,
) -> tuple[Notice, ...]:
    """What guests are owed when the calendar text `before` becomes `after`; None is no file.

    Of events the user arranged only. `telling` are the addresses that may be written to, None
    for all; others are not named in the texts either. `now` is aware.
    """
    texts = _Texts(before or "", after or "", own, now, telling)
    found = [each for old, new in changed_events(before, after) for each in texts.about(old, new)]
    return tuple(each for each in found if each.guests or each.silent)


def changed_events(before: str | None, after: str | None) -> Iterator[tuple[Parts, Parts]]:
    """Each event that says something else to its guests, as it was and as it becomes."""
    old, new = _events(before), _events(after)
    for uid in dict.fromkeys((*old, *new)):
        one, other = old.get(uid, {}), new.get(uid, {})
        if _told(one) != _told(other):
            yield one, other


def _events(text: str | None) -> dict[str, dict[str, EventPart]]:
    source = parse("", text) if text is not None else None
    return {} if source is None else parts_of(source)


def _told(parts: Parts) -> dict[str, tuple[str, ...]]:
    return {recurrence_id: part.told for recurrence_id, part in parts.items()}


def _changed(old: Parts, new: Parts) -> list[str]:
    """The recurrence ids of the parts that are new or say something else now."""
    return [key for key, each in new.items() if key not in old or old[key].told != each.told]


def touched(old: Parts, new: Parts) -> list[EventPart]:
    """The parts a change adds, alters or takes away, also as they were."""
    changed = _changed(old, new)
    gone = [key for key in old if key in changed or key not in new]
    return [*(old[key] for key in gone), *(new[key] for key in changed)]


class _Texts:
    """The messages about the change of one file."""

    def __init__(
        self,
        before: str,
        after: str,
        own: Collection[str],
        now: datetime,
        telling: Collection[str] | None,
    ) -> None:
        self._before = before
        self._after = after
        self._own = own
        self._now = now
        self._telling = telling

    def about(self, old: Parts, new: Parts) -> list[Notice]:
        """What is owed for one event."""
        whole = old.get("")
        if whole is not None and not new and self._is_ours(whole):
            return [self._cancel(whole, "", self._guests(old.values()), 0)]
        changed = _changed(old, new)
        lost = lost_dates(old, new)
        if lost:
            changed.remove("")
        # Guests of one occurrence only have nothing to learn from a series they are not in.
        all_of_it = "" in changed and self._is_ours(new[""])
        asked = list(new.values()) if all_of_it else [new[key] for key in changed]
        asked = [part for part in asked if self._is_ours(part)]
        found = [self._request(asked, fresh=not old)] if asked else []
        latest = new[""].sequence if "" in new else 0
        for key in sorted(lost):
            # A changed occurrence may not name again who was invited to the series.
            named = [old[each] for each in (key, "") if each in old and self._is_ours(old[each])]
            for part in named[:1]:
                found.append(self._cancel(part, key, self._guests([part]), latest))
        # Who is not invited any more learns that; the others see it in the new version.
        before = {key: old.get(key, old.get("")) for key in changed}
        after = {key: [new[key]] for key in changed}
        for key, part in old.items():
            if key not in new and key not in lost:
                before[key], after[key] = part, asked
        for key, was in before.items():
            still = {each.mail for each in self._guests(after[key])}
            if was is not None and self._is_ours(was):
                left = [each for each in self._guests([was]) if each.mail not in still]
                found += [self._cancel(was, key, left, latest)] if left else []
        return _joined(found)

    def _is_ours(self, part: EventPart) -> bool:
        return part.organizer is not None and part.organizer.mail in self._own

    def _guests(self, parts: Iterable[EventPart]) -> list[Guest]:
        every = [each for part in parts for each in part.others if each.mail not in self._own]
        return list({each.mail or each.name: each for each in every}.values())

    def _reached(self, guests: Sequence[Guest]) -> tuple[Guest, ...]:
        kept = [each for each in guests if each.mail]
        return tuple(each for each in kept if self._telling is None or each.mail in self._telling)

    def _request(self, parts: Sequence[EventPart], *, fresh: bool) -> Notice:
        guests = self._guests(parts)
        reached = self._reached(guests)
        events = []
        for part in parts:
            lines = [line for line in part.told if self._may_be_said(line, reached)]
            events.append([*lines, f"SEQUENCE:{part.sequence}", stamp(self._now)])
        text = calendar_text("REQUEST", events, self._after)
        organizer = _organizer(parts[0])
        return Notice("REQUEST", text, organizer, reached, _silent(guests), new=fresh)

    def _cancel(
        self, part: EventPart, recurrence_id: str, guests: Sequence[Guest], latest: int
    ) -> Notice:
        """The whole event, or one occurrence, is off for `guests`."""
        reached = self._reached(guests)
        named = [
            line_of(each)
            for each in part.block.properties
            if each.name in ("UID", "ORGANIZER", "ATTENDEE", "SUMMARY")
        ]
        lines = [
            *(line for line in named if self._may_be_said(line, reached)),
            *part.time_lines(recurrence_id),
            f"SEQUENCE:{max(part.sequence + 1, latest)}",
            "STATUS:CANCELLED",
            stamp(self._now),
        ]
        text = calendar_text("CANCEL", [lines], self._before)
        return Notice("CANCEL", text, _organizer(part), reached, _silent(guests))

    def _may_be_said(self, line: str, reached: Sequence[Guest]) -> bool:
        """Whether a line names nobody but the user and those it is sent to."""
        found = parse_property(line, 0)
        if found is None or found.name != "ATTENDEE":
            return found is not None
        mail = guest_of(found).mail
        return mail in self._own or mail in {each.mail for each in reached}


def lost_dates(old: Parts, new: Parts) -> frozenset[str]:
    """The occurrences a series loses, where that is all that happens to it; else none."""
    if "" not in old or "" not in new:
        return frozenset()
    one, other = old[""], new[""]
    if _without_exceptions(one) != _without_exceptions(other):
        return frozenset()
    return other.exceptions - one.exceptions


def _without_exceptions(part: EventPart) -> list[str]:
    return [line for line in part.told if not line.startswith(("EXDATE:", "EXDATE;"))]


def _organizer(part: EventPart) -> str:
    return part.organizer.mail if part.organizer else ""


def _silent(guests: Sequence[Guest]) -> tuple[str, ...]:
    return tuple(each.name for each in guests if not each.mail and each.name)


def _joined(found: Sequence[Notice]) -> list[Notice]:
    """Cancellations of several occurrences for the same guests as one message."""
    kept: list[Notice] = []
    for each in found:
        last = kept[-1] if kept else each
        both = {last.method, each.method} == {"CANCEL"}
        if kept and both and last.guests == each.guests:
            kept[-1] = replace(last, text=together(last.text, each.text))
        else:
            kept.append(each)
    return kept


def together(one: str, other: str) -> str:
    """The first message with the event of the second beside its own."""
    lines = logical_lines(other)
    added = [line for block in event_blocks(lines) for line in lines[block.first : block.last + 1]]
    end = "END:VCALENDAR\r\n"
    return f"{one.removesuffix(end)}{''.join(added)}{end}"
