from __future__ import annotations

import json
import time
from typing import Any

import pytest
import tomli
from hypothesis import given
from hypothesis import strategies as st

from peak_console.jobs.file.locate import Positions, job_line

TEXT = '''\
# [[job]] in a comment
"quoted \\u0041" = 1
[[job]]
name = "a" # name = "b"
note = """
[[job]]
name = "b"
quote = \\""" ""\\"
"""
other = \'\'\'
[[job]]\'\'\'
  args = { script = "x, }", "top n" = [1, "]", { a.b = 2 }], c.d = 3 } # }
env.A = "1"
env.B = "2"

[job.more]
key = [ # [
  1,
  [2, "#"], # 2
  3,
]
[ [ job ] ]
name = 'b'
[ job . args ]
x = 1
[[job.part]]
y = 1
[[job.part]]
y = 2
'''.replace("[ [ job ] ]", "[[ job ]]")


@pytest.mark.parametrize(
    ("path", "place"),
    [
        (("quoted A",), (2, 1)),
        (("job", 0), (3, 1)),
        (("job", 0, "name"), (4, 1)),
        (("job", 0, "note"), (5, 1)),
        (("job", 0, "other"), (10, 1)),
        (("job", 0, "args"), (12, 3)),
        (("job", 0, "args", "script"), (12, 12)),
        (("job", 0, "args", "top n"), (12, 29)),
        (("job", 0, "args", "top n", 0), (12, 40)),
        (("job", 0, "args", "top n", 1), (12, 43)),
        (("job", 0, "args", "top n", 2), (12, 48)),
        (("job", 0, "args", "top n", 2, "a", "b"), (12, 50)),
        (("job", 0, "args", "c", "d"), (12, 62)),
        (("job", 0, "args", "c"), (12, 62)),
        (("job", 0, "env"), (13, 1)),
        (("job", 0, "env", "B"), (14, 1)),
        (("job", 0, "more", "key", 0), (18, 3)),
        (("job", 0, "more", "key", 1, 1), (19, 7)),
        (("job", 0, "more", "key", 2), (20, 3)),
        (("job", 1), (22, 1)),
        (("job", 1, "name"), (23, 1)),
        (("job", 1, "args"), (24, 1)),
        (("job", 1, "args", "x"), (25, 1)),
        (("job", 1, "part", 0, "y"), (27, 1)),
        (("job", 1, "part", 1), (28, 1)),
        (("job", 1, "part", 1, "y"), (29, 1)),
        # What is not there is placed at what it would be in.
        (("job", 0, "cron"), (3, 1)),
        (("job", 0, "args", "nothing"), (12, 3)),
        (("job", 1, "args", "nothing"), (24, 1)),
        (("nothing",), (1, 1)),
    ],
)
def test_each_path_has_its_place(path: tuple[str | int, ...], place: tuple[int, int]) -> None:
    assert Positions(TEXT).place(path) == place


def test_places_do_not_depend_on_the_order_of_questions() -> None:
    positions = Positions(TEXT)
    assert positions.place(("job", 1, "part", 1, "y")) == (29, 1)
    assert positions.place(("job", 0, "args", "script")) == (12, 12)
    assert positions.place(("job", 0, "name")) == (4, 1)


def test_jobs_in_an_inline_list_have_places() -> None:
    text = 'job = [\n  { name = "a" },\n  { name = "b", retries = -1 },\n]\n'
    assert Positions(text).place(("job", 1)) == (3, 3)
    assert Positions(text).place(("job", 1, "retries")) == (3, 17)


def test_columns_count_characters_and_windows_line_ends_are_one() -> None:
    assert Positions('a = 1\r\nb = { "ü" = 1, c = 2 }\r\n').place(("b", "c")) == (2, 16)


def test_blank_lines_of_windows_are_lines() -> None:
    assert Positions("a = 1\r\n\r\n# x\r\n\r\n[b]\r\nc = 1\r\n").place(("b", "c")) == (6, 1)


