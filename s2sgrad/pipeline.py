"""The compiler on one page: the stages in order, each one inspectable.

source → desugar → exits → normal form → kinds → resolve → single assignment → activity, effects, residuals → adjoint →
optimize → text → compiled code
"""

from __future__ import annotations

import types
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from typing import Any

from s2sgrad import rules, runtime
from s2sgrad.analysis.activity import Activity
from s2sgrad.analysis.attempts import check_attempts
from s2sgrad.analysis.effects import Aliases, Summary, holds_memory
from s2sgrad.analysis.inference import Analysis, Inference
from s2sgrad.analysis.representation import Representation
from s2sgrad.analysis.residuals import undo
from s2sgrad.derivatives.nested import Nested
from s2sgrad.frontend.namespace import Namespace
from s2sgrad.frontend.stages import earlier_forms, normal_form
from s2sgrad.ir import nodes as ir
from s2sgrad.ir.build import np_call
from s2sgrad.ir.contents import contents
from s2sgrad.ir.kinds import UNKNOWN, Array, Kind, Static, Undefined, Unknown, Value, is_complex, is_scalar, lift
from s2sgrad.ir.names import Names
from s2sgrad.ir.printer import print_function
from s2sgrad.ir.targets import Derivative, Opaque
from s2sgrad.ir.traverse import names_in, refs, roots, statements, targets
from s2sgrad.optimize.deadcode import DeadCode, free_names
from s2sgrad.optimize.purity import Purity
from s2sgrad.optimize.readable import readable
from s2sgrad.targets.module import Module
from s2sgrad.targets.python import compile_text
from s2sgrad.transform.adjoint import Adjoint
from s2sgrad.transform.program import Pair, Program, Sweeps
from s2sgrad.transform.resolve import resolve
from s2sgrad.transform.ssa import Ssa, ssa

RESERVED = frozenset(("np", "math", *(n for n in vars(runtime) if not n.startswith("__"))))


@dataclass(eq=False)
class Prepared:
    """A function for one choice of kinds, in single assignment, with its alias facts."""

    analysis: Analysis
    resolved: ir.Function
    ssa: Ssa
    aliases: Aliases
    facts: Representation
    summary: Summary


@dataclass(frozen=True)
class Variant:
    """A derivative of one function: with respect to what, and how it is used."""

    analysis: Analysis
    wrt: tuple[int, ...]
    forced: frozenset[int] = frozenset()  # parameters whose adjoint arrays are handed in in the forward sweep
    silent: bool = False  # the caller does not use the result
    mirrored: bool = False  # the caller wants the adjoint array of the result, made in the forward sweep
    undone: bool = False  # the caller reads what a parameter held before the call
    root: bool = True  # called by the user


@dataclass(eq=False)
class Compiled:
    """Generated code: its text, and the functions that it defines."""

    text: str
    bindings: dict[str, Any]  # what the names in the text stand for
    namespace: dict[str, Any]
    name: str
    one_shot: bool = False  # the reverse sweep restores arrays as it passes: residuals serve once
    owned: bool = True  # the gradients' memory is theirs alone, in containers too

    @property
    def function(self) -> Callable[..., Any]:
        """The function that was asked for."""
        return self.namespace[self.name]


@dataclass(eq=False)
class Halves:
    """A forward function, `args -> value, residuals`, and a backward function, `residuals, cotangent -> cotangents`."""

    compiled: Compiled
    compiler: Compiler
    forward: Callable[..., Any]
    backward: Callable[..., Any]

    @property
    def text(self) -> str:
        """The text of both."""
        return self.compiled.text

    @property
    def one_shot(self) -> bool:
        """Do the residuals serve only once?"""
        return self.compiled.one_shot


