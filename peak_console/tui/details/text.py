"""What the details screen says of a job, section by section, as lines for some width. Pure."""

from __future__ import annotations

from textwrap import wrap

from textual.content import Content

from peak_console.decisions.conditions import ENABLED, SERVED, override_in_words
from peak_console.decisions.grace import grace_seconds
from peak_console.decisions.job_status import CLAIMED_MEANS, NO_LIMIT, Standing, unmet_of
from peak_console.decisions.past.provenance import in_words as provenance_words
from peak_console.jobs.model import CatchUp, JobDefinition, Overlap, mode_in_words
from peak_console.schedule.wording.words import in_words
from peak_console.schedule.zones import local_time
from peak_console.text import countdown, counted, duration, safe, size
from peak_console.tui.details.history_plot import finished, plot, statistics
from peak_console.tui.drawing.glyphs import moment, standing
from peak_console.tui.drawing.paint import cut, width_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from datetime import datetime, tzinfo
    from typing import Any

    from peak_console.decisions.job_status import JobView
    from peak_console.model.records import Run
    from peak_console.tui.drawing.paint import Piece

MUTED = "$text-muted"
OWN = "•"
"""Beside a policy that is not the default."""
SLOTS = 10
_LABEL_WIDTH = 10
_POLICY_WIDTH = 19
_LONGEST = 4000
"""Characters of one value that are shown; more is no reading."""

_OVERLAP: dict[str, str] = {
    Overlap.SKIP: "skip: left out during a run",
    Overlap.QUEUE: "queue: waits for the run's end",
    Overlap.ALLOW: "allow: runs go side by side",
    Overlap.KILL_PREVIOUS: "kill previous: replaces the run",
}
_CATCH_UP: dict[str, str] = {
    CatchUp.SKIP: "skip: no missed slot",
    CatchUp.LATEST: "latest: the last missed slot",
    CatchUp.ALL: "all: every missed slot, one by one",
}
_DEFAULTS = JobDefinition("")


def headline(view: JobView) -> Content:
    """State, name and tags, on one line."""
    look = standing(view.standing)
    tags = " ".join(f"#{safe(tag)}" for tag in view.job.tags)
    mode = view.job.mode
    mark = (f" {mode_in_words(view.job)} ", "bold reverse $text-error" if view.job.is_live else MUTED) if mode else ""
    return Content.assemble(
        (f"{look.glyph} {look.word}", f"bold {look.colour}"), "   ", mark, "  " if mode else "",
        (safe(view.job.name), "bold"), "   ", (tags, MUTED),
    )  # fmt: skip


def why_disabled(view: JobView, now: datetime, zone: tzinfo) -> str:
    """Why a job does not start: no engine serves it, or who has disabled it, or enabled it against its file."""
    if view.standing == Standing.CLAIMED:
        return f"claimed: {CLAIMED_MEANS}"
    if view.override is not None and view.not_served is None:
        return safe(override_in_words(view.override, lambda at: moment(at, now, zone), with_since=True))
    unmet = unmet_of(view, now, NO_LIMIT, zone=zone)
    return safe(unmet.sentence) if unmet is not None and unmet.name in (SERVED.name, ENABLED.name) else ""


def no_success(view: JobView, now: datetime, zone: tzinfo) -> str:
    """What is said of a job whose last slot has passed without a success."""
    if view.missing_since is None:
        return ""
    success = view.last_success
    last = moment(success.finished_at or success.claimed_at, now, zone) if success is not None else "never"
    return f"no success for the slot {moment(view.missing_since, now, zone)} or since; the last one: {last}"


