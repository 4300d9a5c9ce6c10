"""What is not understood is refused: with its place in the user's file and a way out, and never with a number.

Every code has a page in docs/errors: its program must be refused as the page says, and be taken once repaired.

Then two lists. `refused` programs lie outside the language of today; each marks the line that the error must point at.
A program moves to the corpus on the day the language takes it. `uncertain` ones may be refused or differentiated, as
long as the gradient is right.
"""

import contextlib
import functools
import inspect
import linecache
import math
import operator
import re
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import s2sgrad as sg
from tests import harness, oracle, test_docs
from tests.corpus import Program, sample

PAGES = sorted((test_docs.ROOT / "docs/errors").glob("S*.md"))
WITHOUT_PLACE = {"S001", "S017", "S018", "S041"}  # the call itself is refused; the traceback shows its line

REFUSED: list[tuple[Callable, tuple]] = []
UNCERTAIN: list[Program] = []

storage = [0.0]
counter = 0.0
shared = np.zeros(3)


def refused(*args: Any) -> Callable:
    """Register a program that must be refused at the line marked `# refused`."""

    def register(function: Callable) -> Callable:
        REFUSED.append((function, args))
        return function

    return register


def uncertain(*examples: tuple) -> Callable:
    """Register a program that may be refused, but not be differentiated wrongly."""

    def register(function: Callable) -> Callable:
        UNCERTAIN.append(Program(f"uncertain.{function.__name__}", function, examples, None, 1e-6))
        return function

    return register


# ------------------------------------------------------------------------------------------- a page for each code


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_the_page_of_a_code(page, monkeypatch, tmp_path):
    """Its first program is refused with this code, place, underlined expression and hint; the second is taken."""
    monkeypatch.chdir(tmp_path)
    failing, *repaired = test_docs.examples(page)
    if not failing.runs:
        pytest.skip("needs a newer Python")
    assert failing.heading == "Refused" and {example.heading for example in repaired} == {"Repaired"}
    namespace = test_docs.namespace_of(page)
    message = test_docs.run(failing, namespace)
    assert message == failing.expected
    assert message.startswith(f"error[{page.stem}]: ")
    assert re.search(r"^hint: ", message, re.M)
    if page.stem not in WITHOUT_PLACE:
        assert re.search(r"^ +--> \w+\.py:\d+:\d+$", message, re.M) and re.search(r"^ +\|  *\^+$", message, re.M)
    checked_gradients(monkeypatch)
    for example in repaired:
        assert example.expected and "error[" not in example.expected
        assert test_docs.run(example, namespace) == example.expected


def checked_gradients(monkeypatch):
    """`sg.grad`, which compares what it gives with differences."""
    grad = sg.grad

    def checked(f, argnums=0, has_aux=False, **options):
        derived = grad(f, argnums=argnums, has_aux=has_aux, **options)

        def call(*args):
            gradient = derived(*args)
            value = (lambda *a: f(*a)[0]) if has_aux else f
            slopes = oracle.differences(value, args, (argnums,))[0]
            oracle.assert_close(gradient[0] if has_aux else gradient, slopes, 1e-6)
            return gradient

        return call

    monkeypatch.setattr(sg, "grad", checked)


def test_every_code_that_is_raised_has_a_page_and_is_in_the_list():
    sources = (test_docs.ROOT / "s2sgrad").rglob("*.py")
    raised = {code for path in sources for code in re.findall(r'"(S\d{3})"', path.read_text(encoding="utf-8"))}
    assert {page.stem for page in PAGES} == raised
    titles = [page.read_text(encoding="utf-8").splitlines()[0].removeprefix("# ") for page in PAGES]
    rows = [f"| [{title[:4]}]({title[:4]}.md) | {title[6:]} |" for title in titles]
    overview = (test_docs.ROOT / "docs/errors/README.md").read_text(encoding="utf-8")
    assert [line for line in overview.splitlines() if line.startswith("| [S")] == rows, "\n".join(rows)


# ------------------------------------------------------------------------------ statements outside the language


@refused(0.75)
def number_made_from_a_part_of_text(x):
    return float(str(x)[0:3])  # refused


@refused(0.75)
def number_made_from_joined_texts(x):
    text = "".join([f"{x}", "1"])
    return float(text.strip()) * x  # refused


@refused(sample(3))
def write_that_a_handler_sees(x):
    a = x.copy()
    try:
        a[0] = x[1] * x[2]  # refused
        a[1] = math.sqrt(x[1] - 2.0)
    except ValueError:
        a[1] = 1.0
    return np.sum(a * a)


