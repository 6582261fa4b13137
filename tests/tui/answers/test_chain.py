"""The chain of a job as a tree: from every place, true while it is open, and a way to each of its jobs."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from peak_console.jobs.model import Upstream
from peak_console.model.records import Outcome
from peak_console.tui.answers.chain import ChainLine, ChainList, ChainScreen, pieces_of
from peak_console.tui.details.screen import JobDetails
from tests.support.factories import make_job
from tests.tui.app.test_snapshots import by_size
from tests.tui.console import covers, running
from tests.tui.rooms import pressing, settled
from tests.tui.stage import Stage

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.tui.console import Console

    SnapCompare = Callable[..., bool]


def chained(directory: Path) -> Stage:
    """Quotes and rates, of which signals and then the report are made; and a job on its own."""
    after = tuple(Upstream(job) for job in ("fetch_quotes", "fetch_rates"))
    stage = Stage(
        directory,
        make_job("fetch_quotes", daily_time="08:00"),
        make_job("fetch_rates", daily_time="08:00"),
        make_job("signals", daily_time="08:10", after=after),
        make_job("report", daily_time="08:20", after=(Upstream("signals"),)),
        make_job("alone", interval_seconds=60),
    )
    stage.ran("fetch_quotes", 600)
    stage.ran("fetch_rates", 600, outcome=Outcome.FAILED)
    stage.running("signals", 5)
    return stage


def lines(console: Console) -> list[str]:
    assert console.shows(ChainScreen)
    chain = console.screen.query_one(ChainList)
    return [chain.render_line(y).text.rstrip() for y in range(chain.size.height)]


@covers("chain")
async def test_the_tree_shows_states_and_begins_at_the_job(tmp_path: Path) -> None:
    async with running(chained(tmp_path)) as console:
        await console.go_to("report")
        await console.press("C")
        shown = lines(console)
        assert len(shown) == 5  # signals stands below each of the two; what stood before is not repeated
        assert any("✖ fetch_rates  failed" in line for line in shown)
        assert any("▶ signals  running  (after fetch_quotes, fetch_rates)" in line for line in shown)
        assert console.screen.query_one(ChainList).job == "report"
        console.stage.store.finish(3, Outcome.SUCCEEDED, 0, console.stage.ago(0))
        await console.refresh()
        assert not any("running" in line for line in lines(console))


async def test_enter_goes_to_the_job_from_table_details_and_rooms(tmp_path: Path) -> None:
    async with running(chained(tmp_path)) as console:
        await console.go_to("report")
        await console.press("C", "home", "enter")
        assert (console.cursor, console.app.layout.focused) == ("fetch_quotes", "jobs")
        await console.press("enter", "C", "down", "enter")
        assert console.shows(JobDetails)
        assert console.app.details.job == "signals"
        assert "signals" in str(console.screen.query_one("#headline").render())
        await console.press("escape", "6")
        await settled(console.pilot)
        await console.press("C", "home", "enter")
        assert len(console.app.screen_stack) == 1
        assert console.cursor == "fetch_quotes"


async def test_a_job_on_its_own_shows_all_chains_and_a_file_without_chains_says_so(tmp_path: Path) -> None:
    async with running(chained(tmp_path)) as console:
        await console.go_to("alone")
        await console.press("C")
        assert len(lines(console)) == 5
        await console.press("escape")
        console.stage.session.define(make_job("alone", interval_seconds=60))
        await console.refresh()
        await settled(console.pilot)
        await console.press("C")
        assert console.toasts[-1][1] == "no job waits for another: see after in the jobs file"


def test_a_name_of_any_kind_stands_whole_in_its_line() -> None:
    line = ChainLine("a\x1b[0m job", "├─ a�[0m job  running", "running")
    assert "\x1b" not in "".join(text for text, _ in pieces_of(line))


@pytest.mark.parametrize("size", [(80, 24), (120, 36), (180, 48)], ids=by_size)
def test_the_chain_as_it_looks(snap_compare: SnapCompare, tmp_path: Path, size: tuple[int, int]) -> None:
    assert snap_compare(chained(tmp_path).app(), terminal_size=size, run_before=pressing("C"))
