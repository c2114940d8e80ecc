"""The tokenizer: byte-level BPE over the corpus, with control tokens and pieces of call syntax.

Run as `python -m models.training.tokenizer --out FILE` to train it anew.
"""

import argparse
from collections.abc import Iterator
from itertools import islice
from pathlib import Path

from tokenizers import AddedToken, Tokenizer, decoders, models, pre_tokenizers, trainers

from .corpus import ARRAYS, FLAGS, TOOLS, Example, stream

VOCABULARY = 4096
CONTROL = [
    f"<|{name}|>"
    for name in (
        "endoftext", "system", "user", "assistant", "end", "tool", "/tool", "tool_call",
        "/tool_call", "tool_response",
    )
]  # fmt: skip
END = "<|end|>"
PADDING_ID = 0
_EXAMPLES = 60_000
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
    for one in islice(stream("tokenizer"), _EXAMPLES):
        yield " " + one.text
        yield one.answer
        for call in one.calls:
            yield from (value for value in call["arguments"].values() if isinstance(value, str))


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


def encode(tokenizer: Tokenizer, examples: list[Example]) -> list[tuple[list[int], int]]:
    """Returns for each example its token ids and how many of them are the prompt."""
    prompts = tokenizer.encode_batch([one.prompt for one in examples])
    targets = tokenizer.encode_batch([one.target for one in examples])
    return [(p.ids + t.ids, len(p.ids)) for p, t in zip(prompts, targets, strict=True)]


def main() -> None:
    """Trains the tokenizer and writes it as JSON."""
    parser = argparse.ArgumentParser(description=main.__doc__)
    parser.add_argument("--out", type=Path, required=True, help="tokenizer.json to write")
    train().save(str(parser.parse_args().out))


if __name__ == "__main__":
    main()
