"""The English words of time and what they stand for: tables only, no rules of grammar."""

from __future__ import annotations

from dataclasses import dataclass

WEEKDAY_NAMES = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
MONTH_NAMES = (
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
)
RULE_DAYS = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")

WEEKDAYS: dict[str, int] = {name.lower(): i for i, name in enumerate(WEEKDAY_NAMES)} | {
    "mon": 0,
    "tue": 1,
    "tues": 1,
    "wed": 2,
    "weds": 2,
    "thu": 3,
    "thur": 3,
    "thurs": 3,
    "fri": 4,
    "sat": 5,
    "sun": 6,
}
PLURAL_WEEKDAYS: dict[str, int] = {name.lower() + "s": i for i, name in enumerate(WEEKDAY_NAMES)}
MONTHS: dict[str, int] = {name.lower(): i for i, name in enumerate(MONTH_NAMES, 1)} | {
    "jan": 1,
    "feb": 2,
    "mar": 3,
    "apr": 4,
    "jun": 6,
    "jul": 7,
    "aug": 8,
    "sep": 9,
    "sept": 9,
    "oct": 10,
    "nov": 11,
    "dec": 12,
}


def words_of(text: str) -> tuple[str, ...]:
    """The words of a table written in one string."""
    return tuple(text.split())


_ONES = words_of(
    "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen "
    "fifteen sixteen seventeen eighteen nineteen"
)
_ORDINAL_ONES = words_of(
    "first second third fourth fifth sixth seventh eighth ninth tenth eleventh twelfth "
    "thirteenth fourteenth fifteenth sixteenth seventeenth eighteenth nineteenth"
)
SMALL_NUMBERS: dict[str, int] = {word: i for i, word in enumerate(_ONES)}
TENS: dict[str, int] = {"twenty": 20, "thirty": 30, "forty": 40, "fifty": 50, "sixty": 60} | {
    "fourty": 40,
    "seventy": 70,
    "eighty": 80,
    "ninety": 90,
}
ORDINALS: dict[str, int] = {word: i for i, word in enumerate(_ORDINAL_ONES, 1)} | {
    "twentieth": 20,
    "thirtieth": 30,
}
ORDINAL_ENDINGS = frozenset({"st", "nd", "rd", "th"})


@dataclass(frozen=True)
class Amount:
    """A length of time: calendar months and days kept apart from real seconds."""

    months: int = 0
    days: int = 0
    seconds: int = 0

    def times(self, factor: int) -> Amount:
        """This amount `factor` times."""
        return Amount(self.months * factor, self.days * factor, self.seconds * factor)

    def plus(self, other: Amount) -> Amount:
        """Both together."""
        return Amount(
            self.months + other.months, self.days + other.days, self.seconds + other.seconds
        )


SECOND = Amount(seconds=1)
MINUTE = Amount(seconds=60)
HOUR = Amount(seconds=3600)
DAY = Amount(days=1)
WEEK = Amount(days=7)
FORTNIGHT = Amount(days=14)
MONTH = Amount(months=1)
YEAR = Amount(months=12)

UNITS: dict[str, Amount] = {
    word: amount
    for words, amount in (
        ("second seconds sec secs", SECOND),
        ("minute minutes min mins m", MINUTE),
        ("hour hours hr hrs h", HOUR),
        ("day days d", DAY),
        ("week weeks wk wks w", WEEK),
        ("fortnight fortnights", FORTNIGHT),
        ("month months", MONTH),
        ("year years yr yrs", YEAR),
    )
    for word in words.split()
}
# Units that only count directly behind a figure ("30m", "2 h"): alone they are letters.
SHORT_UNITS = frozenset({"m", "h", "d", "w"})

# Parts of the day in hours after midnight. What people call evening runs to the day's end.
PARTS: dict[str, tuple[int, int]] = {
    "morning": (8, 12),
    "lunchtime": (12, 14),
    "afternoon": (12, 18),
    "evening": (18, 24),
    "night": (18, 24),
}
EARLY_PARTS: dict[str, tuple[int, int]] = {
    "morning": (6, 9),
    "afternoon": (12, 15),
    "evening": (18, 21),
}
LATE_PARTS: dict[str, tuple[int, int]] = {
    "morning": (10, 12),
    "afternoon": (15, 18),
    "evening": (21, 24),
    "night": (21, 24),
}
# The hours a clock time may have beside a part of the day ("five in the evening").
PART_REACH: dict[str, tuple[int, int]] = {
    "morning": (0, 13),
    "lunchtime": (11, 15),
    "afternoon": (12, 20),
    "evening": (16, 25),
    "night": (17, 29),
}

