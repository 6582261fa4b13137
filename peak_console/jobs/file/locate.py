"""Where in the text of a jobs file a value stands. Loaded only when there is something to point at.

The text is known to be valid TOML; it is scanned statement by statement, and only as far as an answer needs.
"""

from __future__ import annotations

import re

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Final

    Path = tuple[str | int, ...]

_PART: Final = r"""(?:[A-Za-z0-9_-]++|"(?:[^"\\\n]++|\\.)*+"|'[^'\n]*+')"""
_KEY: Final = re.compile(rf"{_PART}(?:[ \t]*+\.[ \t]*+{_PART})*+")
_KEY_PART: Final = re.compile(_PART)
_STRING: Final = (
    r'"""(?:[^"\\]++|\\.|"(?!""))*+"{3,5}'
    r"|'''(?:[^']++|'(?!''))*+'{3,5}"
    r'|"(?:[^"\\\n]++|\\.)*+"'
    r"|'[^'\n]*+'"
)
_TEXT: Final = re.compile(_STRING, re.DOTALL)
_NESTED: Final = re.compile(rf"{_STRING}|#[^\n]*+|[\[\]{{}}]", re.DOTALL)
_SCALAR: Final = re.compile(r"[^,\]}\n#]*+")
_BLANK: Final = re.compile(r"(?:[ \t\n]++|#[^\n]*+)*+")
_SEPARATORS: Final = re.compile(r"(?:[ \t\n,]++|#[^\n]*+)*+")
_EQUALS: Final = re.compile(r"[ \t]*+=[ \t]*+")
_HEADER: Final = re.compile(r"(\[\[?)[ \t]*+")
_REST_OF_LINE: Final = re.compile(r"[^\n]*+\n?")


class Positions:
    """Answers where a path (keys and list indices, outermost first) stands in ``text``."""

    def __init__(self, text: str) -> None:
        self._text = text.replace("\r\n", "\n")
        self._found: dict[Path, tuple[int, int]] = {}
        """Of each part seen so far: where it starts, and its value (-1 for a header, and for what has been read)."""
        self._statements = self._scan()
        self._line_starts: list[int] | None = None

    def place(self, path: Path) -> tuple[int, int]:
        """Line and column of ``path``, from 1; of the nearest thing around it if it is not in the text."""
        return self._coordinates(self._offset(path))

    def _offset(self, path: Path) -> int:
        while path not in self._found:
            if not self._read_around(path) and next(self._statements, None) is None:
                break
        while path and path not in self._found:
            path = path[:-1]
        return self._found[path][0] if path else 0

    def _read_around(self, path: Path) -> bool:
        """Record the parts of the innermost known value around ``path``; ``False`` if there is none unread.

        Each value is read once, however many of its parts are asked for.
        """
        for length in range(len(path) - 1, 0, -1):
            around = path[:length]
            start, value = self._found.get(around, (0, -1))
            if value >= 0:
                self._found[around] = start, -1
                if self._text.startswith("{", value):
                    self._read_table(around, value)
                    return True
                if self._text.startswith("[", value):
                    self._read_list(around, value)
                    return True
        return False

    def _coordinates(self, offset: int) -> tuple[int, int]:
        from bisect import bisect_right

        if self._line_starts is None:
            self._line_starts = [0, *(match.end() for match in re.finditer("\n", self._text))]
        line = bisect_right(self._line_starts, offset)
        return line, offset - self._line_starts[line - 1] + 1

    def _scan(self) -> Iterator[Path]:
        """Record each table header and each key of the text in ``_found``, in the order of the text."""
        text, found = self._text, self._found
        last_index: dict[Path, int] = {}
        table: Path = ()
        position = _end(_BLANK, text, 0)
        while position < len(text):
            header = _HEADER.match(text, position)
            key = _KEY.match(text, header.end() if header else position)
            if key is None:
                return
            if header:
                table = _table_path(_parts(key[0]), header[1] == "[[", last_index)
                found.setdefault(table, (position, -1))
                yield table
                end = key.end()
            else:
                value = _end(_EQUALS, text, key.end())
                yield self._record(table, _parts(key[0]), position, value)
                end = self._end_of_value(value)
            position = _end(_BLANK, text, _end(_REST_OF_LINE, text, end))

    def _record(self, table: Path, parts: tuple[str, ...], position: int, value: int) -> Path:
        """Record a key of ``table``, dotted or not, and where its value stands; the path to it."""
        for length in range(1, len(parts)):  # a.b.c = 1 also says where a and a.b begin
            self._found.setdefault((*table, *parts[:length]), (position, -1))
        path = (*table, *parts)
        self._found[path] = position, value
        return path

    def _read_list(self, path: Path, value: int) -> None:
        """Record each element of the list at ``value``."""
        text, index = self._text, 0
        position = _end(_SEPARATORS, text, value + 1)
        while position < len(text) and text[position] != "]":
            self._found[*path, index] = position, position
            position = _end(_SEPARATORS, text, self._end_of_value(position))
            index += 1

    def _read_table(self, path: Path, value: int) -> None:
        """Record each key of the inline table at ``value``."""
        text = self._text
        position = _end(_SEPARATORS, text, value + 1)
        while (key := _KEY.match(text, position)) is not None:
            value = _end(_EQUALS, text, key.end())
            self._record(path, _parts(key[0]), position, value)
            position = _end(_SEPARATORS, text, self._end_of_value(value))

    def _end_of_value(self, position: int) -> int:
        text = self._text
        if string := _TEXT.match(text, position):
            return string.end()
        if not text.startswith(("[", "{"), position):
            return _end(_SCALAR, text, position)
        depth = 0
        for token in _NESTED.finditer(text, position):
            if token[0] in ("[", "{"):
                depth += 1
            elif token[0] in ("]", "}"):
                depth -= 1
                if not depth:
                    return token.end()
        return len(text)


