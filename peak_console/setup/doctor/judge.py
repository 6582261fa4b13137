"""From facts about the machine to findings. Pure: whatever the machine could be asked has been asked before."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from peak_console.setup.doctor.findings import Finding, Grade, from_sentence
from peak_console.setup.doctor.judge_site import judge_files, judge_jobs, judge_state
from peak_console.setup.doctor.judge_terminal import judge_terminal

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from typing import Final

    from peak_console.setup.doctor.facts import Clock, Library, Machine, Programs, Watching, Zones

OLDEST_PYTHON: Final = (3, 11)
OLDEST_SQLITE: Final = (3, 24)
"""The first with ``ON CONFLICT … DO UPDATE``."""
_PROGRAM, _TIME, _WATCH, _PROCESSES = "program", "time", "files watched", "processes"
_CLUSTERS = "clusters"


def judge(machine: Machine) -> list[Finding]:
    """Every finding, area by area in the order that they are shown in."""
    return [
        *judge_programs(machine.programs),
        *judge_terminal(machine.terminal),
        *judge_clock(machine.clock),
        *judge_zones(machine.zones),
        *judge_jobs(machine.jobs_file),
        *judge_files(machine.files),
        *judge_state(machine.state, machine.jobs_file),
        *judge_watching(machine.watching),
        *judge_processes(machine.process_fault),
        *judge_leavers(machine.has_cgroups),
        *judge_clusters(machine.clusters),
    ]


def judge_programs(programs: Programs) -> Iterator[Finding]:
    python, sqlite = ".".join(map(str, programs.python)), ".".join(map(str, programs.sqlite))
    if programs.python < OLDEST_PYTHON:
        yield Finding(_PROGRAM, Grade.PROBLEM, f"Python {python} is too old", "install it with Python 3.11 or later")
    if programs.sqlite < OLDEST_SQLITE:
        needed = ".".join(map(str, OLDEST_SQLITE))
        yield Finding(
            _PROGRAM, Grade.PROBLEM, f"SQLite {sqlite} is too old", f"use a Python with SQLite {needed} or later"
        )
    yield Finding(
        _PROGRAM,
        Grade.OK,
        f"Peak Console {programs.version} on Python {python} ({programs.interpreter}) with SQLite {sqlite}",
    )
    if programs.libraries is None:
        yield Finding(
            _PROGRAM, Grade.NOTE, "not installed, but run from its sources: libraries cannot be compared",
            "pip install -e . in the checkout",
        )  # fmt: skip
        return
    good = []
    for library in programs.libraries:
        if library.found is not None and fits(library.found, library.wanted):
            good.append(f"{library.name} {library.found}")
        else:
            yield _unfit(library)
    if good:
        yield Finding(_PROGRAM, Grade.OK, ", ".join(good))


def _unfit(library: Library) -> Finding:
    install = f"pip install '{library.name}{library.wanted}'"
    if library.extra:
        install = f"pip install 'peak-console[{library.extra}]'"
    if library.found is None and library.extra:
        return Finding(
            _PROGRAM, Grade.NOTE, f"{library.name} is not installed; only the extra [{library.extra}] needs it",
            f"{install}, for peak-console serve",
        )  # fmt: skip
    if library.found is None:
        return Finding(_PROGRAM, Grade.PROBLEM, f"{library.name} is not installed", install)
    return Finding(
        _PROGRAM, Grade.PROBLEM, f"{library.name} is {library.found}, and {library.wanted} is needed", install
    )


def fits(version: str, wanted: str) -> bool:
    """Whether a version is within bounds such as ``>=1.1,<1.2``; what cannot be read as such bounds nothing."""
    have = _numbers(version)
    for bound in filter(None, (each.strip() for each in wanted.split(","))):
        match = re.fullmatch(r"(==|>=|<=|!=|<|>)\s*([0-9.]+)", bound)
        if match is None:
            continue
        limit = _numbers(match[2])
        length = max(len(have), len(limit))
        mine, other = (each + (0,) * (length - len(each)) for each in (have, limit))
        holds = {
            "==": mine == other, "!=": mine != other, ">=": mine >= other, "<=": mine <= other,
            ">": mine > other, "<": mine < other,
        }  # fmt: skip
        if not holds[match[1]]:
            return False
    return True


def _numbers(version: str) -> tuple[int, ...]:
    match = re.match(r"\d+(?:\.\d+)*", version)
    return tuple(map(int, match[0].split("."))) if match else ()


def judge_clock(clock: Clock) -> Iterator[Finding]:
    if clock.is_synchronised:
        yield Finding(_TIME, Grade.OK, "the clock is synchronised")
    elif clock.in_container:
        yield Finding(
            _TIME, Grade.NOTE, "whether the clock is synchronised cannot be seen from inside a container",
            "ask its host: timedatectl",
        )  # fmt: skip
    elif clock.is_synchronised is None:
        yield Finding(
            _TIME, Grade.NOTE, "this system does not tell whether its clock is synchronised",
            "see timedatectl, or Date & Time in macOS's settings",
        )  # fmt: skip
    else:
        yield Finding(
            _TIME, Grade.WARNING, "nothing keeps the clock synchronised: slots fire when this clock says so",
            "timedatectl set-ntp true, or install chrony",
        )  # fmt: skip


def judge_zones(zones: Zones) -> Iterator[Finding]:
    if zones.machine_fault:
        yield from_sentence(_TIME, Grade.PROBLEM, zones.machine_fault, "unset TZ, or set it to a zone that exists")
    else:
        yield Finding(_TIME, Grade.OK, f"this machine's time zone is {zones.machine}")
    if zones.named:  # of one that is not there, the jobs file's own errors tell
        yield Finding(_TIME, Grade.OK, f"time zones of the jobs file: {', '.join(zones.named)}")


def judge_watching(watching: Watching) -> Iterator[Finding]:
    if watching.fault:
        yield Finding(
            _WATCH, Grade.NOTE,
            f"the kernel tells of no more files just now ({watching.fault}): a saved jobs file is noticed by looking",
            "raise fs.inotify.max_user_instances with sysctl",
        )  # fmt: skip
    elif watching.watches is not None and watching.instances is not None:
        yield Finding(
            _WATCH, Grade.OK,
            f"the kernel tells of saved files ({watching.watches:,} watches, "
            f"{watching.instances:,} instances for each user)",
        )  # fmt: skip
    else:
        yield Finding(_WATCH, Grade.OK, "saved files are noticed by the system's own means")


def judge_processes(fault: str | None) -> Iterator[Finding]:
    if fault is None:
        yield Finding(_PROCESSES, Grade.OK, "processes can be told from one another")
    else:
        yield Finding(
            _PROCESSES, Grade.WARNING,
            f"processes cannot be told from one another ({fault}): a new engine cannot watch the runs of the "
            "one before, and what a stopped run leaves alive is not found",
            "mount /proc for the user who runs the engine",
        )  # fmt: skip


def judge_leavers(has_cgroups: bool) -> Iterator[Finding]:
    if has_cgroups:
        yield Finding(
            _PROCESSES, Grade.OK, "what leaves a run's session (setsid) is found when the run is stopped, by its cgroup"
        )
    else:
        yield Finding(
            _PROCESSES, Grade.NOTE,
            "what leaves a run's session (setsid) is not found when the run is stopped: an engine started like this "
            "may make no cgroups",
            "on Linux let systemd start it by a unit with Delegate=yes, as peak-console install systemd writes it",
        )  # fmt: skip


def judge_clusters(clusters: Mapping[str, str]) -> Iterator[Finding]:
    """Whether the clusters of the jobs file answer. What they do with a run is proved by ``executors --prove``."""
    for name, fault in clusters.items():
        if fault:
            remedy = "see whether Slurm's commands are installed here, and its controller runs"
            yield Finding(_CLUSTERS, Grade.PROBLEM, f"{name} does not answer: {fault}", remedy)
        else:
            remedy = f"peak-console executors --prove {name}"
            yield Finding(_CLUSTERS, Grade.OK, f"{name} answers; a run proves that it works: {remedy}")
