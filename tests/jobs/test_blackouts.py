"""The tables of blackouts: what they make, and each mistake with its place."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

import icalendar
import pytest

from peak_console.decisions.holding.blackouts import Blackouts
from peak_console.schedule.blackouts.bounds import FORMS
from tests.support.exchanges import exchange

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from peak_console.jobs.model import JobSet

JOB = '[[job]]\nname = "orders"\nargs = { script = "o.py" }\ntags = ["live"]\n'
B = 'blackout "b": '
B_IS = 'name = "b"\n'
SPAN = 'from = "22:00"\nuntil = "02:00"\n'


def test_blackouts_come_as_they_are_written(loads: Callable[[str], JobSet]) -> None:
    text = '[[blackout]]\nname = "n"\n' + SPAN + 'tags = ["live"]\npolicy = "defer"\nexcept = ["orders"]\n'
    (rule,) = loads(JOB + text).blackouts
    assert (rule.name, rule.policy, rule.tags, rule.exceptions) == ("n", "defer", ("live",), ("orders",))
    assert rule.rule == "22:00 to 02:00"
    assert loads(JOB + text).blackouts == (rule,), "read again it is the same"


def test_times_of_a_blackout_are_of_its_zone_else_of_the_scheduler_s(loads: Callable[[str], JobSet]) -> None:
    text = JOB + '[scheduler]\ntimezone = "Asia/Tokyo"\n[[blackout]]\nname = "n"\n' + SPAN
    at = datetime(2026, 12, 1, 13, 0, tzinfo=UTC)
    assert [window.start for window in Blackouts(loads(text).blackouts).active(at)] == [at]
    assert Blackouts(loads(text + 'timezone = "UTC"').blackouts).active(at) == []


@pytest.mark.parametrize(
    ("blackout", "problem"),
    [
        (SPAN + B_IS + 'tags = ["lve"]', f'9:9: {B}tags: no job has the tag "lve"; did you mean "live"?'),
        (SPAN + B_IS + 'except = ["x"]', f'9:11: {B}except: no job is called "x"; mend it, or take it out'),
        (SPAN, "5:1: blackout 1: name is missing; give each blackout one of its own"),
        (SPAN + B_IS + '[[blackout]]\nname = "b"\n' + SPAN, f"10:1: {B}duplicate name; the first is in line 8"),
        (B_IS, f"5:1: {B}needs from and until, cron and duration, or from_ics"),
        (B_IS + 'from = "22:00"', f"7:1: {B}until is missing; from needs it"),
        (B_IS + 'cron = "0 3 * * *"', f"7:1: {B}duration is missing; cron needs it"),
        (SPAN + B_IS + 'cron = "0 3 * * *"', f"9:1: {B}from and cron exclude each other; keep one of them"),
        (B_IS + 'from = "22:00"\nuntil = "22:00"', f"8:1: {B}until is the same as from; name another end"),
        (B_IS + 'from = "later"\nuntil = "22:00"', f'7:1: {B}from "later" is no moment; {FORMS}'),
        (B_IS + 'from = 7\nuntil = "22:00"', f"7:1: {B}from must be a time or a moment, not a whole number"),
        (B_IS + 'from = "22:00"\nuntil = " "', f"8:1: {B}until must not be empty"),
        (
            B_IS + 'from = "22:00"\nuntil = 2026-12-24T18:00:00',
            f"8:1: {B}until is one moment, and from (22:00) comes again; write both alike",
        ),
        (
            B_IS + "from = 2026-12-24T18:00:00\nuntil = 2026-12-24",
            f"8:1: {B}until is not after from; name a later end",
        ),
        (
            B_IS + 'cron = "0 3 * *"\nduration = "1h"',
            f'7:1: {B}cron "0 3 * *" must have five fields: minute, hour, day of month, month, weekday',
        ),
        (
            B_IS + 'cron = "0 * * * *"\nduration = "1h"',
            f"8:1: {B}duration 1h00m leaves no time between its windows; shorten it",
        ),
        (SPAN + B_IS + 'policy = "wait"', f'9:1: {B}policy must be one of "skip", "defer", not "wait"'),
        (SPAN + B_IS + 'timezone = "Mars"', f'9:1: {B}unknown time zone "Mars"'),
        (B_IS + 'from_ics = "gone.ics"', f"7:1: {B}from_ics: "),
        (B_IS + 'from_ics = "gone.csv"', f'7:1: {B}from_ics "gone.csv" is no iCalendar file'),
        (
            B_IS + 'from = "XNYS clse"\nuntil = "XNYS open"',
            f'7:1: {B}from "XNYS clse" is no moment; {FORMS}',
        ),
        (
            B_IS + 'from = "XNSY close"\nuntil = "XNYS open"',
            f'7:1: {B}there is no exchange called "XNSY"; did you mean "XNYS"?',
        ),
        (
            B_IS + 'from = "XNYS break_start"\nuntil = "XNYS open"',
            f'7:1: {B}from "XNYS break_start" is no moment of a session: at "break_start" never happens',
        ),
    ],
)  # fmt: skip
def test_each_mistake_is_told_with_its_place(
    blackout: str, problem: str, problems: Callable[[str], Sequence[str]]
) -> None:
    exchange("XNYS")
    found = problems(f"{JOB}[[blackout]]\n{blackout}\n")
    assert len(found) == 1
    assert found[0].startswith(problem)


def test_a_table_in_single_brackets_is_told(problems: Callable[[str], Sequence[str]]) -> None:
    assert problems(JOB + '[blackout]\nname = "b"\n') == [
        "5:1: begin each blackout with [[blackout]], in two pairs of brackets"
    ]


def test_the_events_of_a_calendar_file_are_windows(loads: Callable[[str], JobSet], jobs_file: Path) -> None:
    calendar = icalendar.Calendar()
    for start, end, summary in (
        (datetime(2026, 12, 5, 22, 0), datetime(2026, 12, 6, 4, 0), "release"),
        (datetime(2026, 12, 7, 10, 0, tzinfo=UTC), datetime(2026, 12, 7, 11, 0, tzinfo=UTC), "exchange"),
        (datetime(2026, 12, 24).date(), datetime(2026, 12, 26).date(), "freeze"),
    ):
        event = icalendar.Event()
        event.add("uid", summary)
        event.add("dtstart", start)
        event.add("dtend", end)
        event.add("summary", summary)
        calendar.add_component(event)
    (jobs_file.parent / "m.ics").write_bytes(calendar.to_ical())
    text = JOB + '[[blackout]]\nname = "m"\nfrom_ics = "m.ics"\ntimezone = "Europe/Berlin"\n'
    blackouts = Blackouts(loads(text).blackouts)

    def shut(day: int, hour: int, minute: int = 0) -> bool:
        return bool(blackouts.active(datetime(2026, 12, day, hour, minute, tzinfo=UTC)))

    assert [shut(5, 20, 59), shut(5, 21), shut(6, 2, 59), shut(6, 3)] == [False, True, True, False]
    assert [shut(7, 9, 59), shut(7, 10), shut(7, 11)] == [False, True, False]
    assert [shut(23, 22, 59), shut(23, 23), shut(25, 22, 59), shut(25, 23)] == [False, True, True, False]
    (jobs_file.parent / "m.ics").write_bytes(icalendar.Calendar().to_ical())
    with pytest.raises(ValueError, match="has no event"):
        loads(text)
