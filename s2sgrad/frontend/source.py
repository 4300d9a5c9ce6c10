"""From a function object to the syntax tree of its own source, and never to another function's.

Whatever text is found must compile to the very bytecode of the function, else it is refused: after a file has been
edited, or with several lambdas on a line, looking at the line number alone would yield some other function's gradient.
"""

from __future__ import annotations
import __future__ as future_features

import ast
import copy
import functools
import inspect
import itertools
import linecache
import sys
import types
import warnings
import weakref
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import gast

from s2sgrad.diagnostics import Span, UnsupportedError

__all__ = ["Source", "find"]


@dataclass(frozen=True)
class Source:
    """A function's source: the tree's lines and columns are those of the file.

    In the tree, private names of a class (`self.__x`) are spelled as Python compiles them (`self._C__x`).
    """

    tree: gast.FunctionDef | gast.Lambda
    file: str
    lines: Sequence[str]  # of the whole file: line n is lines[n - 1]
    text: str  # the function's own, from its first decorator on

    def span(self, node: gast.AST) -> Span:
        """Where a node of the tree stands in the file."""
        return Span(self.file, node.lineno, node.col_offset, node.end_lineno, node.end_col_offset)


_found: dict[int, tuple[weakref.ref, Source]] = {}  # by id of the code object: equal ones may stem from other files


def find(f: Callable) -> Source:
    """The source of a function, method or lambda; raises UnsupportedError if it cannot be had for certain."""
    while isinstance(f, types.MethodType):
        f = f.__func__
    if not isinstance(f, types.FunctionType):
        raise _no_source(f)
    code = f.__code__
    known = _found.get(id(code))
    if known is not None and known[0]() is code:
        return known[1]
    source, key = _search_deeply(f), id(code)
    _found[key] = (weakref.ref(code, lambda _: _found.pop(key, None)), source)
    return source


def _search_deeply(f: types.FunctionType) -> Source:
    """Search; once more with room for sums of a thousand terms if the stack was too small for their trees."""
    try:
        return _search(f)
    except RecursionError:
        limit = sys.getrecursionlimit()
        sys.setrecursionlimit(10 * limit)
    try:
        return _search(f)
    except RecursionError:
        message = f"an expression of `{f.__qualname__}` is nested too deeply for this version of Python"
        raise UnsupportedError("S005", message, _first_line(f.__code__), "split it into several statements") from None
    finally:
        sys.setrecursionlimit(limit)


def _search(f: types.FunctionType) -> Source:
    code, readable = f.__code__, False
    if code.co_flags & (inspect.CO_GENERATOR | inspect.CO_COROUTINE | inspect.CO_ASYNC_GENERATOR):
        message = f"`{f.__qualname__}` is a generator or asynchronous function"
        raise UnsupportedError("S004", message, _first_line(code), "compute all values and return them")
    for lines in _texts(f):
        readable = True
        source = _search_text(f, lines)
        if source is not None:
            return source
    if not readable:
        raise _no_source(f)
    raise UnsupportedError(
        "S002",
        f"this is not the source that `{f.__qualname__}` was compiled from",
        _first_line(code),
        "the file was edited since its import, or something rewrites its code: import it anew, as it stands",
    )


def _no_source(f: object) -> UnsupportedError:
    name = getattr(f, "__qualname__", None) or type(f).__qualname__
    return UnsupportedError("S001", f"no source for `{name}`", hint="put the function, as Python, into a file")


def _first_line(code: types.CodeType) -> Span:
    line, number = linecache.getline(code.co_filename, code.co_firstlineno).rstrip(), code.co_firstlineno
    return Span(code.co_filename, number, len(line) - len(line.lstrip()), number, len(line.encode()))


