"""What comes back belongs to the caller; what was passed in, or captured, is left alone."""

import numpy as np
import pytest

import s2sgrad as sg
from tests import harness
from tests.corpus import sample

TABLE = np.array([1.0, 2.0, 3.0])


@pytest.fixture(params=[False, True], ids=["raw", "optimized"])
def optimize(request):
    return request.param


def product(x, y):
    return np.sum(x * y)


def test_the_gradient_of_a_product_is_not_the_other_factor(optimize):
    x, y = sample(3), sample(3, seed=1)
    gradient = sg.grad(product, optimize=optimize)(x, y)
    np.testing.assert_array_equal(gradient, y)
    assert not np.may_share_memory(gradient, y)
    gradient += 1.0
    np.testing.assert_array_equal(y, sample(3, seed=1))


def test_gradients_of_one_call_are_separate(optimize):
    x, y = sample(3), sample(3, seed=1)
    a, b = sg.grad(lambda x, y: np.sum(x + y), argnums=(0, 1), optimize=optimize)(x, y)
    assert not np.may_share_memory(a, b)
    a[:] = 7.0
    np.testing.assert_array_equal(b, np.ones(3))


def test_the_same_array_passed_twice(optimize):
    x = sample(3)
    a, b = sg.grad(product, argnums=(0, 1), optimize=optimize)(x, x)
    np.testing.assert_array_equal(a, x)
    np.testing.assert_array_equal(b, x)
    assert not harness.overlapping(a, [b, x])


def test_overlapping_arguments(optimize):
    base = sample(4)
    x, y = base[:3], base[1:]
    a, b = sg.grad(lambda x, y: np.sum(x * y * y), argnums=(0, 1), optimize=optimize)(x, y)
    np.testing.assert_allclose(a, y * y)
    np.testing.assert_allclose(b, 2 * x * y)
    np.testing.assert_array_equal(base, sample(4))


def test_one_array_twice_inside_a_container(optimize):
    x = sample(3)
    gradient = sg.grad(lambda p: np.sum(p["a"] * p["b"] * p["b"]), optimize=optimize)({"a": x, "b": x})
    np.testing.assert_allclose(gradient["a"], x * x)
    np.testing.assert_allclose(gradient["b"], 2 * x * x)
    assert not harness.overlapping(gradient["a"], [gradient["b"], x])


def test_writing_into_a_gradient_does_not_change_the_next(optimize):
    x, y = sample(3), sample(3, seed=1)
    for f in (product, lambda x, y: np.sum(x), lambda x, y: np.sum(x) * 0.0, lambda x, y: np.sum(y)):
        gradient = sg.grad(f, optimize=optimize)
        first = gradient(x, y)
        kept = first.copy()
        first[:] = np.nan
        np.testing.assert_array_equal(gradient(x, y), kept)


def test_captured_arrays_are_not_handed_out(optimize):
    weights = np.array([3.0, 4.0, 5.0])

    def f(x, y):
        return np.sum(x * weights) + np.sum(y * TABLE)

    a, b = sg.grad(f, argnums=(0, 1), optimize=optimize)(sample(3), sample(3))
    assert not np.may_share_memory(a, weights)
    assert not np.may_share_memory(b, TABLE)
    a[:] = b[:] = 0.0
    np.testing.assert_array_equal(weights, [3.0, 4.0, 5.0])
    np.testing.assert_array_equal(TABLE, [1.0, 2.0, 3.0])


def test_gradients_of_broadcast_sums_are_writeable(optimize):
    gradient = sg.grad(lambda a: np.sum(a), optimize=optimize)(sample(2, 3))
    assert gradient.flags.writeable
    gradient[0, 0] = 5.0
    np.testing.assert_array_equal(gradient, [[5.0, 1.0, 1.0], [1.0, 1.0, 1.0]])


def test_gradients_through_views_own_their_memory(optimize):
    a = sample(2, 3)
    for f in (
        lambda a: np.sum(a.T @ np.ones(2)),
        lambda a: np.sum(a.reshape(3, 2)[0]),
        lambda a: np.sum(a.ravel() * np.arange(6.0)),
        lambda a: np.sum(np.expand_dims(a, 0)),
    ):
        gradient = sg.grad(f, optimize=optimize)(a)
        assert gradient.flags.writeable
        assert gradient.shape == (2, 3)
        before = gradient.copy()
        gradient[0, 0] += 1.0
        assert np.count_nonzero(gradient != before) == 1


# ------------------------------------------------------------------------------------------------ pullbacks


