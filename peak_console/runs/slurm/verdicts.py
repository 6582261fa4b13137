"""What is true of a run, by its files, by Slurm's answers, and by how long they have said so. Pure.

The first that holds: what the run's own files say; that Slurm cannot be asked, so that nothing changes; what Slurm says
of a job that waits or runs; and, once that is settled, what follows from its being gone.
"""

from __future__ import annotations

from datetime import UTC, datetime

from peak_console.model.terms import Outcome
from peak_console.runs.interface import Ended
from peak_console.text import duration
from peak_console.values import dataclass

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

    from peak_console.runs.slurm.commands import Entry
    from peak_console.runs.slurm.files import Files

OVER = frozenset({
    "BOOT_FAIL", "CANCELLED", "COMPLETED", "DEADLINE", "FAILED", "NODE_FAIL", "OUT_OF_MEMORY", "PREEMPTED", "REVOKED",
    "SPECIAL_EXIT", "TIMEOUT",
})  # fmt: skip
"""Slurm's states of jobs that are over; in all others they wait or run."""
MOST_SUBMISSIONS = 3
MOST_AFTER_OUTAGE = 10
"""A controller that came back may cancel one after the other: as many as ids that nodes know already."""
GONE_LOOKS = 2
"""In so many looks Slurm must not know a job before that counts."""
IN_WORDS = {
    "None": "", "Priority": "others come first", "Resources": "the cluster has no room",
    "Licenses": "no licence is free",
    "Dependency": "a job before it", "JobHeldUser": "it is held in Slurm by its user",
    "JobHeldAdmin": "it is held in Slurm by an administrator", "BeginTime": "its time in Slurm has not come",
    "Reservation": "its reservation", "ReqNodeNotAvail": "a node that it needs is not available",
    "NodeDown": "its node is down", "PartitionDown": "the partition is down",
    "PartitionInactive": "the partition is inactive",
    "PartitionConfig": "no node of the partition has what it asks for",
    "BadConstraints": "no node can ever fulfil what it asks for",
    "PartitionNodeLimit": "it asks for more nodes than the partition gives",
    "PartitionTimeLimit": "it asks for more time than the partition gives",
    "QOSMaxJobsPerUserLimit": "the limit of jobs for this user (QOS)",
    "AssocMaxJobsLimit": "the limit of jobs of the account",
    "AssocGrpCpuLimit": "the limit of processors of the account", "AssocGrpGRES": "the limit of GPUs of the account",
}  # fmt: skip
"""Slurm's reasons for waiting, for people."""
IN_VAIN = frozenset({
    "BadConstraints", "InvalidAccount", "InvalidQOS", "PartitionConfig", "PartitionNodeLimit", "PartitionTimeLimit",
})  # fmt: skip
"""Reasons that do not pass by themselves."""


@dataclass(slots=True)
class Memory:
    """What is remembered of a run from look to look. Times are Unix seconds."""

    submissions: int = 0
    unknown_looks: int = 0
    gone_since: float | None = None
    last_state: str = ""
    last_node: str | None = None
    submitted_at: float | None = None
    had_outage: bool = False
    """Whether Slurm has not answered since the last submission, or shortly before it.

    A controller that comes back gives ids a second time, and then cancels jobs whose ids nodes know already.
    """
    beat_at: float | None = None
    beat_since: float = 0.0
    """When it was first seen that the run had given its last sign of life, by our own clock."""

    def silent_for(self, beat_at: float | None, now: float) -> float:
        """For how many seconds no new sign of life has been seen. Clocks of other machines do not count."""
        if beat_at != self.beat_at:
            self.beat_at, self.beat_since = beat_at, now
        return now - self.beat_since if beat_at is not None else float("inf")


@dataclass(frozen=True, slots=True)
class Patience:
    """How long what is gone may take to show, in seconds."""

    settle: float
    fence: float
    queue_limit: float


@dataclass(frozen=True, slots=True)
class Verdict:
    """How a run stands, and what to do about it."""

    ended: Ended | None = None
    waits_for: str | None = None
    """Why it waits; ``None``: it has started."""
    in_vain: bool = False
    must_fence: bool = False
    """Only if it never starts from now on does this hold."""
    must_revoke: bool = False
    must_submit: bool = False


def by_files(files: Files) -> Verdict | None:
    """What the files alone say; ``None`` when Slurm has to be asked."""
    if files.code is not None:
        return Verdict(_ended(files, files.code))
    if files.never:
        return Verdict(Ended(None, None, outcome=Outcome.NOT_STARTED, reason="it was made sure that it never starts"))
    return None


