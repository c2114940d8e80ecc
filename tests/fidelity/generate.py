"""Writes the files that tests/unit/test_fidelity.py compares the engine with.

Two small random models of the Phi-3 class, and what transformers makes of them:

- `mini` has Phi-4-mini's traits: three quarters of each head rotary, three query heads to each
  key and value head, tied embeddings, LongRoPE, a sliding window longer than its context;
- `phi4` has Phi-4's: the whole head rotary, rope base 250,000, untied embeddings, no sliding
  window, no LongRoPE.

For each case (`mini` in both ranges of LongRoPE, `phi4`) a text, the greedy answer to it, and the
logits at some places of both: at the end of every 16 tokens, and at each token of the answer.
transformers takes LongRoPE's factors by the length of the sequence, llama.cpp by the length of
the context: the long case is therefore longer than the original length, and its early places say
what a short prompt in a long context comes to.

The GGUF files are written here as llama.cpp's own converter writes them, in float32. The weights
lie on a coarse grid, so that they compress well; golden logits are float32, from eager attention.

The original length is 512: llama.cpp rounds every context up to a multiple of 256, and the engine
keeps no state of fewer tokens.

This needs PyTorch and transformers, which are no part of the project's dependencies. In an
environment of its own, from the root of the project:

    python3.11 -m venv /tmp/fidelity
    /tmp/fidelity/bin/pip install -r tests/fidelity/requirements.txt
    /tmp/fidelity/bin/python tests/fidelity/generate.py

The committed files were made with Python 3.11.7 and the versions in requirements.txt (on Linux
`torch==2.13.0+cpu` from PyTorch's own index is much smaller).
"""

from __future__ import annotations

import lzma
import math
import tempfile
from pathlib import Path

import gguf
import numpy as np
import torch
from transformers import Phi3Config, Phi3ForCausalLM
from transformers.convert_slow_tokenizer import bytes_to_unicode

OUT = Path(__file__).resolve().parent.parent / "fixtures" / "fidelity"

ORIGINAL, LONGEST = 512, 16384  # LongRoPE's lengths; their ratio is Phi-4-mini's
ANSWER = 24
EVERY = 16
CLEAR = 0.02  # the least lead of an answer's token over the next best

TEXT = (
    "Dear Anna, thank you for the notes from Friday. The second draft reads much better than the "
    'first, and the figures on page 12 are clear now. Two things are left: the summary says "by '
    'June", the table says July; and nobody has asked Nadia yet. Could you do both before Monday '
    "at 9:30? I will be on the train until noon, but I can read mail. The printer wants the final "
    "text by Tuesday, 17:00 at the latest, and needs the pictures apart from it: 300 dots an inch, "
    "no more than 20 MB each. If that is too short, tell me today, and I will ask them for another "
    "day (they said no last year). Best wishes, Tom"
)

SHAPE = {
    "num_hidden_layers": 2,
    "intermediate_size": 96,
    "rms_norm_eps": 1e-5,
    "bos_token_id": None,
    "pad_token_id": None,
    "attn_implementation": "eager",
}

TEMPLATE = "{% for message in messages %}{{ message.content }}{% endfor %}"


def vocabulary() -> tuple[list[str], list[int]]:
    """Tokens and their kinds: token n is the byte n, then a merge no text has, and an end."""
    spelled = bytes_to_unicode()
    tokens = [spelled[byte] for byte in range(256)] + [spelled[0] * 2, "<|endoftext|>"]
    normal, control = int(gguf.TokenType.NORMAL), int(gguf.TokenType.CONTROL)
    return tokens, [normal] * 257 + [control]


