"""Reading tool calls: the list the constraint lets pass, and what models write without it."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from typing import Literal

from app.core.messages import ToolCall

Verdict = Literal["text", "begins", "unnamed", "call"]

_WRAPPERS = (
    "```json", "```tool_call", "```", "functools", "<|tool_call|>", "<tool_call>",
)  # fmt: skip
_MOST_WRAPPERS = 4  # around each other; a model that goes on with them makes no call
_CLOSERS = ("```", "<|/tool_call|>", "</tool_call>")
_CLOSED = re.compile(r"(?:[\s,;]|" + "|".join(map(re.escape, _CLOSERS)) + ")*")
_OPENED = re.compile(r"(?:\s|" + "|".join(map(re.escape, _WRAPPERS)) + ")*")
_NAMED = (
    '{"name":"%s"',
    '{"type":"function","name":"%s"',
    '{"type":"function","function":{"name":"%s"',
    '{"function":{"name":"%s"',
    '{"function":"%s"',
)
_ARGUED = (',"arguments":', ',"parameters":', "}")
_ARGUMENTS_FIRST = ('{"arguments":', '{"parameters":')
_CALL_KEYS = {"id", "type", "function", "name"}
_GRACE = 6  # characters: an error this near the end may be a word or an escape half written
_json = json.JSONDecoder(strict=False)  # models break lines inside strings


def read_tool_calls(text: str) -> list[ToolCall]:
    """The calls in `text`, a JSON list the constraint has let pass.

    One leading space of every string is dropped: models may write it so that the tokens they
    copy equal the prompt's. Raises ValueError if the text is not such a list.
    """
    calls = json.loads(text)
    if not isinstance(calls, list) or not calls:
        raise ValueError("not a list of calls")
    found = []
    for call in calls:
        if not isinstance(call, dict) or not isinstance(call.get("name"), str):
            raise ValueError("a call without a name")
        arguments = call.get("arguments", {})
        if not isinstance(arguments, dict):
            raise ValueError("arguments that are not an object")
        found.append(
            ToolCall(call["name"], {key: _unspaced(value) for key, value in arguments.items()})
        )
    return found


def _unspaced(value: object) -> object:
    if isinstance(value, str):
        return value.removeprefix(" ")
    if isinstance(value, list):
        return [_unspaced(item) for item in value]
    return value


class LooseReader:
    """Reads calls to the tools of `names` in the forms models write when nothing holds them.

    The list or a single object, bare or after a tag, in a fence, or as `functools[...]`, several
    after each other; "parameters" for "arguments", which may be a string of JSON; what OpenAI's
    interface sends (`{"type": "function", "function": {...}}`). JSON that does not name one of
    the tools where a call does is no call.
    """

    def __init__(self, names: Iterable[str]) -> None:
        self._names = frozenset(names)
        self._sure = tuple(
            "".join((form % name + argued).split())
            for name in self._names
            for form in _NAMED
            for argued in _ARGUED
        )

    def verdict(self, text: str) -> Verdict:
        """What `text` is by its beginning: no call, too little to tell, or surely a call.

        "unnamed": its arguments come first, so that only the whole tells.
        """
        # White space and the kind of quotes matter to no form, and a name has neither.
        bare = "".join(text.split()).replace("'", '"')
        for _ in range(_MOST_WRAPPERS):
            if any(wrapper.startswith(bare) for wrapper in _WRAPPERS):
                return "begins"
            wrapper = next((each for each in _WRAPPERS if bare.startswith(each)), "")
            bare = bare.removeprefix(wrapper)
        bare = bare.removeprefix("[")
        if bare.startswith(self._sure):
            return "call"
        if bare.startswith(_ARGUMENTS_FIRST):
            return "unnamed"
        begun = any(form.startswith(bare) for form in self._sure + _ARGUMENTS_FIRST)
        return "begins" if begun else "text"

    def read(self, text: str) -> tuple[list[ToolCall], str]:
        """The calls `text` begins with, and what follows them and their closing tags.

        No calls where the JSON is not whole yet. Raises ValueError if it never will be, or is no
        call.
        """
        calls: list[ToolCall] = []
        place = 0
        while True:
            begin = _end_of(_OPENED, text, place)
            if text[begin : begin + 1] not in ("{", "["):
                break
            try:
                value, end = _json.raw_decode(text, begin)
            except json.JSONDecodeError as error:
                unfinished = error.msg.startswith("Unterminated")
                if calls or unfinished or len(text) - error.pos <= _GRACE:
                    break
                raise
            except RecursionError as error:
                raise ValueError("nested too deeply") from error
            read = self._calls_in(value)
            if not read and calls:
                break
            if not read:
                raise ValueError("no call to a tool that was offered")
            calls += read
            place = _end_of(_CLOSED, text, end)
        return calls, text[place:] if calls else text

    def _calls_in(self, value: object) -> list[ToolCall]:
        """The calls a JSON value is; [] where any part of it is none."""
        items = value if isinstance(value, list) else [value]
        calls = [self._call_in(item) for item in items]
        whole = [call for call in calls if call is not None]
        return whole if len(whole) == len(calls) else []

    def _call_in(self, value: object) -> ToolCall | None:
        if not isinstance(value, dict):
            return None
        if isinstance(function := value.get("function"), dict):
            return self._call_in(function)
        name = value.get("name", function)
        argued = "arguments" in value or "parameters" in value
        if not isinstance(name, str) or name not in self._names:
            return None
        if not argued and not value.keys() <= _CALL_KEYS:
            return None  # something else that has this name
        arguments = value.get("arguments", value.get("parameters"))
        if isinstance(arguments, str):
            try:
                arguments = _json.decode(arguments) if arguments.strip() else None
            except (ValueError, RecursionError):
                return None
        if arguments is None:
            arguments = {}
        return ToolCall(name, arguments) if isinstance(arguments, dict) else None


def _end_of(pattern: re.Pattern[str], text: str, place: int) -> int:
    match = pattern.match(text, place)
    return match.end() if match else place


class CallWatch:
    """Holds back, out of an answer as it arrives, what may be a tool call written as text.

    A call stands where the answer begins, whatever follows it, or on lines of its own where the
    answer ends. `held` is what is held back now. `sure`: it is a call to an offered tool, or was
    meant as one. `over`: nothing that may follow changes it. `calls` are those in it; [] where
    they cannot be read.
    """

    def __init__(self, reader: LooseReader) -> None:
        self._reader = reader
        self._line_begins = True
        self._spoken = False
        self.held = ""
        self.sure = self.over = False
        self.calls: list[ToolCall] = []

    def feed(self, text: str) -> str:
        """What can be shown, now that `text` came."""
        if not self.held and not self._line_begins and "\n" not in text:
            return text
        text, self.held = self.held + text, ""
        shown = ""
        while text:
            if self._line_begins:
                line = text.lstrip()
                shown += text[: len(text) - len(line)]
                text = line
                self._spoken = self._spoken or bool(shown.strip())
                if text and self._holds(text):
                    self.held = text
                    return shown
            line, newline, text = text.partition("\n")
            shown += line + newline
            self._line_begins = bool(newline) or (self._line_begins and not line)
        self._spoken = self._spoken or bool(shown.strip())
        return shown

    def finish(self) -> str:
        """What was held back and is text after all, now that the answer ended."""
        if self.sure:
            return ""
        held, self.held = self.held, ""
        return held

    def _holds(self, text: str) -> bool:
        """Whether `text`, which begins a line, is to be held back; all that is known of it."""
        self.calls, self.over = [], False
        verdict = self._reader.verdict(text)
        self.sure = verdict == "call"
        if verdict in ("text", "begins"):
            return verdict == "begins"
        try:
            calls, rest = self._reader.read(text)
        except ValueError:
            self.over = self.sure
            return self.sure
        if not calls:
            return True
        self.sure = True
        if not rest or any(closer.startswith(rest) for closer in _CLOSERS):
            self.calls = calls
            return True
        if self._reader.verdict(rest) != "text":
            return True  # perhaps another call
        if self._spoken:
            self.sure = False  # words before and after it: it is only spoken of
            return False
        self.calls, self.over = calls, True
        return True


def canonical_calls(calls: Iterable[ToolCall], properties: Mapping[str, Iterable[str]]) -> str:
    """The calls as the constraint wants them: a list, arguments in the order of the schema.

    `properties` are the names of each tool's arguments in that order; foreign ones come last.
    """
    ordered = []
    for call in calls:
        known = [key for key in properties[call.name] if key in call.arguments]
        foreign = [key for key in call.arguments if key not in known]
        arguments = {key: call.arguments[key] for key in known + foreign}
        ordered.append({"name": call.name, "arguments": arguments})
    return json.dumps(ordered, ensure_ascii=False)
