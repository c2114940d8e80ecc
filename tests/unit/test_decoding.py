"""Answers of small real models whose wishes are known: thoughts, loose calls, stops.

After each decode a large number is put onto the logit of the token the model is to want next.
Everything else is as it is: sampler, constraint, context.
"""

from __future__ import annotations

import math
import random
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from app.core.errors import KnownError
from app.core.events import EngineEvent, TextDelta, ThoughtDelta, ToolCallReady
from app.core.messages import Message, ToolCall
from app.core.ports import GenerateRequest, ToolSpec
from app.core.proposals import Risk
from app.engine.native.binding import llama
from app.engine.native.decoding import Decoder, Ended
from app.engine.native.held import Held
from app.engine.native.model import NativeModel
from app.engine.native.sureness import Sureness
from tests.support.synthetic_gguf import PHI4_MINI_CONTROLS, Shape, write

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
    },
)
PLAIN = "{% for m in messages %}{{ m.content }}\n{% endfor %}"
CALL = '[{"name": "find", "arguments": {"words": "blue book"}}]'
BLUE_BOOK = ToolCall("find", {"words": "blue book"})
END = "<|end|>"
OWN = '[{"name": "'
"""One token of the model that has tokens of its own for calls, as the starter has."""


class Desk:
    """A model with a prompt in its context, and what it wants to say."""

    def __init__(self, path: Path, monkeypatch: pytest.MonkeyPatch, context: int = 512) -> None:
        self.model = NativeModel(path, context=context, threads=1)
        self.wishes: list[int] = []
        self.again: list[int] = []  # wished for once the context was rolled back
        self.place = 0
        self.decodes = 0
        decode = llama.llama_decode

        def decode_and_wish(context: object, batch: Any) -> int:
            self.decodes += 1
            status: int = decode(context, batch)
            place = llama.llama_memory_seq_pos_max(self.model.memory, 0)
            if place <= self.place and self.again:
                self.wishes, self.again = self.again, []
            self.place = place
            # Several at once were not sampled: the wishes among them are fulfilled.
            known = [batch.token[place] for place in range(1, batch.n_tokens)]
            if self.wishes[: len(known)] == known:
                del self.wishes[: len(known)]
            if status == 0 and self.wishes:
                llama.llama_get_logits_ith(context, -1)[self.wishes.pop(0)] = 1e6
            return status

        monkeypatch.setattr(llama, "llama_decode", decode_and_wish)
        self.held = Held(self.model)
        self.decoder = Decoder(self.model, self.held)
        vocabulary = self.model.vocabulary
        self.prompt = vocabulary.tokenize(TEXT + "\n")
        self.singles = dict(vocabulary.control_tokens)
        for token in range(vocabulary.size):
            if vocabulary.piece(token) == OWN.encode():
                self.singles[OWN] = token

    def tokens(self, *parts: str) -> list[int]:
        """Tokens of their own where parts have them, else those of the text."""
        vocabulary = self.model.vocabulary
        found = []
        for part in parts:
            one = self.singles.get(part)
            found += vocabulary.tokenize(part) if one is None else [one]
        return found

    def begin(
        self, *wishes: str, again: str = "", room: int | None = None, **asked: object
    ) -> Iterator[EngineEvent]:
        """The events of an answer wished for; `ended` is set at their end."""
        self.wishes, self.again = [], []
        list(self.held.prefill(self.prompt[:-1]))
        self.wishes = self.tokens(*wishes)
        list(self.held.prefill(self.prompt))
        self.again = self.tokens(again)
        self.decodes = 0
        request = GenerateRequest("r", (Message.of("user", TEXT),), spans=(TEXT,))
        request = replace(request, **asked)  # type: ignore[arg-type]
        whole = self.model.context_size - len(self.prompt)
        self.ended: Ended = yield from self.decoder.answer(request, room or whole)

    def answer(self, *wishes: str, **asked: object) -> tuple[str, str, Ended]:
        """Thought, answer, and how it ended."""
        thought = answer = ""
        calls = []
        for event in self.begin(*wishes, **asked):
            thought += event.text if isinstance(event, ThoughtDelta) else ""
            answer += event.text if isinstance(event, TextDelta) else ""
            calls += [event.call] if isinstance(event, ToolCallReady) else []
        assert self.ended.text == answer
        assert list(self.ended.calls) == calls
        self.check_held()
        return thought, answer, self.ended

    def check_held(self) -> None:
        """What is said to be in the context is there, position by position."""
        assert llama.llama_memory_seq_pos_max(self.model.memory, 0) == len(self.held.tokens) - 1


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """One small model of each kind."""
    folder = tmp_path_factory.mktemp("models")
    tags = ("<think>", "</think>")
    shapes = {
        "plain": Shape(controls=(END,), template=PLAIN),
        "mini": Shape(),
        "own tokens": Shape(favourite=OWN),
        "with a bar": Shape(sure_from=0.5),
        "thinks": Shape(controls=(END,), template=PLAIN, name="A reasoning model"),
        "thinks in tokens": Shape(controls=(END, *tags), template=PLAIN),
        "inside": Shape(controls=(END,), template=PLAIN + "<think>\n"),
        "mini thinks": Shape(controls=(*PHI4_MINI_CONTROLS, *tags)),
    }
    return {name: write(folder / f"{name}.gguf", shape) for name, shape in shapes.items()}


