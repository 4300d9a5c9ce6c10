"""Instances of classes: namedtuples, dataclasses, methods, properties, operators, inheritance."""

import collections
import dataclasses
import functools
import math
import types
from typing import NamedTuple

import numpy as np

from tests.corpus import program, sample

Pair = collections.namedtuple("Pair", "a b")


class Point(NamedTuple):
    x: float
    y: float = 2.0

    def norm(self):
        return math.sqrt(self.x * self.x + self.y * self.y)

    @property
    def total(self):
        return self.x + self.y


@dataclasses.dataclass
class Particle:
    position: np.ndarray
    velocity: np.ndarray
    mass: float = 1.5

    def energy(self):
        return 0.5 * self.mass * np.sum(self.velocity**2)

    @property
    def momentum(self):
        return self.mass * self.velocity

    def moved(self, dt):
        return dataclasses.replace(self, position=self.position + dt * self.velocity)


@dataclasses.dataclass(frozen=True)
class Interval:
    low: float
    high: float
    name: str = "interval"

    def __post_init__(self):
        if self.low > self.high:
            raise ValueError("the bounds are the wrong way round")

    @classmethod
    def around(cls, centre, width):
        return cls(centre - width, centre + width)

    @staticmethod
    def middle(a, b):
        return 0.5 * (a + b)

    @functools.cached_property
    def length(self):
        return self.high - self.low


@dataclasses.dataclass(slots=True)
class Slotted:
    size: float
    shape: float = 3.0


@dataclasses.dataclass
class Settings:
    rate: float
    extra: dict = dataclasses.field(default_factory=lambda: {"power": 2.0})
    tags: list = dataclasses.field(default_factory=list)


# ------------------------------------------------------------------------------------------------ made inside


@program((0.7, 1.3))
def namedtuple_made(x, y):
    p = Pair(x * y, b=y)
    q = Point(x)
    a, b = p
    return p.a * q.x + q.y * b + p[0] * len(p) + a


@program((0.7, 1.3))
def namedtuple_methods(x, y):
    p = Point(x, y)
    q = p._replace(x=x * y)
    d = q._asdict()
    r = Point._make([y, x])
    return p.norm() * q.total + d["x"] * d["y"] + r.x


@program((0.7, 1.3, 3))
def namedtuple_in_a_loop(x, y, n):
    p = Pair(x, y)
    for _ in range(n):
        p = Pair(p.b, p.a * p.b + 0.1)
    return p.a * p.b


@program((sample(3), sample(3, seed=1), 0.4))
def dataclass_made(x, v, dt):
    p = Particle(x, v * dt)
    q = Particle(velocity=x, position=v, mass=dt)
    return np.sum(p.position * p.velocity) * p.mass + q.energy() + np.sum(q.momentum)


@program((sample(3), sample(3, seed=1), 0.4, 3))
def dataclass_replaced_in_a_loop(x, v, dt, n):
    p = Particle(x, v)
    for _ in range(n):
        p = p.moved(dt)
        p = dataclasses.replace(p, velocity=p.velocity - dt * p.position)
    return p.energy() + np.sum(p.position)


@program((0.7, 1.3))
def frozen_dataclass(x, y):
    i = Interval.around(x, y)
    return i.length * i.high + Interval.middle(i.low, x) * i.length


@program((0.7, 1.3))
def fields_with_the_names_of_array_attributes(x, y):
    s = Slotted(x * y)
    t = Slotted(y, x)
    return s.size * s.shape + t.size * t.shape


@program((0.7, 1.3))
def default_factories(x, y):
    s = Settings(x)
    t = Settings(y, {"power": x})
    return s.rate * s.extra["power"] + t.rate * t.extra["power"] + len(s.tags)


@program((sample(2), 0.7))
def dataclass_as_a_dict(x, m):
    d = dataclasses.asdict(Particle(x, 2.0 * x, m))
    position, velocity, mass = dataclasses.astuple(Particle(x * m, x, m))
    return np.sum(d["position"] * d["velocity"]) * d["mass"] + np.sum(position) * mass


@program((0.7, 1.3))
def simple_namespace(x, y):
    p = types.SimpleNamespace(a=x, b=types.SimpleNamespace(c=y))
    return p.a * p.b.c + p.b.c


@program((0.7, 1.3, 2.0), (0.7, 1.3, -2.0))
def object_chosen(x, y, s):
    p = Pair(x, y) if s > 0 else Pair(y * y, s)
    q = Interval(x, 2.0) if s > 0 else Interval(s, y)
    return p.a * p.b + q.low * q.high


# ------------------------------------------------------------------------------------------------ arguments, results


@program((Point(0.7, 1.3), 2.0))
def namedtuple_argument(p, s):
    return p.norm() * s + p.x * p.y


@program((Pair(Point(0.7, 1.3), [sample(2), 3]),))
def nested_namedtuples(tree):
    w, n = tree.b
    return np.sum(w * tree.a.x) * n + tree.a.total


@program((Particle(sample(3), sample(3, seed=1)), 0.4))
def dataclass_argument(p, dt):
    q = p.moved(dt)
    return q.energy() * p.mass + np.sum(q.position * p.velocity)


@program((Interval(0.7, 1.3), 2.0))
def frozen_argument(i, s):
    return i.length * s + i.low * i.high


@program((Slotted(0.7), 2.0))
def slotted_argument(p, s):
    return p.size * p.shape * s


@program(({"p": Particle(sample(3), sample(3, seed=1)), "q": [Slotted(0.3), 2]}, 0.4))
def dataclasses_in_containers(tree, s):
    return np.sum(tree["p"].position) * s + tree["q"][0].size * tree["p"].mass * tree["q"][1]


