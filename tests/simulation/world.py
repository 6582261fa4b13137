"""A world: engines on one registry, a machine whose clock leaps, and everything that a story does to them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from peak_console.engine.control import Control
from peak_console.engine.open_directory import OpenDirectory
from peak_console.engine.resident import ResidentEngine
from peak_console.engine.setup import EngineOptions, EngineSetup
from peak_console.engine.surroundings import Surroundings
from peak_console.errors import StateError
from peak_console.forecast.surroundings import SilentBell
from peak_console.jobs.model import Overlap
from peak_console.model.terms import LOCAL, Trigger
from peak_console.runs.executors import Executors
from peak_console.runs.interface import RunSpec
from peak_console.runs.simulated import Script
from peak_console.schedule.model import JobSchedule
from peak_console.store.schema.memory import NOWHERE
from peak_console.values import replace
from tests.simulation import account, invariants
from tests.simulation.clock import MachineClock
from tests.simulation.decisions import Claims
from tests.simulation.faults import Crash, Faults, FaultyStore
from tests.simulation.invariants import BrokenError
from tests.simulation.processes import Machine
from tests.simulation.seats import Locks, Seat, SimulatedLock
from tests.simulation.stories import GROUP, SECONDS, script_lot

if TYPE_CHECKING:
    from collections.abc import Sequence

    from peak_console.jobs.model import JobDefinition, JobSet
    from peak_console.model.records import EngineInfo, Run
    from tests.simulation.stories import Action, Story

BEGIN = datetime(2026, 3, 28, 22, 0, tzinfo=UTC)
"""A few hours before Berlin loses one."""
NEVER = datetime(2199, 1, 1, tzinfo=UTC)
LONGEST_TURN = 60.0
"""So long an engine sleeps at the most, as ``--poll-interval`` has it."""
SETTLING_TURNS = 250
STARVING_SECONDS = 7200.0
"""When nothing has ended for so long, nothing will."""
RESTART_SECONDS = 1.0
RESTLESS_SECONDS = 0.5
MOST_RESTLESS = 100


class World:
    """Lives through one story."""

    def __init__(self, story: Story) -> None:
        self.story = story
        self.clock = MachineClock(BEGIN)
        self.faults = Faults()
        self.machine = Machine(self.clock, self.faults, self._script, self._on_start)
        self.locks = Locks()
        self.store = FaultyStore(self.faults, self._holds_lock)
        self.store.on_record, self.store.on_take = self._on_record, self._on_take
        self.claims = Claims(self.store, self.machine)
        self.jobset = story.jobset
        self.seats = [Seat(tags) for tags in story.engines]
        self.alive: set[str] = set()
        self.crashes = 0
        self.turns = 0
        self._count = 0
        self._restful = True
        self._restless = self._changes = 0
        self._working: Seat | None = None

    # What the world is to its engines.

    def _holds_lock(self, engine: EngineInfo) -> bool:
        return engine.lock in self.locks.holders

    def _spec(self, job: JobDefinition, run: Run) -> RunSpec:
        environment = {"attempt": f"{run.attempt}", "slot": f"{run.scheduled_for}"}
        if run.triggered_by == Trigger.SCHEDULE:
            environment["not before"] = f"{run.scheduled_for}"
        return RunSpec(run.id, (job.command,), environment, None, 0, run.executor, job.name)

    def _script(self, spec: RunSpec) -> Script:
        lot = script_lot(self.story.seed, f"{spec.job}/{spec.env['slot']}/{spec.env['attempt']}")
        code = lot.choices((0, 1, 77, None), (75, 12, 8, 5))[0]
        refusal = "no such command" if lot.random() < 0.02 else None
        dies_of = "kill" if lot.random() < 0.2 else "terminate"
        return Script(seconds=lot.choice(SECONDS), return_code=code, refusal=refusal, dies_of=dies_of)

    def _on_start(self, spec: RunSpec) -> None:
        assert self._working is not None
        assert self._working.engine is not None or self._working.identity in self.alive
        if self.locks.holders.get(self._working.lock) != self._working.identity:
            raise BrokenError("one engine at a time", f"{spec.job} is started by an engine without the lock")
        if self.story.has_true_clock and spec.env.get("not before", "") > f"{self.clock.now()}":
            raise BrokenError("no start before its slot", f"{spec.job} #{spec.run_id} starts at {self.clock.now()}")
        name = invariants.defined_by(spec.job)
        job = self._served().jobs.get(name)
        # What was claimed under one jobs file may start under the next.
        overlaps = {self.claims.overlaps.get(spec.run_id), job.overlap if job is not None else None}
        known = [each.jobs[name] for each in (self.story.jobset, *self.story.edited) if name in each.jobs]
        bounds = [each.array.at_once if each.array is not None else 0 for each in known]
        group = {name for name, each in self.story.jobset.jobs.items() if each.group is not None}
        invariants.at_start(
            spec, self.jobset.settings.max_concurrent_runs, self.store, self.machine,
            held=self.claims.hold_on(job, self.clock.now()) if job is not None else "",
            is_alone=Overlap.ALLOW not in overlaps, group=group,
            # Edits move jobs between groups: what holds as runs are claimed is asked in ``decisions``.
            group_limit=self.story.jobset.groups.get(GROUP, 0) if not self.story.edited else 0,
            at_once=max(bounds) if all(bounds) else 0, wholes=self.claims.wholes,
        )  # fmt: skip

    def _served(self) -> JobSet:
        """The jobs file that the engine at work goes by."""
        assert self._working is not None
        engine = self._working.engine
        return engine.context.served.jobset if engine is not None else self.jobset

    def _on_record(self, runs: Sequence[Run]) -> None:
        self.claims.recorded(runs, self._served(), self.clock.now())

    def _on_take(self, run_id: int) -> None:
        run = self.store.run(run_id)
        assert run is not None
        self.claims.claimed(run, self._served(), self.clock.now())

    # Engines come and go.

    def _begin(self, seat: Seat) -> None:
        self._count += 1
        seat.identity = identity = f"{self._count} engine"
        self.alive.add(identity)
        seat.control = Control()
        setup = EngineSetup(
            jobset=self.jobset,
            directory=NOWHERE,
            options=EngineOptions(
                poll_interval=LONGEST_TURN, include_tags=seat.tags, send_alerts=False, keeps_house=False,
                judges=self.story.judges, claims_ahead=self.story.seed % 4 != 0,
            ),
            clock=self.clock,
            executors=Executors({LOCAL: lambda: self.machine}),
            environ={},
            channels_of=lambda _jobset: (),
            open_store=lambda _directory: self.store,
            surroundings=Surroundings(
                make_lock=lambda _directory, name: SimulatedLock(self.locks, name, identity),
                make_bell=lambda _directory, _name: SilentBell(),
                identity=lambda: identity,
                is_alive=lambda supervisor: supervisor in self.alive,
                make_spec=self._spec,
            ),
            checks_registry=False,
        )  # fmt: skip
        place = OpenDirectory(setup, seat.control)
        if not place.take_over():
            place.close()
            self.alive.discard(identity)
            seat.not_before = self.clock.monotonic() + RESTART_SECONDS
            return
        seat.lock = place.lock.path.rpartition("/")[2]
        seat.engine = ResidentEngine(setup, place, seat.control)

    def _gone(self, seat: Seat, seconds: float) -> None:
        """The engine of a seat is no more; its successor comes after so many seconds."""
        self.alive.discard(seat.identity)
        for name in [name for name, holder in self.locks.holders.items() if holder == seat.identity]:
            del self.locks.holders[name]
        seat.engine = None
        seat.not_before = self.clock.monotonic() + seconds

    # What happens.

    def live(self) -> None:
        """The whole story, and then a time in which nothing goes wrong. Raises ``BrokenError``."""
        for action in self.story.actions:
            getattr(self, f"_do_{action.kind}")(action)
            self._check()
        account.nothing_is_missed(self.story, self.store)
        self._settle()

    def _check(self) -> None:
        invariants.after_step(self.store, self.machine, restful=self._restful)

    def _turn(self, down_seconds: float = 0.0) -> None:
        """Each engine works once; then the time passes until one of them has something to do."""
        sleeps = []
        for seat in self.seats:
            self._working = seat
            try:
                if seat.engine is None and self.clock.monotonic() >= seat.not_before:
                    self._begin(seat)
                if seat.engine is not None:
                    seat.engine.work()
                    sleeps.append(seat.engine.seconds_to_sleep())
                else:
                    sleeps.append(seat.not_before - self.clock.monotonic())
            except Crash:
                self.crashes += 1
                self._restful = False
                self.store.after_crash()
                self._gone(seat, down_seconds)
                sleeps.append(0.0)
            except StateError:  # it could not begin, as the registry refuses
                self.store.after_crash()
                self._gone(seat, RESTART_SECONDS)
                sleeps.append(RESTART_SECONDS)
            self._check()
            self._restful = True
        self.turns += 1
        seconds = min(max(min(sleeps), 0.001), LONGEST_TURN)
        self._watch_rest(seconds)
        self.clock.sleep(seconds)

    def _watch_rest(self, seconds: float) -> None:
        """An engine that wakes up again and again has something to do each time."""
        changes = self.store.changes
        self._restless = self._restless + 1 if seconds < RESTLESS_SECONDS and changes == self._changes else 0
        self._changes = changes
        if self._restless > MOST_RESTLESS:
            raise BrokenError("an engine rests", f"it has woken up {MOST_RESTLESS} times, and nothing was to be done")

    def _do_go(self, action: Action) -> None:
        for _ in range(action.number):
            self._turn()

    def _do_crash(self, action: Action) -> None:
        self.faults.crash_in = action.number
        before = self.crashes
        for _ in range(30):
            self._turn(action.seconds)
            if self.crashes > before:
                return
        self.faults.crash_in = None

    def _do_refuse(self, action: Action) -> None:
        self.faults.refuse_in, self.faults.refusals = action.number, int(action.seconds)
        self.faults.is_disk = action.kind == "full"
        self._do_go(action)

    _do_full = _do_refuse

    def _do_down(self, action: Action) -> None:
        """An engine is stopped in order, and another is started later."""
        seat = self.seats[action.number % len(self.seats)]
        if seat.engine is not None:
            self._working = seat
            try:
                seat.engine.end()
            except StateError:
                self.store.after_crash()
            self._gone(seat, action.seconds)
        self._turn()

    def _do_suspend(self, action: Action) -> None:
        self.clock.suspend(action.seconds)

    def _do_leap(self, action: Action) -> None:
        self.clock.leap(action.seconds)

    def _do_reload(self, action: Action) -> None:
        sets = [self.story.jobset, *self.story.edited]
        self._offer(sets[action.number % len(sets)])

    def _offer(self, jobset: JobSet) -> None:
        self.jobset = jobset
        for seat in self.seats:
            if seat.engine is not None:
                seat.control.offer(jobset)

    def _do_lose(self, _action: Action) -> None:
        self.machine.lose(self.clock.now())

    def _command(self, verb: str, job: str | None = None, **arguments: object) -> None:
        crash_in, refuse_in = self.faults.crash_in, self.faults.refuse_in
        self.faults.crash_in = self.faults.refuse_in = None
        self.store.issue(verb, "operator", self.clock.now(), job, None, arguments)
        self.faults.crash_in, self.faults.refuse_in = crash_in, refuse_in

    def _do_hold(self, _action: Action) -> None:
        self._command("hold", reason="month end")

    def _do_release(self, _action: Action) -> None:
        self._command("release")

    def _do_hold_some(self, action: Action) -> None:
        until = self.clock.now() + timedelta(seconds=action.seconds)
        end = {"until": until.isoformat()} if action.seconds else {}
        self._command("hold_jobs", tags=[action.job], **end)

    def _do_release_some(self, action: Action) -> None:
        self._command("release_jobs", tags=[action.job])

    def _do_spoil(self, _action: Action) -> None:
        """Somebody saves a jobs file that cannot be used."""
        for seat in self.seats:
            if seat.engine is not None:
                seat.control.reject("/etc/peak/jobs.toml:1: no table")

    def _do_disable(self, action: Action) -> None:
        self._command(action.kind, action.job, **({"seconds": action.seconds} if action.seconds else {}))

    _do_enable = _do_disable

    def _do_run(self, action: Action) -> None:
        self._command(action.kind, action.job)

    _do_stop = _do_run

    def _settle(self) -> None:
        """Nothing goes wrong any more, nothing new is due, and everything comes to its end."""
        self.faults.clear()
        for seat in self.seats:
            seat.not_before = 0.0
        self._command("release")
        self._command("release_jobs", everything=True)
        far = JobSchedule(type="once", run_at=NEVER, timezone="UTC")
        jobs = {name: replace(job, schedule=far, enabled=True) for name, job in self.jobset.jobs.items()}
        self._offer(replace(self.jobset, jobs=jobs))
        is_over = self._wait_for_the_end()
        invariants.at_end(self.store, self.machine, is_over=is_over)
        account.attempts_follow(self.story, self.store)

    def _wait_for_the_end(self) -> bool:
        """Whether everything has ended; what takes too long to wait for still goes on."""
        left, since = -1, self.clock.monotonic()
        for _ in range(SETTLING_TURNS):
            self._turn()
            found = self.store.peek("SELECT count(*) FROM runs WHERE state <> 'finished'")[0][0]
            if found != left:
                left, since = found, self.clock.monotonic()
            if not found and not self.store.open_command_ids():
                return True
            if self.clock.monotonic() - since > STARVING_SECONDS:
                return True
        return False


def live_through(story: Story) -> tuple[World, BrokenError | None]:
    """A world after its story, and what was broken in it, if anything was."""
    world = World(story)
    try:
        world.live()
    except BrokenError as broken:
        return world, broken
    return world, None


def count_runs(world: World) -> int:
    """How many runs there were."""
    rows: Sequence[tuple[int]] = world.store.peek("SELECT count(*) FROM runs")
    return rows[0][0]
