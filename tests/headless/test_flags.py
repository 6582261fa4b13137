"""What each flag does, seen from outside: output, exit code, what ran and what was recorded."""

from __future__ import annotations

import json
import shutil
from typing import TYPE_CHECKING

import pytest

from peak_console.store.store import Store
from peak_console.version import __version__
from tests.headless.support import shell
from tests.support.alert_server import AlertServer
from tests.support.processes import wait_until

if TYPE_CHECKING:
    from tests.headless.support import Program

NOTE = shell("note", "echo ran >> {log}")
TAGGED = "".join(
    shell(name, f"echo {name} >> {{log}}", f'schedule_type = "once"\ntags = {json.dumps(tags)}')
    for name, tags in [("forward", ["forward", "prod"]), ("scan", ["scan", "heavy"]), ("plain", [])]
)


def test_version(program: Program) -> None:
    answer = program.run("--version")
    assert (answer.code, answer.out) == (0, f"peak-console {__version__}\n")


@pytest.mark.parametrize(
    "words",
    [
        ("--twice",),
        ("--headless", "--log-format", "xml"),
        ("--headless", "--poll-interval", "often"),
        ("--headless", "--poll-interval", "0"),
        ("--headless", "--poll-interval", "-3"),
        ("--headless", "--poll-interval", "nan"),
        ("--headless", "--poll-interval", "100000"),
    ],
)
def test_wrong_usage_exits_2_and_starts_nothing(program: Program, words: tuple[str, ...]) -> None:
    program.jobs(NOTE)
    answer = program.run(*words)
    assert answer.code == 2
    assert answer.out == ""
    assert answer.err
    assert "Traceback" not in answer.err
    assert not program.state.exists()


@pytest.mark.parametrize("words", [("--once",), ("--once", "--no-alerts"), ("run", "note")])
def test_a_dotenv_that_does_not_count_is_told_at_each_start(program: Program, words: tuple[str, ...]) -> None:
    program.jobs(NOTE)
    (program.folder / ".env").write_bytes(b"#" * (1024 * 1024 + 1))
    answer = program.run(*words)
    assert "alerts: .env is larger than 1,048,576 bytes: nothing in it counts" in answer.out + answer.err


def test_a_run_that_fails_for_good_makes_exit_code_3(program: Program) -> None:
    program.jobs(shell("fine", "exit 0") + shell("bad", "exit 7"))
    answer = program.once()
    assert answer.code == 3
    assert "bad #" in answer.out
    assert "failed with exit code 7" in answer.out
    assert "1 succeeded, 1 failed" in answer.out
    assert program.once().code == 0, "nothing failed in this start"


def test_a_program_that_is_not_there_makes_exit_code_3(program: Program) -> None:
    program.jobs('[[job]]\nname = "gone"\ncommand = "no-such-program"\n')
    answer = program.once()
    assert answer.code == 3
    assert 'command "no-such-program" not found' in answer.out
    assert [run.outcome for run in program.runs()] == ["not_started"]


def test_only_jobs_that_the_tags_select_run(program: Program) -> None:
    program.jobs(TAGGED)
    assert program.once("--include-tags", "forward, scan", "--exclude-tags", "heavy").code == 0
    assert program.log == ["forward"]
    assert program.once("--exclude-tags", "heavy").code == 0
    assert program.log == ["forward", "plain"]
    assert program.once().code == 0
    assert program.log == ["forward", "plain", "scan"]


@pytest.mark.parametrize("flags", [["--once"], ["--headless"], ["--once", "--dry-run"], []])
def test_tags_that_select_nothing_are_refused_before_anything_starts(program: Program, flags: list[str]) -> None:
    program.jobs(NOTE)
    answer = program.run(*flags, "--include-tags", "nothing")
    assert answer.code == (1 if flags else 2)  # without a terminal there is no console
    assert not flags or 'no job has the tag "nothing"' in answer.err
    assert not program.state.exists()


def test_keys_of_the_user_s_own_share_one_line(program: Program) -> None:
    own = "".join(
        f'[[job]]\nname = "j{n}"\ncommand = "true"\nowner = "a"\nteam = "b"\nretires = 1\n' for n in range(46)
    )
    program.jobs(own)
    warnings = [line for line in program.once().err.splitlines() if line.startswith("warning: ")]
    assert len([line for line in warnings if '"owner", "team"' in line]) == 1
    assert "[job.meta]" in warnings[-1]
    assert all('did you mean "retries"?' in line or "retires" in line for line in warnings[:-1])


def test_meta_reaches_the_run_and_a_run_within_it_gets_only_its_own(program: Program) -> None:
    program.jobs(
        shell(
            "meta",
            "env | grep PEAK_META",
            "[job.meta]\nowner = 'risk desk'\n'cost-centre' = 7\nlist = [1, {a = true}]\n",
        )
    )
    program.once(PEAK_META_OUTER="x")
    assert sorted(program.output(1).splitlines()) == [
        "PEAK_META_COST_CENTRE=7", 'PEAK_META_LIST=[1, {"a": true}]', "PEAK_META_OWNER=risk desk",
    ]  # fmt: skip


