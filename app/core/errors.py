"""Errors with a sentence for the user. Nothing here may know what raised them."""

from __future__ import annotations

STOPPED = "Stopped. Nothing was changed."
"""What is said of a request the user ended (code "stopped"), whatever noticed it first."""


class KnownError(Exception):
    """A situation Phial expects and can explain: a full disk, a wrong file, an unclear date.

    `code` is a stable word for scripts, `message` says what happened and what was kept, `hint`
    says what to do, `details` are technical lines for a report. Anything that is not a
    `KnownError` is a bug.
    """

    def __init__(self, code: str, message: str, hint: str = "", details: str = "") -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.hint = hint
        self.details = details

    def sentence(self) -> str:
        """Message and hint in one line, for a person."""
        return f"{self.message} {self.hint}".strip()


class AmbiguousError(KnownError):
    """A reference or a time that means several things; the user must choose.

    `choices` are (value, label) pairs: `value` can be passed back as the argument, `label` is
    what a person reads. `argument` names the tool argument that was unclear. Never settled by
    `--yes`.
    """

    def __init__(
        self,
        code: str,
        message: str,
        hint: str = "",
        *,
        argument: str = "",
        choices: tuple[tuple[str, str], ...] = (),
    ) -> None:
        super().__init__(code, message, hint)
        self.argument = argument
        self.choices = choices
