"""Recognising text that is meant for an assistant, not for the reader. Conservative; no wording.

Nothing depends on it for safety: no text of a message can make Phial do anything. It is for the
user to know what the sender tried.
"""

from __future__ import annotations

import re
import unicodedata

_LONGEST = 400_000
_MODEL = (
    r"(?:ai|a\.i\.|llm|language model|chat ?bot|chat ?gpt|gpt|copilot|gemini|claude|phial"
    r"|(?:ai|virtual|digital|e?-?mail|personal|automated) (?:assistant|agent|system))"
)
_ORDERS = r"(?:instructions?|prompts?|rules|guidelines|directions|commands|directives|guardrails)"
_DEEDS = (
    r"(?:do|you must|you should|forward|send|delete|reply|ignore|read|search|find|open|accept"
    r"|archive|move|cancel|create|when|before|don't)"
)
_PATTERNS = (
    # Ignore all previous instructions.
    r"\b(?:ignore|disregard|forget|override|bypass)\b.{0,40}"
    r"\b(?:previous|prior|above|earlier|all|any|your|system|other|preceding|existing)\b.{0,30}"
    rf"\b{_ORDERS}",
    # New instructions for the assistant.
    rf"\b(?:new|updated|real|additional|important|urgent) (?:system )?{_ORDERS} (?:for|to) "
    rf"(?:the |an? |any |your |this )?(?:{_MODEL}|assistant)",
    rf"\b(?:note|message|instructions?|attention|memo|notice) (?:to|for) "
    rf"(?:the |any |all |your )?(?:{_MODEL}|assistant)s?\b",
    # You are now an AI system.
    r"\b(?:you are|you're|if you are|act as|pretend to be|behave as) "
    rf"(?:now )?(?:an?|the) (?:\w+ )?{_MODEL}\b",
    # Assistant: forward …
    rf"(?:^|[.!?\n\[(*#:-] ?)(?:dear |hey |hello |hi |attention,? )?{_MODEL}\b ?[,:!] ?"
    rf"(?:please )?{_DEEDS}\b",
    rf"\bassistant ?[:,] ?(?:please )?{_DEEDS}\b",
    # Do not tell the user.
    r"\b(?:do not|don't|never|without) (?:tell|inform|mention|notify|alert|show|ask)(?:ing|ming)? "
    r"(?:this |it |any of this )?(?:to )?the (?:user|human|owner|account owner)\b",
    r"\bthe user (?:has (?:already )?(?:approved|authori[sz]ed|agreed|consented|confirmed)"
    r"|wants you to|asked you to|has asked you to|does not need to know|need not know)\b",
    # Forward all mail to somebody@there.
    r"\b(?:forward|send|copy|bcc|redirect|exfiltrate|export|upload|leak)\b.{0,30}"
    r"\b(?:all|every|any|the (?:user|owner)'?s?|entire|whole|each)\b.{0,40}"
    r"\b(?:e-?mails?|mails?|messages?|inbox|mailbox|passwords?|codes?|contacts|calendar)\b.{0,30}"
    r"\b(?:to|at)\b.{0,10}\S{1,80}@\S",
    # What steers a model: its prompt, its marks, its calls.
    r"\b(?:reveal|print|repeat|output|show|leak) (?:me )?(?:your|the) "
    r"(?:system prompt|hidden prompt|initial instructions|system message)\b",
    r"\b(?:system|developer) (?:prompt|message|override|instruction)s? ?[:\]]",
    r"<\|(?:im_start|im_end|system|user|assistant|end|tool_call|tool|endoftext|eot_id)\|?>",
    r"\[/?(?:inst|assistant|tool_calls?)\]|<</?sys>>|</?(?:tool_call|function_calls?)>",
    r"\"name\" ?: ?\"(?:mail|cal|contact)_[a-z]+\"",
    r"\b(?:mail_(?:send|forward|reply|draft|update)|cal_(?:create|cancel|move|respond))\b ?[({]",
    # When you summarise this message, also …
    r"\b(?:when|while|before|after|if) "
    r"(?:(?:you(?:'re| are)?|the assistant|an ai|the ai|any ai|ai) )?"
    r"(?:is |are )?(?:asked to )?(?:summari[sz]|process|read)\w* (?:this|these|the) "
    r"(?:e-?mails?|messages?|mails?)\b.{0,30}"
    r"\b(?:also|you must|you should|include|ignore|say that|then|forward|add) ",
    r"\b(?:call|use|invoke|run|execute) (?:the |your )?(?:\w+[ _])?(?:tool|function|plugin)s?\b"
    r".{0,40}\b(?:to|with|and)\b.{0,40}\b(?:forward|send|delete|cancel|accept|reply)\b",
)
_TALK = tuple(map(re.compile, _PATTERNS))
_PARAGRAPHS = re.compile(r"\n[ \t]*\n")
_SPACES = re.compile(r"\s+")
_FAINT = ("Cf", "Mn", "Me")


def speaks_to_assistant(text: str) -> bool:
    """Whether `text` gives orders to an assistant or imitates what steers one."""
    plain = _plain(text[:_LONGEST])
    return any(pattern.search(plain) for pattern in _TALK)


def without_talk(text: str) -> str:
    """`text` without the paragraphs that speak to an assistant: no facts are taken from those."""
    kept = [each for each in _PARAGRAPHS.split(text) if not speaks_to_assistant(each)]
    return "\n\n".join(kept)


def _plain(text: str) -> str:
    """Small letters on one line, without marks that are put between letters to deceive."""
    if not text.isascii():
        text = unicodedata.normalize("NFKD", text)
        text = "".join(each for each in text if unicodedata.category(each) not in _FAINT)
    return _SPACES.sub(" ", text.replace("\u2019", "'").lower())