class Compiler(Nested):
    """Compiles one function, and the functions it calls, for one choice of kinds."""

    def __init__(self, function: types.FunctionType, optimize: bool = True, assume_arrays: bool = False) -> None:
        self.function = function
        self.optimize = optimize
        self.dependencies: dict[Any, Any] = {}
        self.namespaces: dict[Any, Namespace] = {}
        self.inference = Inference(rules, self.load)
        self.inference.assume_arrays = assume_arrays
        self.inference.wrapper, self.inference.pushforward = self.wrapper, self.pushforward
        self.texts: dict[Any, Any] = {}
        self.pullbacks: dict[Any, ir.Ref] = {}
        self.emitted: set[str] = set()  # functions that are part of the text
        self.forms: dict[Any, tuple[ir.Function, Ssa, frozenset[ir.Stmt]]] = {}
        self.prepared: dict[Any, Prepared] = {}
        self.estimates: dict[Any, Summary] = {}  # of functions that are being prepared: recursive ones read them
        self.estimated: set[Any] = set()  # those of which the estimate was read
        self.shadow_all = False  # every array that is written into gets its adjoint in the forward sweep: for tests
        self.pairs: dict[Variant, Pair] = {}
        self.held: dict[Variant, tuple[frozenset[int], bool]] = {}  # what the residuals of a callee hold
        self.tangents: dict[Any, ir.Ref] = {}
        self.module = Names(RESERVED)
        self.functions: set[str] = set()  # names of the module's functions
        self.callees: list[ir.Function] = []
        self.one_shot = False
        self.owned = True
        self.pure = Purity(rules.lookup)

    # ---- source to single assignment

    def load(self, function: types.FunctionType, cells: bool = True) -> tuple[ir.Function, Namespace]:
        """A function in normal form, and the names it sees; `cells`: its captured variables are among them."""
        key = (function, cells)
        if key not in self.namespaces:
            self.namespaces[key] = Namespace(function, self.dependencies, cells)
        return normal_form(function, self.namespaces[key]), self.namespaces[key]

    def lift(self, args: tuple[Any, ...]) -> tuple[Value, ...]:
        """The kinds of the arguments; a kind stands for itself."""
        return tuple(a if isinstance(a, Value) else lift(a, self.inference.names, str(i)) for i, a in enumerate(args))

    def analyse(self, args: tuple[Value, ...]) -> Analysis:
        """Kinds of the whole program."""
        fn, namespace = self.load(self.function)
        frame = self.inference.frame_of(fn, None, namespace)
        analysis = self.inference.analyse(fn, frame, tuple(p.name for p in fn.params), args)
        analysis.entry = True
        return analysis

    def form(
        self, analysis: Analysis, copied: frozenset[int], exactly: bool
    ) -> tuple[ir.Function, Ssa, frozenset[ir.Stmt]]:
        """Resolved, in single assignment, and its statements that change an array or make a new one.

        `copied`: parameters of which the function gets copies.
        """
        key = (analysis, copied, exactly)
        if key not in self.forms:
            fn, values, rebound = resolve(analysis, self.inference.assume_arrays, self.inference.tag)
            if copied:
                fn = with_copies(fn, copied, values, analysis.args, exactly)
            form = ssa(fn, values, analysis.args, RESERVED | roots(fn.body) | self.module.taken)
            kept = frozenset(new for new, old in form.original.items() if old in rebound)
            self.forms[key] = fn, form, kept
        return self.forms[key]

    def prepare(self, analysis: Analysis, forced: frozenset[int] = frozenset(), root: bool = False) -> Prepared:
        """Single assignment, aliases, and how adjoints are kept.

        `forced`: the parameters whose adjoint arrays the caller hands in beforehand; `root`: called by the user, whose
        arguments stay as they are.
        """
        key = (analysis, forced, root)
        if key not in self.prepared:
            copied: frozenset[int] = frozenset()
            exactly = False
            self.estimates[key] = Summary()
            before = set(self.prepared)
            while True:
                self.estimated.discard(key)
                fn, form, rebound = self.form(analysis, copied, exactly)
                aliases = Aliases(form.function, form.kinds, rules.lookup, self.summary)
                facts = Representation(aliases, rebound, forced, root, self.shadow_all)
                summary = aliases.summarize(facts.shadows)
                if facts.copied:
                    copied |= {aliases.positions[n] for n in facts.copied}
                    exactly = bool(facts.views.doubtful)
                elif key not in self.estimated or summary == self.estimates[key]:
                    break
                self.estimates[key] = summary
                for other in [k for k in self.prepared if k not in before]:
                    del self.prepared[other]  # prepared with an older estimate
            del self.estimates[key]
            check_attempts(form.function, aliases)
            self.module.take(*form.kinds)
            self.prepared[key] = Prepared(analysis, fn, form, aliases, facts, summary)
        return self.prepared[key]

    def summary(self, callee: Analysis) -> Summary:
        """What a callee does to its arguments; of one that is being prepared, a recursive one, an estimate."""
        if isinstance(callee, Derivative):
            return Summary()
        key = (callee, frozenset(), False)
        if key in self.estimates:
            self.estimated.add(key)
            return self.estimates[key]
        return self.prepare(callee).summary

    # ---- derivatives

    def sweeps(self, wanted: Variant, seed: str, aux: bool = False) -> tuple[Sweeps, Program]:
        """Forward and reverse sweep of one function."""
        p = self.prepared_for(wanted)
        names = tuple(p.ssa.function.params[i].name for i in wanted.wrt)
        kept_at = () if wanted.root else sorted(p.summary.written | wanted.forced)
        kept = tuple(p.ssa.function.params[i].name for i in kept_at)
        activity = Activity(
            p.ssa.function, p.ssa.kinds, frozenset(names), p.aliases, rules.lookup, opaque_calls(wanted.analysis), kept,
            wanted.silent,
        )  # fmt: skip
        p.facts.check_objects(activity.varied)
        p.facts.check_shadows(activity.active)
        written = frozenset(n for g in p.aliases.written_classes() for n in g)
        taken = RESERVED | roots(p.resolved.body) | set(p.ssa.kinds) | {seed, "residuals"} | self.module.taken
        inout = frozenset(p.ssa.function.params[i].name for i in self.inout(wanted))
        handed = frozenset(p.ssa.function.params[i].name for i in wanted.forced)

        def program(undone: frozenset[ir.Stmt]) -> Program:
            return Program(
                p.ssa.function, dict(p.ssa.kinds), p.ssa.joins, activity.active, Names(taken), self.inference.names,
                rules.lookup, rules.operator, self.callee, self.derivative_pullback, written, undo=undone,
                paths=p.facts.paths, shadows=p.facts.shadows & activity.active, inout=inout, handed=handed,
                silent=wanted.silent, mirrored=wanted.mirrored, summary=self.summary, aliases=p.aliases,
                assume_arrays=self.inference.assume_arrays,
            )  # fmt: skip

        forced = self.undone_for_caller(p) if wanted.undone else frozenset()
        prog = program(forced)
        result = Adjoint(prog).run(ir.Name(seed), names, aux)
        if p.aliases.written or p.aliases.opaque:
            undone = forced | undo(p.ssa.function, result.reads, p.aliases, p.ssa.joins)
            if undone != forced:
                prog = program(undone)
                result = Adjoint(prog).run(ir.Name(seed), names, aux)
            self.one_shot |= bool(undone)
        self.one_shot |= bool(prog.shadows)
        return result, prog

    def prepared_for(self, wanted: Variant) -> Prepared:
        """The function that a variant is a derivative of."""
        return self.prepare(wanted.analysis, wanted.forced, wanted.root)

    def inout(self, wanted: Variant) -> tuple[int, ...]:
        """The parameters whose adjoints a backward function is given, and updates in place."""
        if wanted.root:
            return ()
        p = self.prepared_for(wanted)
        return tuple(i for i in wanted.wrt if i in p.summary.written and i not in wanted.forced)

    def undone_for_caller(self, p: Prepared) -> frozenset[ir.Stmt]:
        """The writes that change what a parameter holds."""
        roots = {p.aliases.find(p.ssa.function.params[i].name) for i in p.summary.written}
        return frozenset(s for s, names in p.aliases.written.items() if any(p.aliases.find(n) in roots for n in names))

    def callee(
        self,
        analysis: Analysis,
        active: tuple[bool, ...],
        undone: bool,
        forced: frozenset[int],
        silent: bool,
        mirrored: bool,
    ) -> Pair:
        """Forward and backward function of a callee, compiled once for each way in which it is used."""
        wrt = tuple(i for i, a in enumerate(active) if a)
        wanted = Variant(analysis, wrt, forced, silent, mirrored, undone, root=False)
        if wanted not in self.pairs:
            base = analysis.function.name.strip("<>")
            names = self.module.fresh(f"{base}_forward"), self.module.fresh(f"{base}_backward")
            self.functions.update(names)
            forward, backward = ir.Ref(names[0], None), ir.Ref(names[1], None)
            self.pairs[wanted] = Pair(forward, backward, frozenset(range(len(active))), True)  # of a recursive function
            self.callees += self.split(wanted, *names)
            self.pairs[wanted] = Pair(forward, backward, *self.held.pop(wanted))
        return self.pairs[wanted]

    def split(self, wanted: Variant, forward: str, backward: str) -> list[ir.Function]:
        """A forward function that returns value and residuals, and a backward function that takes them.

        Of a root the cotangents are handed out, so their memory is theirs alone.
        """
        seed = f"{wanted.analysis.function.name.strip('<>')}_bar"
        sweeps, program = self.sweeps(wanted, seed)
        self.held[wanted] = held(sweeps, program)
        clean = self.cleaner(sweeps)
        own = wanted.root
        bars = [e if owned or not own else copied(e, program.kinds.get(n)) for n, (e, owned) in sweeps.bars.items()]
        end = (ir.Return(bars[0] if len(bars) == 1 else ir.Tuple(tuple(bars))),)
        reverse, _ = clean.run(sweeps.reverse + end, set())
        tapes = {s.tape.id for s in statements(reverse) if isinstance(s, ir.Pop)}
        given = (seed, *sweeps.inout)
        needed = [n for n in free_names(reverse) if n not in given]
        residuals = tuple(ir.Name(n) for n in needed)
        unpack = one_or_tuple(residuals)
        start: ir.Block = (ir.Assign(unpack, ir.Name("residuals")),) if needed else ()
        start += tuple(ir.Assign(ir.Name(t), ir.Call(ir.Attr(ir.Name(t), "copy"))) for t in needed if t in tapes)
        hollow = {n for n in needed if program.kinds.get(n) and holds_arrays(program.kinds[n])}
        hollow -= {n for s in statements(reverse) for n in (*contents(s), *restored(s))}
        recorded = tuple(ir.Call(ir.Ref("outline", runtime.outline), (r,)) if r.id in hollow else r for r in residuals)
        results = (detached(sweeps.results[0]),) if self.one_shot and own else sweeps.results
        record = ir.Return(ir.Tuple((*results, one_or_tuple(recorded) if needed else ir.Const(None))))
        first, _ = clean.run((*sweeps.forward, record), set())
        fn = self.prepared_for(wanted).ssa.function
        params = (*fn.params, *map(ir.Param, sweeps.handed))
        unset = [n for n in needed if n not in assigned_at_end(first) | {p.name for p in params}]
        first = tuple(ir.Assign(ir.Name(n), ir.Const(None)) for n in unset) + first
        takes = (ir.Param("residuals"), *map(ir.Param, given))
        first = self.finish(first, {p.name for p in params})
        second = self.finish(start + reverse, set(), {p.name for p in takes}, clean.buffers)
        return [ir.Function(forward, params, first), ir.Function(backward, takes, second)]

    def fused(
        self, analysis: Analysis, wrt: tuple[int, ...], name: str, value: bool, aux: bool, scalar: bool = True
    ) -> ir.Function:
        """Forward and reverse sweep in one function; `scalar`: of one number."""
        seed = f"{analysis.function.name.strip('<>')}_bar"
        sweeps, program = self.sweeps(Variant(analysis, wrt), seed, aux)
        self.owned = all(owned or not program.kinds[n].is_container for n, (_, owned) in sweeps.bars.items())
        bars = [e if owned else copied(e, program.kinds.get(n)) for n, (e, owned) in sweeps.bars.items()]
        gradient = bars[0] if len(bars) == 1 else ir.Tuple(tuple(bars))
        clean = self.cleaner(sweeps)
        reverse, live = clean.run((*sweeps.reverse, ir.Return(gradient)), set())
        result, primal = sweeps.results[0], sweeps.forward
        if (
            scalar
            and not aux
            and not all(isinstance(k, (Undefined, Unknown)) or is_number(k) for k in analysis.result.kinds)
        ):
            returned = ir.Ref("returned", runtime.returned)
            primal += (ir.Evaluate(ir.Call(returned, (result, ir.Const(analysis.function.name)))),)
        if value or aux:
            if isinstance(result, ir.Name) and any(result.id in names for names in clean.kept.values()):
                result = ir.Name(program.names.fresh("value"))  # the reverse sweep takes back older values of the name
                primal += (ir.Assign(result, sweeps.results[0]),)
            if self.one_shot and not (isinstance(result, ir.Name) and program.kinds.get(result.id, UNKNOWN).is_scalar):
                held = ir.Name(program.names.fresh("value"))  # the reverse sweep restores what it was written over
                primal += (ir.Assign(held, detached(result)),)
                result = held
            live.update(names_in(result))
            reverse = (*reverse[:-1], ir.Return(ir.Tuple((result, gradient))))
        forward, _ = clean.run(primal, live)
        mark = (ir.Pass(note="---- reverse ----"),)
        fn = self.prepare(analysis, root=True).ssa.function
        body = self.finish(forward + mark + reverse, {p.name for p in fn.params}, {seed}, clean.buffers)
        params = (*fn.params, ir.Param(seed, "keyword", ir.Const(1.0)))
        return ir.Function(name, params, body, doc=None)

    def cleaner(self, sweeps: Sweeps) -> DeadCode:
        """Dead-code elimination for these sweeps."""
        buffers = {n for s in statements(sweeps.reverse) for n in targets(s)} | set(sweeps.counters)
        return DeadCode(self.pure, buffers, sweeps.forward)

    # ---- text

    def finish(
        self, body: ir.Block, params: set[str], untouched: Iterable[str] = (), buffers: frozenset[str] = frozenset()
    ) -> ir.Block:
        """The passes that make the text what a person would write."""
        if not self.optimize:
            return body
        reserved = RESERVED | {f.name for f in self.callees} | self.functions
        return readable(body, params, untouched, buffers, self.pure, reserved)

    def primal(self, analysis: Analysis | Derivative, name: str) -> list[ir.Function]:
        """A callee that no derivative flows through, or a derivative; and the functions that come with it."""
        self.functions.add(name)
        if isinstance(analysis, Derivative):
            made = self.gradient_function(analysis, name)
            return [*self.new(self.reached([made])), made]
        fn = self.prepare(analysis).ssa.function
        return [ir.Function(name, fn.params, self.finish(fn.body, {p.name for p in fn.params}), doc=fn.doc)]

    def check_result(self, derivative: Derivative) -> None:
        """A gradient is of a scalar."""
        if not derivative.seeded:
            check_scalar(derivative.inner, derivative.has_aux)

    def write(self, functions: list[ir.Function]) -> tuple[str, dict[str, Any]]:
        """Functions as text, with the functions they call, and what the names in it are bound to."""
        module = Module(self.module, lambda obj: isinstance(obj, (Analysis, Derivative)), self.primal)
        self.made = module.made
        return module.write(functions)

    def reached(self, functions: list[ir.Function]) -> list[ir.Function]:
        """The derivatives of callees that these functions call, directly or not: some were tried and given up."""
        named = {f.name: f for f in self.callees}
        found: set[str] = set()
        todo = [f.body for f in functions]
        while todo:
            for path in roots(todo.pop()) & named.keys() - found:
                found.add(path)
                todo.append(named[path].body)
        return [f for f in self.callees if f.name in found]

    def new(self, functions: list[ir.Function]) -> list[ir.Function]:
        """Those that are not part of the text yet."""
        found = [f for f in functions if f.name not in self.emitted]
        self.emitted.update(f.name for f in found)
        return found

    def emit(self, functions: list[ir.Function], name: str) -> Compiled:
        """Functions as text and as code."""
        self.emitted.clear()
        text, bindings = self.write([*self.new(self.reached(functions)), *functions])
        namespace = compile_text(text, name, bindings)
        return Compiled(text, bindings, namespace, name, one_shot=self.one_shot, owned=self.owned)


