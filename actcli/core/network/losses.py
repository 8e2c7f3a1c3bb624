"""Losses: the mean over a batch, and its gradient with respect to the network's output before any softmax or sigmoid.

Output and targets are (batch, outputs). No tail overflows or cancels.
"""

from collections.abc import Callable

import numpy as np

from actcli.core.arrays import Array

Loss = Callable[[Array, Array], tuple[float, Array]]


def binary_cross_entropy(output: Array, targets: Array) -> tuple[float, Array]:
    """The mean of -t log σ(z) - (1 - t) log σ(-z), and its gradient ((1 - t) σ(z) - t σ(-z)) / n.

    The output is logits z; the targets t are 0 or 1 (or a probability). With e = exp(-|z|), σ(|z|) = 1/(1 + e),
    σ(-|z|) = e/(1 + e) and -log σ(-|z|) = |z| + log(1 + e).
    """
    e = np.exp(-np.abs(output))
    likely, unlikely = 1 / (1 + e), e / (1 + e)
    positive = output >= 0
    loss = np.log1p(e) + (1 - targets) * np.maximum(output, 0) + targets * np.maximum(-output, 0)
    gradient = (1 - targets) * np.where(positive, likely, unlikely)
    gradient -= targets * np.where(positive, unlikely, likely)
    return float(loss.mean()), gradient / output.size


def cross_entropy(output: Array, targets: Array) -> tuple[float, Array]:
    """The mean over the batch of -Σ t log p with p = softmax(z), and its gradient ((1 - t) p - t (1 - p)) / n.

    The output is a logit z for each class; the targets t are 1 for the class and 0 elsewhere (or probabilities).
    """
    # Not the softmax of activations/rows.py: it compensates roundings, which is slower than this whole function, and
    # returns neither log p nor 1 - p.
    likeliest = output.argmax(axis=1)[:, None]
    shifted = output - np.take_along_axis(output, likeliest, axis=1)
    exponentials = np.exp(shifted)
    # Without the largest, 1, beside which the sum of the others may round away.
    others = exponentials.copy()
    np.put_along_axis(others, likeliest, 0, axis=1)
    rest = others.sum(axis=1, keepdims=True)
    loss = (targets * (np.log1p(rest) - shifted)).sum(axis=1)
    against = 1 + rest - exponentials  # proportional to 1 - p
    np.put_along_axis(against, likeliest, rest, axis=1)
    gradient = ((1 - targets) * exponentials - targets * against) / (1 + rest)
    return float(loss.mean()), gradient / len(output)


def mean_squared_error(output: Array, targets: Array) -> tuple[float, Array]:
    """The mean of (z - t)², and its gradient 2 (z - t) / n."""
    error = output - targets
    return float((error * error).mean()), 2 * error / output.size


LOSSES: dict[str, Loss] = {
    "binary_cross_entropy": binary_cross_entropy,
    "cross_entropy": cross_entropy,
    "mean_squared_error": mean_squared_error,
}


def guessing_loss(loss: str, targets: Array) -> float:
    """The loss of the best constant prediction for targets (points, outputs); loss: a key of LOSSES.

    Cross-entropies: the entropy of the class frequencies, ln 2 for two equally frequent classes. Mean squared error:
    the variance, because the best constant is the mean.
    """
    if loss == "mean_squared_error":
        return float(targets.var(axis=0, dtype=np.float64).mean())
    share = targets.mean(axis=0, dtype=np.float64)
    shares = np.append(share, 1.0 - share) if loss == "binary_cross_entropy" else share
    return float(-(shares * np.log(np.where(shares > 0.0, shares, 1.0))).sum())


def accuracy(loss: str, output: Array, targets: Array) -> float | None:
    """Share of points whose class has the largest output, all of them finite; None for the mean squared error."""
    if loss == "mean_squared_error":
        return None
    binary = loss == "binary_cross_entropy"
    right = (output > 0.0) == (targets > 0.5) if binary else output.argmax(axis=1) == targets.argmax(axis=1)
    return float((right.ravel() & np.isfinite(output).all(axis=1)).mean())
