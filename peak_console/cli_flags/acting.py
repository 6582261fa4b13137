"""The flags of the verbs by which an engine is asked to do something."""

from __future__ import annotations

from peak_console.cli_flags.shared import add_confirm, add_end, add_json, add_override, add_tags, function_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from argparse import ArgumentParser

    from peak_console.cli_flags.shared import Flags, Verb


def _run(parser: ArgumentParser) -> Verb:
    add = parser.add_argument
    add("job", metavar="JOB", nargs="*", help="their names")
    add_tags(parser)
    add("--wait", action="store_true", help="show its output, wait for its end, exit with its code")
    add("--force", action="store_true", help="even beside a run of the same job, or under a hold")
    add_confirm(parser)
    add(
        "--set",
        metavar="NAME=VALUE",
        action="append",
        default=[],
        help="another value of an argument, or $NAME of a variable",
    )
    add("--failed", action="store_true", help="of an array only the runs that did not succeed last time")
    add("--with-downstream", action="store_true", help="then all jobs that wait for it, in order")
    add("--from-here", action="store_true", help="the same for a job that has failed: go on with its chain")
    return function_of("run", "run_by_hand")


def _stop(parser: ArgumentParser) -> Verb:
    parser.add_argument("what", metavar="JOB|#RUN", nargs="*", help="jobs (all their runs), or runs by their numbers")
    parser.add_argument("--chain", action="store_true", help="also the runs of all jobs that wait for these")
    add_tags(parser)
    return function_of("on_jobs", "stop")


def _enable(parser: ArgumentParser) -> Verb:
    add_override(parser)
    add_confirm(parser)
    return function_of("on_jobs", "enable")


def _disable(parser: ArgumentParser) -> Verb:
    add_override(parser)
    return function_of("on_jobs", "disable")


def _hold(parser: ArgumentParser) -> Verb:
    add_tags(parser)
    parser.add_argument("--jobs", metavar="WORDS", help="the jobs that words name: part of a name, !word, #tag")
    add_end(parser, "until released")
    parser.add_argument("--reason", metavar="TEXT", help="shown while it holds")
    parser.add_argument("--edit", action="store_true", help="change the reason of the hold that there is")
    return function_of("on_jobs", "hold")


def _release(parser: ArgumentParser) -> Verb:
    parser.add_argument(
        "--slots", choices=("newest", "all", "drop"),
        help="what becomes of slots that have passed: run the newest of each job, all, or none (default: as jobs say)",
    )  # fmt: skip
    add_tags(parser)
    parser.add_argument("--jobs", metavar="WORDS", help="the hold on the jobs that these words name")
    parser.add_argument("--all", action="store_true", help="every hold on some of the jobs")
    add_confirm(parser)
    return function_of("on_jobs", "release")


def _gate(parser: ArgumentParser) -> Verb:
    add = parser.add_argument
    choices = ("list", "close", "open")
    add(
        "what", metavar="list|close|open", nargs="?", choices=choices, default="list", help="what to do (default: list)"
    )
    add("name", metavar="GATE", nargs="?", help="the gate to close or open")
    add("--reason", metavar="TEXT", help="shown while it is closed")
    add_json(parser)
    return function_of("gates", "gate")


def _blackout(parser: ArgumentParser) -> Verb:
    add = parser.add_argument
    choices = ("list", "add", "end")
    add("what", metavar="list|add|end", nargs="?", choices=choices, default="list", help="what to do (default: list)")
    add("named", metavar="NAME", nargs="?", help="the blackout to end early")
    add("--name", metavar="NAME", help="of the one to add (default: after its tags)")
    add_tags(parser)
    add("--jobs", metavar="WORDS", help="the jobs that words name: part of a name, !word, #tag")
    add("--from", dest="from_", metavar="TIME", help="when it begins: 22:00, sat 22:00, ISO 8601 (default: now)")
    add("--until", metavar="TIME", help="when it ends: 18:00, 2h, tomorrow 08:00 (default: once it is ended)")
    add(
        "--policy",
        choices=("skip", "defer"),
        help="skip what is due inside, or run the newest at its end",
    )
    add("--reason", metavar="TEXT", help="shown while it lasts")
    add_confirm(parser)
    add_json(parser)
    return function_of("blackouts", "blackout")


def _ack(parser: ArgumentParser) -> Verb:
    parser.add_argument("what", metavar="ALERT|all", nargs="?", default="all", help="its number, or all (the default)")
    parser.add_argument("--note", metavar="TEXT", help="kept with the acknowledgement, and shown")
    parser.add_argument("--undo", action="store_true", help="take back the acknowledgement of one alert")
    return function_of("command", "acknowledge")


def _reload(parser: ArgumentParser) -> Verb:
    parser.add_argument("--accept", action="store_true", help="take it up at once even if it removes most jobs")
    return function_of("command", "reload")


def _alert(parser: ArgumentParser) -> Verb:
    add = parser.add_argument
    add("level", metavar="LEVEL", help="info, warning or critical")
    add("message", metavar="MESSAGE", nargs="+", help="what there is to say; - reads it from standard input")
    add("--job", metavar="JOB", help="the job that it is about (default: the one whose run this is called in)")
    return function_of("telling", "raise_alert")


FLAGS: dict[str, Flags] = {
    "run": _run,
    "stop": _stop,
    "enable": _enable,
    "disable": _disable,
    "hold": _hold,
    "release": _release,
    "gate": _gate,
    "blackout": _blackout,
    "ack": _ack,
    "reload": _reload,
    "alert": _alert,
}
"""By verb."""