@refused(sample(3))
def loop_of_writes_that_a_handler_sees(x):
    a = x.copy()
    try:
        for i in range(3):
            a[i] = math.sqrt(x[i] - 0.8)  # refused
    except ValueError:
        a[1] = 1.0
    return np.sum(a * a)


@refused(sample(3))
def how_far_the_body_came(x):
    n = 0
    try:
        n = 1  # refused
        y = math.sqrt(x[1] - 2.0)
    except ValueError:
        y = x[0] * n
    return y + n * x[1]


@refused(sample(3))
def exception_that_holds_a_value(x):
    try:
        raise ValueError(x * x)  # refused
    except ValueError as error:
        return np.sum(error.args[0])


@contextlib.contextmanager
def managing(value):
    """A context manager."""
    yield value


@refused(sample(3))
def manager_of_an_array(x):
    with managing(x) as y:  # refused
        return np.sum(y)


@refused(0.7)
def del_of_an_attribute(x):
    point = Holder()
    del point.value  # refused
    return x


@refused(0.7)
def class_statement(x):
    class Point:  # refused
        value = x

    return Point.value * x


def generator(x):
    yield x * x


@refused(0.7)
def generator_in_a_callee(x):
    def values():
        yield x  # refused
        yield x * x

    total = 0.0
    for value in values():
        total += value
    return total


@refused(0.7)
def global_statement(x):
    global counter  # refused
    counter = x * x
    return counter * x


@refused(0.7)
def nonlocal_statement(x):
    y = x

    def grow():
        nonlocal y  # refused
        y = y * x

    grow()
    return y


async def a_coroutine(x):
    return x * x


# ------------------------------------------------------------------------------------- containers that change


@refused(0.7)
def grown_while_it_is_run_over(x):
    items = [x]
    for v in items:
        if len(items) < 4:
            items.append(v * x)  # refused
    return items[-1]


@refused(0.7)
def generator_that_is_kept(x):
    squares = (x**k for k in range(4))  # refused
    return sum(squares)


@refused(0.7)
def view_of_a_dict_that_is_kept(x):
    table = {}
    table["a"] = x
    values = table.values()  # refused
    table["b"] = x * x
    return sum(values)


@refused(0.7)
def method_under_another_name(x):
    items = []
    add = items.append
    add(x)  # refused
    return items[0]


@refused(0.7)
def set_of_active_values(x):
    values = {x, x * x}  # refused
    return sum(values)


def with_a_default(x, kept=[]):  # noqa: B006
    kept.append(x)
    return sum(kept)


@refused(0.7)
def default_value_that_grows(x):
    return with_a_default(x * x)  # refused


# -------------------------------------------------------------------------------- writes that cannot be followed


@refused(sample(3))
def write_by_a_function(x):
    a = x * x
    np.place(a, x > 0.0, x)  # refused
    return np.sum(a)


@refused(sample(3))
def conjugate_of_a_real_array_is_itself(x):
    y = x * x
    z = y.conj()  # refused
    z[0] = 0.0
    return np.sum(y)


@refused(sample(3))
def write_into_a_module_array(x):
    shared[0] = x[0] * x[1]  # refused
    return np.sum(shared * x)


@refused(0.7)
def write_into_a_module_list(x):
    storage[0] = x * x  # refused
    return storage[0] * x


@refused(sample(4))
def constant_array_changed_by_a_callee(x):
    a = np.ones(4)
    y = np.sum(x * a)
    operator.setitem(a, 0, 7.0)  # refused
    return y + np.sum(a * x)


class Holder:
    """An object whose field would have to be active."""

    value: float = 0.0


@refused(0.7)
def active_field(x):
    holder = Holder()
    holder.value = x * x  # refused
    return holder.value * x


@refused(sample(3))
def multiplied_at_repeated_indices(x):
    a = x * x
    np.multiply.at(a, [0, 0], x[1])  # refused
    return np.sum(a)


@refused(sample(3))
def floats_written_into_integers(x):
    a = np.zeros(3, int)
    np.multiply(x, x, out=a)  # refused
    return np.sum(a * x)


@refused(sample(3))
def shape_changed_in_place(x):
    a = x * x
    a.resize(5)  # refused
    return np.sum(a)


# ---------------------------------------------------------------------------------- functions without derivative


@refused(sample(4))
def function_without_a_rule(x):
    y = np.apply_over_axes(np.sum, x, [0])  # refused
    return np.sum(y * x)


@refused("text", 0.7)
def string_made_a_number(name, x):
    return float(str(x)) * x  # refused


@refused(sample(4))
def operand_that_the_rule_does_not_know(x):
    return np.sum(x, where=x > 0.0)  # refused


