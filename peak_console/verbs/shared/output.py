"""What the verbs print: tables for people, JSON and CSV for programs, notes on stderr."""

from __future__ import annotations

import sys

from peak_console.text import safe, safe_json, safe_lines, size

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from typing import Any

    from peak_console.runs.output.reader import Chunk

_GAP = "  "
_NARROWEST = 12
"""The least width of a column, in cells: the terminal wraps what still does not fit."""
STREAM_NAMES = {"out": "stdout", "err": "stderr"}
_FORMULA = ("=", "+", "-", "@")


def write(text: str) -> None:
    """Print to stdout at once. A character that stdout's encoding lacks becomes an escape, never an error."""
    reconfigure = getattr(sys.stdout, "reconfigure", None)
    if reconfigure is not None:
        reconfigure(errors="backslashreplace")
    sys.stdout.write(text)
    sys.stdout.flush()


def note(text: str) -> None:
    """A remark on stderr, so that stdout holds nothing but the answer."""
    sys.stderr.write(f"peak-console: {safe_lines(text)}\n")
    sys.stderr.flush()


def write_json(value: Any) -> None:
    """Print one JSON value; text as it is where stdout is UTF-8, else as JSON escapes."""
    from json import dumps

    encoding = (getattr(sys.stdout, "encoding", None) or "utf-8").lower().replace("_", "-")
    write(safe_json(dumps(value, ensure_ascii=encoding not in ("utf-8", "utf8"), indent=2)) + "\n")


def write_csv(columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
    """Print a header and rows as CSV; lists and tables are JSON text, ``None`` is empty.

    Text that a spreadsheet would run as a formula gets an apostrophe before it.
    """
    import csv
    import io

    buffer = io.StringIO()
    writer = csv.writer(buffer, lineterminator="\n")
    writer.writerow(columns)
    writer.writerows([_csv_cell(value) for value in row] for row in rows)
    write(buffer.getvalue())


def _csv_cell(value: Any) -> Any:
    if isinstance(value, (list, tuple, dict)):
        from json import dumps

        value = dumps(value, ensure_ascii=False)
    if isinstance(value, str):
        text = safe(value)
        return f"'{text}" if text.startswith(_FORMULA) else text
    return value


def write_table(headers: Sequence[str], rows: Sequence[Sequence[str]], *, flexible: int) -> None:
    """Print aligned columns; those without any text are left out.

    Text is made safe. Only on a terminal, lines are cut to its width: the ``flexible`` column gives way.
    """
    cells = [[safe(cell) for cell in row] for row in rows]
    kept = [number for number in range(len(headers)) if any(row[number] for row in cells)]
    widths = {number: max(_width(headers[number]), *(_width(row[number]) for row in cells)) for number in kept}
    if sys.stdout.isatty() and flexible in widths:
        from shutil import get_terminal_size

        excess = sum(widths.values()) + len(_GAP) * (len(kept) - 1) - get_terminal_size().columns
        if excess > 0:
            widths[flexible] = max(_NARROWEST, widths[flexible] - excess)
    lines = [
        _GAP.join(_padded(row[number], widths[number]) for number in kept).rstrip()
        for row in ([header.upper() for header in headers], *cells)
    ]
    write("\n".join(lines) + "\n")


def _padded(text: str, width: int) -> str:
    """``text`` in exactly ``width`` cells: filled with spaces, or cut with ``…``."""
    return (text := cut(text, width)) + " " * (width - _width(text))


def cut(text: str, width: int) -> str:
    """``text`` in at most ``width`` cells (at least one), ending in ``…`` where it was cut."""
    if _width(text) <= width:
        return text
    room, kept = width - 1, []
    for character in text:
        room -= _cells(character)
        if room < 0:
            break
        kept.append(character)
    return "".join(kept) + "…"


def _width(text: str) -> int:
    return len(text) if text.isascii() else sum(map(_cells, text))


def _cells(character: str) -> int:
    from unicodedata import combining, east_asian_width

    if combining(character):
        return 0
    return 2 if east_asian_width(character) in "WF" else 1


def gap_before(chunk: Chunk) -> str | None:
    """What is gone just before a chunk, in words."""
    name = STREAM_NAMES[chunk.stream]
    if chunk.deleted:
        return f"the job has deleted {size(chunk.deleted)} or more of what it had printed to {name}: it opened it anew"
    return f"{size(chunk.dropped)} of {name} were dropped here: beyond max_output_bytes" if chunk.dropped else None
