"""What runs and what comes next: order, progress, countdowns, how it looks."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import pytest
from textual.geometry import Region

from peak_console.decisions.ahead.deadlines import Prospect, Risk
from peak_console.decisions.job_status import Standing
from peak_console.decisions.places import PlacesTaken
from peak_console.model.records import Hold, Override, RunState
from peak_console.schedule.model import JobSchedule
from peak_console.tui.drawing.glyphs import CURSOR
from peak_console.tui.drawing.paint import pieces_width
from peak_console.tui.upcoming import lines
from peak_console.tui.upcoming.entries import UpcomingEntries
from peak_console.tui.upcoming.lines import line_pieces, name_width, upcoming_lines
from peak_console.tui.upcoming.pane import Upcoming
from peak_console.values import replace
from tests.tui.harness import (
    ZONE,
    Posted,
    WidgetApp,
    fixed_now,
    make_history,
    make_row,
    make_run,
    make_snapshot,
    trading_rows,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from textual.pilot import Pilot

    from peak_console.tui.state.snapshot import JobRow, Snapshot

    SnapCompare = Callable[..., bool]


def said(snapshot: Snapshot, width: int = 60) -> list[str]:
    lines = upcoming_lines(snapshot)
    names = name_width(lines)
    return ["".join(text for text, _ in line_pieces(line, fixed_now(), ZONE, names, width)) for line in lines]


def running(name: str, took: float, durations: Sequence[float] = ()) -> JobRow:
    return make_row(
        name,
        Standing.RUNNING,
        next_in=None,
        active=(make_run(7, name, ended_ago=None, took=took),),
        history=make_history(name, durations),
    )


@pytest.mark.parametrize(
    ("width", "shown"),
    [
        (60, "    2m20s  risk_check_hourly  behind hung #7"),
        (40, "    2m20s  risk_check_h…  behind hung #7"),
        (24, "    2m20s  risk_check_h…"),
    ],
)
def test_slots_that_wait_come_first_with_their_age_and_whom_they_wait_for(width: int, shown: str) -> None:
    at = fixed_now() - timedelta(seconds=140)
    wait = make_run(8, "risk_check_hourly", ended_ago=None, state=RunState.QUEUED, claimed_at=at, started_at=None)
    rows = [running("hung", 600), make_row("risk_check_hourly", Standing.QUEUED, queued=(wait,), next_in=900)]
    places = PlacesTaken([*rows[0].view.active, wait], 1, fixed_now())
    lines = [line.rstrip() for line in said(make_snapshot(rows, places=places), width) if line.strip()]
    assert lines[:3] == [" waiting for their turn", shown, " running · 1/1 places"]
    assert sum("risk_check" in line for line in lines) == 2, "the wait, and the slot to come"


def test_a_slot_that_nobody_serves_says_so() -> None:
    left = make_row("left", next_in=5)
    left = replace(left, view=replace(left.view, not_served="no engine selects it (pid 1)"))
    assert "left  ✖ unserved" in said(make_snapshot([left]))[1]


def test_runs_come_first_and_the_oldest_on_top() -> None:
    rows = [make_row("soon", next_in=1), running("young", 5), running("old", 50)]
    lines = said(make_snapshot(rows))

    assert [line.split()[0] for line in lines if line.strip()] == ["running", "old", "young", "next", "00:00:01"]


def test_slots_come_in_time_order_with_their_moment() -> None:
    rows = [make_row("third", next_in=90000), make_row("first", next_in=-3), make_row("second", next_in=252)]
    lines = said(make_snapshot(rows))

    assert [line.split() for line in lines[1:]] == [
        ["due", "first", "14:55"],
        ["00:04:12", "second", "15:00"],
        ["1d", "01h", "third", "Tue", "15:55"],
    ]


def test_a_run_shows_its_share_of_the_expected_duration() -> None:
    line = said(make_snapshot([running("job", 25, (100.0, 100.0))]))[1]

    assert line.split()[0] == "job"
    assert "25 %" in line
    assert line.rstrip().endswith("25s")
    assert line.count("━") * 3 == pytest.approx(line.count("─"), abs=3)


@pytest.mark.parametrize(("took", "word"), [(99, "99 %"), (100, "100 %"), (150, "100 %"), (151, "overdue")])
def test_a_run_far_beyond_the_expected_duration_is_overdue(took: float, word: str) -> None:
    line = said(make_snapshot([running("job", took, (100.0, 100.0))]))[1]

    assert word in line
    assert ("─" not in line) is (took >= 100)


def test_a_run_without_a_history_has_no_share() -> None:
    line = said(make_snapshot([running("job", 75)]))[1]

    assert "%" not in line
    assert "━" not in line
    assert line.split() == ["job", "1m15s"]


def test_each_of_several_runs_of_a_job_has_a_line() -> None:
    both = (make_run(1, "job", ended_ago=None, took=9), make_run(2, "job", ended_ago=None, took=4))
    lines = said(make_snapshot([make_row("job", Standing.RUNNING, next_in=None, active=both)]))

    assert [line.split() for line in lines[1:3]] == [["job", "9s"], ["job", "4s"]]


def test_a_retry_counts_down_to_its_own_moment() -> None:
    retry = make_run(
        3, "job", ended_ago=None, state=RunState.QUEUED, attempt=2, not_before=fixed_now() + timedelta(seconds=30)
    )
    queued = make_run(4, "other", ended_ago=None, state=RunState.QUEUED)
    rows = [
        make_row("job", Standing.RETRYING, next_in=3000, queued=(retry,)),
        make_row("other", Standing.QUEUED, next_in=None, queued=(queued,)),
    ]
    lines = said(make_snapshot(rows))

    assert lines[1].split()[:4] == ["due", "other", "◷", "queued"]
    assert lines[2].split()[:5] == ["00:00:30", "job", "↻", "attempt", "2"]
    assert lines[3].split()[:2] == ["00:50:00", "job"]


def test_a_hold_is_said_above_the_slots() -> None:
    lines = said(make_snapshot([make_row()], hold=Hold(since=fixed_now(), by="anna")))

    assert "held: nothing new starts" in lines[0]


def test_an_empty_schedule_says_so() -> None:
    assert said(make_snapshot()) == [" nothing is scheduled"]


@pytest.mark.parametrize("width", [20, 30, 40, 48, 80, 140])
def test_a_line_never_takes_more_room_than_there_is(width: int) -> None:
    rows = [*trading_rows(), make_row("n" * 99, next_in=9), running("m" * 99, 9, (3.0,)), running("k" * 99, 9)]

    lines = upcoming_lines(make_snapshot(rows))
    for line in lines:
        assert pieces_width(line_pieces(line, fixed_now(), ZONE, name_width(lines), width)) <= max(width, 31)


async def test_a_tick_paints_only_the_lines_that_read_differently(monkeypatch: pytest.MonkeyPatch) -> None:
    pane = Upcoming()
    async with WidgetApp(pane).run_test(size=(60, 12)) as pilot:
        pane.show(make_snapshot([make_row("near", next_in=60), make_row("far", next_in=95000)]))
        await pilot.pause()
        painted: list[Region] = []
        monkeypatch.setattr(pane, "refresh", lambda *regions, **_: painted.extend(regions))
        pane.tick(fixed_now() + timedelta(seconds=0.5))
        assert painted == []
        pane.tick(fixed_now() + timedelta(seconds=1.5))

        assert [(region.y, region.height) for region in painted] == [(1, 1)]
        assert "00:00:59" in pane.render_line(1).text


async def test_the_same_jobs_are_not_painted_anew(monkeypatch: pytest.MonkeyPatch) -> None:
    pane = Upcoming()
    async with WidgetApp(pane).run_test(size=(60, 12)) as pilot:
        pane.show(make_snapshot(trading_rows()))
        await pilot.pause()
        painted: list[Region] = []
        monkeypatch.setattr(pane, "refresh", lambda *_, **__: painted.append(Region()))
        pane.show(make_snapshot(trading_rows()))

        assert painted == []


async def test_a_click_chooses_a_job_and_a_heading_none() -> None:
    pane, posted = Upcoming(), Posted()
    async with WidgetApp(pane).run_test(size=(60, 12), message_hook=posted) as pilot:
        pane.show(make_snapshot([make_row("near", next_in=60)]))
        await pilot.pause()
        await pilot.click(Upcoming, offset=(20, 1))
        await pilot.click(Upcoming, offset=(20, 2))
        await pilot.click(Upcoming, offset=(20, 8))
        await pilot.pause()

        assert [message.name for message in posted.of(Upcoming.Chosen)] == ["near"]


def upcoming_of(*names: str) -> Snapshot:
    """One slot after the other, a second apart."""
    return make_snapshot([make_row(name, next_in=nth + 60) for nth, name in enumerate(names)])


@pytest.mark.parametrize(
    ("keys", "name", "top"),
    [
        (("down",), "job01", "next"),
        (("j", "j", "k"), "job01", "next"),
        (("end",), "job39", "job30"),
        (("G", "home"), "job00", "next"),
        (("up",), "job00", "next"),
        (("pagedown",), "job09", "job00"),
        (("pagedown", "pageup"), "job00", "next"),
    ],
)
async def test_keys_move_the_cursor_and_the_list_scrolls_with_it(keys: tuple[str, ...], name: str, top: str) -> None:
    pane, posted = Upcoming(), Posted()
    async with WidgetApp(pane).run_test(size=(60, 12), message_hook=posted) as pilot:
        pane.show(upcoming_of(*(f"job{n:02}" for n in range(40))))
        pane.follow("job00")
        pane.focus()
        await pilot.press(*keys)
        await pilot.pause()
        lines = [pane.render_line(y).text for y in range(pane.size.height)]

        assert pane.cursor_name == name
        assert [line for line in lines if line.startswith(CURSOR)] == [line for line in lines if name in line]
        assert top in lines[0]
        assert posted.of(Upcoming.Chosen)[-1].name == name


async def test_the_cursor_passes_headings_and_begins_at_the_first_job() -> None:
    pane = Upcoming()
    async with WidgetApp(pane).run_test(size=(60, 12)) as pilot:
        pane.show(make_snapshot([running("under_way", 5), make_row("soon", next_in=9)]))
        pane.focus()
        assert pane.cursor_name is None
        names: list[str | None] = []
        for _ in range(3):
            await pilot.press("down")
            names.append(pane.cursor_name)

        assert names == ["under_way", "soon", "soon"]


async def test_the_cursor_is_seen_while_the_pane_has_the_focus() -> None:
    pane = Upcoming()
    async with WidgetApp(pane).run_test(size=(60, 12)) as pilot:
        pane.show(upcoming_of("job"))
        pane.follow("job")
        pilot.app.screen.set_focus(None)
        await pilot.pause()
        assert CURSOR not in pane.render_line(1).text
        pane.focus()
        await pilot.pause()
        assert pane.render_line(1).text.startswith(CURSOR)


def test_the_cursor_stays_on_its_slot_then_on_its_job_and_on_no_other() -> None:
    entries = UpcomingEntries()
    twice = [running("job", 5), make_row("other", next_in=1)]
    slot = make_row("job", next_in=9)
    entries.replace(upcoming_lines(make_snapshot([*twice, slot])))
    entries.move_cursor(2)
    assert (entries.current and entries.current.at) == slot.view.next_slot
    entries.replace(upcoming_lines(make_snapshot([make_row("new", next_in=0), *twice, slot])))
    assert (entries.current and entries.current.at) == slot.view.next_slot, "where it is now"
    entries.replace(upcoming_lines(make_snapshot(twice)))
    assert (entries.current and entries.current.started) is not None, "the slot has passed, a run is under way"
    entries.replace(upcoming_lines(make_snapshot(twice[1:])))
    assert entries.current is None


async def test_a_double_click_opens_a_job() -> None:
    pane, posted = Upcoming(), Posted()
    async with WidgetApp(pane).run_test(size=(60, 12), message_hook=posted) as pilot:
        pane.show(upcoming_of("job"))
        await pilot.pause()
        await pilot.click(Upcoming, offset=(20, 2), times=2)
        await pilot.pause()

        assert [message.name for message in posted.of(Upcoming.Opened)] == ["job"]


def picture(snapshot: Snapshot, *keys: str, theme: str | None = None) -> tuple[WidgetApp, Callable[..., Any]]:
    pane = Upcoming()

    async def prepare(pilot: Pilot[None]) -> None:
        if theme is not None:
            pilot.app.theme = theme
        pane.show(snapshot)
        await pilot.pause()
        if keys:
            pane.focus()
            await pilot.press(*keys)
            await pilot.pause()

    return WidgetApp(pane), prepare


def test_upcoming_when_busy(snap_compare: SnapCompare) -> None:
    app, prepare = picture(make_snapshot(trading_rows()))
    assert snap_compare(app, run_before=prepare, terminal_size=(48, 18))


@pytest.mark.parametrize("theme", ["peak-dark", "peak-light", "peak-16"])
def test_upcoming_with_its_cursor(snap_compare: SnapCompare, theme: str) -> None:
    app, prepare = picture(make_snapshot(trading_rows()), "down", "down", "down", theme=theme)
    assert snap_compare(app, run_before=prepare, terminal_size=(60, 18))


def test_upcoming_on_hold_and_wide(snap_compare: SnapCompare) -> None:
    app, prepare = picture(make_snapshot(trading_rows(), hold=Hold(since=fixed_now(), by="anna")))
    assert snap_compare(app, run_before=prepare, terminal_size=(80, 22))


def test_upcoming_with_nothing(snap_compare: SnapCompare) -> None:
    app, prepare = picture(make_snapshot())
    assert snap_compare(app, run_before=prepare, terminal_size=(48, 6))


def test_a_slot_of_another_zone_is_told_in_both() -> None:
    row = make_row("tokyo", schedule=JobSchedule(type="daily", daily_time="08:00", timezone="Asia/Tokyo"), next_in=60)
    line = said(make_snapshot([row]))[-1]
    here = (fixed_now() + timedelta(seconds=60)).astimezone(ZONE)
    there = here.astimezone(ZoneInfo("Asia/Tokyo"))
    assert line.rstrip().endswith(f"{there:%H:%M} JST = {here:%H:%M}")
    own = make_row("own", schedule=JobSchedule(type="daily", daily_time="08:00", timezone=ZONE.key), next_in=60)
    assert " = " not in said(make_snapshot([own]))[-1]


@pytest.mark.parametrize(
    ("row", "said_of_it"),
    [
        ({"not_served": "no engine selects it"}, "✖ unserved"),
        ({"override": Override(True, "ben", fixed_now())}, ""),
        ({"active": (make_run(7, ended_ago=None),)}, ""),
    ],
)
def test_a_slot_ahead_says_which_condition_will_keep_it_from_starting(row: dict[str, Any], said_of_it: str) -> None:
    shown = make_row("backup", next_in=600)
    snapshot = make_snapshot([replace(shown, view=replace(shown.view, **row))])
    [slot] = [line for line in said(snapshot) if "10:00" in line]
    assert slot.split("backup")[1].rpartition("  ")[0].strip() == said_of_it


def test_conditions_are_asked_only_of_the_slots_that_are_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []
    monkeypatch.setattr(lines, "unmet_ahead", lambda view, _slot: asked.append(view.job.name))
    rows = [make_row(f"job {number}", next_in=3600 + number) for number in range(3000)]
    assert len(upcoming_lines(make_snapshot(rows))) == 501
    assert asked == [f"job {number}" for number in range(500)]


def test_a_slot_with_a_deadline_says_when_it_ends_and_its_slack() -> None:
    row = make_row("report", next_in=900)
    slot = row.view.next_slot
    assert slot is not None
    ends = slot + timedelta(minutes=10)
    prospect = Prospect("report", "report", slot, ends + timedelta(minutes=5), False, ends, ends, Risk.GOOD)
    told = " ".join(said(make_snapshot((row,), deadlines=(prospect,)), 90))
    assert f"⚑ ends {ends.astimezone(ZONE):%H:%M}, 5m00s slack" in told


def test_a_slot_that_waits_for_others_says_for_which() -> None:
    wait = make_run(9, "report", ended_ago=None, state=RunState.QUEUED, awaits="waiting for fetch (#8 running)")
    row = make_row("report", Standing.AWAITING, queued=(wait,), next_in=None)
    places = PlacesTaken([wait], 0, fixed_now())
    assert "waiting for fetch (#8 running)" in " ".join(said(make_snapshot((row,), places=places), 90))


def test_every_risk_of_a_deadline_has_a_colour_where_it_is_drawn() -> None:
    from peak_console.tui.bars import status_line
    from peak_console.tui.drawing.risk import RISK_STYLE
    from peak_console.tui.upcoming import pane

    assert set(RISK_STYLE) == set(Risk)
    assert set(RISK_STYLE.values()) <= {*pane._STYLES} & {*status_line._STYLES}
    assert {f"upcoming--{name}" for name in pane._STYLES} <= Upcoming.COMPONENT_CLASSES
