"""Dataclasses for the values that every start makes: slotted, mostly frozen, and built without loading ``dataclasses``.

That module takes longer to load than Python takes to start (it loads ``inspect``), and compiles some ten functions
for each class, at every start. What is made here behaves the same; ``dataclasses.replace``, ``fields`` and
``asdict`` know it too: the real fields are made on demand. To type checkers these *are* dataclasses.
"""

from __future__ import annotations

from operator import attrgetter

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

__all__ = ["compile_initialisers", "dataclass", "field", "replace"]


class _Field:
    """A default that is made for each value, or a field that ``repr`` does not show."""

    __slots__ = ("make", "shown")

    def __init__(self, *, default_factory: Callable[[], Any] | None = None, repr: bool = True) -> None:  # noqa: A002
        self.make = default_factory
        self.shown = repr


_REQUIRED = _Field()


def _dataclass(*, slots: bool, frozen: bool = False, kw_only: bool = False) -> Callable[[type], type]:
    """``dataclasses.dataclass`` with ``slots=True``, for a class without bases or with one that was made here.

    With ``kw_only`` a field without a default may follow one that has one. Values are always taken by name, too.
    """
    assert slots
    return lambda body: _made(body, frozen=frozen, kw_only=kw_only)


def _made(body: type, *, frozen: bool, kw_only: bool) -> type:
    namespace = dict(vars(body))
    namespace.pop("__dict__", None)
    namespace.pop("__weakref__", None)
    own = tuple(namespace.get("__annotations__", ()))
    defaults = {name: namespace.pop(name) for name in own if name in namespace}
    names = own
    for base in body.__bases__:
        if base is not object:
            names = (*vars(base)["__match_args__"], *names)
            defaults = {**vars(base)["__dataclass_fields__"].defaults, **defaults}
    namespace |= {"__slots__": own, "__match_args__": names, "__qualname__": body.__qualname__}
    namespace |= _methods(names, [name for name in names if getattr(defaults.get(name), "shown", True)])
    namespace |= {"__setattr__": _keep, "__delattr__": _keep} if frozen else {"__hash__": None}
    namespace["__dataclass_fields__"] = _RealFields(names, defaults, kw_only=kw_only)
    made = type(body.__name__, body.__bases__, namespace)
    # A slot's own __set__ gets past the __setattr__ that keeps values as they are.
    slots = [(name, getattr(made, name).__set__, defaults.get(name, _REQUIRED)) for name in names]
    _compilers[made] = lambda: _compile_initialiser(made, slots)
    made.__init__ = _initialiser(names, slots, lambda: compile_initialisers(made))  # type: ignore[misc]
    return made


MANY = 500
"""A class of which so many values were made gets a compiled initialiser: compiling takes as long as making some 200."""
_compilers: dict[type, Callable[[], None]] = {}
"""Of each class that has no compiled initialiser yet what gives it one."""


def compile_initialisers(*kinds: type) -> None:
    """Give classes their compiled initialisers now: before many of their values are made in a hurry."""
    for kind in kinds:
        compile_it = _compilers.pop(kind, None)
        if compile_it is not None:
            compile_it()


def _initialiser(
    names: tuple[str, ...], slots: list[tuple[str, Callable[[Any, Any], None], Any]], compile_it: Callable[[], None]
) -> Any:
    known = set(names)
    left = MANY

    def __init__(self: Any, *in_order: Any, **values: Any) -> None:  # noqa: N807
        nonlocal left
        left -= 1
        if left == 0:
            compile_it()
        if in_order:
            values = _by_name(self, names, in_order, values)
        if len(values) == len(slots) and values.keys() == known:  # in half the time
            for name, put, _ in slots:
                put(self, values[name])
            return
        take = values.pop
        for name, put, default in slots:
            value = take(name, default)
            if value.__class__ is _Field:
                if value.make is None:
                    raise TypeError(f"{self.__class__.__name__}() misses {name}")
                value = value.make()
            put(self, value)
        if values:
            raise TypeError(f"{self.__class__.__name__}() has no {', '.join(values)}")

    return __init__


