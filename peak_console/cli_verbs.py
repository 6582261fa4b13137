"""Every verb of the command line: its name, what it is for, and its flags. Loaded only when a verb is named."""

from __future__ import annotations

from peak_console.cli_flags import acting, looking, setting_up

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Final

    from peak_console.cli_flags.shared import Flags

    VerbTable = dict[str, tuple[str, Flags]]

_WHAT_FOR: Final = {
    "jobs": "every job: how it stands and why, its schedule, next slot, last run",
    "next": "upcoming slots",
    "forecast": "what will start when, what waits, what is in time: the engine on a virtual clock",
    "plan": "what another jobs file would change, start at once, and make late; 3 when something would start",
    "why": "why a job starts or does not: each condition with what it saw, and what would change it",
    "sessions": "the days of a calendar with their hours, as schedules see them",
    "runs": "the registry of runs, newest first",
    "history": "runs of all jobs by outcome, lateness, trigger and person, newest first",
    "deadlines": "what has to have run by when, and whether it will",
    "graph": "which jobs wait for which, and how each stands",
    "diff": "what is different between two runs: outcome, duration, arguments, definition, output",
    "timeline": "a lane per job: what ran, what runs, and what will run",
    "alerts": "the alert log, newest first",
    "alert": "raise an alert, from a job or by hand",
    "logs": "a run's output",
    "run": "run jobs now",
    "stop": "ask the runs of jobs, or single runs, to end",
    "enable": "let slots of jobs fire again, whatever the jobs file says",
    "disable": "let no slot of some jobs fire, for a while or for good",
    "hold": "start nothing new at all, or nothing of some jobs, until a moment or until released",
    "release": "lift the hold, or one on some of the jobs",
    "blackout": "windows in which nothing of some jobs starts: list them, add one, end one early",
    "gate": "the gates, and their kill switches: what is closed, by whom and why",
    "ack": "acknowledge an alert, or all",
    "reload": "have the engine read its jobs file again",
    "executors": "where runs are executed, and how busy it is there",
    "status": "the engine, the counts, the next slot",
    "validate": "every error and warning of the jobs file",
    "doctor": "whether this machine gives the program and its jobs what they need",
    "init": "write a first jobs file, with its schema for editors",
    "schema": "print the JSON Schema of jobs files",
    "import-crontab": "a jobs file from a crontab, and what could not be converted",
    "install": "what starts the engine on this machine: a systemd unit, a launchd list, a line for cron",
    "completion": "print what completes verbs, flags, jobs and runs in your shell",
    "serve": "the console in a browser, on this machine, after a link that works once",
}

_FLAGS: Final = {**looking.FLAGS, **acting.FLAGS, **setting_up.FLAGS}

VERBS: VerbTable = {name: (what_for, _FLAGS[name]) for name, what_for in _WHAT_FOR.items()}
