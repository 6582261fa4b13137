"""The two lines at the top and the trouble bar: what they say, what gives way, what is loud."""

from __future__ import annotations

import itertools
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from peak_console.decisions.ahead.deadlines import Prospect, Risk
from peak_console.decisions.job_status import Standing
from peak_console.decisions.places import PlacesTaken
from peak_console.model.records import Hold, RunState
from peak_console.tui.bars.status_line import StatusLine
from peak_console.tui.bars.status_text import first_line, next_row, second_line, shortened
from peak_console.tui.bars.trouble_bar import TroubleBar
from peak_console.tui.drawing.paint import pieces_width
from peak_console.tui.state.snapshot import EngineState, Trouble
from peak_console.values import replace
from tests.support.factories import make_market
from tests.tui.harness import WidgetApp, fixed_now, make_row, make_run, make_snapshot, trading_rows

if TYPE_CHECKING:
    from collections.abc import Callable

    from textual.geometry import Region
    from textual.pilot import Pilot

    from peak_console.schedule.sessions.table import Calendar
    from peak_console.tui.state.snapshot import Snapshot

    SnapCompare = Callable[..., bool]

HOLD = Hold(since=fixed_now() - timedelta(minutes=53), by="anna", reason="exchange maintenance")
TROUBLE = Trouble(
    'jobs.toml:41:12: unknown time zone "Europe/Berln"; the definitions from before stay in force: press e to edit',
    fixed_now() - timedelta(minutes=3),
)


def first(snapshot: Snapshot, width: int = 160) -> str:
    return "".join(text for text, _ in first_line(snapshot, fixed_now(), width))


def second(snapshot: Snapshot, width: int = 160) -> str:
    return "".join(text for text, _ in second_line(snapshot, next_row(snapshot), fixed_now(), width))


def styles(snapshot: Snapshot, containing: str) -> set[str]:
    return {style for text, style in first_line(snapshot, fixed_now(), 160) if containing in text}


def test_the_first_line_names_file_engine_counts_and_time() -> None:
    text = first(make_snapshot(trading_rows()))

    for part in ("PEAK CONSOLE", "config/scheduler/jobs.toml", "● engine running", "▶ 2 running", "✖ 1 failed"):
        assert part in text
    assert text.endswith("‖ 2 disabled   Mon 23 Nov  14:55:48 CET ")


def test_running_and_failed_are_counted_even_when_there_is_none() -> None:
    text = first(make_snapshot([make_row()]))

    assert "▶ 0 running  ✖ 0 failed" in text
    assert "disabled" not in text


@pytest.mark.parametrize(
    ("fields", "words", "style"),
    [
        ({"engine": EngineState.RUNNING}, "engine running", "text"),
        ({"engine": EngineState.ATTACHED, "engine_pid": 4711}, "attached to pid 4711", "text"),
        (
            {"engine": EngineState.ATTACHED, "engine_pid": 4711, "engine_drains": True},
            "pid 4711 is draining",
            "warning",
        ),
        ({"engine": EngineState.DRAINING}, "draining", "warning"),
        ({"engine": EngineState.STOPPED}, "engine stopped", "alarm"),
        ({"dry_run": True}, "DRY RUN", "caution"),
        ({"hold": HOLD}, "HOLD by anna since 14:02", "caution"),
        ({"stale_since": fixed_now() - timedelta(minutes=1)}, "STALE since 14:54", "alarm"),
    ],
)
def test_what_is_not_as_usual_is_loud(fields: dict[str, Any], words: str, style: str) -> None:
    snapshot = make_snapshot(trading_rows(), **fields)

    assert words in first(snapshot)
    assert styles(snapshot, words) == {style}


ODDITIES: tuple[dict[str, Any], ...] = (
    {"hold": HOLD},
    {"dry_run": True},
    {"stale_since": fixed_now()},
    {"jobs_file": "/srv/" + "directory/" * 20 + "jobs.toml"},
    {"engine": EngineState.ATTACHED, "engine_pid": 4194304},
    {"engine": EngineState.ATTACHED, "engine_pid": 4194304, "engine_drains": True},
    {"unacknowledged": 1234},
    {"rows": [make_row("n" * 200)]},
)


@pytest.mark.parametrize("width", [80, 100, 120, 140, 200])
def test_lines_fill_the_width_and_nothing_is_cut_in_the_middle(width: int) -> None:
    for count in range(len(ODDITIES) + 1):
        for chosen in itertools.combinations(ODDITIES, count):
            fields: dict[str, Any] = {"rows": trading_rows()}
            for each in chosen:
                fields.update(each)
            snapshot = make_snapshot(**fields)
            line = first_line(snapshot, fixed_now(), width)
            text = "".join(text for text, _ in line)
            assert pieces_width(line) == width
            assert text.endswith("14:55:48 CET ")
            assert ("HOLD" in text) is ("hold" in fields)
            assert ("STALE" in text) is ("stale_since" in fields)
            assert pieces_width(second_line(snapshot, next_row(snapshot), fixed_now(), width)) == width


