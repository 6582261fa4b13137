"""One run that the engine watches: what is to be done about it, and when it next has to be looked at."""

from __future__ import annotations

from enum import StrEnum

from peak_console.engine.supervision.mishaps import sentence
from peak_console.values import dataclass

TYPE_CHECKING = False
if TYPE_CHECKING:
    from peak_console.jobs.model import JobDefinition
    from peak_console.model.records import Run
    from peak_console.runs.interface import Ended, RunHandle
    from peak_console.runs.output.of_run import Recorder

SAMPLE_SECONDS = 0.1
SAMPLE_SECONDS_AT_REST = 1.0
LINGER_SECONDS = 0.005
LINGER_SECONDS_LATER = 0.25
"""How soon after its end a run that was asked to stop is first looked at for what it left, and how often at last."""
KILLED_SECONDS = 5.0
"""How long what was killed may take to be gone: what the kernel holds back (a dead disk) holds no successor up."""


TROUBLED_SECONDS = 0.25
"""How often a run is looked at that could not be."""
UNTOLD_SECONDS = 10.0
"""After how many seconds an alert tells of a run that cannot be looked at."""


LEFT_SECONDS = 5.0
QUIET_SECONDS = 1.0
"""A run whose handle asks for a pause shorter than this is looked at whenever the engine works."""


class Step(StrEnum):
    """What is to be done now about a run that has to stop."""

    TERMINATE = "terminate"
    KILL = "kill"


@dataclass(slots=True)
class LiveRun:
    """A run that this engine watches. Times ending in ``_at`` are seconds on the monotonic clock."""

    run: Run
    job: JobDefinition
    handle: RunHandle
    recorder: Recorder | None
    """Samples its output, if it leaves any."""
    timeout_at: float | None
    asked_at: float | None = None
    stop_reason: str | None = None
    killed_at: float | None = None
    sample_at: float = 0.0
    sample_pause: float = SAMPLE_SECONDS
    ended: Ended | None = None
    """The end of its first process. Of a run that was asked to stop, other processes may be left then."""
    linger_at: float = 0.0
    linger_pause: float = LINGER_SECONDS
    has_lingered: bool = False
    trouble: str | None = None
    """Why it cannot be looked at, and ``troubled_at`` since when."""
    troubled_at: float = 0.0
    looked_at: float = 0.0
    quiet_until: float = 0.0
    """Until then it need not be looked at: its handle has said so."""
    is_told: bool = False
    is_gone: bool = False
    """Whether its process has ended in a way that cannot be told."""

    @property
    def killed(self) -> bool:
        return self.killed_at is not None

    def next_step(self, now: float) -> Step | None:
        """What is to be done now about a run that has to stop: ask it, insist, or nothing yet."""
        if self.killed:
            return None
        if self.asked_at is None:
            is_late = self.timeout_at is not None and now >= self.timeout_at and not self.is_gone
            return Step.TERMINATE if is_late or self.stop_reason is not None else None
        return Step.KILL if now - self.asked_at >= self.job.kill_grace_seconds else None

    def next_look(self) -> float:
        """When this run next has to be looked at, unless it ends before."""
        moments = [self.sample_at]
        if self.trouble is not None:
            moments.append(self.looked_at + TROUBLED_SECONDS)
        if self.ended is not None:
            moments.append(self.linger_at)
        if self.asked_at is None and self.timeout_at is not None and not self.is_gone:
            moments.append(self.timeout_at)
        if self.asked_at is not None and not self.killed:
            moments.append(self.asked_at + self.job.kill_grace_seconds)
        return min(moments)

    def settle_quiet(self, now: float) -> None:
        """Note until when it need not be looked at, where its handle says when to ask again."""
        if self.ended is None and self.trouble is None and self.handle.fileno() is None:
            pause = self.handle.pause
            self.quiet_until = min(now + pause, self.next_look()) if pause >= QUIET_SECONDS else 0.0

    def sampled(self, now: float, *, grown: bool) -> None:
        """Note that its output was looked at: quiet output is looked at less often."""
        self.sample_pause = SAMPLE_SECONDS if grown else min(self.sample_pause * 2, SAMPLE_SECONDS_AT_REST)
        self.sample_at = now + self.sample_pause

    def lingered(self, now: float) -> bool:
        """Note that something of it was alive after its end; return whether to wait for that any longer."""
        self.has_lingered = True
        self.linger_at = now + self.linger_pause
        self.linger_pause = min(self.linger_pause * 2, LINGER_SECONDS_LATER)
        return self.killed_at is None or now - self.killed_at < KILLED_SECONDS

    def fares(self, error: Exception | None, now: float) -> None:
        """Note whether it could be looked at."""
        self.looked_at = now
        if error is None:
            self.trouble, self.is_told = None, False
            return
        if self.trouble is None:
            self.troubled_at = now
        self.trouble = sentence(error)

    def is_left_to_others(self, now: float) -> bool:
        """Whether an engine that leaves need not wait for it: all that is missing is the record of its end."""
        return self.is_gone and now - self.troubled_at >= LEFT_SECONDS

    def is_given_up(self, now: float) -> bool:
        """Whether it has been killed, and its end could not be learned since."""
        return self.trouble is not None and self.killed_at is not None and now - self.killed_at >= KILLED_SECONDS
