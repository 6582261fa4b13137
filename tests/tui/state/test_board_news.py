"""Jobs that come, go and change on the board, news and trouble."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from peak_console.decisions.job_status import Standing
from peak_console.errors import StateError
from peak_console.model.records import Claim, Outcome, Override
from tests.support.factories import make_job

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tests.tui.state.conftest import Bench


# Jobs that come, go and change.


def test_a_reload_is_seen(bench: Bench) -> None:
    session, stage = bench.stage.session, bench.stage
    alpha = replace(session.jobs["alpha"], tags=("risk",))
    session.define(make_job("gamma", interval_seconds=5), alpha)
    snapshot = bench.look()

    assert [row.name for row in snapshot.rows] == ["gamma", "alpha"]
    assert snapshot.rows[1].view.job is alpha
    assert len(snapshot.rows[1].history) == 1
    assert snapshot.row("beta") is None
    assert bench.agrees()

    session.define(alpha, make_job("beta", interval_seconds=60))
    stage.ran("beta", 1, 0.5)
    assert [row.name for row in bench.look().rows] == ["alpha", "beta"]
    assert bench.agrees()


def test_another_schedule_brings_another_next_slot(bench: Bench) -> None:
    before = bench.row("alpha").view.next_slot
    bench.stage.session.define(make_job("alpha", interval_seconds=7200), make_job("beta", interval_seconds=60))
    after = bench.row("alpha").view.next_slot

    assert before is not None
    assert after == before + timedelta(hours=1)


def test_a_job_that_is_gone_for_a_while_comes_back_with_its_past(bench: Bench) -> None:
    session, store = bench.stage.session, bench.stage.store
    alpha, beta = session.jobs.values()
    session.define(beta)
    bench.look()
    (run,) = store.claim([Claim("alpha", bench.stage.ago(1))], bench.stage.ago(1), "4711 then")
    bench.look()
    session.define(alpha, beta)

    assert [known.id for known in bench.row("alpha").view.active] == [run.id]
    assert [known.id for known in bench.row("alpha").history] == [1]
    assert bench.agrees()


def test_an_override_lapses_as_time_goes_by(bench: Bench) -> None:
    now = bench.stage.clock.now()
    bench.stage.store.set_override("alpha", Override(False, "anna", now, now + timedelta(seconds=60), None))
    assert bench.row("alpha").view.standing == Standing.DISABLED

    bench.stage.clock.advance(60)

    assert bench.row("alpha").view.standing == Standing.OK
    assert bench.agrees()


# News and trouble.


def test_only_what_others_write_is_news(bench: Bench) -> None:
    bench.board.has_news()
    bench.store.issue("run", "anna", bench.stage.clock.now(), "alpha")
    assert not bench.board.has_news()

    bench.stage.alert()
    assert bench.board.has_news()
    assert not bench.board.has_news()


@pytest.mark.parametrize("method", ["engine_info", "unfinished", "job_states", "alert_counts", "runs"])
def test_what_could_not_be_read_is_read_at_the_next_look(
    bench: Bench, method: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_args: object, **_named: object) -> Sequence[object]:
        raise StateError("no")

    bench.stage.ran("alpha", 2, 1, outcome=Outcome.FAILED)
    bench.stage.running("beta", 1)
    bench.stage.alert()
    with monkeypatch.context() as patch:
        patch.setattr(bench.store, method, broken)
        with pytest.raises(StateError):
            bench.look()

    assert bench.row("alpha").view.standing == Standing.FAILED
    assert bench.row("beta").view.standing == Standing.RUNNING
    assert len(bench.look().alerts) == 1
    assert bench.agrees()
