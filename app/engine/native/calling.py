"""Tool calls under their schemas: begun, written token by token, or fitted when loose."""

from __future__ import annotations

import time
from collections.abc import Iterable, Sequence
from typing import cast

from app.core.errors import KnownError
from app.core.messages import ToolCall
from app.core.ports import GenerateRequest
from app.engine.constraint import tool_call_grammar
from app.engine.native.binding import llama
from app.engine.native.constrained import Constraint, GrammarTokenizer
from app.engine.native.model import NativeModel
from app.engine.native.sampling import Sampler
from app.engine.native.sureness import Sureness
from app.engine.native.vocabulary import decode
from app.engine.tool_calls import canonical_calls, read_tool_calls


class OpenCall:
    """A list of calls being written. `seconds` is the time spent on the constraint."""

    def __init__(self, model: NativeModel, constraint: Constraint) -> None:
        self._model = model
        self._constraint = constraint
        self.tokens: list[int] = []
        self.seconds = 0.0

    @property
    def complete(self) -> bool:
        """Whether the list is whole."""
        return self._constraint.complete

    def follow(self, tokens: Iterable[int]) -> bool:
        """Take `tokens` as they are; False, and no more to be used, if one is not allowed."""
        for token in tokens:
            if self.complete or not self._constraint.allows(token):
                return False
            self._constraint.accept(token)
            self.tokens.append(token)
        return True

    def next(self, sampler: Sampler, most: int, sureness: Sureness) -> list[int]:
        """The tokens to come: the sampler's first choice, or its choice among those allowed here.

        Where the grammar leaves nothing else, those that must follow it too, `most` in all: the
        model need not be asked for them. `sureness` is told of the one that was chosen. Raises
        KnownError("constraint_failed") where no token is allowed.
        """
        token = sampler.sample()
        began = time.perf_counter()
        tokens = self._constraint.forced()[:most]
        if tokens[:1] != [token]:
            # Models may have tokens of their own for what is forced, and know their way by them.
            tokens = [token if self._constraint.allows(token) else self._allowed(sampler, sureness)]
        if tokens[0] == token:
            sureness.note(token)
        self.follow(tokens)
        self.seconds += time.perf_counter() - began
        return tokens

    def _allowed(self, sampler: Sampler, sureness: Sureness) -> int:
        logits = llama.llama_get_logits_ith(self._model.context, -1)
        unmasked = logits[: self._model.vocabulary.size] if sureness.wanted else []
        if not self._constraint.mask_logits(logits):
            raise KnownError(
                "constraint_failed",
                "The model's tool call ran into a dead end.",
                "Ask again in other words.",
            )
        token = sampler.sample()
        sureness.note(token, unmasked)
        return token

    def read(self) -> list[ToolCall]:
        """The calls of the whole list."""
        try:
            return read_tool_calls(decode(self._model.vocabulary, self.tokens))
        except ValueError as error:
            raise KnownError(
                "call_unreadable",
                "The model's tool call could not be read.",
                "Ask again in other words.",
            ) from error


class CallGrammar:
    """Makes the constraint of a request's tools, for one model."""

    def __init__(self, model: NativeModel) -> None:
        self._model = model
        self._tokenizer: GrammarTokenizer | None = None

    def prepare(self) -> GrammarTokenizer:
        """Do what the first call of all would wait for: about a second with 200,000 tokens."""
        if self._tokenizer is None:
            self._tokenizer = GrammarTokenizer(self._model.vocabulary)
        return self._tokenizer

    def open(self, request: GenerateRequest) -> OpenCall:
        """A call of which nothing is written yet."""
        grammar = tool_call_grammar(request.tools, request.spans)
        return OpenCall(self._model, Constraint(self.prepare(), grammar))

    def begun_by(self, request: GenerateRequest, tokens: Sequence[int]) -> OpenCall | None:
        """The call that `tokens` are the beginning of; None if they break its rules."""
        call = self.open(request)
        return call if call.follow(tokens) else None

    def fitting(self, request: GenerateRequest, calls: Sequence[ToolCall]) -> OpenCall | None:
        """Calls written loosely, as a whole one under the rules; None if they break them."""
        properties = {
            tool.name: cast("dict[str, object]", tool.parameters.get("properties", {}))
            for tool in request.tools
        }
        text = canonical_calls(calls, properties)
        call = self.begun_by(request, self._model.vocabulary.tokenize(text))
        return call if call is not None and call.complete else None
