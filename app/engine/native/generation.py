"""One generation: prefill on top of what the context holds, then token by token to the end."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from app.core.errors import KnownError
from app.core.events import (
    EngineEvent,
    Failed,
    Finished,
    Progress,
    StopReason,
    TextDelta,
    ToolCallReady,
)
from app.core.messages import ToolCall
from app.core.ports import GenerateRequest
from app.engine.constraint import tool_call_grammar
from app.engine.native.binding import llama
from app.engine.native.constrained import Constraint, GrammarTokenizer
from app.engine.native.model import BATCH, NativeModel
from app.engine.native.vocabulary import StreamDecoder, decode
from app.engine.tool_calls import read_tool_calls

_TOP_K = 50
_CALL_BEGINS = '[{"name"'
_ABORTED = 2  # llama_decode's answer when the abort callback said stop


@dataclass
class _OpenCall:
    """A tool call being written. `certain`: nothing but a call begins like this."""

    constraint: Constraint
    tokens: list[int] = field(default_factory=list)
    certain: bool = False


class Generator:
    """Runs generations on a model, one at a time, keeping the context between them."""

    def __init__(self, model: NativeModel) -> None:
        self._model = model
        self._held: list[int] = []  # the tokens whose keys and values the context holds
        self._grammar_tokenizer: GrammarTokenizer | None = None

    def run(self, request: GenerateRequest) -> Iterator[EngineEvent]:
        """The events of one generation; the last is Finished or Failed.

        Stop is looked for between tokens and, on the CPU, inside a decode.
        """
        try:
            yield from self._run(request)
        except KnownError as error:
            yield Failed(error.code, error.message, error.hint)

    def _run(self, request: GenerateRequest) -> Iterator[EngineEvent]:
        model = self._model
        prompt = model.vocabulary.prompt_tokens(model.dialect.render(request))
        room = model.context_size - len(prompt)
        if room < 1:
            raise KnownError(
                "too_long",
                f"The request is {len(prompt):,} tokens long; this model's context holds "
                f"{model.context_size:,}.",
                "Shorten the text, or ask in a new conversation.",
            )
        timings = {"load": model.load_ms}
        began = time.perf_counter()
        for done in self._prefill(prompt):
            if done is None:
                yield Finished("cancelled", len(prompt), 0, timings)
                return
            yield Progress("prefill", done, len(prompt))
        timings["prefill"] = (time.perf_counter() - began) * 1e3
        yield from self._decode(request, len(prompt), room, timings)

    def _prefill(self, prompt: list[int]) -> Iterator[int | None]:
        """Evaluate what the context does not hold yet; tokens done so far, None if stopped."""
        model = self._model
        common = 0
        for held, wanted in zip(self._held, prompt[:-1], strict=False):
            if held != wanted:
                break
            common += 1
        # The last prompt token is always evaluated again: its logits begin the answer.
        if not llama.llama_memory_seq_rm(model.memory, 0, common, -1):
            self._forget()
            common = 0
        del self._held[common:]
        for start in range(common, len(prompt), BATCH):
            if not self._evaluate(prompt[start : start + BATCH]):
                yield None
                return
            yield min(start + BATCH, len(prompt))

    def _evaluate(self, tokens: list[int]) -> bool:
        """Decode `tokens` after those held; False if stopped. `_held` stays true of the context."""
        model = self._model
        if model.stop.is_set():
            return False
        array = (llama.llama_token * len(tokens))(*tokens)
        status = llama.llama_decode(model.context, llama.llama_batch_get_one(array, len(tokens)))
        if status == 0:
            self._held += tokens
            return True
        self._forget()
        if status == _ABORTED:
            return False
        raise KnownError(
            "decode_failed",
            f"The model could not go on (llama.cpp answered {status}).",
            "Try again; if it stays so, choose another model file.",
        )

    def _forget(self) -> None:
        llama.llama_memory_clear(self._model.memory, True)
        self._held.clear()

    def _decode(
        self, request: GenerateRequest, prompt_tokens: int, room: int, timings: dict[str, float]
    ) -> Iterator[EngineEvent]:
        model, vocabulary = self._model, self._model.vocabulary
        call_id = vocabulary.control_tokens.get(model.dialect.call_token)
        text = StreamDecoder(vocabulary)
        call: _OpenCall | None = None
        spoken = False
        count = 0
        reason: StopReason = "length"
        constraint_s = 0.0
        began = time.perf_counter()
        with _sampler(request) as sampler:
            while count < min(request.max_tokens, room):
                if model.stop.is_set():
                    reason = "cancelled"
                    break
                token = llama.llama_sampler_sample(sampler, model.context, -1)
                if call is not None and not call.certain and not call.constraint.allows(token):
                    # It only looked like a call: what was held back is text after all.
                    held = "".join(text.feed(part) for part in call.tokens)
                    call, spoken = None, True
                    yield TextDelta(held)
                if call is not None:
                    mark = time.perf_counter()
                    token = self._held_to(call.constraint, sampler, token)
                    call.tokens.append(token)
                    constraint_s += time.perf_counter() - mark
                elif vocabulary.is_end(token) or token in model.stop_ids:
                    reason = "end"
                    break
                elif request.tools and token == call_id:
                    call = _OpenCall(self._new_constraint(request), certain=True)
                elif request.tools and not spoken and vocabulary.piece(token)[:1] == b"[":
                    call = self._opened_in_text(request, token)
                count += 1
                if call is None:
                    piece = text.feed(token)
                    spoken = spoken or bool(piece.strip())
                    if piece:
                        yield TextDelta(piece)
                elif call.constraint.complete:
                    reason = "tool_call"
                    break
                elif not call.certain:
                    call.certain = decode(vocabulary, call.tokens).startswith(_CALL_BEGINS)
                if not self._evaluate([token]):
                    reason = "cancelled"
                    break
        timings["decode"] = (time.perf_counter() - began) * 1e3
        timings["constraint"] = constraint_s * 1e3
        if call is not None and reason == "tool_call":
            for ready in _calls_in(decode(vocabulary, call.tokens)):
                yield ToolCallReady(ready)
        elif call is not None and reason == "length":
            raise KnownError(
                "call_too_long",
                "The model's tool call did not come to an end.",
                "Ask again in fewer words.",
            )
        elif rest := text.finish():
            yield TextDelta(rest)
        yield Finished(reason, prompt_tokens, count, timings)

    def _held_to(self, constraint: Constraint, sampler: Any, token: int) -> int:
        """`token` if the grammar allows it, else the sampler's choice among those it allows."""
        if not constraint.allows(token):
            logits = llama.llama_get_logits_ith(self._model.context, -1)
            if not constraint.mask_logits(logits):
                raise KnownError(
                    "constraint_failed",
                    "The model's tool call ran into a dead end.",
                    "Ask again in other words.",
                )
            token = llama.llama_sampler_sample(sampler, self._model.context, -1)
        constraint.accept(token)
        return token

    def _new_constraint(self, request: GenerateRequest) -> Constraint:
        if self._grammar_tokenizer is None:
            self._grammar_tokenizer = GrammarTokenizer(self._model.vocabulary)
        return Constraint(self._grammar_tokenizer, tool_call_grammar(request.tools, request.spans))

    def _opened_in_text(self, request: GenerateRequest, token: int) -> _OpenCall | None:
        """A call begun by `token`, an answer's first; None if it cannot begin one."""
        constraint = self._new_constraint(request)
        if not constraint.allows(token):
            return None
        constraint.accept(token)
        return _OpenCall(constraint, [token])


def _calls_in(text: str) -> list[ToolCall]:
    try:
        return read_tool_calls(text)
    except ValueError as error:
        raise KnownError(
            "call_unreadable",
            "The model's tool call could not be read.",
            "Ask again in other words.",
        ) from error


@contextmanager
def _sampler(request: GenerateRequest) -> Iterator[Any]:
    """A sampler chain inside llama.cpp, freed at the end. Temperature 0 is greedy."""
    params = llama.llama_sampler_chain_default_params()
    params.no_perf = True
    chain = llama.llama_sampler_chain_init(params)
    if request.temperature <= 0:
        steps = [llama.llama_sampler_init_greedy()]
    else:
        steps = [
            llama.llama_sampler_init_top_k(_TOP_K),
            llama.llama_sampler_init_top_p(request.top_p, 1),
            llama.llama_sampler_init_temp(request.temperature),
            llama.llama_sampler_init_dist(request.seed),
        ]
    for step in steps:
        llama.llama_sampler_chain_add(chain, step)
    try:
        yield chain
    finally:
        llama.llama_sampler_free(chain)
