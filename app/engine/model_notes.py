"""What was learned of models by loading them, kept in the cache folder; and how a file is known.

No llama.cpp here. Everything in it can be learned again: what cannot be read is forgotten.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass, fields
from pathlib import Path

from app.core.errors import KnownError
from app.store.atomic import write_atomic

FILE = "models.json"
_MOST = 50
_LARGEST = 1 << 20  # bytes of a file of ours, by far
_BLOCKS, _BLOCK = 64, 1 << 16
_SHORT_HEX = 32


def fingerprint(path: Path, header_bytes: int) -> str:
    """What a model file is known by, in hex: the same for a copy, another for another model.

    A hash over its size, its header, and 64 blocks of 64 KiB spread evenly from the header to the
    end: all of a 9 GB file would take as long as loading it from a slow disk. So two files that
    differ only between these blocks look alike; quantising or training a model changes all of it.
    Raises KnownError("model_unreadable").
    """
    digest = hashlib.sha256()
    try:
        with path.open("rb") as file:
            size = os.fstat(file.fileno()).st_size
            digest.update(size.to_bytes(8, "little"))
            left = min(header_bytes, size)
            while left and (data := file.read(min(left, _BLOCK))):
                digest.update(data)
                left -= len(data)
            last = max(header_bytes, size - _BLOCK)
            places = (header_bytes + (last - header_bytes) * n // _BLOCKS for n in range(_BLOCKS))
            for place in sorted({*places, last}):
                file.seek(place)
                digest.update(file.read(_BLOCK))
    except OSError as error:
        raise KnownError(
            "model_unreadable",
            f"The model file {path} cannot be read: {error.strerror}.",
            "Check its permissions, or choose another model.",
        ) from error
    return digest.hexdigest()[:_SHORT_HEX]


@dataclass(frozen=True)
class ModelNote:
    """What is known of one model.

    `threads` are the best for single tokens on `machine`, 0 if that was not tried; `batch` is how
    many tokens evaluated at once keep a stop quick there. `tools_native`: trained on tools in its
    prompt, else our own words tell it. `template_agrees`: our dialect writes what the template in
    the file does.
    """

    name: str = ""
    machine: str = ""
    threads: int = 0
    batch: int = 0
    tools_native: bool = False
    reasoning: bool = False
    vision: bool = False
    trained_context: int = 0
    template_agrees: bool = True


class ModelNotes:
    """The notes in one folder, of the models used last. Losing them costs time only.

    Every method may be called with no folder: nothing is known and nothing kept.
    """

    def __init__(self, folder: Path | None) -> None:
        self._file = None if folder is None else folder / FILE

    def of(self, model: str) -> ModelNote | None:
        """What is known of the model with this fingerprint."""
        return self._read().get(model)

    def keep(self, model: str, note: ModelNote) -> None:
        """Note it, as the model used last."""
        if self._file is None:
            return
        notes = self._read()
        notes.pop(model, None)
        notes[model] = note
        kept = {name: asdict(notes[name]) for name in list(notes)[-_MOST:]}
        with suppress(KnownError):  # a full disk, a folder that vanished
            write_atomic(
                self._file,
                json.dumps({"models": kept}, indent=1).encode(),
                expected_version=None,
                durable=False,
            )

    def _read(self) -> dict[str, ModelNote]:
        if self._file is None:
            return {}
        try:
            if self._file.stat().st_size > _LARGEST:
                return {}
            found = json.loads(self._file.read_bytes())
        except (OSError, ValueError, RecursionError):
            return {}
        models = found.get("models") if isinstance(found, dict) else None
        if not isinstance(models, dict):
            return {}
        notes = {model: _note(said) for model, said in models.items()}
        return {model: note for model, note in notes.items() if note is not None}


def _note(said: object) -> ModelNote | None:
    """A note as it was written; None for anything else."""
    if not isinstance(said, Mapping):
        return None
    kinds = {field.name: type(field.default) for field in fields(ModelNote)}
    if said.keys() != kinds.keys():
        return None
    if any(type(said[name]) is not kind for name, kind in kinds.items()):
        return None
    note = ModelNote(**said)
    return note if min(note.threads, note.batch, note.trained_context) >= 0 else None
