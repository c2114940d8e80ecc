"""The `phi3` architecture in PyTorch, small: the same sums as llama.cpp makes from the GGUF."""

from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional


@dataclass(frozen=True)
class Shape:
    """Sizes of the model; widths in numbers, `context` in tokens."""

    vocabulary: int = 6144
    width: int = 320
    layers: int = 8
    heads: int = 5
    kv_heads: int = 1
    feed_forward: int = 960
    rotary: int = 48
    """Dimensions of each head that are rotated: 75 % of them."""
    rotary_base: float = 10_000.0
    epsilon: float = 1e-5
    context: int = 1024

    @property
    def head(self) -> int:
        """Dimensions of one head."""
        return self.width // self.heads


class Attention(nn.Module):
    """Causal attention with fused q|k|v, grouped keys and partial rotary positions."""

    def __init__(self, shape: Shape) -> None:
        """Makes the weights for a shape."""
        super().__init__()
        self.shape = shape
        rows = (shape.heads + 2 * shape.kv_heads) * shape.head
        self.qkv = nn.Linear(shape.width, rows, bias=False)
        self.output = nn.Linear(shape.width, shape.width, bias=False)

    def forward(self, x: Tensor, cos: Tensor, sin: Tensor) -> Tensor:
        """Maps (batch, tokens, width) to the same shape; cos and sin are (tokens, rotary / 2)."""
        batch, tokens, width = x.shape
        shape = self.shape
        heads = self.qkv(x).view(batch, tokens, -1, shape.head).transpose(1, 2)
        query, key, value = heads.split([shape.heads, shape.kv_heads, shape.kv_heads], dim=1)
        groups = shape.heads // shape.kv_heads
        query = rotate(query, cos, sin).unflatten(1, (shape.kv_heads, groups))
        key = rotate(key, cos, sin).unsqueeze(2)
        scores = query @ key.transpose(-1, -2) * shape.head**-0.5
        later = torch.ones(tokens, tokens, dtype=torch.bool, device=x.device).triu(1)
        weights = scores.masked_fill(later, -torch.inf).softmax(-1).to(value.dtype)
        mixed = (weights @ value.unsqueeze(2)).flatten(1, 2)
        joined: Tensor = self.output(mixed.transpose(1, 2).reshape(batch, tokens, width))
        return joined


def rotate(x: Tensor, cos: Tensor, sin: Tensor) -> Tensor:
    """Rotates the first dimensions of (batch, heads, tokens, head) in split halves (NeoX)."""
    half = cos.shape[-1]
    first, second, rest = x.split([half, half, x.shape[-1] - 2 * half], dim=-1)
    cos, sin = cos.to(x.dtype), sin.to(x.dtype)
    return torch.cat([first * cos - second * sin, second * cos + first * sin, rest], dim=-1)


class FeedForward(nn.Module):
    """The gated part of a layer, with fused gate|up."""

    def __init__(self, shape: Shape) -> None:
        """Makes the weights for a shape."""
        super().__init__()
        self.gate_up = nn.Linear(shape.width, 2 * shape.feed_forward, bias=False)
        self.down = nn.Linear(shape.feed_forward, shape.width, bias=False)

    def forward(self, x: Tensor) -> Tensor:
        """Maps (batch, tokens, width) to the same shape."""
        gate, up = self.gate_up(x).chunk(2, dim=-1)
        mapped: Tensor = self.down(functional.silu(gate) * up)
        return mapped


class Layer(nn.Module):
    """One layer: attention, then feed-forward, each on the normalised stream."""

    def __init__(self, shape: Shape) -> None:
        """Makes the weights for a shape."""
        super().__init__()
        self.attention_norm = nn.RMSNorm(shape.width, eps=shape.epsilon)
        self.attention = Attention(shape)
        self.feed_forward_norm = nn.RMSNorm(shape.width, eps=shape.epsilon)
        self.feed_forward = FeedForward(shape)

    def forward(self, x: Tensor, cos: Tensor, sin: Tensor) -> Tensor:
        """Maps (batch, tokens, width) to the same shape."""
        x = x + self.attention(self.attention_norm(x), cos, sin)
        added: Tensor = x + self.feed_forward(self.feed_forward_norm(x))
        return added


class Model(nn.Module):
    """The language model; the embedding is also the output matrix."""

    def __init__(self, shape: Shape) -> None:
        """Makes the weights for a shape."""
        super().__init__()
        self.shape = shape
        self.embedding = nn.Embedding(shape.vocabulary, shape.width)
        self.layers = nn.ModuleList(Layer(shape) for _ in range(shape.layers))
        self.norm = nn.RMSNorm(shape.width, eps=shape.epsilon)
        frequency = shape.rotary_base ** (-torch.arange(0, shape.rotary, 2) / shape.rotary)
        angle = torch.outer(torch.arange(shape.context), frequency)
        self.register_buffer("cos", angle.cos(), persistent=False)
        self.register_buffer("sin", angle.sin(), persistent=False)
        for weights in self.parameters():
            if weights.dim() == 2:
                nn.init.normal_(weights, std=0.02)
        for name, weights in self.named_parameters():
            if name.endswith(("output.weight", "down.weight")):
                nn.init.normal_(weights, std=0.02 / (2 * shape.layers) ** 0.5)

    def hidden(self, tokens: Tensor) -> Tensor:
        """Maps token ids (batch, tokens) to normalised states (batch, tokens, width)."""
        x = self.embedding(tokens)
        cos, sin = self.cos[: tokens.shape[1]], self.sin[: tokens.shape[1]]
        for layer in self.layers:
            x = layer(x, cos, sin)
        normalised: Tensor = self.norm(x)
        return normalised

    def logits(self, states: Tensor) -> Tensor:
        """Maps states (…, width) to logits (…, vocabulary)."""
        return functional.linear(states, self.embedding.weight)

    def loss(self, tokens: Tensor, counted: Tensor) -> Tensor:
        """Mean cross entropy in nats over the counted tokens, both (batch, tokens)."""
        states = self.hidden(tokens[:, :-1])
        wanted = counted[:, 1:]
        return functional.cross_entropy(self.logits(states[wanted]).float(), tokens[:, 1:][wanted])

    @torch.no_grad()
    def right(self, tokens: Tensor, counted: Tensor) -> Tensor:
        """Which rows of (batch, tokens) the model would write exactly so, greedily: (batch,)."""
        best = self.logits(self.hidden(tokens[:, :-1])).argmax(-1)
        return ((best == tokens[:, 1:]) | ~counted[:, 1:]).all(-1)
