"""The lines of a crontab as cron itself reads them: settings, schedules with commands, comments."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from peak_console.schedule.model import JobSchedule
from peak_console.schedule.slots import ScheduleError, validate

if TYPE_CHECKING:
    from typing import Final

_SETTING: Final = re.compile(
    r"""("[^"=]*"|'[^'=]*'|[^ \t"'=][^ \t=]*)?[ \t]*=[ \t]*("[^"]*"|'[^']*'|[^"' \t].*?|)[ \t]*"""
)
_ENTRY: Final = re.compile(r"-?(@[^ \t]+|(?:[^ \t]+[ \t]+){4}[^ \t]+)[ \t]+(.*)")
_LIKE_A_FIELD: Final = re.compile(r"[0-9*?][0-9*?/,#LW-]*|LW?")
_NAMES_OF_FIELDS: Final = (
    r"jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec|sun|mon|tue|wed|thu|fri|sat"  # codespell:ignore
)
_LIKE_NAMES: Final = re.compile(rf"(?:{_NAMES_OF_FIELDS})(?:[-,](?:{_NAMES_OF_FIELDS}))*", re.IGNORECASE)
_SHORTHANDS: Final = ("@yearly", "@annually", "@monthly", "@weekly", "@daily", "@midnight", "@hourly", "@reboot")
_HEADER: Final = re.compile(r"m(?:in)?\s+h(?:our)?\s+.*|[.|*].*|[-=~_+ ]*", re.IGNORECASE)


def setting(line: str) -> tuple[str, str] | None:
    """The name and the value that a line sets; ``None`` if it sets nothing."""
    found = _SETTING.fullmatch(line)
    return None if found is None else (_unquoted(found[1] or ""), _unquoted(found[2]))


def holds_a_schedule(value: str) -> bool:
    """Whether a setting's value goes on with a schedule, as in ``TZ=Europe/Berlin 0 9 * * * report``."""
    parts = re.split(r"[ \t]+", value, maxsplit=1)
    found = entry(parts[1]) if len(parts) == 2 else None
    return found is not None and not schedule_fault(found[0])


def entry(line: str) -> tuple[str, str] | None:
    """A line's schedule, single-spaced, and what follows it; ``None`` if it has none."""
    found = _ENTRY.fullmatch(line)
    return None if found is None else (" ".join(found[1].split()), found[2])


def schedule_fault(when: str, zone: str | None = None) -> str:
    """Why a schedule does not become a job's; empty if it does."""
    if when.startswith("@"):
        if when == "@reboot":
            return "there is no schedule for a boot; start it by systemd or launchd, or as a once job with run_at"
        if when not in _SHORTHANDS and when.lower() in _SHORTHANDS:
            return f"cron knows {when.lower()} in lower case only"
    elif "~" in when:
        return "slots are exact: ~ lets cron choose a time by chance; write the time"
    elif "?" in when:
        return "cron knows no ?; write *"
    try:
        validate(JobSchedule("cron", cron=when.lower(), timezone=zone))
    except ScheduleError as error:
        return str(error)
    return ""


def is_like_a_field(word: str) -> bool:
    """Whether a word in the place of a command is one more field, of seconds or years: no program is called that."""
    return _LIKE_A_FIELD.fullmatch(word) is not None


def is_like_names(word: str) -> bool:
    """Whether a word is made of names of months or weekdays: a field, unless a program is called that."""
    return _LIKE_NAMES.fullmatch(word) is not None


def command_and_input(text: str) -> tuple[str, bool]:
    """The command as cron hands it to the shell, and whether an unescaped ``%`` gives it an input."""
    command, escaped = "", False
    for character in text:
        if escaped:
            command = command[:-1] + character if character in "%\\" else command + character
            escaped = False
        elif character == "%":
            return command, True
        else:
            command += character
            escaped = character == "\\"
    return command, False


def spoken(comment: str) -> str:
    """What a comment says of the line below it; empty for a heading, a ruler, or a line that is commented out."""
    text = comment.lstrip("#").strip()
    if _HEADER.fullmatch(text) or re.match(r"[A-Z_]+ ?=", text):
        return ""
    found = entry(text)
    return "" if found is not None and not schedule_fault(found[0]) else text


def _unquoted(text: str) -> str:
    return text[1:-1] if len(text) >= 2 and text[0] in "\"'" and text[-1] == text[0] else text
