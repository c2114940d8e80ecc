"""What a conversation is made of: parts, messages and turns. Ids and links belong to the store."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import Any, Literal, get_args

Role = Literal["system", "user", "assistant", "tool"]


@dataclass(frozen=True)
class Text:
    """Plain text as typed or generated."""

    text: str


@dataclass(frozen=True)
class Thought:
    """What a reasoning model thought before it answered: shown folded, never part of a prompt."""

    text: str


@dataclass(frozen=True)
class ImageRef:
    """A picture in the profile, by its SHA-256 (hex); bytes never travel in a message."""

    sha256: str
    media_type: str


@dataclass(frozen=True)
class AudioRef:
    """A recording in the profile, by its SHA-256 (hex); `seconds` is its length."""

    sha256: str
    seconds: float


@dataclass(frozen=True)
class ToolCall:
    """A call the model asked for. `arguments` are JSON values, not yet validated."""

    name: str
    arguments: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True)
class ToolResult:
    """What a tool answered, as the model may see it: ids, dates, counts; no stranger's text.

    `mentions` are the ids of the events and messages it is about, in the order shown.
    """

    name: str
    ok: bool
    content: str
    mentions: tuple[str, ...] = ()


Part = Text | Thought | ImageRef | AudioRef | ToolCall | ToolResult


@dataclass(frozen=True)
class Message:
    """One message of a dialogue."""

    role: Role
    parts: tuple[Part, ...]

    @property
    def text(self) -> str:
        """The text parts joined; empty if there are none."""
        return "".join(part.text for part in self.parts if isinstance(part, Text))

    @property
    def thought(self) -> str:
        """The thoughts joined; empty if there are none."""
        return "".join(part.text for part in self.parts if isinstance(part, Thought))

    @staticmethod
    def of(role: Role, text: str) -> Message:
        """A message with one text part."""
        return Message(role, (Text(text),))

    def to_json(self) -> dict[str, object]:
        """JSON values that `from_json` reads back."""
        return {"role": self.role, "parts": [part_to_json(part) for part in self.parts]}

    @staticmethod
    def from_json(data: Mapping[str, Any]) -> Message:
        """The inverse of `to_json`. Raises KeyError, TypeError or ValueError on foreign data."""
        for known in get_args(Role):
            if data["role"] == known:
                return Message(known, tuple(part_from_json(part) for part in data["parts"]))
        raise ValueError("not a role")


def part_to_json(part: Part) -> dict[str, object]:
    """A part as JSON values that `part_from_json` reads back."""
    match part:
        case Text(text):
            return {"type": "text", "text": text}
        case Thought(text):
            return {"type": "thought", "text": text}
        case ImageRef(sha256, media_type):
            return {"type": "image", "sha256": sha256, "media_type": media_type}
        case AudioRef(sha256, seconds):
            return {"type": "audio", "sha256": sha256, "seconds": seconds}
        case ToolCall(name, arguments):
            return {"type": "tool_call", "name": name, "arguments": dict(arguments)}
        case ToolResult(name, ok, content, mentions):
            result = {"type": "tool_result", "name": name, "ok": ok, "content": content}
            return result | ({"mentions": list(mentions)} if mentions else {})


def part_from_json(data: object) -> Part:
    """The inverse of `part_to_json`. Raises ValueError on foreign data."""
    match data:
        case {"type": "text", "text": str(text)}:
            return Text(text)
        case {"type": "thought", "text": str(text)}:
            return Thought(text)
        case {"type": "image", "sha256": str(sha256), "media_type": str(media_type)}:
            return ImageRef(sha256, media_type)
        case {"type": "audio", "sha256": str(sha256), "seconds": float() | int() as seconds}:
            return AudioRef(sha256, float(seconds))
        case {"type": "tool_call", "name": str(name), "arguments": Mapping() as arguments}:
            return ToolCall(name, arguments)
        case {
            "type": "tool_result",
            "name": str(name),
            "ok": bool(ok),
            "content": str(content),
            **rest,
        }:
            mentions = rest.get("mentions")
            known = tuple(map(str, mentions)) if isinstance(mentions, list) else ()
            return ToolResult(name, ok, content, known)
    raise ValueError("not a part of a message")


class TurnState(Enum):
    """Where a turn stands. PAUSED waits for the user's yes and survives a restart."""

    RUNNING = "running"
    PAUSED = "paused"
    DONE = "done"
    FAILED = "failed"


@dataclass(frozen=True)
class Turn:
    """The user's message and everything that answered it."""

    user: Message
    replies: tuple[Message, ...] = ()
    state: TurnState = TurnState.RUNNING
