"""What is known of a machine, as values: what was found, and nothing of what it means."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from peak_console.jobs.model import Problem


@dataclass(frozen=True, slots=True, kw_only=True)
class Library:
    """A distribution that Peak Console depends on."""

    name: str
    wanted: str
    """The versions that fit, as declared: ``>=1.1,<1.2``; empty is any."""
    found: str | None
    """The installed version."""
    extra: str = ""
    """The extra that asks for it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Programs:
    version: str
    python: tuple[int, ...]
    interpreter: str
    sqlite: tuple[int, ...]
    libraries: Sequence[Library] | None
    """``None`` where the program is not installed but run from a checkout."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Terminal:
    is_terminal: bool
    """Whether input and output are one."""
    term: str = ""
    colorterm: str = ""
    no_color: bool = False
    locale: str = ""
    """What decides the encoding of text, such as ``C.UTF-8``; empty when nothing says."""
    columns: int = 0
    lines: int = 0
    inside: str = ""
    """``tmux`` or ``screen``."""
    settings: Mapping[str, str] | None = None
    """Of tmux or screen, as far as they tell; ``None`` when it does not answer."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Clock:
    is_synchronised: bool | None
    """By the kernel's own account; ``None`` when it gives none."""
    in_container: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Zones:
    machine: str
    """What the machine's own zone is called."""
    machine_fault: str = ""
    named: Sequence[str]
    """The zones that the jobs file names, and that there are."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Watching:
    """The kernel's means to tell of saved files; ``None`` where it has other ones than inotify."""

    watches: int | None
    instances: int | None
    fault: str = ""
    """Why the kernel gives no more of them now; empty when it does."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Engine:
    """The one that serves the state directory."""

    pid: int
    host: str
    mode: str
    version: str
    is_here: bool
    """Whether it runs on this machine."""
    directory: str | None = None
    """Its working directory, where that can be seen."""
    search_path: str | None = None
    """The PATH it was started with, where that can be seen."""


@dataclass(frozen=True, slots=True, kw_only=True)
class State:
    directory: str
    exists: bool
    refusal: str = ""
    """Why the store would not use it, or could not make it; the store's own words."""
    damage: str = ""
    """Why its registry cannot be read."""
    free_bytes: int = 0
    free_files: int | None = None
    """``None`` where the file system has no such limit."""
    filesystem: str = ""
    """Its type, where that can be seen."""
    lock_fault: str = ""
    is_served: bool = False
    complaint: str = ""
    """What is wrong with the engine that serves it."""
    undelivered: Sequence[str] = ()
    """Which channels take no alerts, a sentence each."""
    readable_by: str = ""
    """Who else can read the registry: ``group``, ``everybody``, or empty for no other user."""
    engine: Engine | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SecretFile:
    """A file that holds secrets, or names the programs of jobs."""

    path: str
    what: str
    mode: int
    has_secrets: bool
    owner: str = ""
    """The other user to whom it belongs; empty where it is ours, or root's."""
    fault: str = ""
    """Why what it says does not count."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    name: str
    enabled: bool
    program: str | None
    """The absolute path that its command stands for."""
    faults: Sequence[str]
    """What it will miss, a sentence each."""


@dataclass(frozen=True, slots=True, kw_only=True)
class JobsFile:
    path: str
    problems: Sequence[Problem]
    jobs: Sequence[Job]
    """Those that are valid, and that the tags select."""
    channels: Mapping[str, str]
    """Each place that alerts are delivered to, with what is wrong with it; never its URL."""
    channels_fault: str = ""
    dotenv_fault: str = ""
    """Why ``.env`` in ``directory`` does not count, or some line of it; empty when it does."""
    directory: str
    """Where relative paths start."""
    search_path: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Machine:
    programs: Programs
    terminal: Terminal
    clock: Clock
    zones: Zones
    watching: Watching
    jobs_file: JobsFile
    files: Sequence[SecretFile]
    state: State
    process_fault: str | None = None
    """Why processes cannot be told from one another."""
    has_cgroups: bool = False
    """Whether an engine started as the doctor was may make a cgroup for each run."""
    clusters: Mapping[str, str] = field(default_factory=dict)
    """Each cluster of the jobs file, with why it does not answer; empty when it does."""
