"""The notation: what is read from a rule's text, when, and what is said about a rule that is not one."""

import functools
import inspect
import math
import subprocess
import sys
from types import SimpleNamespace

import numpy as np
import pytest

from s2sgrad import rules
from s2sgrad.ir import nodes as ir
from s2sgrad.ir.printer import print_block, print_expr
from s2sgrad.rules import RuleError, notation
from s2sgrad.rules.notation import bar, dot, elementwise, rule, zero
from tests.rules.oracle import named

FACTOR = 3.0


@pytest.fixture(autouse=True)
def same_rules_afterwards():
    before = dict(notation._rules) if rules.lookup(np.sin) else {}
    yield
    notation._rules.clear()
    notation._rules.update(before)


def cube(x, n=2):
    return x**3


def text(block):
    """The statements of a half; `bar[x]` is written `x_bar`."""
    return print_block(named_block(block)).splitlines()


def named_block(block):
    def statement(s):
        if isinstance(s, ir.If):
            return ir.If(plain(s.test), named_block(s.body), named_block(s.orelse))
        return ir.Assign(plain(s.target), plain(s.value))

    return tuple(map(statement, block))


def plain(e):
    return named(e, {}, suffix=False)


def test_an_elementwise_rule():
    found = rules.lookup(np.divide)
    assert (found.family, found.result, found.operands, found.aliasing) == ("elementwise", "y", ("x", "z"), "fresh")
    assert found.path.path == "np.divide" and found.path.value is np.divide and found.path.root is np
    assert {k: print_expr(plain(e)) for k, e in found.partials.items()} == {"x": "1 / z", "z": "-y / z"}
    assert found.tangent == found.pullback == ()
    assert found.partials is found.partials


def test_operands_without_partial_are_none():
    elementwise("y = cube(x, n)", "3 * x * x", None)
    found = rules.lookup(cube)
    assert found.operands == ("x",) and list(found.partials) == ["x"] and str(found.signature) == "(x, n)"


def test_a_general_rule_is_cut_into_halves():
    @rule(cube)
    def _(y, x, n):
        """d(x³) = 3 x² dx"""
        square = x * x
        slope = FACTOR * square
        unused = np.sin(x)  # noqa: F841
        if n is None:
            other = slope
        else:
            other = square * FACTOR
        dot[y] = slope * dot[x]
        bar[x] = other * bar[y]

    found = rules.lookup(cube)
    assert found.family == "general" and found.operands == ("x",) and found.path.path == "cube"
    assert str(found.signature) == "(x, n=2)"  # the function's own defaults
    assert text(found.tangent) == ["square = x * x", "slope = FACTOR * square", "y_dot = slope * x_dot"]
    assert text(found.pullback) == [
        "square = x * x",
        "slope = FACTOR * square",
        "if n is None:",
        "    other = slope",
        "else:",
        "    other = square * FACTOR",
        "x_bar = other * y_bar",
    ]
    factor = found.tangent[1].value.left
    assert isinstance(factor, ir.Ref) and factor.value == 3.0


def test_names_of_an_enclosing_function_are_known():
    weight = 0.5

    @rule(cube)
    def _(y, x, n):
        bar[x] = weight * bar[y]

    found = rules.lookup(cube)
    assert found.pullback[0].value.left.value == 0.5 and found.tangent == ()


def test_names_may_be_defined_after_the_rule(module_from):
    module = module_from("""
        from s2sgrad.rules.notation import bar, rule
        def f(x): return x
        @rule(f)
        def _(y, x):
            bar[x] = helper(bar[y])
        def helper(g): return g
    """)
    assert rules.lookup(module.f).pullback[0].value.func.value is module.helper


def test_a_rule_is_parsed_when_first_asked_for():
    @rule(cube)
    def _(y, x, n):
        bar[x] = no_such_name * bar[y]  # noqa: F821

    found = rules.lookup(cube)  # no error yet
    with pytest.raises(RuleError, match=r"test_notation.py:\d+: rule for cube: the name `no_such_name` is neither"):
        found.pullback  # noqa: B018


def test_a_later_rule_replaces_an_earlier_one():
    elementwise("y = cube(x, n)", "1", None)
    first, version = rules.lookup(cube), rules.version()
    elementwise("y = cube(x, n)", "2", None)
    assert rules.lookup(cube) is not first and rules.version() > version
    assert print_expr(rules.lookup(cube).partials["x"]) == "2"


def test_a_rule_given_before_the_library_is_loaded_stays():
    program = """
import numpy as np
from s2sgrad.rules import notation
notation.elementwise("y = np.sin(x)", "2")
import s2sgrad.rules as rules
assert rules.lookup(np.sin).partials["x"].value == 2
assert rules.lookup(np.cos) is not None
"""
    subprocess.run([sys.executable, "-c", program], check=True)


def test_lookup():
    assert rules.lookup(np.abs) is rules.lookup(np.absolute)
    assert rules.lookup([]) is None and rules.lookup(lambda: 0) is None
    assert rules.operator("+", 2).target is np.add and rules.operator("-", 1).target is np.negative
    assert rules.operator("@").target is np.matmul and rules.operator("?") is None
    assert rules.operator("not in").family == "zero"
    assert rules.method("sum") is np.sum and rules.attribute("T") is np.transpose and rules.method("nothing") is None
    assert rules.lookup(np.sin) in list(rules.all_rules())


def test_every_operator_has_a_rule():
    binary = ["+", "-", "*", "/", "//", "%", "**", "@", "<<", ">>", "&", "|", "^", "<", "<=", ">", ">=", "==", "!="]
    binary += ["is", "is not", "in", "not in"]
    assert all(rules.operator(op, 2) for op in binary) and all(rules.operator(op, 1) for op in ["+", "-", "~", "not"])


