"""New definitions for an engine at work: all of them, or none."""

from __future__ import annotations

from peak_console.alerts.judge import judge_accepted, judge_rejected, judge_reloaded, judge_unselected
from peak_console.decisions.planner import Planner
from peak_console.decisions.selection import changes, tag_doubts
from peak_console.decisions.serving import Share, others
from peak_console.engine.alerting.incidents import jobs_file_cause, unselected_cause
from peak_console.engine.events import JobsReloaded, ReloadHeldBack, ReloadRejected

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from peak_console.engine.context import EngineContext
    from peak_console.engine.supervision.launch import Launcher
    from peak_console.jobs.beside import AlertChannel
    from peak_console.jobs.model import JobDefinition, JobSet

JOBS_FILE = "jobs file"
"""Stands in the shift log for the unknown person who has saved the file."""
MOST_LOGGED = 200
"""Jobs of one save that get an entry each."""


def reload_jobs(
    context: EngineContext,
    offered: JobSet,
    channels: Sequence[AlertChannel],
    launcher: Launcher,
    now: datetime,
) -> None:
    """Work by new definitions; runs under way keep the old ones. Raises ``StateError`` with nothing changed."""
    store = context.store
    with context.alerts:
        share = _share(context, offered)
        added, removed, changed = changes(context.served.jobs, share.jobs)
        planner = Planner(share.jobs.values(), store.job_states(strict=True), now)
        alert = judge_reloaded(offered.path, added=added, removed=removed, changed=changed, now=now)
        store.loaded(now)
        store.engine_serves(context.lock_name, share.names())
        store.remember([planner.states[name] for name in planner.changed])
        resolved = context.alerts.resolve(jobs_file_cause(offered.path))
        if resolved and alert is None:
            alert = judge_accepted(offered.path, now=now)
        if alert is not None:
            context.alerts.raise_alert(alert, also_to=store.channels_told(resolved))
        _judge_selection(context, offered, now)
        _log(context, launcher, share.jobs, now, (added, removed, changed))
    planner.changed.clear()
    context.served.replace(offered, share, planner, launcher, context.clock.monotonic())
    context.runs.supervisor.executors.define(offered.executors)
    context.chains.touch_all()
    context.alerts.take_up(channels, launcher)
    context.alerts.write_to(offered.alert_file)
    context.emit(JobsReloaded(at=now, added=added, removed=removed, changed=changed))


def _log(
    context: EngineContext,
    launcher: Launcher,
    jobs: Mapping[str, JobDefinition],
    now: datetime,
    names: tuple[Sequence[str], Sequence[str], Sequence[str]],
) -> None:
    """Note in the shift log which jobs have come, gone and changed, and in which fields."""
    added, removed, changed = names
    if not (added or removed or changed):
        return
    from peak_console.decisions.past.definition_text import field_changes

    mask, before = launcher.redactor.args, context.served.jobs
    told = [*((name, "added") for name in added), *((name, "removed") for name in removed)]
    told += [(name, ", ".join(field_changes(before[name], jobs[name], mask)) or "changed") for name in changed]
    for name, what in told[:MOST_LOGGED]:
        context.store.log_action(JOBS_FILE, "reload", launcher.redactor.text(what), now, name)
    if len(told) > MOST_LOGGED:
        context.store.log_action(JOBS_FILE, "reload", f"and {len(told) - MOST_LOGGED} more jobs", now)


def _judge_selection(context: EngineContext, offered: JobSet, now: datetime) -> None:
    """Open an incident while the engine's tags select no job of the file, and resolve it once they do."""
    options, cause = context.options, unselected_cause(context.lock_name)
    if not (options.include_tags or options.exclude_tags):
        return
    doubts, selects_nothing = tag_doubts(offered.jobs, options.include_tags, options.exclude_tags)
    if selects_nothing:
        context.alerts.open_incident(cause, judge_unselected(offered.path, doubts, now=now))
    else:
        context.alerts.resolve(cause)


def tell_of_rejection(context: EngineContext, error: str, now: datetime) -> None:
    """Record why the jobs file as it stands cannot be used. Raises ``StateError``."""
    with context.alerts:
        context.store.rejected(error)
        path = context.served.jobset.path
        context.alerts.open_incident(jobs_file_cause(path), judge_rejected(path, error.splitlines(), now=now))
    context.emit(ReloadRejected(at=now, error=error))


def tell_of_hold_back(context: EngineContext, why: str, now: datetime) -> None:
    """Record why the jobs file as it stands does not count yet, or that it does. Raises ``StateError``."""
    with context.alerts:
        context.store.rejected(why or None)
        if not why:
            path = context.served.jobset.path
            context.alerts.resolve(jobs_file_cause(path), recovery=judge_accepted(path, now=now))
    if why:
        context.emit(ReloadHeldBack(at=now, reason=why))


def _share(context: EngineContext, jobset: JobSet) -> Share:
    options = context.options
    rivals = others(context.store.engines(), context.lock_name)
    return Share(jobset, options.include_tags, options.exclude_tags, rivals)


def take_up_what_is_left(context: EngineContext, now: datetime) -> bool:
    """Serve those of the contested jobs that their engine has left meanwhile; whether there were any.

    Raises ``StateError`` with nothing changed.
    """
    store = context.store
    share = _share(context, context.served.jobset)
    if share.contested.keys() == context.served.contested.keys():
        return False
    with context.alerts:
        share = _share(context, context.served.jobset)
        planner = Planner(share.jobs.values(), store.job_states(strict=True), now)
        store.engine_serves(context.lock_name, share.names())
        store.remember([planner.states[name] for name in planner.changed])
    planner.changed.clear()
    context.served.replace_share(share, planner)
    return True
