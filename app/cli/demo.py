"""The command `demo`: the sample mailbox and calendar, a handful of requests, and one picture.

Nothing of the user's is touched: the profile is thrown away at the end.
"""

from __future__ import annotations

import argparse
import json
import tempfile
import textwrap
from collections.abc import Generator
from contextlib import closing
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from app.agent.events import AgentEvent, Answered, Applied, CallMade, Proposed, Stepped, Stopped
from app.agent.policy import Consent
from app.cli.output import Output, proposal_text
from app.cli.status import DONE
from app.compose import Program, headless
from app.compose.importing import SAMPLE, import_into
from app.core.clock import parse_now, zone_named
from app.core.errors import KnownError
from app.importing.report import ImportReport
from app.store.settings import system_zone

_YES, _NO = "yes", "no"
_INDENT = " " * 8


@dataclass(frozen=True)
class _Scene:
    """A request, the tool it is for, and what the user answers to its card ("" if none comes)."""

    words: str
    tool: str
    answer: str = ""


_SCENES = (
    _Scene("What's on tomorrow?", "cal_find"),
    _Scene("Move my 3pm with Anna to a free slot tomorrow", "cal_move", _YES),
    _Scene("Push back the stand-up tomorrow by 30 minutes", "cal_move", _YES),
    _Scene("Summarise today's mail", "mail_summarise"),
    _Scene("Reply to Anna that Friday works", "mail_reply", _YES),
    _Scene("Forward the last mail from Nadia to Kofi", "mail_forward", _NO),
    _Scene("Archive all newsletters from last week", "mail_update", _YES),
    _Scene("Undo that", "undo", _YES),
    _Scene(
        "If I haven't met Akira in the last 7 days, book 30 minutes called catch-up at my first "
        "free slot tomorrow",
        "cal_create",
        _YES,
    ),
    _Scene("Anything from Bob about the invoice?", "mail_find"),
)


@dataclass
class _Seen:
    """What became of one request."""

    tools: list[str] = field(default_factory=list)
    waiting: int | None = None
    applied: bool = False
    error: KnownError | None = None

    def take(self, event: AgentEvent) -> None:
        """Note one event of its turn."""
        match event:
            case CallMade(call):
                self.tools.append(call.name)
            case Applied():
                self.applied = True
            case Answered(_, turn, waiting):
                self.waiting = turn if waiting else None
            case Stopped(error):
                self.error = error


def demo(options: argparse.Namespace, output: Output) -> int:
    """Show what Phial does, on a profile made for it.

    Raises KnownError: "demo_failed" if a request came to something else than it should, and
    "picture_failed".
    """
    now = _fixed(options.now)
    with tempfile.TemporaryDirectory(prefix="phial-demo-") as folder:
        profile = Path(folder) / "profile"
        report = import_into(profile, [SAMPLE], now=now)
        if report.error is not None:
            raise report.error
        _tell_import(report, now, output)
        with headless(profile, now=now, load_model=True) as program:
            stage = _Stage(program, output, as_json=options.json)
            for number, scene in enumerate(_SCENES, 1):
                stage.play(scene, number)
        target = options.picture.absolute()
        _take_picture(profile, now, stage.conversation, target)
    output.line("picture", {"file": str(target)}, f"\nThe window after it: {target}")
    return DONE


def _fixed(now: str) -> str:
    """The moment of the whole demo, as --now takes it: `now`, else the system's."""
    zone = zone_named(system_zone())
    if now:
        parse_now(now, zone)  # a wrong one is told before anything is done
        return now
    return f"{datetime.now(zone).isoformat(timespec='seconds')}[{zone.key}]"


def _tell_import(report: ImportReport, now: str, output: Output) -> None:
    counts = ", ".join(f"{number} {kind}" for kind, number in report.added.items())
    values = {"added": dict(report.added), "now": now}
    text = f"A profile for this demo, with the sample mailbox and calendar: {counts}. Now: {now}"
    output.line("sample", values, text)


class _Stage:
    """Where the requests are made, all in one conversation, and told to `output`."""

    def __init__(self, program: Program, output: Output, *, as_json: bool) -> None:
        self._program = program
        self._output = output
        self._as_json = as_json
        self.conversation = program.history.new_conversation("Demo")

    def play(self, scene: _Scene, number: int) -> None:
        """One request, and the answer to its card. Raises KnownError("demo_failed")."""
        self._output.line(
            "request",
            {"number": number, "of": len(_SCENES), "text": scene.words, "answer": scene.answer},
            f"\n{number}. “{scene.words}”",
        )
        agent, clock = self._program.agent, self._program.clock
        consent, conversation = Consent.ASK, self.conversation
        seen = _Seen()
        self._follow(
            agent.ask(scene.words, clock, consent=consent, conversation=conversation), seen
        )
        turn, agreed = seen.waiting, scene.answer == _YES
        if turn is not None and scene.answer:
            said = "Yes, the first one." if agreed else "No."
            self._output.line("reply", {"answer": scene.answer}, f"   you  {said}")
            seen.waiting = None
            events = agent.choose(turn, 0, clock, consent) if agreed else agent.decline(turn)
            self._follow(events, seen)
        wanted = scene.tool in seen.tools and seen.waiting is None and seen.applied == agreed
        if seen.error is not None or not wanted:
            reason = seen.error.message if seen.error else f"It called {', '.join(seen.tools)}."
            raise KnownError(
                "demo_failed",
                f"“{scene.words}” did not come to what it should. {reason}",
                "Run ./run doctor to see what this machine lacks.",
            )

    def _follow(self, events: Generator[AgentEvent, None, None], seen: _Seen) -> None:
        with closing(events):
            for event in events:
                seen.take(event)
                text = _text_of(event)
                if self._as_json:
                    self._output.event(event)
                elif text:
                    self._output.raw(text)


def _text_of(event: AgentEvent) -> str:
    """What a person reads of an event of the demo, "" for nothing."""
    match event:
        case CallMade(call):
            arguments = json.dumps(dict(call.arguments), ensure_ascii=False)
            return f"   tool {call.name} {arguments}"
        case Proposed(proposal):
            return _labelled("card", proposal_text(proposal))
        case Stepped(text) | Answered(text, _, False):
            return _labelled("says", text)
        case Stopped(error):
            return _labelled("stop", error.sentence())
    return ""


def _labelled(label: str, text: str) -> str:
    lines = text.strip().splitlines()
    wrapped = "\n".join(
        textwrap.fill(
            line,
            96,
            initial_indent=_INDENT,
            subsequent_indent=f"{_INDENT}  ",
            break_long_words=False,
            break_on_hyphens=False,
        )
        for line in lines
    )
    return f"   {label} {wrapped.lstrip()}"


def _take_picture(profile: Path, now: str, conversation: int, target: Path) -> None:
    from app.compose.picturing import picture_of
    from app.compose.windowed import Choices

    picture_of(Choices(profile, now), conversation, target)
