"""Whatever a program prints, no terminal ever obeys it."""

from __future__ import annotations

import re
import time
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from rich.cells import cell_len

from peak_console.tui.output import ansi
from peak_console.tui.output import painting as output_paint
from peak_console.tui.output.ansi import DEFAULT, MAX_CELLS, RGB, shown_line
from peak_console.tui.output.view import OutputView
from tests.support.properties import examples
from tests.tui.harness import WidgetApp, fixed_now, make_run
from tests.tui.output_stage import RunDirectory, until

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from textual.pilot import Pilot

UNSAFE = re.compile(
    "[\0-\x1f\x7f-\x9f\xad\u061c\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufe00-\ufe0f\ufeff"
    "\ufff9-\ufffb\ud800-\udfff\U000e0000-\U000e01ef]"
)

NASTY = [
    b"\x1b", b"\x1b[", b"\x1b]", b"\x1bP", b"\x1b_", b"\x1b^", b"\x1bX", b"\x1b\\", b"\x07", b"\x9b", b"\x9d", b"\x90",
    b"\xc2\x9b", b"\xc2\x9d", b"m", b"0", b"31", b"38;2;", b"38;5;", b":", b";", b"?1049h", b"2J", b"H", b"52;c;",
    b"8;;http://x", b"\r", b"\n", b"\t", b"\b", b"\0", b"\x0b", b"\x0c", b"\xff", b"\xc3", b"\xe2\x80\xae",
    b"\xe2\x80\x8d", b"\xef\xb8\x8f", b"\xcc\x81", b"\xf0\x9f\x91\xa9", "中".encode(), "ש".encode(), b"[red]", b"[/]",
    b"a", b" ", b"x" * 50,
]  # fmt: skip

hostile = st.lists(st.sampled_from(NASTY) | st.binary(max_size=8), max_size=60).map(b"".join)


parameters = st.text("0123456789:;", max_size=24) | st.lists(
    st.sampled_from(["38", "48", "58", "4", "1", "0", "2", "5", "255", "256", "04", "", "99999"]), max_size=9
).flatmap(lambda codes: st.sampled_from([";".join(codes), ":".join(codes), ";:".join(codes), ":;".join(codes)]))


@given(st.lists(parameters, min_size=1, max_size=4))
@example(["38;5:1"])
@example(["38;1:"])
@example(["48;2;1;2;:3"])
@example(["38;:"])
@examples(200)
def test_malformed_colours_cost_no_text(codes: list[str]) -> None:
    data = "".join(f"\x1b[{code}mhello" for code in codes).encode()
    shown = ansi._coloured_line(data, len(data), MAX_CELLS)
    assert "".join(piece.text for piece in shown.pieces) == "hello" * len(codes)
    for piece in shown.pieces:
        for colour in (piece.style.colour, piece.style.background):
            assert colour == DEFAULT or colour & RGB or 0 <= colour <= 255