def test_the_path_gives_way_first_and_the_date_next() -> None:
    snapshot = make_snapshot(trading_rows())
    texts = [first(snapshot, width) for width in range(170, 79, -1)]

    assert "config/scheduler/jobs.toml" in texts[0]
    for text in texts:
        assert ("23 Nov" in text) or ("config/" not in text) or ("PEAK CONSOLE" not in text) or ("retrying" not in text)
    assert "✖ 1 failed" in texts[-1]


@pytest.mark.parametrize(
    ("room", "path"),
    [
        (26, "config/scheduler/jobs.toml"),
        (25, "…/scheduler/jobs.toml"),
        (20, "…/jobs.toml"),
        (10, "jobs.toml"),
        (8, None),
    ],
)
def test_a_path_is_shortened_from_the_left_by_whole_directories(room: int, path: str | None) -> None:
    assert shortened("config/scheduler/jobs.toml", room) == path


def test_the_second_line_names_what_comes_next() -> None:
    rows = [make_row("later", next_in=900), make_row("sooner", next_in=252), make_row("off", Standing.DISABLED)]
    text = second(make_snapshot(rows))

    assert text.startswith(" next  sooner  in 00:04:12 ")
    assert text.endswith("hold: none   no alerts ")


def test_taken_places_are_shown_where_there_is_a_limit_and_how_long_slots_wait() -> None:
    now = fixed_now()
    runs = [make_run(number, f"hung{number}", ended_ago=None) for number in (1, 2, 3)]
    since = now - timedelta(seconds=140)
    queued = make_run(4, "late", ended_ago=None, state=RunState.QUEUED, claimed_at=since, started_at=None)
    rows = [make_row("one")]
    assert "3/3 places   hold: none" in second(make_snapshot(rows, places=PlacesTaken(runs, 3, now)))
    assert "places" not in second(make_snapshot(rows, places=PlacesTaken(runs, 0, now)))
    starved = make_snapshot(rows, places=PlacesTaken([*runs, queued], 3, since))
    assert "3/3 places, 1 waiting for 2m20s   hold: none" in second(starved), "its age goes on without a new snapshot"
    assert "3/3 places, 1 waiting 2m20s" in second(starved, 80)
    assert "1 waiting for 0s" in second(replace(starved, stale_since=now)), "nobody knows what has become of it"


def test_a_job_that_no_engine_serves_is_not_next() -> None:
    left = make_row("left", next_in=5)
    left = replace(left, view=replace(left.view, not_served="no engine selects it (pid 1)"))
    assert " next  one  in " in second(make_snapshot([left, make_row("one", next_in=900)]))


def test_a_slot_that_is_due_says_due() -> None:
    assert " next  one  due " in second(make_snapshot([make_row("one", next_in=-5)]))


def test_without_a_slot_nothing_is_scheduled() -> None:
    assert "nothing is scheduled" in second(make_snapshot([make_row("off", Standing.DISABLED)]))
    assert "nothing is scheduled" in second(make_snapshot())


def test_a_hold_is_told_with_its_reason_and_the_next_slot_as_held() -> None:
    text = second(make_snapshot(trading_rows(), hold=HOLD, unacknowledged=1))

    assert "in 00:00:41  but held" in text
    assert text.endswith('nothing new starts: "exchange maintenance"   ! 1 alert ')


def test_escapes_in_what_people_wrote_are_gone() -> None:
    hold = Hold(since=fixed_now(), by="a\x1b[2Jb", reason="x\x1b]0;y\x07z")
    snapshot = make_snapshot([make_row("n\x1b[1mn")], hold=hold, jobs_file="j\x1b[31m.toml")

    assert "\x1b" not in first(snapshot) + second(snapshot)
    assert "j.toml" in first(snapshot)


async def test_a_tick_paints_only_the_countdown_and_the_clock(monkeypatch: pytest.MonkeyPatch) -> None:
    line = StatusLine()
    async with WidgetApp(line).run_test(size=(140, 5)) as pilot:
        line.show(make_snapshot(trading_rows()))
        await pilot.pause()
        painted: list[Region] = []
        monkeypatch.setattr(line, "refresh", lambda *regions, **_: painted.extend(regions))
        line.tick(fixed_now() + timedelta(seconds=0.2))
        assert painted == []
        line.tick(fixed_now() + timedelta(seconds=1))

        assert [region.y for region in painted] == [0, 1]
        assert painted[0].right == 140
        assert all(region.width < 30 for region in painted)
        assert line.render_line(0).text.endswith("14:55:49 CET ")
        assert "in 00:00:40" in line.render_line(1).text


async def test_the_trouble_bar_takes_room_only_while_there_is_trouble() -> None:
    bar = TroubleBar()
    async with WidgetApp(bar).run_test(size=(60, 10)) as pilot:
        bar.show(make_snapshot())
        await pilot.pause()
        assert bar.size.height == 0
        bar.show(make_snapshot(troubles=(TROUBLE, Trouble("[red]disk[/] full\x1b[2J", fixed_now()))))
        await pilot.pause()
        shown = str(bar.render())
        assert "press e to edit · since 14:52" in shown
        assert "[red]disk[/] full · since 14:55" in shown
        assert bar.region.height > 2
        bar.show(make_snapshot())
        await pilot.pause()

        assert bar.region.height == 0


