"""What of the model takes memory: how far it looks, how that is kept, and when it rests."""

from __future__ import annotations

from app.core.text import counted
from app.ui.settings.fields import ChoiceField
from app.ui.status.wording import memory_words
from app.ui.views import EngineStage, EngineStatus

_CONTEXTS = (2048, 4096, 8192, 16384, 32768)
_RESTS = (5, 15, 60)
_KV = {"auto": "Automatic", "f16": "Exact (f16)", "q8_0": "Compact (q8_0)"}

_PAUSE_MS = 700
"""Each change loads the model again."""

_REACH = (
    "How many tokens (pieces of words) the model looks at together: the conversation, the tools "
    "and the answer. A larger context takes more memory; above 4,096, Phi-4-mini turns to its "
    "long-range form, which reads short messages a little less exactly."
)


class ContextField(ChoiceField):
    """How far the model looks, and what that costs with the one in use."""

    def __init__(self) -> None:
        super().__init__(
            "context",
            "Conte&xt",
            {0: "Automatic"} | {size: _tokens(size) for size in _CONTEXTS},
            (6, 3, 2),
            _REACH,
            "Context",
            other=_tokens,
            pause_ms=_PAUSE_MS,
        )

    def show_engine(self, status: EngineStatus) -> None:
        """Say what the model in use takes."""
        costs = ""
        if status.stage is EngineStage.READY and status.memory_bytes:
            takes = memory_words(status.memory_bytes)
            costs = f" Now: {status.context:,} tokens; the model takes about {takes} in all."
        self.show_help(f"{_REACH}{costs}")


def kv_field() -> ChoiceField:
    """How what the model has read is kept."""
    return ChoiceField(
        "kv",
        "&Keys and values",
        _KV,
        (3, 1),
        "How what the model has read is kept in memory. Compact takes about half the room and is "
        "slower to read with on a processor.",
        "Keys and values",
        pause_ms=_PAUSE_MS,
    )


def rest_field() -> ChoiceField:
    """When a model that is not used gives its memory back."""
    return ChoiceField(
        "rest_minutes",
        "&Rest after",
        {0: "Never"} | {minutes: _minutes(minutes) for minutes in _RESTS},
        (4, 2),
        "A model that is not used for so long is put to rest: its memory is free for other "
        "programs, and your next request wakes it.",
        "Rest after",
        other=_minutes,
    )


def _tokens(size: int) -> str:
    return f"{size:,}"


def _minutes(minutes: int) -> str:
    return counted(minutes, "minute")
