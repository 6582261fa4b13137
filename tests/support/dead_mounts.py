"""A file system that never answers, as a network does that is gone: FUSE whose other end reads nothing."""

from __future__ import annotations

import ctypes
import os
from contextlib import contextmanager
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

DETACH = 2


@contextmanager
def dead_mount(place: Path) -> Iterator[Path]:
    """Mount one, for as long as the context lasts. Skips the test where that is not allowed."""
    place.mkdir()
    library = ctypes.CDLL(None, use_errno=True)
    try:
        fd = os.open("/dev/fuse", os.O_RDWR | os.O_CLOEXEC)
    except OSError as error:
        pytest.skip(f"/dev/fuse: {error.strerror}")
    options = f"fd={fd},rootmode=40000,user_id={os.getuid()},group_id={os.getgid()}"
    if library.mount(b"dead", os.fsencode(place), b"fuse", 0, options.encode()):
        os.close(fd)
        pytest.skip(f"a file system cannot be mounted here: {os.strerror(ctypes.get_errno())}")
    try:
        yield place
    finally:
        os.close(fd)  # whoever waits for an answer gets an error
        library.umount2(os.fsencode(place), DETACH)
