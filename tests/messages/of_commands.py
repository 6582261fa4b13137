"""Commands that make no sense, or that somebody else has written into the registry."""

from __future__ import annotations

import errno
from typing import TYPE_CHECKING

from peak_console.engine.supervision.launch import GIVEN
from peak_console.model.records import Run, RunState, Trigger
from peak_console.store import private
from tests.messages.scenarios import failing, scenario

if TYPE_CHECKING:
    from tests.messages.stage import Stage


@scenario
def numbers_that_are_too_large(stage: Stage) -> None:
    large = "9" * 20
    stage.run("disable a --for 99999999999w")
    stage.run("enable a --for 0s")
    stage.run(f"ack {large}")
    stage.run(f"stop #{large}")
    stage.run(f"logs #{large}")


@scenario
def arguments_that_no_command_has(stage: Stage) -> None:
    stage.command("enable", job="a", for_seconds="soon")
    stage.command("hold", reason=7)
    stage.command("hold", edit=True)
    stage.command("hold")
    stage.command("hold", reason="maintenance", edit=True)
    stage.command("release", slots="drop")
    stage.command("hold")
    stage.command("release", slots="drop")
    stage.command("release", slots="some")
    stage.command("ack", alert=1, note=7)
    stage.command("ack", newest="first")
    stage.command("unack")
    stage.command("unack", alerts=["first"])
    stage.run("ack all --undo")
    stage.command("ack", alert="first")
    stage.command("ack", alert=10**20)
    stage.command("run", job="a", args=[1])
    stage.command("run", job="a", args={"n": {}})
    stage.command("stop")
    stage.command("run", job="a", run_id=77)


@scenario
def commands_that_cannot_be_read(stage: Stage) -> None:
    import sqlite3

    stage.run("hold")
    connection = sqlite3.connect(stage.state / "registry.db")
    for verb, run_id, arguments in ((b"\xff", None, "{}"), ("ack", "all", "{}"), ("ack", None, "[]")):
        connection.execute(
            "INSERT INTO commands (verb, run_id, arguments, issued_by, issued_at)"
            " VALUES (CAST(? AS TEXT), ?, ?, '', '')",
            (verb, run_id, arguments),
        )
    connection.commit()
    stage.run("release")
    stage.say(*(text for (text,) in connection.execute("SELECT message FROM commands WHERE issued_by = ''")))
    connection.close()


@scenario
def commands_that_meet_an_error_of_ours(stage: Stage) -> None:
    def fail(*_: object) -> None:
        raise KeyError("surprise")

    stage.patch.setattr("peak_console.store.store.Store.set_hold", fail)
    stage.command("hold")


@scenario
def runs_that_were_made_before_their_engine_died(stage: Stage) -> None:
    from peak_console.clock import SystemClock
    from peak_console.engine.commands.answers import answer_of

    run = Run(7, "a", Trigger.MANUAL, None, 1, RunState.RUNNING, SystemClock().now())
    stage.ask("no longer recorded", lambda: answer_of(None, 7))
    for state in (RunState.QUEUED, RunState.CLAIMED, RunState.SUBMITTED, RunState.RUNNING):
        stage.ask(state, lambda state=state: answer_of(_in(run, state), 7))  # type: ignore[misc]


def _in(run: Run, state: RunState) -> Run:
    from peak_console.values import replace

    return replace(run, state=state)


@scenario
def arguments_that_do_not_arrive(stage: Stage) -> None:
    stage.command("run", job="a", private="0" * 32)
    with stage.patch.context() as patched:
        patched.setattr("peak_console.store.private.os.makedirs", failing(errno.ENOSPC))
        stage.ask("handing over", lambda: private.keep(str(stage.state), {"n": 1}))
    stage.command("run", job="a", args={"api_key": GIVEN})


@scenario
def words_that_are_too_much(stage: Stage) -> None:
    stage.run("status --state-dir 'a\0b'")
    stage.run("runs --limit 99999999999999999999")
    stage.run("next --count 99999999999999999999")
    stage.jobs('[[job]]\nname = "a"\ncommand = "true"\nschedule_type = "interval"\ninterval_seconds = 3600\n')
    stage.patch.setattr("peak_console.verbs.listing.MOST_SLOTS", 1)
    stage.run("next --count 0 --to 2d --json")