def schedule(
    view: JobView, slots: Sequence[datetime], zone: tzinfo, now: datetime, width: int, *, chain: Sequence[str] = ()
) -> Content:
    """The rule in words with its zone, the slots ahead, each with its countdown, and the chain that it is part of."""
    lines = [_fact("schedule", in_words(view.job.schedule, with_zone=True), "bold", width)]
    for nth, slot in enumerate(slots[:SLOTS]):
        at = local_time(slot, zone)
        left = countdown((slot - now).total_seconds())
        lines.append(
            Content.assemble(
                (f"{'next' if not nth else '':<{_LABEL_WIDTH}}", MUTED),
                f"{at:%a} {at.day:>2} {at:%b %H:%M:%S}",
                (f" {at:%Z}", MUTED),
                f"{left:>10}",
            )
        )
    if not slots:
        lines.append(_fact("next", "nothing ahead" if view.enabled else "nothing while it is disabled", MUTED, width))
    awaits = next((run.awaits for run in view.queued if run.awaits is not None), None)
    if awaits is not None:
        lines.append(_fact("waits", awaits, "$text-primary", width))
    for nth, line in enumerate(chain):
        room = max(10, width - _LABEL_WIDTH)
        lines.append(Content.assemble((f"{'chain' if not nth else '':<{_LABEL_WIDTH}}", MUTED), cut(line, room)))
    return Content("\n").join(lines)


def policies(job: JobDefinition, width: int) -> Content:
    """What holds for its runs; what is not the default has a dot and stands out."""
    grace = grace_seconds(job)
    backoff = f", then ×{job.retry_backoff:g} each" if job.retries > 1 and job.retry_backoff != 1 else ""
    retries = f"{job.retries}, after {_seconds(job.retry_delay_seconds)}{backoff}" if job.retries else "none"
    codes = ", ".join(map(str, job.success_codes))
    rows = (
        ("timeout", _seconds(job.timeout_seconds) if job.timeout_seconds else "none", ("timeout_seconds",)),
        ("retries", retries, ("retries", "retry_delay_seconds", "retry_backoff")),
        ("overlap", _OVERLAP.get(job.overlap, safe(job.overlap)), ("overlap",)),
        ("catch up", _CATCH_UP.get(job.catch_up, safe(job.catch_up)), ("catch_up",)),
        (
            "accepted late",
            "any" if grace is None else f"up to {_seconds(grace)}",
            ("misfire_grace_seconds", "catch_up"),
        ),
        ("kill grace", f"{_seconds(job.kill_grace_seconds)} from SIGTERM to SIGKILL", ("kill_grace_seconds",)),
        ("success codes", codes, ("success_codes",)),
        (
            "output",
            f"{size(job.max_output_bytes)} a stream" if job.max_output_bytes else "no bound",
            ("max_output_bytes",),
        ),
        ("alert on success", "yes" if job.alert_on_success else "no", ("alert_on_success",)),
        ("alert after", alerts_after(job), ("alert_after", "realert_seconds")),
    )
    return Content("\n").join([_policy(label, text, _is_default(job, keys), width) for label, text, keys in rows])


def alerts_after(job: JobDefinition) -> str:
    """After how many failures there is an alert, and when the same one is sent again."""
    again = f"again after {duration(job.realert_seconds)}" if job.realert_seconds else "again each time"
    return f"{counted(job.alert_after, 'failure')}, {again}"


def command(
    command_line: str,
    error: str | None,
    cwd: str,
    env_file: str | None,
    meta: Mapping[str, str],
    width: int,
    made_from: Mapping[str, Any] = {},
) -> Content:
    """What is executed, and where; or why nothing can be. Below it what others keep of the job."""
    lines = [_fact("command", command_line, "bold", width)]
    if error:
        lines.append(_fact("", f"✖ {error}", "$text-error", width))
    lines.append(_fact("directory", cwd, "", width))
    if env_file:
        lines.append(_fact("env file", env_file, "", width))
    if code := provenance_words(made_from):
        lines.append(_fact("code", code, "", width))
    if changed := made_from.get("changes"):
        lines.append(_fact("changed", "; ".join(map(str, changed)), "$text-warning", width))
    lines += [_fact("meta" if not nth else "", f"{name} = {meta[name]}", "", width) for nth, name in enumerate(meta)]
    return Content("\n").join(lines)


