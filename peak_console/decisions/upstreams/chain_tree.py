"""Chains as trees of text: each job below those that it waits for, with how it stands. Pure."""

from __future__ import annotations

from peak_console.text import safe

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from peak_console.decisions.job_status import JobView
    from peak_console.decisions.upstreams.graph import Graph

MOST_LINES = 10_000
"""Lines of a tree at the most: a job that many others wait for stands below each of them."""


def state_in_words(view: JobView) -> str:
    """How a job stands, with what it waits for."""
    awaits = next((run.awaits for run in view.queued if run.awaits is not None), None)
    return awaits if awaits is not None and not view.active else str(view.standing)


def tree_lines(graph: Graph, standing: Mapping[str, JobView]) -> Iterator[tuple[str, str]]:
    """Each job and its line, below each that it waits for; what stood before is not repeated further down."""
    shown: set[str] = set()
    waiting = [(name, "", "") for name in reversed(graph.first(standing))]
    count = 0
    while waiting and count < MOST_LINES:
        name, lead, below = waiting.pop()
        count += 1
        followers = [each for each in dict.fromkeys(graph.followers(name)) if each in standing]
        again = name in shown and bool(followers)
        wanted = "" if not lead else _wanted(standing[name], graph)
        yield name, f"{lead}{safe(name)}  {safe(state_in_words(standing[name]))}{wanted}{'  …' if again else ''}"
        if again:
            continue
        shown.add(name)
        for place, follower in enumerate(reversed(followers)):
            branch, deeper = ("└─ ", "   ") if place == 0 else ("├─ ", "│  ")
            waiting.append((follower, f"{below}{branch}", f"{below}{deeper}"))


def _wanted(view: JobView, graph: Graph) -> str:
    """The other jobs that one waits for, where a tree shows only one of them above it."""
    if len(graph.upstreams(view.job.name)) < 2:
        return ""
    return f"  (after {', '.join(safe(str(each)) for each in view.job.after)})"
