"""The command line: one parser, one short function per verb, and the only place that makes exit codes."""

from __future__ import annotations

import os
import sys
from io import TextIOWrapper

from peak_console.cli_words import plain_options
from peak_console.errors import PeakConsoleError, UsageError
from peak_console.jobs.state_place import choose

TYPE_CHECKING = False
if TYPE_CHECKING:
    from argparse import Namespace
    from collections.abc import Sequence

    from peak_console.cli_flags.shared import Verb

EXIT_OK, EXIT_UNUSABLE, EXIT_USAGE, EXIT_RUN_FAILED = 0, 1, 2, 3


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the program; its exit code.

    0 all well · 1 the configuration or state cannot be used · 2 wrong usage · 3 a run failed.
    """
    _mend_streams()
    if arguments is None:
        _ensure_utf8()
    words = list(sys.argv[1:] if arguments is None else arguments)
    try:
        options = _options(words)
        _refuse_empty_tags(options)
        choose(options.state_dir)
        act: Verb = getattr(options, "act", _engine)
        code = act(options)
        sys.stdout.flush()
    except UsageError as error:
        return _complain(error, EXIT_USAGE)
    except PeakConsoleError as error:
        return _complain(error, EXIT_UNUSABLE)
    except BrokenPipeError:  # the reader of our output (head, less) has seen enough
        _silence()
        return EXIT_OK
    except OSError as error:  # a full disk behind our output, too many open files, …
        _silence()
        where = f"{error.filename}: " if error.filename else ""
        return _complain(PeakConsoleError(f"{where}{error.strerror or error}"), EXIT_UNUSABLE)
    except ValueError as error:
        if "embedded null" not in str(error):
            raise
        return _complain(
            UsageError("no file and no program can have a name with a NUL character; leave it out"), EXIT_USAGE
        )
    except (MemoryError, RuntimeError) as error:
        if isinstance(error, RuntimeError) and "new thread" not in str(error):
            raise
        text = "the machine has no room for this program at present; see its limits (ulimit -u, ulimit -v, TasksMax)"
        return _complain(PeakConsoleError(text), EXIT_UNUSABLE)
    except KeyboardInterrupt:
        return 130
    return code


def _mend_streams() -> None:
    """Open what we were started without, lest one of our files takes its place and is written to by mistake."""
    for fd in (0, 1, 2):
        try:
            os.fstat(fd)
        except OSError:
            os.open(os.devnull, os.O_RDWR)
    if sys.stdin is None:
        sys.stdin = open(0, encoding="utf-8", closefd=False)  # noqa: SIM115 - for as long as we live
    if sys.stdout is None:
        sys.stdout = open(os.devnull, "w", encoding="utf-8")  # noqa: SIM115
    if sys.stderr is None:
        sys.stderr = open(os.devnull, "w", encoding="utf-8")  # noqa: SIM115


def _ensure_utf8() -> None:
    """Names of files, arguments and variables are UTF-8, whatever the locale says: else start anew with that.

    What we print goes on in the locale's own encoding.
    """
    if "utf8" not in sys._xoptions:  # noqa: SLF001 - documented, for all its underscore
        if sys.getfilesystemencoding() != "utf-8" and sys.executable:
            os.execv(sys.executable, [sys.executable, "-X", "utf8", *sys.orig_argv[1:]])  # noqa: S606
        return
    import locale

    encoding = locale.getencoding()
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper) and not encoding.lower().startswith("utf"):
            stream.reconfigure(encoding=encoding, errors="backslashreplace")


def _silence() -> None:
    """Python would try once more at the very end to write what could not be written."""
    try:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    except (OSError, ValueError):
        pass


def _complain(error: PeakConsoleError, code: int) -> int:
    from peak_console.text import safe_lines

    try:
        sys.stderr.write(f"peak-console: {safe_lines(str(error))}\n")
    except OSError:
        pass
    return code


def _options(words: Sequence[str]) -> Namespace:
    """The options that the words of a command line mean. Raises ``UsageError``."""
    options = plain_options(words)
    if options is not None:
        return options
    from peak_console.cli_parser import parse

    return parse(words)


def _refuse_empty_tags(options: Namespace) -> None:
    """A variable that is empty by mistake must not select every job."""
    for flag, text in (("--include-tags", options.include_tags), ("--exclude-tags", options.exclude_tags)):
        if text is not None and not text.replace(",", " ").strip():
            raise UsageError(f"{flag}: names no tag; name some (a,b,c), or leave it out")


def _engine(options: Namespace) -> int:
    if options.version:
        from peak_console.version import __version__

        sys.stdout.write(f"peak-console {__version__}\n")
        return EXIT_OK
    if not 0 < options.poll_interval <= 86400:
        raise UsageError(
            f"--poll-interval: must be more than 0 and at most 86400 seconds, not {options.poll_interval:g}"
        )
    if options.quiet and (options.verbose or not options.once or options.dry_run):
        raise UsageError("--quiet is for --once, without --verbose and --dry-run")
    if options.headless or options.once or options.dry_run:
        if options.attach or options.read_only:
            raise UsageError("--attach and --read-only are for the console; leave out --headless, --once and --dry-run")
        from peak_console.headless.service import run_headless

        return run_headless(options)
    from peak_console.tui.app.main import run_console

    return run_console(options)
