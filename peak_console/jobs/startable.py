"""Whether the system would start a file as a program: only previews ask, a real start simply tries."""

from __future__ import annotations

import os
import stat

from peak_console.text import safe

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from typing import Final

_LOOKED_AT: Final = 256
"""So much of a file the system reads before it starts it."""
_LONGEST_WORD: Final = 128 * 1024 - 1
"""Bytes of the longest argument or variable that Linux hands to a program."""
_MACHINE_CODE: Final = (b"\x7fELF", b"\xfe\xed\xfa", b"\xce\xfa\xed\xfe", b"\xcf\xfa\xed\xfe", b"\xca\xfe\xba\xbe")


def start_fault(path: str, cwd: str, environ: Mapping[str, str]) -> str:
    """Why the system would refuse to start the executable file at ``path``; empty when nothing speaks against it.

    ``environ`` is the environment of the start: an interpreter that ``env`` looks for is looked for on its PATH.

    Says nothing about binary files: which of them can be started is the system's own affair.
    """
    head = _head(path)
    if head is None or head.startswith(_MACHINE_CODE):
        return ""
    if head.startswith(b"#!"):
        return _interpreter_fault(path, head, cwd, environ)
    if b"\0" in head:
        return ""
    return (
        f"{safe(path)} has no '#!' line: only a shell runs it; begin it with #!/bin/sh, or let the command be a shell"
        " with the script in argv"
    )


def size_fault(argv: Sequence[str], environment: Mapping[str, str]) -> str:
    """Why the system would refuse arguments and an environment of this size; empty if it takes them."""
    sizes = [len(os.fsencode(word)) + 1 for word in argv]
    sizes += [len(os.fsencode(name)) + len(os.fsencode(value)) + 2 for name, value in environment.items()]
    room = os.sysconf("SC_ARG_MAX")
    if max(sizes) - 1 <= _LONGEST_WORD and (room < 0 or sum(sizes) + 8 * len(sizes) < room):
        return ""
    return (
        "its arguments and environment are too long for this system (the longest has"
        f" {max(sizes) - 1:,} bytes); put what is long into a file"
    )


def is_noexec(path: str) -> bool:
    """Whether the file system under ``path`` is mounted in a way that lets no program be started from it."""
    try:
        return bool(os.statvfs(path).f_flag & getattr(os, "ST_NOEXEC", 0))
    except (OSError, ValueError):
        return False


def _head(path: str) -> bytes | None:
    """The first bytes of a regular file; ``None`` when it cannot be looked at."""
    try:
        fd = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    except (OSError, ValueError):
        return None
    try:
        return os.read(fd, _LOOKED_AT) if stat.S_ISREG(os.fstat(fd).st_mode) else None
    except OSError:
        return None
    finally:
        os.close(fd)


def _interpreter_fault(path: str, head: bytes, cwd: str, environ: Mapping[str, str]) -> str:
    words = head[2:].partition(b"\n")[0].strip(b" \t").replace(b"\t", b" ").split(b" ")
    interpreter = os.fsdecode(words[0])
    there = os.path.join(cwd, interpreter)
    if not interpreter:
        return f"{safe(path)}: its '#!' line names no interpreter; write #!/bin/sh, or the program that runs it"
    if os.access(there, os.X_OK) and not os.path.isdir(there):
        given = os.fsdecode(b" ".join(words[1:])).strip(" ")
        return _env_fault(path, given, cwd, environ) if os.path.basename(interpreter) == "env" else ""
    if interpreter.endswith("\r"):
        return f"{safe(path)}: its lines end in CR LF, so its interpreter is not found; save it with Unix line ends"
    return (
        f"{safe(path)}: its '#!' line names {safe(interpreter)}, which is no program here; install it or mend the line"
    )


def _env_fault(path: str, given: str, cwd: str, environ: Mapping[str, str]) -> str:
    """Why ``env`` would not find the interpreter that a script's first line has it look for; empty when it would.

    The system hands ``env`` all that follows it as one word, which only ``-S`` splits. Other options of it are not
    looked into.
    """
    from peak_console.jobs.command import which

    name = given
    if given.startswith("-S"):
        words = [word for word in given[2:].split() if "=" not in word]
        name = words[0] if words else ""
    if not name or name.startswith("-") or "/" in name or which(name, environ, cwd) is not None:
        return ""
    if name.endswith("\r"):
        return f"{safe(path)}: its lines end in CR LF, so its interpreter is not found; save it with Unix line ends"
    first = name.split()[0]
    if first != name and which(first, environ, cwd) is not None:
        line = f"#!/usr/bin/env -S {safe(given)}"
        return f"{safe(path)}: its '#!' line has env look for one program called \"{safe(name)}\"; write {line}"
    return (
        f"{safe(path)}: its '#!' line has env look for {safe(name)}, which is not on PATH; install it, or set PATH in"
        " the job's env"
    )
