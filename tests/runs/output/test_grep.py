"""Finding text in outputs: every line that a plain search finds, and no other."""

from __future__ import annotations

import os
import re
import tempfile
from typing import TYPE_CHECKING

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from peak_console.errors import UsageError
from peak_console.runs.output import grep
from peak_console.runs.output.grep import Needle, hits, output_size

if TYPE_CHECKING:
    from pathlib import Path

PATTERNS = [
    "a", "ab", "A", "ä", "a|bc", "ab+", "(ab)+c", "^a", "b$", r"\ba", "a.c", "[^x]b", r"\s", "a{2,}", "(?:a|b)c", "x?b",
    "a*", "(?i)AB", "(?x) a b", "b(?=c)", r"\d9", "(a)(b)?c",
]  # fmt: skip
OUTPUT = st.lists(st.sampled_from([*b"aabbcx\n\n 19A", 0xC3, 0xA4]), max_size=300).map(bytes)


def plainly(data: bytes, pattern: str, *, ignore_case: bool) -> list[int]:
    """The numbers of the lines that match, each tried on its own."""
    regex = re.compile(pattern.encode(), re.MULTILINE | (re.IGNORECASE if ignore_case else 0))
    lines = data.split(b"\n")
    return [n for n, line in enumerate(lines[:-1] if lines[-1] == b"" else lines, 1) if regex.search(line)]


@given(OUTPUT, st.sampled_from(PATTERNS), st.booleans(), st.integers(1, 40))
@example(b"a\nb", "[^x]b", False, 1)
@example(b"xxxx\nab", "ab", False, 3)
def test_lines_are_found_in_pieces_of_any_size(data: bytes, pattern: str, ignore_case: bool, piece: int) -> None:
    with tempfile.TemporaryDirectory() as directory, pytest.MonkeyPatch.context() as patch:
        patch.setattr(grep, "PIECE_BYTES", piece)
        with open(os.path.join(directory, "stdout.log"), "wb") as file:
            file.write(data)
        found = [hit.line for hit in hits(directory, Needle(pattern, ignore_case=ignore_case))]
    assert found == plainly(data, pattern, ignore_case=ignore_case)


def test_both_streams_are_searched_and_a_line_is_shown_bare(tmp_path: Path) -> None:
    (tmp_path / "stdout.log").write_bytes(b"one\nthe \x1b[31mlimit\x1b[0m is hit\r\n")
    (tmp_path / "stderr.log").write_bytes(b"limit\n")
    found = list(hits(str(tmp_path), Needle("limit")))
    assert [(hit.stream, hit.line, hit.text) for hit in found] == [("out", 2, "the limit is hit"), ("err", 1, "limit")]
    assert [hit.stream for hit in hits(str(tmp_path), Needle("limit"), streams=("err",))] == ["err"]
    assert output_size(str(tmp_path)) == 37


def test_of_a_giant_line_what_is_around_the_match_is_shown(tmp_path: Path) -> None:
    (tmp_path / "stdout.log").write_bytes(b"x" * 100_000 + b"needle" + b"y" * 100_000)
    (hit,) = hits(str(tmp_path), Needle("needle"))
    assert "needle" in hit.text
    assert len(hit.text) <= grep.SHOWN_BYTES + 10


def test_whoever_wants_no_more_gets_no_more(tmp_path: Path) -> None:
    (tmp_path / "stdout.log").write_bytes(b"needle\n" * 100_000)
    wanted = iter([True, False])
    assert len(list(hits(str(tmp_path), Needle("needle"), lambda: next(wanted, False)))) < 100_000


def test_what_a_job_has_put_in_the_place_of_its_output_is_passed_over(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "stdout.log")
    (tmp_path / "stderr.log").symlink_to("/etc/passwd")
    assert list(hits(str(tmp_path), Needle("root"))) == []


@pytest.mark.parametrize("pattern", ["", "(", "*", "[", "a{99999999999}"])
def test_what_is_no_pattern_is_told(pattern: str) -> None:
    with pytest.raises(UsageError, match=r"nothing to look for|is no regular expression"):
        Needle(pattern)
