"""The forward mode of a compilation: tangent functions, made once for each choice of active arguments."""

from __future__ import annotations

import re
from typing import Any

from s2sgrad import rules, runtime
from s2sgrad.analysis.activity import Activity
from s2sgrad.ir import nodes as ir
from s2sgrad.ir.names import Names
from s2sgrad.ir.targets import Opaque
from s2sgrad.ir.traverse import map_block, roots
from s2sgrad.optimize.deadcode import DeadCode
from s2sgrad.optimize.readable import readable
from s2sgrad.transform.program import Program
from s2sgrad.transform.tangent import Tangent, without_copies

RESERVED = frozenset(("np", "math", *(n for n in vars(runtime) if not n.startswith("__"))))


TEMPORARY = re.compile(r"(t|k|result|_)(_\d+|_dot)*")


def is_own_tangent(name: str) -> bool:
    """Is it the tangent of a name that the user gave?"""
    return "_dot" in name and TEMPORARY.fullmatch(name) is None


class Forward:
    """What a compiler needs for tangent programs; a part of `pipeline.Compiler`."""

    tangents: dict[Any, ir.Ref]

    def tangent_program(self, analysis: Any, wrt: tuple[int, ...], root: bool) -> Program:
        """A function in single assignment with the facts that its tangent program is made of."""
        p = self.prepare(analysis, root=root)
        fn = p.ssa.function
        names = frozenset(fn.params[i].name for i in wrt)
        reasons = {call.span: target for call, target in analysis.targets.items() if isinstance(target, Opaque)}
        kept = tuple(fn.params[i].name for i in p.summary.written) if not root else ()
        activity = Activity(fn, p.ssa.kinds, names, p.aliases, rules.lookup, reasons, kept)
        written = frozenset(n for g in p.aliases.written_classes() for n in g)
        taken = RESERVED | roots(p.resolved.body) | set(p.ssa.kinds) | self.module.taken
        return Program(
            fn, dict(p.ssa.kinds), p.ssa.joins, activity.active, Names(taken), self.inference.names,
            rules.lookup, rules.operator, self.callee, self.derivative_pullback, written,
            assume_arrays=self.inference.assume_arrays,
        )  # fmt: skip

    def tangent_function(self, analysis: Any, wrt: tuple[int, ...], name: str, root: bool = False) -> ir.Function:
        """`args, tangents -> value, its tangent`; a root leaves its arguments and tangents as they are."""
        program = self.tangent_program(analysis, wrt, root)
        fn = program.function
        dots, body = Tangent(program, self.tangent_callee, self.derivative_tangent).run(fn.params[i].name for i in wrt)
        if self.optimize:
            body, _ = DeadCode(self.pure, frozenset(), ()).run(body, set())
            params = {p.name for p in fn.params} | set(dots)
            reserved = RESERVED | {f.name for f in self.callees} | self.functions
            body = readable(body, params, (), frozenset(), self.pure, reserved, is_own_tangent)
            body = map_block(body, without_copies)
        return ir.Function(name, (*fn.params, *map(ir.Param, dots)), body)

    def tangent_callee(self, analysis: Any, wanted: tuple[bool, ...]) -> ir.Ref:
        """The tangent function of a callee."""
        key = (analysis, wanted)
        if key not in self.tangents:
            name = self.module.fresh(f"{analysis.function.name.strip('<>')}_tangent")
            self.functions.add(name)
            self.tangents[key] = ir.Ref(name, None)
            wrt = tuple(i for i, w in enumerate(wanted) if w)
            self.callees.append(self.tangent_function(analysis, wrt, name))
        return self.tangents[key]
