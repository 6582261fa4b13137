"""Runs and what is remembered of jobs between starts. Each method is one transaction, or joins one."""

from __future__ import annotations

from peak_console.model.terms import BEYOND_BOUNDS, LATENESS_BOUNDS, LOCAL, Counted, Outcome, RunState, Trigger
from peak_console.store import cells
from peak_console.store.database import Database
from peak_console.store.history import RUN_TYPE
from peak_console.store.rows import RUN_COLUMNS, STATE_COLUMNS, as_json, refuse, run_from, stamp, state_from

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import datetime
    from typing import Any

    from peak_console.model.records import Claim, JobState, Override, Run


NEVER = "9999-12-31"
"""Later than every moment that is stored."""
MOST_OF_ROUND = 200
"""So many runs of a job in one round are looked at; of a job with more the newest."""
COUNTED = ("runs", "commands", "alerts", "deliveries")
"""The tables whose rows get numbers that are never given again."""


def counter_faults(store: Database) -> list[str]:
    """The tables of which the registry does not know any more which number comes next, or has none left; the outbox."""
    given = dict(store._rows("SELECT name, seq FROM sqlite_sequence"))  # noqa: SLF001
    faults = []
    for table in COUNTED:
        highest = store._rows(f"SELECT coalesce(max(id), 0) FROM {table}")[0][0]  # noqa: SLF001
        seq = given.get(table, 0 if table != "runs" else None)
        if not isinstance(seq, int) or not 0 <= seq <= cells.MOST_RUN_ID or highest > cells.MOST_RUN_ID:
            faults.append(table)
    # What is due at no moment would never be sent.
    if store._rows("SELECT 1 FROM deliveries WHERE next_attempt_at > ? LIMIT 1", (NEVER,)):  # noqa: SLF001
        faults.append("outbox")
    return faults


def _claimed(claim: Claim, at: str | None, supervisor: str) -> tuple[Any, ...]:
    """The values of a claim's row, in the order of the statement that inserts it."""
    state = RunState.FINISHED if claim.outcome else RunState.QUEUED if claim.queued else RunState.CLAIMED
    return (
        claim.definition, RUN_TYPE, claim.job, claim.triggered_by, stamp(claim.scheduled_for), claim.attempt, state,
        claim.outcome, claim.reason, stamp(claim.not_before), at, at if claim.outcome else None,
        as_json(claim.command), as_json(claim.args), as_json(claim.tags), claim.tag,
        supervisor if state == RunState.CLAIMED else None, claim.late_because, claim.awaits,
        stamp(claim.round_at), stamp(claim.stands_since), claim.run_mode, claim.requested_by,
        claim.executor, claim.priority, as_json(claim.args_changed) if claim.args_changed else None,
        claim.array_indexes, claim.array_of, claim.array_index,
        as_json(claim.array_values) if claim.array_values else None,
    )  # fmt: skip