@scenario
def gates_that_are_closed_and_opened(stage: Stage) -> None:
    stage.jobs('[[job]]\nname = "a"\ncommand = "true"\n[[gate]]\nname = "desk"\n')
    stage.run("gate list")
    stage.run("gate close")
    stage.run("gate close dsk")
    stage.run("gate close desk --json")
    stage.run("gate list desk")
    stage.run("gate open desk --reason x")
    stage.run("gate open desk")
    stage.run("gate close desk --reason 'fed day'")
    stage.run("gate close desk")
    stage.run("run a")
    stage.run("--once")
    stage.run("gate open desk")
    stage.jobs('[[job]]\nname = "a"\ncommand = "true"\n')
    stage.run("gate list")
    stage.run("gate close desk")


@scenario
def blackouts_that_are_added_and_ended(stage: Stage) -> None:
    night = '[[blackout]]\nname = "night"\nfrom = "22:00"\nuntil = "02:00"\n'
    stage.jobs(
        '[[job]]\nname = "a"\ncommand = "true"\nconfirm = true\nschedule_type = "interval"\ninterval_seconds = 1\n'
    )
    stage.run("blackout")
    stage.run("blackout list x")
    stage.run("blackout end")
    stage.run("blackout end x")
    stage.run("blackout end x --until 2h")
    stage.run("blackout add x")
    stage.run("blackout add --tags ,")
    stage.run("blackout add --until soon")
    stage.run("blackout add --until 2001-01-01T00:00:00Z")
    stage.run("blackout add --from 2h --until 1h")
    stage.run("blackout add --tags live --until 2h --reason maintenance")
    stage.run("blackout add --name freeze --policy defer")
    stage.run("blackout add --name freeze")
    stage.run("run a --confirm a")
    stage.run("--headless --once")
    stage.run("blackout end none")
    stage.run("blackout end freeze")
    stage.run("blackout end freeze --confirm a")
    stage.command("add_blackout", policy="wait")
    stage.command("add_blackout", name=7)
    stage.jobs('[[job]]\nname = "a"\ncommand = "true"\n' + night)
    stage.run("blackout end night")


@scenario
def what_is_to_be_confirmed(stage: Stage) -> None:
    stage.jobs(
        '[[job]]\nname = "a b"\ncommand = "true"\nconfirm = true\nschedule_type = "interval"\ninterval_seconds = 60\n'
    )
    stage.run("run 'a b'")
    stage.run("enable 'a b' --confirm a")
    stage.run("hold")
    stage.run("release")
    stage.run("release --confirm 'a b'")
    stage.jobs('safety = 1\n[[job]]\nname = "a"\n')
    stage.run("validate")
    stage.jobs('heartbeat = 1\n[[job]]\nname = "a"\nping_url = "ftp://a"\n')
    stage.run("validate")
    stage.jobs('[[job]]\nname = "a"\n[heartbeat]\nurl = "https://a"\nfile = "b"\nevery = 0\n')
    stage.run("validate")
    stage.jobs('[[job]]\nname = "a"\n[heartbeat]\n')
    stage.run("jobs")
    stage.jobs('metrics = 1\n[[job]]\nname = "a"\n')
    stage.run("jobs")
    stage.jobs('[[job]]\nname = "a"\n[metrics]\nfile = "peak.txt"\nmax_jobs = -1\n')
    stage.run("validate")
    stage.jobs('[[job]]\nname = "a"\n[safety]\nconfirm_tags = ["x"]\nconfirm = 1\n')
    stage.run("validate")


@scenario
def alerts_of_jobs_and_people(stage: Stage) -> None:
    stage.jobs('[[job]]\nname = "a"\ncommand = "true"\n')
    stage.run("alert loud x")
    stage.run("alert info ' '")
    stage.run("alert warning 'the desk is closed'")
    stage.run("--once")
    stage.run("alerts --follow --state-dir nowhere")
    stage.run("runs --follow --state-dir nowhere")
