"""Why a job starts or does not: asked, shown, and kept true while it is open."""

from __future__ import annotations

from typing import TYPE_CHECKING

from peak_console.errors import StateError
from peak_console.forecast import aside
from peak_console.forecast.why import Reasons
from peak_console.schedule.zones import local_time
from peak_console.text import safe
from peak_console.tui.answers.screen import AnswerScreen
from peak_console.tui.answers.why import Answer, verdict, written
from peak_console.values import replace

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from textual.app import App
    from textual.content import Content

    from peak_console.clock import Clock
    from peak_console.forecast.why import Told
    from peak_console.jobs.model import JobDefinition
    from peak_console.store.store import Store
    from peak_console.tui.app.answering.subjects import Subject
    from peak_console.tui.app.dialogs import Dialogs
    from peak_console.tui.state.background import BackgroundReader
    from peak_console.tui.state.interface import Session


class WhyView:
    """What is recorded, and the conditions, are there at once; the forecast is asked in the background."""

    def __init__(
        self, app: App[int], session: Session, clock: Clock, keymap: Mapping[str, str], dialogs: Dialogs
    ) -> None:
        self._app = app
        self._session = session
        self._clock = clock
        self._keymap = keymap
        self._dialogs = dialogs
        self._screen: AnswerScreen | None = None
        self._subject: Subject | None = None
        self._job: JobDefinition | None = None
        self._answer: Answer | None = None
        self._reader: BackgroundReader | None = None

    @property
    def is_reading(self) -> bool:
        """Whether the forecast is being asked."""
        return self._reader is not None and self._reader.is_reading

    def open(self, subject: Subject | None) -> None:
        """Say why the job of ``subject`` starts or does not, and why its run or slot did or will."""
        job = self._session.jobs.get(subject.job) if subject is not None else None
        if subject is None or job is None:
            gone = f"{subject.job} is no longer in the jobs file" if subject is not None else "no job is selected"
            self._dialogs.say(gone, "warning")
            return
        try:
            answer = self._known(subject, job)
        except StateError as error:
            self._dialogs.say(str(error), "error")
            return
        self._subject, self._job, self._answer = subject, job, answer
        self._screen = screen = AnswerScreen(f"Why · {safe(job.name)}", self._write, verdict=self._verdict)

        def closed(_result: str | None) -> None:
            self._screen = None

        self._dialogs.ask(screen, closed)
        self._ask_forecast()

    def _known(self, subject: Subject, job: JobDefinition) -> Answer:
        """What can be told without the forecast. Raises ``StateError``."""
        now, store = self._clock.now(), self._session.store
        reasons = Reasons(self._session.jobset, store, now, self._session.zone)
        then, about = None, ""
        if subject.run_id is not None:
            run, about = store.run(subject.run_id), f"run #{subject.run_id}"
            then = reasons.of_run(run, job) if run is not None else None
            about = about if run is not None else ""
        elif subject.slot is not None:
            at = local_time(subject.slot, reasons.zone_of(job))
            about = f"the slot {at:%Y-%m-%d %H:%M:%S}"
            then = reasons.of_slot(subject.slot, job) if subject.slot <= now else None
        return Answer(reasons.now(job), then, about)

    def _write(self, width: int) -> Content:
        assert self._answer is not None
        return written(self._answer, width)

    def _verdict(self, width: int) -> Content:
        assert self._answer is not None
        return verdict(self._answer, self._keymap, width)

    def _ask_forecast(self) -> None:
        import asyncio

        from peak_console.tui.state.background import BackgroundReader

        subject, job, answer = self._subject, self._job, self._answer
        if subject is None or job is None or answer is None:
            return
        if self._reader is None:
            self._reader = BackgroundReader(self._session.directory, asyncio.get_running_loop())
        jobset, now, directory = self._session.jobset, self._clock.now(), self._session.directory

        def foretell(_store: Store) -> tuple[Told | None, Sequence[str]]:
            return aside.ask(aside.foresee_job, directory, now, (jobset,), job.name, subject.slot)

        def taken(found: tuple[Told | None, Sequence[str]]) -> None:
            if self._screen is not None and self._subject is subject and self._answer is not None:
                self._answer = replace(self._answer, then=found[0] or self._answer.then, ahead=found[1])
                self._screen.rewrite()

        def refused(error: StateError) -> None:
            if self._screen is not None and self._subject is subject and self._answer is not None:
                self._answer = replace(self._answer, ahead=(f"the forecast: {error}",))
                self._screen.rewrite()

        self._reader.ask("why", foretell, taken, refused)

    def show(self) -> None:
        """Something may be new in the registry: say how things stand now. Raises ``StateError``."""
        if self._screen is None or self._subject is None or self._answer is None:
            return
        job = self._session.jobs.get(self._subject.job)
        if job is None:
            return
        known = self._known(self._subject, job)
        if replace(known.now, at=self._answer.now.at) == self._answer.now and job is self._job:
            return
        self._job, self._answer = job, replace(known, then=known.then or self._answer.then)
        self._screen.rewrite()
        self._ask_forecast()

    def close(self) -> None:
        if self._reader is not None:
            self._reader.close()
