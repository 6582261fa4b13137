"""``[executors.NAME]`` and what jobs say of them: good ones are values, wrong ones are told with their place."""

from __future__ import annotations

import pytest

from peak_console.errors import JobsFileError
from peak_console.jobs.beside import ExecutorDefinition
from peak_console.jobs.file.loader import check, load
from peak_console.jobs.model import JobSet, Resources

CLUSTER = '[executors.research]\ntype = "slurm"\nshared_dir = "/nfs/peak"\n'
JOB = '[[job]]\nname = "sweep"\ncommand = "true"\n'


def loaded(text: str) -> JobSet:
    return load("/etc/jobs.toml", text.encode())


def problems(text: str) -> list[str]:
    with pytest.raises(JobsFileError) as caught:
        loaded(text)
    return [str(problem).removeprefix("/etc/jobs.toml:") for problem in caught.value.problems]


def test_a_cluster_and_its_jobs_are_values() -> None:
    found = loaded(
        CLUSTER + 'partition = "long"\noptions = ["--exclude=n17"]\nenv = { LEVEL = 2 }\nmax_submitted = 7\n'
        "[[job]]\n"
        'name = "sweep"\nexecutor = "research"\nrerun_on_node_failure = true\n'
        'resources = { cpus = 4, memory = "8G", gpus = 1, queue_limit_seconds = 60 }\n'
        '[[job]]\nname = "here"\n'
    )
    (definition,) = found.executors
    assert definition == ExecutorDefinition(
        "research", "/nfs/peak", partition="long", options=("--exclude=n17",), env={"LEVEL": "2"}, max_submitted=7
    )
    sweep, here = found.jobs["sweep"], found.jobs["here"]
    assert (sweep.executor, sweep.rerun_on_node_failure) == ("research", True)
    assert sweep.resources == Resources(4, 8 * 1024, 1, 60)
    assert (here.executor, here.resources) == ("local", None)


def test_the_scheduler_may_name_the_executor_of_all_jobs_that_do_not() -> None:
    found = loaded('[scheduler]\nexecutor = "research"\n' + CLUSTER + JOB + '[[job]]\nname = "b"\nexecutor = "local"\n')
    assert [job.executor for job in found.jobs.values()] == ["research", "local"]
    assert found.jobs["sweep"].resources == Resources()


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            CLUSTER + JOB + 'executor = "reserch"\n',
            ('7:1: job "sweep": executor "reserch" is defined nowhere; write a table [executors.NAME];'
            ' did you mean "research"?'),
        ),
        (
            JOB + 'executor = "research"\n',
            '4:1: job "sweep": executor "research" is defined nowhere; write a table [executors.NAME]',
        ),
        (
            '[scheduler]\nexecutor = "x"\n' + CLUSTER + JOB,
            '2:1: [scheduler]: executor "x" is defined nowhere; write a table [executors.NAME]',
        ),
        (
            JOB + "resources = { cpus = 4 }\n",
            '4:1: job "sweep": resources means nothing with executor = "local"; name a cluster, or leave it out',
        ),
        (
            JOB + "rerun_on_node_failure = true\n",
            ('4:1: job "sweep": rerun_on_node_failure means nothing with executor = "local"; name a cluster, or leave'
            " it out"),
        ),
        (
            CLUSTER + JOB + 'executor = "research"\nresources = { cpu = 4 }\n',
            '8:15: job "sweep": resources has no "cpu"; did you mean "cpus"?',
        ),
        (
            CLUSTER + JOB + 'executor = "research"\nresources = { memory = "8 GB" }\n',
            '8:15: job "sweep": resources memory must be a number with M, G or T, such as "8G", not "8 GB"',
        ),
        (
            CLUSTER + JOB + 'executor = "research"\nresources = { cpus = 0 }\n',
            '8:15: job "sweep": resources cpus must be 1 or more, not 0',
        ),
        ('[executors.a]\ntype = "slurm"\n' + JOB, '1:1: executor "a": shared_dir is missing'),
        ('[executors.a]\nshared_dir = "/x"\n' + JOB, '1:1: executor "a": type is missing'),
        (
            '[executors.a]\ntype = "slurm"\nshared_dir = "x"\n' + JOB,
            '3:1: executor "a": shared_dir must be an absolute path: it is that of the nodes too',
        ),
        (
            '[executors.a]\ntype = "pbs"\nshared_dir = "/x"\n' + JOB,
            '2:1: executor "a": type must be one of "slurm", not "pbs"',
        ),
        (
            '[executors.local]\ntype = "slurm"\nshared_dir = "/x"\n' + JOB,
            '1:1: executor "local": give it another name: local is this machine, and needs no table',
        ),
        ("executors = 3\n" + JOB, "1:1: begin each executor with [executors.NAME]"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_told_with_its_place(text: str, expected: str) -> None:
    assert problems(text) == [expected]


def test_what_a_job_of_a_cluster_names_is_not_looked_for_here(tmp_path: object) -> None:
    path = f"{tmp_path}/jobs.toml"
    text = CLUSTER + '[[job]]\nname = "sweep"\ncommand = "/only/there"\ncwd = "/nowhere"\nexecutor = "research"\n'
    with open(path, "w", encoding="utf-8") as file:
        file.write(text + "schedule_type = 'interval'\ninterval_seconds = 60\n")
    found, jobset = check(path)
    assert jobset is not None
    assert [str(problem) for problem in found] == []
