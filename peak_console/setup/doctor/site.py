"""Gathers what holds for this jobs file: its jobs as the engine would start them, secrets, zones, state directory.

Nothing here raises, and nothing changes; a jobs file that cannot be used only leaves less to be told.
"""

from __future__ import annotations

import os
import tempfile
from contextlib import closing
from typing import TYPE_CHECKING, Any

from peak_console.errors import JobsFileError, PeakConsoleError, StartError, StateError
from peak_console.jobs.command import resolve_command, working_directory
from peak_console.jobs.environment import dotenv_fault, load_dotenv_values, own_environment
from peak_console.jobs.file import source
from peak_console.jobs.file.loader import filter_jobs_by_tags, tell_of_strangers
from peak_console.jobs.file.reader import Reader
from peak_console.jobs.file.review import obstacles_told
from peak_console.jobs.file.trust import OWNER, strangers
from peak_console.jobs.interpreters import interpreters, unexpected_interpreters
from peak_console.jobs.model import Problem
from peak_console.jobs.state_place import state_directory
from peak_console.jobs.watching.answering import probe_jobs_file, probe_state
from peak_console.model.terms import LOCAL
from peak_console.runs.supervisors import may_make_cgroups, process_fault
from peak_console.schedule.zones import zone, zone_name
from peak_console.setup.doctor.facts import Engine, Job, JobsFile, Machine, SecretFile, State, Zones
from peak_console.setup.doctor.machine import clock, programs, terminal, watching
from peak_console.store import directory as state_dir
from peak_console.store import locks
from peak_console.store.store import Store

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from peak_console.jobs.beside import AlertChannel, ExecutorDefinition
    from peak_console.jobs.model import JobDefinition


def examine(
    config: str, chosen_state: str | None, include: Sequence[str], exclude: Sequence[str], environ: Mapping[str, str]
) -> Machine:
    """Everything that the doctor knows of this machine and of the jobs file at ``config``."""
    probe_jobs_file(config)
    document, reader, problems = _read(config, environ)
    jobs = list(reader.jobs.values()) if reader is not None else []
    configured = reader.settings.state_dir if reader is not None else None
    selected = filter_jobs_by_tags(jobs, include, exclude)
    channels, channels_fault = _channels(document, environ)
    if reader is not None and reader.settings.python is None:
        found = interpreters([job for job in selected if job.executor == LOCAL], None, environ)
        problems = [
            *problems,
            *(Problem(config, 0, 0, message, is_error=False) for message in unexpected_interpreters(found, config)),
        ]
    return Machine(
        programs=programs(),
        terminal=terminal(environ),
        clock=clock(),
        zones=_zones(document),
        watching=watching(),
        process_fault=process_fault(),
        has_cgroups=may_make_cgroups(),
        clusters=_clusters(reader.executors) if reader is not None else {},
        jobs_file=JobsFile(
            path=config,
            problems=problems,
            jobs=[_job(job, reader.settings.python, environ) for job in selected] if reader is not None else [],
            channels=channels,
            channels_fault=channels_fault,
            dotenv_fault=dotenv_fault(os.curdir),
            directory=os.getcwd(),
            search_path=environ.get("PATH", ""),
        ),
        files=_files(config, jobs, document),
        state=_answering_state(state_directory(config, chosen_state, configured)),
    )


def _read(config: str, environ: Mapping[str, str]) -> tuple[dict[str, Any], Reader | None, Sequence[Problem]]:
    """The document as far as it can be read, who read it, and everything wrong with it."""
    try:
        text, document = source.parse(config, source.read(config))
    except JobsFileError as error:
        return {}, None, error.problems
    reader = Reader(config, document, environ)
    tell_of_strangers(reader, groups=True)
    reader.job_set()
    return document, reader, reader.findings.placed(config, text)


def _job(job: JobDefinition, python: str | None, environ: Mapping[str, str]) -> Job:
    if job.executor != LOCAL:  # what it names is on the cluster
        return Job(name=job.name, enabled=job.enabled, program=None, faults=[])
    faults = [message for _, message in obstacles_told(job, python, environ)]
    try:
        program = resolve_command(job, python, own_environment(job, environ), working_directory(job))[0]
    except StartError:  # it is among the faults
        program = None
    return Job(name=job.name, enabled=job.enabled, program=program, faults=faults)


