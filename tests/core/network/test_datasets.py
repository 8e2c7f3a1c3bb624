import math
import statistics
from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from actcli.core import errors
from actcli.core.arrays import Array
from actcli.core.errors import InputError
from actcli.core.network.datasets import (
    DATASETS,
    DataSet,
    blobs,
    exclusive_or,
    from_examples,
    sine,
    standardise,
    two_circles,
    two_moons,
    two_spirals,
)
from tests.each import each

Generator = Callable[..., DataSet]
BINARY = ("spirals", "moons", "circles", "xor")


def made(generator: Generator, points: int = 500, seed: int = 0, **options: float) -> DataSet:
    return generator(points, np.random.default_rng(seed), **options)


def best_line(inputs: Array, targets: Array) -> Array:
    """Predictions of a linear model fitted by least squares."""
    with_bias = np.column_stack([inputs, np.ones(len(inputs))])
    fitted: Array = with_bias @ np.linalg.lstsq(with_bias, targets, rcond=None)[0]
    return fitted


def nearest_neighbour(inputs: Array) -> Array:
    distance = np.linalg.norm(inputs[:, None] - inputs, axis=2)
    np.fill_diagonal(distance, np.inf)
    return distance.argmin(axis=1)


def undone(column: Array, low: float, high: float) -> Array:
    """The original of a standardised column, from its range."""
    unit: Array = (column - column.min()) / (column.max() - column.min())
    return low + (high - low) * unit


# --- every generator ---------------------------------------------------------------------------------


def test_every_data_set_has_its_truth_here() -> None:
    """A new data set needs a test of its definition here."""
    assert {*DATASETS} == {"spirals", "moons", "circles", "xor", "sine", "blobs"}


@pytest.mark.parametrize("name", DATASETS)
def test_every_data_set_is_standardised_and_reproducible(name: str) -> None:
    data = made(DATASETS[name], 300, seed=4)
    assert data.name == name
    assert data.inputs.shape == (300, 1 if name == "sine" else 2)
    np.testing.assert_allclose(data.inputs.mean(axis=0), 0, atol=1e-14)
    np.testing.assert_allclose(data.inputs.var(axis=0), 1, rtol=1e-13)
    again, other = (made(DATASETS[name], 300, seed) for seed in (4, 5))
    np.testing.assert_array_equal(data.inputs, again.inputs)
    np.testing.assert_array_equal(data.targets, again.targets)
    assert not np.array_equal(data.inputs, other.inputs)


@pytest.mark.parametrize("name", BINARY)
@pytest.mark.parametrize(("points", "of_class_1"), [(500, 250), (7, 3), (2, 1)])
def test_two_classes_share_the_points(name: str, points: int, of_class_1: int) -> None:
    data = made(DATASETS[name], points)
    assert data.loss == "binary_cross_entropy"
    assert data.targets.shape == (points, 1)
    assert data.targets.dtype == np.float64
    assert data.targets.sum() == of_class_1
    assert set(data.targets.ravel()) == {0.0, 1.0}


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("name", BINARY)
def test_no_line_parts_the_classes_but_the_nearest_neighbour_does(name: str, seed: int) -> None:
    data = made(DATASETS[name], seed=seed)
    targets = data.targets.ravel()
    assert np.mean((best_line(data.inputs, targets) > 0.5) == targets) < 0.92
    assert np.mean(targets[nearest_neighbour(data.inputs)] == targets) > 0.97


@pytest.mark.parametrize("name", DATASETS)
def test_too_few_points(name: str) -> None:
    with pytest.raises(ValueError, match=r"needs? at least [23] points, got 1"):
        made(DATASETS[name], 1)


@pytest.mark.parametrize("generator", [two_spirals, two_moons, two_circles, sine, blobs])
@pytest.mark.parametrize("noise", [-0.1, math.nan, math.inf])
def test_noise_must_be_a_standard_deviation(generator: Generator, noise: float) -> None:
    with pytest.raises(ValueError, match="noise is a standard deviation and must be finite and not negative"):
        made(generator, noise=noise)


