"""From the user's words for messages ("Nadia's last mail", "them", "m17") to the messages.

Nothing here decides what happens to what was found.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from app.core.errors import AmbiguousError, KnownError
from app.core.ports import Asked
from app.mail.model import Envelope, FoundMail, Person
from app.mail.store import Mailbox
from app.store.journal import Journal
from app.store.settings import Settings
from app.tools.event_words import words_of
from app.tools.mail_query import MailFinder
from app.tools.mail_said import borrowed_name, named
from app.tools.mail_wording import is_own, message_line
from app.tools.message_exceptions import BETWEEN, exception, without
from app.tools.message_fitting import (
    MAIL_NOUNS,
    MESSAGE_ID,
    begins_anew,
    in_files,
    in_heads,
    of_senders,
    says_mail,
)
from app.tools.message_reading import mail_readings
from app.tools.message_search import MOST_MESSAGES, MessageSearch
from app.tools.message_words import MailWanted, Names, content_words
from app.tools.people import trusted
from app.tools.pointing import PERSONS, Pointing, pointing_in
from app.tools.post import Post
from app.tools.recent_messages import RecentMessages
from app.tools.wording import shown

_IDS = re.compile(
    rf"{MESSAGE_ID.pattern}(?:\s*(?:,|and|&|\s)\s*{MESSAGE_ID.pattern})*\Z", re.IGNORECASE
)
_STEP = re.compile(r"(?:the |my )?(?P<way>next|previous)(?: (?:one|mail|e-?mail|message))?", re.I)
_PERSONS = PERSONS - {"them", "they"}
_CHOICES = 12
_TWO = 2
_ONLY_ONE = "There is only this one."


@dataclass(frozen=True)
class ResolvedMessages:
    """The messages a reference means. `note` is to be told beside."""

    envelopes: tuple[Envelope, ...]
    note: str = ""


def resolve_messages(
    reference: str | Sequence[str],
    mailbox: Mailbox,
    asked: Asked,
    *,
    locale: str,
    own: frozenset[str],
    argument: str = "messages",
    journal: Journal,
    reading: bool = False,
) -> ResolvedMessages:
    """The messages meant by the user's words, by an id ("m12"), or by a list of either.

    One message is wanted unless `argument` is a plural; then a name alone is the newest of theirs.
    `own` are the user's addresses. By the `journal`, "it" is what was changed last if nothing was
    spoken of. `reading`: nothing would be changed, so errors do not speak of it. Raises
    KnownError("message_not_found") saying what was looked for, KnownError("too_many_messages"),
    AmbiguousError("several_messages") where words for one message fit several, and what the words
    themselves may raise (see `mail_readings`).
    """
    resolver = _Resolver(mailbox, asked, locale, own, not argument.endswith("s"), journal)
    try:
        if isinstance(reference, str):
            return resolver.text(reference)
        return resolver.together(list(dict.fromkeys(reference)))
    except KnownError as error:
        if isinstance(error, AmbiguousError):
            error.argument = error.argument or argument
        if not reading and "Nothing was changed" not in error.message:
            error.message += " Nothing was changed."
        raise


def resolve_message(
    reference: str,
    asked: Asked,
    post: Post,
    settings: Settings,
    journal: Journal,
    *,
    reading: bool = False,
) -> tuple[Envelope, str]:
    """The one message that the argument "message" means, and what is to be told beside.

    Raises as `resolve_messages`.
    """
    resolved = resolve_messages(
        reference,
        post.mailbox,
        asked,
        locale=settings.locale,
        own=post.own(),
        argument="message",
        journal=journal,
        reading=reading,
    )
    (envelope,) = resolved.envelopes
    return envelope, resolved.note


class _Resolver:
    def __init__(
        self,
        mailbox: Mailbox,
        asked: Asked,
        locale: str,
        own: frozenset[str],
        one: bool,
        journal: Journal,
    ) -> None:
        self._mailbox = mailbox
        self._asked = asked
        self._locale = locale
        self._own = own
        self._one = one
        self._recent = RecentMessages(mailbox, asked, journal)
        self._finder = MailFinder(mailbox, own)
        self._search = MessageSearch(mailbox, self._finder, asked.clock.now)
        self._names: Names | None = None

    def text(self, reference: str) -> ResolvedMessages:
        """What a text means: one reference, or a list of them in words."""
        text = reference.strip().strip("“”").strip(" .!?")
        if _IDS.match(text):
            return self.together(MESSAGE_ID.findall(text.casefold()))
        pointed = self._pointed(text)
        if pointed is not None:
            return pointed
        if (apart := exception(text)) is not None:
            whole = self.text(apart[0])
            return replace(whole, envelopes=without(whole.envelopes, *apart, self._among))
        parts = [part for part in BETWEEN.split(text) if part]
        if len(parts) > 1 and all(map(says_mail, parts)) and all(map(begins_anew, parts[1:])):
            return self.together(parts)
        return self._named(text)

    def together(self, references: Sequence[str]) -> ResolvedMessages:
        """Several references in one: everything any of them means, once."""
        found: dict[str, Envelope] = {}
        notes = []
        for index, each in enumerate(references):
            try:
                resolved = self._by_id(each) if MESSAGE_ID.fullmatch(each) else self.text(each)
            except AmbiguousError as error:
                # What is chosen takes the place of its part; the others stay said.
                error.choices = tuple(
                    (" and ".join([*references[:index], value, *references[index + 1 :]]), label)
                    for value, label in error.choices
                )
                raise
            found |= {envelope.id: envelope for envelope in resolved.envelopes}
            notes.append(resolved.note)
        envelopes = tuple(found.values())
        if self._one and len(envelopes) > 1:
            raise self._several(" and ".join(references), FoundMail(envelopes, len(envelopes)))
        return ResolvedMessages(envelopes, " ".join(filter(None, notes)))

    def _among(self, text: str, envelopes: Sequence[Envelope]) -> Sequence[Envelope]:
        """Those of some messages that words mean, the way they would be looked for."""
        clock, names = self._asked.clock, self._known_names()
        wanted = mail_readings(text, clock, locale=self._locale, names=names)
        return self._search.among(wanted, envelopes)

    def _by_id(self, short_id: str) -> ResolvedMessages:
        found = self._mailbox.get(short_id)
        if found is None:
            raise KnownError(
                "message_not_found",
                f"There is no message {shown(short_id)[:20]} any more.",
                "Look for it by its sender or subject.",
            )
        return ResolvedMessages((found,))

    def _pointed(self, text: str) -> ResolvedMessages | None:
        """What "it", "them", "the second one" or "the next one" mean; None for other words."""
        if step := _STEP.fullmatch(text):
            found = self._recent.beside(1 if step["way"].casefold() == "next" else -1)
            if found is not None:
                return ResolvedMessages((found,))
        if text.casefold() in _PERSONS:
            return self._from_person(text)
        pointing = pointing_in(text, MAIL_NOUNS)
        if pointing is None or (pointing.places and not self._counts_shown(text, pointing)):
            return None
        counts = pointing.places and not pointing.loose
        group = (self._recent.listed() if counts else ()) or self._recent.newest()
        meant = tuple(pointing.among(group))
        if not meant:
            if pointing.loose and not group and not pointing.places:
                return None
            raise _unknown(text)
        if len(meant) > 1 and (self._one or not pointing.many):
            raise self._several(text, FoundMail(meant, len(meant)))
        return ResolvedMessages(meant)

    def _from_person(self, text: str) -> ResolvedMessages:
        """What "reply to him" answers: the newest of what was shown, if it is all from one."""
        group = self._recent.newest()
        came = [each for each in group if not is_own(each, self._own)] or list(group)
        if not came:
            raise _unknown(text)
        if len({each.sender.mail for each in came}) > 1:
            raise self._several(text, FoundMail(group, len(group)))
        return ResolvedMessages((max(came, key=lambda each: each.date),))

    def _counts_shown(self, text: str, pointing: Pointing) -> bool:
        """Whether "the second mail" is one of a list that was shown; "the last mail" never is."""
        if not pointing.loose:
            # "The last three" may be said of the Inbox; "the first" counts what was shown.
            first = pointing.first is None or pointing.first >= 0 or bool(pointing.also)
            return bool(self._recent.newest()) or first or words_of(text)[-1] in ("one", "ones")
        return pointing.first is not None and pointing.first >= 0 and len(self._recent.newest()) > 1

    def _named(self, text: str) -> ResolvedMessages:
        """What one reference in words means."""
        attempts = mail_readings(
            text, self._asked.clock, locale=self._locale, names=self._known_names()
        )
        if not attempts:
            return self._nothing_said(text)
        attempts = [self._with_them(each, text) for each in attempts]
        if words_of(text)[:1] == ["both"]:
            return self._both(text, attempts)
        # A set is never widened: it is not to be more than was asked for.
        loosely = [replace(each, kin=True) for each in attempts if not each.many]
        for wanted in (*attempts, *loosely):
            found = self._search.found(wanted)
            if found.total:
                return self._settled(text, found, wanted)
        raise self._not_found(text, attempts[0])

    def _both(self, text: str, attempts: Sequence[MailWanted]) -> ResolvedMessages:
        """Two of a kind: the second may be called otherwise by its sender ("both receipts")."""
        best: tuple[FoundMail, MailWanted] | None = None
        for wanted in (*attempts, *(replace(each, kin=True) for each in attempts)):
            found = self._search.found(wanted)
            if wanted.kin:
                found = in_heads(found, wanted)
            if found.total == _TWO:
                return self._settled(text, found, wanted)
            best = best or ((found, wanted) if found.total else None)
        if best is None:
            raise self._not_found(text, attempts[0])
        if best[0].total > _TWO:
            raise self._several(text, best[0])
        return replace(self._settled(text, *best), note=_ONLY_ONE)

    def _nothing_said(self, text: str) -> ResolvedMessages:
        """ "The mail" with nothing shown before; "all mail" is never everything there is."""
        raise KnownError(
            "message_not_found",
            f"“{shown(text)}” does not say which messages.",
            "Say who they are from, what they are about, or when they came.",
        )

    def _with_them(self, wanted: MailWanted, text: str) -> MailWanted:
        """ "His last mail": from whom the talk was about."""
        if not wanted.theirs:
            return wanted
        spoken = [each for each in self._recent.newest() if not is_own(each, self._own)]
        senders = tuple(dict.fromkeys(each.sender.mail for each in spoken if each.sender.mail))
        if len(senders) == 1:
            return replace(wanted, senders=senders)
        raise KnownError(
            "message_not_found",
            f"I do not know whose mail “{shown(text)}” means.",
            "Say the name.",
        )

    def _settled(self, text: str, found: FoundMail, wanted: MailWanted) -> ResolvedMessages:
        note = borrowed_name(self._finder.borrowed(wanted))
        if wanted.count:
            kept = found.items[: wanted.count]
            found = FoundMail(kept, len(kept))
        shown_before = self._recent.among(found.items, always=wanted.pointing)
        if shown_before and (wanted.pointing or (len(shown_before) == 1 and not wanted.many)):
            found = FoundMail(shown_before, len(shown_before))
        elif not wanted.many:
            found = in_files(of_senders(in_heads(found, wanted), wanted), wanted)
        items = found.items
        if wanted.many and not self._one:
            if found.total > len(items):
                raise KnownError(
                    "too_many_messages",
                    f"“{shown(text)}” fits {found.total} messages, more than {MOST_MESSAGES} at "
                    "once.",
                    "Name a shorter time, or only one sender.",
                )
            return ResolvedMessages(items, note)
        together = len({each.thread for each in items}) == 1 and found.total == len(items)
        of_one = wanted.bare and len({each.sender.mail for each in items}) == 1
        known = wanted.bare and bool(wanted.senders)
        newest = wanted.thread or wanted.reply or (self._one and (of_one or known))
        newest = (newest or together) and not self._has_intruder(items)
        if len(items) == 1 or (newest and wanted.newest and not wanted.count > 1):
            return ResolvedMessages(items[:1], note)
        raise self._several(text, found)

    def _has_intruder(self, items: Sequence[Envelope]) -> bool:
        """Whether the newest is a stranger's among mail of people the user knows.

        Anybody who has seen one message may join its conversation, and be its last word.
        """
        known = {mail for person in trusted(self._mailbox.people()) for mail in person.addresses}
        came = [each for each in items if not is_own(each, self._own)]
        if not came or came[0] is not items[0] or came[0].sender.mail in known:
            return False
        return any(each.sender.mail in known for each in came[1:])

    def _several(self, text: str, found: FoundMail) -> AmbiguousError:
        zone = self._asked.clock.zone
        today = self._asked.clock.today
        more = f" These are the first {_CHOICES}." if found.total > _CHOICES else ""
        return AmbiguousError(
            "several_messages",
            f"“{shown(text)}” fits {found.total} messages.{more}",
            "Say which one.",
            choices=tuple(
                (each.id, message_line(each, self._own, zone, today))
                for each in found.items[:_CHOICES]
            ),
        )

    def _not_found(self, text: str, wanted: MailWanted) -> KnownError:
        """That there is none; with mail that mentions an unknown sender as choices."""
        if wanted.senders and not any(map(self._finder.addresses, wanted.senders)):
            words = tuple(word for name in wanted.senders for word in content_words(name))
            mentioning = replace(wanted, senders=(), words=(*wanted.words, *words), count=0)
            found = self._finder.find(mentioning, _CHOICES, received=True)
            if words and found.total:
                error = self._several(text, found)
                name = shown(" or ".join(wanted.senders))
                error.message = f"Nobody called “{name}” has written, but this mentions the name."
                return error
        borrowed = borrowed_name(self._finder.borrowed(wanted))
        message = f"Nothing{named(wanted)}. I looked for “{shown(text)}”."
        return KnownError(
            "message_not_found",
            f"{message} {borrowed}".strip(),
            "Check the name and the time, or look for another word.",
        )

    def _known_names(self) -> Names:
        if self._names is None:
            people = self._mailbox.people()
            self._names = Names(_words_of_names(trusted(people)), _words_of_names(people))
        return self._names


def _unknown(text: str) -> KnownError:
    """That words point at a message, and none was shown."""
    return KnownError(
        "message_not_found",
        f"I do not know which message “{shown(text)}” is.",
        "Say who it is from or what it is about.",
    )


def _words_of_names(people: Iterable[Person]) -> frozenset[str]:
    return frozenset(word for each in people for name in each.names for word in words_of(name))
