"""What memory a model takes before it is loaded, and what context fits into what is free.

Pure arithmetic over the header's numbers; measuring and comparing is `workers.memory`'s.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from app.core.errors import KnownError
from app.engine.gguf_file import ModelShape
from app.workers.memory import check_fits

KvType = Literal["f16", "q8_0"]

CONTEXTS = (32768, 16384, 8192, 4096, 2048, 1024)
"""The contexts that are offered, largest first."""

STEP = 256
"""llama.cpp rounds a context up to a multiple of this."""

_USUAL = 8192
_MODEST = 4096
_LEAST = 2048
_REASONING = (16384, 8192, 4096)

_KV_TYPES: tuple[KvType, ...] = ("f16", "q8_0")
_KV_BYTES = {"f16": 2.0, "q8_0": 34 / 32}  # of one number

# Measured with llama.cpp 0c1e57098 as the growth of a child's own (anonymous) memory.
_PROCESS = 50_000_000  # Python, the libraries, what a request needs
_VOCABULARY = 480  # bytes a token: llama.cpp's tables, merges among them, and ours
_FLOAT = 4
_MOST_SCORES = 256_000_000  # bytes
_GPU_MARGIN = 1 << 30  # what a driver and a desktop take from a GPU

_SMALLER = "Close other programs, or choose a smaller model."
_SHORTER = (
    "Choose that context or the more compact memory type in the settings, close other programs, "
    "or choose a smaller model."
)


@dataclass(frozen=True)
class Needs:
    """Bytes a model takes with one context.

    `weights_bytes` are counted once: those llama.cpp copies into another order need not stay in
    the file's pages.
    """

    weights_bytes: int
    kv_bytes: int
    compute_bytes: int
    process_bytes: int

    @property
    def total_bytes(self) -> int:
        """All of it."""
        return self.weights_bytes + self.kv_bytes + self.compute_bytes + self.process_bytes


@dataclass(frozen=True)
class Window:
    """A context that may be made: `tokens`, and how its keys and values are kept."""

    tokens: int
    kv_type: KvType


@dataclass(frozen=True)
class Appetite:
    """How much memory a model takes for which context. `batch` tokens are evaluated at once."""

    shape: ModelShape
    weights_bytes: int
    batch: int

    def needs(self, window: Window, *, plain_attention: bool = False) -> Needs:
        """What the model takes with this context."""
        shape = self.shape
        cached = (shape.keys_a_token + shape.values_a_token) * _KV_BYTES[window.kv_type]
        # The feed-forward's gate, up and their product, three rows of the width, and the mask;
        # then the one row of logits that is asked for, twice.
        feed = shape.feed_forward or 4 * shape.width
        row = 3 * (feed + shape.width) * _FLOAT + 2 * window.tokens
        batch = min(self.batch, window.tokens)
        scores = self._scores_bytes(window) if plain_attention else 0
        return Needs(
            weights_bytes=self.weights_bytes,
            kv_bytes=int(cached * window.tokens),
            compute_bytes=batch * row + 2 * shape.vocabulary * _FLOAT + scores,
            process_bytes=_PROCESS + _VOCABULARY * shape.vocabulary,
        )

    def plain_attention(self, window: Window, free_bytes: int) -> bool:
        """Whether a processor does better without flash attention, and there is room for that.

        Measured with Phi-4-mini's shape on two cores: a message on top of 1,500 tokens is read in
        three quarters of the time and tokens come ten per cent sooner, though a long text from the
        start takes eight per cent longer. It keeps a batch's attention scores in memory, and
        llama.cpp has compact values with flash attention only.
        """
        needed = self.needs(window, plain_attention=True).total_bytes
        scores = self._scores_bytes(window)
        return window.kv_type == "f16" and scores <= _MOST_SCORES and needed <= free_bytes

    def _scores_bytes(self, window: Window) -> int:
        return self.shape.heads * window.tokens * min(self.batch, window.tokens) * _FLOAT

    @property
    def kv_types(self) -> tuple[KvType, ...]:
        """How keys and values can be kept, best first."""
        return _KV_TYPES if self.shape.compact_cache else _KV_TYPES[:1]

    def fits(self, window: Window, free_bytes: int) -> bool:
        """Whether there is room for it."""
        return self.needs(window).total_bytes <= free_bytes

    def what_fits(self, free_bytes: int) -> Window | None:
        """The largest context that fits, with f16 before q8_0 where both do; None if none does."""
        for tokens in CONTEXTS:
            if tokens > (self.shape.trained_context or tokens):
                continue
            for kv_type in self.kv_types:
                if self.fits(window := Window(tokens, kv_type), free_bytes):
                    return window
        return None

    def chosen(self, tokens: int, kv_type: KvType | None, free_bytes: int) -> Window:
        """The context somebody chose, at most what the model was trained for.

        `kv_type` None takes the first that fits; one the model cannot have is another.
        """
        tokens = self.capped(tokens)
        types = [kind for kind in self.kv_types if kv_type in (None, kind)] or self.kv_types[:1]
        windows = [Window(tokens, kind) for kind in types]
        return next((window for window in windows if self.fits(window, free_bytes)), windows[0])

    def automatic(self, kv_type: KvType | None, reasoning: bool, free_bytes: int) -> Window:
        """The context for a model nobody chose one for; the least where nothing fits.

        A LongRoPE model gets its original length: beyond it llama.cpp takes the long factors,
        even for a short prompt. A model that reasons gets room for its thoughts.
        """
        shape = self.shape
        if shape.original_context:
            wishes: tuple[int, ...] = (shape.original_context // STEP * STEP or STEP,)
        else:
            wishes = _REASONING if reasoning else (_USUAL, _MODEST)
        kinds = [kind for kind in self.kv_types if kv_type in (None, kind)] or self.kv_types[:1]
        tries = [(wish, kinds[0]) for wish in wishes]
        tries += [(small, kinds[-1]) for small in (_MODEST, _LEAST)]
        windows = [Window(self.capped(tokens), kind) for tokens, kind in tries]
        return next((window for window in windows if self.fits(window, free_bytes)), windows[-1])

    def capped(self, tokens: int) -> int:
        """At most what the model was trained for."""
        return min(tokens, self.shape.trained_context or tokens)

    def check(self, name: str, window: Window, free_bytes: int) -> None:
        """Raise KnownError("not_enough_memory") if this context does not fit, naming one that
        would.
        """
        needed = self.needs(window).total_bytes
        fitting = self.what_fits(free_bytes)
        if fitting is None or fitting == window:
            check_fits(name, needed, free_bytes, hint=_SMALLER)
            return
        article = "an" if fitting.tokens == 8192 else "a"
        would = f"{article} {fitting.tokens:,} context would fit"
        if fitting.kv_type != "f16":
            would += " with the compact memory type"
        check_fits(name, needed, free_bytes, instead=would, hint=_SHORTER)

    def layers_on_gpu(self, window: Window, free_bytes: int) -> int:
        """How many layers a GPU with so much free memory holds, the output as one more."""
        needs = self.needs(window)
        layers = self.shape.layers + 1
        a_layer = (needs.weights_bytes + needs.kv_bytes) / layers
        room = free_bytes - _GPU_MARGIN - needs.compute_bytes
        return max(0, min(layers, int(room / a_layer))) if a_layer else layers


def kv_type_named(name: str) -> KvType | None:
    """A type by its name in the settings; None, the choice is ours, for "" and "auto".

    Raises KnownError("kv_type_unknown").
    """
    if name in ("", "auto"):
        return None
    for kv_type in _KV_TYPES:
        if name == kv_type:
            return kv_type
    raise KnownError(
        "kv_type_unknown",
        f"'{name}' is no memory type of the engine.",
        "Choose auto, f16 or q8_0.",
    )