async def test_a_line_whose_colours_cannot_be_made_out_or_drawn_costs_no_other_line_anything(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def failing(real: Callable[..., Any], trigger: object) -> Callable[..., Any]:
        def act(*given: Any) -> Any:
            if given[-1] == trigger:
                raise ValueError(trigger)
            return real(*given)

        return act

    monkeypatch.setattr(ansi, "_known", failing(ansi._known, "35"))
    monkeypatch.setattr(output_paint, "_colour", failing(output_paint._colour, 6))
    run = RunDirectory(tmp_path / "run")
    run.write(b"\x1b[31mred\n\x1b[35mnot made out \xff\n\x1b[36mnot drawn\n\x1b[32mgreen\n", at=1)
    view = OutputView()
    async with WidgetApp(view).run_test(size=(60, 8)) as pilot:
        await shown_in(pilot, view, run)
        drawn = {
            segment.text.strip(): segment.style.color
            for line in view.app.screen._compositor.render_strips()
            for segment in line
            if segment.style is not None
        }
    plain = drawn["not drawn"]
    assert {"red", "green"} <= drawn.keys()
    assert plain not in (drawn["red"], drawn["green"])
    (unmade,) = (text for text in drawn if "not made out" in text)
    assert drawn[unmade] == plain


@given(hostile)
@example(b"\x1b]52;c;x\x1b[31m\x07")
@example("\x1b[31\u0301m".encode())
@examples(200)
def test_no_control_reaches_what_is_shown(data: bytes) -> None:
    shown = shown_line(data)
    assert shown == ansi._coloured_line(data, len(data), MAX_CELLS)  # it has not needed its net
    text = "".join(piece.text for piece in shown.pieces)
    assert not UNSAFE.search(text)
    assert cell_len(text) == shown.cells <= MAX_CELLS
    assert all(piece.text for piece in shown.pieces)
    assert not any(cell_len(piece.text[0]) == 0 for piece in shown.pieces)


FLOODS = {
    "string openers": b"\x1b]" * 500_000,
    "openers with text": b"\x1b]x" * 300_000,
    "parameters": b"\x1b[" + b"1;" * 500_000,
    "parameters and an end": b"\x1b[" + b"38;2;1;2;3;" * 100_000 + b"m",
    "digits": b"\x1b[" + b"9" * 1_000_000 + b"m",
    "sequences": b"\x1b[31m" * 200_000,
    "escapes": b"\x1b" * 1_000_000,
    "intermediates": b"\x1b(" + b" " * 1_000_000,
    "carriage returns": b"\r" * 1_000_000 + b"x",
    "progress": b"\r50%" * 250_000,
    "tabs": b"\t" * 1_000_000,
    "marks": b"e" + b"\xcc\x81" * 500_000,
    "wide": "中".encode() * 300_000,
    "zeros": bytes(1_000_000),
    "invalid": b"\xff" * 1_000_000,
    "selectors": b"\xef\xb8\x8f" * 300_000,
}


@pytest.mark.parametrize("flood", FLOODS)
def test_a_flood_takes_no_longer_than_other_text(flood: str) -> None:
    data = FLOODS[flood]
    took = []
    for _ in range(3):
        start = time.thread_time()
        shown_line(data)
        took.append(time.thread_time() - start)
    assert min(took) < 0.05  # at most 3 ms on a quiet machine; the naive way takes minutes


def painted(app: WidgetApp) -> list[str]:
    """The text of every segment that goes to the terminal."""
    return [segment.text for line in app.screen._compositor.render_strips() for segment in line]


async def shown_in(pilot: Pilot[None], view: OutputView, directory: RunDirectory) -> list[str]:
    view.show_run(make_run(1, "job"), str(directory), fixed_now())
    await pilot.pause()
    return painted(view.app)  # type: ignore[arg-type]


@given(st.lists(hostile, max_size=8), st.lists(hostile, max_size=3), st.booleans(), st.integers(8, 60))
@examples(6)
async def test_no_control_reaches_the_terminal(
    tmp_path_factory: pytest.TempPathFactory, out: list[bytes], err: list[bytes], wrap: bool, width: int
) -> None:
    run = RunDirectory(tmp_path_factory.mktemp("run"))
    run.write(b"\n".join(out), b"\n".join(err), at=1_000_000)
    view = OutputView()
    app = WidgetApp(view)
    async with app.run_test(size=(width, 12)) as pilot:
        if not wrap:
            view.toggle_wrap()
        for text in await shown_in(pilot, view, run):
            assert not UNSAFE.search(text)
        view.search("x")
        await pilot.press("home", "right")
        for strip in app.screen._compositor.render_strips():
            assert not UNSAFE.search("".join(segment.text for segment in strip))
            assert sum(segment.cell_length for segment in strip) == width


@pytest.mark.parametrize("name", ["[/]", "[red]x[/red]", "[/red", "[foo='x", "\x1b]0;x\x07", "\u202e", "a\nb", "$x"])
async def test_hostile_names_are_text_in_the_title(tmp_path: Path, name: str) -> None:
    run = RunDirectory(tmp_path / "run")
    run.write(b"x\n")
    view = OutputView()
    async with WidgetApp(view).run_test(size=(90, 10)) as pilot:
        view.show_run(make_run(1, name, outcome="stopped", stop_reason=name), str(run), fixed_now(), retries=2)
        view.search(name)
        await pilot.pause()
        for text in painted(view.app):  # type: ignore[arg-type]
            assert not UNSAFE.search(text)
        if name.isprintable():
            assert f"{name} #1" in "".join(painted(view.app))  # type: ignore[arg-type]


async def test_a_giant_line_is_shown_at_once_with_what_is_missing(tmp_path: Path) -> None:
    run = RunDirectory(tmp_path / "run")
    run.write(b"x" * 10 * 1024 * 1024 + b"\nend\n", at=1)
    view = OutputView()
    async with WidgetApp(view).run_test(size=(80, 60)) as pilot:
        start = time.perf_counter()
        texts = await shown_in(pilot, view, run)
        assert time.perf_counter() - start < 2
        assert any(text.startswith("end") for text in texts)
        await until(pilot, lambda: " … 10.0 MiB more" in "".join(painted(view.app)))  # type: ignore[arg-type]
