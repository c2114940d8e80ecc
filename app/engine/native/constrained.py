"""Holding sampled tokens to a grammar with llguidance: check the sample, mask only on refusal.

Asking about one token costs microseconds, and a model that knows its tools is rarely refused. A
mask over 200,064 tokens is made without numpy, which would take 25 MB and start-up time.
"""

from __future__ import annotations

import ctypes
import math
import struct
import sys
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any, overload

import llguidance

from app.core.errors import KnownError
from app.engine.native.binding import llama

if TYPE_CHECKING:
    from app.engine.native.vocabulary import Vocabulary

_NO, _YES = b"\x00", b"\xc8"  # what llguidance's mask says of a token
_LIMITS = llguidance.LLParserLimits(
    initial_lexer_fuel=10_000_000, step_lexer_fuel=2_000_000, verbose_errors=False
)
"""Ten times the defaults: a long dialogue that repeats itself takes longer, and must not fail.

Errors leave out the grammar, which holds what the user said.
"""


class GrammarTokenizer:
    """llguidance's view of a vocabulary: half a second for 200,000 tokens, so built once a model.

    It takes about 16 MB. (llguidance's "slices", which it is made without, would take 45 MB more
    to mask free strings quicker, where hardly any token is refused.)
    """

    def __init__(self, vocabulary: Vocabulary) -> None:
        tokenize = ctypes.cast(llama._lib.llama_tokenize, ctypes.c_void_p).value
        self.inner: Any = llguidance.LLTokenizer.from_llamacpp(  # type: ignore[attr-defined]
            tokens=_Tokens(vocabulary),
            vocab_ptr=vocabulary.pointer,
            tokenize_fptr=tokenize,
            eos_token=max(llama.llama_vocab_eos(vocabulary.pointer), 0),
            slices=[],
        )
        self.size = vocabulary.size
        self.refused_all = struct.pack("f", -math.inf) * self.size  # logits, as C has them


class _Tokens(Sequence[bytes]):
    """The bytes of each token, made when asked for: 200,000 at once would take 9 MB."""

    def __init__(self, vocabulary: Vocabulary) -> None:
        self._vocabulary = vocabulary

    def __len__(self) -> int:
        return self._vocabulary.size

    @overload
    def __getitem__(self, place: int) -> bytes: ...
    @overload
    def __getitem__(self, place: slice) -> Sequence[bytes]: ...
    def __getitem__(self, place: int | slice) -> bytes | Sequence[bytes]:
        if isinstance(place, slice):
            return [self[each] for each in range(*place.indices(len(self)))]
        if not 0 <= place < len(self):
            raise IndexError(place)
        piece = self._vocabulary.piece(place, special=True)
        # llguidance marks tokens that no text can spell by a leading 0xff byte.
        control = llama.llama_vocab_is_control(self._vocabulary.pointer, place)
        return b"\xff" + piece if control else piece


class Constraint:
    """One generation's way through a grammar."""

    def __init__(self, tokenizer: GrammarTokenizer, lark: str) -> None:
        self._tokenizer = tokenizer
        self._matcher = llguidance.LLMatcher(
            tokenizer.inner, llguidance.LLMatcher.grammar_from_lark(lark), limits=_LIMITS
        )
        self._raise_on_error()

    def allows(self, token: int) -> bool:
        """Whether `token` may come next."""
        return self._matcher.validate_tokens([token]) == 1

    def accept(self, token: int) -> None:
        """Take `token` as the next one; it must be allowed."""
        self._matcher.consume_token(token)
        self._raise_on_error()

    def forced(self) -> list[int]:
        """The tokens that must come next whatever the model would say, often none.

        They are not taken yet. Tokenised as the whole text would be: a last piece that could
        become one token with what follows it is not among them.
        """
        return self._matcher.compute_ff_tokens()

    @property
    def complete(self) -> bool:
        """Whether the call is whole and nothing can follow."""
        return self._matcher.is_stopped()

    def mask_logits(self, logits: Any) -> bool:
        """Set the logits (a C float array) of all tokens that may not come next to -inf.

        Where the text to come is forced, only the first of the `forced` tokens is left.
        Returns False if no token may come next. Takes less than a millisecond where few tokens
        are allowed or few are not, as nearly everywhere in a call.
        """
        mask = self._matcher.compute_logit_bias()[: self._tokenizer.size]
        self._raise_on_error()
        allowed = mask.count(_YES)
        if allowed > len(mask) // 2:
            for token in _places(mask, _NO):
                logits[token] = -math.inf
        else:
            kept = [(token, logits[token]) for token in _places(mask, _YES)]
            ctypes.memmove(logits, self._tokenizer.refused_all, len(self._tokenizer.refused_all))
            for token, logit in kept:
                logits[token] = logit
        return allowed > 0

    def _raise_on_error(self) -> None:
        if self._matcher.is_error():
            sys.stderr.write(self._matcher.get_error() + "\n")  # kept for "Copy details"
            raise KnownError(
                "constraint_failed",
                "No tool call could be made of these words.",
                "Ask again in other words.",
            )


def _places(mask: bytes, wanted: bytes) -> Iterator[int]:
    """Where `wanted` stands in `mask`."""
    place = mask.find(wanted)
    while place >= 0:
        yield place
        place = mask.find(wanted, place + 1)