@pytest.mark.parametrize("generator", [two_spirals, two_moons, two_circles, sine, blobs])
def test_noise_blurs(generator: Generator) -> None:
    sharp, blurred = (made(generator, noise=noise) for noise in (0.0, 0.3))
    of = "targets" if generator is sine else "inputs"
    assert np.abs(getattr(sharp, of) - getattr(blurred, of)).mean() > 0.1


# --- spirals -----------------------------------------------------------------------------------------


def test_the_radius_grows_with_the_angle() -> None:
    """Without noise the angle at radius r is 2π r, plus π for the second spiral."""
    data = made(two_spirals, 20_000, noise=0, turns=2)
    # Two equal spirals turned by π are symmetric and nearly round: standardising only scales them.
    plane = data.inputs[:, 0] + 1j * data.inputs[:, 1]
    radius = 2 * np.abs(plane) / np.abs(plane).max()
    expected = np.exp(1j * (2 * np.pi * radius + np.pi * data.targets.ravel()))
    outside = radius > 0.5
    turned = np.angle(plane / expected)[outside]
    assert np.abs(turned).max() < 0.5


def test_points_are_even_along_the_arc() -> None:
    """Half of the points lie on the outer half of the arc, beyond 1/√2 of the largest radius."""
    data = made(two_spirals, 20_000, noise=0, turns=4)
    radius = np.hypot(*data.inputs.T)
    assert np.mean(radius > radius.max() / np.sqrt(2)) == pytest.approx(0.5, abs=0.05)


# --- moons, circles, xor -----------------------------------------------------------------------------


def test_moons_are_half_circles() -> None:
    """Centres: origin for the upper moon, (1, 1/2) for the lower; radius 1."""
    data = made(two_moons, 20_000, noise=0)
    lower = data.targets.ravel() == 1
    x, y = undone(data.inputs[:, 0], -1, 2), undone(data.inputs[:, 1], -0.5, 1)
    np.testing.assert_allclose(np.hypot(x, y)[~lower], 1, atol=1e-5)
    np.testing.assert_allclose(np.hypot(x - 1, y - 0.5)[lower], 1, atol=1e-5)
    assert y[~lower].min() > -1e-5
    assert y[lower].max() < 0.5 + 1e-5
    # Uniform along the arc: half of each moon on either side of its top, up to chance.
    assert np.mean(x[~lower] < 0) == pytest.approx(0.5, abs=0.02)
    assert np.mean(x[lower] < 1) == pytest.approx(0.5, abs=0.02)


@pytest.mark.parametrize("seed", range(3))
def test_the_radius_parts_the_circles(seed: int) -> None:
    """Standardised, the radii 1 and 1/2 are divided by √((1 + 1/4)/4)."""
    data = made(two_circles, 512, seed=seed)
    radius = np.hypot(*data.inputs.T) * math.sqrt(5 / 16)
    inner = data.targets.ravel() == 1
    np.testing.assert_array_equal(radius < 0.75, inner)
    assert np.median(radius[inner]) == pytest.approx(0.5, abs=0.02)
    assert np.median(radius[~inner]) == pytest.approx(1, abs=0.02)


@pytest.mark.parametrize("points", [512, 515])
@pytest.mark.parametrize("seed", range(3))
def test_the_sign_of_the_product_is_the_exclusive_or(points: int, seed: int) -> None:
    data = made(exclusive_or, points, seed)
    np.testing.assert_array_equal(data.inputs.prod(axis=1) < 0, data.targets.ravel() == 1)
    quadrants = np.unique(data.inputs > 0, axis=0, return_counts=True)[1]
    assert len(quadrants) == 4
    assert quadrants.max() - quadrants.min() <= 1


