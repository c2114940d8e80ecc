"""What the user's words ask of a message, and the text they make."""

from __future__ import annotations

import pytest

from app.tools.letter_text import body_from, subject_from
from app.tools.send_words import asks_for_draft, asks_to_send

LATE = "I'm running late"


@pytest.mark.parametrize(
    "words",
    [
        f"tell Kofi {LATE}",
        f"please tell Kofi that {LATE}",
        f"let Kofi know {LATE}",
        f"let Dr. Mensah know that {LATE}",
        f"let kofi@example.org know {LATE}",
        f"let's tell Kofi that {LATE}",
        f"make sure to tell Kofi {LATE}",
        f"real quick answer to Kofi that {LATE}",
        f"no email Kofi that {LATE}",
        f"can you let Kofi Mensah and Anna know that {LATE}",
        f"email Kofi that {LATE}",
        f"mail Kofi: {LATE}",
        f"message Kofi saying {LATE}",
        f"send a mail to Kofi saying {LATE}",
        f"send an email to Kofi and Anna with the text {LATE}",
        f"drop a line to Kofi that {LATE}",
        f"Email Kofi about the roof saying {LATE}",
        f"email kofi@example.org, cc Anna, bcc Bo: {LATE}",
        f"email Kofi “{LATE}”",
        f"I'd like to email Kofi that {LATE}",
        f"I was wondering if you could message Kofi that {LATE}",
        f"ok so email Kofi that {LATE}",
        f"ask Kofi whether {LATE}",
        f"reply to Anna's last mail saying {LATE}",
        f"write back to Anna that {LATE}",
        f"answer the mail from Anna with {LATE}",
        f"respond to the draft contract mail that {LATE}",
        f"reply to everyone on that mail that {LATE}",
        f"reply {LATE} to the last mail from Anna",
        f"draft a mail to Kofi saying {LATE} and send it",
        f"write Kofi a mail and send it: {LATE}",
        f"cancel my 3pm and tell Kofi {LATE}",
        f"draft a mail to Anna saying hello. Then email Kofi that {LATE}",
    ],
)
def test_these_words_ask_that_it_goes_out(words: str) -> None:
    assert asks_to_send(words, LATE)
    assert not asks_for_draft(words, LATE)


@pytest.mark.parametrize(
    "words",
    [
        f"write to Kofi that {LATE}",
        f"write an email to Kofi that {LATE}",
        f"write a mail to Kofi and tell them {LATE}",
        f"write a mail to Kofi and say that {LATE}",
        f"draft a mail to Kofi saying {LATE}",
        f"can you draft an email to Kofi: {LATE}",
        f"compose a quick note to Kofi that says {LATE}",
        f"prepare an answer to Anna that {LATE}",
        f"draft a reply to Anna saying {LATE}",
        f"write a message to Kofi that {LATE}",
        f"email Kofi that {LATE}, but don't send it yet",
        f"email Kofi that {LATE} and save it",
        f"email Kofi, as a draft: {LATE}",
        f"reply to Anna that {LATE}, let me see it first",
        f"tell Anna hello and draft a mail to Kofi that {LATE}",
    ],
)
def test_these_words_ask_for_a_draft(words: str) -> None:
    assert asks_for_draft(words, LATE)
    assert not asks_to_send(words, LATE)


@pytest.mark.parametrize(
    "words", ["", "a quick mail to Kofi: I'm running late", "Sag Kofi, dass ich komme", "my mail"]
)
def test_words_that_ask_for_neither(words: str) -> None:
    assert not asks_to_send(words, LATE)
    assert not asks_for_draft(words, LATE)


