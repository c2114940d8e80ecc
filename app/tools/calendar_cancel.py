"""cal_cancel: the user's words for events become a proposal that takes them out of the calendar."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from app.calendars.changes import Scope, plan_cancel
from app.calendars.vdir import Vdir
from app.core.errors import KnownError
from app.core.ports import Clock, Occurrence, Tool, ToolOutcome
from app.core.proposals import Change, Option, Proposal
from app.store.journal import Journal
from app.store.settings import Settings
from app.tools.references import Resolved, resolve_events
from app.tools.schemas import declared
from app.tools.wording import day_name, listed, one_line, title_of, when_of

_SCOPES: dict[str, Scope] = {"this": "this", "following": "following", "all": "all"}
_NAMED = 8


def cal_cancel(calendar: Vdir, settings: Settings, journal: Journal) -> Tool:
    """The tool that cancels events. The journal tells what "it" is: what was changed last."""

    def run(arguments: Mapping[str, object], clock: Clock) -> ToolOutcome:
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
        return _outcome(resolved, _SCOPES.get(str(arguments.get("scope"))), calendar, now)

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
    _refuse_invitations(chosen)
    series = any(each.recurrence_id for each in chosen)
    if scope is None and series and len(chosen) == 1:
        scopes: list[Scope] = ["this", "following", "all"]
    else:
        scopes = [scope or "this"]
    options = [_option(chosen, each, calendar, now) for each in scopes]
    if len(options) == 3 and options[1].changes[0].after is None:
        del options[1]  # nothing comes before this occurrence: "following" is the whole series
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
        proposal=Proposal(title, tuple(options), declared("cal_cancel").risk),
    )


def _refuse_invitations(chosen: Sequence[Occurrence]) -> None:
    """Cancelling what others were invited to, or invited the user to, means writing to them."""
    for each in chosen:
        if each.invited:
            raise KnownError(
                "invite_unavailable",
                f"'{title_of(each)}' has guests who were invited by mail, and telling them needs "
                "mail, which this version of Phial cannot send yet. Nothing was cancelled.",
                "Cancel it where the invitation was sent from or answered.",
            )


def _option(chosen: Sequence[Occurrence], scope: Scope, calendar: Vdir, now: datetime) -> Option:
    changes: list[Change] = []
    for path in dict.fromkeys(each.path for each in chosen):
        of_file = [each for each in chosen if each.path == path]
        changes.append(
            plan_cancel(
                calendar.source(path), of_file, scope, now=now, summary=_summary(of_file, scope)
            )
        )
    reaches = {"this": "only this occurrence", "following": "this and the following ones"}
    if not any(each.recurrence_id for each in chosen):
        return Option(_label(chosen), "", tuple(changes), _done(chosen, "this"))
    reason = reaches.get(scope, "the whole series")
    label = _label(chosen) if len(chosen) > 1 else f"{one_line(chosen[0])}: {reason}"
    return Option(label, "it repeats", tuple(changes), _done(chosen, scope))


def _label(chosen: Sequence[Occurrence]) -> str:
    more = len(chosen) - _NAMED
    names = [one_line(each) for each in chosen[:_NAMED]]
    return "; ".join([*names, f"and {more} more"] if more > 0 else names)


def _summary(of_file: Sequence[Occurrence], scope: Scope) -> str:
    reach = {"this": "", "following": " and the following ones", "all": ", the whole series"}[scope]
    if not of_file[0].recurrence_id:
        reach = ""
    also = f" and {len(of_file) - 1} more" if len(of_file) > 1 else ""
    return f"Cancel '{title_of(of_file[0])}', {_short(of_file[0])}{also}{reach}"


def _short(occurrence: Occurrence) -> str:
    return one_line(occurrence).removesuffix(f" {title_of(occurrence)}")


def _done(chosen: Sequence[Occurrence], scope: Scope) -> str:
    if len(chosen) > 1:
        return f"Cancelled {len(chosen)} events: {listed([one_line(each) for each in chosen])}."
    only = chosen[0]
    reach = {"this": "", "following": " and the ones that follow", "all": " and its whole series"}
    return (
        f"Cancelled '{title_of(only)}' on {day_name(only.start.date())}, "
        f"{when_of(only)}{reach[scope] if only.recurrence_id else ''}."
    )


def _question(chosen: Sequence[Occurrence], options: Sequence[Option]) -> str:
    if len(options) > 1:
        return "Which? " + "; ".join(option.label for option in options)
    if len(chosen) == 1:
        return f"Cancel {options[0].label}?"
    return f"Cancel {len(chosen)} events? " + options[0].label
