"""cal_change: an event of the user's words gets another title, length, place, notes or people."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime
from functools import partial

from app.calendars.editing import Scope
from app.calendars.edits import Told, plan_change
from app.calendars.guests import name_and_address
from app.calendars.particulars import Particulars
from app.calendars.vdir import Vdir
from app.core.errors import KnownError
from app.core.ports import Asked, Occurrence, Tool, ToolOutcome
from app.core.proposals import Option, Proposal
from app.store.journal import Journal
from app.store.settings import Settings
from app.tools.change_words import end_said, leavers, newcomers
from app.tools.clashes import unread
from app.tools.company import company_said
from app.tools.edit_options import (
    REACH,
    SCOPES,
    Edited,
    also_meant,
    clashes_after,
    edited,
    in_brief,
    one_event,
    possible_ways,
    scope_said,
    scopes_to_offer,
)
from app.tools.event_details import notes_of, title_from
from app.tools.event_references import Resolved
from app.tools.new_guests import invited_people
from app.tools.option_words import weighed
from app.tools.post import Post
from app.tools.schemas import declared
from app.tools.telling_guests import with_guests_told
from app.tools.validation import listed_in
from app.tools.when import say_day
from app.tools.wording import (
    at_place,
    beside,
    day_and_times,
    listed,
    short_day,
    shown,
    stretch,
    title_of,
    when_of,
)

_KEPT = "Nothing was changed."
_NOTES_SHOWN = 60


def cal_change(
    calendar: Vdir,
    settings: Settings,
    journal: Journal,
    post: Post,
) -> Tool:
    """The tool that edits an event. The journal tells what "it" is: what was changed last.

    `post` is how guests are told.
    """

    def run(arguments: Mapping[str, object], asked: Asked) -> ToolOutcome:
        resolved = one_event(str(arguments["event"]), calendar, asked, settings, journal)
        return _Edit(resolved, arguments, asked, calendar, settings, post).outcome()

    return Tool(declared("cal_change"), run)


class _Edit:
    """One event, and what the words of one call want of it."""

    def __init__(
        self,
        resolved: Resolved,
        arguments: Mapping[str, object],
        asked: Asked,
        calendar: Vdir,
        settings: Settings,
        post: Post,
    ) -> None:
        self._arguments = arguments
        self._asked = asked
        self._now = asked.clock.now
        self._calendar = calendar
        self._settings = settings
        self._post = post
        (self._event,) = resolved.occurrences
        self._scopes = scopes_to_offer(resolved, scope_said(arguments), SCOPES)
        self._unsure = unread(resolved.problems, "hold what you mean")
        self._addresses: frozenset[str] = frozenset()
        self._end = self._event.end

    def outcome(self) -> ToolOutcome:
        """The proposal, with an option for each reach in a series."""
        wanted = self._wanted()
        event = self._event
        made: dict[Scope, Edited] = {}
        ways = possible_ways(partial(self._way, wanted=wanted, made=made), self._scopes)
        options = tuple(told for way in ways.values() for told in self._told(way))
        firsts = [each for scope in ways for each in made[scope].occurrences[:1]]
        known = [each.id for each in self._calendar.identified(firsts)]
        return ToolOutcome(
            data={
                "events": [in_brief(event)],
                "title": wanted.title or title_of(event),
                "end": self._end.isoformat(),
            },
            sentence=self._question(wanted, options),
            proposal=Proposal(
                f"Change '{title_of(event)}', {day_and_times(event, self._now.date())}",
                options,
                declared("cal_change").risk,
            ),
            mentions=tuple(dict.fromkeys([event.id, *known])),
        )

    def _told(self, way: Option) -> tuple[Option, ...]:
        """The option with what it owes to guests."""
        return with_guests_told(way, self._post, self._asked.clock, said=self._addresses)

    def _wanted(self) -> Particulars:
        """What changes beside the end, which is noted. Raises KnownError if nothing does."""
        event = self._event
        wanted = Particulars(
            title=title_from(self._text("title"), _KEPT) if "title" in self._arguments else "",
            where=shown(self._text("where")),
            notes=notes_of(self._text("notes")),
            add=self._added(),
            remove=leavers(event, listed_in(self._arguments, "remove")),
        )
        if "duration" in self._arguments:
            self._end = end_said(event, self._text("duration"), self._asked.words)
        same_title = wanted.title == event.title.strip()
        same_place = wanted.where == shown(event.where)
        wanted = replace(
            wanted,
            title="" if same_title else wanted.title,
            where="" if same_place else wanted.where,
        )
        if wanted or self._end != event.end:
            return wanted
        if {"title", "where", "duration"} & set(self._arguments):
            message = f"'{title_of(event)}' is like that already. {_KEPT}"
            raise KnownError("nothing_to_change", message, "Say what should be different.")
        raise KnownError(
            "bad_argument",
            f"It was not said what should change about '{title_of(event)}'. {_KEPT}",
            "Say its new title, length, place or notes, or who comes.",
        )

    def _text(self, name: str) -> str:
        return str(self._arguments.get(name, ""))

    def _added(self) -> tuple[str, ...]:
        """Who comes too: with their addresses where guests were invited, else by name."""
        if "add" not in self._arguments:
            return ()
        names = listed_in(self._arguments, "add")
        if self._event.invited:
            found = invited_people(
                names, self._asked, self._calendar, self._settings, self._post, "add"
            )
            self._addresses = found.addresses
            return newcomers(self._event, found.guests)
        people = company_said(names, self._asked, self._calendar, self._settings)
        return newcomers(self._event, people)

    def _way(self, scope: Scope, wanted: Particulars, made: dict[Scope, Edited]) -> Option:
        """The option to change so much of a series; what comes of it is noted in `made`."""
        event = self._event
        longer = self._end.timestamp() > event.end.timestamp()
        told = Told(
            summary=self._summary(scope, wanted),
            was=self._lines(scope, event, Particulars()),
            becomes=self._lines(scope, replace(event, end=self._end), wanted),
        )
        changes = plan_change(
            self._calendar.source(event.path),
            event,
            scope,
            wanted,
            told,
            now=self._now,
            end=self._moment(self._end),
        )
        made[scope] = edited(event, scope, changes, event.start)
        words = self._unsure
        if longer:
            clashes = clashes_after(self._calendar, event, made[scope], self._now)
            words = [clashes.words] if clashes.doubtful else words
        option = Option(self._label(scope, wanted), "", changes, self._done(scope, wanted))
        return weighed(option, words, doubtful=bool(words) or scope != "this")

    def _moment(self, end: datetime) -> date | datetime:
        return end.date() if self._event.all_day else end

    def _words(self, wanted: Particulars) -> list[str]:
        """What becomes different, each in a few words."""
        event = self._event
        times = stretch(event.start, self._end, all_day=event.all_day)
        found = {
            f"called '{wanted.title}'": wanted.title,
            times: self._end != event.end,
            at_place(wanted.where): wanted.where,
            f"with {_named(wanted.add)}": wanted.add,
            f"without {_named(wanted.remove)}": wanted.remove,
            _noted(wanted.notes): wanted.notes,
        }
        return [words for words, said in found.items() if said]

    def _renames(self, wanted: Particulars) -> bool:
        """Whether a new title is all there is."""
        return wanted == Particulars(title=wanted.title) and self._end == self._event.end

    def _lines(self, scope: Scope, event: Occurrence, wanted: Particulars) -> list[str]:
        """The event on a card, with what is wanted of it."""
        title = wanted.title or title_of(event)
        times = stretch(event.start, event.end, all_day=event.all_day)
        lines = [title, f"{short_day(event.start.date(), self._now.date())}, {times}"]
        people = [each for each in event.attendees if each not in wanted.remove]
        company = beside(title, [*people, *(_name(each) for each in wanted.add)])
        lines += [f"with {listed(company)}"] if company else []
        where = wanted.where or shown(event.where)
        lines += [at_place(where)] if where else []
        lines += [_noted(wanted.notes)] if wanted.notes else []
        return [*lines, REACH[scope]] if event.recurrence_id else lines

    def _label(self, scope: Scope, wanted: Particulars) -> str:
        words = ", ".join(self._words(wanted))
        return f"{words}: {REACH[scope]}" if self._event.recurrence_id else words

    def _summary(self, scope: Scope, wanted: Particulars) -> str:
        event = self._event
        when = f"{day_and_times(event, self._now.date())}{also_meant(event, scope)}"
        if self._renames(wanted):
            return f"Rename '{title_of(event)}', {when}, to '{wanted.title}'"
        return f"Change '{title_of(event)}', {when}: {', '.join(self._words(wanted))}"

    def _done(self, scope: Scope, wanted: Particulars) -> str:
        event = self._event
        also = also_meant(event, scope, done=True)
        when = f"on {say_day(event.start.date())}, {when_of(event)}{also}"
        if self._renames(wanted):
            return f"Renamed '{title_of(event)}' {when}, to '{wanted.title}'."
        words = ", ".join(self._words(wanted))
        invited = "invite" in self._asked.words.casefold() and not event.invited
        note = " No invitation was sent." if wanted.add and invited else ""
        return f"Changed '{title_of(event)}' {when}: now {words}.{note}"

    def _question(self, wanted: Particulars, options: Sequence[Option]) -> str:
        event = self._event
        when = day_and_times(event, self._now.date())
        if len(options) > 1:
            ways = "; ".join(option.label for option in options)
            return f"Change '{title_of(event)}', {when}? {ways}"
        (only,) = options
        note = f" ({only.reason})" if only.reason else ""
        return f"Change '{title_of(event)}', {when}: {', '.join(self._words(wanted))}{note}?"


def _named(guests: Sequence[str]) -> str:
    return listed([_name(each) for each in guests])


def _name(guest: str) -> str:
    return shown(name_and_address(guest)[0])


def _noted(notes: str) -> str:
    text = shown(notes)
    return f"notes “{text[:_NOTES_SHOWN]}…”" if len(text) > _NOTES_SHOWN else f"notes “{text}”"
