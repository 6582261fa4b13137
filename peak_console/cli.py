"""The command line: one parser, one short function per verb, and the only place that makes exit codes."""

from __future__ import annotations

import os
import sys
from argparse import SUPPRESS, ArgumentParser, HelpFormatter
from io import TextIOWrapper

from peak_console.errors import PeakConsoleError, UsageError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from argparse import Namespace, _SubParsersAction
    from collections.abc import Sequence
    from typing import NoReturn

    from peak_console.cli_verbs import Verb, VerbTable

EXIT_OK, EXIT_UNUSABLE, EXIT_USAGE, EXIT_RUN_FAILED = 0, 1, 2, 3
LONGEST_MESSAGE = 500
DEFAULT_CONFIG = "config/scheduler/jobs.toml"


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the program; its exit code.

    0 all well · 1 the configuration or state cannot be used · 2 wrong usage · 3 a run failed.
    """
    _mend_streams()
    if arguments is None:
        _ensure_utf8()
    words = list(sys.argv[1:] if arguments is None else arguments)
    parser = _parser(words)
    try:
        _refuse_unknown_flags(parser, words)
        options = parser.parse_args(words)
        _refuse_empty_tags(options)
        act: Verb = options.act
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


class _Parser(ArgumentParser):
    """Repeats what it does not understand only as text that does nothing to the terminal."""

    def error(self, message: str) -> NoReturn:
        from peak_console.text import safe

        super().error(safe(message if len(message) <= LONGEST_MESSAGE else f"{message[:LONGEST_MESSAGE]}…"))


def _parser(words: Sequence[str]) -> ArgumentParser:
    parser = _Parser(
        prog="peak-console",
        description="A terminal operator console with a scheduler engine inside. Without a verb it opens the console; "
        "with --headless it runs the scheduler as a plain program.",
        formatter_class=_formatter,
        epilog="Exit codes: 0 all well, 1 the configuration or state cannot be used, 2 wrong usage, 3 a run failed.",
    )
    _add_common(parser, is_top=True)
    _add_engine_options(parser)
    parser.set_defaults(act=_engine)
    if any(word[:1] != "-" or word in ("-h", "--help") for word in words):
        from peak_console.cli_verbs import VERBS

        if not VERBS.keys().isdisjoint(words) or words[-1][:1] != "-" or words[-1] in ("-h", "--help"):
            _add_verbs(parser.add_subparsers(title="verbs", metavar="VERB"), VERBS)
            parser.set_defaults(parser=parser)  # completion is made from it
    return parser


def _refuse_unknown_flags(parser: ArgumentParser, words: Sequence[str]) -> None:
    """Name a flag that is none, as long as no verb has come: its value would be taken for the verb."""
    known = parser._option_string_actions  # noqa: SLF001 - argparse itself offers no way to ask
    values = 0
    for word in words:
        if values:
            values -= 1
            continue
        name, equals, _ = word.partition("=")
        if word[:2] != "--" or word == "--":
            if word[:1] != "-":
                return
            continue
        meant = [flag for flag in known if flag == name] or [flag for flag in known if flag.startswith(name)]
        if not meant:
            from peak_console.text import nearest, safe

            negative = name.startswith("--no-")  # a misspelt flag is never answered with one that switches things off
            shown = [each for each in known if known[each].help != SUPPRESS and each.startswith("--no-") is negative]
            guess = nearest(name, shown)
            hint = f"did you mean {guess}?" if guess else "see: peak-console --help"
            raise UsageError(f"unknown flag {safe(name)}; {hint}")
        values = 0 if equals or known[meant[0]].nargs == 0 else 1


def _refuse_empty_tags(options: Namespace) -> None:
    """A variable that is empty by mistake must not select every job."""
    for flag, text in (("--include-tags", options.include_tags), ("--exclude-tags", options.exclude_tags)):
        if text is not None and not text.replace(",", " ").strip():
            raise UsageError(f"{flag}: names no tag; name some (a,b,c), or leave it out")


def _formatter(prog: str) -> HelpFormatter:
    """Of a given width: argparse would load all of shutil to ask the terminal, even to print nothing."""
    return HelpFormatter(prog, width=100)


def _add_common(parser: ArgumentParser, *, is_top: bool = False) -> None:
    """What every verb understands, before or after its name."""

    def default(value: object) -> object:
        return value if is_top else SUPPRESS

    add = parser.add_argument
    add("--config", metavar="FILE", default=default(DEFAULT_CONFIG), help=f"the jobs file (default: {DEFAULT_CONFIG})")
    add("--state-dir", metavar="DIR", default=default(None), help="where state lives (default: beside the jobs file)")
    add("--include-tags", metavar="TAGS", default=default(None), help="only jobs with one of these tags (a,b,c)")
    add("--exclude-tags", metavar="TAGS", default=default(None), help="no jobs with one of these tags (a,b,c)")


def _add_engine_options(parser: ArgumentParser) -> None:
    add = parser.add_argument
    add("--version", action="store_true", help="print the version and exit")
    add("--headless", action="store_true", help="no screen: run the scheduler and print what it does")
    add("--once", action="store_true", help="run what is due now, wait for it, exit (3 when a run failed)")
    add("--poll-interval", metavar="SECONDS", type=float, default=30, help="the longest sleep (default: 30)")
    add("--dry-run", action="store_true", help="show what would run, run nothing, record nothing")
    add("--verbose", "-v", action="store_true", help="say more: resolved command lines, why jobs are not due")
    add("--quiet", "-q", action="store_true", help="with --once: print failures and warnings only, for mails of cron")
    add("--no-registry", action="store_true", help="keep no record of finished runs")
    add("--no-alerts", action="store_true", help="deliver no alerts (they are still logged)")
    add("--no-wait", action="store_true", help="exit with 1 when another engine serves the state directory")
    add("--attach", action="store_true", help="the console of an engine that runs already: never become the engine")
    add("--read-only", action="store_true", help="a console that changes nothing; implies --attach")
    add("--in-browser", action="store_true", help=SUPPRESS)  # by serve, for the process behind a tab
    add("--successor", action="store_true", help=SUPPRESS)  # by a console, for the engine that goes on without it
    add("--log-format", choices=("text", "json"), default="text", help="how --headless reports (default: text)")


def _add_verbs(parsers: _SubParsersAction[_Parser], verbs: VerbTable) -> None:
    for name, (help_line, configure) in verbs.items():
        parser = parsers.add_parser(
            name, help=help_line, description=help_line[0].upper() + help_line[1:] + ".", formatter_class=_formatter
        )
        _add_common(parser)
        parser.set_defaults(act=configure(parser))


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
        from peak_console.headless import run_headless

        return run_headless(options)
    from peak_console.tui.app.main import run_console

    return run_console(options)
