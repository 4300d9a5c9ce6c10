"""Whether operations are remembered for `backward`: context managers that are decorators too."""

from __future__ import annotations

import functools
import inspect
import threading
from collections.abc import Callable


class _State(threading.local):
    enabled = True


_state = _State()


def is_grad_enabled() -> bool:
    """Whether operations on tensors that require grad are remembered."""
    return _state.enabled


class _Mode:
    """Sets the mode while a `with` block or a decorated function runs."""

    wanted = True

    def __enter__(self) -> None:
        self._outer = _state.enabled
        _state.enabled = self.wanted

    def __exit__(self, *_) -> None:
        _state.enabled = self._outer

    def clone(self) -> _Mode:
        """A fresh one: each call of a decorated function enters its own."""
        return type(self)()

    def __call__(self, function):
        if inspect.isgeneratorfunction(function):
            return self._decorate_generator(function)

        @functools.wraps(function)
        def wrapper(*args, **kwargs):
            with self.clone():
                return function(*args, **kwargs)

        return wrapper

    def _decorate_generator(self, function):
        """The mode holds while the generator runs, not while its caller does."""

        @functools.wraps(function)
        def wrapper(*args, **kwargs):
            generator = function(*args, **kwargs)
            resume = functools.partial(next, generator)
            while True:
                try:
                    with self.clone():
                        item = resume()
                except StopIteration as stop:
                    return stop.value
                try:
                    resume = functools.partial(generator.send, (yield item))
                except GeneratorExit:
                    with self.clone():
                        generator.close()
                    raise
                except BaseException as error:
                    resume = functools.partial(generator.throw, error)

        return wrapper


class _BareDecorator(_Mode):
    """`@no_grad` without parentheses means `@no_grad()`."""

    def __new__(cls, function: Callable | bool | None = None):
        mode = super().__new__(cls)
        return mode(function) if callable(function) else mode


class no_grad(_BareDecorator):
    """Operations inside are not remembered: their results don't require grad."""

    wanted = False


class enable_grad(_BareDecorator):
    """Operations inside are remembered, also inside `no_grad`."""

    wanted = True


class set_grad_enabled(_Mode):
    """Sets the mode at once; as a context manager, restores it at the end."""

    def __init__(self, mode: bool):
        self.wanted = bool(mode)
        self._outer = _state.enabled
        _state.enabled = self.wanted

    def __enter__(self) -> None:
        _state.enabled = self.wanted

    def __call__(self, function):
        _state.enabled = self._outer
        return super().__call__(function)

    def clone(self) -> set_grad_enabled:
        """A fresh one with the same mode."""
        return set_grad_enabled(self.wanted)


class inference_mode(no_grad):
    """`no_grad`; results are ordinary tensors."""