def test_quiet_prints_only_what_needs_somebody(program: Program) -> None:
    program.jobs(NOTE + '[[job]]\nname = "own"\ncommand = "true"\nowner = "a"\nteam = "b"\n')
    good = program.once("--quiet")
    assert (good.code, good.out, good.err) == (0, "", "")
    assert program.log == ["ran"]
    program.jobs(NOTE + shell("bad", "exit 4"))
    bad = program.once("--quiet")
    assert bad.code == 3
    [line] = bad.out.splitlines()
    assert "warning  bad #" in line
    assert "failed with exit code 4" in line
    assert program.once("--quiet").out == ""


def test_verbose_shows_the_resolved_command_line(program: Program) -> None:
    echo = shutil.which("echo")
    job = (
        '[[job]]\nname = "hello"\ncommand = "echo"\nargs = { script = "a b.py", top_n = 10, dry = true, no = false }\n'
    )
    program.jobs(job)
    resolved = f"{echo} 'a b.py' --top-n 10 --dry\n"
    assert resolved in program.once("--dry-run").out
    answer = program.once("--verbose")
    assert f"hello #1 started: {resolved}" in answer.out
    assert program.output(1) == "a b.py --top-n 10 --dry\n"


def test_without_verbose_the_command_line_is_not_shown(program: Program) -> None:
    program.jobs(NOTE)
    assert "/bin/sh" not in program.once().out


def test_a_dry_run_shows_what_would_run_and_records_nothing(program: Program) -> None:
    program.jobs(NOTE + shell("off", "true", 'schedule_type = "once"\nenabled = false'))
    answer = program.once("--dry-run", "--verbose")
    assert answer.code == 0
    assert "would run note" in answer.out
    assert "/bin/sh -c" in answer.out
    assert "would not run off: disabled in the jobs file" in answer.out
    assert program.log == []
    assert not program.state.exists()


def test_a_dry_run_knows_what_has_run_and_changes_nothing(program: Program) -> None:
    program.jobs(NOTE)
    program.once()
    before = (program.state / "registry.db").read_bytes()
    answer = program.once("--dry-run", "--verbose")
    assert "nothing is due" in answer.out
    assert "it has run and never will again" in answer.out
    assert (program.state / "registry.db").read_bytes() == before
    assert program.log == ["ran"]


def test_a_dry_run_tells_what_the_real_start_will_refuse(program: Program) -> None:
    bare = program.folder / "bare"
    bare.write_text("echo hi\n")
    bare.chmod(0o755)
    program.jobs(
        f'[[job]]\nname = "bare"\ncommand = "{bare}"\n[[job]]\nname = "nodir"\ncommand = "true"\ncwd = "/no/where"\n'
        '[[job]]\nname = "noscript"\nargs = { script = "no.py" }\n[[job]]\nname = "long"\ncommand = "true"\n'
        f'argv = ["{"a" * 140_000}"]\n[[job]]\nname = "good"\ncommand = "true"\n'
    )
    out = program.once("--dry-run").out
    foretold = {line.split()[6].strip(",") for line in out.splitlines() if "cannot start" in line}
    assert foretold == {"bare", "nodir", "long"}
    assert "noscript would start and fail: script" in out
    program.once()
    ended = {run.job: run.outcome for run in program.runs()}
    assert {job for job, outcome in ended.items() if outcome == "not_started"} == foretold
    assert (ended["noscript"], ended["good"]) == ("failed", "succeeded")


def test_a_dry_run_counts_the_places(program: Program) -> None:
    program.jobs("".join(shell(name, "true") for name in "abcd"), "max_concurrent_runs = 2")
    out = program.once("--dry-run").out
    assert out.count("would run") == 2
    assert out.count("would queue") == 2
    assert "no place is free (max_concurrent_runs = 2)" in out


def test_a_dry_run_tells_of_a_state_directory_that_will_be_refused(program: Program) -> None:
    program.jobs(NOTE)
    program.state.mkdir(mode=0o777)
    program.state.chmod(0o777)
    assert "a real start would be refused: " in program.once("--dry-run").out
    program.state.rmdir()
    program.state.touch()
    refused = program.once("--dry-run")
    assert "is not a directory" in refused.out + refused.err
    assert program.once().code == 1


def test_a_resident_dry_run_tells_each_slot_until_it_is_interrupted(program: Program) -> None:
    program.jobs(shell("tick", "echo ran >> {log}", 'schedule_type = "interval"\ninterval_seconds = 1'))
    resident = program.start("--headless", "--dry-run")
    resident.shows("would run tick", times=2)
    assert resident.leave() == 0
    assert program.log == []
    assert not program.state.exists()


