"""The flags of the verbs that look and change nothing."""

from __future__ import annotations

from peak_console.cli_flags.shared import add_json, function_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from argparse import ArgumentParser

    from peak_console.cli_flags.shared import Flags, Verb


def _jobs(parser: ArgumentParser) -> Verb:
    add_json(parser)
    return function_of("listing", "show_jobs")


def _next(parser: ArgumentParser) -> Verb:
    add = parser.add_argument
    add("--count", metavar="N", type=int, default=10, help="how many slots (default: 10; 0: all up to --to)")
    add("--job", metavar="JOB", help="of this job only")
    add("--from", dest="from_", metavar="TIME", help="slots after this time: ISO 8601, or 2h from now (default: now)")
    add("--to", metavar="TIME", help="slots up to this time: ISO 8601, or 7d from now")
    form = parser.add_mutually_exclusive_group()
    form.add_argument("--calendar", action="store_true", help="weeks as a table, with sessions and closed days")
    form.add_argument("--ics", action="store_true", help="as a file for calendar programs")
    form.add_argument("--json", action="store_true", help="as JSON")
    return function_of("listing", "show_next")


def _forecast(parser: ArgumentParser) -> Verb:
    add = parser.add_argument
    add("--from", dest="from_", metavar="TIME", help="from this time on: ISO 8601, or 2h from now (default: now)")
    add("--to", metavar="TIME", help="up to this time: ISO 8601, or 7d from now (default: 24h after --from)")
    add("--set", metavar="JOB.KEY=VALUE", action="append", default=[], help="as if the jobs file said this")
    add("--hold", metavar="TAG", action="append", default=[], help="as if no job with this tag could start")
    add("--fail", metavar="JOB", action="append", default=[], help="as if each run of this job failed")
    add("--slow", metavar="JOB=FACTOR", action="append", default=[], help="as if its runs took so many times as long")
    add("--file", metavar="FILE", help="as if this were the jobs file")
    add("--samples", metavar="N", type=int, default=0, help="draw N futures from the history, and show their spread")
    add(
        "--seed", metavar="N", type=int, default=0, help="of what is drawn: the same seed, the same answer (default: 0)"
    )
    add("--places", action="store_true", help="find the smallest max_concurrent_runs with which all is in time")
    add("--job", metavar="JOB", help="show this job only")
    form = parser.add_mutually_exclusive_group()
    form.add_argument("--csv", action="store_true", help="as CSV")
    form.add_argument("--ics", action="store_true", help="as a calendar (iCalendar)")
    add_json(form)
    return function_of("ahead.forecast", "show_forecast")


def _plan(parser: ArgumentParser) -> Verb:
    parser.add_argument("file", metavar="FILE", help="a jobs file, to be compared with the one at work")
    add_json(parser)
    return function_of("ahead.plan", "show_plan")


def _why(parser: ArgumentParser) -> Verb:
    add = parser.add_argument
    add("job", metavar="JOB", help="its name")
    about = parser.add_mutually_exclusive_group()
    about.add_argument("--at", metavar="TIME", help="what it did, or will do, then: ISO 8601, 09:00, 2h ago")
    about.add_argument("--run", metavar="N", help="why this run of it was as it was")
    about.add_argument("--slot", metavar="TIME", help="what became of this slot, or will")
    add_json(parser)
    return function_of("why", "show_why")


def _sessions(parser: ArgumentParser) -> Verb:
    add = parser.add_argument
    add("name", metavar="NAME", nargs="?", help="a calendar of the jobs file, or an exchange (default: list them)")
    add("--from", dest="from_", metavar="TIME", help="from this day on: ISO 8601, or 7d from now (default: today)")
    add("--to", metavar="TIME", help="up to this day (default: two weeks)")
    add("--compare", action="store_true", help="beside the library's own table; exit code 1 where a day differs")
    add_json(parser)
    return function_of("ahead.sessions", "show_sessions")


def _graph(parser: ArgumentParser) -> Verb:
    add = parser.add_argument
    add("job", metavar="JOB", nargs="?", help="only the chains that this job is part of")
    add("--dot", action="store_true", help="for Graphviz")
    add("--mermaid", action="store_true", help="for pages that draw Mermaid")
    add_json(parser)
    return function_of("ahead.graph", "show_graph")


def _deadlines(parser: ArgumentParser) -> Verb:
    add_json(parser)
    return function_of("ahead.deadlines", "show_deadlines")


def _runs(parser: ArgumentParser) -> Verb:
    add = parser.add_argument
    add("--job", metavar="JOB", help="of this job only")
    add(
        "--outcome",
        metavar="OUTCOME",
        help="succeeded, failed, timed_out, stopped, lost, not_started, missed, skipped, unexpected",
    )
    add("--run-type", metavar="TYPE", help="scheduler_job, or what scripts have logged")
    add("--tag", metavar="TAG", help="with this tag: of its job, or what a script has logged it under")
    add("--since", metavar="WHEN", help="a time in ISO 8601, or how long ago: 2h, 7d")
    add("--limit", metavar="N", type=int, default=50, help="how many, newest first (default: 50; 0: all)")
    add("--array", metavar="#RUN", help="the runs of this array; without it an array is one line")
    add("--follow", "-f", action="store_true", help="go on with those that end, a line each")
    add("--metrics", action="store_true", help="with the numbers of each run's result")
    add("--csv", action="store_true", help="as CSV")
    add_json(parser)
    return function_of("past.registry", "show_runs")


