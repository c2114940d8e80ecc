"""Measures a GGUF file with llama.cpp: tool right, call exactly right, and equality with PyTorch.

Held-out examples come from a seed that training does not use; `handwritten.jsonl` holds requests
that were written before the grammar, `unseen.jsonl` freer ones that were written after it,
`fresh.jsonl` ones written when a first training was over, and `fresh2.jsonl` ones written when the
grammar was changed for the last time.
"""

import argparse
import json
from collections import Counter
from collections.abc import Iterable
from pathlib import Path
from random import Random
from typing import Any

from llama_cpp import Llama

from .corpus import Example, request

WRITTEN = ("handwritten", "unseen", "fresh", "fresh2")
"""Names of the files of requests written by hand, beside this file."""
LONGEST_ANSWER = 200
"""Tokens after which generation stops."""

Calls = list[dict[str, Any]]


def generate(model: Llama, prompt: str) -> tuple[list[int], list[int]]:
    """Returns the prompt's token ids and the greedy continuation's, without the end token."""
    prompt_ids = model.tokenize(prompt.encode(), add_bos=False, special=True)
    answer: list[int] = []
    for token in model.generate(prompt_ids, temp=0.0):
        if token == model.token_eos() or len(answer) == LONGEST_ANSWER:
            break
        answer.append(token)
    return prompt_ids, answer


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


def written(name: str) -> list[Example]:
    """The requests of a file written by hand."""
    lines = Path(__file__).with_name(f"{name}.jsonl").read_text(encoding="utf-8").splitlines()
    return [Example(line["text"], tuple(line["calls"])) for line in map(json.loads, lines)]


def score(model: Llama, examples: Iterable[Example], show: bool) -> None:
    """Prints how many examples have the right tools, and exactly the right calls, by tool."""
    totals: Counter[str] = Counter()
    tools: Counter[str] = Counter()
    exact: Counter[str] = Counter()
    for one in examples:
        _, ids = generate(model, one.prompt)
        answer = model.detokenize(ids, special=True).decode(errors="replace")
        calls = read_calls(answer)
        wanted = stripped(list(one.calls))
        group = "+".join(call["name"] for call in wanted) or "(answer)"
        totals[group] += 1
        if calls is not None and [call["name"] for call in calls] == [c["name"] for c in wanted]:
            tools[group] += 1
        if calls is not None and stripped(calls) == wanted:
            exact[group] += 1
        elif show:
            print(f"  {one.text!r}\n    wanted {wanted}\n    wrote  {answer}")
    for group in sorted(totals):
        print(f"{group:16} {totals[group]:5} tool {tools[group]:5} exact {exact[group]:5}")
    print(f"{'all':16} {totals.total():5} tool {tools.total():5} exact {exact.total():5}")


def compare(model: Llama, run: Path, examples: list[Example]) -> None:
    """Prints on how many prompts llama.cpp's tokens and greedy answers equal PyTorch's.

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
    tokens_equal = answers_equal = 0
    for one in examples:
        prompt_ids, answer = generate(model, one.prompt)
        tokens_equal += prompt_ids == tokenizer.encode(one.prompt).ids
        ids = torch.tensor([[*prompt_ids, *answer, model.token_eos()]])
        with torch.no_grad():
            best = torch_model.logits(torch_model.hidden(ids))[0].argmax(-1)
        continued = best[len(prompt_ids) - 1 : -1].tolist()
        answers_equal += continued == ids[0, len(prompt_ids) :].tolist()
    print(f"of {len(examples)}: tokens equal {tokens_equal}, greedy answers equal {answers_equal}")


def main() -> None:
    """Measures a model file."""
    parser = argparse.ArgumentParser(description=main.__doc__)
    parser.add_argument("model", type=Path, help="GGUF file")
    parser.add_argument("--held-out", type=int, default=500, help="number of held-out examples")
    parser.add_argument("--show", action="store_true", help="print what went wrong")
    parser.add_argument("--run", type=Path, help="training folder of the same weights, to compare")
    options = parser.parse_args()
    model = Llama(str(options.model), n_ctx=1024, n_threads=1, verbose=False)
    rng = Random("held-out")
    held_out = [request(rng) for _ in range(options.held_out)]
    print("held-out")
    score(model, held_out, options.show)
    for name in WRITTEN:
        print(name)
        score(model, written(name), options.show)
    if options.run:
        compare(model, options.run, held_out[:200])


if __name__ == "__main__":
    main()