def test_xor_keeps_off_its_axes() -> None:
    data = made(exclusive_or, 20_000, margin=0.5)
    x = np.abs(undone(data.inputs[:, 0], -1, 1))
    assert x.min() == pytest.approx(0.5, abs=0.01)
    for margin in (-0.1, 1, math.nan):
        with pytest.raises(ValueError, match="the margin must be at least 0 and less than 1"):
            made(exclusive_or, margin=margin)


# --- sine, blobs -------------------------------------------------------------------------------------


def test_sine_is_a_sine() -> None:
    data = made(sine, 20_000, noise=0)
    assert data.loss == "mean_squared_error"
    x, y = undone(data.inputs, -2 * np.pi, 2 * np.pi), undone(data.targets, -1, 1)
    np.testing.assert_allclose(y, np.sin(x), atol=2e-3)  # 20,000 points do not quite reach the ends of the range


def test_the_loss_of_answering_the_mean_is_1() -> None:
    targets = made(sine).targets
    assert np.mean((targets - targets.mean()) ** 2) == pytest.approx(1)
    assert np.mean((targets - best_line(made(sine).inputs, targets)) ** 2) > 0.7


@pytest.mark.parametrize("classes", [2, 3, 5])
def test_blobs_are_one_hot_and_a_linear_model_tells_them(classes: int) -> None:
    data = made(blobs, 600, classes=classes, noise=0.1)
    assert data.loss == "cross_entropy"
    assert data.targets.shape == (600, classes)
    assert data.targets.dtype == np.float64
    np.testing.assert_array_equal(np.sort(data.targets, axis=1)[:, -2:], [[0, 1]] * 600)
    np.testing.assert_array_equal(data.targets.sum(axis=0), 600 / classes)
    linear = best_line(data.inputs, data.targets).argmax(axis=1)
    assert np.mean(linear == data.targets.argmax(axis=1)) > 0.99


@pytest.mark.parametrize("seed", range(3))
def test_three_blobs_by_default_and_the_nearest_centre_tells_them(seed: int) -> None:
    data = made(blobs, 512, seed)
    assert data.targets.shape == (512, 3)
    kind = data.targets.argmax(axis=1)
    centres = np.array([data.inputs[kind == k].mean(axis=0) for k in range(3)])
    distance = np.linalg.norm(data.inputs[:, None] - centres, axis=2)
    assert np.mean(distance.argmin(axis=1) == kind) > 0.99


def test_blobs_need_classes_and_a_point_for_each() -> None:
    with pytest.raises(ValueError, match="blobs need at least 2 classes, got 1"):
        made(blobs, classes=1)
    with pytest.raises(ValueError, match="blobs need at least 5 points, got 4"):
        made(blobs, 4, classes=5)


# --- data sets from given examples -------------------------------------------------------------------

X = np.array([[1.0, 10], [2, 30], [4, 20], [5, 50], [9, 10], [7, 80]])


@pytest.mark.parametrize(
    ("labels", "targets"),
    [
        ([0, 1, 1, 0, 1, 0], [0, 1, 1, 0, 1, 0]),
        ([-1, 1, 1, -1, 1, -1], [0, 1, 1, 0, 1, 0]),
        ([0, 0, 0, 1, 0, 0], [0, 0, 0, 1, 0, 0]),  # AND: one of a kind is enough when there are two
        ([2.5, 0.5, 0.5, 0.5, 0.5, 0.5], [1, 0, 0, 0, 0, 0]),
        (["no", "yes", "no", "no", "no", "no"], [0, 1, 0, 0, 0, 0]),
        (["b", "a", "b", "b", "b", "b"], [1, 0, 1, 1, 1, 1]),
        (np.array([True, False] * 3), [1, 0] * 3),
    ],
)
def test_two_labels_are_binary(labels: list[str], targets: list[float]) -> None:
    data = from_examples("mine", X, labels)
    assert (data.name, data.loss) == ("mine", "binary_cross_entropy")
    assert data.targets.dtype == np.float64
    assert data.targets.tolist() == [[target] for target in targets]


