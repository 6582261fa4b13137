"""Values behave as the dataclasses that type checkers take them for."""

from __future__ import annotations

import copy
import dataclasses
import pickle
import subprocess
import sys

import pytest

from peak_console.values import compile_initialisers, dataclass, field, replace


@dataclass(frozen=True, slots=True)
class Point:
    """A point of a chart."""

    key: str = field(repr=False)
    x: float
    y: float = 0.0
    notes: dict[str, str] = field(default_factory=dict)

    @property
    def sum(self) -> float:
        return self.x + self.y


@dataclasses.dataclass(frozen=True, slots=True)
class RealPoint:
    """The same, made by the standard library."""

    key: str = dataclasses.field(repr=False)
    x: float
    y: float = 0.0
    notes: dict[str, str] = dataclasses.field(default_factory=dict)


def test_values_are_given_in_order_or_by_name_and_the_rest_has_defaults() -> None:
    point = Point("k", 1, y=2.5)
    assert (point.x, point.y, point.notes, point.key, point.sum) == (1, 2.5, {}, "k", 3.5)


def test_each_value_gets_a_default_of_its_own() -> None:
    Point("k", 1).notes["seen"] = "once"
    assert Point("k", 1).notes == {}


@pytest.mark.parametrize(
    ("in_order", "by_name"),
    [((), {}), (("k",), {"y": 1}), (("k", 1), {"x": 1}), (("k", 1), {"z": 1}), (("k", 1, 2, {}, 5), {})],
)
def test_what_a_dataclass_refuses_is_refused(in_order: tuple[object, ...], by_name: dict[str, object]) -> None:
    for cls in (Point, RealPoint):
        with pytest.raises(TypeError):
            cls(*in_order, **by_name)  # type: ignore[arg-type]


def test_a_class_whose_initialiser_is_compiled_ahead_takes_and_refuses_the_same() -> None:
    @dataclass(frozen=True, slots=True)
    class Ahead:
        key: str
        x: float
        notes: list[str] = field(default_factory=list)

    before = Ahead("k", x=1)
    compile_initialisers(Ahead)
    compile_initialisers(Ahead)
    assert Ahead("k", x=1) == before == Ahead(x=1, key="k", notes=[])
    assert Ahead("k", 1).notes is not Ahead("k", 1).notes
    for in_order, by_name in [((), {}), (("k",), {}), (("k", 1), {"x": 1}), (("k", 1), {"z": 1})]:
        with pytest.raises(TypeError):
            Ahead(*in_order, **by_name)  # type: ignore[arg-type]


def test_nothing_can_be_changed_added_or_deleted() -> None:
    point = Point("k", 1)
    for name in ("x", "unknown"):
        with pytest.raises(dataclasses.FrozenInstanceError):
            setattr(point, name, 2)
        with pytest.raises(dataclasses.FrozenInstanceError):
            delattr(point, name)
    assert not hasattr(point, "__dict__")


def test_equal_contents_of_one_class_are_equal_and_hash_alike() -> None:
    assert Point("k", 1, 2) == Point("k", 1.0, 2.0)
    assert Point("k", 1, 2) != Point("k", 2, 1)
    assert Point("k", 1, 2) != RealPoint("k", 1, 2)  # type: ignore[comparison-overlap]
    assert hash(Tag("a")) == hash(Tag("a"))
    assert {Tag("a"), Tag("a"), Tag("b")} == {Tag("b"), Tag("a")}
    with pytest.raises(TypeError):
        hash(Point("k", 1))  # it holds a dict


@dataclass(frozen=True, slots=True)
class Tag:
    """One field, which must not be taken for its value."""

    name: str


def test_a_single_field_is_not_taken_for_its_value() -> None:
    assert Tag("a") != "a"  # type: ignore[comparison-overlap]
    assert pickle.loads(pickle.dumps(Tag("a"))) == Tag("a")


def test_repr_is_that_of_a_dataclass_and_leaves_out_what_is_hidden() -> None:
    assert repr(Point("k", 1, notes={"a": "b"})) == repr(RealPoint("k", 1, notes={"a": "b"})).replace(
        "RealPoint", "Point"
    )


