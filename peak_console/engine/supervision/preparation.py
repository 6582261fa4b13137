"""Runs whose start is being prepared: what their jobs name may lie on a file system that does not answer."""

from __future__ import annotations

import os
import select
from contextlib import suppress

from peak_console.errors import StartError
from peak_console.values import dataclass

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from peak_console.clock import Clock
    from peak_console.engine.supervision.aside import Aside, Call
    from peak_console.engine.supervision.launch import Launcher
    from peak_console.jobs.model import JobDefinition
    from peak_console.model.records import Run
    from peak_console.runs.interface import RunSpec

PATIENCE_SECONDS = 0.1
"""How long all others wait for the starts of one moment together, and at least for each."""
LEAST_PATIENCE_SECONDS = 0.002
LIMIT_SECONDS = 20.0
"""How long a file system may take to answer, once it is asked for what a job names."""
LOOK_SECONDS = 0.05
LOCAL = frozenset(
    (  # noqa: SIM905 - as a list it would be a line for each
        "binfmt_misc bpf btrfs cgroup cgroup2 configfs debugfs devpts devtmpfs efivarfs erofs exfat ext2 ext3 ext4 f2fs"
        " fusectl hugetlbfs iso9660 jfs mqueue nsfs ntfs3 overlay proc pstore ramfs rootfs rpc_pipefs securityfs"
        " selinuxfs squashfs sysfs tmpfs tracefs udf vfat xfs zfs"
    ).split()
)
"""File systems that answer as long as the machine does."""
MOUNTS = "/proc/self/mountinfo"


class NotYetError(Exception):
    """The specification of a run is not made yet."""


@dataclass(slots=True)
class Prepared:
    """A claimed run that waits for its specification."""

    run: Run
    job: JobDefinition
    call: Call
    since: float
    stop_reason: str | None = None


class Mounts:
    """Whether anything is mounted that may stop answering while the machine runs on: a network, a program."""

    def __init__(self, path: str = MOUNTS) -> None:
        self._path = path
        self._fd: int | None = None
        self._changes = select.poll()
        self._may_hang = True

    def may_hang(self) -> bool:
        """Asks the system again only after something was mounted or unmounted."""
        if self._fd is None or self._changes.poll(0):
            self._read()
        return self._may_hang

    def _read(self) -> None:
        try:
            if self._fd is None:
                self._fd = os.open(self._path, os.O_RDONLY)
                self._changes.register(self._fd, select.POLLPRI)
            os.lseek(self._fd, 0, os.SEEK_SET)
            text = b""
            while part := os.read(self._fd, 65536):
                text += part
        except OSError:  # not Linux, or no descriptor is left
            self._may_hang = True
            return
        self._may_hang = not all(map(_is_harmless, text.decode("utf-8", "replace").splitlines()))

    def close(self) -> None:
        if self._fd is not None:
            self._changes.unregister(self._fd)
            os.close(self._fd)
            self._fd = None


def _is_harmless(mount: str) -> bool:
    """By a line of ``mountinfo``: its fifth word is the place, and after a dash comes the kind."""
    place = mount.split(" ", 5)[4]
    return mount.rpartition(" - ")[2].split(" ", 1)[0] in LOCAL or place.startswith(("/proc/", "/sys/", "/dev/"))


class Preparation:
    """Makes specifications: at once, or aside where what is mounted may not answer."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._aside: Aside | None = None
        self._mounts = Mounts()
        self._waiting: dict[int, Prepared] = {}
        self._patience = PATIENCE_SECONDS
        self._made: dict[int, RunSpec] = {}
        """Specifications that were made ahead, by run."""

    def __len__(self) -> int:
        return len(self._waiting)

    def __iter__(self) -> Iterator[Prepared]:
        return iter(self._waiting.values())

    def __contains__(self, run_id: int) -> bool:
        return run_id in self._waiting

    def begin_batch(self) -> None:
        """Note that several runs are to be started now: they share the time that is waited."""
        self._patience = PATIENCE_SECONDS

    def spec(self, launcher: Launcher, job: JobDefinition, run: Run) -> RunSpec:
        """What is needed to start a run.

        Raises:
            NotYetError: it takes longer; the run is one of ``ripe`` once that is over.
            StartError: it cannot be started. Whatever else ``Launcher.spec`` raises comes too.
        """
        if (made := self._made.pop(run.id, None)) is not None:
            return made
        waiting = self._waiting.pop(run.id, None)
        if waiting is None and not (launcher.looks_around and self._mounts.may_hang()):
            return launcher.spec(job, run)
        if waiting is None:
            waiting = Prepared(run, job, self._ask(launcher, job, run), self._clock.monotonic())
        if not self._is_soon_over(waiting.call):
            if self._is_overdue(waiting):
                raise StartError(
                    f"its working directory, command or env_file does not answer within {LIMIT_SECONDS:g} s; see"
                    " whether the file systems that they are on are alive"
                )
            self._waiting[run.id] = waiting
            raise NotYetError
        if waiting.call.error is not None:
            raise waiting.call.error
        spec: RunSpec = waiting.call.result  # type: ignore[assignment]
        return spec

    def make_ahead(self, launcher: Launcher, job: JobDefinition, run: Run) -> None:
        """Make the specification of a run that starts in a moment, where that takes no time.

        What goes wrong is told when the run starts.
        """
        if not (launcher.looks_around and self._mounts.may_hang()):
            with suppress(Exception):
                self._made[run.id] = launcher.spec(job, run)

    def drop_ahead(self, launcher: Launcher, run: Run) -> None:
        """Forget what was made for a run that does not start now."""
        if self._made.pop(run.id, None) is not None:
            launcher.resolved(run.id)

    def ripe(self) -> list[tuple[Run, JobDefinition]]:
        """Runs whose specification has been made, or will not be, oldest first."""
        return [
            (each.run, each.job)
            for each in self._waiting.values()
            if each.stop_reason is None and (each.call.is_over() or self._is_overdue(each))
        ]

    def stop(self, run_id: int, reason: str) -> None:
        """Drop a run that is not to be started any more; it is one of ``stopped`` then."""
        self._waiting[run_id].stop_reason = reason

    def stopped(self) -> list[Prepared]:
        """The runs that were dropped; each is returned once."""
        stopped = [each for each in self._waiting.values() if each.stop_reason is not None]
        for each in stopped:
            del self._waiting[each.run.id]
        return stopped

    def clear(self) -> None:
        """Leave all of them to the next engine."""
        self._waiting.clear()
        self._made.clear()
        self._mounts.close()

    def _ask(self, launcher: Launcher, job: JobDefinition, run: Run) -> Call:
        from peak_console.engine.supervision.aside import Aside, CrowdedError

        self._aside = self._aside or Aside()
        try:
            return self._aside.call(lambda: launcher.spec(job, run))
        except CrowdedError:
            raise StartError(
                "too many earlier starts wait for file systems that do not answer; see what is mounted"
            ) from None

    def _is_soon_over(self, call: Call) -> bool:
        """Wait a little for a call. What is waited for one counts for all of the moment."""
        began = self._clock.monotonic()
        is_over = call.is_over(max(LEAST_PATIENCE_SECONDS, self._patience))
        self._patience -= self._clock.monotonic() - began
        return is_over

    def _is_overdue(self, waiting: Prepared) -> bool:
        return self._clock.monotonic() - waiting.since >= LIMIT_SECONDS
