import numpy as np
import pytest

from actcli.core.datasets import DATASETS, DataSet, standardise, two_spirals
from actcli.core.jet import Array


def spirals(points: int = 500, seed: int = 0, **options: float) -> tuple[Array, Array]:
    return two_spirals(points, np.random.default_rng(seed), **options)


@pytest.mark.parametrize("data", DATASETS.values(), ids=DATASETS)
def test_every_data_set_is_standardised_and_reproducible(data: DataSet) -> None:
    inputs, targets = data(300, np.random.default_rng(4))
    assert inputs.shape == (300, 2)
    assert targets.shape == (300, 1)
    np.testing.assert_allclose(inputs.mean(axis=0), 0, atol=1e-14)
    np.testing.assert_allclose(inputs.var(axis=0), 1, rtol=1e-13)
    again, other = (data(300, np.random.default_rng(seed))[0] for seed in (4, 5))
    np.testing.assert_array_equal(inputs, again)
    assert not np.array_equal(inputs, other)


@pytest.mark.parametrize(("points", "of_class_1"), [(500, 250), (7, 3), (2, 1)])
def test_the_spirals_share_the_points(points: int, of_class_1: int) -> None:
    targets = spirals(points)[1]
    assert targets.sum() == of_class_1
    assert set(targets.ravel()) == {0.0, 1.0}


def test_the_radius_grows_with_the_angle() -> None:
    """Without noise a point at radius r has turned by 2π r, the second spirals' half a turn more."""
    inputs, targets = spirals(20_000, noise=0, turns=2)
    # Two equal spirals turned by π are symmetric, and nearly round: standardising did nothing but divide.
    plane = inputs[:, 0] + 1j * inputs[:, 1]
    radius = 2 * np.abs(plane) / np.abs(plane).max()
    expected = np.exp(1j * (2 * np.pi * radius + np.pi * targets.ravel()))
    outside = radius > 0.5
    turned = np.angle(plane / expected)[outside]
    assert np.abs(turned).max() < 0.5


def test_points_are_even_along_the_arc() -> None:
    """Half of the points lie on the outer half of the arc, beyond 1/√2 of the largest radius."""
    inputs, _ = spirals(20_000, noise=0, turns=4)
    radius = np.hypot(*inputs.T)
    assert np.mean(radius > radius.max() / np.sqrt(2)) == pytest.approx(0.5, abs=0.05)


def test_no_line_parts_the_spirals_but_the_nearest_neighbour_does() -> None:
    inputs, targets = spirals(500)
    sides = 2 * targets.ravel() - 1
    line = np.linalg.lstsq(np.column_stack([inputs, np.ones(500)]), sides, rcond=None)[0]
    assert np.mean(np.sign(inputs @ line[:2] + line[2]) == sides) < 0.85
    distance = np.linalg.norm(inputs[:, None] - inputs, axis=2)
    np.fill_diagonal(distance, np.inf)
    assert np.mean(sides[distance.argmin(axis=1)] == sides) > 0.99


def test_noise_blurs() -> None:
    sharp, blurred = (spirals(500, noise=noise)[0] for noise in (0.0, 0.3))
    assert np.abs(sharp - blurred).mean() > 0.1


def test_standardise() -> None:
    np.testing.assert_allclose(standardise(np.array([[1.0, 10.0], [3.0, 30.0]])), [[-1, -1], [1, 1]])


def test_bad_arguments() -> None:
    with pytest.raises(ValueError, match="at least 2 points, got 1"):
        spirals(1)
    with pytest.raises(ValueError, match="noise is a standard deviation and must not be negative"):
        spirals(noise=-0.1)