@pytest.fixture
def desk(
    request: pytest.FixtureRequest, files: dict[str, Path], monkeypatch: pytest.MonkeyPatch
) -> Iterator[Desk]:
    desk = Desk(files[request.param], monkeypatch)
    yield desk
    desk.model.close()


def kinds(*names: str) -> pytest.MarkDecorator:
    """The test runs with each of these models."""
    return pytest.mark.parametrize("desk", names, indirect=True)


THINKS = ("thinks", "thinks in tokens", "mini thinks")


@kinds("plain", "mini")
def test_a_model_that_does_not_think_speaks_of_tags_as_of_anything(desk: Desk) -> None:
    assert desk.answer("<think>a</think>b", END)[:2] == ("", "<think>a</think>b")


@kinds(*THINKS)
def test_a_thought_is_no_part_of_the_answer(desk: Desk) -> None:
    thought, answer, ended = desk.answer("<think>", "hm…\n", "</think>", "\n\nYes.", END)
    assert (thought, answer, ended.reason) == ("hm…\n", "Yes.", "end")
    assert list(ended.tokens) == desk.held.tokens[len(desk.prompt) :]
    assert list(ended.tokens) == desk.tokens("<think>", "hm…\n", "</think>", "\n\nYes.")


@kinds("inside")
def test_a_thought_the_prompt_began(desk: Desk) -> None:
    assert desk.answer("hm</think>Yes.", END)[:2] == ("hm", "Yes.")


@kinds("inside", "thinks", "thinks in tokens")
def test_a_thought_that_fills_its_budget_is_closed(desk: Desk) -> None:
    opening = () if desk.model.dialect.opens_thought else ("<think>",)
    thought, answer, ended = desk.answer(*opening, "0" * 90, "Four.", END, max_thinking=90)
    # The tag's last character may count among the 90; the wish after them meets the closing.
    assert thought in ("0" * 89, "0" * 90)
    assert answer in ("Four.", "our.")
    closed = [*desk.tokens(thought, "</think>", answer)]
    assert list(ended.tokens)[-len(closed) :] == closed


@kinds(*THINKS)
def test_no_budget_means_no_thought(desk: Desk) -> None:
    thought, answer, _ = desk.answer("<think>", "x", "Four.", END, max_thinking=0)
    assert (thought, answer) == ("", "Four.")


