"""What a command prints: text for a person, or the JSON lines of docs/command-line.md."""

from __future__ import annotations

import io
import json
import sys
from collections.abc import Mapping, Sequence
from typing import Protocol, TextIO

from app.agent.events import (
    AgentEvent,
    Answered,
    Applied,
    CallAnswered,
    CallMade,
    Generated,
    Proposed,
    RemembersFrom,
    Said,
    Started,
    Stepped,
    Stopped,
    Thinking,
    Working,
)
from app.core.errors import AmbiguousError, KnownError
from app.core.proposals import UNSURE, Change, Proposal, Risk
from app.core.text import printable


class OutputFailedError(Exception):
    """Nothing more can be printed. `reason` is "" where the reader has merely left."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


def _write(stream: TextIO, text: str) -> None:
    try:
        stream.write(text)
        stream.flush()
    except BrokenPipeError:
        raise OutputFailedError("") from None
    except OSError as error:
        raise OutputFailedError(error.strerror or str(error)) from error


class Output(Protocol):
    """Where a command's events go."""

    def event(self, event: AgentEvent) -> None:
        """Show one event of the agent."""
        ...

    def error(self, error: KnownError, details: str = "") -> None:
        """Show why the command could not be done."""
        ...

    def line(self, name: str, values: Mapping[str, object], text: str) -> None:
        """Show something else: `values` as a JSON event called `name`, or `text`."""
        ...

    def raw(self, text: str) -> None:
        """Print `text` as it is."""
        ...


def make_output(*, json_lines: bool) -> Output:
    """The output for `--json`, or for a person."""
    return JsonOutput() if json_lines else TextOutput()


class JsonOutput:
    """One JSON object a line on stdout and nothing else there, in ASCII.

    So the lines hold in every locale, and no control character of a stranger's text is printed.
    """

    def _print(self, values: Mapping[str, object]) -> None:
        _write(sys.stdout, json.dumps(values) + "\n")

    def raw(self, text: str) -> None:
        """The text and a line break."""
        _write(sys.stdout, text + "\n")

    def line(self, name: str, values: Mapping[str, object], text: str) -> None:
        """An event of its own."""
        self._print({"event": name, **values})

    def error(self, error: KnownError, details: str = "") -> None:
        """{"event": "error", "code", "message", "hint"} and the choices of an ambiguity."""
        self._print({"event": "error", **_error_values(error)})

    def event(self, event: AgentEvent) -> None:
        """The form docs/command-line.md gives the event."""
        match event:
            case CallMade(call):
                self._print(
                    {"event": "tool_call", "name": call.name, "arguments": dict(call.arguments)}
                )
            case CallAnswered(name, outcome, error):
                line: dict[str, object] = {"event": "tool_result", "name": name}
                if outcome is not None:
                    line |= {"ok": True, "data": dict(outcome.data)}
                elif error is not None:
                    line |= {"ok": False, "error": _error_values(error)}
                self._print(line)
            case Proposed(proposal):
                self._print({"event": "proposal", **_proposal_values(proposal)})
            case Applied(changes):
                applied = [
                    {"change_id": name, **_change_values(change)} for name, change in changes
                ]
                self._print({"event": "applied", "changes": applied})
            case Said(text):
                self._print({"event": "text", "text": text})
            case Answered(text, turn_id):
                self._print({"event": "answer", "text": text, "turn_id": turn_id})
            case Stopped(error, details):
                self.error(error, details)
            case Started() | Working() | Thinking() | RemembersFrom() | Generated() | Stepped():
                pass  # not among the documented events


