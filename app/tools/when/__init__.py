"""Time expressions: the user's words for a time become instants, days, spans and rules.

The public functions are here; how English says times is split over the modules beside. Pure: the
clock is an argument. English only.
"""

from app.tools.when.durations import parse_duration
from app.tools.when.finder import find_when, of_one_day
from app.tools.when.grammar import parse_when
from app.tools.when.model import When, WhenKind
from app.tools.when.rules import fit_until, last_day, occurrences, say_repetition
from app.tools.when.wording import say_day, say_length

__all__ = [
    "When",
    "WhenKind",
    "find_when",
    "fit_until",
    "last_day",
    "occurrences",
    "of_one_day",
    "parse_duration",
    "parse_when",
    "say_day",
    "say_length",
    "say_repetition",
]
