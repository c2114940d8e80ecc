"""Requests at random over a profile: calls of every tool that changes something, mostly sensible.

What is chosen depends on `chance` alone, not on names and ids, which are new in every run.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

from app.core.ports import Occurrence
from app.mail.model import DRAFTS, OUTBOX, Envelope, MailQuery
from tests.support.calendar_profile import NOW
from tests.support.lively_profile import PEOPLE
from tests.support.tool_desk import Desk
from tests.support.whole_profile import logged

Arguments = dict[str, object]

MARKS = ("archive", "trash", "inbox", "read", "unread", "flag", "unflag", "label", "unlabel")
_LABELS = ("work", "travel", "tax 2026", "größer")
_WHENS = ("friday at noon", "tomorrow 2-3pm", "monday at 9:30", "next week", "today at 18:00",
          "first free slot tomorrow", "saturday", "26 to 28 November", "in 40 minutes")  # fmt: skip
_RULES = (
    "every week",
    "every weekday until 18 December",
    "every month",
    "every 2 days for 4 weeks",
)
_DAYS = ("to friday", "to tomorrow at 11", "to 15:00", "to next week", "to 2 December at 8",
         "to saturday", "to tomorrow afternoon")  # fmt: skip
_SHIFTS = ("half an hour later", "-2 hours", "one day later", "15 minutes earlier", "two weeks")
_TITLES = ("lunch", "Grüße & Co; part 1, 2", "casual catch-up", "review", f"🎂 {'long ' * 20}")
_LETTERS = ("Friday works", "thanks\n\nwe'll see", "Grüße aus Köln", f"yes, at {'noon ' * 40}")
_NOTES = ("bring it; all of it", "first line\nsecond, line", "ü" * 90)
_PLACES = ("room 4, upstairs", "Köln; at the door", "online")
_LENGTHS = ("45 minutes", "2 hours", "90 minutes", "one day")
_SCOPES = ("this", "following", "all")
_MESSAGES = ("the last mail from Bob", "all mail from Bob", "Anna's mail", "all newsletters",
             "the last two mails", "all unread mail", "it", "them")  # fmt: skip
_EVENTS = ("everything on friday", "stand-up tomorrow", "all stand-ups", "design review", "it",
           "everything on 23 November", "dentist and optician")  # fmt: skip


@dataclass
class Requests:
    """Makes calls for what lies in the profile now. `words` is what the user says with the last."""

    desk: Desk
    chance: random.Random
    words: str = ""

    def next(self) -> tuple[str, Arguments]:
        """A tool and its arguments."""
        kinds = {
            self._update: 14, self._draft: 6, self._reply: 6, self._forward: 4, self._send: 8,
            self._create: 12, self._move: 14, self._change: 14, self._cancel: 9,
            self._respond: 7, self._resolve: 3, self._undo: 9, self._undo_any: 9,
        }  # fmt: skip
        (make,) = self.chance.choices(list(kinds), list(kinds.values()))
        self.words = ""
        return make()

    def _update(self) -> tuple[str, Arguments]:
        action = self._any(*MARKS)
        some = [each.id for each in self._messages(5)]
        arguments: Arguments = {
            "messages": some if some and self._may(0.75) else self._any(*_MESSAGES),
            "action": action,
        }
        if action in ("label", "unlabel"):
            arguments["value"] = self._any(*_LABELS)
        return "mail_update", arguments

    def _draft(self) -> tuple[str, Arguments]:
        body = self._any(*_LETTERS)
        self.words = f"send a mail: {body}" if self._may(0.4) else ""
        return "mail_draft", {
            "to": self._people(),
            "body": body,
            **self._some(subject=lambda: self._any(*_TITLES), cc=self._people, bcc=self._people),
        }

    def _reply(self) -> tuple[str, Arguments]:
        body = self._any(*_LETTERS)
        self.words = f"reply that {body}" if self._may(0.6) else ""
        return "mail_reply", {
            "message": self._message(),
            "body": body,
            **self._some(all=lambda: self._may(0.5), cc=self._people),
        }

    def _forward(self) -> tuple[str, Arguments]:
        self.words = "forward it" if self._may(0.5) else ""
        return "mail_forward", {
            "message": self._message(),
            "to": self._people(),
            **self._some(body=lambda: self._any(*_LETTERS)),
        }

    def _send(self) -> tuple[str, Arguments]:
        drafts = self._messages(1, DRAFTS)
        return "mail_send", {
            "draft": drafts[0].id if drafts else "the last draft",
            **self._some(when=lambda: self._any("tomorrow at 8", "in 2 hours")),
        }

    def _create(self) -> tuple[str, Arguments]:
        return "cal_create", {
            "title": self._any(*_TITLES),
            "when": self._any(*_WHENS),
            **self._some(
                duration=lambda: self._any(*_LENGTHS[:3]),
                repeat=lambda: self._any(*_RULES),
                where=lambda: self._any(*_PLACES),
                notes=lambda: self._any(*_NOTES),
                remind=lambda: self._any("10 minutes", "a day before"),
            ),
            **({"with": self._people(), "invite": self._may(0.7)} if self._may(0.5) else {}),
        }

    def _move(self) -> tuple[str, Arguments]:
        to = {"to": self._any(*_DAYS)} if self._may(0.5) else {"by": self._any(*_SHIFTS)}
        if self._may(0.15):
            to = {"choose": self._any("free", "first", "best")}
        return "cal_move", {"event": self._event(), **to}

    def _change(self) -> tuple[str, Arguments]:
        changed = self._some(
            title=lambda: self._any(*_TITLES),
            duration=lambda: self._any(*_LENGTHS),
            where=lambda: self._any(*_PLACES),
            notes=lambda: self._any(*_NOTES),
            add=self._people,
            remove=self._people,
        )
        return "cal_change", {
            "event": self._event(),
            **(changed or {"title": self._any(*_TITLES)}),
            **self._some(scope=lambda: self._any(*_SCOPES)),
        }

    def _cancel(self) -> tuple[str, Arguments]:
        events: object = self._any(*_EVENTS)
        if self._may(0.7):
            events = [self._event() for _ in range(self.chance.randint(1, 3))]
        return "cal_cancel", {
            "events": events,
            **self._some(scope=lambda: self._any(*_SCOPES)),
        }

    def _respond(self) -> tuple[str, Arguments]:
        answer = self._any("accept", "tentative", "decline", "counter")
        return "cal_respond", {
            "event": self._any("offsite", "planning", "workshop", "planning next week"),
            "answer": answer,
            **({"to": self._any(*_DAYS)} if answer == "counter" else {}),
            **self._some(comment=lambda: self._any(*_LETTERS)),
        }

    def _resolve(self) -> tuple[str, Arguments]:
        return "cal_resolve", {"when": self._any("next week", "tomorrow", "on 23 November")}

    def _undo(self) -> tuple[str, Arguments]:
        return "undo", {}

    def _undo_any(self) -> tuple[str, Arguments]:
        """Something done before, or the taking back of it."""
        entries = logged(self.desk.profile.journal)
        known = [each.id for each in entries if each.state == "applied"]
        return "undo", {"change": self._any(*known)} if known else {}

    def _event(self) -> str:
        """An event of the coming three weeks; each name is as likely as the next."""
        found = self.desk.profile.occurrences(NOW, NOW + timedelta(days=21))
        by_title: dict[str, list[Occurrence]] = {}
        for each in found:
            by_title.setdefault(each.title, []).append(each)
        if not by_title:
            return "lunch"
        chosen = by_title[self._any(*sorted(by_title))]
        return self.chance.choice(sorted(chosen, key=lambda each: each.start.timestamp())).id

    def _messages(self, most: int, *folders: str) -> list[Envelope]:
        """Up to so many messages, from these folders, else from all but those Phial writes in."""
        mailbox = self.desk.mailbox
        places = folders or tuple({*mailbox.folders()} - {DRAFTS, OUTBOX})
        found = mailbox.search(MailQuery(folders=places), 200).items
        ordered = sorted(found, key=lambda each: (each.date, each.subject, each.size))
        return self.chance.sample(ordered, min(len(ordered), self.chance.randint(1, most)))

    def _message(self) -> str:
        found = self._messages(1)
        return found[0].id if found and self._may(0.8) else self._any(*_MESSAGES)

    def _people(self) -> list[str]:
        """Names as the user says them."""
        names = [*(name.split()[0] for name in PEOPLE), "zoe@example.net"]
        return self.chance.sample(names, self.chance.randint(1, 2))

    def _some(self, **arguments: Callable[[], object]) -> Arguments:
        """Some of these arguments."""
        return {name: make() for name, make in arguments.items() if self._may(0.4)}

    def _any(self, *values: str) -> str:
        return self.chance.choice(values)

    def _may(self, share: float) -> bool:
        return self.chance.random() < share
