"""Which dialect a model file gets."""

from __future__ import annotations

from app.core.errors import KnownError
from app.engine.dialects.base import Dialect, ModelTraits
from app.engine.dialects.own_template import OwnTemplateDialect
from app.engine.dialects.phi import phi4, phi4_mini

_PHI4_MINI_TOKENS = (
    "<|system|>", "<|user|>", "<|assistant|>", "<|end|>", "<|tool|>", "<|/tool|>",
    "<|tool_call|>", "<|/tool_call|>", "<|tool_response|>",
)  # fmt: skip
_PHI4_TOKENS = ("<|im_start|>", "<|im_sep|>", "<|im_end|>")


def choose_dialect(traits: ModelTraits, agrees: bool | None = None) -> Dialect:
    """The dialect for a file, by its vocabulary, template and name, never by its file name.

    `agrees` is what `template_agrees` said of the dialect chosen without it: a file whose template
    writes something else gets its own template. None: not known, so ours is taken if it fits.
    Raises KnownError("no_template") if the file has no chat template and none of ours fits.
    """
    if traits.template and (traits.tools_learned or agrees is False):
        return OwnTemplateDialect(traits)
    if all(traits.has_token(token) for token in _PHI4_MINI_TOKENS):
        return phi4_mini(traits)
    if all(traits.has_token(token) for token in _PHI4_TOKENS):
        return phi4(traits)
    if traits.template:
        return OwnTemplateDialect(traits)
    raise KnownError(
        "no_template",
        "This model file has no chat template, so it is not a chat model Phial can talk to.",
        "Choose an instruct or chat version of the model.",
    )
