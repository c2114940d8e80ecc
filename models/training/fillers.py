"""Fillers that are made, not listed: invented and random words, numbers, dates, copied text."""

from functools import cache
from pathlib import Path
from random import Random

from .grammar import Rule, read_rules

_SCRIPTS = (
    (0x61, 0x7A), (0x30, 0x39), (0xC0, 0x17F), (0x391, 0x3C9), (0x410, 0x44F), (0x5D0, 0x5EA),
    (0x621, 0x64A), (0x904, 0x939), (0x3041, 0x3096), (0x4E00, 0x9FA5), (0xAC00, 0xD7A3),
)  # fmt: skip
"""First and last code point of the letters that random words are made of."""


@cache
def _names() -> dict[str, list[str]]:
    return read_rules(Path(__file__).with_name("rules") / "names.txt")


def invented(rng: Random) -> str:
    """An invented word of one to three syllables in lower case."""
    names = _names()
    return "".join(
        rng.choice(names["onset"]) + rng.choice(names["vowel"]) + rng.choice(names["coda"])
        for _ in range(rng.choice([1, 2, 2, 2, 2, 3, 3]))
    )


def invented_name(rng: Random) -> str:
    """An invented name, capitalised, sometimes a double one."""
    name = invented(rng).capitalize()
    if rng.random() < 0.08:
        name += rng.choice("-'") + invented(rng).capitalize()
    return name


def random_letters(rng: Random) -> str:
    """One to five random letters or digits of one script."""
    low, high = rng.choice(_SCRIPTS)
    return "".join(chr(rng.randint(low, high)) for _ in range(rng.randint(1, 5)))


def code(rng: Random) -> str:
    """An invented word in capitals with a number."""
    return invented(rng).upper() + rng.choice(["-", "", "/", "."]) + number(rng)


def quoted(rng: Random) -> str:
    """An invented word in quotes or brackets of some kind."""
    quotes = rng.choice(_names()["quotes"])
    return quotes[0] + invented(rng) + quotes[1]


def punctuated(rng: Random) -> str:
    """A common word with something after it."""
    return rng.choice(_names()["common"]) + rng.choice(_names()["ending"])


def random_word(rng: Random) -> str:
    """One rare word: letters of some script, digits, an emoji, a code, a symbol, a name."""
    kinds = [invented, random_letters, number, common, code, name, invented_name, punctuated]
    kinds += [quoted, emoji, symbol, spliced]
    made: str = rng.choices(kinds, [17, 16, 16, 15, 6, 6, 6, 4, 4, 5, 5, 14])[0](rng)
    return made


def common(rng: Random) -> str:
    """A common English word."""
    return rng.choice(_names()["common"])


def name(rng: Random) -> str:
    """A listed name."""
    names = _names()
    return rng.choice(names[rng.choice(["first", "first", "last", "foreign"])])


def spliced(rng: Random) -> str:
    """The beginning of one listed name or word and the end of another, in lower case."""
    names = _names()
    listed = rng.choice(["first", "first", "last", "common", "event"])
    head, tail = (rng.choice(names[listed]).split()[0].lower() for _ in range(2))
    return head[: rng.randint(2, 5)] + tail[-rng.randint(2, 5) :]


def spliced_name(rng: Random) -> str:
    """A spliced word, capitalised."""
    return spliced(rng).capitalize()


def emoji(rng: Random) -> str:
    """An emoji."""
    return rng.choice(_names()["emoji"])


def symbol(rng: Random) -> str:
    """A single character that is no letter or digit."""
    return rng.choice(_names()["symbol"])


def number(rng: Random) -> str:
    """A number of up to five digits."""
    return str(rng.randrange(10 ** rng.choice([1, 2, 2, 3, 4, 5])))


def random_text(rng: Random) -> str:
    """One to eight rare words, now and then with a line break between them."""
    words = [random_word(rng) for _ in range(rng.choice([1, 2, 2, 3, 3, 4, 5, 6, 8]))]
    half = len(words) // 2
    joint = "\n" if rng.random() < 0.05 else " "
    return joint.join([" ".join(words[:half]), " ".join(words[half:])]).strip()


def odd(rng: Random) -> str:
    """One to three words that are mostly invented or rare."""
    return " ".join(
        rng.choice([invented, spliced])(rng) if rng.random() < 0.5 else random_word(rng)
        for _ in range(rng.choice([1, 1, 1, 2, 2, 3]))
    )


def words(rng: Random) -> str:
    """Three to fourteen words in no order: common ones, names, and invented names."""
    kinds = [common, name, invented_name]
    return " ".join(rng.choices(kinds, [8, 1, 1])[0](rng) for _ in range(rng.randint(3, 14)))


def ordinal(rng: Random) -> str:
    """A day of the month: 1st to 31st."""
    day = rng.randint(1, 31)
    suffix = "th" if 10 < day < 20 else {1: "st", 2: "nd", 3: "rd"}.get(day % 10, "th")
    return f"{day}{suffix}"


def iso_date(rng: Random) -> str:
    """A date as year-month-day."""
    return f"{rng.randint(2025, 2029)}-{rng.randint(1, 12):02}-{rng.randint(1, 28):02}"


def numeric_date(rng: Random) -> str:
    """A date in numbers, in the customs of several countries."""
    day, month, year = rng.randint(1, 28), rng.randint(1, 12), rng.randint(25, 29)
    ways = [f"{day}/{month}", f"{month}/{day}", f"{day}.{month}.", f"{day:02}.{month:02}."]
    ways += [f"{day:02}.{month:02}.20{year}", f"{day}/{month}/{year}", f"{day}-{month}"]
    ways += [f"{month:02}/{day:02}/20{year}"]
    return rng.choice(ways)


def minutes(rng: Random) -> str:
    """The minutes of a clock time, mostly quarters of an hour."""
    if rng.random() < 0.6:
        return rng.choice(["00", "15", "30", "45"])
    return f"{rng.randrange(0, 60, rng.choice([1, 5])):02}"


RULES: dict[str, Rule] = {
    "invented": invented,
    "Invented": invented_name,
    "spliced": spliced,
    "Spliced": spliced_name,
    "odd": odd,
    "rare": random_text,
    "words": words,
    "number": number,
    "nth": ordinal,
    "iso": iso_date,
    "numdate": numeric_date,
    "mm": minutes,
    "h": lambda rng: str(rng.randint(1, 12)),
    "hh": lambda rng: str(rng.randint(0, 23)),
    "h2": lambda rng: f"{rng.randint(0, 23):02}",
    "dd": lambda rng: str(rng.randint(1, 31)),
    "n": lambda rng: str(rng.randint(2, 12)),
    "many": lambda rng: str(rng.choice([5, 10, 15, 20, 25, 30, 40, 45, 50, 60, 75, 90, 120])),
    "year": lambda rng: str(rng.randint(2025, 2029)),
}
