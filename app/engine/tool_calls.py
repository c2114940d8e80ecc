"""Reading the list of calls a model wrote after its tool-call token."""

from __future__ import annotations

import json

from app.core.messages import ToolCall


def read_tool_calls(text: str) -> list[ToolCall]:
    """The calls in `text`, a JSON list the constraint has let pass.

    One leading space of every string is dropped: models may write it so that the tokens they
    copy equal the prompt's. Raises ValueError if the text is not such a list.
    """
    calls = json.loads(text)
    if not isinstance(calls, list) or not calls:
        raise ValueError("not a list of calls")
    found = []
    for call in calls:
        if not isinstance(call, dict) or not isinstance(call.get("name"), str):
            raise ValueError("a call without a name")
        arguments = call.get("arguments", {})
        if not isinstance(arguments, dict):
            raise ValueError("arguments that are not an object")
        found.append(
            ToolCall(call["name"], {key: _unspaced(value) for key, value in arguments.items()})
        )
    return found


def _unspaced(value: object) -> object:
    if isinstance(value, str):
        return value.removeprefix(" ")
    if isinstance(value, list):
        return [_unspaced(item) for item in value]
    return value
