"""Finding text in the output of many runs, about as fast as the disk gives it: bytes, in pieces of whole lines.

A regular expression is tried only where a text stands that each of its matches has: that is found many times faster.
"""

from __future__ import annotations

import os
import re

from peak_console.errors import UsageError
from peak_console.regexes import refuse_endless
from peak_console.runs.output.files import STREAMS, open_regular, stream_path
from peak_console.text import safe
from peak_console.values import dataclass

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence
    from typing import Any

    from peak_console.runs.output.files import Stream

PIECE_BYTES = 128 * 1024
"""So much is read at a time: what fits into a processor's cache is searched faster."""
GIANT_LINE_BYTES = 32 * 1024 * 1024
"""A line that is longer is searched in pieces: what stands across two of them is not found."""
SHOWN_BYTES = 2000
"""Bytes of a line that are given with a hit; what is around the match comes first."""
MOST_LITERALS = 8
_COMMON = b' etaoinsr0d1lcuhpm2:.-3gf45fy6b7wv89k/=_(),"[]xqjzTSEIARNODCPLM'
"""The bytes of logs, the commonest first."""
_SEQUENCE = re.compile(rb"\x1b(?:\[[0-?]*+[ -/]*+[@-~]|[\]PX^_][^\x07\x1b\n]*+(?:\x07|\x1b\\)|[ -/]*+[0-~]|)")


@dataclass(frozen=True, slots=True)
class Hit:
    """One line of a run's output that has what was looked for."""

    stream: str
    line: int
    """Its number in its stream, from 1."""
    text: str
    """The line, without escape sequences, as far as it is not too long."""


class Needle:
    """What is looked for: a regular expression over bytes of UTF-8, line by line."""

    def __init__(self, pattern: str, *, ignore_case: bool = False) -> None:
        """Raises ``UsageError`` for what is no regular expression, and for one that might never end."""
        if not pattern:
            raise UsageError("there is nothing to look for; write a text or a regular expression")
        self.pattern = pattern
        try:
            encoded = pattern.encode("utf-8", "surrogateescape")
            refuse_endless(pattern)
            self._regex = re.compile(encoded, re.MULTILINE | (re.IGNORECASE if ignore_case else 0))
        except (re.error, UnicodeEncodeError, OverflowError, RecursionError) as error:
            raise UsageError(f'"{safe(pattern)}" is no regular expression: {error}') from None
        self._folds = bool(self._regex.flags & re.IGNORECASE)
        literals, self._is_literal = _literals(encoded)
        self._literals = [literal.lower() for literal in literals] if self._folds else literals
        self._is_literal = self._is_literal and not self._folds
        self._rare = [_rarest(literal) for literal in self._literals]
        """Of each text its rarest byte: one byte is looked for ten times faster than a text."""

    def spans(self, data: bytes) -> Iterator[tuple[int, int]]:
        """Where it stands in some lines, one match for each line."""
        if not self._literals:
            yield from self._by_regex(data)
            return
        folded = data.lower() if self._folds else data
        for start, end, at in _lines_with(folded, self._literals):
            if self._is_literal:
                yield at, at + len(self._literals[0])
                continue
            # By the whole line, as ^ and \b look around.
            found = self._regex.search(data[start:end])
            if found is not None:
                yield start + found.start(), start + found.end()

    def may_stand_in(self, before: bytes, data: bytes) -> bool:
        """Whether a match may stand in ``data``, or go on into it from ``before``."""
        if not self._literals:
            return bool(data)
        longest = max(map(len, self._literals))
        edge = before[-longest:] + data[:longest] if before else b""
        if self._folds:
            edge, data = edge.lower(), data.lower()
        return any(
            (rare in data and literal in data) or literal in edge
            for rare, literal in zip(self._rare, self._literals, strict=True)
        )

    def _by_regex(self, data: bytes) -> Iterator[tuple[int, int]]:
        """Line by line where a match might go across lines, else from match to match."""
        start = 0
        while start < len(data) and (found := self._regex.search(data, start)) is not None:
            if found.start() == len(data) and data.endswith(b"\n"):
                return
            end = data.find(b"\n", found.start())
            end = len(data) if end < 0 else end
            at, until = found.span()
            if until > end:  # not within its line; perhaps something shorter in it is
                first = data.rfind(b"\n", 0, at) + 1
                within = self._regex.search(data[first:end])
                at, until = (first + within.start(), first + within.end()) if within is not None else (-1, -1)
            if at >= 0:
                yield at, until
            start = end + 1


def _lines_with(data: bytes, literals: Sequence[bytes]) -> Iterator[tuple[int, int, int]]:
    """The lines that have one of some texts: start, end, and where in it."""
    nexts = {literal: data.find(literal) for literal in literals}
    while True:
        places = [at for at in nexts.values() if at >= 0]
        if not places:
            return
        at = min(places)
        start, end = data.rfind(b"\n", 0, at) + 1, data.find(b"\n", at)
        end = len(data) if end < 0 else end
        yield start, end, at
        for literal, place in nexts.items():
            if 0 <= place < end:
                nexts[literal] = data.find(literal, end)


