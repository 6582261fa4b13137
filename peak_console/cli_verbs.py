"""Every verb of the command line: what it is for, its own flags, and where its function is.

Loaded only when a verb is named; a verb's function only when it is called.
"""

from __future__ import annotations

from argparse import SUPPRESS

TYPE_CHECKING = False
if TYPE_CHECKING:
    from argparse import ArgumentParser, Namespace, _ActionsContainer
    from collections.abc import Callable

    Verb = Callable[[Namespace], int]
    VerbTable = dict[str, tuple[str, Callable[[ArgumentParser], Verb]]]


def _jobs(parser: ArgumentParser) -> Verb:
    _add_json(parser)
    return _verb("listing", "show_jobs")


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
    return _verb("listing", "show_next")


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
    _add_json(form)
    return _verb("ahead.forecast", "show_forecast")


def _plan(parser: ArgumentParser) -> Verb:
    parser.add_argument("file", metavar="FILE", help="a jobs file, to be compared with the one at work")
    _add_json(parser)
    return _verb("ahead.plan", "show_plan")


def _why(parser: ArgumentParser) -> Verb:
    add = parser.add_argument
    add("job", metavar="JOB", help="its name")
    about = parser.add_mutually_exclusive_group()
    about.add_argument("--at", metavar="TIME", help="what it did, or will do, then: ISO 8601, 09:00, 2h ago")
    about.add_argument("--run", metavar="N", help="why this run of it was as it was")
    about.add_argument("--slot", metavar="TIME", help="what became of this slot, or will")
    _add_json(parser)
    return _verb("why", "show_why")


def _sessions(parser: ArgumentParser) -> Verb:
    add = parser.add_argument
    add("name", metavar="NAME", nargs="?", help="a calendar of the jobs file, or an exchange (default: list them)")
    add("--from", dest="from_", metavar="TIME", help="from this day on: ISO 8601, or 7d from now (default: today)")
    add("--to", metavar="TIME", help="up to this day (default: two weeks)")
    _add_json(parser)
    return _verb("ahead.sessions", "show_sessions")


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
    _add_json(parser)
    return _verb("past.registry", "show_runs")


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
    _add_json(parser)
    return _verb("past.history", "show_history")


def _diff(parser: ArgumentParser) -> Verb:
    parser.add_argument("runs", metavar="RUN|JOB", nargs="+", help="two runs by their numbers; or a job: its last two")
    _add_json(parser)
    return _verb("past.diff", "show_diff")


def _timeline(parser: ArgumentParser) -> Verb:
    add = parser.add_argument
    add("words", metavar="WORDS", nargs="*", help="which jobs: part of a name, !word, /regex/, #tag (default: all)")
    add("--from", dest="from_", metavar="TIME", help="from this moment on: 07:00, yesterday, 3h ago (default: 3h ago)")
    add("--to", metavar="TIME", help="up to this moment: 18:00, tomorrow, 3h (default: in 3h)")
    _add_json(parser)
    return _verb("past.timeline", "show_timeline")


def _alerts(parser: ArgumentParser) -> Verb:
    add = parser.add_argument
    add("--limit", metavar="N", type=int, default=50, help="how many, newest first (default: 50; 0: all)")
    add("--open", action="store_true", help="only alerts that are neither acknowledged nor resolved")
    add("--level", metavar="LEVEL", choices=("info", "warning", "critical"), help="of this level and above")
    add("--follow", "-f", action="store_true", help="go on with those that come, a line each")
    _add_json(parser)
    return _verb("past.registry", "show_alerts")


def _executors(parser: ArgumentParser) -> Verb:
    add = parser.add_argument
    add("--prove", metavar="NAME", nargs="?", const="", help="run a proof on this cluster, or on each")
    add("--seconds", metavar="N", type=float, default=120.0, help="with --prove: how long it may wait (default: 120)")
    _add_json(parser)
    return _verb("executors", "show_executors")


def _alert(parser: ArgumentParser) -> Verb:
    add = parser.add_argument
    add("level", metavar="LEVEL", help="info, warning or critical")
    add("message", metavar="MESSAGE", nargs="+", help="what there is to say; - reads it from standard input")
    add("--job", metavar="JOB", help="the job that it is about (default: the one whose run this is called in)")
    return _verb("telling", "raise_alert")


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
    return _verb("past.logs", "show_output")