class RunRecords(Database):
    """The registry of runs."""

    def claim(self, claims: Sequence[Claim], now: datetime, supervisor: str) -> list[Run]:
        """Record every claim durably. A claim whose slot and attempt are already recorded is left out.

        ``supervisor`` names the process that is going to start and watch those that are not queued.
        """
        definitions = {claim.definition for claim in claims if claim.definition is not None}
        with self:
            self._write_all("INSERT OR IGNORE INTO definitions (text) VALUES (?)", [(text,) for text in definitions])
            newest = self.newest_run_id()
            self._write_all(
                "INSERT OR IGNORE INTO runs (definition, run_type, job, triggered_by, scheduled_for, attempt, state,"
                " outcome, reason, not_before, claimed_at, finished_at, command, args, tags, tag, supervisor,"
                " late_because, awaits, round_at, stands_since, run_mode, requested_by, executor, priority,"
                " args_changed, array_indexes, array_of, array_index, array_values)"
                f" VALUES ((SELECT id FROM definitions WHERE text = ?), {', '.join('?' * 29)})",
                [_claimed(claim, stamp(now), supervisor) for claim in claims],
            )
            rows = self._rows(f"SELECT {RUN_COLUMNS} FROM runs WHERE id > ? ORDER BY id", (newest,))
            runs = [run_from(row) for row in rows]
            for run in runs:
                if run.outcome:
                    self.count(Counted.ENDED, run.outcome)
            return runs

    def take_from_queue(
        self, run_id: int, supervisor: str, late_because: str | None = None, executor: str = LOCAL
    ) -> bool:
        """Turn a queued run into a claimed one, with why it is late and where it is executed.

        ``False`` when another engine did.
        """
        sql = (
            "UPDATE runs SET state = 'claimed', supervisor = ?, late_because = coalesce(?, late_because), executor = ?"
            " WHERE id = ? AND state = 'queued'"
        )
        return self._write(sql, (supervisor, late_because, executor, run_id)).rowcount == 1

    def runs_of_round(self, job: str, since: datetime | None, until: datetime | None) -> list[Run]:
        """A job's runs from a slot on, newest slot first: those before ``until``, and those that may count beyond it.

        Those are runs by hand, further attempts, and runs that stand for earlier slots. Of very many the newest.
        """
        sql = (
            f"SELECT {RUN_COLUMNS} FROM runs WHERE job = ? AND scheduled_for >= ?"
            " AND (coalesce(round_at, scheduled_for) < ? OR triggered_by IN ('manual', 'retry') OR stands_since < ?)"
            " ORDER BY scheduled_for DESC, attempt DESC LIMIT ?"
        )
        end = stamp(until) or NEVER
        return [run_from(row) for row in self._rows(sql, (job, stamp(since) or "", end, end, MOST_OF_ROUND))]

    def awaits(self, run: Run) -> bool:
        """Replace what a queued run waits for, and its reasons; ``False`` when it is no longer queued."""
        sql = "UPDATE runs SET awaits = ?, reason = ?, late_because = ? WHERE id = ? AND state = 'queued'"
        return self._write(sql, (run.awaits, run.reason, run.late_because, run.id)).rowcount == 1

    def comes_due(self, run: Run) -> bool:
        """Record the slot that came out when a queued run's upstreams had ended; ``False`` when that is taken."""
        sql = "UPDATE OR IGNORE runs SET scheduled_for = ?, round_at = ? WHERE id = ? AND state = 'queued'"
        return self._write(sql, (stamp(run.scheduled_for), stamp(run.round_at), run.id)).rowcount == 1

    def is_queued(self, run_id: int) -> bool:
        """Whether a run waits in the queue."""
        return bool(self._rows("SELECT 1 FROM runs WHERE id = ? AND state = 'queued'", (run_id,)))

    def give_back(self, run: Run, late_because: str) -> bool:
        """Queue a claimed run again that its supervisor never started; ``False`` when another engine has taken it."""
        sql = (
            "UPDATE runs SET state = 'queued', supervisor = NULL, late_because = ?"
            " WHERE id = ? AND supervisor IS ? AND state = 'claimed'"
        )
        return self._write(sql, (late_because, run.id, run.supervisor)).rowcount == 1

    def take_over(self, run: Run, supervisor: str) -> bool:
        """Look after a run whose supervisor is gone; ``False`` when another engine already does."""
        sql = "UPDATE runs SET supervisor = ? WHERE id = ? AND supervisor IS ? AND state <> 'finished'"
        return self._write(sql, (supervisor, run.id, run.supervisor)).rowcount == 1

    def submitted(self, run_id: int, at: datetime, reference: str, waits_for: str | None) -> None:
        """A claimed run was handed to its executor, which starts it when it has room; or what it waits for changed."""
        self._write(
            "UPDATE runs SET state = 'submitted', submitted_at = coalesce(submitted_at, ?), reference = ?,"
            " waits_for = ? WHERE id = ? AND state IN ('claimed', 'submitted')",
            (stamp(at), reference, waits_for, run_id),
        )

    def started(
        self, run_id: int, at: datetime, reference: str | None, node: str | None = None, *, late: float | None = None
    ) -> None:
        """A claimed or submitted run has its process; ``late`` is the lateness that is counted, if any is."""
        sql = (
            "UPDATE runs SET state = 'running', started_at = ?, reference = coalesce(?, reference), node = ?,"
            " waits_for = NULL WHERE id = ? AND state IN ('claimed', 'submitted')"
        )
        with self:
            if self._write(sql, (stamp(at), reference, node, run_id)).rowcount == 1:
                self._count_start(late)

    def _count_start(self, late: float | None) -> None:
        self.count(Counted.STARTED)
        if late is not None:
            late = max(0.0, late)
            bound = next((format(bound, "g") for bound in LATENESS_BOUNDS if late <= bound), BEYOND_BOUNDS)
            self.count(Counted.LATE, bound)
            self.count(Counted.LATE_SECONDS, by=late)

    def stopping(self, run_id: int, reason: str) -> None:
        """Say why a run is about to be stopped, so that any engine that records its end understands it.

        The first reason stays: a run that timed out has timed out, even if an operator then stops it.
        """
        self._write("UPDATE runs SET stop_reason = coalesce(stop_reason, ?) WHERE id = ?", (reason, run_id))

    def finish(
        self,
        run_id: int,
        outcome: str,
        return_code: int | None,
        at: datetime,
        reason: str | None = None,
        *,
        cpu_seconds: float | None = None,
        peak_memory_bytes: int | None = None,
    ) -> bool:
        """Record a run's end, with what it has used; ``False`` when it had already been recorded."""
        sql = (
            "UPDATE runs SET state = 'finished', outcome = ?, return_code = ?, finished_at = ?, not_before = NULL,"
            " awaits = NULL, reason = coalesce(?, reason), cpu_seconds = ?, peak_memory_bytes = ?"
            " WHERE id = ? AND state <> 'finished'"
        )
        values = (outcome, return_code, stamp(at), reason, cpu_seconds, peak_memory_bytes, run_id)
        with self:
            is_news = self._write(sql, values).rowcount == 1
            if is_news:
                self.count(Counted.ENDED, outcome)
        return is_news

    def forget(self, run_ids: Sequence[int]) -> None:
        """Remove runs from the registry, in any state."""
        with self:
            for run_id in run_ids:
                self._write("DELETE FROM runs WHERE id = ?", (run_id,))

    def log_run(self, run_type: str, claim: Claim, return_code: int, started: datetime, finished: datetime) -> int:
        """Record a run that a script executed; its id."""
        outcome = Outcome.SUCCEEDED if return_code == 0 else Outcome.FAILED
        cursor = self._write(
            "INSERT INTO runs (run_type, job, triggered_by, attempt, state, outcome, return_code, claimed_at,"
            " started_at, finished_at, command, args, tags, tag)"
            " VALUES (?, ?, 'script', 1, 'finished', ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (
                run_type, claim.job, outcome, return_code, stamp(started), stamp(started), stamp(finished),
                as_json(claim.command), as_json(claim.args), as_json(claim.tags), claim.tag,
            ),
        )  # fmt: skip
        return int(cursor.lastrowid or 0)

    def is_by_hand(self, run: Run) -> bool:
        """Whether a person asked for a run, or for the run that it retries."""
        if run.triggered_by != Trigger.RETRY:
            return run.triggered_by == Trigger.MANUAL
        sql = "SELECT triggered_by FROM runs WHERE job = ? AND scheduled_for = ? AND attempt = 1"
        return self._rows(sql, (run.job, stamp(run.scheduled_for))) == [(Trigger.MANUAL,)]

    def unfinished(self, *, strict: bool = False) -> list[Run]:
        """Every run that is queued, claimed, submitted or running, oldest first.

        ``strict``: raises ``DamagedRowError`` for a row that makes no sense; engines ask for that.
        """
        sql = f"SELECT {RUN_COLUMNS} FROM runs WHERE state <> 'finished' ORDER BY id"
        return [run_from(row, strict=strict) for row in self._rows(sql)]

    def active_jobs(self) -> list[str]:
        """The job of each run that has a process or is about to, as the jobs file calls it."""
        sql = "SELECT job, array_of FROM runs WHERE state <> 'finished' AND state <> 'queued' AND array_indexes IS NULL"
        return [job if whole is None else job.rpartition("[")[0] for job, whole in self._rows(sql)]

    def unfinished_of_jobs(self) -> dict[str, list[int]]:
        """By job, the ids of its runs that have not ended, oldest first."""
        found: dict[str, list[int]] = {}
        for job, run_id in self._rows("SELECT job, id FROM runs WHERE state <> 'finished' ORDER BY id"):
            found.setdefault(job, []).append(run_id)
        return found

    def runs_after(self, run_id: int) -> list[tuple[int, str]]:
        """Id and job of every run that is newer than one, oldest first."""
        return [(row[0], row[1]) for row in self._rows("SELECT id, job FROM runs WHERE id > ? ORDER BY id", (run_id,))]

    def newest_run_id(self) -> int:
        """The highest id in the registry, 0 when it is empty."""
        return int(self._rows("SELECT coalesce(max(id), 0) FROM runs")[0][0])

    def last_run_id(self, *, strict: bool = False) -> int:
        """The highest id ever given to a run; the next one gets the next.

        ``strict``: raises ``DamagedRowError`` where the registry has lost count, of runs or of anything else.
        """
        faults = counter_faults(self)
        if faults and strict:
            refuse("its counters", faults)
        highest = "SELECT coalesce(max(id), 0) FROM runs WHERE id <= ?"
        if "runs" in faults:
            return int(self._rows(highest, (cells.MOST_RUN_ID,))[0][0])
        return int(self._rows("SELECT seq FROM sqlite_sequence WHERE name = 'runs'")[0][0])

    def pass_over(self, run_id: int) -> None:
        """Give no run a number up to this one."""
        self._write("UPDATE sqlite_sequence SET seq = max(seq, ?) WHERE name = 'runs'", (run_id,))

    def stop_reason(self, run_id: int) -> str | None:
        """Why a run was asked to stop, as far as that is recorded."""
        rows = self._rows("SELECT stop_reason FROM runs WHERE id = ?", (run_id,))
        return str(rows[0][0]) if rows and rows[0][0] is not None else None

    def run(self, run_id: int) -> Run | None:
        rows = self._rows(f"SELECT {RUN_COLUMNS} FROM runs WHERE id = ?", (run_id,))
        return run_from(rows[0]) if rows else None


