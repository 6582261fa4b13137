"""Whether a cluster can be relied on: asked for its settings, and proved with a run of its own."""

from __future__ import annotations

import os
import tempfile
import time

from peak_console.errors import StartError
from peak_console.jobs.model import Resources
from peak_console.runs.interface import RunSpec, Stop
from peak_console.runs.slurm.commands import RefusedError, Slurm, UnknownError
from peak_console.runs.slurm.executor import SlurmExecutor
from peak_console.values import dataclass

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from peak_console.jobs.beside import ExecutorDefinition
    from peak_console.runs.slurm.run import SlurmRun

LOOK_SECONDS = 0.1
SKEW_SECONDS = 2.0
"""Clocks that are further apart make lateness and durations untrue."""
OK, WARNING, ERROR = "ok", "warning", "error"


@dataclass(frozen=True, slots=True)
class Load:
    """How busy a cluster is. ``fault`` says why that is not known."""

    nodes: int = 0
    nodes_free: int = 0
    waiting: int = 0
    running: int = 0
    fault: str = ""


def load_of(definition: ExecutorDefinition) -> Load:
    """How busy a cluster is with everybody's jobs. Takes as long as its commands may."""
    slurm = Slurm(definition)
    partition = ("-p", definition.partition) if definition.partition else ()
    try:
        nodes = slurm.ask_for("sinfo", "-h", "-N", "-o", "%N %t", *partition).splitlines()
        jobs = slurm.ask_for("squeue", "-h", "-t", "PENDING,RUNNING", "-o", "%T", *partition).split()
    except (UnknownError, RefusedError) as error:
        return Load(fault=str(error))
    states = {name: state for name, _, state in (line.partition(" ") for line in nodes)}
    return Load(
        nodes=len(states),
        nodes_free=sum(state.rstrip("*~#") in ("idle", "mix") for state in states.values()),
        waiting=jobs.count("PENDING"),
        running=jobs.count("RUNNING"),
    )


def prove(definition: ExecutorDefinition, seconds: float) -> Iterator[tuple[str, str]]:
    """Grades and sentences about a cluster, the last ones from a run that may wait there for so long."""
    yield from _judge_settings(definition)
    with tempfile.TemporaryDirectory(prefix="peak-console-proof-") as directory:
        executor = SlurmExecutor(directory, definition)
        try:
            yield from _prove_by_run(definition, executor, seconds)
        finally:
            executor.outputs(1).remove()
            executor.close()
            executor.forget_state()


def _judge_settings(definition: ExecutorDefinition) -> Iterator[tuple[str, str]]:
    try:
        text = Slurm(definition).ask_for("scontrol", "show", "config")
    except (UnknownError, RefusedError) as error:
        yield ERROR, f"Slurm does not answer: {error}"
        return
    settings: Mapping[str, str] = {
        name.strip(): value.strip() for name, _, value in (line.partition("=") for line in text.splitlines())
    }
    yield OK, f"Slurm {settings.get('SLURM_VERSION', '')} answers"
    track = settings.get("ProctrackType", "")
    if track == "proctrack/cgroup":
        yield OK, "proctrack/cgroup: what a killed run leaves behind is ended by Slurm"
    else:
        yield (
            WARNING,
            f"{track or 'no proctrack'}: processes that leave a run may live on; clusters need proctrack/cgroup",
        )
    most = settings.get("MaxJobCount", "")
    if most.isdigit() and int(most) <= definition.max_submitted:
        yield WARNING, f"max_submitted ({definition.max_submitted}) is not below the site's MaxJobCount ({most})"


def _prove_by_run(definition: ExecutorDefinition, executor: SlurmExecutor, seconds: float) -> Iterator[tuple[str, str]]:
    secret = os.urandom(8).hex()
    spec = RunSpec(
        1, ["/bin/sh", "-c", "echo $PROOF"], {"PROOF": secret, "PATH": "/usr/bin:/bin"}, "/", 0,
        executor=definition.name, job="proof", resources=Resources(memory_mb=100), timeout_seconds=60,
    )  # fmt: skip
    (run,) = executor.submit([spec])
    if isinstance(run, StartError):
        yield ERROR, str(run)
        return
    began = time.monotonic()
    while run.poll() is None and time.monotonic() - began < seconds:
        time.sleep(LOOK_SECONDS)
    end = run.poll()
    if end is None:
        waits = f": {run.waits_for}" if run.waits_for else ""
        yield WARNING, f"a run of one processor has not ended within {seconds:g} s{waits}"
        run.stop(Stop.KILL)
        return
    output = executor.outputs(1).reader().tail("out", 1000).strip()
    if end.return_code != 0 or output != secret:
        yield ERROR, f"a run has not come back as it should: {end.reason or f'exit code {end.return_code}'}"
        return
    took = time.monotonic() - began
    yield OK, f"a run on {run.node} has written and read through {definition.shared_dir}, after {took:.1f} s"
    yield from _judge_clocks(run)


def _judge_clocks(run: SlurmRun) -> Iterator[tuple[str, str]]:
    """Compare the node's clock with that of the file system, and that with ours."""
    if run.started_at is None:
        return
    written = os.stat(os.path.join(run.directory, "started")).st_mtime
    probe = os.path.join(run.directory, "clock")
    with open(probe, "w", encoding="ascii"):
        theirs = os.stat(probe).st_mtime - time.time()
    skew = run.started_at.timestamp() - written + theirs
    if abs(skew) > SKEW_SECONDS:
        yield WARNING, f"the clock of {run.node} is {abs(skew):.0f} s {'ahead' if skew > 0 else 'behind'}; see NTP"
    else:
        yield OK, f"the clock of {run.node} agrees with ours"
