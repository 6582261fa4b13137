"""Every message that a user can meet is met here, and stands in ``messages.txt`` to be read: what, where, what next."""

from __future__ import annotations

import os
import re
from pathlib import Path

import pytest

from tests.messages.__main__ import TRANSCRIPT, walk
from tests.messages.sites import Site, sites

# Sites that the walk does not come by, each by some of its text, with the reason. One that it does come by, or that is
# no more, has to leave this list.
INSIDE = "caught by our own code, which says something else, seen in the walk"
ORDINARY = "ordinary output: nothing is wrong"
PROGRAMMERS = "for programmers: no user can cause it"
ELSEWHERE: dict[str, str] = {
    "jobs/arrays.py: words.append": "tests/jobs/test_arrays.py",
    "engine/arrays/again.py": "tests/engine/starting/test_arrays.py",
    "api.py: raise ArgumentError": "tests/headless/outside/test_alerts_of_jobs.py",
    'engine/commands/requests.py: raise UsageError(f"alert: the level': PROGRAMMERS,
    "engine/commands/requests.py: raise UsageError('alert: the message": PROGRAMMERS,
    "jobs/freshness.py: raise UnknownSessionError": "tests/jobs/file/test_freshness.py",
    "jobs/freshness.py: return f": "tests/jobs/file/test_freshness.py",
    "engine/results/reading.py: raise NoResultError": "tests/headless/outside/test_results.py",
    "engine/commands/commander.py: return (REFUSED, f'{job.name}: {gate}": "tests/engine/by_hand/test_gates.py",
    "engine/commands/commander.py: return (REFUSED, f'{job.name}: {self.": "tests/engine/starting/test_blackouts.py",
    "engine/commands/requests.py: raise UsageError(f'{verb}: name a gate')": "tests/engine/by_hand/test_gates.py",
    "engine/supervision/bookkeeping.py: raise refusal": "tests/engine/trouble/test_refusals.py",
    "engine/supervision/bookkeeping.py: raise call.error": "tests/engine/trouble/test_shared_output.py",
    'runs/output/grep.py: raise UsageError(f\'"{safe(pattern)}" is no regular': "tests/test_regexes.py",
    "verbs/ahead/sessions.py: what = f'{len(differ)} of": "tests/verbs/ahead/test_sessions.py",
    "verbs/listing.py: return f'no success for": "tests/tui/jobs/test_columns_and_watch.py",
    "verbs/ahead/sessions.py: raise UsageError(f'--compare": "tests/verbs/ahead/test_sessions.py",
    "verbs/ahead/sessions.py: raise UsageError(str(answer))": "the same words, see exchanges without their library",
    "schedule/blackouts/bounds.py: raise ValueError(f'is no moment of a session": "tests/schedule/test_blackouts.py",
    "alerts/judge.py: raise ValueError": PROGRAMMERS,
    "alerts/sender.py: return 'the service did not take it'": "tests/alerts/test_sender.py",
    "alerts/sender.py: return f'the service answered HTTP": "tests/alerts/test_sender.py",
    "calendars/book.py: raise CalendarError(str(answer))": "the same words, see exchanges without their library",
    "calendars/compiling.py: raise": "in the child process: tests/calendars/test_book.py",
    "calendars/ics.py: raise": "in the child process: tests/calendars/test_files.py",
    "calendars/own.py: raise DefinitionError('it has no session whose hours": "tests/calendars/test_own.py",
    "jobs/file/calendar_doubts.py: return (f'calendar {calendar.name} ends on": "tests/engine/test_calendars.py",
    "jobs/file/sections/calendars.py: return ('weekdays', \"timezone is missing": "a machine whose zone has no name",
    "engine/commands/commander.py: return (REFUSED, 'the engine is shutting": "tests/engine/by_hand/test_commands.py",
    "engine/commands/commander.py: return (DONE, f'{job.name} #{run.id} waits": ORDINARY,
    "engine/commands/commander.py: return f\"{started} {('run starts'": "tests/engine/by_hand/test_commands.py",
    "engine/commands/commander.py: return (REFUSED, 'several engines share": "tests/engine/by_hand/test_commands.py",
    "engine/dispatch/due_slots.py: raise refusal": INSIDE,
    "engine/supervision/aside.py: raise CrowdedError": INSIDE,
    "engine/supervision/preparation.py: raise NotYetError": INSIDE,
    "engine/supervision/preparation.py: raise waiting.call.error": INSIDE,
    "engine/supervision/preparation.py: raise StartError": "tests/engine/starting/test_preparation.py",
    "jobs/environment.py: raise OSError(errno.EINVAL": INSIDE,
    "engine/resident.py: raise TakenAwayError(str(error))": "the same words, see a state directory that is taken away",
    "jobs/by_hand.py": "tests/api/test_api.py",
    "jobs/environment.py: raise ValueError(path)": INSIDE,
    "jobs/file/findings.py: entries.append(((), f'unknown keys in": "tests/jobs/test_work.py",
    "jobs/file/findings.py: self._entries.append(((), f'there are more than": "tests/jobs/test_work.py",
    "jobs/file/loader.py: raise ArgumentError": "tests/api/test_api.py",
    "jobs/watching/caution.py: return Caution": "tests/headless/test_reload.py",
    "jobs/file/review.py: reader.findings.warning((JOB, index), f'job": "tests/jobs/file/test_trust.py",
    "jobs/file/review.py: yield found.sentence": "tests/jobs/file/test_trust.py",
    "jobs/watching/standing.py": "tests/jobs/watching/test_standing.py: seconds of waiting",
    "jobs/watching/watcher.py: return (None, str(source.refused": "tests/jobs/watching/test_watcher.py",
    "jobs/watching/watcher.py: why": "tests/jobs/watching/test_watcher.py",
    "jobs/file/source.py: raise refused(path, 'is nested too deeply": "newer parsers count levels themselves",
    "runs/executors.py: raise StartError": PROGRAMMERS,
    "runs/local/starts.py: raise RefusedError": INSIDE,
    "verbs/ahead/forecast_output.py": "tests/verbs/ahead/test_forecast.py",
    "jobs/file/loader.py: raise JobsFileError(f'no job is called": "the verb looks for the job first",
    "store/schema/memory.py: raise self._explained": INSIDE,
    "forecast/simulation.py: raise StateError": "when the engine itself cannot go on; no scene makes it so",
    "engine/commands/commander.py: return (REFUSED, f'{self._local(until)} is": "tests/engine/by_hand/test_holds.py",
    "jobs/expectations.py: found": "tests/jobs/file/test_expectations.py",
    "jobs/file/checks/single.py: return one_fault('must not be empty": "tests/jobs/file/test_gates.py",
    "tui/dialogs/holding/hold_jobs.py: raise": "tests/tui/app/actions/test_hold_actions.py",
    "tui/jobs/filtering.py: raise": "tests/tui/jobs/test_filtering.py",
    "verbs/past/diff.py: write": "tests/verbs/past/test_diff.py",
    "verbs/past/diff.py: note": "tests/verbs/past/test_diff.py",
    "verbs/past/grep.py: note(f'the first": "tests/verbs/past/test_grep.py",
    "verbs/past/history.py: write_table": ORDINARY,
    "verbs/ahead/next_views.py: note": "tests/verbs/ahead/test_next_views.py",
    "runs/foreground.py: raise handle": "tests/api/test_api.py",
    "runs/slurm/commands.py: raise": "tests/runs/slurm/test_runs.py",
    "runs/slurm/executor.py: raise": "tests/runs/slurm/test_runs.py",
    "runs/slurm/files.py: raise": "tests/runs/slurm/test_runs.py",
    "runs/slurm/shared.py: raise": "tests/runs/slurm/test_runs.py",
    "runs/slurm/wrapper.py: raise": "tests/runs/slurm/test_runs.py",
    "runs/local/keeper_client.py: raise": INSIDE,
    "runs/local/run_directory.py: raise ValueError": INSIDE,
    "runs/local/executor.py: raise StartError": "tests/runs/local/test_starting.py",
    "runs/output/files.py: raise OSError(errno.EINVAL": INSIDE,
    "jobs/watching/answering.py": "the program ends with it: tests/headless/trouble/test_dead_mounts.py",
    "forecast/aside.py: raise StateError(": "tests/forecast/test_aside.py",
    "regexes.py": "tests/test_regexes.py",
    "jobs/file/trust.py": "other users and groups, who are not the same everywhere: tests/jobs/file/test_trust.py",
    "runs/local/system.py: raise": INSIDE,
    "runs/simulated.py: raise": "for tests: no engine of a user has this executor",
    "schedule/wallclock.py: raise ScheduleError(f'cron {shown(expression)} never happens": (
        "the reader of fields refuses such days first; this is the last resort"
    ),
    'schedule/sessions/rule.py: raise ScheduleError(f"if_closed {shown': "the table of fields names the choices first",
    "schedule/sessions/table.py: raise": INSIDE,
    "setup/crontab/importer.py: return 'there is no command'": "a line of blanks is no line before it gets there",
    "setup/install.py: at_boot": ORDINARY,
    "setup/install.py: return [": ORDINARY,
    "setup/units.py: head": ORDINARY,
    "store/cells.py: raise": INSIDE,
    "store/repair/damage.py: raise StateError(f'{directory}: another program has been": "after half a minute only",
    "store/repair/damage.py: raise store._explained": "the same words, see the registry under hardship",
    "store/repair/damage.py: lines": "an alert of a registry set aside: tests/store/test_damage.py",
    "store/database.py: raise self._explained": "the same words, see the registry under hardship",
    "store/directory.py: raise StateError(f'{directory}: is a link that belongs": "tests/store/test_privacy.py",
    "store/locks.py: raise": INSIDE,
    "store/locks.py: raise OSError": INSIDE,
    "store/locks.py: raise kind_of(error)(f'{self._path}: cannot write the lock": "tests/store/test_locks.py",
    "store/private.py: raise UsageError(_GONE)": "the same words, see arguments that do not arrive",
    "tui/state/session.py: raise StateError('the jobs file is held back": "tests/tui/state/test_session.py",
    "tui/state/succession.py: raise": "tests/tui/state/test_succession.py",
    "tui/state/successor.py: raise": "tests/tui/state/test_succession.py",
    "tui/state/board.py: raise StateError(f'{self._store.path}: the registry is": "tests/tui/app/test_news.py",
    "tui/app/main.py: raise UsageError(f'{kind}: the console cannot draw": "tests/terminal/test_typing.py",
    "tui/dialogs/holding/disable.py: raise ValueError": "tests/tui/dialogs/test_dialogs.py",
    "values.py: raise": PROGRAMMERS,
    "verbs/shared/common.py: raise error": "the same words, see a jobs file that is none",
    "verbs/setting_up/doctor.py": ORDINARY,
    "verbs/past/logs.py: code": ORDINARY,
    "verbs/past/logs.py: return 'has ended, but": "tests/verbs/past/test_logs.py",
    "verbs/shared/output.py: return f'": "tests/verbs/past/test_logs.py",
    "jobs/run_changes.py: raise UsageError": "tests/engine/by_hand/test_changed_runs.py",
    "verbs/run.py: raise UsageError('run: name a job": "tests/verbs/test_run_several.py",
    "verbs/run.py: others": "tests/verbs/test_run_several.py",
    'verbs/run.py: raise PeakConsoleError(f"{refused} of': "tests/verbs/test_run_several.py",
    "verbs/run.py: raise PeakConsoleError(command.message": "the same words, see what an engine refuses",
    "verbs/run.py: raise PeakConsoleError(f'{directory}: the registry is gone": "between two looks at the registry",
    "verbs/run.py: raise PeakConsoleError(f'{job.name}: an engine has just": "between two looks at the registry",
    "verbs/setting_up/serve.py: note(f'{options.host} can be reached": "tests/web/test_serve.py",
    "web/front.py: raise StateError": "tests/web/test_front.py",
    "web/front.py: raise web.HTTPNotFound": "for browsers, which show a page of their own",
}


