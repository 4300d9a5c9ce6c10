"""Complex numbers inside real functions, and as arguments."""

import numpy as np

from tests.corpus import program, sample

PLANE = sample(3, seed=1) * np.exp(1j * sample(3, seed=2, low=0.3, high=6.0))


@program((0.7,), (-1.3,))
def phase(x):
    return np.abs(np.exp(1j * x) + x)


@program((sample(4),))
def real_and_imaginary_parts(x):
    z = x + 1j * x**2
    w = z * z.conj() + z / (1.0 + 2j)
    return np.sum(w.real**2 + w.imag**3)


@program((sample(3),))
def written_by_index(x):
    z = np.zeros(3, complex)
    z[0] = x[0]
    z[1] = 1j * x[1] * x[0]
    z[2] = z[0] * z[1] + x[2]
    return np.sum(np.abs(z) ** 2) + np.real(z[2] ** 3)


@program((sample(3),))
def added_by_index(x):
    z = np.ones(3, complex)
    for i in range(3):
        z[i] += x[i] * np.exp(2j * x[i])
        z *= x[i]
    return np.sum(z.imag * z.real)


@program((sample(2),))
def real_used_twice(x):
    z = x * (0.5 + 1j)
    a = np.real(z)
    b = z * z
    return np.sum(a * np.imag(b)) + np.sum(np.abs(b))


@program((0.7, 3), (0.7, 0))
def carried_by_a_loop(x, n):
    z = x * (1 + 2j)
    total = 0.0
    for _ in range(n):
        z = z * z / abs(z) + 0.1j
        total = total + z.real
    return total + z.imag


@program((0.4,), (1.4,))
def real_on_one_branch(x):
    z = x
    if x > 1.0:
        z = z * 1j
    return abs(z * z + x)


@program((sample(2),))
def determinant(x):
    m = np.array([[1.0, x[0]], [x[1] * 1j, 2 + 1j]])
    return np.abs(np.linalg.det(m)) + np.linalg.norm(m @ m) + np.vdot(m, m @ m).real


@program((sample(3), 0.3))
def transfer_function(poles, w):
    h = 1.0
    for p in poles:
        h = h / (1j * w + p)
    return np.log(np.abs(h)) + np.angle(h)


@program((PLANE,))
def of_a_complex_array(z):
    return np.sum(np.abs(z) ** 2 + np.real(z**3) * np.imag(z))


@program((complex(0.7, -0.4), 0.5))
def of_a_complex_number(z, x):
    return abs(z - x) * z.real + np.angle(z)


@program((PLANE, sample(3)))
def complex_result(z, x):
    return z * x + np.conj(z)


@program((PLANE.astype(np.complex64), sample(3).astype(np.float32)), tol=2e-3)
def single_precision(z, x):
    return np.sum(np.abs(z * x))


def rotated(z, angle):
    return z * np.exp(1j * angle)


@program((0.5, 1.2))
def called(x, angle):
    z = rotated(x, angle)
    return rotated(z, z.real).imag


def transform(x):
    n = len(x)
    if n == 1:
        return x
    even, odd = transform(x[::2]), transform(x[1::2])
    twiddled = np.exp(-2j * np.pi * np.arange(n // 2) / n) * odd
    return np.concatenate([even + twiddled, even - twiddled])


@program((sample(8), sample(8, seed=1)))
def recursive_fourier_transform(x, w):
    return np.sum(w * np.abs(transform(x + 0j)) ** 2)


@program((sample(8), sample(8, seed=1)))
def fourier_transform_in_place(x, w):
    a = x.astype(complex)
    n = len(a)
    j = 0
    for i in range(1, n):
        bit = n >> 1
        while j & bit:
            j ^= bit
            bit >>= 1
        j ^= bit
        if i < j:
            held = a[i]
            a[i] = a[j]
            a[j] = held
    size = 2
    while size <= n:
        for start in range(0, n, size):
            for k in range(size // 2):
                u = a[start + k]
                v = a[start + k + size // 2] * np.exp(-2j * np.pi * k / size)
                a[start + k] = u + v
                a[start + k + size // 2] = u - v
        size *= 2
    return np.sum(w * a.real) + np.sum(a.imag**2)


@program((sample(5),))
def discrete_fourier_transform(x):
    n = len(x)
    k = np.arange(n)
    matrix = np.exp(-2j * np.pi * np.outer(k, k) / n)
    spectrum = matrix @ x
    return np.sum(np.abs(spectrum[1:3]) ** 2) + spectrum[0].real


@program((0.3, -0.6))
def mandelbrot(a, b):
    c = complex(a, b)
    z = 0j
    for _ in range(4):
        z = z * z + c
    return abs(z)


@program((sample(3), 0.4))
def conjugates(x, k):
    y = (x * k).conj()
    w = (y * 1j).conj()
    w[1] = x[0]
    return np.sum(y**2) + np.sum(w.imag * y) + abs((x[1] * 1j).conjugate())
