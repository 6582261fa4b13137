"""What a slot's upstreams say: tables of cases, and an oracle that goes through a whole day slowly and obviously."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from peak_console.decisions.upstreams.chains import Chains, Stand, Way, Window, _by_runs, counted
from peak_console.jobs.file.loader import load
from peak_console.jobs.model import Upstream
from peak_console.model.records import JobState, Outcome, Override, Run, RunState, Trigger
from peak_console.schedule.after import reference_slot
from peak_console.schedule.model import JobSchedule
from peak_console.schedule.rounds import day_round
from peak_console.schedule.slots import fingerprint
from tests.support.factories import make_queued

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from peak_console.decisions.upstreams.chains import Outlook
    from peak_console.jobs.model import JobDefinition

DAY = datetime(2026, 11, 23, tzinfo=UTC)
FINISHED = RunState.FINISHED


def at(clock: str, day: int = 0) -> datetime:
    hour, minute = clock.split(":")
    return DAY + timedelta(days=day, hours=int(hour), minutes=int(minute))


def jobs_of(text: str) -> Mapping[str, JobDefinition]:
    return load("/etc/peak/jobs.toml", f'[scheduler]\ntimezone = "UTC"\n{text}'.encode(), {}).jobs


def daily(name: str, clock: str, more: str = "") -> str:
    return f'[[job]]\nname = "{name}"\nschedule_type = "daily"\ndaily_time = "{clock}"\n{more}\n'


CHAIN = daily("fetch", "07:00") + daily("report", "08:00", 'after = ["fetch"]')


def ended(number: int, slot: datetime, outcome: str = Outcome.SUCCEEDED, **changes: object) -> Run:
    more = {"state": FINISHED, "outcome": outcome, "finished_at": slot + timedelta(minutes=5), **changes}
    return make_queued(number, slot, "fetch", **more)


def ask(text: str, runs: Sequence[Run] = (), *, slot: str = "08:00", now: str = "08:00", **states: JobState) -> Outlook:
    """What ``report``'s upstreams say of its slot; every job is decided up to now unless a state is given."""
    jobs = jobs_of(text)
    known = {name: JobState(name, fingerprint(job.schedule), at(now)) for name, job in jobs.items()} | states

    def runs_of(name: str, window: Window) -> Sequence[Run]:
        return counted([run for run in runs if run.job == name], window)

    return Chains(jobs, known.get, runs_of).outlook(jobs["report"], at(slot), at(now))


def undecided(name: str = "fetch") -> JobState:
    return JobState(name, "x", at("06:00"))


CASES: dict[str, tuple[Sequence[Run], str, str]] = {
    "succeeded": ([ended(1, at("07:00"))], "go", ""),
    "running": ([make_queued(1, at("07:00"), "fetch", state="running")], "wait", "waiting for fetch (#1 running)"),
    "failed": ([ended(1, at("07:00"), "failed")], "wait", "waiting for fetch (failed, #1)"),
    "missed": ([ended(1, at("07:00"), "missed")], "wait", "waiting for fetch (missed, #1)"),
    "skipped": ([ended(1, at("07:00"), "skipped")], "wait", "waiting for fetch (skipped, #1)"),
    "the day before only": ([ended(1, at("07:00", -1))], "wait", "waiting for fetch (did not run at 07:00)"),
    "the day after": (
        [ended(1, at("07:00"), "failed"), ended(2, at("07:00", 1))], "wait", "waiting for fetch (failed, #1)",
    ),
    "by hand before its slot": (
        [ended(1, at("06:50"), triggered_by=Trigger.MANUAL)], "wait", "waiting for fetch (did not run at 07:00)",
    ),
    "by hand after a failure": (
        [ended(1, at("07:00"), "failed"), ended(2, at("07:40"), triggered_by=Trigger.MANUAL)], "go", "",
    ),
    "by hand on the next day": (
        [ended(1, at("07:00"), "failed"), ended(2, at("00:40", 1), triggered_by=Trigger.MANUAL)], "go", "",
    ),
    "a further attempt by hand on the next day": (
        [
            ended(1, at("07:00"), "failed"),
            ended(2, at("00:40", 1), "failed", triggered_by=Trigger.MANUAL),
            ended(3, at("00:40", 1), triggered_by=Trigger.RETRY, attempt=2),
        ],
        "go",
        "",
    ),
    "a further attempt to come": (
        [ended(1, at("07:00"), "failed"), make_queued(2, at("07:00"), "fetch", attempt=2)],
        "wait",
        "waiting for fetch (attempt 2 to come, #2)",
    ),
    "folded into a later slot": ([ended(4, at("07:00", 2), stands_since=at("07:00", -1))], "go", ""),
}  # fmt: skip


