"""``logs --grep``: the lines of all runs' output that have a text, as they are found, newest run first."""

from __future__ import annotations

import time

from peak_console.errors import UsageError
from peak_console.model.run_filter import RunFilter
from peak_console.runs.output.grep import Needle, hits, output_size
from peak_console.store.directory import run_directory
from peak_console.store.past.past_runs import PastRuns
from peak_console.text import counted, safe, size
from peak_console.verbs.shared.common import note_file_error, number_of, select
from peak_console.verbs.shared.output import note, write, write_json
from peak_console.verbs.shared.times import iso, moment

TYPE_CHECKING = False
if TYPE_CHECKING:
    from argparse import Namespace
    from collections.abc import Iterator
    from typing import Any

    from peak_console.model.records import Run
    from peak_console.runs.output.files import Stream
    from peak_console.runs.output.grep import Hit
    from peak_console.verbs.shared.common import Selection

PAGE = 500
"""Runs that are looked up at a time."""


def find_in_outputs(options: Namespace) -> int:
    """``logs --grep``: what is found goes to stdout at once, how much was read to stderr."""
    if options.follow:
        raise UsageError("--follow is for the output of one run, without --grep")
    if options.limit < 0:
        raise UsageError(f"--limit: {options.limit} is negative; 0 is all")
    needle = Needle(options.grep, ignore_case=options.ignore_case)
    with select(options, needs_jobs=False) as selection:
        note_file_error(selection)
        _Search(options, selection, needle).perform()
    return 0


class _Search:
    def __init__(self, options: Namespace, selection: Selection, needle: Needle) -> None:
        self._selection = selection
        self._needle = needle
        self._wanted = _wanted(options, selection)
        self._run_id = number_of(options.what) if options.what and options.what.startswith("#") else None
        self._streams: tuple[Stream, ...] = (options.stream,) if options.stream else ("out", "err")
        self._limit = options.limit
        self._json: list[dict[str, Any]] | None = [] if options.json else None
        self._bytes = self._runs = self._found = 0

    def perform(self) -> None:
        began = time.monotonic()
        with_hits = 0
        for run in self._each_run():
            directory = run_directory(self._selection.directory, run.id)
            self._runs += 1
            self._bytes += output_size(directory)
            before = self._found
            for hit in hits(directory, self._needle, streams=self._streams):
                self._tell(run, hit)
                if self._limit and self._found >= self._limit:
                    break
            with_hits += self._found > before
            if self._limit and self._found >= self._limit:
                note(f"the first {self._limit}; there may be more, see --limit")
                break
        if self._json is not None:
            write_json(self._json)
        seconds = max(time.monotonic() - began, 1e-6)
        note(
            f"{counted(self._found, 'line')} in {with_hits:,} of {counted(self._runs, 'run')}; "
            f"{size(self._bytes)} read in {seconds:.1f} s ({size(int(self._bytes / seconds))}/s)"
        )

    def _each_run(self) -> Iterator[Run]:
        """The runs that are asked for, newest first."""
        store = self._selection.store
        if store is None:
            return
        if self._run_id is not None:
            run = store.run(self._run_id)
            yield from [run] if run is not None and self._selection.shows(run.job) else []
            return
        past, before = PastRuns(store), None
        while page := past.past(self._wanted, PAGE, before=before):
            yield from page
            before = page[-1].id

    def _tell(self, run: Run, hit: Hit) -> None:
        self._found += 1
        if self._json is not None:
            at = iso(run.started_at, self._selection.zone)
            self._json.append(
                {"run_id": run.id, "job": run.job, "started_at": at, "stream": hit.stream, "line": hit.line,
                 "text": hit.text}
            )  # fmt: skip
            return
        write(f"{safe(run.job)} #{run.id} {hit.stream} {hit.line}: {hit.text}\n")


def _wanted(options: Namespace, selection: Selection) -> RunFilter:
    """The runs whose output is searched."""
    since = None
    if options.since is not None:
        since = moment("--since", options.since, selection.zone, selection.now, ahead=False)
    names = [*options.job, *([options.what] if options.what and not options.what.startswith("#") else [])]
    jobs: list[str] | None = [selection.recorded_job(name) for name in names]
    if not names:
        jobs = list(selection.jobs) if selection.is_filtered else None
    return RunFilter(jobs=jobs, since=since)
