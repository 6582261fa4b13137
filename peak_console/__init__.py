"""Peak Console: a terminal operator console with a scheduler engine inside.

The documented Python API, loaded when it is first used: importing the package costs nothing.
"""

from __future__ import annotations

from peak_console.version import __version__

TYPE_CHECKING = False
if TYPE_CHECKING:
    from peak_console.api import (
        JobDefinition,
        JobResult,
        JobSchedule,
        alert,
        build_command_args,
        compute_next_run_at,
        filter_jobs_by_tags,
        get_due_jobs,
        is_job_due,
        load_jobs_from_toml,
        log_scheduler_job_run,
        run_job,
        validate_job_config,
    )

__all__ = [
    "JobDefinition",
    "JobResult",
    "JobSchedule",
    "__version__",
    "alert",
    "build_command_args",
    "compute_next_run_at",
    "filter_jobs_by_tags",
    "get_due_jobs",
    "is_job_due",
    "load_jobs_from_toml",
    "log_scheduler_job_run",
    "run_job",
    "validate_job_config",
]


def __getattr__(name: str) -> object:
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from peak_console import api

    return getattr(api, name)


def __dir__() -> list[str]:
    return __all__
