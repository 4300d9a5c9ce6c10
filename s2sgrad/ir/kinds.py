"""Kinds: what generated code may rely on about a value.

An abstract value (`Value`) is a union of at most four alternatives, each a kind. A kind carries a *witness*: an example
on which primitives are run to find the kind of their result. Witnesses are no part of equality and are never folded
into code.
"""

from __future__ import annotations

import dataclasses
import functools
import inspect
import types
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

import numpy as np

MAX_ALTERNATIVES = 4
MAX_FUNCTIONS = 24  # alternatives of a value that may be one of several functions
MAX_DEPTH = 4

Cell = Any  # the place where a list, dict or set is made: a function for kinds of arguments, a node of it, a path

PYTHON_NUMBERS = (int, float, complex)
EXACT = frozenset((type(None), bool, int, float, complex, str, bytes))


class Kind:
    """One alternative of a value."""

    __slots__ = ()


@dataclass(frozen=True, slots=True, eq=False)
class Static(Kind):
    """A value known at compile time: None, a bool, a str, a literal number, a slice, a module, a class, a function."""

    value: Any

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Static) or type(other.value) is not type(self.value):
            return False
        if self.value is other.value:
            return True
        if isinstance(self.value, (float, complex)):
            return repr(self.value) == repr(other.value)  # 0.0 and -0.0 are two values
        return isinstance(self.value, (bool, int, str, bytes, np.dtype)) and self.value == other.value

    def __hash__(self) -> int:
        try:
            return hash((type(self.value), self.value))
        except TypeError:
            return id(self.value)


@dataclass(frozen=True, slots=True)
class Weak(Kind):
    """A Python number (or a str, a slice) of unknown value.

    `origin`: the argument's path that it is the value of, or the token of the axis that it is the length of.
    """

    type: type
    witness: Any = field(compare=False)
    origin: str | int | None = field(default=None, compare=False)


@dataclass(frozen=True, slots=True)
class Scalar(Kind):
    """A NumPy scalar."""

    dtype: np.dtype
    witness: Any = field(compare=False)


@dataclass(frozen=True, slots=True)
class Array(Kind):
    """An array.

    An axis is 1; a negative token, which names a length that is not 1; a pair (token, k), the length of a slice that
    leaves out k elements of such an axis, which may be 1; or None, of which nothing is known.
    """

    dtype: np.dtype
    axes: tuple[Any, ...]
    shape: tuple[int, ...] = field(compare=False)
    sample: np.ndarray = field(compare=False, repr=False)  # one finite element, of this rank

    @property
    def rank(self) -> int:
        """The number of axes."""
        return len(self.axes)

    @property
    def witness(self) -> np.ndarray:
        """An example, as large as the first call's array, in the memory of one element."""
        return np.broadcast_to(self.sample, self.shape)


@dataclass(frozen=True, slots=True)
class Tuple(Kind):
    """A tuple or namedtuple of known length."""

    cls: type
    items: tuple[Value, ...]


@dataclass(frozen=True, slots=True)
class List(Kind):
    """A list: its items, or, when its length is not known, what each of them is; also a tuple of unknown length.

    `cells` are the places in the program where lists of this value may have been made; of `changed` ones some item is
    written, or the length changes. `length` is an example of a length that is not known.
    """

    items: tuple[Value, ...] | None
    element: Value | None = None
    cls: type = list
    cells: frozenset[Cell] = field(default=frozenset(), compare=False)
    changed: bool = field(default=False, compare=False)
    length: int = field(default=2, compare=False)


@dataclass(frozen=True, slots=True)
class Dict(Kind):
    """A dict with known keys, or, when they are not known, what each key and each value is.

    `fields` are the values at static keys of a dict that changes: what they are if they are there. `cells` and
    `changed` are those of a list.
    """

    keys: tuple[Any, ...] | None
    items: tuple[Value, ...] = ()
    element: Value | None = None
    key: Value | None = None
    fields: tuple[tuple[Any, Value], ...] = ()
    cells: frozenset[Cell] = field(default=frozenset(), compare=False)
    changed: bool = field(default=False, compare=False)


