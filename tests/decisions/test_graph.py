"""The graph of chains, against walks that are slow and obvious."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from peak_console.decisions.upstreams.graph import Graph
from peak_console.jobs.model import JobDefinition, Upstream


@st.composite
def graphs(draw: st.DrawFn) -> dict[str, JobDefinition]:
    """Jobs that wait for some of those before them; in any order in the file."""
    count = draw(st.integers(1, 8))
    names = [f"j{n}" for n in range(count)]
    found = {}
    for place, name in enumerate(names):
        upstreams = draw(st.sets(st.sampled_from(names[:place]))) if place else set()
        found[name] = JobDefinition(name, after=tuple(Upstream(each) for each in sorted(upstreams)))
    return {name: found[name] for name in draw(st.permutations(names))}


def waits_for(jobs: dict[str, JobDefinition], job: str, other: str) -> bool:
    return any(each.job == other or waits_for(jobs, each.job, other) for each in jobs[job].after)


@given(graphs())
def test_it_reaches_all_that_wait_and_all_that_are_waited_for_in_order(jobs: dict[str, JobDefinition]) -> None:
    graph = Graph(jobs)
    for name in jobs:
        below, above = graph.downstream(name), graph.upstream(name)
        assert set(below) == {other for other in jobs if waits_for(jobs, other, name)}
        assert set(above) == {other for other in jobs if waits_for(jobs, name, other)}
        for order in (below, above, graph.chained()):
            for place, each in enumerate(order):
                assert not any(waits_for(jobs, each, later) for later in order[place:])
        assert {*below, *above, name} <= set(graph.chained(name))
    assert set(graph.first(jobs)) == {name for name in jobs if not jobs[name].after}