@pytest.mark.parametrize(
    "labels", [[3, 1, 2, 1, 2, 3], [9.0, -5, 0, -5, 0, 9], ["c", "a", "b", "a", "b", "c"], np.array(list("cababc"))]
)
def test_names_and_few_whole_numbers_are_classes(labels: list[str]) -> None:
    data = from_examples("mine", X, labels)
    assert data.loss == "cross_entropy"
    a, b, c = np.eye(3).tolist()
    assert data.targets.tolist() == [c, a, b, a, b, c]


def test_a_class_name_may_occur_once() -> None:
    data = from_examples("mine", X, list("abcdef"))
    assert data.loss == "cross_entropy"
    np.testing.assert_array_equal(data.targets, np.eye(6))


@pytest.mark.parametrize("labels", [[1, 1, 2, 2, 3, 4], [1.5, 1.5, 2, 2, 3, 3], [1e300, 5, 0, -1, 2, 7]])
def test_other_numbers_are_a_curve(labels: list[float]) -> None:
    data = from_examples("mine", X, np.array(labels))
    assert data.loss == "mean_squared_error"
    exact = [(label - math.fsum(labels) / 6) for label in labels]
    scale = math.sqrt(math.fsum((e / max(exact)) ** 2 for e in exact) / 6) * max(exact)
    np.testing.assert_allclose(data.targets, [[e / scale] for e in exact], rtol=1e-12)


@pytest.mark.parametrize(("classes", "loss"), [(20, "cross_entropy"), (21, "mean_squared_error")])
def test_how_many_whole_numbers_are_few(classes: int, loss: str) -> None:
    labels = np.arange(2.0 * classes) % classes
    assert from_examples("mine", np.arange(2.0 * classes)[:, None], labels).loss == loss


@pytest.mark.parametrize(
    ("labels", "target", "loss"),
    [
        ([0, 1, 2, 0, 1, 2], "numbers", "mean_squared_error"),  # counts, say
        ([0, 1, 1, 0, 1, 0], "numbers", "mean_squared_error"),
        ([1.5, 1.5, 2, 2, 3, 3], "classes", "cross_entropy"),
        ([0, 1, 2, 3, 4, 5], "classes", "cross_entropy"),
        ([0.5, 1, 1, 0.5, 1, 1], "classes", "binary_cross_entropy"),
    ],
)
def test_what_labels_are_taken_for_can_be_said(labels: list[float], target: str, loss: str) -> None:
    data = from_examples("mine", X, np.array(labels), target)
    assert data.loss == loss
    if loss == "mean_squared_error":
        mean, deviation = statistics.fmean(labels), statistics.pstdev(labels)
        np.testing.assert_allclose(data.targets[:, 0], [(label - mean) / deviation for label in labels], rtol=1e-14)
    elif loss == "cross_entropy":
        classes = sorted(set(labels))
        assert data.targets.tolist() == [[float(label == name) for name in classes] for label in labels]


def test_names_are_no_numbers() -> None:
    with pytest.raises(InputError, match=r"^mine: the target 'a' is no number$"):
        from_examples("mine", X, list("abcdef"), "numbers")
    with pytest.raises(InputError, match=r"^unknown target 'number'; did you mean numbers"):
        from_examples("mine", X, list("abcdef"), "number")


@given(
    hnp.arrays(
        np.float64,
        hnp.array_shapes(min_dims=2, max_dims=2, min_side=2, max_side=30),
        elements=st.floats(allow_nan=False, allow_infinity=False),
    )
)
def test_any_finite_inputs_are_standardised(inputs: Array) -> None:
    constant = (inputs == inputs[0]).all(axis=0)
    assume(not constant.all())
    data = from_examples("mine", inputs, ["a", "b"] + ["a"] * (len(inputs) - 2))
    assert (data.inputs[:, constant] == 0).all()
    varying = data.inputs[:, ~constant]
    np.testing.assert_allclose(varying.mean(axis=0), 0, atol=1e-13)
    np.testing.assert_allclose(varying.var(axis=0), 1, rtol=1e-13)


