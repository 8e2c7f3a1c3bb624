import math

import numpy as np
import pytest

from actcli.core.arrays import Array
from actcli.core.errors import InputError
from actcli.core.network.initialisers import NAMES, check, choose, initialise, initialiser
from actcli.core.network.mlp import Parameters
from actcli.core.theory.gain import VARIANCES
from tests.narrow import elementwise

TANH = elementwise("tanh")


def drawn(init: str, sizes: list[int], seed: int = 0, activation: str = "tanh") -> Parameters:
    return initialise(initialiser(init, elementwise(activation)), sizes, np.random.default_rng(seed))


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
    parameters = drawn(init, [300, 500])
    (weights,), (biases,) = parameters.weights, parameters.biases
    assert weights.shape == (300, 500)
    # 150,000 draws: the relative standard error of their variance is sqrt(2 / 150,000) = 0.4 %.
    assert weights.var() == pytest.approx(variance, rel=0.02)
    assert abs(weights.mean()) < 4 * math.sqrt(variance / weights.size)
    # Outside two standard deviations: 4.55 % of a normal distribution, 0 % of a uniform one.
    assert np.mean(np.abs(weights) > 2 * math.sqrt(variance)) == pytest.approx(0.0455, rel=0.05)
    np.testing.assert_array_equal(biases, np.zeros(500))


def test_every_initialiser_has_its_variance_tested() -> None:
    assert set(VARIANCES) == {"xavier", "he", "lecun"}
    assert {name.partition(":")[0] for name in NAMES} == {
        *("auto", "pytorch", "orthogonal", "critical", "normal", "gaussian"),
        *VARIANCES,
    }


def test_shapes_of_a_network() -> None:
    parameters = drawn("xavier", [2, 5, 5, 1])
    assert [w.shape for w in parameters.weights] == [(2, 5), (5, 5), (5, 1)]
    assert [b.shape for b in parameters.biases] == [(5,), (5,), (1,)]


@pytest.mark.parametrize("init", ["he", "orthogonal", "critical"])
def test_the_generator_decides(init: str) -> None:
    def draw(seed: int) -> list[float]:
        return drawn(init, [3, 3], seed, "gelu").vector.tolist()

    assert draw(1) == draw(1)
    assert draw(1) != draw(2)


@pytest.mark.parametrize(("init", "activation"), [("he", "relu"), ("xavier", "identity"), ("lecun", "selu")])
def test_each_keeps_the_second_moment_of_what_it_was_made_for(init: str, activation: str) -> None:
    generator = np.random.default_rng(0)
    weights = initialise(initialiser(init, elementwise(activation)), [1000] * 9, generator).weights
    h = z = generator.normal(size=(200, 1000)) @ weights[0]
    before = np.mean(z**2)
    if activation == "relu":
        assert before == pytest.approx(2, rel=0.05)  # He's factor: the input is not the output of a rectifier
    for w in weights[1:]:
        h = elementwise(activation)(z)
        z = h @ w
    assert np.mean(z**2) == pytest.approx(before, rel=0.1)


@pytest.mark.parametrize(("name", "init"), [("relu", "he"), ("gelu", "he"), ("sigmoid", "xavier"), ("selu", "xavier")])
def test_auto_is_what_theory_prefers(name: str, init: str) -> None:
    assert choose("auto", elementwise(name), 10) == init


def test_a_named_initialiser_stays() -> None:
    assert choose("lecun", elementwise("relu"), 10) == "lecun"
    assert choose("normal:0.1", elementwise("relu"), 10) == "normal:0.1"


@pytest.mark.parametrize("init", ["", "glorot", "auto:", "Normal"])
def test_unknown_initialisers(init: str) -> None:
    for ask in (check, lambda name: initialiser(name, TANH)):
        with pytest.raises(InputError, match=f"unknown initialiser '{init}'; (did you mean|there are)"):
            ask(init)


def test_numbers_of_initialisers() -> None:
    for init in ("he:2", "xavier:", "critical:1", "pytorch:1"):
        name = init.partition(":")[0]
        with pytest.raises(InputError, match=f"^{name} takes no number: write {name}$"):
            check(init)
    with pytest.raises(InputError, match="gaussian takes a variance, as in gaussian:2, or two, "):
        check("gaussian")
    check("gaussian:2")
    check("gaussian:2,0.1")


@pytest.mark.parametrize(
    "init", ["normal:", "normal:x", "normal:-1", "normal:nan", "normal:inf", "normal:1,", "normal:,1", "normal:1,-1"]
)
def test_bad_standard_deviations(init: str) -> None:
    with pytest.raises(InputError, match=r"the standard deviation in .* must be a number, 0 or more"):
        check(init)


