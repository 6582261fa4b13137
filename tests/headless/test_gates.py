"""Gates as real commands, files and variables: whatever goes wrong with one keeps it closed."""

from __future__ import annotations

import json
import os
import signal
import time
from typing import TYPE_CHECKING

import pytest

from tests.headless.support import shell
from tests.support.processes import wait_until

if TYPE_CHECKING:
    from tests.headless.support import Program

JOB = shell("orders", "echo traded >>{log}")


def gated(command: str, rest: str = "") -> str:
    return f'{JOB}[[gate]]\nname = "venue"\n{command}\ntimeout = "500ms"\n{rest}\n'.replace('"500ms"', "0.5")


CLOSED = {
    "says no": ("command = ['/bin/sh', '-c', 'echo no: holiday']", "gate venue is closed: no: holiday"),
    "fails with a yes": ("command = ['/bin/sh', '-c', 'echo yes; exit 3']", "gate venue is closed: exit code 3"),
    "fails with words": ("command = ['/bin/sh', '-c', 'echo broken >&2; exit 1']",
                         "gate venue is closed: exit code 1: broken"),
    "prints nothing": ("command = ['/bin/true']", "gate venue is closed: it printed nothing"),
    "is killed": ("command = ['/bin/sh', '-c', 'echo yes; kill -9 $$']", "gate venue is closed: exit code -9"),
    "hangs": ("command = ['/bin/sh', '-c', 'echo yes; sleep 100']", "gate venue is closed: no answer within 0.5s"),
    "hangs and ignores": ("command = ['/bin/sh', '-c', 'trap \"\" TERM INT; echo yes; while :; do sleep 1; done']",
                          "gate venue is closed: no answer within 0.5s"),
    "prints without end": ("command = ['/usr/bin/yes']", "gate venue is closed: no answer within 0.5s"),
    "is gone": ("command = ['/nowhere/venue']", 'gate venue is closed: command "/nowhere/venue" not found:'),
    "no file": ("file = 'control'", "gate venue is closed: control cannot be read (No such file or directory)"),
    "no variable": ("env = 'NOWHERE'", "gate venue is closed: NOWHERE is set neither in the environment nor in .env"),
}  # fmt: skip


@pytest.mark.parametrize(("command", "reason"), CLOSED.values(), ids=CLOSED.keys())
def test_whatever_is_no_clear_yes_keeps_the_gate_closed(program: Program, command: str, reason: str) -> None:
    program.jobs(gated(command))
    assert program.once().code == 0
    [run] = program.runs()
    assert run.outcome == "skipped"
    assert (run.reason or "").startswith(reason)
    assert program.log == []


def test_nothing_of_a_gate_that_hangs_lives_on(program: Program) -> None:
    program.jobs(gated("command = ['/bin/sh', '-c', 'echo $$ >pid; sleep 100 & wait']"))
    program.once()
    pid = int((program.folder / "pid").read_text())
    wait_until(lambda: not _group_lives(pid), "the end of the gate's processes")


def _group_lives(pid: int) -> bool:
    try:
        os.killpg(pid, 0)
    except ProcessLookupError:
        return False
    return True


def test_a_yes_from_each_kind_opens_the_gate(program: Program) -> None:
    for number, gate in enumerate(("command = ['echo', 'yes']", "file = 'control'", "env = 'ALLOWED'"), 1):
        (program.folder / "control").write_text("open\n")
        (program.folder / ".env").write_text("ALLOWED=yes\n")
        program.jobs(gated(gate).replace("orders", f"orders{number}"))
        assert program.once().code == 0
        assert program.log == ["traded"] * number


def test_a_dry_run_asks_too_and_a_run_by_hand_is_refused(program: Program) -> None:
    program.jobs(gated("command = ['/bin/sh', '-c', 'echo no: halted']"))
    assert "skip orders" in (told := program.run("--headless", "--once", "--dry-run").out)
    assert "gate venue is closed: no: halted" in told
    answer = program.run("run", "orders", "--force")
    assert (answer.code, answer.err) == (
        1, "peak-console: orders: gate venue is closed: no: halted; see: peak-console gate list\n"
    )  # fmt: skip
    assert program.runs() == []


def test_a_resident_engine_sees_a_gate_close_and_open_and_verbs_say_so(program: Program) -> None:
    control = program.folder / "control"
    control.write_text("yes\n")
    every = shell("orders", "echo traded >>{log}", 'schedule_type = "interval"\ninterval_seconds = 0.5')
    program.jobs(f'{every}[[gate]]\nname = "venue"\nfile = "control"\nevery = 1\ntimeout = 0.5\n')
    engine = program.headless()
    program.log_has(2)
    control.write_text("no: spread 5\n")
    engine.shows("gate venue is closed: no: spread 5")
    count = len(program.log)
    time.sleep(1.2)
    assert len(program.log) <= count + 1, "what was starting at that moment may have been let through"
    [job] = json.loads(program.run("jobs", "--json").out)
    assert job["gate"] == "gate venue is closed: no: spread 5"
    assert job["why_not"]["condition"] == "gate"
    assert "venue closed: no: spread 5" in program.run("status").out
    control.write_text("yes\n")
    program.log_has(count + 3)
    told = [alert["message"] for alert in json.loads(program.run("alerts", "--json").out) if alert["source"] == "gate"]
    assert told[0] == "gate venue is open again"
    assert told[1].startswith("gate venue is closed: no: spread 5")
    assert engine.leave() == 0


def test_the_kill_switch_works_with_and_without_an_engine(program: Program) -> None:
    program.jobs(f'{JOB}[[gate]]\nname = "desk"\n')
    assert program.run("gate", "close", "desk", "--reason", "fed day").code == 0
    [told] = json.loads(program.run("gate", "list", "--json").out)
    assert (told["open"], told["asks"], told["jobs"]) == (False, None, ["orders"])
    assert told["reason"].endswith(": fed day")
    program.once()
    assert [run.outcome for run in program.runs()] == ["skipped"]
    engine = program.headless()
    assert "CLOSED" in program.run("gate", "list").out
    assert program.run("gate", "open", "desk").out == "gate desk is no longer closed by hand\n"
    assert program.run("run", "orders", "--wait").code == 0
    assert program.log == ["traded"]
    engine.send(signal.SIGTERM)
    assert engine.wait() == 0


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["gate", "close"], "gate close: name a gate; see: peak-console gate list"),
        (["gate", "list", "desk"], "gate list takes neither a name nor a reason"),
        (["gate", "open", "desk", "--reason", "x"], "gate open takes no reason"),
        (["gate", "close", "desk", "--json"], "--json is for gate list, not for gate close"),
    ],
)
def test_wrong_usage_is_said(words: list[str], message: str, program: Program) -> None:
    program.jobs(f'{JOB}[[gate]]\nname = "desk"\n')
    answer = program.run(*words)
    assert (answer.code, answer.err) == (2, f"peak-console: {message}\n")
