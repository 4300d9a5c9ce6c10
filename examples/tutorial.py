# Gradient calculation with autograd: the classic notebook. Only the import differs.
import s2sgrad as torch

torch.manual_seed(0)

# A tensor that requires a gradient is tracked: each result remembers the operation that made it.
x = torch.randn(3, requires_grad=True)
y = x + 2
print(x)  # made by us: no grad_fn
print(y)  # made by an addition
print(y.grad_fn)

# Further operations extend the graph.
z = y * y * 3
print(z)
z = z.mean()
print(z)

# Backpropagation: .backward() computes the gradient, x.grad holds it.
print(x.grad)
z.backward()
print(x.grad)  # dz/dx

# A result that isn't a scalar: what we get is a vector-Jacobian product, so .backward needs the vector.
x = torch.randn(3, requires_grad=True)
y = x * 2
for _ in range(10):
    y = y * 2
print(y)
print(y.shape)
v = torch.tensor([0.1, 1.0, 0.0001], dtype=torch.float32)
y.backward(v)
print(x.grad)

# Without that vector there is nothing to compute, and the error says so.
try:
    (x * 2).backward()
except RuntimeError as error:
    print(error)

# Stop tracking, first way: requires_grad_(...) changes the flag in place.
a = torch.randn(2, 2)
print(a.requires_grad)
b = (a * 3) / (a - 1)
print(b.grad_fn)
a.requires_grad_(True)
print(a.requires_grad)
b = (a * a).sum()
print(b.grad_fn)

# Second way: .detach() gives a tensor with the same content that is not tracked.
a = torch.randn(2, 2, requires_grad=True)
print(a.requires_grad)
b = a.detach()
print(b.requires_grad)

# Third way: nothing is tracked inside `with torch.no_grad():`.
a = torch.randn(2, 2, requires_grad=True)
print((a**2).requires_grad)
with torch.no_grad():
    print((a**2).requires_grad)

# Gradients accumulate in .grad: empty it between the steps of an optimisation.
weights = torch.ones(4, requires_grad=True)
for epoch in range(3):
    model_output = (weights * 3).sum()
    model_output.backward()
    print(weights.grad)
    with torch.no_grad():
        weights -= 0.1 * weights.grad  # an optimisation step
    weights.grad.zero_()  # without this line the gradients grow: 3, 6, 9
print(weights)
print(model_output)

# An optimizer does both: .step() changes the weights, .zero_grad() empties their gradients.
x = torch.tensor([1.0, 2.0, 3.0], requires_grad=True)
optimizer = torch.optim.SGD([x], lr=0.1)
for epoch in range(3):
    loss = (x**2).sum()
    loss.backward()
    optimizer.step()
    optimizer.zero_grad()
    print(f"epoch {epoch + 1}: loss {loss.item():.4f}")
print(x)
