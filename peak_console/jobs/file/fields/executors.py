"""Keys of [executors.NAME], of what a job asks a cluster for, and of jobs whose slots are many runs."""

from __future__ import annotations

from peak_console.jobs.file.fields.field import (
    BOOLEAN,
    EXECUTOR,
    INTEGER,
    JOB,
    MATRIX,
    MAX_SECONDS,
    NUMBER,
    POLICY,
    RESOURCES,
    RESOURCES_TABLE,
    SUCCESS_RULE,
    TEXT,
    TEXTS,
    VARIABLES,
    Field,
)

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Final


def _seconds(key: str, default: float, text: str, example: str, minimum: float = 0) -> Field:
    return Field(key, NUMBER, default, text, example, where=(EXECUTOR,), minimum=minimum, maximum=MAX_SECONDS)


def _name(key: str, text: str, example: str) -> Field:
    return Field(key, TEXT, None, text, example, where=(EXECUTOR,), form="name", filled=True)


EXECUTOR_FIELDS: Final = (
    Field(
        "executor",
        TEXT,
        "local",
        "Where the runs are executed: local is this machine, every other name is a table [executors.NAME].",
        '"research"',
        where=POLICY,
        form="name",
        filled=True,
    ),
    Field(
        "resources",
        RESOURCES_TABLE,
        None,
        "What a run asks its cluster for, and how long it may wait there.",
        '{ cpus = 4, memory = "8G", gpus = 1, queue_limit_seconds = 86400 }',
        where=(JOB,),
    ),
    Field(
        "rerun_on_node_failure",
        BOOLEAN,
        False,
        "Whether a run whose node was lost is tried again, as a new attempt, once it is certain that it lives no more.",
        "true",
        where=(JOB,),
    ),
    Field(
        "cpus",
        INTEGER,
        1,
        "How many processors a run gets.",
        "4",
        where=(RESOURCES,),
        minimum=1,
        maximum=1_000_000,
    ),
    Field(
        "memory",
        TEXT,
        "1G",
        "How much memory a run gets, with M, G or T; beyond it the cluster may kill the run.",
        '"8G"',
        where=(RESOURCES,),
        form="memory",
    ),
    Field(
        "gpus",
        INTEGER,
        0,
        "How many GPUs a run gets.",
        "1",
        where=(RESOURCES,),
        minimum=0,
        maximum=10_000,
    ),
    Field(
        "queue_limit_seconds",
        NUMBER,
        0,
        "The longest a run may wait in the cluster; then it is not_started. 0 is for ever.",
        "86400",
        where=(RESOURCES,),
        minimum=0,
        maximum=MAX_SECONDS,
    ),
    Field(
        "type",
        TEXT,
        None,
        "What kind of cluster it is.",
        '"slurm"',
        where=(EXECUTOR,),
        choices=("slurm",),
        required="always",
    ),
    Field(
        "shared_dir",
        TEXT,
        None,
        "A directory that has the same absolute path here and on every node: the files of the runs lie there.",
        '"/nfs/peak"',
        where=(EXECUTOR,),
        form="path",
        filled=True,
        required="always",
    ),
    _name("partition", "The partition. Absent: the site's own default, as with the next four.", '"research"'),
    _name("account", "The account that pays.", '"desk"'),
    _name("qos", "The quality of service.", '"normal"'),
    _name("constraint", "Features that a node must have.", '"avx512"'),
    _name("reservation", "The reservation to run in.", '"morning"'),
    Field(
        "python",
        TEXT,
        "/usr/bin/python3",
        "Python 3.7 or newer on the nodes, for our wrapper around each run.",
        '"/usr/bin/python3.11"',
        where=(EXECUTOR,),
        form="path",
        filled=True,
    ),
    Field("options", TEXTS, [], "Further options of sbatch, as they are.", '["--exclude=n17"]', where=(EXECUTOR,)),
    Field(
        "env",
        VARIABLES,
        {},
        "Environment variables of every run there. Nothing of the environment of peak-console goes there.",
        '{ PATH = "/usr/bin:/bin" }',
        where=(EXECUTOR,),
    ),
    Field(
        "max_submitted",
        INTEGER,
        500,
        "How many runs are in the cluster's hands at once; below what the site allows.",
        "200",
        where=(EXECUTOR,),
        minimum=1,
        maximum=1_000_000,
    ),
    _seconds("poll_seconds", 10, "How often Slurm is asked, once for all runs.", "30", 0.1),
    _seconds("command_timeout_seconds", 30, "How long a command of Slurm may take before it is given up.", "60", 0.1),
    _seconds("unreachable_alert_seconds", 300, "How long Slurm may not answer before an alert says so.", "600"),
    _seconds("settle_seconds", 60, "How long the shared file system may take to show what a node has written.", "10"),
    _seconds(
        "fence_seconds", 120, "How long a run whose node is lost must be silent before it counts as dead.", "300", 30
    ),
)
ARRAY_FIELDS: Final = (
    Field(
        "array",
        TEXT,
        None,
        "Each slot is many runs, one for each of these indexes; after % how many of them go on at once."
        " The index is PEAK_ARRAY_INDEX, and {index} in arguments. Excludes matrix.",
        '"0-99%10"',
        form="array",
        filled=True,
    ),
    Field(
        "matrix",
        MATRIX,
        None,
        "Each slot is many runs, one for each combination of these values. The value of the axis window is"
        " PEAK_MATRIX_WINDOW, and {matrix.window} in arguments.",
        '{ strategy = ["mean", "trend"], window = [20, 50] }',
    ),
    Field(
        "array_at_once",
        INTEGER,
        None,
        "How many runs of an array or a matrix go on at once; absent: as many as there are places for.",
        "10",
        minimum=1,
        maximum=1_000_000,
    ),
    Field(
        "array_succeeds",
        SUCCESS_RULE,
        "all",
        "How many runs have to succeed for the array to succeed: all, any, or { at_least = 90 }.",
        "{ at_least = 90 }",
    ),
)
