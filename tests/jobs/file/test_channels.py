from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from peak_console.errors import JobsFileError
from peak_console.jobs.beside import AlertChannel
from peak_console.jobs.file.loader import load

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from peak_console.jobs.model import JobSet

SECRET = "tgram://123456:hunter2/-100"


def read(text: str, environ: Mapping[str, str] | None = None) -> JobSet:
    return load("jobs.toml", text.encode(), environ or {})


def test_urls_become_channels_named_by_their_scheme() -> None:
    found = read('[alerts]\nmin_level = "info"\nurls = ["ntfy://a", "ntfy://b", "mailto://c:d@e.f"]')
    assert found.channels == (
        AlertChannel("ntfy", "ntfy://a", "info"),
        AlertChannel("ntfy-2", "ntfy://b", "info"),
        AlertChannel("mailto", "mailto://c:d@e.f", "info"),
    )


def test_channels_have_their_own_level_and_tags() -> None:
    found = read("""
        [alerts]
        min_level = "critical"
        [[alerts.channel]]
        name = "desk"
        url = "ntfy://desk"
        [[alerts.channel]]
        name = "risk"
        url = "ntfy://risk"
        min_level = "info"
        tags = ["risk"]
    """)
    assert found.channels == (
        AlertChannel("desk", "ntfy://desk", "critical"),
        AlertChannel("risk", "ntfy://risk", "info", ("risk",)),
    )


def test_level_is_warning_unless_said() -> None:
    assert read('[alerts]\nurls = ["ntfy://a"]').channels[0].min_level == "warning"


def test_url_may_come_from_the_environment() -> None:
    found = read('[[alerts.channel]]\nurl_env = "DESK_URL"', {"DESK_URL": SECRET})
    assert found.channels == (AlertChannel("DESK_URL", SECRET),)
    assert "hunter2" not in repr(found)


def test_url_may_come_from_dotenv_but_the_environment_wins() -> None:
    Path(".env").write_text(f'DESK_URL="{SECRET}"\n')
    text = '[[alerts.channel]]\nname = "desk"\nurl_env = "DESK_URL"'
    assert read(text).channels == (AlertChannel("desk", SECRET),)
    assert read(text, {"DESK_URL": "ntfy://desk"}).channels == (AlertChannel("desk", "ntfy://desk"),)


@pytest.mark.parametrize(
    ("environ", "why"),
    [
        ({}, "DESK_URL is set neither in the environment nor in .env: it gets no alerts; set it"),
        ({"DESK_URL": ""}, "DESK_URL is set neither in the environment nor in .env: it gets no alerts; set it"),
        ({"DESK_URL": "hunter2"}, "DESK_URL holds no URL: it gets no alerts; put an Apprise URL into it"),
    ],
)
def test_channel_without_a_usable_url_is_a_warning_and_stops_nothing(environ: Mapping[str, str], why: str) -> None:
    found = read('[[alerts.channel]]\nname = "desk"\nurl_env = "DESK_URL"\n[[job]]\nname = "x"', environ)
    assert found.channels == ()
    assert list(found.jobs) == ["x"]
    assert [str(problem) for problem in found.warnings] == [f'jobs.toml:3:1: alerts channel "desk": {why}']


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("[alerts]\nurl = 1", ['2:1: [alerts]: unknown key "url"; did you mean "urls"?']),
        ('[alerts]\nmin_level = "warn"', ["2:1: [alerts]: min_level must be one of "]),
        ('[alerts]\nurls = "ntfy://a"', ["2:1: [alerts]: urls must be a list of strings"]),
        ('[alerts]\nurls = ["a"]', ["2:9: [alerts]: urls holds no Apprise URL"]),
        ('[alerts]\nchannel = ["a"]', ["2:1: [alerts]: channel must be written as tables [[alerts.channel]]"]),
        (
            "[[alerts.channel]]",
            ["1:1: alerts channel number 1: needs a url, or a url_env that names the variable with it"],
        ),
        (
            '[[alerts.channel]]\nname = "a"\nurl = "ntfy://a"\nurl_env = "A"',
            ['1:1: alerts channel "a": has both url and url_env; keep one of them'],
        ),
        (
            '[[alerts.channel]]\nname = "a"\nurl = "ntfy://a"\n[[alerts.channel]]\nname = "a"\nurl = "ntfy://b"',
            ['5:1: alerts channel "a": duplicate name; the first is in line 2'],
        ),
        ("[[alerts.channel]]\nurl = 5", ["2:1: alerts channel number 1: url must be a string"]),
        (
            '[[alerts.channel]]\nurl = "ntfy://a"\ntag = "x"',
            ['3:1: alerts channel number 1: unknown key "tag"; did you mean "tags"?'],
        ),
    ],
)
def test_faults_of_alerts_are_placed(
    problems: Callable[[str], Sequence[str]], text: str, expected: Sequence[str]
) -> None:
    found = problems(text)
    assert len(found) == len(expected)
    for problem, start in zip(found, expected, strict=True):
        assert problem.startswith(start)


def test_url_that_is_no_url_is_not_shown() -> None:
    with pytest.raises(JobsFileError) as caught:
        read('[[alerts.channel]]\nurl = "hunter2"')
    assert "hunter2" not in str(caught.value)
