"""Gradients of tensors with respect to tensors."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np

from s2sgrad.tensors.engine import Sweep
from s2sgrad.tensors.tensor import Tensor

NO_GRAPH = "element {} of tensors does not require grad and does not have a grad_fn"
UNUSED = (
    "The differentiated Tensor at index {} appears to not have been used in the graph. Set allow_unused=True if this "
    "is the desired behavior."
)


def _listed(value) -> list:
    return [value] if value is None or isinstance(value, Tensor) else list(value)


def _seed(position: int, output: Tensor, gradient) -> Tensor:
    """The cotangent of an output: 1.0 if there is a single element and nothing else is said."""
    if gradient is None:
        if output.numel() != 1:
            raise RuntimeError("grad can be implicitly created only for scalar outputs")
        return Tensor._of(np.ones(output.shape, output._array.dtype))
    if not isinstance(gradient, Tensor):
        raise TypeError(f"gradients can be either Tensors or None, but got {type(gradient).__name__}")
    if gradient.shape != output.shape:
        raise RuntimeError(
            f"Mismatch in shape: grad_output[{position}] has a shape of {gradient.shape} and output[{position}] has a "
            f"shape of {output.shape}."
        )
    return gradient


def _sweep(outputs: Sequence[Tensor], gradients: Sequence, keep: bool, record: bool) -> Sweep:
    """A sweep with its starting points."""
    sweep = Sweep(keep, record)
    seeds = [_seed(position, *pair) for position, pair in enumerate(zip(outputs, gradients, strict=True))]
    for position, (output, seed) in enumerate(zip(outputs, seeds)):
        edge = output._edge()
        if edge is None:
            raise RuntimeError(NO_GRAPH.format(position))
        sweep.deliver(*edge, seed if record else seed._array)
    return sweep


def backward(
    tensors: Tensor | Sequence[Tensor],
    grad_tensors: Tensor | Sequence[Tensor | None] | None = None,
    retain_graph: bool | None = None,
    create_graph: bool = False,
    *,
    inputs: Tensor | Iterable[Tensor] | None = None,
) -> None:
    """Add to the `.grad` of every leaf, or only of `inputs`, the gradient of the sum of `tensors`."""
    outputs = _listed(tensors)
    gradients = [None] * len(outputs) if grad_tensors is None else _listed(grad_tensors)
    sweep = _sweep(outputs, gradients, create_graph if retain_graph is None else retain_graph, create_graph)
    if inputs is None:
        sweep.run()
        return
    chosen = _listed(inputs)
    found = sweep.run({_target(tensor): tensor for tensor in chosen})
    for tensor in chosen:
        if tensor._edge() in found:
            tensor._accumulate(found[tensor._edge()], create_graph)


def _target(tensor: Tensor) -> tuple:
    edge = tensor._edge()
    if edge is None:
        raise RuntimeError("One of the differentiated Tensors does not require grad")
    return edge


def grad(
    outputs: Tensor | Sequence[Tensor],
    inputs: Tensor | Sequence[Tensor],
    grad_outputs: Tensor | Sequence[Tensor | None] | None = None,
    retain_graph: bool | None = None,
    create_graph: bool = False,
    only_inputs: bool = True,
    allow_unused: bool | None = None,
    is_grads_batched: bool = False,
    materialize_grads: bool = False,
) -> tuple[Tensor | None, ...]:
    """The gradients of the sum of `outputs` with respect to `inputs`; no `.grad` is touched."""
    outputs, inputs = _listed(outputs), _listed(inputs)
    gradients = [None] * len(outputs) if grad_outputs is None else _listed(grad_outputs)
    keep = create_graph if retain_graph is None else retain_graph
    if is_grads_batched:
        return _batched(outputs, inputs, gradients, keep, create_graph)
    targets = [_target(tensor) for tensor in inputs]
    found = _sweep(outputs, gradients, keep, create_graph).run(dict.fromkeys(targets))
    results = []
    for position, (tensor, target) in enumerate(zip(inputs, targets)):
        bar = found.get(target)
        if bar is None and not (allow_unused or materialize_grads):
            raise RuntimeError(UNUSED.format(position))
        results.append(_result(tensor, bar, materialize_grads))
    return tuple(results)


def _result(tensor: Tensor, bar, materialize: bool) -> Tensor | None:
    if bar is None:
        return Tensor._of(np.zeros(tensor.shape, tensor._array.dtype)) if materialize else None
    return Tensor._of(np.array(bar, copy=True)) if isinstance(bar, np.ndarray) else bar


def _batched(outputs, inputs, gradients, keep: bool, create_graph: bool) -> tuple[Tensor, ...]:
    """One row of results for each row of the cotangents."""
    from s2sgrad.tensors.joins import stack

    count = len(gradients[0])
    rows = [
        grad(outputs, inputs, [g[row] for g in gradients], keep or row < count - 1, create_graph)
        for row in range(count)
    ]
    return tuple(stack(column) for column in zip(*rows))