@pytest.fixture(scope="module")
def walked(tmp_path_factory: pytest.TempPathFactory) -> tuple[str, set[Site]]:
    with pytest.MonkeyPatch.context() as patch:
        for name in [name for name in os.environ if name.startswith("PEAK_")]:
            patch.delenv(name)
        return walk(tmp_path_factory.mktemp("walk").resolve())


def test_what_the_user_is_told_is_what_has_been_read(walked: tuple[str, set[Site]]) -> None:
    assert walked[0] == TRANSCRIPT.read_text(encoding="utf-8"), "run: python -m tests.messages, and read what changes"


def test_nobody_is_shown_what_only_programmers_understand(walked: tuple[str, set[Site]]) -> None:
    assert "Traceback" not in walked[0]
    assert not re.findall(r"\[Errno|<class|object at 0x|\bNone\b", walked[0])


def test_every_place_that_makes_a_message_is_walked_by_or_has_its_reason(walked: tuple[str, set[Site]]) -> None:
    missed = [str(site) for site in sites() if site not in walked[1]]
    assert [text for text in missed if not text.startswith(tuple(ELSEWHERE))] == []
    assert [reason for reason in ELSEWHERE if not any(text.startswith(reason) for text in missed)] == []


def test_the_tests_that_are_named_as_reasons_exist() -> None:
    root = Path(__file__).parents[2]
    assert all((root / path).exists() for reason in ELSEWHERE.values() for path in re.findall(r"tests/\S+\.py", reason))


def test_sites_are_found_by_what_they_do() -> None:
    texts = [str(site) for site in sites()]
    assert any(text.startswith("jobs/file/reader.py: self.findings.error(") for text in texts)
    assert any(text.startswith("store/directory.py: raise StateError(") for text in texts)
    assert any(text.startswith("runs/local/refusals.py: return StartError(") for text in texts)
    assert not any("NotImplementedError" in text for text in texts)
