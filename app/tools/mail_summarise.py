"""mail_summarise: what some messages say, in a line or two each. Changes nothing."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from itertools import chain
from zoneinfo import ZoneInfo

from app.core.errors import KnownError
from app.core.ports import Asked, Tool, ToolOutcome
from app.core.text import counted
from app.mail.model import Envelope
from app.mail.store import Mailbox
from app.store.journal import Journal
from app.store.settings import Settings
from app.tools.mail_gist import Gist, gists_of
from app.tools.mail_query import MailFinder, MailSearch, look_for, query_from
from app.tools.mail_said import named
from app.tools.mail_wording import (
    CAREFUL,
    local_time,
    message_data,
    message_line,
    near_moment,
    people_of,
    subject_of,
)
from app.tools.message_references import resolve_messages
from app.tools.post import Post
from app.tools.reader import Reader
from app.tools.schemas import declared
from app.tools.wording import shown

_USUAL = 12
"""So many messages are summarised if no number was said."""

_MOST = 1_000
_ALL_MAIL = re.compile(
    r"(?:all )?(?:of )?(?:the |my |our )?(?:whole |entire )?(?:new |recent |latest )?"
    r"(?:inbox|in-box|mailbox|mails?|e-?mails?|messages|post)",
    re.IGNORECASE,
)
_FILTERS = ("words", "from", "to", "folder", "when", "unread", "label")


@dataclass(frozen=True)
class _Meant:
    """The messages to summarise, `total` with those left out; what they were found by.

    `lead` is said before them, `note` behind.
    """

    envelopes: tuple[Envelope, ...]
    total: int
    what: str = ""
    lead: str = ""
    note: str = ""


def mail_summarise(
    mailbox: Mailbox, post: Post, settings: Settings, journal: Journal, reader: Reader
) -> Tool:
    """The tool that says what messages say. The journal tells what "it" is; see `mail_read`."""

    def run(arguments: Mapping[str, object], asked: Asked) -> ToolOutcome:
        own = post.own()
        meant = _meant(arguments, asked, mailbox, settings, own, journal)
        zone = asked.clock.zone
        groups = _conversations(meant.envelopes)
        found = gists_of(
            tuple(chain.from_iterable(groups)),
            mailbox,
            reader,
            focus=str(arguments.get("focus", "")),
            zone=zone,
        )
        by_id = {each.envelope.id: each for each in found}
        telling = _Telling(own, zone, asked.clock.today)
        problems = [each.problem for each in found if each.problem is not None]
        return ToolOutcome(
            data={
                "items": [
                    {
                        **message_data(each.envelope, zone),
                        "points": list(each.points),
                        "method": "model" if each.by_model else "extract",
                    }
                    for each in found
                ],
                "total": meant.total,
                "method": "model" if any(each.by_model for each in found) else "extract",
            },
            sentence=telling.all(
                meant,
                [[by_id[each.id] for each in group] for group in groups],
                could=reader.can_read,
            ),
            problem=next(iter([*problems, *mailbox.problems]), None),
            mentions=tuple(by_id),
        )

    return Tool(declared("mail_summarise"), run)


def _meant(
    arguments: Mapping[str, object],
    asked: Asked,
    mailbox: Mailbox,
    settings: Settings,
    own: frozenset[str],
    journal: Journal,
) -> _Meant:
    """The messages that the reference and the filters mean, the newest first."""
    search = query_from(arguments, asked, mailbox, settings)
    finder = MailFinder(mailbox, own)
    limit = search.limit if "limit" in arguments else _USUAL
    reference = arguments.get("messages")
    everything = isinstance(reference, str) and _ALL_MAIL.fullmatch(reference.strip(" .?!"))
    if reference is None or everything:
        looked = look_for(replace(search, limit=limit), finder)
        what = named(looked.wanted)
        return _Meant(looked.found.items, looked.found.total, what, looked.lead, looked.note)
    assert isinstance(reference, str | list)
    resolved = resolve_messages(
        reference, mailbox, asked, locale=settings.locale, own=own, journal=journal, reading=True
    )
    envelopes = resolved.envelopes
    if any(name in arguments for name in _FILTERS):
        envelopes = _filtered(envelopes, search, finder)
    newest = sorted(envelopes, key=lambda each: each.date, reverse=search.wanted.newest)
    return _Meant(tuple(newest[:limit]), len(newest), note=resolved.note)


def _filtered(
    envelopes: Sequence[Envelope], search: MailSearch, finder: MailFinder
) -> tuple[Envelope, ...]:
    fitting = {each.id for each in finder.find(search.wanted, _MOST).items}
    kept = tuple(each for each in envelopes if each.id in fitting)
    if not kept:
        raise KnownError(
            "message_not_found",
            f"None of these {counted(len(envelopes), 'message')} is{named(search.wanted)}.",
            "Leave one of the conditions out.",
        )
    return kept


def _conversations(envelopes: Sequence[Envelope]) -> list[list[Envelope]]:
    """The messages by conversation, in the order of the first of each; inside, oldest first."""
    groups: dict[str, list[Envelope]] = {}
    for each in envelopes:
        groups.setdefault(each.thread or each.id, []).append(each)
    return [sorted(group, key=lambda each: each.date) for group in groups.values()]


@dataclass(frozen=True)
class _Telling:
    """How the gists are told to the user."""

    own: frozenset[str]
    zone: ZoneInfo
    today: date

    def all(self, meant: _Meant, groups: Sequence[Sequence[Gist]], *, could: bool) -> str:
        """Everything, with where it is from. `could`: the model would have been able to read."""
        if not groups:
            where = "" if meant.what else " in your mail"
            return f"Nothing{meant.what}{where}. {meant.note}".strip()
        found = list(chain.from_iterable(groups))
        lines = [meant.lead] if meant.lead else []
        lines.append(_label(found, meant, could))
        for group in groups:
            lines += self._one(group[0]) if len(group) == 1 else self._conversation(group)
        if meant.total > len(found):
            lines.append(f"and {meant.total - len(found)} more.")
        lines += [meant.note] if meant.note else []
        return "\n".join(lines)

    def _one(self, gist: Gist) -> list[str]:
        head = message_line(gist.envelope, self.own, self.zone, self.today, near=True)
        return [f"  {head}", f"    {_said(gist)}", *_careful(gist)]

    def _conversation(self, group: Sequence[Gist]) -> list[str]:
        lines = [f"  '{subject_of(group[0].envelope)}', {counted(len(group), 'message')}:"]
        for gist in group:
            when = near_moment(local_time(gist.envelope, self.zone), self.today)
            who = people_of(gist.envelope, self.own)
            lines += [f"    {when} {who}: {_said(gist)}", *_careful(gist)]
        return lines


def _label(found: Sequence[Gist], meant: _Meant, could: bool) -> str:
    """Whose words follow: the user must never take a stranger's, or the model's, for Phial's."""
    of = f"{counted(meant.total, 'message')}{meant.what}"
    if not any(each.by_model for each in found):
        reason = "the model gave no summary" if could else "this model cannot summarise"
        return f"Extracts from {of}, in the senders' own words ({reason}):"
    if all(each.by_model for each in found):
        return f"Summary of {of}, written by the model:"
    return f"Summary of {of}, written by the model; words in “…” are the senders' own:"


def _said(gist: Gist) -> str:
    if not gist.points:
        return gist.note
    if gist.by_model:
        return " ".join(gist.points)
    return " ".join(f"“{each.replace('“', '‘').replace('”', '’')}”" for each in gist.points)  # noqa: RUF001


def _careful(gist: Gist) -> list[str]:
    return [f"    {CAREFUL}{shown(each)}" for each in gist.envelope.warnings]