@pytest.mark.parametrize(
    ("words", "text", "sends"),
    [
        ("tell Bo the draft is not to be sent, do not send it", "the draft is not to be sent, "
         "do not send it", True),
        ("draft a mail to Bo that I will send the report", "I will send the report", False),
        ("write Bo: please write it and send it now", "please write it and send it now", False),
        ("email Bo about draft three saying fine", "fine", True),
    ],
)  # fmt: skip
def test_what_a_message_says_asks_for_nothing(words: str, text: str, sends: bool) -> None:
    assert asks_to_send(words, text) is sends
    assert asks_for_draft(words, text) is not sends


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ("forward the last mail from Nadia to Kofi", True),
        ("fwd it to Kofi", True),
        ("pass Anna's mail on to Kofi", True),
        ("send the mail from HR on to my manager", True),
        ("prepare a forward of Anna's mail to Kofi", False),
        ("forward it to Kofi but as a draft", False),
        ("send it", True),
        ("ok, send it now", True),
    ],
)
def test_passing_on_and_sending_need_no_text(words: str, said: bool) -> None:
    assert asks_to_send(words) is said
    assert asks_for_draft(words) is not said


@pytest.mark.parametrize(
    ("words", "text", "body"),
    [
        ("tell Bo that the report is ready", "that the report is ready", "The report is ready."),
        ("email Bo that Tuesday works for me", "Tuesday works for me", "Tuesday works for me."),
        ("reply to Bo saying that works for me", "that works for me", "That works for me."),
        ("tell Bo that Friday works", "that Friday works", "Friday works."),
        ("email Bo saying hi and send it", "hi and send it", "Hi."),
        ("email Bo “running late”", "“running late”", "running late"),
        ("email Bo “running late”", "running late", "running late"),
        ("email Bo: saying: all good", "saying: all good", "All good."),
        ("tell Bo iPhone is here", "iPhone is here", "iPhone is here."),
        ("email Bo can you send me the plan?", "can you send me the plan?",
         "Can you send me the plan?"),
        ("email Bo: what time is the lunch", "what time is the lunch", "What time is the lunch?"),
        ("email Bo: could we move it to Friday", "could we move it to Friday",
         "Could we move it to Friday?"),
        ("email Bo thanks!", "thanks!", "Thanks!"),
        ("email Bo: look at https://example.org/a", "look at https://example.org/a",
         "Look at https://example.org/a"),
        ("ask Bo if we can meet on Friday", "we can meet on Friday",
         "Could you tell me if we can meet on Friday?"),
        ("ask Bo whether they got the plan", "they got the plan",
         "Could you tell me whether you got the plan?"),
        ("ask Bo if he is coming", "if he is coming", "Could you tell me if you are coming?"),
        ("ask Bo when the lunch is", "when the lunch is", "Could you tell me when the lunch is?"),
        ("tell Bo to call me", "call me", "Please call me."),
        ("ask Bo to send me the plan", "to send me the plan", "Please send me the plan."),
        ("email Bo", "first line\nsecond line", "First line\nsecond line"),
        ("", "that it works\r\nlike this\x07", "It works\nlike this"),
        ("", "👍", "👍"),
        ("", "thanks for the dog. Sam", "Thanks for the dog. Sam"),
        ("", "thanks for the dog. Anna Berg", "Thanks for the dog. Anna Berg"),
        ("", "see you at 3! cheers sam", "See you at 3! cheers sam"),
        ("", "see you at 3, best regards", "See you at 3, best regards"),
        ("", "that works. love, Sam", "That works. love, Sam"),
        ("", "that works. love it", "That works. love it."),
        ("", "that was good. Thanks", "That was good. Thanks."),
        ("", "I saw Anna and Bob", "I saw Anna and Bob."),
    ],
)  # fmt: skip
def test_the_words_become_a_text(words: str, text: str, body: str) -> None:
    assert body_from(text, words) == body


@pytest.mark.parametrize(
    ("subject", "body", "expected"),
    [
        ("the roof", "It leaks.", "The roof"),
        ("“Roof”", "It leaks.", "Roof"),
        ("", "The report is ready.", "The report is ready"),
        ("", "Thanks! I will come.", "Thanks"),
        ("", "Version 2.5 is out, take it", "Version 2.5 is out, take it"),
        ("", "I got the report and will answer by Friday when I am back from the other office", "I"
         " got the report and will answer by Friday when I am back…"),
        ("", "x" * 90, f"{'x' * 60}…"),
        ("", "", ""),
    ],
)  # fmt: skip
def test_a_subject_is_what_was_said_or_the_first_words(
    subject: str, body: str, expected: str
) -> None:
    assert subject_from(subject, body) == expected
