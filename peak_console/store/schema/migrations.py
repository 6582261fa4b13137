"""The steps from each version of the schema to the next, and how a reader sees a registry of an older version."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

_RUNS_4 = (
    "id, run_type, job, triggered_by, scheduled_for, attempt, state, outcome, return_code, reason, not_before,"
    " claimed_at, started_at, finished_at, stop_reason, supervisor, command, args, tags, tag, late_because"
)
_RUNS = (
    # First of all: the table of runs is made anew, as runs have further triggers, states and outcomes, and an executor
    # with its reference in place of a process id.
    (
        "CREATE TABLE runs_5 ( id INTEGER PRIMARY KEY AUTOINCREMENT, run_type TEXT NOT NULL DEFAULT 'scheduler_job',"
        " job TEXT NOT NULL, triggered_by TEXT NOT NULL CHECK (triggered_by IN ('schedule', 'manual', 'retry',"
        " 'catch_up', 'script', 'after')), scheduled_for TEXT, attempt INTEGER NOT NULL DEFAULT 1, state TEXT NOT NULL"
        " CHECK (state IN ('queued', 'claimed', 'submitted', 'running', 'finished')), outcome TEXT CHECK (outcome IN"
        " ('succeeded', 'failed', 'timed_out', 'stopped', 'lost', 'not_started', 'missed', 'skipped', 'unexpected')),"
        " return_code INTEGER,"
        " reason TEXT, not_before TEXT, claimed_at TEXT NOT NULL, started_at TEXT, finished_at TEXT, stop_reason TEXT,"
        " supervisor TEXT, executor TEXT NOT NULL DEFAULT 'local', reference TEXT, submitted_at TEXT, node TEXT,"
        " waits_for TEXT, command TEXT, args TEXT, tags TEXT, tag TEXT,"
        " late_because TEXT, priority INTEGER NOT NULL DEFAULT 0, awaits TEXT, round_at TEXT, stands_since TEXT,"
        " run_mode TEXT,"
        " UNIQUE (job, scheduled_for, attempt),"
        " CHECK ((state = 'finished') = (outcome IS NOT NULL)) )"
    ),
    # What is damaged is taken over as it is, and mended row by row later.
    "PRAGMA ignore_check_constraints = ON",
    f"INSERT INTO runs_5 ({_RUNS_4}, reference) SELECT {_RUNS_4}, pid || ' ' || pid_started FROM runs",
    "PRAGMA ignore_check_constraints = OFF",
    # Numbers go on from the highest that was ever given, not from the highest that is left.
    "DELETE FROM sqlite_sequence WHERE name = 'runs_5'",
    "INSERT INTO sqlite_sequence (name, seq) SELECT 'runs_5', seq FROM sqlite_sequence WHERE name = 'runs'",
    "DROP TABLE runs",
    "ALTER TABLE runs_5 RENAME TO runs",
    "CREATE INDEX runs_unfinished ON runs (id) WHERE state <> 'finished'",
    "CREATE INDEX runs_of_job ON runs (job, id, outcome)",
    "CREATE INDEX runs_of_outcome ON runs (outcome, id) WHERE outcome IS NOT NULL",
    "CREATE INDEX runs_of_type ON runs (run_type, id) WHERE run_type <> 'scheduler_job'",
)
"""What executors, chains of jobs, modes of runs and results that are not as expected need."""
_HISTORY = (
    "ALTER TABLE runs ADD COLUMN requested_by TEXT",
    "ALTER TABLE runs ADD COLUMN definition INTEGER",
    "CREATE TABLE definitions ( id INTEGER PRIMARY KEY, text TEXT NOT NULL UNIQUE )",
    (
        "UPDATE runs SET requested_by = asked.issued_by FROM (SELECT run_id, issued_by FROM commands"
        " WHERE verb = 'run' AND run_id IS NOT NULL) AS asked WHERE id = asked.run_id AND triggered_by = 'manual'"
    ),
    "CREATE INDEX runs_of_trigger ON runs (triggered_by, id) WHERE triggered_by <> 'schedule'",
    "CREATE INDEX runs_of_person ON runs (requested_by, id) WHERE requested_by IS NOT NULL",
    "CREATE INDEX runs_late ON runs (id) WHERE late_because IS NOT NULL",
    (
        "CREATE TABLE actions ( id INTEGER PRIMARY KEY, at TEXT NOT NULL, person TEXT NOT NULL, verb TEXT NOT NULL,"
        " job TEXT, run_id INTEGER, message TEXT NOT NULL, reason TEXT )"
    ),
    "CREATE INDEX actions_of_person ON actions (person, id)",
    (
        "INSERT INTO actions (at, person, verb, job, run_id, message, reason) SELECT answered_at, issued_by, verb, job,"
        " run_id, coalesce(message, ''), iif(json_valid(arguments), json_extract(arguments, '$.reason'), NULL)"
        " FROM commands WHERE answer = 'done' ORDER BY id"
    ),
    (
        "CREATE TABLE holds ( id INTEGER PRIMARY KEY, since TEXT NOT NULL, held_by TEXT NOT NULL, reason TEXT,"
        " until TEXT, tags TEXT NOT NULL, words TEXT NOT NULL )"
    ),
)
_TRUST = (
    (
        "CREATE TABLE gates ( gate TEXT PRIMARY KEY, closed_at TEXT, closed_by TEXT, closed_reason TEXT,"
        " answer TEXT CHECK (answer IN ('open', 'closed')), words TEXT, answered_at TEXT )"
    ),
    (
        "CREATE TABLE provenance ( run_id INTEGER PRIMARY KEY REFERENCES runs (id) ON DELETE CASCADE,"
        " facts TEXT NOT NULL )"
    ),
    (
        "CREATE TABLE metrics ( run_id INTEGER NOT NULL REFERENCES runs (id) ON DELETE CASCADE, name TEXT NOT NULL,"
        " value REAL NOT NULL, PRIMARY KEY (run_id, name) ) WITHOUT ROWID"
    ),
    "ALTER TABLE deliveries ADD COLUMN only_if_open INTEGER NOT NULL DEFAULT 0",
)
"""What gates, results, provenance and escalation need."""
_NOTES = (
    "ALTER TABLE alerts ADD COLUMN ack_note TEXT",
    "ALTER TABLE runs ADD COLUMN args_changed TEXT",
)
"""What an acknowledgement may say, and what was changed for a run by hand."""
_TOTALS = (
    (
        "CREATE TABLE totals ( id INTEGER PRIMARY KEY, name TEXT NOT NULL, label TEXT NOT NULL, value REAL NOT NULL,"
        " UNIQUE (name, label) )"
    ),
    # What is still kept begins the counts.
    (
        "INSERT INTO totals (name, label, value) SELECT 'runs_ended', outcome, count(*) FROM runs"
        " WHERE outcome IS NOT NULL AND run_type = 'scheduler_job' GROUP BY outcome"
    ),
    (
        "INSERT INTO totals (name, label, value) SELECT 'runs_started', '', count(*) FROM runs"
        " WHERE started_at IS NOT NULL AND run_type = 'scheduler_job'"
    ),
)
"""What metrics need."""
_ARRAYS = (
    "ALTER TABLE runs ADD COLUMN array_indexes TEXT",
    "ALTER TABLE runs ADD COLUMN array_of INTEGER",
    "ALTER TABLE runs ADD COLUMN array_index INTEGER",
    "ALTER TABLE runs ADD COLUMN array_values TEXT",
    "CREATE INDEX runs_of_array ON runs (array_of, state) WHERE array_of IS NOT NULL",
)
"""What slots need that consist of several runs."""
_BLACKOUTS = (
    (
        "CREATE TABLE blackouts ( name TEXT PRIMARY KEY, since TEXT NOT NULL, begins TEXT NOT NULL, ends TEXT,"
        " policy TEXT NOT NULL CHECK (policy IN ('skip', 'defer')), added_by TEXT NOT NULL, reason TEXT,"
        " tags TEXT NOT NULL, words TEXT NOT NULL )"
    ),
)
"""What people add to the blackouts of a jobs file."""
_USAGE = (
    "ALTER TABLE runs ADD COLUMN cpu_seconds REAL",
    "ALTER TABLE runs ADD COLUMN peak_memory_bytes INTEGER",
)
"""What a run has used."""
_OWED = (
    (
        "CREATE TABLE on_finish_owed ( run_id INTEGER PRIMARY KEY REFERENCES runs (id) ON DELETE CASCADE,"
        " supervisor TEXT )"
    ),
)
"""What commands that are told of ends need."""
MIGRATIONS: dict[int, Sequence[str]] = {
    1: (
        "DROP INDEX runs_of_job",
        "CREATE INDEX runs_of_job ON runs (job, id, outcome)",
        "CREATE INDEX runs_of_outcome ON runs (outcome, id) WHERE outcome IS NOT NULL",
        "DROP INDEX runs_of_type",
        "CREATE INDEX runs_of_type ON runs (run_type, id) WHERE run_type <> 'scheduler_job'",
        "CREATE INDEX alerts_of_job ON alerts (job, id)",
    ),
    2: (
        "ALTER TABLE alerts ADD COLUMN cause TEXT",
        "ALTER TABLE alerts ADD COLUMN count INTEGER NOT NULL DEFAULT 1",
        "ALTER TABLE alerts ADD COLUMN last_at TEXT",
        "ALTER TABLE alerts ADD COLUMN told_at TEXT",
        "ALTER TABLE alerts ADD COLUMN resolved_at TEXT",
        # What a later success has made good is resolved.
        (
            "UPDATE alerts SET resolved_at = (SELECT finished_at FROM runs WHERE runs.job = alerts.job"
            " AND runs.id >= alerts.run_id AND outcome = 'succeeded' ORDER BY runs.id LIMIT 1)"
            " WHERE level <> 'info' AND job IS NOT NULL AND run_id IS NOT NULL"
        ),
        # The newest of what is left goes on as the incident of its cause; the earlier ones are part of it.
        (
            "UPDATE alerts SET cause = (SELECT outcome || ':' || runs.job FROM runs WHERE runs.id = alerts.run_id"
            " AND outcome IN ('failed', 'timed_out', 'lost', 'not_started', 'missed'))"
            " WHERE level <> 'info' AND resolved_at IS NULL AND run_id IS NOT NULL"
        ),
        (
            "UPDATE alerts SET last_at = timestamp, told_at = timestamp, count = same.number FROM"
            " (SELECT max(id) AS newest, count(*) AS number FROM alerts WHERE cause IS NOT NULL GROUP BY cause) AS same"
            " WHERE id = same.newest"
        ),
        "UPDATE alerts SET resolved_at = timestamp WHERE cause IS NOT NULL AND last_at IS NULL",
        "DROP INDEX alerts_open",
        "CREATE INDEX alerts_open ON alerts (id) WHERE acknowledged_at IS NULL AND resolved_at IS NULL",
        "CREATE UNIQUE INDEX alerts_incidents ON alerts (cause) WHERE cause IS NOT NULL AND resolved_at IS NULL",
    ),
    3: (
        "ALTER TABLE runs ADD COLUMN late_because TEXT",
        (
            "CREATE TABLE engines ( lock TEXT PRIMARY KEY, pid INTEGER, host TEXT, mode TEXT, version TEXT,"
            " jobs_file TEXT, started_at TEXT, stopped_at TEXT, include_tags TEXT NOT NULL,"
            " exclude_tags TEXT NOT NULL, jobs TEXT )"
        ),
    ),
    4: (*_RUNS, *_HISTORY, *_TRUST, *_NOTES, *_TOTALS, *_ARRAYS, *_BLACKOUTS, *_USAGE, *_OWED),
}
"""By version: the statements that lead from it to the next one. ``schema.sql`` is always the newest version."""
STAND_INS: dict[int, Mapping[str, str]] = {
    4: {"late_because": "NULL"},
    5: {
        "executor": "'local'",
        "reference": "pid || ' ' || pid_started",
        "submitted_at": "NULL",
        "node": "NULL",
        "waits_for": "NULL",
        "awaits": "NULL",
        "priority": "0",
        "round_at": "NULL",
        "stands_since": "NULL",
        "run_mode": "NULL",
        "requested_by": "NULL",
        "ack_note": "NULL",
        "args_changed": "NULL",
        "array_indexes": "NULL",
        "array_of": "NULL",
        "array_index": "NULL",
        "array_values": "NULL",
        "cpu_seconds": "NULL",
        "peak_memory_bytes": "NULL",
    },
}
"""By version: the columns that it has brought, and what who only looks reads in their place in an older registry."""
INCIDENTS_SINCE = 3
ALERTS_BEFORE = (
    "CREATE TEMP VIEW alerts AS SELECT *, NULL AS cause, 1 AS count, NULL AS last_at, NULL AS told_at,"
    " NULL AS resolved_at FROM main.alerts"
)
"""How who only looks sees the alerts of a registry from before there were incidents: he changes nothing in it."""


def stand_ins(version: int) -> list[tuple[str, str]]:
    """The columns that a registry of ``version`` lacks, each with the SQL that a reader reads in its place."""
    later = [columns for brought_by, columns in STAND_INS.items() if brought_by > version]
    return [pair for columns in later for pair in columns.items()]


def views(version: int) -> list[str]:
    """The temporary views through which a reader sees a registry of ``version`` as one of ours."""
    return [ALERTS_BEFORE] if version < INCIDENTS_SINCE else []
