"""A one-shot start that has nothing to do: it is recorded without an engine, as cron starts one every few minutes.

An engine takes two thirds of such a start's time to load. What is looked at here is enough to know that an engine would
find nothing to start, take over, mend, resolve or tell of. Whatever is out of the ordinary is left to an engine.
"""

from __future__ import annotations

import os

from peak_console.decisions.planner import Planner
from peak_console.engine.events import EngineStarted, EngineStopped
from peak_console.errors import DamagedError
from peak_console.model.records import EngineInfo
from peak_console.store.directory import NEXT_IDS, run_directory
from peak_console.version import __version__

TYPE_CHECKING = False
if TYPE_CHECKING:
    from datetime import datetime

    from peak_console.decisions.serving import Share
    from peak_console.engine.control import Control
    from peak_console.engine.open_directory import OpenDirectory
    from peak_console.engine.setup import EngineSetup
    from peak_console.jobs.model import JobSet
    from peak_console.store.store import Store


def sign_on_and_off(setup: EngineSetup, place: OpenDirectory, control: Control) -> bool:
    """Record a start that has nothing to do and let go of the lock; ``False``, with nothing changed, if it has.

    The lock has to be held. Raises ``StateError``.
    """
    options, jobset, store = setup.options, setup.jobset, place.store
    is_selective = bool(options.include_tags or options.exclude_tags)
    if is_selective or not _is_plain(jobset) or control.wants_drain or control.offered is not None or place.unreported:
        return False
    setup.channels_of(jobset)  # raises for channels that cannot be used, as an engine does
    now = setup.clock.now()
    try:
        with store:
            share = place.share(jobset)
            if not _is_quiet(store, jobset, share, now) or _calendars_have_news(setup.directory, jobset, now):
                return False
            info = EngineInfo(
                pid=os.getpid(), host=os.uname().nodename, mode=options.mode, version=__version__,
                jobs_file=jobset.path, started_at=now, loaded_at=now, lock=place.lock_name, jobs=share.names(),
            )  # fmt: skip
            store.engine_started(info)
            store.engine_stopped(now, place.lock_name)
    except DamagedError:  # an engine mends it
        return False
    place.lock.release()
    enabled = sum(job.enabled for job in share.jobs.values())
    setup.emit(EngineStarted(at=now, directory=setup.directory, jobs=len(share.jobs), enabled=enabled))
    setup.emit(EngineStopped(at=now, succeeded=0, failed=0, left_running=0))
    return True


def _is_plain(jobset: JobSet) -> bool:
    """Whether a jobs file asks an engine for nothing but to start jobs by their times.

    Gates are asked, chains are followed, deadlines are judged, figures are written, and commands that hear of runs may
    be owed some from before.
    """
    if jobset.gates or jobset.metrics.file is not None or jobset.has_deadlines:
        return False
    return not any(job.after or job.on_finish for job in jobset.jobs.values())


def _calendars_have_news(directory: str, jobset: JobSet, now: datetime) -> bool:
    """Whether an engine would tell that a calendar has changed, or ends soon."""
    if not jobset.calendars:
        return False
    from peak_console.calendars.cache import is_as_known
    from peak_console.schedule.sessions.ends import ends_soon

    return any(not is_as_known(directory, each) or ends_soon(each, now) for each in jobset.calendars.values())


def _is_quiet(store: Store, jobset: JobSet, share: Share, now: datetime) -> bool:
    """Whether registry and files hold nothing for an engine to do. Raises ``DamagedError``."""
    before = store.engine_info(strict=True)
    if before.started_at is None or before.hold is not None or before.jobs_file != jobset.path or share.contested:
        return False
    if store.holds() or store.unfinished(strict=True) or _has_run_ahead(store):
        return False
    if store.open_command_ids():  # an alert that a job has left
        return False
    # An incident of a job waits for the job's next success; all others may be resolved by a start.
    if any(incident.job not in jobset.jobs for incident in store.incidents()):
        return False
    planner = Planner(share.jobs.values(), store.job_states(strict=True), now)
    slot = planner.next_at()
    return not (planner.changed or planner.undecidable or (slot is not None and slot <= now))


def _has_run_ahead(store: Store) -> bool:
    """Whether a run may have started that the registry does not know, as it is an older copy."""
    last = store.last_run_id(strict=True)
    ids = range(last + 1, last + 1 + NEXT_IDS)
    return any(os.path.lexists(run_directory(store.directory, run_id)) for run_id in ids)
