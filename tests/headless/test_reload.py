"""A save of the jobs file is live in a moment, however it is saved; a broken one changes nothing."""

from __future__ import annotations

import os
import threading
import time
from typing import TYPE_CHECKING

import pytest

from peak_console.clock import SystemClock
from peak_console.jobs.watching.caution import START_SECONDS
from peak_console.store.bell import ring
from peak_console.store.store import Store
from tests.headless.support import shell
from tests.support.processes import wait_until

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.headless.support import Program

NOTE = "echo $PEAK_JOB_NAME >> {log}"
LIVE_SECONDS = 1.5
"""What a test allows on a busy machine; 0.1 to 0.3 is what it takes."""
NIGHTLY = 'schedule_type = "daily"\ndaily_time = "00:00"'


def save_in_place(program: Program, text: str) -> None:
    program.jobs(text)


def save_by_rename(program: Program, text: str) -> None:
    path, beside = program.config, program.folder / "jobs.toml.new"
    program.config = beside
    program.jobs(text)
    program.config = path
    os.replace(beside, path)


@pytest.mark.parametrize("save", [save_in_place, save_by_rename])
def test_a_save_is_live_in_a_moment(program: Program, save: Callable[[Program, str], None]) -> None:
    old = shell("old", NOTE)
    program.jobs(old)
    resident = program.headless()
    resident.shows("old #1 succeeded")
    for number in range(3):
        began = time.monotonic()
        save(program, old + shell(f"new{number}", NOTE, NIGHTLY))
        resident.shows(f"added new{number}")
        assert time.monotonic() - began < LIVE_SECONDS
    assert "jobs reloaded: added new1; removed new0" in resident.out
    assert resident.leave() == 0


def test_a_swapped_symlink_is_live_in_a_moment(program: Program) -> None:
    """As Kubernetes updates a mounted ConfigMap: the file is a link into a linked folder that is replaced."""
    mount = program.folder / "mount"
    mount.mkdir()

    def publish(version: str, text: str) -> None:
        path = program.config
        (mount / version).mkdir()
        program.config = mount / version / "jobs.toml"
        program.jobs(text)
        program.config = path
        (mount / "..new").symlink_to(version)
        os.replace(mount / "..new", mount / "..data")

    publish("..v1", shell("old", NOTE))
    program.config = mount / "jobs.toml"
    program.config.symlink_to("..data/jobs.toml")
    program.state = mount / ".peak_console"
    resident = program.headless()
    resident.shows("old #1 succeeded")
    for number in range(2):
        began = time.monotonic()
        publish(f"..v{number + 2}", shell("old", NOTE) + shell(f"new{number}", NOTE, NIGHTLY))
        resident.shows(f"added new{number}")
        assert time.monotonic() - began < LIVE_SECONDS
    assert resident.leave() == 0


def test_a_broken_file_changes_nothing_and_its_mended_self_is_taken(program: Program) -> None:
    tick = shell("tick", NOTE, 'schedule_type = "interval"\ninterval_seconds = 1')
    program.jobs(tick)
    resident = program.headless()
    program.jobs(tick + '[[job]]\nname = "wrong"\nschedule_type = "interval"\n')
    resident.shows("jobs file rejected, the jobs already loaded keep running:")
    assert "interval_seconds is missing" in resident.out
    program.config.write_text("[[job", encoding="utf-8")
    resident.shows("jobs file rejected", times=2)
    seen = len(program.log)
    program.log_has(seen + 1)
    program.config.unlink()
    resident.shows("jobs file rejected", times=3)
    store = Store.look(str(program.state))
    assert store is not None
    alerts = [alert for alert in store.alerts() if alert.level == "warning"]
    assert [(alert.count, alert.is_open) for alert in alerts] == [(3, True)]
    assert "does not exist" in alerts[0].message, "the latest reason"
    assert store.engine_info().config_error is not None
    store.close()
    program.jobs(tick + shell("mended", NOTE))
    resident.shows("jobs reloaded: added mended")
    resident.shows("mended #")
    assert resident.leave() == 0


def test_unchanged_jobs_keep_their_slots(program: Program) -> None:
    tick = shell("tick", "echo $PEAK_SCHEDULED_FOR >> {log}", 'schedule_type = "interval"\ninterval_seconds = 1')
    program.jobs(tick)
    resident = program.headless()
    for number in range(2):
        program.log_has(number + 1)
        program.jobs(tick + shell(f"other{number}", "true"))
        resident.shows(f"added other{number}")
    program.log_has(4)
    assert resident.leave() == 0
    fractions = {line.split(".")[1] for line in program.log}
    assert len(fractions) == 1, "still on the grid of the first slot"
    assert len(set(program.log)) == len(program.log)


