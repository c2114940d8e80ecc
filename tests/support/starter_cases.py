"""Sentences written by hand with their right effect, and what a model makes of them.

A case is held against the sample mailbox and calendar: the calls it should give are run through
the agent as if a model had made them, then the model's own, and what the user would see is
compared. So "Friday at noon" and "noon on Friday" are the same, and so are two ways of naming the
same event.
"""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from threading import Lock
from typing import Any

from app.agent.events import AgentEvent, Answered, CallAnswered, CallMade, Proposed, Stopped
from app.agent.loop import Agent
from app.agent.policy import Consent, is_agreed
from app.compose import STARTER_MODEL, clock_for
from app.compose.rooms import open_rooms
from app.core.errors import AmbiguousError
from app.core.events import EngineEvent, Finished, TextDelta, ToolCallReady
from app.core.messages import ToolCall
from app.core.ports import Capabilities, Clock, Engine, GenerateRequest, Prefix
from app.core.proposals import Risk
from app.engine.client import EngineClient, engine_worker
from app.store.history import History
from app.store.paths import prepare, profile_paths
from app.store.settings import load_settings
from tests.support.sample_profile import sample_at
from tests.support.starter_noise import noise_for, noisy_call

NOW = "2026-11-18T09:30[Europe/Berlin]"
FOLDER = Path(__file__).resolve().parents[1] / "fixtures" / "starter"
FILES = ("new_users", "daily")
"""The cases' files: by somebody who knew only what the program is for, and by one who uses it."""

Calls = tuple[ToolCall, ...]

_KINDS = {
    "outside": ("starter model and only know", "something I cannot do", "did not understand"),
    "social": ("Hello!", "You're welcome", "Goodbye", "All right.", "I can find, plan, move and"),
    "missing": ("When should", "What should", "Who should", "Which event", "Which mail"),
}
"""How the starter's answers begin, or a part of them, by what kind of answer they are."""


@dataclass(frozen=True)
class Case:
    """What is said, after what, and what it should come to: one of `right`, or an answer.

    `before` are earlier turns, each with the calls or the answer it was given.
    """

    id: str
    category: str
    say: str
    right: tuple[Calls, ...] = ()
    answer: str = ""
    before: tuple[tuple[str, Calls, str], ...] = ()

    def noisy(self) -> Case:
        """It in small letters, without punctuation, or with a typing error; so what is right."""
        noise = noise_for(self.id, self.say)
        right = tuple(tuple(noisy_call(call, noise) for call in calls) for calls in self.right)
        return replace(self, say=noise(self.say), right=right)


def cases(name: str) -> list[Case]:
    """The cases of a file of `FILES`."""
    lines = (FOLDER / f"{name}.jsonl").read_text(encoding="utf-8").splitlines()
    return [_case(json.loads(line)) for line in lines if line.strip()]


def _case(data: dict[str, Any]) -> Case:
    lists = [data["calls"], *data.get("or", [])] if "calls" in data else []
    before = [(each["say"], _calls(each.get("calls", ())), each.get("answer", ""))
              for each in data.get("before", ())]  # fmt: skip
    return Case(
        data["id"], data["category"], data["say"], tuple(map(_calls, lists)),
        data.get("answer", ""), tuple(before),
    )  # fmt: skip


def _calls(listed: Sequence[dict[str, Any]]) -> Calls:
    return tuple(ToolCall(call["name"], call["arguments"]) for call in listed)


class Switch:
    """An engine that makes the calls it is given, and else asks a real one."""

    def __init__(self, real: Engine) -> None:
        self._real = real
        self.script: list[tuple[Calls, str]] = []

    def generate(self, request: GenerateRequest) -> Iterator[EngineEvent]:
        """As `Engine.generate`."""
        if not self.script:
            yield from self._real.generate(request)
            return
        calls, answer = self.script.pop(0)
        yield from map(ToolCallReady, calls)
        if not calls:
            yield TextDelta(answer)
        yield Finished("tool_call" if calls else "end")

    def cancel(self, request_id: str) -> None:
        """As `Engine.cancel`."""
        self._real.cancel(request_id)

    def answer_now(self, request_id: str) -> None:
        """As `Engine.answer_now`."""
        self._real.answer_now(request_id)

    def capabilities(self) -> Capabilities:
        """As `Engine.capabilities`."""
        return self._real.capabilities()

    def warm(self, prefix: Prefix) -> None:
        """As `Engine.warm`."""
        self._real.warm(prefix)

    def forget(self, conversation: str) -> None:
        """As `Engine.forget`."""
        self._real.forget(conversation)

    def close(self) -> None:
        """As `Engine.close`."""
        self._real.close()


@dataclass
class Outcome:
    """What came of a sentence: the calls, what the user would see, and how sure it was."""

    calls: Calls = ()
    effect: tuple[object, ...] = ()
    answer: str = ""
    proposes: bool = False
    at_once: bool = False
    asks: bool = False
    unsure: bool = False

    @property
    def tools(self) -> tuple[str, ...]:
        """The tools called, in order."""
        return tuple(call.name for call in self.calls)


@dataclass
class Desk:
    """A copy of the sample with an agent on it."""

    engine: Switch
    agent: Agent
    history: History
    clock: Clock

    def say(self, words: str, conversation: int, consent: Consent) -> list[AgentEvent]:
        """Ask for something."""
        return list(self.agent.ask(words, self.clock, consent=consent, conversation=conversation))


@contextmanager
def desk(place: Path, engine: Engine) -> Iterator[Desk]:
    """Open the profile at `place`."""
    paths = profile_paths(place)
    prepare(paths)
    settings = load_settings(paths)
    switch = Switch(engine)
    with open_rooms(paths, switch, Lock()) as rooms:
        yield Desk(switch, rooms.agent_for(settings), rooms.history, clock_for(settings, NOW))


