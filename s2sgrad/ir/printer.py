"""The IR as Python text, written as a person would write it: the one place that knows Python's syntax.

`astunparse.Unparser` supplies the walk and the lines; its subclass here decides on parentheses by precedence and writes
IR nodes. Texts end without a newline.
"""

from __future__ import annotations

import inspect
import math
import re
from collections.abc import Callable, Sequence
from dataclasses import fields, replace
from typing import Any

from astunparse import Unparser

from s2sgrad.ir import nodes as ir
from s2sgrad.ir.scopes import children, walk

__all__ = ["print_block", "print_expr", "print_function"]

# Precedences, loosest first. An operand that binds less tightly than its place demands gets parentheses.
ANY, TEST, OR, AND, NOT, COMPARE, BIT_OR, BIT_XOR, BIT_AND, SHIFT, SUM, TERM, FACTOR, POWER, POSTFIX, ATOM = range(16)

BINARY = {
    "|": BIT_OR, "^": BIT_XOR, "&": BIT_AND, "<<": SHIFT, ">>": SHIFT, "+": SUM, "-": SUM,
    "*": TERM, "/": TERM, "//": TERM, "%": TERM, "@": TERM, "**": POWER,
}  # fmt: skip
LEFT = BINARY | {"**": POSTFIX}
RIGHT = {op: level + 1 for op, level in BINARY.items()} | {"**": FACTOR}
LEVELS: dict[type, int] = {ir.Walrus: ANY, ir.Closure: TEST, ir.IfExp: TEST, ir.Compare: COMPARE, ir.Starred: TEST}

WIDEST_CODE = 60  # comments start no further right, save behind a line that is longer


def print_function(fn: ir.Function) -> str:
    """The text of a function definition."""
    printer = Printer()
    printer.dispatch(fn)
    return printer.text()


def print_block(stmts: Sequence[ir.Stmt], indent: int = 0) -> str:
    """The text of some statements, indented by that many levels; `pass` if there are none."""
    printer = Printer(indent)
    printer.block(stmts)
    return printer.text()


def print_expr(e: ir.Expr | ir.Keyword) -> str:
    """The text of an expression."""
    return _inline(e, TEST)


def _inline(e: ir.Node, level: int) -> str:
    printer = Printer()
    printer.fill()
    printer.dispatch(e, level)
    return printer.text()


def literal(value: Any) -> tuple[str, int]:
    """A literal's text and precedence. Infinities are written as overflowing literals: no name could be shadowed."""
    kind = type(value)
    if kind is float:
        text = repr(value).replace("inf", "1e309")
        return ("(1e309 - 1e309)", ATOM) if value != value else (text, FACTOR if text[0] == "-" else ATOM)
    if kind is int:
        text = repr(value) if value.bit_length() < 10_000 else hex(value)  # Python refuses to print longer decimals
        return text, FACTOR if value < 0 else ATOM
    if kind is complex:
        return _complex_literal(value)
    if value is Ellipsis:
        return "...", ATOM
    if kind in (str, bytes, bool) or value is None:
        return repr(value), ATOM
    raise TypeError(f"no literal: {value!r}, a {kind.__name__}")


def _complex_literal(value: complex) -> tuple[str, int]:
    """`2j`, `1.0 + 2j`; with infinities and negative zeros `complex(…)`, as sums would lose them."""
    positive = [math.copysign(1.0, part) > 0 for part in (value.real, value.imag)]
    imaginary = repr(abs(value.imag)).removesuffix(".0") + "j"
    if not math.isfinite(abs(value.real) + abs(value.imag)):
        return f"complex({literal(value.real)[0]}, {literal(value.imag)[0]})", POSTFIX
    if value.real == 0.0 and positive[0] and positive[1]:
        return imaginary, ATOM
    if value.real == 0.0 and not positive[0] and not positive[1]:
        return f"-{imaginary}", FACTOR  # negates the zero of the real part as well
    if value.real == 0.0 or (value.imag == 0.0 and not positive[1]):
        return f"complex({value.real!r}, {value.imag!r})", POSTFIX
    return f"{value.real!r} {'+' if positive[1] else '-'} {imaginary}", SUM


