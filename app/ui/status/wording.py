"""What is said of the model and of connections. Nothing that draws."""

from __future__ import annotations

from pathlib import PurePath

from app.core.text import counted
from app.ui.views import Connections, EngineStage, EngineStatus

_STOPPED = "The model stopped"
_UNTOUCHED = "Your data is untouched."
_AGAIN = "Your next request starts it again."
_BACKENDS = {"cpu": "CPU", "cuda": "CUDA", "metal": "Metal", "vulkan": "Vulkan"}


def model_name(status: EngineStatus) -> str:
    """What the model is called: "Starter model", or its name, or its file's."""
    if status.starter:
        return "Starter model"
    return status.name or PurePath(status.file).name or "Model"


def model_words(status: EngineStatus) -> str:
    """The model and how far it is: "Loading the model, 42 %"."""
    words = {
        EngineStage.OFF: "Model not started",
        EngineStage.CHECKING: "Checking the model file",
        EngineStage.STARTING: "Starting the model",
        EngineStage.LOADING: f"Loading the model, {status.percent} %",
        EngineStage.READY: model_name(status),
        EngineStage.FAILED: _STOPPED if status.died else "The model could not be started",
    }
    return words[status.stage]


def backend_words(status: EngineStatus) -> str:
    """Where it runs: "CPU, 2 threads"; "" while it does not."""
    if status.stage is not EngineStage.READY or not status.backend:
        return ""
    backend = short_backend(status)
    if not status.threads:
        return backend
    return f"{backend}, {counted(status.threads, 'thread')}"


def short_backend(status: EngineStatus) -> str:
    """The back end alone: "CPU"."""
    return _BACKENDS.get(status.backend.casefold(), status.backend)


def context_words(status: EngineStatus) -> str:
    """The context in use: "212 of 4,096 tokens"; "" while there is none."""
    if status.stage is not EngineStage.READY or not status.context:
        return ""
    return f"{status.used:,} of {status.context:,} tokens"


def short_context(status: EngineStatus) -> str:
    """The context in use for a narrow window: "5 % used"."""
    return f"{round(100 * status.used / status.context)} % used" if status.context else ""


def connection_words(connections: Connections) -> str:
    """How many connections were opened: "0 connections"."""
    return counted(connections.count, "connection")


def model_explained(status: EngineStatus) -> tuple[str, ...]:
    """What the model is, or what went wrong, in sentences; the file last."""
    if status.stage is EngineStage.FAILED:
        said = f"{status.message} {status.hint}".casefold()
        more = (_UNTOUCHED if "untouched" not in said else "", _AGAIN) if status.died else ()
        return tuple(filter(None, (status.message, *more, status.hint, status.file)))
    if status.starter:
        what = "This small model comes with Phial. A larger one understands more requests."
    else:
        what = f"This is the model you chose: {model_name(status)}."
    where = "It runs on this machine; what you write to it stays here."
    waiting = "" if status.stage is EngineStage.READY else f"{model_words(status)}."
    return tuple(filter(None, (waiting, what, where, "" if status.starter else status.file)))


def backend_explained(status: EngineStatus) -> tuple[str, ...]:
    """What back end and threads mean."""
    if status.backend.casefold() == "cpu":
        first = "The model runs on this machine's processor (CPU)."
    else:
        first = f"The model runs on this machine's graphics processor ({short_backend(status)})."
    if not status.threads:
        return (first,)
    cores = "core" if status.threads == 1 else "cores"
    return (first, f"It works on {counted(status.threads, 'thread')}, so on as many {cores}.")


def context_explained(status: EngineStatus) -> tuple[str, ...]:
    """What the context is."""
    return (
        f"The last answer used {status.used:,} of the {status.context:,} tokens that the model"
        " can look at together.",
        "A token is a short piece of a word. Your request, the tools and the answer share them.",
    )


def connections_explained(connections: Connections) -> tuple[str, ...]:
    """What was connected to, addresses last."""
    if not connections.count:
        return ("Phial has not opened any connection since it started.",)
    opened = counted(connections.count, "connection")
    return (f"Phial has opened {opened} since it started, to:", *connections.addresses)
