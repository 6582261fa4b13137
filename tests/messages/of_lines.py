"""Command lines, and what an engine refuses."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.messages.scenarios import scenario

if TYPE_CHECKING:
    from tests.messages.stage import Stage


@scenario
def usage(stage: Stage) -> None:
    for line in (
        "--headless --poll-interval 0", "--headless --attach", "--once --read-only", "next --count 0",
        "next --count -1", "next --from whenever", "next --to 99999999d", "next --from 99999999d", "next --to -1",
        "next --to 2001-01-01", "next --from 0001-01-01T00:00:00+14:00",
        "next --from 0001-01-01T00:00:00", "next --job b", "next --job zzzzzz",
        "next --job a --exclude-tags x", "next --job a --include-tags x", "runs --json --csv",
        "runs --outcome suceeded", "runs --outcome zzz", "runs --limit -1", "runs --since zzz", "history late:soon",
        "history --outcome suceeded", "history --trigger zzz", "history whose:ada", "history since:zzz", "history /(/",
        "runs --job b", "logs b", "logs a", "logs '#9'", "run b", "run a --set x", "stop '#x'", "disable a --for long",
        "ack x", "history", "alerts --limit -1", "install systemd --user --run-as root",
        "install systemd --system --run-as nobody-there",
        "install systemd --name 'a b'", "serve --port 70000", "serve --max-tabs 0", "serve --host 10.0.0.1",
        "serve --metrics here", "stop a",
        "reload", "release",
    ):  # fmt: skip
        stage.run(line)
    for line in ("graph --dot --json", "graph", "run a --with-downstream --from-here", "run a --with-downstream",
                 "stop a --chain"):  # fmt: skip
        stage.run(line)
    stage.run("hold")
    stage.run("ack 77")
    stage.run("hold")
    stage.run("run a")


@scenario
def the_console_without_a_terminal(stage: Stage) -> None:
    stage.run("")
    stage.run("--in-browser")


@scenario
def jobs_that_are_not_there(stage: Stage) -> None:
    stage.run("jobs --include-tags x")
    stage.jobs("")
    stage.run("jobs")
    stage.run("next")


@scenario
def what_an_engine_refuses(stage: Stage) -> None:
    for line in ("run a", "logs a"):
        stage.run(line)
    stage.command("stop", job="a")
    stage.command("stop", run_id=99)
    stage.command("frobnicate")
    stage.command("run", job="a", chain="sideways")
    stage.command("enable", job="b")
    stage.command("run", run_id=1)
    stage.jobs('[[job]]\nname = "b"\ncommand = "nosuch"\n')
    stage.run("run b")
    stage.run("logs b")
    stage.command("run", run_id=2)
    stage.command("run", job="b")
