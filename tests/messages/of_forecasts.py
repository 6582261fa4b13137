"""What the verbs say that look ahead and explain: ``forecast``, ``plan`` and ``why``."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.messages.scenarios import scenario

if TYPE_CHECKING:
    from tests.messages.stage import Stage

DAILY = """\
[scheduler]
timezone = "UTC"
max_concurrent_runs = 1
[[job]]
name = "b"
tags = ["x"]
schedule_type = "daily"
daily_time = "07:30"
finish_by = "07:30:10"
[[job]]
name = "c"
schedule_type = "daily"
daily_time = "07:30"
"""


@scenario
def forecasts(stage: Stage) -> None:
    stage.jobs(DAILY)
    for line in (
        "forecast", "forecast --places", "forecast --samples 2 --seed 1", "forecast --samples -1",
        "forecast --samples 2 --ics", "forecast --set b", "forecast --set b.retris=1", "forecast --set b.retries=often",
        "forecast --set scheduler.max_concurrent_runs=x", "forecast --set zzz.retries=1", "forecast --hold y",
        "forecast --hold x", "forecast --fail zzz", "forecast --slow b", "forecast --from 2001-01-01",
        "forecast --from 2d --to 1d", "forecast --to 5000d", "forecast --file nowhere.toml", "forecast --job zzz",
    ):  # fmt: skip
        stage.run(line)
    stage.run("hold")
    stage.run("forecast")
    stage.run("release")


@scenario
def plans(stage: Stage) -> None:
    stage.jobs(DAILY)
    stage.run("plan jobs.toml")
    stage.write("other.toml", DAILY.replace("07:30", "08:15").replace('"c"', '"d"').replace("runs = 1", "runs = 2"))
    stage.run("plan other.toml")
    stage.write("now.toml", DAILY + '[[job]]\nname = "e"\nschedule_type = "interval"\ninterval_seconds = 60\n')
    stage.run("plan now.toml")
    stage.run("plan nowhere.toml")


@scenario
def explanations(stage: Stage) -> None:
    stage.jobs(DAILY)
    for line in (
        "why b", "why zzz", "why b --run 9", "why b --at whenever", "why b --at '2001-01-01 09:00'",
        "why b --slot '2001-01-01 07:30'",
    ):  # fmt: skip
        stage.run(line)
    stage.run("disable b")
    stage.run("why b")
