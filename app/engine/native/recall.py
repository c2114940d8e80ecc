"""Which states are read from disk and which are written there, and when."""

from __future__ import annotations

from collections.abc import Sequence

from app.engine.native.held import Held, common
from app.engine.native.prompts import NO_PAST, Past
from app.engine.native.spoken import spoken_in
from app.engine.native.vocabulary import Vocabulary
from app.engine.state_files import State, StateFiles

WORTH_KEEPING = 256
"""Tokens. Evaluating fewer is a matter of seconds with any model, and a file of its megabytes."""

_WORTH_LOADING = 64  # tokens, more than are held already
_SPOKEN = 128  # texts, the newest


class Recall:
    """A context's way to disk and back: what it holds, whose that is, and what of it is kept."""

    def __init__(self, vocabulary: Vocabulary, held: Held, states: StateFiles | None) -> None:
        """Without `states` nothing is kept on disk."""
        self._vocabulary = vocabulary
        self._held = held
        self._states = states
        self._conversation = ""  # whose tokens are held beyond the shared ones
        self._shared = 0  # how many of them belong to no conversation
        self._kept = 0  # how many need not be kept again
        self._unread: list[int] = []  # what was said last and is not held yet
        self._spoken: dict[str, list[int]] = {}  # in the conversation held

    def past(self, conversation: str) -> Past:
        """A conversation as it was left."""
        if conversation == self._conversation:
            return Past([*self._held.tokens, *self._unread], self._spoken)
        if (state := self._saved(conversation)) is not None:
            return Past(state.tokens, spoken_in(self._vocabulary, state.tokens))
        return NO_PAST

    def answered(self, prompt: Sequence[int], answer: Sequence[int]) -> None:
        """Note what was said after `prompt`: the next one tells of it."""
        told = [*prompt, *answer]
        held = self._held.tokens
        if told[: len(held)] == held:
            self._unread = told[len(held) :]
        self._spoken |= spoken_in(self._vocabulary, answer)
        while len(self._spoken) > _SPOKEN:
            del self._spoken[next(iter(self._spoken))]

    def begin(self, conversation: str, past: Past, prompt: Sequence[int], shared: int) -> bool:
        """Hold as much of a conversation's prompt as there is, but not its last token.

        `shared` tokens of it are no conversation's own. What is overwritten is kept on disk if
        that is worth it. Returns whether a state was read from there.
        """
        wanted = prompt[: len(prompt) - 1]
        found = self._found(conversation, wanted)
        stays = self._held.common(wanted)
        for state in reversed(found):
            state.use()  # so that they stay when something else is kept
        if conversation != self._conversation and (found or stays < len(self._held.tokens)):
            self.keep_conversation()
        self._unread = []
        loaded = next((state for state in found if self._load(state)), None)
        self._held.keep(self._held.common(wanted))
        held = len(self._held.tokens)
        if loaded is not None and loaded.kind == "conversation":
            self._kept = held
        elif loaded is not None or conversation != self._conversation:
            self._kept = 0
        self._kept = max(shared, min(self._kept, held))
        self._conversation, self._shared, self._spoken = conversation, shared, dict(past.spoken)
        return loaded is not None

    def keep_prefix(self, tokens: Sequence[int]) -> None:
        """Keep `tokens`, which are all that is held, as what dialogues begin with."""
        if self._states is not None and self._held.tokens == list(tokens):
            self._states.keep(tokens, self._held.state_bytes, self._held.save)

    def wants_prefix(self, tokens: Sequence[int]) -> bool:
        """Whether these are worth keeping as a beginning, and can be, once they are evaluated."""
        return (
            self._states is not None
            and len(tokens) >= WORTH_KEEPING
            and len(self._held.tokens) <= len(tokens)
            and not self._states.has_prefix(tokens)
        )

    def keep_conversation(self) -> None:
        """Keep the conversation held, if enough of it is not on disk yet."""
        held = self._held
        if self._states is None or not self._conversation:
            return
        if len(held.tokens) - self._kept < WORTH_KEEPING:
            return
        told = [*held.tokens, *self._unread]
        if self._states.keep(told, held.state_bytes, held.save, self._conversation):
            self._kept = len(held.tokens)

    def forget(self, conversation: str) -> None:
        """Drop a conversation, here and on disk."""
        if self._states is not None:
            self._states.forget(conversation)
        if conversation == self._conversation:
            self._held.keep(min(self._shared, len(self._held.tokens)))
            self._conversation, self._unread, self._spoken = "", [], {}

    def _saved(self, conversation: str) -> State | None:
        return self._states.conversation(conversation) if self._states and conversation else None

    def _found(self, conversation: str, wanted: Sequence[int]) -> list[State]:
        """The states that hold enough more of what is wanted than the context does, best first."""
        least = self._held.common(wanted) + _WORTH_LOADING
        if self._states is None or len(wanted) < least:
            return []
        states = self._states.prefixes()
        if (saved := self._saved(conversation)) is not None:
            states.insert(0, saved)
        states = [state for state in states if common(state.tokens, wanted) >= least]
        return sorted(states, key=lambda state: common(state.tokens, wanted), reverse=True)

    def _load(self, state: State) -> bool:
        assert self._states is not None
        return self._states.load(state, lambda path: self._held.restore(path, state.tokens))
