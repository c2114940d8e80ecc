"""Which dialect a model file gets."""

from __future__ import annotations

from app.core.errors import KnownError
from app.engine.dialects.base import Dialect, ModelTraits
from app.engine.dialects.own_template import OwnTemplateDialect
from app.engine.dialects.phi4_mini import Phi4MiniDialect

_PHI4_MINI_TOKENS = (
    "<|system|>", "<|user|>", "<|assistant|>", "<|end|>", "<|tool|>", "<|/tool|>",
    "<|tool_call|>", "<|/tool_call|>", "<|tool_response|>",
)  # fmt: skip


def choose_dialect(traits: ModelTraits) -> Dialect:
    """The dialect for a file, by its vocabulary and its template, never by its file name.

    Raises KnownError("no_template") if the file has no chat template and none of ours fits.
    """
    if traits.tools_learned and traits.template:
        return OwnTemplateDialect(traits)
    if all(traits.has_token(token) for token in _PHI4_MINI_TOKENS):
        return Phi4MiniDialect()
    if traits.template:
        return OwnTemplateDialect(traits)
    raise KnownError(
        "no_template",
        "This model file has no chat template, so it is not a chat model Phial can talk to.",
        "Choose an instruct or chat version of the model.",
    )
