"""Calls of functions on tensors: computed on their arrays, remembered as a node that holds the compiled adjoint."""

from __future__ import annotations

import functools
import inspect
import re
from collections.abc import Callable

import numpy as np

from s2sgrad.tensors import dtypes, grad_mode, structure
from s2sgrad.tensors.engine import Node
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


def split(function: Callable, arrays: tuple, active: tuple[int, ...]) -> tuple[Callable, Callable]:
    """The compiler: `forward(*arrays) -> value, residuals` and `backward(residuals, bar) -> cotangents of active`."""
    from s2sgrad import pipeline

    return pipeline.split(function, arrays, active)


class Compiled(Node):
    """A call of a function, with the backward half of its compiled adjoint."""

    __slots__ = ("backward", "freed", "gives", "residuals", "saved", "takes")

    def __init__(self, edges, outputs, backward: Callable, residuals, takes: list, gives):
        super().__init__(edges, outputs)
        self.backward = backward
        self.residuals = residuals
        self.freed = False
        self.saved = ()  # (counter, version, tensor or slot): operands and results that the residuals share memory with
        self.takes = takes  # per active argument: None for a tensor, or which leaves of the container have an edge
        self.gives = gives  # how to build the cotangent of the value from those of its tensors; None if it is one

    def pull(self, bars: list, keep: bool, record: bool) -> list:
        """Cotangents of the operands with an edge, by the compiled adjoint."""
        if self.freed:
            raise RuntimeError(FREED)
        self.check_versions()
        bar = bars[0] if self.gives is None else self.gives(self._complete(bars))
        cotangents = _on_tensors(self, bar) if record else self.backward(self.residuals, bar)
        if not keep:
            self.free()
        return self._per_edge(cotangents)

    def _complete(self, bars: list) -> list:
        """Zeros for results that nothing used."""
        return [np.zeros(*output) if bar is None else bar for bar, output in zip(bars, self.outputs)]

    def _per_edge(self, cotangents: tuple) -> list:
        found = []
        for cotangent, chosen in zip(cotangents, self.takes):
            if chosen is None:
                found.append(cotangent)
            else:
                parts = list(structure.leaves(cotangent))
                found.extend(parts[position] for position in chosen)
        return found

    def free(self) -> None:
        """Let go of saved values; without any, the node can be used again."""
        if holds_values(self.residuals):
            self.freed, self.residuals, self.saved = True, None, ()

    def check_versions(self) -> None:
        """Refuse if a saved operand or result was changed in place since."""
        for counter, version, owner in self.saved:
            if counter[0] != version:
                raise RuntimeError(self._modified(counter[0], version, owner))

    def _modified(self, now: int, then: int, owner: Tensor | int) -> str:
        if isinstance(owner, Tensor):
            shape, dtype, node, slot = owner.shape, owner._array.dtype, owner.grad_fn, owner._slot
        else:
            (shape, dtype), node, slot = self.outputs[owner], self, owner
        origin = f", which is output {slot} of {node.label()}," if node else ""
        title = dtypes.of(dtype).title
        return MODIFIED.format(title=title, shape=list(shape), origin=origin, now=now, then=then)

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


def apply(function: Callable, args: tuple, kwargs: dict | None = None):
    """Call a user's function, written for arrays, with tensors anywhere in its arguments; returns tensors."""
    if kwargs:
        bound = inspect.signature(function).bind(*args, **kwargs)
        args = bound.args
        if bound.kwargs:  # keyword-only ones
            function = functools.partial(function, **structure.rebuild(bound.kwargs, _constant))
    return _record(function, f"{getattr(function, '__name__', 'function')}Backward", *args)


@np.errstate(all="ignore")
def call(function: Callable, name: str, *args):
    """Call a primitive: as PyTorch, without warnings about divisions by zero and the like."""
    return _record(function, name, *args)


