"""Arguments as they are typed into a form: TOML, or text."""

from __future__ import annotations

from datetime import date

import pytest

from peak_console.tui.dialogs.values import read, same, written

HOSTILE = "[/]\x1b]0;owned\x07[red]x\u202e"


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("10", 10), ("1.5", 1.5), ("true", True), ('"10"', "10"), ("2026-01-01", date(2026, 1, 1)), ("plain", "plain"),
        ("a b/c.py", "a b/c.py"), ('["a", "b"]', ["a", "b"]), ("[1, 2]", [1, 2]), ("", None), ('""', ""),
        ("{a = 1}", "{a = 1}"), ("1 # x", 1), ("True", "True"), ("[broken", "[broken"), ("[[1]]", "[[1]]"),
    ],
)  # fmt: skip
def test_text_is_read_as_toml_or_stays_text(text: str, value: object) -> None:
    assert same(read(text), value)


@pytest.mark.parametrize(
    "value",
    [
        10, 1.5, True, False, "10", "true", "plain", "", " x ", 'quo"te', "back\\slash", "tab\tnew\nline", "\x01",
        "{a = 1}", ["a", "1"], [1, 2.0, True], [], date(2026, 1, 1), "2026-01-01", "1 # x", "é 日本", "'single'",
        "\x7f", HOSTILE,
    ],
)  # fmt: skip
def test_what_is_written_is_read_back_with_its_type(value: object) -> None:
    assert same(read(written(value)), value)


def test_values_of_other_types_are_not_the_same() -> None:
    assert not same(1, True)
    assert not same(1, 1.0)
    assert not same("1", 1)
    assert not same([1], [1, 2])
    assert same((1, "a"), [1, "a"])


def test_what_is_written_is_safe_on_any_terminal() -> None:
    assert written(HOSTILE).isprintable()
