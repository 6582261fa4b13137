"""What a job's process really gets, and what becomes of its end."""

from __future__ import annotations

import json
import os
import signal
import sys
from datetime import datetime
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import pytest

from tests.headless.support import shell
from tests.support.processes import is_alive, pid_of, wait_until

if TYPE_CHECKING:
    from tests.headless.support import Program

TELL = """\
import json, os, sys
with open(os.environ["TELL"], "w") as file:
    json.dump({"argv": sys.argv, "cwd": os.getcwd(), "env": dict(os.environ), "sid": os.getsid(0),
               "stdin": sys.stdin.read()}, file)
"""


def told(program: Program, job: str, **changes: str) -> dict[str, object]:
    """Run a job whose script is ``tell.py``, and give what it saw of the world."""
    (program.folder / "tell.py").write_text(TELL, encoding="utf-8")
    told_file = program.folder / "told.json"
    program.jobs(f'[[job]]\nname = "tell"\ncommand = "{sys.executable}"\n{job}\n')
    answer = program.once(TELL=str(told_file), **changes)
    assert answer.code == 0, answer.out
    found: dict[str, object] = json.loads(told_file.read_text(encoding="utf-8"))
    return found


def environment(seen: dict[str, object]) -> dict[str, str]:
    found = seen["env"]
    assert isinstance(found, dict)
    return found


def test_env_reaches_the_job_beside_what_describes_the_run(program: Program) -> None:
    seen = environment(
        told(program, 'args = { script = "tell.py" }\nenv = { DESK = "macro", LIMIT = 10, DRY = true }', MINE="kept")
    )
    assert seen["DESK"] == "macro"
    assert (seen["LIMIT"], seen["MINE"]) == ("10", "kept")
    assert seen["PEAK_JOB_NAME"] == "tell"
    assert seen["PEAK_RUN_ID"] == "1"
    assert seen["PEAK_ATTEMPT"] == "1"
    assert seen["PEAK_TRIGGER"] == "schedule"
    assert seen["PYTHONUNBUFFERED"] == "1"
    slot = datetime.fromisoformat(seen["PEAK_SCHEDULED_FOR"])
    assert slot == program.runs()[0].scheduled_for
    assert slot.utcoffset() is not None


def test_env_outranks_env_file_which_outranks_our_own(program: Program) -> None:
    (program.folder / "desk.env").write_text("A=file\nB=file\nC='a b # c'\n", encoding="utf-8")
    job = 'args = { script = "tell.py" }\nenv_file = "desk.env"\nenv = { B = "job", PYTHONUNBUFFERED = "" }'
    seen = environment(told(program, job, A="ours", B="ours"))
    assert (seen["A"], seen["B"], seen["C"]) == ("file", "job", "a b # c")
    assert seen["PYTHONUNBUFFERED"] == ""


def test_an_env_file_that_is_missing_fails_the_run_in_words(program: Program) -> None:
    program.jobs(shell("note", "true", 'env_file = "no.env"'))
    answer = program.once()
    assert answer.code == 3
    assert 'env_file "no.env" not found' in answer.out


def test_args_and_argv_arrive_as_they_are(program: Program) -> None:
    seen = told(program, 'argv = ["tell.py", "a b", "", "$HOME", "*", "; exit 1", "--x=\\"y\\""]')
    assert seen["argv"] == ["tell.py", "a b", "", "$HOME", "*", "; exit 1", '--x="y"']
    program.state.rename(program.folder / "before")
    seen = told(program, 'args = { script = "tell.py", top_n = 10, dry = true, no = false, pair = ["BTC/EUR", "ETH"] }')
    assert seen["argv"] == ["tell.py", "--top-n", "10", "--dry", "--pair", "BTC/EUR", "--pair", "ETH"]


def test_cwd_and_stdin_and_session(program: Program) -> None:
    (program.folder / "sub").mkdir()
    seen = told(program, 'args = { script = "../tell.py" }\ncwd = "sub"')
    assert seen["cwd"] == str(program.folder / "sub")
    assert seen["stdin"] == ""
    assert seen["sid"] == pid_of(program.runs()[0]), "it leads a session of its own"


