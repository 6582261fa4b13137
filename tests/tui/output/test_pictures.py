"""The output pane as it looks."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest

from peak_console.model.records import Outcome
from peak_console.tui.output.view import OutputView
from tests.tui.harness import make_run
from tests.tui.output_stage import OutputApp, RunDirectory, ended, live, numbered

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine

    from textual.pilot import Pilot

    SnapCompare = Callable[..., bool]
    RunBefore = Callable[[Pilot[None]], Coroutine[Any, Any, None]]

OUT = b"""checking 3 positions against \x1b[4mconfig/live_limits.toml\x1b[0m
BTC/EUR  exposure \x1b[1m0.61\x1b[0m > limit 0.50   \x1b[31mbreach\x1b[0m
ETH/EUR  exposure 0.22 < limit 0.50   \x1b[32mok\x1b[0m
DAX      exposure 0.31 < limit 0.80   \x1b[38;5;114mok\x1b[0m
"""
ERR = b"""Traceback (most recent call last):
  File "scripts/check_live_risk_limits.py", line 88, in main
    raise RiskLimitExceeded(position)
RiskLimitExceeded: BTC/EUR exposure 0.61 > limit 0.50
"""
EIGHT = int(datetime(2026, 11, 23, 7, 0, tzinfo=UTC).timestamp() * 1000)


def failing(run: RunDirectory) -> OutputApp:
    first, *rest = OUT.splitlines(keepends=True)
    run.write(first, at=EIGHT + 412)
    run.write(b"".join(rest), at=EIGHT + 871)
    run.write(err=ERR, at=EIGHT + 873)
    now = datetime.fromtimestamp(EIGHT / 1000 + 4, UTC)
    failed = make_run(1287, "daily_risk_check", outcome=Outcome.FAILED, attempt=2, now=now, ended_ago=2.797, took=0.8)
    return OutputApp(failed, run, "peak-dark", now=now, retry_at=now + timedelta(seconds=57), retries=3)


def sweeping(run: RunDirectory) -> OutputApp:
    for number in range(60):
        sharpe = (number * 37 % 29) / 10
        mark = b"\x1b[32m" if sharpe > 2 else b"\x1b[2m" if sharpe < 1 else b""
        line = b"fast=%2d slow=%3d  sharpe %s%.2f\x1b[0m  drawdown %4.1f %%\n"
        warn = b"WARNING fast=%d: only 14 trades\n" % number if number % 9 == 8 else b""
        run.write(line % (number, 20 + 5 * number, mark, sharpe, number * 13 % 40), warn, at=EIGHT + number * 730)
    run.write(b"sweep 61 of 200  30 %\rsweep 62 of 200  31 %", at=EIGHT + 44_000)
    return OutputApp(live(), run, "peak-dark")


def wordy(run: RunDirectory) -> OutputApp:
    run.write(b"short\n" + b"a JSON line: {" + b'"price": 64012.5, "volume": 12, ' * 12 + b"}\n", at=EIGHT)
    run.write("größer: 価格 64.012,50 €  [red]no markup[/]  tab\tstop  bell \x07  \u202ertl\n".encode(), at=EIGHT + 5)
    run.write(err=b"x" * 9000 + b"\n", at=EIGHT + 9)
    return OutputApp(ended(), run, "peak-dark")


def dropping(run: RunDirectory) -> OutputApp:
    run.write(numbered(6), at=EIGHT)
    run.write(b"".join(b"tick %06d\n" % number for number in range(200_000)), at=EIGHT + 1000)
    run.drop("out", 42 + 12 * 5, 42 + 12 * 199_990)
    return OutputApp(ended(), run, "peak-dark")


async def nothing(pilot: Pilot[None]) -> None:
    await pilot.pause()


async def find_ok(pilot: Pilot[None]) -> None:
    view = pilot.app.query_one(OutputView)
    view.search("e")
    view.search("exposure")
    await pilot.press("n")


async def find_sharpe(pilot: Pilot[None]) -> None:
    await pilot.press("l", "T")
    pilot.app.query_one(OutputView).search("2.1")
    await pilot.press("N", "N")


async def scroll_to_top(pilot: Pilot[None]) -> None:
    await pilot.press("home")


@pytest.mark.parametrize(
    ("make", "before", "size"),
    [
        pytest.param(failing, nothing, (110, 16), id="failed"),
        pytest.param(failing, nothing, (80, 16), id="failed-narrow"),
        pytest.param(failing, find_ok, (110, 16), id="search"),
        pytest.param(sweeping, nothing, (96, 18), id="running"),
        pytest.param(sweeping, find_sharpe, (70, 18), id="scrolled-search-without-times"),
        pytest.param(wordy, scroll_to_top, (80, 18), id="wrapped"),
        pytest.param(dropping, nothing, (90, 20), id="dropped"),
    ],
)
def test_picture(
    run: RunDirectory,
    snap_compare: SnapCompare,
    make: Callable[[RunDirectory], OutputApp],
    before: RunBefore,
    size: tuple[int, int],
) -> None:
    assert snap_compare(make(run), run_before=before, terminal_size=size)


@pytest.mark.parametrize("theme", ["peak-light", "peak-16", "peak-colour-blind"])
def test_picture_in_another_theme(run: RunDirectory, snap_compare: SnapCompare, theme: str) -> None:
    app = failing(run)
    app._theme = theme
    assert snap_compare(app, run_before=find_ok, terminal_size=(110, 16))


def test_picture_of_nothing(run: RunDirectory, snap_compare: SnapCompare) -> None:
    assert snap_compare(OutputApp(live(), run, "peak-dark"), terminal_size=(80, 12))
