"""Calls of functions on tensors: computed on their arrays, remembered as a node that holds the compiled adjoint."""

from __future__ import annotations

import functools
import re
from collections.abc import Callable, Sequence

import numpy as np

from s2sgrad import runtime
from s2sgrad.tensors import dtypes, grad_mode, structure
from s2sgrad.tensors.engine import Node
from s2sgrad.tensors.residuals import Saved, explained, saved, values_of
from s2sgrad.tensors.tensor import Tensor

FREED = (
    "Trying to backward through the graph a second time (or directly access saved tensors after they have already been "
    "freed). Saved intermediate values of the graph are freed when you call .backward() or autograd.grad(). Specify "
    "retain_graph=True if you need to backward through the graph a second time or if you need to access saved tensors "
    "after calling backward."
)
MODIFIED = (
    "one of the variables needed for gradient computation has been modified by an inplace operation: "
    "[torch.{title}Tensor {shape}]{origin} is at version {now}; expected version {then} instead. Hint: enable anomaly "
    "detection to find the operation that failed to compute its gradient, with "
    "torch.autograd.set_detect_anomaly(True, check_nan=False)."
)


def halves(function: Callable, arrays: tuple, active: tuple[int, ...]):
    """The compiler: `.forward(*arrays) -> value, residuals` and `.backward(residuals, bar) -> cotangents`.

    There is one cotangent for each active argument, in a tuple unless it is one. `.one_shot` tells that `backward` uses
    the residuals up.
    """
    from s2sgrad import api

    return api.halves_of(function)(arrays, active)


class Compiled(Node):
    """A call of a function, with the backward half of its compiled adjoint."""

    __slots__ = ("args", "freed", "gives", "halves", "holds", "residuals", "saved", "takes")

    def __init__(self, edges: tuple, outputs: tuple, halves, residuals, takes: list, gives: Callable | None):
        super().__init__(edges, outputs)
        self.halves = halves
        self.residuals = residuals
        self.takes = takes  # per active argument: None for a tensor, or which leaves of the container have an edge
        self.gives = gives  # builds the cotangent of a structured value from those of its tensors
        self.saved: Sequence[Saved] = ()
        self.holds = False  # whether the residuals are more than shapes
        self.args: tuple | None = None  # the arguments, if residuals may have to be computed anew
        self.freed = False

    def pull(self, bars: list, keep: bool, record: bool) -> list:
        """Cotangents of the operands with an edge, by the compiled adjoint."""
        if self.freed:
            raise RuntimeError(FREED)
        self.check_versions()
        bar = bars[0] if self.gives is None else self.gives(self._complete(bars, record))
        if record:
            cotangents = self._recorded(bar)
        elif keep and self.halves.one_shot:
            with runtime.preserved(self.residuals):  # the reverse sweep restores arrays as it passes
                cotangents = self.halves.backward(self.residuals, bar)
        else:
            cotangents = self.halves.backward(self.residuals, bar)
        if not keep:
            self.free()
        return self._per_edge(cotangents if len(self.takes) != 1 else (cotangents,))

    def _complete(self, bars: list, record: bool) -> list:
        """Zeros for results that nothing used."""
        zeros = (np.zeros(*output) for output in self.outputs)
        filled = [zero if bar is None else bar for bar, zero in zip(bars, zeros)]
        return [Tensor._of(bar) if record and isinstance(bar, np.ndarray) else bar for bar in filled]

    def _per_edge(self, cotangents: tuple) -> list:
        found = []
        for cotangent, chosen in zip(cotangents, self.takes):
            if chosen is None:
                found.append(cotangent)
            else:
                parts = list(structure.leaves(cotangent))
                found.extend(parts[position] for position in chosen)
        return found

    def _recorded(self, bar):
        """The cotangents as tensors that can be differentiated in turn: `backward` is a function like any other."""
        name = re.sub(r"(Backward\d*)$", r"Backward\1", self.name())
        if self.args is None:
            tensors = {id(entry.array): self._origin(entry) for entry in self.saved}
            residuals = structure.rebuild(self.residuals, lambda leaf: tensors.get(id(leaf), leaf))
        else:
            _, residuals = _call(self.halves.forward, name, self.args)
        return _call(self.halves.backward, name, (residuals, bar))

    def _origin(self, entry: Saved) -> Tensor:
        """The operand or result that a saved array is."""
        if entry.operand is not None:
            return entry.operand
        tensor = Tensor._of(entry.array)
        tensor._node, tensor._slot, tensor._counter = self, entry.slot, entry.counter
        return tensor

    def free(self) -> None:
        """Let go of saved values; without any, the node can be used again."""
        if self.holds:
            self.freed, self.residuals, self.saved, self.args = True, None, (), None

    def check_versions(self) -> None:
        """Refuse if a saved operand or result was changed in place since."""
        for entry in self.saved:
            if entry.counter[0] != entry.version:
                raise RuntimeError(self._modified(entry))

    def _modified(self, entry: Saved) -> str:
        node, slot = self, entry.slot
        if entry.operand is not None:
            node, slot = entry.operand.grad_fn, entry.operand._slot
        origin = f", which is output {slot} of {node.label()}," if node else ""
        title, shape = dtypes.of(entry.array.dtype).title, list(entry.array.shape)
        return MODIFIED.format(title=title, shape=shape, origin=origin, now=entry.counter[0], then=entry.version)

    def label(self) -> str:
        """`Exp` for `ExpBackward0`."""
        return re.sub(r"Backward\d*$", "", self.name())

    def __call__(self, *bars: Tensor):
        """Cotangents of the operands, from tensors to tensors."""
        found = iter(self.pull([bar._array for bar in bars], keep=True, record=False))
        cotangents = tuple(edge and Tensor._of(np.array(edge[0].fit(edge[1], next(found)))) for edge in self.edges)
        return cotangents[0] if len(cotangents) == 1 else cotangents