def environment(own: Mapping[str, str], inherited: Mapping[str, str], width: int) -> Content:
    """The job's own variables, then those that it inherits."""
    lines = [Content.styled("its own" if own else "its own: none", MUTED)]
    lines += _variables(own, "bold", "", width)
    lines.append(Content.styled(f"inherited: {len(inherited)}", MUTED))
    lines += _variables(inherited, MUTED, MUTED, width)
    return Content("\n").join(lines)


def history(runs: Sequence[Run], height: int, zone: tzinfo) -> Content:
    """The plot of the last runs' durations with its dates, and what they come to."""
    shown = finished(runs)
    if not shown:
        return Content.styled("it has never finished a run", MUTED)
    lines = [_painted(line) for line in plot(shown, height)]
    first, last = (f"{at.day} {at:%b %H:%M}" for at in (_at(run, zone) for run in (shown[0], shown[-1])))
    room = max(len(shown), len(first) + len(last) + 3)
    dates = f"{first}{last:>{room - len(first)}}" if len(shown) > 1 else first
    return Content("\n").join([*lines, Content.styled(" " * 9 + dates, MUTED), Content(""), _numbers(shown)])


def _numbers(runs: Sequence[Run]) -> Content:
    numbers = statistics(runs)
    rate = f"{numbers.succeeded / numbers.count:.0%}".replace("%", " %") if numbers.count else "–"
    style = "$text-success" if numbers.succeeded == numbers.count else "$text-warning"
    text = Content.assemble((f"{rate} ok", f"bold {style}"), (f"  {numbers.succeeded} of {numbers.count}", MUTED))
    for label, seconds in (("median", numbers.median), ("p95", numbers.p95), ("longest", numbers.longest)):
        if seconds is not None:
            text += Content.assemble((f"   {label} ", MUTED), duration(seconds))
    return text


def _at(run: Run, zone: tzinfo) -> datetime:
    return local_time(run.started_at or run.scheduled_for or run.claimed_at, zone)


def _painted(line: Iterable[Piece]) -> Content:
    """Neighbours of one style together: a content of sixty spans is slow."""
    joined: list[list[str]] = []
    for text, style in line:
        if joined and joined[-1][1] == style:
            joined[-1][0] += text
        else:
            joined.append([text, style])
    return Content.assemble(*((text, f"$text-{style}") for text, style in joined))


def _is_default(job: JobDefinition, keys: Iterable[str]) -> bool:
    return all(getattr(job, key) == getattr(_DEFAULTS, key) for key in keys)


def _policy(label: str, text: str, is_default: bool, width: int) -> Content:
    marked = f"{' ' if is_default else OWN} {label}"
    return _fact(marked, text, MUTED if is_default else "bold", width, _POLICY_WIDTH)


def _fact(label: str, text: str, style: str, width: int, label_width: int = _LABEL_WIDTH) -> Content:
    """A label, and beside it a text that is wrapped under itself."""
    lines = wrap(safe(text[:_LONGEST]), max(10, width - label_width), break_on_hyphens=False) or [""]
    lead = "\n" + " " * label_width
    return Content.assemble((f"{label:<{label_width}}", MUTED), (lead.join(lines), style))


def _variables(variables: Mapping[str, str], name_style: str, value_style: str, width: int) -> list[Content]:
    return [
        Content.assemble(
            ("  " + safe(name), name_style),
            ("=", MUTED),
            (cut(safe(value), max(8, width - width_of(name) - 3)), value_style),
        )
        for name, value in sorted(variables.items())
    ]


def _seconds(seconds: float) -> str:
    """A duration without a fraction that says nothing."""
    return duration(seconds).replace(".0s", "s").removesuffix("00s").removesuffix("00m").removesuffix("00h")