HOLIDAYS: tuple[tuple[str, int, int], ...] = (
    ("christmas eve", 12, 24),
    ("christmas day", 12, 25),
    ("christmas", 12, 25),
    ("xmas", 12, 25),
    ("boxing day", 12, 26),
    ("new year eve", 12, 31),
    ("new years eve", 12, 31),
    ("new year day", 1, 1),
    ("new years day", 1, 1),
    ("new year", 1, 1),
    ("halloween", 10, 31),
    ("valentine day", 2, 14),
    ("valentines day", 2, 14),
)

ALIASES: dict[str, str] = {
    "tmrw": "tomorrow",
    "tmr": "tomorrow",
    "tmw": "tomorrow",
    "tmrow": "tomorrow",
    "tomo": "tomorrow",
    "tommorow": "tomorrow",
    "tommorrow": "tomorrow",
    "tomarrow": "tomorrow",
    "tonite": "tonight",
    "2moro": "tomorrow",
    "2morrow": "tomorrow",
    "2mro": "tomorrow",
    "2nite": "tonight",
    "nite": "night",
    "arvo": "afternoon",
    "midday": "noon",
    "noonish": "noon",
    "wkend": "weekend",
    "wensday": "wednesday",
    "wendsday": "wednesday",
    "saterday": "saturday",
    "feburary": "february",
    "til": "until",
    "till": "until",
    "thru": "until",
    "through": "until",
    "oclock": "o'clock",
    "each": "every",
    "upcoming": "coming",
    "previous": "last",
    "approximately": "around",
    "roughly": "around",
    "circa": "around",
    "ca": "around",
    "annually": "yearly",
    "biweekly": "fortnightly",
}
_OFTEN_MISSPELT = (
    *(name.lower() for name in WEEKDAY_NAMES),
    *(name.lower() for name in MONTH_NAMES if len(name) > 5),
    *("tomorrow", "yesterday", "tonight", "afternoon", "evening", "morning", "weekend"),
    *("minutes", "fortnight", "midnight"),
)


def _slips(word: str) -> set[str]:
    """What a hurried hand makes of a word: two letters swapped, one lost, one doubled.

    First and last letters stay (a lost last one makes names: "Frida"), and no letter becomes
    another (that makes words: "sundae").
    """
    inner = range(1, len(word) - 1)
    swapped = {word[:i] + word[i + 1] + word[i] + word[i + 2 :] for i in inner}
    lost = {word[:i] + word[i + 1 :] for i in inner}
    doubled = {word[: i + 1] + word[i:] for i in inner}
    return swapped | lost | doubled


for _word in _OFTEN_MISSPELT:
    for _slip in _slips(_word):
        if _slip not in WEEKDAYS and _slip not in MONTHS and _slip != _word:
            ALIASES.setdefault(_slip, _word)

# "Todays mail": the apostrophe is what a hurried hand leaves out first. A weekday's plural is a
# rule ("fridays at 3"), and only what follows tells it from "fridays meeting" (see `finder`).
_OWNERS = frozenset({"today", "tomorrow", "yesterday", "tonight"})
ALIASES |= {f"{_word}s": _word for _word in _OWNERS}
ALIASES |= {f"{_slip}s": _word for _slip, _word in ALIASES.items() if _word in _OWNERS}

# Words that may follow a bare number or a short name without making it part of a title.
_PLAIN_FOLLOWERS = words_of(
    "with and or for to in on at by from until about re then please but if because so when as is "
    "was are were be instead i we you he she they it can could should would will do does the my "
    "our your that this which next every last before after since between today tomorrow "
    "yesterday tonight noon morning afternoon evening sharp using via thanks pls now because "
    "unless while not o'clock a an work works starting early late called titled named"
)
FOLLOWERS = frozenset({*_PLAIN_FOLLOWERS, *WEEKDAYS, *MONTHS})