def test_no_registry_keeps_no_record_but_still_runs_each_slot_once(program: Program) -> None:
    program.jobs(NOTE + shell("bad", "exit 1"))
    assert program.once("--no-registry").code == 3
    assert program.log == ["ran"]
    assert program.runs() == []
    assert not any((program.state / "runs").iterdir()), "nor their output"
    assert program.once("--no-registry").code == 0
    assert program.log == ["ran"]


def test_no_alerts_delivers_nothing_but_logs_it(program: Program) -> None:
    with AlertServer() as server:
        program.jobs(shell("bad", "exit 1") + f'[[alerts.channel]]\nname = "desk"\nurl = "{server.url()}"\n')
        assert program.once("--no-alerts").code == 3
        assert server.received() == []
    store = Store.look(str(program.state))
    assert store is not None
    assert [alert.level for alert in store.alerts()] == ["critical"]
    store.close()


def test_json_is_one_object_a_line_with_level_time_and_event(program: Program) -> None:
    program.jobs(NOTE + shell("bad", "echo oops >&2; exit 1"))
    answer = program.once("--log-format", "json", "--verbose")
    events = [entry["event"] for entry in answer.objects]
    assert events[0] == "EngineStarted"
    assert events[-1] == "EngineStopped"
    assert sorted(events[1:-1]) == ["AlertRaised"] * 2 + ["RunFinished"] * 2 + ["RunStarted"] * 2
    for entry in answer.objects:
        assert {"time", "level", "event", "message"} <= entry.keys()
        assert entry["level"] in ("debug", "info", "warning", "critical")
        assert "T" in entry["time"]
        assert entry["time"].endswith("+00:00")
    [bad] = [entry for entry in answer.objects if entry["event"] == "RunFinished" and entry["level"] == "warning"]
    assert bad["run"]["return_code"] == 1
    assert "T" in bad["run"]["started_at"]


def test_json_holds_for_every_line_even_those_that_are_no_event(program: Program) -> None:
    program.jobs(NOTE)
    resident = program.headless()
    [line] = program.once("--log-format", "json").objects
    assert line["event"] == "Message"
    assert f"pid {resident.pid}" in line["message"]


def test_warnings_of_the_jobs_file_go_to_stderr_once(program: Program) -> None:
    program.jobs(shell("note", "true", 'schedule_type = "once"\nteam = "macro"'))
    answer = program.once()
    assert answer.code == 0
    assert answer.err.count('unknown key "team"') == 1
    assert answer.err.startswith("warning: ")
    assert "team" not in answer.out


def test_a_missing_jobs_file_is_one_sentence(program: Program) -> None:
    answer = program.once()
    assert answer.code == 1
    assert answer.err.count("\n") == 1
    assert str(program.config) in answer.err
    assert not program.state.exists()


def test_every_problem_of_the_jobs_file_is_shown_and_nothing_runs(program: Program) -> None:
    program.jobs(
        NOTE
        + '[[job]]\nname = "a"\nschedule_type = "interval"\n'
        + '[[job]]\nname = "a"\nschedule_type = "daily"\ndaily_time = "25:00"\n'
    )
    answer = program.once()
    assert answer.code == 1
    assert "interval_seconds" in answer.err
    assert "25:00" in answer.err
    assert 'job "a"' in answer.err
    assert answer.err.count("jobs.toml:") == 3
    assert "Traceback" not in answer.err
    assert not program.state.exists()
    assert program.log == []


def test_the_module_is_the_same_program(program: Program) -> None:
    program.jobs(NOTE)
    assert program.run("--once", "--headless").code == 0
    assert program.log == ["ran"]


def test_what_one_start_could_not_deliver_the_next_one_does(program: Program) -> None:
    with AlertServer() as server:
        program.jobs(shell("bad", "exit 1") + f'[[alerts.channel]]\nname = "desk"\nurl = "{server.url()}"\n')
        server.answers = [500]
        assert program.once().code == 3
        server.wait_for(1)
        with Store.open(str(program.state)) as store:
            store._write("UPDATE deliveries SET next_attempt_at = '2020-01-01T00:00:00.000000Z'")
        store.close()
        assert program.once().code == 0
        assert [one["status"] for one in server.wait_for(2)] == [500, 200]


def test_alerts_of_simultaneous_starts_arrive_once(program: Program) -> None:
    with AlertServer() as server:
        channel = f'[[alerts.channel]]\nname = "desk"\nurl = "{server.url()}"\n'
        gate = program.gate()
        jobs = [shell(f"bad{n}", f"{gate}; exit 1", f'schedule_type = "once"\ntags = ["t{n}"]') for n in range(3)]
        program.jobs("".join(jobs) + channel)
        starts = [program.start("--once", "--include-tags", f"t{n}") for n in range(3)]
        for start in starts:
            start.shows("started")
        wait_until(lambda: len(program.runs()) == 3)
        program.open_gate()
        assert [start.wait() for start in starts] == [3, 3, 3]
        told = "".join(one["message"] for one in server.received())  # whoever has the turn sends what all have left
        assert [told.count(f"bad{n} failed") for n in range(3)] == [1, 1, 1]
