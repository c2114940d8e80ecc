"""The list of conversations: order, rename, pin, delete and its undo, and finding words again."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from app.core.messages import Message, ToolResult, TurnState
from app.core.proposals import Change, Option, Proposal
from app.store.conversations import Conversation, Conversations, Hit
from app.store.database import open_database
from app.store.history import History
from app.store.journal import Journal
from app.store.paths import ProfilePaths, prepare

NOW = datetime(2026, 11, 18, 8, 30, tzinfo=UTC)


@pytest.fixture
def paths(profile: Path) -> ProfilePaths:
    made = ProfilePaths(profile)
    prepare(made)
    return made


@pytest.fixture
def connection(paths: ProfilePaths) -> Iterator[sqlite3.Connection]:
    with closing(open_database(paths)) as opened:
        yield opened


@pytest.fixture
def history(connection: sqlite3.Connection) -> History:
    return History(connection)


@pytest.fixture
def conversations(connection: sqlite3.Connection) -> Conversations:
    return Conversations(connection)


def say(history: History, conversation: int, text: str, answer: str = "", minutes: int = 0) -> int:
    """A turn that is done, begun `minutes` after NOW."""
    later = NOW + timedelta(minutes=minutes)
    turn = history.start_turn(conversation, Message.of("user", text), later)
    if answer:
        history.add_reply(turn, Message.of("assistant", answer))
    history.finish(turn, TurnState.DONE)
    return turn


def begun(history: History, title: str, text: str = "hello", minutes: int = 0) -> int:
    conversation = history.new_conversation(title, NOW)
    say(history, conversation, text, minutes=minutes)
    return conversation


def found(conversations: Conversations, words: str) -> list[int]:
    return [hit.conversation for hit in conversations.search(words, 50)]


def test_the_conversation_spoken_in_last_comes_first(
    history: History, conversations: Conversations
) -> None:
    one, two = begun(history, "one"), begun(history, "two", minutes=1)
    assert [each.id for each in conversations.listed()] == [two, one]
    say(history, one, "more", minutes=2)
    assert conversations.listed() == (
        Conversation(one, "one", NOW + timedelta(minutes=2)),
        Conversation(two, "two", NOW + timedelta(minutes=1)),
    )


def test_a_conversation_in_which_nothing_was_said_yet_has_its_own_time(
    history: History, conversations: Conversations
) -> None:
    new = history.new_conversation("new", NOW)
    assert conversations.listed() == (Conversation(new, "new", NOW),)
    now = history.new_conversation("made now")
    assert abs(conversations.get(now).updated_at - datetime.now(UTC)) < timedelta(minutes=5)


def test_a_conversation_says_that_it_needs_the_user(
    history: History, conversations: Conversations
) -> None:
    one = begun(history, "one")
    turn = say(history, one, "lunch")
    history.pause(turn, Proposal("Add?", (Option("Add", "", (), "Added."),)))
    assert conversations.get(one).waiting
    history.start_turn(one, Message.of("user", "dinner"), NOW, replaces=turn)
    assert not conversations.get(one).waiting


def test_titles_and_pins_are_the_users(history: History, conversations: Conversations) -> None:
    one = begun(history, "one")
    conversations.rename(one, "eins \udcff")
    conversations.pin(one, True)
    assert conversations.get(one) == Conversation(one, "eins ?", NOW, pinned=True)
    conversations.pin(one, False)
    assert not conversations.get(one).pinned


def test_a_deleted_conversation_can_be_put_back_as_it_was(
    history: History, conversations: Conversations
) -> None:
    one, two = begun(history, "one"), begun(history, "two")
    before = conversations.get(one)
    conversations.delete(one, NOW)
    assert [each.id for each in conversations.listed()] == [two]
    conversations.restore(one)
    conversations.restore(one)
    assert before in conversations.listed()
    assert history.turns_of(history.newest_turn_ids(one, 99)[0])[0].turn.user.text == "hello"


def test_words_said_in_a_deleted_conversation_bring_it_back(
    history: History, conversations: Conversations
) -> None:
    one = begun(history, "one")
    conversations.delete(one, NOW)
    say(history, one, "wait")
    assert conversations.purge_deleted() == 0
    assert [each.id for each in conversations.listed()] == [one]


def test_what_was_deleted_is_gone_from_the_disk_after_the_next_start(
    paths: ProfilePaths, connection: sqlite3.Connection
) -> None:
    history, conversations, journal = (
        History(connection),
        Conversations(connection),
        Journal(connection),
    )
    kept = begun(history, "kept", "keepsake")
    gone = history.new_conversation("confidential", NOW)
    first = say(history, gone, "whisper " * 30, "murmured answer")
    for number in range(60):
        say(history, gone, f"whisper{number} " * 30, "murmured answer")
    history.start_turn(gone, Message.of("user", "whisper again"), NOW, replaces=first)
    change = Change("calendar:calendars/personal/a.ics", "add", "", None, "A", "Add 'lunch'")
    journal.mark_applied(journal.begin(first + 1, "add", [change]))
    conversations.delete(gone, NOW)
    connection.close()

    with closing(open_database(paths)) as again:
        history, conversations = History(again), Conversations(again)
        assert conversations.purge_deleted() == 1
        assert conversations.purge_deleted() == 0
        left = b"".join(path.read_bytes() for path in paths.root.glob("phial.db*"))
        for word in (b"whisper", b"murmur", b"confidential"):
            assert word not in left
        assert b"keepsake" in left
        assert [each.id for each in conversations.listed()] == [kept]
        assert found(conversations, "keepsake") == [kept]
        with pytest.raises(KeyError):
            history.newest_turn_ids(gone, 99)[0]
        journal = Journal(again)
        assert journal.turn_of("c1") is None
        assert [entry.id for entry in journal.last_applied()] == ["c1"]
        assert begun(history, "next") > gone
    open_database(paths).close()


def test_conversations_that_do_not_exist_are_a_mistake_of_the_caller(
    conversations: Conversations,
) -> None:
    for attempt in (
        lambda: conversations.get(7),
        lambda: conversations.rename(7, "x"),
        lambda: conversations.pin(7, True),
        lambda: conversations.delete(7, NOW),
        lambda: conversations.restore(7),
        lambda: conversations.find_turns(7, "x"),
    ):
        with pytest.raises(KeyError):
            attempt()


def test_a_search_finds_what_was_said_and_what_was_answered(
    history: History, conversations: Conversations
) -> None:
    lunch = history.new_conversation("plans", NOW)
    asked = say(history, lunch, "Where do we eat on Friday?", "At the harbour, at noon.")
    begun(history, "other", minutes=1)
    assert conversations.search("eat", 10) == (Hit(lunch, asked, "Where do we eat on Friday?"),)
    assert conversations.search("noon harbour", 10) == (
        Hit(lunch, asked, "At the harbour, at noon."),
    )
    assert conversations.search("eat harbour", 10) == ()


def test_what_tools_told_the_model_is_not_searched(
    history: History, conversations: Conversations
) -> None:
    turn = say(history, history.new_conversation("x"), "hello")
    history.add_reply(turn, Message("tool", (ToolResult("cal_find", True, "zebra"),)))
    history.add_reply(turn, Message.of("tool", "zebra"))
    assert conversations.search("zebra", 10) == ()


@pytest.mark.parametrize("words", ["uber", "ÜBER", "übermorgen", "ubermor", "morgen früh", "fru"])
def test_case_and_accents_do_not_count_and_the_last_word_may_be_begun(
    history: History, conversations: Conversations, words: str
) -> None:
    said = begun(history, "x", "Übermorgen, morgen früh.", minutes=1)
    titled = begun(history, "Übermorgen - MORGEN FRÜH", minutes=0)
    assert found(conversations, words) == [said, titled]


def test_only_the_last_word_may_be_begun(history: History, conversations: Conversations) -> None:
    begun(history, "harbour noon", "harbour noon")
    assert found(conversations, "harb noon") == []


def test_a_title_is_found_without_a_turn_or_a_snippet(
    history: History, conversations: Conversations
) -> None:
    one = begun(history, "Lunch plans")
    assert conversations.search("lun", 10) == (Hit(one),)
    conversations.rename(one, "Supper")
    assert conversations.search("lunch", 10) == ()


def test_each_conversation_is_found_once_by_its_newest_words(
    history: History, conversations: Conversations
) -> None:
    one, two = begun(history, "lunch"), begun(history, "b", "lunch", minutes=9)
    newest = [say(history, one, f"lunch {number}") for number in range(3)][-1]
    hits = conversations.search("lunch", 10)
    assert [hit.conversation for hit in hits] == [two, one]
    assert hits[1] == Hit(one, newest, "lunch 2")
    assert conversations.search("lunch", 1) == hits[:1]


def test_a_snippet_is_one_harmless_line_around_the_words(
    history: History, conversations: Conversations
) -> None:
    long = "before " * 40 + "the\n\nneedle\x1b[2J \u202eis <b>here</b> \udcff\x00 " + "after " * 40
    begun(history, "x", long)
    (hit,) = conversations.search("needle", 10)
    assert "the needle [2J is <b>here</b>" in hit.snippet
    assert hit.snippet.startswith("…") and hit.snippet.endswith("…")
    assert hit.snippet.isprintable() and len(hit.snippet) < 150


def test_replaced_turns_and_deleted_conversations_are_not_found(
    history: History, conversations: Conversations
) -> None:
    one, two = begun(history, "one", "lunch"), begun(history, "lunch", "lunch")
    (turn,) = history.newest_turn_ids(one, 99)[0]
    history.start_turn(one, Message.of("user", "supper"), NOW, replaces=turn)
    conversations.delete(two, NOW)
    assert conversations.search("lunch", 10) == ()
    assert conversations.find_turns(one, "lunch") == ()
    conversations.restore(two)
    assert found(conversations, "lunch") == [two]


def test_words_are_found_within_a_conversation_oldest_first(
    history: History, conversations: Conversations
) -> None:
    one = history.new_conversation("one")
    first = say(history, one, "lunch?", "Lunch it is.")
    say(history, one, "hello")
    last = say(history, one, "hm", "More lunch?")
    begun(history, "two", "lunch")
    assert conversations.find_turns(one, "LUN") == (first, last)
    assert conversations.find_turns(one, "  ") == ()


@pytest.mark.parametrize("nothing", ["", "  \n", '"', "*", "- ()", "\x00", "?!", "\udcff"])
def test_without_a_word_nothing_is_found(
    history: History, conversations: Conversations, nothing: str
) -> None:
    begun(history, 'a "*" - () ?!', 'a "*" - () ?!')
    assert conversations.search(nothing, 10) == ()


@pytest.mark.parametrize(
    "typed", ["cat OR dog", "NOT dog", "text: cat", "cat*", "^cat", "NEAR(cat dog)", '"cat dog"']
)
def test_a_query_is_words_and_never_a_language(
    history: History, conversations: Conversations, typed: str
) -> None:
    begun(history, "x", "cat")
    literal = begun(history, "x", f"so she typed {typed} and sent it")
    assert literal in found(conversations, typed)
    assert "OR" not in typed or found(conversations, typed) == [literal]


SYNTAX = ['"', "*", "'", "(", ")", "^", ":", "-", "+", "{", "\\", "%", " OR ", " NEAR ", " NOT "]
OTHERS = ["a", "B", "ü", "\u0301", " ", "\x00", "\udcff", "\n", "ª", "ß", "漢字", "👍🏽"]
ODD = st.text(max_size=40) | st.lists(st.sampled_from(SYNTAX + OTHERS), max_size=40).map("".join)


@settings(
    max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(typed=ODD)
@example(typed="a " * 5000)
@example(typed='"' * 5000 + "a")
@example(typed="x" * 100_000)
@example(typed="a" + "\u0301" * 3000)
@example(typed="a\x00b")
def test_no_query_a_person_types_is_refused(connection: sqlite3.Connection, typed: str) -> None:
    conversations, history = Conversations(connection), History(connection)
    listed = conversations.listed()
    one = listed[0].id if listed else begun(history, "a B ü", "a B ü (a) ß")
    for hit in conversations.search(typed, 5):
        assert hit.conversation == one and hit.snippet.isprintable()
    assert len(conversations.find_turns(one, typed)) <= 1


@settings(
    max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(said=ODD, word=st.text("abcäöß19", min_size=1, max_size=12))
def test_a_word_that_was_said_is_found(
    connection: sqlite3.Connection, said: str, word: str
) -> None:
    conversations, history = Conversations(connection), History(connection)
    one = begun(history, "x", f"{said} {word} {said}")
    (turn,) = history.newest_turn_ids(one, 99)[0]
    assert conversations.find_turns(one, word) == (turn,)
    assert conversations.find_turns(one, word[:-1] or word) == (turn,)
    assert history.turn(turn).user.text == f"{said} {word} {said}"