def _texts(f: types.FunctionType) -> Iterator[list[str]]:
    """The lines of the function's file: as first read, then, if that has changed, as they are now."""
    file = f.__code__.co_filename
    lines = linecache.getlines(file, f.__globals__)
    if not lines and hasattr(linecache, "_getlines_from_code"):  # Python 3.13 keeps the text of `python -c` there
        lines = linecache._getlines_from_code(f.__code__)
    if lines:
        yield lines
    linecache.checkcache(file)
    now = linecache.getlines(file, f.__globals__)
    if now and now != lines:
        yield now


def _search_text(f: types.FunctionType, lines: list[str]) -> Source | None:
    """The definition on the code's first line that compiles to this code, if there is one."""
    code = f.__code__
    if code.co_firstlineno > len(lines):
        return None
    for imports in _imports(f, lines):
        for tree in _trees(code, lines):
            matches = []
            for node in _definitions(tree, code):
                compiled = _compile_like(node, code, imports)
                if compiled and (_same(code, compiled) or _same_but_asserts(code, compiled, node, imports)):
                    matches.append((node, compiled))
            if matches:
                return _source(_choose(matches, code), code, lines)
    return None


def _imports(f: types.FunctionType, lines: list[str]) -> Iterator[set[str]]:
    """Which names the module imports: a good guess, none, then (this takes time) what its text says.

    Python compiles `np.sin(x)` to an attribute rather than a method if the module imports some `np`. It sees no imports
    where a program is compiled statement by statement, as at the prompt or in a notebook.
    """
    names = {name for name in _names(f.__code__) if name.isidentifier()}
    known = names & set(f.__globals__)
    guess = {name for name in known if _is_foreign(f.__globals__[name], f.__globals__.get("__name__"))}
    yield guess
    if guess:
        yield set()
    tree = _parse_file("".join(lines))
    if tree is not None:
        exact = names & set(_module_imports(tree))
        if exact and exact != guess:
            yield exact


def _is_foreign(value: object, module: object) -> bool:
    named = isinstance(value, type | types.FunctionType | types.BuiltinFunctionType)
    return isinstance(value, types.ModuleType) or (named and value.__module__ != module)


def _names(code: types.CodeType) -> Iterator[str]:
    """All names in a code object and those nested in it."""
    yield from (*code.co_names, *code.co_varnames, *code.co_cellvars, *code.co_freevars)
    for const in code.co_consts:
        if isinstance(const, types.CodeType):
            yield from _names(const)


def _module_imports(tree: ast.Module) -> Iterator[str]:
    """The names that a module binds by import in its own scope."""
    stack: list[ast.AST] = [tree]
    while stack:
        node = stack.pop()
        if isinstance(node, ast.Import | ast.ImportFrom):
            yield from (alias.asname or alias.name.partition(".")[0] for alias in node.names)
        elif isinstance(node, ast.stmt | ast.Module | ast.excepthandler | ast.match_case) and not isinstance(
            node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef
        ):
            stack.extend(ast.iter_child_nodes(node))


# -------------------------------------------------------------------------------------------- finding definitions


def _trees(code: types.CodeType, lines: list[str]) -> Iterator[ast.Module]:
    """Trees that may hold the definition, with the file's line numbers: its own lines only, then the whole file."""
    first = code.co_firstlineno
    indent = lines[first - 1][: -len(lines[first - 1].lstrip()) or None]
    end = first if code.co_name == "<lambda>" else _end_of_block(lines, first, len(indent))
    if not indent or first > 1:
        blank = "\n" * (first - 2) + "if 1:\n" if indent else "\n" * (first - 1)  # keeps lines and columns
        tree = _parse(blank + "".join(lines[first - 1 : end]))
        if tree is not None:
            yield tree
    tree = _parse_file("".join(lines))
    if tree is not None:
        yield tree


def _end_of_block(lines: list[str], first: int, indent: int) -> int:
    """Where a definition ends, by indentation. If this cuts too early, the text does not parse: nothing is lost."""
    seen_def = False
    for number in range(first, len(lines) + 1):
        line = lines[number - 1].lstrip()
        if not line or line[0] == "#" or len(lines[number - 1]) - len(line) > indent:
            continue
        if seen_def and line[0] not in ")]}":
            return number - 1
        seen_def = seen_def or line.startswith(("def ", "async "))
    return len(lines)


