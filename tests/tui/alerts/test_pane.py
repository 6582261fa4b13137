"""The alert log on a screen: where the cursor stays, what it posts, what it paints, how it looks."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from peak_console.model.records import Alert, Level
from peak_console.tui.alerts.pane import EMPTY, AlertsPane
from tests.tui.harness import Posted, WidgetApp, fixed_now, make_alert, make_snapshot

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Sequence

    from textual.geometry import Region
    from textual.pilot import Pilot

    SnapCompare = Callable[..., bool]


class PaneApp(WidgetApp):
    CSS_PATH = [path for path in WidgetApp.CSS_PATH if "alerts/pane" in str(path)]  # noqa: RUF012


def numbered(count: int, level: str = Level.WARNING, first: int = 1) -> list[Alert]:
    """Alerts ``first`` and on, newest first, a minute apart."""
    return [
        make_alert(f"job_{n} failed", level, ago=60 * (first + count - n), job=f"job_{n}", id=n)
        for n in range(first + count - 1, first - 1, -1)
    ]


def acknowledged(alert: Alert) -> Alert:
    return replace(alert, acknowledged_at=fixed_now(), acknowledged_by="anna")


class Stage:
    """A pane on a screen, and what it posts."""

    def __init__(self, pane: AlertsPane, pilot: Pilot[None], posted: Posted) -> None:
        self.pane, self.pilot, self.posted = pane, pilot, posted

    async def show(self, alerts: Sequence[Alert]) -> None:
        unread = sum(alert.acknowledged_at is None for alert in alerts)
        self.pane.show(make_snapshot(alerts=tuple(alerts), unacknowledged=unread))
        await self.pilot.pause()

    async def press(self, *keys: str) -> None:
        await self.pilot.press(*keys)
        await self.pilot.pause()

    @property
    def under(self) -> int | None:
        alert = self.pane.cursor_alert
        return alert.id if alert else None

    @property
    def asked(self) -> list[int | None]:
        return [message.alert.id for message in self.posted.of(AlertsPane.AcknowledgeRequested)]

    def text(self) -> list[str]:
        return [self.pane.render_line(y).text.rstrip() for y in range(self.pane.size.height)]


@pytest.fixture
async def stage() -> AsyncIterator[Stage]:
    pane, posted = AlertsPane(), Posted()
    async with PaneApp(pane).run_test(size=(60, 14), message_hook=posted) as pilot:
        pane.focus()
        yield Stage(pane, pilot, posted)


async def test_an_empty_log_says_that_all_is_quiet(stage: Stage) -> None:
    await stage.show([])
    assert [line.strip() for line in stage.text() if line] == [EMPTY]
    assert stage.under is None
    assert str(stage.pane.border_title) == "4 Alerts"


async def test_the_title_counts_what_nobody_has_read(stage: Stage) -> None:
    await stage.show([*numbered(2, first=2), acknowledged(make_alert(id=1))])
    assert str(stage.pane.border_title) == "4 Alerts · 2 unread"


async def test_an_alert_shows_time_level_job_and_message_and_its_details_after_them(stage: Stage) -> None:
    message = "backup failed with exit code 2\nRun #12, took 3 s.\nLast lines of stderr:\n  disk full"
    await stage.show([make_alert(message, ago=60, job="backup", id=1)])
    first, second = stage.text()[:2]
    assert first.split() == ["▌•14:54", "✖", "critical", "backup"]
    assert second.split(maxsplit=1)[1].startswith("failed with exit code 2  Run #12, took 3 s.")


async def test_a_wide_pane_gives_each_alert_one_line() -> None:
    pane = AlertsPane()
    async with PaneApp(pane).run_test(size=(120, 10)) as pilot:
        pane.show(make_snapshot(alerts=numbered(3)))
        await pilot.pause()
        texts = [pane.render_line(y).text for y in range(3)]
    assert ["job_3" in texts[0], "job_2" in texts[1], "job_1" in texts[2]] == [True] * 3


async def test_the_cursor_stays_on_its_alert_when_new_ones_arrive(stage: Stage) -> None:
    await stage.show(numbered(3))
    await stage.press("down")
    assert stage.under == 2
    await stage.show(numbered(6))
    assert stage.under == 2


async def test_whoever_has_scrolled_down_keeps_seeing_the_same_alerts(stage: Stage) -> None:
    await stage.show(numbered(50))
    await stage.press("end")
    before = stage.text()
    await stage.show([*numbered(10, first=51), *numbered(50)])
    assert stage.text() == before


async def test_a_pane_that_nobody_works_in_shows_the_newest(stage: Stage) -> None:
    await stage.show(numbered(20))
    stage.pane.screen.set_focus(None)
    await stage.pilot.pause()
    await stage.show(numbered(30))
    assert "job_30" in stage.text()[0]


async def test_where_nobody_works_the_cursor_waits_on_what_is_unread(stage: Stage) -> None:
    stage.pane.screen.set_focus(None)
    read = [acknowledged(alert) for alert in numbered(9)]
    await stage.show(read)
    await stage.show([*numbered(1, first=11), acknowledged(numbered(1, first=10)[0]), *read])
    assert stage.under == 11
    await stage.show([*numbered(1, first=12), *numbered(1, first=11), *read])
    assert stage.under == 12, "it has just come"
    await stage.show([acknowledged(numbered(1, first=12)[0]), *numbered(1, first=11), *read])
    assert stage.under == 11
    await stage.show([*read[:8], *numbered(1)])
    assert stage.under == 1
    assert "job_1" in stage.text()[0], "it is seen"
    await stage.show([*numbered(1, first=20), *read[:8], *numbered(1)])
    assert "job_20" in stage.text()[0]


@pytest.mark.parametrize(
    ("keys", "under"),
    [
        (("down",), 29),
        (("j", "j", "k"), 29),
        (("end",), 1),
        (("G", "home"), 30),
        (("up",), 30),
        (("pagedown",), 25),
        (("pagedown", "pageup"), 30),
    ],
)
async def test_keys_move_the_cursor(stage: Stage, keys: tuple[str, ...], under: int) -> None:
    await stage.show(numbered(30))
    await stage.press(*keys)
    assert stage.under == under
    assert f"job_{under}" in "\n".join(stage.text())


async def test_acknowledging_asks_for_that_alert_and_goes_to_the_next_unread_one(stage: Stage) -> None:
    newest, middle, oldest = numbered(3)
    await stage.show([newest, acknowledged(middle), oldest])
    await stage.press("a")
    assert (stage.asked, stage.under) == ([3], 1)


async def test_an_alert_that_has_been_read_is_not_acknowledged_again(stage: Stage) -> None:
    newest, older = numbered(2)
    await stage.show([acknowledged(newest), older])
    await stage.press("down", "a")
    assert (stage.asked, stage.under) == ([], 1)


async def test_a_note_is_for_the_alert_under_the_cursor(stage: Stage) -> None:
    await stage.press("n")
    await stage.show(numbered(2))
    await stage.press("down", "n")
    assert [message.alert.id for message in stage.posted.of(AlertsPane.NoteRequested)] == [1]


async def test_enter_and_a_double_click_open_an_alert(stage: Stage) -> None:
    await stage.show(numbered(3))
    await stage.press("down", "enter")
    await stage.pilot.click(stage.pane, offset=(5, 6), times=2)
    await stage.pilot.pause()
    assert [message.alert.id for message in stage.posted.of(AlertsPane.Opened)] == [2, 1]


async def test_a_click_puts_the_cursor_there(stage: Stage) -> None:
    await stage.show(numbered(3))
    await stage.pilot.click(stage.pane, offset=(5, 3))
    assert stage.under == 2


async def test_critical_alerts_mark_the_whole_pane_until_they_are_read(stage: Stage) -> None:
    await stage.show(numbered(1, Level.CRITICAL))
    assert stage.pane.has_class("-critical")
    await stage.show([acknowledged(alert) for alert in numbered(1, Level.CRITICAL)])
    assert not stage.pane.has_class("-critical")


async def test_an_alert_that_is_read_looks_otherwise_at_once(stage: Stage) -> None:
    newest, older = numbered(2)
    await stage.show([newest, older])
    await stage.show([newest, acknowledged(older)])
    assert ["•" in line for line in stage.text()[:4]] == [True, False, False, False]


def incident(**fields: Any) -> Alert:
    return make_alert("job_1 failed with exit code 2", job="job_1", id=1, cause="job_1", **fields)


async def test_an_incident_says_how_often_it_has_happened(stage: Stage) -> None:
    await stage.show([incident()])
    assert stage.text()[1].split() == ["▌", "failed", "with", "exit", "code", "2"]
    await stage.show([incident(count=12, last_at=fixed_now())])
    assert stage.text()[1].split() == ["▌", "×12", "failed", "with", "exit", "code", "2"]


async def test_a_resolved_alert_says_so_whether_it_was_acknowledged_or_not(stage: Stage) -> None:
    for alert in (incident(), acknowledged(incident())):
        await stage.show([alert])
        assert "critical" in stage.text()[0]
        await stage.show([replace(alert, resolved_at=fixed_now())])
        assert "not listed: 1 resolved" in str(stage.pane.border_subtitle)
        await stage.press("v")
        assert stage.text()[0].split() == ["▌", "14:54", "✔", "resolved", "job_1"]
        await stage.press("v", "v")
    assert not stage.pane.has_class("-critical")


async def test_alerts_of_another_registry_are_not_taken_for_those_of_the_one_before(stage: Stage) -> None:
    await stage.show([make_alert("old", id=1)])
    await stage.show([make_alert("new", id=1, ago=30)])
    assert "new" in stage.text()[0]


async def test_only_lines_that_read_differently_are_painted(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    alerts = numbered(5)
    await stage.show(alerts)
    painted: list[Region] = []
    monkeypatch.setattr(stage.pane, "refresh", lambda *regions, **_: painted.extend(regions))
    await stage.show(list(alerts))
    assert painted == []
    await stage.show([*alerts[:3], alerts[3], acknowledged(alerts[4])])
    assert [(region.y, region.height) for region in painted] == [(8, 2)]


async def test_a_tick_paints_only_on_another_day(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    await stage.show(numbered(3))
    painted: list[int] = []
    monkeypatch.setattr(stage.pane, "refresh", lambda *_, **__: painted.append(1))
    stage.pane.tick(fixed_now() + timedelta(seconds=1))
    assert painted == []
    stage.pane.tick(fixed_now() + timedelta(days=1))
    assert painted == [1]
    assert "Mon 14:54" in stage.text()[0]


async def test_ten_thousand_alerts_draw_no_more_than_is_seen(stage: Stage) -> None:
    await stage.show(numbered(10_000))
    await stage.press("end")
    assert "job_1" in stage.text()[-2]
    assert len(stage.pane._strips) < 50


def log() -> list[Alert]:
    """A morning's alerts, some of them read."""
    facts = (
        "Run #1287, due at 08:00:00 CET, took 0.8 s.\n3 failures in a row.\nLast lines of stderr:\n  BTC/EUR over limit"
    )
    rejected = 'jobs.toml rejected: 1 error; the jobs already loaded keep running\nline 41: no zone "Europe/Berln"'
    return [
        make_alert(f"daily_risk_check failed with exit code 2\n{facts}", ago=1400, job="daily_risk_check", id=9),
        make_alert(rejected, Level.WARNING, ago=3200, id=8),
        make_alert("weekly_sweep succeeded in 12 min\nRun #1286", Level.INFO, ago=3650, job="weekly_sweep", id=7),
        acknowledged(make_alert("feed failed with exit code 1", Level.WARNING, ago=7000, job="feed", id=6)),
        acknowledged(make_alert("signals_btc succeeded in 2 s", Level.INFO, ago=26000, job="signals_btc", id=5)),
        acknowledged(make_alert("daily_risk_check timed out", ago=86400 * 2, job="daily_risk_check", id=4)),
        make_alert(
            "hostile \x1b[31m[red]x[/] \u202e\nsecond", Level.WARNING, ago=200_000, job="b[/]\x1b]0;x\x07", id=3
        ),
    ]


