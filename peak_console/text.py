"""Text for people: made safe for any terminal, and numbers as they are read at a glance."""

from __future__ import annotations

from functools import lru_cache

TYPE_CHECKING = False
if TYPE_CHECKING:
    import re
    from collections.abc import Iterable

# Every terminal escape that is complete: CSI …, a string (OSC, DCS, …) with its end, a two-character escape.
# An incomplete one matches only its ESC, so that a stray byte cannot hide the text behind it. Bodies never
# cross another ESC and quantifiers are possessive: the time is linear in the length of any text.
_ESCAPE = (
    r"\x1b(?:\[[0-?]*+[ -/]*+[@-~]"
    r"|[\]PX^_][^\x07\x1b\n]*+(?:\x07|\x1b\\)"
    r"|[ -/]++[0-~]"
    r"|[0-OQ-WYZ\\`-~]"
    r"|)"
)
_BLANK = r"\r\n|[\t-\r\x85\u2028\u2029]"
_BLANK_KEEPING_LINES = r"[\t\v\f\x85\u2028\u2029]"
# What Unicode calls control (Cc), format (Cf) or surrogate (Cs, which no terminal's encoding can carry), and what is
# Default_Ignorable: fillers, joiners, variation selectors, tags. And the Braille pattern without a dot.
_UNSEEN = (
    r"\x7f-\x9f\xad\u034f\u0600-\u0605\u061c\u06dd\u070f\u0890-\u0891\u08e2\u115f-\u1160\u17b4-\u17b5\u180b-\u180f"
    r"\u200b-\u200f\u202a-\u202e\u2060-\u206f\u2800\u3164\ud800-\udfff\ufe00-\ufe0f\ufeff\uffa0\ufff0-\ufffb"
    r"\U000110bd\U000110cd\U00013430-\U0001343f\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0000-\U000e0fff"
)
_HIDDEN = rf"[\0-\x08\x0e-\x1f{_UNSEEN}]"
_HIDDEN_IN_JSON = rf"[{_UNSEEN}\u2028\u2029]"
REPLACEMENT = "\ufffd"

_NUMBER = r"\d+(?:\.\d+)?"
_DURATION = rf"({_NUMBER}w ?)?({_NUMBER}d ?)?({_NUMBER}h ?)?({_NUMBER}m ?)?({_NUMBER}s)?"
_UNIT_SECONDS = {"w": 604800, "d": 86400, "h": 3600, "m": 60, "s": 1}
_LONGEST_WORD = 100
_COMPARED = 20
"""Of many known words only so many are compared with a misspelt one: those that share most with it."""


def safe(text: str) -> str:
    """``text`` as one line that any terminal shows as it is.

    Escape sequences are gone; line breaks and tabs are spaces; every other character
    that cannot be seen (control, format, filler, variation selector) is U+FFFD, so that nothing is there unseen.
    Takes time linear in the length; applied twice it changes nothing more.
    """
    if text.isascii() and text.isprintable():
        return text
    return _clean(text, _BLANK)


def safe_lines(text: str) -> str:
    r"""As ``safe``, but line breaks stay; ``\r\n`` and a lone ``\r`` become ``\n``."""
    if text.isascii() and text.isprintable():
        return text
    return _clean(text.replace("\r\n", "\n").replace("\r", "\n"), _BLANK_KEEPING_LINES)


def safe_json(text: str) -> str:
    """JSON that says the same, with escapes for all that ``safe`` would not show as it is."""
    if text.isascii() and "\x7f" not in text:
        return text  # of the rest, JSON has escaped what it lets nobody write
    import re

    return re.sub(_HIDDEN_IN_JSON, _json_escape, text)


def _json_escape(match: re.Match[str]) -> str:
    units = match[0].encode("utf-16-be", "surrogatepass")
    return "".join(f"\\u{units[at : at + 2].hex()}" for at in range(0, len(units), 2))


def _clean(text: str, blank: str) -> str:
    import re

    text = re.sub(_ESCAPE, "", text)
    text = re.sub(blank, " ", text)
    return re.sub(_HIDDEN, REPLACEMENT, text)


def word(text: str) -> str:
    """``text`` as one word of a command line that can be copied into a shell."""
    from shlex import quote

    return quote(safe(text))


def counted(number: int, what: str) -> str:
    """``1 job``, ``2 jobs``."""
    return f"{number:,} {what}" if number == 1 else f"{number:,} {what}s"


