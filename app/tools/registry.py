"""The tools of this version by name: every call is checked against its schema before it runs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from app.core.errors import KnownError
from app.core.ports import Asked, Tool, ToolOutcome, ToolSpec
from app.tools.schemas import DECLARED
from app.tools.validation import checked_arguments


class Registry:
    """The declared tools, and those of them that can run."""

    def __init__(self, tools: Sequence[Tool]) -> None:
        self._tools = {tool.spec.name: tool for tool in tools}

    @property
    def declared(self) -> tuple[ToolSpec, ...]:
        """All tools a model may know, also those this version cannot run."""
        return DECLARED

    @property
    def specs(self) -> tuple[ToolSpec, ...]:
        """The tools that can run, in the declared order."""
        return tuple(spec for spec in DECLARED if spec.name in self._tools)

    def run(self, name: str, arguments: Mapping[str, object], asked: Asked) -> ToolOutcome:
        """Check the arguments and run the tool; nothing changes but through its proposal.

        Raises KnownError: "unknown_tool", "bad_argument", or the tool's own.
        """
        tool = self._tools.get(name)
        if tool is None:
            raise KnownError(
                "unknown_tool",
                f"There is no tool named {name[:80]!r}. Nothing was changed.",
                f"The tools are: {', '.join(spec.name for spec in self.specs)}.",
            )
        return tool.run(checked_arguments(tool.spec, arguments), asked)
