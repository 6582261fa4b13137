"""The output pane: following, moving, searching, saving; its pictures are in ``test_output_pictures``."""

from __future__ import annotations

import os
import threading
import time
from datetime import timedelta
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest

from peak_console.model.records import Outcome, Run, RunState
from peak_console.runs.output.recorder import OutputRecorder
from peak_console.tui.output import background as output_work
from peak_console.tui.output.run import INDEXED_AT_ONCE_BYTES
from peak_console.tui.output.view import OutputView
from tests.tui.harness import ZONE, Posted, fixed_now, make_run
from tests.tui.output_stage import OutputApp, RunDirectory, ended, live, numbered, until

if TYPE_CHECKING:
    from pathlib import Path


# Following, and moving about.


async def test_growing_output_is_followed(run: RunDirectory) -> None:
    run.write(numbered(50), at=1_000_000)
    app = OutputApp(live(), run)
    async with app.run_test(size=(60, 12)) as pilot:
        assert app.screen_text()[-1] == "01:16:40.000  line 49"
        run.write(numbered(3, 50), b"oops\n", at=1_000_500)
        app.view.refresh_output()
        await pilot.pause()
        assert app.screen_text()[-2:] == ["01:16:40.500  line 52", "01:16:40.500 ▌oops"]
        assert app.borders() == ("2 Output · sweep #7 · ▶ running since 14:53:43", "follow ─ wrap ─ 54 lines")


async def test_who_scrolls_up_is_left_alone_until_the_end(run: RunDirectory) -> None:
    run.write(numbered(50))
    app = OutputApp(live(), run)
    async with app.run_test(size=(60, 12)) as pilot:
        app.view.toggle_timestamps()
        await pilot.press("up")
        assert (app.view.follow, app.borders()[1]) == (False, "wrap ─ 50 lines")
        run.write(numbered(50, 50))
        app.view.refresh_output()
        await pilot.pause()
        assert app.screen_text()[-1] == " line 48"
        await pilot.press("end")
        assert (app.view.follow, app.screen_text()[-1]) == (True, " line 99")


@pytest.mark.parametrize(
    ("keys", "first"),
    [
        (["pageup"], "line 81"),
        (["k", "k"], "line 88"),
        (["home"], "line 0"),
        (["home", "pagedown"], "line 9"),
        (["home", "down", "j"], "line 2"),
        (["home", "end"], "line 90"),
        (["home", "G"], "line 90"),
    ],
)
async def test_keys_move_the_window(run: RunDirectory, keys: list[str], first: str) -> None:
    run.write(numbered(100))
    app = OutputApp(live(), run)
    async with app.run_test(size=(60, 12)) as pilot:
        app.view.toggle_timestamps()
        await pilot.press(*keys)
        assert app.screen_text()[0].strip() == first


async def test_the_wheel_and_the_scrollbar_move_the_window(run: RunDirectory) -> None:
    run.write(numbered(100))
    app = OutputApp(live(), run)
    async with app.run_test(size=(60, 12)) as pilot:
        app.view.toggle_timestamps()
        await pilot._post_mouse_events([_wheel_up()], OutputView, offset=(5, 5))
        assert app.screen_text()[0].strip() == "line 87"
        await pilot.mouse_down(OutputView, offset=(58, 1))
        assert app.screen_text()[0].strip() == "line 0"
        await pilot.hover(OutputView, offset=(30, 6))
        assert app.screen_text()[0].strip() == "line 50"
        await pilot.mouse_up(OutputView, offset=(30, 10))
        assert app.screen_text()[0].strip() == "line 90"
        await pilot.hover(OutputView, offset=(30, 2))
        assert app.screen_text()[0].strip() == "line 90"


def _wheel_up() -> Any:
    from textual.events import MouseScrollUp

    return MouseScrollUp


# How lines are shown, and what is said of the run.


async def test_wrapping_times_and_sideways(run: RunDirectory) -> None:
    run.write(b"0123456789" * 9 + b"\n", at=0)
    posted = Posted()
    app = OutputApp(live(), run)
    async with app.run_test(size=(54, 12), message_hook=posted) as pilot:
        assert [len(row) for row in app.screen_text()[:4]] == [51, 51, 14 + 90 - 2 * 37, 0]
        await pilot.press("l")
        assert app.screen_text()[:2] == ["01:00:00.000  " + "0123456789" * 3 + "012345›", ""]
        await pilot.press("T")
        assert app.screen_text()[0] == " " + "0123456789" * 4 + "012345678›"
        await pilot.press("right")
        assert app.screen_text()[0].startswith(" 89012345")
        await pilot.press("left")
        assert app.screen_text()[0].startswith(" 01234567")
    assert [(m.wrap, m.timestamps) for m in posted.of(OutputView.ModesChanged)] == [(False, True), (False, False)]


