"""From facts about the jobs file, its jobs, its secrets and its state directory to findings. Pure."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from peak_console.alerts.sender import URL_FORMS
from peak_console.jobs.command import shown as as_shell
from peak_console.setup.doctor.findings import Finding, Grade, from_sentence
from peak_console.text import counted, safe, size

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from typing import Final

    from peak_console.jobs.model import Problem
    from peak_console.setup.doctor.facts import Engine, Job, JobsFile, SecretFile, State

MOST_SHOWN: Final = 10
"""Of one kind of finding; the others are counted."""
LITTLE_ROOM: Final = 1024**3
NO_ROOM: Final = 32 * 1024**2
FEW_FILES: Final = 10_000
NETWORKED: Final = frozenset((
    "nfs", "nfs4", "cifs", "smb3", "smbfs", "9p", "ceph", "glusterfs", "lustre", "afs", "fuse.sshfs", "fuse.s3fs",
    "fuse.glusterfs", "fuse.rclone", "gfs2", "ocfs2",
))  # fmt: skip
FLEETING: Final = frozenset(("tmpfs", "ramfs"))
_JOBS: Final = "jobs"
_SECRETS: Final = "secrets"
_STATE: Final = "state"


def judge_jobs(file: JobsFile) -> Iterator[Finding]:
    yield from _problems(file)
    yield from _limited([_fault(job, fault) for job in file.jobs for fault in job.faults], "jobs", file.path)
    programs = Counter(job.program for job in file.jobs if job.program is not None and not job.faults)
    if programs:
        told = [f"{program} ({counted(number, 'job')})" for program, number in programs.most_common(MOST_SHOWN)]
        if len(programs) > MOST_SHOWN:
            told.append(f"{len(programs) - MOST_SHOWN} more")
        yield Finding(_JOBS, Grade.OK, f"found what they run: {', '.join(told)}")
    if file.channels_fault:
        yield from_sentence(_JOBS, Grade.WARNING, file.channels_fault)
    if file.dotenv_fault:
        yield from_sentence(_JOBS, Grade.WARNING, file.dotenv_fault)
    for name, fault in file.channels.items():
        if fault:
            yield Finding(
                _JOBS, Grade.WARNING, f'alerts channel "{name}": {fault}: it gets no alerts',
                f"mend its URL; {URL_FORMS}",
            )  # fmt: skip
    good = [f'"{name}"' for name, fault in file.channels.items() if not fault]
    if good:
        yield Finding(_JOBS, Grade.OK, f"alerts go to {', '.join(good)}; peak-console doctor sends none")
    elif not file.channels and file.jobs:
        yield Finding(_JOBS, Grade.NOTE, "alerts are logged and go nowhere else", "name a place: [[alerts.channel]]")


def _problems(file: JobsFile) -> Iterator[Finding]:
    errors = [problem for problem in file.problems if problem.is_error]
    others = [problem for problem in file.problems if not problem.is_error]
    yield from _limited([_of_file(problem, Grade.PROBLEM) for problem in errors], "errors", file.path)
    yield from _limited([_of_file(problem, Grade.WARNING) for problem in others], "warnings", file.path)
    if not errors and not file.jobs:
        yield Finding(_JOBS, Grade.NOTE, f"{file.path}: no jobs to look at", "add a [[job]], or ask with other tags")
    elif not errors:
        disabled = sum(not job.enabled for job in file.jobs)
        told = counted(len(file.jobs), "job") + (f", {disabled} of them disabled" if disabled else "")
        yield Finding(_JOBS, Grade.OK, f"{file.path}: {told}")


def _of_file(problem: Problem, grade: str) -> Finding:
    mend = "mend the file there; peak-console validate shows all" if problem.line else ""
    return from_sentence(_JOBS, grade, str(problem), mend)


def _fault(job: Job, fault: str) -> Finding:
    grade = Grade.PROBLEM if job.enabled else Grade.NOTE
    kept = "" if job.enabled else " (it is disabled)"
    return from_sentence(_JOBS, grade, f'job "{safe(job.name)}"{kept}: {fault}', "mend it in the jobs file")


def _limited(findings: Sequence[Finding], what: str, path: str) -> Iterator[Finding]:
    yield from findings[:MOST_SHOWN]
    if len(findings) > MOST_SHOWN:
        worst = max(list(Grade).index(Grade(each.grade)) for each in findings[MOST_SHOWN:])
        more = as_shell(["peak-console", "--config", path, "validate"])
        yield Finding(_JOBS, list(Grade)[worst], f"and {len(findings) - MOST_SHOWN:,} more {what}", f"see {more}")


def judge_files(files: Sequence[SecretFile]) -> Iterator[Finding]:
    """Find secrets that others can read, and files that name the programs of jobs and that others can write."""
    good = []
    for file in files:
        where, rights = f"{file.path} ({file.what}, mode {file.mode:04o})", as_shell([file.path])
        if file.fault:
            yield from_sentence(_SECRETS, Grade.WARNING, f"{where}: {file.fault}")
        elif file.owner:
            yield Finding(
                _SECRETS, Grade.WARNING,
                f"{where}: belongs to user {file.owner}, who can change it, and with it what runs as you",
                f"unless that is meant, make it your own: chown $(id -un) {rights}",
            )  # fmt: skip
        elif file.mode & 0o022:
            who = "anybody" if file.mode & 0o002 else "its group"
            grade = Grade.WARNING if file.mode & 0o002 else Grade.NOTE
            keep = "600" if file.has_secrets else "go-w"
            yield Finding(_SECRETS, grade, f"{where}: {who} can change it, and with it what runs as you",
                          f"chmod {keep} {rights}")  # fmt: skip
        elif file.has_secrets and file.mode & 0o044:
            who = "anybody" if file.mode & 0o004 else "its group"
            grade = Grade.WARNING if file.mode & 0o004 else Grade.NOTE
            yield Finding(_SECRETS, grade, f"{where}: {who} can read its secrets", f"chmod 600 {rights}")
        elif file.has_secrets:
            good.append(where)
    if good:
        yield Finding(_SECRETS, Grade.OK, f"only you can read {', '.join(good)}")
    elif not any(file.has_secrets for file in files):
        yield Finding(
            _SECRETS, Grade.OK, "there is no file with secrets: no .env, no env_file, no URLs in the jobs file"
        )


def judge_state(state: State, file: JobsFile) -> Iterator[Finding]:
    place = state.directory
    if state.refusal:
        yield from_sentence(_STATE, Grade.PROBLEM, state.refusal)
    elif state.exists:
        yield Finding(_STATE, Grade.OK, f"{place}: yours alone to write to")
    else:
        yield Finding(_STATE, Grade.OK, f"{place}: not there yet; the first engine makes it")
    if state.damage:
        yield from_sentence(_STATE, Grade.PROBLEM, state.damage)
    yield from _room(state)
    if state.lock_fault:
        yield Finding(
            _STATE, Grade.PROBLEM, f"{place}: files cannot be locked there ({state.lock_fault})",
            "put the state directory on a local file system with --state-dir",
        )  # fmt: skip
    elif state.filesystem in NETWORKED:
        yield Finding(
            _STATE, Grade.WARNING,
            f"{place}: lies on a network's file system ({state.filesystem}), where a registry may come to harm",
            "put the state directory on a local file system with --state-dir",
        )  # fmt: skip
    elif state.filesystem in FLEETING:
        yield Finding(
            _STATE, Grade.WARNING,
            f"{place}: lies in memory ({state.filesystem}): after a restart of the machine once jobs would run again",
            "put the state directory on a disk with --state-dir",
        )  # fmt: skip
    yield from _served(state, file)


def _room(state: State) -> Iterator[Finding]:
    if state.refusal:
        return
    room = f"{size(state.free_bytes)} free"
    if state.free_bytes < NO_ROOM:
        yield Finding(_STATE, Grade.PROBLEM, f"{state.directory}: only {room}: no run can be recorded soon",
                      "make room on that disk, or lower max_state_bytes, keep_runs or keep_days")  # fmt: skip
    elif state.free_bytes < LITTLE_ROOM:
        yield Finding(_STATE, Grade.WARNING, f"{state.directory}: only {room}",
                      "make room on that disk, or lower max_state_bytes, keep_runs or keep_days")  # fmt: skip
    else:
        where = f" ({state.filesystem})" if state.filesystem else ""
        yield Finding(_STATE, Grade.OK, f"{room} there{where}")
    if state.free_files is not None and state.free_files < FEW_FILES:
        yield Finding(
            _STATE, Grade.WARNING,
            f"{state.directory}: that file system has room for only {counted(state.free_files, 'more file')}",
            "remove small files there, or lower keep_runs: each run keeps five",
        )  # fmt: skip


def _served(state: State, file: JobsFile) -> Iterator[Finding]:
    engine = state.engine
    if state.readable_by == "everybody":
        yield Finding(
            _STATE, Grade.WARNING, "everybody on this machine can read the registry and what jobs print",
            f"chmod -R o-rwx {state.directory}",
        )  # fmt: skip
    elif state.readable_by:
        yield Finding(_STATE, Grade.OK, "its group may look on")
    if state.complaint:
        yield Finding(_STATE, Grade.PROBLEM, state.complaint, "look at its log, and start it again if it hangs")
    for sentence in state.undelivered:
        yield Finding(_STATE, Grade.PROBLEM, sentence, _remedy(sentence))
    if not state.is_served:
        yield Finding(
            _STATE, Grade.NOTE, "no engine serves it: nothing is dispatched",
            "peak-console --headless, or peak-console install for a service that stays",
        )  # fmt: skip
    elif engine is None:
        yield Finding(_STATE, Grade.OK, "an engine serves it")
    else:
        yield Finding(_STATE, Grade.OK, f"served by pid {engine.pid} on {engine.host} ({engine.mode}, "
                                        f"{engine.version})")  # fmt: skip
        if engine.is_here:
            yield from _engine_elsewhere(engine, file)


def _remedy(sentence: str) -> str:
    """What helps where something does not get out."""
    if sentence.startswith("alerts do not get out"):
        return f"mend its URL, or the service; {URL_FORMS}"
    return "mend the file, or its directory" if "cannot be written" in sentence else "mend its URL, or the service"


def _engine_elsewhere(engine: Engine, file: JobsFile) -> Iterator[Finding]:
    """Where the engine finds other things than we do here."""
    if engine.directory is not None and engine.directory != file.directory:
        yield Finding(
            _STATE, Grade.WARNING,
            f"the engine works in {engine.directory}: relative paths of jobs and .env start there, not here",
            f"ask again from there: {as_shell(['cd', engine.directory])} && peak-console doctor",
        )  # fmt: skip
    if engine.search_path is not None and engine.search_path != file.search_path:
        yield Finding(
            _STATE, Grade.NOTE, f"the engine has another PATH than this shell: {engine.search_path}",
            "ask with that one to see what its jobs find: PATH=… peak-console doctor",
        )  # fmt: skip
