"""Light noise on a request: small letters, no punctuation, one typing error."""

from __future__ import annotations

import re
from collections.abc import Callable
from random import Random

from app.core.messages import ToolCall
from models.training.calls import CONSTANTS

_PUNCTUATION = re.compile(r"[,.;:!?]+(?=\s|$)")
_WORD = re.compile(r"[A-Za-z]{5,}")


def noise_for(seed: str, text: str) -> Callable[[str], str]:
    """The noise a seed gives a text, to be put on the text and on the words taken from it."""
    rng = Random(seed)
    small, plain = rng.random() < 0.5, rng.random() < 0.5
    words = sorted(set(_WORD.findall(text)))
    wrong = rng.choice(words) if words else ""
    place = rng.randrange(1, len(wrong) - 1) if wrong else 0
    swapped = wrong[:place] + wrong[place + 1] + wrong[place] + wrong[place + 2 :] if wrong else ""
    doubled = wrong[: place + 1] + wrong[place:]
    typed = rng.choice([swapped, wrong[:place] + wrong[place + 1 :], doubled])

    def noisy(said: str) -> str:
        if wrong:
            said = re.sub(rf"\b{wrong}\b", typed, said)
        if plain:
            said = _PUNCTUATION.sub("", said).strip()
        return said.lower() if small else said

    return noisy


def noisy_call(call: ToolCall, noisy: Callable[[str], str]) -> ToolCall:
    """The call with the noise on the words it took from the text."""

    def changed(name: str, value: object) -> object:
        if name in CONSTANTS:
            return value
        if isinstance(value, list | tuple):
            return [changed(name, each) for each in value]
        return noisy(value) if isinstance(value, str) else value

    return ToolCall(
        call.name, {name: changed(name, value) for name, value in call.arguments.items()}
    )
