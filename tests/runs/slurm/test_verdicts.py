"""What is true of a run, whatever Slurm says: decided from what is known, without any cluster."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from peak_console.model.terms import Outcome
from peak_console.runs.slurm.commands import Entry
from peak_console.runs.slurm.files import Files
from peak_console.runs.slurm.verdicts import IN_VAIN, OVER, Memory, Patience, Verdict, verdict

PATIENCE = Patience(settle=60, fence=120, queue_limit=0)
STARTED = {"node": "n7", "job": "5", "at": 1000.0}
WAITING, BEGUN = Files(exists=True, was_submitted=True), Files(exists=True, started=STARTED, beat_at=1.0)


def entry(state: str, reason: str = "None", job_id: str = "5") -> Entry:
    return Entry(job_id, "peak-x-1", state, reason, None)


def settled(files: Files, *entries: Entry, memory: Memory | None = None, seconds: float = 1000) -> Verdict:
    """The verdict once Slurm has said the same for a long time."""
    memory = memory or Memory(submissions=3)
    for at in (0.0, 1.0):
        verdict(files, entries, memory, PATIENCE, 10_000 + at)
    return verdict(files, entries, memory, PATIENCE, 10_000 + seconds)


@given(st.lists(st.sampled_from([*sorted(OVER), "PENDING", "RUNNING"]).map(entry), max_size=3), st.integers(0, 255))
def test_a_recorded_end_counts_whatever_slurm_says(entries: list[Entry], code: int) -> None:
    found = verdict(Files(exists=True, started=STARTED, code=code), entries, Memory(), PATIENCE, 1e9)
    assert found.ended is not None
    assert (found.ended.return_code, found.ended.outcome) == (code, None)
    assert (found.must_fence, found.must_revoke, found.must_submit) == (False, False, False)


@given(
    st.sampled_from([WAITING, BEGUN]),
    st.lists(st.sampled_from(["RUNNING", "COMPLETING", "SUSPENDED", "PENDING", "CONFIGURING"]).map(entry), min_size=1),
    st.lists(st.sampled_from(sorted(OVER)).map(entry), max_size=2),
)
def test_what_slurm_says_is_alive_is_never_given_up_nor_submitted_again(
    files: Files, alive: list[Entry], over: list[Entry]
) -> None:
    found = settled(files, *over, *alive)
    assert (found.ended, found.must_submit, found.must_fence, found.must_revoke) == (None, False, False, False)
    assert (found.waits_for is None) == (files.started is not None)


def test_a_job_that_waits_says_for_what_and_whether_in_vain() -> None:
    assert settled(WAITING, entry("PENDING", "Priority")).waits_for == "others come first"
    assert settled(WAITING, entry("PENDING", "SomethingNew")).waits_for == "SomethingNew"
    for reason in IN_VAIN:
        assert settled(WAITING, entry("PENDING", reason)).in_vain


@pytest.mark.parametrize("files", [WAITING, BEGUN])
def test_once_unknown_is_not_gone(files: Files) -> None:
    memory = Memory(submissions=1)
    assert verdict(files, (), memory, PATIENCE, 1e9).ended is None
    assert not verdict(files, (), memory, PATIENCE, 1e9 + 59).must_submit
    assert verdict(files, [entry("PENDING")], memory, PATIENCE, 1e9 + 60).ended is None
    assert not verdict(files, (), memory, PATIENCE, 1e9 + 61).must_submit, "it counts anew"


def test_what_never_began_is_submitted_again_and_at_last_made_sure_of() -> None:
    memory = Memory(submissions=1)
    for _ in range(2):
        found = settled(WAITING, entry("NODE_FAIL"), memory=memory)
        assert (found.must_submit, found.ended) == (True, None)
        memory.submissions += 1
    found = settled(WAITING, entry("NODE_FAIL"), memory=memory)
    assert found.must_fence
    assert found.ended is not None
    assert found.ended.outcome == Outcome.NOT_STARTED
    assert "NODE_FAIL" in (found.ended.reason or "")


def test_what_somebody_cancelled_before_it_began_is_not_submitted_again() -> None:
    found = settled(WAITING, entry("CANCELLED"), memory=Memory(submissions=1))
    assert found.must_fence
    assert found.ended is not None
    assert found.ended.outcome == Outcome.NOT_STARTED
    assert settled(WAITING, entry("CANCELLED"), memory=Memory(submissions=1, had_outage=True)).must_submit


@pytest.mark.parametrize(
    ("state", "outcome"),
    [("TIMEOUT", Outcome.TIMED_OUT), ("OUT_OF_MEMORY", Outcome.FAILED), ("CANCELLED", Outcome.FAILED)],
)
def test_what_slurm_has_ended_itself(state: str, outcome: Outcome) -> None:
    found = settled(BEGUN, entry(state))
    assert found.ended is not None
    assert (found.ended.outcome, found.ended.started_at is not None) == (outcome, True)


@pytest.mark.parametrize("entries", [(), (entry("NODE_FAIL"),), (entry("FAILED"),)])
def test_a_run_that_gives_signs_of_life_is_not_lost_whatever_slurm_says(entries: tuple[Entry, ...]) -> None:
    memory, files = Memory(submissions=1), Files(exists=True, started=STARTED)
    for at in range(0, 5000, 10):  # a beat every 15 seconds
        files = Files(exists=True, started=STARTED, beat_at=float(at // 15))
        assert verdict(files, entries, memory, PATIENCE, 1e9 + at).ended is None
    for at in range(0, 90, 10):
        assert verdict(files, entries, memory, PATIENCE, 1e9 + 5000 + at).ended is None
    found = verdict(files, entries, memory, PATIENCE, 1e9 + 5130)
    assert found.must_revoke
    assert found.ended is not None
    assert (found.ended.outcome, "n7" in (found.ended.reason or "")) == (Outcome.LOST, True)


def test_clocks_of_other_machines_do_not_count() -> None:
    memory = Memory(submissions=1)
    far = Files(exists=True, started=STARTED, beat_at=5e9)
    for at in (0.0, 1.0, 100.0):
        assert verdict(far, (), memory, PATIENCE, 1e9 + at).ended is None
    assert verdict(far, (), memory, PATIENCE, 1e9 + 400).must_revoke


def test_a_wait_that_is_too_long_ends() -> None:
    memory, patience = Memory(submissions=1, submitted_at=1000.0), Patience(60, 120, queue_limit=3600)
    assert verdict(WAITING, [entry("PENDING", "Priority")], memory, patience, 4599).ended is None
    found = verdict(WAITING, [entry("PENDING", "Priority")], memory, patience, 4600)
    assert found.must_fence
    assert found.ended is not None
    assert found.ended.reason == "waited in Slurm for longer than 1h00m: others come first"
    assert verdict(BEGUN, [entry("RUNNING")], memory, patience, 9999).ended is None


def test_what_the_node_could_not_start_says_why() -> None:
    files = Files(exists=True, started=STARTED, code=127, ending=["refused", "2", "cwd", "/nowhere"])
    found = verdict(files, (), Memory(), PATIENCE, 1e9).ended
    assert found is not None
    assert (found.return_code, found.outcome) == (None, Outcome.NOT_STARTED)
    assert "/nowhere: cannot be the working directory on the node (No such file or directory)" in (found.reason or "")
