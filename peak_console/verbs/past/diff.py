"""``diff``: what is different between two runs: outcome, durations, arguments, definition, and their outputs."""

from __future__ import annotations

from peak_console.decisions.past.run_changes import definitions, facts, origins
from peak_console.errors import PeakConsoleError, UsageError
from peak_console.runs.output.compare import differences
from peak_console.store.directory import run_directory
from peak_console.store.tables.definitions import definition_of, digest
from peak_console.store.tables.provenance import provenance_of
from peak_console.text import safe
from peak_console.verbs.shared.common import note_file_error, number_of, select
from peak_console.verbs.shared.output import note, write, write_json, write_table

TYPE_CHECKING = False
if TYPE_CHECKING:
    from argparse import Namespace

    from peak_console.model.records import Run
    from peak_console.verbs.shared.common import Selection


def show_diff(options: Namespace) -> int:
    """``diff RUN RUN``, the earlier one first; of a job its last run, or the one before that."""
    with select(options, needs_jobs=False) as selection:
        note_file_error(selection)
        before, after = _runs(options, selection)
        assert selection.store is not None
        texts = definition_of(selection.store, before.id), definition_of(selection.store, after.id)
        made = provenance_of(selection.store, [before.id, after.id])
        directories = [run_directory(selection.directory, run.id) for run in (before, after)]
        lines = list(differences(directories[0], directories[1]))
    recorded = [*facts(before, after), *origins(made.get(before.id, {}), made.get(after.id, {}))]
    defined = definitions(*texts)
    if options.json:
        write_json(
            [
                {
                    "runs": [before.id, after.id],
                    "facts": {each.what: [each.before, each.after] for each in recorded},
                    "definition": {each.what: [each.before, each.after] for each in defined},
                    "digests": [digest(text) if text is not None else None for text in texts],
                    "output": lines,
                }
            ]
        )
        return 0
    rows = [(each.what, each.before, each.after) for each in [*recorded, *defined] if each.before or each.after]
    marked = [("≠" if one != other else "", what, one, other) for what, one, other in rows]
    write_table(("", "", f"#{before.id}", f"#{after.id}"), marked, flexible=3)
    if texts[0] is None or texts[1] is None:
        note("the definition of a run from before this version is not known")
    write("".join(f"{line}\n" for line in (lines or ["the outputs are the same"])))
    return 0


def _runs(options: Namespace, selection: Selection) -> tuple[Run, Run]:
    """The two runs that are meant. Raises ``PeakConsoleError``, ``UsageError``."""
    words: list[str] = options.runs
    store = selection.store
    if store is None:
        raise PeakConsoleError("nothing has run yet; see: peak-console next")
    if len(words) == 1 and number_of(words[0]) is None:
        job = selection.recorded_job(words[0])
        found = store.runs(jobs=[job], run_type="scheduler_job", with_process=True, limit=2)
        if len(found) < 2:
            raise PeakConsoleError(f'job "{safe(job)}" has not run twice yet; see: peak-console runs --job {safe(job)}')
        return found[1], found[0]
    if len(words) != 2:
        raise UsageError("diff: name two runs by their numbers, or one job for its last two runs")
    runs = []
    for word in words:
        number = number_of(word)
        run = store.run(number) if number is not None else None
        if run is None or not selection.shows(run.job):
            raise PeakConsoleError(f"there is no run {safe(word[:20])}; see: peak-console runs")
        runs.append(run)
    return runs[0], runs[1]
