"""A shared file system that does not answer holds up nobody who looks at output."""

from __future__ import annotations

import threading
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, cast

import pytest

from peak_console.runs.slurm.sampling import Sampler, SharedRecorder

if TYPE_CHECKING:
    from collections.abc import Iterator

    from peak_console.runs.output.recorder import OutputRecorder

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)
LONG = 60.0
"""Seconds that no test comes near, as it is told when it may go on."""


class Hanging:
    """A recorder on a file system that answers once ``answers`` is set."""

    def __init__(self) -> None:
        self.answers = threading.Event()
        self.looks: list[bool] = []
        self.closed = threading.Event()

    def sample(self, _now: datetime, *, final: bool = False) -> bool:
        assert self.answers.wait(LONG)
        self.looks.append(final)
        return True

    def close(self) -> None:
        self.closed.set()


@pytest.fixture
def sampler() -> Iterator[Sampler]:
    made = Sampler()
    yield made
    made.close()


def recorder_of(files: Any, sampler: Sampler) -> SharedRecorder:
    return SharedRecorder(sampler, lambda: cast("OutputRecorder", files))


def test_nobody_waits_and_one_look_at_a_time_is_asked_for(sampler: Sampler) -> None:
    files = Hanging()
    recorder = recorder_of(files, sampler)
    for _ in range(5):
        assert not recorder.sample(NOON)
    assert not recorder.sample(NOON, final=True)
    recorder.close()
    assert files.looks == []
    files.answers.set()
    assert files.closed.wait(LONG)
    assert files.looks == [False, True]


def test_what_a_look_has_found_is_said_at_the_next_one(sampler: Sampler) -> None:
    files = Hanging()
    files.answers.set()
    recorder = recorder_of(files, sampler)
    assert not recorder.sample(NOON)
    recorder.close()
    assert files.closed.wait(LONG)
    assert recorder.sample(NOON)


def test_a_look_that_fails_is_followed_by_others(sampler: Sampler) -> None:
    files = Hanging()
    files.answers.set()

    def made() -> OutputRecorder:
        if not failures:
            return cast("OutputRecorder", files)
        raise failures.pop()

    failures = [OSError("stale file handle")]
    recorder = SharedRecorder(sampler, made)
    recorder.sample(NOON)
    recorder.close()
    recorder.sample(NOON, final=True)
    recorder.close()
    assert files.closed.wait(LONG)
    assert files.looks == [True]


def test_an_engine_that_ends_leaves_a_look_behind_that_never_returns() -> None:
    files, sampler = Hanging(), Sampler()
    recorder_of(files, sampler).sample(NOON)
    sampler.close()
    files.answers.set()
