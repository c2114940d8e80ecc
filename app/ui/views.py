"""What crosses between the lanes and the window: frozen values, ready to be shown. No Qt here.

Everything in a view has been read from the store, so the window shows the same after a restart
as before it. Text by others in it has been made harmless to show (`core.text.printable`).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime
from enum import Enum

from app.core.messages import TurnState
from app.core.proposals import Waiting
from app.store.settings import Settings


@dataclass(frozen=True)
class DoneChange:
    """One change a turn made. `was` and `becomes` are lines for the two columns of a card."""

    id: str
    summary: str
    was: tuple[str, ...]
    becomes: tuple[str, ...]


@dataclass(frozen=True)
class DoneCard:
    """What a turn changed, as one line with Undo.

    `undo_id` is passed to `Bridge.undo` to take it back, or, if `undone`, to do it again; "" if
    neither can be done any more.
    """

    sentence: str
    changes: tuple[DoneChange, ...]
    undo_id: str
    undone: bool = False


@dataclass(frozen=True)
class ResultRow:
    """An event or message that a turn found: a line to be opened.

    `id` is its short id ("e12", "m3"). `beside` is who wrote it, or where the event is. `time` is
    when, near today in words. `warning`: something may be wrong with it.
    """

    id: str
    title: str
    time: str
    beside: str = ""
    unread: bool = False
    warning: bool = False

    @property
    def is_message(self) -> bool:
        """A message, else an event."""
        return self.id.startswith("m")


@dataclass(frozen=True)
class TurnView:
    """A turn as it stands on disk. `started_at` is aware.

    `answer` is Markdown if `markdown` (the model's own words), else plain text (a tool's
    sentence); "" if there is none. `error` is the sentence of a FAILED turn, `details` its
    technical part for "Copy details"; it FAILED because the user `stopped` it, or went wrong.
    `waiting` is set while it is PAUSED. `step` says what was looked up or tried, for READ tools
    ("Looked in the calendar"). `steps` are the sentences of steps before the last; `results` what
    was found, each as a line to open; `answer` then only says how many. `thought` is what a
    reasoning model thought before it answered, plain text, shown folded; `thought_s` how long
    that took in seconds, 0 where it is not known.
    """

    id: int
    conversation: int
    started_at: datetime
    user: str
    state: TurnState
    answer: str = ""
    markdown: bool = False
    error: str = ""
    details: str = ""
    waiting: Waiting | None = None
    done: DoneCard | None = None
    step: str = ""
    stopped: bool = False
    steps: tuple[str, ...] = ()
    results: tuple[ResultRow, ...] = ()
    thought: str = ""
    thought_s: float = 0.0


@dataclass(frozen=True)
class TurnStarted:
    """The user's words are on disk. `replaces` is the turn that left the transcript, or 0.

    `request` is the number `Bridge.ask` gave; `asked_in` the conversation it was asked in, 0 for a
    new one.
    """

    turn: TurnView
    replaces: int = 0
    request: int = 0
    asked_in: int = 0


@dataclass(frozen=True)
class TurnRejected:
    """A request could not even be written down; its `text` goes back to the composer.

    `request` is the number `Bridge.ask` gave; `conversation` and `replaces` are as asked.
    """

    text: str
    message: str
    hint: str
    request: int = 0
    conversation: int = 0
    replaces: int = 0


@dataclass(frozen=True)
class Streamed:
    """Text to append to a turn's answer, or to its `thought`; sent at most every 33 ms.

    `remembers`, where it is told, is the first turn of the conversation that the model still
    sees, 0 if it sees all of them.
    """

    turn: int
    text: str = ""
    thought: bool = False
    remembers: int | None = None


@dataclass(frozen=True)
class Work:
    """What happens with the turn under way, in words ("Thinking", "Writing, 12 tokens/s")."""

    words: str


@dataclass(frozen=True)
class ConversationSummary:
    """A line of the list. `updated_at` is aware; `waiting`: a card in it needs the user."""

    id: int
    title: str
    updated_at: datetime
    pinned: bool = False
    waiting: bool = False


@dataclass(frozen=True)
class ConversationList:
    """The list, newest first; with a `query` only those that match, `snippets` by id.

    `cut`: more match than are listed.
    """

    items: tuple[ConversationSummary, ...]
    query: str = ""
    snippets: dict[int, str] = field(default_factory=dict)
    cut: bool = False


@dataclass(frozen=True)
class ConversationView:
    """A conversation's newest turns, oldest of them first; `earlier` older ones are on disk."""

    id: int
    title: str
    turns: tuple[TurnView, ...]
    earlier: int = 0


@dataclass(frozen=True)
class EarlierTurns:
    """Turns to put above those shown; `earlier` still older ones are on disk."""

    conversation: int
    turns: tuple[TurnView, ...]
    earlier: int


@dataclass(frozen=True)
class FoundTurns:
    """Turns of a conversation that hold the words looked for, oldest first."""

    conversation: int
    words: str
    turns: tuple[int, ...]


