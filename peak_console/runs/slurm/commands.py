"""Slurm's own commands: submitted with, looked with, cancelled with. Each has a limit of time, and none is trusted."""

from __future__ import annotations

import os
import subprocess
from math import ceil

from peak_console.values import dataclass

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from peak_console.jobs.beside import ExecutorDefinition

KEPT = ("PATH", "SLURM_CONF")
"""All that Slurm's commands get of our environment: SBATCH_* variables of the user would change the job."""
LOOK = ("squeue", "-h", "--me", "-t", "all", "-o", "%i|%j|%T|%r|%N")
FINAL = (
    "Requested node configuration is not available",
    "Invalid partition name",
    "invalid partition specified",
    "Invalid feature",
    "Invalid generic resource",
    "Invalid account",
    "Invalid qos",
    "Invalid --",
    "unrecognized option",
    "Memory specification can not be satisfied",
    "CPU count per node can not be satisfied",
    "Access/permission denied",
    "Requested time limit is invalid",
)
"""What Slurm says of a job that it will never take. Anything else may mean that it has taken it all the same."""
SPARE_MINUTES = 1


@dataclass(frozen=True, slots=True)
class Entry:
    """One job as Slurm knows it."""

    job_id: str
    name: str
    state: str
    reason: str
    node: str | None


class UnknownError(Exception):
    """A command has not told whether it has done anything; the words say what happened."""


class RefusedError(Exception):
    """Slurm will never take this job; the words are its own."""


class Slurm:
    """The commands of one cluster. They block: for a thread of their own."""

    def __init__(self, definition: ExecutorDefinition, environ: Mapping[str, str] = os.environ) -> None:
        self._definition = definition
        self._environ = {name: environ[name] for name in KEPT if name in environ}

    def submit(self, name: str, spec: Mapping[str, Sequence[str]], wrapper: str, directory: str) -> str:
        """Hand a run over; its job id. Raises ``UnknownError`` and ``RefusedError``.

        The id goes straight from ``sbatch`` into a file, so that it is not lost with us.
        """
        path = os.path.join(directory, f"submitted.{os.getpid()}")
        fd = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        try:
            _, errors = self._run(self._submission(name, spec, wrapper, directory), stdout=fd)
        finally:
            os.close(fd)
        with open(path, encoding="ascii", errors="replace") as file:
            job_id = file.read().strip().partition(";")[0]
        if not job_id.isdigit():
            raise UnknownError(errors or "sbatch has said nothing")
        return job_id

    def _submission(self, name: str, spec: Mapping[str, Sequence[str]], wrapper: str, directory: str) -> list[str]:
        how = self._definition
        timeout, gpus = float(spec["timeout_seconds"][0]), spec["gpus"][0]
        longest = timeout + float(spec["kill_grace_seconds"][0])
        minutes = ceil(longest / 60) + SPARE_MINUTES
        flags = {
            "partition": how.partition, "account": how.account, "qos": how.qos, "constraint": how.constraint,
            "reservation": how.reservation, "gres": f"gpu:{gpus}" if gpus != "0" else None,
            "time": str(minutes) if timeout else None,
        }  # fmt: skip
        return [
            "sbatch", "--parsable", *how.options, "--no-requeue", "--export=ALL", f"--job-name={name}",
            f"--comment={spec['job'][0]}", "--ntasks=1", f"--cpus-per-task={spec['cpus'][0]}",
            f"--mem={spec['memory_mb'][0]}M", *(f"--{flag}={value}" for flag, value in flags.items() if value),
            f"--chdir={directory}", f"--output={directory}/engine.log", "--open-mode=append", wrapper, directory,
        ]  # fmt: skip

    def look(self) -> list[Entry]:
        """Every job of ours that Slurm remembers. Raises ``UnknownError``."""
        text, _ = self._run(LOOK)
        found = []
        for line in text.splitlines():
            job_id, name, state, reason, node = line.split("|", 4)
            found.append(Entry(job_id, name, state, reason, node or None))
        return found

    def ask_for(self, *argv: str) -> str:
        """What a command says. Raises ``UnknownError`` and ``RefusedError``."""
        return self._run(argv)[0]

    def ask(self, job_id: str, signal: str) -> None:
        """Send a signal to the wrapper of a running job, and to nobody else. Raises ``UnknownError``."""
        self._run(("scancel", "--batch", "-s", signal, job_id))

    def cancel(self, name: str) -> None:
        """Cancel every job of a name, running or not. Raises ``UnknownError``."""
        self._run(("scancel", "--name", name))

    def _run(self, argv: Sequence[str], stdout: int = subprocess.PIPE) -> tuple[str, str]:
        limit = self._definition.command_timeout_seconds
        try:
            done = subprocess.run(
                argv, env=self._environ, stdin=subprocess.DEVNULL, stdout=stdout, stderr=subprocess.PIPE,
                timeout=limit, check=False,
            )  # fmt: skip
        except subprocess.TimeoutExpired:
            raise UnknownError(f"{argv[0]} has not answered within {limit:g} s") from None
        except OSError as error:
            raise UnknownError(f"{argv[0]} cannot be started ({error.strerror})") from None
        words = "; ".join(line.strip() for line in (done.stderr or b"").decode("utf-8", "replace").splitlines())
        if done.returncode and any(final in words for final in FINAL):
            raise RefusedError(words)
        if done.returncode:
            raise UnknownError(f"{argv[0]} ended with {done.returncode}: {words}")
        return (done.stdout or b"").decode("utf-8", "replace"), words