async def test_a_run_says_how_it_ended_and_when_it_is_tried_again(run: RunDirectory) -> None:
    run.write(b"text\n")
    failed = make_run(1287, "risk", outcome=Outcome.FAILED, took=0.8, ended_ago=59, attempt=2)
    due = fixed_now() + timedelta(seconds=1)
    app = OutputApp(failed, run, retry_at=due, retries=3)
    async with app.run_test(size=(90, 12)) as pilot:
        assert app.screen_text()[1] == "── exit 2 · 14:54:49.000 · retry 2 of 3 at 14:55:49 ──"
        assert app.borders()[0] == "2 Output · risk #1287 · ✖ failed (exit 2) after 0.8s · due 14:54 · attempt 2"
        app.view.show_run(failed, str(run), due, zone=ZONE, retry_at=due, retries=3)
        await pilot.pause()
        assert app.screen_text()[1] == "── exit 2 · 14:54:49.000 ──"


async def test_being_told_the_same_again_paints_nothing(run: RunDirectory, monkeypatch: pytest.MonkeyPatch) -> None:
    run.write(b"text\n", at=0)
    app = OutputApp(ended(), run)
    async with app.run_test(size=(60, 12)) as pilot:
        await pilot.pause()
        painted: list[int] = []
        monkeypatch.setattr(app.view, "refresh", lambda *_args, **_kwargs: painted.append(1))
        app.view.show_run(ended(), str(run), fixed_now() + timedelta(seconds=1), zone=ZONE)
        app.view.refresh_output()
        assert not painted
        app.view.show_run(ended(outcome=Outcome.FAILED), str(run), fixed_now(), zone=ZONE)
        assert painted


# Output that is not there, comes later, or goes.


@pytest.mark.parametrize(
    ("shown", "words"),
    [
        (None, "no run yet"),
        (live(), "no output yet"),
        (ended(), "it printed nothing"),
        (ended(outcome=Outcome.MISSED, reason="engine was down"), "missed: engine was down"),
        (ended(outcome=Outcome.NOT_STARTED, reason="no such file"), "not started: no such file"),
    ],
)
async def test_why_there_is_nothing_is_said(run: RunDirectory, shown: Run | None, words: str) -> None:
    app = OutputApp(shown, run)
    async with app.run_test(size=(60, 12)):
        assert [row.strip() for row in app.screen_text() if row] == [words]


async def test_pruned_output_says_so(tmp_path: Path) -> None:
    app = OutputApp(ended(), str(tmp_path / "gone"))
    async with app.run_test(size=(60, 12)):
        assert [row.strip() for row in app.screen_text() if row] == ["its output has been pruned"]


async def test_output_that_begins_later_appears(tmp_path: Path) -> None:
    app = OutputApp(live(state=RunState.CLAIMED, started_at=None), str(tmp_path / "run"))
    async with app.run_test(size=(60, 12)) as pilot:
        assert app.borders()[0].startswith("2 Output · sweep #7 · ◷ starting")
        run = RunDirectory(tmp_path / "run")
        run.write(b"first\n", at=0)
        app.view.show_run(live(), str(run), fixed_now(), zone=ZONE)
        await pilot.pause()
        assert app.screen_text()[0] == "01:00:00.000  first"


async def test_output_is_kept_on_the_screen_after_it_was_pruned(run: RunDirectory) -> None:
    run.write(b"text\n")
    app = OutputApp(ended(), run)
    async with app.run_test(size=(60, 12)) as pilot:
        for name in os.listdir(run.path):
            (run.path / name).unlink()
        run.path.rmdir()
        app.view.refresh_output()
        app.view.toggle_timestamps()
        await pilot.pause()
        assert app.screen_text()[0] == " text"


async def test_a_job_that_cuts_its_own_output_short_is_shown_anew(run: RunDirectory) -> None:
    run.write(numbered(1000), at=0)
    app = OutputApp(live(), run)
    async with app.run_test(size=(60, 12)) as pilot:
        os.truncate(run.path / "stdout.log", 0)
        with (run.path / "stdout.log").open("a") as file:
            file.write("fresh\n")
        app.view.refresh_output()
        await pilot.pause()
        assert app.screen_text()[0].strip().endswith("fresh")
        assert app.borders()[1].endswith("1 line")