def test_what_runs_finishes_under_the_definition_it_began_with(program: Program) -> None:
    program.jobs(shell("long", f"{program.gate()}; exit 3", "success_codes = [3]"))
    resident = program.headless()
    resident.shows("long #1 started")
    program.jobs(shell("other", NOTE))
    resident.shows("removed long")
    program.open_gate()
    resident.shows("long #1 succeeded with exit code 3")
    assert resident.leave() == 0


def test_new_warnings_are_shown_once(program: Program) -> None:
    note = shell("note", NOTE, 'schedule_type = "once"\nteam = "macro"')
    program.jobs(note)
    resident = program.headless()
    program.jobs(note + shell("other", NOTE, 'schedule_type = "once"\nowner = "desk"'))
    resident.shows("added other")
    assert resident.leave() == 0
    assert resident.err.count('unknown key "team"') == 1
    assert resident.err.count('unknown key "owner"') == 1


def jobs_file(program: Program, *jobs: str) -> str:
    """What ``program.jobs`` writes of some jobs."""
    program.jobs("".join(jobs))
    return program.config.read_text(encoding="utf-8")


def cut_before(text: str, mark: str) -> tuple[str, str]:
    at = text.rindex(mark)
    return text[:at], text[at:]


NIGHT = shell("night", NOTE, NIGHTLY)
DARK = shell("dark", NOTE, "enabled = false")


@pytest.mark.parametrize("mark", ["schedule_type", "enabled = false", 'ghtly"', "[[job]]"])
def test_nothing_of_a_file_counts_while_it_is_being_written(program: Program, mark: str) -> None:
    before = NIGHT.replace("night", "nightly")
    start, end = cut_before(jobs_file(program, before, DARK), mark)
    resident = program.headless()
    with program.config.open("w", encoding="utf-8") as file:
        file.write(start)
        file.flush()
        time.sleep(2.5)  # longer than any save has to stand
        assert "jobs" not in resident.out.partition("engine started")[2].partition("\n")[2]
        file.write(end)
    resident.shows("jobs reloaded: no job has changed")
    assert resident.leave() == 0
    assert resident.out.count("reloaded") == 1
    assert "rejected" not in resident.out
    assert program.log == []


@pytest.mark.parametrize("mark", ["schedule_type", "enabled = false"])
def test_a_writer_that_closes_the_file_in_between_starts_nothing_either(program: Program, mark: str) -> None:
    start, end = cut_before(jobs_file(program, NIGHT, DARK, NIGHT.replace("night", "last")), mark)
    resident = program.headless()
    program.config.write_text(start, encoding="utf-8")
    time.sleep(1)
    with program.config.open("a", encoding="utf-8") as file:
        file.write(end)
    resident.shows("jobs reloaded: no job has changed")
    assert resident.leave() == 0
    assert "rejected" not in resident.out
    assert program.log == []


def test_a_save_that_starts_jobs_counts_when_it_has_stood_for_a_while(program: Program) -> None:
    jobs_file(program, NIGHT)
    resident = program.headless()
    began = time.monotonic()
    jobs_file(program, NIGHT, shell("new", NOTE))
    resident.shows("added new")
    assert time.monotonic() - began >= START_SECONDS - 0.1
    program.log_has(1)
    assert resident.leave() == 0


@pytest.mark.parametrize("words", [["--once"], ["--headless"], ["--once", "--dry-run"], ["run", "night"]])
def test_no_start_takes_up_half_a_file(program: Program, words: list[str]) -> None:
    start, end = cut_before(jobs_file(program, NIGHT, DARK), "enabled = false")
    with program.config.open("w", encoding="utf-8") as file:
        file.write(start)
        file.flush()
        started = program.start(*words)
        wait_until(lambda: "waiting for the jobs file" in started.err)
        assert started.out == ""
        file.write(end)
    if words == ["--headless"]:
        started.shows("engine started: 2 jobs, 1 enabled")
        assert started.leave() == 0
    else:
        assert started.wait() == 0
    assert "dark" not in "".join(program.log)
    assert "dark" not in started.out