def _compile_initialiser(made: type, slots: list[tuple[str, Callable[[Any, Any], None], Any]]) -> None:
    """Replace a class's initialiser by one that does the same in a third of the time."""
    parameters, lines = [], []
    inside: dict[str, Any] = {"_unset": _REQUIRED}
    for number, (name, put, default) in enumerate(slots):
        inside[f"_put{number}"], inside[f"_default{number}"] = put, default
        if default.__class__ is not _Field:
            parameters.append(f"{name}=_default{number}")
        else:
            parameters.append(f"{name}=_unset")
            inside[f"_make{number}"] = default.make or _refusal(made.__name__, name)
            lines.append(f" if {name} is _unset: {name} = _make{number}()")
        lines.append(f" _put{number}(self, {name})")
    text = f"def __init__(self, {', '.join(parameters)}):\n" + "\n".join(lines)
    exec(text, inside)  # noqa: S102 - of our own names alone
    made.__init__ = inside["__init__"]  # type: ignore[misc]


def _refusal(kind: str, name: str) -> Callable[[], None]:
    def refuse() -> None:
        raise TypeError(f"{kind}() misses {name}")

    return refuse


def _by_name(value: Any, names: tuple[str, ...], in_order: tuple[Any, ...], values: dict[str, Any]) -> dict[str, Any]:
    if len(in_order) > len(names):
        raise TypeError(f"{value.__class__.__name__}() takes {len(names)} values, not {len(in_order)}")
    first = dict(zip(names, in_order, strict=False))
    if not values.keys().isdisjoint(first):
        raise TypeError(f"{value.__class__.__name__}() got {', '.join(values.keys() & first)} twice")
    return first | values


def _methods(names: tuple[str, ...], shown: list[str]) -> dict[str, Any]:
    contents = attrgetter(*names)

    def __eq__(self: Any, other: object) -> Any:  # noqa: N807
        return contents(self) == contents(other) if other.__class__ is self.__class__ else NotImplemented

    def __hash__(self: Any) -> int:  # noqa: N807
        return hash(contents(self))

    def __repr__(self: Any) -> str:  # noqa: N807
        inside = ", ".join(f"{name}={getattr(self, name)!r}" for name in shown)
        return f"{self.__class__.__qualname__}({inside})"

    def __reduce__(self: Any) -> Any:  # noqa: N807 - how copies and pickles get past __setattr__
        return self.__class__, tuple(getattr(self, name) for name in names)

    methods: dict[str, Any] = {method.__name__: method for method in (__eq__, __hash__, __repr__, __reduce__)}
    return methods | {"__contents__": staticmethod(contents)}


def _keep(value: object, name: str, *_: object) -> None:
    from dataclasses import FrozenInstanceError

    raise FrozenInstanceError(f"cannot change {name} of a {value.__class__.__name__}")


class _RealFields:
    """``__dataclass_fields__``, made by the real module when they are first asked for."""

    def __init__(self, names: tuple[str, ...], defaults: dict[str, Any], *, kw_only: bool) -> None:
        self.defaults = defaults
        self._names = names
        self._kw_only = kw_only
        self._fields: dict[str, Any] | None = None

    def __get__(self, value: object, owner: type) -> dict[str, Any]:
        if self._fields is None:
            import dataclasses

            annotations = dict.fromkeys(self._names, "Any")
            for each in reversed(owner.__mro__[:-1]):
                annotations |= vars(each).get("__annotations__", {})
            namespace = {"__annotations__": annotations, "__module__": owner.__module__}
            for name, default in self.defaults.items():
                namespace[name] = default
                if isinstance(default, _Field):
                    factory: dict[str, Any] = {"default_factory": default.make} if default.make else {}
                    namespace[name] = dataclasses.field(repr=default.shown, **factory)
            model: Any = dataclasses.dataclass(kw_only=self._kw_only)(type(owner.__name__, (), namespace))
            self._fields = model.__dataclass_fields__
        return self._fields


def _replace(value: Any, /, **changes: Any) -> Any:
    """As ``dataclasses.replace``."""
    names = value.__match_args__
    if len(names) == 1:  # then the contents are no tuple
        return value.__class__(**{names[0]: getattr(value, names[0])} | changes)
    return value.__class__(**dict(zip(names, value.__contents__(value), strict=True)) | changes)


if TYPE_CHECKING:
    from dataclasses import dataclass, field, replace
else:
    dataclass, field, replace = _dataclass, _Field, _replace
