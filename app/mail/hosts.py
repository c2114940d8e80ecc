"""Where an address on the web or in mail truly leads: its host, as it is safe to show. Pure."""

from __future__ import annotations

import re
import unicodedata

_LONGEST_HOST = 253
_SCHEME = re.compile(r"([A-Za-z][A-Za-z0-9+.-]*):")
_WEB = frozenset({"http", "https", "ftp"})
_KNOWN = _WEB | {"mailto", "tel"}
_LABEL = re.compile(r"(?!-)[\w-]{1,63}(?<!-)")
_IP6 = re.compile(r"\[[0-9A-Fa-f:.]+\]")
# Scripts that are written together; letters of others beside them are a disguise.
_TOGETHER = (
    frozenset({"LATIN"}),
    frozenset({"LATIN", "CJK", "HIRAGANA", "KATAKANA", "KATAKANA-HIRAGANA", "IDEOGRAPHIC"}),
    frozenset({"LATIN", "CJK", "HANGUL"}),
    frozenset({"LATIN", "CJK", "BOPOMOFO"}),
)
_NO_SCRIPT = frozenset({"DIGIT", "HYPHEN-MINUS", "LOW"})
# Letters of other scripts that pass for Latin ones.
_LOOKALIKES = frozenset("асԁеһіјӏорԛѕѵԝхуүҽԍԋпкгтвмн" + "αορνικυτχωε")
_SHARED_SECOND = frozenset(str.split("ac co com edu gov gob go ne net or org"))
_SHARED_HOSTS = frozenset(
    str.split(
        "blogspot.com github.io gitlab.io herokuapp.com netlify.app pages.dev vercel.app web.app "
        "firebaseapp.com azurewebsites.net cloudfront.net amazonaws.com workers.dev"
    )
)


def scheme_of(address: str) -> str:
    """ "https", "mailto"; "" where there is none."""
    match = _SCHEME.match(_stripped(address))
    return match[1].lower() if match else ""


def is_followable(address: str) -> bool:
    """Whether a link leads out of the message in a way a person would know."""
    stripped = _stripped(address)
    return scheme_of(stripped) in _KNOWN or stripped.startswith(("//", "\\\\"))


def host_of(address: str) -> str:
    """The host an address leads to, as browsers read it and as `shown_host` shows it.

    Of a mailto the host of its first address. "" where there is none.
    """
    text = _stripped(address)
    scheme = scheme_of(text)
    rest = text[len(scheme) + 1 :] if scheme else text
    if scheme == "mailto":
        return shown_host(_unescaped(re.split(r"[?,]", rest)[0]).rpartition("@")[2])
    if scheme and scheme not in _WEB:
        return ""
    authority = re.split(r"[/\\?#]", rest.lstrip("/\\"), maxsplit=1)[0]
    host = _unescaped(authority.rpartition("@")[2])
    if match := _IP6.match(host):
        return match[0].lower()
    return shown_host(host.rpartition(":")[0] if re.search(r":\d*$", host) else host)


def _stripped(address: str) -> str:
    """Without what browsers pass over: space and control characters around, breaks within."""
    text = address[:4_000].strip("".join(map(chr, range(33))))
    return re.sub(r"[\t\r\n]", "", text)


def _unescaped(text: str) -> str:
    data = text.encode("utf-8", "replace")
    return re.sub(rb"%([0-9A-Fa-f]{2})", lambda match: bytes([int(match[1], 16)]), data).decode(
        "utf-8", "replace"
    )


def shown_host(host: str) -> str:
    """A host in small letters; in Unicode where that deceives nobody, else in its ASCII form.

    The same for both forms of a name. "" where it cannot be a host.
    """
    text = unicodedata.normalize("NFKC", host).lower().strip()
    text = text.replace("\u3002", ".").removesuffix(".")
    if not text or len(text) > _LONGEST_HOST:
        return ""
    labels = text.split(".")
    if not all(_LABEL.fullmatch(label) for label in labels):
        return ""
    if text.isascii() and "xn--" not in text:
        return text
    plain = [_unicode_label(label) for label in labels]
    native = not plain[-1].isascii()
    if not all(_LABEL.fullmatch(label) for label in plain):
        return ".".join(_ascii_label(label) for label in labels)
    shown = [label if _is_honest(label, native) else _ascii_label(label) for label in plain]
    return ".".join(shown)


def ascii_host(host: str) -> str:
    """A host as it is written in headers: each label in ASCII (punycode where it is not)."""
    return ".".join(_ascii_label(label) for label in host.split("."))


def site_of(host: str) -> str:
    """The part of a host that one owner registered: "example.co.uk" of "www.example.co.uk"."""
    labels = host.split(".")
    two = ".".join(labels[-2:])
    shared = len(labels) > 2 and len(labels[-1]) == 2 and labels[-2] in _SHARED_SECOND
    return ".".join(labels[-3:]) if shared or two in _SHARED_HOSTS else two


def is_disguised(host: str) -> bool:
    """Whether a host had to be shown in its ASCII form, as its letters pass for others."""
    return "xn--" in host


def _unicode_label(label: str) -> str:
    if not label.startswith("xn--"):
        return label
    try:
        plain = label[4:].encode("ascii").decode("punycode")
    except (UnicodeError, ValueError, OverflowError):
        return label
    return unicodedata.normalize("NFKC", plain).lower()


def _ascii_label(label: str) -> str:
    if label.isascii():
        return label
    return "xn--" + label.encode("punycode").decode("ascii")


def _is_honest(label: str, native: bool) -> bool:
    """Whether a label's letters are of scripts written together and do not pass for Latin ones.

    `native`: the name ends in a label of its own script, so no Latin name is meant.
    """
    if label.isascii():
        return not label.startswith("xn--")
    scripts = {_script(character) for character in label} - _NO_SCRIPT
    if len(scripts) > 1 and not any(scripts <= group for group in _TOGETHER):
        return False
    letters = {character for character in label if character.isalpha()}
    return native or not letters <= _LOOKALIKES


def _script(character: str) -> str:
    return unicodedata.name(character, "UNKNOWN").split()[0]
