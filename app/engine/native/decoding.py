"""One answer, token by token: thoughts, text, tool calls held to their schemas; how it ends."""

from __future__ import annotations

import threading
import time
from collections.abc import Generator
from contextlib import closing
from dataclasses import dataclass

from app.core.errors import KnownError
from app.core.events import EngineEvent, Progress, StopReason, ToolCallReady
from app.core.messages import ToolCall
from app.core.ports import GenerateRequest
from app.engine.native.calling import CallGrammar, OpenCall
from app.engine.native.held import Held
from app.engine.native.model import NativeModel
from app.engine.native.sampling import Sampler
from app.engine.native.speaking import Speech
from app.engine.native.sureness import Sureness
from app.engine.tool_calls import CallWatch

_ANSWER_ROOM = 512  # tokens of the context that a thought leaves for the answer
_TELL_EVERY = 16  # tokens of a call, which shows nothing until it is whole


@dataclass(frozen=True)
class Ended:
    """How an answer ended. `tokens` are its own, in order, without the one that ends it.

    All of them are in the context, but for the end of a call. `calls` are those that were made,
    `text` is what was shown (thoughts are no part of it). `timings` are milliseconds by name,
    `confidence` as in `Finished`.
    """

    reason: StopReason
    tokens: tuple[int, ...]
    timings: dict[str, float]
    calls: tuple[ToolCall, ...] = ()
    text: str = ""
    confidence: float = 1.0


class Decoder:
    """Decodes answers on a model whose context holds the prompt. One at a time."""

    def __init__(self, model: NativeModel, held: Held) -> None:
        self._model = model
        self._held = held
        self._grammar = CallGrammar(model)
        self._answer_now = threading.Event()

    def answer_now(self) -> None:
        """End the thought under way, if there is one, and answer; from any thread."""
        self._answer_now.set()

    def prepare(self) -> None:
        """Do ahead what the first tool call would wait for: about a second, once a model."""
        self._grammar.prepare()

    def answer(self, request: GenerateRequest, room: int) -> Generator[EngineEvent, None, Ended]:
        """The events of the answer to the prompt held, of at most `room` tokens; how it ended.

        Stop is looked for between tokens and, on the CPU, inside a decode. Raises KnownError.
        """
        self._answer_now.clear()
        with closing(Sampler(self._model, request)) as sampler:
            answer = _Answer(
                self._model, self._held, self._grammar, sampler, request, room, self._answer_now
            )
            return (yield from answer.events())


