"""Words typed wrong are put right for the model, and its calls are in the user's letters."""

from __future__ import annotations

import random
import string

import pytest

from app.core.messages import Message, ToolCall
from app.core.ports import GenerateRequest
from app.engine.spelling import Respelled, Spelling
from app.tools.schemas import DECLARED

WORDS = ("meeting", "tomorrow", "friday", "cancel", "archive", "with", "lunch", "then", "march")
SPELLING = Spelling(WORDS)


def request(*said: str) -> GenerateRequest:
    messages = tuple(Message.of("user", text) for text in said)
    return GenerateRequest("1", messages, DECLARED, spans=said)


@pytest.mark.parametrize(
    ("typed", "read"),
    [
        ("cancle the meetng tomorow", "cancel the meeting tomorrow"),
        ("CANCLE it", "CANCEL it"),
        ("Cancle it", "Cancel it"),
        ("meetingg", "meeting"),
        ("neeting", "neeting"),  # the first letter is seldom wrong
        ("metings", "metings"),  # two slips
        ("wih", "wih"),  # too short to be sure
        ("launch with Thea", "lunch with Thea"),
        ("lunch with Thet", "lunch with Thet"),  # large, so a name
        ("lunch on Fridya", "lunch on Friday"),
        ("Thet lunch", "Then lunch"),  # large because it begins
        ("", ""),
    ],
)
def test_a_word_one_slip_away_is_put_right(typed: str, read: str) -> None:
    assert SPELLING.respelled(typed).read == read


def test_a_known_word_stays_also_where_it_is_rare() -> None:
    spelling = Spelling(["there", *(f"word{'x' * (n % 9)}{n}" for n in range(3000)), "theme"])
    assert spelling.respelled("the theme").read == "the theme"
    assert spelling.respelled("thene").read == "there", "and is not put in the place of others"


def test_calls_come_in_the_letters_that_were_typed() -> None:
    read, typed = SPELLING.read(request("cancle my meetng with Ann tomorow", "archvie lnch mails"))
    assert read.spans == ("cancel my meeting with Ann tomorrow", "archive lunch mails")
    assert [message.text for message in read.messages] == list(read.spans)
    assert typed.call(
        ToolCall("cal_cancel", {"events": " my meeting with Ann tomorrow", "scope": "this"})
    ) == ToolCall("cal_cancel", {"events": " my meetng with Ann tomorow", "scope": "this"})
    archive = ToolCall("mail_update", {"messages": "lunch mails", "action": "archive"})
    assert typed.call(archive).arguments == {"messages": "lnch mails", "action": "archive"}
    listed = ToolCall("cal_create", {"title": "meeting", "with": ["tomorrow", "Ann"]})
    assert typed.call(listed).arguments == {"title": "meetng", "with": ["tomorow", "Ann"]}


def test_what_was_called_before_is_read_as_the_words_it_was_copied_from() -> None:
    earlier = Message("assistant", (ToolCall("cal_cancel", {"events": "meetng"}),))
    mine = Message.of("assistant", "meetng")
    read, _ = SPELLING.read(GenerateRequest("1", (earlier, mine), DECLARED))
    (part,) = read.messages[0].parts
    assert isinstance(part, ToolCall) and part.arguments == {"events": "meeting"}
    assert read.messages[1].text == "meetng"


def test_a_model_that_names_no_words_reads_what_was_typed() -> None:
    wanted = request("cancle it")
    read, typed = Spelling(()).read(wanted)
    assert read is wanted
    call = ToolCall("cal_cancel", {"events": "it"})
    assert typed.call(call) == call


def test_each_piece_of_what_is_read_is_the_piece_that_was_typed() -> None:
    rng = random.Random(5)
    for _ in range(500):
        words = [rng.choice([*WORDS, "a", "Zoë", "x9", "--"]) for _ in range(rng.randint(1, 9))]
        slipped = [_slipped(rng, word) if rng.random() < 0.4 else word for word in words]
        read = SPELLING.respelled(" ".join(slipped))
        begin = rng.randrange(len(words))
        end = rng.randint(begin + 1, len(words))
        piece = " ".join(read.read.split(" ")[begin:end])
        found = read.typed_for(piece)
        if read.read.count(piece) == 1 and piece.strip("-"):
            assert found == " ".join(slipped[begin:end])


def _slipped(rng: random.Random, word: str) -> str:
    if len(word) < 4:
        return word
    at = rng.randrange(1, len(word) - 1)
    letter = rng.choice(string.ascii_lowercase)
    return rng.choice(
        [
            word[:at] + word[at + 1 :],
            word[:at] + letter + word[at:],
            word[:at] + letter + word[at + 1 :],
        ]
    )


def test_a_piece_that_ends_within_a_replaced_word_takes_the_whole_of_it() -> None:
    read = SPELLING.respelled("the meet'ng-tomorow")
    assert read == Respelled("the meet'ng-tomorrow", "the meet'ng-tomorow", read.changes)
    assert read.typed_for("tomorrow") == "tomorow"
    assert read.typed_for("no such words") is None
