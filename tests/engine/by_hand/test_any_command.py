"""Whatever stands in the table of commands, the engine answers it and goes on."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from tests.support.factories import make_job
from tests.support.properties import examples

if TYPE_CHECKING:
    from pathlib import Path

    from tests.engine.conftest import MakeBench
    from tests.support.engine import Bench

VERBS = ("run", "stop", "enable", "disable", "hold", "release", "ack", "reload", "dance")
SCALARS = st.one_of(
    st.none(), st.booleans(), st.integers(), st.integers(-5, 5), st.floats(), st.text(max_size=6),
    st.sampled_from([2**63, -(2**63) - 1, 10**30, 1e308, "\ud800"]),
)  # fmt: skip
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text(max_size=4), inner, max_size=2),
    max_leaves=4,
)
ARGUMENTS = st.dictionaries(
    st.sampled_from(("args", "force", "for_seconds", "reason", "alert")) | st.text(max_size=3), VALUES, max_size=3
)
JSON = ARGUMENTS.map(json.dumps)
CELLS = st.one_of(
    st.integers(-(2**63), 2**63 - 1), st.floats(allow_nan=False), st.text(max_size=6).filter(str.isascii),
    st.binary(max_size=6),
)  # fmt: skip


def leave(engine: Bench, verb: Any, job: Any, run_id: Any, arguments: Any, by: Any = "mallory", at: Any = "now") -> int:
    """Put a row into the table as any program may; its id. Text that is no UTF-8 comes as bytes."""
    with engine.store as store:
        cursor = store._write(
            "INSERT INTO commands (verb, job, run_id, arguments, issued_by, issued_at)"
            " VALUES (CAST(? AS TEXT), CAST(? AS TEXT), ?, CAST(? AS TEXT), ?, ?)",
            (verb, job, run_id, arguments, by, at),
        )
    return int(cursor.lastrowid or 0)


def answer_to(engine: Bench, number: int) -> tuple[str, str]:
    row = engine.store._rows("SELECT answer, message FROM commands WHERE id = ?", (number,))[0]
    return row[0], row[1]


AT = "2026-11-02T06:00:00.000000Z"


@pytest.mark.parametrize(
    ("row", "message"),
    [
        (("disable", "backup", None, "no JSON"), "its arguments are no JSON object"),
        (("disable", "backup", None, "[1]"), "its arguments are no JSON object"),
        (("disable", "backup", None, "[" * 100_000), "its arguments are no JSON object"),
        (("disable", "backup", None, "{}", "mallory", "yesterday"), "Invalid isoformat string: 'yesterday'"),
        (("stop", "backup", "all", "{}"), "its run_id is no whole number"),
        ((b"\xff", "backup", None, "{}"), "its verb is no text in UTF-8"),
        (("run", b"\xff", None, "{}"), "its job is no text in UTF-8"),
    ],
)
def test_a_row_that_cannot_be_read_is_refused_and_says_why(bench: MakeBench, row: Any, message: str) -> None:
    engine = bench(make_job(daily_time="09:00"))
    values = row if len(row) > 4 else (*row, "mallory", AT)
    number = leave(engine, *values)
    engine.turn()
    assert answer_to(engine, number) == ("refused", f"command {number} cannot be read: {message}")
    assert engine.command("run", "backup").startswith("done")


BOUND = "for_seconds must be a number above 0 and at most ten years"


@pytest.mark.parametrize(
    ("verb", "arguments", "message"),
    [
        ("disable", {"for_seconds": 99999999999 * 604800}, BOUND),
        ("enable", {"for_seconds": "2h"}, BOUND),
        ("enable", {"for_seconds": 0}, BOUND),
        ("enable", {"for_seconds": True}, BOUND),
        ("disable", {"reason": {"why": 1}}, "the reason must be a text"),
        ("hold", {"reason": 10**20}, "the reason must be a text"),
        ("ack", {"alert": 10**20}, "there is no alert #…"),
        ("ack", {"alert": "1"}, "an alert is named by its number"),
        ("run", {"args": [1]}, "the arguments must be a table"),
        ("run", {"args": {"n": 10**20}}, 'must hold numbers of 64 bits: "n" is larger'),
        ("run", {"args": {"n": {"deep": 1}}}, '"n" holds a table'),
        ("stop", {}, "name a job, or a run by its number"),
    ],
)  # fmt: skip
def test_what_makes_no_sense_is_refused_with_a_sentence(
    bench: MakeBench, verb: str, arguments: dict[str, Any], message: str
) -> None:
    engine = bench(make_job(daily_time="09:00"))
    job = "backup" if verb in ("enable", "disable", "run") else None
    answer = engine.command(verb, job, **arguments)
    assert answer.startswith("refused: ")
    assert message in answer
    assert engine.runs() == []
    assert engine.store.hold() is None
    assert engine.store.job_states()["backup"].override is None


def test_a_run_that_was_never_made_is_not_said_to_have_started(bench: MakeBench) -> None:
    engine = bench(make_job(daily_time="09:00"))
    number = leave(engine, "run", "backup", 77, "{}", at=AT)
    engine.turn()
    assert answer_to(engine, number) == ("refused", "there is no run #77; see: peak-console runs")


def test_an_error_of_ours_is_answered_and_nothing_of_the_command_is_kept(
    bench: MakeBench, monkeypatch: pytest.MonkeyPatch
) -> None:
    engine = bench(make_job(daily_time="09:00"))

    def fail(*_: object) -> None:
        raise KeyError("surprise")

    monkeypatch.setattr(engine.store, "remember", fail)
    answer = engine.command("disable", "backup")
    assert answer.startswith("refused: disable was cut short by a fault in Peak Console (KeyError: 'surprise')")
    assert engine.store.job_states()["backup"].override is None


def test_a_run_made_before_an_error_of_ours_is_told_of(bench: MakeBench, monkeypatch: pytest.MonkeyPatch) -> None:
    engine = bench(make_job(daily_time="09:00"))

    def fail(*_: object) -> None:
        raise KeyError("surprise")

    monkeypatch.setattr(engine.engine.duties.commander, "_record", fail)
    assert engine.command("run", "backup") == "done: backup #1 started"
    assert engine.live == [1]


@examples(25)
@given(
    verb=st.sampled_from(VERBS) | CELLS, job=st.sampled_from(("backup", None)) | CELLS,
    run_id=st.sampled_from((None, 1, 2**63 - 1)) | CELLS, arguments=JSON | CELLS, by=CELLS, at=st.just(AT) | CELLS,
)  # fmt: skip
@example(verb="disable", job="backup", run_id=None, arguments='{"for_seconds": 1e308}', by="m", at=AT)
def test_any_row_is_answered_and_the_next_engine_begins(
    tmp_path_factory: pytest.TempPathFactory, verb: Any, job: Any, run_id: Any, arguments: Any, by: Any, at: Any
) -> None:
    from tests.support.engine import Bench

    directory: Path = tmp_path_factory.mktemp("any")
    engine = Bench(directory / "state", make_job(daily_time="09:00", overlap="allow"))
    try:
        number = leave(engine, verb, job, run_id, arguments, by, at)
        engine.turn()
        assert answer_to(engine, number)[0] in ("done", "refused")
        engine.restart()
        engine.advance(10)
        engine.command("release")
        assert engine.command("run", "backup").startswith("done")
    finally:
        engine.close()
