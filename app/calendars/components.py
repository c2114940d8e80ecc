"""One VEVENT as lines that can be changed: everything that is not touched stays byte by byte.

Lines and their values only; what the times of a series mean lies in `series`.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime

from app.calendars.lines import Property, event_blocks, folded, logical_lines


class Component:
    """The lines of one VEVENT, from BEGIN to END, and changes to its own properties.

    Properties of components inside it (alarms) are left alone. A `Property` given to a method must
    come from this component as it is now.
    """

    def __init__(self, lines: Sequence[str], end: str) -> None:
        """`lines` are logical lines with their line ends; `end` is the line end for new ones."""
        self._lines = list(lines)
        self._end = end

    @property
    def text(self) -> str:
        """The lines as they are now."""
        return "".join(self._lines)

    def all(self, name: str) -> tuple[Property, ...]:
        """Its own properties of that name, in their order."""
        return event_blocks(self._lines)[0].all(name)

    def first(self, name: str) -> Property | None:
        """Its first property of that name."""
        return next(iter(self.all(name)), None)

    def replace(self, old: Property, parameters: str, value: str) -> None:
        """Write a property anew in its place."""
        self._put(old.index, folded(f"{old.name}{parameters}:{value}", self._end))

    def remove(self, old: Property) -> None:
        """Take a property out."""
        self._put(old.index, "")

    def add(self, name: str, parameters: str, value: str) -> None:
        """Put a property behind the last one of its name, else behind the first line."""
        index = max((item.index for item in self.all(name)), default=0)
        line = folded(f"{name}{parameters}:{value}", self._end)
        self._put(index, self._lines[index] + line)

    def set(self, name: str, value: str, parameters: str | None = None) -> None:
        """Give the property this value: in its place where there is one, and only once.

        `parameters` None keeps those it has.
        """
        old = self.first(name)
        if old is None:
            self.add(name, parameters or "", value)
            return
        self.drop(name, keep=1)
        self.replace(old, old.parameters if parameters is None else parameters, value)

    def drop(self, *names: str, keep: int = 0) -> None:
        """Take out the properties of these names, of each but the first `keep`."""
        gone = [item for name in names for item in self.all(name)[keep:]]
        for item in gone:
            self._lines[item.index] = ""
        self._lines = logical_lines(self.text)

    def revise(self, now: datetime) -> None:
        """Count its SEQUENCE one up and make its LAST-MODIFIED now (aware)."""
        old = self.first("SEQUENCE")
        written = old.value.strip() if old else ""
        number = int(written) + 1 if written.isascii() and written.isdigit() else 1
        self.set("SEQUENCE", str(number))
        self.set("LAST-MODIFIED", stamp(now))

    def _put(self, index: int, text: str) -> None:
        self._lines[index] = text
        self._lines = logical_lines(self.text)


def stamp(moment: datetime) -> str:
    """An aware time as a stamp of when something was written: in UTC."""
    return f"{moment.astimezone(UTC):%Y%m%dT%H%M%SZ}"
