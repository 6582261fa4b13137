"""``sessions``: a calendar as schedules see it."""

from __future__ import annotations

import json
from datetime import date
from typing import TYPE_CHECKING, Any

import pytest

from peak_console.cli import main
from tests.support.exchanges import exchange, oracle

if TYPE_CHECKING:
    from pathlib import Path

JOBS = (
    '[scheduler]\ntimezone = "UTC"\n[calendars.bank]\nweekdays = ["mon", "tue", "wed", "thu", "fri"]\n'
    'closed = ["2026-12-24"]\n'
)


@pytest.fixture(autouse=True)
def in_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "jobs.toml").write_text(JOBS, encoding="utf-8")
    monkeypatch.chdir(tmp_path)


def shown(capsys: pytest.CaptureFixture[str], *words: str) -> tuple[int, str, str]:
    code = main(["--config", "jobs.toml", "sessions", *words])
    said = capsys.readouterr()
    return code, said.out, said.err


def listed(capsys: pytest.CaptureFixture[str], *words: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(shown(capsys, *words, "--json")[1])
    return found


@pytest.mark.parametrize("name", ["XNYS", "XHKG", "CMES"])
def test_json_is_what_the_library_says(capsys: pytest.CaptureFixture[str], name: str) -> None:
    exchange(name)
    rows = {row.day: row for row in oracle(name).rows}
    found = listed(capsys, name, "--from", "2026-12-01", "--to", "2027-01-31")
    assert len(found) == 62
    for each in found:
        row = rows.get(date.fromisoformat(each["day"]))
        assert each["session"] == (row is not None)
        expected = (row.open, row.break_start, row.break_end, row.close) if row is not None else (None,) * 4
        hours = [each[key] for key in ("open", "break_start", "break_end", "close")]
        assert [None if at is None else date_time(at) for at in hours] == list(expected)


def date_time(text: str) -> Any:
    from datetime import UTC, datetime

    return datetime.fromisoformat(text).astimezone(UTC)


def test_the_table_names_half_days_and_closed_days(capsys: pytest.CaptureFixture[str]) -> None:
    exchange("XHKG")
    code, out, err = shown(capsys, "XHKG", "--from", "2026-12-23", "--to", "2026-12-25")
    assert code == 0
    assert err == ""
    lines = [" ".join(line.split()) for line in out.splitlines()]
    assert lines[1:] == [
        "2026-12-23 Wed 09:30 HKT 12:00–13:00 16:00 HKT",
        "2026-12-24 Thu 09:30 HKT 12:00 HKT closes early",
        "2026-12-25 Fri closed",
    ]


def test_a_table_of_ones_own_and_where_it_ends(capsys: pytest.CaptureFixture[str]) -> None:
    _, out, err = shown(capsys, "bank", "--from", "2026-12-24", "--to", "2027-01-02")
    assert [" ".join(line.split()) for line in out.splitlines()][1:3] == [
        "2026-12-24 Thu closed",
        "2026-12-25 Fri open",
    ]
    assert "known up to 2026-12-31" in err


def test_without_a_name_it_lists_all(capsys: pytest.CaptureFixture[str]) -> None:
    names = [each["name"] for each in listed(capsys)]
    assert names[0] == "bank"
    assert {"XNYS", "XLON", "24/7"} <= set(names)


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["XNYX"], 'did you mean "XNYS"'),
        (["bank", "--from", "2026-12-24", "--to", "2026-12-01"], "lies before"),
        (["bank", "--from", "soon"], "neither a time nor a duration"),
    ],
)
def test_what_is_wrong_is_said(capsys: pytest.CaptureFixture[str], words: list[str], message: str) -> None:
    code, _, err = shown(capsys, *words)
    assert code == 2
    assert message in err


@pytest.mark.parametrize("name", ["XNYS", "XHKG"])
def test_a_calendar_stands_beside_the_library_s_own_table(capsys: pytest.CaptureFixture[str], name: str) -> None:
    exchange(name)
    span = ("--from", "2026-12-20", "--to", "2026-12-31")
    code, out, err = shown(capsys, name, "--compare", *span)
    assert (code, out.count("the same"), "DIFFERS" in out) == (0, 12, False)
    assert f"{name}: all 12 days are" in err
    exchange(name).kept.clear()
    assert {each["library_agrees"] for each in listed(capsys, name, "--compare", *span)} == {True}


def test_a_day_that_differs_from_the_library_is_named(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    exchange("XNYS")
    told = b"2026-12-24 1798122600 - - 1798146000"
    monkeypatch.setattr("peak_console.verbs.ahead.sessions.ask", lambda _requests: [told])
    code, out, err = shown(capsys, "XNYS", "--compare", "--from", "2026-12-24", "--to", "2026-12-25")
    assert code == 1
    assert "DIFFERS: 09:30 - - 16:00" in out
    assert "1 of 2 days differ" in err


def test_a_table_of_one_s_own_has_no_library_to_be_compared_with(capsys: pytest.CaptureFixture[str]) -> None:
    code, _, err = shown(capsys, "bank", "--compare")
    assert code == 2
    assert "--compare: bank is a table of the jobs file; name an exchange" in err
