"""cal_resolve: overlapping events become up to three plans that move some of them out of the way.

What is moved, and where to, is worked out by `rearranging` under the rule of `movability`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from app.calendars.conflicts import Conflict, conflicts, takes_time
from app.calendars.edits import Told, plan_move
from app.calendars.occurrences import key_of, overlaps
from app.calendars.rearranging import DAYS_AHEAD, Move, Plan, Rules, plans
from app.calendars.recurrence import Entry, parse
from app.calendars.vdir import Vdir
from app.core.errors import KnownError
from app.core.ports import Asked, Occurrence, Tool, ToolOutcome
from app.core.proposals import Change, Option, Proposal
from app.core.text import counted
from app.store.journal import Journal
from app.store.settings import Settings
from app.tools.calendar_conflicts import (
    conflict_window,
    events_of,
    identified_conflicts,
    say_overlap,
)
from app.tools.clashes import unread
from app.tools.event_references import events_among, resolve_events
from app.tools.event_warnings import event_warnings
from app.tools.movability import MoveRule
from app.tools.option_words import with_reason
from app.tools.plan_words import done_words, label, ranked_reasons
from app.tools.post import Post
from app.tools.recent_events import recent_events
from app.tools.schemas import declared
from app.tools.telling_guests import with_guests_told
from app.tools.time_windows import TimeWindow
from app.tools.validation import listed_in
from app.tools.wording import day_and_times, listed, near_day, shown, title_of

_MARGIN = timedelta(days=2)
_LONGEST = timedelta(days=93)
_NAMED = 4
"""How many events a sentence names before it counts the rest."""


def cal_resolve(calendar: Vdir, settings: Settings, journal: Journal, post: Post) -> Tool:
    """The tool that plans conflicts away; `post` is how guests are told."""

    def run(arguments: Mapping[str, object], asked: Asked) -> ToolOutcome:
        return _Resolution(arguments, asked, calendar, settings, journal, post).outcome()

    return Tool(declared("cal_resolve"), run)


class _Resolution:
    def __init__(
        self,
        arguments: Mapping[str, object],
        asked: Asked,
        calendar: Vdir,
        settings: Settings,
        journal: Journal,
        post: Post,
    ) -> None:
        self._arguments = arguments
        self._asked = asked
        self._clock = asked.clock
        self._now = asked.clock.now
        self._calendar = calendar
        self._settings = settings
        self._journal = journal
        self._post = post
        self._window = conflict_window(arguments, asked.clock, settings)
        _check(self._window, self._now)
        end = self._window.end + timedelta(days=DAYS_AHEAD + 1)
        self._reading = calendar.read(self._window.start - _MARGIN, end)

    def outcome(self) -> ToolOutcome:
        """The proposal, or the sentence that says why there is none."""
        found = identified_conflicts(self._conflicts(), self._calendar)
        if not found:
            return ToolOutcome(
                data={"conflicts": [], "plans": []},
                sentence=f"Nothing overlaps {self._window.asked}, so nothing has to move.",
                problem=self._reading.problem,
            )
        events = events_of(found)
        warnings = event_warnings(events, self._calendar, self._now.date())
        rule = MoveRule(
            self._calendar,
            self._settings,
            self._now,
            self._post.own(),
            keep=self._named("keep", events),
            movable=self._named("movable", events),
        )
        chosen = plans(
            found,
            self._reading.entries,
            Rules(
                rule.cost,
                self._now,
                self._settings.working_hours,
                self._settings.working_days,
            ),
        )
        if not chosen:
            raise self._why_none(found, rule)
        reasons = ranked_reasons(chosen, found, rule)
        options = [
            option
            for plan, reason in zip(chosen, reasons, strict=True)
            for option in self._options(plan, "; ".join([reason, *warnings]))
        ]
        what = counted(len(found), "conflict")
        return ToolOutcome(
            data={
                "conflicts": [_pair(each) for each in found],
                "plans": [_as_data(plan, rule) for plan in chosen],
                "warnings": warnings,
            },
            sentence="\n".join([*warnings, self._sentence(found, options)]),
            proposal=Proposal(
                f"Resolve {what} {self._window.asked}", tuple(options), declared("cal_resolve").risk
            ),
            problem=self._reading.problem,
            mentions=tuple(each.id for each in events),
        )

    def _conflicts(self) -> list[Conflict]:
        """Those in the window that are not over."""
        inside: list[Entry] = [
            entry
            for entry in self._reading.entries
            if overlaps(entry.occurrence.start, entry.occurrence.end, *self._window.bounds)
        ]
        return [each for each in conflicts(inside) if each.end.timestamp() > self._now.timestamp()]

    def _named(self, argument: str, events: Sequence[Occurrence]) -> set[str]:
        """The keys of the events the user named, of those that overlap or of any.

        Raises KnownError("event_not_found") where a name fits none: it may be misspelt.
        """
        found: set[str] = set()
        for name in listed_in(self._arguments, argument):
            meant = events_among(name, events, self._clock, locale=self._settings.locale)
            if not meant:
                meant = resolve_events(
                    name,
                    self._calendar,
                    self._clock,
                    locale=self._settings.locale,
                    recent=recent_events(self._asked, self._journal, self._calendar),
                    argument=argument,
                ).occurrences
            found |= {key_of(each) for each in meant}
        return found

    def _options(self, plan: Plan, reason: str) -> Sequence[Option]:
        """A plan as a way to go, with the messages it owes to guests."""
        doubts = unread(self._reading.problems, "hide a clash")
        option = Option(
            label(plan, self._now.date()),
            "; ".join([reason, *doubts]),
            self._changes(plan.moves),
            done_words(plan),
            # What moves was not said by the user, so it is never done without asking.
            doubtful=True,
        )
        return with_guests_told(option, self._post, self._clock)

    def _changes(self, moves: Sequence[Move]) -> tuple[Change, ...]:
        """The changes, one a file: moves in one file are made one after the other."""
        found: dict[str, Change] = {}
        for move in moves:
            path = move.event.path
            source = self._calendar.source(path)
            earlier = found.get(f"calendar:{path}")
            if earlier is not None and earlier.after is not None:
                source = parse(path, earlier.after) or source
            told = self._told(move)
            for change in plan_move(
                source, move.event, "this", move.start, move.end, told, now=self._now
            ):
                found[change.target] = _joined(found.get(change.target), change)
        return tuple(found.values())

    def _told(self, move: Move) -> Told:
        today = self._now.date()
        title = title_of(move.event)
        moved = replace(move.event, start=move.start, end=move.end)
        old, new = day_and_times(move.event, today), day_and_times(moved, today)
        return Told(f"Move '{title}' from {old} to {new}", (title, old), (title, new))

    def _sentence(self, found: Sequence[Conflict], options: Sequence[Option]) -> str:
        today = self._now.date()
        lines = [
            f"{near_day(each.start.date(), today)}: {say_overlap(each)}" for each in found[:_NAMED]
        ]
        more = len(found) - _NAMED
        lines += [f"and {more} more."] if more > 0 else []
        ways = [f"{place}. {with_reason(each)}" for place, each in enumerate(options, 1)]
        ask = "Which plan?" if len(options) > 1 else "Shall I do that?"
        return "\n".join([*lines, *ways, ask])

    def _why_none(self, found: Sequence[Conflict], rule: MoveRule) -> KnownError:
        """Why no plan exists: nothing may be moved, or there is no time to move it to."""
        today = self._now.date()
        pair = found[0]
        both = (pair.first, pair.second)
        names = " and ".join(f"'{title_of(each)}'" for each in both)
        where = f"{names} overlap on {near_day(pair.start.date(), today)}"
        can = [each for each in both if rule.cost(each) is not None]
        if not can:
            why = "; ".join(f"'{title_of(each)}': {rule.of(each).reason}" for each in both)
            return KnownError(
                "nothing_movable",
                f"{where}, and neither can be moved ({why}). Nothing was changed.",
                "Say which one may move, or propose another time to whoever arranged it.",
            )
        event = min(can, key=lambda each: rule.cost(each) or 0)
        last = event.start + timedelta(days=DAYS_AHEAD)
        blocking = [
            f"'{title_of(entry.occurrence)}' {day_and_times(entry.occurrence, today)}"
            for entry in self._reading.entries
            if takes_time(entry)
            and key_of(entry.occurrence) != key_of(event)
            and overlaps(entry.occurrence.start, entry.occurrence.end, self._now, last)
        ]
        return KnownError(
            "no_free_time",
            f"{where}, and until {near_day(last.date(), today)} there is no free time for "
            f"'{title_of(event)}': {listed(blocking, most=_NAMED)} fill it. Nothing was changed.",
            "Cancel something, or move it yourself to a time outside your working hours.",
        )


def _check(window: TimeWindow, now: datetime) -> None:
    """Raise KnownError for a window nothing can be moved in, or too long to plan."""
    said = shown(window.when.text) if window.when is not None else ""
    if window.is_over(now):
        raise KnownError(
            "when_impossible",
            f"“{said}” is over, and what is over cannot be moved. Nothing was changed.",
            "Name a time that is still to come.",
        )
    if window.end - window.start > _LONGEST:
        raise KnownError(
            "bad_argument",
            f"“{said}” is longer than three months. Nothing was changed.",
            "Name a day, a week or a month.",
        )


def _joined(earlier: Change | None, change: Change) -> Change:
    """Two changes of one file, made one after the other, as one."""
    if earlier is None:
        return change
    return replace(
        change,
        expected_version=earlier.expected_version,
        before=earlier.before,
        summary=f"{earlier.summary}; {change.summary}",
        was=(*earlier.was, *change.was),
        becomes=(*earlier.becomes, *change.becomes),
    )


def _pair(conflict: Conflict) -> dict[str, object]:
    return {
        "a": conflict.first.id,
        "b": conflict.second.id,
        "start": conflict.start.isoformat(),
        "end": conflict.end.isoformat(),
    }


def _as_data(plan: Plan, rule: MoveRule) -> dict[str, object]:
    people = [name for move in plan.moves for name in rule.of(move.event).people]
    return {
        "moves": [
            {
                "id": move.event.id,
                "title": title_of(move.event),
                "from": move.event.start.isoformat(),
                "start": move.start.isoformat(),
                "end": move.end.isoformat(),
            }
            for move in plan.moves
        ],
        "disturbs": list(dict.fromkeys(people)),
        "left": [_pair(each) for each in plan.left],
    }
