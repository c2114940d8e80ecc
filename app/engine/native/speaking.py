"""What is said of an answer's tokens: thoughts, text, and text held back as it may be a call."""

from __future__ import annotations

from collections.abc import Sequence

from app.core.events import EngineEvent, TextDelta, ThoughtDelta
from app.core.ports import ToolSpec
from app.engine.dialects import Dialect
from app.engine.native.vocabulary import StreamDecoder, Vocabulary
from app.engine.thoughts import Said, ThoughtSplitter
from app.engine.tool_calls import CallWatch, LooseReader


class Speech:
    """The tokens of one answer, as events.

    `thoughts` is None for a model that does not think, `watch` where no tools are offered.
    """

    def __init__(self, vocabulary: Vocabulary, dialect: Dialect, tools: Sequence[ToolSpec]) -> None:
        self.thoughts: ThoughtSplitter | None = None
        self.watch: CallWatch | None = None
        self._decoder = StreamDecoder(vocabulary)
        self._shown: list[str] = []
        self._tags: dict[int, str] = {}
        if dialect.reasoning:
            self.thoughts = ThoughtSplitter(dialect.think, inside=dialect.opens_thought)
            controls = vocabulary.control_tokens  # which have no text of their own
            self._tags = {controls[tag]: tag for tag in dialect.think if tag in controls}
        if tools:
            self.watch = CallWatch(LooseReader(tool.name for tool in tools))
        self._plain = self.thoughts is None and self.watch is None

    @property
    def thinking(self) -> bool:
        """Whether the model is thinking."""
        return self.thoughts is not None and self.thoughts.thinking

    @property
    def blank(self) -> bool:
        """Whether a model that thinks has not begun to answer yet."""
        return self.thoughts is not None and not self.thoughts.answered

    @property
    def text(self) -> str:
        """The answer as far as it was shown."""
        return "".join(self._shown)

    def feed(self, token: int) -> list[EngineEvent]:
        """What can be shown, now that `token` came."""
        if token in self._tags:
            return self._tag(self._tags[token])
        piece = self._decoder.feed(token)
        if not piece:
            return []
        if self._plain:
            self._shown.append(piece)
            return [TextDelta(piece)]
        return self._piece(piece)

    def close_thought(self) -> list[EngineEvent]:
        """The thought ends here, and the model is not to think again: what was held back of it."""
        if self.thoughts is None:
            return []
        return self._piece(self._decoder.finish()) + self._split(self.thoughts.close())

    def finish(self) -> list[EngineEvent]:
        """What was held back and is text after all, now that nothing more comes."""
        events = self._piece(self._decoder.finish())
        if self.thoughts is not None:
            events += self._split(self.thoughts.finish())
        if self.watch is not None:
            events += self._text(self.watch.finish())
        return events

    def _tag(self, tag: str) -> list[EngineEvent]:
        events = self._piece(self._decoder.finish())
        if self.thinking or self.blank:  # further on, a tag of this kind has no text to show
            events += self._piece(tag)
        return events

    def _piece(self, piece: str) -> list[EngineEvent]:
        if self.thoughts is not None:
            return self._split(self.thoughts.feed(piece))
        return self._answer(piece)

    def _split(self, said: Sequence[Said]) -> list[EngineEvent]:
        events: list[EngineEvent] = []
        for part in said:
            if isinstance(part, ThoughtDelta):
                events.append(part)
            else:
                events += self._answer(part.text)
        return events

    def _answer(self, piece: str) -> list[EngineEvent]:
        return self._text(piece if self.watch is None else self.watch.feed(piece))

    def _text(self, text: str) -> list[EngineEvent]:
        if not text:
            return []
        self._shown.append(text)
        return [TextDelta(text)]