def assigned_at_end(block: ir.Block) -> set[str]:
    """Names that a block assigns whichever way it goes."""
    found: set[str] = set()
    for stmt in block:
        found.update(targets(stmt))
        if isinstance(stmt, ir.If):
            found |= assigned_at_end(stmt.body) & assigned_at_end(stmt.orelse)
    return found


def opaque_calls(analysis: Analysis) -> dict[Any, Opaque]:
    """Why calls without a derivative have none, by their place in the source."""
    return {call.span: target for call, target in analysis.targets.items() if isinstance(target, Opaque)}


def held(sweeps: Sweeps, program: Program) -> tuple[frozenset[int], bool]:
    """The parameters whose elements the reverse sweep reads, and whether it reads those of the result."""
    roots = {program.aliases.find(n) for _, names in sweeps.reads for n in names}
    params = {i for i, p in enumerate(program.function.params) if program.aliases.find(p.name) in roots}
    return frozenset(params), any(program.aliases.find(n) in roots for n in names_in(sweeps.results[0]))


def holds_arrays(value: Value) -> bool:
    """An array, or a list or tuple, perhaps of arrays."""
    return value.is_array or (value.is_container and value.differentiable)


def detached(e: ir.Expr) -> ir.Expr:
    """A copy that shares no memory with the function's own arrays."""
    return ir.Call(ir.Ref("detached", runtime.detached), (e,))


