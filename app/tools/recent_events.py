"""What "it", "them" and "with her" mean in a calendar: the events spoken of or changed last."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from app.calendars.vdir import Vdir
from app.core.errors import KnownError
from app.core.ports import Asked, Occurrence
from app.store.journal import Journal
from app.tools.pointing import names_person
from app.tools.wording import shown

_EVENT_ID = re.compile(r"e[1-9][0-9]{0,17}")


@dataclass(frozen=True)
class RecentEvents:
    """Events in the order they were shown, with ids.

    `spoken`: an answer of this conversation was about them. Else they are what was changed last,
    whoever asked for that, and only a word like "it" may mean them. `listed` is the newest answer
    that was about several, None for what is gone: places in it stay what they were, so that "the
    second one" is still the second after the first was cancelled.
    """

    occurrences: tuple[Occurrence, ...] = ()
    spoken: bool = False
    listed: tuple[Occurrence | None, ...] = ()


NOTHING_SPOKEN_OF = RecentEvents()


def recent_events(asked: Asked, journal: Journal, calendar: Vdir) -> RecentEvents:
    """The events of the newest answer that was about any; without one, the last change's events.

    Those that are gone or cannot be read are left out. Times are in the clock's zone.
    """
    if _newest(asked):
        listed = _still_there(_newest(asked, 2), asked, calendar)
        return RecentEvents(events_spoken_of(asked, calendar), spoken=True, listed=listed)
    now = asked.clock.now
    changed = []
    for entry in journal.last_applied():
        room, _, path = entry.change.target.partition(":")
        occurrence = calendar.next_of(path, now) if room == "calendar" else None
        if occurrence is not None:
            changed.append(occurrence)
    return RecentEvents(calendar.identified(changed))


def events_spoken_of(asked: Asked, calendar: Vdir) -> tuple[Occurrence, ...]:
    """The events of the newest answer that was about any; those that are gone are left out."""
    found = _still_there(_newest(asked), asked, calendar)
    return tuple(each for each in found if each is not None)


def people_spoken_of(asked: Asked, calendar: Vdir) -> tuple[str, ...]:
    """The names of the people in the events of the newest answer that was about any.

    Names only: whoever wrote an event chose what stands in it, so an address there is nobody the
    user named.
    """
    events = events_spoken_of(asked, calendar)
    names = [shown(name) for each in events for name in (*each.attendees, each.organizer)]
    return tuple(dict.fromkeys(name for name in names if name and "@" not in name))


def named_people(names: Sequence[str], asked: Asked, calendar: Vdir) -> tuple[str, ...]:
    """The people in the user's words, "her" and "them" replaced by whom the talk was about.

    Raises KnownError("person_not_found") for such a word where it was about nobody.
    """
    found: list[str] = []
    for name in names:
        if not names_person(name):
            found.append(name)
            continue
        meant = people_spoken_of(asked, calendar)
        if not meant:
            raise KnownError(
                "person_not_found",
                f"I do not know who “{shown(name)}” is. Nothing was changed.",
                "Say the name.",
            )
        found.extend(meant)
    return tuple(dict.fromkeys(found))


def _newest(asked: Asked, least: int = 1) -> tuple[str, ...]:
    """The ids of the newest answer that was about so many events at least."""
    for group in asked.recent:
        ids = tuple(each for each in group if _EVENT_ID.fullmatch(each))
        if len(ids) >= least:
            return ids
    return ()


def _still_there(ids: Sequence[str], asked: Asked, calendar: Vdir) -> tuple[Occurrence | None, ...]:
    """The events of these ids, None for one that is gone or cannot be read."""
    now = asked.clock.now
    found: list[Occurrence | None] = []
    for each in ids:
        try:
            found.append(calendar.by_id(each, now))
        except KnownError:
            found.append(None)  # what cannot be read cannot be meant
    return tuple(found)
