"""A GGUF file loaded by llama.cpp: the model, one context, and what the file says of itself."""

from __future__ import annotations

import ctypes
import os
import time
from collections import deque
from collections.abc import Callable
from pathlib import Path

from app.core.errors import KnownError
from app.core.ports import Capabilities
from app.engine.dialects import Dialect, ModelTraits, choose_dialect
from app.engine.gguf_file import check_gguf
from app.engine.native.binding import StopFlag, backend_name, llama, start_backend
from app.engine.native.vocabulary import Vocabulary
from app.workers.memory import check_fits

DEFAULT_CONTEXT = 4096  # above it llama.cpp takes LongRoPE's long factors, even for short prompts
BATCH = 512
_LOG_LINES = 40
_SMALL_MODEL = 50_000_000  # weights

_log: deque[str] = deque(maxlen=_LOG_LINES)


def _remember_log(level: int, text: str) -> None:
    if level >= 3 and text.strip():  # warnings and errors of llama.cpp
        _log.append(text.strip())


class NativeModel:
    """A model and its one context. Not thread-safe, but `stop.set()` may come from any thread."""

    def __init__(
        self,
        path: Path,
        *,
        context: int = DEFAULT_CONTEXT,
        threads: int = 0,
        gpu_layers: int = -1,
        progress: Callable[[float], None] | None = None,
    ) -> None:
        """Load `path` with room for `context` tokens.

        `threads` 0 takes the cores this process may use. `gpu_layers` -1 means all of them, or
        none where they do not fit.
        `progress` is told the fraction loaded, 0 to 1. Raises KnownError with a sentence for
        every file that cannot be used.
        """
        metadata = check_gguf(path)
        start_backend(_remember_log)
        began = time.perf_counter()
        self.stop = StopFlag()
        self.backend = "CPU" if gpu_layers == 0 else backend_name()
        if self.backend == "CPU":
            check_fits(path.name, path.stat().st_size)
        try:
            self._model = self._load(path, gpu_layers, progress)
            self.context = self._new_context(context, threads)
        except KnownError:
            if self.backend == "CPU":
                raise
            # What does not fit on the GPU may fit beside it; a wrong file fails here again.
            self.backend = "CPU"
            self._model = self._load(path, 0, progress)
            self.context = self._new_context(context, threads)
        self.vocabulary = Vocabulary(llama.llama_model_get_vocab(self._model))
        self.memory = llama.llama_get_memory(self.context)
        self.load_ms = (time.perf_counter() - began) * 1e3
        self.name = str(metadata.get("general.name") or path.stem)
        self.architecture = str(metadata.get("general.architecture", ""))
        self.tools_learned = metadata.get("phial.tools_learned") is True
        controls = self.vocabulary.control_tokens
        self.dialect: Dialect = choose_dialect(
            ModelTraits(
                template=str(metadata.get("tokenizer.chat_template", "")),
                has_token=controls.__contains__,
                bos=self.vocabulary.bos,
                eos=self.vocabulary.eos,
                tools_learned=self.tools_learned,
            )
        )
        self.stop_ids = {controls[text] for text in self.dialect.stop_tokens if text in controls}

    def _load(
        self, path: Path, gpu_layers: int, progress: Callable[[float], None] | None
    ) -> ctypes.c_void_p:
        params = llama.llama_model_default_params()
        params.n_gpu_layers = gpu_layers if gpu_layers >= 0 else 0x7FFFFFFF

        def report(fraction: float, _user: object) -> bool:
            if progress is not None:
                progress(fraction)
            return True  # go on loading

        callback = llama.llama_progress_callback(report)
        params.progress_callback = callback
        _log.clear()
        model = llama.llama_model_load_from_file(os.fsencode(path), params)
        if not model:
            raise _load_error(path)
        return model  # type: ignore[no-any-return]

    def _new_context(self, wanted: int, threads: int) -> ctypes.c_void_p:
        self.threads = threads or _threads_for(llama.llama_model_n_params(self._model))
        trained = llama.llama_model_n_ctx_train(self._model)
        self.context_size = min(wanted, trained) if trained > 0 else wanted
        params = llama.llama_context_default_params()
        params.n_ctx = self.context_size
        params.n_batch = params.n_ubatch = min(BATCH, self.context_size)
        params.n_threads = params.n_threads_batch = self.threads
        params.no_perf = True
        params.abort_callback = self.stop.callback
        params.abort_callback_data = self.stop.data
        context = llama.llama_init_from_model(self._model, params)
        if not context:
            llama.llama_model_free(self._model)
            raise KnownError(
                "context_failed",
                f"There is not enough memory for a context of {self.context_size} tokens.",
                "Close other programs or choose a smaller model.",
            )
        return context  # type: ignore[no-any-return]

    def capabilities(self) -> Capabilities:
        """What is loaded."""
        return Capabilities(
            model_name=self.name,
            architecture=self.architecture,
            context=self.context_size,
            tools_learned=self.tools_learned,
            backend=self.backend,
            threads=self.threads,
            timings={"load": self.load_ms},
        )

    def close(self) -> None:
        """Free the native memory. The model must not be used afterwards."""
        llama.llama_free(self.context)
        llama.llama_model_free(self._model)


def _threads_for(parameters: int) -> int:
    """The cores this process may run on; one for a model too small to be worth waking a second.

    Threads meet at a barrier after every operation. In a small model the operations are shorter
    than the barrier, and on a busy machine each meeting waits for a turn of the scheduler.
    """
    if parameters < _SMALL_MODEL:
        return 1
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def _load_error(path: Path) -> KnownError:
    """A sentence for llama.cpp's refusal, from the lines it logged."""
    lines = "\n".join(_log)
    if "unknown model architecture" in lines:
        name = lines.split("unknown model architecture:", 1)[1].split("\n")[0].strip(" '\"")
        return KnownError(
            "unknown_architecture",
            f"{path.name} holds a model of the kind '{name}', which this engine cannot run.",
            "Choose a Phi-4-mini or Phi-4 GGUF file.",
        )
    if "failed to allocate" in lines or "out of memory" in lines:
        return KnownError(
            "not_enough_memory",
            f"There is not enough memory to load {path.name}.",
            "Close other programs or choose a smaller model.",
        )
    reason = next((line for line in reversed(_log) if "error" in line.lower()), "")
    return KnownError(
        "model_refused",
        f"{path.name} could not be loaded as a model. {reason[:200]}".strip(),
        "Get the file again, or choose another model.",
    )
