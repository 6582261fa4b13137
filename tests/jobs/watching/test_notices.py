"""Where the system cannot tell of changes, nobody dies of that: files are compared instead."""

from __future__ import annotations

from typing import TYPE_CHECKING, NoReturn

import pytest

from peak_console.jobs.watching import notices

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize("error", [OSError(), RuntimeError(), ImportError("failed to map segment"), MemoryError()])
def test_a_listener_that_cannot_be_had_is_none(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    def fails() -> NoReturn:
        raise error

    monkeypatch.setattr(notices, "_listener", fails)
    assert notices.listen([str(tmp_path)]) is None
