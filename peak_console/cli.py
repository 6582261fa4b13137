"""The command line: one parser, one short function per verb, and the only place that makes exit codes."""

from __future__ import annotations

import os
import sys
from argparse import SUPPRESS, ArgumentParser, HelpFormatter

from peak_console.errors import PeakConsoleError, UsageError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from argparse import Namespace, _SubParsersAction
    from collections.abc import Callable, Sequence

    Verb = Callable[[Namespace], int]

EXIT_OK, EXIT_UNUSABLE, EXIT_USAGE, EXIT_RUN_FAILED = 0, 1, 2, 3
DEFAULT_CONFIG = "config/scheduler/jobs.toml"


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the program; its exit code.

    0 all well · 1 the configuration or state cannot be used · 2 wrong usage · 3 a run failed.
    """
    _mend_streams()
    words = list(sys.argv[1:] if arguments is None else arguments)
    options = _parser(words).parse_args(words)
    try:
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
    if sys.stdout is None:
        sys.stdout = open(os.devnull, "w", encoding="utf-8")  # noqa: SIM115 - for as long as we live
    if sys.stderr is None:
        sys.stderr = open(os.devnull, "w", encoding="utf-8")  # noqa: SIM115


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


def _parser(words: Sequence[str]) -> ArgumentParser:
    parser = ArgumentParser(
        prog="peak-console",
        description="A terminal operator console with a scheduler engine inside. Without a verb it opens the console; "
        "with --headless it runs the scheduler as a plain program.",
        formatter_class=_formatter,
        epilog="Exit codes: 0 all well, 1 the configuration or state cannot be used, 2 wrong usage, 3 a run failed.",
    )
    _add_common(parser, is_top=True)
    _add_engine_options(parser)
    parser.set_defaults(act=_engine)
    if any(word in VERBS or word in ("-h", "--help") for word in words) or (words and words[-1][:1] != "-"):
        _add_verbs(parser.add_subparsers(title="verbs", metavar="VERB"))
    return parser


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
    add("--no-registry", action="store_true", help="keep no record of finished runs")
    add("--no-alerts", action="store_true", help="deliver no alerts (they are still logged)")
    add("--no-wait", action="store_true", help="exit with 1 when another engine serves the state directory")
    add("--log-format", choices=("text", "json"), default="text", help="how --headless reports (default: text)")


def _add_verbs(verbs: _SubParsersAction[ArgumentParser]) -> None:
    for name, (help_line, configure) in VERBS.items():
        parser = verbs.add_parser(
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
        raise UsageError(f"--poll-interval: {options.poll_interval:g} is not between 0 and 86400 seconds")
    if options.headless or options.once or options.dry_run:
        from peak_console.headless import run_headless

        return run_headless(options)
    from peak_console.tui.main import run_console

    return run_console(options)


def _jobs(parser: ArgumentParser) -> Verb:
    _add_json(parser)
    return _verb("listing", "show_jobs")


def _next(parser: ArgumentParser) -> Verb:
    add = parser.add_argument
    add("--count", metavar="N", type=int, default=10, help="how many slots (default: 10; 0: all up to --to)")
    add("--job", metavar="JOB", help="of this job only")
    add("--from", dest="from_", metavar="TIME", help="slots after this time: ISO 8601, or 2h from now (default: now)")
    add("--to", metavar="TIME", help="slots up to this time: ISO 8601, or 7d from now")
    _add_json(parser)
    return _verb("listing", "show_next")


def _runs(parser: ArgumentParser) -> Verb:
    add = parser.add_argument
    add("--job", metavar="JOB", help="of this job only")
    add(
        "--outcome", metavar="OUTCOME", help="succeeded, failed, timed_out, stopped, lost, not_started, missed, skipped"
    )
    add("--run-type", metavar="TYPE", help="scheduler_job, or what scripts have logged")
    add("--since", metavar="WHEN", help="a time in ISO 8601, or how long ago: 2h, 7d")
    add("--limit", metavar="N", type=int, default=50, help="how many, newest first (default: 50; 0: all)")
    add("--csv", action="store_true", help="as CSV")
    _add_json(parser)
    return _verb("registry", "show_runs")


def _alerts(parser: ArgumentParser) -> Verb:
    add = parser.add_argument
    add("--limit", metavar="N", type=int, default=50, help="how many, newest first (default: 50; 0: all)")
    add("--open", action="store_true", help="only those that nobody has acknowledged")
    _add_json(parser)
    return _verb("registry", "show_alerts")


def _logs(parser: ArgumentParser) -> Verb:
    add = parser.add_argument
    add("what", metavar="JOB|#RUN", help="a job (its last run), or a run by its number")
    add("--follow", "-f", action="store_true", help="go on until the run has ended")
    add("--stream", choices=("out", "err"), help="only stdout or only stderr")
    return _verb("logs", "show_output")


def _run(parser: ArgumentParser) -> Verb:
    add = parser.add_argument
    add("job", metavar="JOB")
    add("--wait", action="store_true", help="show its output, wait for its end, exit with its code")
    add("--force", action="store_true", help="even beside a run of the same job, or under a hold")
    add("--set", metavar="NAME=VALUE", action="append", default=[], help="another value for one of its arguments")
    return _verb("run", "run_by_hand")


def _stop(parser: ArgumentParser) -> Verb:
    parser.add_argument("what", metavar="JOB|#RUN", help="a job (all its runs), or a run by its number")
    return _verb("command", "stop")


def _enable(parser: ArgumentParser) -> Verb:
    _add_override(parser)
    return _verb("command", "enable")


def _disable(parser: ArgumentParser) -> Verb:
    _add_override(parser)
    return _verb("command", "disable")


def _add_override(parser: ArgumentParser) -> None:
    parser.add_argument("job", metavar="JOB")
    parser.add_argument("--for", dest="for_", metavar="TIME", help="for how long: 90s, 30m, 2h, 1d (default: for good)")
    parser.add_argument("--reason", metavar="TEXT", help="shown beside the job")


def _hold(parser: ArgumentParser) -> Verb:
    parser.add_argument("--reason", metavar="TEXT", help="shown while it holds")
    return _verb("command", "hold")


def _release(_parser: ArgumentParser) -> Verb:
    return _verb("command", "release")


def _ack(parser: ArgumentParser) -> Verb:
    parser.add_argument("what", metavar="ALERT|all", nargs="?", default="all", help="its number, or all (the default)")
    return _verb("command", "acknowledge")


def _reload(_parser: ArgumentParser) -> Verb:
    return _verb("command", "reload")


def _status(parser: ArgumentParser) -> Verb:
    parser.add_argument("--line", action="store_true", help="one line, for a status bar")
    _add_json(parser)
    return _verb("status", "show_status")


def _validate(parser: ArgumentParser) -> Verb:
    _add_json(parser)
    return _verb("validate", "validate")


def _add_json(parser: ArgumentParser) -> None:
    parser.add_argument("--json", action="store_true", help="as JSON")


def _verb(module: str, function: str) -> Verb:
    """A verb's function, loaded once it is called."""

    def act(options: Namespace) -> int:
        from importlib import import_module

        verb: Verb = getattr(import_module(f"peak_console.verbs.{module}"), function)
        return verb(options)

    return act


VERBS: dict[str, tuple[str, Callable[[ArgumentParser], Verb]]] = {
    "jobs": ("every job: how it stands and why, its schedule, next slot, last run", _jobs),
    "next": ("upcoming slots", _next),
    "runs": ("the registry of runs, newest first", _runs),
    "alerts": ("the alert log, newest first", _alerts),
    "logs": ("a run's output", _logs),
    "run": ("run a job now", _run),
    "stop": ("ask a job's runs, or one run, to end", _stop),
    "enable": ("let a job's slots fire again, whatever the jobs file says", _enable),
    "disable": ("let no slot of a job fire, for a while or for good", _disable),
    "hold": ("start nothing new at all, until released", _hold),
    "release": ("lift the hold", _release),
    "ack": ("acknowledge an alert, or all", _ack),
    "reload": ("have the engine read its jobs file again", _reload),
    "status": ("the engine, the counts, the next slot", _status),
    "validate": ("every error and warning of the jobs file", _validate),
}
