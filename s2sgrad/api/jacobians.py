"""`jacfwd`, `jacrev`, `jacobian`, `hessian`, `hvp`: built of `jvp`, `vjp` and `grad`."""

from __future__ import annotations

import contextlib
import functools
import inspect
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np

from s2sgrad import runtime
from s2sgrad.analysis.operators import Operator
from s2sgrad.api.binding import Argnums, Binder, check_differentiable, has_derivative, numbers
from s2sgrad.api.derived import Derived, grad
from s2sgrad.api.forward import Jvp, jvp
from s2sgrad.api.pullback import vjp
from s2sgrad.differences import changed, leaves

Path = tuple[str, ...]


class Jacobian:
    """A function derived from another one: called like it, it returns all partial derivatives of its result."""

    __s2sgrad_derived__ = True

    def __init__(self, f: Callable[..., Any], argnums: Argnums, has_aux: bool, mode: str) -> None:
        self.differentiated = f
        self.single = isinstance(argnums, (int, np.integer))
        self.argnums, self.has_aux, self.mode = numbers(argnums), has_aux, mode
        self.binder = Binder(f)
        functools.update_wrapper(self, self.binder.function)
        self.__name__ = f"{self.binder.function.__name__}_{mode}"

    @property
    def __s2sgrad_operator__(self) -> Operator:
        """What a call of it inside a compiled function means."""
        return Operator(self.mode, self.argnums, self.single, self.has_aux)

    @property
    def signature(self) -> inspect.Signature:
        """The parameters of a call."""
        return self.binder.free

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        wanted = tuple(n + len(args) if n < 0 else n for n in self.argnums)
        places = self.binder.places(self.argnums, args)
        for (place, _), n in zip(places, wanted, strict=True):
            check_differentiable(self.binder.parameters[place].name, args[n])
        mode = self.mode
        if mode == "jacobian":
            value = runtime.detached(self.binder.function(*self.binder(runtime.detached(args), kwargs)))
            result = value[0] if self.has_aux else value
            few = sum(map(size, (args[n] for n in wanted))) < size(result)
            mode = "jacfwd" if few else "jacrev"
        return (self.forward if mode == "jacfwd" else self.reverse)(args, kwargs, wanted)

    def forward(self, args: tuple[Any, ...], kwargs: dict[str, Any], wanted: tuple[int, ...]) -> Any:
        """Column by column: the derivative along each element of the arguments."""
        columns: dict[Any, dict[Path, list[Any]]] = {}
        still = [None] * len(args)
        value, _, *aux = self.push(args, still, kwargs)
        for n in wanted:
            for path, leaf in real_leaves(args[n]):
                for direction in basis(args[n], path, leaf):
                    dots = [*still[:n], direction, *still[n + 1 :]]
                    tangent = dict(leaves(self.push(args, dots, kwargs)[1]))
                    for where, _ in real_leaves(value):
                        columns.setdefault((n, path), {}).setdefault(where, []).append(tangent[where])

        def block(where: Path, result: Any, n: int, path: Path, leaf: Any) -> Any:
            found = columns[n, path].get(where) if np.size(leaf) else []
            stacked = np.stack([np.asarray(c) for c in found], -1) if found else np.zeros((*np.shape(result), 0))
            return formed(np.reshape(stacked, np.shape(result) + np.shape(leaf)), result, leaf)

        return self.collected(args, wanted, value, block, aux)

    def push(self, args: tuple[Any, ...], dots: list[Any], kwargs: dict[str, Any]) -> Any:
        """The value and its derivative along a direction."""
        return jvp(self.differentiated, args, dots, has_aux=self.has_aux, **kwargs)

    def reverse(self, args: tuple[Any, ...], kwargs: dict[str, Any], wanted: tuple[int, ...]) -> Any:
        """Row by row: the gradient of each element of the result."""
        value, pullback, *aux = vjp(self.differentiated, *args, argnums=wanted, has_aux=self.has_aux, **kwargs)
        rows: dict[Path, list[Any]] = {}
        for path, leaf in real_leaves(value):
            rows[path] = [[dict(leaves(bar)) for bar in pullback(cotangent)] for cotangent in basis(value, path, leaf)]

        def block(where: Path, result: Any, n: int, path: Path, leaf: Any) -> Any:
            found = [np.asarray(row[wanted.index(n)][path]) for row in rows[where]]
            stacked = np.stack(found) if found else np.zeros((0, *np.shape(leaf)))
            return formed(np.reshape(stacked, np.shape(result) + np.shape(leaf)), result, leaf)

        return self.collected(args, wanted, value, block, aux)

    def collected(
        self, args: tuple[Any, ...], wanted: tuple[int, ...], value: Any, block: Callable[..., Any], aux: list[Any]
    ) -> Any:
        """All blocks: in the structure of the result, at each leaf in that of the arguments."""

        def of_result(where: Path, result: Any) -> Any:
            if not is_real(result):
                return None
            found = tuple(
                changed(lambda path, leaf, n=n: block(where, result, n, path, leaf) if is_real(leaf) else None, args[n])
                for n in wanted
            )
            return found[0] if self.single else found

        whole = changed(of_result, value)
        return (whole, aux[0]) if self.has_aux else whole

    @property
    def source(self) -> str:
        """The generated code that each column, or row, is computed by."""
        return Jvp(self.differentiated).source

    def __repr__(self) -> str:
        return f"<{self.__name__}, argnums={self.argnums[0] if self.single else self.argnums}>"


