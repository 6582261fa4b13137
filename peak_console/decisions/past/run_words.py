"""What an operator asks of the history in words: ``failed late:>1m by:ada today #live report``. Pure."""

from __future__ import annotations

from peak_console.decisions.job_words import JobWords, with_word
from peak_console.errors import UsageError
from peak_console.model.run_filter import UNDER_WAY, RunFilter
from peak_console.model.terms import Outcome, Trigger
from peak_console.schedule.wording.spoken_times import moment_back
from peak_console.text import nearest, parse_duration, safe
from peak_console.values import dataclass, replace

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence
    from datetime import datetime, tzinfo

NOT_RUN = (Outcome.MISSED, Outcome.SKIPPED)
FAILED = tuple(each for each in Outcome if each not in (Outcome.SUCCEEDED, Outcome.STOPPED, *NOT_RUN))
"""The ends that ``failed`` stands for."""
OUTCOME_WORDS: Mapping[str, Sequence[str]] = {
    **{str(outcome): (outcome,) for outcome in Outcome},
    "ok": (Outcome.SUCCEEDED,),
    "failed": FAILED,
    "running": (UNDER_WAY,),
    "bad": (*FAILED, *NOT_RUN, Outcome.STOPPED),
}
TRIGGER_WORDS: Mapping[str, str] = {**{str(trigger): trigger for trigger in Trigger}, "hand": Trigger.MANUAL}
LONGEST_NUMBER = 19
"""Digits; the registry gives no number as long as that."""
DAYS = ("today", "yesterday")
KEYS = ("late", "by", "since", "until", "array", "job", "tag")
"""What may stand before a colon."""


@dataclass(frozen=True, slots=True)
class AskedRuns:
    """What the words ask for. The jobs are asked for by parts of their names, which only a list of all jobs answers."""

    runs: RunFilter
    jobs: JobWords = JobWords()

    def of_jobs(self, known: Iterable[str], tags_of: Callable[[str], Sequence[str]]) -> RunFilter:
        """The filter, once it is known which jobs there are and which tags each has."""
        if not self.jobs.asks:
            return self.runs
        return replace(self.runs, jobs=[job for job in known if self.jobs.wants(job, tags_of(job))])


def asked_runs(text: str, zone: tzinfo, now: datetime) -> AskedRuns:
    """What some words ask for; times are read in ``zone``. Raises ``UsageError`` with a sentence."""
    asked = AskedRuns(RunFilter())
    for word in text.split():
        asked = _with(asked, word, zone, now)
    return asked


def _with(asked: AskedRuns, word: str, zone: tzinfo, now: datetime) -> AskedRuns:
    """What is asked for, and also by this word."""
    runs, low = asked.runs, word.casefold().replace("-", "_")
    if low in OUTCOME_WORDS:
        return replace(asked, runs=replace(runs, outcomes=(*runs.outcomes, *OUTCOME_WORDS[low])))
    if low in TRIGGER_WORDS:
        return replace(asked, runs=replace(runs, triggers=(*runs.triggers, TRIGGER_WORDS[low])))
    if low == "late":
        return replace(asked, runs=replace(runs, late_seconds=runs.late_seconds or 0.0))
    if low in DAYS:
        return replace(asked, runs=day(low, runs, zone, now))
    jobs = with_word(asked.jobs, word)
    if jobs is not None:
        return replace(asked, jobs=jobs)
    key, _, value = word.partition(":")
    return _with_key(asked, key.casefold(), value, zone, now)


def _with_key(asked: AskedRuns, key: str, value: str, zone: tzinfo, now: datetime) -> AskedRuns:
    runs = asked.runs
    match key:
        case "late":
            return replace(asked, runs=replace(runs, late_seconds=seconds(value)))
        case "by":
            return replace(asked, runs=replace(runs, person=value or None))
        case "since":
            return replace(asked, runs=replace(runs, since=_back(value, zone, now)))
        case "array":
            return replace(asked, runs=replace(runs, array=_array(value)))
        case "until":
            return replace(asked, runs=replace(runs, until=_back(value, zone, now)))
    guess = nearest(key, KEYS)
    hint = f'did you mean "{guess}:"?' if guess else f"use one of {', '.join(f'{known}:' for known in KEYS)}"
    raise UsageError(f'"{safe(key)}:" asks for nothing that is known here; {hint}')


def day(name: str, runs: RunFilter, zone: tzinfo, now: datetime) -> RunFilter:
    """The runs of today or yesterday."""
    since = moment_back(name, zone, now)
    if name == "today":
        return replace(runs, since=since)
    return replace(runs, since=since, until=moment_back("today", zone, now))


def seconds(value: str) -> float:
    """``>1m`` or ``1m`` as seconds. Raises ``UsageError``."""
    try:
        return parse_duration(value.removeprefix(">")) if value.removeprefix(">") else 0.0
    except ValueError as error:
        raise UsageError(f"late: {error}") from None


def _array(value: str) -> int:
    """``12`` or ``#12`` as a number. Raises ``UsageError``."""
    number = value.removeprefix("#")
    if not (number.isascii() and number.isdecimal() and len(number) < LONGEST_NUMBER):
        raise UsageError(f'"array:{safe(value)}" is no run: write its number, as in array:12')
    return int(number)


def _back(value: str, zone: tzinfo, now: datetime) -> datetime:
    try:
        return moment_back(value.replace("_", " "), zone, now)
    except ValueError as error:
        raise UsageError(str(error)) from None
