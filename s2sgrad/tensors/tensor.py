"""The tensor: a NumPy array, and where it came from."""

from __future__ import annotations

import copy
import warnings
import weakref
from collections.abc import Callable, Iterable

import numpy as np

from s2sgrad.tensors import dtypes, grad_mode, printing
from s2sgrad.tensors.engine import Node

SCALAR_WARNING = (
    "Converting a tensor with requires_grad=True to a scalar may lead to unexpected behavior.\n"
    "Consider using tensor.detach() first."
)
NON_LEAF_GRAD_WARNING = (
    "The .grad attribute of a Tensor that is not a leaf Tensor is being accessed. Its .grad attribute won't be "
    "populated during autograd.backward(). If you indeed want the .grad field to be populated for a non-leaf Tensor, "
    "use .retain_grad() on the non-leaf Tensor. If you access the non-leaf Tensor by mistake, make sure you access "
    "the leaf Tensor instead."
)
CHANGE_FLAG = (
    "you can only change requires_grad flags of leaf variables. If you want to use a computed variable in a subgraph "
    "that doesn't require differentiation use var_no_grad = var.detach()."
)


class AccumulateGrad(Node):
    """The end of every path: adds the cotangent to the `.grad` of a leaf."""

    __slots__ = ("variable",)

    def __init__(self, variable: Tensor):
        super().__init__((), ((variable.shape, variable._array.dtype),))
        self.variable = variable
        self.hooks = {0: variable._hooks}

    def pull(self, bars: list, keep: bool, record: bool) -> tuple:
        """No operands: the sum ends up in `.grad`."""
        self.variable._accumulate(bars[0], record)
        return ()


class Handle:
    """What `register_hook` returns: `remove()` takes the hook away again."""

    def __init__(self, hooks: dict, hook: Callable):
        self._hooks, self._key = hooks, object()
        hooks[self._key] = hook

    def remove(self) -> None:
        """Forget the hook."""
        self._hooks.pop(self._key, None)