def restored(stmt: ir.Stmt) -> set[str]:
    """The array that a statement of the reverse sweep writes into."""
    return set(names_in(stmt.target.value)) if isinstance(stmt, (ir.Store, ir.Augment)) else set()


def with_copies(
    fn: ir.Function, copied: frozenset[int], kinds: dict[ir.Node, Value], args: tuple[Value, ...], exactly: bool
) -> ir.Function:
    """The function with copies of parameters that it writes into: what the caller has stays as it is.

    `exactly`: copies that lie in memory as the originals do.
    """
    loaded = next((i for i, s in enumerate(fn.body) if not is_load(s)), len(fn.body))
    memory = [p.name for p, v in zip(fn.params, args, strict=True) if holds_memory(v)]
    memory += [n for s in fn.body[:loaded] for n in targets(s) if holds_memory(kinds.get(s.value))]
    start: list[ir.Stmt] = []
    for i in sorted(copied):
        name, value = fn.params[i].name, args[i]
        others = [o for o in memory if o != name]
        labels = ir.Tuple(tuple(ir.Const(n) for n in (fn.name, name, *others)))
        check = ir.Call(ir.Ref("separate", runtime.separate), (labels, *map(ir.Name, (name, *others))))
        copy = np_call("copy", ir.Name(name)) if value.is_array and not exactly else detached(ir.Name(name))
        kinds[copy] = value
        if others or not value.is_array:
            start.append(ir.Evaluate(check, span=fn.span))
        start.append(ir.Assign(ir.Name(name), copy, span=fn.span))
    return replace(fn, body=(*fn.body[:loaded], *start, *fn.body[loaded:]))