@refused(0.7)
def attribute_by_name(x):
    return getattr(math, "sin")(x) * eval("x * x")  # noqa: B009  # refused


@refused(sample(4))
def memory_of_an_array(x):
    return np.sum(np.asarray(x.data))  # refused


class Curve:
    """A class that says itself what its operators do."""

    def __add__(self, t):
        return t * t * t

    __radd__ = __mul__ = __getitem__ = __lt__ = __add__

    def __call__(self, t):
        return t * t


CURVE = Curve()


@refused(0.7)
def comparison_of_a_class(x):
    return (x > CURVE) * x  # refused


@refused(sample(3))
def object_as_an_operand_of_numpy(x):
    return np.sum(np.multiply(x, CURVE) * 2.0)  # refused


@pytest.mark.parametrize(("function", "args"), REFUSED, ids=lambda item: getattr(item, "__name__", ""))
@pytest.mark.parametrize("optimize", [False, True], ids=["raw", "optimized"])
def test_refused(function, args, optimize):
    argnum = next(k for k, arg in enumerate(args) if not isinstance(arg, str))
    before = oracle.fresh((storage, shared, counter))
    given = oracle.fresh(args)
    with pytest.raises(sg.UnsupportedError) as raised:
        sg.grad(function, argnums=argnum, optimize=optimize)(*given)
    error = raised.value
    lines, start = inspect.getsourcelines(function)
    marked = [start + k for k, line in enumerate(lines) if line.rstrip().endswith("# refused")]
    assert re.fullmatch(r"S\d{3}", error.code)
    assert error.span is not None and error.span.line in marked, f"points at line {error.span}, not {marked}:\n{error}"
    assert error.span.file == __file__
    assert error.hint
    assert harness.same(given, args), "the arguments changed"
    assert harness.same((storage, shared, counter), before), "something outside changed"


def test_the_message_shows_the_line_and_a_way_out():
    with pytest.raises(sg.UnsupportedError) as raised:
        sg.grad(grown_while_it_is_run_over)(0.7)
    error = raised.value
    text = str(error)
    first, place, source, carets, *rest = text.splitlines()
    assert first.startswith(f"error[{error.code}]: ")
    assert re.search(rf"--> .*test_refusals\.py:{error.span.line}:\d+$", place)
    assert source.split("|", 1)[1].strip() == linecache.getline(__file__, error.span.line).strip()
    assert set(carets.split("|", 1)[1].strip()) == {"^"}
    assert any(line.startswith("hint: ") for line in rest)


# -------------------------------------------------------------------------------------------- right or refused


@uncertain((0.7,))
def lambda_after_the_loop(x):
    f = None
    for k in range(3):
        y = x * (k + 1)
        if k == 1:
            f = lambda t: t * y + k  # noqa: B023, E731
    return f(x)


@uncertain((0.7, 1.3))
def functions_in_a_tuple(x, y):
    functions = (math.sin, lambda t: t * y, abs)
    total = 0.0
    for f in functions:
        total += f(x) * x
    return total


@uncertain((0.7, True), (-0.7, False))
def defined_nowhere_in_one_path(x, flag):
    if flag:
        y = x * x
    z = x
    if flag:
        z = y * z
    return z


@uncertain((sample(3, 3),))
def write_into_a_view_of_a_local_array(a):
    b = a * 1.0
    row = b[0]
    row[1] = a[1, 1] * a[2, 2]
    column = b[:, 1]
    column *= row
    return np.sum(b * b)


@uncertain((sample(4),))
def write_through_a_reshaped_view(x):
    a = x * x
    m = a.reshape(2, 2)
    m[0, 1] = x[0] * x[3]
    return np.sum(a * a)


@uncertain((sample(4),))
def write_into_the_base_of_a_view(x):
    a = x * x
    tail = a[2:]
    a[2] = x[0]
    return np.sum(tail * tail)


@uncertain((sample(4),))
def asarray_is_an_alias(x):
    a = x * x
    b = np.asarray(a)
    b[0] = x[1]
    return np.sum(a * a)


@uncertain((sample(3, 4),))
def rows_in_a_list(a):
    b = a.copy()
    rows = list(b)
    b[0] = b[1] * 2.0
    return np.sum(b * b) * np.sum(rows[0])


@uncertain((sample(4),))
def sum_that_is_its_start(x):
    a = x.copy()
    b = sum([], a)
    b[0] = 3.0
    return np.sum(a * b)


@uncertain((sample(4),))
def converted_to_its_own_type(x):
    a = x.copy()
    b = np.float64(a)
    b[0] = 3.0
    return np.sum(a * b)


