"""A reference to messages read from left to right: who, what about, where, which of them.

Times, quotations and labels were taken out before. No mailbox here.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

from app.core.errors import KnownError
from app.mail.addresses import valid_address
from app.mail.model import DRAFTS
from app.tools.event_words import ARTICLES, words_of
from app.tools.message_words import (
    DRAFT,
    EXCEPTING,
    FILES,
    FILLING,
    FIRM_TOPIC,
    FLAGGED,
    GOT,
    MASS,
    MINE,
    NEWEST,
    NEWSLETTERS,
    NOUN,
    NOUNS,
    OLDEST,
    REPLY,
    SETS,
    THEIRS,
    THREAD,
    TOPIC,
    UNREAD,
    VERBS,
    MailWanted,
    Token,
    place_of,
)
from app.tools.pointing import NUMBERS, ORDINALS
from app.tools.wording import shown


def _nobody() -> KnownError:
    """A sender that is no name: without one, a set would be more than was asked for."""
    return _unclear("I cannot read whose mail that is", "Say the name or the address.")


def _unclear(what: str, hint: str) -> KnownError:
    """Words that are about messages but do not say which."""
    return KnownError("reference_unclear", f"{what}.", hint)


class MailReader:
    """Reads tokens from left to right into a `MailWanted`."""

    def __init__(
        self, tokens: Sequence[Token], base: MailWanted, is_name: Callable[[str], bool]
    ) -> None:
        self._tokens = tokens
        self._wanted = base
        self._is_name = is_name
        self._loose: list[Token] = []
        self._into = ""
        self._parts: dict[str, list[list[Token]]] = {}
        self._topic: list[str] = []
        self.nouns = False

    def read(self) -> tuple[MailWanted, list[Token]]:
        """What was said, and the words of which it is not clear what they are."""
        place = 0
        while place < len(self._tokens):
            place += self._step(place)
        names = {
            role: tuple(" ".join(token.text for token in part) for part in parts if part)
            for role, parts in self._parts.items()
        }
        if not all(names.values()):
            raise _nobody()
        return (
            replace(
                self._wanted,
                senders=names.get("from", ()),
                recipients=names.get("to", ()),
                company=names.get("with", ()),
                words=(*self._wanted.words, *self._topic),
            ),
            self._loose,
        )

    def _step(self, place: int) -> int:
        """Read what stands at `place`; how many tokens it takes."""
        token = self._tokens[place]
        if (taken := self._marker(place)) or (taken := self._mark(place)):
            return taken
        if self._into == "topic":
            if token.low not in ARTICLES and token.low != ",":
                self._topic += words_of(token.text)
        elif self._into:
            self._name(place)
        else:
            self._head(place)
        return 1

    def _marker(self, place: int) -> int:
        """ "from", "to", "about" and such begin a new part."""
        low = self._tokens[place].low
        if low in ("from", "in", "inside", "by") and (taken := self._folder(place + 1)):
            return 1 + taken
        following = self._tokens[place + 1 : place + 4]
        step, first = next(
            ((i, each) for i, each in enumerate(following, 2) if each.low not in ("the", "my")),
            (0, None),
        )
        if first is None:
            if low in ("from", "by"):
                raise _nobody()
            return 0
        if low in ("from", "by"):
            if first.low in MINE or first.low in THEIRS:
                mine = first.low in MINE
                self._set(sent=mine or self._wanted.sent, theirs=not mine or self._wanted.theirs)
                return step
            return self._begin("from")
        if low == "to" and first.low in MINE:
            return step
        if low == "to" and (self._into != "topic" or self._known(first)):
            return self._begin("to")
        if low in ("with", "between"):
            files = next((i for i, each in enumerate(following, 2) if each.low in FILES), 0)
            if files:
                self._set(attachments=True)
                return files
            if self._wanted.thread or self._known(first):
                return self._begin("with")
        if low == "of" and not self._into:
            return self._begin("from") if self._known(first) else 1
        if low in TOPIC and (self._into != "topic" or low in FIRM_TOPIC):
            self._into = "topic"
            return 1
        return 0

    def _mark(self, place: int) -> int:
        """ "unread", "flagged", "last two": anywhere but in a subject."""
        low = self._tokens[place].low
        if self._into == "topic":
            return 0
        if low in EXCEPTING and (self._wanted.many or self._wanted.count):
            raise _unclear(
                f"I cannot leave some out (“{shown(low)}”)",
                "Name what you want, not what you do not want.",
            )
        if low in UNREAD and (low != "new" or self._noun(place + 1)):
            self._set(unread=True)
        elif low in FLAGGED and (low != "important" or self._noun(place + 1)):
            self._set(flagged=True)
        elif low in NEWEST or low in OLDEST or low in ORDINALS:
            return self._ordinal(place)
        elif low in NUMBERS and place + 1 < len(self._tokens) and self._noun(place + 1):
            self._set(count=NUMBERS[low], many=True)
        else:
            return 0
        return 1

    def _noun(self, place: int) -> bool:
        """Whether a word for messages, or the end, stands at `place`."""
        nouns = NOUN | NOUNS | NEWSLETTERS | DRAFT | NEWEST
        return place >= len(self._tokens) or self._tokens[place].low in nouns

    def _ordinal(self, place: int) -> int:
        low = self._tokens[place].low
        following = self._tokens[place + 1].low if place + 1 < len(self._tokens) else ""
        number = NUMBERS.get(following, int(following) if following.isdecimal() else 0)
        if low in ORDINALS and ORDINALS[low] and following in NEWEST:  # "the second last mail"
            self._set(newest=True, count=1, skip=ORDINALS[low])
            return 2
        count = number or self._wanted.count or 1
        self._set(
            newest=low in NEWEST,
            count=count,
            skip=ORDINALS.get(low, 0),
            many=self._wanted.many or count > 1,
        )
        return 2 if number else 1

    def _head(self, place: int) -> None:
        """A word before any "from" or "about": what kind of mail, whose, or a loose word."""
        token = self._tokens[place]
        low = token.low
        if low in VERBS:
            self._verb(low, place)
        elif low in THEIRS:
            self._set(theirs=True)
        elif token.owner:
            self._parts.setdefault("from", []).append([*self._loose, token])
            self._loose = []
        elif low in SETS:
            self._set(many=True, pointing=self._wanted.pointing or low in ("those", "these"))
        elif low in ("that", "this", "same") and place == 0:
            self._set(pointing=True)
        elif not self._kind(low, place) and low not in FILLING | MINE | {","}:
            self._loose.append(token)

    def _kind(self, low: str, place: int) -> bool:
        """Whether the word says what kind of message it is."""
        many = self._wanted.many
        if low in NEWSLETTERS:
            self._set(bulk=True, many=many or low not in ("newsletter", "promotion"))
        elif low in THREAD:
            self._set(thread=True, many=True)
        elif low in REPLY:
            self._set(reply=True, many=many or low.endswith("s"), sent=self._mine(place))
        elif low in DRAFT:
            self._set(folder=DRAFTS, many=many or low == "drafts")
        elif (folder := place_of([low])) and self._noun(place + 1):
            self._set(folder=folder)
        elif low in NOUN | NOUNS:
            count = self._wanted.count
            if low in NOUNS and count == 1 and not self._wanted.skip:
                count = 0  # "the last mails": no number says how many
            mass = low in MASS and not count and not self._determined(place)
            one = low in ("one", "ones") and place > 0
            self._set(
                many=many or low in NOUNS or mass,
                count=count,
                pointing=self._wanted.pointing or one,
            )
        else:
            return False
        self.nouns = True
        return True

    def _mine(self, place: int) -> bool:
        return self._wanted.sent or any(each.low == "my" for each in self._tokens[:place])

    def _determined(self, place: int) -> bool:
        """Whether "the", "that" or somebody's name makes "mail" a single one."""
        before = self._tokens[:place]
        return any(each.low in ("the", "that", "this", "a", "an") or each.owner for each in before)

    def _verb(self, low: str, place: int) -> None:
        """ "The mail Anna sent me", "what I sent to Kofi"."""
        before = self._tokens[place - 1].low if place else ""
        if before in ("i", "we") and low not in GOT:
            self._set(sent=True)
        elif self._loose and low not in GOT:
            self._parts.setdefault("from", []).append(self._loose)
            self._loose = []
        elif low == "sent" and place + 1 < len(self._tokens) and self._noun(place + 1):
            self._set(sent=True)

    def _begin(self, role: str) -> int:
        self._into = role
        self._parts.setdefault(role, []).append([])
        return 1

    def _name(self, place: int) -> None:
        """A word of a name; "and" and commas part names."""
        token = self._tokens[place]
        parts = self._parts[self._into]
        if token.low in (",", "and", "or"):
            parts.append([])
        elif token.low in VERBS:
            self._into = ""
        elif token.owner and place + 1 < len(self._tokens):
            parts[-1].append(token)
            self._into = ""
        elif token.low in NOUN | NOUNS:
            self._kind(token.low, place)
        elif token.low not in ARTICLES:
            parts[-1].append(token)

    def _known(self, token: Token) -> bool:
        return self._is_name(token.low) or bool(valid_address(token.text))

    def _folder(self, place: int) -> int:
        """How many tokens from `place` name a folder; it is noted."""
        for count in (4, 3, 2, 1):
            tokens = self._tokens[place : place + count]
            named = [each for each in tokens if each.low not in ARTICLES]
            folder = place_of([each.low for each in tokens])
            if not folder and len(named) > 1 and named[-1].low == "folder":
                folder = " ".join(each.text for each in named[:-1])
            if len(tokens) == count and folder and (count == 1 or named[-1] is tokens[-1]):
                self._set(folder=folder)
                return count
        return 0

    def _set(self, **said: object) -> None:
        self._wanted = replace(self._wanted, **said)  # type: ignore[arg-type]