@pytest.mark.parametrize("name", CASES)
def test_a_slot_goes_by_what_became_of_its_upstream_in_its_round(name: str) -> None:
    runs, way, sentence = CASES[name]
    found = ask(CHAIN, runs)
    assert (found.way, found.sentence) == (way, sentence)


def test_an_upstream_that_is_still_due_is_waited_for() -> None:
    assert ask(CHAIN, fetch=undecided()).sentence == "waiting for fetch (not started yet)"
    late = daily("fetch", "09:30") + daily("report", "08:00", 'after = ["fetch"]')
    assert ask(late, fetch=undecided()).sentence == "waiting for fetch (due 09:30)"


@pytest.mark.parametrize(
    ("outcome", "policy", "way"),
    [
        ("failed", 'if_failed = "wait"', Way.WAIT),
        ("failed", 'if_failed = "skip"', Way.SKIP),
        ("timed_out", 'if_failed = "run"', Way.GO),
        ("failed", 'if_skipped = "go"', Way.WAIT),
        ("skipped", 'if_skipped = "wait"', Way.WAIT),
        ("skipped", 'if_skipped = "go"', Way.GO),
        ("skipped", 'if_skipped = "skip"', Way.SKIP),
        ("skipped", 'if_failed = "run"', Way.WAIT),
    ],
)
def test_the_policies_say_what_becomes_of_a_slot_whose_upstream_did_not_succeed(
    outcome: str, policy: str, way: Way
) -> None:
    text = daily("fetch", "07:00") + daily("report", "08:00", f'after = ["fetch"]\n{policy}')
    assert ask(text, [ended(1, at("07:00"), outcome)]).way == way


def test_a_disabled_upstream_counts_as_skipped() -> None:
    off = JobState("fetch", "x", at("06:00"), override=Override(False, "ada", at("06:00")))
    assert ask(CHAIN, fetch=off).sentence == "waiting for fetch (disabled)"
    assert ask(CHAIN, fetch=off).stuck
    go = daily("fetch", "07:00") + daily("report", "08:00", 'after = ["fetch"]\nif_skipped = "go"')
    assert ask(go, fetch=off).way == Way.GO


def test_an_upstream_without_a_slot_in_the_round_is_not_waited_for() -> None:
    text = daily("fetch", "07:00", 'days = ["tue"]') + daily("report", "08:00", 'after = ["fetch"]')
    assert ask(text, fetch=undecided()).way == Way.GO  # a Monday
    assert ask(text, fetch=undecided()).links == []


@pytest.mark.parametrize(
    ("wanted", "outcome", "way"),
    [
        ("failed", "failed", Way.GO),
        ("failed", "stopped", Way.GO),
        ("failed", "succeeded", Way.SKIP),
        ("failed", "skipped", Way.WAIT),
        ("ended", "succeeded", Way.GO),
        ("ended", "failed", Way.GO),
        ("ended", "skipped", Way.WAIT),
    ],
)
def test_a_result_that_is_wanted_otherwise(wanted: str, outcome: str, way: Way) -> None:
    text = daily("fetch", "07:00") + daily("report", "08:00", f'after = ["fetch:{wanted}"]')
    assert ask(text, [ended(1, at("07:00"), outcome)]).way == way


def test_of_many_slots_the_last_one_up_to_ours_counts() -> None:
    text = (
        '[[job]]\nname = "fetch"\nschedule_type = "cron"\ncron = "0 * * * *"\n'
        + daily("report", "08:30", 'after = ["fetch"]')
    )  # fmt: skip
    early = [ended(1, at("07:00"))]
    assert ask(text, early, slot="08:30", now="08:30").way == Way.WAIT
    assert ask(text, [*early, ended(2, at("08:00"))], slot="08:30", now="08:30").way == Way.GO
    again = ask(text, [ended(2, at("08:00"), "failed")], slot="08:30", now="08:30")
    assert (again.way, again.stuck) == (Way.WAIT, False), "its next slot may succeed"