def test_zero_refuses_out():
    assert "out" not in str(rules.lookup(np.floor).signature)
    with pytest.raises(TypeError):
        rules.lookup(np.floor).signature.bind(1.0, 2.0)


def test_paths():
    assert notation.path_of(np.linalg.inv).path == "np.linalg.inv"
    assert notation.path_of(math.sin).path == "math.sin"
    assert notation.path_of(len).path == "len" and notation.path_of(len).root is None
    assert notation.path_of(np.ndarray.reshape).path == "np.ndarray.reshape"
    assert notation.path_of(cube).path == "cube"
    assert notation.path_of(functools.partial(cube)).path == "partial"


def test_markers_are_never_run():
    with pytest.raises(TypeError, match="never run"):
        bar["x"]
    with pytest.raises(TypeError, match="never run"):
        dot["x"] = 1


ERRORS = [
    ("elementwise('y = np.sin x', '1')", "is not of the form"),
    ("elementwise('y = np.nothing(x)', '1')", "`np.nothing` is not known"),
    ("elementwise('y = np.sin(x)')", "1 operands but 0 partial"),
    ("elementwise('y = np.sin(y)', '1')", "not distinct"),
    ("elementwise('y = np.sin(bar)', '1')", "`bar` is a marker"),
    ("elementwise('y = np.sin(x)', 'np.cosine(x)')", "`np` has no `cosine`"),
    ("elementwise('y = np.sin(x)', 'np.cos(z)')", "the name `z` is neither"),
    ("elementwise('y = np.sin(x)', '1 +')", "cannot parse"),
    ("elementwise('y = np.sin(x)', '[v for v in x]')", "cannot hold"),
    ("rule(f)(wrong_names)", r"its parameters are \(y, z\); the result and the function's own are \(y, x\)"),
    ("rule(f)(unknown_operand)", r"bar\[z\]: there is no operand `z`; there are y, x"),
    ("rule(f)(nothing)", "neither dot"),
    ("rule(f)(halves)", r"bar\[x\] but not dot\[x\]"),
    ("rule(f)(assigns_result)", r"bar\[y\] cannot be assigned"),
    ("rule(f)(reads_operand)", r"bar\[x\] is read"),
    ("rule(f)(reads_tangent)", r"dot\[y\] is read"),
    ("rule(f)(loop)", "a rule holds"),
    ("rule(f)(clash)", "the temporary `x` has the name"),
    ("rule(f)(alone)", "`bar` stands alone"),
    ("rule(f)(by_text)", "takes the name of an operand"),
    ("rule(np.dot)(default)", "the default of `x` is not a literal"),
    ("rule()", "@rule"),
    ("rule(f, aliasing='no')", "none of 'fresh', 'view', 'maybe'"),
    ("rule(f)(eval('lambda y, x: 0'))", "source"),
]
BROKEN = """
import numpy as np
from s2sgrad.rules.notation import bar, dot, elementwise, rule
def f(x): return x
def wrong_names(y, z): bar[z] = bar[y]
def unknown_operand(y, x): bar[z] = bar[y]
def nothing(y, x): t = x
def halves(y, x):
    dot[y] = x
    bar[x] = bar[y]
def assigns_result(y, x): bar[y] = x
def reads_operand(y, x): bar[x] = bar[x]
def reads_tangent(y, x): dot[y] = dot[y]
def loop(y, x):
    for i in x:
        bar[x] = bar[y]
def clash(y, x):
    x = 2
    bar[x] = bar[y]
def alone(y, x): bar[x] = bar
def by_text(y, x): bar["x"] = bar[y]
def default(y, x=np.pi.real.__class__): bar[x] = bar[y]
def attempt(text): return eval(text)
"""


@pytest.mark.parametrize(("attempt", "message"), ERRORS)
def test_errors_name_what_is_wrong(attempt, message, module_from):
    module = module_from(BROKEN)
    with pytest.raises(RuleError, match=message) as caught:
        module.attempt(attempt)
        for found in (rules.lookup(module.f), rules.lookup(np.sin)):
            if found is not None:
                found.pullback, found.partials  # noqa: B018
    if "rule()" not in attempt and "aliasing" not in attempt:
        file, line, _ = str(caught.value).split(":", 2)
        assert file.endswith((".py", "<string>")) and int(line) > 0


def test_an_edited_source_is_refused(tmp_path):
    import importlib.util

    path = tmp_path / "edited.py"
    head = "from s2sgrad.rules.notation import bar, rule\ndef f(x): return x\n@rule(f)\n"
    path.write_text(head + "def _(y, x):\n    bar[x] = 2.0 * bar[y]\n")
    spec = importlib.util.spec_from_file_location("edited", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    path.write_text(head + "def _(y, x):\n    bar[x] = 3.0 * bar[y]\n")
    with pytest.raises(RuleError, match="edited since"):
        rules.lookup(module.f).pullback  # noqa: B018


def test_every_rule_of_the_library_can_be_read():
    for found in rules.all_rules():
        assert isinstance(found.signature, inspect.Signature) and found.aliasing in notation.ALIASING
        assert found.family in ("elementwise", "general", "zero")
        found.partials, found.tangent, found.pullback  # noqa: B018
        if found.family == "general" and found.operands:
            assert found.tangent and found.pullback, f"{found.path.path} lacks a half"


def test_what_has_no_hash_has_no_rule():
    assert rules.lookup(SimpleNamespace()) is None
    zero(cube)
    assert rules.lookup(cube).family == "zero"
