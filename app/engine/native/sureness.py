"""How likely the tokens of a tool call were to the model: the probabilities it gave them."""

from __future__ import annotations

import math
from collections.abc import Sequence

from app.engine.native.binding import llama
from app.engine.native.model import NativeModel

_NEGLIGIBLE = 16.0
"""Logits this far below the best one add less than a millionth each."""


class Sureness:
    """Multiplies the probabilities of tokens as they are taken.

    Only for models that come with a bar to hold the product against: reading the logits in Python
    takes a third of a millisecond a token with a vocabulary of 6,000, and ten with 200,000.
    """

    def __init__(self, model: NativeModel) -> None:
        self._model = model
        self._surprise = 0.0  # nats

    @property
    def wanted(self) -> bool:
        """Whether the model has such a bar."""
        return self._model.sure_from > 0

    def note(self, token: int, logits: Sequence[float] = ()) -> None:
        """Count `token`; `logits` are those it was chosen by, if the last decode's were masked."""
        if not self.wanted:
            return
        size = self._model.vocabulary.size
        logits = logits or llama.llama_get_logits_ith(self._model.context, -1)[:size]
        best = max(logits)
        near = (logit - best for logit in logits if logit > best - _NEGLIGIBLE)
        self._surprise += math.log(sum(map(math.exp, near))) - (logits[token] - best)

    def doubt(self) -> None:
        """A call that began without its token, and so was not measured from its beginning."""
        if self.wanted:
            self._surprise = math.inf

    @property
    def confidence(self) -> float:
        """The product so far, from 0 to 1."""
        return math.exp(-self._surprise)
