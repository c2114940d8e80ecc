"""Trains the model on the streamed corpus; can be stopped (SIGTERM) and resumed at any step.

The learning rate warms up, stays, and decays to zero over the last `--decay` steps of `--steps`:
to start the decay early, stop the run and resume it with fewer steps.
"""

import argparse
import logging
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

from .corpus import stream
from .model import Model, Shape
from .tokenizer import PADDING_ID, encode, train

LOG = logging.getLogger(__name__)
MATRIX_RATE = 4e-3
OTHER_RATE = 3e-3
WARM_UP = 60
POOL = 4096
"""Examples that are sorted by length together, so that little padding is needed."""
BATCH = 6144
"""Tokens in a batch, padding included."""
LONGEST = 320
"""Tokens in an example; longer ones are left out."""
SAVE_EVERY = 200


def batches(tokenizer: Tokenizer, seed: int, pool: int) -> Iterator[tuple[int, Tensor, Tensor]]:
    """Yields (pool, tokens, counted): (batch, tokens) ids, and which of them are answers."""
    while True:
        examples = list(islice(stream(f"{seed}/{pool}"), POOL))
        rows = [row for row in encode(tokenizer, examples) if len(row[0]) <= LONGEST]
        rows.sort(key=lambda row: len(row[0]))
        grouped: list[list[tuple[list[int], int]]] = [[]]
        for row in rows:
            if len(row[0]) * (len(grouped[-1]) + 1) > BATCH:
                grouped.append([])
            grouped[-1].append(row)
        Random(pool).shuffle(grouped)
        for group in grouped:
            longest = max(len(ids) for ids, _ in group)
            tokens = torch.full((len(group), longest), PADDING_ID)
            counted = torch.zeros(len(group), longest, dtype=torch.bool)
            for index, (ids, prompt) in enumerate(group):
                tokens[index, : len(ids)] = torch.tensor(ids)
                counted[index, prompt : len(ids)] = True
            yield pool, tokens, counted
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

    def __init__(self, out: Path, seed: int) -> None:
        """Starts anew, or where the checkpoint in `out` ends."""
        self.out = out
        self.seed = seed
        self.step = 0
        self.pool = 0
        self.stopping = False
        torch.manual_seed(seed)
        self.model = Model(Shape())
        self.optimizers = optimizers(self.model)
        words = out / "tokenizer.json"
        if not words.exists():
            train().save(str(words))
        self.tokenizer = Tokenizer.from_file(str(words))
        if (out / "checkpoint.pt").exists():
            self._load()

    def _load(self) -> None:
        state = torch.load(self.out / "checkpoint.pt", weights_only=True)
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

    def train(self, steps: int, decay: int) -> None:
        """Trains up to step `steps`, with the rate falling over the last `decay` ones."""
        seen, started = 0, time.monotonic()
        losses: list[float] = []
        for pool, tokens, counted in batches(self.tokenizer, self.seed, self.pool):
            self.pool = pool
            if self.step >= steps or self.stopping:
                break
            for optimizer, rate in zip(self.optimizers, (MATRIX_RATE, OTHER_RATE), strict=True):
                optimizer.param_groups[0]["lr"] = rate * rate_factor(self.step, steps, decay)
            with torch.autocast("cpu", dtype=torch.bfloat16):
                loss = self.model.loss(tokens, counted)
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
        self.save()


def main() -> None:
    """Trains the starter model, or goes on with a checkpoint."""
    parser = argparse.ArgumentParser(description=main.__doc__)
    parser.add_argument("--out", type=Path, required=True, help="folder for checkpoint, tokenizer")
    parser.add_argument("--steps", type=int, default=4000, help="last step")
    parser.add_argument("--decay", type=int, default=900, help="steps over which the rate decays")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--threads", type=int, default=2)
    options = parser.parse_args()
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s")
    torch.set_num_threads(options.threads)
    options.out.mkdir(parents=True, exist_ok=True)
    run = Run(options.out, options.seed)
    signal.signal(signal.SIGTERM, run.stop)
    run.train(options.steps, options.decay)


if __name__ == "__main__":
    main()
