"""The stderr of a run that ended elsewhere is read aside: a shared file system may not answer."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

from peak_console.engine.supervision.bookkeeping import NO_ANSWER, Bookkeeper
from peak_console.values import replace
from tests.support.factories import make_job

if TYPE_CHECKING:
    from tests.engine.conftest import MakeBench


def test_an_end_is_recorded_though_stderr_cannot_be_read(bench: MakeBench) -> None:
    engine = bench(make_job())
    keeper: Bookkeeper = engine.engine.duties.core.bookkeeper
    answers = threading.Event()
    asked: list[int] = []

    def read() -> list[str]:
        asked.append(1)
        answers.wait(60)
        return ["late"]

    assert keeper._read_aside(read) == [NO_ANSWER]
    assert keeper._read_aside(read) == [NO_ANSWER]
    assert len(asked) == 1
    answers.set()
    assert keeper._hanging is not None
    assert keeper._hanging.is_over(60)
    assert keeper._read_aside(lambda: ["boom"]) == ["boom"]


def test_a_run_of_a_cluster_has_the_end_of_its_stderr_in_its_alert(bench: MakeBench) -> None:
    engine = bench(make_job())
    engine.turn()
    (run,) = engine.runs()
    folder = engine.directory / "runs" / f"{run.id}"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "stderr.log").write_text("no such symbol\n")
    keeper: Bookkeeper = engine.engine.duties.core.bookkeeper
    assert keeper._stderr_tail(replace(run, executor="research")) == ["no such symbol"]
