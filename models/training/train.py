"""Trains the model on the streamed corpus; can be stopped (SIGTERM) and resumed at any step.

The learning rate warms up, stays, and falls to zero over the last `--decay` steps of `--steps`. To
end sooner, stop the run and resume it with fewer steps.
"""

import argparse
import logging
import os
import signal
import time
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from random import Random
from types import FrameType

import torch
from tokenizers import Tokenizer
from torch import Tensor
from torch.utils.data import DataLoader, IterableDataset

from .corpus import Corpus, Example
from .model import Model, Shape
from .tokenizer import PADDING_ID, encode, train

LOG = logging.getLogger(__name__)
MATRIX_RATE = 2.5e-3
OTHER_RATE = 2e-3
WARM_UP = 60
POOL = 6144
"""Examples that are sorted by length together, so that little padding is needed."""
BATCH = 8192
"""Tokens in a batch, padding included."""
LONGEST = 384
"""Tokens in an example; longer ones are left out."""
SAVE_EVERY = 200
CHECKED = 600
"""Held-out examples that are looked at whenever the checkpoint is saved."""

Batch = tuple[int, Tensor, Tensor]
"""(pool, tokens, counted): (batch, tokens) ids, and which of them the model writes."""


def batches(tokenizer: Tokenizer, examples: list[Example], pool: int) -> Iterator[Batch]:
    """The examples in batches of about the same length, in an order that depends on `pool`."""
    rows = [row for row in encode(tokenizer, examples) if len(row[0]) <= LONGEST]
    rows.sort(key=lambda row: len(row[0]))
    grouped: list[list[tuple[list[int], list[bool]]]] = [[]]
    for row in rows:
        if len(row[0]) * (len(grouped[-1]) + 1) > BATCH:
            grouped.append([])
        grouped[-1].append(row)
    Random(pool).shuffle(grouped)
    for group in grouped:
        longest = max(len(ids) for ids, _ in group)
        tokens = torch.full((len(group), longest), PADDING_ID)
        counted = torch.zeros(len(group), longest, dtype=torch.bool)
        for index, (ids, written) in enumerate(group):
            tokens[index, : len(ids)] = torch.tensor(ids)
            counted[index, : len(ids)] = torch.tensor(written)
        yield pool, tokens, counted


class Stream(IterableDataset[Batch]):
    """Endless batches from a place in the corpus on, made in a process of their own."""

    def __init__(self, tokenizer: Path, seed: int, pool: int) -> None:
        """`tokenizer` is its file; `pool` counts the pools of `POOL` examples."""
        self._tokenizer = tokenizer
        self._seed = seed
        self._pool = pool

    def __iter__(self) -> Iterator[Batch]:
        """The batches, without end."""
        os.environ["TOKENIZERS_PARALLELISM"] = "false"
        tokenizer = Tokenizer.from_file(str(self._tokenizer))
        corpus = Corpus()
        pool = self._pool
        while True:
            examples = list(islice(corpus.stream(f"{self._seed}/{pool}"), POOL))
            yield from batches(tokenizer, examples, pool)
            pool += 1


def rate_factor(step: int, steps: int, decay: int) -> float:
    """Factor of the learning rate at a step: warm-up, plateau, linear decay to zero."""
    return min(1.0, (step + 1) / WARM_UP, (steps - step) / decay)


def optimizers(model: Model) -> list[torch.optim.Optimizer]:
    """Muon for the layers' matrices, AdamW for the embedding and the norms."""
    matrices = [weights for weights in model.layers.parameters() if weights.dim() == 2]
    known = {id(weights) for weights in matrices}
    others = [weights for weights in model.parameters() if id(weights) not in known]
    return [
        torch.optim.Muon(
            matrices, lr=MATRIX_RATE, weight_decay=0.05, adjust_lr_fn="match_rms_adamw"
        ),
        torch.optim.AdamW(others, lr=OTHER_RATE, betas=(0.9, 0.98), weight_decay=0.0),
    ]


