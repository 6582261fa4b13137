"""``after`` in a jobs file: what can never work is an error with its line and column."""

from __future__ import annotations

import pytest

from peak_console.errors import JobsFileError
from peak_console.jobs.file.loader import load
from peak_console.jobs.model import JobSet, Upstream
from peak_console.schedule.slots import kind_of


def read(text: str) -> JobSet:
    return load("jobs.toml", text.encode(), {})


def job(name: str, *lines: str) -> str:
    return "\n".join(["[[job]]", f'name = "{name}"', *lines, ""])


DAILY = ('schedule_type = "daily"', 'daily_time = "07:00"')
AFTER = 'schedule_type = "after"'
CIRCLE = (
    'jobs.toml:4:1: job "a": after makes a circle: a waits for b, b waits for c, c waits for a'
)  # fmt: skip


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (
            job("fetch", *DAILY) + job("report", AFTER, 'after = ["fetsch"]'),
            'jobs.toml:8:10: job "report": after names no job: "fetsch"; did you mean "fetch"?',
        ),
        (job("report", AFTER, 'after = ["report"]'), 'jobs.toml:4:10: job "report": after names the job itself'),
        (
            job("a", AFTER, 'after = ["b"]') + job("b", AFTER, 'after = ["c"]') + job("c", AFTER, 'after = ["a"]'),
            CIRCLE,
        ),
        (
            job("fetch", *DAILY) + job("report", AFTER),
            'jobs.toml:7:1: job "report": schedule_type = "after" needs after; name the jobs that it follows',
        ),
        (
            job("fetch", *DAILY) + job("report", AFTER, 'after = ["fetch", "fetch:failed"]'),
            'jobs.toml:8:19: job "report": after names "fetch" twice',
        ),
        (
            job("fetch", *DAILY) + job("report", AFTER, 'after = ["fetch:faild"]'),
            'jobs.toml:8:10: job "report": after ends in ":faild"; write :failed, :ended, or nothing for a success',
        ),
        (
            job("fetch", *DAILY) + job("report", *DAILY, 'after = ["fetch"]', 'round = "run"'),
            'jobs.toml:10:1: job "report": round = "run" needs schedule_type = "after" and exactly one job in after',
        ),
        (
            job("fetch", *DAILY, 'days = ["mon"]') + job("report", *DAILY, 'days = ["sat"]', 'after = ["fetch"]'),
            (
                'jobs.toml:11:10: job "report": after: it has no day in common with fetch, so that their rounds can'
                " never meet"
            ),
        ),
        (
            job("a", *DAILY, 'days = ["mon"]') + job("b", *DAILY, 'days = ["tue"]')
            + job("report", AFTER, 'after = ["a", "b"]'),
            'jobs.toml:14:15: job "report": after: a and b have no day in common: no round has both',
        ),
        (
            job("fetch", 'schedule_type = "interval"', "interval_seconds = 90000")
            + job("report", AFTER, 'after = ["fetch"]'),
            'jobs.toml:8:10: job "report": after: fetch does not run every day; its rounds need round = "run"',
        ),
        (
            job("fetch", *DAILY) + job("report", AFTER, 'after = ["fetch"]', 'wait_at_most = "soon"'),
            (
                'jobs.toml:9:1: job "report": wait_at_most must be a duration: "soon" is not a duration; write for'
                " example 90s, 15m, 2h or 1h30m"
            ),
        ),
        (
            job("fetch", *DAILY) + job("report", AFTER, 'after = ["fetch"]', 'if_failed = "go"'),
            'jobs.toml:9:1: job "report": if_failed must be one of "wait", "skip", "run", not "go"',
        ),
    ],
)  # fmt: skip
def test_what_can_never_work_is_an_error_with_its_place(text: str, told: str) -> None:
    with pytest.raises(JobsFileError) as caught:
        read(text)
    assert [str(problem).replace("Value", "") for problem in caught.value.problems] == [told]


def test_the_names_become_upstreams_and_the_schedule_knows_where_its_rounds_come_from() -> None:
    jobs = read(
        job("a:failed", *DAILY) + job("b", *DAILY) + job("c", AFTER, 'after = ["a:failed", "b:failed"]')
        + job("d", AFTER, 'after = ["c"]', 'wait_at_most = "1h30m"')
    ).jobs  # fmt: skip
    assert jobs["c"].after == (Upstream("a:failed"), Upstream("b", "failed"))
    assert jobs["d"].wait_at_most == 5400
    follows = jobs["d"].schedule.follows
    assert follows is not None
    assert follows.roots == (jobs["b"].schedule,), "equal schedules are one"
    assert kind_of(jobs["c"].schedule).words("") == "after a:failed, b:failed"


def test_an_upstream_with_a_mistake_of_its_own_is_not_unknown() -> None:
    with pytest.raises(JobsFileError) as caught:
        read(job("fetch", 'schedule_type = "daily"') + job("report", AFTER, 'after = ["fetch"]'))
    assert len(caught.value.problems) == 1
    assert "daily_time is missing" in str(caught.value.problems[0])


def test_keys_that_say_nothing_without_upstreams_are_warned_of() -> None:
    warnings = read(job("report", *DAILY, 'if_failed = "skip"')).warnings
    assert [str(each) for each in warnings] == ['jobs.toml:5:1: job "report": if_failed has no effect without after']


def test_a_chain_of_thousands_is_read_without_recursion() -> None:
    text = job("j0", *DAILY) + "".join(job(f"j{n}", AFTER, f'after = ["j{n - 1}"]') for n in range(1, 1500))
    assert len(read(text).jobs) == 1500
