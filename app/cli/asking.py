"""The commands `ask` and `tool`: one request or one tool call, without a window."""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Iterable, Iterator
from contextlib import closing

from app.agent.events import AgentEvent, Answered, Generated, Stopped
from app.cli.output import Output
from app.compose import headless
from app.core.errors import AmbiguousError, KnownError
from app.tools.schemas import DECLARED

_TITLE_LENGTH = 60


def ask(options: argparse.Namespace, output: Output) -> int:
    """Answer one message; each `ask` is a conversation of its own."""
    text = options.text.strip()
    if not text:
        raise KnownError("empty_request", "The request is empty.", "Write what you want done.")
    with headless(
        options.profile, now=options.now, model=options.model, load_model=True
    ) as program:
        conversation = program.history.new_conversation(text[:_TITLE_LENGTH])
        events = program.agent.ask(
            text, program.clock, agreed=options.yes, conversation=conversation
        )
        # Closed before the profile is: a reader that leaves ends the turn, not the program first.
        with closing(events):
            return _show(_timed(events) if options.timings else events, output)


def tool(options: argparse.Namespace, output: Output) -> int:
    """Run one tool with arguments given as JSON."""
    if options.name is None:
        raise KnownError(
            "no_tool", "Name a tool.", "`tool --schemas` lists them with their arguments."
        )
    try:
        arguments = json.loads(options.arguments)
    except (ValueError, RecursionError) as error:
        raise KnownError(
            "bad_json",
            f"The arguments are not JSON: {error}.",
            'Write them as in \'{"when": "tomorrow"}\'.',
        ) from None
    if not isinstance(arguments, dict):
        raise KnownError(
            "bad_json",
            "The arguments must be a JSON object.",
            'Write them as in \'{"when": "tomorrow"}\'.',
        )
    with headless(options.profile, now=options.now) as program:
        events = program.agent.run_tool(options.name, arguments, program.clock, agreed=options.yes)
        with closing(events):
            return _show(events, output)


def schemas() -> int:
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
    print(json.dumps(tools, ensure_ascii=False, indent=2))
    return 0


def _show(events: Iterable[AgentEvent], output: Output) -> int:
    """Print events as they come; the exit status they add up to."""
    status = 0
    for event in events:
        output.event(event)
        match event:
            case Answered(waiting=True):
                status = 3
            case Stopped(error=AmbiguousError()):
                status = 3
            case Stopped():
                status = 1
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
