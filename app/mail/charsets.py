"""Bytes of unknown make become text: charsets as declared, guessed or wrong. Never raises."""

from __future__ import annotations

import codecs
import re
from base64 import b64decode
from binascii import Error as Base64Error
from binascii import a2b_qp

_NAMES = {
    "ascii": "utf-8",
    "us-ascii": "utf-8",
    "unknown-8bit": "utf-8",
    "x-unknown": "utf-8",
    "default": "utf-8",
    "iso-8859-1": "cp1252",  # as every mail program reads it
    "latin-1": "cp1252",
    "latin1": "cp1252",
    "iso-8859-8-i": "iso-8859-8",
    "iso-8859-8-e": "iso-8859-8",
    "cp-850": "cp850",
    "ks_c_5601-1987": "cp949",
    "gb2312": "gb18030",
    "gbk": "gb18030",
    "x-gbk": "gb18030",
    "shift_jis": "cp932",
    "shift-jis": "cp932",
    "windows-31j": "cp932",
    "x-sjis": "cp932",
    "x-mac-roman": "mac-roman",
    "macintosh": "mac-roman",
}
_GUESSES = ("utf-8", "cp1252")
_WORD = re.compile(r"=\?([^?\s]{1,60})\?([bBqQ])\?([^?]*)\?=")
_BETWEEN_WORDS = re.compile(r"(\?=)\s+(?==\?[^?\s]{1,60}\?[bBqQ]\?[^?]*\?=)")
_NOT_BASE64 = bytes(
    set(range(256)) - set(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/")
)


def decoded(data: bytes, charset: str = "") -> str:
    """`data` as text: in its declared charset, else in UTF-8, else in Windows' Latin.

    What fits nowhere becomes the replacement character. A byte order mark is left out.
    """
    for mark, name in (
        (codecs.BOM_UTF8, "utf-8"),
        (codecs.BOM_UTF16_LE, "utf-16"),
        (codecs.BOM_UTF16_BE, "utf-16"),
    ):
        if data.startswith(mark):
            return _decoded(data, name, "replace").removeprefix("\ufeff")
    declared = charset.strip("\"' ").lower().split("*")[0]
    names = [_NAMES.get(declared, declared)] if declared else []
    for name in (*names, *_GUESSES):
        try:
            return _decoded(data, name, "strict")
        except (UnicodeError, LookupError, ValueError):
            continue
    return data.decode("utf-8", "replace")


def _decoded(data: bytes, name: str, errors: str) -> str:
    """`data` by a codec that makes text of bytes; LookupError for "rot13", "zlib" and the like."""
    if not _is_text_codec(name):
        raise LookupError(name)
    return data.decode(name, errors)


def _is_text_codec(name: str) -> bool:
    found = codecs.lookup(name)
    # idna and punycode take a hostile text's square in time; the escapes are Python's own.
    unfit = ("idna", "punycode", "unicode_escape", "raw_unicode_escape", "undefined")
    return (
        bool(getattr(found, "_is_text_encoding", True))
        and found.name.replace("-", "_") not in unfit
    )


def header_text(raw: bytes) -> str:
    """A header's bytes as text: UTF-8 as newer messages write it, else Windows' Latin."""
    return raw.decode() if raw.isascii() else decoded(raw)


def decode_words(text: str) -> str:
    """`text` with its encoded words (RFC 2047) read; what cannot be read stays as it stands.

    Neighbours in one charset are joined before they are read, as many programs cut characters.
    """
    if "=?" not in text:
        return text
    text = _BETWEEN_WORDS.sub(r"\1", text)
    parts: list[str] = []
    pending: tuple[str, bytes] = ("", b"")
    end = 0
    for match in _WORD.finditer(text):
        charset, data = match[1], _word_bytes(match[2], match[3])
        if match.start() > end or charset.lower() != pending[0].lower():
            parts += [decoded(pending[1], pending[0]), text[end : match.start()]]
            pending = (charset, b"")
        pending = (pending[0], pending[1] + data)
        end = match.end()
    return "".join([*parts, decoded(pending[1], pending[0]), text[end:]])


def _word_bytes(kind: str, content: str) -> bytes:
    data = content.encode("utf-8", "surrogateescape")
    if kind in "bB":
        return base64_bytes(data)
    return a2b_qp(data, header=True)


def base64_bytes(data: bytes) -> bytes:
    """Base64 as mail programs break it: foreign characters, missing padding, a torn end."""
    kept = data.translate(None, _NOT_BASE64)
    kept = kept[: len(kept) - 1] if len(kept) % 4 == 1 else kept
    try:
        return b64decode(kept + b"=" * (-len(kept) % 4))
    except Base64Error:
        return b""


def quoted_printable_bytes(data: bytes) -> bytes:
    """Quoted-printable; what is not valid in it stays as it stands."""
    return a2b_qp(data)