@dataclass(frozen=True, slots=True)
class Set(Kind):
    """A set; no derivative flows through what it holds."""

    element: Value
    cells: frozenset[Cell] = field(default=frozenset(), compare=False)
    changed: bool = field(default=False, compare=False)


@dataclass(frozen=True, slots=True)
class Function(Kind):
    """A function made by the program, or passed to it: its code and the values of its free variables.

    `code` is an IR function (nested in the program), a `Partial`, or a code object (an argument); `witness` then is
    the function. At run time it is a tuple: a text that tells it from others, and the values that it captured.
    """

    code: Any
    captures: tuple[tuple[str, Value], ...] = ()
    witness: Any = field(default=None, compare=False)
    defaults: Any = None  # of an argument: compiled code holds them
    home: Any = None  # where its other names live: the frame that it was made in, or a dictionary of globals, by id

    @property
    def identity(self) -> Any:
        """What tells it from functions that are called in another way."""
        return self.code, self.defaults, self.home, tuple(n for n, _ in self.captures)


@dataclass(frozen=True, slots=True)
class Partial:
    """The code of a `functools.partial`: how many arguments it holds. It captures the function, then these."""

    positional: int
    keywords: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Bound(Kind):
    """A method bound to an object."""

    self_: Value
    function: Any

    @property
    def identity(self) -> Any:
        """What tells it from functions that are called in another way."""
        return self.function


@dataclass(frozen=True, slots=True)
class Object(Kind):
    """An instance of a user's class: one from outside, or made by the program, which then knows its fields."""

    cls: type
    sources: tuple[Source, ...] = ()
    fields: tuple[tuple[str, Value], ...] | None = None

    @property
    def witness(self) -> Any:
        """An example, if it is from outside."""
        return self.sources[0].object if self.sources else None


@dataclass(frozen=True, slots=True, eq=False)
class Source:
    """An object from outside: what is read of it when code is compiled, that code depends on."""

    object: Any
    path: str | None = None

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Source) and self.object is other.object

    def __hash__(self) -> int:
        return id(self.object)


@dataclass(frozen=True, slots=True)
class Super(Kind):
    """`super()` in a method of a class: at run time the object itself."""

    cls: type
    self_: Value


@dataclass(frozen=True, slots=True)
class Undefined(Kind):
    """A variable that this path has not assigned: a use would raise, so the alternative is dropped there."""


@dataclass(frozen=True, slots=True)
class Unknown(Kind):
    """Nothing is known; `reason` is quoted when a refusal follows from it."""

    reason: str = field(default="", compare=False)
    span: Any = field(default=None, compare=False)
    raises: bool = field(default=False, compare=False)  # the operation raises a TypeError, which `reason` quotes


# ------------------------------------------------------------------------------------------------------- values


@dataclass(frozen=True, slots=True)
class Value:
    """A union of kinds; the empty union is unreachable code."""

    kinds: tuple[Kind, ...]

    def __iter__(self) -> Iterator[Kind]:
        return iter(self.kinds)

    @property
    def one(self) -> Kind | None:
        """The only alternative, if there is just one."""
        return self.kinds[0] if len(self.kinds) == 1 else None

    @property
    def known(self) -> bool:
        """Is every alternative known?"""
        return bool(self.kinds) and not any(isinstance(k, Unknown) for k in self.kinds)

    @property
    def is_array(self) -> bool:
        """An array, whichever alternative it is."""
        return bool(self.kinds) and all(isinstance(k, Array) for k in self.kinds)

    @property
    def is_scalar(self) -> bool:
        """A number that is not an array: Python's or NumPy's."""
        return bool(self.kinds) and all(is_scalar(k) for k in self.kinds)

    @property
    def is_container(self) -> bool:
        """A list, tuple, dict or function value, whichever alternative it is."""
        types = (Tuple, List, Dict, Set, Function, Bound)
        return bool(self.kinds) and all(isinstance(k, types) for k in self.kinds)

    @property
    def static(self) -> Any:
        """The value, where it is known; else `NotImplemented`."""
        kind = self.one
        return kind.value if isinstance(kind, Static) else NotImplemented

    @property
    def differentiable(self) -> bool:
        """Can a derivative flow through this value?"""
        return any(differentiable(k) for k in self.kinds)


