"""Measures a GGUF file with llama.cpp: tool right, call exactly right, and equality with PyTorch.

Held-out examples are made by the ways of asking that training never sees; `dev.jsonl` holds
requests written by hand, which the grammar was mended by. What the model makes of sentences inside
the program, with its decoding and its mending, `./run bench starter` measures.
"""

import argparse
import json
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from random import Random
from typing import Any

import numpy
from llama_cpp import Llama, llama_get_logits_ith

from .corpus import WEIGHTS, Corpus, Example, one

LONGEST_ANSWER = 300
"""Tokens after which generation stops."""

Calls = list[dict[str, Any]]


@dataclass
class Written:
    """Token ids of a prompt and of the greedy answer to it, without the end token.

    `confidence` is the product of the answer's probabilities.
    """

    prompt: list[int]
    answer: list[int]
    confidence: float


def generate(model: Llama, prompt: str) -> Written:
    """Lets the model answer."""
    ids = model.tokenize(prompt.encode(), add_bos=False, special=True)
    written = Written(ids, [], 1.0)
    for token in model.generate(ids, temp=0.0):
        if token == model.token_eos() or len(written.answer) == LONGEST_ANSWER:
            break
        pointer = llama_get_logits_ith(model.ctx, -1)
        logits = numpy.ctypeslib.as_array(pointer, shape=(model.n_vocab(),))
        written.confidence /= float(numpy.exp(logits - logits[token]).sum())
        written.answer.append(token)
    return written


def read_calls(answer: str) -> Calls | None:
    """The calls in an answer: none in plain text, None where they cannot be read."""
    if not answer.startswith("<|tool_call|>"):
        return []
    try:
        inside = answer.removeprefix("<|tool_call|>").removesuffix("<|/tool_call|>")
        calls: Calls = json.loads(inside)
    except ValueError:
        return None
    return calls


def stripped(value: Any) -> Any:
    """The value with the spaces around its strings removed."""
    if isinstance(value, str):
        return value.strip()
    if isinstance(value, list):
        return [stripped(item) for item in value]
    if isinstance(value, dict):
        return {key: stripped(item) for key, item in value.items()}
    return value


def held_out(count: int) -> list[Example]:
    """Single requests made by ways of asking that training never sees, all tools alike often."""
    corpus, rng = Corpus(held_out=True), Random("held-out")
    tools = [tool for tool in WEIGHTS if corpus.has(tool)]
    return [corpus.request(rng, tools[place % len(tools)]) for place in range(count)]


def written() -> list[Example]:
    """The requests written by hand."""
    lines = Path(__file__).with_name("dev.jsonl").read_text(encoding="utf-8").splitlines()
    return [one(line["text"], *line["calls"]) for line in map(json.loads, lines)]


def score(model: Llama, examples: Iterable[Example], show: bool) -> None:
    """Prints how many examples have the right tools, and exactly the right calls, by tool."""
    totals: Counter[str] = Counter()
    tools: Counter[str] = Counter()
    exact: Counter[str] = Counter()
    sure: list[tuple[float, bool]] = []
    for example in examples:
        written = generate(model, example.prompt)
        answer = model.detokenize(written.answer, special=True).decode(errors="replace")
        calls = read_calls(answer)
        wanted = stripped(list(example.last.calls))
        group = "+".join(call["name"] for call in wanted) or "(answer)"
        if not wanted and example.last.answer:
            calls = [] if answer == example.last.answer else None
        totals[group] += 1
        if calls is not None and [call["name"] for call in calls] == [c["name"] for c in wanted]:
            tools[group] += 1
        if calls:
            sure.append((written.confidence, stripped(calls) == wanted))
        if calls is not None and stripped(calls) == wanted:
            exact[group] += 1
        elif show:
            said = example.last.text or example.last.result
            print(f"  {said!r}\n    wanted {wanted or example.last.answer}\n    wrote  {answer}")
    for group in sorted(totals):
        print(f"{group:16} {totals[group]:5} tool {tools[group]:5} exact {exact[group]:5}")
    print(f"{'all':16} {totals.total():5} tool {tools.total():5} exact {exact.total():5}")
    calibration(sure)


def calibration(sure: list[tuple[float, bool]]) -> None:
    """Prints for some bars what lies above them and is wrong, and below them and is right."""
    for bar in (0.0, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95):
        wrong = sum(confidence >= bar and not right for confidence, right in sure)
        vain = sum(confidence < bar and right for confidence, right in sure)
        wrong, vain = (100 * count / max(1, len(sure)) for count in (wrong, vain))
        print(f"  bar {bar:.2f}: wrong, not asked {wrong:.1f} %; right, asked {vain:.1f} %")


def compare(model: Llama, run: Path, strings: int, prompts: int) -> None:
    """Prints on how many texts llama.cpp's tokens, and its greedy answers, equal PyTorch's.

    PyTorch computes in float32 with the matrices rounded as in the file; llama.cpp also rounds
    what the matrices are multiplied with, so that close decisions can differ.
    """
    import torch
    from gguf import GGMLQuantizationType, quants
    from tokenizers import Tokenizer

    from .model import Model, Shape

    weights = torch.load(run / "checkpoint.pt", weights_only=True)["model"]
    for name, weight in weights.items():
        if weight.dim() == 2:
            packed = quants.quantize(weight.numpy(), GGMLQuantizationType.Q8_0)
            weights[name] = torch.from_numpy(quants.dequantize(packed, GGMLQuantizationType.Q8_0))
    torch_model = Model(Shape())
    torch_model.load_state_dict(weights)
    tokenizer = Tokenizer.from_file(str(run / "tokenizer.json"))
    texts = [example.prompt for example in islice(Corpus().stream("tokens"), strings)]
    tokens_equal = sum(
        model.tokenize(text.encode(), add_bos=False, special=True) == tokenizer.encode(text).ids
        for text in texts
    )
    answers_equal = 0
    for text in texts[:prompts]:
        written = generate(model, text)
        ids = torch.tensor([[*written.prompt, *written.answer, model.token_eos()]])
        with torch.no_grad():
            best = torch_model.logits(torch_model.hidden(ids))[0].argmax(-1)
        continued = best[len(written.prompt) - 1 : -1].tolist()
        answers_equal += continued == ids[0, len(written.prompt) :].tolist()
    print(f"tokens equal {tokens_equal} of {strings}, answers equal {answers_equal} of {prompts}")


def main() -> None:
    """Measures a model file."""
    parser = argparse.ArgumentParser(description=main.__doc__)
    parser.add_argument("model", type=Path, help="GGUF file")
    parser.add_argument("--held-out", type=int, default=1000, help="number of held-out examples")
    parser.add_argument("--show", action="store_true", help="print what went wrong")
    parser.add_argument("--run", type=Path, help="training folder of the same weights, to compare")
    options = parser.parse_args()
    model = Llama(str(options.model), n_ctx=1024, n_threads=1, verbose=False)
    print("held out: ways of asking that training never sees")
    score(model, held_out(options.held_out), options.show)
    print("held out: dialogues")
    stream = Corpus(held_out=True).stream("dialogues")
    several = (example for example in stream if len(example.steps) > 1)
    score(model, islice(several, options.held_out // 4), options.show)
    print("written by hand")
    score(model, written(), options.show)
    if options.run:
        compare(model, options.run, 10_000, 200)


if __name__ == "__main__":
    main()
