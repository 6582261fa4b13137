"""A Slurm of the tests' own: one controller and two nodes on this machine, with nothing outside of one directory.

It needs Debian's packages slurmctld, slurmd, slurm-client and munge, and root. It starts in a second.
"""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

PROGRAMS = ("slurmctld", "slurmd", "sbatch", "squeue", "scancel", "sinfo", "munged")
NODES = ("n1", "n2")
CONF = """\
ClusterName=ci
SlurmctldHost={host}(127.0.0.1)
SlurmctldPort={ports[0]}
SlurmUser=root
StateSaveLocation={base}/state
SlurmctldPidFile={base}/run/slurmctld.pid
SlurmctldLogFile={base}/log/slurmctld.log
SlurmdPidFile={base}/run/slurmd-%n.pid
SlurmdLogFile={base}/log/slurmd-%n.log
SlurmdSpoolDir={base}/spool-%n
AuthInfo=socket={base}/munge/socket
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
JobAcctGatherType=jobacct_gather/none
MpiDefault=none
SelectType=select/cons_tres
SelectTypeParameters=CR_CPU_Memory
DefMemPerCPU=10
GresTypes=gpu
SchedulerParameters=batch_sched_delay=0
SlurmdParameters=config_overrides
ReturnToService=2
SlurmdTimeout=5
MessageTimeout=5
KillWait=5
MinJobAge={min_job_age}
NodeName=n1 NodeHostname={host} NodeAddr=127.0.0.1 Port={ports[1]} CPUs=32 RealMemory=16000 Gres=gpu:2
NodeName=n2 NodeHostname={host} NodeAddr=127.0.0.1 Port={ports[2]} CPUs=32 RealMemory=16000 Gres=gpu:2
PartitionName=main Nodes=ALL Default=YES MaxTime=INFINITE
"""


def why_not() -> str | None:
    """Why no Slurm can be started here; ``None`` when one can."""
    missing = [name for name in PROGRAMS if shutil.which(name, path=f"{os.environ['PATH']}:/usr/sbin:/sbin") is None]
    if missing:
        return f"needs Slurm ({', '.join(missing)}): apt-get install slurmctld slurmd slurm-client munge"
    return None if os.geteuid() == 0 else "Slurm's daemons are started as root here"