@kinds(*THINKS)
def test_answer_now_closes_the_thought_and_counts_once(desk: Desk) -> None:
    events = desk.begin("<think>", "on and ", "x", "Four.", END)
    thought = ""
    for event in events:
        if isinstance(event, ThoughtDelta):
            thought += event.text
        if thought == "on and ":
            desk.decoder.answer_now()
            break
    rest = list(events)
    assert "".join(each.text for each in rest if isinstance(each, TextDelta)) == "Four."
    assert not any(isinstance(each, ThoughtDelta) for each in rest)
    desk.check_held()
    # A word from before the answer is not for it.
    desk.decoder.answer_now()
    assert desk.answer("<think>", "hm", "</think>", "Yes.", END)[:2] == ("hm", "Yes.")


@kinds(*THINKS)
def test_a_turn_ended_inside_a_thought_goes_on_with_the_answer(desk: Desk) -> None:
    thought, answer, ended = desk.answer("<think>", "hm", END, "Four.", END)
    assert (thought, answer, ended.reason) == ("hm", "Four.", "end")


@kinds(*THINKS)
def test_a_turn_ended_after_a_thought_without_an_answer_goes_on_once(desk: Desk) -> None:
    _, answer, ended = desk.answer("<think>", "hm", "</think>", END, END, max_tokens=40)
    assert ended.reason == "end"
    assert len(ended.tokens) == len(desk.tokens("<think>", "hm", "</think>")) + 1
    assert answer or ended.tokens[-1] not in desk.tokens(END)


@kinds("thinks", "inside")
def test_a_thought_leaves_room_for_the_answer(desk: Desk) -> None:
    thought, answer, ended = desk.answer("<think>", "x" * 600, temperature=0.0, max_tokens=100)
    assert ended.reason == "length"
    assert len(thought) > 300
    assert len(ended.tokens) <= desk.model.context_size - len(desk.prompt)
    assert len(answer.encode()) >= 90  # noise, one byte a token
    few = desk.answer("<think>", "x" * 600, room=6)[2]
    assert len(few.tokens) <= 6


@kinds("thinks")
def test_thinking_is_no_part_of_the_answers_length(desk: Desk) -> None:
    thought, answer, ended = desk.answer(
        "<think>", "x" * 200, "</think>", "abcdefgh", END, max_tokens=12
    )
    assert (thought, answer, ended.reason) == ("x" * 200, "abcdefgh", "end")


@kinds("mini", "mini thinks")
def test_a_call_is_held_to_its_schema_from_its_token_on(desk: Desk) -> None:
    _, answer, ended = desk.answer("Sure: ", "<|tool_call|>", tools=(FIND,), max_tokens=200)
    assert (answer, ended.reason) == ("Sure: ", "tool_call")
    (call,) = ended.calls[:1]
    assert call.name == "find"
    assert f" {call.arguments['words']!s} " in f" {TEXT} " or not call.arguments["words"]


@kinds("mini", "plain", "thinks")
def test_a_call_written_as_the_constraint_wants_it_goes_on_under_it(desk: Desk) -> None:
    _, answer, ended = desk.answer(CALL.removesuffix('"blue book"}}]'), tools=(FIND,))
    assert (answer, ended.reason) == ("", "tool_call")
    assert ended.calls[0].name == "find"
    assert list(ended.tokens[:16]) == desk.tokens(CALL)[:16]


LOOSE = [
    '```json\n{"name": "find", "arguments": {"words": "blue book"}}\n```',
    '{"name": "find", "parameters": {"words": "blue book"}}',
    '<tool_call>{"name": "find", "arguments": {"words": " blue book"}}</tool_call>',
    'functools[{"name": "find", "arguments": "{\\"words\\": \\"blue book\\"}"}]',
    '{"type": "function", "function": {"name": "find", "arguments": {"words": "blue book"}}}',
]


