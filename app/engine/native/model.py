"""A GGUF file loaded by llama.cpp: the model, one context, and what the file says of itself."""

from __future__ import annotations

import ctypes
import os
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from functools import cached_property
from pathlib import Path

from app.core.errors import KnownError
from app.core.ports import Capabilities
from app.engine.dialects import Dialect, ModelTraits, choose_dialect, template_agrees
from app.engine.gguf_file import check_gguf
from app.engine.model_notes import ModelNote, ModelNotes, fingerprint
from app.engine.native.binding import Device, StopFlag, build, gpus, llama, start_backend
from app.engine.native.refusals import (
    context_refusal,
    forget_log,
    load_refusal,
    remember_log,
)
from app.engine.native.tuning import best_threads, busy, logical_cores, physical_cores, quick_batch
from app.engine.native.vocabulary import Vocabulary
from app.engine.needs import STEP, Appetite, Window, kv_type_named
from app.workers.diagnose import OPENED, OPENING
from app.workers.memory import amount, free_bytes

_BATCH = 512
_QUICK_BATCH = 384  # of a model large enough for a stop to have to wait for a batch
_SMALL_MODEL = 50_000_000  # weights
_NAME = 200  # characters of a model's own name that are of use
_KV_TYPES = {"f16": 1, "q8_0": 8}  # as ggml numbers them
_SHORT_OF_MEMORY = ("not_enough_memory", "context_failed", "model_refused")


