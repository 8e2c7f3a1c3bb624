"""Each sentence of an emitted docstring: code for which it is true, and code that must not have it."""

import re
from functools import cache
from typing import Any

import numpy as np
import pytest

from actcli.core.activations.catalogue import ACTIVATIONS
from actcli.core.code.emission import TARGETS, emitted
from actcli.core.code.functions import sample
from actcli.core.code.initialisation import initialisation
from actcli.core.code.measurement import run
from tests.core.code.targets import both_from_core, functions_of, with_numpy
from tests.narrow import elementwise


@cache
def code(name: str, target: str) -> str:
    return emitted(elementwise(name), target, ACTIVATIONS, both_from_core).code


def words(name: str, target: str) -> str:
    """The docstring, or the comment at the top, in one line."""
    opening, closing = ("/*", "*/") if target == "c" else ('"""', '"""')
    head = code(name, target).split(opening, 1)[1].split(closing, 1)[0]
    return " ".join(word for word in head.split() if word != "*")


def test_a_function_of_the_literature_is_named_as_one() -> None:
    assert '"""softsign, as in the literature."""' in code("x*softsign(x)", "numpy")
    assert "as in the literature" not in code("x*relu(x)", "numpy")


def test_sentences_of_single_targets() -> None:
    said = {
        "On a CPU, JAX gives 0 where a result is under 2.3e-308.": {"jax"},
        'float64 has to be enabled: jax.config.update("jax_enable_x64", True).': {"jax"},
        "This holds for the first derivative only: a second one is traced through the slope's code.": {"torch", "jax"},
        "The functions for float compute in double and round once.": {"c"},
    }
    for sentence, targets in said.items():
        assert {target for target in TARGETS if sentence in words("tanh", target)} == targets
    floats = re.findall(r"static inline float (\w+)\(float x\) \{\s+return \(float\)(\w+)\(x", code("tanh", "c"))
    assert floats == [("act_tanh_float", "act_tanh"), ("act_tanh_slope_float", "act_tanh_slope")]


def test_the_figures_say_how_they_were_measured() -> None:
    assert "Accuracy in float64, measured here at 495 points from -1e300 to 1e300: values within" in words(
        "mish", "numpy"
    )
    assert re.search(r"measured with GCC [\d.]+ against actcli's float64 results at 495 points", words("mish", "c"))
    assert "measured of the same operations in NumPy at 495 points" in words("mish(2*x)", "c")
    assert "against actcli's" not in words("mish(2*x)", "c")


def test_within_1_of_a_zero_of_the_slope_errors_are_counted_in_eps() -> None:
    sentence = "Within 1 of a zero of the slope the error is the smaller of ULP and units of 2^-52."
    assert sentence in words("gelu", "numpy")
    assert sentence not in words("x + 1", "numpy")  # the slope of x + 1 has no error


def test_points_without_a_number_are_counted() -> None:
    """In the emitted code the slope of exp(x)/exp(x) + x is inf/inf at both ends; in the core it is 1."""
    name, x = "exp(x)/exp(x) + x", sample()
    _, slope = run(code(name, "numpy"), "activation")
    lost = np.isnan(slope(x)) & np.isfinite(elementwise(name).derivatives(x, 1)[1])
    assert lost.any()
    assert f"(at {lost.sum()} points there is no number, where the function has one)" in words(name, "numpy")
    assert "no number" not in words("gelu", "numpy")


def test_intervals_beyond_16_ulp_are_named() -> None:
    """The slope of x*exp(-x**2) is subnormal near x = 27.3, with a large relative spacing."""
    text = words("x*exp(-x**2)", "numpy")
    places = re.search(r"slopes within [\d.]+ ULP except for (.*), where it is up to ([\d.]+) ULP", text)
    elsewhere = re.search(r"slopes within 16 ULP at most of them, elsewhere up to", text)
    assert places or elsewhere or "slopes within" in text
    if places:
        assert float(places[2]) > 16.0
    assert "except" not in words("gelu", "numpy")
    around = re.search(r"slopes within .* ULP except for (-\S+) <= x <= (\S+), where", words("(exp(x) - 1)/x", "numpy"))
    assert around, "one stretch around 0, where 0/0 has no exact result"
    assert float(around[1]) < 0.0 < float(around[2])


def test_the_initialisation_says_what_it_keeps() -> None:
    """softplus has no critical weights at its fixed point, so the code keeps the second moment."""
    kept = "Variance gain^2 / fan_in, which keeps the second moment"
    texts = {name: code(name, "numpy") for name in ("sigmoid", "relu")}
    assert kept not in texts["relu"]
    assert "The critical point of mean-field theory: weights and biases." in texts["relu"]
    rng = np.random.default_rng(0)
    names: dict[str, Any] = {}
    exec(texts["relu"], names)
    weights, biases = names["initial_layer"](rng, 400, 300)
    assert weights.var() == pytest.approx(2.0 / 400, rel=0.02)
    assert not biases.any()


def test_values_of_the_module_are_those_that_were_measured() -> None:
    value, slope = run(code("gelu", "numpy"), "gelu")
    x = np.linspace(-5, 5, 101)
    expected = with_numpy(functions_of("gelu"))(x)
    assert np.array_equal(value(x), expected[0])
    assert np.array_equal(slope(x), expected[1])


def test_without_an_initialisation_a_comment_says_so_in_the_target_s_language() -> None:
    for target in TARGETS:
        text = initialisation(None, target, "f")
        assert "no initialisation" in text
        assert text.startswith("/*" if target == "c" else "# ")
        assert ("*/\n" in text) == (target == "c")
