"""Writes a checkpoint as a GGUF file of architecture `phi3`, matrices in Q8_0, norms in float32."""

import argparse
import json
from collections.abc import Sequence
from pathlib import Path

import torch
from gguf import GGMLQuantizationType, GGUFWriter, LlamaFileType, TokenType, quants
from tokenizers import Tokenizer
from torch import Tensor

from .model import Shape
from .tokenizer import CONTROL, END, PADDING_ID, VOCABULARY, call_pieces
from .words import known_words

LIMIT = 25_000_000
"""Bytes that the file may have at most."""
LAYER_TENSORS = {
    "attention_norm": "attn_norm",
    "attention.qkv": "attn_qkv",
    "attention.output": "attn_output",
    "feed_forward_norm": "ffn_norm",
    "feed_forward.gate_up": "ffn_up",
    "feed_forward.down": "ffn_down",
}
CHAT_TEMPLATE = (
    "{%- for message in messages -%}"
    "{%- if message['role'] == 'user' -%}{{- '<|user|> ' + message['content'] + '<|end|>' -}}"
    "{%- elif message['role'] == 'assistant' -%}"
    "{{- '<|assistant|>' + message['content'] + '<|end|>' -}}"
    "{%- elif message['role'] == 'tool' -%}"
    "{{- '<|tool_response|>' + message['content'] + '<|end|>' -}}"
    "{%- endif -%}{%- endfor -%}"
    "{%- if add_generation_prompt -%}{{- '<|assistant|>' -}}{%- endif -%}"
)


def tensor_name(name: str) -> str:
    """The GGUF name of a weight of the model."""
    plain = name.removesuffix(".weight")
    if plain == "embedding":
        return "token_embd.weight"
    if plain == "norm":
        return "output_norm.weight"
    _, index, rest = plain.split(".", 2)
    return f"blk.{index}.{LAYER_TENSORS[rest]}.weight"


def add_shape(writer: GGUFWriter, shape: Shape) -> None:
    """Writes the sizes of the model."""
    writer.add_context_length(shape.context)
    writer.add_rope_scaling_orig_ctx_len(shape.context)
    writer.add_embedding_length(shape.width)
    writer.add_feed_forward_length(shape.feed_forward)
    writer.add_block_count(shape.layers)
    writer.add_head_count(shape.heads)
    writer.add_head_count_kv(shape.kv_heads)
    writer.add_layer_norm_rms_eps(shape.epsilon)
    writer.add_rope_dimension_count(shape.rotary)
    writer.add_rope_freq_base(shape.rotary_base)
    writer.add_vocab_size(shape.vocabulary)


def add_tokenizer(writer: GGUFWriter, tokenizer: Tokenizer) -> None:
    """Writes vocabulary, token kinds, merges and the chat template."""
    kinds = dict.fromkeys(CONTROL, TokenType.CONTROL)
    kinds.update(dict.fromkeys(call_pieces(), TokenType.USER_DEFINED))
    tokens = [tokenizer.id_to_token(index) for index in range(VOCABULARY)]
    merges = json.loads(tokenizer.to_str())["model"]["merges"]
    writer.add_tokenizer_model("gpt2")
    writer.add_tokenizer_pre("gpt-2")
    writer.add_token_list(tokens)
    writer.add_token_types([kinds.get(token, TokenType.NORMAL) for token in tokens])
    writer.add_token_merges([" ".join(merge) for merge in merges])
    end = tokenizer.token_to_id(END)
    writer.add_eos_token_id(end)
    writer.add_eot_token_id(end)
    writer.add_pad_token_id(PADDING_ID)
    writer.add_add_bos_token(False)
    writer.add_add_space_prefix(False)
    writer.add_chat_template(CHAT_TEMPLATE)


def export(
    weights: dict[str, Tensor],
    tokenizer: Tokenizer,
    out: Path,
    sure_from: float,
    words: Sequence[str],
) -> None:
    """Writes the GGUF file in one go; raises ValueError when it is larger than `LIMIT`.

    `sure_from` is the confidence from which the program acts on a call (see `evaluate.py`), `words`
    those by which it puts typing errors right.
    """
    temporary = out.with_suffix(".tmp")
    writer = GGUFWriter(temporary, "phi3")
    writer.add_name("Phial Starter")
    writer.add_license("MIT")
    writer.add_file_type(LlamaFileType.MOSTLY_Q8_0)
    writer.add_quantization_version(2)
    writer.add_bool("phial.tools_learned", True)
    writer.add_float32("phial.sure_from", sure_from)
    writer.add_string("phial.words", " ".join(words))
    add_shape(writer, Shape())
    add_tokenizer(writer, tokenizer)
    for name, weight in weights.items():
        values = weight.float().numpy()
        if values.ndim == 2:
            packed = quants.quantize(values, GGMLQuantizationType.Q8_0)
            writer.add_tensor(tensor_name(name), packed, raw_dtype=GGMLQuantizationType.Q8_0)
        else:
            writer.add_tensor(tensor_name(name), values)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    if temporary.stat().st_size > LIMIT:
        raise ValueError(f"{temporary.stat().st_size} bytes are more than {LIMIT}")
    temporary.replace(out)


def main() -> None:
    """Exports the checkpoint of a training run."""
    parser = argparse.ArgumentParser(description=main.__doc__)
    parser.add_argument("--run", type=Path, required=True, help="the folder given to train --out")
    parser.add_argument("--out", type=Path, required=True, help="GGUF file to write")
    parser.add_argument("--sure-from", type=float, default=0.5, help="see evaluate.py")
    options = parser.parse_args()
    weights = torch.load(options.run / "checkpoint.pt", weights_only=True)["model"]
    export(
        weights,
        Tokenizer.from_file(str(options.run / "tokenizer.json")),
        options.out,
        options.sure_from,
        known_words(),
    )


if __name__ == "__main__":
    main()