def _parse(text: str) -> ast.Module | None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # Python has already told the user what it thinks of this text
        try:
            return ast.parse(text)
        except (SyntaxError, ValueError):
            return None


_parse_file = functools.lru_cache(maxsize=2)(_parse)


def _definitions(tree: ast.Module, code: types.CodeType) -> Iterator[ast.FunctionDef | ast.Lambda]:
    """The definitions of this name that begin on the code's first line."""
    line, is_lambda = code.co_firstlineno, code.co_name == "<lambda>"
    stack: list[ast.AST] = [tree]
    while stack:
        node = stack.pop()
        start = getattr(node, "lineno", line)
        decorators = getattr(node, "decorator_list", None)
        if decorators:
            start = decorators[0].lineno
        if not start <= line <= getattr(node, "end_lineno", line):
            continue
        if start == line and isinstance(node, ast.Lambda if is_lambda else ast.FunctionDef):
            if is_lambda or node.name == code.co_name:
                yield node
        stack.extend(ast.iter_child_nodes(node))


def _choose(
    matches: list[tuple[ast.FunctionDef | ast.Lambda, types.CodeType]], code: types.CodeType
) -> ast.FunctionDef | ast.Lambda:
    """Of definitions with the same bytecode, the one at the code's own columns."""
    if len(matches) == 1:
        return matches[0][0]
    positions = list(code.co_positions())
    nodes = [node for node, compiled in matches if list(compiled.co_positions()) == positions]
    nodes = nodes or [node for node, _ in matches]
    if len({ast.dump(node) for node in nodes}) > 1:  # Python was told to keep no columns
        message = "cannot tell which of the lambdas on this line is meant"
        raise UnsupportedError("S003", message, _first_line(code), "put each of them on a line of its own")
    return nodes[0]


def _source(node: ast.FunctionDef | ast.Lambda, code: types.CodeType, lines: list[str]) -> Source:
    tree = gast.ast_to_gast(node)
    owner = _class_of(code)
    if owner:
        _mangle(tree, owner)
    text = lines[code.co_firstlineno - 1 : node.end_lineno]
    if isinstance(node, ast.Lambda):
        text[-1] = text[-1].encode()[: node.end_col_offset].decode()
        text[0] = text[0].encode()[node.col_offset :].decode()
    return Source(tree, code.co_filename, lines, "".join(text))


# -------------------------------------------------------------------------------------------- private names


def _class_of(code: types.CodeType) -> str | None:
    """The class around a definition, which has a say in what its private names are."""
    parts = code.co_qualname.split(".")
    for name, following in reversed(list(itertools.pairwise(parts))):
        if name[0] != "<" and following != "<locals>":
            return name
    return None


def _mangle(tree: gast.AST, owner: str) -> None:
    """Spell private names as Python compiles them."""
    prefix = "_" + owner.lstrip("_")
    for node in gast.walk(tree):
        for field in ("id", "attr", "name"):
            name = getattr(node, field, None)
            if isinstance(name, str) and name.startswith("__") and not name.endswith("__") and node is not tree:
                setattr(node, field, prefix + name)
        if isinstance(node, gast.Global | gast.Nonlocal):
            node.names = [prefix + n if n.startswith("__") and not n.endswith("__") else n for n in node.names]


# -------------------------------------------------------------------------------------------- comparing bytecode


def _compile_like(node: ast.FunctionDef | ast.Lambda, code: types.CodeType, imports: set[str]) -> types.CodeType | None:
    """Compile a definition in surroundings like those of `code`: imports, captured names, class, `__future__`."""
    tree, depth = _surroundings(node, code, imports)
    inner = tree.body
    for _ in range(depth):
        inner = inner[-1].body
    inner[-1] = _bare(node)
    flags = 0
    for name in future_features.all_feature_names:
        flags |= getattr(future_features, name).compiler_flag
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            level = [compile(tree, "<s2sgrad>", "exec", code.co_flags & flags, dont_inherit=True)]
        except (SyntaxError, ValueError):
            return None
    for _ in range(depth + 1):
        level = [const for outer in level for const in outer.co_consts if isinstance(const, types.CodeType)]
    return next((inner for inner in level if inner.co_name == code.co_name), None)


