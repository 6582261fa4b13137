"""What is promised to programs, word by word: the reference is written from it, and tests hold the program to it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from peak_console.decisions.job_status import Standing

if TYPE_CHECKING:
    from collections.abc import Mapping

TEXT, NUMBER, FLAG, TIME, TEXTS, OBJECT = "text", "number", "true or false", "time", "list of texts", "object"
OBJECTS = "list of objects"
OR_NULL = " or null"

RUN: Mapping[str, tuple[str, str]] = {
    "id": (NUMBER, "shown as #123, never given twice"),
    "run_type": (TEXT, "`scheduler_job`, or what a script has logged"),
    "job": (TEXT, "the job"),
    "triggered_by": (TEXT, "`schedule`, `manual`, `retry`, `catch_up`, `script`"),
    "scheduled_for": (TIME + OR_NULL, "its slot; of a run by hand the moment it was asked for"),
    "attempt": (NUMBER, "from 1"),
    "outcome": (
        TEXT + OR_NULL,
        (
            "`succeeded`, `failed`, `timed_out`, `stopped`, `lost`, `not_started`, `unexpected`, `missed`,"
            " `skipped`;"
            " null until it has ended"
        ),
    ),
    "return_code": (NUMBER + OR_NULL, "null when no process ended of itself or by a signal"),
    "started_at": (TIME + OR_NULL, "when its process started"),
    "finished_at": (TIME + OR_NULL, "when it ended"),
    "duration_seconds": (NUMBER + OR_NULL, "from start to end"),
    "lateness_seconds": (NUMBER + OR_NULL, "from slot to start"),
    "late_because": (
        TEXT + OR_NULL,
        (
            "why it started late: `waited for a place behind …`, `waited for an earlier run of its own`,"
            " `engine was down`, `held`, `machine slept`, `retry of an earlier slot`"
        ),
    ),
    "command": (TEXTS, "the argument list, secrets masked"),
    "tags": (TEXTS, "of the job at that time"),
    "tag": (TEXT + OR_NULL, "what a script has logged it under"),
    "args": (OBJECT, "its arguments, or what a script has logged; secrets masked"),
    "mode": (TEXT + OR_NULL, "what its job traded with then: `paper`, `testnet`, `live`"),
    "reason": (TEXT + OR_NULL, "why it waits, was skipped, missed, stopped or not started; what it stands for"),
    "requested_by": (TEXT + OR_NULL, "who asked for it, of a run by hand and its retries"),
    "state": (TEXT, "`queued`, `claimed`, `submitted` (to a cluster), `running`, `finished`"),
    "executor": (TEXT, "where it is executed: `local`, or a name from `[executors]`"),
    "node": (TEXT + OR_NULL, "the node of the cluster that it is on"),
    "submitted_at": (TIME + OR_NULL, "when it was handed to the cluster"),
    "waited_there_seconds": (NUMBER + OR_NULL, "from there to its start"),
    "waits_for": (TEXT + OR_NULL, "why it waits there, as the cluster says"),
    "args_changed": (TEXTS, "the arguments that somebody changed for it by hand"),
    "array_indexes": (TEXT + OR_NULL, "of an array as a whole: the indexes of its runs, as in `0-99`"),
    "array_of": (NUMBER + OR_NULL, "of one run of an array: the id of the whole"),
    "array_index": (NUMBER + OR_NULL, "of one run of an array: its index"),
    "array_values": (OBJECT, "of one run of a matrix: the value of each axis"),
    "cpu_seconds": (NUMBER + OR_NULL, "processor time of its processes, by the kernel; so far, while it runs here"),
    "peak_memory_bytes": (NUMBER + OR_NULL, "the most memory that one of its processes has held"),
}
"""A run, as `runs` and `history` print it."""

CONTRACT: Mapping[str, Mapping[str, tuple[str, str]]] = {
    "jobs": {
        "name": (TEXT, "the job"),
        "mode": (TEXT + OR_NULL, "what it trades with: `paper`, `testnet`, `live`"),
        "enabled": (FLAG, "whether its slots fire"),
        "disabled_by": (TEXT + OR_NULL, "`file` or `operator`"),
        "state": (TEXT, "how it stands: " + ", ".join(f"`{each}`" for each in Standing)),
        "schedule": (TEXT, "in words"),
        "timezone": (TEXT, "of its wall-clock times"),
        "next_slot": (TIME + OR_NULL, "when it is due next"),
        "why_not": (
            OBJECT + OR_NULL,
            "the first condition that keeps it from starting now: `condition`, `sentence`, `until` (null: not known)",
        ),
        "not_served": (TEXT + OR_NULL, "why no engine is going to start it, while engines serve other jobs"),
        "gate": (TEXT + OR_NULL, "the gate that keeps it from starting, with its reason"),
        "array": (
            OBJECT + OR_NULL,
            "`runs`, `succeeded`, `failed`, `under_way`, `waiting`: how far its array is, while one is under way",
        ),
        "blackout": (TEXT + OR_NULL, "the blackout in which nothing of it starts now, with its end"),
        "waiting": (
            OBJECT + OR_NULL,
            "`slots`, `since`, `behind` (the runs, or what else they wait for): its slots that wait for their turn",
        ),
        "last_run": (OBJECT + OR_NULL, "`id`, `outcome`, `return_code`, `started_at`, `finished_at`"),
        "last_success": (OBJECT + OR_NULL, "`id`, `finished_at`"),
        "no_success_since": (TIME + OR_NULL, "its last slot that has passed, where no run has succeeded since"),
        "tags": (TEXTS, "its labels"),
        "meta": (OBJECT, "what its table `meta` holds, secrets masked"),
    },
    "next": {
        "job": (TEXT, "the job"),
        "mode": (TEXT + OR_NULL, "what it trades with: `paper`, `testnet`, `live`"),
        "not_served": (TEXT + OR_NULL, "why no engine is going to start it, while engines serve other jobs"),
        "blackout": (
            OBJECT + OR_NULL,
            "`name`, `policy` (`skip`, `defer`), `until` (null: not known) of the blackout that the slot lies in",
        ),
        "slot": (TIME, "when it is due, in the job's zone"),
    },
    "forecast": {
        "job": (TEXT, "the job"),
        "slot": (TIME + OR_NULL, "its slot"),
        "attempt": (NUMBER, "from 1"),
        "triggered_by": (TEXT, "`schedule`, `manual`, `retry`, `catch_up`, `after`"),
        "starts_at": (TIME + OR_NULL, "when it is expected to start; null: it does not, or still waits at the end"),
        "ends_at": (TIME + OR_NULL, "when it is expected to end"),
        "outcome": (TEXT, "as of `runs`; `queued`: it still waits at the end of the forecast"),
        "reason": (TEXT + OR_NULL, "why it is skipped, missed or stopped"),
        "late_because": (TEXT + OR_NULL, "what it waits for before it starts"),
        "run_id": (NUMBER + OR_NULL, "of a run that is recorded already"),
        "is_guess": (FLAG, "whether no run of the job has ended yet, so that its duration is a guess"),
        "deadline": (TIME + OR_NULL, "the tightest deadline of its slot"),
        "slack_seconds": (NUMBER + OR_NULL, "how much is left until then; negative: it is missed; null: never"),
    },
    "plan": {
        "settings": (
            OBJECTS,
            "`field`, `before`, `after` of each setting that changes; both null where they are not shown",
        ),
        "jobs": (
            OBJECTS,
            "`job`, `change` (`added`, `removed`, `changed`), `fields`, `slot_before`, `slot_after`, `under_way`",
        ),
        "at_once": (TEXTS, "the jobs that would start at once, and would not by the file at work"),
        "broken": (OBJECTS, "`job`, `deadline`, `slack_seconds` of each deadline of the next day that would be missed"),
    },
    "why": {
        "job": (TEXT, "the job"),
        "at": (TIME, "the moment that is told of"),
        "sentence": (TEXT, "why it starts or does not, or what became of it"),
        "change": (TEXT + OR_NULL, "what would change that"),
        "conditions": (
            OBJECTS,
            "`condition`, `holds`, `saw`, `until` (null: not known), in the order in which they are asked",
        ),
        "more": (TEXTS, "its last runs, and what the forecast expects"),
    },
    "sessions": {
        "day": (TEXT, "the day, as the exchange calls it: `2026-12-24`"),
        "session": (FLAG, "whether it is a session"),
        "open": (TIME + OR_NULL, "when it opens, in the zone of the calendar; null without hours"),
        "break_start": (TIME + OR_NULL, "when its break begins"),
        "break_end": (TIME + OR_NULL, "when its break ends"),
        "close": (TIME + OR_NULL, "when it closes"),
        "early_close": (FLAG, "whether that is earlier than usual"),
        "late_open": (FLAG, "whether it opens later than usual"),
    },
    "runs": {
        **RUN,
        "provenance": (OBJECT + OR_NULL, "from what it was made, if that is noted: `commit`, `branch`, `changes`, …"),
    },
    "history": RUN,
    "deadlines": {
        "deadline": (TEXT, "the job, or the name of the `[[deadline]]`"),
        "job": (TEXT, "the job"),
        "slot": (TIME, "its slot"),
        "counts": (TEXT, "`end` or `start`: what has to be by then"),
        "at": (TIME, "by when"),
        "expected": (TIME + OR_NULL, "when it is expected, or was; null: nobody can tell, or never"),
        "late": (TIME + OR_NULL, "by when it will have been in nine of ten cases"),
        "slack_seconds": (NUMBER + OR_NULL, "from what is expected to the deadline; negative is too late"),
        "state": (TEXT, "`missed`, `blocked`, `late`, `tight`, `good`, `unknown`, `met`"),
        "because": (TEXT + OR_NULL, "what is unusual on its way, or keeps it from running"),
        "path": (TEXTS, "the jobs that decide when it ends, the first one first"),
    },
    "graph": {
        "name": (TEXT, "the job; each comes after all that it waits for"),
        "state": (TEXT, "how it stands, as of `jobs`"),
        "waits_for": (TEXT + OR_NULL, "what its slot waits for, if one does"),
        "after": (OBJECTS, "the jobs that it waits for: `job`, `wanted` (`succeeded`, `failed`, `ended`)"),
        "before": (TEXTS, "the jobs that wait for it"),
        "round": (TEXT + OR_NULL, "`day` or `run`; null where it waits for none"),
    },
    "diff": {
        "runs": (TEXTS, "their numbers, the earlier one first"),
        "facts": (OBJECT, "what is recorded of both: each with its two values"),
        "definition": (OBJECT, "the fields of the definition that differ: each with its two values"),
        "digests": (TEXTS, "of the two definitions; null: not kept"),
        "output": (TEXTS, "a unified difference of stdout, then of stderr; empty where they are the same"),
    },
    "timeline": {
        "job": (TEXT, "the job"),
        "what": (TEXT, "`running`, `coming`, or the outcome"),
        "start": (TIME, "when it started, or is due"),
        "end": (TIME, "when it ended, or is expected to end (the median of its last runs)"),
        "run_id": (NUMBER + OR_NULL, "null for a slot ahead"),
        "late_seconds": (NUMBER, "from slot to start, where it was late"),
        "slot": (TIME + OR_NULL, "of a run to come: its slot; it and what follows are null where nothing is foreseen"),
        "attempt": (NUMBER + OR_NULL, "from 1"),
        "foreseen": (TEXT + OR_NULL, "its outcome by the forecast; `queued`: it still waits at the end of that"),
        "because": (TEXT + OR_NULL, "what it waits for, or why it does not run"),
        "deadline": (TIME + OR_NULL, "the tightest deadline of its slot"),
        "slack_seconds": (NUMBER + OR_NULL, "how much is left until then; negative: too late; null: it never comes"),
        "risk": (TEXT + OR_NULL, "of the deadline: `late`, `tight`, `good`, `unknown` (no history yet)"),
    },
    "alerts": {
        "id": (NUMBER, "what `ack` takes"),
        "level": (TEXT, "`info`, `warning`, `critical`"),
        "source": (TEXT, "`scheduler`, `registry`, `delivery`, `state`, `gate`, `job`, `person`"),
        "message": (TEXT, "its first line stands alone, details follow"),
        "timestamp": (TIME, "when it was raised"),
        "context": (OBJECT, "facts for programs"),
        "job": (TEXT + OR_NULL, "the job it is about"),
        "run_id": (NUMBER + OR_NULL, "the run it is about"),
        "acknowledged_at": (TIME + OR_NULL, "when somebody took note"),
        "acknowledged_by": (TEXT + OR_NULL, "who"),
        "note": (TEXT + OR_NULL, "what they have noted"),
        "cause": (TEXT + OR_NULL, "of an incident: what it is about, as in `failed:backup`"),
        "count": (NUMBER, "how often it has happened"),
        "last_at": (TIME, "when it last happened"),
        "resolved_at": (TIME + OR_NULL, "when its cause was gone"),
    },
    "logs": {
        "run_id": (NUMBER, "the run whose output has it (with `--grep`)"),
        "job": (TEXT, "its job"),
        "started_at": (TIME + OR_NULL, "when its process started"),
        "stream": (TEXT, "`out` or `err`"),
        "line": (NUMBER, "in its stream, from 1"),
        "text": (TEXT, "the line, without escape sequences"),
    },
    "blackout": {
        "name": (TEXT, "the blackout, as `blackout end` takes it"),
        "active": (FLAG, "whether its window is now; else the next one is told of"),
        "from": (TIME + OR_NULL, "when the window begins; null: it is over"),
        "until": (TIME + OR_NULL, "when it ends; null: once somebody ends it, or its calendar is not known so far"),
        "policy": (TEXT, "`skip` or `defer`"),
        "on": (TEXT, "which jobs it is on, in words"),
        "jobs": (TEXTS, "those jobs"),
        "rule": (TEXT + OR_NULL, "its windows, as the jobs file has them; null of one that was added"),
        "added_by": (TEXT + OR_NULL, "who has added it; null of one in the jobs file"),
        "reason": (TEXT + OR_NULL, "why"),
    },
    "gate": {
        "name": (TEXT, "the gate"),
        "open": (FLAG, "whether its jobs may start"),
        "reason": (TEXT + OR_NULL, "why it is closed"),
        "words": (TEXT + OR_NULL, "what its check said last"),
        "since": (TIME + OR_NULL, "since when it stands so"),
        "closed_by": (TEXT + OR_NULL, "who keeps it closed by hand"),
        "asks": (TEXT + OR_NULL, "its command, file or variable; null where only people close it"),
        "every": (NUMBER + OR_NULL, "seconds between two questions"),
        "jobs": (TEXTS, "the jobs behind it"),
    },
    "executors": {
        "name": (TEXT, "`local`, or its name in the jobs file"),
        "type": (TEXT, "`local`, `slurm`"),
        "reachable": (FLAG, "whether it answers"),
        "fault": (TEXT + OR_NULL, "why it does not"),
        "waiting": (NUMBER, "our runs that wait there"),
        "running": (NUMBER, "our runs that run there"),
        "limit": (NUMBER + OR_NULL, "how many of our runs may be there at once"),
        "nodes": (NUMBER + OR_NULL, "of the cluster"),
        "nodes_free": (NUMBER + OR_NULL, "those that can take a job"),
        "all_waiting": (NUMBER + OR_NULL, "everybody's jobs that wait"),
        "all_running": (NUMBER + OR_NULL, "everybody's jobs that run"),
    },
    "status": {
        "engine": (
            OBJECT + OR_NULL,
            (
                "`pid`, `host`, `mode`, `version`, `jobs_file`, `since`, `include_tags`, `exclude_tags`, `jobs`"
                " (the names, null: all); null: none serves"
            ),
        ),
        "engines": (OBJECTS, "every engine that serves, with the same keys: several share the jobs by tags"),
        "not_served": (TEXTS, "the jobs that none of them serves"),
        "no_success": (TEXTS, "the jobs whose last slot has passed without a success"),
        "live": (TEXTS, "the enabled jobs that trade with real money"),
        "closed_gates": (OBJECT, "by its name, why each closed gate is closed"),
        "blackouts": (OBJECTS, "those now: `name`, `until`, `policy`, `on` (which jobs, in words)"),
        "places": (OBJECT, "`taken`, `limit` (0: none), `waiting`, `longest_wait_seconds`, `behind`"),
        "hold": (OBJECT + OR_NULL, "`since`, `by`, `reason`; null: none"),
        "holds": (
            OBJECTS,
            "those on some jobs: `since`, `by`, `reason`, `until`, `tags`, `words`, `jobs` (their names now)",
        ),
        "counts": (OBJECT, "how many jobs stand how"),
        "next_slot": (OBJECT + OR_NULL, "`job`, `slot`"),
        "unacknowledged_alerts": (NUMBER, "how many are open"),
        "undelivered": (
            OBJECTS,
            "channels and other outlets that take nothing: `channel`, `since`, `answer`",
        ),
        "config_error": (TEXT + OR_NULL, "why the jobs file cannot be used"),
        "trouble": (TEXT + OR_NULL, "why the engine records nothing, or how long it has been silent"),
        "state_dir": (TEXT, "where state lives"),
    },
    "validate": {
        "path": (TEXT, "the file"),
        "line": (NUMBER, "from 1; 0 when the problem has no place"),
        "column": (NUMBER, "from 1"),
        "message": (TEXT, "what, and what next"),
        "severity": (TEXT, "`error` or `warning`"),
    },
    "doctor": {
        "area": (TEXT, "`program`, `terminal`, `time`, `jobs`, `secrets`, `state`, `files watched`, `processes`"),
        "grade": (TEXT, "`ok`, `note`, `warning` or `problem`"),
        "message": (TEXT, "what was found"),
        "remedy": (TEXT + OR_NULL, "what to do, in one line; null when there is nothing to do"),
    },
}
"""By verb: its keys in their order, each with type and meaning. ``status`` prints one object, the others a list."""

VARIABLES: Mapping[str, str] = {
    "PEAK_CONSOLE_STATE_DIR": "where state lives, unless `--state-dir` says so",
    "PEAK_CONSOLE_CONFIG": "the console's own settings, instead of `~/.config/peak-console/console.toml`",
    "PEAK_CONSOLE_ALERT_URLS": "channels beside those of the jobs file: URLs with blanks between them; or in `.env`",
    "PEAK_CONSOLE_ALERT_LEVEL": "their least level: `info`, `warning` (the default) or `critical`; or in `.env`",
    "NO_COLOR": "a console without colours, when it is set and not empty",
    "VISUAL": "the editor that `e` opens; without it `EDITOR`",
    "EDITOR": "the editor that `e` opens",
    "TZ": "the machine's time zone, for what names no other",
    "VIRTUAL_ENV": "the environment whose `python` a bare `python` is",
    "PATH": "where a command without a slash is looked for",
    "XDG_CONFIG_HOME": "instead of `~/.config`",
    "XDG_STATE_HOME": "instead of `~/.local/state`",
}
"""Those that the program reads."""

RUN_VARIABLES: Mapping[str, str] = {
    "PEAK_JOB_NAME": "the job",
    "PEAK_RUN_ID": "the run's number",
    "PEAK_SCHEDULED_FOR": "its slot, ISO 8601, in the job's time zone with its offset",
    "PEAK_SLOT_DATE": "the day of its slot in the job's time zone: `2026-03-01`",
    "PEAK_TIMEZONE": "the job's time zone; with `UTC`, times without an offset are UTC in `log_scheduler_job_run`",
    "PEAK_ATTEMPT": "which attempt it is, from 1",
    "PEAK_TRIGGER": "why it was started: `schedule`, `manual`, `retry`, `catch_up`",
    "PEAK_MODE": "what it trades with, where its job has a `mode`: `paper`, `testnet`, `live`",
    "PEAK_ARRAY_INDEX": "of one run of an array or a matrix: its index",
    "PEAK_CONSOLE_STATE_DIR": "the state directory, for `log_scheduler_job_run` and verbs",
    "PYTHONUNBUFFERED": "`1`, unless it is set: what a script prints is seen at once",
}
"""Those that each run is given."""

EXTRAS: Mapping[str, str] = {
    "calendars": "the sessions of exchanges, and files of holidays in iCalendar's format",
    "metrics": "figures for Prometheus: `[metrics] file`, `serve --metrics`",
    "web": "`peak-console serve`, the console in a browser",
    "docs": "this documentation as a site",
    "test": "the tests",
    "dev": "working on the program itself",
}
