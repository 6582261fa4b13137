"""A save of the jobs file is live in a moment, however it is saved; a broken one changes nothing."""

from __future__ import annotations

import os
import time
from typing import TYPE_CHECKING

import pytest

from peak_console.store.store import Store
from tests.headless.support import shell

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.headless.support import Program

NOTE = "echo $PEAK_JOB_NAME >> {log}"
LIVE_SECONDS = 2.0
"""What a test allows on a busy machine; 0.1 to 0.3 is what it takes."""


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
    program.jobs(shell("old", NOTE))
    resident = program.headless()
    resident.shows("old #1 succeeded")
    for number in range(3):
        began = time.monotonic()
        save(program, shell(f"new{number}", NOTE))
        resident.shows(f"new{number} #{number + 2} started")
        assert time.monotonic() - began < LIVE_SECONDS
    assert "jobs reloaded: added new0; removed old" in resident.out
    resident.shows("new2 #4 succeeded")
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
        publish(f"..v{number + 2}", shell(f"new{number}", NOTE))
        resident.shows(f"new{number} #{number + 2} succeeded")
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
    assert len(alerts) == 3
    assert "interval_seconds is missing" in alerts[-1].message
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
