"""Runs on a real Slurm: true codes, both streams, exact environments, stops, and no trust in what Slurm says."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from typing import TYPE_CHECKING

import pytest

from peak_console.errors import StartError
from peak_console.jobs.model import Resources
from peak_console.model.terms import Outcome
from peak_console.runs.interface import AlreadyStartedError, Ended, Stop
from peak_console.runs.local.run_directory import usage_from
from tests.support.processes import is_alive, wait_until

if TYPE_CHECKING:
    from collections.abc import Callable

    from peak_console.runs.slurm.run import SlurmRun
    from tests.runs.slurm.conftest import Desk


@pytest.mark.parametrize(("script", "code"), [("exit 0", 0), ("exit 7", 7), ("kill -9 $$", 137), ("kill $$", 143)])
def test_codes_are_true_and_slurm_agrees(desk: Desk, script: str, code: int) -> None:
    run = desk.shell(1, script)
    end = desk.ended(run)
    assert (end.return_code, end.outcome) == (code, None)
    assert end.started_at is not None
    assert end.at is not None
    assert run.node in ("n1", "n2")
    expected = "COMPLETED" if code == 0 else "FAILED"
    wait_until(lambda: desk.jobs(1)[0][2] == expected, "Slurm's own end")


@pytest.mark.parametrize(
    ("argv", "cwd", "words"),
    [
        (["no-such-program"], None, "no-such-program: cannot be started on the node (No such file or directory)"),
        (["/etc/passwd"], None, "/etc/passwd: cannot be started on the node (Permission denied)"),
        (["true"], "/nowhere", "/nowhere: cannot be the working directory on the node (No such file or directory)"),
    ],
)
def test_what_the_node_cannot_start_says_why(desk: Desk, argv: list[str], cwd: str | None, words: str) -> None:
    run = desk.submit(1, *argv, **({"cwd": cwd} if cwd else {}))
    end = desk.ended(run)
    assert (end.return_code, end.outcome) == (None, Outcome.NOT_STARTED)
    assert (end.reason or "").startswith(words)


def test_a_node_without_our_interpreter_says_so_after_all_tries(make_desk: Callable[..., Desk]) -> None:
    desk = make_desk(python="/no/such/python", settle_seconds=0.2)
    end = desk.ended(desk.shell(1, "true"))
    assert (end.return_code, end.outcome) == (None, Outcome.NOT_STARTED)
    assert "it never began (Slurm says FAILED), however often it was submitted" in (end.reason or "")
    assert len(desk.jobs(1)) == 3


def test_streams_are_apart_and_live(desk: Desk) -> None:
    run = desk.shell(1, f"echo out; echo err >&2; while [ ! -e {desk.root}/go ]; do sleep 0.05; done; echo more")
    wait_until(lambda: (desk.read(1, "stdout.log"), desk.read(1, "stderr.log")) == ("out\n", "err\n"), "the output")
    assert run.poll() is None
    (desk.root / "go").touch()
    assert desk.ended(run).return_code == 0
    assert desk.read(1, "stdout.log") == "out\nmore\n"


def test_the_environment_is_exact_and_slurm_holds_no_secret(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SBATCH_PARTITION", "nowhere")
    monkeypatch.setenv("OURS", "not theirs")
    env = {"PATH": "/usr/bin:/bin", "TOKEN": "hush, hush=hush\n", "EMPTY": ""}
    run = desk.submit(1, sys.executable, "-IS", "-c", "import os; print(dict(os.environ)); input()", env=env)
    end = desk.ended(run)
    assert end.return_code == 1, "there is nothing on its stdin"
    found: dict[str, str] = eval(desk.read(1, "stdout.log"))
    own = {name: value for name, value in found.items() if not name.startswith(("SLURM_", "SLURMD_", "TMPDIR"))}
    assert own == {**env, "LC_CTYPE": "C.UTF-8"} or own == env, "Python may add its own locale"
    assert "hush" not in desk.cluster.run("scontrol", "-dd", "show", "job", desk.jobs(1)[0][0]).stdout
    assert not os.path.exists(f"{desk.place(1)}/spec")
    assert os.stat(desk.place(1)).st_mode & 0o77 == 0


def test_what_it_asks_for_reaches_slurm(desk: Desk) -> None:
    run = desk.shell(1, "echo $CUDA_VISIBLE_DEVICES; sleep 30", resources=Resources(3, 200, 1), timeout_seconds=90)
    desk.begun(run)
    wanted = {
        "NumCPUs=3", "TresPerNode=gres:gpu:1", "cpu=3,mem=200M", "TimeLimit=00:03:00", "Requeue=0", "Comment=sweep",
    }  # fmt: skip

    def missing() -> set[str]:
        told = desk.cluster.run("scontrol", "show", "job", *[job[0] for job in desk.jobs(1)]).stdout
        return {words for words in wanted if words not in told}

    wait_until(lambda: not missing(), f"{missing()}")
    wait_until(lambda: desk.read(1, "stdout.log") in ("0\n", "1\n"), "the number of its GPU")
    run.stop(Stop.KILL)
    assert desk.ended(run).return_code == 137


def test_a_second_job_for_a_run_touches_nothing(desk: Desk) -> None:
    run = desk.begun(desk.shell(1, "echo once; sleep 3; exit 4"))
    wrapper = next(name for name in os.listdir(desk.executor._shared.root) if name.startswith("wrapper"))
    again = ["sbatch", "--parsable", "--wait", f"--job-name={desk.name(1)}", "--mem=10M", "--output=/dev/null"]
    done = desk.cluster.run(*again, f"{desk.executor._shared.root}/{wrapper}", os.path.realpath(desk.place(1)))
    assert done.returncode == 75
    assert desk.ended(run).return_code == 4
    assert desk.read(1, "stdout.log") == "once\n"


def test_what_waits_is_stopped_before_it_begins(desk: Desk) -> None:
    run = desk.shell(1, "true", resources=Resources(cpus=5000))
    wait_until(lambda: run.waits_for == "no node of the partition has what it asks for", "Slurm's reason")
    assert list(desk.executor.troubles()) == ["in vain:1"]
    run.stop(Stop.ASK)
    assert desk.ended(run).return_code is None
    wait_until(lambda: desk.jobs(1)[0][2] == "CANCELLED", "that Slurm has let go of it")
    assert desk.executor.troubles() == {}


def test_a_deaf_run_is_killed_by_its_wrapper_after_the_grace(desk: Desk) -> None:
    run = desk.begun(desk.shell(1, "trap '' TERM; echo ready; while :; do sleep 0.1; done", kill_grace_seconds=1))
    wait_until(lambda: desk.read(1, "stdout.log") == "ready\n", "its trap")
    run.stop(Stop.ASK)
    assert desk.ended(run).return_code == 137


def test_the_timeout_holds_without_an_engine(desk: Desk) -> None:
    run = desk.begun(desk.shell(1, "trap 'echo bye; exit 9' TERM; while :; do sleep 0.1; done", timeout_seconds=1))
    run.close()
    desk.executor.close()
    wait_until(lambda: desk.read(1, "exit_status").startswith("9\n"), "the end")
    used = usage_from(desk.read(1, "exit_status").removeprefix("9\n").encode())
    assert used is not None
    assert used.peak_memory_bytes > 100_000
    assert desk.read(1, "stdout.log") == "bye\n"
    found = desk.another().executor.adopt(1, None)
    assert isinstance(found, Ended)
    assert (found.return_code, found.outcome) == (9, Outcome.TIMED_OUT)


def test_a_run_that_slurm_has_forgotten_is_adopted_with_its_true_code(desk: Desk) -> None:
    desk.ended(desk.shell(1, "exit 6"))
    desk.cluster.run("scontrol", "update", f"jobid={desk.jobs(1)[0][0]}", "name=somebody-elses")
    found = desk.another().executor.adopt(1, "peak-unknown-1")
    assert isinstance(found, Ended)
    assert found.return_code == 6


def test_an_id_that_another_job_has_means_nothing(make_desk: Callable[..., Desk]) -> None:
    """The job of a run vanishes from Slurm, and its id stands for another job: as after a crash of the controller."""
    desk = make_desk(fence_seconds=30)
    run = desk.begun(desk.shell(1, f"while [ ! -e {desk.root}/go ]; do sleep 0.05; done; exit 5"))
    job_id = desk.jobs(1)[0][0]
    desk.cluster.run("scontrol", "update", f"jobid={job_id}", "name=somebody-elses")
    looks = desk.executor.watcher.looks
    wait_until(lambda: desk.executor.watcher.looks > looks + 5, "some looks")
    assert run.poll() is None, "it gives signs of life"
    (desk.root / "go").touch()
    assert desk.ended(run).return_code == 5
    assert len([job for job in desk.cluster.jobs() if job[0] == job_id]) == 1
    assert desk.jobs(1) == [], "it was not submitted again"


def test_a_fenced_run_exits_at_once_and_leaves_no_trace(desk: Desk) -> None:
    assert desk.executor.fence(1)
    assert desk.executor.fence(1)
    with pytest.raises(AlreadyStartedError):
        desk.shell(1, "echo ran")
    assert desk.read(1, "stdout.log") == ""


def test_more_than_may_be_submitted_waits_here(make_desk: Callable[..., Desk]) -> None:
    desk = make_desk(max_submitted=2)
    runs = [desk.shell(n, f"while [ ! -e {desk.root}/go ]; do sleep 0.05; done") for n in (1, 2, 3)]
    for run in runs[:2]:
        desk.begun(run)
    wait_until(lambda: runs[2].waits_for == "max_submitted (2) is reached", "the third to wait")
    assert desk.jobs(3) == []
    (desk.root / "go").touch()
    assert [desk.ended(run).return_code for run in runs] == [0, 0, 0]


def test_many_that_wait_cost_slurm_one_question_a_look(make_desk: Callable[..., Desk]) -> None:
    desk = make_desk(poll_seconds=0.5)
    runs = [desk.shell(n, "true", resources=Resources(cpus=5000)) for n in range(1, 41)]
    wait_until(lambda: all(run.waits_for and "no node" in run.waits_for for run in runs), "Slurm's reasons")
    looks, cpu, began = desk.executor.watcher.looks, time.process_time(), time.monotonic()
    wait_until(lambda: desk.executor.watcher.looks >= looks + 4, "four looks")
    assert time.process_time() - cpu < 0.25 * (time.monotonic() - began)
    for run in runs:
        run.stop(Stop.ASK)
    for run in runs:
        desk.ended(run)


@pytest.mark.parametrize("whole", [False, True], ids=["sbatch", "engine"])
def test_a_kill_in_the_middle_of_a_submission_runs_everything_once(desk: Desk, whole: bool) -> None:
    """The submitter, or only its sbatch, is killed at any moment; whoever comes next submits or adopts."""
    for run_id in range(1, 7):
        _killed_submission(desk, run_id, 0.004 * run_id, whole=whole)
    runs: dict[int, SlurmRun | Ended] = {}
    desk.another()
    for run_id in range(1, 7):
        script = f"echo {run_id} >> {desk.root}/ran; exit {run_id}"
        if desk.executor.is_started(run_id):
            found = desk.executor.adopt(run_id, None)
            runs[run_id] = found if isinstance(found, Ended) else desk.adopted(run_id)
        else:
            runs[run_id] = desk.shell(run_id, script)
    ends = {n: run if isinstance(run, Ended) else desk.ended(run) for n, run in runs.items()}
    assert {n: end.return_code for n, end in ends.items()} == {n: n for n in range(1, 7)}
    assert sorted((desk.root / "ran").read_text().split()) == [str(n) for n in range(1, 7)]


SUBMITTER = """
import sys, time
from peak_console.jobs.beside import ExecutorDefinition
from peak_console.runs.interface import RunSpec
from peak_console.runs.slurm.executor import SlurmExecutor
state, shared, root, run_id = sys.argv[1:]
executor = SlurmExecutor(state, ExecutorDefinition("research", shared, poll_seconds=0.5, settle_seconds=1))
print("ready", flush=True)
script = f"echo {run_id} >> {root}/ran; exit {run_id}"
executor.submit([RunSpec(int(run_id), ["/bin/sh", "-c", script], {}, root, 0)])
time.sleep(2)
"""


def _killed_submission(desk: Desk, run_id: int, seconds: float, *, whole: bool) -> None:
    argv = [sys.executable, "-c", SUBMITTER, desk.state, desk.definition.shared_dir, str(desk.root), str(run_id)]
    with subprocess.Popen(argv, stdout=subprocess.PIPE, start_new_session=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"ready\n"
        time.sleep(seconds)
        children = f"/proc/{process.pid}/task"
        if not whole:
            for task in os.listdir(children):
                with open(f"{children}/{task}/children", encoding="ascii") as file:
                    for child in file.read().split():
                        os.kill(int(child), signal.SIGKILL)
        process.kill()


def _lose_node(desk: Desk, run: SlurmRun) -> str:
    """The node's daemon dies, and Slurm is told so at once; the run's processes are still there."""
    node = run.node or ""
    desk.cluster.kill_node(node)
    desk.cluster.run("scontrol", "update", f"nodename={node}", "state=down", "reason=test")
    wait_until(lambda: not desk.jobs(1) or desk.jobs(1)[0][2] != "RUNNING", "that Slurm has given it up")
    return node


def _bring_back(desk: Desk, node: str) -> None:
    desk.cluster.start_node(node)

    def is_idle() -> bool:
        desk.cluster.heal()
        return desk.cluster.run("sinfo", "-h", "-N", "-n", node, "-o", "%T").stdout.strip() == "idle"

    wait_until(is_idle, "the node")


def test_a_run_that_outlives_its_node_in_slurm_has_its_true_end(make_desk: Callable[..., Desk]) -> None:
    desk = make_desk(fence_seconds=30)
    run = desk.begun(desk.shell(1, f"while [ ! -e {desk.root}/go ]; do sleep 0.05; done; exit 5"))
    node = _lose_node(desk, run)
    looks = desk.executor.watcher.looks
    wait_until(lambda: desk.executor.watcher.looks > looks + 4, "some looks")
    assert run.poll() is None, "it gives signs of life"
    (desk.root / "go").touch()
    assert desk.ended(run).return_code == 5
    _bring_back(desk, node)


def test_a_run_that_dies_with_its_node_is_lost_only_after_a_silence(make_desk: Callable[..., Desk]) -> None:
    desk = make_desk(fence_seconds=4.0)
    run = desk.begun(desk.shell(1, "echo $$; exec sleep 600"))
    wait_until(lambda: desk.read(1, "stdout.log"), "its pid")
    wrapper, child = int(run_started(desk)["pid"]), int(desk.read(1, "stdout.log"))
    node = _lose_node(desk, run)
    began = time.monotonic()
    for pid in (wrapper, child):
        os.kill(pid, signal.SIGKILL)
    end = desk.ended(run)
    assert time.monotonic() - began >= desk.definition.fence_seconds
    assert end.outcome == Outcome.LOST
    assert f"nothing has been heard of it on {node} for 4.0s" in (end.reason or "")
    assert os.path.exists(f"{desk.place(1)}/revoked")
    _bring_back(desk, node)


def test_what_was_revoked_dies_when_it_comes_back(desk: Desk) -> None:
    run = desk.begun(desk.shell(1, "echo $$; exec sleep 600"))
    wait_until(lambda: desk.read(1, "stdout.log"), "its pid")
    with open(f"{desk.place(1)}/revoked", "w", encoding="ascii"):
        pass
    assert desk.ended(run).return_code == 137
    assert not is_alive(int(desk.read(1, "stdout.log")))


def _see_through(desk: Desk, run: SlurmRun) -> None:
    """Wait for an end while an administrator gives back what Slurm drains."""

    def over() -> bool:
        desk.cluster.heal()
        return run.poll() is not None

    wait_until(over, f"the end of run {run.run_id}")


def test_a_controller_that_is_away_holds_up_nobody(desk: Desk) -> None:
    waits = f"while [ ! -e {desk.root}/go ]; do sleep 0.05; done; exit 3"
    runs = [desk.begun(desk.shell(n, waits)) for n in (1, 2)]
    desk.cluster.kill_controller()
    try:
        began = time.monotonic()
        late = desk.shell(3, "exit 4")
        runs[1].stop(Stop.ASK)
        assert time.monotonic() - began < 1, "the engine does not wait"
        wait_until(lambda: list(desk.executor.troubles()) == ["unreachable"], "the trouble")
        assert [run.poll() for run in (*runs, late)] == [None] * 3, "what is not known stays as it is"
        (desk.root / "go").touch()
        assert desk.ended(runs[0]).return_code == 3, "ends are learned from the files"
        desk.ended(runs[1])
    finally:
        desk.cluster.start_controller()
    _see_through(desk, late)
    assert desk.ended(late).return_code == 4
    wait_until(lambda: desk.executor.troubles() == {}, "that all is well again")


def test_a_controller_that_is_killed_right_after_a_submission_runs_nothing_twice(desk: Desk) -> None:
    runs = []
    for run_id in (1, 2, 3):
        runs.append(desk.shell(run_id, f"echo {run_id} >> {desk.root}/ran; exit {run_id}"))
        wait_until(lambda: desk.read(run_id, f"submitted.{os.getpid()}"), "the submission")  # noqa: B023
        desk.cluster.kill_controller()
        desk.cluster.start_controller()
    for run in runs:
        _see_through(desk, run)
    ends = [desk.ended(run) for run in runs]
    ran = (desk.root / "ran").read_text().split()
    assert sorted(ran) == sorted(set(ran)), "each ran once"
    for run_id, end in zip((1, 2, 3), ends, strict=True):
        assert end.return_code == run_id or (end.outcome == Outcome.LOST and str(run_id) not in ran)


def run_started(desk: Desk) -> dict[str, str]:
    import json

    found: dict[str, str] = json.loads(desk.read(1, "started"))
    return found


def test_an_unusable_shared_directory_is_told(make_desk: Callable[..., Desk]) -> None:
    desk = make_desk()
    (desk.root / "shared").write_text("in the way")
    with pytest.raises(StartError, match="cannot be used"):
        desk.shell(1, "true")


def test_what_a_run_has_left_is_removed_with_its_folder_and_no_other_link_is_followed(desk: Desk) -> None:
    desk.ended(desk.shell(1, "echo done"))
    output, folder = desk.executor.outputs(1), os.path.realpath(desk.place(1))
    assert output.bears_marks()
    assert output.disk_bytes() > 0
    assert output.remove()
    assert not os.path.lexists(desk.place(1))
    assert not os.path.exists(folder)
    precious = desk.root / "precious" / "2"
    precious.mkdir(parents=True)
    (precious / "file").touch()
    os.symlink(precious, desk.place(2))
    strange = desk.executor.outputs(2)
    assert not strange.bears_marks()
    assert not strange.remove()
    assert (precious / "file").exists()


def test_a_shared_directory_that_is_not_mounted_ends_no_run_and_starts_none_twice(desk: Desk) -> None:
    run = desk.begun(desk.shell(1, f"while [ ! -e {desk.root}/go ]; do sleep 0.05; done; exit 5"))
    os.rename(desk.root / "shared", desk.root / "away")
    (desk.root / "shared").mkdir()
    wait_until(lambda: list(desk.executor.troubles()) == ["unreadable"], "the trouble")
    assert run.poll() is None
    with pytest.raises(FileNotFoundError):
        desk.executor.is_started(1)
    with pytest.raises(StartError):
        desk.shell(2, "exit 6")
    with pytest.raises(StartError):
        desk.executor.fence(1)
    (desk.root / "shared").rmdir()
    os.rename(desk.root / "away", desk.root / "shared")
    (desk.root / "go").touch()
    assert desk.ended(run).return_code == 5
    wait_until(lambda: desk.executor.troubles() == {}, "that all is well again")