class NativeModel:
    """A model and its one context. Not thread-safe, but `stop.set()` may come from any thread.

    `context_size` is in tokens, kept as `kv_type` says; `long_rope`: with LongRoPE's long factors.
    At most `batch` tokens are evaluated at once, so that a stop is quick. The logits of a batch's
    last token only are there afterwards.
    """

    def __init__(
        self,
        path: Path,
        *,
        context: int = 0,
        threads: int = 0,
        gpu_layers: int = -1,
        kv_type: str = "",
        cache: Path | None = None,
        progress: Callable[[float], None] | None = None,
    ) -> None:
        """Load `path` with room for `context` tokens; 0 takes what suits the model and fits.

        `threads` 0 takes what was found best. `gpu_layers` -1 means as many as fit on the GPUs, 0
        none. `kv_type` is "f16" or "q8_0"; "" or "auto" takes f16 where it fits. `cache` is the
        folder where what is learned of the model is kept. `progress` is told the fraction loaded,
        0 to 1. Raises KnownError with a sentence for every file that cannot be used.
        """
        began = time.perf_counter()
        self._path = path
        self._header = check_gguf(path)
        self._metadata = self._header.metadata
        self._progress = progress
        self._wanted = context
        self._wanted_kv = kv_type_named(kv_type)
        self._wanted_threads = threads
        name = str(self._metadata.get("general.name", ""))[:_NAME]
        self.name = " ".join(name.split()) or path.stem
        self.architecture = str(self._metadata.get("general.architecture", ""))
        self.tools_learned = self._metadata.get("phial.tools_learned") is True
        sure_from = self._metadata.get("phial.sure_from")
        self.sure_from = sure_from if isinstance(sure_from, float) and 0 <= sure_from <= 1 else 0.0
        words = self._metadata.get("phial.words") if self.tools_learned else ""
        self.words = words.split() if isinstance(words, str) else []
        self._small = self._header.shape.parameters < _SMALL_MODEL
        self.batch = _BATCH if self._small else _QUICK_BATCH
        self._appetite = Appetite(self._header.shape, self._header.file_bytes, self.batch)
        self._notes = ModelNotes(cache)
        start_backend(remember_log)
        self.stop = StopFlag()
        self.devices = [] if gpu_layers == 0 else gpus()
        self._place(gpu_layers)
        self.memory = llama.llama_get_memory(self.context)
        if cache is not None and not self._small:
            self._probe()
        self.load_ms = (time.perf_counter() - began) * 1e3

    def _place(self, most: int) -> None:
        """Load the model onto the GPUs, in part if need be, or else beside them."""
        for layers in self._placements(self.devices, most):
            try:
                self._load(layers)
                return
            except KnownError as error:
                # What does not fit may fit with fewer layers; a wrong file is wrong everywhere.
                if not layers or error.code not in _SHORT_OF_MEMORY:
                    raise

    def _placements(self, devices: list[Device], most: int) -> list[int]:
        """How many layers to try on the GPUs, one after the other; 0 is the CPU."""
        if not devices:
            return [0]
        free = sum(device.free_bytes for device in devices)
        layers = self._appetite.layers_on_gpu(self._window(False, free), free)
        layers = layers if most < 0 else min(layers, most)
        return list(dict.fromkeys([layers, layers * 3 // 4, layers // 2, 0]))

    def _load(self, layers: int) -> None:
        """The model with so many layers on the GPUs, its dialect, and its context."""
        self.backend = self.devices[0].kind if layers else "CPU"
        free = free_bytes()
        if layers:
            free += sum(device.free_bytes for device in self.devices if not device.shared)
        window = self._window(False, free)
        self._appetite.check(self._path.name, window, free)
        if not layers:  # with a GPU, a crash may be its driver's fault
            print(OPENING, file=sys.stderr, flush=True)
        self._model = self._open(layers)
        try:
            self.vocabulary = Vocabulary(llama.llama_model_get_vocab(self._model))
            self.dialect = self._dialect()
            self.reasoning = self.dialect.reasoning
            if self.reasoning:
                window = self._window(True, free)
            self.context = self._new_context(window, free)
            self._try_out()
        except BaseException:
            llama.llama_model_free(self._model)
            raise
        print(OPENED, file=sys.stderr, flush=True)

    def _window(self, reasoning: bool, free: int) -> Window:
        """The context to make with so much memory free."""
        kv_type, appetite = self._wanted_kv, self._appetite
        if self._wanted:
            return appetite.chosen(self._wanted, kv_type, free)
        return appetite.automatic(kv_type, reasoning, free)

    def _open(self, layers: int) -> ctypes.c_void_p:
        params = llama.llama_model_default_params()
        params.n_gpu_layers = layers
        none = (ctypes.c_void_p * 1)(None)
        if not layers:
            params.devices = ctypes.cast(none, ctypes.c_void_p)  # nor for anything else
        progress = self._progress

        def report(fraction: float, _user: object) -> bool:
            if progress is not None:
                progress(fraction)
            return True  # go on loading

        callback = llama.llama_progress_callback(report)
        params.progress_callback = callback
        forget_log()
        model = llama.llama_model_load_from_file(os.fsencode(self._path), params)
        if not model:
            raise load_refusal(self._path)
        return model  # type: ignore[no-any-return]

    def _dialect(self) -> Dialect:
        controls = self.vocabulary.control_tokens
        self._traits = ModelTraits(
            template=str(self._metadata.get("tokenizer.chat_template", "")),
            has_token=controls.__contains__,
            bos=self.vocabulary.bos,
            eos=self.vocabulary.eos,
            tools_learned=self.tools_learned,
            name=self.name,
        )
        dialect = choose_dialect(self._traits)
        self.template_agrees = self._agrees(dialect)
        if not self.template_agrees:
            dialect = choose_dialect(self._traits, agrees=False)
        self.stop_ids = {controls[text] for text in dialect.stop_tokens if text in controls}
        return dialect

    def _agrees(self, dialect: Dialect) -> bool:
        """Whether our dialect writes what the file's template does; noted, as it takes a while."""
        if not self._traits.template:
            return True
        known = None if self._small else self._notes.of(self.fingerprint)
        return template_agrees(self._traits, dialect) if known is None else known.template_agrees

    def _new_context(self, window: Window, free: int) -> ctypes.c_void_p:
        shape = self._header.shape
        self.context_size, self.kv_type = window.tokens, window.kv_type
        self.batch = min(self.batch, window.tokens)
        on_cpu = self.backend == "CPU" and not self._small
        plain = on_cpu and self._appetite.plain_attention(window, free)
        self._attention = "plain" if plain else "flash"
        self.needs = self._appetite.needs(window, plain_attention=plain)
        rounded = -(-window.tokens // STEP) * STEP
        self.long_rope = 0 < shape.original_context < rounded
        # Threads meet at a barrier after every operation. In a small model the operations are
        # shorter than the barrier, and on a busy machine each meeting waits for the scheduler.
        self.threads = self._wanted_threads or (1 if self._small else physical_cores())
        params = llama.llama_context_default_params()
        params.n_ctx = window.tokens
        params.n_batch = params.n_ubatch = self.batch
        params.n_outputs_max = 1  # else room for a batch of them: 400 MB with 200,000 tokens
        params.n_threads = params.n_threads_batch = self.threads
        params.type_k = params.type_v = _KV_TYPES[window.kv_type]
        if plain:
            params.flash_attn_type = llama.LLAMA_FLASH_ATTN_TYPE_DISABLED
        params.no_perf = True
        params.abort_callback = self.stop.callback
        params.abort_callback_data = self.stop.data
        forget_log()
        context = llama.llama_init_from_model(self._model, params)
        if not context:
            raise context_refusal(self._path, window)
        return context  # type: ignore[no-any-return]

    def _try_out(self) -> None:
        """Evaluate one token: what loads may still not run, and that is the file's fault."""
        forget_log()
        one = (llama.llama_token * 1)(0)
        status = llama.llama_decode(self.context, llama.llama_batch_get_one(one, 1))
        llama.llama_memory_clear(llama.llama_get_memory(self.context), True)
        if status:
            llama.llama_free(self.context)
            raise load_refusal(self._path)

    def _probe(self) -> None:
        """Set what was found best on this machine, before or now, and note what the model is."""
        machine = f"{logical_cores()} of {os.cpu_count()} cores, {build()}"
        known = self._notes.of(self.fingerprint)
        if known is None or known.machine != machine:
            known = ModelNote(
                name=self.name,
                machine=machine,
                tools_native=self.dialect.tools_native,
                reasoning=self.reasoning,
                trained_context=self._header.shape.trained_context,
                template_agrees=self.template_agrees,
            )
        if self.backend == "CPU" and not known.threads and not busy():
            known = self._tuned(known)
        self._notes.keep(self.fingerprint, known)
        self.batch = min(self.batch, known.batch or self.batch)
        if not self._wanted_threads and known.threads:
            self.threads = known.threads
            llama.llama_set_n_threads(self.context, known.threads, physical_cores())

    def _tuned(self, note: ModelNote) -> ModelNote:
        """The note with the threads and the batch that were found best by trying."""
        shape = self._header.shape
        passed = shape.parameters - shape.vocabulary * shape.width
        share = 2 * shape.feed_forward * shape.width / max(passed, 1)
        threads = best_threads(self.context, 0, self.stop)
        batch = quick_batch(self.context, 0, share, self.stop) if threads else None
        if threads is None or batch is None:
            return note
        return replace(note, threads=threads, batch=batch)

    @cached_property
    def fingerprint(self) -> str:
        """What the file is known by (hex), whatever its name."""
        return fingerprint(self._path, self._header.header_bytes)

    @cached_property
    def state_key(self) -> str:
        """What a saved state is good for: the same model, rope factors, KV layout and build."""
        factors = "long" if self.long_rope else "short"
        adapter = ""
        layout = f"{self.kv_type}-{self._attention}"
        return f"{self.fingerprint}-{factors}-{layout}-{adapter}-{build()}"

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
            tools_native=self.dialect.tools_native,
            reasoning=self.reasoning,
            vision=False,
            trained_context=self._header.shape.trained_context,
            long_rope=self.long_rope,
            kv_type=self.kv_type,
            memory_bytes=self.needs.total_bytes,
            devices=tuple(f"{each.name}, {amount(each.free_bytes)} free" for each in self.devices),
            sure_from=self.sure_from,
        )

    def close(self) -> None:
        """Free the native memory. The model must not be used afterwards."""
        llama.llama_free(self.context)
        llama.llama_model_free(self._model)