@kinds("plain", "mini", "inside")
def test_an_answer_that_must_be_a_call_is_one_whatever_the_model_wants(desk: Desk) -> None:
    _, answer, ended = desk.answer("I", " w", tools=(FIND,), must_call=True)
    assert (answer, ended.reason) == ("", "tool_call")
    assert {call.name for call in ended.calls} == {"find"}


@kinds("mini", "plain")
@pytest.mark.parametrize("written", LOOSE)
def test_a_loose_call_that_fits_its_schema_is_taken_as_it_is(desk: Desk, written: str) -> None:
    _, answer, ended = desk.answer(written, END, tools=(FIND,))
    assert (answer, ended.reason, ended.calls) == ("", "tool_call", (BLUE_BOOK,))
    assert desk.decodes <= len(desk.tokens(written))  # nothing was decoded a second time


@kinds("plain")
def test_what_a_model_makes_up_after_its_call_is_not_waited_for(desk: Desk) -> None:
    ended = desk.answer(LOOSE[1], "\nResult: " + "there is nothing " * 9, END, tools=(FIND,))[2]
    assert ended.calls == (BLUE_BOOK,)
    assert desk.decodes < len(desk.tokens(LOOSE[1], "\nResult: "))


@kinds("own tokens")
def test_a_call_is_written_in_the_tokens_the_model_has_for_it(desk: Desk) -> None:
    """Whatever the grammar forces: a model knows its way by the tokens it was trained on."""
    written = desk.tokens("<|tool_call|>", OWN, CALL.removeprefix(OWN))
    ended = desk.answer("<|tool_call|>", OWN, CALL.removeprefix(OWN), tools=(FIND,))[2]
    assert (list(ended.tokens), ended.calls) == (written, (BLUE_BOOK,))


@kinds("mini")
def test_what_must_follow_in_a_call_is_not_asked_for(desk: Desk) -> None:
    ended = desk.answer("<|tool_call|>", CALL, tools=(FIND,))[2]
    assert ended.calls == (BLUE_BOOK,)
    assert desk.decodes < len(ended.tokens) - 20


@kinds("plain")
def test_the_arguments_of_a_loose_call_may_come_in_any_order(desk: Desk) -> None:
    written = '{"name": "find", "arguments": {"limit": 3, "words": "the lake"}}'
    ended = desk.answer(written, END, tools=(FIND,))[2]
    assert ended.calls == (ToolCall("find", {"words": "the lake", "limit": 3}),)


@kinds("mini", "plain")
@pytest.mark.parametrize(
    "written",
    [
        '{"name": "find", "arguments": {"words": "red book"}} ',
        '{"name": "find", "arguments": {"query": "blue book"}} and so on and on',
        '{"name": "find", "arguments": {"words": blue book, and that}}',
        "[{'name': 'find', 'arguments': {'words': 'blue book'}}]",
    ],
)
def test_a_loose_call_that_does_not_fit_is_written_again(desk: Desk, written: str) -> None:
    enough = max(len(written), len(CALL)) + 1  # for each writing by itself
    _, answer, ended = desk.answer(written, END, again=CALL, tools=(FIND,), max_tokens=enough)
    assert (answer, ended.reason, ended.calls) == ("", "tool_call", (BLUE_BOOK,))
    opening = desk.tokens("<|tool_call|>") if desk.model.dialect.call_token else []
    assert list(ended.tokens)[: len(opening) + 2] == opening + desk.tokens("[{")
    assert desk.held.tokens[: len(desk.prompt)] == desk.prompt


@kinds("mini", "plain")
def test_a_loose_call_after_words_keeps_the_words(desk: Desk) -> None:
    _, answer, ended = desk.answer("Sure.\n", LOOSE[1], END, tools=(FIND,))
    assert (answer, ended.calls) == ("Sure.\n", (BLUE_BOOK,))
    wrong = LOOSE[1].replace("blue", "red")
    _, answer, ended = desk.answer("Sure.\n", wrong, END, again=CALL, tools=(FIND,))
    assert (answer, ended.reason, ended.calls) == ("Sure.\n", "tool_call", (BLUE_BOOK,))
    kept = [*desk.prompt, *desk.tokens("Sure.\n")]
    assert desk.held.tokens[: len(kept)] == kept


