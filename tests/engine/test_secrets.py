"""Secrets that are given to jobs: by hand, in their argument lists, in their arguments."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from peak_console.engine.supervision.launch import GIVEN, Launcher
from peak_console.jobs.model import JobDefinition, JobSet
from tests.support.factories import make_job

if TYPE_CHECKING:
    from pathlib import Path

    from tests.engine.conftest import MakeBench
    from tests.support.engine import Bench

SECRET = "hush-hush-4711"


def bytes_of(directory: Path) -> bytes:
    """All that the registry's files hold, free pages and log included."""
    return b"".join(path.read_bytes() for path in sorted(directory.glob("registry.db*")))


def argv_of(engine: Bench, run_id: int) -> list[str]:
    return list(engine.executor.processes[run_id].spec.argv[1:])


def test_a_secret_given_by_hand_runs_and_never_enters_the_registry(bench: MakeBench) -> None:
    engine = bench(make_job(daily_time="09:00", args={"script": "x.py"}))
    store = engine.store
    number = store.issue("run", "alice", engine.clock.now(), "backup", None, {"args": {"api_key": SECRET}})
    folder = engine.directory / "arguments"
    assert folder.stat().st_mode & 0o777 == 0o700
    assert [path.stat().st_mode & 0o777 for path in folder.iterdir()] == [0o600]
    assert SECRET.encode() not in bytes_of(engine.directory)
    engine.turn()
    command = store.command(number)
    assert command is not None
    assert command.answer == "done"
    assert argv_of(engine, 1) == ["x.py", "--api-key", SECRET]
    assert list(folder.iterdir()) == []
    engine.end(1, 1)
    assert SECRET.encode() not in bytes_of(engine.directory)
    assert engine.runs()[0].args == {"script": "x.py", "api_key": GIVEN}
    assert engine.context.served.launcher.redactor.text(f"refused: {SECRET}") == "refused: ***"


def test_a_retry_uses_the_secret_that_was_given_by_hand_and_not_the_jobs_own(bench: MakeBench) -> None:
    args = {"script": "x.py", "api_key": "the-job-s-own", "n": 1}
    engine = bench(make_job(daily_time="09:00", args=args, retries=2, retry_delay_seconds=1))
    engine.command("run", "backup", args={"api_key": SECRET})
    for run_id in (1, 2):
        engine.end(run_id, 1)
        engine.advance(2)
    assert argv_of(engine, 3) == ["x.py", "--api-key", SECRET, "--n", "1"]
    engine.end(3)
    assert engine.context.runs.queue._given == {}


def test_a_run_that_waits_keeps_its_secret_until_its_turn(bench: MakeBench) -> None:
    engine = bench(make_job(daily_time="09:00", args={"script": "x.py"}, overlap="queue"))
    engine.command("run", "backup")
    engine.clock.advance(1)
    assert engine.command("run", "backup", args={"api_key": SECRET}) == "done: backup #2 waits for its turn"
    engine.end(1)
    assert argv_of(engine, 2) == ["x.py", "--api-key", SECRET]


def test_a_secret_that_its_engine_took_along_is_not_replaced_by_another(bench: MakeBench) -> None:
    """A restart forgets it: the run ends with a sentence, instead of running with a mask or with the job's own key."""
    args = {"script": "x.py", "api_key": "the-job-s-own"}
    engine = bench(make_job(daily_time="09:00", args=args, overlap="queue"))
    engine.command("run", "backup")
    engine.clock.advance(1)
    engine.command("run", "backup", args={"api_key": SECRET})
    engine.restart(crash=True)
    engine.end(1)
    run = engine.runs()[1]
    assert run.outcome == "not_started"
    assert run.reason is not None
    assert run.reason.startswith("api_key was a secret given by hand, which is nowhere kept; give it again")
    assert [alert.run_id for alert in engine.alerts("critical")] == [2]


def test_arguments_of_commands_that_nobody_carries_out_are_removed(bench: MakeBench) -> None:
    engine = bench(make_job(daily_time="09:00"))
    store, folder = engine.store, engine.directory / "arguments"
    now = engine.clock.now()
    number = store.issue("run", "alice", now, "backup", None, {"args": {"api_key": SECRET}})
    store.withdraw(number, now)
    assert list(folder.iterdir()) == []
    kept = store.issue("run", "alice", now, "backup", None, {"args": {"api_key": SECRET}})
    (folder / ("0" * 32)).write_text("{}")  # its asker died before the command was there
    engine.restart()
    assert len(list(folder.iterdir())) == 1
    engine.turn()
    command = engine.store.command(kept)
    assert command is not None
    assert command.answer == "done"


def test_a_command_whose_arguments_are_gone_is_refused(bench: MakeBench) -> None:
    engine = bench(make_job(daily_time="09:00"))
    for name in ("0" * 32, "../jobs.toml", 5, None):
        assert engine.command("run", "backup", private=name) == (
            "refused: the arguments that were given with this command are gone; give it again"
        )
    assert engine.runs() == []


@pytest.mark.parametrize(
    "changes",
    [
        {"argv": ["--api-token", SECRET]},
        {"argv": [f"--api-token={SECRET}"]},
        {"argv": ["-H", f"Authorization: Bearer {SECRET}"]},
        {"argv": ["-c", f"curl -H 'Authorization: Bearer {SECRET}' https://x"]},
        {"argv": ["-c", f"API_KEY={SECRET} python x.py"]},
        {"argv": ["-c", f'tool --password "{SECRET}" now']},
        {"argv": [f"https://me:{SECRET}@host/"]},
        {"argv": ["--db-url", f"postgres://me:{SECRET}@host/x"]},
        {"args": {"api_tokens": ["abc", SECRET]}},
        {"args": {"header": f"X-Api-Key: {SECRET}"}},
        {"args": {"note": f"password={SECRET}"}},
        {"env": {"DESK_TOKEN": SECRET}},
    ],
)  # fmt: skip
def test_what_a_definition_gives_away_is_masked_wherever_it_turns_up(tmp_path: Path, changes: dict[str, Any]) -> None:
    job = make_job(**changes)
    redactor = Launcher(JobSet("/jobs.toml", {job.name: job}), str(tmp_path), {}).redactor
    assert redactor.text(f"login failed for {SECRET}!") == "login failed for ***!"


def test_what_is_no_secret_stays_readable(tmp_path: Path) -> None:
    jobs = [
        JobDefinition("a", argv=["-c", "API_KEY=abcd1234 python reports/daily.py --fast"]),
        JobDefinition("b", args={"sort_key": 1000, "top_n": 12345678}),
        JobDefinition("c", argv=["--verbose", "--output", "reports/daily.csv", "--token", "--force"]),
    ]
    redactor = Launcher(JobSet("/jobs.toml", {job.name: job for job in jobs}), str(tmp_path), {}).redactor
    text = "python reports/daily.py --fast --force: 1000 of 12345678 rows in reports/daily.csv"
    assert redactor.text(text) == text
