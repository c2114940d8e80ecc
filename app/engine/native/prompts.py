"""What a model is given of a request: as much of the dialogue as fits, as tokens.

Nothing is evaluated here.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from app.core.errors import KnownError
from app.core.messages import Message
from app.core.ports import GenerateRequest, Prefix
from app.engine.native.held import common
from app.engine.native.model import NativeModel

_LEAST_ANSWER = 64  # tokens; with less room, a message is too long
_ANSWERS_SHARE = 4  # of the context, at most, is kept free for the answer
_USED_AFTER_A_CUT = 0.6  # of the room: so the next messages fit without another one

_PROBES = ("A", "7")
"""Two messages that no tokenizer begins alike."""


@dataclass(frozen=True)
class Past:
    """A dialogue as it stood after the last answer: its tokens, and the texts spoken in them."""

    tokens: Sequence[int] = ()
    spoken: Mapping[str, list[int]] = field(default_factory=dict)


NO_PAST = Past()


@dataclass(frozen=True)
class Prompt:
    """`first`: the request's messages were left out up to this one; None if none was."""

    tokens: list[int]
    first: int | None = None


class Prompts:
    """Writes prompts for one model."""

    def __init__(self, model: NativeModel) -> None:
        self._model = model
        self._prefix = Prefix()
        self._prefix_tokens: list[int] | None = None

    def prefix_tokens(self, prefix: Prefix) -> list[int]:
        """What every prompt with these system messages and tools begins with."""
        if self._prefix_tokens is None or prefix != self._prefix:
            self._prefix, self._prefix_tokens = prefix, self._shared(prefix)
        return self._prefix_tokens

    def _shared(self, prefix: Prefix) -> list[int]:
        try:
            first, second = (
                self._tokens(
                    GenerateRequest("", (*prefix.messages, Message.of("user", text)), prefix.tools)
                )
                for text in _PROBES
            )
        except KnownError:  # a file's own template may take other dialogues than this one
            return []
        return first[: common(first, second)]

    def prompt(self, request: GenerateRequest, past: Past = NO_PAST) -> Prompt:
        """The prompt with the whole dialogue if that fits, else from a later message on.

        `past` is this dialogue as it stood before. Raises KnownError("too_long") where the last
        message does not fit.
        """
        size = self._model.context_size
        room = size - min(request.max_tokens, size // _ANSWERS_SHARE)
        whole = self._tokens(request, past)
        if len(whole) <= room:
            return Prompt(whole)
        messages = request.messages
        spoken = [place for place, message in enumerate(messages) if message.role != "system"]
        # An exchange goes from a message of the user's to before the next one.
        starts = [place for place in spoken[1:] if messages[place].role == "user"]

        def since(start: int) -> list[int]:
            return self._tokens(_since(request, start), past)

        shortest = since(starts[-1]) if starts else whole
        if len(shortest) > room:
            if len(shortest) > size - min(request.max_tokens, _LEAST_ANSWER):
                raise self._too_long(request, len(shortest))
            return Prompt(shortest, starts[-1] if starts else None)
        fitting = starts[bisect_left(starts, True, key=lambda start: len(since(start)) <= room) :]
        prompts = {start: since(start) for start in fitting}
        first = max(fitting, key=lambda start: common(past.tokens, prompts[start]))
        fixed = common(prompts[fitting[0]], prompts[fitting[-1]]) if len(fitting) > 1 else 0
        again = common(past.tokens, prompts[first]) - fixed
        if not past.tokens or 2 * again < len(past.tokens) - fixed:
            # No cut of before still fits.
            used = _USED_AFTER_A_CUT * room
            first = next((start for start in fitting if len(prompts[start]) <= used), fitting[-1])
        return Prompt(prompts[first], first)

    def _tokens(self, request: GenerateRequest, past: Past = NO_PAST) -> list[int]:
        model = self._model
        return model.vocabulary.prompt_tokens(model.dialect.render(request), past.spoken)

    def _too_long(self, request: GenerateRequest, length: int) -> KnownError:
        size, trained = self._model.context_size, self._model.capabilities().trained_context
        fixed = len(self.prefix_tokens(prefix_of(request)))
        longer = ", or choose a longer context in the settings" if trained > size else ""
        return KnownError(
            "too_long",
            f"This message is {length - fixed:,} tokens long, and the instructions and tools that "
            f"come with it {fixed:,}; the model's context holds {size:,}.",
            f"Shorten the message{longer}.",
        )


def prefix_of(request: GenerateRequest) -> Prefix:
    """What the request begins with."""
    system = tuple(message for message in request.messages if message.role == "system")
    return Prefix(system, request.tools)


def _since(request: GenerateRequest, start: int) -> GenerateRequest:
    """The request without the messages before `start` that are not the system's."""
    kept = [
        message
        for place, message in enumerate(request.messages)
        if place >= start or message.role == "system"
    ]
    return replace(request, messages=tuple(kept))