@uncertain((sample(3),))
def alias_through_a_tuple(x):
    a = x * x
    pair = (a, x)
    a[0] = x[1] * x[2]
    return np.sum(pair[0] * x)


@uncertain((sample(3),))
def alias_through_a_callee(x):
    def same(t):
        return t

    a = x * x
    b = same(a)
    b[0] = x[1] * x[2]
    return np.sum(a * b)


@uncertain((sample(3), 2))
def alias_carried_by_a_loop(x, n):
    a = x * x
    b = np.zeros(3)
    for _ in range(n):
        b[0] = a[1] * x[0]
        b = a
    return np.sum(a * b)


@uncertain((sample(3),))
def alias_in_a_closure(x):
    a = x * x

    def total():
        return np.sum(a * x)

    before = total()
    a[0] = x[1]
    return before * total()


@uncertain((sample(3),))
def overwritten_copy_on_one_path(x):
    a = x * 1.0
    b = a if x[0] > 5.0 else a.copy()
    b[0] = x[1] * x[2]
    return np.sum(a * b)


@uncertain((0.7,))
def partial_function(x):
    f = functools.partial(math.pow, x)
    return f(3.0) * x


@uncertain((0.7, 1.3))
def mapped(x, y):
    total = 0.0
    for v in map(math.sin, (x, y)):
        total += v * v
    return total


@uncertain(({"a": 0.7, "b": 1.3},))
def items_of_a_dict(p):
    total = 0.0
    for key, value in p.items():
        total += value * value * len(key)
    return total


@uncertain(({"a": 0.7, "b": 1.3},))
def keys_of_a_dict(p):
    total = 1.0
    for key in p:
        total *= p[key]
    return total


@uncertain((0.7, 1.3))
def tuples_joined(x, y):
    t = (x, y) + (x * y,)
    return t[2] * t[0]


@uncertain((0.7, 3))
def list_multiplied(x, n):
    items = [x] * n
    return items[0] * items[2]


@uncertain((0.7,))
def lambda_in_a_default(x):
    def f(t, g=lambda s: s * x):
        return g(t) * t

    return f(x)


@uncertain((np.array([[0.7, 1.3], [0.2, 0.4]]),))
def last_axis_iterated(a):
    total = 0.0
    for row in a.T:
        p, q = row
        total += p * q * q
    return total


@uncertain((sample(4),))
def added_at(x):
    a = np.zeros(2)
    np.add.at(a, [0, 1, 0, 1], x * x)
    return np.sum(a * a)


@uncertain((sample(4),))
def methods_as_functions(x):
    f = np.add.reduce
    return f(x * x) * x.dot(x)


@uncertain((sample(3), 0.4))
def float32_inside(x, s):
    return float(np.sum(x.astype(np.float64) * np.float64(s)))


@uncertain((0.7,))
def conditional_import(x):
    import math as m

    return m.sin(x) * x


@pytest.mark.parametrize("program", UNCERTAIN, ids=lambda program: program.name)
@pytest.mark.parametrize("optimize", [False, True], ids=["raw", "optimized"])
def test_right_or_refused(program, optimize):
    try:
        harness.check(program, optimize)
    except sg.UnsupportedError as error:
        assert error.span is not None and error.hint
        lines, start = inspect.getsourcelines(program.function)
        assert start <= error.span.line < start + len(lines)


# -------------------------------------------------------------------------------------- refused as a whole


def test_how_an_array_lies_in_memory_is_asked_at_each_call():
    """What compiles the function is an example of the argument, which lies elsewhere."""

    def f(a):
        return np.sum(a) if a.base is None and a.flags.c_contiguous else 2.0 * np.sum(a)

    gradient = sg.grad(f)
    own, view = np.ones((2, 2)), np.ones((4, 2))[::2]
    assert [gradient(a)[0, 0] for a in (own, view, own.copy("F"), own)] == [1.0, 2.0, 2.0, 1.0]


def test_top_level_integers_are_refused_with_a_proposal():
    for number in (3, True, np.int64(3)):
        with pytest.raises((TypeError, sg.UnsupportedError), match=r"\d\.0|float"):
            sg.grad(lambda x: x * x)(number)
    with pytest.raises((TypeError, sg.UnsupportedError), match=r"3\.0"):
        sg.value_and_grad(lambda x, y: x * y, argnums=(0, 1))(2.0, 3)


def test_an_inactive_integer_is_welcome():
    assert sg.grad(lambda x, y: x * y)(2.0, 3) == 3.0


