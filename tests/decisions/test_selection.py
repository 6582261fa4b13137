from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from peak_console.decisions.selection import check_tags
from peak_console.errors import UnknownTagError
from peak_console.jobs.file.loader import filter_jobs_by_tags
from peak_console.jobs.model import JobDefinition

TAGS = st.lists(st.sampled_from(["forward", "risk", "prod", "nobody"]), max_size=3, unique=True)


def jobs_with(*tags: list[str]) -> dict[str, JobDefinition]:
    return {str(number): JobDefinition(str(number), tags=each) for number, each in enumerate(tags)}


@given(st.lists(TAGS, max_size=4), TAGS, TAGS)
def test_only_a_selection_of_no_job_is_refused(
    of_jobs: list[list[str]], include: list[str], exclude: list[str]
) -> None:
    jobs = jobs_with(*of_jobs)
    known = {tag for each in of_jobs for tag in each}
    if jobs and not filter_jobs_by_tags(jobs.values(), include, exclude):
        with pytest.raises(UnknownTagError):
            check_tags(jobs, include, exclude)
    else:
        doubts = check_tags(jobs, include, exclude)
        assert len(doubts) == sum(tag not in known for tag in [*include, *exclude])


def test_a_misspelt_tag_is_named_with_the_one_that_was_meant() -> None:
    jobs = jobs_with(["forward"], ["risk"])
    with pytest.raises(
        UnknownTagError, match=r'--include-tags: no job has the tag "forwrad"; did you mean "forward"\?'
    ):
        check_tags(jobs, ["forwrad"], [])
    assert check_tags(jobs, ["risk", "zzz"], []) == [
        '--include-tags: no job has the tag "zzz"; the tags are forward, risk'
    ]
    assert "there are no tags" in check_tags(jobs_with([]), [], ["a"])[0]
