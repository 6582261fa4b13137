"""The provenance of runs under way: asked for in a thread as they start, and recorded with their ends."""

from __future__ import annotations

import os

from peak_console.decisions.past.provenance import changes
from peak_console.engine.provenance.facts import code_facts, definition_digest
from peak_console.engine.supervision.aside import Aside, CrowdedError
from peak_console.errors import StartError, StateError
from peak_console.store.directory import current_user
from peak_console.store.tables.provenance import last_provenance
from peak_console.version import __version__

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from typing import Any

    from peak_console.engine.state.served_jobs import ServedJobs
    from peak_console.engine.supervision.aside import Call
    from peak_console.jobs.model import JobDefinition
    from peak_console.model.records import Run
    from peak_console.store.store import Store

PATIENCE_SECONDS = 2.0
"""How long the end of a run that was very short waits for what git says."""


class Provenance:
    """Belongs to the engine's thread; git is asked in others."""

    def __init__(self, served: ServedJobs, store: Store, environ: Mapping[str, str]) -> None:
        self._served = served
        self._store = store
        self._environ = environ
        self._aside = Aside()
        self._calls: dict[int, tuple[Call | None, dict[str, Any], Mapping[str, Any]]] = {}

    def begin(self, run: Run, job: JobDefinition, command: Sequence[str]) -> None:
        """A run has started with a command line whose secrets are masked."""
        from peak_console.jobs.command import working_directory

        try:
            cwd = working_directory(job, self._served.jobset.base)
            before_id, before = last_provenance(self._store, run.job, run.id)
        except (StartError, StateError):
            return
        facts: dict[str, Any] = {
            "host": os.uname().nodename,
            "user": current_user(),
            "person": run.requested_by,
            "directory": cwd,
            "arguments": list(command[1:]),
            "definition_sha256": definition_digest(job),
            "mode": run.run_mode,
            "version": __version__,
            "previous_run": before_id,
        }
        try:
            call = self._aside.call(lambda: code_facts(job, cwd, self._environ, before))
        except CrowdedError:
            call = None
        self._calls[run.id] = call, facts, before

    def take(self, run_id: int) -> dict[str, Any] | None:
        """What is known of a run that has ended, with what has changed since the one before; once."""
        known = self._calls.pop(run_id, None)
        if known is None:
            return None
        call, facts, before = known
        if call is not None and call.is_over(PATIENCE_SECONDS) and isinstance(call.result, dict):
            facts.update(call.result)
        facts["changes"] = changes(before, facts) if before else []
        return facts