@kinds("thinks")
def test_a_loose_call_after_a_thought_keeps_the_thought(desk: Desk) -> None:
    wrong = LOOSE[1].replace("blue", "red")
    thought, answer, ended = desk.answer("<think>hm", END, wrong, END, again=CALL, tools=(FIND,))
    assert (thought, answer, ended.calls) == ("hm", "", (BLUE_BOOK,))
    kept = [*desk.prompt, *desk.tokens("<think>hm", "</think>")]
    assert desk.held.tokens[: len(kept)] == kept


@kinds("plain")
def test_a_call_that_fails_twice_is_an_honest_error(desk: Desk) -> None:
    wrong = LOOSE[1].replace("blue", "red")
    with pytest.raises(KnownError, match="second one") as failure:
        desk.answer(wrong, END, tools=(FIND,), max_tokens=len(wrong) + 1, room=len(wrong) + 2,
                    spans=(" ".join(["word"] * 400),))  # fmt: skip
    assert failure.value.code == "call_unreadable"
    desk.check_held()
    assert desk.answer("Fine.", END)[1] == "Fine."


@kinds("mini", "plain")
@pytest.mark.parametrize(
    "written",
    [
        '[{"name": "Anna"}, {"name": "Bob"}]',
        '{"name": "other", "arguments": {}}',
        "[ ] milk\n[ ] bread",
        "```python\nprint(1)\n```",
        "[",
    ],
)
def test_json_that_is_no_call_is_shown(desk: Desk, written: str) -> None:
    _, answer, ended = desk.answer(written, END, tools=(FIND,))
    assert (answer, ended.reason) == (written, "end")


@kinds("mini", "plain")
def test_without_tools_a_call_is_text(desk: Desk) -> None:
    assert desk.answer(CALL, END)[1] == CALL


@kinds("mini")
def test_a_stop_in_every_place_leaves_the_context_true(desk: Desk) -> None:
    """Stopped after each event of an answer with a call that is written twice."""
    whole = ("So:\n", LOOSE[1].replace("blue", "red"), END)
    asked = {"tools": (FIND,), "max_tokens": 200}
    answer = desk.answer(*whole, **asked)[1:]
    for stops in range(12):
        for count, _ in enumerate(desk.begin(*whole, **asked)):
            if count == stops:
                desk.model.stop.set()
        desk.model.stop.clear()
        desk.check_held()
        if desk.ended.reason == "cancelled":
            assert not desk.ended.calls
            assert list(desk.ended.tokens) == desk.held.tokens[len(desk.prompt) :]
    assert desk.answer(*whole, **asked)[1:][0] == answer[0]
    assert desk.ended.calls == answer[1].calls


