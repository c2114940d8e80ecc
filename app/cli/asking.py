"""The commands `ask` and `tool`: one request or one tool call, without a window."""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Iterable, Iterator
from contextlib import closing

from app.agent.events import AgentEvent, Answered, Generated, Stopped
from app.agent.policy import Consent
from app.cli.output import Output
from app.cli.status import DONE, KNOWN_ERROR, WAITING
from app.compose import headless
from app.core.errors import AmbiguousError, KnownError
from app.tools.schemas import DECLARED

_TITLE_LENGTH = 60


def ask(options: argparse.Namespace, output: Output) -> int:
    """Answer one message; each `ask` is a conversation of its own."""
    text = _whole_characters(options.text).strip()
    if not text:
        raise KnownError("empty_request", "The request is empty.", "Write what you want done.")
    with headless(
        options.profile, now=options.now, model=options.model, load_model=True
    ) as program:
        conversation = program.history.new_conversation(text[:_TITLE_LENGTH])
        events = program.agent.ask(
            text, program.clock, consent=_consent(options), conversation=conversation
        )
        # Closed before the profile is: a reader that leaves ends the turn, not the program first.
        with closing(events):
            return _show(_timed(events) if options.timings else events, output)


def tool(options: argparse.Namespace, output: Output) -> int:
    """Run one tool with arguments given as JSON."""
    arguments = _arguments(options.arguments)
    with headless(options.profile, now=options.now) as program:
        events = program.agent.run_tool(
            options.name, arguments, program.clock, consent=_consent(options)
        )
        with closing(events):
            return _show(events, output)


def _consent(options: argparse.Namespace) -> Consent:
    return Consent.FIRST if options.yes else Consent.ASK


def _arguments(text: str) -> dict[str, object]:
    """The tool's arguments, read from JSON. Raises KnownError("bad_json")."""
    example = 'Write them as in \'{"when": "tomorrow"}\'.'
    try:
        read = json.loads(text)
        # Once more through text: refuses NaN, and replaces halves of characters, which JSON can
        # spell and no file can hold.
        plain = _whole_characters(json.dumps(read, ensure_ascii=False, allow_nan=False))
        arguments = json.loads(plain)
    except (ValueError, RecursionError):
        raise KnownError("bad_json", "The arguments are not JSON.", example) from None
    if not isinstance(arguments, dict):
        raise KnownError("bad_json", "The arguments must be a JSON object.", example)
    return arguments


def _whole_characters(text: str) -> str:
    """`text` with "?" for bytes of the command line that were no characters."""
    return text.encode("utf-8", "replace").decode()


def schemas(output: Output) -> int:
    """Print every tool's name, purpose, risk and JSON Schema as one JSON list."""
    tools = [
        {
            "name": spec.name,
            "purpose": spec.purpose,
            "risk": spec.risk.name,
            "parameters": spec.parameters,
        }
        for spec in DECLARED
    ]
    output.raw(json.dumps(tools, indent=2))
    return DONE


def _show(events: Iterable[AgentEvent], output: Output) -> int:
    """Print events as they come; the exit status they add up to."""
    status = DONE
    for event in events:
        output.event(event)
        match event:
            case Answered(waiting=True) | Stopped(error=AmbiguousError()):
                status = WAITING
            case Stopped():
                status = max(status, KNOWN_ERROR)  # an incomplete answer may still wait for a yes
    return status


def _timed(events: Iterable[AgentEvent]) -> Iterator[AgentEvent]:
    """The same events; at the end one JSON line on stderr with milliseconds by stage.

    "start" is from the process's beginning to the first event's being asked for, "model" until
    the model has spoken (of which "load", "prefill" and "decode" are the engine's own account),
    "tools" until the last event.
    """
    import psutil

    opened = time.time()
    stages = {"start": (opened - psutil.Process().create_time()) * 1e3}
    for event in events:
        if isinstance(event, Generated):
            stages["model"] = (time.time() - opened) * 1e3
            stages |= event.timings
        yield event
    stages["tools"] = (time.time() - opened) * 1e3 - stages.get("model", 0.0)
    print(json.dumps({name: round(ms, 1) for name, ms in stages.items()}), file=sys.stderr)
