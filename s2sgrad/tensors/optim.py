"""Optimizers: steps in place along the negative gradient."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterable
from typing import Any

import numpy as np

from s2sgrad.tensors import grad_mode
from s2sgrad.tensors.tensor import Tensor

DUPLICATES = "optimizer contains a parameter group with duplicate parameters; in future, this will cause an error"


class Optimizer:
    """Groups of parameters, the options of each group, and what is remembered for each parameter."""

    def __init__(self, params: Iterable, defaults: dict[str, Any]):
        if isinstance(params, Tensor):
            raise TypeError(
                "params argument given to the optimizer should be an iterable of Tensors or dicts, but got "
                f"{params.type()}"
            )
        self.defaults = defaults
        self.state: dict[Tensor, dict[str, Any]] = {}
        self.param_groups: list[dict[str, Any]] = []
        params = list(params)
        if not params:
            raise ValueError("optimizer got an empty parameter list")
        for group in params if isinstance(params[0], dict) else [{"params": params}]:
            self.add_param_group(dict(group))

    def add_param_group(self, param_group: dict[str, Any]) -> None:
        """Optimize more parameters, with options of their own."""
        params = param_group["params"]
        params = [params] if isinstance(params, Tensor) else list(params)
        params = [param[1] if isinstance(param, tuple) else param for param in params]  # named parameters
        for param in params:
            if not isinstance(param, Tensor):
                kind = type(param).__name__
                raise TypeError(f"optimizer can only optimize Tensors, but one of the params is {kind}")
            if not (param.is_leaf or param.retains_grad):
                raise ValueError("can't optimize a non-leaf Tensor")
        if len(set(map(id, params))) != len(params):
            warnings.warn(DUPLICATES, UserWarning, stacklevel=3)
        known = {id(param) for group in self.param_groups for param in group["params"]}
        if known & set(map(id, params)):
            raise ValueError("some parameters appear in more than one parameter group")
        self.param_groups.append({**param_group, "params": params, **self._missing(param_group)})

    def _missing(self, group: dict[str, Any]) -> dict[str, Any]:
        return {name: value for name, value in self.defaults.items() if name not in group}

    def zero_grad(self, set_to_none: bool = True) -> None:
        """Forget the gradients, or overwrite them with zeros."""
        for group in self.param_groups:
            for param in group["params"]:
                if set_to_none or param._grad is None:
                    param._grad = None
                else:
                    param._grad.detach_().zero_()

    def step(self, closure: Callable[[], Tensor] | None = None) -> Tensor | None:
        """Update every parameter that has a gradient; `closure` computes the loss afresh and is returned."""
        loss = None
        if closure is not None:
            with grad_mode.enable_grad():
                loss = closure()
        for group in self.param_groups:
            for param in group["params"]:
                if param._grad is not None:
                    self._update(param, param._grad._array, group)
                    param._counter[0] += 1
        return loss

    def _update(self, param: Tensor, gradient: np.ndarray, group: dict[str, Any]) -> None:
        raise NotImplementedError

    def state_dict(self) -> dict[str, Any]:
        """Everything that is needed to continue; parameters are numbered."""
        params = [param for group in self.param_groups for param in group["params"]]
        number = {id(param): place for place, param in enumerate(params)}
        groups = [
            {
                **{name: value for name, value in group.items() if name != "params"},
                "params": [number[id(param)] for param in group["params"]],
            }
            for group in self.param_groups
        ]
        return {"state": {number[id(param)]: entry for param, entry in self.state.items()}, "param_groups": groups}

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Continue from a `state_dict`."""
        saved = state_dict["param_groups"]
        if len(saved) != len(self.param_groups):
            raise ValueError("loaded state dict has a different number of parameter groups")
        for group, new in zip(self.param_groups, saved):
            if len(group["params"]) != len(new["params"]):
                raise ValueError(
                    "loaded state dict contains a parameter group that doesn't match the size of optimizer's group"
                )
            group.update({name: value for name, value in new.items() if name != "params"})
        params = [param for group in self.param_groups for param in group["params"]]
        self.state = {
            params[number]: {name: _own(value) for name, value in entry.items()}
            for number, entry in state_dict["state"].items()
        }

    def __repr__(self) -> str:
        lines = [f"{type(self).__name__} ("]
        for number, group in enumerate(self.param_groups):
            lines.append(f"Parameter Group {number}")
            lines.extend(f"    {name}: {group[name]}" for name in sorted(group) if name != "params")
        return "\n".join([*lines, ")"])


def _own(value):
    return Tensor._of(value._array.copy()) if isinstance(value, Tensor) else value


class SGD(Optimizer):
    """Stochastic gradient descent, optionally with (Nesterov) momentum."""

    def __init__(
        self,
        params: Iterable,
        lr: float | Tensor = 1e-3,
        momentum: float = 0,
        dampening: float = 0,
        weight_decay: float | Tensor = 0,
        nesterov: bool = False,
        *,
        maximize: bool = False,
        foreach: bool | None = None,
        differentiable: bool = False,
        fused: bool | None = None,
    ):
        for value, what in ((lr, "learning rate"), (momentum, "momentum value"), (weight_decay, "weight_decay value")):
            if value < 0.0:
                raise ValueError(f"Invalid {what}: {value}")
        if nesterov and (momentum <= 0 or dampening != 0):
            raise ValueError("Nesterov momentum requires a momentum and zero dampening")
        defaults = {
            "lr": lr,
            "momentum": momentum,
            "dampening": dampening,
            "weight_decay": weight_decay,
            "nesterov": nesterov,
            "maximize": maximize,
            "foreach": foreach,
            "differentiable": differentiable,
            "fused": fused,
        }
        super().__init__(params, defaults)

    def _update(self, param: Tensor, gradient: np.ndarray, group: dict[str, Any]) -> None:
        direction = -gradient if group["maximize"] else gradient
        if group["weight_decay"] != 0:
            direction = direction + float(group["weight_decay"]) * param._array
        if group["momentum"] != 0:
            velocity = self._velocity(param, direction, group)
            direction = direction + group["momentum"] * velocity if group["nesterov"] else velocity
        param._array -= float(group["lr"]) * direction

    def _velocity(self, param: Tensor, direction: np.ndarray, group: dict[str, Any]) -> np.ndarray:
        """The running sum of directions; the first one is not dampened."""
        entry = self.state.setdefault(param, {})
        if "momentum_buffer" not in entry:
            entry["momentum_buffer"] = Tensor._of(direction.copy())
            return entry["momentum_buffer"]._array
        velocity = entry["momentum_buffer"]._array
        velocity *= group["momentum"]
        velocity += (1 - group["dampening"]) * direction
        return velocity
