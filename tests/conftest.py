"""What several test files share."""

import importlib.util
import itertools
import sys
import textwrap
from collections.abc import Callable
from types import ModuleType

import pytest

_count = itertools.count()


@pytest.fixture
def module_from(tmp_path, monkeypatch) -> Callable[[str], ModuleType]:
    """Import a module from the text given: functions whose source a test writes, edits or generates."""

    def load(text: str) -> ModuleType:
        name = f"generated_module_{next(_count)}"
        path = tmp_path / f"{name}.py"
        path.write_text(textwrap.dedent(text))
        spec = importlib.util.spec_from_file_location(name, path)
        module = importlib.util.module_from_spec(spec)
        monkeypatch.setitem(sys.modules, name, module)
        spec.loader.exec_module(module)
        return module

    return load