@kinds("plain")
def test_a_stop_inside_a_decode_leaves_the_context_usable(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    fresh = desk.answer("abc", max_tokens=30)[1]
    decode = llama.llama_decode
    stopped: list[bool] = []

    def stopped_midway(context: object, batch: object) -> int:
        if desk.decodes == 10 and not stopped:
            stopped.append(True)
            desk.model.stop.set()
        status: int = decode(context, batch)
        return status

    monkeypatch.setattr(llama, "llama_decode", stopped_midway)
    answer, ended = desk.answer("abc", max_tokens=30)[1:]
    assert ended.reason == "cancelled"
    assert fresh.startswith(answer.rstrip("\ufffd"))
    desk.model.stop.clear()
    assert desk.answer("abc", max_tokens=30)[1] == fresh


@kinds("thinks", "plain")
def test_a_reasoning_model_is_sampled_as_its_makers_advise(desk: Desk) -> None:
    """Without wishes it babbles: greedily the same each time, drawn differently by the seed."""
    first, second = (desk.answer(max_tokens=40, max_thinking=20, seed=seed)[1] for seed in (1, 2))
    assert (first == second) == (desk.model.dialect.sampling is None)
    first, second = (
        desk.answer(max_tokens=40, max_thinking=20, seed=seed, tools=(FIND,))[1] for seed in (1, 2)
    )
    assert first == second


SCRAPS = (
    "<think>", "</think>", END, "<|tool_call|>", CALL, CALL[:30], "words\n", "[", "{", "```json\n",
    '{"name": "find", ', '"parameters": {"words": "lake"}}', '"arguments": {', "}", "]", "é", "\n",
)  # fmt: skip


@kinds("mini", "plain", "thinks", "inside", "mini thinks")
def test_whatever_a_model_says_its_answer_ends_and_the_context_is_true(desk: Desk) -> None:
    for seed in range(40):
        draw = random.Random(seed)
        said = [draw.choice(SCRAPS) for _ in range(draw.randrange(1, 9))]
        asked: dict[str, Any] = {
            "max_tokens": draw.choice((3, 40, 400)),
            "max_thinking": draw.choice((0, 5, 400)),
            "room": draw.choice((2, 30, 450)),
        }
        if draw.random() < 0.8:
            asked["tools"] = (FIND,)
        try:
            _, _, ended = desk.answer(*said, again=draw.choice(("", CALL, "[")), **asked)
        except KnownError as error:
            assert error.code in ("call_too_long", "call_unreadable")
            desk.check_held()
            continue
        assert bool(ended.calls) == (ended.reason == "tool_call")
        assert len(desk.held.tokens) <= len(desk.prompt) + asked["room"]
        if ended.reason != "tool_call":
            assert desk.held.tokens == [*desk.prompt, *ended.tokens]


@kinds("with a bar")
def test_a_call_as_the_model_wanted_it_is_sure(desk: Desk) -> None:
    assert desk.model.capabilities().sure_from == 0.5
    *_, ended = desk.answer("<|tool_call|>", CALL, tools=(FIND,))
    assert ended.calls == (BLUE_BOOK,)
    assert ended.confidence == pytest.approx(1.0)


@kinds("with a bar")
def test_a_call_that_the_grammar_made_of_other_wishes_is_not(desk: Desk) -> None:
    wished = CALL.replace("blue book", "red book")
    *_, ended = desk.answer("<|tool_call|>", wished, tools=(FIND,))
    assert ended.calls
    assert ended.confidence < 0.01


@kinds("with a bar")
def test_words_are_not_measured(desk: Desk) -> None:
    assert desk.answer("Hello.", END, tools=(FIND,))[2].confidence == 1.0


@kinds("mini")
def test_nothing_is_measured_for_a_model_without_a_bar(desk: Desk) -> None:
    assert desk.model.capabilities().sure_from == 0
    *_, ended = desk.answer("<|tool_call|>", CALL.replace("blue", "red"), tools=(FIND,))
    assert ended.confidence == 1.0


@kinds("with a bar")
def test_confidence_is_the_product_of_the_tokens_probabilities(desk: Desk) -> None:
    sureness = Sureness(desk.model)
    logits = [random.Random(0).uniform(-4, 4) for _ in range(desk.model.vocabulary.size)]
    whole = sum(map(math.exp, logits))
    for token in (3, 5):
        sureness.note(token, logits)
    expected = math.exp(logits[3]) / whole * math.exp(logits[5]) / whole
    assert sureness.confidence == pytest.approx(expected, rel=1e-4)


@kinds("with a bar")
def test_a_loose_call_is_never_sure(desk: Desk) -> None:
    for wished in (CALL, f"```json\n{CALL}\n```"):
        *_, ended = desk.answer(wished, END, tools=(FIND,))
        assert ended.calls == (BLUE_BOOK,)
        assert ended.confidence == 0