async def test_how_much_the_job_has_deleted_of_its_output_is_said(run: RunDirectory) -> None:
    run.write(numbered(10), at=0)
    app = OutputApp(live(), run)
    async with app.run_test(size=(100, 12)) as pilot:
        recorder = OutputRecorder(str(run.path), 0)
        recorder.sample(fixed_now())
        (run.path / "stdout.log").write_bytes(numbered(8, 50))
        recorder.sample(fixed_now() + timedelta(seconds=1))
        app.view.refresh_output()
        await pilot.pause()
        assert app.screen_text()[0].strip().endswith("line 50")
        assert app.borders()[1].startswith("the job deleted 70 B of its output ─ ")


# Searching.


async def test_search_goes_to_the_nearest_match_and_round_the_end(run: RunDirectory) -> None:
    run.write(numbered(100))
    app = OutputApp(live(), run)
    async with app.run_test(size=(60, 12)) as pilot:
        app.view.search("9")
        await pilot.pause()
        assert app.borders()[1] == "/9 · 10 of 19 ── follow ─ wrap ─ 100 lines"
        for key, status in [("n", "11 of 19"), ("N", "10 of 19"), ("N", "9 of 19")]:
            await pilot.press(key)
            assert app.view.search_status == f"/9 · {status}"
        assert "line 89" in "\n".join(app.screen_text())
        app.view.search("line 12")
        assert app.view.search_status == "/line 12 · 1 of 1"
        await pilot.press("n", "n")
        assert app.view.search_status == "/line 12 · 1 of 1"
        app.view.search("nowhere")
        assert app.view.search_status == "/nowhere · not found"
        await pilot.press("n", "escape")
        assert app.view.search_status == ""


async def test_matches_that_come_later_are_counted(run: RunDirectory) -> None:
    run.write(numbered(10))
    app = OutputApp(live(), run)
    async with app.run_test(size=(60, 12)):
        app.view.search("line")
        run.write(numbered(10))
        app.view.refresh_output()
        assert app.view.search_status.endswith("of 20")


# Much output.


async def test_much_output_shows_its_end_at_once_and_is_counted_behind_it(run: RunDirectory) -> None:
    count = INDEXED_AT_ONCE_BYTES // 8
    run.write(numbered(count), at=0)
    app = OutputApp(ended(), run)
    async with app.run_test(size=(70, 12)) as pilot:
        assert app.screen_text()[-2].endswith(f"line {count - 1}")
        await until(pilot, lambda: app.borders()[1].endswith(f"─ {count:,} lines"))
        assert app.screen_text()[-2].endswith(f"line {count - 1}")
        app.view.search(f"line {count // 2}")
        await until(pilot, lambda: app.view.search_status.endswith("1 of 1"))
        assert f"line {count // 2}" in "\n".join(app.screen_text())


