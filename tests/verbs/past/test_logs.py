from __future__ import annotations

import subprocess
import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from peak_console.model.records import Claim
from peak_console.runs.local.executor import process_mark
from peak_console.runs.output.recorder import OutputRecorder
from peak_console.store.directory import run_directory
from peak_console.store.store import Store
from tests.verbs.support import HOUR, NOW, record_run, record_slot

if TYPE_CHECKING:
    from peak_console.model.records import Run
    from tests.verbs.conftest import CommandLine


class Job:
    """Writes a run's output as a process and its recorder do."""

    def __init__(self, peak: CommandLine, run: Run, max_output_bytes: int = 0) -> None:
        self.folder = Path(run_directory(str(peak.directory), run.id))
        self.folder.mkdir(parents=True, exist_ok=True)
        self._recorder = OutputRecorder(str(self.folder), max_output_bytes)
        self._at = NOW

    def write(self, out: bytes = b"", err: bytes = b"") -> None:
        for name, data in (("stdout.log", out), ("stderr.log", err)):
            with (self.folder / name).open("ab") as file:
                file.write(data)
        self._at += HOUR / 3600
        self._recorder.sample(self._at)


@pytest.fixture
def finished(peak: CommandLine, store: Store) -> Run:
    """#1 of risk_check, which wrote to both streams by turns."""
    run = record_run(store)
    job = Job(peak, run)
    job.write(out=b"checking 3 positions\n")
    job.write(err=b"Traceback\n")
    job.write(out=b"done \x1b[31m\n")
    return run


MERGED = b"checking 3 positions\nTraceback\ndone \x1b[31m\n"


@pytest.mark.usefixtures("finished")
@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (["risk_check"], MERGED),
        (["1"], MERGED),
        (["#1"], MERGED),
        (["#1", "--stream", "out"], b"checking 3 positions\ndone \x1b[31m\n"),
        (["#1", "--stream", "err"], b"Traceback\n"),
        (["risk_check", "--include-tags", "risk"], MERGED),
    ],
)
def test_a_pipe_gets_the_bytes_in_the_order_in_which_they_were_written(
    peak: CommandLine, words: list[str], expected: bytes
) -> None:
    assert peak.into_pipe("logs", *words).code == 0
    assert peak.pipe.read_bytes() == expected


def test_what_the_job_has_deleted_is_told(peak: CommandLine, store: Store) -> None:
    job = Job(peak, record_run(store))
    job.write(out=b"precious\n", err=b"warning\n")
    (job.folder / "stdout.log").write_bytes(b"")
    job.write(out=b"new\n")
    answer = peak("logs", "1")
    assert (answer.code, answer.out) == (0, "warning\nnew\n")
    assert "the job has deleted 9 B or more of what it had printed to stdout" in answer.err


def test_a_pipe_gets_what_no_terminal_could_show(peak: CommandLine, store: Store) -> None:
    data = bytes(range(256)) * 1000
    Job(peak, record_run(store)).write(out=data)
    assert peak.into_pipe("logs", "1").code == 0
    assert peak.pipe.read_bytes() == data


def test_a_job_means_its_last_run_with_a_process(peak: CommandLine, store: Store) -> None:
    Job(peak, record_run(store, started_at=NOW - 2 * HOUR)).write(out=b"older\n")
    Job(peak, record_run(store)).write(out=b"newer\n")
    record_slot(store, "risk_check", "skipped", "#2 is still running", NOW)
    assert peak("logs", "risk_check").out == "newer\n"
    assert peak("logs", "1").out == "older\n"


def test_a_job_named_by_digits_is_meant_unless_the_number_is_marked(peak: CommandLine, store: Store) -> None:
    peak.jobs('[[job]]\nname = "1"\ncommand = "true"\n')
    Job(peak, record_run(store, "other")).write(out=b"run 1\n")
    Job(peak, record_run(store, "1")).write(out=b"job 1\n")
    assert peak("logs", "1").out == "job 1\n"
    assert peak("logs", "#1").out == "run 1\n"


@pytest.mark.parametrize(
    ("what", "message"),
    [
        ("#7", "there is no run #7"),
        ("9" * 40, "there is no run #999"),
        ("risk_chek", 'did you mean "risk_check"?'),
        ("risk_check", 'job "risk_check" has not run yet'),
    ],
)
def test_what_does_not_exist_is_a_clear_sentence(peak: CommandLine, store: Store, what: str, message: str) -> None:
    answer = peak("logs", what)
    assert (answer.code, answer.out) == (1, "")
    assert message in answer.err


def test_before_anything_is_recorded_there_is_no_run(peak: CommandLine) -> None:
    assert "there is no run #1" in peak("logs", "#1").err
    assert "has not run yet" in peak("logs", "risk_check").err


@pytest.mark.usefixtures("finished")
@pytest.mark.parametrize("what", ["risk_check", "#1"])
def test_tags_leave_out_the_runs_of_other_jobs(peak: CommandLine, what: str) -> None:
    answer = peak("logs", what, "--include-tags", "scan")
    assert (answer.code, answer.out) == (1, "")
    assert 'job "risk_check" is left out by the tags' in answer.err


def test_a_run_that_wrote_nothing_says_so_on_stderr(peak: CommandLine, store: Store) -> None:
    Job(peak, record_run(store)).write(out=b"")
    answer = peak("logs", "1")
    assert (answer.code, answer.out) == (0, "")
    assert "#1 risk_check has written nothing" in answer.err
    assert "nothing to stderr" in peak("logs", "1", "--stream", "err").err