def mini() -> Phi3Config:
    """Phi-4-mini's configuration, small."""
    random = np.random.default_rng(1)
    rotary = 24
    return Phi3Config(
        **SHAPE,
        vocab_size=len(vocabulary()[0]),
        hidden_size=192,
        num_attention_heads=6,
        num_key_value_heads=2,
        tie_word_embeddings=True,
        eos_token_id=len(vocabulary()[0]) - 1,
        max_position_embeddings=LONGEST,
        original_max_position_embeddings=ORIGINAL,
        sliding_window=262144,
        partial_rotary_factor=0.75,
        rope_theta=10000.0,
        rope_scaling={
            "type": "longrope",
            "short_factor": random.uniform(1, 1.5, rotary // 2).round(4).tolist(),
            "long_factor": np.sort(random.uniform(1, 40, rotary // 2)).round(4).tolist(),
        },
    )


def phi4() -> Phi3Config:
    """Phi-4's configuration, small."""
    return Phi3Config(
        **SHAPE,
        vocab_size=len(vocabulary()[0]),
        hidden_size=128,
        num_attention_heads=4,
        num_key_value_heads=2,
        tie_word_embeddings=False,
        eos_token_id=len(vocabulary()[0]) - 1,
        max_position_embeddings=16384,
        original_max_position_embeddings=16384,
        sliding_window=None,
        rope_theta=250000.0,
    )


def build(config: Phi3Config, seed: int) -> Phi3ForCausalLM:
    """A model whose attention is far from even and whose logits are a few units wide."""
    random = np.random.default_rng(seed)
    model = Phi3ForCausalLM(config).eval()
    spreads = {"qkv_proj": 1.5, "o_proj": 2.0, "gate_up_proj": 1.5, "down_proj": 2.0}
    with torch.no_grad():
        for name, weight in sorted(model.named_parameters()):
            if weight.ndim == 1:
                values = random.integers(4, 13, weight.shape) / 8  # norms: 0.5 to 1.5
            else:
                gain = next((gain for key, gain in spreads.items() if key in name), 4.0)
                step = 2.0 ** round(math.log2(gain / math.sqrt(weight.shape[1]) / 2))
                values = np.round(random.standard_normal(weight.shape) * 2) * step
            weight.copy_(torch.from_numpy(values.astype(np.float32)))
    return model


def write_gguf(model: Phi3ForCausalLM, name: str, path: Path) -> None:
    """Write the model as llama.cpp reads it."""
    config, rope = model.config, model.config.rope_parameters
    original = config.original_max_position_embeddings
    heads = config.num_attention_heads
    writer = gguf.GGUFWriter(path, "phi3")
    writer.add_name(name)
    writer.add_context_length(config.max_position_embeddings)
    writer.add_rope_scaling_orig_ctx_len(original)
    writer.add_embedding_length(config.hidden_size)
    writer.add_feed_forward_length(config.intermediate_size)
    writer.add_block_count(config.num_hidden_layers)
    writer.add_head_count(heads)
    writer.add_head_count_kv(config.num_key_value_heads)
    writer.add_layer_norm_rms_eps(config.rms_norm_eps)
    writer.add_rope_dimension_count(
        int(rope.get("partial_rotary_factor", 1.0) * config.hidden_size) // heads
    )
    writer.add_rope_freq_base(rope["rope_theta"])
    writer.add_sliding_window(config.sliding_window or 0)
    tokens, kinds = vocabulary()
    writer.add_vocab_size(len(tokens))
    writer.add_tokenizer_model("gpt2")
    writer.add_tokenizer_pre("gpt-2")
    writer.add_token_list(tokens)
    writer.add_token_types(kinds)
    writer.add_token_merges([f"{tokens[0]} {tokens[0]}"])
    writer.add_eos_token_id(len(tokens) - 1)
    writer.add_add_bos_token(False)
    writer.add_chat_template(TEMPLATE)

    def add(tensor: str, weight: torch.Tensor) -> None:
        writer.add_tensor(tensor, weight.detach().numpy())

    if rope["rope_type"] == "longrope":
        ratio = config.max_position_embeddings / original
        writer.add_rope_scaling_attn_factors(math.sqrt(1 + math.log(ratio) / math.log(original)))
        add("rope_factors_long.weight", torch.tensor(rope["long_factor"]))
        add("rope_factors_short.weight", torch.tensor(rope["short_factor"]))
    add("token_embd.weight", model.model.embed_tokens.weight)
    if not config.tie_word_embeddings:
        add("output.weight", model.lm_head.weight)
    add("output_norm.weight", model.model.norm.weight)
    for number, layer in enumerate(model.model.layers):
        block = f"blk.{number}"
        add(f"{block}.attn_norm.weight", layer.input_layernorm.weight)
        add(f"{block}.attn_qkv.weight", layer.self_attn.qkv_proj.weight)
        add(f"{block}.attn_output.weight", layer.self_attn.o_proj.weight)
        add(f"{block}.ffn_norm.weight", layer.post_attention_layernorm.weight)
        add(f"{block}.ffn_up.weight", layer.mlp.gate_up_proj.weight)
        add(f"{block}.ffn_down.weight", layer.mlp.down_proj.weight)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


@torch.no_grad()
def write_golden(model: Phi3ForCausalLM, prompt: int, path: Path) -> None:
    """Write the case of the text's first `prompt` bytes: tokens, where, logits there."""
    tokens = list(TEXT.encode()[:prompt])
    assert len(tokens) == prompt
    for _ in range(ANSWER):
        last = model(torch.tensor([tokens])).logits[0, -1]
        (best, second), (token, _) = torch.topk(last, 2)
        assert best - second > CLEAR, f"{path.name}: two tokens are too close; take other weights"
        tokens.append(int(token))
    assert max(tokens) < 256, f"{path.name}: the answer ends early; take other weights"
    logits = model(torch.tensor([tokens])).logits[0].numpy()
    places = sorted({*range(EVERY - 1, prompt, EVERY), *range(prompt - 1, len(tokens))})
    np.savez_compressed(
        path,
        tokens=np.array(tokens, dtype=np.uint16),
        prompt=np.array(prompt),
        places=np.array(places, dtype=np.uint16),
        logits=logits[places],
    )
    answer = bytes(tokens[prompt:])
    print(f"{path.name}: logits spread {logits.std():.2f}, answer {answer!r}")


def main() -> None:
    """Write every file."""
    torch.manual_seed(0)
    torch.set_num_threads(1)
    OUT.mkdir(parents=True, exist_ok=True)
    models = {"mini": build(mini(), 2), "phi4": build(phi4(), 2)}
    for name, model in models.items():
        with tempfile.TemporaryDirectory() as folder:
            plain = Path(folder) / "model.gguf"
            write_gguf(model, f"Random {name}", plain)
            (OUT / f"{name}.gguf.xz").write_bytes(lzma.compress(plain.read_bytes(), preset=9))
    write_golden(models["mini"], 300, OUT / "mini_short.npz")
    write_golden(models["mini"], 560, OUT / "mini_long.npz")
    write_golden(models["phi4"], 300, OUT / "phi4.npz")


if __name__ == "__main__":
    main()
