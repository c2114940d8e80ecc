"""Picking the next token: a sampler chain inside llama.cpp, so that the logits stay there."""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import partial

from app.core.ports import GenerateRequest
from app.engine.dialects import Dialect
from app.engine.dialects.base import Sampling
from app.engine.native.binding import llama
from app.engine.native.model import NativeModel


class Sampler:
    """Picks tokens for one request as long as it is not closed.

    `sample()` is the token to come after what the context holds; the last decode's logits must
    be there.
    """

    def __init__(self, model: NativeModel, request: GenerateRequest) -> None:
        params = llama.llama_sampler_chain_default_params()
        params.no_perf = True
        self._chain = llama.llama_sampler_chain_init(params)
        self._context = model.context
        way = _way(model.dialect, request)
        if way.temperature <= 0:
            steps = [llama.llama_sampler_init_greedy()]
        else:
            steps = [
                llama.llama_sampler_init_top_k(way.top_k),
                llama.llama_sampler_init_top_p(way.top_p, 1),
                llama.llama_sampler_init_temp(way.temperature),
                llama.llama_sampler_init_dist(request.seed),
            ]
        for step in steps:
            llama.llama_sampler_chain_add(self._chain, step)
        self.sample: Callable[[], int] = partial(
            llama.llama_sampler_sample, self._chain, self._context, -1
        )

    def sample_but(self, token: int) -> int:
        """Another token than `token`, which is out of the question here."""
        llama.llama_get_logits_ith(self._context, -1)[token] = -math.inf
        return self.sample()

    def close(self) -> None:
        """Free the chain; safe to call once."""
        llama.llama_sampler_free(self._chain)


def _way(dialect: Dialect, request: GenerateRequest) -> Sampling:
    """How to sample: as asked; but a greedy request without tools as the dialect advises.

    Greedy reasoning tends to run in circles. A request with tools is for one right call, and
    stays greedy.
    """
    if request.temperature <= 0 and not request.tools and dialect.sampling is not None:
        return dialect.sampling
    return Sampling(request.temperature, request.top_p, request.top_k)
