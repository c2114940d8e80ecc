"""Which folder of the profile a folder of another program is: names only, no files."""

from __future__ import annotations

import base64
import re
import unicodedata

from app.mail.model import ARCHIVE, DRAFTS, INBOX, JUNK, SENT, TRASH
from app.store.safe_names import is_safe_name, safe_file_name

# What waited to be sent comes in as drafts: an import must never make mail leave.
_KNOWN = {
    INBOX: "inbox|posteingang|eingang|boite de reception|courrier entrant",
    SENT: "sent|sent items|sent mail|sent messages|gesendet|gesendete elemente|gesendete objekte|"
    "gesendete nachrichten|envoyes|elements envoyes|messages envoyes|courrier envoye",
    DRAFTS: "drafts|draft|entwurfe|entwurf|brouillons|brouillon|"
    "outbox|unsent messages|postausgang|boite d envoi",
    ARCHIVE: "archive|archives|archived|archiv|all mail|alle nachrichten|tous les messages",
    TRASH: "trash|bin|deleted|deleted items|deleted messages|papierkorb|geloscht|"
    "geloschte elemente|geloschte objekte|corbeille|elements supprimes|messages supprimes",
    JUNK: "junk|junk e mail|junk email|junk mail|spam|bulk mail|spamverdacht|unerwunscht|"
    "unerwunschte werbung|indesirables|courrier indesirable|pourriel",
}
_BY_NAME = {name: folder for folder, names in _KNOWN.items() for name in names.split("|")}
_SHIFTED = re.compile(r"&([A-Za-z0-9+,]*)-")


def known_folder(name: str) -> str:
    """The profile's folder that a name of any case means, in English, German or French; else ""."""
    return _BY_NAME.get(_plain(name), "")


def folder_for(name: str) -> str:
    """The folder a mail folder called `name` comes into: a known one, else its name made safe."""
    return known_folder(name) or _safe(name)


def decoded_utf7(name: str) -> str:
    """A folder name out of IMAP's modified UTF-7 (RFC 3501, 5.1.3); as it is where it is none."""
    try:
        return _SHIFTED.sub(_unshifted, name)
    except ValueError:
        return name


def _unshifted(match: re.Match[str]) -> str:
    coded = match[1].replace(",", "/")
    if not coded:
        return "&"
    return base64.b64decode(coded + "=" * (-len(coded) % 4)).decode("utf-16-be")


def _safe(name: str) -> str:
    if is_safe_name(name):
        return name
    cleaned = re.sub(r"[^A-Za-z0-9._@-]+", "-", _without_accents(name)).strip("-.")[:80]
    return cleaned if is_safe_name(cleaned) else safe_file_name(name, "")


def _plain(name: str) -> str:
    words = re.sub(r"[^\w]+|_", " ", _without_accents(name).casefold())
    return " ".join(words.split())


def _without_accents(name: str) -> str:
    decomposed = unicodedata.normalize("NFKD", name)
    return "".join(mark for mark in decomposed if not unicodedata.combining(mark))
