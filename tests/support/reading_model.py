"""A reading model of the test: what it is asked, and what it answers."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from app.core.events import EngineEvent, Finished, TextDelta, ToolCallReady
from app.core.messages import ToolCall
from app.core.ports import Capabilities, GenerateRequest
from app.engine.constraint import tool_call_grammar
from app.tools.reader import Reader
from tests.support.fake_engine import FakeEngine


@dataclass
class ReadingModel:
    """Answers each request with one call whose arguments are `answer`, or only talks.

    `reads` is False for a model made for tools only. `asked` are the requests it got.
    """

    answer: dict[str, object] | None = None
    reads: bool = True
    asked: list[GenerateRequest] = field(default_factory=list)

    def reader(self) -> Reader:
        """The reader that has this model."""
        capabilities = Capabilities(
            model_name="Test",
            architecture="test",
            context=8192,
            tools_learned=not self.reads,
            backend="CPU",
            threads=1,
        )
        return Reader(FakeEngine(self._answer, capabilities))

    def _answer(self, request: GenerateRequest) -> Iterable[EngineEvent]:
        self.asked.append(request)
        tool_call_grammar(request.tools, request.spans)  # raises where decoding could not hold it
        if self.answer is None:
            yield TextDelta("I would rather talk.")
        else:
            yield ToolCallReady(ToolCall(request.tools[0].name, self.answer))
        yield Finished("tool_call")
