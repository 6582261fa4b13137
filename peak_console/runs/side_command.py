"""A short command beside the runs (a gate's check, a question to git, what follows a run), bounded in time and output.

It blocks its caller, so it is for threads that nothing else waits for.
"""

from __future__ import annotations

import os

from peak_console.values import dataclass

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from subprocess import Popen

MOST_BYTES = 64 * 1024
"""As much of its output is read; a command that prints more is read no further."""
REAP_SECONDS = 1.0
"""How many seconds a killed command may take to end before we stop waiting for it."""


@dataclass(frozen=True, slots=True)
class Ended:
    """How a command ended."""

    code: int | None
    """Its exit code, negative for a signal; ``None`` where it did not end in time and was killed."""
    out: str
    err: str
    fault: str = ""
    """Why it could not be started; empty where it was."""


def run_command(
    argv: Sequence[str],
    *,
    env: Mapping[str, str],
    cwd: str | None,
    seconds: float,
    text: str = "",
) -> Ended:
    """Run a command to its end, for some seconds at most, and read what it prints. ``text`` is its standard input.

    It leads a process group of its own, and all of that group is killed once the time is up. Raises nothing.
    """
    import tempfile
    from subprocess import DEVNULL, PIPE, Popen

    try:
        # A file, not a pipe: a command that does not read its input must not hold up who writes it.
        with tempfile.TemporaryFile() as given:
            given.write(text.encode(errors="surrogateescape"))
            given.seek(0)
            process = Popen(
                argv, stdin=given if text else DEVNULL, stdout=PIPE, stderr=PIPE, env=dict(env), cwd=cwd,
                start_new_session=True,
            )  # fmt: skip
    except (OSError, ValueError) as error:
        return Ended(None, "", "", f"{argv[0]}: {getattr(error, 'strerror', None) or error}")
    out, err, is_late = _read(process, seconds)
    _end(process, kill=is_late)
    code = None if is_late else process.returncode
    return Ended(code, out.decode(errors="replace"), err.decode(errors="replace"))


def _read(process: Popen[bytes], seconds: float) -> tuple[bytes, bytes, bool]:
    """What a command prints until it has ended, or until its time is up; and whether that was so.

    Its end counts, not that of its streams: what it has left in the background may keep those open.
    """
    import selectors
    import time

    until = time.monotonic() + seconds
    assert process.stdout is not None
    assert process.stderr is not None
    found = {process.stdout.fileno(): bytearray(), process.stderr.fileno(): bytearray()}
    with selectors.DefaultSelector() as selector:
        for descriptor in found:
            os.set_blocking(descriptor, False)
            selector.register(descriptor, selectors.EVENT_READ)
        ended = False
        while True:
            left = until - time.monotonic()
            ended = ended or process.poll() is not None
            if left <= 0 or ended:
                break
            # A command that ends without output does not wake the selector, so its end is polled.
            for key, _ in selector.select(min(left, 0.05)):
                if not _take(key.fd, found[key.fd]):
                    selector.unregister(key.fd)
        for descriptor, into in found.items():
            while _take(descriptor, into):
                pass
    out, err = (bytes(each) for each in found.values())
    return out, err, not ended


def _take(descriptor: int, into: bytearray) -> bool:
    """Read what is there; whether there may be more."""
    try:
        chunk = os.read(descriptor, 8192)
    except OSError:
        return False
    room = MOST_BYTES - len(into)
    into += chunk[:room]
    return bool(chunk) and room > len(chunk)


def _end(process: Popen[bytes], *, kill: bool) -> None:
    """Kill a command that has not ended, with its group, and close its streams; one that cannot be killed is left."""
    import signal
    from subprocess import TimeoutExpired

    if kill:
        try:
            os.killpg(process.pid, signal.SIGKILL)
        except (ProcessLookupError, PermissionError):
            pass
        try:
            process.wait(REAP_SECONDS)
        except TimeoutExpired:
            pass
    for stream in (process.stdout, process.stderr):
        if stream is not None:
            stream.close()
