"""The job table on a screen: keys, mouse, what it posts, what it paints, how it looks."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from textual.geometry import Region

from peak_console.decisions.job_status import DisabledBy, Standing
from peak_console.model.records import Override
from peak_console.tui.jobs.cells import Facts, cell_of
from peak_console.tui.jobs.columns import fit_columns
from peak_console.tui.jobs.table import JobTable
from tests.tui.harness import (
    WidgetApp,
    fixed_now,
    make_history,
    make_row,
    make_run,
    make_snapshot,
    trading_rows,
)
from tests.tui.jobs.conftest import Stage, lines, text, three

if TYPE_CHECKING:
    from collections.abc import Callable

    from textual.pilot import Pilot

    from peak_console.tui.state.snapshot import Snapshot

    SnapCompare = Callable[..., bool]


def test_a_run_with_changed_arguments_is_marked_and_its_job_is_not_plainly_ok() -> None:
    run = make_run(1, args_changed=("top_n",))
    facts = Facts(make_row("backup", history=[run], last_run=run))
    assert cell_of(facts, "state", 10, fixed_now()) == (("● ok", "success"), (" ≠", "warning"))
    assert ("≠", "warning") in cell_of(facts, "last", 9, fixed_now())


def test_a_job_that_an_operator_has_disabled_takes_one_line() -> None:
    off = Facts(make_row("a", Standing.DISABLED, override=Override(False, "anna", fixed_now(), reason="maintenance")))
    on = Facts(make_row("b", override=Override(True, "anna", fixed_now())))
    assert (off.is_off, off.noted, on.is_off, on.noted) == (True, False, False, True)


@pytest.mark.parametrize("width", [80, 100, 120])
def test_one_long_name_costs_nobody_a_column(width: int) -> None:
    rows = [make_row(name, tags=("live",)) for name in ("short", "other")]
    without = fit_columns([Facts(row) for row in rows], width)
    with_one = fit_columns([Facts(row) for row in [*rows, make_row("x" * 60)]], width)
    assert set(with_one) >= set(without) - {"tags", "runs", "took"}
    assert with_one["name"] >= 24


# The cursor.


async def test_the_cursor_begins_on_the_worst_job_and_says_so(stage: Stage) -> None:
    assert stage.table.cursor_name == "one"
    assert [message.name for message in stage.posted.of(JobTable.Highlighted)] == ["one"]


@pytest.mark.parametrize(
    ("keys", "name"),
    [
        (("down",), "two"),
        (("j", "j"), "three"),
        (("down", "up"), "one"),
        (("k",), "one"),
        (("end",), "three"),
        (("G", "home"), "one"),
        (("pagedown",), "three"),
        (("pagedown", "pageup"), "one"),
        (("j", "j", "j", "j"), "three"),
    ],
)
async def test_keys_move_the_cursor(stage: Stage, keys: tuple[str, ...], name: str) -> None:
    await stage.press(*keys)

    assert stage.table.cursor_name == name
    assert stage.posted.of(JobTable.Highlighted)[-1].name == name


async def test_the_cursor_stays_on_its_job_when_rows_move(stage: Stage) -> None:
    await stage.press("down")
    stage.posted.clear()
    worse = [make_row("one", next_in=10), make_row("two", next_in=20), make_row("three", Standing.FAILED, next_in=30)]
    await stage.show(make_snapshot(worse))

    assert lines(stage.table) == ["three", "one", "two"]
    assert stage.table.cursor_name == "two"
    assert stage.posted.of(JobTable.Highlighted) == []


async def test_the_cursor_stays_in_its_place_when_its_job_is_gone(stage: Stage) -> None:
    await stage.press("down")
    await stage.show(make_snapshot([make_row("one", next_in=10), make_row("three", next_in=30)]))

    assert stage.table.selected_names() == ("three",)
    await stage.show(make_snapshot([]))
    assert stage.table.selected_names() == ()
    assert stage.posted.of(JobTable.Highlighted)[-1].name is None


async def test_a_row_that_moved_out_of_sight_is_scrolled_to(stage: Stage) -> None:
    rows = [make_row(f"job{n:02}", next_in=100 + n) for n in range(60)]
    await stage.show(make_snapshot(rows))
    await stage.press("home")
    rows[0] = make_row("job00", Standing.DISABLED)
    await stage.show(make_snapshot(rows))

    assert lines(stage.table)[-1] == "job00"
    assert any("job00" in text(stage.table, y) for y in range(1, 18))


async def test_until_somebody_works_here_the_cursor_is_on_the_top_row(stage: Stage) -> None:
    one, two, three_failed = *three()[:2], make_row("three", Standing.FAILED)
    await stage.show(make_snapshot([one, two, three_failed]))
    assert stage.table.cursor_name == "three"

    stage.table.pin_cursor()
    await stage.show(make_snapshot([make_row("one", Standing.FAILED, next_in=10), two, three()[2]]))

    assert lines(stage.table) == ["one", "two", "three"]
    assert stage.table.cursor_name == "three"


# Opening, and the mouse.


async def test_enter_and_a_double_click_open_a_job(stage: Stage) -> None:
    await stage.press("down", "enter")
    await stage.pilot.click(JobTable, offset=(10, 4), times=2)
    await stage.pilot.pause()

    assert [message.name for message in stage.posted.of(JobTable.Opened)] == ["two", "three"]


async def test_a_click_selects_without_opening(stage: Stage) -> None:
    await stage.pilot.click(JobTable, offset=(10, 3))
    await stage.pilot.pause()

    assert stage.table.cursor_name == "two"
    assert stage.posted.of(JobTable.Opened) == []


async def test_a_click_below_the_rows_changes_nothing(stage: Stage) -> None:
    await stage.pilot.click(JobTable, offset=(10, 12))
    await stage.pilot.pause()

    assert stage.table.cursor_name == "one"


async def test_a_click_on_a_heading_sorts_by_it_and_then_the_other_way(stage: Stage) -> None:
    x = text(stage.table, 0).index("name") + 1
    for _ in range(2):
        await stage.pilot.click(JobTable, offset=(x, 1))
        await stage.pilot.pause()

    assert lines(stage.table) == ["two", "three", "one"]
    assert "name ▼" in text(stage.table, 0)
    posted = [(message.column, message.descending) for message in stage.posted.of(JobTable.SortChanged)]
    assert posted == [("name", False), ("name", True)]


# What a row says.


async def test_markup_and_escapes_in_names_are_shown_as_text(stage: Stage) -> None:
    await stage.show(make_snapshot([make_row("[red]x[/]\x1b[2J", tags=("[/]",))]))
    stage.table.filter("[/]")

    assert "[red]x[/]" in text(stage.table, 1)
    assert "[/]" in str(stage.table.border_title)


async def test_a_note_is_part_of_its_row(stage: Stage) -> None:
    override = Override(enabled=True, by="anna", at=fixed_now(), reason="broken feed")
    off = make_row("two", Standing.OK, override=override)
    await stage.show(make_snapshot([off, make_row("zero", Standing.DISABLED)]))
    stage.table.sort("name")
    await stage.pilot.click(JobTable, offset=(10, 3))
    await stage.pilot.pause()

    assert 'by anna since 14:55: "broken feed"' in text(stage.table, 2)
    assert stage.table.cursor_name == "two"
    await stage.press("down")
    assert stage.table.cursor_name == "zero"


# What is painted, and when.


async def test_the_countdowns_go_on_when_styles_were_looked_up_again_and_are_as_they_were(stage: Stage) -> None:
    def on_the_screen() -> str:
        strips = stage.pilot.app.screen._compositor.render_strips()
        return "\n".join(strip.text for strip in strips)

    stage.table.add_class("-of-no-consequence")
    await stage.pilot.pause()
    stage.table.tick(fixed_now() + timedelta(seconds=3))
    await stage.pilot.pause()
    assert all(left in on_the_screen() for left in ("00:00:07", "00:00:17", "00:00:27"))


async def test_a_tick_paints_only_the_cells_that_read_differently(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows = [make_row("near", next_in=60), make_row("far", next_in=95000), make_row("off", Standing.DISABLED)]
    await stage.show(make_snapshot(rows))
    stage.table.tick(fixed_now())
    await stage.pilot.pause()
    painted: list[Region] = []
    monkeypatch.setattr(stage.table, "refresh", lambda *regions, **_: painted.extend(regions))
    stage.table.tick(fixed_now() + timedelta(seconds=0.5))
    assert painted == []
    stage.table.tick(fixed_now() + timedelta(seconds=1.5))

    assert [(region.y, region.width, region.height) for region in painted] == [(1, 8, 1)]
    assert text(stage.table, 1)[painted[0].x : painted[0].right] == "00:00:59"


async def test_what_reads_the_same_is_not_painted_anew(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    painted: list[Region] = []
    monkeypatch.setattr(stage.table, "refresh", lambda *_, **__: painted.append(Region()))
    stage.table.show(make_snapshot([replace(row, view=replace(row.view)) for row in three()]))

    assert painted == []


async def test_a_changed_row_alone_is_painted_anew(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    painted: list[Region] = []
    monkeypatch.setattr(stage.table, "refresh", lambda *regions, **_: painted.extend(regions))
    rows = three()
    rows[1] = replace(rows[1], history=make_history("two", (1.0,)))
    stage.table.show(make_snapshot(rows))

    assert [(region.y, region.height) for region in painted] == [(2, 1)]
    assert "▃" in text(stage.table, 2)


async def test_an_override_that_names_a_day_reads_right_after_midnight(stage: Stage) -> None:
    until = fixed_now() + timedelta(hours=20)
    override = Override(enabled=False, by="anna", at=fixed_now(), until=until)
    off = make_row("off", Standing.DISABLED, disabled_by=DisabledBy.OPERATOR, override=override)
    await stage.show(make_snapshot([off]))
    assert "by anna until Tue 10:55" in text(stage.table, 1)
    stage.table.tick(fixed_now() + timedelta(hours=12))

    assert "by anna until 10:55" in text(stage.table, 1)


async def test_the_wheel_scrolls_and_leaves_the_cursor_alone(stage: Stage) -> None:
    await stage.show(make_snapshot([make_row(f"job{n:02}", next_in=100 + n) for n in range(60)]))
    name = stage.table.cursor_name
    stage.table.scroll_down(animate=False)
    await stage.pilot.pause()

    assert stage.table.scroll_offset.y > 0
    assert stage.table.cursor_name == name
    assert "state" in text(stage.table, 0)


def shown(snapshot: Snapshot, *keys: str, focus: bool = True) -> tuple[WidgetApp, Callable[..., Any]]:
    """An app and what to do before its picture is taken."""
    table = JobTable()
    table.can_focus = focus

    async def prepare(pilot: Pilot[None]) -> None:
        table.show(snapshot)
        table.tick(fixed_now())
        await pilot.press(*keys)
        await pilot.pause()

    return WidgetApp(table), prepare


# Pictures.


def test_a_busy_table(snap_compare: SnapCompare) -> None:
    app, prepare = shown(make_snapshot(trading_rows()), "j", "space", "j")
    assert snap_compare(app, run_before=prepare, terminal_size=(140, 20))


def test_a_busy_table_beside_other_panes(snap_compare: SnapCompare) -> None:
    app, prepare = shown(make_snapshot(trading_rows()), focus=False)
    assert snap_compare(app, run_before=prepare, terminal_size=(94, 16))


def test_a_narrow_table(snap_compare: SnapCompare) -> None:
    app, prepare = shown(make_snapshot(trading_rows()))
    assert snap_compare(app, run_before=prepare, terminal_size=(80, 24))


def test_an_empty_table(snap_compare: SnapCompare) -> None:
    app, prepare = shown(make_snapshot())
    assert snap_compare(app, run_before=prepare, terminal_size=(80, 10))


def test_a_table_where_much_fails(snap_compare: SnapCompare) -> None:
    rows = [
        make_row(
            f"worker_{n}",
            (Standing.FAILED, Standing.RETRYING, Standing.OK)[n % 3],
            next_in=100 * n - 150,
            history=make_history(
                f"worker_{n}",
                [2 + (7 * n + k) % 9 for k in range(20)],
                failed=range(0, 20, n % 4 + 1) if n % 3 < 2 else (7,),
            ),
            tags=("fleet", f"shard-{n}"),
        )
        for n in range(40)
    ]
    app, prepare = shown(make_snapshot(rows), "end")
    assert snap_compare(app, run_before=prepare, terminal_size=(120, 24))


def test_hostile_names_stay_in_their_columns(snap_compare: SnapCompare) -> None:
    rows = [
        make_row("[red]not red[/red] [/]", tags=("[/]",)),
        make_row("日本語のジョブ", tags=("wide",)),
        make_row("e\u0301 combining and \u202eright to left", tags=("rtl",)),
        make_row("\x1b]0;title\x07\x1b[2Jcleared\nsecond line", tags=("esc\x1b[31m",)),
        make_row("n" * 200, tags=("long",) * 30),
    ]
    app, prepare = shown(make_snapshot(rows))
    assert snap_compare(app, run_before=prepare, terminal_size=(120, 10))
