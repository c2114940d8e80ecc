"""A turn as the window shows it, made of what history and journal hold of it. No Qt here."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

from app.agent.records import is_record
from app.core.errors import STOPPED
from app.core.messages import Message, ToolCall, ToolResult, TurnState
from app.core.proposals import UNSURE_FOUND
from app.core.text import printable
from app.store.history import History, StoredTurn
from app.store.journal import Journal, JournalEntry
from app.ui.views import DoneCard, DoneChange, ResultRow, TurnView

_LOOKED = {
    "mail_find": "Looked through the mail",
    "mail_read": "Opened a message",
    "mail_summarise": "Read mail",
    "mail_extract": "Read a message",
    "contact_find": "Looked through the contacts",
    "cal_find": "Looked in the calendar",
    "cal_free": "Looked for free time",
    "cal_conflicts": "Looked for overlaps",
    "cal_resolve": "Looked for other times",
}
_TRIED = {
    "mail_draft": "Tried to write a message",
    "mail_reply": "Tried to answer a message",
    "mail_forward": "Tried to pass a message on",
    "mail_send": "Tried to send a message",
    "mail_update": "Tried to file mail",
    "cal_create": "Tried to add an event",
    "cal_move": "Tried to move an event",
    "cal_change": "Tried to change an event",
    "cal_cancel": "Tried to cancel an event",
    "cal_respond": "Tried to answer an invitation",
    "undo": "Tried to undo a change",
}
_LISTS = frozenset({"mail_find", "cal_find", "cal_conflicts"})
"""Tools whose sentence is the list of what they found."""

_TOTAL = re.compile(r"\btotal: (\d+)")


class TurnReader:
    """Reads turns over one connection; use it in that connection's thread.

    `rows` gives the lines of events and messages by their ids.
    """

    def __init__(
        self,
        history: History,
        journal: Journal,
        rows: Callable[[Sequence[str]], tuple[ResultRow, ...]],
    ) -> None:
        self._history = history
        self._journal = journal
        self._rows = rows

    def view(self, turn_id: int) -> TurnView:
        """One turn as it stands on disk. Raises KeyError if there is none."""
        return self.views((turn_id,))[0]

    def views(self, turn_ids: Sequence[int]) -> tuple[TurnView, ...]:
        """Turns in the order of `turn_ids`."""
        logged = self._journal.operations_of(turn_ids)
        return tuple(
            self._view(stored, logged[stored.id]) for stored in self._history.turns_of(turn_ids)
        )

    def turns_behind(self, change_ids: Sequence[str]) -> tuple[int, ...]:
        """The turns that made these changes, or took one back, or did it again, oldest first.

        Each of their cards may offer something else after one of them was used.
        """
        chains = (self._journal.chain(change_id) for change_id in change_ids)
        turns = {self._journal.turn_of(entry.id) for chain in chains for entry in chain}
        return tuple(sorted(turn for turn in turns if turn is not None))

    def _view(self, stored: StoredTurn, entries: Sequence[JournalEntry]) -> TurnView:
        turn = stored.turn
        closing, by_model = _closing(turn.replies)
        done = self._done(entries, closing)
        results, count = self._results(turn.replies)
        if results and count:
            # Of a list of mail, what stands around the lines: what was looked for, and warnings.
            doubt = f"\n{UNSURE_FOUND}" if UNSURE_FOUND in closing else ""
            closing = _unlisted(closing) if results[0].is_message else f"{count}{doubt}"
        return TurnView(
            id=stored.id,
            conversation=stored.conversation,
            started_at=stored.started_at,
            user=printable(turn.user.text),
            state=turn.state,
            answer="" if done is not None else closing,
            markdown=by_model,
            error=printable(stored.error),
            waiting=stored.waiting,
            done=done,
            step=_step(turn.replies, turn.state),
            stopped=turn.state is TurnState.FAILED and stored.error == STOPPED,
            steps=_steps(turn.replies),
            results=results,
            thought=_thought(turn.replies),
        )

    def _results(self, replies: Sequence[Message]) -> tuple[tuple[ResultRow, ...], str]:
        """The lines of what was looked up last; how many there are, if they are the answer."""
        found = [
            part
            for reply in replies
            for part in reply.parts
            if isinstance(part, ToolResult) and not is_record(part)
        ]
        if not found or not found[-1].ok or found[-1].name not in _LOOKED:
            return (), ""
        last = found[-1]
        rows = self._rows(last.mentions)
        if last.name not in _LISTS or not rows:
            return rows, ""
        thing = "message" if rows[0].is_message else "event"
        match = _TOTAL.search(last.content)
        total = int(match[1]) if match and last.name != "cal_conflicts" else len(rows)
        things = thing if total == 1 else f"{thing}s"
        if last.name == "cal_conflicts":
            return rows, f"{len(rows)} {things} overlap"
        return rows, f"{len(rows)} of {total} {things}" if total > len(
            rows
        ) else f"{total} {things}"

    def _done(self, entries: Sequence[JournalEntry], closing: str) -> DoneCard | None:
        made = [entry for entry in entries if entry.state in ("applied", "undone")]
        if not made:
            return None
        in_force = [entry for entry in made if entry.state == "applied"]
        summaries = "; ".join(printable(entry.change.summary) for entry in made)
        return DoneCard(
            sentence=closing or f"Done: {summaries}.",  # ended before it could say so
            changes=tuple(
                DoneChange(
                    id=entry.id,
                    summary=printable(entry.change.summary),
                    was=tuple(map(printable, entry.change.was)),
                    becomes=tuple(map(printable, entry.change.becomes)),
                )
                for entry in made
            ),
            undo_id=self._offered(
                in_force[0].id if in_force else self._journal.undone_by(made[0].id)
            ),
            undone=not in_force,
        )

    def _offered(self, change_id: str) -> str:
        """The change if it can be taken back as things are, else "".

        It cannot where another card has meanwhile brought back what was there before it.
        """
        if not change_id:
            return ""
        chain = self._journal.chain(change_id)
        newest = [entry for entry in chain if entry.state == "applied"][-1]
        (meant,) = (entry for entry in chain if entry.id == change_id)
        return change_id if meant.change.after == newest.change.after else ""


def _calls(message: Message) -> tuple[ToolCall, ...]:
    return tuple(part for part in message.parts if isinstance(part, ToolCall))


def _closing(replies: Sequence[Message]) -> tuple[str, bool]:
    """The text that closes a turn, and whether it is the model's own words.

    What a model says before a call is not its answer; what stands after one is a tool's sentence.
    """
    own = True
    text = ""
    for reply in replies:
        if reply.role == "assistant":
            calls = _calls(reply)
            own = own and not calls
            text = "" if calls else reply.text
    return printable(text).strip(), own and bool(text)


def _thought(replies: Sequence[Message]) -> str:
    """All that was thought in the turn, also before its calls."""
    return "\n\n".join(filter(None, (printable(reply.thought).strip() for reply in replies)))


def _unlisted(sentence: str) -> str:
    """A tool's sentence without its list, whose lines are indented."""
    return "\n".join(line for line in sentence.splitlines() if not line.startswith(" "))


def _steps(replies: Sequence[Message]) -> tuple[str, ...]:
    """The sentences of the steps before the last: what stands alone, before another call."""
    found: list[str] = []
    waiting: list[str] = []
    for reply in replies:
        if reply.role != "assistant":
            continue
        if _calls(reply):
            found += waiting
            waiting = []
        elif reply.text.strip():
            waiting.append(printable(reply.text).strip())
    return tuple(found)


def _step(replies: Sequence[Message], state: TurnState) -> str:
    """What was looked up, or, where it came to nothing, tried; each once, in order."""
    words: dict[str, None] = {}
    for call in (call for reply in replies for call in _calls(reply)):
        if call.name in _LOOKED:
            words[_LOOKED[call.name]] = None
        elif state is TurnState.FAILED and call.name in _TRIED:
            words[_TRIED[call.name]] = None
    return ", ".join(words)
