"""What passes between people and the engine: commands, alerts with their outbox, overrides, the engine's own row."""

from __future__ import annotations

from typing import TYPE_CHECKING

from peak_console.model.records import Alert, EngineInfo, Hold, Level, Override
from tests.store.support import NOW, after, alert

if TYPE_CHECKING:
    from datetime import datetime

    from peak_console.model.state import JobState
    from peak_console.store.store import Store
    from tests.store.conftest import Connect


def test_a_command_is_answered_once_it_is_found(connect: Connect) -> None:
    front_end, engine = connect(), connect()
    first = front_end.issue("run", "alice", NOW, job="backup", arguments={"force": True, "args": {"n": 1}})
    second = front_end.issue("stop", "bob", after(1), run_id=7)
    assert engine.open_command_ids() == [first, second]
    command = engine.command(first)
    assert command is not None
    assert (command.verb, command.job, command.issued_by, command.issued_at) == ("run", "backup", "alice", NOW)
    assert command.arguments["force"] is True
    assert "args" not in command.arguments, "they may be secrets"
    assert engine.arguments_of(command) == {"force": True, "args": {"n": 1}}
    engine.answer(first, "done", "backup #12 started", after(2), run_id=12)
    answered = front_end.command(first)
    assert answered is not None
    assert (answered.answer, answered.message, answered.run_id) == ("done", "backup #12 started", 12)
    assert engine.open_command_ids() == [second]
    engine.answer(second, "refused", "#7 is not running", after(3))
    refused = front_end.command(second)
    assert refused is not None
    assert (refused.answer, refused.run_id) == ("refused", 7)
    assert front_end.command(99) is None


def test_alerts_are_kept_newest_first_until_acknowledged(store: Store) -> None:
    first = alert(store, NOW, level="critical", message="ä\nb", job="backup", run_id=3, context={"tail": ["x"]})
    second = alert(store, after(1))
    assert store.alerts() == [second, first]
    assert store.alerts(limit=1) == [second]
    assert store.acknowledge("alice", after(2), first.id) == 1
    assert store.acknowledge("bob", after(3), first.id) == 0, "only once"
    assert [one.id for one in store.alerts(open_only=True)] == [second.id]
    assert store.acknowledge("alice", after(4)) == 1
    [_, acknowledged] = store.alerts()
    assert (acknowledged.acknowledged_by, acknowledged.acknowledged_at) == ("alice", after(2))


def test_the_outbox_holds_what_is_due_until_it_is_delivered_or_given_up(store: Store) -> None:
    assert store.next_delivery_at() is None
    one = alert(store, NOW, ("desk", "phone"))
    alert(store, after(1))
    assert store.next_delivery_at() == NOW
    desk, phone = store.due_deliveries(NOW)
    assert (desk.alert, desk.channel, desk.attempts, phone.channel) == (one, "desk", 0, "phone")
    assert store.due_deliveries(NOW, limit=1) == [desk]
    assert store.due_deliveries(after(-1)) == []
    store.delivered(desk.id, after(1))
    store.delivery_failed(phone.id, "no answer", after(60))
    assert store.due_deliveries(after(59)) == []
    assert store.next_delivery_at() == after(60)
    [again] = store.due_deliveries(after(60))
    assert (again.id, again.attempts) == (phone.id, 1)
    store.delivery_failed(phone.id, "gone", None)
    assert store.next_delivery_at() is None


def test_what_is_remembered_of_a_job(store: Store) -> None:
    assert store.job_states() == {}
    store.decided("backup", "daily|07:30", NOW, None)
    store.count_failures("backup", 3)
    override = Override(enabled=False, by="alice", at=NOW, until=after(3600), reason="audit")
    store.set_override("backup", override)
    store.set_override("scan", Override(enabled=True, by="bob", at=NOW))
    store.decided("backup", "daily|07:30", after(60), after(30))
    states = store.job_states()
    backup = states["backup"]
    assert (backup.schedule, backup.decided_until, backup.off_since) == ("daily|07:30", after(60), after(30))
    assert (backup.failures, backup.override) == (3, override)
    assert states["scan"].override == Override(enabled=True, by="bob", at=NOW)
    store.set_override("backup", None)
    assert store.job_states()["backup"].override is None
    assert store.job_states()["backup"].failures == 3


def test_a_state_that_is_asked_for_again_is_made_once(store: Store) -> None:
    known: dict[tuple[object, ...], JobState] = {}
    store.count_failures("backup", 1)
    store.count_failures("fetch", 1)
    before = store.job_states(known)
    store.count_failures("fetch", 2)
    after = store.job_states(known)

    assert after["backup"] is before["backup"]
    assert after["fetch"].failures == 2
    assert len(known) == 2
    assert after == store.job_states()


