-- Timestamps are ISO 8601 in UTC with microseconds and 'Z', so that they sort as text and any client can read them.

CREATE TABLE runs (
  id             INTEGER PRIMARY KEY AUTOINCREMENT,     -- never reused: shown as #123
  run_type       TEXT    NOT NULL DEFAULT 'scheduler_job',
  job            TEXT    NOT NULL,
  triggered_by   TEXT    NOT NULL CHECK (triggered_by IN ('schedule', 'manual', 'retry', 'catch_up', 'script',
                                                 'after')),
  scheduled_for  TEXT,                                  -- the slot; for a manual run the moment it was asked for
  attempt        INTEGER NOT NULL DEFAULT 1,
  state          TEXT    NOT NULL CHECK (state IN ('queued', 'claimed', 'submitted', 'running', 'finished')),
  outcome        TEXT    CHECK (outcome IN ('succeeded', 'failed', 'timed_out', 'stopped', 'lost', 'not_started',
                                            'missed', 'skipped', 'unexpected')),
  return_code    INTEGER,
  reason         TEXT,                                  -- why it was skipped, stopped, not started; what it stands for
  not_before     TEXT,                                  -- a queued retry waits until then
  claimed_at     TEXT    NOT NULL,
  started_at     TEXT,
  finished_at    TEXT,
  stop_reason    TEXT,                                  -- set before the first signal: 'timeout', or who asked
  supervisor     TEXT,                                  -- the process that looks after it, as pid and start
  executor       TEXT    NOT NULL DEFAULT 'local',         -- where it is executed; the jobs file defines others
  reference      TEXT,                                  -- what its executor finds it by
  submitted_at   TEXT,                                  -- handed to an executor that starts it when it has room
  node           TEXT,                                  -- the machine that it is on, where there are several
  waits_for      TEXT,                                  -- of a submitted run: why it has not started
  command        TEXT,                                  -- JSON list, secrets masked
  args           TEXT,                                  -- JSON object, secrets masked
  tags           TEXT,                                  -- JSON list
  tag            TEXT,
  late_because   TEXT,                                  -- why it started late: what it waited for
  priority       INTEGER NOT NULL DEFAULT 0,            -- who starts first where places are scarce: the higher one
  awaits         TEXT,                                  -- what a queued run waits for before it can have a turn
  round_at       TEXT,                                  -- by what it belongs to a round of its chain; NULL is its slot
  stands_since   TEXT,                                  -- the oldest slot that it stands for
  run_mode       TEXT,                                  -- what its job traded with then: 'paper', 'testnet', 'live'
  requested_by   TEXT,                                  -- who asked for it, of a run by hand
  definition     INTEGER,                               -- the definition that it was claimed with
  args_changed   TEXT,                                  -- JSON list: the arguments that somebody changed for it
  array_indexes  TEXT,                                  -- of an array as a whole: the indexes of its runs, as in 0-99
  array_of       INTEGER,                               -- of one run of an array: the id of the whole
  array_index    INTEGER,
  array_values   TEXT,                                  -- JSON object: of one run of a matrix the value of each axis
  cpu_seconds    REAL,                                  -- processor time of its processes, as the kernel has counted it
  peak_memory_bytes INTEGER,                            -- the most memory that one of them has held
  UNIQUE (job, scheduled_for, attempt),                 -- nothing runs twice
  CHECK ((state = 'finished') = (outcome IS NOT NULL))
);
CREATE INDEX runs_unfinished ON runs (id) WHERE state <> 'finished';
CREATE INDEX runs_of_job ON runs (job, id, outcome);     -- the outcome, so that only what is wanted is looked at
CREATE INDEX runs_of_outcome ON runs (outcome, id) WHERE outcome IS NOT NULL;
CREATE INDEX runs_of_trigger ON runs (triggered_by, id) WHERE triggered_by <> 'schedule';
CREATE INDEX runs_of_person ON runs (requested_by, id) WHERE requested_by IS NOT NULL;
CREATE INDEX runs_late ON runs (id) WHERE late_because IS NOT NULL;
CREATE INDEX runs_of_array ON runs (array_of, state) WHERE array_of IS NOT NULL;
CREATE INDEX runs_of_type ON runs (run_type, id) WHERE run_type <> 'scheduler_job';