_ANY_HEADER = re.compile(r"^[ \t]*\[", re.MULTILINE)
_JOB_HEADER = re.compile(r"[ \t]*\[\[[ \t]*job[ \t]*\]\]")


def _line_by_name(text: str, name: str) -> int | None:
    """The line of the only ``[[job]]`` in which ``name = "…"`` stands; ``None`` where only a parser can tell."""
    named = [*re.finditer(rf"""^[ \t]*name[ \t]*=[ \t]*(["']){re.escape(name)}\1""", text, re.MULTILINE)]
    if len(named) != 1 or '"""' in text or "'''" in text:
        return None
    at = named[0].start()
    header = text.rfind("[[", 0, at)
    start = text.rfind("\n", 0, header) + 1
    if header < 0 or not _JOB_HEADER.match(text, start) or _ANY_HEADER.search(text, header + 2, at):
        return None
    return text.count("\n", 0, start) + 1


def job_line(text: str, name: str) -> int:
    """The line, from 1, where the job called ``name`` begins; 1 when it is not there.

    Text that is not valid TOML (a file in the middle of being mended) is searched for the line of its name.
    """
    known = _line_by_name(text, name)
    if known is not None:
        return known
    import tomli

    try:
        jobs = tomli.loads(text).get("job")
    except (ValueError, RecursionError):
        quoted = re.escape(name)
        line = re.search(rf"""^[ \t]*name[ \t]*=[ \t]*(["']){quoted}\1""", text, re.MULTILINE)
        return text.count("\n", 0, line.start()) + 1 if line else 1
    for index, job in enumerate(jobs if isinstance(jobs, list) else ()):
        if isinstance(job, dict) and job.get("name") == name:
            return Positions(text).place(("job", index))[0]
    return 1


def _end(pattern: re.Pattern[str], text: str, position: int) -> int:
    match = pattern.match(text, position)
    return match.end() if match else position


def _parts(key: str) -> tuple[str, ...]:
    """The names of a dotted key, without their quotes."""
    return tuple(map(_unquoted, _KEY_PART.findall(key)))


def _unquoted(part: str) -> str:
    if part[0] not in "\"'":
        return part
    if "\\" not in part or part[0] == "'":
        return part[1:-1]
    import tomli

    return str(tomli.loads(f"key = {part}")["key"])


def _table_path(parts: tuple[str, ...], is_array: bool, last_index: dict[Path, int]) -> Path:
    """The path that a header opens, with the index of each array of tables on the way."""
    path: Path = ()
    for part in parts[:-1]:
        path += (part,)
        if path in last_index:
            path += (last_index[path],)
    path += parts[-1:]
    if is_array:
        last_index[path] = last_index.get(path, -1) + 1
        path += (last_index[path],)
    return path