def test_copies_and_pickles_are_equal() -> None:
    point = Point("k", 1, notes={"a": "b"})
    for other in (copy.copy(point), copy.deepcopy(point), pickle.loads(pickle.dumps(point))):
        assert other == point
    assert copy.deepcopy(point).notes is not point.notes


def test_replace_changes_what_is_named_only() -> None:
    point = Point("k", 1, 2, {"a": "b"})
    assert replace(point, y=3) == Point("k", 1, 3, {"a": "b"})
    with pytest.raises(TypeError):
        replace(point, z=3)  # type: ignore[call-arg]


def test_the_standard_library_takes_them_for_dataclasses() -> None:
    point = Point("k", 1, 2, {"a": "b"})
    assert dataclasses.is_dataclass(point)
    assert dataclasses.replace(point, y=3) == Point("k", 1, 3, {"a": "b"})
    assert dataclasses.asdict(point) == dataclasses.asdict(RealPoint("k", 1, 2, {"a": "b"}))
    ours, real = dataclasses.fields(Point), dataclasses.fields(RealPoint)
    assert [(one.name, one.default, one.default_factory, one.repr) for one in ours] == [
        (one.name, one.default, one.default_factory, one.repr) for one in real
    ]
    match point:
        case Point(key, x):
            assert (key, x) == ("k", 1)


def test_neither_dataclasses_nor_inspect_are_loaded_to_make_values() -> None:
    program = (
        "import sys; from peak_console.jobs.model import JobDefinition; JobDefinition('a');"
        " sys.exit(bool({'dataclasses', 'inspect', 'typing'} & set(sys.modules)))"
    )
    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Fact:
    """What all facts say."""

    at: int
    by: str = "us"


@dataclass(frozen=True, slots=True, kw_only=True)
class Ending(Fact):
    """A fact that says more, without a default behind one that has one."""

    code: int
    words: list[str] = field(default_factory=list)


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class RealFact:
    """The same, made by the standard library."""

    at: int
    by: str = "us"


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class RealEnding(RealFact):
    """The same, made by the standard library."""

    code: int
    words: list[str] = dataclasses.field(default_factory=list)


def test_a_value_has_what_its_base_has() -> None:
    ending = Ending(at=1, code=3)
    assert (ending.at, ending.by, ending.code, ending.words) == (1, "us", 3, [])
    assert isinstance(ending, Fact)
    assert not hasattr(ending, "__dict__")
    assert repr(ending) == repr(RealEnding(at=1, code=3)).replace("RealEnding", "Ending")
    assert replace(ending, at=2) == Ending(at=2, code=3)
    assert ending != Fact(at=1)
    assert pickle.loads(pickle.dumps(ending)) == ending
    assert dataclasses.asdict(ending) == dataclasses.asdict(RealEnding(at=1, code=3))
    assert dataclasses.replace(ending, code=4).code == 4
    for name in ("at", "code"):
        with pytest.raises(dataclasses.FrozenInstanceError):
            setattr(ending, name, 2)
    for missing in ({"at": 1}, {"code": 1}):
        for cls in (Ending, RealEnding):
            with pytest.raises(TypeError):
                cls(**missing)  # type: ignore[arg-type]


@dataclass(slots=True)
class Counter:
    """A value that changes."""

    name: str
    count: int = 0
    seen: list[str] = field(default_factory=list)


def test_what_is_not_frozen_can_change_and_has_no_hash() -> None:
    counter = Counter("a")
    counter.count += 1
    counter.seen.append("x")
    assert counter == Counter("a", 1, ["x"])
    assert Counter("b").seen == []
    assert copy.copy(counter) == counter
    with pytest.raises(TypeError):
        hash(counter)
    with pytest.raises(AttributeError):
        counter.unknown = 1  # type: ignore[attr-defined]
    assert [each.name for each in dataclasses.fields(counter)] == ["name", "count", "seen"]
