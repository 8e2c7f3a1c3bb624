import math

import numpy as np
import pytest

from actcli.core.catalogue import CATALOGUE
from actcli.core.initialisers import INITIALISERS, RELU_FAMILY, choose, initialise, standard_deviation


@pytest.mark.parametrize(
    ("init", "variance"),
    [
        ("xavier", 2 / (300 + 500)),
        ("he", 2 / 300),
        ("lecun", 1 / 300),
        ("normal", 1.0),
        ("normal:0.05", 0.05**2),
    ],
)
def test_variance(init: str, variance: float) -> None:
    (weights,), (biases,) = initialise(init, [300, 500], np.random.default_rng(0))
    assert weights.shape == (300, 500)
    # 150,000 draws: the relative standard error of their variance is sqrt(2 / 150,000) = 0.4 %.
    assert weights.var() == pytest.approx(variance, rel=0.02)
    assert abs(weights.mean()) < 4 * math.sqrt(variance / weights.size)
    # A normal distribution has 4.55 % of its draws outside two standard deviations, a uniform one none.
    assert np.mean(np.abs(weights) > 2 * math.sqrt(variance)) == pytest.approx(0.0455, rel=0.05)
    np.testing.assert_array_equal(biases, np.zeros(500))


def test_every_initialiser_has_its_variance_tested() -> None:
    assert set(INITIALISERS) == {"xavier", "he", "lecun", "normal"}


def test_shapes_of_a_network() -> None:
    weights, biases = initialise("xavier", [2, 5, 5, 1], np.random.default_rng(0))
    assert [w.shape for w in weights] == [(2, 5), (5, 5), (5, 1)]
    assert [b.shape for b in biases] == [(5,), (5,), (1,)]


def test_the_generator_decides() -> None:
    def draw(seed: int) -> list[float]:
        return initialise("he", [3, 3], np.random.default_rng(seed))[0][0].ravel().tolist()

    assert draw(1) == draw(1)
    assert draw(1) != draw(2)


@pytest.mark.parametrize(("init", "activation"), [("he", "relu"), ("xavier", "identity"), ("lecun", "selu")])
def test_each_keeps_the_second_moment_of_what_it_was_made_for(init: str, activation: str) -> None:
    generator = np.random.default_rng(0)
    weights, _ = initialise(init, [1000] * 9, generator)
    h = z = generator.normal(size=(200, 1000)) @ weights[0]
    before = np.mean(z**2)
    if activation == "relu":
        assert before == pytest.approx(2, rel=0.05)  # He's factor, as the input was no rectifier's output
    for w in weights[1:]:
        h = CATALOGUE[activation](z)
        z = h @ w
    assert np.mean(z**2) == pytest.approx(before, rel=0.1)


@pytest.mark.parametrize("name", ["relu", "leaky_relu", "elu", "gelu", "silu", "mish", "softplus"])
def test_auto_is_he_for_the_relu_family(name: str) -> None:
    assert choose("auto", name) == "he"


@pytest.mark.parametrize("name", ["sigmoid", "tanh", "identity", "selu", "softsign", "x*sigmoid(x)"])
def test_auto_is_xavier_otherwise(name: str) -> None:
    assert choose("auto", name) == "xavier"


def test_the_relu_family_is_like_the_identity_to_the_right_and_flatter_to_the_left() -> None:
    for name in RELU_FAMILY & CATALOGUE.keys():
        slope = CATALOGUE[name].value_and_slope(np.array([-5.0, 4.0]))[1]
        assert abs(slope[0]) <= 0.25, name
        assert slope[1] == pytest.approx(1, abs=0.1), name


def test_a_named_initialiser_stays() -> None:
    assert choose("lecun", "relu") == "lecun"
    assert choose("normal:0.1", "relu") == "normal:0.1"


@pytest.mark.parametrize("init", ["glorot", "", "auto", "he:2", "xavier:", "NORMAL"])
def test_unknown_initialisers(init: str) -> None:
    with pytest.raises(ValueError, match="there are auto, xavier, he, lecun, normal, normal:STD"):
        standard_deviation(init)


@pytest.mark.parametrize("init", ["normal:", "normal:x", "normal:-1", "normal:nan", "normal:inf"])
def test_bad_standard_deviations(init: str) -> None:
    with pytest.raises(ValueError, match="must be a number, 0 or more"):
        standard_deviation(init)
