"""cal_cancel: the user's words for events become a proposal that takes them out of the calendar."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from app.calendars.changes import plan_cancel
from app.calendars.editing import Scope
from app.calendars.vdir import Vdir
from app.core.errors import KnownError
from app.core.ports import Asked, Occurrence, Tool, ToolOutcome
from app.core.proposals import Option, Proposal
from app.store.journal import Journal
from app.store.settings import Settings
from app.tools.cancelling import against_cancelling
from app.tools.clashes import unread
from app.tools.edit_options import (
    REACH,
    SCOPES,
    also_meant,
    in_brief,
    possible_ways,
    scope_said,
)
from app.tools.event_references import Resolved, resolve_events
from app.tools.from_then_on import from_then_on
from app.tools.leaving import with_everybody_told
from app.tools.option_words import weighed
from app.tools.post import Post
from app.tools.recent_events import recent_events
from app.tools.schemas import declared
from app.tools.when import say_day
from app.tools.wording import day_and_times, listed, one_line, short_day, title_of, when_of

_NAMED = 8
"""How many events a sentence names before it counts the rest."""


def cal_cancel(calendar: Vdir, settings: Settings, journal: Journal, post: Post) -> Tool:
    """The tool that cancels events. The journal tells what "it" is: what was changed last.

    `post` is how guests are told.
    """

    def run(arguments: Mapping[str, object], asked: Asked) -> ToolOutcome:
        clock = asked.clock
        reference = arguments["events"]
        assert isinstance(reference, (str, list))
        scope = scope_said(arguments)
        if isinstance(reference, str) and (first := from_then_on(reference)):
            reference, scope = first, scope or "following"
        resolved = resolve_events(
            reference,
            calendar,
            clock,
            locale=settings.locale,
            recent=recent_events(asked, journal, calendar),
        )
        return _outcome(resolved, scope, calendar, asked, post)

    return Tool(declared("cal_cancel"), run)


def _outcome(
    resolved: Resolved, scope: Scope | None, calendar: Vdir, asked: Asked, post: Post
) -> ToolOutcome:
    clock = asked.clock
    now = clock.now
    chosen = resolved.occurrences
    # A scope that was said is for all of them.
    whole = resolved.whole if scope in (None, "this") else frozenset[str]()

    def plan(scope: Scope) -> Option:
        return _Plan(chosen, scope, whole, calendar, now).option()

    by_scope = possible_ways(plan, _scopes(resolved, scope))
    unsure = unread(resolved.problems, "hold what you mean")
    unsure += against_cancelling(chosen, asked.words, now)
    ways = [weighed(each, unsure, doubtful=bool(unsure)) for each in by_scope.values()]
    # Cancelling what others were invited to, or invited the user to, means writing to them.
    options = tuple(told for way in ways for told in with_everybody_told(way, post, clock))
    title = (
        f"Cancel '{title_of(chosen[0])}'" if len(chosen) == 1 else f"Cancel {len(chosen)} events"
    )
    return ToolOutcome(
        data={"events": [in_brief(each) for each in chosen]},
        sentence=_question(chosen, options),
        proposal=Proposal(title, options, declared("cal_cancel").risk),
        mentions=tuple(each.id for each in chosen),
    )


def _scopes(resolved: Resolved, scope: Scope | None) -> Sequence[Scope]:
    """How far to reach, the likeliest first."""
    if resolved.whole and scope in (None, "this"):
        return ("all", "following")  # "all standups": one of them cannot be meant
    if scope is not None:
        return (scope,)
    single = len(resolved.occurrences) == 1 and resolved.occurrences[0].recurrence_id
    return SCOPES if single else ("this",)


@dataclass(frozen=True)
class _Plan:
    """One way to cancel `chosen`.

    `whole` are the ids meant as whole series; if there are any, `scope` is for them and others
    are only themselves.
    """

    chosen: Sequence[Occurrence]
    scope: Scope
    whole: frozenset[str]
    calendar: Vdir
    now: datetime

    def option(self) -> Option:
        """The changes, one a file, in the user's words."""
        changes = tuple(
            plan_cancel(
                self.calendar.source(path),
                of_file,
                scope,
                now=self.now,
                summary=self._summary(of_file, scope),
                was=self._was(of_file),
            )
            for path, of_file, scope in self._files()
        )
        further = any(self._reaches_further(each) for each in self.chosen)
        return Option(
            self._label(),
            self._repeats(),
            changes,
            self._done(),
            doubtful=further or len(self.chosen) > 1,
        )

    def _repeats(self) -> str:
        """That some of them are of series, and of a set which."""
        titles = [title_of(each) for each in self.chosen if each.recurrence_id]
        if len(self.chosen) == 1 or not titles:
            return "it repeats" if titles else ""
        names = [f"'{title}'" for title in dict.fromkeys(titles)]
        verb = "repeats" if len(names) == 1 else "repeat"
        only = "" if self.whole or self.scope != "this" else ", and only these times are cancelled"
        return f"{listed(names, most=3)} {verb}{only}"

    def _reaches_further(self, occurrence: Occurrence) -> bool:
        """Whether other occurrences of its series go with it."""
        return bool(occurrence.recurrence_id) and self._scope_of(occurrence) != "this"

    def _scope_of(self, occurrence: Occurrence) -> Scope:
        if self.whole and occurrence.id not in self.whole:
            return "this"
        return self.scope

    def _files(self) -> list[tuple[str, list[Occurrence], Scope]]:
        """Path, events of that file, and how far they reach."""
        found = []
        for path in dict.fromkeys(each.path for each in self.chosen):
            of_file = [each for each in self.chosen if each.path == path]
            scopes = {self._scope_of(each) for each in of_file if each.recurrence_id}
            if len(scopes) > 1:
                raise KnownError(
                    "same_file",
                    f"{' and '.join(title_of(each) for each in of_file[:2])} lie in one file and "
                    "cannot be cancelled at once. Nothing was cancelled.",
                    "Cancel one after the other.",
                )
            found.append((path, of_file, scopes.pop() if scopes else self.scope))
        return found

    def _label(self) -> str:
        names = []
        for each in self.chosen[:_NAMED]:
            scope = self._scope_of(each)
            reach = {"following": ": this and the following ones", "all": ": the whole series"}
            words = reach.get(scope, "" if len(self.chosen) > 1 else ": only this occurrence")
            line = one_line(each, self.now.date())
            names.append(f"{line}{words if each.recurrence_id else ''}")
        more = len(self.chosen) - _NAMED
        return "; ".join([*names, f"and {more} more"] if more > 0 else names)

    def _summary(self, of_file: Sequence[Occurrence], scope: Scope) -> str:
        first = of_file[0]
        also = f" and {len(of_file) - 1} more" if len(of_file) > 1 else ""
        words = next(filter(None, (also_meant(each, scope) for each in of_file)), "")
        return f"Cancel '{title_of(first)}', {day_and_times(first, self.now.date())}{also}{words}"

    def _was(self, of_file: Sequence[Occurrence]) -> list[str]:
        """What is taken out of one file: the only event line by line, or a line for each."""
        found = []
        for each in of_file:
            day = short_day(each.start.date(), self.now.date())
            lines = [title_of(each), f"{day}, {when_of(each)}"]
            lines += [REACH[self._scope_of(each)]] if each.recurrence_id else []
            found.append(lines)
        if len(found) == 1:
            return found[0]
        more = len(found) - _NAMED
        named = [", ".join(lines) for lines in found[:_NAMED]]
        return [*named, f"and {more} more"] if more > 0 else named

    def _done(self) -> str:
        lines = [(each, also_meant(each, self._scope_of(each), done=True)) for each in self.chosen]
        if len(lines) > 1:
            named = [f"{one_line(each, self.now.date())}{words}" for each, words in lines]
            return f"Cancelled {len(lines)} events: {listed(named, most=_NAMED)}."
        ((only, words),) = lines
        day = say_day(only.start.date())
        return f"Cancelled '{title_of(only)}' on {day}, {when_of(only)}{words}."


def _question(chosen: Sequence[Occurrence], options: Sequence[Option]) -> str:
    if len(options) > 1:
        return "Which? " + "; ".join(option.label for option in options)
    if len(chosen) == 1:
        return f"Cancel {options[0].label}?"
    return f"Cancel {len(chosen)} events? " + options[0].label