def test_the_engines_row(store: Store) -> None:
    assert store.engine_info() == EngineInfo()
    info = EngineInfo(pid=7, host="desk", mode="headless", version="1", jobs_file="/j", started_at=NOW, loaded_at=NOW)
    store.engine_started(info)
    assert store.engine_info() == info
    store.rejected("jobs.toml:3: wrong")
    assert store.engine_info().config_error == "jobs.toml:3: wrong"
    store.loaded(after(5))
    found = store.engine_info()
    assert (found.config_error, found.loaded_at) == (None, after(5))
    store.engine_stopped(after(9))
    found = store.engine_info()
    assert (found.pid, found.stopped_at, found.mode) == (None, after(9), "headless")
    store.engine_started(info)
    assert store.engine_info() == info


def test_a_hold_outlives_the_engine(store: Store) -> None:
    hold = Hold(NOW, "alice", "market closed")
    store.set_hold(hold)
    store.engine_stopped(NOW)
    store.engine_started(EngineInfo(pid=1, started_at=NOW, loaded_at=NOW))
    assert store.hold() == store.engine_info().hold == hold
    store.set_hold(None)
    assert store.hold() is store.engine_info().hold is None


CAUSE = "failed:backup"


def incident(store: Store, at: datetime, *channels: str, realert: float = 60, level: str = "critical") -> bool:
    """The backup has failed again; whether the channels are told."""
    alert = Alert(Level(level), f"failed at {at:%M:%S}", at, job="backup", cause=CAUSE)
    return store.open_incident(alert, channels, at, realert)[1]


def test_an_incident_counts_on_until_its_cause_is_gone(store: Store) -> None:
    assert incident(store, NOW, "desk")
    assert not incident(store, after(30), "desk")
    [alert] = store.incidents()
    assert (alert.count, alert.timestamp, alert.latest_at, alert.is_open) == (2, NOW, after(30), True)
    assert alert.message == "failed at 00:30", "what it says is the latest"
    assert [each.id for each in store.resolve([CAUSE], after(40))] == [alert.id]
    assert store.resolve([CAUSE], after(41)) == []
    [resolved] = store.alerts()
    assert (resolved.resolved_at, resolved.is_open) == (after(40), False)
    assert store.alerts(open_only=True) == []
    assert store.acknowledge("alice", after(50)) == 0
    assert incident(store, after(60), "desk"), "once more is a new one"
    assert [alert.count for alert in store.alerts()] == [1, 2]


def test_the_channels_hear_of_an_incident_again_after_a_time_or_when_it_gets_worse(store: Store) -> None:
    assert incident(store, NOW, "desk", level="warning")
    assert incident(store, after(1), "desk", "phone"), "a warning has become critical"
    assert not incident(store, after(2), "desk", level="warning"), "it does not become less"
    assert store.incidents()[0].level == "critical"
    assert len(store.due_deliveries(after(2))) == 2, "what still waits for a channel is not put there twice"
    for delivery in store.due_deliveries(after(2)):
        store.delivered(delivery.id, after(3))
    assert not incident(store, after(60), "desk")
    assert incident(store, after(61), "desk")
    assert [delivery.channel for delivery in store.due_deliveries(after(61))] == ["desk"]
    assert incident(store, after(-3600), "desk"), "a clock that was set back silences nothing"


def test_an_acknowledged_incident_is_open_again_when_it_is_told_again(store: Store) -> None:
    incident(store, NOW)
    store.acknowledge("alice", after(1))
    incident(store, after(2))
    assert store.alert_counts().open == 0
    incident(store, after(61))
    assert store.alert_counts().open == 1
    assert store.incidents()[0].acknowledged_by is None


def test_what_has_happened_since_is_not_resolved(store: Store) -> None:
    incident(store, after(10))
    assert store.resolve([CAUSE], after(20), until=after(9)) == []
    assert len(store.resolve([CAUSE, "lost:backup"], after(20), until=after(10))) == 1


def test_two_processes_open_one_incident(connect: Connect) -> None:
    for store in (connect(), connect()):
        incident(store, NOW)
    assert [alert.count for alert in store.incidents()] == [2]


def test_the_numbers_of_the_alert_log_differ_whenever_it_does(store: Store) -> None:
    seen = [store.alert_counts()]

    def differs() -> bool:
        seen.append(store.alert_counts())
        return seen[-1] not in seen[:-1]

    alert(store, NOW)
    assert differs()
    incident(store, NOW)
    assert differs()
    incident(store, after(1))
    assert differs()
    store.acknowledge("alice", after(2))
    assert differs()
    store.resolve([CAUSE], after(3))
    assert differs()


def test_an_incident_names_the_newest_of_its_runs_whichever_ended_last(store: Store) -> None:
    for run_id in (7, 9, 8):
        failed = Alert(Level.WARNING, "backup failed", NOW, cause="failed:backup", job="backup", run_id=run_id)
        store.open_incident(failed, [], NOW, 0.0)
    found = store.incident("failed:backup")
    assert found is not None
    assert (found.run_id, found.count) == (9, 3)