def test_success_codes(program: Program) -> None:
    program.jobs(
        shell("partly", "exit 3", "success_codes = [0, 3]") + shell("never_zero", "exit 0", "success_codes = [1]")
    )
    assert program.once().code == 3
    assert {run.job: (run.outcome, run.return_code) for run in program.runs()} == {
        "partly": ("succeeded", 3),
        "never_zero": ("failed", 0),
    }


def test_a_timeout_ends_the_whole_group_even_one_that_ignores_term(program: Program) -> None:
    script = 'trap "" TERM; sleep 600 & echo $! > {folder}/child; wait; sleep 600'
    program.jobs(shell("stuck", script, "timeout_seconds = 0.3\nkill_grace_seconds = 0.3"))
    answer = program.once()
    assert answer.code == 3
    assert [(run.outcome, run.reason) for run in program.runs()] == [("timed_out", "took longer than 0.3s")]
    assert "is killed" in answer.out
    child = int((program.folder / "child").read_text(encoding="utf-8"))
    wait_until(lambda: not is_alive(child), "the end of the run's child")


def test_retries_happen_within_one_start_and_the_last_word_counts(program: Program) -> None:
    script = 'echo "$PEAK_ATTEMPT $PEAK_TRIGGER" >> {log}; [ "$PEAK_ATTEMPT" = 3 ]'
    program.jobs(shell("flaky", script, "retries = 3\nretry_delay_seconds = 0.1\nretry_backoff = 2"))
    answer = program.once()
    assert answer.code == 0, answer.out
    assert program.log == ["1 schedule", "2 retry", "3 retry"]
    runs = program.runs()
    assert [run.outcome for run in runs] == ["failed", "failed", "succeeded"]
    assert len({run.scheduled_for for run in runs}) == 1, "attempts share their slot"
    for run, later, delay in zip(runs, runs[1:], (0.1, 0.2), strict=False):
        assert run.finished_at is not None
        assert later.started_at is not None
        assert (later.started_at - run.finished_at).total_seconds() >= delay


def test_a_backoff_survives_its_engine(program: Program) -> None:
    script = 'echo "$PEAK_ATTEMPT" >> {log}; [ "$PEAK_ATTEMPT" = 2 ]'
    program.jobs(shell("flaky", script, "retries = 1\nretry_delay_seconds = 1"))
    resident = program.headless()
    resident.shows("next attempt in")
    resident.send(signal.SIGKILL)
    resident.wait()
    assert program.once().code == 0
    program.headless()
    first, second = program.finished(2)
    assert program.log == ["1", "2"]
    assert first.finished_at is not None
    assert second.started_at is not None
    assert (second.started_at - first.finished_at).total_seconds() >= 1


def test_output_of_any_kind_is_kept_as_it_is(program: Program) -> None:
    program.jobs(shell("binary", r"printf '\000\377\r\n no newline'; printf 'e\342' >&2"))
    assert program.once().code == 0
    assert (program.state / "runs" / "1" / "stdout.log").read_bytes() == b"\x00\xff\r\n no newline"
    assert (program.state / "runs" / "1" / "stderr.log").read_bytes() == b"e\xe2"


def test_a_failure_carries_the_end_of_its_stderr_without_secrets(program: Program) -> None:
    program.jobs(
        shell("bad", 'echo "token is $API_TOKEN" >&2; echo worse >&2; exit 1', 'env = { API_TOKEN = "s3cr3t-value" }')
    )
    answer = program.once("--log-format", "json", "--verbose")
    assert "worse" in answer.out
    assert "s3cr3t-value" not in answer.out + answer.err
    assert b"s3cr3t-value" not in (program.state / "registry.db").read_bytes()


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux gives the space of the middle back at once")
def test_a_gigabyte_of_output_is_bounded(program: Program) -> None:
    program.jobs(shell("flood", "head -c 1073741824 /dev/zero", "max_output_bytes = 1000000"))
    assert program.once().code == 0
    status = os.stat(program.state / "runs" / "1" / "stdout.log")
    assert status.st_size == 1 << 30, "offsets stay valid"
    assert status.st_blocks * 512 < 3_000_000