async def test_while_it_is_being_counted_the_number_is_a_least_one(run: RunDirectory) -> None:
    run.write(numbered(INDEXED_AT_ONCE_BYTES // 8))
    app = OutputApp(None, run)
    async with app.run_test(size=(70, 12)):
        app.view.show_run(ended(), str(run), fixed_now())
        assert "≥" in app.view.title


async def test_a_place_is_kept_while_the_rest_is_being_indexed(run: RunDirectory) -> None:
    count = INDEXED_AT_ONCE_BYTES // 8
    run.write(numbered(count))
    app = OutputApp(None, run)
    async with app.run_test(size=(70, 12)) as pilot:
        app.view.show_run(live(), str(run), fixed_now())
        app.view.action_scroll(-5)
        await pilot.pause()
        before = app.screen_text()
        await until(pilot, lambda: "≥" not in app.borders()[1])
        assert app.screen_text() == before
        await pilot.press("home")
        assert app.screen_text()[0].strip() == "line 0"


async def test_counting_rests_long_beside_a_job_that_prints_and_briefly_after_its_end(
    run: RunDirectory, monkeypatch: pytest.MonkeyPatch
) -> None:
    rests: list[float] = []
    has_ended = threading.Event()

    def rest(seconds: float) -> None:
        rests.append(seconds)
        assert has_ended.wait(20)

    monkeypatch.setattr(output_work, "time", SimpleNamespace(sleep=rest, monotonic=time.monotonic))
    monkeypatch.setattr(output_work, "WORK_SECONDS", 0)
    count = INDEXED_AT_ONCE_BYTES // 8
    run.write(numbered(count))
    app = OutputApp(None, run)
    async with app.run_test(size=(70, 12)) as pilot:
        app.view.show_run(live(), str(run), fixed_now())
        await until(pilot, lambda: bool(rests))
        app.view.show_run(ended(), str(run), fixed_now())
        has_ended.set()
        await until(pilot, lambda: app.borders()[1].endswith(f"─ {count:,} lines"))
    assert rests[0] == output_work.LONG_REST_SECONDS
    assert set(rests[1:]) == {output_work.REST_SECONDS}


# Other runs, saving, and small screens.


async def test_another_run_is_shown_from_its_end_and_searched_for_the_same(tmp_path: Path) -> None:
    first, second = RunDirectory(tmp_path / "1"), RunDirectory(tmp_path / "2")
    first.write(numbered(100))
    second.write(numbered(7))
    app = OutputApp(live(), first)
    async with app.run_test(size=(60, 12)) as pilot:
        await pilot.press("home")
        app.view.search("line 5")
        app.view.show_run(make_run(8, "sweep"), str(second), fixed_now())
        await pilot.pause()
        assert app.view.search_status == "/line 5 · 1 of 1"
        assert app.screen_text()[6].strip() == "line 6"
        app.view.show_run(None, "", fixed_now())
        assert app.view.title == ""


async def test_what_the_operator_wants_is_posted(run: RunDirectory) -> None:
    run.write(b"text\n")
    posted = Posted()
    app = OutputApp(ended(), run)
    async with app.run_test(size=(60, 12), message_hook=posted) as pilot:
        app.view.search("te")
        await pilot.press("slash", "S", "left_square_bracket", "right_square_bracket")
    assert [message.text for message in posted.of(OutputView.SearchRequested)] == ["te"]
    assert [message.run.id for message in posted.of(OutputView.SaveRequested)] == [7]
    assert [message.by for message in posted.of(OutputView.RunStepRequested)] == [-1, 1]


@pytest.mark.parametrize("times", [True, False])
async def test_saving_writes_the_text_once_and_never_over_a_file(
    run: RunDirectory, tmp_path: Path, times: bool
) -> None:
    run.write(b"\x1b[31mred\x1b[0m \xff\n10%\r20%\n", b"err\n", at=1000)
    run.write(b"unfinished", at=2000)
    path = tmp_path / "saved.txt"
    posted = Posted()
    app = OutputApp(ended(), run)
    async with app.run_test(size=(60, 12), message_hook=posted) as pilot:
        if not times:
            await pilot.press("T")
        app.view.save(str(path))
        await until(pilot, lambda: bool(posted.of(OutputView.Saved)))
        app.view.save(str(path))
        app.view.save(str(tmp_path / "no" / "where"))
        await until(pilot, lambda: len(posted.of(OutputView.SaveFailed)) == 2)
    lines = [b"red \xff", b"20%", b"err", b"unfinished"]
    stamps = [b"01:00:01.000 "] * 3 + [b"01:00:02.000 "] if times else [b""] * 4
    assert path.read_bytes() == b"".join(s + line + b"\n" for s, line in zip(stamps, lines, strict=True))
    assert posted.of(OutputView.Saved)[0].bytes == path.stat().st_size
    assert path.stat().st_mode & 0o777 == 0o600
    messages = {message.message for message in posted.of(OutputView.SaveFailed)}
    assert messages == {
        f'"{path}" exists already; choose another name',
        f'"{tmp_path}/no/where" cannot be written (No such file or directory); choose another place',
    }


@pytest.mark.parametrize("size", [(1, 1), (2, 3), (5, 4), (18, 5)])
async def test_no_size_is_too_small(run: RunDirectory, size: tuple[int, int]) -> None:
    run.write("中文 text that is longer than it\n".encode() * 50, b"err\n", at=0)
    app = OutputApp(ended(), run)
    async with app.run_test(size=size) as pilot:
        await pilot.press("up", "l", "right", "pageup", "T", "home", "end")
        app.view.search("text")
        await pilot.resize_terminal(40, 10)
        await pilot.resize_terminal(*size)
        await pilot.pause()
