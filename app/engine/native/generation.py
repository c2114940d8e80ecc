"""One generation: prefill on top of what the context holds, then the answer to its end."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence

from app.core.errors import KnownError
from app.core.events import (
    EngineEvent,
    Failed,
    Finished,
    Progress,
    Remembers,
    ToolCallReady,
)
from app.core.ports import GenerateRequest, Prefix
from app.engine.native.decoding import Decoder
from app.engine.native.held import Held
from app.engine.native.model import NativeModel
from app.engine.native.prompts import NO_PAST, Prompts, prefix_of
from app.engine.native.recall import Recall
from app.engine.spelling import Spelling
from app.engine.state_files import StateFiles


class Generator:
    """Runs generations on a model, one at a time, keeping the context between them."""

    def __init__(self, model: NativeModel, states: StateFiles | None = None) -> None:
        """`states` is where what was read is kept beyond this process; None keeps nothing."""
        self._model = model
        self._held = Held(model)
        self._prompts = Prompts(model)
        self._recall = Recall(model.vocabulary, self._held, states)
        self._decoder = Decoder(model, self._held)
        self._spelling = Spelling(model.words)

    def run(self, request: GenerateRequest) -> Iterator[EngineEvent]:
        """The events of one generation; the last is Finished or Failed."""
        read, typed = self._spelling.read(request)
        try:
            for event in self._run(read):
                if isinstance(event, ToolCallReady):
                    event = ToolCallReady(typed.call(event.call))
                yield event
        except KnownError as error:
            yield Failed(error.code, error.message, error.hint)

    def warm(self, prefix: Prefix) -> Iterator[Progress]:
        """Hold what requests begin with, and keep it on disk. What a stop leaves of it stays held.

        Raises KnownError.
        """
        tokens = self._prompts.prefix_tokens(prefix)
        if len(tokens) >= self._model.context_size:
            return  # a request will say so
        if self._held.common(tokens) < len(tokens):
            if self._model.stop.is_set():
                return  # what is held may be just what the next request needs
            self._recall.begin("", NO_PAST, tokens, len(tokens))
            for done in self._held.extend(tokens, len(tokens)):
                if done is None:
                    return
                yield Progress("prefill", done, len(tokens))
        if self._recall.wants_prefix(tokens) and not self._model.stop.is_set():
            self._recall.keep_prefix(tokens)
        if prefix.tools and not self._model.stop.is_set():
            self._decoder.prepare()

    def answer_now(self) -> None:
        """End the thought under way, if there is one, and answer; from any thread."""
        self._decoder.answer_now()

    def keep_now(self) -> None:
        """Keep on disk what was read of the conversation; for when nothing is asked."""
        self._recall.keep_conversation()

    def forget(self, conversation: str) -> None:
        """Drop what is held and kept of a conversation."""
        self._recall.forget(conversation)

    def _run(self, request: GenerateRequest) -> Iterator[EngineEvent]:
        model, held = self._model, self._held
        past = self._recall.past(request.conversation)
        prompt = self._prompts.prompt(request, past)
        tokens = prompt.tokens
        if prompt.first is not None:
            yield Remembers(prompt.first)
        timings = {"load": model.load_ms}
        began = time.perf_counter()
        prefix = self._own_prefix(request, tokens)
        if self._recall.begin(request.conversation, past, tokens, len(prefix)):
            timings["restore"] = (time.perf_counter() - began) * 1e3
        begin = len(held.tokens)
        for done in self._prefill(tokens, prefix):
            if done is None:
                evaluated = len(held.tokens) - begin
                yield Finished("cancelled", len(tokens), 0, timings, evaluated)
                return
            yield Progress("prefill", done, len(tokens))
        timings["prefill"] = (time.perf_counter() - began) * 1e3
        ended = yield from self._decoder.answer(request, model.context_size - len(tokens))
        self._recall.answered(tokens, ended.tokens)
        yield Finished(
            ended.reason,
            len(tokens),
            len(ended.tokens),
            timings | ended.timings,
            len(tokens) - begin,
            ended.confidence,
        )

    def _own_prefix(self, request: GenerateRequest, tokens: Sequence[int]) -> list[int]:
        """What the prompt shares with others of its kind; of one that stands alone, nothing."""
        if not request.conversation:
            return []
        prefix = self._prompts.prefix_tokens(prefix_of(request))
        # The text after it may change how its end is tokenised, where no control token is between.
        return prefix if tokens[: len(prefix)] == prefix else []

    def _prefill(self, tokens: Sequence[int], prefix: Sequence[int]) -> Iterator[int | None]:
        """Evaluate what is not held, as `Held.extend` does; the prefix is kept on the way."""
        if self._recall.wants_prefix(prefix):
            yield from self._held.extend(tokens, len(prefix))
            if not self._model.stop.is_set():
                self._recall.keep_prefix(prefix)
        yield from self._held.extend(tokens, len(tokens))