BOTTOM = Value(())
UNKNOWN = Value((Unknown(),))


def of(kind: Kind) -> Value:
    """The value with this one alternative."""
    return Value((kind,))


def unknown(reason: str, span: Any = None) -> Value:
    """A value of which nothing is known, and why."""
    return Value((Unknown(reason, span),))


def is_scalar(kind: Kind) -> bool:
    """Is it a number that is not an array?"""
    if isinstance(kind, Static):
        return isinstance(kind.value, (bool, int, float, complex, np.generic))
    return isinstance(kind, Scalar) or (isinstance(kind, Weak) and kind.type in (bool, int, float, complex))


def is_function(kind: Kind) -> bool:
    """Is it a function, whether the program made it or not?"""
    return isinstance(kind, (Function, Bound)) or (isinstance(kind, Static) and callable(kind.value))


def holds_function(value: Value) -> bool:
    """May it be, or hold, a function that the program made or was given?"""
    for kind in value.kinds:
        match kind:
            case Function() | Bound():
                return True
            case Tuple(items=items) | List(items=items, element=None) | Dict(items=items, element=None):
                if any(map(holds_function, items or ())):
                    return True
            case List(element=e) | Dict(element=e):
                if holds_function(e):
                    return True
            case Object(fields=fields) if fields and any(holds_function(v) for _, v in fields):
                return True
    return False


def is_complex(kind: Kind) -> bool:
    """Is it a complex number or array?"""
    match kind:
        case Static(value=v):
            return isinstance(v, (complex, np.complexfloating))
        case Weak(type=t):
            return t is complex
        case Scalar(dtype=d) | Array(dtype=d):
            return d.kind == "c"
    return False


def differentiable(kind: Kind) -> bool:
    """Can a derivative flow through a value of this kind?"""
    match kind:
        case Static(value=v):
            return isinstance(v, (float, complex))
        case Weak(type=t):
            return t is float or t is complex
        case Scalar(dtype=d) | Array(dtype=d):
            return d.kind in "fc"
        case Tuple(items=items):
            return any(v.differentiable for v in items)
        case List(items=items, element=element) | Dict(items=items, element=element):
            return any(v.differentiable for v in items or ()) or (element is not None and element.differentiable)
        case Function(captures=captures):
            return any(v.differentiable for _, v in captures)
        case Bound(self_=v):
            return v.differentiable
        case Object(fields=fields) if fields is not None:
            return any(v.differentiable for _, v in fields)
        case Unknown() | Object():
            return True
    return False


def user_class(kind: Kind) -> type | None:
    """The class of an object whose operators are a user's."""
    if isinstance(kind, Object):
        return kind.cls
    if not isinstance(kind, Static) or isinstance(kind.value, (type, types.ModuleType, types.FunctionType)):
        return None
    cls = type(kind.value)
    return None if cls.__module__.split(".")[0] in ("builtins", "numpy", "functools", "operator") else cls


# -------------------------------------------------------------------------------------------------------- lift


class AxisNames:
    """Tokens for axis lengths, unified when the program proves two of them equal (union-find)."""

    def __init__(self) -> None:
        self.parent: list[int] = [0]
        self.doubtful = 0  # branches and loops around: what is proved in code that may not run holds nowhere else

    def fresh(self) -> int:
        """A token that is in no use."""
        self.parent.append(len(self.parent))
        return len(self.parent) - 1

    def find(self, axis: Any) -> Any:
        """The representative of an axis."""
        if axis is None or axis == 1:
            return axis
        if isinstance(axis, tuple):
            return (self.find(axis[0]), axis[1])
        token = -axis
        while self.parent[token] != token:
            self.parent[token] = self.parent[self.parent[token]]
            token = self.parent[token]
        return -token

    def new(self) -> int:
        """A named length; negative, so that it is never confused with the length 1."""
        return -self.fresh()

    def unify(self, a: int, b: int) -> int:
        """Note that two lengths are equal."""
        a, b = self.find(a), self.find(b)
        if a != b and not self.doubtful:
            self.parent[-b] = -a
        return a