def test_it_is_due_when_the_last_of_them_has_succeeded() -> None:
    text = (
        daily("fetch", "07:00") + daily("fx", "07:30")
        + '[[job]]\nname = "report"\nschedule_type = "after"\nafter = ["fetch", "fx"]\n'
    )  # fmt: skip
    fx = make_queued(2, at("07:30"), "fx", state=FINISHED, outcome="succeeded", finished_at=at("07:31"))
    runs = [ended(1, at("07:00"), finished_at=at("07:44")), fx]
    assert ask(text, runs, slot="07:00").at == at("07:44")
    jobs = jobs_of(text)
    schedule = jobs["report"].schedule
    assert schedule.follows is not None
    assert len(schedule.follows.roots) == 2


# The oracle: a day in half hours, one upstream, anything may have become of each of its slots.

HALF_HOURS = st.integers(0, 47)
ENDS = st.sampled_from(["succeeded", "failed", "skipped", "missed", "running", "nothing"])


@st.composite
def days(draw: st.DrawFn) -> tuple[list[tuple[int, str]], int, list[tuple[int, str]]]:
    """The upstream's slots and what became of them, the job's slot, and runs by hand (also on the day after)."""
    slots = sorted(draw(st.sets(HALF_HOURS, min_size=1, max_size=4)))
    fates = [(slot, draw(ENDS)) for slot in slots]
    by_hand = draw(st.lists(st.tuples(st.integers(0, 95), st.sampled_from(["succeeded", "failed"])), max_size=3))
    return fates, draw(HALF_HOURS), by_hand


def minutes(half_hours: int) -> datetime:
    return DAY + timedelta(minutes=30 * half_hours)


def oracle(fates: list[tuple[int, str]], own: int, by_hand: list[tuple[int, str]]) -> str:
    """Go, wait or (for its upstream's own rules) passed: said in the words of the guide, slot by slot."""
    counting = None
    for slot, _ in fates:
        if slot <= own:
            counting = slot
    if counting is None:
        counting = fates[0][0]
    told = []
    for slot, fate in fates:
        if slot >= counting and fate != "nothing":
            told.append(fate)
    for slot, fate in by_hand:
        if slot >= counting:
            told.append(fate)
    if "succeeded" in told:
        return "go"
    if "running" in told:
        return "coming"
    if not told or set(told) == {"skipped"}:
        return "passed"
    return "failed"


@given(days())
def test_it_agrees_with_an_oracle_that_goes_through_the_day(
    day: tuple[list[tuple[int, str]], int, list[tuple[int, str]]],
) -> None:
    fates, own, by_hand = day
    minutes_of = ",".join(f"{minutes(slot):%H:%M}" for slot, _ in fates)
    runs: list[Run] = []
    for number, (slot, fate) in enumerate(fates):
        if fate == "running":
            runs.append(make_queued(number, minutes(slot), "fetch", state="running"))
        elif fate != "nothing":
            runs.append(ended(number, minutes(slot), fate))
    for number, (slot, fate) in enumerate(by_hand, 100):
        moment = minutes(slot) + timedelta(seconds=number)
        runs.append(ended(number, moment, fate, triggered_by=Trigger.MANUAL))
    window = Window(*_window_of(fates, own))
    known = counted(runs, window)
    link = _stand(known)
    assert link == oracle(fates, own, by_hand), minutes_of


def _window_of(fates: list[tuple[int, str]], own: int) -> tuple[datetime | None, datetime | None]:
    """By the real schedule: a cron expression for each slot is a schedule of its own; here they are listed."""
    found = [
        slot
        for half, _ in fates
        if (slot := reference_slot(_cron(half), None, day_round(minutes(own), UTC), minutes(own))) is not None
    ]
    past = [slot for slot in found if slot <= minutes(own)]
    return max(past) if past else min(found), DAY + timedelta(days=1)


def _cron(half: int) -> JobSchedule:
    return JobSchedule("cron", cron=f"{30 * (half % 2)} {half // 2} * * *", timezone="UTC")


def _stand(runs: Sequence[Run]) -> str:
    if not runs:
        return "passed"
    stand = _by_runs(Upstream("fetch"), runs).stand
    return {Stand.MET: "go", Stand.COMING: "coming", Stand.PASSED: "passed", Stand.FAILED: "failed"}[stand]
