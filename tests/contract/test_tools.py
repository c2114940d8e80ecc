"""Every declared tool: its schema, its risk, and how a wrong call is refused."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from app.core.ports import Clock, ToolSpec
from app.core.proposals import Risk
from app.engine.dialects.base import tools_json
from app.tools.schemas import DECLARED
from app.tools.validation import KEYWORDS
from tests.support.calendar_profile import (
    berlin,
)
from tests.support.tool_desk import Desk

CONTRACT = [
    "mail_find", "mail_read", "mail_summarise", "mail_extract", "mail_draft", "mail_reply",
    "mail_forward", "mail_send", "mail_update", "contact_find", "cal_find", "cal_free",
    "cal_conflicts", "cal_resolve", "cal_create", "cal_move", "cal_change", "cal_cancel",
    "cal_respond", "undo",
]  # fmt: skip


def test_the_declared_tools_are_the_contract(desk: Desk) -> None:
    assert [spec.name for spec in desk.registry.declared] == CONTRACT
    assert desk.registry.specs == desk.registry.declared


@pytest.mark.parametrize("spec", DECLARED, ids=lambda spec: spec.name)
def test_each_schema_is_closed_bounded_and_of_the_kind_the_validator_knows(spec: object) -> None:
    parameters = getattr(spec, "parameters")  # noqa: B009
    assert list(parameters) == ["type", "properties", "required", "additionalProperties"]
    assert (parameters["type"], parameters["additionalProperties"]) == ("object", False)
    assert set(parameters["required"]) <= set(parameters["properties"])

    def check(schema: Mapping[str, object]) -> None:
        assert set(schema) <= KEYWORDS
        variants = schema.get("anyOf")
        if isinstance(variants, list):
            for variant in variants:
                check(variant)
        elif schema["type"] == "string":
            assert "maxLength" in schema
        elif schema["type"] == "array":
            assert "maxItems" in schema
            items = schema["items"]
            assert isinstance(items, Mapping)
            check(items)
        else:
            assert schema["type"] in ("boolean", "integer")

    for schema in parameters["properties"].values():
        check(schema)


def test_the_users_words_are_spans() -> None:
    schemas = {spec.name: spec.parameters["properties"] for spec in DECLARED}
    create = schemas["cal_create"]
    assert isinstance(create, Mapping)
    names = [name for name, schema in create.items() if schema.get("x-span")]
    assert names == ["title", "when", "duration", "where", "notes", "repeat", "remind"]
    assert create["with"]["items"]["x-span"]
    cancel = schemas["cal_cancel"]
    assert isinstance(cancel, Mapping)
    assert cancel["events"]["anyOf"][0]["x-span"]


def test_all_tools_fit_into_the_prompt_prefix() -> None:
    text = tools_json(DECLARED)
    assert len(text) <= 5000


def test_risks_are_those_of_the_contract() -> None:
    risks = {spec.name: spec.risk for spec in DECLARED}
    assert risks["cal_find"] is Risk.READ and risks["mail_draft"] is Risk.DRAFT
    assert risks["cal_create"] is risks["undo"] is Risk.CHANGE
    assert risks["mail_send"] is risks["cal_respond"] is Risk.SEND


@pytest.mark.parametrize(
    ("name", "arguments", "names"),
    [
        ("cal_create", {"title": "x"}, "when"),
        ("cal_create", {"title": "  ", "when": "tomorrow"}, "title"),
        ("cal_create", {"title": "\x00\x07", "when": "tomorrow"}, "title"),
        ("cal_create", {"title": "x", "when": "tomorrow", "whom": "y"}, "whom"),
        ("cal_create", {"title": 5, "when": "tomorrow"}, "title"),
        ("cal_create", {"title": "x" * 201, "when": "tomorrow"}, "title"),
        ("cal_create", {"title": "x", "when": "tomorrow", "with": "Anna"}, "with"),
        ("cal_create", {"title": "x", "when": "tomorrow", "with": [1]}, "with"),
        ("cal_create", {"title": "x", "when": "tomorrow", "with": ["a"] * 51}, "with"),
        ("cal_create", {"title": "x", "when": "tomorrow", "invite": "yes"}, "invite"),
        ("cal_create", {"title": "x\ud800", "when": "tomorrow"}, "title"),
        ("cal_cancel", {"events": 7}, "events"),
        ("cal_cancel", {"events": "x", "scope": "some"}, "scope"),
        ("cal_find", {"limit": 0}, "limit"),
        ("cal_find", {"limit": True}, "limit"),
        ("cal_find", {"limit": "3"}, "limit"),
        ("undo", {"change": ["c1"]}, "change"),
    ],
)
def test_a_wrong_argument_is_named(
    desk: Desk, name: str, arguments: dict[str, object], names: str
) -> None:
    error = desk.refused(name, **arguments)
    assert error.code == "bad_argument" and names in error.message


def test_a_tool_that_is_unknown_says_so(desk: Desk) -> None:
    assert desk.refused("cal_destroy").code == "unknown_tool"


def test_another_zone_is_the_clocks(desk: Desk) -> None:
    tokyo = ZoneInfo("Asia/Tokyo")
    clock = Clock(datetime(2026, 11, 18, 9, 30, tzinfo=tokyo), tokyo)
    desk.profile.put(berlin("lunch", "20261120T120000", "20261120T130000"))
    assert "20:00–21:00 lunch" in desk.run("cal_find", clock, when="friday").sentence


@pytest.mark.parametrize("spec", DECLARED, ids=lambda spec: spec.name)
def test_each_tool_refuses_wrong_arguments_and_says_which(desk: Desk, spec: ToolSpec) -> None:
    properties, required = spec.parameters["properties"], spec.parameters["required"]
    assert isinstance(properties, Mapping) and isinstance(required, list)
    assert "“colour”" in desk.refused(spec.name, colour="red").message
    for name in properties:
        error = desk.refused(spec.name, **{name: {"odd": 1}})
        assert error.code == "bad_argument"
        assert f"“{name}”" in error.message
    if required:
        error = desk.refused(spec.name)
        assert error.code == "bad_argument"
        assert error.message.startswith("You did not say ")
        assert f"(“{required[0]}”)" in error.message


def test_every_tool_has_contract_tests_of_its_own() -> None:
    folder = Path(__file__).parent
    missing = [spec.name for spec in DECLARED if not (folder / f"test_{spec.name}.py").exists()]
    assert missing == []
