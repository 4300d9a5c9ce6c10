"""The tutorial on gradient calculation with autograd, as one script."""

import s2sgrad as torch

torch.manual_seed(0)

# ---- the graph
x = torch.randn(3, requires_grad=True)
print(x)
y = x + 2
print(y)
print(y.grad_fn)
z = y * y * 3
print(z)
z = (y**2 * 2).mean()
print(z)
print(z.grad_fn)

# ---- gradients
print(x.grad)
z.backward()
print(x.grad)
z2 = y**2 * 2
print(z2)
v = torch.Tensor([1.0, 1.0, 1.0])
z2.backward(v)
print("after z2.backward (accumulated)", x.grad)
try:
    z2.backward(v)
except RuntimeError as e:
    print("again:", e)
try:
    (x * 2).backward()
except RuntimeError as e:
    print("nonscalar:", type(e).__name__, e)

# ---- a vector-Jacobian product
x = torch.randn(3, requires_grad=True)
y = x * 2
for _ in range(10):
    y = y * 2
print(y)
print(y.shape)
v = torch.tensor([0.1, 1.0, 0.0001], dtype=torch.float32)
y.backward(v)
print(x.grad)

# ---- requires_grad_
a = torch.randn(2, 2)
print(a.requires_grad)
b = (a * 3) / (a - 1)
print(b.grad_fn)
a.requires_grad_(True)
print(a.requires_grad)
b = (a * a).sum()
print(b.grad_fn)
x = torch.randn(3, requires_grad=True)
print(x)
print(x.requires_grad_(False))
print(x)

# ---- detach, no_grad
a = torch.randn(2, 2, requires_grad=True)
print(a.requires_grad)
b = a.detach()
print(b.requires_grad)
print(b)
a = torch.randn(2, 2, requires_grad=True)
print(a.requires_grad)
with torch.no_grad():
    print((a**2).requires_grad)
    print(a + 2)

# ---- emptying gradients
weights = torch.ones(4, requires_grad=True)
for epoch in range(3):
    model_output = (weights * 3).sum()
    model_output.backward()
    print(weights.grad)
    with torch.no_grad():
        weights -= 0.1 * weights.grad
    weights.grad.zero_()
print(weights)
print(model_output)

# ---- an optimizer
x = torch.tensor([1.0, 2.0, 3.0], requires_grad=True)
opt = torch.optim.SGD([x], 0.01)
for i in range(2):
    x_old = x.clone()
    loss = (x**2).sum()
    loss.backward()
    print("x.grad", x.grad)
    opt.step()
    print(f"{x_old[0]} -> {x[0]}", f"{x_old[0]:.3f}", x_old[0], str(x[0]), repr(x[0]))
    opt.zero_grad()
    print(x.grad)
print(opt)
print(f"{x_old}")
try:
    print(f"{x_old:.2f}")
except Exception as e:
    print(type(e).__name__, e)
print(f"{x.detach()[0]}", "%s" % x[0], "%f" % x[0].detach(), "{}".format(x[0]), format(x[0], ""), "{!r}".format(x[0]))  # noqa: UP031, UP032
print(f"{torch.tensor(0.9800000190734863)}", torch.tensor(1.0).item(), f"{torch.tensor(1.0)}", f"{torch.tensor(3)}")
