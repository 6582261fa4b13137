"""What the details of a job show, gathered from its definition, the registry and this machine. Masked here."""

from __future__ import annotations

import os
from itertools import islice
from typing import TYPE_CHECKING

from peak_console.decisions.ahead.upcoming import starts_ahead
from peak_console.decisions.capacity import capacity_of
from peak_console.decisions.job_status import unmet_of, views
from peak_console.decisions.upstreams.chain_tree import tree_lines
from peak_console.decisions.upstreams.graph import Graph
from peak_console.errors import StartError
from peak_console.jobs.command import resolve_command, shown, working_directory
from peak_console.jobs.environment import meta_text, own_environment
from peak_console.jobs.file.locate import job_line
from peak_console.redact import Redactor
from peak_console.runs.usage import with_usage_so_far
from peak_console.schedule.zones import zone
from peak_console.store.tables.metrics import metrics_of
from peak_console.store.tables.provenance import provenance_of
from peak_console.tui.details.screen import DetailsData

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from peak_console.decisions.job_status import JobView
    from peak_console.jobs.model import JobDefinition
    from peak_console.tui.state.interface import Session
    from peak_console.tui.state.snapshot import JobRow

TOLD = ("served", "enabled", "override", "schedule", "overlap")
"""The conditions that the other lines of the details tell of."""
RUNS = 100
SLOTS = 10
CHAIN_LINES = 50


def details_of(row: JobRow, session: Session, now: datetime) -> DetailsData:
    """Everything about a row's job, as it is ``now``. Raises ``StateError``."""
    job = row.view.job
    store = session.store
    inherited = dict(os.environ)
    error: str | None = None
    try:
        environment = own_environment(job, inherited, session.jobset.base)
    except StartError as failed:
        environment, error = {**inherited, **job.env}, str(failed)
    own = {name: value for name, value in environment.items() if inherited.get(name) != value}
    redactor = Redactor.from_environments(environment)
    runs = [with_usage_so_far(run) for run in store.runs(jobs=[job.name], run_type="scheduler_job", limit=RUNS)]
    command_line = ""
    cwd = working_directory(job, session.jobset.base)
    try:
        argv = resolve_command(job, session.jobset.settings.python, environment, cwd)
        command_line = shown(redactor.argv(argv))
    except StartError as failed:
        error = error or str(failed)
    return DetailsData(
        view=row.view,
        now=now,
        zone=session.zone,
        slot_zone=zone(job.schedule.timezone or session.jobset.settings.timezone),
        why_not=_why_not(row.view, session, now),
        slots=list(islice(starts_ahead(job, store.job_state(job.name), now, row.view.blackouts), SLOTS)),
        command_line=command_line,
        command_error=redactor.text(error) if error else None,
        cwd=cwd,
        meta={name: meta_text(value) for name, value in redactor.meta(job.meta).items()},
        own_environment=_masked(redactor, own),
        inherited_environment=_masked(redactor, {n: v for n, v in inherited.items() if n not in own}),
        runs=runs,
        provenance=next(iter(provenance_of(store, [run.id for run in runs[:1]]).values()), {}),
        numbers=metrics_of(store, [run.id for run in runs]) if job.expect is not None or job.result is not None else {},
        source=_source(session.jobs_file, job),
        chain=_chain(job, session, now),
    )


def _chain(job: JobDefinition, session: Session, now: datetime) -> list[str]:
    """The jobs that it waits for and that wait for it, as a tree with how each stands; empty where there are none."""
    graph = Graph(session.jobset.jobs)
    names = graph.chained(job.name)
    if len(names) < 2:
        return []
    found = views([session.jobset.jobs[name] for name in names], session.store, now, blackouts=session.jobset.blackouts)
    lines = tree_lines(graph, {view.job.name: view for view in found})
    return [f"{'›' if name == job.name else ' '} {line}" for name, line in islice(lines, CHAIN_LINES)]


def _why_not(view: JobView, session: Session, now: datetime) -> str:
    """What keeps a job from starting that its other lines do not tell; empty when nothing does."""
    store = session.store
    capacity = capacity_of(session.jobset, store.active_jobs())
    unmet = unmet_of(view, now, capacity, hold=store.hold(), zone=session.zone)
    return unmet.sentence if unmet is not None and unmet.name not in TOLD else ""


def _masked(redactor: Redactor, environment: Mapping[str, str]) -> dict[str, str]:
    return {name: str(value) for name, value in redactor.args(environment).items()}


def _source(path: str, job: JobDefinition) -> str:
    try:
        with open(path, encoding="utf-8", errors="replace") as file:
            return f"{os.path.basename(path)}:{job_line(file.read(), job.name)}"
    except OSError:
        return os.path.basename(path)
