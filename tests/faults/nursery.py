"""A process that has the program loaded and forks engines from itself: hundreds of lives cost their work, not imports.

Each line on its standard input asks for one life: a JSON object with ``words`` (as on the command line), ``plan`` (the
fields of ``points.Plan``), ``cwd``, ``env``, ``out`` and ``err``. It answers with a pid. ``Nursery`` is the other end.
"""

from __future__ import annotations

import gc
import json
import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Any

REPOSITORY = Path(__file__).parents[2]
PAUSE_SECONDS = 0.01


class Life:
    """A forked engine, as ``subprocess.Popen`` would show it; it writes its exit code down itself."""

    def __init__(self, pid: int, out: str) -> None:
        self.pid = pid
        self._code = Path(_code_beside(out))

    def poll(self) -> int | None:
        """``None`` while it lives."""
        from tests.support.processes import is_alive

        if is_alive(self.pid):
            return None
        return int(self._code.read_text(encoding="ascii")) if self._code.exists() else -signal.SIGKILL

    def send_signal(self, number: int) -> None:
        if self.poll() is None:
            os.kill(self.pid, number)

    def kill(self) -> None:
        self.send_signal(signal.SIGKILL)

    def wait(self, timeout: float) -> int:
        until = time.monotonic() + timeout
        while (code := self.poll()) is None:
            if time.monotonic() > until:
                raise subprocess.TimeoutExpired(["engine"], timeout)
            time.sleep(PAUSE_SECONDS)
        return code


def _code_beside(out: str) -> str:
    return f"{out}.code"


class Nursery:
    """Asks for lives, from any thread; the process behind it begins with the first and ends with ours."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._process: subprocess.Popen[str] | None = None

    def fork(self, **life: Any) -> Life:
        with self._lock:
            if self._process is None:
                self._process = subprocess.Popen(
                    [sys.executable, "-m", "tests.faults.nursery"], cwd=REPOSITORY, text=True,
                    stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                )  # fmt: skip
            assert self._process.stdin is not None
            assert self._process.stdout is not None
            self._process.stdin.write(json.dumps(life) + "\n")
            self._process.stdin.flush()
            return Life(int(self._process.stdout.readline()), life["out"])


def main() -> None:
    import peak_console.alerts.judge
    import peak_console.headless.service
    import peak_console.runs.output.reader  # noqa: F401 - loaded to be there
    from tests.faults.points import load

    load()
    gc.freeze()  # a fork's collections leave the memory shared
    while line := sys.stdin.readline():
        while _reap():
            pass
        pid = os.fork()
        if pid == 0:
            _live(json.loads(line))
        print(pid, flush=True)


def _reap() -> bool:
    try:
        return os.waitpid(-1, os.WNOHANG)[0] != 0
    except ChildProcessError:
        return False


def _live(life: dict[str, Any]) -> None:
    """Be an engine; does not return."""
    from tests.faults.engine_main import run

    os.setsid()
    for target, (path, flags) in enumerate(
        ((os.devnull, os.O_RDONLY), (life["out"], os.O_WRONLY | os.O_CREAT), (life["err"], os.O_WRONLY | os.O_CREAT))
    ):
        fd = os.open(path, flags, 0o600)
        os.dup2(fd, target)
        os.close(fd)
    os.chdir(life["cwd"])
    os.environ.clear()
    os.environ.update(life["env"])
    code = 1
    try:
        code = run(life["plan"], life["words"])
    except SystemExit as leaving:
        code = leaving.code if isinstance(leaving.code, int) else 1
    except BaseException:  # noqa: BLE001 - whatever it is, its traceback is what the harness looks for
        import traceback

        traceback.print_exc()
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        with open(_code_beside(life["out"]), "w", encoding="ascii") as file:
            file.write(f"{code}")
        os._exit(code)


if __name__ == "__main__":
    main()
