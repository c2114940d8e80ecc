"""Writes small random GGUF files of the phi3 architecture, for tests that need a model file.

The weights are noise: such a model babbles, but loads, prefills, decodes and stops like a real
one, at a speed set by its size.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

import gguf
import numpy as np

PHI4_MINI_CONTROLS = (
    "<|endoftext|>", "<|system|>", "<|user|>", "<|assistant|>", "<|end|>", "<|tool|>",
    "<|/tool|>", "<|tool_call|>", "<|/tool_call|>", "<|tool_response|>",
)  # fmt: skip


@dataclass(frozen=True)
class Shape:
    """Sizes of a synthetic model.

    `ends`: whether the file names an end token to stop at. `favourite`: a token whose embedding
    is enlarged: with about every other seed it is the likeliest next one; if it is no control
    token, it becomes a token of its own. `rotary`: how many numbers of a head are rotated, 0 for
    all. `original_context`: what the model is said to have been made for before LongRoPE, 0 for
    as much as `context`; `long_rope` writes the factors. `fillers`: tokens nobody uses, for a
    vocabulary of a real one's size. `exact` weights are f32, else f16; none are quantised.
    """

    width: int = 64
    layers: int = 2
    heads: int = 4
    heads_kv: int = 2
    feed_forward: int = 128
    context: int = 2048
    controls: tuple[str, ...] = PHI4_MINI_CONTROLS
    ends: bool = True
    favourite: str = ""
    template: str = ""
    tools_learned: bool = False
    sure_from: float = 0.0
    architecture: str = "phi3"
    name: str = "Synthetic"
    rotary: int = 0
    original_context: int = 0
    long_rope: bool = False
    fillers: int = 0
    exact: bool = False


TALKER = Shape(
    width=256,
    layers=4,
    feed_forward=512,
    controls=("<|end|>",),
    ends=False,
    template="{% for message in messages %}{{ message.content }}{% endfor %}",
    tools_learned=True,
)
"""Answers every message with noise until its limit: an answer long enough to be interrupted."""

SLOW = replace(TALKER, width=1024, layers=12, heads=16, heads_kv=8, feed_forward=4096)
"""About 200 million weights: milliseconds a token, so that a test can act meanwhile."""


def write(path: Path, shape: Shape = Shape(), seed: int = 0) -> Path:
    """Write a model file of `shape` with weights drawn from `seed`; returns `path`."""
    random = np.random.default_rng(seed)
    writer = gguf.GGUFWriter(path, shape.architecture)
    writer.add_name(shape.name)
    writer.add_context_length(shape.context)
    writer.add_rope_scaling_orig_ctx_len(shape.original_context or shape.context)
    writer.add_embedding_length(shape.width)
    writer.add_feed_forward_length(shape.feed_forward)
    writer.add_block_count(shape.layers)
    writer.add_head_count(shape.heads)
    writer.add_head_count_kv(shape.heads_kv)
    writer.add_layer_norm_rms_eps(1e-5)
    rotary = shape.rotary or shape.width // shape.heads
    writer.add_rope_dimension_count(rotary)
    writer.add_rope_freq_base(10000.0)
    tokens, kinds = _vocabulary(shape)
    writer.add_vocab_size(len(tokens))
    writer.add_tokenizer_model("gpt2")
    writer.add_tokenizer_pre("gpt-2")
    writer.add_token_list(tokens)
    writer.add_token_types(kinds)
    writer.add_token_merges(["h e"])
    writer.add_add_bos_token(False)
    writer.add_add_space_prefix(False)
    end = tokens.index("<|end|>") if shape.ends and "<|end|>" in tokens else None
    if end is not None:
        writer.add_eos_token_id(end)
    if shape.template:
        writer.add_chat_template(shape.template)
    if shape.tools_learned:
        writer.add_bool("phial.tools_learned", True)
    if shape.sure_from:
        writer.add_float32("phial.sure_from", shape.sure_from)

    def noise(*size: int) -> np.ndarray:
        values = random.standard_normal(size, dtype=np.float32) * np.float32(0.05)
        return values if shape.exact else values.astype(np.float16)

    def ones(count: int) -> np.ndarray:
        return np.ones(count, dtype=np.float32)

    head = shape.width // shape.heads
    embedding = noise(len(tokens), shape.width)
    if shape.favourite:
        embedding[tokens.index(_spelled(shape.favourite))] *= 8
    writer.add_tensor("token_embd.weight", embedding)
    writer.add_tensor("output_norm.weight", ones(shape.width))
    if shape.long_rope:
        for name, most in (("long", 8.0), ("short", 1.5)):
            factors = np.linspace(1.0, most, rotary // 2, dtype=np.float32)
            writer.add_tensor(f"rope_factors_{name}.weight", factors)
    for layer in range(shape.layers):
        block = f"blk.{layer}"
        rows = shape.width + 2 * shape.heads_kv * head
        writer.add_tensor(f"{block}.attn_norm.weight", ones(shape.width))
        writer.add_tensor(f"{block}.attn_qkv.weight", noise(rows, shape.width))
        writer.add_tensor(f"{block}.attn_output.weight", noise(shape.width, shape.width))
        writer.add_tensor(f"{block}.ffn_norm.weight", ones(shape.width))
        writer.add_tensor(f"{block}.ffn_up.weight", noise(2 * shape.feed_forward, shape.width))
        writer.add_tensor(f"{block}.ffn_down.weight", noise(shape.width, shape.feed_forward))
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    return path


def _byte_characters() -> list[str]:
    """GPT-2's printable spelling of each byte."""
    printable = [*range(33, 127), *range(161, 173), *range(174, 256)]
    spelled = {byte: chr(byte) for byte in printable}
    others = [byte for byte in range(256) if byte not in spelled]
    spelled.update({byte: chr(256 + index) for index, byte in enumerate(others)})
    return [spelled[byte] for byte in range(256)]


def _spelled(text: str) -> str:
    """A token's text as a vocabulary of this kind writes it."""
    characters = _byte_characters()
    return "".join(characters[byte] for byte in text.encode())


def _vocabulary(shape: Shape) -> tuple[list[str], list[int]]:
    """One token a byte, one merged token, the favourite if it is none of these, the controls."""
    tokens = [*_byte_characters(), "he"]
    favourite = shape.favourite
    if favourite and favourite not in shape.controls and _spelled(favourite) not in tokens:
        tokens.append(_spelled(favourite))
    tokens += [f"filler{index}" for index in range(shape.fillers)]
    normal, control = int(gguf.TokenType.NORMAL), int(gguf.TokenType.CONTROL)
    kinds = [normal] * len(tokens) + [control] * len(shape.controls)
    return [*tokens, *shape.controls], kinds
