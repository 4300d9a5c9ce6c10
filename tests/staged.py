"""What the tests of the passes share: a function's way through the compiler, stage by stage."""

import ast
import textwrap
from collections.abc import Callable
from typing import Any

from s2sgrad import explain, rules
from s2sgrad.analysis.activity import Activity
from s2sgrad.analysis.inference import Analysis
from s2sgrad.ir import kinds as k
from s2sgrad.ir import nodes as ir
from s2sgrad.pipeline import Compiler, Prepared, opaque_calls
from tests.test_printer import block, expr


def text(source: str) -> str:
    """A block of source as the printer would have it: no common indent, no blank lines around."""
    return textwrap.dedent(source).strip()


def stage(name: str, f: Callable, *args: Any, argnums: Any = 0) -> str:
    """The text of one stage, comments off."""
    return bare(dict(explain(f, *args, argnums=argnums))[name])


def bare(source: str) -> str:
    """Generated text without its comments, the mark before the reverse sweep apart."""
    lines = (line if "---- reverse" in line else line.split("  #")[0].rstrip() for line in source.strip().splitlines())
    return "\n".join(lines)


def prepared(f: Callable, *args: Any) -> Prepared:
    """A function in single assignment, with the facts about it."""
    compiler = Compiler(f, optimize=False)
    return compiler.prepare(compiler.analyse(compiler.lift(args)))


def analysed(f: Callable, *args: Any) -> tuple[Analysis, Compiler]:
    """What inference finds of a function for these arguments."""
    compiler = Compiler(f, optimize=False)
    return compiler.analyse(compiler.lift(args)), compiler


def active(f: Callable, *args: Any, argnums: tuple[int, ...] = (0,)) -> set[str]:
    """The names of the single-assignment form that a derivative flows through."""
    p = prepared(f, *args)
    names = frozenset(p.ssa.function.params[i].name for i in argnums)
    found = Activity(p.ssa.function, p.ssa.kinds, names, p.aliases, rules.lookup, opaque_calls(p.analysis))
    return set(found.active)


def kinds(f: Callable, *args: Any) -> dict[str, str]:
    """The kinds of a function's names in single assignment, written shortly."""
    return {name: show(value) for name, value in prepared(f, *args).ssa.kinds.items()}


def result(f: Callable, *args: Any) -> str:
    """The kind of a function's result, written shortly."""
    return show(analysed(f, *args)[0].result)


def show(value: k.Value) -> str:
    """A union of kinds as short text: `float | float64[2]`."""
    return " | ".join(sorted(map(show_kind, value.kinds))) or "nothing"


def show_kind(kind: k.Kind) -> str:
    match kind:
        case k.Static(value=v):
            return f"={getattr(v, '__name__', repr(v))}"
        case k.Weak(type=t):
            return t.__name__
        case k.Scalar(dtype=d):
            return d.name
        case k.Array(dtype=d, axes=axes):
            return f"{d.name}[{','.join(map(show_axis, axes))}]"
        case k.Tuple(cls=c, items=items):
            return f"{c.__name__}({', '.join(map(show, items))})"
        case k.List(items=None, element=e):
            return f"list of {show(e)}"
        case k.List(items=items):
            return f"[{', '.join(map(show, items))}]"
        case k.Dict(keys=None, element=e):
            return f"dict of {show(e)}"
        case k.Dict(keys=keys, items=items):
            return "{" + ", ".join(f"{key!r}: {show(v)}" for key, v in zip(keys, items)) + "}"
        case k.Function(captures=captures):
            return f"function({', '.join(f'{n}: {show(v)}' for n, v in captures)})"
    return type(kind).__name__.lower()


def show_axis(axis: Any) -> str:
    """`?`: unknown; `1`; `n`: named, so not 1; `n-2`: a slice of such a one."""
    return "?" if axis is None else f"n-{axis[1]}" if isinstance(axis, tuple) else "1" if axis == 1 else "n"


# --------------------------------------------------------------------------------- IR from a test's own Python text


def parse(source: str, refs: dict[str, Any] | None = None) -> ir.Block:
    """Statements in IR. Names in `refs` become references to these objects; `tape.append((a, b))` becomes a Push,
    `a, b = tape.pop()` a Pop, for names that start with `tape`."""
    tree = ast.parse(text(source))
    return tuple(taped(s, refs or {}) for s in block(tree.body))


def taped(stmt: ir.Stmt, refs: dict[str, Any]) -> ir.Stmt:
    from s2sgrad.ir.traverse import blocks, map_expressions, with_blocks

    match stmt:
        case ir.Evaluate(value=ir.Call(func=ir.Attr(value=ir.Name(id=t), name="append"), args=(v,))) if is_tape(t):
            return ir.Push(ir.Name(t), v.items if isinstance(v, ir.Tuple) else (v,))
        case ir.Assign(target=target, value=ir.Call(func=ir.Attr(value=ir.Name(id=t), name="pop"))) if is_tape(t):
            return ir.Pop(ir.Name(t), target.items if isinstance(target, ir.Tuple) else (target,))
        case ir.AugAssign(target=ir.Index() as target):
            stmt = ir.Augment(target, stmt.op, stmt.value)
        case ir.Assign(target=ir.Index() as target):
            stmt = ir.Store(target, stmt.value)
    stmt = map_expressions(stmt, lambda e: referring(e, refs))
    inner = blocks(stmt)
    return with_blocks(stmt, tuple(tuple(taped(s, refs) for s in b) for b in inner)) if inner else stmt


def is_tape(name: str) -> bool:
    return name.startswith("tape")


def referring(e: ir.Expr, refs: dict[str, Any]) -> ir.Expr:
    from s2sgrad.ir.traverse import rebuild

    match e:
        case ir.Attr(value=ir.Name(id=root), name=name) if root in refs:
            return ir.Ref(f"{root}.{name}", getattr(refs[root], name), refs[root])
        case ir.Name(id=name) if name in refs:
            return ir.Ref(name, refs[name])
    return rebuild(e, lambda child: referring(child, refs))


def parse_expr(source: str) -> ir.Expr:
    return expr(ast.parse(source, mode="eval").body)