def test_a_slot_without_a_process_says_why_there_is_nothing(peak: CommandLine, store: Store) -> None:
    record_slot(store, "risk_check", "missed", "3h late")
    answer = peak("logs", "1")
    assert (answer.code, answer.out) == (0, "")
    assert "#1 risk_check has no output: missed, 3h late" in answer.err


def test_a_run_that_a_script_has_logged_says_so(peak: CommandLine, store: Store) -> None:
    store.log_run("backtest", Claim("risk_check", NOW), 0, NOW - HOUR, NOW)
    assert "logged by a script" in peak("logs", "1").err


def test_a_run_that_waits_has_not_started(peak: CommandLine, store: Store) -> None:
    store.claim([Claim("risk_check", NOW, queued=True)], NOW, "test")
    assert "has not started yet (queued)" in peak("logs", "1").err


def test_output_that_was_removed_is_told(peak: CommandLine, store: Store) -> None:
    record_run(store)
    answer = peak("logs", "1")
    assert (answer.code, answer.out) == (1, "")
    assert "the output of #1 risk_check is gone" in answer.err


def test_what_was_dropped_is_told_and_not_made_up(peak: CommandLine, store: Store) -> None:
    job = Job(peak, record_run(store), max_output_bytes=64 * 1024)
    lines = [b"%07d\n" % number for number in range(64 * 1024)]
    for start in range(0, len(lines), 4096):
        job.write(out=b"".join(lines[start : start + 4096]))
    answer = peak("logs", "1")
    kept = answer.out.encode().splitlines(keepends=True)
    assert kept[0] == lines[0]
    assert kept[-1] == lines[-1]
    assert len(answer.out) < 100 * 1024
    assert "KiB of stdout were dropped here: beyond max_output_bytes" in answer.err
    assert "\0" not in answer.out


def test_a_broken_jobs_file_hides_no_output(peak: CommandLine, finished: Run) -> None:
    peak.jobs("[[job]\n")
    assert peak("logs", "risk_check").out.startswith("checking")


def test_follow_shows_what_comes_until_the_run_is_finished(peak: CommandLine, store: Store) -> None:
    run = record_run(store, outcome=None)
    job = Job(peak, run)
    job.write(out=b"first\n")
    shown: list[bool] = []

    def read_first() -> bool:
        return peak.pipe.exists() and peak.pipe.read_bytes() == b"first\n"

    def live() -> None:
        """Goes on only once the follower has shown what there was."""
        deadline = time.monotonic() + 10
        while not read_first() and time.monotonic() < deadline:
            time.sleep(0.01)
        shown.append(read_first())
        job.write(err=b"second\n")
        job.write(out=b"last words")
        other = Store.open(str(peak.directory))
        other.finish(run.id, "failed", 2, NOW)
        other.close()

    thread = threading.Thread(target=live)
    thread.start()
    answer = peak.into_pipe("logs", "risk_check", "--follow")
    thread.join()
    assert answer.code == 0
    assert shown == [True]
    assert peak.pipe.read_bytes() == b"first\nsecond\nlast words"
    assert "#1 risk_check failed with exit code 2 after 1h00m" in answer.err


def test_follow_of_a_finished_run_ends_at_once(peak: CommandLine, finished: Run) -> None:
    answer = peak("logs", "#1", "-f", "--stream", "err")
    assert (answer.code, answer.out) == (0, "Traceback\n")


def test_follow_gives_up_on_an_end_that_nobody_records(
    peak: CommandLine, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("peak_console.verbs.past.logs.UNRECORDED_SECONDS", 0.05)
    job = Job(peak, record_run(store, outcome=None))
    job.write(out=b"the end\n")
    (job.folder / "exit_status").write_text("0\n")
    answer = peak("logs", "#1", "--follow")
    assert (answer.code, answer.out) == (0, "the end\n")
    assert "has ended, but no engine has recorded that yet" in answer.err


@pytest.mark.parametrize("state", ["claimed", "running"])
def test_follow_gives_up_on_a_dead_run_that_left_no_trace(
    peak: CommandLine, store: Store, monkeypatch: pytest.MonkeyPatch, state: str
) -> None:
    monkeypatch.setattr("peak_console.verbs.past.logs.UNRECORDED_SECONDS", 0.05)
    (run,) = store.claim([Claim("risk_check", NOW)], NOW, "999999999 gone")
    if state == "running":
        store.started(run.id, NOW, "999999999 gone")
    Job(peak, run).write(out=b"half a w")
    answer = peak("logs", "#1", "--follow")
    assert (answer.code, answer.out) == (0, "half a w")
    assert "has ended, but no engine has recorded that yet" in answer.err


def test_follow_stays_with_a_run_that_lives_without_an_engine(
    peak: CommandLine, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("peak_console.verbs.past.logs.UNRECORDED_SECONDS", 0.05)
    process = subprocess.Popen(["sleep", "60"])
    (run,) = store.claim([Claim("risk_check", NOW)], NOW, "999999999 gone")
    store.started(run.id, NOW, f"{process.pid} {process_mark(process.pid)}")
    job = Job(peak, run)

    def end_later() -> None:
        time.sleep(0.4)
        job.write(out=b"late words")
        process.kill()
        process.wait()

    thread = threading.Thread(target=end_later)
    thread.start()
    answer = peak("logs", "#1", "--follow")
    thread.join()
    assert answer.out == "late words"
