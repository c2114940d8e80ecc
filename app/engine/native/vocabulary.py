"""Text to tokens and back over a loaded model's vocabulary."""

from __future__ import annotations

import codecs
import ctypes
import re
from array import array
from collections.abc import Iterable, Mapping, Sequence
from functools import cached_property, lru_cache
from types import MappingProxyType

from app.engine.native.binding import llama
from app.engine.prompt import Markup, Piece

_PIECE_BYTES = 512
_REMEMBERED = 256  # texts of at most ...
_LONG = 16_384  # ... so many characters
_NOTHING: Mapping[str, list[int]] = MappingProxyType({})


class Vocabulary:
    """The vocabulary of one model; valid as long as the model is."""

    def __init__(self, pointer: int) -> None:
        self.pointer = pointer
        self.size: int = llama.llama_vocab_n_tokens(pointer)
        self._buffer = ctypes.create_string_buffer(_PIECE_BYTES)
        self._remembered = lru_cache(_REMEMBERED)(self._tokenized)

    def piece(self, token: int, *, special: bool = False) -> bytes:
        """The bytes of a token; of a control token only with `special`."""
        length = llama.llama_token_to_piece(
            self.pointer, token, self._buffer, len(self._buffer), 0, special
        )
        if length < 0:  # the piece is longer than the buffer: the answer is its negative length
            self._buffer = ctypes.create_string_buffer(-length)
            return self.piece(token, special=special)
        return self._buffer.raw[:length]

    @cached_property
    def control_tokens(self) -> dict[str, int]:
        """Text of each control token to its id."""
        return {
            self.piece(token, special=True).decode("utf-8", "replace"): token
            for token in range(self.size)
            if llama.llama_vocab_is_control(self.pointer, token)
        }

    @cached_property
    def control_ids(self) -> frozenset[int]:
        """The ids of the control tokens."""
        return frozenset(self.control_tokens.values())

    @cached_property
    def _control_pattern(self) -> re.Pattern[str] | None:
        texts = sorted((text for text in self.control_tokens if text), key=len, reverse=True)
        return re.compile("(" + "|".join(map(re.escape, texts)) + ")") if texts else None

    def is_end(self, token: int) -> bool:
        """Whether the token ends a generation, by the file's own account."""
        return bool(llama.llama_vocab_is_eog(self.pointer, token))

    def control_text(self, token: int) -> str:
        """The text of a control token, "" for the id -1 (none)."""
        return "" if token < 0 else self.piece(token, special=True).decode("utf-8", "replace")

    @property
    def bos(self) -> str:
        """The text of the begin-of-sequence token, "" without one."""
        return self.control_text(llama.llama_vocab_bos(self.pointer))

    @property
    def eos(self) -> str:
        """The text of the end-of-sequence token, "" without one."""
        return self.control_text(llama.llama_vocab_eos(self.pointer))

    def tokenize(self, text: str) -> list[int]:
        """Tokens of plain text; control tokens spelled out in it stay text."""
        # A dialogue is tokenised again with each message: what was before is remembered.
        return list(self._remembered(text) if len(text) <= _LONG else self._tokenized(text))

    def _tokenized(self, text: str) -> array[int]:
        data = text.encode("utf-8", "replace")
        if not data:
            return array("i")
        room = len(data) + 8
        while True:
            tokens = (llama.llama_token * room)()
            count = llama.llama_tokenize(self.pointer, data, len(data), tokens, room, False, False)
            if count >= 0:
                return array("i", tokens[:count])
            room = -count

    def prompt_tokens(
        self, pieces: Iterable[Piece], spoken: Mapping[str, list[int]] = _NOTHING
    ) -> list[int]:
        """Tokens of a prompt: control tokens from markup only, all text between them as one.

        Markup's plain text is joined with the content beside it before it is tokenised, because
        a space in a template and the word after it may be one token. `spoken` has the tokens of
        texts that stand between control tokens and are not to be tokenised anew.
        """
        tokens: list[int] = []
        plain: list[str] = []

        def flush() -> None:
            text = "".join(plain)
            plain.clear()
            tokens.extend(spoken[text] if text in spoken else self.tokenize(text))

        if llama.llama_vocab_get_add_bos(self.pointer):
            tokens.append(llama.llama_vocab_bos(self.pointer))
        for piece in pieces:
            if not isinstance(piece, Markup) or self._control_pattern is None:
                plain.append(piece.text)
                continue
            for index, part in enumerate(self._control_pattern.split(piece.text)):
                if index % 2 == 0:
                    plain.append(part)
                    continue
                flush()
                token = self.control_tokens[part]
                if tokens != [token]:  # a template may write the first token itself
                    tokens.append(token)
        flush()
        return tokens


class StreamDecoder:
    """Bytes of tokens to whole characters, as they become whole."""

    def __init__(self, vocabulary: Vocabulary) -> None:
        self._vocabulary = vocabulary
        self._decoder = codecs.getincrementaldecoder("utf-8")("replace")

    def feed(self, token: int) -> str:
        """The characters that `token` completed."""
        return self._decoder.decode(self._vocabulary.piece(token))

    def finish(self) -> str:
        """What is left: a replacement character for a character cut short, or ""."""
        return self._decoder.decode(b"", final=True)


def decode(vocabulary: Vocabulary, tokens: Sequence[int]) -> str:
    """The text of whole tokens."""
    return b"".join(vocabulary.piece(token) for token in tokens).decode("utf-8", "replace")
