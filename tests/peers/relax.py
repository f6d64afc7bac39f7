"""Gradient ascent on the built-in table in NumPy: the numbers that tests/landscape/relaxed.rs has.

Own code, from the definitions of the neighbors (arXiv 2105.06369 in the form of src/search/na_darts.rs): every neighbor is listed, its
weights are made one edge after the other, and its expected accuracy and the gradient of it are sums over all architectures. No
factorisation is shared with the program.

    python tests/peers/relax.py        (from the folder of the repository)
"""

import csv
import itertools

import numpy as np

EDGES, OPERATIONS = 3, 5
with open("tests/landscape/digits.csv") as file:
    TABLE = np.array([float(row["ValidationAccuracy"]) for row in csv.DictReader(file)])
TABLE = TABLE.reshape([OPERATIONS] * EDGES)


def expected(beta):
    """F and its gradient in β."""
    value = np.einsum("abc,a,b,c", TABLE, *beta)
    gradient = np.stack([
        np.einsum("abc,b,c->a", TABLE, beta[1], beta[2]),
        np.einsum("abc,a,c->b", TABLE, beta[0], beta[2]),
        np.einsum("abc,a,b->c", TABLE, beta[0], beta[1]),
    ])
    return value, gradient


def lanes(radius, own):
    if own:
        yield {}
    for count in range(1, radius + 1):
        for edges in itertools.combinations(range(EDGES), count):
            for shifts in itertools.product(range(1, OPERATIONS), repeat=count):
                yield dict(zip(edges, shifts))


def neighbor(beta, changes, kind):
    """The weights of a neighbor, and what turns a gradient in them into one in β."""
    moved = beta.copy()
    back = [np.eye(OPERATIONS) for _ in range(EDGES)]
    for edge, shift in changes.items():
        if kind == "permutation":
            moved[edge] = np.roll(beta[edge], shift)
            back[edge] = np.roll(np.eye(OPERATIONS), -shift, axis=0)
            continue
        share = {"mass-transfer": 0.5, "hard-replacement": 1.0}[kind]
        to = np.eye(OPERATIONS)[(np.argmax(beta[edge]) + shift) % OPERATIONS]
        moved[edge] = (1 - share) * beta[edge] + share * to
        back[edge] = (1 - share) * np.eye(OPERATIONS)
    return moved, back


def objective(beta, kind, radius, own):
    if kind == "plain":
        return expected(beta)
    total, slope, count = 0.0, np.zeros_like(beta), 0
    for changes in lanes(radius, own):
        moved, back = neighbor(beta, changes, kind)
        value, gradient = expected(moved)
        total += value
        slope += np.stack([b @ g for b, g in zip(back, gradient)])
        count += 1
    return total / count, slope / count


def softmax(alpha):
    weights = np.exp(alpha - alpha.max(axis=1, keepdims=True))
    return weights / weights.sum(axis=1, keepdims=True)


def ascend(alpha, steps, *what):
    for _ in range(steps):
        beta = softmax(alpha)
        _, gradient = objective(beta, *what)
        alpha = alpha + beta * (gradient - (beta * gradient).sum(axis=1, keepdims=True))
    beta = softmax(alpha)
    entropy = -(beta * np.log(beta)).sum() / EDGES
    return objective(beta, *what)[0], expected(beta)[0], entropy, np.argmax(beta, axis=1)


for kind, radius, own in [("plain", 0, True)] + [
    (kind, radius, own)
    for kind in ["permutation", "mass-transfer", "hard-replacement"]
    for radius, own in [(1, True), (2, True), (1, False)]
]:
    start = 2 * np.sin(1 + np.arange(EDGES * OPERATIONS)).reshape(EDGES, OPERATIONS)
    value, own_value, entropy, cell = ascend(start, 30, kind, radius, own)
    print(f"{kind} {radius} {own}: {value:.9f} {own_value:.9f} {entropy:.9f} {list(map(int, cell))}")
