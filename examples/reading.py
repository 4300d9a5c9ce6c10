"""Read the derivative: in-place writes, a loop and a branch, and the gradient as Python you can step through."""

import numpy as np

import s2sgrad as sg


@sg.differentiable
def heat(u, k, steps):
    u = u.copy()
    w = u.copy()
    for t in range(steps):
        w[1:-1] = u[1:-1] + k * (u[2:] - 2.0 * u[1:-1] + u[:-2])
        u, w = w, u
    return np.sum(u * u)


if __name__ == "__main__":
    u = np.array([0.0, 1.0, 0.0, 0.0, 2.0])
    print(f"heat   {heat(u, 0.2, 3):.6f}")
    print(f"∂/∂u   {heat.grad(u, 0.2, 3)}")
    print(heat.grad.source_for(u, 0.2, 3))

    both = sg.grad(heat, argnums=(0, 1))
    sg.check_grads(lambda u, k: heat(u, k, 3), (u, 0.2))
    print(f"∂/∂k   {both(u, 0.2, 3)[1]:.6f}  (checked against differences)")