def test_a_pullback_may_be_called_any_number_of_times(optimize):
    x = sample(4)

    def f(x):
        y = x.copy()
        for i in range(1, 4):
            y[i] = y[i] * y[i - 1]
        return np.sin(y) * x

    _, pullback = sg.vjp(f, x, optimize=optimize)
    weights = sample(4, seed=5)
    (first,) = pullback(weights)
    kept = first.copy()
    first[:] = np.nan
    np.testing.assert_array_equal(pullback(weights)[0], kept)
    np.testing.assert_allclose(pullback(2.0 * weights)[0], 2.0 * kept)
    np.testing.assert_array_equal(pullback(weights)[0], kept)


def test_a_pullback_with_loops_and_branches_may_be_called_again(optimize):
    def f(x, n):
        y = x
        while n > 0:
            y = y * x if n % 2 else np.sin(y)
            n -= 1
        return y

    _, pullback = sg.vjp(f, 0.7, 5, argnums=0, optimize=optimize)
    assert pullback(1.0) == pullback(1.0)
    assert pullback(2.0) == pytest.approx(2.0 * pullback(1.0))


def test_a_pullback_survives_writes_into_the_value(optimize):
    x = sample(3)
    value, pullback = sg.vjp(np_tanh_squared, x, optimize=optimize)
    before = pullback(np.ones(3))[0]
    value[:] = 100.0
    np.testing.assert_array_equal(pullback(np.ones(3))[0], before)


def np_tanh_squared(x):
    y = np.tanh(x)
    return y * y


def test_a_pullback_survives_writes_into_a_value_it_reads_itself(optimize):
    """exp'(x) is the result itself: the residual and the value must be two arrays."""
    x = sample(3)
    value, pullback = sg.vjp(lambda x: np.exp(x), x, optimize=optimize)
    value[:] = 100.0
    np.testing.assert_allclose(pullback(np.ones(3))[0], np.exp(x))


def test_a_pullback_leaves_the_cotangent_alone(optimize):
    def f(x):
        a = x * x
        a[0] = a[1] * a[2]
        return a

    cotangent = np.ones(3)
    value, pullback = sg.vjp(f, sample(3), optimize=optimize)
    kept = value.copy()
    gradient = pullback(cotangent)[0]
    np.testing.assert_array_equal(cotangent, np.ones(3))
    np.testing.assert_array_equal(value, kept)
    assert not np.may_share_memory(gradient, cotangent)


def test_the_cotangent_is_not_the_gradient(optimize):
    cotangent = np.ones(3)
    _, pullback = sg.vjp(lambda x: x, sample(3), optimize=optimize)
    gradient = pullback(cotangent)[0]
    assert not np.may_share_memory(gradient, cotangent)
    a, b = sg.vjp(lambda x, y: x + y, sample(3), sample(3), optimize=optimize)[1](cotangent)
    assert not harness.overlapping(a, [b, cotangent])
    assert not harness.overlapping(b, [cotangent])


def test_the_value_may_be_the_argument_but_not_the_gradient(optimize):
    x = sample(3)
    value, pullback = sg.vjp(lambda x: x, x, optimize=optimize)
    np.testing.assert_array_equal(value, x)
    gradient = pullback(np.ones(3))[0]
    assert not harness.overlapping(gradient, [x, value])


def test_value_and_gradient_are_separate(optimize):
    x = sample(3)
    value, gradient = sg.value_and_grad(lambda x: np.sum(np.exp(x)), optimize=optimize)(x)
    assert isinstance(value, np.float64)
    np.testing.assert_allclose(gradient, np.exp(x))


def test_arguments_that_are_read_only_stay_acceptable(optimize):
    x = sample(3)
    x.flags.writeable = False
    gradient = sg.grad(lambda x: np.sum(x**3), optimize=optimize)(x)
    np.testing.assert_allclose(gradient, 3 * x**2)
    assert gradient.flags.writeable


def test_two_calls_do_not_share_their_gradients(optimize):
    gradient = sg.grad(lambda x: np.sum(x * 2.0), optimize=optimize)
    first, second = gradient(sample(3)), gradient(sample(3))
    assert not np.may_share_memory(first, second)


def test_arguments_without_influence_get_fresh_zeros(optimize):
    x, y = sample(3), sample(2, 2)
    a, b = sg.grad(lambda x, y: 3.0, argnums=(0, 1), optimize=optimize)(x, y)
    np.testing.assert_array_equal(a, np.zeros(3))
    np.testing.assert_array_equal(b, np.zeros((2, 2)))
    a[:] = 1.0
    np.testing.assert_array_equal(x, sample(3))
