"""Gathers what holds for the machine, whatever the jobs: programs, terminal, clock, means to watch files.

Nothing here raises, and nothing changes: what cannot be found out is left open.
"""

from __future__ import annotations

import os
import re
import sys
from typing import TYPE_CHECKING

from peak_console.setup.doctor.facts import Clock, Library, Programs, Terminal, Watching
from peak_console.version import __version__

if TYPE_CHECKING:
    import ctypes
    from collections.abc import Mapping, Sequence
    from typing import Final

DISTRIBUTION: Final = "peak-console"
SHOWN_EXTRAS: Final = ("web",)
"""What operators may want; the others are for developers."""
_REQUIREMENT: Final = re.compile(r"([A-Za-z0-9._-]+)(?:\[[^\]]*\])?\s*([^;]*)(?:;(.*))?")
_EXTRA: Final = re.compile(r"extra\s*==\s*['\"]([^'\"]+)")
_TMUX: Final = ("version", "escape-time", "set-clipboard", "client_termfeatures")
_ANSWER_SECONDS: Final = 5
_UNSYNCHRONISED: Final = 0x40
_LARGEST_ERROR: Final = 16_000_000
"""Microseconds; beyond it nothing has set the clock for a long time."""
_INOTIFY: Final = "/proc/sys/fs/inotify"
_IN_CONTAINERS: Final = ("/.dockerenv", "/run/.containerenv")


def programs() -> Programs:
    import sqlite3

    return Programs(
        version=__version__,
        python=sys.version_info[:3],
        interpreter=sys.executable,
        sqlite=sqlite3.sqlite_version_info,
        libraries=_libraries(),
    )


def _libraries() -> Sequence[Library] | None:
    from importlib.metadata import PackageNotFoundError, requires, version

    try:
        declared = requires(DISTRIBUTION) or []
    except PackageNotFoundError:
        return None
    found = []
    for line in declared:
        match = _REQUIREMENT.fullmatch(line.strip())
        extra = _EXTRA.search(line)
        if match is None or (extra is not None and extra[1] not in SHOWN_EXTRAS):
            continue
        try:
            installed: str | None = version(match[1])
        except PackageNotFoundError:
            installed = None
        wanted = match[2].strip().strip("()")
        found.append(Library(name=match[1], wanted=wanted, found=installed, extra=extra[1] if extra else ""))
    return found


def terminal(environ: Mapping[str, str]) -> Terminal:
    is_terminal = sys.stdin.isatty() and sys.stdout.isatty()
    columns, lines = 0, 0
    if is_terminal:
        try:
            columns, lines = os.get_terminal_size(sys.stdout.fileno())
        except OSError:
            pass
    inside = "tmux" if environ.get("TMUX") else "screen" if environ.get("STY") else ""
    return Terminal(
        is_terminal=is_terminal,
        term=environ.get("TERM", ""),
        colorterm=environ.get("COLORTERM", ""),
        no_color=bool(environ.get("NO_COLOR")),
        locale=environ.get("LC_ALL") or environ.get("LC_CTYPE") or environ.get("LANG") or "",
        columns=columns,
        lines=lines,
        inside=inside,
        settings={"tmux": tmux_settings, "screen": screen_settings}[inside](environ) if inside else None,
    )


def tmux_settings(environ: Mapping[str, str]) -> Mapping[str, str] | None:
    """What the tmux server that we are in says of itself and of our client."""
    asked = "\n".join(f"#{{{name}}}" for name in _TMUX)
    said = _output(["tmux", "display-message", "-p", asked], environ)
    lines = said.splitlines() if said is not None else []
    return dict(zip(_TMUX, lines, strict=True)) if len(lines) == len(_TMUX) else None


def screen_settings(environ: Mapping[str, str]) -> Mapping[str, str] | None:
    """The settings in the files that screen reads at its start: screen itself does not show them."""
    files = (
        environ.get("SYSSCREENRC") or "/etc/screenrc",
        environ.get("SCREENRC") or os.path.join(environ.get("HOME", ""), ".screenrc"),
    )
    found = {}
    for path in files:
        try:
            with open(path, encoding="utf-8", errors="replace") as file:
                for line in file:
                    words = line.split()
                    if len(words) >= 2 and words[0] == "altscreen":
                        found[words[0]] = words[1]
        except OSError:
            continue
    return found


def _output(command: Sequence[str], environ: Mapping[str, str]) -> str | None:
    from subprocess import SubprocessError, run

    try:
        done = run(command, capture_output=True, timeout=_ANSWER_SECONDS, check=True, env=environ)
    except (OSError, SubprocessError):
        return None
    return done.stdout.decode(errors="replace")


def clock() -> Clock:
    in_container = any(map(os.path.exists, _IN_CONTAINERS)) or "container" in os.environ
    return Clock(is_synchronised=_kernel_clock() if sys.platform == "linux" else None, in_container=in_container)


def _kernel_clock() -> bool | None:
    """What ``adjtimex`` says, as ``timedatectl`` does too: it only asks."""
    import ctypes

    class Timex(ctypes.Structure):
        _fields_ = (
            ("modes", ctypes.c_uint),
            ("offset", ctypes.c_long),
            ("freq", ctypes.c_long),
            ("maxerror", ctypes.c_long),
            ("esterror", ctypes.c_long),
            ("status", ctypes.c_int),
            ("rest", ctypes.c_long * 32),
        )

    answer = Timex()
    try:
        if _libc().adjtimex(ctypes.byref(answer)) < 0:
            return None  # forbidden, in some containers
    except (OSError, AttributeError):
        return None
    return not answer.status & _UNSYNCHRONISED or answer.maxerror < _LARGEST_ERROR


def _libc() -> ctypes.CDLL:
    import ctypes

    return ctypes.CDLL(None, use_errno=True)


def watching() -> Watching:
    if sys.platform != "linux":
        return Watching(watches=None, instances=None)
    return Watching(
        watches=_number(f"{_INOTIFY}/max_user_watches"),
        instances=_number(f"{_INOTIFY}/max_user_instances"),
        fault=_inotify_fault(),
    )


def _inotify_fault() -> str:
    import ctypes

    try:
        fd = _libc().inotify_init()
    except (OSError, AttributeError):
        return ""
    if fd < 0:
        return os.strerror(ctypes.get_errno())
    os.close(fd)
    return ""


def _number(path: str) -> int | None:
    try:
        with open(path, encoding="ascii") as file:
            return int(file.read())
    except (OSError, ValueError):
        return None