def incidents() -> list[Alert]:
    """One goes on, one has been acknowledged, three are resolved."""
    resolved: dict[str, Any] = {"resolved_at": fixed_now()}
    last = fixed_now() - timedelta(seconds=200)
    rejected = 'jobs.toml rejected: 1 error; the jobs already loaded keep running\nline 41: no zone "Europe/Berln"'
    return [
        make_alert("feed failed with exit code 1\nRun #1287, took 0.8 s.", job="feed", id=9, count=12, last_at=last),
        acknowledged(make_alert("risk failed with exit code 2", job="risk", id=8, ago=900, count=3, last_at=last)),
        make_alert("quotes failed with exit code 1", Level.WARNING, job="quotes", id=7, ago=1900, **resolved),
        make_alert(rejected, Level.WARNING, id=6, ago=3200, count=2, **resolved),
        acknowledged(make_alert("sweep timed out", job="sweep", id=5, ago=9000, count=140, **resolved)),
    ]


def shown(
    alerts: Sequence[Alert], *keys: str, theme: str | None = None, focus: bool = True
) -> tuple[WidgetApp, object]:
    pane = AlertsPane()

    async def prepare(pilot: Pilot[None]) -> None:
        await pilot.pause()
        if theme:
            pilot.app.theme = theme
        unread = sum(alert.acknowledged_at is None for alert in alerts)
        pane.show(make_snapshot(alerts=alerts, unacknowledged=unread))
        pilot.app.screen.set_focus(pane if focus else None)
        await pilot.press(*keys)
        await pilot.pause()

    return PaneApp(pane), prepare


