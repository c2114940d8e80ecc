"""What to look for in the mail, from a tool's filters or a reference, and looking for it.

People's names become addresses here: somebody the user knows is only their own addresses, so that
whoever else uses the name is not found in their place.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import islice, pairwise, product

from app.core.errors import AmbiguousError, KnownError
from app.core.ports import Asked
from app.mail.model import INBOX, OUTBOX, SENT, Envelope, FoundMail, MailQuery
from app.mail.store import Mailbox
from app.store.settings import Settings
from app.tools.event_words import words_of
from app.tools.mail_hosts import mails_of_hosts
from app.tools.mail_said import borrowed_name
from app.tools.mail_time import read_stretch
from app.tools.message_words import (
    FILES,
    FLAGGED,
    GENERIC,
    NEWSLETTERS,
    UNREAD,
    MailWanted,
    content_words,
    kin_of,
    place_of,
)
from app.tools.people import (
    called,
    is_me,
    names_in,
    person_addresses,
    trusted,
    without_ending,
)
from app.tools.wording import listed, shown

USUAL_LIMIT = 20
_RELEVANT = 200
"""How many are put in order of relevance."""

_WAYS = 32
"""So many ways to say the same are looked for."""

_SAME_NAME = 100
"""How many messages are looked through for a borrowed name."""


@dataclass(frozen=True)
class MailSearch:
    """Filters ready to be looked for. `limit` is how many to show, `sort` as in the tool."""

    wanted: MailWanted
    limit: int = USUAL_LIMIT
    sort: str = "newest"


class MailFinder:
    """Looks for what is wanted in one mailbox. `own` are the user's addresses."""

    def __init__(self, mailbox: Mailbox, own: frozenset[str]) -> None:
        self._mailbox = mailbox
        self._own = own

    def find(
        self,
        wanted: MailWanted,
        limit: int,
        *,
        received: bool = False,
        folders: tuple[str, ...] = (),
        until: datetime | None = None,
    ) -> FoundMail:
        """The first `limit` of what fits, in the order wanted.

        `received`: nothing the user wrote. `folders` are where to look if none was named; "" is
        the usual ones. `until` ends the time if the user named no end. Raises
        KnownError("folder_not_found").
        """
        if wanted.many:
            wanted = replace(wanted, words=singular(wanted.words))
        found = self._found(self._queries(wanted, received, folders, until), limit)
        if not found.total and (fewer := singular(wanted.words)) != wanted.words:
            wanted = replace(wanted, words=fewer)
            found = self._found(self._queries(wanted, received, folders, until), limit)
        return found

    def _found(self, queries: Sequence[MailQuery], limit: int) -> FoundMail:
        results = [self._mailbox.search(query, limit) for query in queries]
        if len(results) == 1:
            return results[0]
        items = {each.id: each for result in results for each in result.items}
        total = sum(result.total for result in results)
        total -= sum(len(result.items) for result in results) - len(items)
        ordered = sorted(
            items.values(),
            key=lambda each: (each.date, each.name),
            reverse=not queries[0].oldest_first,
        )
        return FoundMail(tuple(ordered[:limit]), total)

    def borrowed(self, wanted: MailWanted) -> int:
        """How many more messages fit whose sender only uses the name of somebody known."""
        count = 0
        people = trusted(self._mailbox.people())
        known = {mail for person in people for mail in person.addresses} | self._own
        for name in wanted.senders:
            if "@" in name or not called(name, people):
                continue
            # All but the sender must fit; who it is from is told apart below.
            others = replace(wanted, senders=())
            for query in self._queries(others, received=True, folders=()):
                query = replace(query, sender_words=tuple(words_of(name)))
                found = self._mailbox.search(query, _SAME_NAME).items
                strangers = [each for each in found if each.sender.mail not in known]
                count += sum(_uses_name(each, name) for each in strangers)
        return count

    def by_relevance(self, wanted: MailWanted, limit: int) -> FoundMail:
        """What fits: first what has the words in its subject, of that the newest."""
        found = self.find(wanted, _RELEVANT)

        def rank(envelope: Envelope) -> int:
            have = words_of(f"{envelope.subject} {envelope.sender.name}")
            return -sum(any(each.startswith(word) for each in have) for word in wanted.words)

        return FoundMail(tuple(sorted(found.items, key=rank)[:limit]), found.total)

    def _queries(
        self,
        wanted: MailWanted,
        received: bool,
        folders: tuple[str, ...],
        until: datetime | None = None,
    ) -> list[MailQuery]:
        """One query for each combination of people; what they find is put together."""
        if wanted.kin:
            return [
                query
                for each in self._with_kin(wanted)
                for query in self._queries(each, received, folders, until)
            ]
        stretch = wanted.stretch
        base = MailQuery(
            words=wanted.words,
            folders=(self._folder(wanted.folder),) if wanted.folder else folders,
            since=stretch.since if stretch else None,
            before=(stretch.before if stretch else None) or until,
            unread=wanted.unread,
            flagged=wanted.flagged,
            bulk=wanted.bulk,
            label=wanted.label,
            attachments=wanted.attachments,
            received=received and not wanted.folder,
            oldest_first=not wanted.newest,
        )
        bases = [base]
        if wanted.sent and not wanted.folder:
            bases = [replace(base, folders=(SENT, OUTBOX), received=False)]
        elif wanted.recipients and not base.folders:
            bases.append(replace(base, folders=(OUTBOX,), received=False))
        if wanted.senders:
            bases = self._of_senders(bases, wanted.senders)
        elif len(wanted.words) == 1 and (mails := self._of_host(wanted.words)):
            bases += [replace(query, words=(), senders=mails) for query in bases]
        if wanted.recipients:
            bases = [self._to(query, name) for query in bases for name in wanted.recipients]
        if wanted.company:
            to_them = [self._to(query, name) for query in bases for name in wanted.company]
            bases = [*self._of_senders(bases, wanted.company), *to_them]
        return bases

    def _with_kin(self, wanted: MailWanted) -> list[MailWanted]:
        """What is wanted, in every way its words and the senders nobody knows may be called."""
        senders = tuple(
            name
            for said in wanted.senders
            for name in ((said,) if self.addresses(said) else _called_otherwise(said))
        )
        ways = islice(product(*map(kin_of, wanted.words)), _WAYS)
        return [replace(wanted, senders=senders, words=words, kin=False) for words in ways]

    def _of_senders(self, bases: Sequence[MailQuery], names: Sequence[str]) -> list[MailQuery]:
        return [each for query in bases for name in names for each in self._from(query, name)]

    def _from(self, query: MailQuery, name: str) -> list[MailQuery]:
        """Mail from somebody: somebody known, else whoever has the words in name or host."""
        if addresses := self.addresses(name):
            return [replace(query, senders=addresses)]
        words = _as_words(name)
        mails = self._of_host(words)
        by_host = [replace(query, senders=mails)] if mails else []
        return [replace(query, sender_words=words), *by_host]

    def _of_host(self, words: Sequence[str]) -> tuple[str, ...]:
        return mails_of_hosts(words, self._mailbox.people())

    def _to(self, query: MailQuery, name: str) -> MailQuery:
        if addresses := self.addresses(name):
            return replace(query, recipients=addresses)
        return replace(query, recipient_words=_as_words(name))

    def addresses(self, name: str) -> tuple[str, ...]:
        """The addresses of somebody known or of the user, () for anybody else."""
        if is_me(name):
            return tuple(sorted(self._own))
        return person_addresses(name, self._mailbox)

    def _folder(self, name: str) -> str:
        """A folder by its name or by a word for it ("spam")."""
        there = self._mailbox.folders()
        plain = " ".join(words_of(name))
        for each in there:
            if " ".join(words_of(each)) == plain:
                return each
        usual = place_of(words_of(name))
        if usual:
            return usual
        raise KnownError(
            "folder_not_found",
            f"There is no folder “{shown(name)}” in your mail.",
            f"The folders are {listed([shown(each) for each in there]) or 'empty'}.",
        )