def _run(parser: ArgumentParser) -> Verb:
    add = parser.add_argument
    add("job", metavar="JOB", help="its name")
    add("--wait", action="store_true", help="show its output, wait for its end, exit with its code")
    add("--force", action="store_true", help="even beside a run of the same job, or under a hold")
    _add_confirm(parser)
    add("--set", metavar="NAME=VALUE", action="append", default=[], help="another value for one of its arguments")
    add("--with-downstream", action="store_true", help="then all jobs that wait for it, in order")
    add("--from-here", action="store_true", help="the same for a job that has failed: go on with its chain")
    return _verb("run", "run_by_hand")


def _graph(parser: ArgumentParser) -> Verb:
    add = parser.add_argument
    add("job", metavar="JOB", nargs="?", help="only the chains that this job is part of")
    add("--dot", action="store_true", help="for Graphviz")
    add("--mermaid", action="store_true", help="for pages that draw Mermaid")
    _add_json(parser)
    return _verb("ahead.graph", "show_graph")


def _deadlines(parser: ArgumentParser) -> Verb:
    _add_json(parser)
    return _verb("ahead.deadlines", "show_deadlines")


def _stop(parser: ArgumentParser) -> Verb:
    parser.add_argument("what", metavar="JOB|#RUN", nargs="*", help="jobs (all their runs), or runs by their numbers")
    parser.add_argument("--chain", action="store_true", help="also the runs of all jobs that wait for these")
    _add_tags(parser)
    return _verb("on_jobs", "stop")


def _enable(parser: ArgumentParser) -> Verb:
    _add_override(parser)
    _add_confirm(parser)
    return _verb("on_jobs", "enable")


def _disable(parser: ArgumentParser) -> Verb:
    _add_override(parser)
    return _verb("on_jobs", "disable")


def _add_override(parser: ArgumentParser) -> None:
    parser.add_argument("job", metavar="JOB", nargs="*", help="their names")
    _add_tags(parser)
    _add_end(parser, "for good")
    parser.add_argument("--reason", metavar="TEXT", help="shown beside the job")


def _add_tags(parser: ArgumentParser) -> None:
    parser.add_argument("--tags", metavar="TAGS", help="the jobs with one of these tags (a,b,c)")


def _add_end(parser: ArgumentParser, default: str) -> None:
    parser.add_argument("--for", dest="for_", metavar="TIME", help=f"for how long: 90s, 30m, 2h (default: {default})")
    parser.add_argument("--until", metavar="WHEN", help="until when: 18:00, tomorrow 08:00, mon 07:30, or ISO 8601")


def _add_confirm(parser: ArgumentParser) -> None:
    parser.add_argument(
        "--confirm", metavar="NAME", action="append", default=[], help="the name of a job that is to be confirmed"
    )


def _hold(parser: ArgumentParser) -> Verb:
    _add_tags(parser)
    parser.add_argument("--jobs", metavar="WORDS", help="the jobs that words name: part of a name, !word, #tag")
    _add_end(parser, "until released")
    parser.add_argument("--reason", metavar="TEXT", help="shown while it holds")
    parser.add_argument("--edit", action="store_true", help="change the reason of the hold that there is")
    return _verb("on_jobs", "hold")


def _gate(parser: ArgumentParser) -> Verb:
    add = parser.add_argument
    choices = ("list", "close", "open")
    add(
        "what", metavar="list|close|open", nargs="?", choices=choices, default="list", help="what to do (default: list)"
    )
    add("name", metavar="GATE", nargs="?", help="the gate to close or open")
    add("--reason", metavar="TEXT", help="shown while it is closed")
    _add_json(parser)
    return _verb("gates", "gate")


