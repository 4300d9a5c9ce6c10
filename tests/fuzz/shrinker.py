"""The smallest program that fails the same way: statements, branches, operands and parameters go while it fails."""

from __future__ import annotations

import ast
import copy
import time
from collections.abc import Callable, Iterator
from dataclasses import replace

from tests.fuzz.program import Program

Fails = Callable[[Program], bool]
Edit = Callable[[], None]


def shrink(program: Program, fails: Fails, seconds: float = 60.0) -> Program:
    """A smaller program that still fails, found by trying edits until none is left or the time is over."""
    end = time.monotonic() + seconds
    program = replace(program, text=ast.unparse(ast.parse(program.text)) + "\n")
    if not fails(program):
        return program
    for args in program.examples if len(program.examples) > 1 else ():
        one = replace(program, examples=(args,))
        if fails(one):
            program = one
            break
    progress = True
    while progress and time.monotonic() < end:
        progress = False
        for candidates in (fewer_statements, simpler_statements, simpler_expressions, fewer_parameters):
            program, found = sweep(program, fails, candidates, end)
            progress = progress or found
    return program


def sweep(program: Program, fails: Fails, candidates: Callable, end: float) -> tuple[Program, bool]:
    """Every edit of a kind, tried once at each place; those that keep the failure are kept."""
    position, found = 0, False
    while time.monotonic() < end:
        smaller = nth(program, candidates, position)
        if smaller is None:
            return program, found
        if len(smaller.text) < len(program.text) and fails(smaller):
            program, found = smaller, True
        else:
            position += 1
    return program, found


def nth(program: Program, candidates: Callable, position: int) -> Program | None:
    """The program after the edit of a number; None if there are fewer."""
    tree = ast.parse(program.text)
    examples = [list(args) for args in program.examples]
    for number, edit in enumerate(candidates(tree, examples)):
        if number == position:
            edit()
            text = ast.unparse(ast.fix_missing_locations(tree)) + "\n"
            return replace(program, text=text, examples=tuple(map(tuple, examples)))
    return None


def bodies(tree: ast.AST) -> Iterator[list[ast.stmt]]:
    """The lists of statements of a tree, outer ones first."""
    for node in ast.walk(tree):
        for name in ("body", "orelse", "finalbody"):
            block = getattr(node, name, None)
            if isinstance(block, list):
                yield block


def fewer_statements(tree: ast.AST, _: list) -> Iterator[Edit]:
    """Leave out statements: halves of a block first, then single ones, the last first."""
    for block in bodies(tree):
        size = len(block) // 2
        while size > 1:
            for start in range(0, len(block), size):
                yield lambda block=block, start=start, size=size: cut(block, start, start + size)
            size //= 2
        for i in reversed(range(len(block))):
            if not isinstance(block[i], ast.Pass):
                yield lambda block=block, i=i: cut(block, i, i + 1)


def cut(block: list[ast.stmt], start: int, end: int) -> None:
    """Remove statements; a block keeps at least `pass`."""
    block[start:end] = []
    if not block:
        block.append(ast.Pass())


def simpler_statements(tree: ast.AST, _: list) -> Iterator[Edit]:
    """A compound statement becomes what is in it; an `else` goes."""
    for block in bodies(tree):
        for i, stmt in enumerate(block):
            for name in ("body", "orelse", "finalbody"):
                inner = getattr(stmt, name, None)
                if not isinstance(stmt, ast.FunctionDef | ast.ClassDef) and isinstance(inner, list) and inner:
                    yield lambda block=block, i=i, inner=inner: block.__setitem__(slice(i, i + 1), inner)
            if getattr(stmt, "orelse", None):
                yield lambda stmt=stmt: stmt.orelse.clear()
            if isinstance(stmt, ast.Match) and len(stmt.cases) > 1:
                for k in range(len(stmt.cases)):
                    yield lambda stmt=stmt, k=k: stmt.cases.__delitem__(k)


def simpler_expressions(tree: ast.AST, _: list) -> Iterator[Edit]:
    """An operand in place of an operation; a number in place of anything."""
    for parent in ast.walk(tree):
        for name, value in ast.iter_fields(parent):
            if isinstance(value, ast.expr):
                for new in replacements(value):
                    yield lambda parent=parent, name=name, new=new: setattr(parent, name, new)
            elif isinstance(value, list):
                for i, item in enumerate(value):
                    if isinstance(item, ast.expr):
                        for new in replacements(item):
                            yield lambda value=value, i=i, new=new: value.__setitem__(i, new)
                        if len(value) > 1 and isinstance(parent, ast.List | ast.Tuple | ast.BoolOp):
                            yield lambda value=value, i=i: value.__delitem__(i)
                if isinstance(parent, ast.Dict) and name == "keys" and len(value) > 1:
                    for i in range(len(value)):
                        yield lambda parent=parent, i=i: (parent.keys.__delitem__(i), parent.values.__delitem__(i))


def replacements(node: ast.expr) -> Iterator[ast.expr]:
    """Simpler expressions for one."""
    if isinstance(getattr(node, "ctx", None), ast.Store | ast.Del) or isinstance(node, ast.Constant):
        return
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.expr) and not isinstance(child, ast.Lambda):
            yield copy.deepcopy(child)
    if not isinstance(node, ast.Slice):
        for number in (1.0, 0):
            yield ast.Constant(number)


def fewer_parameters(tree: ast.AST, examples: list[list]) -> Iterator[Edit]:
    """A parameter of `f` that nothing reads goes, with its arguments."""
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef) and node.name == "f" and len(node.args.args) > 1:
            used = {n.id for n in ast.walk(node) if isinstance(n, ast.Name)}
            for i, param in enumerate(node.args.args):
                if param.arg not in used:
                    yield lambda node=node, i=i: drop(node, i, examples)


def drop(node: ast.FunctionDef, i: int, examples: list[list]) -> None:
    """Remove the parameter, and what it is called with."""
    del node.args.args[i]
    for args in examples:
        del args[i]