def _ended(files: Files, code: int) -> Ended:
    kind, *words = files.ending or ("",)
    if kind == "refused" and len(words) == 3:
        return Ended(None, files.ended_at, outcome=Outcome.NOT_STARTED, reason=_refusal(*words))
    if kind == "timed_out":
        return Ended(
            code, files.ended_at, None, files.started_at, Outcome.TIMED_OUT, "took longer than it may", files.usage
        )
    return Ended(code, files.ended_at, None, files.started_at, usage=files.usage)


def _refusal(number: str, stage: str, what: str) -> str:
    import os

    words = os.strerror(int(number)) if number.isdigit() else "it is not known why"
    if stage == "cwd":
        return f"{what}: cannot be the working directory on the node ({words}); check cwd in the jobs file"
    return f"{what}: cannot be started on the node ({words}); see whether it is there, and executable"


def verdict(files: Files, entries: Sequence[Entry], memory: Memory, patience: Patience, now: float) -> Verdict:
    """How a run stands whose name Slurm has these entries for, just now. Changes ``memory``."""
    found = by_files(files)
    if found is not None:
        return found
    alive = [entry for entry in entries if entry.state not in OVER]
    if alive:
        memory.unknown_looks, memory.gone_since = 0, None
        return _alive(files, alive[-1], memory, patience, now)
    last = max(entries, key=lambda entry: int(entry.job_id.split("_")[0]), default=None)
    memory.unknown_looks = 0 if last is not None else memory.unknown_looks + 1
    if last is not None:
        memory.last_state, memory.last_node = last.state, last.node or memory.last_node
    if last is None and memory.unknown_looks < GONE_LOOKS:
        return _as_before(files, "")
    memory.gone_since = memory.gone_since if memory.gone_since is not None else now
    if now - memory.gone_since < patience.settle:
        return _as_before(files, "its end is awaited" if last is not None else "Slurm does not know it")
    return _gone(files, memory, patience, now)


def _as_before(files: Files, why: str) -> Verdict:
    return Verdict(waits_for=None if files.started is not None else why)


def _alive(files: Files, entry: Entry, memory: Memory, patience: Patience, now: float) -> Verdict:
    memory.last_state, memory.last_node = entry.state, entry.node or memory.last_node
    if files.started is not None:
        return Verdict()
    reason = entry.reason if entry.state == "PENDING" else "None"
    words = IN_WORDS.get(reason, reason)
    if patience.queue_limit and memory.submitted_at is not None and now - memory.submitted_at >= patience.queue_limit:
        why = f"waited in Slurm for longer than {duration(patience.queue_limit)}" + (f": {words}" if words else "")
        return Verdict(Ended(None, None, outcome=Outcome.NOT_STARTED, reason=why), must_fence=True)
    return Verdict(waits_for=words, in_vain=reason in IN_VAIN)


def _gone(files: Files, memory: Memory, patience: Patience, now: float) -> Verdict:
    state = memory.last_state.split(" ")[0]
    said = f"Slurm says {state}" if state else "Slurm does not know it any more"
    if files.started is None:
        if state == "CANCELLED" and not memory.had_outage:
            why = "cancelled in Slurm before it began: by its user, an administrator, or Slurm itself"
            return Verdict(Ended(None, None, outcome=Outcome.NOT_STARTED, reason=why), must_fence=True)
        if memory.submissions < (MOST_AFTER_OUTAGE if memory.had_outage else MOST_SUBMISSIONS):
            memory.unknown_looks, memory.gone_since = 0, None
            return Verdict(waits_for="submitted again", must_submit=True)
        why = f"it never began ({said}), however often it was submitted; see engine.log in its directory"
        return Verdict(Ended(None, None, outcome=Outcome.NOT_STARTED, reason=why), must_fence=True)
    began = files.started_at
    if state == "TIMEOUT":
        return Verdict(Ended(None, None, None, began, Outcome.TIMED_OUT, "ended by Slurm's own limit of time"))
    if state == "OUT_OF_MEMORY":
        return Verdict(Ended(137, None, None, began, Outcome.FAILED, "it took more memory than it had asked for"))
    if state == "CANCELLED":
        why = "cancelled in Slurm: by its user, an administrator, or Slurm itself"
        return Verdict(Ended(None, None, None, began, Outcome.FAILED, why))
    if memory.silent_for(files.beat_at, now) < patience.fence:
        return Verdict()  # its node may be lost to Slurm, and alive
    where = f" on {files.node or memory.last_node}" if files.node or memory.last_node else ""
    why = f"nothing has been heard of it{where} for {duration(patience.fence)} ({said})"
    return Verdict(Ended(None, datetime.fromtimestamp(now, UTC), None, began, Outcome.LOST, why), must_revoke=True)
