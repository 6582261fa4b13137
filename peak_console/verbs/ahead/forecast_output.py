"""How a forecast is printed: a table, JSON, CSV or a calendar."""

from __future__ import annotations

from peak_console.forecast.deadlines import earliest_end
from peak_console.text import duration
from peak_console.verbs.ahead.ics import event, file_of, stamp
from peak_console.verbs.shared.output import note, write, write_csv, write_json, write_table
from peak_console.verbs.shared.times import iso, shown, shown_with_zone

TYPE_CHECKING = False
if TYPE_CHECKING:
    from argparse import Namespace
    from collections.abc import Sequence
    from datetime import datetime, tzinfo
    from typing import Any

    from peak_console.forecast.deadlines import Foreseen
    from peak_console.forecast.figures import SlotFigures, Spread
    from peak_console.forecast.forecast import Forecast, ForecastRun
    from peak_console.jobs.model import JobSet
    from peak_console.verbs.shared.common import Selection

COLUMNS = ("job", "slot", "attempt", "triggered_by", "starts_at", "ends_at", "outcome", "reason", "late_because",
           "run_id", "is_guess", "deadline", "slack_seconds")  # fmt: skip
SPREAD_COLUMNS = ("job", "slot", "futures", "succeeded", "starts", "ready", "outcomes", "deadline", "in_time")
LATE_SECONDS = 2.0


def write_forecast(found: Forecast, deadlines: Sequence[Foreseen], selection: Selection, options: Namespace) -> None:
    """Print one future."""
    tightest: dict[tuple[str, datetime | None], Foreseen] = {}
    for each in deadlines:  # the tightest comes first
        tightest.setdefault((each.job, each.slot), each)

    def deadline_of(run: ForecastRun) -> Foreseen | None:
        return tightest.get((run.job, run.round_at or run.slot))

    objects = [_object(run, deadline_of(run), selection.zone) for run in found.runs]
    if options.json:
        write_json(objects)
    elif options.csv:
        write_csv(COLUMNS, [list(each.values()) for each in objects])
    elif options.ics:
        write(_calendar(found))
    elif found.runs:
        headers = ("start", "job", "takes", "ends", "outcome", "")
        write_table(headers, [_row(run, deadline_of(run), selection.zone) for run in found.runs], flexible=5)
    else:
        note("nothing starts in that time; see: peak-console jobs")


def _object(run: ForecastRun, deadline: Foreseen | None, zone: tzinfo) -> dict[str, Any]:
    return {
        "job": run.job,
        "slot": iso(run.slot, zone),
        "attempt": run.attempt,
        "triggered_by": run.triggered_by,
        "starts_at": iso(run.starts_at, zone),
        "ends_at": iso(run.ends_at, zone),
        "outcome": run.outcome,
        "reason": run.reason,
        "late_because": run.late_because,
        "run_id": run.run_id,
        "is_guess": run.is_guess,
        "deadline": iso(deadline.at, zone) if deadline is not None else None,
        "slack_seconds": deadline.slack_seconds if deadline is not None else None,
    }


def _row(run: ForecastRun, deadline: Foreseen | None, zone: tzinfo) -> tuple[str, ...]:
    at, seconds = run.at, None
    if run.starts_at is not None and run.ends_at is not None:
        seconds = (run.ends_at - run.starts_at).total_seconds()
    takes = "" if seconds is None else ("~" if run.is_guess else "") + duration(seconds)
    return (
        shown_with_zone(at, zone) if at is not None else "", run.job, takes,
        f"{shown(run.ends_at, zone)[11:]}", run.outcome, _why(run, deadline, zone),
    )  # fmt: skip