def _clusters(definitions: Sequence[ExecutorDefinition]) -> dict[str, str]:
    """For each cluster why it does not answer; empty when it does."""
    if not definitions:
        return {}
    from peak_console.runs.slurm.proof import load_of

    return {definition.name: load_of(definition).fault for definition in definitions}


def _channels(document: Mapping[str, Any], environ: Mapping[str, str]) -> tuple[dict[str, str], str]:
    from peak_console.alerts.routing import channels_from_environment, merge_channels

    of_file: Sequence[AlertChannel] = ()
    if "alerts" in document:
        from peak_console.jobs.file.findings import Findings
        from peak_console.jobs.file.sections.channels import read_channels

        of_file = read_channels(document["alerts"], Findings(), environ, os.curdir)
    fault = ""
    try:
        everywhere = {**load_dotenv_values(os.curdir), **environ}
        of_file = merge_channels(of_file, channels_from_environment(everywhere))
    except PeakConsoleError as error:
        fault = str(error)
    if not of_file:
        return {}, fault
    from peak_console.alerts.sender import check_url

    return {channel.name: check_url(channel.url) or "" for channel in of_file}, fault


def _zones(document: Mapping[str, Any]) -> Zones:
    tables = [document.get("scheduler"), *_tables(document.get("job"))]
    names = {table.get("timezone") for table in tables if isinstance(table, dict)}
    fault = ""
    try:
        zone(None)
    except ValueError as error:
        fault = str(error)
    return Zones(
        machine=zone_name(None) if not fault else "",
        machine_fault=fault,
        named=sorted(name for name in names if isinstance(name, str) and _is_zone(name)),
    )


def _is_zone(name: str) -> bool:
    try:
        zone(name)
    except ValueError:
        return False
    return True


def _tables(value: Any) -> Sequence[Any]:
    return value if isinstance(value, list) else ()


def _files(config: str, jobs: Sequence[JobDefinition], document: Mapping[str, Any]) -> list[SecretFile]:
    """The files that hold secrets or name the programs of jobs, as far as they exist; the jobs file first."""
    alerts = document.get("alerts")
    has_urls = isinstance(alerts, dict) and (
        bool(alerts.get("urls")) or any("url" in each for each in _tables(alerts.get("channel")))
    )
    wanted = {os.path.abspath(config): ("the jobs file", has_urls), os.path.abspath(".env"): (".env", True)}
    for job in jobs:
        if job.env_file is not None:
            wanted[os.path.abspath(os.path.expanduser(job.env_file))] = ("an env_file", True)
    found = []
    for path, (what, has_secrets) in wanted.items():
        try:
            status = os.stat(path)
        except (OSError, ValueError):
            continue
        if os.path.isfile(path):
            owner = next((each.who for each in strangers(path) if each.kind == OWNER and each.place == path), "")
            found.append(
                SecretFile(
                    path=path, what=what, mode=status.st_mode & 0o777, has_secrets=has_secrets, owner=owner,
                    fault=dotenv_fault(os.curdir) if what == ".env" else "",
                )
            )  # fmt: skip
    return found


def _answering_state(directory: str) -> State:
    probe_state(directory)
    return state(directory)


def state(directory: str) -> State:
    """The state directory, or the place where it will be made."""
    there = directory
    while not os.path.lexists(there) and there != os.path.dirname(there):
        there = os.path.dirname(there)
    exists = there == directory
    refusal = _refusal(directory, there)
    free_bytes, free_files = _room(there)
    is_served = exists and locks.is_served(directory)
    engine, damage = _engine(directory) if exists and not refusal else (None, "")
    return State(
        directory=directory,
        exists=exists,
        refusal=refusal,
        damage=damage,
        undelivered=_undelivered(directory) if exists and not refusal and not damage else (),
        free_bytes=free_bytes,
        free_files=free_files,
        filesystem=filesystem_of(there),
        lock_fault="" if refusal else _lock_fault(there),
        is_served=is_served,
        complaint=_complaint(directory) if is_served else "",
        readable_by=_readable_by(directory) if exists else "",
        engine=engine if is_served else None,
    )


