"""Time expressions: the user's words for a time become instants, days, spans and rules.

The public functions are here; how English says times is split over the modules beside. Pure: the
clock is an argument. English only.
"""

from app.tools.when.durations import parse_duration, parse_offset
from app.tools.when.finder import find_when
from app.tools.when.grammar import parse_when
from app.tools.when.model import When, WhenKind
from app.tools.when.rules import fit_until
from app.tools.when.wording import describe, say_day, say_length, say_moment

__all__ = [
    "When",
    "WhenKind",
    "describe",
    "find_when",
    "fit_until",
    "parse_duration",
    "parse_offset",
    "parse_when",
    "say_day",
    "say_length",
    "say_moment",
]