def picture(snapshot: Snapshot) -> tuple[WidgetApp, Callable[..., Any]]:
    line, bar = StatusLine(), TroubleBar()

    async def prepare(pilot: Pilot[None]) -> None:
        line.show(snapshot)
        bar.show(snapshot)
        await pilot.pause()

    return WidgetApp(line, bar), prepare


@pytest.mark.parametrize("width", [140, 80])
def test_status_when_all_is_well(snap_compare: SnapCompare, width: int) -> None:
    app, prepare = picture(make_snapshot(trading_rows()))
    assert snap_compare(app, run_before=prepare, terminal_size=(width, 4))


@pytest.mark.parametrize("width", [140, 80])
def test_status_on_hold(snap_compare: SnapCompare, width: int) -> None:
    app, prepare = picture(make_snapshot(trading_rows(), hold=HOLD, unacknowledged=2))
    assert snap_compare(app, run_before=prepare, terminal_size=(width, 4))


@pytest.mark.parametrize("width", [140, 80])
def test_status_with_trouble(snap_compare: SnapCompare, width: int) -> None:
    gone = Trouble("no engine answers since pid 4711 is gone; start one: press q, then peak-console", fixed_now())
    snapshot = make_snapshot(
        trading_rows(), engine=EngineState.STOPPED, stale_since=fixed_now(), troubles=(TROUBLE, gone), unacknowledged=1
    )
    app, prepare = picture(snapshot)
    assert snap_compare(app, run_before=prepare, terminal_size=(width, 8))


@pytest.mark.parametrize(
    ("risk", "minutes", "words", "style"),
    [
        (Risk.GOOD, 12, "report by 15:10: 12m00s slack", "success"),
        (Risk.TIGHT, 1, "report by 15:10: 1m00s slack", "warning"),
        (Risk.LATE, -7, "report by 15:10: 7m00s late", "error"),
        (Risk.BLOCKED, None, "report by 15:10: blocked", "error"),
        (Risk.UNKNOWN, None, "report by 15:10: no history yet", "muted"),
        (Risk.MISSED, -3, "report by 15:10: missed", "error"),
    ],
)
def test_the_tightest_deadline_is_shown_with_its_slack(
    risk: Risk, minutes: float | None, words: str, style: str
) -> None:
    now = fixed_now()
    at = now.replace(hour=14, minute=10, second=0, microsecond=0)
    expected = at - timedelta(minutes=minutes) if minutes is not None else None
    prospect = Prospect("report", "report", now, at, False, expected, expected, risk)
    over = Prospect("other", "other", now, at, False, expected, expected, Risk.MET, is_over=True)
    snapshot = make_snapshot(deadlines=(over, prospect))
    assert words in second(snapshot)
    assert style in {style for text, style in second_line(snapshot, None, now, 160) if text == words.split(": ")[1]}
    assert "other" not in second(snapshot)


# Markets: it is 13:55:48 in UTC, 14:55:48 in the zone that times are shown in.

OPEN = make_market("XETR", fixed_now() - timedelta(days=3))
CLOSED = make_market("XNYS", fixed_now() - timedelta(days=3), opens=14.5, closes=21)
EARLY = make_market("XLON", fixed_now(), days=1, closes=20)
ALWAYS = make_market("24/7", fixed_now() - timedelta(days=3), opens=0, closes=24, days=60)
OVER = make_market("XTKS", fixed_now() - timedelta(days=3), days=2)


@pytest.mark.parametrize(
    ("market", "words"),
    [
        (OPEN, "XETR open, closes in 2h 34m"),
        (CLOSED, "XNYS closed, opens 15:30"),
        (EARLY, "XLON open, closes early in 3h 04m"),
        (ALWAYS, "24/7 open"),
        (OVER, "XTKS closed "),
    ],
)
def test_the_markets_that_the_jobs_use_are_told_of(market: Calendar, words: str) -> None:
    assert words in second(make_snapshot([make_row()], markets=[market]))


@pytest.mark.parametrize(
    ("width", "words"),
    [
        (160, "XETR open, closes in 2h 34m · XNYS closed, opens 15:30   hold: none"),
        (110, "XETR open till 17:30 · XNYS closed till 15:30   hold: none"),
        (90, "XETR open · XNYS closed   hold: none"),
        (80, "1/2 markets open   hold: none"),
        (60, "hold: none   no alerts"),
    ],
)
def test_markets_are_told_of_as_fully_as_there_is_room(width: int, words: str) -> None:
    text = second(make_snapshot([make_row("a_name_of_its_own")], markets=[OPEN, CLOSED]), width)
    assert words in text
    assert ("XETR" in text) is ("XETR" in words)
    assert len(text) == width
    assert "a_name_of_its" in text