def _blackout(parser: ArgumentParser) -> Verb:
    add = parser.add_argument
    choices = ("list", "add", "end")
    add("what", metavar="list|add|end", nargs="?", choices=choices, default="list", help="what to do (default: list)")
    add("named", metavar="NAME", nargs="?", help="the blackout to end early")
    add("--name", metavar="NAME", help="of the one to add (default: after its tags)")
    _add_tags(parser)
    add("--jobs", metavar="WORDS", help="the jobs that words name: part of a name, !word, #tag")
    add("--from", dest="from_", metavar="TIME", help="when it begins: 22:00, sat 22:00, ISO 8601 (default: now)")
    add("--until", metavar="TIME", help="when it ends: 18:00, 2h, tomorrow 08:00 (default: once it is ended)")
    add(
        "--policy",
        choices=("skip", "defer"),
        help="skip what is due inside, or run the newest at its end",
    )
    add("--reason", metavar="TEXT", help="shown while it lasts")
    _add_confirm(parser)
    _add_json(parser)
    return _verb("blackouts", "blackout")


def _release(parser: ArgumentParser) -> Verb:
    parser.add_argument(
        "--slots", choices=("newest", "all", "drop"),
        help="what becomes of slots that have passed: run the newest of each job, all, or none (default: as jobs say)",
    )  # fmt: skip
    _add_tags(parser)
    parser.add_argument("--jobs", metavar="WORDS", help="the hold on the jobs that these words name")
    parser.add_argument("--all", action="store_true", help="every hold on some of the jobs")
    _add_confirm(parser)
    return _verb("on_jobs", "release")


def _ack(parser: ArgumentParser) -> Verb:
    parser.add_argument("what", metavar="ALERT|all", nargs="?", default="all", help="its number, or all (the default)")
    parser.add_argument("--note", metavar="TEXT", help="kept with the acknowledgement, and shown")
    parser.add_argument("--undo", action="store_true", help="take back the acknowledgement of one alert")
    return _verb("command", "acknowledge")


def _reload(parser: ArgumentParser) -> Verb:
    parser.add_argument("--accept", action="store_true", help="take it up at once even if it removes most jobs")
    return _verb("command", "reload")


def _status(parser: ArgumentParser) -> Verb:
    parser.add_argument("--line", action="store_true", help="one line, for a status bar")
    _add_json(parser)
    return _verb("status", "show_status")


def _validate(parser: ArgumentParser) -> Verb:
    _add_json(parser)
    return _verb("setting_up.validate", "validate")


def _doctor(parser: ArgumentParser) -> Verb:
    _add_json(parser)
    return _verb("setting_up.doctor", "doctor")


def _init(parser: ArgumentParser) -> Verb:
    parser.add_argument("--force", action="store_true", help="replace a file that exists")
    return _verb("setting_up.setup", "init")


def _schema(parser: ArgumentParser) -> Verb:
    parser.add_argument("--strict", action="store_true", help="refuse unknown keys, so that editors mark them")
    return _verb("setting_up.setup", "schema")


def _import_crontab(parser: ArgumentParser) -> Verb:
    add = parser.add_argument
    add("file", metavar="FILE", nargs="?", help="a crontab, or - for standard input (default: yours)")
    add("--system", action="store_true", help="lines name users, as in /etc/crontab (the default file then)")
    add("--run-as", metavar="USER", help="with --system: whose lines to convert (default: your own)")
    add("--write", metavar="FILE", help="into this file, instead of printing it")
    add("--force", action="store_true", help="replace a file that exists")
    return _verb("setting_up.crontab", "import_crontab")


def _install(parser: ArgumentParser) -> Verb:
    add = parser.add_argument
    add("kind", choices=("systemd", "launchd", "cron"), help="what starts the engine")
    level = parser.add_mutually_exclusive_group()
    level.add_argument(
        "--user", dest="level", action="store_const", const="user", help="for yourself (the default, except for root)"
    )
    level.add_argument("--system", dest="level", action="store_const", const="system", help="for the machine")
    add("--run-as", metavar="USER", help="with --system: whose jobs they are (default: you, also through sudo)")
    add("--name", metavar="NAME", default="peak-console", help="of the unit (default: peak-console)")
    action = parser.add_mutually_exclusive_group()
    action.add_argument("--write", action="store_true", help="put it in its place, instead of printing it")
    action.add_argument("--remove", action="store_true", help="take away what --write has put there")
    return _verb("setting_up.install", "install")