def precedence(e: ir.Node) -> int:
    """How tightly an expression's text binds."""
    kind = type(e)
    if kind is ir.Binary:
        return BINARY[e.op]
    if kind is ir.Unary:
        return NOT if e.op == "not" else FACTOR
    if kind is ir.BoolOp:
        return AND if e.op == "and" else OR
    if kind is ir.Const:
        return literal(e.value)[1]
    return LEVELS.get(kind, ATOM)


class Printer(Unparser):
    """Writes IR nodes as lines of Python, one method per node."""

    def __init__(self, indent: int = 0) -> None:  # the stock constructor would print at once
        self._indent = indent
        self._lines: list[list[str]] = []
        self._notes: dict[int, str] = {}  # by line
        self._comments: set[int] = set()  # lines that are nothing but a comment
        self._functions = 0  # that were made of expressions which take statements

    # -------------------------------------------------------------------------------------------- lines and comments

    def fill(self, text: str = "") -> None:
        """Start a new line."""
        line = ["    " * self._indent, text]
        self._lines.append(line)
        self.write = line.append

    def dispatch(self, tree: ir.Node, level: int = ANY) -> None:
        """Write a node; an expression gets parentheses if it binds less tightly than `level`."""
        method = getattr(self, "_" + type(tree).__name__)
        if level and precedence(tree) < level:
            self.write("(")
            method(tree)
            self.write(")")
        else:
            method(tree)

    def text(self) -> str:
        """What has been written, the comments aligned within each stretch between lines that are all comment."""
        lines = ["".join(parts) for parts in self._lines]
        shown = {i: note for i, note in self._notes.items() if self._notes.get(i - 1) != note}
        stretch: list[int] = []
        for i in range(len(lines) + 1):
            if i == len(lines) or i in self._comments:
                column = min(WIDEST_CODE, max((len(lines[j]) for j in stretch), default=0) + 2)
                for j in stretch:
                    lines[j] = f"{lines[j]}  ".ljust(column) + f"# {shown[j]}"
                stretch = []
            elif i in shown:
                stretch.append(i)
        return "\n".join(lines)

    def block(self, stmts: Sequence[ir.Stmt], empty: bool = True) -> None:
        """Write statements; `pass` if there is none and the block is `empty` without them."""
        opened: list[ir.Stmt] = []
        for stmt in stmts:
            if _takes_statements(stmt):
                stmt = self._hoisted(stmt)
            if isinstance(stmt, (ir.Leave, ir.Lastly)):
                if empty:
                    self.fill("pass")
                self.leave()
                opened.pop()
                empty = False
            if isinstance(stmt, (ir.Enter, ir.Lastly)):
                self.dispatch(stmt)
                self.enter()
                opened.append(stmt)
                empty = True
            if isinstance(stmt, (ir.Enter, ir.Lastly, ir.Leave)):
                continue
            if type(stmt) is ir.Pass and stmt.note:
                self._comments.add(len(self._lines))
                self.fill(f"# {_one_line(stmt.note)}")
                continue
            if stmt.note:
                self._notes[len(self._lines)] = _one_line(stmt.note)
            self.dispatch(stmt)
            empty = False
        if empty:
            self.fill("pass")
        for stmt in reversed(opened):  # what follows cannot be reached
            self.leave()
            if isinstance(stmt, ir.Enter) and stmt.manager is None:
                self.fill("finally")
                self._suite(())

    def _hoisted(self, stmt: ir.Stmt) -> ir.Stmt:
        """A statement with calls in place of expressions that take statements: their functions stand before it."""

        def replaced(node: ir.Node) -> ir.Node:
            if isinstance(node, ir.Closure) and _takes_statements(node):
                self._functions += 1
                name = f"function_{self._functions}"
                self._Function(node.function, name)
                return ir.Name(name)
            if not isinstance(node, ir.Do):
                return _mapped(node, replaced)
            self._functions += 1
            name = f"made_{self._functions}_of"
            names = sorted({w.target.id for w in walk(node) if isinstance(w, ir.Walrus)})
            for walrus in names:  # a variable of the function around, whether it has a value or not
                self.fill(f"for {walrus} in ()")
                self._suite(())
            self.fill(f"def {name}()")
            self.enter()
            if names:
                self.fill(f"nonlocal {', '.join(names)}")
            self.block((*node.body, ir.Return(node.value)))
            self.leave()
            return ir.Call(ir.Name(name))

        return _mapped(stmt, replaced)

    def _suite(self, stmts: Sequence[ir.Stmt], until: ir.Name | None = None) -> None:
        self.enter()
        self.block(stmts, empty=until is None)
        if until is not None:
            self._break_if(until)
        self.leave()

    def _break_if(self, test: ir.Expr) -> None:
        self.fill("if ")
        self.dispatch(test)
        self._suite((ir.Break(),))

    def _comma_separated(self, items: Sequence[ir.Node]) -> None:
        separator = ""
        for item in items:
            self.write(separator)
            self.dispatch(item, TEST)
            separator = ", "

    # -------------------------------------------------------------------------------------------- functions

    def _Function(self, t: ir.Function, name: str | None = None) -> None:
        self.fill(f"def {name or t.name}(")
        self._params(t.params)
        self.write(")")
        self.enter()
        if t.doc is not None:
            self._docstring(t.doc)
        self.block(t.body, empty=t.doc is None)
        self.leave()

    def _params(self, params: Sequence[ir.Param]) -> None:
        parts, star, slash = [], False, 0
        for param in params:
            if param.kind == "positional-only":
                slash = len(parts) + 1
            if param.kind == "keyword" and not star:
                parts.append("*")
            star = star or param.kind in ("star", "keyword")
            prefix = {"star": "*", "starstar": "**"}.get(param.kind, "")
            default = "" if param.default is None else f"={_inline(param.default, TEST)}"
            parts.append(f"{prefix}{param.name}{default}")
        if slash:
            parts.insert(slash, "/")
        self.write(", ".join(parts))

    def _docstring(self, doc: str) -> None:
        """A docstring, its lines indented like the code."""
        lines = inspect.cleandoc(doc).split("\n")
        if not all(line.isprintable() for line in lines):
            self.fill(repr(doc))
            return
        lines = [line.replace("\\", "\\\\").replace('"""', '\\"\\"\\"') for line in lines]
        if lines[-1].endswith('"'):
            lines[-1] = lines[-1][:-1] + '\\"'
        self.fill(f'"""{lines[0]}')
        for line in lines[1:]:
            if line:
                self.fill(line)
            else:
                self._lines.append([])
        if len(lines) > 1:
            self.fill()
        self.write('"""')

    def _Define(self, t: ir.Define) -> None:
        self._Function(t.function, t.name)

    def _Closure(self, t: ir.Closure) -> None:
        body = t.function.body
        if len(body) != 1 or type(body[0]) is not ir.Return or body[0].value is None:
            raise ValueError(f"{t.function.name} has statements: it must be hoisted into a Define before it is printed")
        if any(type(value) is not ir.Name or value.id != name for name, value in t.captures):
            raise ValueError(f"{t.function.name} captures values under other names: it must be hoisted")
        self.write("lambda " if t.function.params else "lambda")
        self._params(t.function.params)
        self.write(": ")
        self.dispatch(body[0].value, TEST)

    # -------------------------------------------------------------------------------------------- statements

    def _targets(self, t: ir.Expr) -> None:
        """A target, or the value that is unpacked into one: a tuple of several items goes without parentheses."""
        if type(t) is ir.Tuple and len(t.items) > 1:
            self._comma_separated(t.items)
        else:
            self.dispatch(t, TEST)

    def _Assign(self, t: ir.Assign | ir.Store) -> None:
        self.fill()
        self._targets(t.target)
        self.write(" = ")
        if type(t.target) is ir.Tuple:
            self._targets(t.value)
        else:
            self.dispatch(t.value, TEST)

    _Store = _Assign

    def _AugAssign(self, t: ir.AugAssign | ir.Augment) -> None:
        self.fill()
        self.dispatch(t.target)
        self.write(f" {t.op}= ")
        self.dispatch(t.value, TEST)

    def _Augment(self, t: ir.Augment) -> None:
        if t.accumulate is None:
            self._AugAssign(t)
            return
        self.fill()
        self._Call(ir.Call(t.accumulate, (t.target.value, t.target.index, t.value)))

    def _Evaluate(self, t: ir.Evaluate) -> None:
        self.fill()
        self.dispatch(t.value, TEST)

    def _Return(self, t: ir.Return) -> None:
        self.fill("return")
        if t.value is not None:
            self.write(" ")
            self._targets(t.value)

    def _If(self, t: ir.If) -> None:
        self.fill("if ")
        self.dispatch(t.test)
        self._suite(t.body)
        while len(t.orelse) == 1 and type(t.orelse[0]) is ir.If and not _takes_statements(t.orelse[0]):
            t = t.orelse[0]
            if t.note:
                self._notes[len(self._lines)] = _one_line(t.note)
            self.fill("elif ")
            self.dispatch(t.test)
            self._suite(t.body)
        self._else(t.orelse)

    def _Try(self, t: ir.Try) -> None:
        self.fill("try")
        self._suite(t.body)
        self.fill("except ")
        self.dispatch(t.exceptions)
        if t.name is not None:
            self.write(f" as {t.name.id}")
        self._suite(t.orelse)

    def _With(self, t: ir.With) -> None:
        self._Enter(ir.Enter(t.manager, t.target))
        self._suite(t.body)

    def _Finally(self, t: ir.Finally) -> None:
        self.fill("try")
        self._suite(t.body)
        self.fill("finally")
        self._suite(t.final)

    def _Enter(self, t: ir.Enter) -> None:
        self.fill("try" if t.manager is None else "with ")
        if t.manager is not None:
            self.dispatch(t.manager, TEST)
        if t.target is not None:
            self.write(f" as {t.target.id}")

    def _Lastly(self, t: ir.Lastly) -> None:
        self.fill("finally")

    def _else(self, stmts: Sequence[ir.Stmt]) -> None:
        if stmts:
            self.fill("else")
            self._suite(stmts)

    def _For(self, t: ir.For) -> None:
        self.fill("for ")
        self._targets(t.target)
        self.write(" in ")
        self.dispatch(t.iter, TEST)
        self._suite(t.body, t.until)
        self._else(t.orelse)

    def _While(self, t: ir.While) -> None:
        if not t.head:
            self.fill("while ")
            self.dispatch(t.test)
            self._suite(t.body, t.until)
            self._else(t.orelse)
            return
        if t.orelse:
            raise ValueError("a while loop with a head cannot have an else")
        self.fill("while True")
        self.enter()
        self.block(t.head)
        negated = type(t.test) is ir.Unary and t.test.op == "not"
        self._break_if(t.test.operand if negated else ir.Unary("not", t.test))
        self.block(t.body, empty=False)
        if t.until is not None:
            self._break_if(t.until)
        self.leave()

    def _Assert(self, t: ir.Assert) -> None:
        self.fill("assert ")
        self._comma_separated((t.test,) if t.message is None else (t.test, t.message))

    def _Raise(self, t: ir.Raise) -> None:
        self.fill("raise")
        if t.exception is not None:
            self.write(" ")
            self.dispatch(t.exception, TEST)
        if t.cause is not None:
            self.write(" from ")
            self.dispatch(t.cause, TEST)

    def _Push(self, t: ir.Push) -> None:
        values = ", ".join(name.id for name in t.values) or "None"
        self.fill(f"{t.tape.id}.append(({values}))" if len(t.values) > 1 else f"{t.tape.id}.append({values})")

    def _Pop(self, t: ir.Pop) -> None:
        targets = ", ".join(name.id for name in t.targets)
        self.fill(f"{targets} = {t.tape.id}.pop()" if targets else f"{t.tape.id}.pop()")

    # -------------------------------------------------------------------------------------------- expressions

    def _Name(self, t: ir.Name) -> None:
        self.write(t.id)

    def _Const(self, t: ir.Const) -> None:
        self.write(literal(t.value)[0])

    def _Ref(self, t: ir.Ref) -> None:
        self.write(t.path)

    def _Hole(self, t: ir.Hole) -> None:
        self.write(t.name if t.part == "primal" else f"{t.part}[{t.name}]")

    def _Attr(self, t: ir.Attr) -> None:
        number = type(t.value) is ir.Const and type(t.value.value) in (int, float, complex)
        self.dispatch(t.value, ATOM + 1 if number else POSTFIX)  # 1.real would be read as a float
        self.write(f".{t.name}")

    def _Field(self, t: ir.Field) -> None:
        self.dispatch(t.value, POSTFIX)
        self.write(f".{t.name}")

    def _Record(self, t: ir.Record) -> None:
        named = tuple(map(ir.Keyword, t.names, t.values))
        if issubclass(t.cls.value, tuple):
            self._Call(ir.Call(t.cls, t.values))
        elif t.maker is None:
            self._Call(ir.Call(t.cls, (), named))
        else:
            self._Call(ir.Call(t.maker, (t.cls,), named))

    def _Index(self, t: ir.Index) -> None:
        self.dispatch(t.value, POSTFIX)
        self.write("[")
        if type(t.index) is ir.Tuple and t.index.items:
            self._comma_separated(t.index.items)
            self.write(",]" if len(t.index.items) == 1 else "]")
        else:
            self.dispatch(t.index, TEST)
            self.write("]")

    def _Slice(self, t: ir.Slice) -> None:
        for colon, bound in (("", t.lower), (":", t.upper), (":" if t.step else "", t.step)):
            self.write(colon)
            if bound is not None:
                self.dispatch(bound, OR)

    def _Tuple(self, t: ir.Tuple) -> None:
        self.write("(")
        self._comma_separated(t.items)
        self.write(",)" if len(t.items) == 1 else ")")

    def _List(self, t: ir.List) -> None:
        self.write("[")
        self._comma_separated(t.items)
        self.write("]")

    def _Dict(self, t: ir.Dict) -> None:
        self.write("{")
        separator = ""
        for key, value in zip(t.keys, t.values, strict=True):
            self.write(separator)
            if key is None:
                self.write("**")
                self.dispatch(value, BIT_OR)
            else:
                self.dispatch(key, TEST)
                self.write(": ")
                self.dispatch(value, TEST)
            separator = ", "
        self.write("}")

    def _Starred(self, t: ir.Starred) -> None:
        self.write("*")
        self.dispatch(t.value, BIT_OR)

    def _Keyword(self, t: ir.Keyword) -> None:
        self.write("**" if t.name is None else f"{t.name}=")
        self.dispatch(t.value, BIT_OR if t.name is None else TEST)

    def _Call(self, t: ir.Call) -> None:
        if type(t.func) is ir.Ref and t.func.root in (list, dict) and t.args:
            t = ir.Call(ir.Attr(t.args[0], t.func.path.partition(".")[2]), t.args[1:], t.kwargs)
        self.dispatch(t.func, POSTFIX)
        self.write("(")
        self._comma_separated((*t.args, *t.kwargs))
        self.write(")")

    def _Unary(self, t: ir.Unary) -> None:
        self.write("not " if t.op == "not" else t.op)
        same = type(t.operand) is ir.Unary and t.operand.op == t.op in ("-", "+")
        negative = t.op == "-" and type(t.operand) is ir.Const
        self.dispatch(t.operand, NOT if t.op == "not" else POWER if same or negative else FACTOR)  # -(-x), not --x

    def _Binary(self, t: ir.Binary) -> None:
        """Walks down the left operands in a loop: a sum of thousands of terms is a tree that leans to the left."""
        spine, wrapped = [t], [False]
        while type(t.left) is ir.Binary:
            wrapped.append(BINARY[t.left.op] < LEFT[t.op])
            t = t.left
            spine.append(t)
        self.write("(" * sum(wrapped))
        self.dispatch(t.left, LEFT[t.op])
        while spine:
            t = spine.pop()
            self.write(f" {t.op} ")
            self.dispatch(t.right, RIGHT[t.op])
            if wrapped.pop():
                self.write(")")

    def _Compare(self, t: ir.Compare) -> None:
        self.dispatch(t.left, BIT_OR)
        self.write(f" {t.op} ")
        self.dispatch(t.right, BIT_OR)

    def _BoolOp(self, t: ir.BoolOp) -> None:
        for i, value in enumerate(t.values):
            self.write(f" {t.op} " if i else "")
            self.dispatch(value, NOT if t.op == "and" else AND)

    def _IfExp(self, t: ir.IfExp) -> None:
        self.dispatch(t.body, OR)
        self.write(" if ")
        self.dispatch(t.test, OR)
        self.write(" else ")
        self.dispatch(t.orelse, TEST)

    def _Walrus(self, t: ir.Walrus) -> None:
        self.write(f"{t.target.id} := ")
        self.dispatch(t.value, TEST)

    # -------------------------------------------------------------------------------------------- f-strings

    def _Format(self, t: ir.Format) -> None:
        """An f-string that Python 3.11 takes: no backslash, comment sign or enclosing quote within braces."""
        fields = [_field_text(part) for part in t.parts if type(part) is ir.FormatField]
        inner = "".join(field or "\\" for field in fields)
        quote = next((q for q in ("'", '"', "'''", '"""') if q not in inner), None)
        if quote is None or "\\" in inner or "#" in inner:
            self._format_call(t)
            return
        texts = iter(fields)
        self.write(f"f{quote}")
        for part in t.parts:
            self.write(_escape(part, quote[0]) if type(part) is str else next(texts))
        self.write(quote)

    def _format_call(self, t: ir.Format) -> None:
        """`'…{!r:>{}}'.format(value, width)`, which can hold what an f-string of Python 3.11 cannot."""
        template, args = _template(t)
        self.write(f"{template!r}.format(")
        self._comma_separated(args)
        self.write(")")


