"""Why a child ended, from its exit status and its last words, as a plain sentence.

Only the classification belongs here. A child's own text never becomes part of a sentence: it may
quote a stranger's file; it stays in the details.
"""

from __future__ import annotations

import re
import signal
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

Kind = Literal[
    "out_of_memory",
    "missing_instruction",
    "unsupported_file",
    "damaged_file",
    "aborted",
    "crashed",
    "killed",
    "exited",
]

OPENING = "[opening the file it was given]"
"""A child writes this to stderr before it hands a file to native code, and OPENED when it is in."""

OPENED = "[the file is open]"

_LAST_WORDS = 60
_OUT_OF_MEMORY = re.compile(
    r"bad_alloc|MemoryError|out of memory|not enough memory|cannot allocate memory"
    r"|OutOfDeviceMemory|OutOfHostMemory|failed to allocate|unable to allocate|cudaMalloc failed"
    r"|mmap failed: cannot",
    re.IGNORECASE,
)
_UNSUPPORTED_FILE = re.compile(
    r"unknown model architecture|invalid magic|bad magic|unsupported (file|model|format|version)"
    r"|unknown pre-tokenizer|not within (the )?file bounds|file is (truncated|corrupt)"
    r"|cannot identify image|failed to read magic|failed to load model",
    re.IGNORECASE,
)
_MISSING_INSTRUCTION = re.compile(r"illegal instruction", re.IGNORECASE)

# What Windows gives as the exit status where POSIX systems have a signal.
_WINDOWS: dict[int, Kind] = {
    0xC000001D: "missing_instruction",
    0xC0000005: "crashed",
    0xC00000FD: "crashed",
    0xC0000409: "aborted",
    0xC0000017: "out_of_memory",
}
_SIGNALS: dict[str, Kind] = {
    "SIGILL": "missing_instruction",
    "SIGABRT": "aborted",
    "SIGSEGV": "crashed",
    "SIGBUS": "crashed",
    "SIGFPE": "crashed",
    "SIGKILL": "killed",
    "SIGTERM": "killed",
}

_SENTENCES: dict[Kind, tuple[str, str]] = {
    "out_of_memory": (
        "ran out of memory",
        "Close other programs, or choose something smaller, such as a smaller model or picture.",
    ),
    "missing_instruction": (
        "needs an instruction this computer's processor does not have",
        "Install the build made for older processors.",
    ),
    "unsupported_file": (
        "could not read the file it was given",
        "Check that the file is complete and of a supported kind.",
    ),
    "damaged_file": (
        "ended while it was opening the file it was given: that file is most likely damaged",
        "Get the file again, or choose another one.",
    ),
    "aborted": ("stopped itself because of an internal error", "Try again."),
    "crashed": ("crashed", "Try again; if it happens with one file only, that file is the cause."),
    "killed": (
        "was ended from outside, as the system does when memory runs short",
        "Close other programs and try again.",
    ),
    "exited": ("ended before it was done", "Try again."),
}


@dataclass(frozen=True)
class Diagnosis:
    """Why a child ended. `sentence` begins with a verb; its subject is the child's name."""

    kind: Kind
    sentence: str
    hint: str


def diagnose(status: int, last_lines: Sequence[str]) -> Diagnosis:
    """Classify an end. `status` is as in `subprocess`: negative for a signal on POSIX systems.

    What the processor or the child itself says about the cause is worth more than the bare
    signal: a failed allocation ends in an abort.
    """
    kind = _by_status(status)
    words = "\n".join(last_lines[-_LAST_WORDS:])
    words = words[max(words.rfind(OPENED), 0) :]  # what was said before did no harm
    if kind != "missing_instruction":
        if _OUT_OF_MEMORY.search(words):
            kind = "out_of_memory"
        elif kind != "killed" and _UNSUPPORTED_FILE.search(words):
            kind = "unsupported_file"
        elif kind in ("aborted", "crashed") and OPENING in words:
            kind = "damaged_file"
        elif kind == "exited" and _MISSING_INSTRUCTION.search(words):
            kind = "missing_instruction"
    return Diagnosis(kind, *_SENTENCES[kind])


def _by_status(status: int) -> Kind:
    if status < 0:
        try:
            return _SIGNALS.get(signal.Signals(-status).name, "killed")
        except ValueError:
            return "killed"
    return _WINDOWS.get(status, "exited")