def _record(function: Callable, name: str, *args):
    """Call `function` on the arrays of `args`; if any requires grad, remember it as a node called `name`."""
    recording = grad_mode.is_grad_enabled()
    arrays, active, edges, takes, operands = [], [], [], [], []
    for position, arg in enumerate(args):
        if isinstance(arg, Tensor):
            arrays.append(arg._array)
            operands.append(arg)
            edge = arg._edge() if recording else None
            if edge or arg._array.dtype.kind in "fc":
                edges.append(edge)
            if edge:
                active.append(position)
                takes.append(None)
        elif structure.is_container(arg):
            arrays.append(structure.rebuild(arg, _array_of))
            chosen = _edges_in(arg, edges, operands) if recording else ()
            if chosen:
                active.append(position)
                takes.append(chosen)
        else:
            arrays.append(arg)
            if isinstance(arg, float):
                edges.append(None)
    if not active:
        return _wrap(function(*arrays))
    forward, backward = split(function, tuple(arrays), tuple(active))
    value, residuals = forward(*arrays)
    return _remember(name, value, backward, residuals, tuple(edges), takes, operands)


def _remember(name: str, value, backward: Callable, residuals, edges: tuple, takes: list, operands: list):
    """The value as tensors that know the node."""
    result = _wrap(value)
    if isinstance(result, Tensor):
        outputs, gives, tensors = ((result._array.shape, result._array.dtype),), None, (result,)
    else:
        tensors = tuple(leaf for leaf in structure.leaves(result) if _differentiable(leaf))
        outputs = tuple((tensor._array.shape, tensor._array.dtype) for tensor in tensors)
        gives = functools.partial(_value_bar, result)
    node = _node_class(name)(edges, outputs, backward, residuals, takes, gives)
    for slot, tensor in enumerate(tensors):
        tensor._node, tensor._slot = node, slot
    node.saved = _shared(residuals, operands, tensors)
    return result


def _value_bar(result, bars: list):
    """The cotangent of a structured value: None for leaves that have none."""
    remaining = iter(bars)
    return structure.rebuild(result, lambda leaf: next(remaining) if _differentiable(leaf) else None)


def _differentiable(leaf) -> bool:
    return isinstance(leaf, Tensor) and leaf._array.dtype.kind in "fc"


def _edges_in(container, edges: list, operands: list) -> tuple[int, ...]:
    """Which leaves of a container have an edge; the edges and tensors are added to the lists."""
    chosen = []
    for position, leaf in enumerate(structure.leaves(container)):
        if isinstance(leaf, Tensor):
            operands.append(leaf)
            edge = leaf._edge()
            edges.append(edge)
            if edge:
                chosen.append(position)
    return tuple(chosen)


def _array_of(leaf):
    return leaf._array if isinstance(leaf, Tensor) else leaf


def _constant(leaf):
    if isinstance(leaf, Tensor) and leaf.requires_grad:
        raise TypeError("a tensor that requires grad cannot be passed as a keyword-only argument")
    return _array_of(leaf)


def _wrap(value):
    """Arrays and floating-point numbers as tensors; in a structure, leaf by leaf."""
    if isinstance(value, (np.ndarray, np.generic)):
        return Tensor._of(np.asarray(value))
    if isinstance(value, float):
        return Tensor._of(np.asarray(value, dtypes.default()))
    return structure.rebuild(value, _wrap) if structure.is_container(value) else value


# ---- residuals ----


def _values_in(residuals):
    """The arrays and floating-point numbers that were saved; shapes are integers and don't count."""
    stack = [residuals]
    while stack:
        leaf = stack.pop()
        if isinstance(leaf, (np.ndarray, float, complex, np.generic)):
            yield leaf
        elif isinstance(leaf, (tuple, list)):
            stack.extend(leaf)
        elif isinstance(leaf, dict):
            stack.extend(leaf.values())


def holds_values(residuals) -> bool:
    """Whether anything but shapes was saved."""
    return any(True for _ in _values_in(residuals))


def _memory(array) -> int:
    """Which block of memory an array lies in."""
    return id(array if array.base is None else array.base)


def _shared(residuals, operands: list, results: tuple) -> tuple:
    """The operands and results whose memory the residuals share, with their versions."""
    blocks = {_memory(value) for value in _values_in(residuals) if isinstance(value, np.ndarray)}
    if not blocks:
        return ()
    saved = [(tensor._counter, tensor._version, tensor) for tensor in operands if _memory(tensor._array) in blocks]
    own = [
        (tensor._counter, tensor._version, slot)
        for slot, tensor in enumerate(results)
        if _memory(tensor._array) in blocks
    ]
    return (*saved, *own)


def _on_tensors(node: Compiled, bar):
    raise NotImplementedError("create_graph=True")
