"""``graph``: which jobs wait for which, and how each stands; as a tree, JSON, or a drawing's source."""

from __future__ import annotations

from peak_console.decisions.job_status import views
from peak_console.decisions.upstreams.chain_tree import tree_lines
from peak_console.decisions.upstreams.graph import Graph
from peak_console.errors import UsageError
from peak_console.text import safe
from peak_console.verbs.shared.common import note_no_jobs, select
from peak_console.verbs.shared.output import note, write, write_json

TYPE_CHECKING = False
if TYPE_CHECKING:
    from argparse import Namespace
    from collections.abc import Iterator, Mapping

    from peak_console.decisions.job_status import JobView


def show_graph(options: Namespace) -> int:
    """Show the chains of all jobs, or those that one job is part of."""
    if options.json + options.dot + options.mermaid > 1:
        raise UsageError("--json, --dot and --mermaid: choose one of them")
    with select(options) as selection:
        jobset = selection.jobset
        assert jobset is not None  # select() needs it
        graph = Graph(jobset.jobs)
        names = graph.chained(selection.job(options.job).name if options.job is not None else None)
        if options.job is None:
            names = [name for name in names if name in selection.jobs]
        found = views([jobset.jobs[name] for name in names], selection.store, selection.now, blackouts=jobset.blackouts)
    standing = {view.job.name: view for view in found}
    if options.json:
        write_json([_object(view, graph) for view in found])
    elif options.dot:
        _write(_dot(standing))
    elif options.mermaid:
        _write(_mermaid(standing))
    elif not names:
        note_no_jobs(selection)
        note("no job waits for another; see after in the jobs file")
    else:
        _write(line for _, line in tree_lines(graph, standing))
    return 0


def _write(lines: Iterator[str]) -> None:
    for line in lines:
        write(f"{line}\n")


def _object(view: JobView, graph: Graph) -> dict[str, object]:
    job = view.job
    return {
        "name": job.name,
        "state": str(view.standing),
        "waits_for": next((run.awaits for run in view.queued if run.awaits is not None), None),
        "after": [{"job": each.job, "wanted": str(each.wanted)} for each in job.after],
        "before": list(dict.fromkeys(graph.followers(job.name))),
        "round": job.round if job.after else None,
    }


def _dot(standing: Mapping[str, JobView]) -> Iterator[str]:
    yield "digraph jobs {"
    yield "  rankdir=LR;"
    yield '  node [shape=box, style=rounded, fontname="sans-serif"];'
    for name, view in standing.items():
        label = _quoted(f"{name}\n{view.standing}")
        yield f"  {_quoted(name)} [label={label}];"
    for name, view in standing.items():
        for each in view.job.after:
            label = f" [label={_quoted(each.wanted)}]" if each.wanted != "succeeded" else ""
            yield f"  {_quoted(each.job)} -> {_quoted(name)}{label};"
    yield "}"


def _quoted(text: str) -> str:
    shown = text.replace("\\", "\\\\").replace('"', '\\"')
    return '"' + "\\n".join(safe(part) for part in shown.split("\n")) + '"'


def _mermaid(standing: Mapping[str, JobView]) -> Iterator[str]:
    number = {name: f"j{place}" for place, name in enumerate(standing)}
    yield "flowchart LR"
    for name, view in standing.items():
        label = safe(f"{name} ({view.standing})").replace('"', "#quot;")
        yield f'  {number[name]}["{label}"]'
    for name, view in standing.items():
        for each in view.job.after:
            if each.job in number:
                arrow = f"-- {each.wanted} -->" if each.wanted != "succeeded" else "-->"
                yield f"  {number[each.job]} {arrow} {number[name]}"
