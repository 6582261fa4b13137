"""What console and ``timeline`` show of the time ahead: a forecast by job, as far as it was worth the work."""

from __future__ import annotations

from bisect import bisect_right
from datetime import timedelta

from peak_console.errors import StateError
from peak_console.model.ahead import LATE, TIGHT, AheadRun, Due
from peak_console.values import dataclass, field, replace

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
    from datetime import datetime

    from peak_console.forecast.deadlines import Foreseen
    from peak_console.forecast.forecast import Forecast
    from peak_console.forecast.past import Past
    from peak_console.jobs.model import JobSet
    from peak_console.store.store import Store

HORIZON = timedelta(hours=24)
"""How far ahead it goes, unless that is too much work."""
FEW = 8
"""So many runs of a job are looked at for what comes next."""
FIRST_STOP = timedelta(hours=2)
"""How far ahead it goes at first, so that something is known soon."""


@dataclass(frozen=True, slots=True)
class Outlook:
    """What is foreseen from one moment on."""

    made_at: datetime
    end: datetime
    """How far it goes; what comes later is not known."""
    wanted: datetime
    """How far it was to go."""
    of_job: Mapping[str, Sequence[AheadRun]] = field(default_factory=dict)
    """By job: its runs under way and to come, in their order; a job that is not here has none."""
    at_risk: Sequence[AheadRun] = ()
    """Those that will, or may, miss a deadline."""
    due_of: Mapping[tuple[str, datetime], Due] = field(default_factory=dict)
    """By job and slot, or the moment of its round: the tightest deadline."""

    @property
    def is_whole(self) -> bool:
        return self.end >= self.wanted

    def next_of(self, job: str, now: datetime) -> Sequence[AheadRun]:
        """A few runs of a job that are to come, the next one first."""
        runs = self.of_job.get(job, ())
        first = bisect_right(runs, now, key=lambda run: run.at or self.made_at)
        return runs[first : first + FEW]


class Gathering:
    """Makes an outlook of its runs, one after the other."""

    def __init__(self, empty: Outlook) -> None:
        self._empty = empty
        self._of_job: dict[str, list[AheadRun]] = {}
        self._at_risk: list[AheadRun] = []
        self._due_of: dict[tuple[str, datetime], Due] = {}

    def add(self, runs: Iterable[AheadRun]) -> None:
        for run in runs:
            self._of_job.setdefault(run.job, []).append(run)
            if run.due is None:
                continue
            for moment in (run.slot, run.round_at):
                if moment is not None:
                    self._due_of[run.job, moment] = run.due
            if run.due.risk in (LATE, TIGHT):
                self._at_risk.append(run)

    def outlook(self) -> Outlook:
        return replace(self._empty, of_job=self._of_job, at_risk=self._at_risk, due_of=self._due_of)


def foresee(
    jobset: JobSet, store: Store | None, now: datetime, until: datetime, goes_on: Callable[[], bool] = lambda: True
) -> Iterator[Outlook]:
    """What comes until a moment: first as far as ``FIRST_STOP``, then all of it, or up to where ``goes_on`` says no.

    Raises ``StateError`` whatever goes wrong: nothing depends on a forecast but what is shown.
    """
    stops = [*([now + FIRST_STOP] if now + FIRST_STOP < until else []), until]
    try:
        yield from _foreseen(jobset, store, now, stops, goes_on)
    except StateError:
        raise
    except Exception as error:
        raise StateError(f"the forecast fails ({type(error).__name__}: {' '.join(str(error).split())})") from error


def _foreseen(
    jobset: JobSet, store: Store | None, now: datetime, stops: Sequence[datetime], goes_on: Callable[[], bool]
) -> Iterator[Outlook]:
    from peak_console.forecast.forecast import Question, unfolding
    from peak_console.forecast.past import Past

    past = Past(store, jobset.jobs)
    question = Question(now=now, begin=now, end=stops[-1])
    for found in unfolding(jobset, store, question, past, stops, goes_on=goes_on):
        gathering = Gathering(Outlook(now, found.end, stops[-1]))
        gathering.add(ahead_runs(jobset, found, past))
        yield gathering.outlook()


def ahead_runs(jobset: JobSet, found: Forecast, past: Past) -> Iterator[AheadRun]:
    """Every run of a forecast, with the tightest deadline of its slot."""
    from peak_console.forecast.deadlines import foreseen

    tightest: dict[tuple[str, datetime], Foreseen] = {}
    for each in foreseen(jobset, found):
        key = each.job, each.slot
        if key not in tightest or _slack(each) < _slack(tightest[key]):
            tightest[key] = each
    for run in found.runs:
        moment = run.round_at or run.slot
        each_due = tightest.get((run.job, moment)) if moment is not None else None
        yield AheadRun(
            run.job, run.slot, run.starts_at, run.ends_at, run.outcome, run.attempt, run.triggered_by,
            run.late_because, run.reason, run.run_id, run.is_guess,
            _due(each_due, past, is_guess=run.is_guess) if each_due is not None else None, run.round_at,
        )  # fmt: skip


def _slack(deadline: Foreseen) -> float:
    return deadline.slack_seconds if deadline.slack_seconds is not None else float("-inf")


def _due(deadline: Foreseen, past: Past, *, is_guess: bool) -> Due:
    spread = 0.0 if deadline.starts else past.spread_seconds(deadline.job)
    return Due(deadline.name, deadline.at, deadline.expected, deadline.starts, spread, is_guess)
