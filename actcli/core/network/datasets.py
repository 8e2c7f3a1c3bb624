"""Small data sets for training: random ones, and ones from given examples."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from actcli.core.arrays import Array, numbers_of
from actcli.core.errors import InputError, check_memory, instance, one_of, shown
from actcli.core.network.losses import LOSSES

MOST_CLASSES = 1000
MOST_WHOLE_NUMBER_CLASSES = 20


@dataclass(frozen=True, eq=False)
class DataSet:
    """Examples and their loss. InputError: shapes that do not match, or no such loss.

    inputs:  (points, features), each column of mean 0 and variance 1, or 0 if it is constant
    targets: (points, outputs)
    loss:    a key of LOSSES, which determines the targets:
             binary_cross_entropy  0 or 1, one output
             cross_entropy         one-hot, an output for each class
             mean_squared_error    numbers, each column of mean 0 and variance 1: predicting the mean gives loss 1
    """

    name: str
    inputs: Array
    targets: Array
    loss: str

    def __post_init__(self) -> None:
        instance("name", self.name, str)
        one_of("loss", self.loss, LOSSES)
        for field in ("inputs", "targets"):
            object.__setattr__(self, field, numbers_of(field, getattr(self, field)))
        if not (self.inputs.ndim == self.targets.ndim == 2 and len(self.inputs) == len(self.targets) > 0):
            shapes = f"inputs of shape {self.inputs.shape} and targets of shape {self.targets.shape}"
            raise InputError(f"{shapes} do not belong together: (points, features) and (points, outputs)")


def two_spirals(points: int, generator: np.random.Generator, *, turns: float = 1.0, noise: float = 0.02) -> DataSet:
    """Classification: two interleaved spirals, one the other turned by π.

    (r cos θ, r sin θ) with r = θ / 2π from 0 to `turns`, r² uniform, plus normal noise.
    Lang and Witbrock (1988), Learning to tell two spirals apart.

    ValueError: fewer than 2 points, or negative noise.
    """
    _check("two spirals", points, noise)
    classes = np.arange(points) % 2
    radius = turns * np.sqrt(generator.uniform(size=points))  # the arc length grows like θ², hence the root
    angle = 2 * np.pi * radius + np.pi * classes
    inputs = radius[:, None] * np.column_stack([np.cos(angle), np.sin(angle)])
    inputs += generator.normal(0, noise, inputs.shape)
    return _two_classes("spirals", inputs, classes)


def two_moons(points: int, generator: np.random.Generator, *, noise: float = 0.1) -> DataSet:
    """Classification: two interleaved half-circles.

    (cos θ, sin θ) and (1 - cos θ, 1/2 - sin θ), θ uniform from 0 to π, plus normal noise.
    Pedregosa et al. (2011), Scikit-learn: make_moons.

    ValueError: fewer than 2 points, or negative noise.
    """
    _check("two moons", points, noise)
    classes = np.arange(points) % 2
    angle = generator.uniform(0, np.pi, points)
    upper = np.column_stack([np.cos(angle), np.sin(angle)])
    inputs = np.where(classes[:, None] == 0, upper, [1, 0.5] - upper)
    inputs += generator.normal(0, noise, inputs.shape)
    return _two_classes("moons", inputs, classes)


def two_circles(points: int, generator: np.random.Generator, *, noise: float = 0.05) -> DataSet:
    """Classification: two concentric circles.

    r (cos θ, sin θ) with r = 1 and r = 1/2, θ uniform from 0 to 2π, plus normal noise.
    Pedregosa et al. (2011), Scikit-learn: make_circles.

    ValueError: fewer than 2 points, or negative noise.
    """
    _check("two circles", points, noise)
    classes = np.arange(points) % 2
    angle = generator.uniform(0, 2 * np.pi, points)
    radius = np.where(classes == 0, 1, 0.5)
    inputs = radius[:, None] * np.column_stack([np.cos(angle), np.sin(angle)])
    inputs += generator.normal(0, noise, inputs.shape)
    return _two_classes("circles", inputs, classes)


def exclusive_or(points: int, generator: np.random.Generator, *, margin: float = 0.1) -> DataSet:
    """Classification: whether the signs of two coordinates differ.

    The quadrants take turns; the absolute value of each coordinate is uniform from `margin` to 1.
    Minsky and Papert (1969), Perceptrons: no single neuron separates the classes.

    ValueError: fewer than 2 points, or a margin outside [0, 1).
    """
    _check("xor", points)
    if not 0 <= margin < 1:
        raise ValueError(f"the margin must be at least 0 and less than 1, got {margin}")
    index = np.arange(points)
    classes = index % 2
    first = np.where(index % 4 < 2, 1, -1)
    signs = np.column_stack([first, np.where(classes == 0, first, -first)])
    return _two_classes("xor", signs * generator.uniform(margin, 1, signs.shape), classes)


def sine(points: int, generator: np.random.Generator, *, noise: float = 0.05) -> DataSet:
    """Regression: two periods of a sine wave.

    y = sin x plus normal noise, x uniform from -2π to 2π.

    ValueError: fewer than 2 points, or negative noise.
    """
    _check("sine", points, noise)
    x = generator.uniform(-2 * np.pi, 2 * np.pi, (points, 1))
    y = np.sin(x) + generator.normal(0, noise, x.shape)
    return DataSet("sine", standardise(x), standardise(y), "mean_squared_error")


def blobs(points: int, generator: np.random.Generator, *, classes: int = 3, noise: float = 0.25) -> DataSet:
    """Classification: one normally distributed cloud per class.

    The centres are the corners of a regular polygon on the unit circle; `noise` is the standard deviation.
    Pedregosa et al. (2011), Scikit-learn: make_blobs, which scatters the centres.

    ValueError: fewer than 2 classes, fewer points than classes, or negative noise.
    """
    if classes < 2:
        raise ValueError(f"blobs need at least 2 classes, got {classes}")
    _check("blobs", points, noise, least=classes)
    labels = np.arange(points) % classes
    angle = 2 * np.pi * labels / classes
    inputs = np.column_stack([np.cos(angle), np.sin(angle)])
    inputs += generator.normal(0, noise, inputs.shape)
    return DataSet("blobs", standardise(inputs), one_hot(labels, classes), "cross_entropy")


DATASETS: dict[str, Callable[[int, np.random.Generator], DataSet]] = {
    "spirals": two_spirals,
    "moons": two_moons,
    "circles": two_circles,
    "xor": exclusive_or,
    "sine": sine,
    "blobs": blobs,
}


TARGETS = ("auto", "classes", "numbers")
"""Meanings of labels."""


def from_examples(name: str, inputs: Array, labels: Array | Sequence[str], target: str = "auto") -> DataSet:
    """The data set of given examples: inputs (points, features), and a label for each point: a number or a class name.

    target: labels are "classes" or "numbers". "auto" decides by the first line that applies:

    two different labels, numbers or names    binary_cross_entropy; 1 is the larger number or the later name
    names                                     cross_entropy
    whole numbers, at most 20 different ones,
    each of them more than once               cross_entropy
    numbers                                   mean_squared_error, the targets standardised

    Classes are in the order of their numbers or names.

    InputError: no such target; names as numbers; fewer than 2 points; no features, or none that varies; equal labels;
    a number that is not finite; more than 1000 classes; one-hot targets of more than 4 GiB.

    >>> examples = from_examples("mine", [[0.0], [1.0], [2.0], [3.0]], ["no", "no", "yes", "yes"])
    >>> examples.loss, examples.targets.ravel()
    ('binary_cross_entropy', array([0., 0., 1., 1.]))
    """
    instance("name", name, str)
    one_of("target", target, TARGETS)
    inputs = numbers_of(f"{name}: inputs", inputs)
    labels = labels if isinstance(labels, Sequence) else np.atleast_1d(np.asarray(labels))
    if isinstance(labels, str) or not all(map(np.isscalar, labels)):
        raise InputError(f"{name}: labels must be a list of numbers or names, one a point, not {shown(labels)}")
    if inputs.ndim != 2 or len(labels) != len(inputs):
        raise InputError(f"{name}: inputs of shape {inputs.shape} and {len(labels)} labels do not belong together")
    if len(inputs) < 2:
        raise InputError(f"{name}: at least 2 points are needed to learn from, got {len(inputs)}")
    if inputs.shape[1] == 0:
        raise InputError(f"{name}: the points have a target but no features")
    if not np.isfinite(inputs).all():
        raise InputError(f"{name}: a feature is not finite")
    if (inputs == inputs[0]).all():
        raise InputError(f"{name}: all points are equal, so the features say nothing about the targets")
    # Twice, because the mean of numbers like 10^15 + 1 is rounded.
    inputs = standardise(standardise(inputs))

    codes, counts, numbers = _encode(name, labels)
    classes = len(counts)
    if classes == 1:
        raise InputError(f"{name}: all targets are the same, so there is nothing to learn")
    if numbers is None and target == "numbers":
        raise InputError(f"{name}: the target {labels[0]!r} is no number")
    if numbers is not None and (target == "numbers" or (target == "auto" and not _are_classes(numbers, counts))):
        return DataSet(name, inputs, standardise(standardise(numbers[:, None])), "mean_squared_error")
    if classes == 2:
        return DataSet(name, inputs, codes[:, None].astype(np.float64), "binary_cross_entropy")
    if classes > MOST_CLASSES:
        raise InputError(f"{name}: {classes} classes, and at most {MOST_CLASSES} are taken")
    check_memory(8 * len(codes) * classes, f"{name}: the targets of {len(codes)} points in {classes} classes take")
    return DataSet(name, inputs, one_hot(codes, classes), "cross_entropy")


def _encode(name: str, labels: Array | Sequence[str]) -> tuple[NDArray[np.intp], NDArray[np.intp], Array | None]:
    """Index of each label among the sorted distinct labels, the count of each distinct one, and labels as numbers."""
    if all(isinstance(label, str) for label in labels):
        places = {label: place for place, label in enumerate(sorted(set(labels)))}
        codes = np.fromiter(map(places.__getitem__, labels), np.intp, len(labels))
        return codes, np.bincount(codes), None
    numbers = numbers_of(f"{name}: labels", labels)
    if not np.isfinite(numbers).all():
        raise InputError(f"{name}: a target is not finite")
    _, codes, counts = np.unique(numbers, return_inverse=True, return_counts=True)
    return codes, counts, numbers


def _are_classes(numbers: Array, counts: NDArray[np.intp]) -> bool:
    if len(counts) == 2:
        return True
    whole = bool((numbers == np.floor(numbers)).all())
    return whole and len(counts) <= MOST_WHOLE_NUMBER_CLASSES and bool((counts > 1).all())


def are_consecutive_classes(column: Array) -> bool:
    """Whether a column looks like classes: consecutive whole numbers from 0 or 1, at most 20, each more than once."""
    numbers, counts = np.unique(column, return_counts=True)
    few = 2 <= len(numbers) <= MOST_WHOLE_NUMBER_CLASSES
    return few and numbers[0] in (0, 1) and bool((np.diff(numbers) == 1).all() and (counts > 1).all())


def number_the_rows(features: Array, rows: NDArray[np.intp], count: int) -> list[int]:
    """Indices of the columns that are row numbers: they ascend by 1 per row, or are distinct whole numbers.

    Distinct whole numbers count from 20 rows on, if their range is less than `count`.
    rows: row number of each point; `count` rows in all, some of which may be left out
    """
    found = []
    for place, column in enumerate(features.T):
        with np.errstate(over="ignore", invalid="ignore"):  # an overflow is no row number
            in_order = len(column) > 2 and bool((column - rows == column[0] - rows[0]).all())
            whole = bool((column == np.floor(column)).all())
            within = bool(column.max() - column.min() < count)
        if in_order or (len(column) >= 20 and whole and within and len(np.unique(column)) == len(column)):
            found.append(place)
    return found


def alike(labels: Sequence[str]) -> list[tuple[str, str]]:
    """Pairs of class names that differ only in upper and lower case and blanks."""
    by_look: dict[str, list[str]] = {}
    for label in sorted(set(labels)):
        by_look.setdefault("".join(label.split()).casefold(), []).append(label)
    return [(first, other) for first, *others in by_look.values() for other in others]


def standardise(columns: Array) -> Array:
    """Each column shifted and scaled to mean 0 and variance 1; a constant column becomes 0."""
    # A scaling by a power of two, exact, so that no square overflows.
    _, exponents = np.frexp(np.abs(columns).max(axis=0))
    columns = np.ldexp(columns, -exponents)
    # A rounded mean would give a constant column a standard deviation other than 0.
    constant = (columns == columns[0]).all(axis=0)
    standardised: Array = (columns - columns.mean(axis=0)) / np.where(constant, 1, columns.std(axis=0))
    standardised[:, constant] = 0
    return standardised


def one_hot(labels: NDArray[np.intp], classes: int) -> Array:
    """(points, classes): 1 in the column of the point's class, 0 elsewhere."""
    targets = np.zeros((len(labels), classes))
    targets[np.arange(len(labels)), labels] = 1
    return targets


def _two_classes(name: str, inputs: Array, classes: NDArray[np.intp]) -> DataSet:
    return DataSet(name, standardise(inputs), classes[:, None].astype(float), "binary_cross_entropy")


def _check(what: str, points: int, noise: float = 0.0, least: int = 2) -> None:
    if points < least:
        raise ValueError(f"{what} need at least {least} points, got {points}")
    if not 0 <= noise < math.inf:
        raise ValueError(f"noise is a standard deviation and must be finite and not negative, got {noise}")