def is_load(stmt: ir.Stmt) -> bool:
    """Does it read a variable of the function's module, or one that it captured?"""
    return isinstance(stmt, ir.Assign) and isinstance(stmt.value, ir.Attr) and isinstance(stmt.value.value, ir.Ref)


def one_or_tuple(names: tuple[ir.Name, ...]) -> ir.Expr:
    """A single name as it is, several as a tuple."""
    return names[0] if len(names) == 1 else ir.Tuple(names)


def copied(e: ir.Expr, value: Value | None) -> ir.Expr:
    """A result whose memory is its own."""
    if value is None or not value.is_array:
        return e
    if getattr(value.one, "rank", None) == 0:  # what is computed of 0-d arrays is a scalar
        return np_call("copy", e)
    return ir.Call(ir.Attr(e, "copy"))


# --------------------------------------------------------------------------------------------------- entry points


def compile_gradient(
    function: types.FunctionType,
    args: tuple[Any, ...],
    argnums: tuple[int, ...],
    *,
    value: bool = False,
    aux: bool = False,
    optimize: bool = True,
    assume_arrays: bool = False,
) -> tuple[Compiled, Compiler, Analysis]:
    """The gradient with respect to some arguments, for these kinds of all of them."""
    compiler = Compiler(function, optimize, assume_arrays)
    analysis = compiler.analyse(compiler.lift(args))
    check_scalar(analysis, aux)
    base = analysis.function.name.strip("<>") or "function"
    name = compiler.module.fresh(f"{base}_{'value_and_grad' if value else 'grad'}")
    fn = compiler.fused(analysis, argnums, name, value, aux)
    return compiler.emit([fn], name), compiler, analysis