def is_real(leaf: Any) -> bool:
    """Has a leaf a derivative?"""
    return has_derivative(leaf)


def real_leaves(tree: Any) -> Iterator[tuple[Path, Any]]:
    """The leaves that have a derivative, with the way to each."""
    return ((path, leaf) for path, leaf in leaves(tree) if is_real(leaf))


def size(tree: Any) -> int:
    """The number of elements that have a derivative."""
    return sum(int(np.size(leaf)) for _, leaf in real_leaves(tree))


def basis(tree: Any, path: Path, leaf: Any) -> Iterator[Any]:
    """For each element of a leaf the direction that moves it alone, in the structure of the whole."""
    for index in np.ndindex(np.shape(leaf)):

        def unit(at: Path, other: Any, index: tuple[int, ...] = index) -> Any:
            if not is_real(other):
                return None
            if not isinstance(other, np.ndarray):
                return type(other)(at == path)
            moved = np.zeros_like(other)
            if at == path:
                moved[index] = 1.0
            return moved

        yield changed(unit, tree)


def formed(block: np.ndarray, result: Any, leaf: Any) -> Any:
    """A block of partial derivatives; of a number by a number it is a number."""
    if block.ndim == 0 and not isinstance(result, np.ndarray) and not isinstance(leaf, np.ndarray):
        return float(block) if isinstance(result, float) or isinstance(leaf, float) else block[()]
    return np.array(block, dtype=np.result_type(np.asarray(result).dtype, np.asarray(leaf).dtype))


def jacfwd(f: Callable[..., Any], argnums: Argnums = 0, *, has_aux: bool = False) -> Jacobian:
    """The Jacobian, column by column in forward mode: for few inputs.

    The result has the structure of the value of `f`; each leaf, that of the argument (a tuple, where `argnums` is a
    sequence), with arrays of the shape of the value's leaf and then the argument's.

    >>> import numpy as np, s2sgrad as sg
    >>> sg.jacfwd(lambda x: x * x)(np.array([1.0, 2.0]))
    array([[2., 0.],
           [0., 4.]])
    """
    return Jacobian(f, argnums, has_aux, "jacfwd")


def jacrev(f: Callable[..., Any], argnums: Argnums = 0, *, has_aux: bool = False) -> Jacobian:
    """The Jacobian, row by row in reverse mode: for few outputs. The same result as that of `jacfwd`.

    >>> import numpy as np, s2sgrad as sg
    >>> sg.jacrev(lambda x: np.sum(x * x))(np.array([1.0, 2.0]))
    array([2., 4.])
    """
    return Jacobian(f, argnums, has_aux, "jacrev")