@functools.cache
def _node_class(name: str) -> type[Compiled]:
    return type(name, (Compiled,), {"__slots__": ()})


# ---- calls ----


def apply(function: Callable, args: tuple, kwargs: dict | None = None):
    """Call a user's function, written for arrays, with tensors anywhere in its arguments; returns tensors."""
    from s2sgrad.api.binding import Binder

    binder = Binder(function)
    bound = binder(args, kwargs or {})
    call = Arguments(bound)
    if call.active:
        return call.remember(binder.function, f"{binder.function.__name__}Backward", users=True)
    return _tensors(function(*structure.rebuild(args, _array), **structure.rebuild(kwargs or {}, _array)), users=True)


@np.errstate(all="ignore")
def call(function: Callable, name: str, *args):
    """Call a primitive, without warnings of divisions by zero and the like; `name` is PyTorch's name of the step."""
    return _call(function, name, args)


def _call(function: Callable, name: str, args: tuple):
    arguments = Arguments(args)
    if arguments.active:
        return arguments.remember(function, name)
    return _tensors(function(*arguments.arrays))


class Arguments:
    """The arguments of a call: their arrays, and the edges of the graph that lead to them."""

    __slots__ = ("active", "args", "arrays", "edges", "operands", "takes")

    def __init__(self, args: tuple):
        self.args = args
        self.active: list[int] = []  # the arguments that require grad
        self.edges: list[tuple[Node, int] | None] = []
        self.takes: list[tuple[int, ...] | None] = []  # see Compiled
        self.operands: list[Tensor] = []
        recording = grad_mode.is_grad_enabled()
        arrays = []
        for position, arg in enumerate(args):
            chosen: tuple[int, ...] | None = ()
            if isinstance(arg, Tensor):
                arrays.append(arg._array)
                if recording and self.edge_of(arg):
                    chosen = None
            elif structure.is_container(arg):
                arrays.append(structure.rebuild(arg, _array))
                chosen = self.edges_in(arg) if recording else ()
            else:
                arrays.append(arg)
                if isinstance(arg, float):
                    self.edges.append(None)
            if chosen != ():
                self.takes.append(chosen)
                self.active.append(position)
        self.arrays = tuple(arrays)

    def edge_of(self, tensor: Tensor) -> bool:
        """Note a tensor; whether it requires grad."""
        self.operands.append(tensor)
        edge = tensor._edge()
        if edge or tensor._array.dtype.kind in "fc":
            self.edges.append(edge)
        return edge is not None

    def edges_in(self, container) -> tuple[int, ...]:
        """Which leaves of a container require grad."""
        leaves = enumerate(structure.leaves(container))
        return tuple(position for position, leaf in leaves if isinstance(leaf, Tensor) and self.edge_of(leaf))

    def remember(self, function: Callable, name: str, users: bool = False):
        """Call the forward half; the result knows a node with the backward half."""
        compiled = halves(function, self.arrays, tuple(self.active))
        value, residuals = compiled.forward(*self.arrays)
        if users or compiled.one_shot:
            value = _apart(value, (self.arrays, residuals if compiled.one_shot else None))
        result = _tensors(value, users)
        tensors = (result,) if isinstance(result, Tensor) else tuple(filter(_differentiable, structure.leaves(result)))
        gives = None if isinstance(result, Tensor) else functools.partial(_value_bar, result)
        outputs = tuple((tensor._array.shape, tensor._array.dtype) for tensor in tensors)
        node = _node_class(name)(tuple(self.edges), outputs, compiled, residuals, self.takes, gives)
        for slot, tensor in enumerate(tensors):
            tensor._node, tensor._slot = node, slot
        values = values_of(residuals)
        if values:
            node.holds = True
            node.saved = saved(values, self.operands, tensors)
            if compiled.one_shot or not explained(values, self.arrays, value):
                node.args = self.args
        return result


def _value_bar(result, bars: list):
    """The cotangent of a structured value: None for leaves that have none."""
    remaining = iter(bars)
    return structure.rebuild(result, lambda leaf: next(remaining) if _differentiable(leaf) else None)


def _differentiable(leaf) -> bool:
    return isinstance(leaf, Tensor) and leaf._array.dtype.kind in "fc"


def _array(leaf):
    return leaf._array if isinstance(leaf, Tensor) else leaf


def _tensors(value, users: bool = False):
    """Arrays as tensors; in a structure, leaf by leaf. Floats that a user's function returns are tensors, too."""
    if isinstance(value, (np.ndarray, np.generic)):
        return Tensor._of(np.asarray(value))
    if users and isinstance(value, float):
        return Tensor._of(np.asarray(value, dtypes.default()))
    return structure.rebuild(value, lambda leaf: _tensors(leaf, users)) if structure.is_container(value) else value


def _apart(value, others: tuple):
    """What a user's function returns, in memory of its own: a tensor is a view only if an operator made it, and no
    adjoint that restores old contents of arrays may touch it."""
    given = [leaf for leaf in structure.leaves(others) if isinstance(leaf, np.ndarray)]

    def own(leaf):
        shares = isinstance(leaf, np.ndarray) and any(np.may_share_memory(leaf, array) for array in given)
        return leaf.copy() if shares else leaf

    return structure.rebuild(value, own)
