"""Writes a GGUF of Phi-4-mini's exact shape with random weights: its speed without its download.

Quantised as Q4_K_M files are (Q4_K with Q5_K and Q6_K among it), 2.4 GB. Speed does not depend on
what the weights are; the answers are noise.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import gguf
import numpy as np
from gguf import GGMLQuantizationType as Kind

from tests.support.big_vocabulary import big_vocabulary

LAYERS, WIDTH, HEADS, HEADS_KV, HEAD, FEED_FORWARD = 32, 3072, 24, 8, 128, 8192
ROTARY = 96  # three quarters of a head
TOKENS = 200_064
CONTEXT, ORIGINAL_CONTEXT = 131_072, 4096

_FACTORS = ("rope_factors_long.weight", "rope_factors_short.weight")
_SPREAD = 0.02  # standard deviation of the weights


@dataclass(frozen=True)
class _Tensor:
    name: str
    rows: int
    columns: int
    kind: Kind

    @property
    def row_bytes(self) -> int:
        """Bytes a row takes."""
        per_block, size = gguf.GGML_QUANT_SIZES[self.kind]
        return self.columns // per_block * size


def write(path: Path, seed: int = 0) -> Path:
    """Write the model file; returns `path`. Takes about half a minute; what was there is replaced
    only by a whole file.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    half = path.with_suffix(".part")
    random = np.random.default_rng(seed)
    writer = gguf.GGUFWriter(half, "phi3")
    writer.add_name("Synthetic Phi-4-mini")
    writer.add_context_length(CONTEXT)
    writer.add_rope_scaling_orig_ctx_len(ORIGINAL_CONTEXT)
    writer.add_embedding_length(WIDTH)
    writer.add_feed_forward_length(FEED_FORWARD)
    writer.add_block_count(LAYERS)
    writer.add_head_count(HEADS)
    writer.add_head_count_kv(HEADS_KV)
    writer.add_layer_norm_rms_eps(1e-5)
    writer.add_rope_dimension_count(ROTARY)
    writer.add_rope_freq_base(10000.0)
    vocabulary = big_vocabulary(TOKENS)
    writer.add_vocab_size(TOKENS)
    writer.add_tokenizer_model("gpt2")
    writer.add_tokenizer_pre("gpt-4o")
    writer.add_token_list(vocabulary.tokens)
    writer.add_token_types(vocabulary.kinds)
    writer.add_token_merges(vocabulary.merges)
    writer.add_add_bos_token(False)
    writer.add_eos_token_id(vocabulary.tokens.index("<|endoftext|>"))
    vectors = [*((name, ROTARY // 2) for name in _FACTORS), *((name, WIDTH) for name in _norms())]
    for name, length in vectors:
        writer.add_tensor_info(name, (length,), np.dtype(np.float32), length * 4)
    for tensor in _tensors():
        shape = (tensor.rows, tensor.row_bytes)
        nbytes = tensor.rows * tensor.row_bytes
        writer.add_tensor_info(tensor.name, shape, np.dtype(np.uint8), nbytes, tensor.kind)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_ti_data_to_file()
    for _, length in vectors:
        writer.write_tensor_data(np.ones(length, dtype=np.float32))
    for tensor in _tensors():
        writer.write_tensor_data(_noise(random, tensor))
    writer.close()
    half.replace(path)
    return path


def _norms() -> Iterator[str]:
    yield "output_norm.weight"
    for layer in range(LAYERS):
        yield f"blk.{layer}.attn_norm.weight"
        yield f"blk.{layer}.ffn_norm.weight"


def _tensors() -> Iterator[_Tensor]:
    """The matrices, with the types a Q4_K_M file gives them."""
    yield _Tensor("token_embd.weight", TOKENS, WIDTH, Kind.Q6_K)
    for layer in range(LAYERS):
        block = f"blk.{layer}"
        finer = layer < LAYERS // 8 or layer >= LAYERS * 7 // 8 or layer % 3 == 2
        down = Kind.Q6_K if finer else Kind.Q4_K
        yield _Tensor(f"{block}.attn_qkv.weight", (HEADS + 2 * HEADS_KV) * HEAD, WIDTH, Kind.Q5_K)
        yield _Tensor(f"{block}.attn_output.weight", WIDTH, HEADS * HEAD, Kind.Q4_K)
        yield _Tensor(f"{block}.ffn_up.weight", 2 * FEED_FORWARD, WIDTH, Kind.Q4_K)
        yield _Tensor(f"{block}.ffn_down.weight", WIDTH, FEED_FORWARD, down)


def _noise(random: np.random.Generator, tensor: _Tensor) -> np.ndarray:
    """Random blocks of the type with scales that keep the weights small and centred on 0."""
    size = gguf.GGML_QUANT_SIZES[tensor.kind][1]
    noise = random.integers(0, 256, tensor.rows * tensor.row_bytes, dtype=np.uint8)
    blocks = noise.reshape(-1, size)
    if tensor.kind is Kind.Q6_K:  # low bits, high bits, 16 scales, d
        blocks[:, 208:210] = _half(_SPREAD / (73 * 18.5))
    else:  # d, dmin, scales, the rest
        steps = 15 if tensor.kind is Kind.Q4_K else 31
        step = _SPREAD / (36 * 0.3 * steps)
        blocks[:, 0:2] = _half(step)
        blocks[:, 2:4] = _half(step * steps / 2)
    return blocks.reshape(tensor.rows, -1)


def _half(value: float) -> np.ndarray:
    return np.frombuffer(np.float16(value).tobytes(), dtype=np.uint8)