def test_a_job_that_leaves_a_daemon_behind_is_over_when_it_ends_itself(program: Program) -> None:
    program.jobs(shell("spawner", "sleep 600 & echo $! > {folder}/child"))
    assert program.once().code == 0
    child = int((program.folder / "child").read_text(encoding="utf-8"))
    assert is_alive(child)
    os.kill(child, signal.SIGKILL)


LEAVES = "(trap '' TERM; echo $BASHPID >> {log}; while :; do sleep 0.05; done) & wait"
"""A job that dies of TERM, and whose child does not."""


@pytest.mark.parametrize("resident", [False, True])
def test_what_survives_term_is_killed_before_the_next_attempt(program: Program, resident: bool) -> None:
    rest = 'schedule_type = "once"\ntimeout_seconds = 0.4\nkill_grace_seconds = 0.3\nretries = 2\n'
    program.jobs(shell("leaves", LEAVES, rest + "retry_delay_seconds = 0.01").replace("/bin/sh", "/bin/bash"))
    engine = program.headless() if resident else program.start("--once")
    for count in (1, 2, 3):
        program.log_has(count)
        assert [is_alive(int(pid)) for pid in program.log[: count - 1]] == [False] * (count - 1)
    runs = program.finished(3)
    assert [run.outcome for run in runs] == ["timed_out"] * 3
    wait_until(lambda: not any(is_alive(int(pid)) for pid in program.log))
    assert engine.leave() == 0 if resident else engine.wait() == 3


def test_a_stop_that_outlives_its_engine_ends_what_is_left(program: Program) -> None:
    rest = 'schedule_type = "once"\nkill_grace_seconds = 1'
    program.jobs(shell("leaves", LEAVES, rest).replace("/bin/sh", "/bin/bash"))
    engine = program.headless()
    (child,) = (int(pid) for pid in program.log_has(1))
    assert program.run("stop", "leaves").code == 0
    engine.send(signal.SIGKILL)
    engine.wait()
    assert is_alive(child)
    engine = program.headless()
    assert [run.outcome for run in program.finished(1)] == ["stopped"]
    assert not is_alive(child)
    assert engine.leave() == 0


def test_placeholders_are_filled_as_a_run_starts(program: Program) -> None:
    name = "daily report"
    rest = 'schedule_type = "once"\ntimezone = "Asia/Tokyo"\nretries = 1\nretry_delay_seconds = 0'
    argv = "argv = ['-c', 'echo $0 $1 $2 $3; exit 1', '{slot:%Y%m%d}', '{run_id}', '{attempt}', '{job}']"
    program.jobs(f'[[job]]\nname = "{name}"\ncommand = "/bin/sh"\n{argv}\n{rest}\n')
    program.once()
    slot = program.runs()[0].scheduled_for
    assert slot is not None
    day = f"{slot.astimezone(ZoneInfo('Asia/Tokyo')):%Y%m%d}"
    assert [program.output(number) for number in (1, 2)] == [f"{day} 1 1 {name}\n", f"{day} 2 2 {name}\n"]


def test_what_runs_have_used_is_told_by_each_view(program: Program) -> None:
    burn = f"{sys.executable} -c 'x = bytearray(40 * 1024**2); sum(i * i for i in range(1_000_000))'"
    program.jobs(shell("burn", burn) + shell("killed", "kill -9 $$"))
    program.once()
    objects = {each["job"]: each for each in json.loads(program.run("runs", "--json").out)}
    assert objects["burn"]["peak_memory_bytes"] > 40 * 1024**2
    assert objects["burn"]["cpu_seconds"] > 0.01
    assert objects["killed"]["cpu_seconds"] is not None
    header, *rows = program.run("runs", "--job", "burn").out.splitlines()
    assert header.split()[4:9] == ["STARTED", "TOOK", "CPU", "MEMORY", "LATE"], header
    assert "MiB" in rows[0]