def compile_split(
    function: types.FunctionType, args: tuple[Any, ...], argnums: tuple[int, ...], *, optimize: bool = True
) -> Halves:
    """Forward and backward function with respect to some arguments, for these kinds of all of them."""
    compiler = Compiler(function, optimize)
    analysis = compiler.analyse(compiler.lift(args))
    base = analysis.function.name.strip("<>") or "function"
    forward, backward = compiler.module.fresh(f"{base}_forward"), compiler.module.fresh(f"{base}_backward")
    compiled = compiler.emit(compiler.split(Variant(analysis, argnums), forward, backward), forward)
    return Halves(compiled, compiler, compiled.namespace[forward], compiled.namespace[backward])


def compile_tangent(
    function: types.FunctionType, args: tuple[Any, ...], argnums: tuple[int, ...], *, optimize: bool = True,
    assume_arrays: bool = False,
) -> tuple[Compiled, Compiler, Analysis]:  # fmt: skip
    """`args, tangents -> value, its tangent` for tangents of some arguments, and these kinds of all of them."""
    compiler = Compiler(function, optimize, assume_arrays)
    analysis = compiler.analyse(compiler.lift(args))
    name = compiler.module.fresh(f"{analysis.function.name.strip('<>') or 'function'}_jvp")
    fn = compiler.tangent_function(analysis, argnums, name, root=True)
    return compiler.emit([fn], name), compiler, analysis


