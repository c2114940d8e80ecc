"""Words of requests about mail: nouns, marks, folders, and what a reference in words comes to.

Vocabulary and values only: `message_reading` reads sentences with it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from app.mail.model import ARCHIVE, DRAFTS, INBOX, JUNK, OUTBOX, SENT, TRASH
from app.tools.event_words import ARTICLES, words_of
from app.tools.mail_time import Stretch


def words_in(text: str) -> frozenset[str]:
    """The words of a table written in one string."""
    return frozenset(text.split())


NOUN = words_in("mail email e-mail message letter note post correspondence one item")
NOUNS = words_in("mails emails e-mails messages letters notes items ones")
MASS = words_in("mail email e-mail post correspondence")
"""Nouns that name many where no "the" stands before them."""

REPLY = words_in("reply replies answer answers response responses")
"""Nouns of a message that answers another one."""

NEWSLETTERS = words_in(
    "newsletter newsletters bulk promotion promotions promotional promos adverts"
)
GENERIC = NOUN | NOUNS | words_in("mailbox")
"""Words that say only that it is mail."""

THREAD = words_in("thread threads conversation conversations exchange discussion chain")
DRAFT = words_in("draft drafts")
SETS = words_in("all every everything any anything each both those these whole entire stuff")
NEWEST = words_in("last latest newest recent")
OLDEST = words_in("oldest earliest first")
UNREAD = words_in("unread new unseen unopened")
FLAGGED = words_in("flagged starred important")
FILES = words_in("attachment attachments attached file files")
THEIRS = words_in("his her their he she they him")
"""Words for somebody spoken of before."""

MINE = words_in("i we me us myself my our")
EXCEPTING = words_in("except excluding but unless besides without")
VERBS = words_in(
    "sent send wrote write written mailed emailed forwarded gave replied answered said got "
    "received get just has have had did came come arrived was were is are be been"
)
GOT = words_in("got received get")
TOPIC = words_in(
    "about regarding re concerning called titled named mentioning containing saying says with on "
    "for of in subject around entitled"
)
"""Words behind which a subject stands."""

FIRM_TOPIC = TOPIC - words_in("with on for of in around says")
"""Those of them that are no part of a subject."""

FILLING = ARTICLES | words_in("which who what whose there here back please only just email's any")
_PLACES = {
    "inbox": INBOX, "archive": ARCHIVE, "archived": ARCHIVE, "trash": TRASH, "trashed": TRASH,
    "bin": TRASH, "deleted": TRASH, "spam": JUNK, "junk": JUNK, "drafts": DRAFTS, "draft": DRAFTS,
    "sent": SENT, "outbox": OUTBOX, "rubbish": TRASH,
}  # fmt: skip
_KIN = tuple(
    tuple(group.split())
    for group in (
        "receipt order", "bill invoice", "train rail", "dentist dental", "vet veterinary",
        "doctor practice clinic surgery", "flight plane airline", "photo picture",
        "parcel package delivery shipment", "landlord property", "film movie cinema",
        "gym fitness",
    )
)  # fmt: skip
"""What people call a thing, and what its sender does; looked for where the word itself is not."""

_OFTEN = (
    "from", "about", "with", "last", "latest", "unread", "mail", "mails", "email", "emails",
    "message", "messages", "newsletter", "newsletters", "yesterday", "today",
)  # fmt: skip
_NO_SLIPS = words_in("form mali salt slat wiht whit forms")
_LETTERS = re.compile(r"(?<![\w@.-])[^\W\d_]+(?![\w@-])")
_BEFORE_WORD = re.compile(rf"{_LETTERS.pattern}(?=\s+\w)")
_DOUBLED = re.compile(r"(.)\1+")
_POSSESSIVE = re.compile(r"['’]s?$", re.IGNORECASE)  # noqa: RUF001
_TOKEN = re.compile(
    r"[^\s,;!?“”\"()<>]+@[^\s,;!?“”\"()<>]+"
    r"|[^\W_]+(?:['’.&_+-][^\W_]+)*(?P<open>['’](?=\s))?|,"  # noqa: RUF001
)


@dataclass(frozen=True)
class MailWanted:
    """A reference taken apart; everything said must fit.

    `senders`, `recipients` and `company` (either of both) are names as said; one of each must fit.
    `newest` and `count` choose among what fits: the newest or oldest `count` after `skip` of them,
    0 for all. `many`: it speaks of a set. `pointing`: of something that was shown. `theirs`: of
    mail from whom the talk was about. `sent`: of what the user wrote. `reply`: of an answer.
    `bare`: nothing but somebody's name. `thing`: no word for mail, but for what came with it.
    `whose`: its words may as well be its sender's ("the library mail"). `kin`: words for the same
    thing fit too.
    """

    senders: tuple[str, ...] = ()
    recipients: tuple[str, ...] = ()
    company: tuple[str, ...] = ()
    words: tuple[str, ...] = ()
    stretch: Stretch | None = None
    folder: str = ""
    label: str = ""
    unread: bool | None = None
    flagged: bool | None = None
    bulk: bool | None = None
    attachments: bool | None = None
    sent: bool = False
    many: bool = False
    newest: bool = True
    count: int = 0
    skip: int = 0
    thread: bool = False
    reply: bool = False
    pointing: bool = False
    theirs: bool = False
    bare: bool = False
    thing: bool = False
    whose: bool = False
    kin: bool = False

    @property
    def content(self) -> bool:
        """Whether it says anything that a message could have or not."""
        named = (self.senders, self.recipients, self.company, self.words, self.folder, self.label)
        marks = (self.unread, self.flagged, self.bulk, self.attachments, self.stretch)
        return any(named) or marks != (None,) * 5 or self.sent or self.theirs


@dataclass(frozen=True)
class Token:
    """A word as said, without its possessive ending, and as it is compared.

    `owner`: it had that ending.
    """

    text: str
    low: str
    owner: bool


@dataclass(frozen=True)
class Names:
    """The words of people's names: of those the user knows, and of everybody.

    Whoever writes to the user may choose a name that is a word of a subject ("Invoice"), so only
    known ones are taken for names without asking.
    """

    known: frozenset[str] = frozenset()
    everybody: frozenset[str] = frozenset()

    def is_known(self, word: str) -> bool:
        """Whether it is part of the name of a contact or of somebody the user has written to."""
        return word in self.known

    def is_name(self, word: str) -> bool:
        """Whether it is part of anybody's name."""
        return word in self.everybody


