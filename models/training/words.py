"""The words the model is trained on often enough to know them, for `phial.words` of the file."""

import re
from collections import Counter
from itertools import islice

from .corpus import Corpus

EXAMPLES = 100_000
SEED = "words"
OFTEN = 3
"""Messages of `EXAMPLES` that a word is in."""
LETTERS = 4

_WORD = re.compile(r"(?<!['\w])[^\W\d_]+(?!['\w])")


def known_words() -> list[str]:
    """Words of the messages, as their authors spelled them: small letters, the most frequent first.

    Shorter ones than `LETTERS` are left out: too many others are a slip away from them.
    """
    counts: Counter[str] = Counter()
    for example in islice(Corpus(noisy=False).stream(SEED), EXAMPLES):
        words = set(_WORD.findall(example.last.text.casefold()))
        counts.update(sorted(word for word in words if len(word) >= LETTERS))
    return [word for word, count in counts.most_common() if count >= OFTEN]
