"""What the model is told of the calls it made: the lines the program writes, made up."""

from collections.abc import Sequence
from random import Random

from .calls import Call

READS = {
    "cal_find": "e", "cal_free": "", "cal_conflicts": "e", "cal_resolve": "e", "mail_find": "m",
    "mail_read": "m", "mail_summarise": "m", "mail_extract": "m", "contact_find": "",
}  # fmt: skip
"""Tools that only look, with the letter of the ids in their results."""

_STATELESS = "-"
"""Of several changes the last line says what became of them."""
_MOST_IDS = 8
_ERRORS = (
    "event_not_found", "message_not_found", "several_events", "several_messages", "when_ambiguous",
    "when_unclear", "person_not_found", "several_people",
)  # fmt: skip


def result(rng: Random, calls: Sequence[Call], state: str = "") -> tuple[str, str]:
    """The line about calls, and the id or the time that it names first.

    `state` is that of the last call: "done" (or "waiting", "declined") where it changes something,
    "none", "one" or "some" where it only looks, "several" where its words fitted several things.
    """
    lines, named = [], ""
    for call in calls:
        line, named = _one(rng, call["name"], state if call is calls[-1] else _STATELESS)
        lines.append(line)
    return "\n".join(lines), named


def opened(rng: Random, letter: str) -> tuple[str, str]:
    """The line about a mail ("m") or an event ("e") that the user has open, and its id."""
    (named,) = _ids(rng, letter, 1)
    return f"[open: {named}]", named


def failed(rng: Random, call: Call) -> str:
    """The line about a call that went wrong."""
    return f"[{call['name']} failed: {rng.choice(_ERRORS)}]"


def _one(rng: Random, tool: str, state: str) -> tuple[str, str]:
    if state == "several":
        return f"[{tool} failed: several_{'messages' if tool[0] == 'm' else 'events'}]", ""
    if tool == "cal_free":
        return _free(rng, state)
    if tool == "undo":
        return f"[undo: {state or 'done'}]", ""
    letter = READS.get(tool, "e" if tool.startswith("cal_") else "m")
    if tool not in READS:
        many = rng.randint(1, 4) if tool in ("cal_cancel", "mail_update") else 1
        ids = _ids(rng, letter, many)
        state = state or rng.choice(["done", "done", "done", "waiting", "declined"])
        ending = "" if state == _STATELESS else f"; {state}"
        return f"[{tool}: {', '.join(ids)}{ending}]", ids[0]
    single = tool in ("mail_read", "mail_extract")
    total = 0 if state == "none" else 1 if single else rng.choice([0, 1, 1, 2, 3, 4, 5, 7, 12])
    if state == "one":
        total = 1
    elif state == "some":
        total = max(2, total)
    ids = _ids(rng, letter, min(total, _MOST_IDS)) if letter else []
    parts = [] if single else [f"total: {total}"]
    parts += [", ".join(ids)] if ids else []
    return f"[{tool}: {'; '.join(parts)}]" if parts else f"[{tool}]", ids[0] if ids else ""


def _ids(rng: Random, letter: str, count: int) -> list[str]:
    first = rng.randint(1, rng.choice([20, 200, 2000]))
    if rng.random() < 0.6:
        return [f"{letter}{first + place}" for place in range(count)]
    return [f"{letter}{rng.randint(1, 2000)}" for _ in range(count)]


def _free(rng: Random, state: str) -> tuple[str, str]:
    if state == "none" or (not state and rng.random() < 0.3):
        return "[cal_free: busy]", ""
    day = f"{rng.randint(2025, 2029)}-{rng.randint(1, 12):02}-{rng.randint(1, 28):02}"
    hours = sorted(rng.sample(range(7, 20), rng.randint(1, 3)))
    times = [f"{day}T{hour:02}:{rng.choice(['00', '00', '30', '15', '45'])}" for hour in hours]
    return f"[cal_free: free; {', '.join(times)}]", times[0]