class Cluster:
    """A controller and its nodes. ``conf`` is what SLURM_CONF names."""

    def __init__(self, base: str, *, min_job_age: int = 60) -> None:
        self.base = base
        self.conf = f"{base}/slurm.conf"
        for name in ("state", "log", "run", "munge", *(f"spool-{node}" for node in NODES)):
            os.makedirs(f"{base}/{name}", exist_ok=True)
        host = socket.gethostname().split(".")[0]
        with open(self.conf, "w", encoding="ascii") as file:
            file.write(CONF.format(host=host, base=base, ports=_free_ports(3), min_job_age=min_job_age))
        with open(f"{base}/gres.conf", "w", encoding="ascii") as file:
            file.write("NodeName=n[1-2] Name=gpu File=/dev/tty[1-2]\n")
        self.environ = {"PATH": "/usr/bin:/bin:/usr/sbin:/sbin", "SLURM_CONF": self.conf}

    def start(self) -> None:
        """Start all of it, and wait until both nodes are idle."""
        self._start_munge()
        self.start_controller()
        for node in NODES:
            self.start_node(node)
        self.wait_for(lambda: self.run("sinfo", "-h", "-N", "-t", "idle").stdout.count("\n") >= len(NODES), "two nodes")

    def _start_munge(self) -> None:
        key = f"{self.base}/munge/key"
        with open(key, "wb") as file:
            file.write(os.urandom(128))
        os.chmod(key, 0o600)
        os.chmod(f"{self.base}/munge", 0o755)
        subprocess.run(
            ["/usr/sbin/munged", f"--key-file={key}", f"--socket={self.base}/munge/socket", "--force",
             f"--pid-file={self.base}/run/munged.pid", f"--log-file={self.base}/log/munged.log",
             f"--seed-file={self.base}/munge/seed", "--num-threads=2"],
            check=True, capture_output=True,
        )  # fmt: skip

    def start_controller(self) -> None:
        subprocess.run(["slurmctld"], env=self.environ, check=True, capture_output=True)
        self.wait_for(lambda: "is UP" in self.run("scontrol", "ping").stdout, "the controller")

    def start_node(self, node: str) -> None:
        subprocess.run(["slurmd", "-N", node], env=self.environ, check=True, capture_output=True)

    def heal(self) -> None:
        """Give back nodes that Slurm has drained, as it does when a controller that came back has given an id twice."""
        if self.run("sinfo", "-h", "-N", "-t", "drain,down").stdout:
            self.run("scontrol", "update", f"nodename={','.join(NODES)}", "state=resume")

    def kill_controller(self) -> None:
        """With KILL, as a power cut would."""
        self._kill("slurmctld", signal.SIGKILL)

    def kill_node(self, node: str) -> None:
        """The daemon alone; what runs there goes on."""
        self._kill(f"slurmd-{node}", signal.SIGKILL)

    def _kill(self, name: str, number: int) -> None:
        path = f"{self.base}/run/{name}.pid"
        try:
            with open(path, encoding="ascii") as file:
                pid = int(file.read())
        except (OSError, ValueError):
            return
        try:
            os.kill(pid, number)
        except ProcessLookupError:
            return
        self.wait_for(lambda: not _is_there(pid), f"the end of {name}")

    def run(self, *argv: str, seconds: float = 60) -> subprocess.CompletedProcess[str]:
        return subprocess.run(argv, env=self.environ, capture_output=True, text=True, check=False, timeout=seconds)

    def jobs(self) -> list[list[str]]:
        """Id, name, state and reason of every job that Slurm remembers."""
        lines = self.run("squeue", "-h", "-t", "all", "-o", "%i|%j|%T|%r").stdout.splitlines()
        return [line.split("|") for line in lines]

    def stop(self) -> None:
        self.run("scancel", "-u", "root", seconds=20)
        for name in ("slurmctld", *(f"slurmd-{node}" for node in NODES), "munged"):
            self._kill(name, signal.SIGKILL)
        _kill_all_under(self.base)

    @staticmethod
    def wait_for(condition: object, what: str, seconds: float = 60) -> None:
        deadline = time.monotonic() + seconds
        while not condition():  # type: ignore[operator]
            assert time.monotonic() < deadline, f"{what} did not come about in {seconds:g} s"
            time.sleep(0.02)


@contextmanager
def cluster(*, min_job_age: int = 60) -> Iterator[Cluster]:
    """A cluster for a while; its directory has a short name, as sockets want it."""
    with tempfile.TemporaryDirectory(prefix="slurm-", ignore_cleanup_errors=True) as base:
        os.chmod(base, 0o755)
        made = Cluster(base, min_job_age=min_job_age)
        try:
            made.start()
            yield made
        finally:
            made.stop()


def _free_ports(count: int) -> list[int]:
    sockets = [socket.socket() for _ in range(count)]
    try:
        for each in sockets:
            each.bind(("127.0.0.1", 0))
        return [each.getsockname()[1] for each in sockets]
    finally:
        for each in sockets:
            each.close()


def _is_there(pid: int) -> bool:
    try:
        with open(f"/proc/{pid}/stat", encoding="utf-8", errors="replace") as file:
            return file.read().rpartition(")")[2].split()[0] not in "ZX"
    except OSError:
        return False


def _kill_all_under(base: str) -> None:
    """Step daemons and wrappers of this cluster: they have its configuration in their environment."""
    for name in os.listdir("/proc"):
        if not name.isdigit() or int(name) == os.getpid():
            continue
        try:
            with open(f"/proc/{name}/environ", "rb") as file:
                if f"SLURM_CONF={base}/".encode() in file.read():
                    os.kill(int(name), signal.SIGKILL)
        except OSError:
            continue
