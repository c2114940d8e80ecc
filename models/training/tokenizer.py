"""The tokenizer: byte-level BPE over the corpus, with control tokens and pieces of call syntax.

Run as `python -m models.training.tokenizer --out FILE` to train it anew.
"""

import argparse
from collections.abc import Iterator
from itertools import islice
from pathlib import Path

from tokenizers import AddedToken, Tokenizer, decoders, models, pre_tokenizers, trainers

from .calls import ARRAYS, FLAGS, TOOLS
from .corpus import Corpus, Example

VOCABULARY = 6144
CONTROL = [
    f"<|{name}|>"
    for name in (
        "endoftext", "system", "user", "assistant", "end", "tool", "/tool", "tool_call",
        "/tool_call", "tool_response",
    )
]  # fmt: skip
END = "<|end|>"
PADDING_ID = 0
_EXAMPLES = 120_000
_LONGEST_PIECE = 32
"""Bytes; some readers of GGUF files drop longer tokens."""


def call_pieces() -> list[str]:
    """Pieces of call syntax that are one token each, at most 32 bytes long."""
    pieces = ['[{"name": "', '", ', '"], ', '"}}]', '"]}}]', "}}]"]
    pieces += ['"}}, {"name": "', '"]}}, {"name": "', '}}, {"name": "']
    pieces += [f'{tool}", "arguments": {{' for tool in TOOLS]
    shapes = {(name, (tool, name) in ARRAYS) for tool, names in TOOLS.items() for name in names}
    for name, is_array in sorted(shapes):
        pieces.append(f'"{name}": ' + ('["' if is_array else "" if name in FLAGS else '"'))
    if any(len(piece.encode()) > _LONGEST_PIECE for piece in pieces):
        raise ValueError("a piece of call syntax is too long")
    return pieces


def _texts() -> Iterator[str]:
    for example in islice(Corpus().stream("tokenizer"), _EXAMPLES):
        for step in example.steps:
            yield step.result
            yield " " + step.text
            yield step.answer
            for call in step.calls:
                yield from (text for text in call["arguments"].values() if isinstance(text, str))


def train() -> Tokenizer:
    """Trains the tokenizer on the corpus; control tokens come first, call pieces last."""
    pieces = call_pieces()
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=True)
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=VOCABULARY - len(pieces),
        special_tokens=CONTROL,
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    tokenizer.train_from_iterator(_texts(), trainer)
    tokenizer.add_tokens([AddedToken(piece, normalized=False) for piece in pieces])
    return tokenizer


def encode(tokenizer: Tokenizer, examples: list[Example]) -> list[tuple[list[int], list[bool]]]:
    """Returns for each example its token ids, and for each of them whether the model writes it."""
    texts = [text for one in examples for step in one.steps for text in (step.prompt, step.target)]
    encoded = iter(tokenizer.encode_batch_fast(texts))
    rows = []
    for one in examples:
        ids: list[int] = []
        written: list[bool] = []
        for _ in one.steps:
            for is_target in (False, True):
                piece = next(encoded).ids
                ids += piece
                written += [is_target] * len(piece)
        rows.append((ids, written))
    return rows


def main() -> None:
    """Trains the tokenizer and writes it as JSON."""
    parser = argparse.ArgumentParser(description=main.__doc__)
    parser.add_argument("--out", type=Path, required=True, help="tokenizer.json to write")
    train().save(str(parser.parse_args().out))


if __name__ == "__main__":
    main()