def query_from(
    arguments: Mapping[str, object], asked: Asked, mailbox: Mailbox, settings: Settings
) -> MailSearch:
    """The filters of mail_find (and of tools that take the same) as a search.

    Raises KnownError("folder_not_found"), and for `when` what `read_stretch` raises.
    """

    def text(name: str) -> str:
        return str(arguments.get(name, ""))

    wanted = with_words(MailWanted(), text("words"))
    people = mailbox.people()
    sender, when = without_ending(text("from"), people), text("when")
    if sender and _is_time(sender, asked, mailbox, settings):  # "mail from last week"
        sender, when = "", when or sender
    if sender:
        wanted = replace(wanted, senders=names_in(sender, people))
    if text("to"):
        recipient = without_ending(text("to"), people)
        wanted = replace(wanted, recipients=names_in(recipient, people))
    if when:
        try:
            stretch = read_stretch(when, asked.clock, locale=settings.locale)
        except AmbiguousError as error:
            error.argument = error.argument or "when"
            raise
        wanted = replace(wanted, stretch=stretch)
    wanted = replace(
        wanted,
        folder=" ".join(word for word in text("folder").split() if word.casefold() != "folder"),
        label=text("label").strip(" .'“”\""),
        newest=arguments.get("sort") != "oldest",
    )
    if isinstance(unread := arguments.get("unread"), bool):
        wanted = replace(wanted, unread=unread)
    limit = arguments.get("limit", USUAL_LIMIT)
    assert isinstance(limit, int)
    return MailSearch(wanted, limit, text("sort") or "newest")