CREATE TABLE job_state (
  job             TEXT PRIMARY KEY,
  schedule        TEXT NOT NULL,                        -- fingerprint: an edited wall-clock schedule starts afresh
  decided_until   TEXT,                                 -- every slot up to here has been decided
  off_since       TEXT,                                 -- seen disabled: slots from here on never fire
  failures        INTEGER NOT NULL DEFAULT 0,           -- final failures in a row
  override        TEXT CHECK (override IN ('enabled', 'disabled')),
  override_until  TEXT,
  override_reason TEXT,
  override_by     TEXT,
  override_at     TEXT
);

CREATE TABLE commands (
  id          INTEGER PRIMARY KEY AUTOINCREMENT,
  verb        TEXT NOT NULL,
  job         TEXT,
  run_id      INTEGER,
  arguments   TEXT NOT NULL DEFAULT '{}',               -- JSON object
  issued_by   TEXT NOT NULL,
  issued_at   TEXT NOT NULL,
  answered_at TEXT,
  answer      TEXT CHECK (answer IN ('done', 'refused')),
  message     TEXT
);
CREATE INDEX commands_open ON commands (id) WHERE answered_at IS NULL;

CREATE TABLE alerts (
  id              INTEGER PRIMARY KEY AUTOINCREMENT,
  level           TEXT NOT NULL CHECK (level IN ('info', 'warning', 'critical')),
  source          TEXT NOT NULL DEFAULT 'scheduler',
  message         TEXT NOT NULL,
  timestamp       TEXT NOT NULL,
  context         TEXT NOT NULL DEFAULT '{}',           -- JSON object
  job             TEXT,
  run_id          INTEGER,
  acknowledged_at TEXT,
  acknowledged_by TEXT,
  cause           TEXT,                                 -- of an incident: what it is about, as in failed:backup
  count           INTEGER NOT NULL DEFAULT 1,           -- how often it has happened
  last_at         TEXT,                                 -- when it last happened
  told_at         TEXT,                                 -- when the channels were last told
  resolved_at     TEXT,                                 -- when its cause was gone
  ack_note        TEXT                                  -- what who acknowledged it has noted
);
CREATE INDEX alerts_open ON alerts (id) WHERE acknowledged_at IS NULL AND resolved_at IS NULL;
CREATE UNIQUE INDEX alerts_incidents ON alerts (cause) WHERE cause IS NOT NULL AND resolved_at IS NULL;
CREATE INDEX alerts_of_job ON alerts (job, id);

CREATE TABLE deliveries (                               -- the outbox: what has to be sent, and how it went
  id              INTEGER PRIMARY KEY AUTOINCREMENT,
  alert_id        INTEGER NOT NULL REFERENCES alerts (id) ON DELETE CASCADE,
  channel         TEXT NOT NULL,                        -- the channel's name; its URL is a secret
  attempts        INTEGER NOT NULL DEFAULT 0,
  next_attempt_at TEXT,                                 -- NULL once delivered or given up
  delivered_at    TEXT,
  last_error      TEXT,
  only_if_open    INTEGER NOT NULL DEFAULT 0             -- 1: not sent once the alert is acknowledged or resolved
);
CREATE INDEX deliveries_open ON deliveries (next_attempt_at) WHERE next_attempt_at IS NOT NULL;
CREATE INDEX deliveries_of_alert ON deliveries (alert_id);

CREATE TABLE engine (                                   -- one row: the engine that last served this directory
  id           INTEGER PRIMARY KEY CHECK (id = 1),
  pid          INTEGER,                                 -- NULL once it has stopped cleanly
  host         TEXT,
  mode         TEXT,                                    -- 'console', 'headless', 'once', 'draining'
  version      TEXT,
  jobs_file    TEXT,
  started_at   TEXT,
  stopped_at   TEXT,
  loaded_at    TEXT,                                    -- when its present job definitions were read
  config_error TEXT,                                    -- why the jobs file as it stands now was rejected
  hold_since   TEXT,
  hold_by      TEXT,
  hold_reason  TEXT
);
INSERT INTO engine (id) VALUES (1);

