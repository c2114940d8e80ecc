"""What is said of the model and of connections. Nothing that draws."""

from __future__ import annotations

from pathlib import PurePath

from app.core.text import counted
from app.ui.views import Connections, EngineStage, EngineStatus

_STOPPED = "The model stopped"
_UNTOUCHED = "Your data is untouched."
_AGAIN = "Your next request starts it again."
_GB = 1_000_000_000
_WORDS_A_TOKEN = 0.75
"""In English, about."""
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
        EngineStage.RESTING: "Asleep; wakes with your next request",
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
    if status.stage is EngineStage.RESTING:
        waiting += " Meanwhile it takes no memory."
    file = "" if status.starter else status.file
    return tuple(filter(None, (waiting, what, where, *_abilities(status), file)))


def _abilities(status: EngineStatus) -> tuple[str, ...]:
    """What a model that is loaded can do, how far it looks, and what it takes."""
    if status.stage is not EngineStage.READY:
        return ()
    found = []
    if status.reasoning:
        found.append(
            "It thinks before it answers. This model does not work on mail and calendar; choose"
            " Phi-4-mini for that."
        )
    elif status.tools_native:
        found.append("It was trained to use tools, such as those for mail and calendar.")
    elif not status.starter:
        found.append(
            "It was not trained to use tools: Phial explains mail and calendar to it with each"
            " request."
        )
    found.append(_reach(status))
    if status.long_rope:
        found.append(
            "It is set to read long texts (LongRoPE). That lets it look at a long correspondence"
            " at once; short requests may come out a little less exact."
        )
    if status.memory_bytes:
        takes = f"It takes about {memory_words(status.memory_bytes)} of memory."
        if status.kv_type not in ("", "f16"):
            takes += f" What it has read is kept in a compact form ({status.kv_type})."
        found.append(takes)
    return tuple(filter(None, found))


def _reach(status: EngineStatus) -> str:
    if not status.context:
        return ""
    words = round(status.context * _WORDS_A_TOKEN, -2)
    reach = f"It looks at {status.context:,} tokens at once, about {words:,.0f} words"
    used = f"; the last answer used {status.used:,} of them" if status.used else ""
    trained = status.trained_context
    made = f" It was made for up to {trained:,}." if trained > status.context else ""
    return f"{reach}{used}.{made}"


def memory_words(size: int) -> str:
    """An amount of memory: "3.1 GB"."""
    return f"{size / _GB:.1f} GB"


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
