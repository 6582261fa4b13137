"""A cgroup to run programs in, where this machine lets us make one."""

from __future__ import annotations

import os
import time
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator


def made_cgroup() -> Iterator[Path]:
    """For a fixture: an empty cgroup, which is removed with all that is in it."""
    path = _above() / f"peak-test-{os.getpid()}-{time.monotonic_ns()}"
    try:
        path.mkdir()
    except OSError as error:
        pytest.skip(f"no cgroup can be made here ({error.strerror})")
    yield path
    (path / "cgroup.kill").write_text("1")
    deadline = time.monotonic() + 10
    while path.exists() and time.monotonic() < deadline:
        for each in (*path.glob("*/"), path):
            with suppress(OSError):
                each.rmdir()
        time.sleep(0.01)
    assert not path.exists()


def _above() -> Path:
    """The cgroup that we are in."""
    try:
        mounts = [line.split() for line in Path("/proc/self/mountinfo").read_text().splitlines()]
        ours = [line[3:] for line in Path("/proc/self/cgroup").read_text().splitlines() if line.startswith("0::")]
    except OSError:
        pytest.skip("no cgroups on this system")
    places = [fields[4] for fields in mounts if "cgroup2" in fields and fields[3] == "/"]
    if not places or not ours:
        pytest.skip("no cgroup v2 on this system")
    path = Path(places[0] + ours[0])
    if not (path / "cgroup.procs").exists() or not os.access(path / "cgroup.procs", os.W_OK):
        pytest.skip("processes cannot be moved between cgroups here")
    return path