def named(axis: Any) -> bool:
    """Is it a named length, so not 1?"""
    return isinstance(axis, int) and axis != 1


def slice_axis(axis: Any, s: slice) -> Any:
    """The length of a slice: `x[2:]`, `x[1:-1]` and `x[:-2]` leave out as many elements, so they are equally long."""
    if s.start is None and s.stop is None and s.step in (None, 1, -1):
        return axis
    start, stop = s.start or 0, s.stop or 0
    if (
        s.step not in (None, 1)
        or not (isinstance(start, int) and isinstance(stop, int))
        or start < 0
        or stop > 0
        or s.stop == 0
    ):
        return None
    if isinstance(axis, tuple):
        return None
    return (axis, start - stop) if named(axis) else None


def finite_sample(array: np.ndarray) -> np.ndarray:
    """One element of the array, finite if the first is, with the array's rank."""
    shape = (1,) * array.ndim
    if array.size:
        first = array.reshape(-1)[:1] if array.flags.c_contiguous else np.asarray(array[(0,) * array.ndim])
        if array.dtype.kind not in "fc" or np.isfinite(first).all():
            return np.array(first).reshape(shape)
    return np.full(shape, 0.5 if array.dtype.kind in "fc" else 1).astype(array.dtype)


def lift_array(array: np.ndarray, names: AxisNames | None) -> Array:
    """The kind of an array, its axes named if names are given."""
    axes = tuple(1 if n == 1 else names.new() for n in array.shape) if names else (None,) * array.ndim
    return Array(array.dtype, axes, array.shape, finite_sample(array))


def lift(obj: Any, names: AxisNames | None = None, path: str | None = None, depth: int = 0) -> Value:
    """The kind of an object. Axes are named when `names` is given, otherwise nothing is known of them."""
    return Value((lift_kind(obj, names, path, depth),))


def lift_kind(obj: Any, names: AxisNames | None, path: str | None, depth: int) -> Kind:
    """The kind of an object."""
    cls = type(obj)
    if cls is np.ndarray:
        return Unknown("an array of objects") if obj.dtype.kind not in "fciub" else lift_array(obj, names)
    if cls is float or cls is complex or cls is int:
        return Weak(cls, obj, path)
    if isinstance(obj, np.generic):
        return Scalar(obj.dtype, obj) if obj.dtype.kind in "fciub" else Static(obj)
    if depth > MAX_DEPTH:
        return Unknown("containers nested too deep")
    if isinstance(obj, tuple):
        return Tuple(cls, tuple(lift(v, names, sub(path, i), depth + 1) for i, v in enumerate(obj)))
    if cls is list:
        return List(tuple(lift(v, names, sub(path, i), depth + 1) for i, v in enumerate(obj)))
    if cls is dict:
        return Dict(tuple(obj), tuple(lift(v, names, sub(path, k), depth + 1) for k, v in obj.items()))
    if path is not None and cls in (types.FunctionType, types.MethodType, functools.partial):
        return lift_function(obj, names, path, depth)
    if isinstance(obj, np.ndarray):
        if any(c.__name__ in ("MaskedArray", "matrix") and c.__module__.startswith("numpy") for c in cls.__mro__):
            raise TypeError(f"a {cls.__name__} computes otherwise than an array: pass np.asarray(x)")
        return Unknown(f"an array subclass, {cls.__name__}")
    fixed = (type, types.ModuleType, types.FunctionType, np.dtype)
    if cls.__module__ in ("builtins", "numpy", "math") or isinstance(obj, fixed):
        return Static(obj)
    plain = callable(obj) and not path and not is_callable_object(obj)
    if plain or getattr(cls, "__s2sgrad_namespace__", False):
        return Static(obj)
    return Object(cls, (Source(obj, path),))


def is_callable_object(obj: Any) -> bool:
    """Is it an instance of a user's class with a `__call__` of its own?"""
    cls = type(obj)
    written = isinstance(inspect.getattr_static(cls, "__call__", None), types.FunctionType)
    return written and cls.__module__.split(".")[0] not in ("numpy", "scipy", "functools", "s2sgrad")