class Run:
    """A training run: model, optimisers, place in the corpus, and its checkpoint."""

    def __init__(self, out: Path, seed: int, device: str) -> None:
        """Starts anew, or where the checkpoint in `out` ends."""
        self.out = out
        self.seed = seed
        self.device = device
        self.step = 0
        self.pool = 0
        self.stopping = False
        torch.manual_seed(seed)
        self.model = Model(Shape()).to(device)
        self.optimizers = optimizers(self.model)
        self.words = out / "tokenizer.json"
        if not self.words.exists():
            train().save(str(self.words))
        self.tokenizer = Tokenizer.from_file(str(self.words))
        if (out / "checkpoint.pt").exists():
            self._load()

    def _load(self) -> None:
        state = torch.load(self.out / "checkpoint.pt", weights_only=True, map_location=self.device)
        self.model.load_state_dict(state["model"])
        for optimizer, saved in zip(self.optimizers, state["optimizers"], strict=True):
            optimizer.load_state_dict(saved)
        self.step, self.pool = state["step"], state["pool"] + 1

    def save(self) -> None:
        """Writes the checkpoint in one go."""
        state = {
            "model": self.model.state_dict(),
            "optimizers": [optimizer.state_dict() for optimizer in self.optimizers],
            "step": self.step,
            "pool": self.pool,
        }
        torch.save(state, self.out / "checkpoint.tmp")
        (self.out / "checkpoint.tmp").replace(self.out / "checkpoint.pt")

    def stop(self, _signal: int, _frame: FrameType | None) -> None:
        """Lets the run end after the step at hand."""
        self.stopping = True

    def held_out(self) -> float:
        """The share of held-out examples that the model would write exactly."""
        examples = list(islice(Corpus(held_out=True).stream("check"), CHECKED))
        right = total = 0
        for _, tokens, counted in batches(self.tokenizer, examples, 0):
            right += int(self.model.right(tokens.to(self.device), counted.to(self.device)).sum())
            total += len(tokens)
        return right / total

    def train(self, steps: int, decay: int) -> None:
        """Trains up to step `steps`, with the rate falling over the last `decay` ones."""
        seen, started = 0, time.monotonic()
        losses: list[float] = []
        stream = Stream(self.words, self.seed, self.pool)
        loader = DataLoader(stream, batch_size=None, num_workers=1, prefetch_factor=64)
        hidden = self.model.hidden
        # About twice as quick as without; each new length of a batch is the same program.
        self.model.hidden = torch.compile(hidden, dynamic=True)  # type: ignore[method-assign]
        for pool, tokens, counted in loader:
            if self.step >= steps or self.stopping:
                break
            self.pool = pool
            for optimizer, rate in zip(self.optimizers, (MATRIX_RATE, OTHER_RATE), strict=True):
                optimizer.param_groups[0]["lr"] = rate * rate_factor(self.step, steps, decay)
            with torch.autocast(self.device, dtype=torch.bfloat16):
                loss = self.model.loss(tokens.to(self.device), counted.to(self.device))
            loss.backward()
            torch.nn.utils.clip_grad_norm_(self.model.parameters(), 1.0)
            for optimizer in self.optimizers:
                optimizer.step()
                optimizer.zero_grad()
            self.step += 1
            seen += tokens.numel()
            losses.append(loss.item())
            if self.step % 20 == 0:
                speed = seen / (time.monotonic() - started)
                mean = sum(losses) / len(losses)
                LOG.info("step %d loss %.4f tokens/s %.0f", self.step, mean, speed)
                seen, started = 0, time.monotonic()
                losses = []
            if self.step % SAVE_EVERY == 0:
                self.save()
                LOG.info("step %d held out %.1f %%", self.step, 100 * self.held_out())
                started = time.monotonic()
        self.save()


def main() -> None:
    """Trains the starter model, or goes on with a checkpoint."""
    parser = argparse.ArgumentParser(description=main.__doc__)
    parser.add_argument("--out", type=Path, required=True, help="folder for checkpoint, tokenizer")
    parser.add_argument("--steps", type=int, default=12_000, help="last step")
    parser.add_argument("--decay", type=int, default=3000, help="steps over which the rate decays")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--device", default="cuda" if torch.cuda.is_available() else "cpu")
    options = parser.parse_args()
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s")
    torch.set_num_threads(options.threads)
    options.out.mkdir(parents=True, exist_ok=True)
    run = Run(options.out, options.seed, options.device)
    signal.signal(signal.SIGTERM, run.stop)
    run.train(options.steps, options.decay)


if __name__ == "__main__":
    main()
