"""What a page's own style sheets hide. Selectors are matched here, in bounded time.

The parser's own matching tries every way to read a selector such as "a b c d": a short message
could keep it busy for hours.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from itertools import pairwise

from selectolax.lexbor import LexborHTMLParser, LexborNode, SelectolaxError

from app.mail.visibility import hides

_MOST_RULES = 400
_LONGEST_SHEET = 100_000
_MOST_STEPS = 20_000_000
"""Elements that are looked at for all rules of a page."""

_CLIMB = 10
"""What one step from an element to the one around it counts for."""

_COMMENT = re.compile(r"/\*.*?(?:\*/|\Z)", re.DOTALL)
_RULE = re.compile(r"(?<![^{}@;])([^{}@;]{1,2000})\{([^{}]*)\}")
_BRACE = re.compile(r"[{}]")
_ALTERNATIVE = re.compile(r"(?:\[[^\]]*+\]|[^,\[])+")
_PART = re.compile(r"(?:\[[^\]]*+\]|[^\s>+~\[])+|[>+~]")
_MOST_PARTS = 8


def hidden_by_sheets(tree: LexborHTMLParser, size: int) -> frozenset[int]:
    """The elements (by `mem_id`) that the page's style sheets make invisible.

    `size` is about how many elements there are. Selectors that speak of neighbours ("a + b") or
    of what else is in an element (":not(…)") are left out.
    """
    matcher = _Matcher(tree, size)
    hidden: set[int] = set()
    for number, selector in enumerate(_hiding(tree)):
        if number == _MOST_RULES:
            break
        hidden.update(matcher.selected(selector))
    return frozenset(hidden)


def _hiding(tree: LexborHTMLParser) -> Iterator[str]:
    """The selectors of rules that hide."""
    for sheet in tree.css("style"):
        text = _COMMENT.sub(" ", (sheet.text() or "")[:_LONGEST_SHEET])
        for selector, declarations in _RULE.findall(_without_conditions(text)):
            if hides(declarations):
                yield selector


def _without_conditions(sheet: str) -> str:
    """A sheet without its @media blocks and the like, which hold for some screens only."""
    kept: list[str] = []
    place = 0
    while (start := sheet.find("@", place)) >= 0:
        kept.append(sheet[place:start])
        opening, semicolon = sheet.find("{", start), sheet.find(";", start)
        if opening < 0 or 0 <= semicolon < opening:
            place = semicolon + 1 if semicolon >= 0 else len(sheet)
            continue
        place = _block_end(sheet, opening)
    return "".join(kept) + sheet[place:]


def _block_end(sheet: str, opening: int) -> int:
    depth = 0
    for match in _BRACE.finditer(sheet, opening):
        depth += 1 if match[0] == "{" else -1
        if depth == 0:
            return match.end()
    return len(sheet)


class _Matcher:
    """Finds what selectors mean on one page, as long as there are steps left."""

    def __init__(self, tree: LexborHTMLParser, size: int) -> None:
        self._tree = tree
        self._size = size
        self._left = _MOST_STEPS
        self._known: dict[str, dict[int, LexborNode]] = {}

    def selected(self, selector: str) -> Iterator[int]:
        """The elements that one of the alternatives of a selector means."""
        for alternative in _ALTERNATIVE.findall(selector):
            parts = _PART.findall(alternative)
            known = not any(part in "+~" or "(" in part for part in parts)
            if parts and known and len(parts) <= _MOST_PARTS and parts[-1] != ">":
                yield from self._one(parts)

    def _one(self, parts: list[str]) -> Iterator[int]:
        """The elements that parts such as ["table", ">", ".a", "b"] mean."""
        outer: list[tuple[bool, dict[int, LexborNode]]] = []
        for part, after in pairwise(parts):
            if part != ">":
                outer.insert(0, (after == ">", self._like(part)))
        for number, node in self._like(parts[-1]).items():
            if self._lies_in(node, outer):
                yield number

    def _like(self, part: str) -> dict[int, LexborNode]:
        """The elements that a part without spaces fits."""
        if part not in self._known:
            self._left -= self._size
            try:
                found = self._tree.css(part) if self._left > 0 else []
            except (SelectolaxError, ValueError, RuntimeError):
                found = []
            self._known[part] = {node.mem_id: node for node in found}
        return self._known[part]

    def _lies_in(
        self, node: LexborNode, outer: Iterable[tuple[bool, dict[int, LexborNode]]]
    ) -> bool:
        """Whether what is around `node` fits; `outer` goes outwards: (directly around it, which).

        Those that fit one part lie on one line outwards, so each is met once a part.
        """
        places = [node]
        for directly, wanted in outer:
            around = map(self._around, places) if directly else self._all_around(places[0])
            places = [each for each in around if each is not None and each.mem_id in wanted]
            if not places:
                return False
        return True

    def _all_around(self, node: LexborNode) -> Iterator[LexborNode | None]:
        place = self._around(node)
        while place is not None:
            yield place
            place = self._around(place)

    def _around(self, node: LexborNode) -> LexborNode | None:
        self._left -= _CLIMB
        return node.parent if self._left > 0 else None