def stages(
    function: types.FunctionType, args: tuple[Any, ...], argnums: tuple[int, ...], forward: bool = False
) -> tuple[list[tuple[str, str]], dict[str, Any]]:
    """What each stage makes of a function: (name, text); and what the names in these texts are bound to."""
    compile_it = compile_tangent if forward else compile_gradient
    compiled, compiler, analysis = compile_it(function, args, argnums)
    plain, _, _ = compile_it(function, args, argnums, optimize=False)
    prepared = compiler.prepare(analysis, root=True)
    raw, without_exits = earlier_forms(analysis.function)
    texts = [("desugared", print_function(raw)), ("exits", print_function(without_exits))]
    texts.append(("normal", print_function(analysis.function)))
    bindings = dict(analysis.frame.namespace.contents(), sequence=runtime.sequence, unpack=runtime.unpack)
    bindings |= {r.path: r.value for r in refs(analysis.function.body) if r.root is None}
    for name, fn in (("resolved", prepared.resolved), ("ssa", prepared.ssa.function)):
        compiler.module.take(*(n for s in statements(fn.body) for n in targets(s)))
        text, bound = compiler.write([fn])
        texts.append((name, text))
        bindings |= bound
    bindings |= plain.bindings | compiled.bindings
    return [*texts, ("tangent" if forward else "adjoint", plain.text), ("optimized", compiled.text)], bindings


def is_number(kind: Kind) -> bool:
    """Is it a number, or an array without axes?"""
    return is_scalar(kind) or (isinstance(kind, Array) and not kind.rank)


def check_scalar(analysis: Analysis, aux: bool) -> None:
    """A gradient is of a scalar."""
    value = analysis.result
    if aux:
        kind = value.one
        items = getattr(kind, "items", None)
        if items is None or len(items) != 2:
            raise TypeError(f"with has_aux=True, {analysis.function.name} must return a pair (result, aux)")
        value = items[0]
    several = len(value.kinds) > 1 and any(map(is_number, value.kinds))
    for kind in value.kinds:
        if several and (kind == Static(None) or (isinstance(kind, Array) and not is_complex(kind))):
            continue  # what it is is known when it is run
        if is_complex(kind):
            raise TypeError(
                f"grad needs a function with a real result, but {analysis.function.name} returned a complex number. "
                f"Return its absolute value, its real or imaginary part, or use s2sgrad.vjp"
            )
        if isinstance(kind, Array) and kind.rank > 0:
            raise TypeError(
                f"grad needs a function with a scalar result, but {analysis.function.name} returned an array of shape "
                f"{kind.shape}. Sum or average it, or use s2sgrad.vjp"
            )
        if not (isinstance(kind, (Array, Undefined, Unknown)) or is_scalar(kind)):
            what = type(kind).__name__.lower() if not isinstance(kind, Static) else type(kind.value).__name__
            raise TypeError(
                f"grad needs a function with a scalar result, but {analysis.function.name} "
                f"{'returned' if len(value.kinds) == 1 else 'may return'} "
                f"{'None' if what == 'NoneType' else 'a ' + what}. Return a number, or use s2sgrad.vjp"
            )
