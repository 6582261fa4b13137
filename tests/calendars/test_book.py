"""How calendars are found: kept, compiled by a child process, compiled again, or refused in a sentence."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from peak_console.calendars import book, cache
from peak_console.calendars.book import CalendarBook, CalendarError, exchange_names
from peak_console.calendars.library import LibraryError, ask, version
from peak_console.calendars.own import Definition
from tests.support.exchanges import exchange

if TYPE_CHECKING:
    from collections.abc import Sequence

TODAY = 20787


class Library:
    """Stands for the child process: answers from what is known, and remembers what it was asked."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.table = exchange("XHKG").to_bytes()
        self.fails = False

    def __call__(self, requests: Sequence[str]) -> list[bytes | LibraryError]:
        self.asked += requests
        if self.fails:
            return [LibraryError("out of order")] * len(requests)
        known: dict[str, bytes | LibraryError] = {"exchange ": b"XHKG XNYS", "exchange XHKG": self.table}
        return [known.get(request, LibraryError("no such calendar")) for request in requests]


@pytest.fixture
def library(monkeypatch: pytest.MonkeyPatch) -> Library:
    found = Library()
    monkeypatch.setattr(book, "ask", found)
    monkeypatch.setattr(book, "version", lambda _library: "1.0")
    monkeypatch.setattr(cache, "_interned", {})
    monkeypatch.setattr(cache, "_words", {})
    return found


@pytest.fixture
def forgetful(monkeypatch: pytest.MonkeyPatch) -> None:
    """As if each question came from another process."""
    monkeypatch.setattr(cache, "interned", lambda calendar: calendar)
    monkeypatch.setattr(cache, "_interned", {})


def test_what_is_kept_is_not_asked_for_again(library: Library, forgetful: None, tmp_path: Path) -> None:
    for _ in range(3):
        calendar = CalendarBook({}, str(tmp_path), TODAY).calendar("XHKG")
        assert calendar == exchange("XHKG")
    assert library.asked == ["exchange ", "exchange XHKG"]
    assert {path.stat().st_mode & 0o077 for path in (tmp_path / "calendars").iterdir()} == {0}


