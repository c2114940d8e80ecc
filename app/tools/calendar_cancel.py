"""cal_cancel: the user's words for events become a proposal that takes them out of the calendar."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from app.calendars.changes import Scope, invites_others, plan_cancel
from app.calendars.vdir import Vdir
from app.core.errors import KnownError
from app.core.ports import Asked, Occurrence, Tool, ToolOutcome
from app.core.proposals import Option, Proposal
from app.store.journal import Journal
from app.store.settings import Settings
from app.tools.references import Resolved, resolve_events
from app.tools.schemas import declared
from app.tools.when import say_day
from app.tools.wording import day_and_times, listed, one_line, short_day, title_of, when_of

_SCOPES: tuple[Scope, ...] = ("this", "following", "all")
_NAMED = 8
"""How many events a sentence names before it counts the rest."""


def cal_cancel(calendar: Vdir, settings: Settings, journal: Journal) -> Tool:
    """The tool that cancels events. The journal tells what "it" is: what was changed last."""

    def run(arguments: Mapping[str, object], asked: Asked) -> ToolOutcome:
        clock = asked.clock
        now = clock.now.astimezone(clock.zone)
        reference = arguments["events"]
        assert isinstance(reference, (str, list))
        resolved = resolve_events(
            reference,
            calendar,
            clock,
            locale=settings.locale,
            recent=_last_changed(journal, calendar, now),
        )
        scope = next((each for each in _SCOPES if each == arguments.get("scope")), None)
        return _outcome(resolved, scope, calendar, now)

    return Tool(declared("cal_cancel"), run)


def _last_changed(journal: Journal, calendar: Vdir, now: datetime) -> list[Occurrence]:
    found = []
    for entry in journal.last_applied():
        room, _, path = entry.change.target.partition(":")
        occurrence = calendar.next_of(path, now) if room == "calendar" else None
        if occurrence is not None:
            found.append(occurrence)
    return found


def _outcome(resolved: Resolved, scope: Scope | None, calendar: Vdir, now: datetime) -> ToolOutcome:
    chosen = resolved.occurrences
    # A scope that was said is for all of them.
    whole = resolved.whole if scope in (None, "this") else frozenset[str]()
    plans = [_Plan(chosen, each, whole, calendar, now) for each in _scopes(resolved, scope)]
    # Cancelling what others were invited to, or invited the user to, means writing to them.
    possible = [plan for plan in plans if not plan.reaches_guests()]
    if not possible:
        raise _invited(chosen)
    by_scope = {plan.scope: plan.option() for plan in possible}
    if _same(by_scope.get("following"), by_scope.get("all")):
        del by_scope["following"]  # nothing comes before this occurrence
    options = tuple(by_scope.values())
    title = (
        f"Cancel '{title_of(chosen[0])}'" if len(chosen) == 1 else f"Cancel {len(chosen)} events"
    )
    return ToolOutcome(
        data={
            "events": [
                {
                    "id": each.id,
                    "title": title_of(each),
                    "start": each.start.isoformat(),
                    "end": each.end.isoformat(),
                }
                for each in chosen
            ]
        },
        sentence=_question(chosen, options),
        proposal=Proposal(title, options, declared("cal_cancel").risk),
    )


def _scopes(resolved: Resolved, scope: Scope | None) -> Sequence[Scope]:
    """How far to reach, the likeliest first."""
    if resolved.whole and scope in (None, "this"):
        return ("all", "following")  # "all standups": one of them cannot be meant
    if scope is not None:
        return (scope,)
    single = len(resolved.occurrences) == 1 and resolved.occurrences[0].recurrence_id
    return _SCOPES if single else ("this",)


def _same(one: Option | None, other: Option | None) -> bool:
    """Whether both leave the same behind."""
    if one is None or other is None:
        return False
    return [each.after for each in one.changes] == [each.after for each in other.changes]


def _invited(chosen: Sequence[Occurrence]) -> KnownError:
    title = title_of(next((each for each in chosen if each.invited), chosen[0]))
    return KnownError(
        "invite_unavailable",
        f"'{title}' has guests who were invited by mail, and telling them needs mail, which this "
        "version of Phial cannot send yet. Nothing was cancelled.",
        "Cancel it where the invitation was sent from or answered.",
    )


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

    def reaches_guests(self) -> bool:
        """Whether people who were invited would have to be told."""
        return any(
            invites_others(self.calendar.source(path), of_file, scope)
            for path, of_file, scope in self._files()
        )

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
        repeats = any(each.recurrence_id for each in self.chosen)
        further = any(self._reaches_further(each) for each in self.chosen)
        return Option(
            self._label(),
            "it repeats" if repeats else "",
            changes,
            self._done(),
            doubtful=further or len(self.chosen) > 1,
        )

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
        reach = {"following": " and the following ones", "all": ", the whole series"}
        also = f" and {len(of_file) - 1} more" if len(of_file) > 1 else ""
        words = reach.get(scope, "") if any(each.recurrence_id for each in of_file) else ""
        return f"Cancel '{title_of(first)}', {day_and_times(first, self.now.date())}{also}{words}"

    def _was(self, of_file: Sequence[Occurrence]) -> list[str]:
        """What is taken out of one file: the only event line by line, or a line for each."""
        reach: dict[Scope, str] = {
            "this": "only this occurrence",
            "following": "this and the following ones",
            "all": "the whole series",
        }
        found = []
        for each in of_file:
            day = short_day(each.start.date(), self.now.date())
            lines = [title_of(each), f"{day}, {when_of(each)}"]
            lines += [reach[self._scope_of(each)]] if each.recurrence_id else []
            found.append(lines)
        if len(found) == 1:
            return found[0]
        more = len(found) - _NAMED
        named = [", ".join(lines) for lines in found[:_NAMED]]
        return [*named, f"and {more} more"] if more > 0 else named

    def _done(self) -> str:
        lines = []
        reach = {"following": " and the ones that follow", "all": " and its whole series"}
        for each in self.chosen:
            words = reach.get(self._scope_of(each), "") if each.recurrence_id else ""
            lines.append((each, words))
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