def _why(run: ForecastRun, deadline: Foreseen | None, zone: tzinfo) -> str:
    words = [f"attempt {run.attempt}"] if run.attempt > 1 else []
    if run.run_id is not None:
        words.append(f"#{run.run_id}, under way")
    if run.waits_seconds >= LATE_SECONDS and run.attempt == 1:
        words.append(f"slot {shown(run.slot, zone)[11:]}")
    words += [text for text in (run.reason, run.late_because) if text]
    if deadline is not None:
        words.append(_deadline(deadline, zone))
    return "; ".join(words)


def _deadline(deadline: Foreseen, zone: tzinfo) -> str:
    at, slack = shown(deadline.at, zone)[11:], deadline.slack_seconds
    if slack is None:
        return f"misses its deadline {at}"
    if slack < 0:
        return f"misses its deadline {at} by {duration(-slack)}"
    return f"{duration(slack)} before its deadline {at}"


def write_spread(slots: Sequence[SlotFigures], jobset: JobSet, selection: Selection, options: Namespace) -> None:
    """Print how each slot fares over many futures."""
    zone = selection.zone
    if options.ics:
        from peak_console.errors import UsageError

        raise UsageError("--ics: a calendar shows one future; leave out --samples")
    objects = [
        {
            "job": each.job, "slot": iso(each.slot, zone), "futures": each.futures, "succeeded": each.succeeded,
            "starts": _spread_object(each.starts, zone), "ready": _spread_object(each.ready, zone),
            "outcomes": dict(each.outcomes), **_in_time(each, jobset, zone),
        }
        for each in slots
    ]  # fmt: skip
    if options.json:
        write_json(objects)
    elif options.csv:
        write_csv(SPREAD_COLUMNS, [list(each.values()) for each in objects])
    elif slots:
        rows = [
            (shown_with_zone(each.slot, zone), each.job, _between(each.starts, zone), _between(each.ready, zone),
             f"{100 * each.succeeded / each.futures:.0f} %", _spread_words(each, jobset, zone))
            for each in slots
        ]  # fmt: skip
        write_table(("slot", "job", "starts", "ready", "succeeds", ""), rows, flexible=5)
        note(f"of {slots[0].futures} futures; nine in ten lie between the two times")
    else:
        note("nothing starts in that time; see: peak-console jobs")


def _spread_object(spread: Spread | None, zone: tzinfo) -> dict[str, str | None] | None:
    if spread is None:
        return None
    return {"low": iso(spread.low, zone), "middle": iso(spread.middle, zone), "high": iso(spread.high, zone)}


def _between(spread: Spread | None, zone: tzinfo) -> str:
    if spread is None:
        return ""
    low, high = shown(spread.low, zone)[11:], shown(spread.high, zone)[11:]
    return low if low == high else f"{low}–{high}"


def _in_time(figures: SlotFigures, jobset: JobSet, zone: tzinfo) -> dict[str, Any]:
    """The tightest deadline of a slot, and in what part of the futures it is met."""
    at = earliest_end(jobset, figures.job, figures.slot)
    return {"deadline": iso(at, zone), "in_time": None if at is None else round(figures.share_before(at), 4)}


def _spread_words(figures: SlotFigures, jobset: JobSet, zone: tzinfo) -> str:
    at = earliest_end(jobset, figures.job, figures.slot)
    words = [] if at is None else [f"{100 * figures.share_before(at):.0f} % before {shown(at, zone)[11:16]}"]
    return "; ".join(filter(None, [*words, _outcomes(figures)]))


def _outcomes(figures: SlotFigures) -> str:
    return ", ".join(f"{outcome} {count}" for outcome, count in figures.outcomes if outcome != "succeeded")


def _calendar(found: Forecast) -> str:
    """The runs as events of an iCalendar file (RFC 5545)."""
    return file_of(
        (
            event(
                f"{stamp(run.slot or run.starts_at)}-{run.attempt}-{run.job}",
                found.now,
                run.starts_at,
                run.ends_at or found.end,
                run.job,
                f"{run.outcome} (forecast)",
            )
            for run in found.runs
            if run.starts_at is not None
        ),
        "forecast",
    )