def lift_function(obj: Any, names: AxisNames | None, path: str, depth: int) -> Kind:
    """The kind of a function that is an argument, or part of one."""
    if type(obj) is types.MethodType:
        return Bound(lift(obj.__self__, names, path + ".__self__", depth + 1), obj.__func__)
    if type(obj) is functools.partial:
        keywords = tuple(obj.keywords)
        values = (obj.func, *obj.args, *obj.keywords.values())
        held = tuple(lift(v, names, f"{path}[{i}]", depth + 1) for i, v in enumerate(values))
        captures = tuple(zip(partial_captures(len(obj.args), keywords), held, strict=True))
        return Function(Partial(len(obj.args), keywords), captures, obj)
    cells = zip(obj.__code__.co_freevars, obj.__closure__ or (), strict=True)
    captures = tuple((n, lift(c.cell_contents, names, None, depth + 1)) for n, c in cells)
    return Function(obj.__code__, captures, obj, baked(obj), (obj.__code__.co_filename, id(obj.__globals__)))


def partial_captures(positional: int, keywords: tuple[str, ...]) -> tuple[str, ...]:
    """What a `functools.partial` holds, by name."""
    return ("function", *map(str, range(positional)), *keywords)


def baked(function: types.FunctionType) -> Any:
    """What tells apart the defaults of functions of one code: numbers and texts by value, others by identity."""
    values = (*(function.__defaults__ or ()), *(v for item in (function.__kwdefaults__ or {}).items() for v in item))
    return tuple((type(v), repr(v) if type(v) in EXACT else id(v)) for v in values) or None


def sub(path: str | None, key: Any) -> str | None:
    """The path of an item."""
    return None if path is None else f"{path}[{key!r}]"


# --------------------------------------------------------------------------------------------------------- join


def generalise(kind: Kind) -> Kind:
    """A static number without its value."""
    if isinstance(kind, Static) and type(kind.value) in PYTHON_NUMBERS:
        return Weak(type(kind.value), kind.value)
    return kind


def join(*values: Value) -> Value:
    """The union of values; kinds that differ only in detail are merged."""
    return union(k for v in values for k in v.kinds)


def union(kinds: Iterable[Kind]) -> Value:
    """A value of these alternatives, merged where they differ in detail only; unknown if too many."""
    out: list[Kind] = []
    for kind in kinds:
        if isinstance(kind, Unknown):
            return Value((kind,))
        for i, other in enumerate(out):
            merged = merge(other, kind)
            if merged is not None:
                out[i] = merged
                break
        else:
            out.append(kind)
    if len(out) > MAX_ALTERNATIVES and (len(out) > MAX_FUNCTIONS or sum(not is_function(k) for k in out) > 1):
        return unknown("too many different kinds of value meet here")
    return Value(tuple(out))


def merge(a: Kind, b: Kind) -> Kind | None:
    """One kind for both, or None where they stay apart."""
    if a is b:
        return a
    if not (isinstance(a, Static) and a == b):
        a, b = generalise(a), generalise(b)
    if a == b and not isinstance(a, (Tuple, List, Dict, Set, Function)):
        # the length of one axis or that of another is the length of neither
        return dataclasses.replace(a, origin=None) if isinstance(a, Weak) and a.origin != b.origin else a
    match a, b:
        case Array(), Array() if a.dtype == b.dtype and a.rank == b.rank:
            axes = tuple(p if p == q else None for p, q in zip(a.axes, b.axes, strict=True))
            return dataclasses.replace(a, axes=axes)
        case Tuple(), Tuple() if a.cls is b.cls and len(a.items) == len(b.items):
            return Tuple(a.cls, tuple(join(p, q) for p, q in zip(a.items, b.items, strict=True)))
        case List(), List() if a.cls is b.cls:
            made = {"cls": a.cls, "cells": a.cells | b.cells, "changed": a.changed or b.changed}
            if a.items is not None and b.items is not None and len(a.items) == len(b.items):
                return List(tuple(join(p, q) for p, q in zip(a.items, b.items, strict=True)), **made)
            return List(None, join(element(a), element(b)), length=max(example_length(a), example_length(b)), **made)
        case Dict(), Dict():
            made = {"cells": a.cells | b.cells, "changed": a.changed or b.changed}
            if a.keys is not None and a.keys == b.keys:
                return Dict(a.keys, tuple(join(p, q) for p, q in zip(a.items, b.items, strict=True)), **made)
            return Dict(None, (), join(element(a), element(b)), join(key_of(a), key_of(b)), fields_of(a, b), **made)
        case Set(), Set():
            return Set(join(a.element, b.element), a.cells | b.cells, a.changed or b.changed)
        case Function(), Function() if a.identity == b.identity:
            captures = tuple((n, join(p, q)) for (n, p), (_, q) in zip(a.captures, b.captures, strict=True))
            return dataclasses.replace(a, captures=captures)
        case Object(), Object() if a.cls is b.cls and (a.fields is None) == (b.fields is None):
            return merged_objects(a, b)
        case Bound(), Bound() if a.function is b.function:
            return Bound(join(a.self_, b.self_), a.function)
    return None


