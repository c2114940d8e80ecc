"""HTML of a message as the text a person would see; what it hides is told apart. Never raises.

Nothing is loaded and nothing is run: pictures from elsewhere are counted, links keep their true
host. How an element is made invisible is judged in `visibility`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from html import unescape

from selectolax.lexbor import LexborHTMLParser, LexborNode

from app.core.text import printable
from app.mail.hosts import host_of, is_followable
from app.mail.model import Link
from app.mail.style_sheets import hidden_by_sheets
from app.mail.visibility import ON_PAGE, Look, look_of

_LONGEST_SOURCE = 2_000_000
_MOST_LINKS = 500
_MOST_NODES = 300_000
_LONGEST_LINK = 2_000
_LONGEST_LINK_TEXT = 300
# Never text: what these hold is not shown by any mail program.
_UNSHOWN = frozenset(
    str.split(
        "script style title template head meta link base iframe object embed applet select "
        "textarea svg math audio video canvas noembed"
    )
)
_BLOCKS = frozenset(
    str.split(
        "address article aside blockquote body caption center dd details div dl dt fieldset figure "
        "figcaption footer form h1 h2 h3 h4 h5 h6 header hr li main nav ol p pre section summary "
        "table tbody tfoot thead tr ul"
    )
)
_SPACED = frozenset(str.split("p h1 h2 h3 h4 h5 h6 blockquote pre"))
# What may hold others inside it for as long as it is not closed.
_NESTING = re.compile(
    r"<(?!(?:p|li|t[dhr]|tbody|thead|tfoot|d[td]|br|hr|img|input|meta|link|col|wbr|area|base"
    r"|param|option|html|head|body)(?![^\s/>]))[a-z]",
    re.IGNORECASE,
)
_FOREIGN = re.compile(r"<(?:svg|math)", re.IGNORECASE)
_DEEPEST = 400
"""More elements inside each other are no page that a mail program wrote."""

_MOST_STEPS = 500_000_000
"""What the parser may take: tags times the elements that may be open at each."""

_TAG = re.compile(r"<!--.*?(?:-->|\Z)|<[^<>]*>?", re.DOTALL)
_SPACE = re.compile(r"[ \t\r\n\f\xa0]+")
_WORD = re.compile(r"\w")


@dataclass
class Page:
    """What a page of HTML comes to.

    `text` is what is seen, quoted parts with "> " before their lines. `unseen` is what it hides
    from the eye, `unshown` what no program shows (comments, titles, descriptions of pictures).
    """

    text: str = ""
    unseen: str = ""
    unshown: str = ""
    links: tuple[Link, ...] = ()
    remote_images: int = 0


def read_html(source: str) -> Page:
    """The page that `source` is, whatever it holds."""
    source = source[:_LONGEST_SOURCE].replace("\0", "")
    nesting = _nesting(source)
    tree = None if nesting * source.count("<") > _MOST_STEPS else LexborHTMLParser(source)
    root = tree.root if tree is not None else None
    if tree is None or (root is not None and nesting > _DEEPEST and _is_deep(root)):
        # No mail program writes such a page: what it would show cannot be told from what it hides.
        return Page(text=" ".join(unescape(_TAG.sub(" ", source)).split()), unseen="?")
    if root is None:
        return Page()
    hidden = hidden_by_sheets(tree, source.count("<"))
    walk = _Walk(hidden)
    walk.over(root)
    return walk.page()


def _nesting(source: str) -> int:
    """How many elements may lie inside each other at most.

    Closing tags do not count: which of them close anything, only a parser knows.
    """
    # In drawings and formulas every element holds those that follow.
    if _FOREIGN.search(source):
        return source.count("<")
    return sum(1 for _ in _NESTING.finditer(source))


def _is_deep(root: LexborNode) -> bool:
    """Whether more elements lie inside each other than on any true page."""
    waiting = [(root, 1)]
    for _ in range(_MOST_NODES):
        if not waiting:
            return False
        node, depth = waiting.pop()
        if depth > _DEEPEST:
            return True
        if (beside := node.next) is not None:
            waiting.append((beside, depth))
        if (inside := node.first_child) is not None:
            waiting.append((inside, depth + 1))
    return True


@dataclass
class _Walk:
    """Goes through a tree once, without recursion: strangers nest as deep as they like."""

    hidden: frozenset[int]
    writer: _Writer = field(default_factory=lambda: _Writer())
    unseen: list[str] = field(default_factory=list)
    unshown: list[str] = field(default_factory=list)
    links: list[Link] = field(default_factory=list)
    remote_images: int = 0

    def over(self, root: LexborNode) -> None:
        """Visit every node under `root`, up to a number."""
        open_links: list[tuple[str, int]] = []
        for node, look, closing in _visits(root, self._enter):
            tag = node.tag or ""
            if closing:
                self._leave(tag, look, open_links)
            elif tag == "-text":
                self._text(node, look)
            elif tag == "-comment":
                self.unshown.append(node.comment_content or "")
            elif tag == "a" and look.seen:
                open_links.append((node.attributes.get("href") or "", self.writer.length))

    def _enter(self, node: LexborNode, outer: Look) -> Look:
        """How `node` looks inside `outer`; what its start writes is written."""
        tag = node.tag or ""
        if tag.startswith("-"):
            return outer
        if tag in _UNSHOWN:
            return outer.unshown()
        attributes = node.attributes
        look = look_of(tag, attributes, outer, by_sheet=node.mem_id in self.hidden)
        if tag == "img":
            self._image(attributes)
        if look.seen:
            self.writer.begin(tag)
        return look

    def _leave(self, tag: str, look: Look, open_links: list[tuple[str, int]]) -> None:
        if not look.seen:
            return
        if tag == "a" and open_links:
            address, start = open_links.pop()
            self._link(address, self.writer.since(start))
        self.writer.end(tag)

    def _text(self, node: LexborNode, look: Look) -> None:
        text = node.text_content or ""
        if look.seen:
            self.writer.write(text, keep=look.preformatted)
        elif look.shown and _WORD.search(text):
            self.unseen.append(text)
        elif not look.shown:
            self.unshown.append(text)

    def _image(self, attributes: dict[str, str | None]) -> None:
        source = (attributes.get("src") or "").strip().lower()
        if source.startswith(("http:", "https:", "//", "ftp:")):
            self.remote_images += 1
        self.unshown.append(attributes.get("alt") or "")

    def _link(self, address: str, text: str) -> None:
        if is_followable(address) and len(self.links) < _MOST_LINKS:
            shown = " ".join(printable(text).split())[:_LONGEST_LINK_TEXT]
            target = "".join(printable(address).split())[:_LONGEST_LINK]
            self.links.append(Link(shown, target, host_of(address)))

    def page(self) -> Page:
        """What was found."""
        return Page(
            text=self.writer.text(),
            unseen=" ".join(" ".join(self.unseen).split()),
            unshown=" ".join(" ".join(self.unshown).split()),
            links=tuple(dict.fromkeys(self.links)),
            remote_images=self.remote_images,
        )


def _visits(
    root: LexborNode, enter: Callable[[LexborNode, Look], Look]
) -> Iterator[tuple[LexborNode, Look, bool]]:
    """Each node with how it looks, when it begins and (True) when it ends."""
    stack: list[tuple[LexborNode, Look, bool]] = [(root, ON_PAGE, False)]
    for _ in range(_MOST_NODES):
        if not stack:
            return
        node, look, closing = stack.pop()
        if closing:
            yield node, look, True
            continue
        inner = enter(node, look)
        yield node, inner, False
        stack.append((node, inner, True))
        children = []
        child = node.first_child
        while child is not None:
            children.append((child, inner, False))
            child = child.next
        stack.extend(reversed(children))


class _Writer:
    """Puts text on lines: a break between blocks, an empty line between paragraphs."""

    def __init__(self) -> None:
        self._parts: list[str] = []
        self._space = False
        self._breaks = 0
        self._quotes = 0
        self._outside = 0  # the least depth of quotes since the last text

    @property
    def length(self) -> int:
        """How many pieces were written."""
        return len(self._parts)

    def since(self, start: int) -> str:
        """What was written after the first `start` pieces."""
        return "".join(self._parts[start:])

    def begin(self, tag: str) -> None:
        """An element starts."""
        if tag == "br":
            self._break(1, add=True)
        elif tag in ("td", "th"):
            self._space = True
        elif tag in _BLOCKS:
            self._break(2 if tag in _SPACED else 1)
        if tag == "blockquote":
            self._quotes += 1
        elif tag == "li":
            self.write("- ", keep=True)
        elif tag == "hr":
            self.write("---")
            self._break(1)

    def end(self, tag: str) -> None:
        """An element ends."""
        if tag in _BLOCKS:
            self._break(2 if tag in _SPACED else 1)
        if tag == "blockquote":
            self._quotes -= 1
            self._outside = min(self._outside, self._quotes)

    def write(self, text: str, *, keep: bool = False) -> None:
        """Text of the line, its spaces as one unless they are kept."""
        if keep:
            for number, line in enumerate(text.splitlines() or [""]):
                if number:
                    self._break(1, add=True)
                self._put(line)
            return
        text = _SPACE.sub(" ", text)
        if text.startswith(" "):
            self._space = True
        if word := text.strip(" "):
            self._put(word)
        if text.endswith(" ") and text.strip(" "):
            self._space = True

    def _put(self, text: str) -> None:
        if not text:
            return
        if self._breaks and self._parts:
            empty = ("> " * self._outside).rstrip() + "\n"
            self._parts.append("\n" + empty * (self._breaks - 1) + "> " * self._quotes)
        elif not self._parts:
            self._parts.append("> " * self._quotes)
        elif self._space:
            self._parts.append(" ")
        self._parts.append(text)
        self._breaks, self._space, self._outside = 0, False, self._quotes

    def _break(self, count: int, *, add: bool = False) -> None:
        self._breaks = min(3, self._breaks + count) if add else max(self._breaks, count)
        self._space = False

    def text(self) -> str:
        """Everything, without blanks at its ends."""
        return "".join(self._parts).strip()