KEYS = st.text(st.sampled_from("ab.#[]{}\"'=, é"), max_size=3)
VALUES = st.recursive(
    st.text(st.sampled_from("a[]{}\"'#=,\\\n"), max_size=6) | st.integers(0, 9) | st.booleans(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=3),
    max_leaves=8,
)


def quoted(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n") + '"'


def written(value: Any, path: tuple[str | int, ...], at: int, places: dict[tuple[str | int, ...], int]) -> str:
    """``value`` in TOML, to stand at offset ``at``; where each of its parts begins goes into ``places``."""
    if isinstance(value, str):
        if "\n" in value and "'''" not in value and not value.endswith("'") and value[0] != "\n":
            return f"'''{value}'''"
        return quoted(value)
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, dict):
        text = "{"
        for name, item in value.items():
            text += ", " if len(text) > 1 else " "
            places[*path, name] = at + len(text)
            text += f"{quoted(name)} = "
            text += written(item, (*path, name), at + len(text), places)
        return text + " }"
    if isinstance(value, list):
        text = "["
        for index, item in enumerate(value):
            text += ",# ]\n " if index else " # [\n"
            places[*path, index] = at + len(text)
            text += written(item, (*path, index), at + len(text), places)
        return text + "]"
    return str(value)


@given(st.lists(st.dictionaries(KEYS, VALUES, max_size=4), max_size=4))
def test_every_part_of_any_document_is_found_where_it_was_written(jobs: list[dict[str, Any]]) -> None:
    text = ""
    places: dict[tuple[str | int, ...], int] = {}
    for index, job in enumerate(jobs):
        places["job", index] = len(text)
        text += "[[job]] # x = 1\n"
        for name, value in job.items():
            text += " "
            places["job", index, name] = len(text)
            text += f"{quoted(name)}="
            text += written(value, ("job", index, name), len(text), places) + "\n"
    assert tomli.loads(text).get("job", []) == jobs
    positions = Positions(text)
    for path, offset in reversed(places.items()):
        before = text[:offset]
        assert positions.place(path) == (before.count("\n") + 1, offset - before.rfind("\n"))


def test_job_line_is_that_of_its_header() -> None:
    assert job_line(TEXT, "a") == 3
    assert job_line(TEXT, "b") == 22


def test_job_line_of_an_unknown_job_is_the_first() -> None:
    assert job_line(TEXT, "c") == 1
    assert job_line("job = 5", "c") == 1


def test_job_line_of_a_broken_file_is_that_of_its_header_too() -> None:
    assert job_line('[[job]]\nname = "a"\nx =\n[[job]]\n name = "b"\n', "b") == 4
    assert job_line("x = ", "b") == 1


NAMES = st.lists(st.text(st.characters(codec="utf-8", exclude_categories=["Cc", "Cs"]), min_size=1), unique=True)


@given(NAMES, st.sampled_from(["", "\nargs = [\n  [1, 2],\n]", "\n[job.env]\nA = 'name = \"x\"'", "\n# name = 'a'"]))
def test_a_name_is_found_where_a_parser_finds_it(names: list[str], more: str) -> None:
    text = "[scheduler]\n" + "".join(
        f"\n[[job]]{more if more.startswith(chr(10) + '#') else ''}\nname = {json.dumps(name, ensure_ascii=False)}"
        f"\ncommand = 'true'{'' if more.startswith(chr(10) + '#') else more}\n"
        for name in names
    )
    for place, name in enumerate(names):
        assert job_line(text, name) == Positions(text).place(("job", place))[0]


def test_ten_thousand_jobs_are_searched_in_no_time() -> None:
    text = "".join(f'[[job]]\nname = "job_{n}"\ncommand = "true"\n\n' for n in range(10_000))
    began = time.process_time()
    assert job_line(text, "job_9999") == 9999 * 4 + 1
    assert time.process_time() - began < 0.2