def merged_objects(a: Object, b: Object) -> Object | None:
    """One kind for two objects of a class: from outside either of them; made by the program, field by field."""
    if a.fields is None:
        return Object(a.cls, tuple(dict.fromkeys((*a.sources, *b.sources))))
    if tuple(n for n, _ in a.fields) != tuple(n for n, _ in b.fields):
        return None
    return Object(a.cls, (), tuple((n, join(p, q)) for (n, p), (_, q) in zip(a.fields, b.fields, strict=True)))


def fields_of(a: Dict, b: Dict) -> tuple[tuple[Any, Value], ...]:
    """The values at the static keys that two dicts may both have; at others they are as any value is."""
    left, right = fields(a), fields(b)
    return tuple(
        (k, join(*(d[k] for d in (left, right) if k in d))) for k in left | right if known(k, a) and known(k, b)
    )


def fields(kind: Dict) -> dict[Any, Value]:
    """The values at static keys, whether they are surely there or not."""
    return dict(kind.fields) if kind.keys is None else dict(zip(kind.keys, kind.items, strict=True))


def known(key: Any, kind: Dict) -> bool:
    """Is it known what the dict holds at this key, if anything?"""
    return kind.keys is not None or key in fields(kind)


def key_of(kind: Dict) -> Value:
    """What a key of a dict is, whichever it is."""
    if kind.keys is not None:
        return join(*(loose(lift(k)) for k in kind.keys))
    return kind.key if kind.key is not None else UNKNOWN


def loose(value: Value) -> Value:
    """The value with numbers and texts in it no longer known: one of many."""
    return join(Value(tuple(mapped_kind(k, without_value) for k in value.kinds)))


def without_value(kind: Kind) -> Kind:
    """A static number or text without its value."""
    if isinstance(kind, Static) and type(kind.value) is str:
        return Weak(str, kind.value)
    return generalise(kind)


def example_length(kind: List) -> int:
    """The length of a list in the first call, as far as it is known."""
    return len(kind.items) if kind.items is not None else kind.length


def cells_of(value: Value) -> frozenset[Cell]:
    """The cells of all containers that a value is or holds."""
    return frozenset(cell for kind in containers_in(value) for cell in kind.cells)


def containers_in(value: Value) -> Iterator[List | Dict | Set]:
    """The lists, dicts and sets that a value is or holds, outer ones first."""
    for kind in value.kinds:
        if isinstance(kind, (List, Dict, Set)):
            yield kind
        for item in parts(kind):
            yield from containers_in(item)


def parts(kind: Kind) -> tuple[Value, ...]:
    """What a container or function value holds."""
    match kind:
        case Tuple(items=items):
            return items
        case List(items=items, element=e):
            return (*(items or ()), *(() if e is None else (e,)))
        case Dict(items=items, element=e, key=k, fields=found):
            return (*items, *(v for v in (e, k) if v is not None), *(v for _, v in found))
        case Set(element=e):
            return (e,)
        case Function(captures=captures):
            return tuple(v for _, v in captures)
        case Bound(self_=v) | Super(self_=v):
            return (v,)
        case Object(fields=held) if held is not None:
            return tuple(v for _, v in held)
    return ()