def duration(seconds: float) -> str:
    """How long something took: ``0.8s``, ``48.0s``, ``12m04s``, ``1h02m``, ``3d04h``."""
    if seconds < 0:
        return "-" + duration(-seconds)
    if round(seconds, 1) < 60:
        return f"{seconds:.1f}s"
    minutes, whole = divmod(round(seconds), 60)
    if minutes < 60:
        return f"{minutes}m{whole:02}s"
    hours, minutes = divmod(minutes, 60)
    if hours < 24:
        return f"{hours}h{minutes:02}m"
    days, hours = divmod(hours, 24)
    return f"{days}d{hours:02}h"


def countdown(seconds: float) -> str:
    """How long until something: ``00:04:12`` within the hour, then ``16h 34m``, then ``3d 04h``.

    Rounded up to the second, so that what still waits never shows zero; at or after its time, ``due``.
    """
    if seconds <= 0:
        return "due"
    whole = int(seconds) + (seconds > int(seconds))
    minutes, whole = divmod(whole, 60)
    if minutes < 60:
        return f"00:{minutes:02}:{whole:02}"
    hours, minutes = divmod(minutes, 60)
    if hours < 24:
        return f"{hours}h {minutes:02}m"
    days, hours = divmod(hours, 24)
    return f"{days}d {hours:02}h"


def ago(seconds: float) -> str:
    """How long something has been over: ``just now`` within the minute, ``56m ago``, ``6h ago``, ``3d ago``."""
    if seconds < 60:
        return "just now"
    if seconds < 3600:
        return f"{int(seconds // 60)}m ago"
    if seconds < 86400:
        return f"{int(seconds // 3600)}h ago"
    return f"{int(seconds // 86400)}d ago"


def size(count: int) -> str:
    """A number of bytes: ``640 B``, ``1.2 MiB``."""
    if count < 1024:
        return f"{count} B"
    scaled = float(count)
    for unit in ("KiB", "MiB", "GiB", "TiB"):
        scaled /= 1024
        if round(scaled, 1) < 1024:
            return f"{scaled:.1f} {unit}"
    return f"{scaled / 1024:.1f} PiB"


def parse_duration(text: str) -> float:
    """Seconds of ``90s``, ``15m``, ``2h``, ``1h30m``, ``1w``; a bare number is seconds.

    Units come largest first, each at most once. Raises ``ValueError`` with a sentence for the user.
    """
    import re

    word = text.strip().lower()
    seconds = float("inf")
    if not word or len(word) > _LONGEST_WORD:
        pass
    elif re.fullmatch(_NUMBER, word, re.ASCII):
        seconds = float(word)
    elif match := re.fullmatch(_DURATION, word, re.ASCII):
        parts = (part.rstrip() for part in match.groups() if part)
        seconds = sum(float(part[:-1]) * _UNIT_SECONDS[part[-1]] for part in parts)
    if seconds == float("inf"):
        shown = safe(text[:_LONGEST_WORD])
        raise ValueError(f'"{shown}" is not a duration; write for example 90s, 15m, 2h or 1h30m')
    return seconds


def nearest(word: str, known: Iterable[str]) -> str | None:
    """The one of ``known`` that ``word`` was probably meant to be; ``None`` when none is close."""
    if not word or len(word) > _LONGEST_WORD:
        return None
    folded = _fold(word)
    by_fold = {_fold(name): name for name in known}
    if folded in by_fold:
        return by_fold[folded]
    begun = [name for name in by_fold if name.startswith(folded)]
    if len(begun) == 1 and len(folded) > 2:  # "interval" for "interval_seconds"
        return by_fold[begun[0]]
    from difflib import get_close_matches

    close = get_close_matches(folded, _most_alike(folded, by_fold), n=1, cutoff=0.6)
    return by_fold[close[0]] if close else None


def _most_alike(word: str, known: Iterable[str]) -> list[str]:
    """The words that share most letters and pairs of letters with ``word``: quick, where comparing takes long."""
    candidates = list(known)
    if len(candidates) > _COMPARED:
        wanted = _pieces(word)
        shares = {name: len(wanted & pieces) / len(pieces) for name in candidates if (pieces := _pieces(name))}
        candidates = sorted(shares, key=shares.__getitem__, reverse=True)[:_COMPARED]
    return candidates


@lru_cache(maxsize=2048)
def _pieces(word: str) -> frozenset[str]:
    return frozenset((*word, *(word[at : at + 2] for at in range(len(word) - 1))))


@lru_cache(maxsize=2048)
def _fold(word: str) -> str:
    return word.casefold().replace("-", "_").replace(" ", "_")