@program((types.SimpleNamespace(w=sample(2), n=types.SimpleNamespace(b=0.3), name="net"), 0.4))
def namespace_argument(p, s):
    return np.sum(np.tanh(p.w * s + p.n.b))


@program(([Particle(sample(2), sample(2, seed=1)), Particle(sample(2, seed=2), sample(2), 0.3)], 3))
def list_of_particles(particles, n):
    total = 0.0
    for _ in range(n):
        for p in particles:
            total = total + p.energy() * total + np.sum(p.position)
    return total


@program((0.7, sample(2)))
def returns_a_dataclass(x, v):
    return Particle(v * x, v, x * x)


@program((0.7, 1.3))
def returns_a_namedtuple(x, y):
    return Pair(x * y, Point(y, x * x))


# ------------------------------------------------------------------------------------------------ classes of one's own


@dataclasses.dataclass
class Shape:
    scale: float

    def area(self):
        return 0.0

    def cost(self):
        return self.area() * self.scale + self.extra()

    def extra(self):
        return 1.0


@dataclasses.dataclass
class Circle(Shape):
    radius: float

    def area(self):
        return math.pi * self.radius**2


@dataclasses.dataclass
class Box(Shape):
    width: float
    height: float

    def area(self):
        return self.width * self.height

    def extra(self):
        return super().extra() * self.width + super().area()


@program((0.7, 1.3))
def inheritance(x, y):
    return Circle(y, x).cost() + Box(x, y, 2.0).cost()


@program((0.7, 1.3))
def polymorphism(x, y):
    total = 0.0
    for shape in [Circle(2.0, x), Box(1.0, x, y), Circle(y, 0.5)]:
        total += shape.cost() * shape.scale
    return total


class Layer:
    def __init__(self, gain, activation):
        self.gain = gain
        self.activation = activation

    def __call__(self, x):
        return self.activation(x * self.gain)


LAYERS = [Layer(0.5, np.tanh), Layer(1.5, np.sin), Layer(2.0, lambda t: t * t)]


@program((sample(3),))
def global_objects_called(x):
    for layer in LAYERS:
        x = layer(x)
    return np.sum(x)


@program((0.7,))
def methods_as_values(x):
    f = LAYERS[0].__call__
    g = Point(x, 2.0 * x).norm
    return f(x) * g()


@dataclasses.dataclass(frozen=True)
class Dual:
    value: float
    slope: float

    def __add__(self, other):
        if isinstance(other, Dual):
            return Dual(self.value + other.value, self.slope + other.slope)
        return Dual(self.value + other, self.slope)

    __radd__ = __add__

    def __mul__(self, other):
        if isinstance(other, Dual):
            return Dual(self.value * other.value, self.value * other.slope + self.slope * other.value)
        return Dual(self.value * other, self.slope * other)

    def __rmul__(self, other):
        return self * other

    def __neg__(self):
        return Dual(-self.value, -self.slope)

    def __getitem__(self, i):
        return self.value if i == 0 else self.slope

    def __len__(self):
        return 2

    def __abs__(self):
        return math.sqrt(self.value * self.value + self.slope * self.slope)


@program((0.7, 1.3))
def operators_of_a_class(x, y):
    a = Dual(x, 1.0) * y + Dual(y, x)
    b = -(a * a)
    return b.value * b.slope + b[0] * b[1] + abs(a) * len(a)


@program((0.7, 1.3, 3))
def operators_of_a_class_in_a_loop(x, y, n):
    total = Dual(x, y)
    for _ in range(n):
        total += Dual(y, 0.1) * total
        total = total * x
    return total.value * total.slope


class Vector(NamedTuple):
    a: float
    b: float

    def __add__(self, other):
        return Vector(self.a + other.a, self.b + other.b)

    def __matmul__(self, other):
        return self.a * other.a + self.b * other.b


@program((0.7, 1.3))
def operators_of_a_namedtuple(x, y):
    v = Vector(x, y) + Vector(y, 2.0)
    return v @ v + getattr(v, "a")


@program((0.7, 2.0), (0.7, -2.0))
def object_or_none(x, s):
    p = Dual(x, s) if s > 0 else None
    if p is None:
        return x * x
    return p.value * p.slope * x


class Dense:
    bias = 0.5

    def __init__(self, weights, activation=np.tanh):
        self.weights = weights
        self.act = activation
        self.count, self.shape = len(weights), weights.shape

    def __call__(self, x):
        return self.act(self.weights @ x + self.bias)


class Scaled(Dense):
    def __init__(self, weights, gain, *, steps=2):
        super().__init__(weights * gain, np.sin)
        self.gain = gain
        self.total = 0.0
        for i in range(steps):
            self.total += gain * i
        if gain > 1.0:
            self.kind = "large"
        else:
            self.kind = "small"

    def __call__(self, x):
        return super().__call__(x) * self.gain + self.total


@program((sample(2, 3), sample(3), 1.3), (sample(2, 3), sample(3), 0.3))
def classes_with_an_init(w, x, gain):
    first = Dense(w)
    second = Scaled(w[:, :2] * 0.5, gain, steps=3)
    y = second(first(x))
    return np.sum(y) * first.count + second.total * (2.0 if second.kind == "large" else gain)


@program((sample(3), 0.7))
def objects_in_a_list(x, s):
    layers = [Scaled(np.outer(x, x), s), Scaled(np.eye(3) * s, 2.0)]
    for layer in layers:
        x = layer(x)
    return np.sum(x)
