"""Words typed wrong are put right for the model, and its calls are in the user's letters."""

from __future__ import annotations

import random

import pytest

from app.core.messages import Message, ToolCall
from app.core.ports import GenerateRequest
from app.engine.spelling import Spelling, respelled
from app.tools.schemas import DECLARED

WORDS = ("meeting", "tomorrow", "friday", "cancel", "archive", "with", "lunch", "then", "march")
SPELLING = Spelling(WORDS)


def request(*said: str) -> GenerateRequest:
    messages = tuple(Message.of("user", text) for text in said)
    return GenerateRequest("1", messages, DECLARED, spans=said)


def read_as(text: str) -> str:
    read, _ = SPELLING.read(request(text))
    return read.spans[0]


@pytest.mark.parametrize(
    ("typed", "read"),
    [
        ("cancle the meetng tomorow", "cancel the meeting tomorrow"),
        ("CANCLE it", "CANCEL it"),
        ("CANCLE THE MEETNG ON FRIDAY", "cancel the meeting on friday"),
        ("İ CANCEL", "İ CANCEL"),  # its small form is longer
        ("Cancle it", "Cancel it"),
        ("meetingg", "meeting"),
        ("neeting", "neeting"),  # another letter makes another word
        ("metings", "metings"),  # two slips
        ("wih", "wih"),  # too short to be sure
        ("lnch", "lnch"),  # as is a name without a letter
        ("lucnh with Thne", "lunch with Thne"),  # large, so a name
        ("lunch on Fridya", "lunch on Friday"),
        ("Thne lunch", "Then lunch"),  # large because it begins
        ("marhc\u0301", "marhc\u0301"),  # half a character is no letter less
        ("", ""),
    ],
)
def test_a_word_one_slip_away_is_put_right(typed: str, read: str) -> None:
    assert read_as(typed) == read


def test_a_known_word_stays_also_where_it_is_rare() -> None:
    spelling = Spelling(["there", *(f"word{'x' * (n % 9)}{n}" for n in range(3000)), "theme"])
    read, _ = spelling.read(request("the theme, tehre and themme"))
    assert read.spans == ("the theme, there and themme",), "it is not put in the place of others"


def test_of_several_words_that_are_near_the_most_frequent_was_meant() -> None:
    read, _ = Spelling(["seven", "even", "sevens"]).read(request("sevenn", "sevne"))
    assert read.spans == ("sevenn", "sevne"), "they would be read alike"
    for typed in ("sevenn", "sevne", "svene"):
        read, _ = Spelling(["sevens", "seven", "severn"]).read(request(typed))
        assert read.spans == ("seven" if typed != "svene" else typed,)


@pytest.mark.parametrize(
    ("said", "name", "value"),
    [
        ("forward the mail from tnaya to tanya", "to", "tanya"),
        ("forward the mail from tnaya to tanya", "from", "tnaya"),
        ("meeting with sevenn at seven", "when", "seven"),
        ("meeting with sevenn at seven", "with", "sevenn"),
    ],
)
def test_nobody_is_taken_for_another(said: str, name: str, value: str) -> None:
    read, typed = Spelling(("seven", "tanya")).read(request(said))
    assert read.spans == (said,)
    call = ToolCall("cal_create", {name: value})
    assert typed.call(call) == call


def test_what_the_newest_message_has_is_not_copied_from_an_older_one() -> None:
    spelling = Spelling(("tanya", "meeting"))
    read, typed = spelling.read(request("find tnaya", "move the meetign"))
    assert read.spans == ("find tanya", "move the meeting")
    call = ToolCall("mail_draft", {"to": ["tanya"]})
    assert typed.call(call).arguments == {"to": ["tnaya"]}
    _, typed = spelling.read(request("find tnaya and the meetign", "write to tanya"))
    assert typed.call(call) == call


def test_calls_come_in_the_letters_that_were_typed() -> None:
    read, typed = SPELLING.read(request("cancle my meetng with Ann tomorow", "archvie lucnh mails"))
    assert read.spans == ("cancel my meeting with Ann tomorrow", "archive lunch mails")
    assert [message.text for message in read.messages] == list(read.spans)
    assert typed.call(
        ToolCall("cal_cancel", {"events": " my meeting with Ann tomorrow", "scope": "this"})
    ) == ToolCall("cal_cancel", {"events": " my meetng with Ann tomorow", "scope": "this"})
    archive = ToolCall("mail_update", {"messages": "lunch mails", "action": "archive"})
    assert typed.call(archive).arguments == {"messages": "lucnh mails", "action": "archive"}
    listed = ToolCall("cal_create", {"title": "meeting", "with": ["tomorrow", "Ann"]})
    assert typed.call(listed).arguments == {"title": "meetng", "with": ["tomorow", "Ann"]}


def test_capitals_stay_in_what_is_copied() -> None:
    read, typed = SPELLING.read(request("LUCNH WITH BOB IN ROOM 4"))
    assert read.spans == ("lunch with bob in room 4",)
    made = typed.call(ToolCall("cal_create", {"title": "lunch with bob", "with": ["bob"]}))
    assert made.arguments == {"title": "LUCNH WITH BOB", "with": ["BOB"]}


def test_what_was_called_before_is_read_as_the_words_it_was_copied_from() -> None:
    said = Message.of("user", "cancel the meetng with Thne")
    earlier = Message("assistant", (ToolCall("cal_cancel", {"events": "meetng with Thne"}),))
    mine = Message.of("assistant", "meetng")
    read, _ = SPELLING.read(GenerateRequest("1", (said, earlier, mine), DECLARED))
    assert read.messages[0].text == "cancel the meeting with Thne"
    (part,) = read.messages[1].parts
    assert isinstance(part, ToolCall) and part.arguments == {"events": "meeting with Thne"}
    assert read.messages[2].text == "meetng"


def test_a_model_that_names_no_words_reads_what_was_typed() -> None:
    wanted = request("cancle it")
    read, typed = Spelling(()).read(wanted)
    assert read is wanted
    call = ToolCall("cal_cancel", {"events": "it"})
    assert typed.call(call) == call


def test_each_piece_of_what_is_read_is_the_piece_that_was_typed() -> None:
    rng = random.Random(5)
    for _ in range(500):
        words = rng.sample([*WORDS, "a", "Zoë", "x9", "--"], rng.randint(1, 9))
        slipped = [_slipped(rng, word) if rng.random() < 0.4 else word for word in words]
        said = " ".join(slipped)
        read, typed = SPELLING.read(request(said))
        begin = rng.randrange(len(words))
        end = rng.randint(begin + 1, len(words))
        piece = " ".join(read.spans[0].split(" ")[begin:end])
        if piece.strip("-"):
            call = typed.call(ToolCall("cal_find", {"words": piece}))
            assert call.arguments == {"words": " ".join(slipped[begin:end])}


def _slipped(rng: random.Random, word: str) -> str:
    if len(word) < 4:
        return word
    at = rng.randrange(1, len(word) - 1)
    swapped = word[:at] + word[at + 1] + word[at] + word[at + 2 :]
    return rng.choice([swapped, word[:at] + word[at + 1 :], word[:at] + word[at] + word[at:]])


def test_a_piece_that_ends_within_a_replaced_word_takes_the_whole_of_it() -> None:
    read = respelled("the meet'ng-tomorow", {"tomorow": "tomorrow"})
    assert read.read == "the meet'ng-tomorrow"
    assert read.typed_for("tomorrow") == "tomorow"
    assert read.typed_for("no such words") is None
    assert respelled("a\ttomorow", {"tomorow": "tomorrow"}).typed_for("a tomorrow") == "a\ttomorow"