@pytest.mark.parametrize(
    ("column", "expected"),
    [
        ([1e15, 1e15 + 1] * 50, [-1, 1] * 50),
        ([1.7e308, -1.7e308], [1, -1]),
        ([5e-324, 0], [1, -1]),
        ([0.1, 0.1, 0.1], [0, 0, 0]),  # the mean in float64 is not 0.1
        ([0.0, 0.0], [0, 0]),
    ],
)
def test_hard_columns(column: list[float], expected: list[float]) -> None:
    inputs = np.column_stack([column, np.arange(len(column))])
    data = from_examples("mine", inputs, ["a", "b"] + ["a"] * (len(column) - 2))
    np.testing.assert_allclose(data.inputs[:, 0], expected, atol=1e-14)


def test_standardise() -> None:
    np.testing.assert_allclose(standardise(np.array([[1.0, 10.0], [3.0, 30.0]])), [[-1, -1], [1, 1]])
    ordinary = np.random.default_rng(0).normal(3, 7, (500, 3))
    np.testing.assert_array_equal(standardise(ordinary), (ordinary - ordinary.mean(axis=0)) / ordinary.std(axis=0))


def test_a_constant_column_becomes_exactly_0() -> None:
    """The float64 mean of 0.8, 0.8, 0.8 is not 0.8."""
    assert np.mean([0.8] * 3) != 0.8
    assert standardise(np.array([[0.8, 1], [0.8, 2], [0.8, 4]]))[:, 0].tolist() == [0, 0, 0]


def test_examples_are_left_alone() -> None:
    inputs, labels = X.copy(), np.arange(6.0)
    from_examples("mine", inputs, labels)
    np.testing.assert_array_equal(inputs, X)
    np.testing.assert_array_equal(labels, np.arange(6))


@each(
    ("inputs", "labels", "message"),
    [
        (X[:1], ["a"], "mine: at least 2 points are needed to learn from, got 1"),
        (X[:0], [], "mine: at least 2 points are needed to learn from, got 0"),
        (X[:, :0], [0, 1] * 3, "mine: the points have a target but no features"),
        (X, ["a"] * 6, "mine: all targets are the same, so there is nothing to learn"),
        (X, [7] * 6, "mine: all targets are the same, so there is nothing to learn"),
        (X, [0.0, 1, 2, 3, 4, math.nan], "mine: a target is not finite"),
        (X, [0.0, 1, 2, 3, 4, math.inf], "mine: a target is not finite"),
        (X * [1, math.nan], [0, 1] * 3, "mine: a feature is not finite"),
        (X * [1, math.inf], [0, 1] * 3, "mine: a feature is not finite"),
        (X * 0, [0, 1] * 3, "mine: all points are equal, so the features say nothing about the targets"),
        (X, [0, 1], "mine: inputs of shape (6, 2) and 2 labels do not belong together"),
        (X[0], [0, 1], "mine: inputs of shape (2,) and 2 labels do not belong together"),
    ],
)
def test_what_cannot_be_learnt(inputs: Array, labels: list[str], message: str) -> None:
    with pytest.raises(InputError) as caught:
        from_examples("mine", inputs, labels)
    assert str(caught.value) == message


def test_too_many_classes(monkeypatch: pytest.MonkeyPatch) -> None:
    inputs, names = np.arange(1001.0)[:, None], [f"class {i}" for i in range(1001)]
    assert from_examples("mine", inputs[1:], names[1:]).targets.shape == (1000, 1000)
    with pytest.raises(InputError, match="mine: 1001 classes, and at most 1000 are taken"):
        from_examples("mine", inputs, names)
    monkeypatch.setattr(errors, "MOST_MEMORY", 8 * 6 * 6 - 1)
    with pytest.raises(InputError, match="mine: the targets of 6 points in 6 classes take"):
        from_examples("mine", X, list("abcdef"))
