"""What the free names of a user's function mean, read each time they are asked for."""

from __future__ import annotations

import builtins
import difflib
import sys
import types
from collections.abc import Iterable
from typing import Any

from s2sgrad.diagnostics import Span, UnsupportedError
from s2sgrad.frontend.desugar import MISSING
from s2sgrad.ir import nodes as ir
from s2sgrad.ir.kinds import Source, Static, Undefined, Value, lift, of
from s2sgrad.runtime import undefined

FIXED = frozenset(("numpy", "math", "scipy", "builtins"))  # what these hold is taken never to change


class Globals:
    """A dictionary of globals that belongs to no importable module, read by attribute."""

    __s2sgrad_namespace__ = True

    def __init__(self, namespace: dict[str, Any]) -> None:
        object.__setattr__(self, "_namespace", namespace)

    def __getattr__(self, name: str) -> Any:
        try:
            return self._namespace[name]
        except KeyError:
            raise NameError(f"name {name!r} is not defined") from None


class Cells:
    """The captured variables of one function, read by attribute."""

    __s2sgrad_namespace__ = True

    def __init__(self, function: types.FunctionType) -> None:
        cells = dict(zip(function.__code__.co_freevars, function.__closure__ or (), strict=True))
        object.__setattr__(self, "_cells", cells)

    def __getattribute__(self, name: str) -> Any:
        """Of a method that calls `super()`, one of them is named `__class__`."""
        cells = object.__getattribute__(self, "_cells")
        if name not in cells:
            return object.__getattribute__(self, name)
        try:
            return cells[name].cell_contents
        except ValueError:
            raise NameError(f"free variable {name!r} is not assigned yet") from None


class Namespace:
    """Cells, globals and builtins of a function; notes what a compilation read from them."""

    def __init__(self, function: types.FunctionType, dependencies: dict[Any, Any], cells: bool = True) -> None:
        self.globals = function.__globals__
        self.dependencies = dependencies  # (owner, name) -> (kind of access, what was found)
        names = function.__code__.co_freevars if cells else ()
        self.cells = Cells(function) if names else None
        self.cell_names = frozenset(names)
        self.owner = owner_of(self.globals)
        for name in ("__code__", "__defaults__", "__kwdefaults__"):
            self.note((function, name), function, name, "same", getattr(function, name))

    def find(self, name: str) -> Any:
        """What a name means now, or MISSING."""
        if name in self.cell_names:
            try:
                return getattr(self.cells, name)
            except NameError:
                return MISSING
        if name in self.globals:
            return self.globals[name]
        return getattr(builtins, name, MISSING)

    def contents(self) -> dict[str, Any]:
        """All that free names may mean now."""
        cells = {name: self.find(name) for name in self.cell_names}
        return {**self.globals, **{n: v for n, v in cells.items() if v is not MISSING}}

    def lookup(self, name: str, span: Span | None = None) -> Value:
        """The kind of what a name means; the compiled code depends on it."""
        obj = self.find(name)
        if obj is MISSING:
            hint = _meant(name, [*self.globals, *vars(builtins)], "define or import it before the call")
            raise UnsupportedError("S036", f"the name `{name}` is not defined", span, hint)
        if obj is undefined:
            return of(Undefined())
        value = lift(obj)
        if not (name in self.globals or name in self.cell_names):
            self.watch(name)
            return of(Static(obj))
        where = self.cells if name in self.cell_names else self.globals
        self.note((id(where), name), where, name, *identity(obj, value))
        return value

    def attribute(self, obj: Any, name: str, span: Span | None = None) -> Value:
        """An attribute of a module, a class or another object known at compile time."""
        try:
            found = getattr(obj, name)
        except AttributeError:
            message = f"`{getattr(obj, '__name__', obj)}` has no attribute `{name}`"
            raise UnsupportedError("S036", message, span, _meant(name, dir(obj), "check its spelling")) from None
        value = lift(found)
        if not isinstance(obj, types.ModuleType):
            if hasattr(type(obj), "__s2sgrad_function__"):
                return value  # a decorated function: what belongs to it stays
            if (getattr(obj, "__module__", None) or type(obj).__module__).split(".")[0] not in FIXED:
                self.note((id(obj), name), obj, name, *identity(found, value))
        elif obj.__name__.split(".")[0] not in FIXED:
            self.note((id(obj), name), obj.__dict__, name, *identity(found, value))
        elif isinstance(found, (bool, int, float, complex)):
            return of(Static(found))
        return value

    def watch(self, name: str) -> None:
        """Depend on what a name means that was taken for built-in, or on its not being there."""
        if name in self.cell_names or name in self.globals:
            where = self.cells if name in self.cell_names else self.globals
            self.note((id(where), name), where, name, "same", self.find(name))
        else:
            self.note((id(self.globals), name), self.globals, name, "absent", None)

    def note_field(self, source: Source, name: str, found: Any) -> None:
        """A field was read: the dispatcher's key covers those of an argument, not those of an object in its fields."""
        if source.path is None or "." in source.path:
            self.note((id(source.object), name), source.object, name, *identity(found, lift(found)))

    def note_method(self, cls: type, name: str) -> None:
        """A method was called: another one may take its place."""
        self.note((id(cls), name), cls, name, "same", getattr(cls, name))

    def note(self, key: Any, where: Any, name: str, how: str, found: Any) -> None:
        self.dependencies.setdefault(key, (where, name, how, found))

    def expr(self, name: str) -> ir.Expr:
        """How generated code reads a global or captured variable."""
        if name in self.cell_names:
            return ir.Attr(ir.Ref("captured_by_function", self.cells), name)
        return ir.Attr(
            ir.Ref(getattr(self.owner, "__name__", "globals_").split(".")[-1].strip("_") or "main", self.owner), name
        )


def _meant(name: str, known: Iterable[str], otherwise: str) -> str:
    """The hint for a name that is not there: the known one that looks like it."""
    close = difflib.get_close_matches(name, known, n=1)
    return f"did you mean `{close[0]}`?" if close else otherwise


def identity(obj: Any, value: Value) -> tuple[str, Any]:
    """What a later call checks: functions, modules and the like are the same object, data is of the same kind."""
    if isinstance(value.one, Static) or isinstance(obj, types.FunctionType):
        return "same", obj
    return "kind", value


def owner_of(namespace: dict[str, Any]) -> Any:
    """The module that the globals belong to."""
    module = sys.modules.get(namespace.get("__name__", ""))
    if module is not None and getattr(module, "__dict__", None) is namespace:
        return module
    return Globals(namespace)
