from __future__ import annotations

import io
import os
import sys
from typing import TYPE_CHECKING

import pytest

from peak_console.verbs.shared import output

if TYPE_CHECKING:
    from collections.abc import Callable

    Table = Callable[..., str]


class Terminal(io.TextIOWrapper):
    def isatty(self) -> bool:
        return True


def captured(monkeypatch: pytest.MonkeyPatch, stream: io.TextIOWrapper, act: Callable[[], None]) -> str:
    with monkeypatch.context() as patched:
        patched.setattr(sys, "stdout", stream)
        act()
    stream.seek(0)
    return stream.read()


def test_columns_align_by_cells_not_by_characters(capsys: pytest.CaptureFixture[str]) -> None:
    output.write_table(("job", "tags"), [("日本", "a"), ("e\u0301ab", "b"), ("long one", "c")], flexible=1)
    assert capsys.readouterr().out == "JOB       TAGS\n日本      a\ne\u0301ab       b\nlong one  c\n"


def test_a_column_without_text_is_left_out(capsys: pytest.CaptureFixture[str]) -> None:
    output.write_table(("job", "why", "tags"), [("a", "", "x"), ("b", "", "")], flexible=2)
    assert capsys.readouterr().out == "JOB  TAGS\na    x\nb\n"


def test_nothing_is_cut_where_stdout_is_no_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    output.write_table(("job", "command"), [("a", "x" * 500)], flexible=1)
    assert "x" * 500 in capsys.readouterr().out


def test_on_a_terminal_the_flexible_column_gives_way(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "40")
    rows = [("risk_check", "python " + "x" * 80, "ok")]
    text = captured(
        monkeypatch,
        Terminal(io.BytesIO(), encoding="utf-8"),
        lambda: output.write_table(("job", "command", "state"), rows, flexible=1),
    )
    assert text.splitlines()[1] == f"risk_check  python {'x' * 13}…  ok"
    assert max(map(len, text.splitlines())) == 40


@pytest.mark.parametrize(("width", "expected"), [(1, "…"), (2, "…"), (3, "日…"), (4, "日…"), (6, "日本語")])
def test_a_wide_character_is_never_cut_in_half(width: int, expected: str) -> None:
    assert output.cut("日本語", width) == expected


def test_text_beyond_the_encoding_is_escaped_not_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    stream = io.TextIOWrapper(io.BytesIO(), encoding="latin-1")
    assert captured(monkeypatch, stream, lambda: output.write("▶2 café\n")) == "\\u25b62 café\n"


@pytest.mark.parametrize(("encoding", "expected"), [("utf-8", '"▶ é"\n'), ("latin-1", '"\\u25b6 \\u00e9"\n')])
def test_json_is_valid_in_every_encoding(monkeypatch: pytest.MonkeyPatch, encoding: str, expected: str) -> None:
    stream = io.TextIOWrapper(io.BytesIO(), encoding=encoding)
    assert captured(monkeypatch, stream, lambda: output.write_json("▶ é")) == expected


def test_json_of_a_path_that_is_not_utf_8_is_still_json(monkeypatch: pytest.MonkeyPatch) -> None:
    stream = io.TextIOWrapper(io.BytesIO(), encoding="utf-8")
    path = os.fsdecode(b"/data/\xff")
    assert captured(monkeypatch, stream, lambda: output.write_json(path)) == '"/data/\\udcff"\n'
