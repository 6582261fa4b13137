"""Deleting what a run left."""

from __future__ import annotations

import os


def remove(directory: str) -> bool:
    """Delete a run's files; whether they are gone. Never follows a link.

    A job may write there, and others may be deleting at the same time: what vanishes meanwhile is as good as deleted.
    """
    try:
        fd = os.open(directory, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
    except FileNotFoundError:
        return True
    except OSError:  # a link, or not a directory: not ours to delete
        return False
    try:
        _empty(fd)
    finally:
        os.close(fd)
    try:
        os.rmdir(directory)
    except FileNotFoundError:
        return True
    except OSError:
        return False
    return True


def disk_bytes(directory: str) -> int:
    """What the files of a run take of the disk; holes take nothing. Links are not followed."""
    total = 0
    waiting = [directory]
    while waiting:
        try:
            with os.scandir(waiting.pop()) as entries:
                for entry in entries:
                    total += entry.stat(follow_symlinks=False).st_blocks * 512
                    if entry.is_dir(follow_symlinks=False):
                        waiting.append(entry.path)
        except OSError:  # somebody else removes it at this very moment
            continue
    return total


def _empty(directory: int) -> None:
    for name in os.listdir(directory):
        try:
            os.unlink(name, dir_fd=directory)
        except (IsADirectoryError, PermissionError):  # Linux says the one of a directory, macOS the other
            _remove_inner(name, directory)
        except OSError:
            pass


def _remove_inner(name: str, parent: int) -> None:
    try:
        fd = os.open(name, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW, dir_fd=parent)
        try:
            _empty(fd)
        finally:
            os.close(fd)
        os.rmdir(name, dir_fd=parent)
    except OSError:
        pass
