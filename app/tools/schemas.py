"""The 20 tools as the model, the constraint and scripts see them. Declarations only.

The order of properties is the order the model emits. `"x-span": true` marks strings that repeat
the user's words; with `"x-id": true` it may be an id the model was given instead ("e12").
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from app.core.ports import ToolSpec
from app.core.proposals import Risk

Schema = Mapping[str, object]

_WORDS = 200
_BODY = 20_000
_MANY = 50


def _span(longest: int = _WORDS) -> Schema:
    return {"type": "string", "maxLength": longest, "x-span": True}


def _reference() -> Schema:
    return {**_span(), "x-id": True}


def _plain(longest: int = _WORDS) -> Schema:
    return {"type": "string", "maxLength": longest}


def _short_id() -> Schema:
    return {**_plain(20), "x-id": True}


def _one_of(*values: str) -> Schema:
    longest = max(len(value) for value in values)
    return {"type": "string", "enum": list(values), "maxLength": longest}


def _names() -> Schema:
    return {"type": "array", "items": _span(), "maxItems": _MANY}


def _references() -> Schema:
    ids = {"type": "array", "items": _short_id(), "maxItems": _MANY}
    return {"anyOf": [_reference(), ids]}


def _limit(most: int) -> Schema:
    return {"type": "integer", "minimum": 1, "maximum": most}


_YES_NO: Schema = {"type": "boolean"}
_SCOPE = _one_of("this", "following", "all")
_MAIL_FILTERS: Mapping[str, Schema] = {
    "words": _span(),
    "from": _span(),
    "to": _span(),
    "folder": _span(),
    "when": _span(),
    "unread": _YES_NO,
    "label": _span(),
    "sort": _one_of("newest", "oldest", "relevance"),
    "limit": _limit(20),
}


def _tool(
    name: str,
    purpose: str,
    risk: Risk,
    properties: Mapping[str, Schema],
    required: Sequence[str] = (),
) -> ToolSpec:
    parameters: dict[str, object] = {
        "type": "object",
        "properties": dict(properties),
        "required": list(required),
        "additionalProperties": False,
    }
    return ToolSpec(name, purpose, risk, parameters)


DECLARED: tuple[ToolSpec, ...] = (
    _tool("mail_find", "List mail.", Risk.READ, _MAIL_FILTERS),
    _tool("mail_read", "Show one mail.", Risk.READ, {"message": _reference()}, ["message"]),
    _tool(
        "mail_summarise",
        "Summarise mail.",
        Risk.READ,
        {"messages": _references(), **_MAIL_FILTERS, "focus": _span()},
    ),
    _tool(
        "mail_extract",
        "Take a fact out of a mail.",
        Risk.READ,
        {
            "message": _reference(),
            "what": _one_of("event", "date", "code", "link", "address", "tasks", "answer"),
            "question": _span(),
        },
        ["message", "what"],
    ),
    _tool(
        "mail_draft",
        "Write a new mail, unsent.",
        Risk.DRAFT,
        {
            "to": _names(),
            "subject": _span(),
            "body": _span(_BODY),
            "cc": _names(),
            "bcc": _names(),
            "attach": _names(),
        },
        ["to", "body"],
    ),
    _tool(
        "mail_reply",
        "Answer a mail.",
        Risk.DRAFT,
        {"message": _reference(), "body": _span(_BODY), "all": _YES_NO, "cc": _names()},
        ["message", "body"],
    ),
    _tool(
        "mail_forward",
        "Pass a mail on.",
        Risk.DRAFT,
        {"message": _reference(), "to": _names(), "body": _span(_BODY)},
        ["message", "to"],
    ),
    _tool(
        "mail_send",
        "Send a draft.",
        Risk.SEND,
        {"draft": _reference(), "when": _span()},
        ["draft"],
    ),
    _tool(
        "mail_update",
        "File or mark mail.",
        Risk.CHANGE,
        {
            "messages": _references(),
            "action": _one_of(
                "archive", "trash", "inbox", "read", "unread", "flag", "unflag", "label", "unlabel"
            ),
            "value": _span(),
        },
        ["messages", "action"],
    ),
    _tool("contact_find", "Look up a person.", Risk.READ, {"name": _span()}, ["name"]),
    _tool(
        "cal_find",
        "List events.",
        Risk.READ,
        {"words": _span(), "when": _span(), "with": _names(), "limit": _limit(100)},
    ),
    _tool(
        "cal_free",
        "Find free time.",
        Risk.READ,
        {
            "when": _span(),
            "duration": _span(),
            "with": _names(),
            "choose": _one_of("first", "best"),
        },
    ),
    _tool("cal_conflicts", "List clashing events.", Risk.READ, {"when": _span()}),
    _tool(
        "cal_resolve",
        "Plan away clashes.",
        Risk.READ,
        {"when": _span(), "keep": _names(), "movable": _names()},
    ),
    _tool(
        "cal_create",
        "Add an event.",
        Risk.CHANGE,
        {
            "title": _span(),
            "when": _span(),
            "duration": _span(),
            "with": _names(),
            "invite": _YES_NO,
            "where": _span(),
            "notes": _span(_BODY),
            "repeat": _span(),
            "remind": _span(),
        },
        ["title", "when"],
    ),
    _tool(
        "cal_move",
        "Move an event.",
        Risk.CHANGE,
        {
            "event": _reference(),
            "to": _span(),
            "by": _span(),
            "choose": _one_of("free", "first", "best"),
        },
        ["event"],
    ),
    _tool(
        "cal_change",
        "Edit an event.",
        Risk.CHANGE,
        {
            "event": _reference(),
            "title": _span(),
            "duration": _span(),
            "where": _span(),
            "notes": _span(_BODY),
            "add": _names(),
            "remove": _names(),
            "scope": _SCOPE,
        },
        ["event"],
    ),
    _tool(
        "cal_cancel",
        "Cancel events.",
        Risk.CHANGE,
        {"events": _references(), "scope": _SCOPE},
        ["events"],
    ),
    _tool(
        "cal_respond",
        "Answer an invitation.",
        Risk.SEND,
        {
            "event": _reference(),
            "answer": _one_of("accept", "tentative", "decline", "counter"),
            "comment": _span(2_000),
            "to": _span(),
        },
        ["event", "answer"],
    ),
    _tool("undo", "Take back the last change.", Risk.CHANGE, {"change": _short_id()}),
)
"""All tools a model may know, in the order they are announced."""


def declared(name: str) -> ToolSpec:
    """The spec of a tool by its name. Raises KeyError."""
    return next(spec for spec in DECLARED if spec.name == name)