def test_another_version_of_the_library_is_asked_anew(
    library: Library, forgetful: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    CalendarBook({}, str(tmp_path), TODAY).calendar("XHKG")
    monkeypatch.setattr(book, "version", lambda _library: "2.0")
    CalendarBook({}, str(tmp_path), TODAY).calendar("XHKG")
    assert library.asked.count("exchange XHKG") == 2


def test_damage_is_compiled_again(library: Library, forgetful: None, tmp_path: Path) -> None:
    CalendarBook({}, str(tmp_path), TODAY).calendar("XHKG")
    for path in (tmp_path / "calendars").iterdir():
        path.write_bytes(path.read_bytes()[:1000] + b"rubbish")
    assert CalendarBook({}, str(tmp_path), TODAY).calendar("XHKG") == exchange("XHKG")
    assert library.asked.count("exchange XHKG") == 2


def test_a_calendar_that_draws_to_its_end_is_asked_for_again_but_kept_if_that_fails(
    library: Library, forgetful: None, tmp_path: Path
) -> None:
    made = CalendarBook({}, str(tmp_path), TODAY).calendar("XHKG")
    later = made.last_day - 100
    library.fails = True
    assert CalendarBook({}, str(tmp_path), later).calendar("XHKG") == made
    assert library.asked.count("exchange XHKG") == 2
    assert CalendarBook({}, str(tmp_path), made.made_on + 1).calendar("XHKG") == made
    assert library.asked.count("exchange XHKG") == 2


def test_without_a_state_directory_nothing_is_written(library: Library, tmp_path: Path) -> None:
    missing = tmp_path / "not there yet"
    calendar = CalendarBook({}, str(missing), TODAY).calendar("XHKG")
    assert not missing.exists()
    assert not calendar.is_cached
    missing.mkdir()
    assert CalendarBook({}, str(missing), TODAY).calendar("XHKG").is_cached
    assert library.asked.count("exchange XHKG") == 1


def test_what_is_no_exchange_is_refused_and_costs_one_process_at_the_most(library: Library, tmp_path: Path) -> None:
    for name, hint in (("XHKGG", 'did you mean "XHKG"'), ("a\nb", "see all of them"), ("bank", "see all of them")):
        with pytest.raises(CalendarError, match=hint):
            CalendarBook({}, str(tmp_path), TODAY).calendar(name)
    assert library.asked == ["exchange ", "exchange XHKGG"]


def test_an_edit_makes_another_table(library: Library, tmp_path: Path) -> None:
    table = Definition("desk", bases=("XHKG",), how="based_on")
    edited = Definition("desk", bases=("XHKG",), how="based_on", closed=frozenset({exchange("XHKG").days[-20]}))
    first = CalendarBook({"desk": table}, str(tmp_path), TODAY).calendar("desk")
    second = CalendarBook({"desk": edited}, str(tmp_path), TODAY).calendar("desk")
    assert len(second.days) == len(first.days) - 1
    assert CalendarBook({"desk": table}, str(tmp_path), TODAY).calendar("desk") == first


def test_a_file_of_days_that_changes_makes_another_table(library: Library, tmp_path: Path) -> None:
    days = tmp_path / "days.csv"
    table = Definition("bank", weekdays=(0, 1, 2), timezone="UTC", closed_from=str(days))
    days.write_text("2026-12-21\n", encoding="utf-8")
    first = CalendarBook({"bank": table}, str(tmp_path), TODAY).calendar("bank")
    days.write_text("2026-12-22\n", encoding="utf-8")
    second = CalendarBook({"bank": table}, str(tmp_path), TODAY).calendar("bank")
    assert set(first.days) ^ set(second.days) == {20808, 20809}


def test_weekdays_stand_for_an_exchange_while_there_is_no_library(
    library: Library, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(book, "version", lambda _library: "")
    table = Definition("us", bases=("XHKG",), how="based_on", weekdays=(0, 1, 2, 3, 4), fallback_zone="Asia/Hong_Kong")
    found = CalendarBook({"us": table}, str(tmp_path), TODAY)
    assert found.calendar("us").zone == "Asia/Hong_Kong"
    assert found.fallbacks == {"us"}
    monkeypatch.setattr(book, "version", lambda _library: "1.0")
    again = CalendarBook({"us": table}, str(tmp_path), TODAY)
    assert again.calendar("us").days == exchange("XHKG").days
    assert not again.fallbacks


# --- the real child process -----------------------------------------------------------------------------------------


def test_the_child_answers_each_request_by_itself(tmp_path: Path) -> None:
    names, wrong, missing = ask(["exchange ", "exchange nothing", f"events {tmp_path}/nowhere.ics"])
    assert isinstance(names, bytes)
    assert {"XNYS", "24/7"} <= set(names.decode().split())
    assert isinstance(wrong, LibraryError)
    assert "cannot make the calendar nothing" in str(wrong)
    assert isinstance(missing, LibraryError)


def test_names_are_kept(tmp_path: Path) -> None:
    assert exchange_names(str(tmp_path)) == exchange_names(str(tmp_path))
    assert len(exchange_names(None)) > 70


def test_the_version_is_that_of_the_installation() -> None:
    from importlib.metadata import version as installed

    assert version("exchange_calendars") == installed("exchange_calendars")
    assert version("icalendar") == installed("icalendar")
    assert version("no_such_library_anywhere") == ""


def test_a_state_directory_of_somebody_else_is_left_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: os.getuid() + 1)
    assert not cache.write_file(str(tmp_path), str(tmp_path / "calendars" / "a"), b"x")
    assert not Path(tmp_path / "calendars").exists()
