"""The backward sweep: nodes in reverse order of creation, cotangents summed where paths meet.

A node is one call of a compiled function; it knows the nodes that its operands came from. The sweep handles whatever
supports `+`: arrays, or tensors when the gradient is itself to be differentiated.
"""

from __future__ import annotations

import heapq
import itertools
from collections.abc import Callable, Iterable, Sequence

import numpy as np

_sequence = itertools.count()


class Node:
    """A step of the graph: from the cotangents of its results to those of its operands."""

    __slots__ = ("__weakref__", "edges", "hooks", "outputs", "sequence", "watchers")

    def __init__(self, edges: tuple[tuple[Node, int] | None, ...], outputs: tuple[tuple[tuple, np.dtype], ...]):
        self.sequence = next(_sequence)
        self.edges = edges  # where operands came from: (node, which of its results), None for constants
        self.outputs = outputs  # shape and dtype of each result
        self.hooks: dict[int, dict] | None = None  # per result: functions that may replace its cotangent
        self.watchers: dict[int, Callable] | None = None  # per result: told its cotangent (retain_grad)

    def pull(self, bars: list, keep: bool, record: bool) -> Sequence:
        """Cotangents of the operands that have an edge; `keep` what is needed to do it again; `record` the steps."""
        raise NotImplementedError

    @property
    def next_functions(self) -> tuple[tuple[Node | None, int], ...]:
        """The nodes that the operands came from, as PyTorch lists them."""
        return tuple((None, 0) if edge is None else edge for edge in self.edges)

    @property
    def requires_grad(self) -> bool:
        """True: only operations that require grad become nodes."""
        return True

    def name(self) -> str:
        """PyTorch's name of the step."""
        return type(self).__name__

    def label(self) -> str:
        """The name in messages about values changed in place."""
        return self.name()

    def receive(self, slot: int, bar):
        """The complete cotangent of result `slot`, after hooks."""
        for hook in list(self.hooks.get(slot, {}).values()) if self.hooks else ():
            bar = hook(bar)
        if self.watchers and slot in self.watchers:
            self.watchers[slot](bar)
        return bar

    def fit(self, slot: int, bar):
        """The cotangent in the dtype and shape of result `slot`."""
        shape, dtype = self.outputs[slot]
        array = getattr(bar, "_array", bar)
        if type(array) is np.ndarray and array.dtype == dtype and array.shape == shape:
            return bar
        if array is not bar:
            return bar.to(dtype).expand(shape)
        array = np.asarray(bar, dtype)
        return array if array.shape == shape else np.broadcast_to(array, shape)

    def __repr__(self) -> str:
        return f"<{self.name()} object at {id(self):#x}>"


class Sweep:
    """One run of `backward`."""

    def __init__(self, keep: bool, record: bool):
        self.keep, self.record = keep, record
        self.pending: dict[Node, list] = {}
        self.owned: set[tuple[Node, int]] = set()  # sums that are ours to add to in place
        self.queue: list[tuple[int, Node]] = []

    def deliver(self, node: Node, slot: int, bar) -> None:
        """Add `bar` to the cotangent of result `slot` of `node`."""
        bar = node.fit(slot, bar)
        bars = self.pending.get(node)
        if bars is None:
            bars = self.pending[node] = [None] * len(node.outputs)
            heapq.heappush(self.queue, (-node.sequence, node))
        if bars[slot] is None:
            bars[slot] = bar
        elif (node, slot) in self.owned:
            bars[slot] += bar
        else:
            bars[slot] = bars[slot] + bar
            if isinstance(bars[slot], np.ndarray) and bars[slot].ndim:
                self.owned.add((node, slot))

    @np.errstate(all="ignore")
    def run(self, wanted: dict[tuple[Node, int], object] | None = None) -> dict:
        """Process every node, or those that lead to `wanted`, whose cotangents are returned."""
        useful = None if wanted is None else _leading_to({node for node, _ in wanted}, self.pending)
        found = {}
        while self.queue:
            _, node = heapq.heappop(self.queue)
            bars = self.pending.pop(node)
            if useful is not None and node not in useful:
                continue
            bars = [bar if bar is None else node.receive(slot, bar) for slot, bar in enumerate(bars)]
            if wanted is not None:
                found.update({(node, slot): bar for slot, bar in enumerate(bars) if (node, slot) in wanted})
                if not any(edge and edge[0] in useful for edge in node.edges):
                    continue
            for edge, bar in zip(filter(None, node.edges), node.pull(bars, self.keep, self.record)):
                if bar is not None:
                    self.deliver(*edge, bar)
        return found


def _leading_to(targets: set[Node], roots: Iterable[Node]) -> set[Node]:
    """The nodes from which a target can be reached."""
    known, stack = set(roots), list(roots)
    while stack:
        for edge in stack.pop().edges:
            if edge and edge[0] not in known:
                known.add(edge[0])
                stack.append(edge[0])
    useful = targets & known
    for node in sorted(known, key=lambda node: node.sequence):  # operands come before the steps that use them
        if any(edge and edge[0] in useful for edge in node.edges):
            useful.add(node)
    return useful