class Bench:
    """Runs cases on one model."""

    def __init__(self, folder: Path, model: Path = STARTER_MODEL) -> None:
        self._folder = folder
        self._sample = sample_at(folder / "sample", NOW)
        self._engine = EngineClient(engine_worker(model))
        self._count = 0
        self._shared = self._copy()

    def close(self) -> None:
        """End the engine."""
        self._engine.close()

    def _copy(self) -> Path:
        self._count += 1
        return Path(shutil.copytree(self._sample, self._folder / f"copy{self._count}"))

    def run(self, case: Case) -> tuple[Outcome, list[Outcome]]:
        """What the model makes of a case, and what is right."""
        mine = self._outcome(case, None)
        return mine, [self._outcome(case, (calls, "")) for calls in case.right]

    def _outcome(self, case: Case, told: tuple[Calls, str] | None) -> Outcome:
        place = self._copy() if case.before else self._shared
        with desk(place, self._engine) as open_desk:
            conversation = open_desk.history.new_conversation("cases")
            for words, calls, answer in case.before:
                open_desk.engine.script = [(calls, answer or "What do you mean?")]
                open_desk.say(words, conversation, Consent.FIRST)
            open_desk.engine.script = [told] if told else []
            events = open_desk.say(case.say, conversation, Consent.ASK)
        if case.before:
            shutil.rmtree(place)
        return outcome_of(events)


def outcome_of(events: Sequence[AgentEvent]) -> Outcome:
    """What the user would see of the events."""
    outcome = Outcome(calls=tuple(each.call for each in events if isinstance(each, CallMade)))
    seen: list[object] = []
    last = ""
    for event in events:
        match event:
            case CallMade(call):
                last = call.name
            case CallAnswered(name, found, None) if found is not None and found.proposal is None:
                seen.append((name, _plain(found.data)))
            case CallAnswered(name, _, error) if error is not None:
                choices = error.choices if isinstance(error, AmbiguousError) else ()
                said = () if choices else _said(outcome.calls, name)
                seen.append((name, error.code, tuple(label for _, label in choices), said))
                outcome.asks = True
            case Proposed(proposal):
                outcome.proposes = proposal.risk > Risk.READ
                outcome.unsure = proposal.unsure
                outcome.asks = outcome.asks or proposal.unsure
                outcome.at_once = is_agreed(proposal, Consent.CLEAR)
                seen.append(tuple(
                    (change.kind, _RANDOM.sub("*", change.target),
                     tuple(map(_text, change.was)), tuple(map(_text, change.becomes)))
                    for change in proposal.options[0].changes
                ))  # fmt: skip
            case Answered(text):
                outcome.answer = text
            case Stopped(error) if not last:
                outcome.answer = error.sentence()
    return replace(outcome, effect=tuple(seen))


def _said(calls: Calls, name: str) -> object:
    """The arguments of calls that came to nothing: they are all there is to compare."""
    return tuple(
        (key, _plain(value)) for call in calls if call.name == name
        for key, value in sorted(call.arguments.items())
    )  # fmt: skip


_RANDOM = re.compile(r"[0-9a-f]{32}|[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
"""Names of files that are made new each time: what is in them is compared."""

_ARTICLES = re.compile(r"^(?:(?:a|an|the|my|our)\s+)+", re.IGNORECASE)
_EDGES = re.compile(r"^[\W_]+|[\W_]+$")


def _text(text: str) -> str:
    plain = " ".join(text.replace("\u2019", "'").split()).casefold()
    return _ARTICLES.sub("", _EDGES.sub("", plain))


def _plain(value: object) -> object:
    if isinstance(value, dict):
        return tuple((key, _plain(each)) for key, each in sorted(value.items()))
    if isinstance(value, list | tuple):
        return tuple(map(_plain, value))
    return _text(value) if isinstance(value, str) else value


@dataclass
class Verdict:
    """How one case went."""

    case: Case
    outcome: Outcome
    tool: bool
    effect: bool
    refused: bool
    """Answered with words instead of a call."""

    @property
    def wrong_action(self) -> bool:
        """A change was proposed that is not the right one, and the user was not asked."""
        return self.outcome.proposes and not self.effect and not self.outcome.asks

    @property
    def wrong_at_once(self) -> bool:
        """Such a change that the window would have made without showing it first."""
        return self.wrong_action and self.outcome.at_once

    @property
    def asked_in_vain(self) -> bool:
        """It was understood, but the program was not sure."""
        return self.effect and self.outcome.unsure


def judge(case: Case, mine: Outcome, right: Sequence[Outcome]) -> Verdict:
    """Whether the tool and the effect are right."""
    refused = not mine.calls
    if case.answer:
        kind = next((kind for kind, parts in _KINDS.items()
                     if any(part in mine.answer for part in parts)), "")  # fmt: skip
        fits = refused and (kind == case.answer or case.category != "missing")
        return Verdict(case, mine, fits, fits, refused)
    tool = any(mine.tools == each.tools for each in right)
    effect = any(mine.effect == each.effect and mine.calls for each in right)
    return Verdict(case, mine, tool or effect, effect, refused)


@dataclass
class Tally:
    """Verdicts by category."""

    verdicts: list[Verdict] = field(default_factory=list)

    def share(self, of: str, *, only: Sequence[str] = ()) -> float:
        """Per cent of the verdicts (of categories `only`) for which the attribute `of` holds."""
        counted = [each for each in self.verdicts if not only or each.case.category in only]
        return 100 * sum(bool(getattr(each, of)) for each in counted) / max(1, len(counted))