@pytest.mark.parametrize("init", ["orthogonal:", "orthogonal:x", "orthogonal:-0.1", "orthogonal:inf"])
def test_bad_gains(init: str) -> None:
    with pytest.raises(InputError, match=r"the gain in .* must be a number, 0 or more"):
        check(init)


# --- orthogonal -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("fan_in", "fan_out"), [(7, 7), (9, 4), (4, 9), (1, 5), (5, 1), (64, 64), (2, 64)])
@pytest.mark.parametrize(("init", "gain"), [("orthogonal", 1.0), ("orthogonal:1.7", 1.7), ("orthogonal:0", 0.0)])
def test_orthogonal_columns_or_rows(init: str, gain: float, fan_in: int, fan_out: int) -> None:
    parameters = drawn(init, [fan_in, fan_out])
    (weights,), (biases,) = parameters.weights, parameters.biases
    product = weights.T @ weights if fan_in >= fan_out else weights @ weights.T
    np.testing.assert_allclose(product, gain**2 * np.eye(min(fan_in, fan_out)), atol=1e-14)
    assert not biases.any()


def test_orthogonal_matrices_are_drawn_evenly() -> None:
    """Rotations and reflections are equally likely, and no entry prefers a sign, unlike LAPACK's Q (Mezzadri 2007)."""
    draws: list[Array] = [drawn("orthogonal", [3, 3], seed).weights[0] for seed in range(1000)]
    # An entry's variance is 1/3: four standard errors of the mean of 1,000.
    assert np.abs(np.mean(draws, axis=0)).max() < 4 * math.sqrt(1 / 3 / 1000)
    assert np.abs(np.mean(np.square(draws), axis=0) - 1 / 3).max() < 4 * math.sqrt(4 / 45 / 1000)
    assert abs(np.mean([np.linalg.det(draw) for draw in draws])) < 4 / math.sqrt(1000)
    signs = [drawn("orthogonal", [1, 1], seed).weights[0].item() for seed in range(400)]
    assert set(signs) == {-1.0, 1.0}
    assert abs(sum(signs)) < 4 * math.sqrt(400)


@pytest.mark.parametrize(("fan_in", "fan_out"), [(6, 6), (8, 3), (3, 8)])
def test_an_orthogonal_weight_has_the_variance_that_is_stated(fan_in: int, fan_out: int) -> None:
    """The sum of squares of all weights is GAIN² min(fan_in, fan_out)."""
    stated = initialiser("orthogonal:1.5", TANH).weight_variance(fan_in, fan_out)
    assert stated * fan_in * fan_out == pytest.approx(1.5**2 * min(fan_in, fan_out), rel=1e-14)


# --- critical ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "sigma_w2", "sigma_b2"),
    [
        ("relu", 2.0, 0.0),
        ("tanh", 1.0, 0.0),
        # From mpmath.
        ("gelu", 1.9830582574375471, 0.17292239075606735),
        ("silu", 1.988004678269492, 0.5551431707215304),
    ],
)
def test_critical_weights_and_biases_have_their_variances(name: str, sigma_w2: float, sigma_b2: float) -> None:
    parameters = drawn("critical", [300, 20_000], activation=name)
    (weights,), (biases,) = parameters.weights, parameters.biases
    # 6,000,000 and 20,000 draws: relative standard errors of 0.06 % and 1 %.
    assert weights.var() == pytest.approx(sigma_w2 / 300, rel=0.003)
    assert biases.var() == pytest.approx(sigma_b2, rel=0.04)


@pytest.mark.parametrize("name", ["sigmoid", "softplus", "relu_squared", "step"])
def test_without_a_critical_point_there_is_no_critical_initialisation(name: str) -> None:
    with pytest.raises(InputError, match=f"{name} has no critical initialisation; take xavier, he or normal:STD"):
        initialiser("critical", elementwise(name))


@pytest.mark.parametrize("init", ["xavier", "orthogonal", "critical", "normal:0.1"])
def test_float32_is_the_same_draw_rounded(init: str) -> None:
    chosen = initialiser(init, elementwise("gelu"))
    double, single = (initialise(chosen, [3, 5, 2], np.random.default_rng(0), dtype) for dtype in ("f8", "f4"))
    assert single.vector.dtype == np.float32
    np.testing.assert_array_equal(single.vector, double.vector.astype(np.float32))


