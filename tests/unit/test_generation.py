"""What a model reads again and what it does not, over real small models of noise.

A token is a byte in their vocabulary, but for "he" and for words that no text is tokenised to.
Answers are sampled from all of them, always with the same seed: a context that were not what it is
taken for would give another one.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

from app.core.errors import KnownError
from app.core.events import EngineEvent, Failed, Finished, Progress, Remembers, TextDelta
from app.core.messages import Message, ToolCall
from app.core.ports import GenerateRequest, Prefix
from app.engine.dialects.base import call_json
from app.engine.native.binding import llama
from app.engine.native.generation import Generator
from app.engine.native.held import Held, _Pace
from app.engine.native.model import NativeModel
from app.engine.native.prompts import Prompts
from app.engine.native.spoken import spoken_in
from app.engine.native.vocabulary import decode
from app.engine.prompt import Content, Markup
from app.engine.state_files import StateFiles
from tests.support.synthetic_gguf import Shape, write

RULES = Message.of("system", "Be brief, be kind, and never say more than was asked for. " * 6)
LONG = "A long story about a lake, a boat, and those who went out in it. " * 5
MARKUP = 8  # control tokens around a message and its answer, at most
TALK = "{% for m in messages %}<|{{ m.role }}|>{{ m.content }}<|end|>{% endfor %}<|assistant|>"
CONTROLS = ("<|end|>", "<|system|>", "<|user|>", "<|assistant|>", "<|tool_call|>")


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Iterator[NativeModel]:
    shape = Shape(controls=CONTROLS, template=TALK, fillers=50_000, exact=True)
    path = write(tmp_path_factory.mktemp("models") / "model.gguf", shape)
    loaded = NativeModel(path, context=2048, threads=1)
    yield loaded
    loaded.close()


@pytest.fixture
def states(tmp_path: Path, model: NativeModel) -> StateFiles:
    return StateFiles(tmp_path / "states", model.state_key)


def asked(*said: str, conversation: str = "", answer: int = 12) -> GenerateRequest:
    """A request that begins with RULES; `said` are the user's and the model's words in turn."""
    roles = ("user", "assistant")
    messages = [Message.of(roles[place % 2], text) for place, text in enumerate(said)]
    return GenerateRequest(
        "r",
        (RULES, *messages),
        max_tokens=answer,
        temperature=1.0,
        top_k=60_000,
        seed=7,
        conversation=conversation,
    )


def end_of(events: Sequence[EngineEvent]) -> Finished:
    """How a generation ended; it must not have failed."""
    assert isinstance(events[-1], Finished), events[-1]
    return events[-1]


def run(generator: Generator, request: GenerateRequest) -> tuple[str, Finished]:
    """The answer to a request and how it ended."""
    events = list(generator.run(request))
    return "".join(e.text for e in events if isinstance(e, TextDelta)), end_of(events)


def fresh(model: NativeModel, request: GenerateRequest) -> str:
    """The answer where nothing was held."""
    return run(Generator(model), request)[0]


def kinds(states: StateFiles) -> list[str]:
    """What is on disk."""
    folder = states._folder
    return sorted(path.name.split("-")[0] for path in folder.iterdir()) if folder.exists() else []


def test_in_a_second_turn_only_what_is_new_is_evaluated(model: NativeModel) -> None:
    generator = Generator(model)
    question, further = "what is it?", "and why is that so?"
    answer, first = run(generator, asked(question, conversation="1", answer=40))
    assert first.evaluated_tokens == first.prompt_tokens
    _, second = run(generator, asked(question, answer, further, conversation="1"))
    assert second.evaluated_tokens <= len(further) + MARKUP
    assert second.prompt_tokens > first.prompt_tokens + first.completion_tokens


def test_an_answer_keeps_the_tokens_it_was_written_with(model: NativeModel) -> None:
    vocabulary = model.vocabulary
    (he,), letters = (
        vocabulary.tokenize("he"),
        [*vocabulary.tokenize("h"), *vocabulary.tokenize("e")],
    )
    user, answer = Markup("<|user|>"), Markup("<|assistant|>")
    said = [*vocabulary.prompt_tokens([user, Content("who?"), answer]), *letters]
    spoken = spoken_in(vocabulary, said)
    assert spoken == {"he": letters}
    again = [user, Content("who?"), answer, Content("he"), user, Content("oh, he")]
    tokens = vocabulary.prompt_tokens(again, spoken)
    assert tokens[: len(said)] == said
    assert tokens.count(he) == 1  # what the user says is tokenised as ever
    assert decode(vocabulary, tokens) == decode(vocabulary, vocabulary.prompt_tokens(again))


def test_a_control_token_in_an_answer_stays_out_of_the_next_prompt(model: NativeModel) -> None:
    vocabulary = model.vocabulary
    end = vocabulary.control_tokens["<|end|>"]
    spoken = spoken_in(vocabulary, [*vocabulary.tokenize("a"), end, *vocabulary.tokenize("b")])
    pieces = [Markup("<|user|>"), Content("a<|end|>b")]
    assert vocabulary.prompt_tokens(pieces, spoken) == vocabulary.prompt_tokens(pieces)


def test_a_call_keeps_the_tokens_it_was_written_with(model: NativeModel) -> None:
    vocabulary = model.vocabulary
    written = '[{"name":"find","arguments":{"words":" blue"}}]'
    call = Markup("<|tool_call|>")
    said = vocabulary.prompt_tokens([call, Content(written)])
    spoken = spoken_in(vocabulary, said)
    told = call_json([ToolCall("find", {"words": "blue"})])
    assert told != written
    assert vocabulary.prompt_tokens([call, Content(told), Markup("<|end|>")], spoken)[:-1] == said
    other = call_json([ToolCall("find", {"words": "green"})])
    assert decode(vocabulary, vocabulary.prompt_tokens([call, Content(other)], spoken)) == other


def test_a_tool_told_of_is_no_call_that_was_made(model: NativeModel) -> None:
    vocabulary = model.vocabulary
    tools = '[{"name":"find","description":"Finds","parameters":{}}]'
    spoken = spoken_in(vocabulary, vocabulary.tokenize(tools))
    called = call_json([ToolCall("find", {})])
    assert decode(vocabulary, vocabulary.prompt_tokens([Content(called)], spoken)) == called


def test_an_answer_of_tokens_without_a_text_is_told_nowhere(
    model: NativeModel, monkeypatch: pytest.MonkeyPatch
) -> None:
    vocabulary = model.vocabulary
    monkeypatch.setattr(vocabulary, "piece", lambda token: b"")
    assert spoken_in(vocabulary, [7]) == {}


def test_a_stopped_prefill_keeps_what_was_read(model: NativeModel) -> None:
    request = asked(LONG * 4, conversation="1")
    expected = fresh(model, request)
    generator = Generator(model)
    events = generator.run(request)
    assert isinstance(next(events), Progress)
    model.stop.set()
    (stopped,) = events
    model.stop.clear()
    assert isinstance(stopped, Finished)
    assert stopped.reason == "cancelled"
    assert 0 < stopped.evaluated_tokens < stopped.prompt_tokens
    answer, end = run(generator, request)
    assert answer == expected
    assert end.evaluated_tokens == end.prompt_tokens - stopped.evaluated_tokens


def test_a_prefix_is_read_once_and_then_loaded(model: NativeModel, states: StateFiles) -> None:
    _, first = run(Generator(model, states), asked("hello", conversation="1"))
    assert first.evaluated_tokens == first.prompt_tokens
    assert kinds(states) == ["prefix"]
    _, second = run(Generator(model, states), asked("and now?", conversation="2"))
    assert second.evaluated_tokens <= len("and now?") + MARKUP


def test_what_is_loaded_is_what_was_read_bit_for_bit(
    model: NativeModel, states: StateFiles
) -> None:
    held = Generator(model, states)
    list(held.warm(Prefix((RULES,))))
    request = asked(LONG, conversation="1", answer=0)
    expected = logits_after(held, request)
    assert logits_after(Generator(model, states), request) == expected
    held = Generator(model, states)
    answer, _ = run(held, asked(LONG, conversation="1"))
    held.keep_now()
    request = asked(LONG, answer, "go on", conversation="1", answer=0)
    expected = logits_after(held, request)
    (prefix,) = states.prefixes()
    prefix.path.unlink()
    assert logits_after(Generator(model, states), request) == expected
    assert logits_after(Generator(model), asked(LONG, answer, "go in", answer=0)) != expected


def logits_after(generator: Generator, request: GenerateRequest) -> list[float]:
    """What the model makes of all tokens after a prompt."""
    assert request.max_tokens == 0
    run(generator, request)
    model = generator._model
    logits: list[float] = llama.llama_get_logits_ith(model.context, -1)[: model.vocabulary.size]
    return logits


def test_what_stands_alone_is_not_kept(model: NativeModel, states: StateFiles) -> None:
    run(Generator(model, states), asked(LONG))
    assert kinds(states) == []


def test_a_short_prefix_is_not_kept(model: NativeModel, states: StateFiles) -> None:
    run(
        Generator(model, states),
        GenerateRequest("r", (Message.of("user", LONG),), conversation="1", max_tokens=4),
    )
    assert kinds(states) == []


def test_warming_up_reads_the_prefix_ahead(model: NativeModel, states: StateFiles) -> None:
    generator = Generator(model, states)
    list(generator.warm(Prefix((RULES,))))
    assert kinds(states) == ["prefix"]
    _, end = run(generator, asked("hello"))
    assert end.evaluated_tokens <= len("hello") + MARKUP
    again = Generator(model, states)
    done = list(again.warm(Prefix((RULES,))))
    assert len(done) == 1  # loaded, but for the last token
    _, end = run(again, asked("hello"))
    assert end.evaluated_tokens <= len("hello") + MARKUP


def test_a_warm_up_that_is_stopped_keeps_what_was_read(
    model: NativeModel, states: StateFiles
) -> None:
    rules = Message.of("system", LONG * 4)
    generator = Generator(model, states)
    warming = generator.warm(Prefix((rules,)))
    first = next(warming)
    model.stop.set()
    assert list(warming) == []
    model.stop.clear()
    assert kinds(states) == []
    request = GenerateRequest("r", (rules, Message.of("user", "hi")), max_tokens=4)
    _, end = run(generator, request)
    assert end.evaluated_tokens == end.prompt_tokens - first.done


def test_a_warm_up_withdrawn_before_it_began_drops_nothing(model: NativeModel) -> None:
    generator = Generator(model)
    answer, _ = run(generator, asked("hello", conversation="1"))
    model.stop.set()
    assert list(generator.warm(Prefix((Message.of("system", LONG),)))) == []
    model.stop.clear()
    _, end = run(generator, asked("hello", answer, "go on", conversation="1"))
    assert end.evaluated_tokens <= len("go on") + MARKUP


def test_a_conversation_is_kept_when_another_takes_its_place(
    model: NativeModel, states: StateFiles
) -> None:
    generator = Generator(model, states)
    answer, _ = run(generator, asked(LONG, conversation="1"))
    run(generator, asked("something else", conversation="2"))
    assert kinds(states) == ["conversation", "prefix"]
    request = asked(LONG, answer, "go on", conversation="1")
    _, end = run(Generator(model, states), request)
    assert end.evaluated_tokens <= len("go on") + MARKUP


def test_a_short_conversation_is_not_kept(model: NativeModel, states: StateFiles) -> None:
    generator = Generator(model, states)
    run(generator, asked("hello", conversation="1"))
    run(generator, asked("something else", conversation="2"))
    generator.keep_now()
    assert kinds(states) == ["prefix"]


def test_in_idle_time_a_conversation_is_kept_once(model: NativeModel, states: StateFiles) -> None:
    generator = Generator(model, states)
    answer, _ = run(generator, asked(LONG, conversation="1"))
    generator.keep_now()
    assert kinds(states) == ["conversation", "prefix"]
    state = states.conversation("1")
    assert state is not None
    state.path.unlink()
    run(generator, asked(LONG, answer, "go on", conversation="1"))
    generator.keep_now()  # so little came that it would be a waste
    assert kinds(states) == ["prefix"]


def test_a_forgotten_conversation_is_neither_on_disk_nor_held(
    model: NativeModel, states: StateFiles
) -> None:
    generator = Generator(model, states)
    answer, _ = run(generator, asked(LONG, conversation="1"))
    generator.keep_now()
    generator.forget("1")
    assert kinds(states) == ["prefix"]
    request = asked(LONG, answer, "go on", conversation="1")
    _, end = run(generator, request)
    assert end.evaluated_tokens > len(LONG)
    assert end.evaluated_tokens < end.prompt_tokens  # the rules are nobody's


@pytest.mark.parametrize("kind", ["prefix", "conversation"])
def test_a_damaged_state_is_read_anew(model: NativeModel, states: StateFiles, kind: str) -> None:
    generator = Generator(model, states)
    answer, _ = run(generator, asked(LONG, conversation="1"))
    generator.keep_now()
    for path in states._folder.iterdir():
        if path.name.startswith(kind):
            data = bytearray(path.read_bytes())
            data[len(data) // 2] ^= 1
            path.write_bytes(data)
        else:
            path.unlink()
    _, end = run(Generator(model, states), asked(LONG, answer, "go on", conversation="1"))
    assert end.evaluated_tokens == end.prompt_tokens
    assert kinds(states) == ["prefix"]


def test_what_llama_cpp_refuses_is_read_anew(model: NativeModel, states: StateFiles) -> None:
    expected, _ = run(Generator(model, states), asked("hello", conversation="1"))
    (prefix,) = states.prefixes()
    assert states.keep(prefix.tokens, 9, lambda path: path.write_bytes(b"no state!") == 9)
    answer, end = run(Generator(model, states), asked("hello", conversation="1"))
    assert end.evaluated_tokens == end.prompt_tokens
    assert answer == expected


def test_a_state_with_more_tokens_than_it_names_is_refused(
    model: NativeModel, tmp_path: Path
) -> None:
    held = Held(model)
    for _ in held.prefill(list(range(40, 80))):
        pass
    assert held.save(tmp_path / "state")
    assert not held.restore(tmp_path / "state", [40, 41])
    assert held.tokens == []
    assert held.restore(tmp_path / "state", list(range(40, 90)))
    assert held.tokens == list(range(40, 80))


def dialogue(model: NativeModel, turns: int) -> Iterator[tuple[Finished, int | None, int]]:
    """A dialogue that outgrows the context: each turn's end, its cut, and how long it is."""
    generator = Generator(model)
    said: list[str] = []
    for turn in range(turns):
        said.append(f"question {turn}: {'tell me more about it ' * 8}")
        events = list(generator.run(asked(*said, conversation="1", answer=60)))
        cut = [event.first for event in events if isinstance(event, Remembers)]
        assert len(cut) <= 1
        yield end_of(events), cut[0] if cut else None, len(said) + 1
        said.append("".join(e.text for e in events if isinstance(e, TextDelta)))