def _is_time(name: str, asked: Asked, mailbox: Mailbox, settings: Settings) -> bool:
    """Whether what stands for a sender is a time, and nobody's name."""
    if called(name, mailbox.people()):
        return False
    try:
        read_stretch(name, asked.clock, locale=settings.locale)
    except KnownError:
        return False
    return True


_NO_PLURAL = re.compile(r"^.{0,3}$|(?:ss|us|is)$|^news$")
_DOUBTFUL = frozenset(("new", "important"))
"""Marks that alone are rather a word of the mail."""


def with_words(wanted: MailWanted, said: str) -> MailWanted:
    """What is wanted, with the words of a search: "newsletters" and "unread" are kinds of mail."""
    kept = []
    words = words_of(said)
    several = len(words) > 1
    # "New mail" is unread, New York is a town.
    named = {one for one, other in pairwise(words) if other not in GENERIC | NEWSLETTERS}
    for word in content_words(said):
        loose = word in _DOUBTFUL and word in named
        if word in NEWSLETTERS:
            wanted = replace(wanted, bulk=True)
        elif word in UNREAD and (several or word not in _DOUBTFUL) and not loose:
            wanted = replace(wanted, unread=True)
        elif word in FLAGGED and (several or word not in _DOUBTFUL) and not loose:
            wanted = replace(wanted, flagged=True)
        elif word in FILES:
            wanted = replace(wanted, attachments=True)
        else:
            kept.append(word)
    return replace(wanted, words=tuple(kept))


@dataclass(frozen=True)
class Looked:
    """What a search came to: the messages, what they were found by, and what to say beside them.

    `lead` is said before them, `note` behind.
    """

    found: FoundMail
    wanted: MailWanted
    lead: str = ""
    note: str = ""


def look_for(search: MailSearch, finder: MailFinder) -> Looked:
    """Look for what a tool's filters say.

    Without a word about which mail, it is what came; where no time was said either, what lies in
    the Inbox. If nobody of a sender's name has written, it is mail that mentions them.
    """
    wanted = search.wanted
    found = _first(search, finder)
    if not found.total and (wanted.words or wanted.senders):
        search = replace(search, wanted=replace(wanted, kin=True))
        found = _first(search, finder)
    note = borrowed_name(finder.borrowed(wanted))
    if found.total or not wanted.senders or any(map(finder.addresses, wanted.senders)):
        return Looked(found, wanted, note=note)
    words = tuple(word for name in wanted.senders for word in content_words(name))
    mentioning = replace(wanted, senders=(), words=(*wanted.words, *words))
    found = finder.find(mentioning, search.limit) if words else found
    if not found.total:
        return Looked(found, wanted)
    name = listed([shown(name) for name in wanted.senders], "or")
    lead = f"Nobody called “{name}” has written; this mentions the name."
    return Looked(found, mentioning, lead)


def _first(search: MailSearch, finder: MailFinder) -> FoundMail:
    # "Invoices" lists each invoice, and not only the mail that speaks of several.
    wanted = replace(search.wanted, words=singular(search.wanted.words))
    if search.sort == "relevance" and wanted.words:
        return finder.by_relevance(wanted, search.limit)
    about = (wanted.senders, wanted.recipients, wanted.words, wanted.folder, wanted.label)
    if any(about) or wanted.bulk or wanted.flagged or wanted.attachments:
        return finder.find(wanted, search.limit)
    if wanted.stretch is None:
        found = finder.find(wanted, search.limit, folders=(INBOX,))
        if found.total:
            return found
    return finder.find(wanted, search.limit, received=True)


def _uses_name(envelope: Envelope, name: str) -> bool:
    have = words_of(envelope.sender.name)
    return all(word in have for word in words_of(name))


def _as_words(name: str) -> tuple[str, ...]:
    return content_words(name) or tuple(words_of(name))


def _called_otherwise(name: str) -> list[str]:
    """A name with words for the same thing: "dentist", "dental"; itself where there are none."""
    ways = [" ".join(words) for words in product(*map(kin_of, words_of(name)))]
    return ways if len(ways) > 1 else [name]


def singular(words: tuple[str, ...]) -> tuple[str, ...]:
    """The words as their singulars begin: "invoices" finds an invoice."""
    return tuple(word if _NO_PLURAL.search(word) else word.removesuffix("s") for word in words)
