"""What the image of ``docs/how-to/containers.md`` would do, without an engine that could build it."""

from __future__ import annotations

import json
import os
import re
import shlex
import shutil
import signal
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.docs.pages import DOCS, blocks
from tests.support.processes import wait_until

if TYPE_CHECKING:
    from collections.abc import Iterator

PAGE = DOCS / "how-to" / "containers.md"
FILES = {block.title: block.text for block in blocks(PAGE) if block.title}
INSTRUCTIONS = dict(line.split(" ", 1) for line in FILES["Dockerfile"].splitlines())
WORKDIR = INSTRUCTIONS["WORKDIR"]
STATE = dict(word.split("=") for word in shlex.split(INSTRUCTIONS["ENV"]))["PEAK_CONSOLE_STATE_DIR"]
CHECK = INSTRUCTIONS["HEALTHCHECK"].partition("CMD ")[2]
NAMESPACE = ["unshare", "--pid", "--fork", "--mount-proc", "--kill-child"]
if os.geteuid() != 0:
    NAMESPACE += ["--user", "--map-current-user"]
JOB = """
[[job]]
name = "slow"
command = "/bin/sh"
argv = ["-c", "echo here; while [ ! -e go ]; do sleep 0.02; done"]
schedule_type = "interval"
interval_seconds = 3600
"""


class Container:
    """The image's folder, environment and commands, in a process namespace instead of a container."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        jobs_file = folder / "config" / "scheduler" / "jobs.toml"
        jobs_file.parent.mkdir(parents=True)
        jobs_file.write_text(JOB, encoding="utf-8")
        self.environ = {
            "PATH": f"{Path(sys.executable).parent}:/usr/bin:/bin",
            "HOME": str(folder),
            "TZ": "Europe/Berlin",
            "PYTHONTZPATH": "",  # as in a slim image, where the system has no zone data
            "PEAK_CONSOLE_STATE_DIR": str(folder / STATE.strip("/")),
        }
        self.log = folder / "log"
        command = [*NAMESPACE, *json.loads(INSTRUCTIONS["ENTRYPOINT"]), *json.loads(INSTRUCTIONS["CMD"])]
        with self.log.open("wb") as log:
            self.process = subprocess.Popen(command, cwd=folder, env=self.environ, stdout=log, stderr=log)

    def first_process(self) -> int:
        """The pid, as seen from outside, of the namespace's process 1."""
        children = Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children").read_text(encoding="ascii")
        return int(children.split()[0])

    def is_healthy(self) -> bool:
        checked = subprocess.run(
            ["/bin/sh", "-c", CHECK], cwd=self.folder, env=self.environ, capture_output=True, check=False
        )
        return checked.returncode == 0

    def call(self, *words: str, code: int = 0) -> str:
        """What another process of the container prints, which ends with ``code``."""
        ended = subprocess.run(
            [*json.loads(INSTRUCTIONS["ENTRYPOINT"]), *words],
            cwd=self.folder, env=self.environ, capture_output=True, text=True, check=False,
        )  # fmt: skip
        assert ended.returncode == code, ended.stderr
        return ended.stdout


@pytest.fixture
def container(tmp_path: Path) -> Iterator[Container]:
    if not shutil.which("unshare") or subprocess.run([*NAMESPACE, "true"], capture_output=True, check=False).returncode:
        pytest.skip("this machine lets us make no process namespace")
    started = Container(tmp_path)
    yield started
    started.process.kill()
    started.process.wait()


def test_as_process_1_the_engine_waits_for_its_run_and_the_check_tells_when_there_is_none(container: Container) -> None:
    wait_until(lambda: "slow #1 started" in container.log.read_text(encoding="utf-8"))
    assert container.is_healthy()
    (container.folder / "config" / "scheduler" / "jobs.toml").write_text("no TOML", encoding="utf-8")
    assert container.is_healthy()
    first = container.first_process()
    assert re.search(r"^NSpid:.*\t1$", Path(f"/proc/{first}/status").read_text(encoding="utf-8"), re.MULTILINE)
    os.kill(first, signal.SIGTERM)
    wait_until(lambda: "waiting for 1 run" in container.log.read_text(encoding="utf-8"))
    (container.folder / "go").touch()
    assert container.process.wait(timeout=30) == 0
    [run] = json.loads(container.call("runs", "--json"))
    assert (run["job"], run["outcome"]) == ("slow", "succeeded")
    assert run["started_at"].endswith(("+01:00", "+02:00"))  # TZ, without zone data of the system
    assert not container.is_healthy()


def test_what_is_killed_with_its_container_is_lost_and_nothing_else(container: Container) -> None:
    wait_until(lambda: "slow #1 started" in container.log.read_text(encoding="utf-8"))
    os.kill(container.first_process(), signal.SIGKILL)
    container.process.wait(timeout=30)
    container.call("--headless", "--once", code=3)
    [run] = json.loads(container.call("runs", "--json"))
    assert (run["job"], run["outcome"]) == ("slow", "lost")


def test_the_two_files_name_the_same_places() -> None:
    yaml = pytest.importorskip("yaml", reason="the extra [docs] is not installed")
    service = yaml.safe_load(FILES["compose.yaml"])["services"]["scheduler"]
    state, jobs = service["volumes"]
    assert state == f"state:{STATE}"
    assert INSTRUCTIONS["VOLUME"] == STATE
    assert jobs == f"./config/scheduler:{WORKDIR}/config/scheduler:ro"
    assert service["init"] is True
    assert service["stop_grace_period"] == "5m"
    assert f"-m 700 {STATE}" in FILES["Dockerfile"]
