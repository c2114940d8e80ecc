"""What stands around the messages of a prompt, as far as the model's own file decides it.

Templates of reasoning models write a constant text before the messages; it is read off the file's
template by running it on stand-ins, so that no such text is kept here.
"""

from __future__ import annotations

from dataclasses import dataclass

from app.core.errors import KnownError
from app.engine.dialects.base import THINK, ModelTraits
from app.engine.dialects.file_template import FileTemplate

_SYSTEM = "\ue0f0system\ue0f1"
_USER = "\ue0f0user\ue0f1"

_REQUEST = (
    f"Think the question through first, between {THINK[0]} and {THINK[1]}. "
    "After that give your answer, which must make sense by itself.\n\n"
)
"""Asks a reasoning model for its thoughts where its file has no template to do so."""


@dataclass(frozen=True)
class Marks:
    """How a family marks who speaks: `before` (with the role in place of {}) and `after`."""

    before: str
    after: str

    def opens(self, role: str) -> str:
        """What stands before what `role` says."""
        return self.before.format(role)


@dataclass(frozen=True)
class Opening:
    """What is written around the messages.

    `alone` begins a prompt without a system text; `system` stands before and after one, None where
    the template leaves a system text out. `ending` follows the mark of the answer to come.
    """

    alone: str
    system: tuple[str, str] | None
    ending: str = ""


def plain_opening(traits: ModelTraits, marks: Marks) -> Opening:
    """That of a model that does not think: nothing but marks."""
    begins = traits.bos if "bos_token" in traits.template else ""
    return Opening(begins, (begins + marks.opens("system"), marks.after))


def reasoning_opening(traits: ModelTraits, marks: Marks) -> Opening:
    """That of a model that thinks, with what its template says to it, or else a request of ours."""
    system = marks.opens("system")
    ours = Opening(f"{system}{_REQUEST.strip()}{marks.after}", (f"{system}{_REQUEST}", marks.after))
    if not traits.template:
        return ours
    template = FileTemplate(traits)
    try:
        text = template.text([{"role": "user", "content": _USER}])
    except KnownError:
        return ours
    alone, _, rest = text.partition(f"{marks.opens('user')}{_USER}")
    answer = f"{marks.after}{marks.opens('assistant')}"
    if not rest.startswith(answer):
        return ours
    ending = rest.removeprefix(answer)
    try:
        text = template.text(
            [{"role": "system", "content": _SYSTEM}, {"role": "user", "content": _USER}]
        )
    except KnownError:
        return Opening(alone, None, ending)
    before, found, after = text.partition(f"{marks.opens('user')}{_USER}")[0].partition(_SYSTEM)
    return Opening(alone, (before, after) if found else None, ending)