def _surroundings(
    node: ast.FunctionDef | ast.Lambda, code: types.CodeType, imports: set[str]
) -> tuple[ast.Module, int]:
    """A module that ends in a placeholder for the definition, and how deep this is nested."""
    owner, free = _class_of(code), code.co_freevars
    text, depth = f"import {', '.join(imports)}\n" if imports else "", 0
    if free:
        text, depth = f"{text}def outer({', '.join(free)}):\n", 1
        known = [name for name in (getattr(node, "name", None), owner) if name and name not in free]
        text += f" global {', '.join(dict.fromkeys(known))}\n" if known else ""
    if owner:
        text += " " * depth + f"class {owner}:\n"
        depth += 1
    return ast.parse(text + " " * depth + "pass"), depth


def _bare(node: ast.FunctionDef | ast.Lambda) -> ast.stmt:
    """The definition without decorators and defaults: these belong to the code around it."""
    node = copy.copy(node)
    node.args = copy.copy(node.args)
    node.args.defaults = []
    node.args.kw_defaults = [None] * len(node.args.kwonlyargs)
    if isinstance(node, ast.Lambda):
        return ast.copy_location(ast.Expr(node), node)
    node.decorator_list = []
    if hasattr(node, "type_params"):
        node.type_params = []
    return node


_SIGNATURE = ("co_name", "co_argcount", "co_posonlyargcount", "co_kwonlyargcount", "co_freevars")
_CONTENT = ("co_varnames", "co_cellvars", "co_names", "co_code", "co_exceptiontable")
_KINDS = inspect.CO_VARARGS | inspect.CO_VARKEYWORDS | inspect.CO_GENERATOR | inspect.CO_COROUTINE


def _same_signature(a: types.CodeType, b: types.CodeType) -> bool:
    return (a.co_flags ^ b.co_flags) & _KINDS == 0 and all(getattr(a, f) == getattr(b, f) for f in _SIGNATURE)


def _same(a: object, b: object) -> bool:
    """Whether two code objects, or two constants of such, do the same; files and lines do not count."""
    if type(a) is not type(b):
        return False
    if isinstance(a, types.CodeType):
        same = _same_signature(a, b) and all(getattr(a, f) == getattr(b, f) for f in _CONTENT)
        return same and _same(a.co_consts, b.co_consts)
    if isinstance(a, tuple):
        return len(a) == len(b) and all(map(_same, a, b))
    if isinstance(a, frozenset):
        return sorted(map(repr, a)) == sorted(map(repr, b))
    return a is b or repr(a) == repr(b)  # tells 0.0 from -0.0, and 1 from True


def _same_but_asserts(code: types.CodeType, compiled: types.CodeType, node: ast.AST, imports: set[str]) -> bool:
    """Whether the code may be the definition after pytest has rewritten its asserts, which changes all bytecode."""
    if not any(name.startswith("@py") for name in _names(code)) or not _same_signature(code, compiled):
        return False
    rest = _compile_like(_WithoutAsserts().visit(copy.deepcopy(node)), code, imports)
    if rest is None:
        return False
    numbers = {repr(const) for const in code.co_consts}
    kept = all(repr(const) in numbers for const in rest.co_consts if isinstance(const, int | float | complex))
    return kept and set(_names(rest)) <= set(_names(code))


class _WithoutAsserts(ast.NodeTransformer):
    """Replaces asserts by `pass`."""

    def visit_Assert(self, node: ast.Assert) -> ast.Pass:
        return ast.copy_location(ast.Pass(), node)