@pytest.mark.parametrize("size", [(48, 17), (80, 22), (140, 12)], ids=["pane", "small", "wide"])
def test_picture_of_a_failing_morning(snap_compare: SnapCompare, size: tuple[int, int]) -> None:
    app, prepare = shown(log(), "down")
    assert snap_compare(app, run_before=prepare, terminal_size=size)


@pytest.mark.parametrize("theme", ["peak-16", "peak-colour-blind", "peak-light"])
def test_picture_in_other_themes(snap_compare: SnapCompare, theme: str) -> None:
    app, prepare = shown(log(), theme=theme)
    assert snap_compare(app, run_before=prepare, terminal_size=(60, 17))


@pytest.mark.parametrize("size", [(48, 14), (140, 9)], ids=["pane", "wide"])
def test_picture_of_incidents(snap_compare: SnapCompare, size: tuple[int, int]) -> None:
    app, prepare = shown(incidents())
    assert snap_compare(app, run_before=prepare, terminal_size=size)


@pytest.mark.parametrize("theme", ["peak-16", "peak-light"])
def test_picture_of_incidents_in_other_themes(snap_compare: SnapCompare, theme: str) -> None:
    app, prepare = shown(incidents(), theme=theme)
    assert snap_compare(app, run_before=prepare, terminal_size=(60, 14))


