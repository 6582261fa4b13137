"""What all shipped scripts have in common, and the feed that fails on purpose."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from tests.config.shipped import SCRIPTS, closes, table, write_prices

if TYPE_CHECKING:
    from pathlib import Path

    from tests.config.conftest import Reports

ALL = sorted(path.name for path in SCRIPTS.glob("*.py") if "__main__" in path.read_text(encoding="utf-8"))
QUICK = {
    "sweep_parameters.py": ["--fast", "20", "--slow", "50", "--symbol", "EUR/USD"],
    "fetch_quotes.py": ["--pace", "0"],
}
QUIET_MINUTE = {"PEAK_SCHEDULED_FOR": "2026-11-23T07:31:00+01:00", "PEAK_ATTEMPT": "2"}


@pytest.mark.parametrize("script", ALL)
def test_runs_from_any_directory_and_writes_the_file_it_names(reports: Reports, tmp_path: Path, script: str) -> None:
    done = reports.run(script, "--tag", "t.1", *QUICK.get(script, []), cwd=tmp_path, env=QUIET_MINUTE)
    assert (done.returncode, done.stderr) == (0, "")
    [line] = [line for line in done.stdout.splitlines() if line.startswith("wrote ")]
    named = tmp_path / line.removeprefix("wrote ")
    assert [path for path in reports.folder.rglob("*") if path.is_file()] == [named]
    assert named.stem.endswith("_t.1")
    assert len(done.stdout.splitlines()) > 2
    assert "\x1b" not in done.stdout


@pytest.mark.parametrize("script", ALL)
def test_help_says_what_the_script_does(reports: Reports, script: str) -> None:
    done = reports.run(script, "--help")
    assert done.returncode == 0
    assert "--prices FILE" in done.stdout


@pytest.mark.parametrize("script", ALL)
def test_missing_prices_are_one_sentence(reports: Reports, script: str) -> None:
    assert "there is no price file nowhere.csv" in reports.refusal(script, "--prices", "nowhere.csv")


@pytest.mark.parametrize("script", sorted({*ALL} - {"feed_heartbeat.py"}))  # one price is a sign of life
def test_too_short_a_history_is_refused(reports: Reports, tmp_path: Path, script: str) -> None:
    prices = write_prices(tmp_path / "short.csv", **{"EUR/USD": [1.1]})
    reports.refusal(script, "--prices", prices)


@pytest.mark.parametrize("script", ["run_forward_signals.py", "sweep_parameters.py"])
def test_unknown_symbol_names_the_nearest(reports: Reports, script: str) -> None:
    assert "did you mean EUR/USD?" in reports.refusal(script, "--symbol", "eur/usb")
    assert "it has EUR/USD, EUR/GBP" in reports.refusal(script, "--symbol", "BTC/XYZ@1")


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("", ":1: the header must be"),
        ("date,A,A\n", ":1: the header must be"),
        ("date,A\n", "has a header and no prices."),
        ("date,A\n2024-01-02,1.0\n2024-01-03\n", ":3: 1 columns where the header has 2."),
        ("date,A\n2024-01-02,1.0\n2024-01-02,1.1\n", ":3: 2024-01-02 does not come after 2024-01-02"),
        ("date,A\n02.01.2024,1.0\n", ":2: '02.01.2024' is not a date"),
        ("date,A\n2024-01-02,N/A\n", ":2: 'N/A' is not a price of A."),
        ("date,A\n2024-01-02,-1\n", ":2: '-1' is not a price of A."),
        ("date,A\n2024-01-02,inf\n", ":2: 'inf' is not a price of A."),
    ],
)
def test_broken_prices_are_refused_with_their_line(reports: Reports, tmp_path: Path, text: str, complaint: str) -> None:
    path = tmp_path / "prices.csv"
    path.write_text(text, encoding="utf-8")
    assert complaint in reports.refusal("feed_heartbeat.py", "--prices", str(path))


def test_prices_that_are_no_text_or_no_file_are_refused(reports: Reports, tmp_path: Path) -> None:
    binary = tmp_path / "binary.csv"
    binary.write_bytes(b"date,A\n\xff\xfe")
    assert "cannot read the price file" in reports.refusal("scan_markets.py", "--prices", str(binary))
    assert "Is a directory." in reports.refusal("scan_markets.py", "--prices", str(tmp_path))


@pytest.mark.parametrize(
    ("script", "flags"),
    [
        ("run_forward_signals.py", ["--fast", "50", "--slow", "20"]),
        ("run_forward_signals.py", ["--bars", "30"]),
        ("run_forward_signals.py", ["--bars", "-5"]),
        ("run_forward_signals.py", ["--timeframe", "1h"]),
        ("run_forward_signals.py", ["--strategy", "martingale"]),
        ("run_forward_signals.py", ["--tag", "../../etc/x"]),
        ("scan_markets.py", ["--top-n", "0"]),
        ("sweep_parameters.py", ["--fast", "60", "--slow", "50"]),
        ("sweep_parameters.py", ["--fast", "60:5:5"]),
        ("sweep_parameters.py", ["--fast", "1:9:0"]),
        ("sweep_parameters.py", ["--pace", "-1"]),
        ("sweep_parameters.py", ["--slow", "1530"]),
        ("fetch_quotes.py", ["--pace", "nan"]),
        ("initial_setup.py", ["--no-such-flag"]),
    ],
)
def test_senseless_flags_are_one_sentence(reports: Reports, script: str, flags: list[str]) -> None:
    reports.refusal(script, *flags)


def test_reports_that_cannot_be_written_are_one_sentence(reports: Reports) -> None:
    reports.folder.write_text("in the way", encoding="utf-8")
    assert "cannot write" in reports.refusal("scan_markets.py")
    assert "cannot make the report folder" in reports.refusal("initial_setup.py")


def test_a_new_report_replaces_the_old_one_and_leaves_nothing_else(reports: Reports) -> None:
    first = json.loads(reports.written("feed_heartbeat.py"))
    second = json.loads(reports.written("feed_heartbeat.py"))
    assert (first["beat"], second["beat"]) == (1, 2)
    assert [path.name for path in (reports.folder / "feed").iterdir()] == ["heartbeat.json"]


def test_heartbeat_starts_anew_after_a_damaged_one(reports: Reports) -> None:
    path = reports.folder / "feed" / "heartbeat.json"
    path.parent.mkdir(parents=True)
    path.write_text("[1, 2", encoding="utf-8")
    assert json.loads(reports.written("feed_heartbeat.py"))["beat"] == 1


def test_setup_makes_the_report_folders(reports: Reports) -> None:
    assert json.loads(reports.written("initial_setup.py"))["days"] == len(closes("EUR/USD"))
    folders = {path.name for path in reports.folder.iterdir() if path.is_dir()}
    assert folders == {"feed", "forward_signals", "market_scan", "risk", "sweeps"}


def test_colours_are_shown_only_when_forced(reports: Reports) -> None:
    assert "\x1b[31m" in reports.run("scan_markets.py", env={"FORCE_COLOR": "1"}).stdout
    assert "\x1b[" not in reports.run("scan_markets.py", env={"FORCE_COLOR": ""}).stdout


@pytest.mark.parametrize(
    ("minute", "attempt", "fails"),
    [
        (0, 1, True), (0, 3, True), (45, 2, True),  # each attempt of a fifteenth minute
        (5, 1, True), (5, 2, False), (10, 1, True),  # the first attempt of a fifth minute
        (7, 1, False), (59, 1, False),
    ],
)  # fmt: skip
def test_feed_fails_by_the_minute_of_the_slot(reports: Reports, minute: int, attempt: int, fails: bool) -> None:
    quotes = reports.folder / "feed" / "quotes.csv"
    quotes.parent.mkdir(parents=True)
    quotes.touch()  # not the first connection any more
    slot = {"PEAK_SCHEDULED_FOR": f"2026-11-23T07:{minute:02}:00+01:00", "PEAK_ATTEMPT": str(attempt)}
    done = reports.run("fetch_quotes.py", "--pace", "0", env=slot)
    assert done.returncode == int(fails)
    assert ("on purpose" in done.stderr) is fails


def test_first_connection_ever_fails_and_its_retry_gets_quotes(reports: Reports) -> None:
    slot = {"PEAK_SCHEDULED_FOR": "2026-11-23T07:31:20Z"}
    assert reports.run("fetch_quotes.py", "--pace", "0", env=slot | {"PEAK_ATTEMPT": "1"}).returncode == 1
    quotes = table(reports.written("fetch_quotes.py", "--pace", "0", env=slot | {"PEAK_ATTEMPT": "2"}))
    assert len(quotes) == 8
    assert float(quotes[0]["rate"]) in closes("EUR/USD")


def test_feed_refuses_a_slot_that_is_no_time(reports: Reports) -> None:
    assert "'noon'" in reports.refusal("fetch_quotes.py", env={"PEAK_SCHEDULED_FOR": "noon"})
