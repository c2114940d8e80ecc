"""The shipped model on the requests written by hand: it has not become worse than its card says.

The bars lie a little under the figures in `models/README.md`, so that a change that makes the whole
worse (of the model, or of the code around it) is seen; `./run bench starter` measures it exactly.
"""

from __future__ import annotations

from contextlib import closing
from pathlib import Path

import pytest

from tests.support.starter_cases import FILES, Bench, Tally, cases, judge

BARS = {"tool": 92.0, "effect": 82.0}
"""Per cent at least."""
CEILINGS = {"wrong_action": 3.0, "wrong_at_once": 1.3}
"""Per cent at most."""


@pytest.fixture(scope="module")
def tally(tmp_path_factory: pytest.TempPathFactory) -> Tally:
    found = Tally()
    with closing(Bench(Path(tmp_path_factory.mktemp("starter")))) as bench:
        for name in FILES:
            for case in cases(name):
                found.verdicts.append(judge(case, *bench.run(case)))
    return found


@pytest.mark.parametrize("of", BARS)
def test_requests_written_by_hand_are_understood(tally: Tally, of: str) -> None:
    assert tally.share(of) >= BARS[of]


@pytest.mark.parametrize("of", CEILINGS)
def test_what_is_misunderstood_is_asked_about(tally: Tally, of: str) -> None:
    assert tally.share(of) <= CEILINGS[of]


def test_what_is_out_of_field_is_refused_and_what_is_in_it_is_not(tally: Tally) -> None:
    inside = sorted({each.case.category for each in tally.verdicts if not each.case.answer})
    assert tally.share("refused", only=["outside"]) >= 76
    assert tally.share("refused", only=inside) <= 2
