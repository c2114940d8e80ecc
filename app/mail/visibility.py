"""How HTML hides text: whether a person would see what an element holds. Rules only, no text."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace

_SMALLEST_PX = 2.0
_NEAR = 24
"""Colours whose parts differ by less than this (of 255) cannot be told apart."""

_FAR = 900.0
_DECLARATION = re.compile(r"([a-z-]+)\s*:\s*([^;]+)")
_COMMENT = re.compile(r"/\*.*?(?:\*/|\Z)", re.DOTALL)
_NUMBER = re.compile(r"(-?[0-9]*\.?[0-9]+)\s*(px|pt|em|rem|%|vw|vh|cm|mm|in)?")
_PIXELS = {"px": 1.0, "": 1.0, "pt": 1.33, "cm": 37.8, "mm": 3.78, "in": 96.0}
_HEX = re.compile(r"#?([0-9a-f]{3,4}|[0-9a-f]{6}|[0-9a-f]{8})(?![0-9a-z])")
_RGB = re.compile(r"rgba?\(\s*([0-9.]+%?)[\s,]+([0-9.]+%?)[\s,]+([0-9.]+%?)(?:[\s,/]+([0-9.]+%?))?")
_NAMED: dict[str, tuple[int, int, int] | None] = {
    "white": (255, 255, 255), "black": (0, 0, 0), "red": (255, 0, 0), "green": (0, 128, 0),
    "blue": (0, 0, 255), "gray": (128, 128, 128), "grey": (128, 128, 128), "navy": (0, 0, 128),
    "silver": (192, 192, 192), "whitesmoke": (245, 245, 245), "snow": (255, 250, 250),
    "ivory": (255, 255, 240), "ghostwhite": (248, 248, 255), "floralwhite": (255, 250, 240),
    "azure": (240, 255, 255), "mintcream": (245, 255, 250), "lightgray": (211, 211, 211),
    "lightgrey": (211, 211, 211), "yellow": (255, 255, 0), "orange": (255, 165, 0),
    "maroon": (128, 0, 0), "transparent": None,
}  # fmt: skip

Colour = tuple[int, int, int]


@dataclass(frozen=True)
class Look:
    """How what an element holds looks. `shown`: it is text at all, not a script or a title.

    `gone`: it or something around it takes no place, which nothing inside can change; `veiled` can
    be lifted inside. `size` is that of its letters in pixels, `ground` None over a picture.
    """

    shown: bool = True
    gone: bool = False
    veiled: bool = False
    size: float = 16.0
    colour: Colour = (0, 0, 0)
    ground: Colour | None = (255, 255, 255)
    clear: bool = False
    preformatted: bool = False

    @property
    def seen(self) -> bool:
        """Whether a person sees text that looks so."""
        if not self.shown or self.gone or self.veiled or self.clear or self.size < _SMALLEST_PX:
            return False
        return self.ground is None or not _alike(self.colour, self.ground)

    def unshown(self) -> Look:
        """The same for something that is not text."""
        return replace(self, shown=False)


ON_PAGE = Look()
"""What stands on a page without a style."""


def look_of(
    tag: str, attributes: Mapping[str, str | None], outer: Look, *, by_sheet: bool = False
) -> Look:
    """How an element inside `outer` looks; `by_sheet`: a style sheet hides it."""
    style = _style(attributes.get("style") or "")
    look = outer
    if tag in ("pre", "listing", "xmp"):
        look = replace(look, preformatted=True)
    if "color" in attributes or "bgcolor" in attributes:
        look = _with_colours(look, attributes.get("color") or "", attributes.get("bgcolor") or "")
    if attributes.get("background"):
        look = replace(look, ground=None)
    if style:
        look = _styled(look, style)
    if by_sheet or "hidden" in attributes:
        look = replace(look, gone=True)
    return look


def hides(declarations: str) -> bool:
    """Whether a rule of a style sheet makes invisible what it is about."""
    style = _style(declarations)
    return bool(style) and not _styled(ON_PAGE, style).seen


def _style(text: str) -> dict[str, str]:
    """The declarations of a style, names and values in small letters."""
    plain = _COMMENT.sub("", text[:10_000]).lower()
    return {
        name: value.replace("!important", "").strip() for name, value in _DECLARATION.findall(plain)
    }


def _styled(look: Look, style: Mapping[str, str]) -> Look:
    """`look` with the size, colours and spaces that a style sets."""
    look = _with_colours(look, style.get("color", ""), style.get("background-color", ""))
    if ground := style.get("background", ""):
        look = _with_colours(look, "", ground)
    if "url(" in style.get("background", "") or "url(" in style.get("background-image", ""):
        look = replace(look, ground=None)
    size = _length(style.get("font-size", ""), look.size)
    if size is None and (shorthand := re.search(r"[0-9.]+(?:px|pt|em|%)", style.get("font", ""))):
        size = _length(shorthand[0], look.size)
    if size is not None:
        look = replace(look, size=size)
    if style.get("white-space", "").startswith("pre"):
        look = replace(look, preformatted=True)
    if visibility := style.get("visibility"):
        look = replace(look, veiled=visibility in ("hidden", "collapse"))
    if colour := style.get("color", "").replace(" ", ""):
        clear = colour == "transparent" or (colour.startswith("rgba") and colour.endswith(",0)"))
        look = replace(look, clear=clear)
    return replace(look, gone=True) if _takes_no_place(style) else look


def _takes_no_place(style: Mapping[str, str]) -> bool:
    """Whether an element with this style shows nothing, whatever is inside."""
    if style.get("display") == "none" or _is_zero(style.get("opacity", "")):
        return True
    return "scale(0" in style.get("transform", "") or _is_shut(style) or _is_far_off(style)


def _is_zero(value: str) -> bool:
    match = _NUMBER.match(value)
    return match is not None and abs(float(match[1])) < 0.05


def _is_shut(style: Mapping[str, str]) -> bool:
    """Whether it is a box without room that cuts off what does not fit."""
    if "rect(0" in style.get("clip", "").replace(" ", "") or "inset(50%" in style.get(
        "clip-path", ""
    ):
        return True
    if style.get("overflow") not in ("hidden", "clip"):
        return False
    sides = ("height", "max-height", "width", "max-width")
    lengths = [_length(style.get(side, ""), 16.0) for side in sides]
    return any(length is not None and length <= 1.0 for length in lengths)


def _is_far_off(style: Mapping[str, str]) -> bool:
    """Whether it lies beside the page."""
    indent = _length(style.get("text-indent", ""), 16.0)
    if indent is not None and abs(indent) >= _FAR:
        return True
    if style.get("position") not in ("absolute", "fixed", "relative"):
        return False
    places = [_length(style.get(side, ""), 16.0) for side in ("left", "top", "right", "bottom")]
    return any(place is not None and abs(place) >= _FAR for place in places)


def _length(value: str, relative_to: float) -> float | None:
    """A length in pixels; None where none is said."""
    match = _NUMBER.match(value)
    if match is None:
        return None
    number, unit = float(match[1]), match[2] or ""
    if unit == "%":
        return number / 100 * relative_to
    if unit in ("em", "rem"):
        return number * (relative_to if unit == "em" else 16.0)
    return number * _PIXELS.get(unit, 8.0)


def _with_colours(look: Look, colour: str, ground: str) -> Look:
    front, back = _colour(colour), _colour(ground)
    if front is not None:
        look = replace(look, colour=front)
    if back is not None:
        look = replace(look, ground=back)
    return look


def _colour(text: str) -> Colour | None:
    """A colour by its name, in hex or as rgb(); None where it is none or can be seen through."""
    text = text.strip().lower()
    if match := _RGB.search(text):
        if match[4] and _is_zero(match[4]):
            return None
        red, green, blue = (_part(match[number]) for number in (1, 2, 3))
        return red, green, blue
    first = re.split(r"[\s,]", text, maxsplit=1)[0]
    if first in _NAMED:
        return _NAMED[first]
    match = _HEX.match(first)
    if match is None:
        return None
    digits = match[1]
    if len(digits) < 6:
        digits = "".join(digit * 2 for digit in digits[:3])
    return int(digits[:2], 16), int(digits[2:4], 16), int(digits[4:6], 16)


def _part(text: str) -> int:
    number = float(text.rstrip("%") or 0)
    return min(255, int(number * 2.55 if text.endswith("%") else number))


def _alike(one: Colour, other: Colour) -> bool:
    return all(abs(a - b) < _NEAR for a, b in zip(one, other, strict=True))
