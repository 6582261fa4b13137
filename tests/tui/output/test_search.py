from __future__ import annotations

import time
from typing import TYPE_CHECKING

import pytest

from peak_console.tui.output.search import Matches, Pattern
from tests.tui.output_stage import RunDirectory, indexed, texts

if TYPE_CHECKING:
    from peak_console.tui.output.line_index import LineIndex


def found(index: LineIndex, text: str) -> list[str]:
    """The matching lines, one after the other as ``n`` goes through them."""
    matches = Matches(index, Pattern(text))
    assert matches.scan(lambda: True)
    numbers = [matches.number_of(place) for place in range(matches.total)]
    assert numbers == sorted({number for number in numbers if number is not None})
    assert [matches.place_from(number or 0) for number in numbers] == list(range(matches.total))
    return [texts(index, index.window(number or 0, 1))[0] for number in numbers]


def test_matches_come_in_the_order_of_the_lines(run: RunDirectory) -> None:
    run.write(b"error 1\nfine\n", at=1)
    run.write(err=b"error 2\n", at=2)
    run.write(b"error 3 error\nerror 4", at=3)
    assert found(indexed(run), "error") == ["error 1", "E error 2", "error 3 error", "error 4"]


@pytest.mark.parametrize(
    ("text", "matching"),
    [
        ("error", ["Error", "ERROR", "error"]),
        ("Error", ["Error"]),
        ("größe", ["Größe", "GRÖSSE größe"]),
        ("Größe", ["Größe"]),
        (".*", [".*"]),
        ("missing", []),
    ],
)
def test_lower_case_finds_any_case_and_everything_is_plain_text(
    run: RunDirectory, text: str, matching: list[str]
) -> None:
    run.write("Error\nERROR\nerror\nGröße\nGRÖSSE größe\n.*\n".encode())
    assert found(indexed(run), text) == matching


def test_what_is_not_seen_is_not_found(run: RunDirectory) -> None:
    run.write(b"\x1b[31mre\x1b[0md\n\x1b]0;title\x07\n10%\r20%\n31m\n")
    index = indexed(run)
    assert len(found(index, "red")) == 1
    assert found(index, "title") == []
    assert found(index, "10%") == []
    assert len(found(index, "20%")) == 1
    assert found(index, "31m") == ["31m"]


def test_matches_across_many_blocks_are_all_found(run: RunDirectory) -> None:
    for number in range(3000):
        run.write(b"line %d %s\n" % (number, b"x" * 100), b"odd %d\n" % number if number % 7 == 0 else b"", at=number)
    index = indexed(run)
    assert found(index, "99 ") == [f"line {n} {'x' * 100}" for n in range(3000) if n % 100 == 99]
    assert len(found(index, "odd")) == 429
    assert len(found(index, "x")) == 3000


def test_a_giant_line_is_searched_whole(run: RunDirectory) -> None:
    run.write(b"x" * 3_000_000 + b"needle" + b"x" * 3_000_000 + b"\nend\n")
    index = indexed(run)
    matches = Matches(index, Pattern("needle"))
    matches.scan(lambda: True)
    assert (matches.total, matches.number_of(0)) == (1, 0)


def test_what_comes_later_is_found_too(run: RunDirectory) -> None:
    run.write(b"needle\n" * 5000)
    index = indexed(run)
    matches = Matches(index, Pattern("needle"))
    matches.scan(lambda: True)
    run.write(b"hay\nneedle\n" * 5000 + b"needle")
    index.files.refresh()
    while not index.advance(1 << 20):
        pass
    assert not matches.scan(lambda: True, 10)
    assert matches.scan(lambda: True)
    assert matches.total == 10_001
    assert matches.number_of(10_000) == index.total - 1


def test_numbers_are_right_again_after_a_drop(run: RunDirectory) -> None:
    run.write(b"".join(b"needle %05d\n" % number for number in range(30_000)))
    index = indexed(run)
    matches = Matches(index, Pattern("needle"))
    matches.scan(lambda: True)
    run.drop("out", 13 * 1000, 13 * 29_000)
    run.write(b"more\n")
    index.files.refresh()
    while not index.advance(1 << 20):
        pass
    matches.scan(lambda: True)
    assert matches.total == 2000
    assert texts(index, index.window(matches.number_of(1000) or 0, 1)) == ["needle 29000"]


def test_a_search_stops_when_it_is_told_to(run: RunDirectory) -> None:
    run.write(b"needle\n" * 100_000)
    index = indexed(run)
    matches = Matches(index, Pattern("needle"))
    assert not matches.scan(iter([True, True, False]).__next__)
    assert 0 < matches.total < 100_000


@pytest.mark.parametrize("text", ["absent", "order 0099999", "e"])
def test_a_million_lines_are_searched_at_once(run: RunDirectory, text: str) -> None:
    run.write(b"".join(b"INFO worker %d processed order %07d\n" % (n % 9, n) for n in range(100_000)) * 10)
    index = indexed(run)
    matches = Matches(index, Pattern(text))
    start = time.thread_time()
    matches.scan(lambda: True)
    assert time.thread_time() - start < 1  # 0.1 to 0.2 s on a quiet machine


def test_where_it_stands_in_a_line() -> None:
    assert Pattern("an").spans("Banana AN") == [(1, 3), (3, 5), (7, 9)]
    assert Pattern("AN").spans("Banana AN") == [(7, 9)]
