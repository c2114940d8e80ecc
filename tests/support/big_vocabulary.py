"""A vocabulary of Phi-4-mini's size, and a tiny random model that speaks it; GGUF's spelling.

Its merged tokens are words of this project's own files, JSON's punctuation, and made-up words of
several scripts. Every merged token is another one and a byte more, so each has its merge, and a
token may end in the middle of a character, as in real vocabularies.
"""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import gguf
import numpy as np

from tests.support.commands import ROOT
from tests.support.synthetic_gguf import PHI4_MINI_CONTROLS

TOKENS = 200_064

_PUNCTUATION = (
    '[{"', '{"', '":', '": "', '":"', '", "', '","', '":[', '": ["', '"]', '"]}', '"}', '"}}',
    '"}}]', "}}", "}]", "}},", '}}, {"', '"},', '"},{"', '"]}}]', ' "', ' {"', ' ["', '""', '\\"',
    "\\n", "\\u", "  ", "   ", "    ", " (", ").", ", ", ". ", ".\n", "\n\n",
)  # fmt: skip
_WORD = re.compile(r" ?[^\W\d_]+| ?[^\w\s]{1,4}")
_SCRIPTS = (
    ("b d f g k l m n p r s t v z ch st tr", "a e i o u ai ou"),
    ("б в г д ж к л м н п р с т", "а е и о у ы я"),
    ("β γ δ κ λ μ ν π ρ σ τ", "α ε η ι ο υ ω"),
    ("ב ג ד ה ל מ נ ר ש ת", "א ו י"),
    ("क ख ग त न प म र ल स", "ा ि ी ु े ो"),
    ("ㄱ ㄴ ㄷ 가 나 다 라 마 바 사", "아 오 우 이"),
    ("日 本 語 東 京 会 議 明", "の は に を た"),
)
_LIKELY = (
    '"', '",', '", "', '"]', ' "', ",", ", ", "]", "}}]", '"}}]', '"]}}]',
)  # fmt: skip


@dataclass(frozen=True)
class BigVocabulary:
    """Tokens in GGUF's spelling with their kinds (gguf.TokenType), and the merges of pairs."""

    tokens: list[str]
    kinds: list[int]
    merges: list[str]

    def place(self, text: str) -> int:
        """The id of the token that is `text`. Raises ValueError if no token is."""
        return self.tokens.index(_spelled(text.encode()))


@cache
def big_vocabulary(count: int = TOKENS) -> BigVocabulary:
    """A vocabulary of `count` tokens, Phi-4-mini's control tokens last; the same every time."""
    merged: dict[bytes, None] = {}
    wanted = count - 256 - len(PHI4_MINI_CONTROLS)
    for text in _texts():
        data = text.encode()
        for end in range(2, len(data) + 1):
            merged.setdefault(data[:end])
        if len(merged) >= wanted:
            break
    spelled = [_spelled(data) for data in list(merged)[:wanted]]
    tokens = [*_spelling(), *spelled, *PHI4_MINI_CONTROLS]
    normal, control = int(gguf.TokenType.NORMAL), int(gguf.TokenType.CONTROL)
    kinds = [normal] * (256 + len(spelled)) + [control] * len(PHI4_MINI_CONTROLS)
    return BigVocabulary(tokens, kinds, [f"{each[:-1]} {each[-1]}" for each in spelled])


def _texts() -> list[str]:
    """What merged tokens are made of, commonest first: punctuation, words, numbers, inventions."""
    words: Counter[str] = Counter()
    for folder, kind in (("app", "*.py"), ("docs", "*.md"), ("assets/sample", "*.eml")):
        for path in sorted((ROOT / folder).rglob(kind)):
            words.update(_WORD.findall(path.read_text(encoding="utf-8", errors="ignore")))
    known = [word for word, _ in sorted(words.items(), key=lambda each: (-each[1], each[0]))]
    return [*_PUNCTUATION, *known, *(f"{number:03}" for number in range(1000)), *_invented()]


def _invented() -> list[str]:
    """Made-up words, more than any vocabulary here needs; two in three are Latin."""
    random = np.random.default_rng(7)
    found = []
    for _ in range(90_000):
        script = 0 if random.random() < 0.66 else int(random.integers(1, len(_SCRIPTS)))
        onsets, vowels = (part.split() for part in _SCRIPTS[script])
        sounds = [
            str(random.choice(onsets)) + str(random.choice(vowels))
            for _ in range(int(random.integers(1, 5)))
        ]
        found.append((" " if random.random() < 0.5 else "") + "".join(sounds))
    return found


@cache
def _spelling() -> list[str]:
    """GPT-2's printable spelling of each byte."""
    printable = {*range(33, 127), *range(161, 173), *range(174, 256)}
    others = iter(range(256, 512))
    return [chr(byte) if byte in printable else chr(next(others)) for byte in range(256)]


def _spelled(data: bytes) -> str:
    spelling = _spelling()
    return "".join(spelling[byte] for byte in data)


def write_speaker(path: Path, seed: int = 0) -> Path:
    """Write a model of one narrow layer with this vocabulary and random weights; returns `path`.

    What it says depends on the seed and on what it read. Quotes, commas and brackets are likely,
    so that what it is made to write comes to an end.
    """
    width, heads, feed_forward = 64, 4, 64
    vocabulary, random = big_vocabulary(), np.random.default_rng(seed)
    writer = gguf.GGUFWriter(path, "phi3")
    writer.add_name("Synthetic speaker")
    writer.add_context_length(4096)
    writer.add_rope_scaling_orig_ctx_len(4096)
    writer.add_embedding_length(width)
    writer.add_feed_forward_length(feed_forward)
    writer.add_block_count(1)
    writer.add_head_count(heads)
    writer.add_head_count_kv(heads)
    writer.add_layer_norm_rms_eps(1e-5)
    writer.add_rope_dimension_count(width // heads)
    writer.add_rope_freq_base(10000.0)
    writer.add_vocab_size(len(vocabulary.tokens))
    writer.add_tokenizer_model("gpt2")
    writer.add_tokenizer_pre("gpt-4o")
    writer.add_token_list(vocabulary.tokens)
    writer.add_token_types(vocabulary.kinds)
    writer.add_token_merges(vocabulary.merges)
    writer.add_add_bos_token(False)
    writer.add_eos_token_id(vocabulary.tokens.index("<|endoftext|>"))

    def noise(*size: int, spread: float = 0.3) -> np.ndarray:
        return (random.standard_normal(size, dtype=np.float32) * spread).astype(np.float16)

    # The first component is the same for every token read, so what has it is always likely.
    embedding, output = noise(len(vocabulary.tokens), width), noise(len(vocabulary.tokens), width)
    embedding[:, 0], output[:, 0] = 1, 0
    for text in _LIKELY:
        output[vocabulary.place(text), 0] = 2
    writer.add_tensor("token_embd.weight", embedding)
    writer.add_tensor("output.weight", output)
    writer.add_tensor("output_norm.weight", np.ones(width, dtype=np.float32))
    writer.add_tensor("blk.0.attn_norm.weight", np.ones(width, dtype=np.float32))
    writer.add_tensor("blk.0.attn_qkv.weight", noise(3 * width, width, spread=0.1))
    writer.add_tensor("blk.0.attn_output.weight", noise(width, width, spread=0.1))
    writer.add_tensor("blk.0.ffn_norm.weight", np.ones(width, dtype=np.float32))
    writer.add_tensor("blk.0.ffn_up.weight", noise(2 * feed_forward, width, spread=0.1))
    writer.add_tensor("blk.0.ffn_down.weight", noise(width, feed_forward, spread=0.1))
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    return path
