"""Answers in the tokens the model wrote them with: a text may be tokenised to others.

A prompt that tells of such an answer in the same tokens begins as the context does.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from app.engine.dialects.base import call_json
from app.engine.native.vocabulary import Vocabulary, decode
from app.engine.tool_calls import read_tool_calls


def spoken_in(vocabulary: Vocabulary, tokens: Sequence[int]) -> dict[str, list[int]]:
    """Texts between control tokens, as prompts tell of them, and their tokens.

    Only those that would be tokenised otherwise.
    """
    spoken: dict[str, list[int]] = {}
    for run in _runs(vocabulary, tokens):
        text = decode(vocabulary, run)
        for told in {text, _call_told(text)} - {""}:  # tokens without a text stand for none
            if vocabulary.tokenize(told) != run:
                spoken[told] = run
    return spoken


def _runs(vocabulary: Vocabulary, tokens: Sequence[int]) -> Iterator[list[int]]:
    """The tokens between control tokens."""
    run: list[int] = []
    for token in tokens:
        if token not in vocabulary.control_ids:
            run.append(token)
        elif run:
            yield run
            run = []
    if run:
        yield run


def _call_told(text: str) -> str:
    """A tool call as prompts tell of it; any other text as it is."""
    if not text.lstrip().startswith("["):
        return text
    try:
        calls = read_tool_calls(text)
        # A list of tools, too, has names; only a call spells out arguments.
        return call_json(calls) if '"arguments"' in text else text
    except (ValueError, RecursionError):
        return text