class Tensor:
    """An array that remembers the operations that made it, so that `backward` can differentiate them.

    `Tensor(data)` copies a nested list into float32, `Tensor(2, 3)` makes an uninitialised one; see `tensor` for the
    dtype of the data. Attributes that most tensors don't need are class attributes until set.
    """

    __s2sgrad_tensor__ = True  # lets lower floors recognise tensors
    __array_priority__ = 1000

    _array: np.ndarray
    _counter: list  # [number of in-place changes], shared by everything that shares memory
    _leaf_requires = False
    _node: Node | None = None
    _slot = 0  # which result of _node
    _grad: Tensor | None = None
    _base: Tensor | None = None  # what this is a view of …
    _steps: tuple = ()  # … by which steps …
    _seen: Node | None = None  # … as of which node of the base
    _loose = False  # a view made while nothing was recorded
    _gatherer: weakref.ref | None = None  # to the AccumulateGrad of a leaf
    _hooks_of_leaf: dict | None = None
    _after_accumulation: dict | None = None
    _retains = False

    def __new__(cls, *data, device=None):
        if len(data) == 1 and not isinstance(data[0], int):
            return cls._of(np.array(_plain(data[0]), dtype=dtypes.FLOAT32))
        return cls._of(np.empty(data or (0,), dtypes.FLOAT32))

    @classmethod
    def _of(cls, array: np.ndarray, requires_grad: bool = False) -> Tensor:
        """A tensor on this very array."""
        tensor = object.__new__(cls)
        tensor._array = array
        tensor._counter = [0]
        if requires_grad:
            tensor._set_requires_grad(True, "Only Tensors of floating point and complex dtype can require gradients")
        return tensor

    def _alias(self, array: np.ndarray) -> Tensor:
        """Another array in this tensor's place in the graph."""
        other = Tensor._of(array)
        edge = self._edge()
        if edge:
            other._node, other._slot = edge
        return other

    # ---- the graph ----

    def _source(self) -> Node | None:
        """The node that made this; a view is made anew if its base was changed in place since."""
        if self._base is not None and self._base._node is not self._seen:
            self._seen = self._base._node
            with grad_mode.enable_grad():
                fresh = self._base
                for step in self._steps:
                    fresh = step(fresh)
            self._node, self._slot = fresh._node, fresh._slot
        return self._node

    def _edge(self) -> tuple[Node, int] | None:
        """Where a cotangent of this tensor goes: the node that made it, or the one that fills `.grad`."""
        node = self._source()
        if node is not None:
            return node, self._slot
        if not self._leaf_requires:
            return None
        gatherer = self._gatherer() if self._gatherer else None
        if gatherer is None:
            gatherer = AccumulateGrad(self)
            self._gatherer = weakref.ref(gatherer)
        return gatherer, 0

    @property
    def grad_fn(self) -> Node | None:
        """The compiled adjoint of the operation that made this tensor; None for a leaf."""
        return self._source()

    @property
    def is_leaf(self) -> bool:
        """Whether no remembered operation made this tensor."""
        return self._source() is None

    @property
    def output_nr(self) -> int:
        """Which result of `grad_fn` this is."""
        return self._slot

    @property
    def requires_grad(self) -> bool:
        """Whether operations on this tensor are remembered."""
        return self._leaf_requires or self._source() is not None

    @requires_grad.setter
    def requires_grad(self, value: bool) -> None:
        self._set_requires_grad(value, "only Tensors of floating point and complex dtype can require gradients")

    def requires_grad_(self, requires_grad: bool = True) -> Tensor:
        """Set `requires_grad`; returns this tensor."""
        self._set_requires_grad(requires_grad, "only Tensors of floating point dtype can require gradients")
        return self

    def _set_requires_grad(self, value: bool, complaint: str) -> None:
        if not self.is_leaf:
            if not value:
                raise RuntimeError(CHANGE_FLAG)
            return
        if value and self._array.dtype.kind not in "fc":
            raise RuntimeError(complaint)
        self._leaf_requires = bool(value)

    @property
    def _version(self) -> int:
        """How many times the memory was changed in place."""
        return self._counter[0]

    def _is_view(self) -> bool:
        return self._base is not None

    def detach(self) -> Tensor:
        """The same memory, outside the graph."""
        other = Tensor._of(self._array)
        other._counter = self._counter
        return other

    def detach_(self) -> Tensor:
        """Take this tensor itself out of the graph."""
        self._leaf_requires, self._node, self._base = False, None, None
        return self

    @property
    def data(self) -> Tensor:
        """The same memory, outside the graph; changes made through it are not noticed."""
        return Tensor._of(self._array)

    @data.setter
    def data(self, other: Tensor) -> None:
        self._array = other._array
        self._gatherer = None

    # ---- gradients ----

    @property
    def grad(self) -> Tensor | None:
        """The accumulated gradient; None until `backward` first reaches this tensor."""
        if self._grad is None and not self._retains and not self.is_leaf:
            warnings.warn(NON_LEAF_GRAD_WARNING, UserWarning, stacklevel=2)
        return self._grad

    @grad.setter
    def grad(self, value: Tensor | None) -> None:
        if value is not None:
            self._check_grad(value)
        self._grad = value

    @grad.deleter
    def grad(self) -> None:
        self._grad = None

    def _check_grad(self, value) -> None:
        if not isinstance(value, Tensor):
            raise TypeError(
                f"assigned grad expected to be a Tensor or None but got grad of type {type(value).__name__}"
            )
        if value.shape != self.shape:
            raise RuntimeError(
                f"attempting to assign a gradient of size '{list(value.shape)}' to a tensor of size "
                f"'{list(self.shape)}'. Please ensure that the gradient and the tensor are the same size"
            )
        if value.dtype is not self.dtype:
            raise RuntimeError(
                f"attempting to assign a gradient with dtype '{value.dtype.title.lower()}' to a tensor with grad_dtype "
                f"'{self.dtype.title}'. The gradient must match the tensor's grad_dtype (defaults to the tensor's "
                "dtype)."
            )

    def _accumulate(self, bar, record: bool = False) -> None:
        """Add a cotangent to `.grad`: into the same array, unless the gradient is itself part of a graph."""
        if record:
            self._grad = bar.clone() if self._grad is None else self._grad + bar
        elif self._grad is None:
            self._grad = Tensor._of(np.array(bar, copy=True))
        elif self._grad.requires_grad:
            self._grad = self._grad + Tensor._of(bar)
        else:
            self._grad._array += bar
            self._grad._counter[0] += 1
        for hook in list(self._after_accumulation.values()) if self._after_accumulation else ():
            hook(self)

    def backward(
        self,
        gradient: Tensor | None = None,
        retain_graph: bool | None = None,
        create_graph: bool = False,
        inputs: Tensor | Iterable[Tensor] | None = None,
    ) -> None:
        """Add to the `.grad` of every leaf its gradient: `gradient` (1.0 for one element) times the Jacobian."""
        from s2sgrad.tensors import autograd

        autograd.backward(self, gradient, retain_graph, create_graph, inputs=inputs)

    def retain_grad(self) -> None:
        """Fill `.grad` although this tensor is not a leaf."""
        if not self.requires_grad:
            raise RuntimeError("can't retain_grad on Tensor that has requires_grad=False")
        if self.is_leaf or self._retains:
            return
        self._retains = True
        this = weakref.ref(self)

        def watch(bar) -> None:
            tensor = this()
            if tensor is not None:
                tensor._accumulate(bar if isinstance(bar, np.ndarray) else bar._array)

        node = self._source()
        node.watchers = {**(node.watchers or {}), self._slot: watch}

    @property
    def retains_grad(self) -> bool:
        """Whether `retain_grad` took effect."""
        return self._retains

    @property
    def _hooks(self) -> dict:
        """Hooks of a leaf; they outlive the node that fills `.grad`."""
        if self._hooks_of_leaf is None:
            self._hooks_of_leaf = {}
        return self._hooks_of_leaf

    def register_hook(self, hook: Callable[[Tensor], Tensor | None]) -> Handle:
        """Call `hook` with the gradient of this tensor; a tensor that it returns takes the gradient's place."""
        if not self.requires_grad:
            raise RuntimeError("cannot register a hook on a tensor that doesn't require gradient")
        node = self._source()
        if node is None:
            return Handle(self._hooks, _on_arrays(hook))
        node.hooks = node.hooks or {}
        return Handle(node.hooks.setdefault(self._slot, {}), _on_arrays(hook))

    def register_post_accumulate_grad_hook(self, hook: Callable[[Tensor], None]) -> Handle:
        """Call `hook` with this leaf after its `.grad` grew."""
        if not self.is_leaf:
            raise RuntimeError("post accumulate grad hooks cannot be registered on non-leaf tensors")
        self._after_accumulation = self._after_accumulation or {}
        return Handle(self._after_accumulation, hook)

    # ---- what it is ----

    @property
    def shape(self) -> dtypes.Size:
        """The lengths of the dimensions."""
        return dtypes.Size(self._array.shape)

    def size(self, dim: int | None = None) -> dtypes.Size | int:
        """The shape, or the length of one dimension."""
        return self.shape if dim is None else self._array.shape[dim]

    @property
    def dtype(self) -> dtypes.dtype:
        """The type of the elements."""
        return dtypes.of(self._array.dtype)

    @property
    def device(self) -> dtypes.device:
        """Where the tensor lives: the CPU."""
        return dtypes.device()

    @property
    def ndim(self) -> int:
        """The number of dimensions."""
        return self._array.ndim

    def dim(self) -> int:
        """The number of dimensions."""
        return self._array.ndim

    def numel(self) -> int:
        """The number of elements."""
        return self._array.size

    nelement = numel

    @property
    def itemsize(self) -> int:
        """Bytes per element."""
        return self._array.itemsize

    @property
    def nbytes(self) -> int:
        """Bytes in all."""
        return self._array.nbytes

    def element_size(self) -> int:
        """Bytes per element."""
        return self._array.itemsize

    def stride(self) -> tuple[int, ...]:
        """Elements from one to the next, along each dimension."""
        return tuple(step // self._array.itemsize for step in self._array.strides)

    def data_ptr(self) -> int:
        """The address of the first element."""
        return self._array.ctypes.data

    def is_contiguous(self) -> bool:
        """Whether the elements lie in memory in row-major order."""
        return self._array.flags.c_contiguous

    def is_floating_point(self) -> bool:
        """Whether the elements are floating-point numbers."""
        return self._array.dtype.kind == "f"

    def is_complex(self) -> bool:
        """Whether the elements are complex numbers."""
        return self._array.dtype.kind == "c"

    is_cuda = False

    # ---- leaving the world of tensors ----

    def item(self) -> bool | int | float | complex:
        """The one element, as a Python number."""
        if self._array.size != 1:
            raise RuntimeError(f"a Tensor with {self._array.size} elements cannot be converted to Scalar")
        return self._array.item()

    def tolist(self) -> list | bool | int | float | complex:
        """Nested lists of Python numbers."""
        return self._array.tolist()

    def numpy(self, *, force: bool = False) -> np.ndarray:
        """The array itself, sharing memory."""
        if self.requires_grad and not force:
            raise RuntimeError("Can't call numpy() on Tensor that requires grad. Use tensor.detach().numpy() instead.")
        return self._array

    def __array__(self, dtype=None, copy=None) -> np.ndarray:
        array = self.numpy()
        if copy is False and dtype is not None and array.dtype != dtype:
            raise ValueError("Unable to avoid copy while creating an array as requested.")
        return np.array(array, dtype=dtype, copy=copy)

    def __array_wrap__(self, array, context=None, return_scalar=False) -> Tensor:
        return Tensor._of(np.asarray(array))

    def _number(self):
        """The one element, for `float()` and the like."""
        if self._array.size != 1:
            raise ValueError("only one element tensors can be converted to Python scalars")
        if self.requires_grad:
            warnings.warn(SCALAR_WARNING, UserWarning, stacklevel=3)
        return self._array.item()

    def __float__(self) -> float:
        return float(self._number())

    def __int__(self) -> int:
        return int(self._number())

    def __complex__(self) -> complex:
        return complex(self._number())

    def __index__(self) -> int:
        if self._array.dtype.kind not in "iub" or self._array.size != 1:
            raise TypeError("only integer tensors of a single element can be converted to an index")
        return int(self._array.item())

    def __bool__(self) -> bool:
        if self._array.size != 1:
            how_many = "no values" if not self._array.size else "more than one value"
            raise RuntimeError(f"Boolean value of Tensor with {how_many} is ambiguous")
        return bool(self._array.item())

    def __len__(self) -> int:
        if not self._array.ndim:
            raise TypeError("len() of a 0-d tensor")
        return len(self._array)

    def __format__(self, spec: str) -> str:
        return format(self.item(), spec) if not self._array.ndim else object.__format__(self, spec)

    def __repr__(self) -> str:
        return printing.describe(self)

    def __hash__(self) -> int:
        return id(self)

    # ---- copies ----

    def __deepcopy__(self, memo: dict) -> Tensor:
        if not self.is_leaf:
            raise RuntimeError(
                "Only Tensors created explicitly by the user (graph leaves) support the deepcopy protocol at the "
                "moment."
            )
        if id(self) in memo:
            return memo[id(self)]
        twin = memo[id(self)] = type(self)._of(self._array.copy(), self._leaf_requires)
        twin._grad = copy.deepcopy(self._grad, memo)
        return twin

    def __reduce__(self):
        return _restore, (type(self), np.ascontiguousarray(self._array).reshape(self._array.shape), self.requires_grad)


def _restore(cls: type, array: np.ndarray, requires_grad: bool) -> Tensor:
    return cls._of(array, requires_grad)


def _plain(data):
    """Nested data without tensors in it, for NumPy."""
    if isinstance(data, Tensor):
        return data._array
    return [_plain(part) for part in data] if isinstance(data, (list, tuple)) else data


def _on_arrays(hook: Callable) -> Callable:
    """A hook on tensors as one on whatever the sweep carries."""

    def on_array(bar):
        given = Tensor._of(bar) if isinstance(bar, np.ndarray) else bar
        result = hook(given)
        if result is None:
            return bar
        if result.shape != given.shape:
            raise RuntimeError(f"hook '{hook.__name__}' has changed the size of value")
        return result._array if isinstance(bar, np.ndarray) else result

    return on_array
