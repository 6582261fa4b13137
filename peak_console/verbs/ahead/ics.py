"""iCalendar files, as calendar programs read them."""

from __future__ import annotations

from datetime import UTC, datetime

from peak_console.text import safe

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

LINE_BYTES = 73


def file_of(events: Iterable[list[str]], verb: str) -> str:
    """A file of some events, made by a verb."""
    lines = ["BEGIN:VCALENDAR", "VERSION:2.0", f"PRODID:-//Peak Console//{verb}//EN"]
    for each in events:
        lines += each
    lines.append("END:VCALENDAR")
    return "".join(f"{_folded(line)}\r\n" for line in lines)


def event(uid: str, now: datetime, start: datetime, end: datetime, summary: str, description: str) -> list[str]:
    """The lines of an event."""
    return [
        "BEGIN:VEVENT",
        f"UID:{_text(uid)}@peak-console",
        f"DTSTAMP:{stamp(now)}",
        f"DTSTART:{stamp(start)}",
        f"DTEND:{stamp(end)}",
        f"SUMMARY:{_text(summary)}",
        f"DESCRIPTION:{_text(description)}",
        "END:VEVENT",
    ]


def stamp(at: datetime) -> str:
    """A moment as iCalendar writes it."""
    return f"{at.astimezone(UTC):%Y%m%dT%H%M%SZ}"


def _text(text: str) -> str:
    escaped = safe(text).replace("\\", "\\\\").replace(";", "\\;").replace(",", "\\,")
    return escaped.replace("\n", "\\n")


def _folded(line: str) -> str:
    """A long line goes on after a line break and a blank, between characters."""
    parts, size = [""], 0
    for character in line:
        width = len(character.encode())
        if size + width > LINE_BYTES:
            parts.append("")
            size = 0
        parts[-1] += character
        size += width
    return "\r\n ".join(parts)