class TextOutput:
    """Sentences on stdout, errors on stderr; what a terminal would obey is taken out."""

    def __init__(self) -> None:
        self._speaking = False
        self._applied = ""
        self._unsure = False
        if isinstance(sys.stdout, io.TextIOWrapper):
            sys.stdout.reconfigure(errors="replace")  # a dash must not fail in an old locale

    def _say(self, text: str, end: str = "\n", stream: TextIO | None = None) -> None:
        _write(stream or sys.stdout, printable(text) + end)

    def _end_speech(self) -> None:
        if self._speaking:
            self._say("")
        self._speaking = False

    def line(self, name: str, values: Mapping[str, object], text: str) -> None:
        """The text."""
        self._end_speech()
        self._say(text)

    def raw(self, text: str) -> None:
        """The text and a line break."""
        self._say(text)

    def error(self, error: KnownError, details: str = "") -> None:
        """The sentence, the choices of an ambiguity, and what to do."""
        self._end_speech()
        lines = [error.message]
        if isinstance(error, AmbiguousError):
            lines += [f"  {value}  {label}" for value, label in error.choices]
        lines += [error.hint] if error.hint else []
        lines += ["", "Details:", details] if details else []
        self._say("\n".join(lines), stream=sys.stderr)

    def event(self, event: AgentEvent) -> None:
        """What a person needs to see of it."""
        match event:
            case Proposed(proposal):
                self._end_speech()
                self._unsure = proposal.unsure
                self._say(proposal_text(proposal))
            case Said(text):
                self._say(text if self._speaking else text.lstrip(), end="")
                self._speaking = True
            case Answered(text, _, waiting):
                if self._speaking:
                    self._end_speech()  # the model's own answer has been printed as it came
                elif waiting and self._unsure:
                    self._say(f"\n{text} Say it in other words, or call the tool: phial tool.")
                elif waiting:
                    self._say(f"\n{text} Repeat with --yes to take the first option.")
                else:
                    # One number is enough: what was done together is undone together.
                    self._say(f"{text} (undo: {self._applied})" if self._applied else text)
                self._applied = ""
            case Applied(changes):
                self._applied = changes[0][0] if changes else ""
            case Stopped(error, details):
                self.error(error, details)
            case CallMade():
                self._end_speech()  # what the model said before is not the answer
            case Stepped(text):
                self._end_speech()
                self._say(text)
            case Started() | Working() | CallAnswered() | Generated():
                pass  # the proposal before and the sentence after say it
            case Thinking() | RemembersFrom():
                pass  # the answer is what was asked for


def _summaries(changes: Sequence[Change]) -> list[str]:
    """The lines of changes; a series that is split is two changes of files with one line."""
    lines: list[str] = []
    for change in changes:
        split = change.target.startswith("calendar:") and change.summary in lines
        if not split:
            lines.append(change.summary)
    return lines


def proposal_text(proposal: Proposal) -> str:
    """The title; below it what would change, or the numbered ways to choose from."""
    lines = [f"{proposal.title}  [{proposal.risk.name.lower()}]"]
    lines += [f"  {UNSURE}"] if proposal.unsure else []
    if len(proposal.options) == 1:
        (option,) = proposal.options
        lines += [f"  {each}" for each in _summaries(option.changes)]
        lines += [f"  {option.reason}"] if option.reason else []
    else:
        for number, option in enumerate(proposal.options, 1):
            reason = f" ({option.reason})" if option.reason else ""
            lines.append(f"  {number}. {option.label}{reason}")
    # What leaves the machine is agreed to only when it has been read.
    leaving = [each for each in proposal.options[0].changes if each.risk is Risk.SEND]
    lines += [f"     {line}" for change in leaving for line in change.becomes]
    lines += [
        f"  {each.argument} “{each.value}” comes from {each.source}, not from your words"
        for each in proposal.provenance
    ]
    return "\n".join(lines)


def _error_values(error: KnownError) -> dict[str, object]:
    values: dict[str, object] = {
        "code": error.code,
        "message": error.message,
        "hint": error.hint,
    }
    if isinstance(error, AmbiguousError):
        values["argument"] = error.argument
        values["choices"] = [{"value": value, "label": label} for value, label in error.choices]
    return values


def _change_values(change: Change) -> dict[str, object]:
    return {
        "kind": change.kind,
        "target": change.target,
        "summary": change.summary,
        "before": change.before,
        "after": change.after,
    }


def _proposal_values(proposal: Proposal) -> dict[str, object]:
    """The options in order; "changes" are those of the first, which `--yes` takes."""
    options = [
        {
            "label": option.label,
            "reason": option.reason,
            "changes": [_change_values(change) for change in option.changes],
        }
        for option in proposal.options
    ]
    return {
        "title": proposal.title,
        "risk": proposal.risk.name,
        "options": options,
        "changes": options[0]["changes"],
        "unsure": proposal.unsure,
        "provenance": [
            {"argument": each.argument, "value": each.value, "source": each.source}
            for each in proposal.provenance
        ],
    }