@dataclass(frozen=True)
class DayEvent:
    """An event in the Today pane. `times` is from and to, or "all day"."""

    id: str
    title: str
    times: str
    start: datetime
    end: datetime
    where: str = ""
    overlaps: bool = False
    all_day: bool = False


@dataclass(frozen=True)
class DayView:
    """One day. `label` is "Today, Friday 20 November"."""

    day: date
    label: str
    events: tuple[DayEvent, ...]


@dataclass(frozen=True)
class TodayView:
    """Today and tomorrow as of `now` (aware); `problem` says what could not be read.

    `next` is a line for the next event after two empty days ("Next: Fri 20 Nov 12:00 lunch").
    `mail`: there is mail in the profile.
    """

    now: datetime
    days: tuple[DayView, ...]
    problem: str = ""
    next: str = ""
    mail: bool = False


@dataclass(frozen=True)
class LinkLine:
    """A link of a message: what it says, and the true host and address it leads to."""

    text: str
    host: str
    address: str


@dataclass(frozen=True)
class OpenedMessage:
    """A message to read. `quoted` are the older messages below the text.

    `warnings` are sentences about what may be wrong with it; `left_out` says what is not shown
    (hidden text, remote pictures), "" if nothing.
    """

    id: str
    subject: str
    sender: str
    to: str
    time: str
    folder: str
    text: str
    quoted: str = ""
    cc: str = ""
    labels: tuple[str, ...] = ()
    links: tuple[LinkLine, ...] = ()
    attachments: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()
    left_out: str = ""


@dataclass(frozen=True)
class OpenedEvent:
    """An event to read. `people` with their answers in words; `repeats` in words, "" for once."""

    id: str
    title: str
    time: str
    calendar: str
    where: str = ""
    people: tuple[str, ...] = ()
    organizer: str = ""
    repeats: str = ""
    notes: str = ""
    overlaps: str = ""


@dataclass(frozen=True)
class OpenedNothing:
    """What was to be opened is not there any more, or cannot be read."""

    id: str
    message: str


Opened = OpenedMessage | OpenedEvent | OpenedNothing


class EngineStage(Enum):
    """Where the model stands."""

    OFF = "off"
    CHECKING = "checking"
    STARTING = "starting"
    LOADING = "loading"
    READY = "ready"
    RESTING = "resting"
    FAILED = "failed"


@dataclass(frozen=True)
class EngineStatus:
    """What the status line says of the model.

    `percent` while LOADING. `file` is the model file's path, `starter` whether it is the model
    that comes with Phial. `used` of `context` tokens were in use in the last answer. `message`
    and `hint` say why it FAILED; `details` for "Copy details". `died`: it had been READY, and the
    next request starts it again. RESTING: it was put to rest to free its memory; so does the next
    request. `memory_bytes` is what it takes, estimated, 0 if unknown. `trained_context`,
    `long_rope`, `kv_type`, `reasoning` and `tools_native` are as in `core.ports.Capabilities`.
    """

    stage: EngineStage = EngineStage.OFF
    file: str = ""
    starter: bool = True
    percent: int = 0
    name: str = ""
    backend: str = ""
    threads: int = 0
    context: int = 0
    used: int = 0
    message: str = ""
    hint: str = ""
    details: str = ""
    died: bool = False
    memory_bytes: int = 0
    trained_context: int = 0
    kv_type: str = ""
    long_rope: bool = False
    reasoning: bool = False
    tools_native: bool = False


@dataclass(frozen=True)
class Connections:
    """How many connections this window has opened since it started, and to where, newest last."""

    count: int = 0
    addresses: tuple[str, ...] = ()


@dataclass(frozen=True)
class Notice:
    """A sentence for the line above the composer.

    `undo_change` (a change id) or `restore` (a conversation) is what its Undo button does; with
    `again` the button says that it does the change again. A `lasting` one stays until it is
    closed.
    """

    text: str
    undo_change: str = ""
    restore: int = 0
    again: bool = False
    lasting: bool = False


@dataclass(frozen=True)
class Trouble:
    """Something that could not be done: `KnownError` for the window."""

    code: str
    message: str
    hint: str = ""
    details: str = ""


@dataclass(frozen=True)
class ImportView:
    """An import: while `running` how far (0 to 100, 0 while looking) and what is read, else what
    came of it, in `lines`."""

    running: bool = False
    percent: int = 0
    what: str = ""
    lines: tuple[str, ...] = ()


@dataclass(frozen=True)
class SettingsView:
    """The settings as the file holds them; `version` guards the next save. `file` is its path."""

    settings: Settings
    version: str
    file: str
    zones: tuple[str, ...] = ()


@dataclass(frozen=True)
class SettingsRefused:
    """Settings that could not be saved; the window goes back to the last `SettingsView`."""

    message: str
    hint: str


@dataclass(frozen=True)
class ProfileTrouble:
    """The profile could not be opened; nothing works until `Bridge.open_profile` succeeds."""

    code: str
    message: str
    hint: str
