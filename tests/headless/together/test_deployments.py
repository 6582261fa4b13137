"""Releases side by side, and a link that names the one in use: its jobs and its scripts count together."""

from __future__ import annotations

import os
import shutil
from typing import TYPE_CHECKING

import pytest

from tests.headless.support import shell
from tests.support.processes import wait_until

if TYPE_CHECKING:
    from pathlib import Path

    from tests.headless.support import Program, Resident

EVERY_MOMENT = 'schedule_type = "interval"\ninterval_seconds = 0.3'
BY_SCRIPT = 'command = "sh"\nargs = {{ script = "job.sh", jobs = "{release}" }}\n'


class Deployment:
    """Releases of a jobs file and its script, which writes down whose script and whose jobs met."""

    def __init__(self, program: Program) -> None:
        self.program = program
        self.current = program.folder / "current"
        program.config = self.current / "jobs.toml"

    def release(self, name: str, text: str | None = None) -> Path:
        """Make a release; its jobs file is the usual one, or of the text."""
        folder = self.program.folder / "releases" / name
        folder.mkdir(parents=True)
        (folder / "job.sh").write_text(f'echo {name} "$2" $VALUE $(basename $(pwd -P)) >> {self.program.log_file}\n')
        (folder / "values").write_text(f"VALUE={name}\n")
        (folder / "jobs.toml").write_text(text or self.jobs(name))
        return folder

    def jobs(self, name: str) -> str:
        job = f'[[job]]\nname = "tick"\nenv_file = "values"\n{EVERY_MOMENT}\n{BY_SCRIPT.format(release=name)}'
        return f'[scheduler]\nstate_dir = "{self.program.state}"\n{job}'

    def use(self, name: str) -> None:
        """Let the link name another release, in one step."""
        beside = self.program.folder / "new"
        beside.symlink_to(f"releases/{name}")
        os.replace(beside, self.current)

    def serve(self) -> Resident:
        resident = self.program.start("--headless", under=f"cd {self.current}")
        resident.shows("engine started")
        return resident

    def logs(self, line: str) -> None:
        """Wait for a line of the log that was not there before."""
        before = self.program.log.count(line)
        wait_until(lambda: self.program.log.count(line) > before, f"{line} in {self.program.log}")


@pytest.fixture
def deployment(program: Program) -> Deployment:
    deployment = Deployment(program)
    deployment.release("one")
    deployment.use("one")
    return deployment


def test_the_jobs_and_the_scripts_of_a_release_count_together(deployment: Deployment) -> None:
    resident = deployment.serve()
    deployment.logs("one one one one")
    deployment.release("two")
    deployment.use("two")
    deployment.logs("two two two two")
    shutil.rmtree(deployment.program.folder / "releases" / "one")
    deployment.release("three")
    deployment.use("three")
    deployment.logs("three three three three")
    assert {len(set(line.split())) for line in deployment.program.log} == {1}
    assert resident.leave() == 0


def test_a_release_whose_jobs_file_is_refused_brings_no_script_either(deployment: Deployment) -> None:
    resident = deployment.serve()
    deployment.logs("one one one one")
    deployment.release("two", "[[job]]\nname = 3\n")
    deployment.use("two")
    resident.shows("rejected")
    deployment.logs("one one one one")
    assert set(deployment.program.log) == {"one one one one"}
    (deployment.current / "jobs.toml").write_text(deployment.jobs("two"))
    deployment.logs("two two two two")
    assert resident.leave() == 0


def test_a_jobs_file_that_all_releases_share_follows_the_link_too(deployment: Deployment) -> None:
    shared = deployment.program.folder / "shared.toml"
    shared.write_text(deployment.jobs("shared"))
    for name in ("two", "three"):
        (deployment.release(name) / "jobs.toml").unlink()
        (deployment.program.folder / "releases" / name / "jobs.toml").symlink_to(shared)
    deployment.use("two")
    resident = deployment.serve()
    deployment.logs("two shared two two")
    deployment.use("three")
    deployment.logs("three shared three three")
    assert resident.leave() == 0


def test_a_link_to_the_jobs_file_from_elsewhere_is_followed(deployment: Deployment) -> None:
    link = deployment.program.folder / "etc.toml"
    link.symlink_to(deployment.current / "jobs.toml")
    deployment.program.config = link
    resident = deployment.serve()
    deployment.logs("one one one one")
    deployment.release("two")
    deployment.use("two")
    deployment.logs("two two two two")
    assert resident.leave() == 0


def test_a_jobs_file_that_does_not_move_leaves_the_scripts_where_they_are(deployment: Deployment) -> None:
    fixed = deployment.program.folder / "fixed.toml"
    fixed.write_text(deployment.jobs("fixed"))
    deployment.program.config = fixed
    resident = deployment.serve()
    deployment.logs("one fixed one one")
    deployment.release("two")
    deployment.use("two")
    deployment.logs("one fixed one one")
    deployment.logs("one fixed one one")
    assert set(deployment.program.log) == {"one fixed one one"}
    assert resident.leave() == 0


def test_a_command_by_hand_runs_in_the_release_in_use(deployment: Deployment) -> None:
    text = deployment.jobs("two").replace(EVERY_MOMENT, 'schedule_type = "daily"\ndaily_time = "00:00"')
    resident = deployment.serve()
    deployment.release("two", text + shell("other", "true"))
    deployment.use("two")
    resident.shows("added other")
    assert deployment.program.run("run", "tick", "--wait").code == 0
    assert deployment.program.log[-1] == "two two two two"
    assert resident.leave() == 0