class _Answer:
    """The answer under way."""

    def __init__(
        self,
        model: NativeModel,
        held: Held,
        grammar: CallGrammar,
        sampler: Sampler,
        request: GenerateRequest,
        room: int,
        answer_now: threading.Event,
    ) -> None:
        controls = model.vocabulary.control_tokens
        self._model = model
        self._held = held
        self._grammar = grammar
        self._sampler = sampler
        self._request = request
        self._sureness = Sureness(model)
        self._answer_now = answer_now
        self._speech = Speech(model.vocabulary, model.dialect, request.tools)
        self._must_call = request.must_call and bool(request.tools)
        self._call_token = controls.get(model.dialect.call_token) if request.tools else None
        self._begin = len(held.tokens)
        self._full = self._begin + room  # how many tokens the context may hold at most
        self._closing = self._closing_tokens() if self._speech.thoughts is not None else []
        kept = len(self._closing) + min(request.max_tokens, _ANSWER_ROOM, room // 2)
        self._thought_full = self._full - kept
        self._thought = self._answered = 0  # tokens
        self._urged = False
        self._call: OpenCall | None = None
        self._call_at = self._begin  # where in the context begins what may be a call
        self._tried = False
        self._last: list[int] = []  # tokens of a call that are not evaluated yet

    def events(self) -> Generator[EngineEvent, None, Ended]:
        """What happens until the answer ends."""
        began = time.perf_counter()
        reason = yield from (self._begin_call() if self._must_call else self._speak())
        if self._call is not None:
            reason = yield from self._write(self._call)
        else:
            yield from self._speech.finish()
            if reason != "cancelled" and (watch := self._speech.watch) and watch.sure:
                reason = yield from self._settle(watch.calls)
        calls = self._call.read() if self._call is not None and reason == "tool_call" else []
        for call in calls:
            yield ToolCallReady(call)
        timings = {
            "decode": (time.perf_counter() - began) * 1e3,
            "constraint": self._call.seconds * 1e3 if self._call is not None else 0.0,
        }
        tokens = (*self._held.tokens[self._begin :], *self._last)
        confidence = self._sureness.confidence if calls else 1.0
        return Ended(reason, tokens, timings, tuple(calls), self._speech.text, confidence)

    def _speak(self) -> Generator[EngineEvent, None, StopReason]:
        """Thoughts and text, to the end of the answer or to where a call is under way."""
        speech, stop, sample = self._speech, self._model.stop, self._sampler.sample
        watch = speech.watch
        while self._room() > 0:
            if stop.is_set():
                return "cancelled"
            if speech.thinking and self._thought_enough():
                if not (yield from self._close_thought()):
                    return "cancelled"
                continue
            token = sample()
            if self._ends(token):
                if speech.thinking:
                    if not (yield from self._close_thought()):
                        return "cancelled"
                    continue
                if not speech.blank or self._urged:
                    return "end"
                # It has thought, and has nothing to say? It is asked once more.
                self._urged = True
                token = self._other_than_an_end(token)
            if token == self._call_token:
                yield from speech.finish()
                self._sureness.note(token)
                self._call, self._last = self._grammar.open(self._request), [token]
                return "tool_call"
            if watch is not None and not watch.held:
                self._call_at, self._tried = len(self._held.tokens), False
            yield from speech.feed(token)
            if speech.thinking:
                self._thought += 1
                self._answered = 0  # what opened the thought is no part of the answer
            else:
                self._answered += 1
            if watch is not None and watch.held:
                if self._begins_call(watch, token):
                    return "tool_call"
                if watch.over:
                    return "end"
            if not self._held.evaluate((token,)):
                return "cancelled"
        return "length"

    def _begin_call(self) -> Generator[EngineEvent, None, StopReason]:
        """Open a call as if the model had."""
        if self._speech.thinking and not (yield from self._close_thought()):
            return "cancelled"
        self._call = self._grammar.open(self._request)
        self._last = [] if self._call_token is None else [self._call_token]
        return "tool_call"

    def _room(self) -> int:
        """How many more tokens there may be, of the answer and in the context."""
        context = self._full - len(self._held.tokens)
        return min(self._request.max_tokens - self._answered, context)

    def _ends(self, token: int) -> bool:
        model = self._model
        return token in model.stop_ids or model.vocabulary.is_end(token)

    def _other_than_an_end(self, token: int) -> int:
        while self._ends(token):
            token = self._sampler.sample_but(token)
        return token

    def _thought_enough(self) -> bool:
        return (
            self._thought >= self._request.max_thinking
            or len(self._held.tokens) >= self._thought_full
            or self._answer_now.is_set()
        )

    def _closing_tokens(self) -> list[int]:
        vocabulary, tag = self._model.vocabulary, self._model.dialect.think[1]
        control = vocabulary.control_tokens.get(tag)
        return [control] if control is not None else vocabulary.tokenize(tag)

    def _close_thought(self) -> Generator[EngineEvent, None, bool]:
        """End the thought as if the model had; False if stopped."""
        yield from self._speech.close_thought()
        room = self._full - len(self._held.tokens)
        return self._held.evaluate(self._closing[:room])

    def _begins_call(self, watch: CallWatch, token: int) -> bool:
        """Whether what is held back, `token` the last of it, is the beginning of a proper call.

        It then is under way, and goes on under its schema.
        """
        if watch.sure and not self._tried and watch.held.startswith("["):
            self._tried = True
            tokens = [*self._held.tokens[self._call_at :], token]
            self._call = self._grammar.begun_by(self._request, tokens)
            self._last = [token] if self._call is not None else []
            self._sureness.doubt()
        return self._call is not None

    def _write(self, call: OpenCall) -> Generator[EngineEvent, None, StopReason]:
        """The open call to its end, under its schema."""
        told = self._answered
        while not call.complete:
            last, self._last = self._last, []
            if self._model.stop.is_set() or (last and not self._held.evaluate(last)):
                return "cancelled"
            if self._room() < 1:
                raise KnownError(
                    "call_too_long",
                    "The model's tool call did not come to an end.",
                    "Ask again in fewer words.",
                )
            room = min(self._room(), self._model.batch)
            self._last = call.next(self._sampler, room, self._sureness)
            self._answered += len(self._last)
            if self._answered >= told + _TELL_EVERY:
                told = self._answered
                yield Progress("decode", told)
        return "tool_call"

    def _settle(self, calls: list[ToolCall]) -> Generator[EngineEvent, None, StopReason]:
        """What was written as a call without its schema: taken if it fits, else written again."""
        self._sureness.doubt()
        self._call = self._grammar.fitting(self._request, calls) if calls else None
        if self._call is not None:
            return "tool_call"
        opening = [] if self._call_token is None else [self._call_token]
        for done in self._held.prefill(self._held.tokens[: self._call_at] + opening):
            if done is None:
                return "cancelled"
        self._call, self._answered = self._grammar.open(self._request), 0
        try:
            return (yield from self._write(self._call))
        except KnownError as error:
            if error.code == "decode_failed":
                raise
            raise KnownError(
                "call_unreadable",
                "The model tried to use a tool, but its call could not be read, and neither "
                "could a second one.",
                "Nothing was done. Ask again in other words.",
            ) from error