def _history(parser: ArgumentParser) -> Verb:
    add = parser.add_argument
    add("words", metavar="WORDS", nargs="*", help="as in the console: failed late:>1m by:ada today #live report")
    add("--actions", action="store_true", help="the shift log instead: who did what, when and why")
    add("--job", metavar="JOB", action="append", default=[], help="of this job only; may be repeated")
    add("--outcome", metavar="OUTCOMES", help="with one of these ends (a,b,c); failed, bad and running name several")
    add(
        "--late", metavar="TIME", nargs="?", const="0", help="started late, by more than this: 1m, 2h (default: by any)"
    )
    add("--trigger", metavar="TRIGGERS", help="schedule, manual, retry, catch_up, script (a,b,c)")
    add("--by", metavar="PERSON", help="whom this person has asked for, or stopped")
    add("--since", metavar="WHEN", help="from this moment on: 07:00, yesterday, ISO 8601, or how long ago: 2h")
    add("--until", metavar="WHEN", help="up to this moment")
    add("--limit", metavar="N", type=int, default=50, help="how many, newest first (default: 50; 0: all)")
    add_json(parser)
    return function_of("past.history", "show_history")


def _diff(parser: ArgumentParser) -> Verb:
    parser.add_argument("runs", metavar="RUN|JOB", nargs="+", help="two runs by their numbers; or a job: its last two")
    add_json(parser)
    return function_of("past.diff", "show_diff")


def _timeline(parser: ArgumentParser) -> Verb:
    add = parser.add_argument
    add("words", metavar="WORDS", nargs="*", help="which jobs: part of a name, !word, /regex/, #tag (default: all)")
    add("--from", dest="from_", metavar="TIME", help="from this moment on: 07:00, yesterday, 3h ago (default: 3h ago)")
    add("--to", metavar="TIME", help="up to this moment: 18:00, tomorrow, 3h (default: in 3h)")
    add_json(parser)
    return function_of("past.timeline", "show_timeline")


def _alerts(parser: ArgumentParser) -> Verb:
    add = parser.add_argument
    add("--limit", metavar="N", type=int, default=50, help="how many, newest first (default: 50; 0: all)")
    add("--open", action="store_true", help="only alerts that are neither acknowledged nor resolved")
    add("--level", metavar="LEVEL", choices=("info", "warning", "critical"), help="of this level and above")
    add("--follow", "-f", action="store_true", help="go on with those that come, a line each")
    add_json(parser)
    return function_of("past.registry", "show_alerts")


def _logs(parser: ArgumentParser) -> Verb:
    add = parser.add_argument
    add("what", metavar="JOB|#RUN", nargs="?", help="a job (its last run; all of them with --grep), or a run")
    add("--follow", "-f", action="store_true", help="go on until the run has ended")
    add("--stream", choices=("out", "err"), help="only stdout or only stderr")
    add("--grep", metavar="REGEX", help="the lines of all runs' output that have this, the newest run first")
    add("--ignore-case", "-i", action="store_true", help="with --grep: in any case")
    add("--job", metavar="JOB", action="append", default=[], help="with --grep: of this job only; may be repeated")
    add("--since", metavar="WHEN", help="with --grep: of runs from this moment on: 07:00, yesterday, 2h, ISO 8601")
    add("--limit", metavar="N", type=int, default=1000, help="with --grep: how many lines (default: 1000; 0: all)")
    add("--json", action="store_true", help="with --grep: as JSON")
    return function_of("past.logs", "show_output")


def _executors(parser: ArgumentParser) -> Verb:
    add = parser.add_argument
    add("--prove", metavar="NAME", nargs="?", const="", help="run a proof on this cluster, or on each")
    add("--seconds", metavar="N", type=float, default=120.0, help="with --prove: how long it may wait (default: 120)")
    add_json(parser)
    return function_of("executors", "show_executors")


def _status(parser: ArgumentParser) -> Verb:
    parser.add_argument("--line", action="store_true", help="one line, for a status bar")
    add_json(parser)
    return function_of("status", "show_status")


FLAGS: dict[str, Flags] = {
    "jobs": _jobs,
    "next": _next,
    "forecast": _forecast,
    "plan": _plan,
    "why": _why,
    "sessions": _sessions,
    "graph": _graph,
    "deadlines": _deadlines,
    "runs": _runs,
    "history": _history,
    "diff": _diff,
    "timeline": _timeline,
    "alerts": _alerts,
    "logs": _logs,
    "executors": _executors,
    "status": _status,
}
"""By verb."""
