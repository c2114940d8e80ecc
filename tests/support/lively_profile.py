"""A profile with some of everything, as other programs leave it: what long runs of changes work on.

The user is Ada (`tool_desk.SETTINGS`) and the moment `calendar_profile.NOW`.
"""

from __future__ import annotations

import json
from datetime import timedelta

from tests.support.calendar_profile import NOW, berlin, calendar_of, event, ics
from tests.support.mail_profile import MailProfile, eml
from tests.support.tool_desk import OWN, Desk

PEOPLE = {
    "Anna Berg": "anna@example.org",
    "Bob Okafor": "bob@example.org",
    "Kofi Mensah": "kofi@example.org",
    "Priya Raman": "priya@example.org",
}
"""The user's contacts."""

STRANGER = "Deals <deals@shop.example>"
TO_ADA = f"Ada Example <{OWN}>"
ORGANIZER = f"ORGANIZER;CN=Ada Example:mailto:{OWN}"
GUESTS = (
    "ATTENDEE;CN=Anna Berg;PARTSTAT=ACCEPTED:mailto:anna@example.org",
    "ATTENDEE;CN=Bob Okafor;RSVP=TRUE:mailto:bob@example.org",
)
PRIYA = "ORGANIZER;CN=Priya Raman:mailto:priya@example.org"
ME = f"ATTENDEE;CN=Ada;PARTSTAT=NEEDS-ACTION;RSVP=TRUE:mailto:{OWN}"
NEW_YORK = """BEGIN:VTIMEZONE\r
TZID:America/New_York\r
BEGIN:STANDARD\r
DTSTART:20071104T020000\r
RRULE:FREQ=YEARLY;BYMONTH=11;BYDAY=1SU\r
TZOFFSETFROM:-0400\r
TZOFFSETTO:-0500\r
TZNAME:EST\r
END:STANDARD\r
BEGIN:DAYLIGHT\r
DTSTART:20070311T020000\r
RRULE:FREQ=YEARLY;BYMONTH=3;BYDAY=2SU\r
TZOFFSETFROM:-0500\r
TZOFFSETTO:-0400\r
TZNAME:EDT\r
END:DAYLIGHT\r
END:VTIMEZONE\r
"""


def fill(desk: Desk, *, mails: int = 8) -> None:
    """Put contacts, events and messages into a fresh profile; Bob has written `mails` of them."""
    for name, mail in PEOPLE.items():
        desk.mail.add_contact(name, mail)
    for file, text in _events().items():
        desk.profile.put(text.encode(), f"{file}.ics", "work" if file < "m" else "personal")
    _put_mail(desk.mail, mails)


def _events() -> dict[str, str]:
    """One object a file, by its name; in as many shapes as calendars come."""
    zone = "Europe/Berlin"
    moved = (
        f"RECURRENCE-ID;TZID={zone}:20261124T090000",
        "SUMMARY:stand-up",
        f"DTSTART;TZID={zone}:20261124T103000",
        f"DTEND;TZID={zone}:20261124T104500",
    )
    every_day = (
        "SUMMARY:stand-up",
        f"DTSTART;TZID={zone}:20261102T090000",
        f"DTEND;TZID={zone}:20261102T091500",
        "RRULE:FREQ=WEEKLY;BYDAY=MO,TU,WE,TH,FR",
        f"EXDATE;TZID={zone}:20261120T090000",
    )
    texts = {
        "budget": berlin("budget", "20261119T140000", "20261119T150000", ORGANIZER, *GUESTS),
        "call": calendar_of(
            NEW_YORK,
            event(
                "SUMMARY:call with the office",
                "DTSTART;TZID=America/New_York:20261119T100000",
                "DURATION:PT45M",
            ),
        ),
        "design": berlin(
            "design review", "20261105T150000", "20261105T160000",
            "RRULE:FREQ=WEEKLY;COUNT=9", ORGANIZER, *GUESTS,
        ),
        "figures": ics(
            "SUMMARY:figures", "DTSTART:20261116T130000Z", "DTEND:20261116T133000Z",
            "RRULE:FREQ=DAILY;UNTIL=20261204T130000Z", "CATEGORIES:work,money", "X-COLOUR:red",
            more="BEGIN:VALARM\r\nACTION:DISPLAY\r\nTRIGGER:-PT10M\r\nEND:VALARM\r\n",
        ),
        "offsite": berlin("offsite", "20261125T090000", "20261125T170000", PRIYA, ME, GUESTS[0]),
        "planning": berlin(
            "planning", "20261117T110000", "20261117T120000", "RRULE:FREQ=WEEKLY", PRIYA, ME
        ),
        "standup": calendar_of(event(*every_day), event(*moved)),
        "birthday": ics(
            "SUMMARY:Mum's birthday 🎂", "DTSTART;VALUE=DATE:20201121", "RRULE:FREQ=YEARLY"
        ),
        "fair": ics(
            "SUMMARY:fair", "DTSTART;VALUE=DATE:20261127", "DTEND;VALUE=DATE:20261129",
            "LOCATION:the old harbour, pier\\, gate 3",
        ),
        "lunch": berlin(
            "lunch with Anna", "20261120T120000", "20261120T130000",
            "DESCRIPTION:A long text that an other program has folded somewhere in the mi\r\n ddle",
            "ATTENDEE;CN=Anna:mailto:anna@example.org",
        ),
        "pair": calendar_of(
            event("SUMMARY:dentist", "DTSTART:20261123T080000Z", "DTEND:20261123T090000Z"),
            event("SUMMARY:optician", "DTSTART:20261123T083000Z", "DTEND:20261123T091500Z")
            .replace("UID:one", "UID:two"),
        ),
        "tea": ics("SUMMARY:tea", "DTSTART:20261119T160000", "DTEND:20261119T163000"),
    }  # fmt: skip
    named = {
        file: text.replace("UID:one", f"UID:{file}").replace("UID:two", f"UID:{file}-two")
        for file, text in texts.items()
    }
    # Line ends and ends of files as other programs write them.
    named["tea"] = named["tea"].replace("\r\n", "\n").rstrip("\n")
    named["fair"] = named["fair"].replace("\r\n", "\n") + "\n\n"
    named["call"] = named["call"].replace("SUMMARY", "summary")
    return named