def _completion(parser: ArgumentParser) -> Verb:
    parser.add_argument("shell", choices=("bash", "zsh", "fish"), help="the shell")
    parser.add_argument("--words", help=SUPPRESS)  # by the script, at each Tab
    return _verb("setting_up.completion", "completion")


def _serve(parser: ArgumentParser) -> Verb:
    add = parser.add_argument
    add("--host", metavar="ADDR", default="127.0.0.1", help="the address to listen on (default: 127.0.0.1)")
    add("--port", metavar="N", type=int, default=8765, help="its port (default: 8765; 0: any that is free)")
    add("--allow-actions", action="store_true", help="pages may run, stop, disable, hold, acknowledge, not only look")
    add("--allow-network", action="store_true", help="with --host, --metrics: even an address that others can reach")
    add("--name", metavar="NAME", action="append", default=[], help="a host name by which browsers ask for it")
    add("--max-tabs", metavar="N", type=int, default=8, help="how many pages at once (default: 8)")
    metrics = "figures for Prometheus instead, on this address (host: 127.0.0.1)"
    add("--metrics", metavar="[HOST:]PORT", help=metrics)
    return _verb("setting_up.serve", "serve")


def _add_json(parser: _ActionsContainer) -> None:
    parser.add_argument("--json", action="store_true", help="as JSON")


def _verb(module: str, function: str) -> Verb:
    """A verb's function, loaded once it is called."""

    def act(options: Namespace) -> int:
        from importlib import import_module

        verb: Verb = getattr(import_module(f"peak_console.verbs.{module}"), function)
        return verb(options)

    return act


VERBS: VerbTable = {
    "jobs": ("every job: how it stands and why, its schedule, next slot, last run", _jobs),
    "next": ("upcoming slots", _next),
    "forecast": ("what will start when, what waits, what is in time: the engine on a virtual clock", _forecast),
    "plan": ("what another jobs file would change, start at once, and make late; 3 when something would start", _plan),
    "why": ("why a job starts or does not: each condition with what it saw, and what would change it", _why),
    "sessions": ("the days of a calendar with their hours, as schedules see them", _sessions),
    "runs": ("the registry of runs, newest first", _runs),
    "history": ("runs of all jobs by outcome, lateness, trigger and person, newest first", _history),
    "deadlines": ("what has to have run by when, and whether it will", _deadlines),
    "graph": ("which jobs wait for which, and how each stands", _graph),
    "diff": ("what is different between two runs: outcome, duration, arguments, definition, output", _diff),
    "timeline": ("a lane per job: what ran, what runs, and what will run", _timeline),
    "alerts": ("the alert log, newest first", _alerts),
    "alert": ("raise an alert, from a job or by hand", _alert),
    "logs": ("a run's output", _logs),
    "run": ("run a job now", _run),
    "stop": ("ask the runs of jobs, or single runs, to end", _stop),
    "enable": ("let slots of jobs fire again, whatever the jobs file says", _enable),
    "disable": ("let no slot of some jobs fire, for a while or for good", _disable),
    "hold": ("start nothing new at all, or nothing of some jobs, until a moment or until released", _hold),
    "release": ("lift the hold, or one on some of the jobs", _release),
    "blackout": ("windows in which nothing of some jobs starts: list them, add one, end one early", _blackout),
    "gate": ("the gates, and their kill switches: what is closed, by whom and why", _gate),
    "ack": ("acknowledge an alert, or all", _ack),
    "reload": ("have the engine read its jobs file again", _reload),
    "executors": ("where runs are executed, and how busy it is there", _executors),
    "status": ("the engine, the counts, the next slot", _status),
    "validate": ("every error and warning of the jobs file", _validate),
    "doctor": ("whether this machine gives the program and its jobs what they need", _doctor),
    "init": ("write a first jobs file, with its schema for editors", _init),
    "schema": ("print the JSON Schema of jobs files", _schema),
    "import-crontab": ("a jobs file from a crontab, and what could not be converted", _import_crontab),
    "install": ("what starts the engine on this machine: a systemd unit, a launchd list, a line for cron", _install),
    "completion": ("print what completes verbs, flags, jobs and runs in your shell", _completion),
    "serve": ("the console in a browser, on this machine, after a link that works once", _serve),
}