def test_whole_exchanges_leave_a_dialogue_that_is_too_long(model: NativeModel) -> None:
    turns = list(dialogue(model, 24))
    cuts = [cut for _, cut, _ in turns]
    assert cuts[0] is None
    later = [cut for cut in cuts if cut is not None]
    assert later == cuts[len(cuts) - len(later) :]  # what was forgotten stays so
    assert later == sorted(later)
    assert all(cut % 2 == 1 for cut in later)  # a message of the user's
    for end, _, _ in turns:
        assert end.prompt_tokens + 60 <= model.context_size
    # A cut makes room for several turns, each of which reads only what is new.
    new = [end.evaluated_tokens for end, _, _ in turns]
    read_again = [count for count in new[1:] if count > 300]
    assert 1 <= len(read_again) == len(set(later)) <= len(later) / 3


def test_the_last_message_stays_whatever_leaves(model: NativeModel) -> None:
    request = asked(LONG * 3, "yes", LONG * 3, "no", "hello", conversation="1")
    events = list(Generator(model).run(request))
    assert Remembers(5) in events
    assert end_of(events).prompt_tokens < 500


def test_as_much_of_a_dialogue_stays_as_fits_below_the_mark(model: NativeModel) -> None:
    exchanges = [text for number in range(9) for text in (f"{number}" * 300, "yes")]
    prompt = Prompts(model).prompt(asked(*exchanges, "last", conversation="1"))
    assert prompt.first is not None
    assert 0.4 * model.context_size < len(prompt.tokens) < 0.6 * model.context_size