def with_parts(kind: Kind, new: tuple[Value, ...]) -> Kind:
    """The container with other parts, in the order of `parts`."""
    rest = list(new)
    take = lambda n: tuple(rest.pop(0) for _ in range(n))  # noqa: E731
    match kind:
        case Tuple(cls=cls):
            return Tuple(cls, new)
        case List(items=items, element=e):
            items = None if items is None else take(len(items))
            return dataclasses.replace(kind, items=items, element=None if e is None else rest.pop(0))
        case Dict(items=items, element=e, key=k, fields=found):
            items = take(len(items))
            e, k = (None if v is None else rest.pop(0) for v in (e, k))
            found = tuple((name, rest.pop(0)) for name, _ in found)
            return dataclasses.replace(kind, items=items, element=e, key=k, fields=found)
        case Set():
            return dataclasses.replace(kind, element=new[0])
        case Function(captures=captures):
            return dataclasses.replace(kind, captures=tuple((n, v) for (n, _), v in zip(captures, new, strict=True)))
        case Bound() | Super():
            return dataclasses.replace(kind, self_=new[0])
        case Object(fields=held) if held is not None:
            return dataclasses.replace(kind, fields=tuple((n, v) for (n, _), v in zip(held, new, strict=True)))
    return kind


def mapped(value: Value, change: Callable[[Kind], Kind]) -> Value:
    """The value with every kind in it changed, inner ones first."""
    return Value(tuple(mapped_kind(k, change) for k in value.kinds))


def mapped_kind(kind: Kind, change: Callable[[Kind], Kind]) -> Kind:
    """The kind and those in it changed, inner ones first."""
    inner = parts(kind)
    return change(with_parts(kind, tuple(mapped(v, change) for v in inner)) if inner else kind)


def origins(value: Value) -> tuple[Any, ...]:
    """What is known of the origins of the numbers and containers in a value; no part of its equality."""
    return tuple(map(origin_of, value.kinds))


def origin_of(kind: Kind) -> Any:
    """What is known of the origin of one alternative."""
    match kind:
        case Weak(origin=origin):
            return origin
        case List() | Dict() | Set():
            return kind.cells, kind.changed, tuple(map(origins, parts(kind)))
        case Tuple() | Object():
            return tuple(map(origins, parts(kind)))
    return None


def renamed(value: Value, rename: Callable[[int], Any]) -> Value:
    """The value with other names of its axes."""
    return Value(tuple(renamed_kind(k, rename) for k in value.kinds))


def renamed_kind(kind: Kind, rename: Callable[[int], Any]) -> Kind:
    """The kind with other names of its axes."""
    match kind:
        case Array(axes=axes):
            return dataclasses.replace(kind, axes=tuple(renamed_axis(a, rename) for a in axes))
        case Weak(origin=int() as token):
            return dataclasses.replace(kind, origin=rename(token))
    inner = parts(kind)
    return with_parts(kind, tuple(renamed(v, rename) for v in inner)) if inner else kind


def renamed_axis(axis: Any, rename: Callable[[int], Any]) -> Any:
    """The axis with another name."""
    if isinstance(axis, tuple):
        token = rename(axis[0])
        return None if token is None else (token, axis[1])
    return rename(axis) if named(axis) else axis


def axis_names(values: Iterable[Value]) -> list[int]:
    """The names of axes in values, in order of appearance, repeated as they are."""
    found: list[int] = []

    def note(token: int) -> int:
        found.append(token)
        return token

    for value in values:
        renamed(value, note)
    return found


def element(kind: Kind) -> Value:
    """What an item of a container is, whichever it is."""
    match kind:
        case Tuple(items=items):
            return join(*items)
        case List(items=items, element=e) | Dict(items=items, element=e):
            return e if e is not None else join(*items) if items else BOTTOM
        case Set(element=e):
            return e
    return UNKNOWN