def _undelivered(directory: str) -> list[str]:
    """The channels and other outlets that take nothing, a sentence each."""
    from peak_console.alerts.outlets import silences

    try:
        store = Store.look(directory)
        if store is None:
            return []
        with closing(store):
            found = silences(store.incidents())
    except StateError:
        return []
    return [f"{each.what} since {each.since:%Y-%m-%d %H:%M:%S} UTC: {each.answer}" for each in found]


def _complaint(directory: str) -> str:
    from peak_console.clock import SystemClock
    from peak_console.store.heartbeat import signs_of_life

    now = SystemClock().now()
    for lock in locks.locks_held(directory):
        signs = signs_of_life(directory, lock)
        if signs is not None and (complaint := signs.complaint(now)):
            return complaint
    return ""


def _readable_by(directory: str) -> str:
    try:
        both = os.stat(directory).st_mode & os.stat(os.path.join(directory, state_dir.DATABASE)).st_mode
        entered = os.stat(directory).st_mode
    except OSError:
        return ""
    if both & 0o004 and entered & 0o001:
        return "everybody"
    return "group" if both & 0o040 and entered & 0o010 else ""


def _refusal(directory: str, there: str) -> str:
    """Why the store would not take the directory, or could not make it in ``there``."""
    other = "name another one with --state-dir"
    try:
        status = os.stat(there)
        if not os.path.isdir(there):
            return f"{there}: is not a directory; {other}"
        if there == directory:
            state_dir.check_trust(directory, status)
    except OSError as error:
        return f"{there}: cannot be looked at ({error.strerror}); {other}"
    except StateError as error:
        return str(error)
    if not os.access(there, os.W_OK | os.X_OK):
        what, mend = state_dir.not_writable(there)
        return f"{there}: {what}; {mend}, or {other}"
    return ""


def _room(path: str) -> tuple[int, int | None]:
    """Free bytes, and how many files there may still be."""
    try:
        status = os.statvfs(path)
    except OSError:
        return 0, None
    return status.f_bavail * status.f_frsize, status.f_favail if status.f_files else None


def filesystem_of(path: str, mounts: str = "/proc/self/mounts") -> str:
    """The type of the file system that holds ``path``; empty where nothing tells."""
    real, best, kind = os.path.realpath(path), "", ""
    try:
        with open(mounts, encoding="utf-8", errors="surrogateescape") as file:
            for line in file:
                place, found = [*line.split(), "", "", ""][1:3]
                place = place.replace("\\040", " ")
                if f"{real}/".startswith(f"{place.rstrip('/')}/") and len(place) >= len(best):
                    best, kind = place, found
    except OSError:
        return ""
    return kind


def _lock_fault(directory: str) -> str:
    """Why files cannot be locked there; tried on one that has no name and is gone at once."""
    try:
        with tempfile.TemporaryFile(dir=directory) as file:
            locks.take(file.fileno())
    except OSError as error:
        return error.strerror or str(error)
    return ""


def _engine(directory: str) -> tuple[Engine | None, str]:
    """The engine that the registry names, and why the registry cannot be read."""
    import socket

    try:
        store = Store.look(directory)
    except StateError as error:
        return None, str(error)
    if store is None:
        return None, ""
    try:
        info = store.engine_info()
    except StateError as error:
        return None, str(error)
    finally:
        store.close()
    if info.pid is None:
        return None, ""
    is_here = info.host == socket.gethostname()
    return Engine(
        pid=info.pid,
        host=info.host or "",
        mode=info.mode or "starting",
        version=info.version or "",
        is_here=is_here,
        directory=_link(f"/proc/{info.pid}/cwd") if is_here else None,
        search_path=_search_path(info.pid) if is_here else None,
    ), ""


def _link(path: str) -> str | None:
    try:
        return os.readlink(path)
    except OSError:
        return None


def _search_path(pid: int) -> str | None:
    try:
        with open(f"/proc/{pid}/environ", "rb") as file:
            words = file.read().split(b"\0")
    except OSError:
        return None
    found = [word for word in words if word.startswith(b"PATH=")]
    return os.fsdecode(found[0][5:]) if found else None
