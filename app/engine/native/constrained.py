"""Holding sampled tokens to a grammar with llguidance: check the sample, mask only on refusal.

Building a mask over 200,064 tokens costs many times more than asking about one token, and a
model that knows its tools is rarely refused.
"""

from __future__ import annotations

import ctypes
import sys
from typing import TYPE_CHECKING, Any

import llguidance

from app.core.errors import KnownError
from app.engine.native.binding import llama

if TYPE_CHECKING:
    from app.engine.native.vocabulary import Vocabulary


class GrammarTokenizer:
    """llguidance's view of a vocabulary: about 1 s for 200,000 tokens, so built once a model."""

    def __init__(self, vocabulary: Vocabulary) -> None:
        tokens: list[bytes] = []
        for token in range(vocabulary.size):
            piece = vocabulary.piece(token, special=True)
            # llguidance marks tokens that no text can spell by a leading 0xff byte.
            control = llama.llama_vocab_is_control(vocabulary.pointer, token)
            tokens.append(b"\xff" + piece if control else piece)
        tokenize = ctypes.cast(llama._lib.llama_tokenize, ctypes.c_void_p).value
        self.inner: Any = llguidance.LLTokenizer.from_llamacpp(  # type: ignore[attr-defined]
            tokens=tokens,
            vocab_ptr=vocabulary.pointer,
            tokenize_fptr=tokenize,
            eos_token=max(llama.llama_vocab_eos(vocabulary.pointer), 0),
            slices=None,
        )
        self.size = vocabulary.size


class Constraint:
    """One generation's way through a grammar."""

    def __init__(self, tokenizer: GrammarTokenizer, lark: str) -> None:
        self._size = tokenizer.size
        self._matcher = llguidance.LLMatcher(
            tokenizer.inner, llguidance.LLMatcher.grammar_from_lark(lark)
        )
        self._raise_on_error()

    def allows(self, token: int) -> bool:
        """Whether `token` may come next."""
        return self._matcher.validate_tokens([token]) == 1

    def accept(self, token: int) -> None:
        """Take `token` as the next one; it must be allowed."""
        self._matcher.consume_token(token)
        self._raise_on_error()

    @property
    def complete(self) -> bool:
        """Whether the call is whole and nothing can follow."""
        return self._matcher.is_stopped()

    def mask_logits(self, logits: Any) -> bool:
        """Set the logits (a C float array) of all tokens that may not come next to -inf.

        Returns False if no token may come next.
        """
        import numpy  # only on a refusal: it costs start-up time

        bits = numpy.frombuffer(self._matcher.compute_bitmask(), dtype=numpy.uint8)
        allowed = numpy.unpackbits(bits, bitorder="little")[: self._size].astype(bool)
        values = numpy.ctypeslib.as_array(logits, shape=(self._size,))
        values[~allowed] = -numpy.inf
        return bool(allowed.any())

    def _raise_on_error(self) -> None:
        if self._matcher.is_error():
            sys.stderr.write(self._matcher.get_error() + "\n")  # kept for "Copy details"
            raise KnownError(
                "constraint_failed",
                "No tool call could be made of these words.",
                "Ask again in other words.",
            )
