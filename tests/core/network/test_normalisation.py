"""Normalisation against its definition in exact numbers, its backward pass against complex steps."""

from fractions import Fraction
from math import sqrt

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from actcli.core.arrays import Array
from actcli.core.network.normalisation import AXES, EPSILON, normalise

batches = arrays.arrays(np.float64, st.tuples(st.integers(2, 5), st.integers(2, 5)), elements=st.floats(-100, 100))


def test_the_axes_are_those_of_the_papers() -> None:
    """Layer norm: over the units of a sample. Batch norm: over the samples of a unit."""
    z = np.array([[1.0, 2.0, 6.0], [0.0, 0.0, 3.0]])
    np.testing.assert_allclose(normalise(z, AXES["layer"]).values.mean(axis=1), 0, atol=1e-16)
    np.testing.assert_allclose(normalise(z, AXES["batch"]).values.mean(axis=0), 0, atol=1e-16)
    np.testing.assert_allclose(normalise(z, AXES["layer"]).values.var(axis=1), 1, rtol=1e-5)


def test_values_by_hand() -> None:
    """1, 2, 6 have mean 3 and variance (4 + 1 + 9) / 3."""
    spread = sqrt(Fraction(14, 3) + Fraction(1, 100_000))
    normalised = normalise(np.array([[1.0, 2.0, 6.0]]), 1)
    assert normalised.values[0].tolist() == pytest.approx([-2 / spread, -1 / spread, 3 / spread], rel=1e-15)
    assert normalised.spread.tolist() == [[pytest.approx(spread, rel=1e-15)]]


def test_a_small_spread_beside_a_large_mean_survives() -> None:
    """E[z²] - E[z]² would be 0 here."""
    values = normalise(1e9 + np.array([[-1.0], [1.0]]), 0).values
    np.testing.assert_allclose(values, [[-1], [1]] / np.sqrt(1 + EPSILON), rtol=1e-14)


def test_constants_become_zero_and_their_gradient_is_finite() -> None:
    normalised = normalise(np.full((3, 4), 7.5), 0)
    assert not normalised.values.any()
    gradient = np.arange(12.0).reshape(3, 4)
    np.testing.assert_allclose(normalised.backward(gradient), (gradient - gradient.mean(axis=0)) / sqrt(EPSILON))


@pytest.mark.parametrize("axis", [0, 1])
def test_backward_equals_complex_steps(axis: int) -> None:
    """Σ g (z - mean) / sqrt(variance + ε), with the derivative from a step of 1e-30 along the imaginary axis."""
    generator = np.random.default_rng(axis)
    z, g = generator.normal(3, 2, (4, 5)), generator.normal(size=(4, 5))

    def weighted(z: Array) -> complex:
        centred = z - z.mean(axis=axis, keepdims=True)
        return complex((g * centred / np.sqrt((centred**2).mean(axis=axis, keepdims=True) + 1e-5)).sum())

    exact = np.empty_like(z)
    for index in np.ndindex(z.shape):
        moved = z.astype(complex)
        moved[index] += 1e-30j
        exact[index] = weighted(moved).imag / 1e-30
    np.testing.assert_allclose(normalise(z, axis).backward(g), exact, rtol=1e-12, atol=1e-15)


@given(batches, st.sampled_from([0, 1]))
def test_mean_zero_and_variance_one_but_for_epsilon(z: Array, axis: int) -> None:
    values = normalise(z, axis).values
    variance = z.var(axis=axis)
    np.testing.assert_allclose(values.mean(axis=axis), 0, atol=1e-9)
    np.testing.assert_allclose(values.var(axis=axis), variance / (variance + EPSILON), rtol=1e-9, atol=1e-9)


@given(batches, st.sampled_from([0, 1]))
def test_the_gradient_does_not_push_against_a_shift(z: Array, axis: int) -> None:
    """Values do not change with a common shift of z, so the gradient has no component in this direction."""
    gradient = normalise(z, axis).backward(np.cos(np.arange(z.size)).reshape(z.shape))
    assert np.abs(gradient.sum(axis=axis)).max() <= 1e-12 / sqrt(EPSILON)


def test_float32_stays() -> None:
    normalised = normalise(np.random.default_rng(0).normal(size=(4, 3)).astype(np.float32), 1)
    assert {normalised.values.dtype, normalised.spread.dtype} == {np.dtype(np.float32)}
    assert normalised.backward(np.ones((4, 3), np.float32)).dtype == np.float32