def _literals(pattern: bytes) -> tuple[list[bytes], bool]:
    """Texts of which each match has one, none where that cannot be told; whether the pattern is nothing but the text.

    Not of letters beyond ASCII where case is ignored: bytes do not tell which belong together.
    """
    from re import _parser  # type: ignore[attr-defined]  # documented nowhere: without it the search is slower

    try:
        parsed = _parser.parse(pattern)
    except (re.error, AttributeError, RecursionError):
        return [], False
    if parsed.state.flags & re.VERBOSE:
        return [], False
    found = _required(parsed)
    whole = len(parsed) == len(found[0]) if len(found) == 1 else False
    return found, whole and all(str(code) == "LITERAL" for code, _ in parsed)


def _required(parsed: Iterable[tuple[Any, Any]]) -> list[bytes]:
    """The longest text that stands in every match; of alternatives one for each."""
    best: list[bytes] = []
    text = b""
    for code, argument in [*parsed, (None, None)]:
        name = str(code)
        if name == "LITERAL" and argument < 128:
            text += bytes([argument])
            continue
        best = _better(best, [text] if text else [])
        text = b""
        if name == "BRANCH":
            branches = [_required(branch) for branch in argument[1]]
            if all(branches) and sum(map(len, branches)) <= MOST_LITERALS:
                best = _better(best, [each for branch in branches for each in branch])
        elif name == "SUBPATTERN" and not (argument[1] or argument[2]):
            best = _better(best, _required(argument[3]))
        elif name in ("MAX_REPEAT", "MIN_REPEAT", "POSSESSIVE_REPEAT") and argument[0] >= 1:
            best = _better(best, _required(argument[2]))
    return best


def _rarest(text: bytes) -> bytes:
    """The byte of a text that stands least often in what programs print."""
    return min((bytes([byte]) for byte in text), key=lambda byte: -_COMMON.find(byte) if byte in _COMMON else -1000)


def _better(one: list[bytes], other: list[bytes]) -> list[bytes]:
    """The one whose shortest text is longer, and with it rarer."""
    return other if min(map(len, other), default=0) > min(map(len, one), default=0) else one


def hits(
    directory: str, needle: Needle, go_on: Callable[[], bool] = lambda: True, streams: tuple[Stream, ...] = STREAMS
) -> Iterator[Hit]:
    """The lines of a run's output that have it, stdout first; a stream that cannot be read has none."""
    for stream in streams:
        try:
            fd = open_regular(stream_path(directory, stream))
        except OSError:
            continue
        try:
            yield from _of_file(fd, stream, needle, go_on)
        except OSError:
            continue
        finally:
            os.close(fd)


def output_size(directory: str) -> int:
    """Bytes of output that a run has left."""
    size = 0
    for stream in STREAMS:
        try:
            size += os.stat(stream_path(directory, stream), follow_symlinks=False).st_size
        except OSError:
            continue
    return size


def _of_file(fd: int, stream: str, needle: Needle, go_on: Callable[[], bool]) -> Iterator[Hit]:
    line, counted_to = 1, 0
    for offset, data in _pieces(fd, needle, go_on):
        for at, until in needle.spans(data):
            line += _line_breaks(fd, counted_to, offset) + data.count(b"\n", max(0, counted_to - offset), at)
            counted_to = offset + at
            yield Hit(stream, line, _shown(data, at, until))


def _pieces(fd: int, needle: Needle, go_on: Callable[[], bool]) -> Iterator[tuple[int, bytes]]:
    """Those pieces of a file that may have a match, each of whole lines, with its place."""
    at, rest, is_clean = 0, b"", True  # where to read on; the begun line before that; whether nothing stands in it
    while go_on():
        more = os.pread(fd, PIECE_BYTES, at)
        at += len(more)
        if not more:
            if rest:
                yield at - len(rest), rest
            return
        end = more.rfind(b"\n") + 1
        if not end and len(rest) + len(more) < GIANT_LINE_BYTES:
            is_clean = is_clean and not needle.may_stand_in(rest, more)
            rest += more
            continue
        end = end or len(more)
        if not is_clean or needle.may_stand_in(rest, more):
            yield at - len(more) - len(rest), rest + more[:end] if rest or end < len(more) else more
        rest = more[end:]
        is_clean = not needle.may_stand_in(b"", rest)


def _line_breaks(fd: int, start: int, end: int) -> int:
    """How many line breaks lie between two places. Only what lies before a hit is ever counted."""
    count = 0
    while start < end:
        data = os.pread(fd, min(PIECE_BYTES, end - start), start)
        if not data:
            break
        count += data.count(b"\n")
        start += len(data)
    return count


def _shown(data: bytes, at: int, until: int) -> str:
    """The line around a match; of a very long one what is near the match."""
    first = data.rfind(b"\n", 0, at) + 1
    if at - first > SHOWN_BYTES:
        first = at - SHOWN_BYTES // 4
    last = data.find(b"\n", at)
    last = min(len(data) if last < 0 else last, first + max(SHOWN_BYTES, until - first))
    return safe(_SEQUENCE.sub(b"", data[first:last].rstrip(b"\r")).decode("utf-8", "replace"))