CREATE TABLE definitions (                              -- of jobs, each text once: a line for each field, secrets masked
  id   INTEGER PRIMARY KEY,
  text TEXT NOT NULL UNIQUE
);

CREATE TABLE actions (                                  -- the shift log: who did what
  id      INTEGER PRIMARY KEY,
  at      TEXT NOT NULL,
  person  TEXT NOT NULL,                                -- who asked for it; 'jobs file' of a save that was taken up
  verb    TEXT NOT NULL,                                -- as the command is called; also 'begin', 'end' of an engine
  job     TEXT,
  run_id  INTEGER,
  message TEXT NOT NULL,                                -- what came of it
  reason  TEXT                                          -- the reason, or the note, that was given with it
);
CREATE INDEX actions_of_person ON actions (person, id);

CREATE TABLE holds (                                    -- on some of the jobs; the one on all is in the row about the engine
  id     INTEGER PRIMARY KEY,
  since  TEXT NOT NULL,
  held_by TEXT NOT NULL,
  reason TEXT,
  until  TEXT,                                          -- when it ends of itself
  tags   TEXT NOT NULL,                                 -- JSON list: on jobs with one of them; empty: whatever the tags
  words  TEXT NOT NULL                                  -- on jobs that these words are about; empty: whatever the name
);

CREATE TABLE blackouts (                                -- that people have added; those of the jobs file are not here
  name     TEXT PRIMARY KEY,
  since    TEXT NOT NULL,                               -- when it was added
  begins   TEXT NOT NULL,
  ends     TEXT,                                        -- NULL: once somebody ends it
  policy   TEXT NOT NULL CHECK (policy IN ('skip', 'defer')),
  added_by TEXT NOT NULL,
  reason   TEXT,
  tags     TEXT NOT NULL,                               -- as of holds
  words    TEXT NOT NULL
);

CREATE TABLE engines (                                  -- who serves which jobs: a row for each selection of tags
  lock         TEXT PRIMARY KEY,                        -- a file: who does not hold this lock does not serve
  pid          INTEGER,
  host         TEXT,
  mode         TEXT,
  version      TEXT,
  jobs_file    TEXT,
  started_at   TEXT,
  stopped_at   TEXT,                                    -- it has left in order, or let others dispatch
  include_tags TEXT NOT NULL,                           -- JSON list
  exclude_tags TEXT NOT NULL,                           -- JSON list
  jobs         TEXT                                     -- JSON list of the jobs that it serves; NULL is all
);

CREATE TABLE gates (                                    -- what people and checks have said of each gate
  gate          TEXT PRIMARY KEY,
  closed_at     TEXT,                                   -- a person has closed it, whatever its check says
  closed_by     TEXT,
  closed_reason TEXT,
  answer        TEXT CHECK (answer IN ('open', 'closed')),
  words         TEXT,                                   -- of its check, with its answer
  answered_at   TEXT                                    -- when the check began to answer so
);

CREATE TABLE provenance (                               -- from what a run was made
  run_id INTEGER PRIMARY KEY REFERENCES runs (id) ON DELETE CASCADE,
  facts  TEXT NOT NULL                                  -- JSON object
);

CREATE TABLE metrics (                                  -- the numbers of a run's result
  run_id INTEGER NOT NULL REFERENCES runs (id) ON DELETE CASCADE,
  name   TEXT    NOT NULL,
  value  REAL    NOT NULL,
  PRIMARY KEY (run_id, name)
) WITHOUT ROWID;

CREATE TABLE totals (                                   -- what was ever counted: no removal of rows makes it less
  id    INTEGER PRIMARY KEY,
  name  TEXT NOT NULL,                                  -- what is counted, as in runs_ended
  label TEXT NOT NULL,                                  -- of which kind: an outcome, a channel; empty where there are none
  value REAL NOT NULL,
  UNIQUE (name, label)
);

CREATE TABLE on_finish_owed (                           -- runs that have ended, and whose on_finish command has not
  run_id     INTEGER PRIMARY KEY REFERENCES runs (id) ON DELETE CASCADE,
  supervisor TEXT                                       -- the engine that is going to run it, as pid and start
);
