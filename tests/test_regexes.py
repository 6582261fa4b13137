"""Regular expressions of operators: what might be searched for without an end is refused."""

from __future__ import annotations

import pytest

from peak_console.errors import UsageError
from peak_console.regexes import compiled


@pytest.mark.parametrize(
    "pattern",
    [
        "error", "^fx_.*_(eod|close)$", r"\d+ rows", r"(\d+\.){3}\d+", "(?:foo|bar)+", "(ab)*c", "a?b?c?",
        "(?i)risk", "(?P<day>mon|tue)day", r"\b(usd|eur)\b", ".*error.*timeout.*", "(?>a+)+b", "a++b",
    ],
)  # fmt: skip
def test_expressions_as_people_write_them_are_taken(pattern: str) -> None:
    assert compiled(pattern).pattern == pattern


@pytest.mark.parametrize(
    "pattern",
    [
        "(a+)+$",
        "(a*)*b",
        "(a|a)*b",
        "(a|ab)*c$",
        "(a{1,3})*b",
        "((a+)b?)+$",
        "(?:(?:x+y?)+)+z",
        "(a+){20}b",
        ".*" * 9 + "x",
    ],
)
def test_what_might_be_searched_without_an_end_is_refused(pattern: str) -> None:
    with pytest.raises(UsageError, match=r"might be searched for without an end: .* leave out one of the repeats"):
        compiled(pattern)


@pytest.mark.parametrize("pattern", ["(", "a{99999999999}", "[z-a]", "(?P<x", "(" * 3000 + ")" * 3000])
def test_what_is_no_expression_is_said(pattern: str) -> None:
    with pytest.raises(UsageError, match="is no regular expression: "):
        compiled(pattern)