def test_a_start_waits_where_a_job_has_become_once_since_it_was_known(program: Program) -> None:
    whole = jobs_file(program, NIGHT)
    assert program.once().code == 0
    start, end = cut_before(whole, "schedule_type")
    program.config.write_text(start, encoding="utf-8")
    started = program.start("--once")
    time.sleep(1)
    with program.config.open("a", encoding="utf-8") as file:
        file.write(end)
    assert started.wait() == 0
    assert program.log == []
    program.config.write_text(start, encoding="utf-8")
    assert program.once().code == 0
    assert program.log == ["night"], "after it has stood, it is meant"


def test_the_reload_command_waits_for_the_writer_too(program: Program) -> None:
    start, end = cut_before(jobs_file(program, NIGHT, DARK), "enabled = false")
    resident = program.headless()
    with program.config.open("w", encoding="utf-8") as file:
        file.write(start)
        file.flush()
        asking = program.start("reload")
        wait_until(lambda: "waiting for the jobs file" in asking.err)
        store = Store.open(str(program.state))
        number = store.issue("reload", "ada", SystemClock().now())
        ring(str(program.state))
        wait_until(lambda: (found := store.command(number)) is not None and found.answer is not None)
        command = store.command(number)
        store.close()
        assert command is not None
        assert (command.answer, "open for writing" in str(command.message)) == ("refused", True)
        file.write(end)
    assert asking.wait() == 0
    assert resident.leave() == 0
    assert program.log == []
    assert "rejected" not in resident.out


def test_a_save_that_drops_most_jobs_waits_for_consent(program: Program) -> None:
    jobs_file(program, *(NIGHT.replace("night", f"night{number}") for number in range(4)))
    resident = program.headless()
    jobs_file(program, NIGHT.replace("night", "night0"))
    resident.shows("would remove 3 of 4 jobs: night1, night2, night3; it is held back until it has stood for 10.0s")
    assert "would remove 3 of 4 jobs" in program.run("status").out
    refused = program.run("reload")
    assert refused.code == 1
    assert "would remove 3 of 4 jobs: night1, night2, night3" in refused.err
    assert "peak-console reload --accept" in refused.err
    assert program.run("reload", "--accept").code == 0
    resident.shows("removed night1, night2, night3")
    assert "would remove" not in program.run("status").out
    assert resident.leave() == 0
    assert "Removed: night1, night2, night3" in program.run("alerts", "--json").out


def test_an_emptied_file_removes_nothing_before_it_has_stood(program: Program) -> None:
    whole = jobs_file(program, NIGHT)
    resident = program.headless()
    program.config.write_text("", encoding="utf-8")
    resident.shows("would remove all 1 job: night")
    program.config.write_text(whole, encoding="utf-8")
    resident.shows("jobs reloaded: no job has changed")
    program.config.write_text("", encoding="utf-8")
    resident.shows("jobs reloaded: removed night")
    assert resident.leave() == 0


@pytest.mark.parametrize(
    ("words", "shown"),
    [
        (("jobs",), "nightly"),
        (("next",), "nightly"),
        (("status",), "2 jobs: 2 waiting"),
        (("validate",), "all is well"),
    ],
)
def test_who_only_looks_waits_a_moment_for_the_writer(program: Program, words: tuple[str, ...], shown: str) -> None:
    start, end = cut_before(jobs_file(program, NIGHT, DARK.replace("enabled = false", NIGHTLY)), "[[job]]")
    whole = start + end.replace("dark", "nightly")
    with program.config.open("w", encoding="utf-8") as file:
        file.write("[[job")
        file.flush()

        def finish() -> None:
            file.seek(0)
            file.write(whole)
            file.close()

        timer = threading.Timer(0.3, finish)
        timer.start()
        answer = program.run(*words)
        timer.join()
    assert answer.code == 0, answer
    assert shown in answer.out
    assert "writing" not in answer.out + answer.err


@pytest.mark.parametrize("verb", ["jobs", "next", "status", "validate"])
@pytest.mark.parametrize("mark", ["[[job]]", "schedule_type"])
def test_who_only_looks_is_told_that_the_file_is_still_being_written(program: Program, verb: str, mark: str) -> None:
    start, end = cut_before(jobs_file(program, NIGHT, NIGHT.replace("night", "last")), mark)
    with program.config.open("w", encoding="utf-8") as file:
        file.write(start)
        file.flush()
        answer = program.run(verb)
        file.write(end)
    assert f"{program.config}: " in answer.out + answer.err
    assert "another program has it open for writing, so what was read may not be all of it" in answer.out + answer.err
    assert "all is well" not in answer.out
