"""An array is one line with a bar, in the table and in the history, and opens into its runs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hypothesis import given
from hypothesis import strategies as st

from peak_console.jobs.arrays import member_name
from peak_console.jobs.model import Array
from peak_console.model.progress import Progress
from peak_console.model.records import Claim, Outcome
from peak_console.tui.history.run_table import RunTable
from peak_console.tui.history.screen import HistoryScreen
from peak_console.tui.jobs.cells import progress_bar
from peak_console.values import replace
from tests.support.factories import make_job
from tests.tui.console import running
from tests.tui.rooms import settled
from tests.tui.stage import Stage

if TYPE_CHECKING:
    from pathlib import Path

    from peak_console.model.records import Run
    from tests.tui.console import Console


def sweeping(directory: Path) -> tuple[Stage, Run, list[Run]]:
    """An array of four runs, of which one has succeeded, one has failed, one runs and one waits."""
    job = replace(make_job("sweep", interval_seconds=3600), array=Array((0, 1, 2, 3), 1))
    stage = Stage(directory, job, make_job("other"))
    started, store = stage.ago(60), stage.store
    (whole,) = store.claim([Claim("sweep", started, array_indexes="0-3")], started, "4711 then")
    store.started(whole.id, started, None)
    members = store.claim(
        [
            Claim(member_name("sweep", n), started, queued=True, array_of=whole.id, array_index=n)
            for n in range(4)
        ],
        started,
        "4711 then",
    )  # fmt: skip
    for run in members[:3]:
        store.take_from_queue(run.id, "4711 then")
        store.started(run.id, started, f"{5000 + run.id} then")
    stage.write(members[1], "part 1 of the sweep\n", "", 60)
    store.finish(members[0].id, Outcome.SUCCEEDED, 0, stage.ago(30))
    store.finish(members[1].id, Outcome.FAILED, 3, stage.ago(20))
    return stage, whole, members


def listed(console: Console) -> list[str]:
    return [run.job for run in console.screen.query_one(RunTable)._runs.items]


async def press(console: Console, *keys: str) -> None:
    for key in keys:
        await console.pilot.press(key)
        await settled(console.pilot)


async def test_an_array_is_one_line_that_opens_into_its_runs(tmp_path: Path) -> None:
    stage, whole, members = sweeping(tmp_path)
    async with running(stage) as console:
        snapshot = console.app.feed.snapshot
        assert snapshot is not None
        row = next(row for row in snapshot.rows if row.name == "sweep")
        assert row.view.progress == Progress(4, 1, 1, 1)
        await press(console, "6")
        assert listed(console) == ["sweep"]
        await press(console, "enter")
        assert console.shows(HistoryScreen)
        assert listed(console) == [run.job for run in reversed(members)]
        await press(console, "down", "down", "enter")
        assert not console.shows(HistoryScreen)
        shown = console.app.shown_run.run()
        assert shown is not None
        assert (shown.id, console.app.layout.jobs.cursor_name) == (members[1].id, "sweep")
        await press(console, "6")
        assert listed(console)[0] == "sweep[3]"
        await press(console, "escape")
        assert listed(console) == ["sweep"]
        assert whole.array_indexes == "0-3"


@given(st.integers(1, 60), *(st.integers(0, 500) for _ in range(4)))
def test_the_bar_is_as_wide_as_its_column_and_full_only_at_the_end(
    width: int, succeeded: int, failed: int, under_way: int, waiting: int
) -> None:
    size = succeeded + failed + under_way + waiting
    cells = progress_bar(Progress(size, succeeded, failed, under_way), width)
    assert sum(len(text) for text, _ in cells) == width
    assert len(cells[-1][0]) > 0 or not waiting or width < 4
    if size and width >= 4:
        assert all(
            bool(text) == bool(number)
            for (text, _), number in zip(cells[:3], (succeeded, failed, under_way), strict=True)
        )
