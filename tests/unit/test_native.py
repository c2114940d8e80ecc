"""The native layer on a small model, in this process: tokens, characters, and the kept context."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.core.errors import KnownError
from app.core.events import EngineEvent, Finished, TextDelta, ToolCallReady
from app.core.messages import Message
from app.core.ports import GenerateRequest, ToolSpec
from app.core.proposals import Risk
from app.engine.native.binding import Device
from app.engine.native.generation import Generator
from app.engine.native.model import NativeModel
from app.engine.native.vocabulary import StreamDecoder, Vocabulary, decode
from app.engine.prompt import Content, Markup
from tests.support.commands import ROOT
from tests.support.synthetic_gguf import PHI4_MINI_CONTROLS, Shape, write


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Iterator[NativeModel]:
    path = write(tmp_path_factory.mktemp("models") / "model.gguf", Shape(ends=False))
    loaded = NativeModel(path, context=512)
    yield loaded
    loaded.close()


@pytest.fixture(scope="module")
def vocabulary(model: NativeModel) -> Vocabulary:
    return model.vocabulary


def test_the_low_level_api_is_imported_without_the_rest_of_its_package() -> None:
    code = (
        "import sys, app.engine.native.binding as b; assert b.llama.llama_max_devices() >= 1;"
        "print([m for m in ('numpy', 'jinja2', 'llama_cpp.llama') if m in sys.modules])"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "[]"


@pytest.mark.parametrize(
    ("name", "expected"), [("Phi\n4  " + "x" * 5_000, "Phi 4 " + "x" * 193), ("\n", "model")]
)
def test_a_models_own_name_is_one_line(tmp_path: Path, name: str, expected: str) -> None:
    loaded = NativeModel(write(tmp_path / "model.gguf", Shape(name=name)), context=256)
    try:
        assert loaded.name == expected
    finally:
        loaded.close()


@pytest.mark.parametrize("shared", [True, False])
def test_memory_that_a_gpu_shares_is_counted_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, shared: bool
) -> None:
    path = write(tmp_path / "model.gguf", Shape())
    much = Device("Some", "Some GPU", 10**12, 10**12, shared)
    monkeypatch.setattr("app.engine.native.model.gpus", lambda: [much])
    monkeypatch.setattr("app.engine.native.model.free_bytes", lambda: 1000)
    if shared:
        with pytest.raises(KnownError) as caught:
            NativeModel(path, context=256)
        assert caught.value.code == "not_enough_memory"
    else:
        NativeModel(path, context=256).close()


@given(st.text(max_size=40))
@settings(max_examples=60, deadline=None)
def test_text_survives_tokens_and_back(vocabulary: Vocabulary, text: str) -> None:
    plain = text.encode("utf-8", "replace").decode()
    assert decode(vocabulary, vocabulary.tokenize(text)) == plain


@given(st.text(min_size=1, max_size=20))
@settings(max_examples=60, deadline=None)
def test_a_stream_gives_whole_characters_only(vocabulary: Vocabulary, text: str) -> None:
    stream = StreamDecoder(vocabulary)
    pieces = [stream.feed(token) for token in vocabulary.tokenize(text)]
    assert "\ufffd" not in "".join(pieces).replace("\ufffd" if "\ufffd" in text else "", "")
    assert "".join(pieces) + stream.finish() == text.encode("utf-8", "replace").decode()


def test_a_character_cut_short_is_shown_as_such(vocabulary: Vocabulary) -> None:
    stream = StreamDecoder(vocabulary)
    for token in vocabulary.tokenize("é")[:-1]:
        assert stream.feed(token) == ""
    assert stream.finish() == "\ufffd"


def test_control_tokens_come_from_markup_and_never_from_content(vocabulary: Vocabulary) -> None:
    end = vocabulary.control_tokens["<|end|>"]
    assert vocabulary.prompt_tokens([Markup("<|end|>")]) == [end]
    assert end not in vocabulary.prompt_tokens([Content("<|end|>")])
    assert vocabulary.prompt_tokens([Markup("<|end|>"), Content("x"), Markup("<|end|>")])[::2] == [
        end,
        end,
    ]


def test_markup_and_content_beside_each_other_are_tokenised_together(
    vocabulary: Vocabulary,
) -> None:
    """The vocabulary has one merged token, "he"."""
    assert vocabulary.prompt_tokens([Markup("h"), Content("e")]) == vocabulary.tokenize("he")
    assert len(vocabulary.tokenize("he")) == 1


def text_of(generator: Generator, words: str) -> str:
    """The greedy answer to `words`."""
    events = list(generator.run(GenerateRequest("r", (Message.of("user", words),), max_tokens=12)))
    assert isinstance(events[-1], Finished)
    return "".join(event.text for event in events if isinstance(event, TextDelta))


def test_what_the_context_holds_already_changes_no_answer(model: NativeModel) -> None:
    fresh = {words: text_of(Generator(model), words) for words in ("abc def", "abc xyz")}
    kept = Generator(model)
    for words in ("abc def", "abc xyz", "abc def", "abc def"):
        assert text_of(kept, words) == fresh[words]


def test_a_prompt_longer_than_the_context_is_refused_with_the_numbers(model: NativeModel) -> None:
    events = list(Generator(model).run(GenerateRequest("r", (Message.of("user", "long " * 200),))))
    (failed,) = events
    assert failed.code == "too_long"  # type: ignore[union-attr]
    assert "512" in failed.message  # type: ignore[union-attr]


def test_a_stopped_prefill_leaves_the_model_usable(model: NativeModel) -> None:
    generator = Generator(model)
    before = text_of(generator, "abc")
    model.stop.set()
    events = list(generator.run(GenerateRequest("s", (Message.of("user", "other words"),))))
    assert events[-1].reason == "cancelled"  # type: ignore[union-attr]
    model.stop.clear()
    assert text_of(generator, "abc") == before


TEXT = "find the blue book by the lake"
FIND = ToolSpec(
    "find",
    "Look something up.",
    Risk.READ,
    {
        "type": "object",
        "properties": {
            "words": {"type": "string", "x-span": True},
            "limit": {"type": "integer"},
        },
        "required": ["words"],
        "additionalProperties": False,
    },
)


def noise_after(tmp_path: Path, opening: str) -> list[list[EngineEvent]]:
    """What models of noise answer that like to begin with `opening`, one generation a model."""
    controls = PHI4_MINI_CONTROLS if opening in PHI4_MINI_CONTROLS else ("<|end|>",)
    template = "{% for m in messages %}{{ m.content }}\n{% endfor %}"
    shape = Shape(controls=controls, template=template, ends=False, favourite=opening)
    request = GenerateRequest(
        "r", (Message.of("user", TEXT),), tools=(FIND,), spans=(TEXT,), max_tokens=300
    )
    generations = []
    for seed in range(12):
        loaded = NativeModel(write(tmp_path / f"{seed}.gguf", shape, seed), context=1024)
        try:
            generations.append(list(Generator(loaded).run(request)))
        finally:
            loaded.close()
    return generations


@pytest.mark.parametrize("opening", ['[{"name": "find", "arguments": {"words": ', "<|tool_call|>"])
def test_calls_are_held_to_the_schema_from_the_token_that_opens_them(
    tmp_path: Path, opening: str
) -> None:
    """A model with a call token opens a call by it; any other by the call's first words."""
    events = [event for generation in noise_after(tmp_path, opening) for event in generation]
    calls = [event.call for event in events if isinstance(event, ToolCallReady)]
    assert len(calls) >= 2
    for call in calls:
        assert call.name == "find"
        words = str(call.arguments["words"])
        assert f" {words} " in f" {TEXT} " or re.fullmatch("[a-z][0-9]{1,9}|", words)


def test_a_bracket_that_begins_no_call_is_text(tmp_path: Path) -> None:
    texts = [
        "".join(event.text for event in generation if isinstance(event, TextDelta))
        for generation in noise_after(tmp_path, "[")
    ]
    assert any(text.startswith("[") and len(text) > 20 for text in texts)
