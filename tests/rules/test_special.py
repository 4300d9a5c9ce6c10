"""SciPy's special functions, on the parts of the line where they are defined."""

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import scipy.special as sp

import s2sgrad as sg
from s2sgrad import rules
from tests.rules.oracle import check

ROOT = Path(__file__).parent.parent.parent
ANY = np.array([[-1.7, -0.6, 0.2], [0.45, 0.9, 2.3]])
POSITIVE, UNIT = np.abs(ANY) + 0.1, 0.5 + 0.45 * np.tanh(ANY)
ROW = np.array([0.7, 1.3, 0.43])

UNARY = {
    sp.erf: ANY, sp.erfc: ANY, sp.erfcx: ANY, sp.erfinv: 2 * UNIT - 1, sp.erfcinv: 2 * UNIT, sp.ndtr: ANY,
    sp.log_ndtr: ANY, sp.ndtri: UNIT, sp.dawsn: ANY, sp.expit: ANY, sp.log_expit: ANY, sp.logit: UNIT,
    sp.entr: POSITIVE, sp.exp10: ANY, sp.exprel: ANY,
    sp.cbrt: ANY, sp.expm1: ANY, sp.log1p: POSITIVE, sp.gamma: POSITIVE,
    sp.gammaln: POSITIVE, sp.rgamma: POSITIVE, sp.digamma: POSITIVE, sp.j0: ANY, sp.j1: ANY, sp.y0: POSITIVE,
    sp.y1: POSITIVE, sp.i0: ANY, sp.i1: ANY, sp.i0e: ANY, sp.k0: POSITIVE, sp.k1: POSITIVE, sp.spence: POSITIVE,
}  # fmt: skip
BINARY = {
    sp.xlogy: (ANY, ROW), sp.xlog1py: (ANY, ROW), sp.rel_entr: (POSITIVE, ROW), sp.kl_div: (POSITIVE, ROW),
    sp.huber: (ROW, ANY), sp.beta: (POSITIVE, ROW), sp.betaln: (POSITIVE, ROW), sp.poch: (POSITIVE, ROW),
    sp.binom: (POSITIVE + 2.0, ROW),
}  # fmt: skip


@pytest.mark.parametrize("function", UNARY, ids=lambda f: f.__name__)
def test_unary(function):
    check(function, UNARY[function], tol=1e-6)
    check(function, float(UNARY[function][1, 1]), tol=1e-6)


@pytest.mark.parametrize(
    "function", [f for f in UNARY if "D->D" in f.types and f is not sp.digamma], ids=lambda f: f.__name__
)
def test_complex(function):
    check(function, UNARY[function] + 0.3j, tol=1e-6)


@pytest.mark.parametrize("function", BINARY, ids=lambda f: f.__name__)
def test_binary(function):
    x, z = BINARY[function]
    check(function, x, z, tol=1e-6)
    check(function, float(x.flat[0]), z, tol=1e-6)


def test_orders():
    for function in (sp.jv, sp.yv, sp.iv, sp.kv):
        check(function, 1.5, POSITIVE, tol=1e-6)
        check(function, 2, POSITIVE, tol=1e-6)
    check(sp.polygamma, 1, POSITIVE, tol=1e-6)


def test_softmax():
    for axis in (None, 0, -1):
        check(sp.logsumexp, ANY, axis)
        check(sp.logsumexp, ANY, axis, keepdims=True)
        check(sp.logsumexp, ANY, axis, POSITIVE)
        check(sp.softmax, ANY, axis)
        check(sp.log_softmax, ANY, axis)


def test_every_rule_is_tried():
    tried = {*UNARY, *BINARY, sp.jv, sp.yv, sp.iv, sp.kv, sp.polygamma, sp.logsumexp, sp.softmax, sp.log_softmax}
    own = [r for r in rules.all_rules() if r.scope and r.scope.file.endswith("special.py")]
    assert own and [r.path.path for r in own if r.target not in tried] == []


def test_in_a_program():
    def likelihood(w, x, labels):
        return -np.sum(sp.log_expit(labels * (x @ w))) + sp.logsumexp(w) + np.sum(sp.gammaln(w * w + 1.0))

    labels = np.array([1.0, -1.0])
    sg.check_grads(likelihood, (ROW, ANY, labels), order=1)
    with pytest.raises(sg.UnsupportedError, match="by its argument `v`"):
        sg.grad(lambda v: sp.jv(v, 2.0))(1.5)


def test_scipy_is_not_loaded_for_its_rules():
    program = "import sys; from s2sgrad import rules; list(rules.all_rules()); print('scipy' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"
