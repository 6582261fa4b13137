"""What a job's runs have been like, and what that lets expect of its next ones."""

from __future__ import annotations

from random import Random
from statistics import median

from peak_console.decisions.ahead.durations import REMEMBERED, durations_that_count, expected
from peak_console.model.terms import Outcome
from peak_console.runs.simulated import Script

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence
    from datetime import datetime

    from peak_console.jobs.model import JobDefinition
    from peak_console.store.store import Store

GUESS_SECONDS = 30.0
"""How long a run is taken to last where no run of any job has ended yet."""
ENDLESS = float("inf")
"""A run that has timed out would have gone on."""
SUCCEEDED, FAILED = Outcome.SUCCEEDED, Outcome.FAILED


class Past:
    """The last runs of each job, read from a registry when they are first asked for."""

    def __init__(self, source: Store | None, jobs: Collection[str]) -> None:
        self._attempts: Mapping[str, Sequence[tuple[float, str, int | None]]] = {}
        if source is not None:
            self._attempts = {name: source.last_attempts(name, REMEMBERED) for name in jobs}
        self._typical = {name: self._typical_seconds(name) for name in self._attempts}
        known = [seconds for seconds in self._typical.values() if seconds is not None]
        self._guess = median(known) if known else GUESS_SECONDS

    def knows(self, job: str) -> bool:
        """Whether any run of a job has ended."""
        return bool(self._attempts.get(job))

    def typical(self, job: JobDefinition, age: float = 0.0) -> tuple[float, str]:
        """How long a run of a job takes, and how it ends, by the median of its last runs and what most of them did.

        With an ``age`` by those that took longer than that: so many seconds it has gone on already.
        """
        attempts = self._attempts.get(job.name, ())
        seconds = self._typical.get(job.name)
        if seconds is None:
            return self._guessed(job), SUCCEEDED
        if age:
            found = expected(self.counted(job.name), age)
            seconds = found.usual if found is not None else seconds
        succeeded = sum(outcome == SUCCEEDED for _, outcome, _ in attempts)
        return seconds, SUCCEEDED if 2 * succeeded >= len(attempts) else FAILED

    def drawn(self, job: JobDefinition, random: Random) -> tuple[float, str]:
        """What one of a job's last runs was like, by lot."""
        attempts = self._attempts.get(job.name)
        if not attempts:
            return self._guessed(job), SUCCEEDED
        seconds, outcome, _ = random.choice(attempts)
        if outcome == Outcome.TIMED_OUT and job.timeout_seconds:
            return ENDLESS, FAILED
        return seconds, SUCCEEDED if outcome == SUCCEEDED else FAILED

    def _guessed(self, job: JobDefinition) -> float:
        """As the runs of others; within its timeout, as whoever set that knew more."""
        return min(self._guess, job.timeout_seconds / 2) if job.timeout_seconds else self._guess

    def counted(self, job: str) -> Sequence[float]:
        """How many seconds those of a job's last runs took by which the next is foreseen."""
        return durations_that_count(self._attempts.get(job, ()))

    def spread_seconds(self, job: str) -> float:
        """By how much longer than usual one in ten of a job's runs takes."""
        found = expected(self.counted(job))
        return found.late - found.usual if found is not None else 0.0

    def _typical_seconds(self, job: str) -> float | None:
        counted = self.counted(job)
        return median(counted) if counted else None


class Expectations:
    """What becomes of each run of a forecast. The same run fares alike in every forecast with the same seed."""

    def __init__(
        self,
        past: Past,
        *,
        seed: int = 0,
        sample: int | None = None,
        fail: Collection[str] = (),
        slow: Mapping[str, float] | None = None,
    ) -> None:
        """Without a ``sample`` number every run is typical; ``fail`` fail, ``slow`` take so many times as long."""
        self._past = past
        self._seed = seed
        self._sample = sample
        self._fail = frozenset(fail)
        self._slow = slow or {}

    def script(self, job: JobDefinition, slot: datetime | None, attempt: int, age: float = 0.0) -> Script:
        """What becomes of one attempt at a job's slot; ``age`` is how many seconds it has gone on already."""
        if self._sample is None:
            seconds, outcome = self._past.typical(job, age)
        else:
            lot = Random(f"{self._seed}/{self._sample}/{job.name}/{slot}/{attempt}")  # noqa: S311 - no secret
            seconds, outcome = self._past.drawn(job, lot)
        seconds *= self._slow.get(job.name, 1.0)
        failed = outcome != SUCCEEDED or job.name in self._fail
        lasts = None if seconds == ENDLESS else seconds
        return Script(seconds=lasts, return_code=code_of(job, failed=failed), dies_of="terminate")


def code_of(job: JobDefinition, *, failed: bool) -> int:
    """A return code by which a run of a job has failed, or has succeeded."""
    if not failed:
        return job.success_codes[0] if job.success_codes else 0
    return next(code for code in range(1, len(job.success_codes) + 2) if code not in job.success_codes)