def test_a_message_too_long_by_itself_is_refused_with_the_numbers(model: NativeModel) -> None:
    request = asked("hello", "yes", "x" * 3000)
    (failed,) = Generator(model).run(request)
    assert isinstance(failed, Failed)
    assert failed.code == "too_long"
    assert "3,00" in failed.message  # the message with its marks
    assert "2,048" in failed.message
    fixed = len(Prompts(model).prefix_tokens(Prefix((RULES,))))
    assert f"{fixed:,}" in failed.message


def test_a_message_that_leaves_little_room_is_still_answered(model: NativeModel) -> None:
    fixed = len(Prompts(model).prefix_tokens(Prefix((RULES,))))
    request = asked("x" * (2048 - fixed - 80), answer=1000)
    _, end = run(Generator(model), request)
    assert end.completion_tokens > 0
    with pytest.raises(KnownError):
        Prompts(model).prompt(asked("x" * (2048 - fixed - 40), answer=1000))


def test_batches_shrink_where_a_stop_would_wait_and_grow_again(model: NativeModel) -> None:
    pace = _Pace(model)
    assert pace.batch == model.batch
    for _ in range(10):
        pace.took(pace.batch, time.perf_counter() - 100)
    assert pace.batch == 32
    pace.took(1, time.perf_counter() - 100)  # a short one says nothing
    assert pace.batch == 32
    for _ in range(10):
        pace.took(pace.batch, time.perf_counter())
    assert pace.batch == model.batch
