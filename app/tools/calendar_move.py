"""cal_move: an event of the user's words goes to another time, with options where the time is a
stretch rather than a point, or where the rest of a series could go along."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from functools import partial

from app.calendars.editing import Scope
from app.calendars.edits import Told, plan_move, reaches
from app.calendars.occurrences import instant
from app.calendars.vdir import Vdir
from app.core.ports import Asked, Tool, ToolOutcome
from app.core.proposals import Option, Proposal
from app.store.journal import Journal
from app.store.settings import Settings
from app.tools.calendar_respond import propose_instead
from app.tools.edit_options import (
    REACH,
    Edited,
    also_meant,
    clashes_after,
    edited,
    in_brief,
    itself,
    one_event,
    possible_ways,
    repetition_after,
    scopes_to_offer,
)
from app.tools.event_references import Resolved
from app.tools.move_times import Destination, Target
from app.tools.option_words import weighed, with_reason
from app.tools.post import Post
from app.tools.schemas import declared
from app.tools.telling_guests import of_others, with_guests_told
from app.tools.when import say_day
from app.tools.wording import day_and_times, short_day, stretch, title_of, when_of


def cal_move(
    calendar: Vdir,
    settings: Settings,
    journal: Journal,
    post: Post,
) -> Tool:
    """The tool that moves an event. The journal tells what "it" is: what was changed last.

    `post` is how guests are told.
    """

    def run(arguments: Mapping[str, object], asked: Asked) -> ToolOutcome:
        resolved = one_event(str(arguments["event"]), calendar, asked, settings, journal)
        return _Move(resolved, arguments, asked, calendar, settings, post).outcome()

    return Tool(declared("cal_move"), run)


class _Move:
    """One event, and where the words of one call want it."""

    def __init__(
        self,
        resolved: Resolved,
        arguments: Mapping[str, object],
        asked: Asked,
        calendar: Vdir,
        settings: Settings,
        post: Post,
    ) -> None:
        self._asked = asked
        self._clock = asked.clock
        self._now = asked.clock.now
        self._calendar = calendar
        self._post = post
        (self._event,) = resolved.occurrences
        self._source = calendar.source(self._event.path)
        possible = reaches(self._source, self._event)
        self._scopes = scopes_to_offer(resolved, None, possible)
        self._destination = Destination(
            self._event, arguments, asked, calendar, settings, itself(self._event, self._scopes[0])
        )

    def outcome(self) -> ToolOutcome:
        """The proposal, with an option for each time, or for each reach of the only one."""
        targets = self._destination.targets()
        if of_others(self._source, self._event, self._post):
            # Only who arranged it can move it.
            return propose_instead(self._event, targets, self._asked, self._calendar, self._post)
        scopes = self._scopes if len(targets) == 1 else self._scopes[:1]
        event = self._event
        options: list[Option] = []
        mentioned = [event.id]
        for target in targets:
            made: dict[Scope, Edited] = {}
            ways = possible_ways(partial(self._way, target=target, made=made), scopes)
            for way in ways.values():
                options += with_guests_told(way, self._post, self._clock)
            firsts = [made[scope].occurrences[:1] for scope in ways]
            found = self._calendar.identified([each for first in firsts for each in first])
            mentioned += [each.id for each in found]
        first = targets[0]
        title = f"Move '{title_of(event)}'"
        return ToolOutcome(
            data={
                "events": [in_brief(event)],
                "start": first.start.isoformat(),
                "end": first.end.isoformat(),
            },
            sentence=self._question(options),
            proposal=Proposal(
                f"{title}, {day_and_times(event, self._now.date())}",
                tuple(options),
                declared("cal_move").risk,
            ),
            mentions=tuple(dict.fromkeys(mentioned)),
        )

    def _way(self, scope: Scope, target: Target, made: dict[Scope, Edited]) -> Option:
        """The option to go to that time so far; what comes of it is noted in `made`."""
        event = self._event
        start, end = (self._moment(each) for each in (target.start, target.end))
        told = Told(
            summary=self._summary(scope, target),
            was=self._lines(scope, event.start, event.end),
            becomes=self._lines(scope, start, end),
        )
        changes = plan_move(
            self._source,
            event,
            scope,
            target.start,
            target.end,
            told,
            now=self._now,
        )
        made[scope] = edited(event, scope, changes, start)
        repeats = repetition_after(changes, made[scope]) if self._changes_day(scope, start) else ""
        clashes = clashes_after(self._calendar, event, made[scope], self._now)
        over = "it is already over" if self._is_past(event.end) else ""
        past = "in the past" if self._is_past(end) else ""
        further = scope != "this"
        option = Option(
            label=", ".join(each for each in (self._label(scope, target), repeats) if each),
            reason=target.reason,
            changes=changes,
            done=self._done(scope, target),
            doubtful=target.doubtful,
        )
        doubtful = bool(clashes.doubtful or over or past or further)
        return weighed(option, [clashes.words, over, past], doubtful=doubtful)

    def _moment(self, moment: date | datetime) -> datetime:
        return instant(moment, self._clock.zone)

    def _is_past(self, moment: datetime) -> bool:
        return moment.timestamp() <= self._now.timestamp()

    def _changes_day(self, scope: Scope, start: datetime) -> bool:
        return scope != "this" and start.weekday() != self._event.start.weekday()

    def _times(self, target: Target) -> str:
        """The new time; its day only where that is another one."""
        start, end = self._moment(target.start), self._moment(target.end)
        times = stretch(start, end, all_day=self._event.all_day)
        if start.date() == self._event.start.date():
            return times
        return f"{short_day(start.date(), self._now.date())} {times}"

    def _reach(self, scope: Scope) -> str:
        return REACH[scope] if self._event.recurrence_id else ""

    def _label(self, scope: Scope, target: Target) -> str:
        start, end = self._moment(target.start), self._moment(target.end)
        day = short_day(start.date(), self._now.date())
        times = f"{day} {stretch(start, end, all_day=self._event.all_day)}"
        reach = self._reach(scope)
        return f"{times}: {reach}" if reach else times

    def _lines(self, scope: Scope, start: datetime, end: datetime) -> list[str]:
        """The event on a card."""
        event = self._event
        times = stretch(start, end, all_day=event.all_day)
        reach = self._reach(scope)
        lines = [title_of(event), f"{short_day(start.date(), self._now.date())}, {times}"]
        return [*lines, reach] if reach else lines

    def _summary(self, scope: Scope, target: Target) -> str:
        event = self._event
        before = f"{day_and_times(event, self._now.date())}{also_meant(event, scope)}"
        return f"Move '{title_of(event)}', {before}, to {self._times(target)}"

    def _done(self, scope: Scope, target: Target) -> str:
        event = self._event
        also = also_meant(event, scope, done=True)
        start, end = self._moment(target.start), self._moment(target.end)
        times = stretch(start, end, all_day=event.all_day)
        if start.date() != event.start.date():
            times = f"{say_day(start.date())}, {times}"
        day = say_day(event.start.date())
        return f"Moved '{title_of(event)}' on {day}, {when_of(event)}{also}, to {times}."

    def _question(self, options: Sequence[Option]) -> str:
        event = self._event
        if len(options) > 1:
            ways = "; ".join(map(with_reason, options))
            return f"When should '{title_of(event)}' be? {ways}"
        before = day_and_times(event, self._now.date())
        return f"Move '{title_of(event)}', {before}, to {with_reason(options[0])}?"
