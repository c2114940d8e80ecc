"""Telling a model's thoughts from its answer as its text arrives. Pure text; no model here."""

from __future__ import annotations

import re

from app.core.events import TextDelta, ThoughtDelta

Said = ThoughtDelta | TextDelta


class ThoughtSplitter:
    """Splits text into thoughts and the answer, holding back only what may become a tag.

    `tags` open and close a thought. An opening counts where the answer begins, and nowhere else:
    further on it is something the answer speaks of. Any closing ends a thought; one that nobody
    opened is dropped where a line begins, and inside a line it is text. White space where a
    thought or the answer begins is dropped.
    `thinking`: the text is inside a thought now; `inside`: it is so from the beginning, because
    the prompt opened one.
    """

    def __init__(self, tags: tuple[str, str], *, inside: bool = False) -> None:
        self.thinking = inside
        self._opening, self._closing = tags
        # Reasoning models have been seen to write these where they mean the closing.
        closings = (
            self._closing,
            self._closing.replace("/", "\\"),
            self._closing.replace("/", "/ "),
            self._closing.replace("think>", "thinking>"),
        )
        self._tags = (self._opening, *dict.fromkeys(closings))
        self._tag = re.compile("|".join(map(re.escape, self._tags)))
        self._longest = max(map(len, self._tags))
        self._starts = tuple({tag[0] for tag in self._tags})
        self._held = ""
        self._fresh = True  # nothing but white space since the beginning or the last tag
        self._line_begins = True  # in the answer
        self._may_open = True

    @property
    def answered(self) -> bool:
        """Whether the answer has begun, with more than white space."""
        return not self.thinking and not (self._fresh and not self._held)

    def feed(self, text: str) -> list[Said]:
        """What `text` adds to the thought and to the answer, in order."""
        if not self._held and not self._fresh and not any(c in text for c in self._starts):
            return self._said(text)
        text = self._held + text
        said: list[Said] = []
        place = 0
        for tag in self._tag.finditer(text):
            said += self._said(text[place : tag.start()])
            said += self._tagged(tag[0])
            place = tag.end()
        place_held = len(text) - self._begun(text[place:])
        self._held = text[place_held:]
        return said + self._said(text[place:place_held])

    def close(self) -> list[Said]:
        """End the thought here and have no other one: what was held back of it."""
        self._may_open = False
        return self.feed(self._closing)

    def finish(self) -> list[Said]:
        """What was held back, as the text it turned out to be."""
        held, self._held = self._held, ""
        return self._said(held)

    def _tagged(self, tag: str) -> list[Said]:
        if tag != self._opening:
            if self.thinking:
                self.thinking, self._fresh, self._line_begins = False, True, True
                return []
            return [] if self._line_begins else self._said(tag)
        if not self._fresh:
            return self._said(tag)
        if self._may_open:
            self.thinking = True  # or was already: some models open again what the prompt opened
        return []

    def _said(self, text: str) -> list[Said]:
        if self._fresh:
            text = text.lstrip()
        if not text:
            return []
        self._fresh = False
        if self.thinking:
            return [ThoughtDelta(text)]
        line = text[text.rfind("\n") + 1 :]
        self._line_begins = not line.strip() and (self._line_begins or "\n" in text)
        return [TextDelta(text)]

    def _begun(self, text: str) -> int:
        """How many characters at the end of `text` may be the beginning of a tag."""
        for length in range(min(len(text), self._longest - 1), 0, -1):
            end = text[-length:]
            if any(tag.startswith(end) for tag in self._tags):
                return length
        return 0
