"""Questions that cannot be answered as they are asked: about what was, what will be, and what is written somewhere."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.messages.scenarios import scenario

if TYPE_CHECKING:
    from tests.messages.stage import Stage

CHAIN = """[scheduler]
timezone = "UTC"
[[job]]
name = "a"
command = "true"
tags = ["live"]
[[job]]
name = "b"
command = "true"
schedule_type = "daily"
daily_time = "03:00"
"""


@scenario
def forecasts_of_what_is_not_there(stage: Stage) -> None:
    stage.jobs(CHAIN)
    stage.run("forecast --samples -1")
    stage.run("forecast --samples 1000000")
    stage.run("forecast --set a")
    stage.run("forecast --set nobody.timeout_seconds=3")
    stage.run("forecast --set a.timeout_secnds=3")
    stage.run("forecast --set a.timeout_seconds=soon")
    stage.run("forecast --hold dead")
    stage.run("forecast --fail nobody")
    stage.run("forecast --slow b")
    stage.run("forecast --slow b=twice")
    stage.run("forecast --from 2001-01-01")
    stage.run("forecast --from 2001-01-01T00:00:00Z")
    stage.run("forecast --to 2001-01-01T00:00:00Z")
    stage.run("forecast --to 2999-01-01T00:00:00Z")
    stage.run("forecast --ics --samples 3")
    stage.run("forecast --file missing.toml")


@scenario
def texts_that_cannot_be_looked_for(stage: Stage) -> None:
    stage.jobs(CHAIN)
    stage.run("--headless --once --quiet")
    stage.run("logs")
    stage.run("logs --job a")
    stage.run("logs --grep ''")
    stage.run("logs --grep '('")
    stage.run("logs --grep x --follow")
    stage.run("logs --grep x --limit -1")
    stage.run("logs --grep x --since later")
    stage.run("logs --grep x --job nobody")


@scenario
def histories_that_nobody_has(stage: Stage) -> None:
    stage.jobs(CHAIN)
    stage.run("history")
    stage.run("history --actions")
    stage.run("hold")
    stage.run("history --actions --by nobody")
    stage.run("history --actions --late")
    stage.run("history --outcome good")
    stage.run("history --trigger hand")
    stage.run("history --late soon")
    stage.run("history --limit -1")
    stage.run("history --since later")
    stage.run("history /[/")
    stage.run("timeline --from 2026-01-02 --to 2026-01-01")
    stage.run("timeline nobody")
    stage.run("timeline !")


@scenario
def chains_and_deadlines_that_are_not_there(stage: Stage) -> None:
    stage.jobs(CHAIN)
    stage.run("graph")
    stage.run("graph nobody")
    stage.run("graph --dot --json")
    stage.run("deadlines")
    stage.run("run a --with-downstream --from-here")
    stage.run("stop a --chain")
    stage.command("run", job="a", chain="sideways")


@scenario
def several_jobs_at_once(stage: Stage) -> None:
    stage.jobs(CHAIN)
    stage.run("disable")
    stage.run("disable --tags ,")
    stage.run("disable --tags dead,gone")
    stage.run("disable a --for 1h --until 18:00")
    stage.run("disable a --until 2001-01-01T00:00:00Z")
    stage.run("disable a nobody")
    stage.run("stop a b")
    stage.run("hold --jobs !")
    stage.run("hold --tags dead")
    stage.run("hold --tags live --until 2001-01-01T00:00:00Z")
    stage.run("hold --tags live")
    stage.run("--headless --once")
    stage.run("release --tags dead")
    stage.command("hold_jobs", tags="live")
    stage.command("hold_jobs", tags=["live"], words=7)
    stage.command("hold_jobs", tags=["live"], until="soon")
    stage.command("hold_jobs", tags=["live"], until="2001-01-01T00:00:00+00:00")
    stage.run("release --all")


@scenario
def runs_that_cannot_be_compared(stage: Stage) -> None:
    stage.jobs(CHAIN)
    stage.run("diff a")
    stage.run("--headless --once --quiet")
    stage.run("diff a")
    stage.run("diff 1 2 3")
    stage.run("diff a b")
    stage.run("diff 1 99")
    stage.run("diff nobody")


@scenario
def plans_and_reasons(stage: Stage) -> None:
    stage.jobs(CHAIN)
    stage.run("plan jobs.toml")
    stage.run("plan missing.toml")
    stage.run("plan .")
    stage.write("next.toml", CHAIN + '[[job]]\nname = "c"\ncommand = "true"\n')
    stage.run("plan next.toml")
    stage.run("why nobody")
    stage.run("why a --run 99")
    stage.run("why b --slot 2001-01-01T03:00:00Z")
    stage.run("why b --slot 2001-01-01T04:00:00Z")


@scenario
def keys_of_one_job_of_a_file(stage: Stage) -> None:
    stage.jobs(CHAIN)
    stage.run("logs a --json")
    stage.run("logs a --since 2h")
    stage.run("stop --tags live")
    stage.jobs(CHAIN + '[[deadline]]\nname = "x"\njobs = ["a"]\nat = "09:00"\n' * 2)
    stage.run("validate")
    stage.jobs(CHAIN.replace('tags = ["live"]', "expect = {}\nafter = []"))
    stage.run("validate")


@scenario
def files_that_a_start_requires(stage: Stage) -> None:
    from peak_console.api import run_job
    from peak_console.jobs.file.loader import load

    stage.jobs(CHAIN.replace('tags = ["live"]', 'if_stale = "fail"\nrequires = [{ file = "quotes.csv" }]'))
    stage.run("--headless --once")
    stage.ask("run_job", lambda: run_job(load("jobs.toml").jobs["a"]).exception)


@scenario
def days_with_more_than_is_shown(stage: Stage) -> None:
    stage.jobs(CHAIN)
    stage.patch.setattr("peak_console.verbs.past.timeline.MOST_ITEMS", 0)
    stage.run("timeline b --json --to 'tomorrow 12:00'")


@scenario
def days_of_which_not_all_can_be_foreseen(stage: Stage) -> None:
    stage.jobs(CHAIN)
    with stage.patch.context() as patch:
        patch.setattr("peak_console.verbs.past.timeline.FORECAST_SECONDS", 0.0)
        stage.run("timeline nobody")
    stage.patch.setattr("peak_console.forecast.past.Past", None)
    stage.run("timeline nobody")