# --- usual initialisations: PyTorch's, and given variances ------------------------------------------------------------


@pytest.mark.parametrize(("fan_in", "fan_out"), [(50, 4000), (300, 500)])
def test_pytorch_draws_weights_and_biases_evenly_between_the_bounds_of_linear(fan_in: int, fan_out: int) -> None:
    """kaiming_uniform_ with a = √5: gain √(2 / (1 + 5)), bound √3 gain / √fan_in; bound of the biases 1 / √fan_in."""
    bound = math.sqrt(3) * math.sqrt(2 / (1 + 5)) / math.sqrt(fan_in)
    assert bound == pytest.approx(1 / math.sqrt(fan_in), rel=1e-15)
    parameters = drawn("pytorch", [fan_in, fan_out])
    for drawn_numbers in (parameters.weights[0].ravel(), parameters.biases[0]):
        share = 1 / math.sqrt(drawn_numbers.size)
        assert np.abs(drawn_numbers).max() <= bound
        # Uniform distribution: even deciles, and the largest of n draws is within a few n-ths of the bound.
        assert np.abs(drawn_numbers).max() > bound * (1 - 20 / drawn_numbers.size)
        deciles = np.quantile(drawn_numbers, np.linspace(0.1, 0.9, 9)) / bound
        np.testing.assert_allclose(deciles, np.linspace(-0.8, 0.8, 9), atol=5 * share)
        # Var x² = (1/5 - 1/9) bound⁴: the relative standard error of the variance is √(4/5 / n).
        assert drawn_numbers.var() == pytest.approx(bound**2 / 3, rel=4 * math.sqrt(0.8) * share)


@pytest.mark.parametrize(
    ("init", "weight_std", "bias_std"),
    [
        ("normal:0.3", 0.3, 0.0),
        ("normal:0.3,0.7", 0.3, 0.7),
        ("normal:0,0.7", 0.0, 0.7),
        ("gaussian:1.5,0.25", math.sqrt(1.5 / 300), 0.5),
        ("gaussian:2", math.sqrt(2 / 300), 0.0),
    ],
)
def test_weights_and_biases_of_one_s_own_variances(init: str, weight_std: float, bias_std: float) -> None:
    parameters = drawn(init, [300, 20_000])
    assert parameters.weights[0].std() == pytest.approx(weight_std, rel=0.003)
    assert parameters.biases[0].std() == pytest.approx(bias_std, rel=0.02)
    if bias_std:  # normal: 4.55 % are outside two standard deviations
        assert np.mean(np.abs(parameters.biases[0]) > 2 * bias_std) == pytest.approx(0.0455, rel=0.15)


@pytest.mark.parametrize("init", ["gaussian:1.7,0.4", "gaussian:0.5", "pytorch", "normal:0.2,0.6", "he"])
def test_pre_activations_have_the_variance_of_theory(init: str) -> None:
    """q = σ_w² |x|² / fan_in + σ_b², over 40,000 units."""
    x = np.array([[3.0, -1.0, 0.5, 2.0]])
    chosen, parameters = initialiser(init, TANH), drawn(init, [4, 40_000])
    q = {
        "gaussian:1.7,0.4": 1.7 * 14.25 / 4 + 0.4,
        "gaussian:0.5": 0.5 * 14.25 / 4,
        "pytorch": (14.25 + 1) / 12,
        "normal:0.2,0.6": 0.04 * 14.25 + 0.36,
        "he": 2 * 14.25 / 4,
    }[init]
    z = x @ parameters.weights[0] + parameters.biases[0]
    assert z.var() == pytest.approx(q, rel=4 * math.sqrt(2 / 40_000))
    assert chosen.weight_variance(4, 40_000) * 14.25 + chosen.bias_variance(4, 40_000) == pytest.approx(q, rel=1e-14)


@pytest.mark.parametrize("init", ["gaussian:", "gaussian:x", "gaussian:1,", "gaussian:-1,0", "gaussian:1,inf"])
def test_bad_variances(init: str) -> None:
    with pytest.raises(InputError, match=r"^the variance in '[^\n]*' must be a number, 0 or more$"):
        check(init)


@pytest.mark.parametrize(
    ("init", "most"), [("gaussian:1,2,3", "2 numbers"), ("normal:1,2,3", "2 numbers"), ("orthogonal:1,2", "1 number")]
)
def test_too_many_numbers(init: str, most: str) -> None:
    with pytest.raises(InputError, match=rf"^{init.partition(':')[0]} takes at most {most}, and '{init}' has \d$"):
        check(init)