def test_results_that_are_no_scalar_are_refused():
    with pytest.raises((TypeError, ValueError, sg.UnsupportedError), match="scalar"):
        sg.grad(lambda x: x * x)(sample(3))
    with pytest.raises((TypeError, ValueError, sg.UnsupportedError)):
        sg.grad(lambda x: (x, x))(0.7)
    with pytest.raises((TypeError, ValueError, sg.UnsupportedError)):
        sg.grad(lambda x: None)(0.7)


def test_a_result_that_is_none_is_called_so():
    def least(x, n):
        best = None
        for i in range(n):
            if best is None or x * i < best:
                best = x * i
        return best

    assert sg.grad(least)(-1.0, 3) == 2.0
    with pytest.raises(TypeError, match="least returned None"):
        sg.grad(least)(1.0, 0)
    with pytest.raises(TypeError, match="returned a str"):
        sg.grad(lambda x: "text")(1.0)


def test_a_function_that_always_raises_raises_its_own_error():
    def chosen(x, kind):
        if kind == "square":
            return x * x
        raise KeyError(kind)

    def both(x):
        if x > 0.0:
            raise KeyError("positive")
        else:
            raise KeyError("negative")

    for derived in (sg.grad(chosen), sg.value_and_grad(chosen), functools.partial(sg.vjp, chosen)):
        with pytest.raises(KeyError, match="cube"):
            derived(2.0, "cube")
    with pytest.raises(KeyError, match="negative"):
        sg.grad(both)(-1.0)


def test_a_coroutine_is_refused():
    with pytest.raises(sg.UnsupportedError):
        sg.grad(a_coroutine)(0.7)


def test_a_generator_is_refused():
    with pytest.raises(sg.UnsupportedError) as raised:
        sg.grad(generator)(0.7)
    assert raised.value.code == "S004" and raised.value.hint
    assert raised.value.span.line == generator.__code__.co_firstlineno


def test_functions_without_source_are_refused():
    space: dict[str, Any] = {}
    exec("def f(x):\n    return x * x\n", space)
    with pytest.raises(sg.UnsupportedError):
        sg.grad(space["f"])(0.7)


def test_a_file_edited_after_its_import_is_refused(module_from):
    """The text on disk is another function's now: its gradient would be wrong without a sign."""
    module = module_from("def f(x):\n    return x * x\n")
    with open(module.__file__, "w") as file:
        file.write("def f(x):\n    return x * x * x\n")
    linecache.checkcache(module.__file__)
    with contextlib.suppress(sg.UnsupportedError):
        assert sg.grad(module.f)(0.5) == pytest.approx(1.0)


def test_an_edit_above_the_function_is_noticed(module_from):
    module = module_from("""
        def g(x):
            return x * 5.0

        def f(x):
            return x * x
    """)
    with open(module.__file__) as file:
        lines = file.read()
    with open(module.__file__, "w") as file:
        file.write("\n\n\n" + lines)
    linecache.checkcache(module.__file__)
    with contextlib.suppress(sg.UnsupportedError):
        assert sg.grad(module.f)(0.5) == pytest.approx(1.0)


def test_two_lambdas_on_one_line_are_told_apart():
    f, g = (lambda x: x * x), (lambda x: x * x * x)
    assert sg.grad(f)(0.5) == pytest.approx(1.0)
    assert sg.grad(g)(0.5) == pytest.approx(0.75)


def test_a_function_wrapped_by_a_decorator_is_not_mistaken_for_itself():
    """The wrapper doubles: its gradient is that of the doubled function, if there is one."""

    def doubled(function):
        @functools.wraps(function)
        def wrapper(x):
            return 2.0 * function(x)

        return wrapper

    @doubled
    def f(x):
        return x * x

    with contextlib.suppress(sg.UnsupportedError):
        assert sg.grad(f)(0.5) == pytest.approx(2.0)


def test_unknown_arguments_are_refused():
    class Thing:
        field = 2.0

    with pytest.raises((TypeError, sg.UnsupportedError)):
        sg.grad(lambda thing: thing.field * 2.0)(Thing())
    with pytest.raises((TypeError, sg.UnsupportedError)):
        sg.grad(lambda x: x * 2.0)("text")
    with pytest.raises((TypeError, sg.UnsupportedError)):
        sg.grad(lambda x: x * 2.0)(np.array(["a"]))


def test_missing_arguments_are_the_callers_error():
    def f(x, y):
        return x * y

    with pytest.raises(TypeError):
        sg.grad(f)(0.7)
    with pytest.raises(TypeError):
        sg.grad(f)(0.7, 0.8, 0.9)
    with pytest.raises((TypeError, ValueError, IndexError)):
        sg.grad(f, argnums=5)(0.7, 0.8)
