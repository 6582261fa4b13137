from __future__ import annotations

from datetime import UTC, datetime

import pytest

from peak_console.alerts.routing import channels_for, channels_from_environment, merge_channels
from peak_console.errors import PeakConsoleError
from peak_console.jobs.beside import AlertChannel
from peak_console.model.records import Alert, Level

CHANNELS = [
    AlertChannel("everything", "json://a", min_level="info"),
    AlertChannel("ops", "json://b", min_level="warning"),
    AlertChannel("pager", "json://c", min_level="critical"),
    AlertChannel("risk desk", "json://d", min_level="warning", tags=("risk", "live")),
]


@pytest.mark.parametrize(
    ("level", "tags", "names"),
    [
        (Level.INFO, (), ["everything"]),
        (Level.INFO, ("risk",), ["everything"]),
        (Level.WARNING, (), ["everything", "ops"]),
        (Level.WARNING, ("risk", "hourly"), ["everything", "ops", "risk desk"]),
        (Level.CRITICAL, ("scan",), ["everything", "ops", "pager"]),
        (Level.CRITICAL, ("live",), ["everything", "ops", "pager", "risk desk"]),
    ],
)
def test_channel_gets_alerts_from_its_level_up_and_of_its_tags(
    level: str, tags: tuple[str, ...], names: list[str]
) -> None:
    alert = Alert(Level(level), "it happened", datetime(2025, 3, 4, tzinfo=UTC))
    assert channels_for(alert, tags, CHANNELS) == names


def test_environment_without_urls_has_no_channels() -> None:
    assert channels_from_environment({}) == []
    assert channels_from_environment({"PEAK_CONSOLE_ALERT_URLS": " , \n"}) == []


@pytest.mark.parametrize(
    "text",
    [
        "slack://a/b/c mailto://u:p@host?to=x,y",
        " slack://a/b/c,mailto://u:p@host?to=x,y ",
        "slack://a/b/c ,\n\tmailto://u:p@host?to=x,y,",
    ],
)
def test_environment_separates_urls_but_not_the_commas_inside(text: str) -> None:
    channels = channels_from_environment({"PEAK_CONSOLE_ALERT_URLS": text})
    assert [(c.name, c.url, c.min_level, c.tags) for c in channels] == [
        ("env-1", "slack://a/b/c", "warning", ()),
        ("env-2", "mailto://u:p@host?to=x,y", "warning", ()),
    ]


def test_environment_sets_the_level() -> None:
    environ = {"PEAK_CONSOLE_ALERT_URLS": "json://host", "PEAK_CONSOLE_ALERT_LEVEL": " Critical "}
    assert channels_from_environment(environ)[0].min_level == "critical"


def test_unknown_level_in_the_environment_is_refused_with_the_known_ones() -> None:
    with pytest.raises(PeakConsoleError, match=r'PEAK_CONSOLE_ALERT_LEVEL: "loud" .* info, warning, critical'):
        channels_from_environment({"PEAK_CONSOLE_ALERT_LEVEL": "loud"})


def test_jobs_file_wins_a_name_used_twice() -> None:
    of_file = [AlertChannel("ops", "json://a"), AlertChannel("env-1", "json://b")]
    of_environment = [AlertChannel("env-1", "json://c"), AlertChannel("env-2", "json://d")]
    merged = merge_channels(of_file, of_environment)
    assert [(c.name, c.url) for c in merged] == [("ops", "json://a"), ("env-1", "json://b"), ("env-2", "json://d")]


def test_url_of_a_channel_is_not_in_its_repr() -> None:
    [channel] = channels_from_environment({"PEAK_CONSOLE_ALERT_URLS": "slack://hunter2"})
    assert "hunter2" not in repr(channel)