def tokens_of(text: str) -> list[Token]:
    """The words, commas and addresses of a text."""
    found = []
    for match in _TOKEN.finditer(text):
        raw = match.group()
        owner = bool(match["open"]) or raw[-2:].casefold() in ("'s", "’s")  # noqa: RUF001
        plain = words_of(raw)
        low = raw.casefold() if "@" in raw or raw == "," or not plain else plain[0]
        found.append(Token(_POSSESSIVE.sub("", raw) if owner else raw, low, owner))
    return found


def place_of(words: Sequence[str]) -> str:
    """The folder that words such as "my inbox" or "the archive folder" name, "" for others."""
    named = [word for word in words if word not in ARTICLES and word not in ("folder", "items")]
    return _PLACES.get(named[0], "") if len(named) == 1 else ""


def content_words(text: str) -> tuple[str, ...]:
    """The words of a search: without articles and words that say only that it is mail."""
    return tuple(word for word in words_of(text) if word not in ARTICLES and word not in GENERIC)


def respelt(text: str, is_name: Callable[[str], bool]) -> str:
    """`text` with slips of the fingers mended in the words that matter ("rfom", "maiil").

    Only two neighbours exchanged or a letter doubled, and never what is somebody's name.
    """

    def mended(match: re.Match[str]) -> str:
        word = match.group()
        low = word.casefold()
        if low in _OFTEN or low in _NO_SLIPS or len(low) < 4 or is_name(low):
            return word
        return next((each for each in _OFTEN if _is_slip(low, each)), word)

    return _LETTERS.sub(mended, text)


def with_apostrophes(text: str, names: Names) -> str:
    """ "Kofis mail" as "kofi's mail", where a Kofi is known and nobody is called Kofis."""

    def owned(match: re.Match[str]) -> str:
        word = match.group()
        low = "".join(words_of(word))
        owner = low[:-1] if low.endswith("s") else ""
        if not names.is_known(owner) or names.is_name(low) or len(kin_of(owner)) > 1:
            return word
        return f"{word[:-1]}'s"

    return _BEFORE_WORD.sub(owned, text)


def kin_of(word: str) -> tuple[str, ...]:
    """Words that mail may have for the thing a word says, itself first: "receipt", "order"."""
    forms = {word, word.removesuffix("s")}
    for group in _KIN:
        for form in forms.intersection(group):
            return (form, *(each for each in group if each != form))
    return (word,)


def _is_slip(typed: str, meant: str) -> bool:
    if _DOUBLED.sub(r"\1", typed) == _DOUBLED.sub(r"\1", meant):
        return True
    return len(typed) == len(meant) and any(
        typed == f"{meant[:i]}{meant[i + 1]}{meant[i]}{meant[i + 2 :]}"
        for i in range(len(meant) - 1)
    )