def _takes_statements(node: ir.Node) -> bool:
    """Is there an expression in it that takes statements to evaluate? Nested blocks are left out."""
    todo = [node]
    for each in todo:
        if isinstance(each, ir.Do):
            return True
        todo += [child for child in children(each) if not isinstance(child, ir.Stmt)]
        if isinstance(each, ir.Closure) and isinstance(each.function.body[0], ir.Return):
            todo.append(each.function.body[0].value)
    return False


def _mapped(node: ir.Node, change: Callable[[Any], Any]) -> Any:
    """The node with its operands changed; nested blocks stay."""

    def each(value: Any) -> Any:
        if isinstance(value, ir.Stmt) or not isinstance(value, (ir.Node, tuple)):
            return value
        return tuple(map(each, value)) if isinstance(value, tuple) else change(value)

    names = (f.name for f in fields(node) if f.name not in ("span", "note"))
    return replace(node, **{name: each(getattr(node, name)) for name in names})


def _one_line(note: str) -> str:
    return re.sub(r"\s*\n\s*", " ", note.strip())


def _conversion(field: ir.FormatField) -> str:
    return "" if field.conversion == -1 else f"!{chr(field.conversion)}"


def _field_text(field: ir.FormatField) -> str | None:
    """`{value!r:spec}`; None if the specification has braces of its own, which cannot be written there."""
    text = _inline(field.value, OR)
    if text.startswith("{"):
        text = f" {text}"
    spec = []
    for part in field.spec.parts if field.spec is not None else ():
        inner = _field_text(part) if type(part) is ir.FormatField else part
        if inner is None or (inner is part and re.search(r"[{}'\"\n]", part)):
            return None
        spec.append(inner)
    return f"{{{text}{_conversion(field)}{':' if field.spec is not None else ''}{''.join(spec)}}}"


def _escape(text: str, quote: str) -> str:
    """Literal text within an f-string's quotes."""
    body = repr('"' + text)[2:-1]  # always written in single quotes, with those of the text escaped
    if quote == '"':
        body = body.replace("\\'", "'").replace('"', '\\"')
    return body.replace("{", "{{").replace("}", "}}")


def _template(t: ir.Format, nested: bool = False) -> tuple[str, list[ir.Expr]]:
    """What `str.format` needs: the template and the values of its fields, in order."""
    texts: list[str] = []
    args: list[ir.Expr] = []
    for part in t.parts:
        if type(part) is ir.FormatField:
            spec, values = _template(part.spec, True) if part.spec is not None else ("", [])
            texts.append(f"{{{_conversion(part)}{':' if spec else ''}{spec}}}")
            args += [part.value, *values]
        elif nested and re.search("[{}]", part):
            texts.append("{}")
            args.append(ir.Const(part))
        else:
            texts.append(part.replace("{", "{{").replace("}", "}}"))
    return "".join(texts), args
