"""A rendered prompt: trusted markup and untrusted content, kept apart until they are tokens."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Markup:
    """Text written by a dialect or template; control tokens in it are control tokens."""

    text: str


@dataclass(frozen=True)
class Content:
    """Text someone wrote; a control token spelled out in it stays plain text."""

    text: str


Piece = Markup | Content