def jacobian(f: Callable[..., Any], argnums: Argnums = 0, *, has_aux: bool = False) -> Jacobian:
    """The Jacobian, in forward mode where there are fewer inputs than outputs, else in reverse mode.

    >>> import numpy as np, s2sgrad as sg
    >>> sg.jacobian(lambda x, k: k * x, argnums=(0, 1))(np.array([1.0, 2.0]), 3.0)
    (array([[3., 0.],
           [0., 3.]]), array([1., 2.]))
    """
    return Jacobian(f, argnums, has_aux, "jacobian")


def hessian(f: Callable[..., Any], argnums: Argnums = 0, *, has_aux: bool = False) -> Jacobian:
    """The matrix of second derivatives of a function with a scalar result: forward mode over the gradient.

    >>> import numpy as np, s2sgrad as sg
    >>> sg.hessian(lambda x: np.prod(x))(np.array([2.0, 3.0]))
    array([[0., 1.],
           [1., 0.]])
    """
    return Jacobian(grad(f, argnums, has_aux=has_aux), argnums, has_aux, "jacfwd")


def hvp(
    f: Callable[..., Any], primals: Sequence[Any], tangents: Sequence[Any], argnums: Argnums = 0, **kwargs: Any
) -> Any:
    """The derivative of `grad(f, argnums)` along a direction: the Hessian times a vector, without the Hessian.

    Args:
        f: a function with a scalar result.
        primals, tangents: as `jvp` takes them.
        argnums: as `grad` takes it.

    >>> import numpy as np, s2sgrad as sg
    >>> sg.hvp(lambda x: np.prod(x), (np.array([2.0, 3.0]),), (np.array([1.0, 0.0]),))
    array([0., 1.])
    """
    return jvp(gradient_of(f, argnums), primals, tangents, **kwargs)[1]


def gradient_of(f: Callable[..., Any], argnums: Argnums) -> Derived:
    """`grad(f, argnums)`, kept with the function."""
    key = argnums if isinstance(argnums, (int, np.integer)) else tuple(argnums)
    function = getattr(f, "__dict__", {})
    owner, cache = function.get("__s2sgrad_gradients__", (None, {}))
    if owner is not f:
        cache = {}
        with contextlib.suppress(AttributeError):  # a method, or a builtin: made anew at each call
            f.__s2sgrad_gradients__ = (f, cache)
    if key not in cache:
        cache[key] = grad(f, argnums)
    return cache[key]


def forward_jacobian(f: Callable[..., Any], x: Any) -> Any:
    """What `jacfwd(f)(x)` is inside a differentiated function: this source is followed."""
    y = f(x)
    if np.ndim(x) == 0:
        return jvp(f, (x,), (1.0,))[1]
    columns = np.zeros((np.size(y), np.size(x)), np.result_type(x, y))
    for i in range(np.size(x)):
        direction = np.zeros_like(x).reshape(-1)
        direction[i] = 1.0
        columns[:, i] = np.reshape(jvp(f, (x,), (direction.reshape(x.shape),))[1], -1)
    return columns.reshape(np.shape(y) + x.shape)


def reverse_jacobian(f: Callable[..., Any], x: Any) -> Any:
    """What `jacrev(f)(x)` is inside a differentiated function: this source is followed."""
    y, pullback = vjp(f, x)
    if np.ndim(y) == 0:
        return pullback(1.0)[0]
    rows = np.zeros((np.size(y), np.size(x)), np.result_type(x, y))
    for i in range(np.size(y)):
        weights = np.zeros_like(y).reshape(-1)
        weights[i] = 1.0
        rows[i] = np.reshape(pullback(weights.reshape(y.shape))[0], -1)
    return rows.reshape(y.shape + np.shape(x))


for _operator in (jacfwd, jacrev, jacobian, hessian, hvp):
    _operator.__s2sgrad_operator__ = _operator.__name__
forward_jacobian.__s2sgrad_source__ = reverse_jacobian.__s2sgrad_source__ = True
SOURCES = {"jacfwd": forward_jacobian, "jacrev": reverse_jacobian, "jacobian": reverse_jacobian}
jacfwd.__s2sgrad_sources__ = jacrev.__s2sgrad_sources__ = jacobian.__s2sgrad_sources__ = SOURCES
hessian.__s2sgrad_sources__ = Jacobian.__s2sgrad_sources__ = SOURCES
