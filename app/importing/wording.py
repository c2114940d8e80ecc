"""What an import did, in sentences for a person."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from app.core.text import printable
from app.importing.report import CONTACTS, EVENTS, MESSAGES, TASKS, ImportReport

_NOUNS = {
    MESSAGES: ("message", "messages"),
    EVENTS: ("event", "events"),
    TASKS: ("task", "tasks"),
    CONTACTS: ("contact", "contacts"),
}
_NAMED = 10
"""How many of the things left out a person reads; `--json` names more."""


def report_lines(report: ImportReport) -> Iterator[str]:
    """The report for a person; empty parts are left out."""
    if report.added:
        yield f"Imported {_counted(report.added)}."
    if report.already_there:
        yield f"Already there: {_counted(report.already_there)}."
    if report.settings:
        yield "The sample's names, addresses and working hours are now in the settings."
    if report.left_out_total:
        yield f"Left out: {report.left_out_total}."
        for each in report.left_out[:_NAMED]:
            yield f"  {' '.join(printable(each.path).split())}: {each.reason}."
        if report.left_out_total > _NAMED:
            yield f"  and {report.left_out_total - _NAMED} more."


def _counted(numbers: Mapping[str, int]) -> str:
    parts = [f"{number:,} {_NOUNS[kind][number != 1]}" for kind, number in numbers.items()]
    return parts[0] if len(parts) == 1 else f"{', '.join(parts[:-1])} and {parts[-1]}"