def test_picture_of_a_quiet_pane(snap_compare: SnapCompare) -> None:
    app, prepare = shown([], focus=False)
    assert snap_compare(app, run_before=prepare, terminal_size=(48, 10))


def test_picture_of_a_pane_where_everything_is_read(snap_compare: SnapCompare) -> None:
    app, prepare = shown([acknowledged(alert) for alert in log()], focus=False)
    assert snap_compare(app, run_before=prepare, terminal_size=(48, 17))


async def test_a_message_without_a_job_goes_on_in_the_second_line(stage: Stage) -> None:
    await stage.show(
        [make_alert("the engine could record nothing for 25s, and therefore started nothing\nSince 14:31")]
    )
    first, second = stage.text()[:2]
    assert first.endswith("✖ critical  the engine could record nothing for")
    assert second.strip("▌ ") == "25s, and therefore started nothing  Since 14:31"
    await stage.show([make_alert(f"jobs.toml reloaded: {'1 added, ' * 9}\nAdded: newcomer", Level.INFO)])
    assert stage.text()[1].strip("▌ ") == "Added: newcomer"


async def test_an_open_critical_alert_is_named_in_the_title_wherever_the_list_is(stage: Stage) -> None:
    critical = make_alert("risk_check failed\nexit 2", job="risk_check", id=99)
    await stage.show([*numbered(30), critical])
    assert stage.under == 99
    await stage.press("end")
    assert "! risk_check failed" in str(stage.pane.border_title)
    assert "exit 2" not in str(stage.pane.border_title)


async def test_what_is_not_listed_is_counted_and_v_lists_it(stage: Stage) -> None:
    success = make_alert("b succeeded", Level.INFO, job="b", id=2, run_id=2, acknowledged_at=fixed_now())
    await stage.show([success, replace(numbered(1)[0], resolved_at=fixed_now())])
    assert any("nothing is open: all quiet" in line for line in stage.text())
    assert "not listed: 1 resolved, 1 successes" in str(stage.pane.border_subtitle)
    await stage.press("v")
    assert "resolved" in stage.text()[0]
    await stage.press("v")
    assert "info" in stage.text()[0]
    assert str(stage.pane.border_subtitle) == ""
    stage.pane.filter("level:warning")
    await stage.pilot.pause()
    assert "not listed: 1 filtered out" in str(stage.pane.border_subtitle)
