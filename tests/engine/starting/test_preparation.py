"""What a job names may not answer: its run waits aside, as a run that is about to start, and all others go on."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any

import pytest

from peak_console.engine.supervision import preparation
from peak_console.engine.supervision.aside import MOST_THREADS, Aside, CrowdedError
from peak_console.engine.supervision.launch import Launcher
from peak_console.engine.supervision.preparation import LIMIT_SECONDS, Mounts
from tests.support.factories import make_job
from tests.support.processes import wait_until

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.engine.conftest import MakeBench
    from tests.support.engine import Bench


@pytest.fixture
def answers(monkeypatch: pytest.MonkeyPatch) -> Iterator[threading.Event]:
    """Until this is set, nothing that the job ``evil`` names answers."""
    answers = threading.Event()
    real = Launcher.spec

    def spec(launcher: Launcher, job: Any, run: Any) -> Any:
        if job.name == "evil":
            answers.wait()
        return real(launcher, job, run)

    monkeypatch.setattr(Launcher, "spec", spec)
    monkeypatch.setattr(Mounts, "may_hang", lambda _: True)
    monkeypatch.setattr(preparation, "PATIENCE_SECONDS", 0.01)
    yield answers
    answers.set()


def turned(engine: Bench) -> Bench:
    engine.turn()
    return engine


def begun(bench: MakeBench, **settings: Any) -> Bench:
    engine = bench(make_job("evil", interval_seconds=60, **settings), make_job("good", interval_seconds=60))
    engine.turn()
    wait_until(lambda: turned(engine).live == [2])
    return engine


def test_its_run_starts_once_its_file_system_answers(bench: MakeBench, answers: threading.Event) -> None:
    engine = begun(bench)
    engine.end(2)
    engine.advance(10)
    assert engine.outcomes() == [None, "succeeded"]
    answers.set()
    wait_until(lambda: turned(engine).live == [1])
    engine.end(1)
    assert engine.outcomes() == ["succeeded", "succeeded"]


def test_it_counts_as_running_and_has_a_limit(bench: MakeBench, answers: threading.Event) -> None:
    engine = begun(bench)
    engine.advance(LIMIT_SECONDS - 0.1)
    assert engine.outcomes("evil") == [None]
    engine.advance(0.1)
    (run,) = engine.runs("evil")
    assert run.outcome == "not_started"
    assert "does not answer within 20 s" in (run.reason or "")
    assert [alert.job for alert in engine.alerts("critical")] == ["evil"]
    answers.set()
    engine.turn()
    assert engine.live == [2], "it never starts after that"


def test_a_second_slot_does_not_start_beside_it(bench: MakeBench, answers: threading.Event) -> None:
    engine = bench(make_job("evil", interval_seconds=5))
    engine.turn()
    engine.advance(5)
    assert engine.outcomes() == [None, "skipped"]


def test_it_can_be_stopped_and_replaced(bench: MakeBench, answers: threading.Event) -> None:
    engine = begun(bench, overlap="kill_previous")
    assert engine.command("stop", "evil").startswith("done")
    engine.turn()
    (run,) = engine.runs("evil")
    assert (run.outcome, run.reason) == ("stopped", "stopped by alice")
    engine.end(2)
    engine.advance(60)
    engine.turn()
    assert engine.outcomes("evil") == ["stopped", None]


def test_a_hold_keeps_it_from_starting(bench: MakeBench, answers: threading.Event) -> None:
    engine = begun(bench)
    engine.end(2)
    assert engine.command("hold").startswith("done")
    answers.set()
    call = next(iter(engine.context.runs.supervisor.preparation)).call
    assert call.is_over(10)
    engine.advance(1)
    assert engine.live == []
    engine.command("release")
    engine.turn()
    assert engine.live == [1]


def test_the_next_engine_starts_it(bench: MakeBench, answers: threading.Event) -> None:
    engine = begun(bench)
    answers.set()
    engine.restart(crash=True)
    wait_until(lambda: turned(engine).live == [2, 1])
    assert engine.outcomes() == [None, None]


def test_calls_that_do_not_return_take_no_more_than_so_many_threads() -> None:
    aside, gate = Aside(), threading.Event()
    calls = [aside.call(gate.wait) for _ in range(MOST_THREADS)]
    with pytest.raises(CrowdedError):
        aside.call(gate.wait)
    gate.set()
    assert all(call.is_over(10) for call in calls)
    assert aside.call(lambda: 7).is_over(10)


@pytest.mark.parametrize(
    ("mount", "may_hang"),
    [
        ("30 1 8:1 / / rw,relatime - ext4 /dev/sda1 rw", False),
        ("31 1 0:5 / /proc/sys/fs/binfmt_misc rw - autofs systemd-1 rw", False),
        ("32 1 0:44 / /mnt/share rw shared:1 - nfs4 server:/ rw", True),
        ("33 1 0:45 / /home/a/s\\040p rw - fuse.sshfs a@b: rw", True),
    ],
)
def test_only_some_mounts_may_stop_answering(tmp_path: Path, mount: str, may_hang: bool) -> None:
    path = tmp_path / "mountinfo"
    path.write_text(f"29 1 0:3 / /tmp rw - tmpfs none rw\n{mount}\n")
    mounts = Mounts(str(path))
    assert mounts.may_hang() is may_hang
    mounts.close()
