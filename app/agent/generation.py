"""One generation of the model, passed on as it comes, which another thread may stop."""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import dataclass, field
from threading import Event

from app.agent.events import AgentEvent, Generated, RemembersFrom, Said, Thinking, Working
from app.core.errors import STOPPED, KnownError
from app.core.events import (
    Failed,
    Finished,
    Progress,
    Remembers,
    TextDelta,
    ThoughtDelta,
    ToolCallReady,
)
from app.core.messages import Part, Text, Thought, ToolCall
from app.core.ports import Capabilities, Engine, GenerateRequest, Prefix


@dataclass(frozen=True)
class Planned:
    """A request with the turn of each of its messages, 0 for the rules.

    `cut`: turns before them were left out.
    """

    request: GenerateRequest
    turns: tuple[int, ...]
    cut: bool = False

    def begins(self, first: int = 0) -> int:
        """The turn the model remembers from if it is given the messages from `first` on.

        0 if nothing is missing.
        """
        first = max(first, self.turns.count(0))
        return self.turns[first] if self.cut or first > self.turns.count(0) else 0


@dataclass
class Spoken:
    """What the model has thought and said so far, also where the generation broke off."""

    thought: str = ""
    text: str = ""
    calls: list[ToolCall] = field(default_factory=list)

    @property
    def parts(self) -> tuple[Part, ...]:
        """The thought and the words, as far as there are any, to be written down."""
        thought = (Thought(self.thought),) if self.thought.strip() else ()
        return (*thought, Text(self.text)) if self.text.strip() else thought


class StoppableEngine:
    """An engine and the user's Stop, which holds from `stop` until the next `forget_stop`."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._stop = Event()
        self._generating = ""

    def capabilities(self) -> Capabilities:
        """As `Engine.capabilities`."""
        return self._engine.capabilities()

    def warm(self, prefix: Prefix) -> None:
        """As `Engine.warm`."""
        self._engine.warm(prefix)

    def answer_now(self) -> None:
        """Ask the model to stop thinking and answer, if it is at work; from any thread."""
        if self._generating:
            self._engine.answer_now(self._generating)

    def forget_stop(self) -> None:
        """Begin something new."""
        self._stop.clear()

    def stop(self) -> None:
        """Break off the generation, and whatever asks `check_stop` next; from any thread."""
        self._stop.set()
        if self._generating:
            self._engine.cancel(self._generating)

    def check_stop(self) -> None:
        """Raise KnownError("stopped") if the user has stopped."""
        if self._stop.is_set():
            raise _stopped()

    def generate(self, planned: Planned, spoken: Spoken) -> Generator[AgentEvent, None, Finished]:
        """The events of one generation as the agent's; how it ended is returned.

        What the model says goes into `spoken`. Raises KnownError where the engine failed, was
        stopped or broke off. Closing the generator early stops the model.
        """
        request = planned.request
        end: Finished | Failed | None = None
        thinking = told_again = False
        self._generating = request.id
        try:
            self.check_stop()
            if turn := planned.begins():
                yield RemembersFrom(turn)
            for event in self._engine.generate(request):
                if self._stop.is_set() and not told_again:
                    # A cancel from before the request was sent may have met no process.
                    self._engine.cancel(request.id)
                    told_again = True
                match event:
                    case TextDelta(text):
                        spoken.text += text
                        yield Said(text)
                    case ThoughtDelta(text):
                        if not thinking:
                            yield Working("thinking")
                        thinking = True
                        spoken.thought += text
                        yield Thinking(text)
                    case Remembers(first):
                        if turn := planned.begins(first):
                            yield RemembersFrom(turn)
                    case ToolCallReady(call):
                        spoken.calls.append(call)
                    case Progress(stage, done, total):
                        yield Working(stage, done, total)
                    case Finished() | Failed():
                        end = event
        except BaseException:
            # Whoever listened has left; the model must not go on for nobody.
            self._engine.cancel(request.id)
            raise
        finally:
            self._generating = ""
        match end:
            case Failed(code, message, hint, details):
                raise KnownError(code, message, hint, details)
            case Finished("cancelled"):
                raise _stopped()
            case Finished():
                self.check_stop()
                yield Generated(end.timings, end.prompt_tokens, end.completion_tokens)
                return end
            case None:
                raise KnownError("no_end", "The engine broke off its answer.", "Try again.")


def _stopped() -> KnownError:
    return KnownError("stopped", STOPPED)
