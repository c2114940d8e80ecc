"""The calls that the model learns: tools, the order of their arguments, and what these hold."""

import re
from collections.abc import Mapping
from typing import Any

TOOLS: dict[str, tuple[str, ...]] = {
    "mail_find": ("words", "from", "to", "folder", "when", "unread", "label", "sort", "limit"),
    "mail_read": ("message",),
    "mail_summarise": ("messages", "focus"),
    "mail_extract": ("message", "what", "question"),
    "mail_draft": ("to", "subject", "body", "cc", "bcc"),
    "mail_reply": ("message", "body", "all", "cc"),
    "mail_forward": ("message", "to", "body"),
    "mail_send": ("draft", "when"),
    "mail_update": ("messages", "action", "value"),
    "contact_find": ("name",),
    "cal_find": ("words", "when", "with", "limit"),
    "cal_free": ("when", "duration", "with", "choose"),
    "cal_conflicts": ("when",),
    "cal_resolve": ("when", "keep", "movable"),
    "cal_create": (
        "title", "when", "duration", "with", "invite", "where", "notes", "repeat", "remind",
    ),
    "cal_move": ("event", "to", "by", "choose"),
    "cal_change": (
        "event", "title", "duration", "where", "notes", "add", "remove", "scope",
    ),
    "cal_cancel": ("events", "scope"),
    "cal_respond": ("event", "answer", "comment", "to"),
    "undo": ("change",),
}  # fmt: skip
"""Each tool's arguments that the starter model uses, in the order in which a call gives them."""

NEEDED = {
    "mail_read": {"message": "ask_mail"},
    "mail_extract": {"message": "ask_mail", "what": ""},
    "mail_draft": {"to": "ask_whom", "body": "ask_body"},
    "mail_reply": {"message": "ask_mail", "body": "ask_body"},
    "mail_forward": {"message": "ask_mail", "to": "ask_whom"},
    "mail_send": {"draft": "ask_mail"},
    "mail_update": {"messages": "ask_mail", "action": ""},
    "contact_find": {"name": ""},
    "cal_create": {"title": "ask_title", "when": "ask_when"},
    "cal_move": {"event": "ask_event", "to by choose": "ask_to_when"},
    "cal_change": {
        "event": "ask_event", "title duration where notes add remove": "ask_change",
    },
    "cal_cancel": {"events": "ask_event"},
    "cal_respond": {"event": "ask_event", "answer": ""},
}  # fmt: skip
"""Arguments (or those of which one is enough) that a call cannot do without, each with the kind of
answer that asks for it; "" where there is none."""

FLAGS = {"unread", "all", "invite", "limit"}
"""Arguments that hold a boolean or a whole number."""

CONSTANTS = FLAGS | {"action", "answer", "what", "choose", "scope", "sort"}
"""Arguments that hold no words of the user but a canonical word, a boolean or a number."""

ARRAYS = {
    ("cal_create", "with"), ("cal_find", "with"), ("cal_free", "with"), ("cal_change", "add"),
    ("cal_change", "remove"), ("cal_resolve", "keep"), ("cal_resolve", "movable"),
    ("mail_find", "to"), ("mail_draft", "to"), ("mail_draft", "cc"), ("mail_draft", "bcc"),
    ("mail_reply", "cc"), ("mail_forward", "to"),
}  # fmt: skip
"""(tool, argument) pairs whose value is a list of names."""

Call = dict[str, Any]
"""`{"name": …, "arguments": {…}}`"""

_FROM_RESULT = re.compile(r" ([em]\d+|\d{4}-\d\d-\d\dT\d\d:\d\d)\Z")


def ordered(tool: str, said: Mapping[str, list[str]], constants: Mapping[str, Any]) -> Call | None:
    """The call of what was said and of constants; None where a span came out empty.

    Raises ValueError for an argument that the tool does not have; but people (`with`) may be
    named in any title.
    """
    if unknown := (said.keys() | constants.keys()) - {*TOOLS[tool], "with"}:
        raise ValueError(f"{tool} has no {sorted(unknown)}")
    arguments: dict[str, Any] = {}
    for name in TOOLS[tool]:
        if name in constants:
            arguments[name] = constants[name]
        elif name in said:
            texts = [" " + text for text in said[name]]
            if any(not text.strip() for text in texts):
                return None
            arguments[name] = texts if (tool, name) in ARRAYS else texts[0]
    return {"name": tool, "arguments": arguments}


def missing(call: Call) -> str | None:
    """The kind of answer that asks for what a call lacks; None where it lacks nothing."""
    for names, asks in NEEDED.get(call["name"], {}).items():
        if not call["arguments"].keys() & set(names.split()):
            return asks
    return None


def check(call: Call, text: str) -> None:
    """Raises ValueError unless the call keeps to the format (see `models/README.md`).

    `text` is what the user has said, now and before.
    """
    tool, arguments = call["name"], call["arguments"]
    if list(arguments) != [name for name in TOOLS[tool] if name in arguments]:
        raise ValueError(f"arguments unknown or out of order: {call}")
    for name, value in arguments.items():
        if name in CONSTANTS:
            continue
        values = value if (tool, name) in ARRAYS else [value]
        for copied in values:
            if _FROM_RESULT.match(copied):
                continue
            if copied != " " + copied.strip() or copied[1:] not in text:
                raise ValueError(f"{name} does not copy the message: {copied!r} in {text!r}")