class JobRecords(Database):
    """What is remembered of each job: how far its slots are decided, its override, its failures in a row."""

    def job_state(self, job: str) -> JobState | None:
        """What is remembered of one job."""
        rows = self._rows(f"SELECT {STATE_COLUMNS} FROM job_state WHERE job = ?", (job,))
        return state_from(rows[0]) if rows else None

    def job_states(
        self, known: dict[tuple[Any, ...], JobState] | None = None, *, strict: bool = False
    ) -> dict[str, JobState]:
        """By job. Whoever asks often gives the same ``known`` each time: what is in it is not made again.

        ``strict``: raises ``DamagedRowError`` for a row that makes no sense; engines ask for that.
        """
        rows = self._rows(f"SELECT {STATE_COLUMNS} FROM job_state")
        before = known or {}
        states = {row: before.get(row) or state_from(row, strict=strict) for row in rows}
        if known is not None:
            known.clear()
            known.update(states)
        return {state.job: state for state in states.values()}

    def decided(self, job: str, schedule: str, until: datetime | None, off_since: datetime | None) -> None:
        """Every slot of a job up to ``until`` has been decided; ``off_since`` says since when it is disabled."""
        self._decided([(job, schedule, until, off_since)])

    def remember(self, states: Iterable[JobState]) -> None:
        """As ``decided``, of several jobs."""
        self._decided([(each.job, each.schedule, each.decided_until, each.off_since) for each in states])

    def _decided(self, jobs: Iterable[tuple[str, str, datetime | None, datetime | None]]) -> None:
        self._write_all(
            "INSERT INTO job_state (job, schedule, decided_until, off_since) VALUES (?, ?, ?, ?) ON CONFLICT (job) "
            "DO UPDATE SET schedule = excluded.schedule, decided_until = excluded.decided_until,"
            " off_since = excluded.off_since",
            [(job, schedule, stamp(until), stamp(off_since)) for job, schedule, until, off_since in jobs],
        )

    def count_failures(self, job: str, failures: int) -> None:
        """How many times in a row a job has finally failed."""
        self._write(
            "INSERT INTO job_state (job, schedule, failures) VALUES (?, '', ?)"
            " ON CONFLICT (job) DO UPDATE SET failures = excluded.failures",
            (job, failures),
        )

    def set_override(self, job: str, override: Override | None) -> None:
        """Set or, with ``None``, lift an operator's enable or disable."""
        values: tuple[Any, ...] = (None,) * 5
        if override is not None:
            word = "enabled" if override.enabled else "disabled"
            values = (word, override.by, stamp(override.at), stamp(override.until), override.reason)
        self._write(
            "INSERT INTO job_state (job, schedule, override, override_by, override_at, override_until,"
            " override_reason) VALUES (?, '', ?, ?, ?, ?, ?) ON CONFLICT (job) DO UPDATE SET"
            " override = excluded.override, override_by = excluded.override_by, override_at = excluded.override_at,"
            " override_until = excluded.override_until, override_reason = excluded.override_reason",
            (job, *values),
        )