def _put_mail(mail: MailProfile, count: int) -> None:
    for number in range(count):
        text = eml(
            f"Invoice {number + 210}", "Is this right?\nBob", to=TO_ADA,
            date=NOW - timedelta(hours=9 * number + 1), message_id=f"invoice{number}@example.org",
        )  # fmt: skip
        labels = ("work", "tax 2026")[: number % 3]
        mail.put(text, seen=number % 2 == 0, flagged=number % 4 == 1, labels=labels)
    mail.put(
        eml("Re: Lunch", "Friday?", "References: <lunch@example.org>", to=TO_ADA,
            sender="Anna Berg <anna@example.org>", date=NOW - timedelta(days=1))
    )  # fmt: skip
    mail.put(
        eml("Lunch", "When?", to="Anna Berg <anna@example.org>", sender=TO_ADA,
            date=NOW - timedelta(days=2), message_id="lunch@example.org"),
        "Sent",
    )  # fmt: skip
    mail.put(
        eml("Schöne Grüße", "Bis später", to=TO_ADA, date=NOW - timedelta(days=3),
            kind="text/plain; charset=iso-8859-1").encode("latin-1"),
        "Archive", name="older program, 1.eml",
    )  # fmt: skip
    for number in range(3):
        text = eml(f"Deal {number}", "Buy", "List-Id: <deals.shop.example>", sender=STRANGER,
                   to=TO_ADA, date=NOW - timedelta(days=number))  # fmt: skip
        mail.put(text.replace("\r\n", "\n").rstrip("\n"), seen=False)
    mail.put(_invitation(), seen=False)
    mail.put(eml("Old plan", "…", to=TO_ADA, date=NOW - timedelta(days=9)), "Trash", labels=["a"])
    mail.put(eml("Plan B", "…", to=TO_ADA, date=NOW - timedelta(days=8)), "Projects", flagged=True)
    mail.put(
        eml("Unfinished", "Dear Kofi", to="Kofi Mensah <kofi@example.org>", sender=TO_ADA),
        "Drafts",
    )
    mail.put(eml("Hello there", "…", to=TO_ADA), account="office", seen=False)
    # Lines as another program writes them: what it alone knows, twice the same name, no last end.
    inbox = mail.root / "mail" / "local" / "Inbox"
    name = sorted(inbox.glob("*.eml"))[0].name
    with (inbox / "flags.jsonl").open("a") as flags:
        flags.write(json.dumps({"flags": ["seen"], "name": "gone.eml", "labels": []}) + "\n\n")
        flags.write(json.dumps({"colour": "red", "labels": ["work"], "flags": [], "name": name}))


def _invitation() -> str:
    calendar = calendar_of(
        event("SUMMARY:workshop", "DTSTART:20261126T090000Z", "DTEND:20261126T110000Z", PRIYA, ME)
    ).replace("UID:one", "UID:workshop")
    return eml(
        "Invitation: workshop", calendar.replace("VERSION", "METHOD:REQUEST\r\nVERSION"),
        sender="Priya Raman <priya@example.org>", to=TO_ADA, date=NOW - timedelta(hours=2),
        kind="text/calendar; charset=utf-8; method=REQUEST",
    )  # fmt: skip
