"""Deleting a run deletes its directory and nothing else."""

from __future__ import annotations

import os
import threading
from typing import TYPE_CHECKING

from peak_console.runs.output.removal import remove

if TYPE_CHECKING:
    from pathlib import Path


def test_everything_in_the_directory_goes(tmp_path: Path) -> None:
    run = tmp_path / "7"
    (run / "deep" / "er").mkdir(parents=True)
    for name in ("stdout.log", "started", "deep/file", "deep/er/file"):
        (run / name).write_text("x")
    assert remove(str(run))
    assert not run.exists()


def test_links_are_deleted_and_not_followed(tmp_path: Path) -> None:
    precious = tmp_path / "precious"
    precious.mkdir()
    (precious / "file").write_text("x")
    run = tmp_path / "7"
    run.mkdir()
    (run / "to-directory").symlink_to(precious)
    (run / "to-file").symlink_to(precious / "file")
    assert remove(str(run))
    assert (precious / "file").read_text() == "x"


def test_a_link_in_place_of_the_directory_is_left_alone(tmp_path: Path) -> None:
    precious = tmp_path / "precious"
    precious.mkdir()
    (precious / "file").write_text("x")
    (tmp_path / "7").symlink_to(precious)
    assert not remove(str(tmp_path / "7"))
    assert (precious / "file").read_text() == "x"


def test_what_is_gone_is_gone(tmp_path: Path) -> None:
    assert remove(str(tmp_path / "7"))


def test_two_may_delete_at_once(tmp_path: Path) -> None:
    for number in range(20):
        run = tmp_path / str(number)
        run.mkdir()
        for name in range(50):
            (run / str(name)).touch()
        threads = [threading.Thread(target=remove, args=[str(run)]) for _ in range(2)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert not os.path.exists(run)
