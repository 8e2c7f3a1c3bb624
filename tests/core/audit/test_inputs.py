"""Sweeps contain all promised inputs."""

import numpy as np
import pytest

from actcli.core.activations.catalogue import resolve
from actcli.core.audit.inputs import sweep
from actcli.core.errors import InputError
from actcli.core.numerics.formats import FLOAT_FORMATS, ordinal, round_to
from tests.core.numerics.test_formats import every_finite


@pytest.mark.parametrize("dtype", ["float16", "bfloat16"])
def test_a_16_bit_type_is_swept_completely(dtype: str) -> None:
    found, line = sweep(resolve("gelu"), dtype), every_finite(dtype)
    assert np.array_equal(found, np.concatenate([-line[::-1], line]))
    assert len(found) == {"float16": 63_488, "bfloat16": 65_280}[dtype]


def test_infinities_stand_at_the_ends() -> None:
    finite, found = (sweep(resolve("gelu"), "float16", infinities=wanted) for wanted in (False, True))
    assert np.array_equal(found, [-np.inf, *finite, np.inf])


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_a_wider_type_is_sampled_at_every_size_in_order(dtype: str) -> None:
    found, form = sweep(resolve("gelu"), dtype), FLOAT_FORMATS[dtype]
    assert np.array_equal(round_to(found, dtype), found)
    assert np.isfinite(found).all()
    assert (np.diff(ordinal(found, dtype)) > 0).sum() == len(found) - 2  # -0 and 0 have the same ordinal
    assert {0.0, 1.0, -1.0, form.smallest_normal, form.smallest_spacing, -form.smallest_spacing} <= set(found.tolist())
    assert np.signbit(found[found == 0.0]).tolist() == [True, False]
    exponents = np.frexp(found[found > 0])[1]
    assert set(exponents) == set(range(form.smallest_exponent - form.precision + 2, form.largest_exponent + 2))
    assert np.array_equal(found, sweep(resolve("gelu"), dtype))


@pytest.mark.parametrize(
    ("activation", "order", "edge"),
    [
        ("exp(x)", 0, np.log(2.0**128)),  # to infinity
        ("exp(x)", 0, np.log(2.0**-126)),  # to subnormals
        ("gelu", 1, -0.7517915246935645),  # the zero of the slope
        ("relu(x - 3.25)", 0, 3.25),  # a kink
        ("x*x - 2", 0, np.sqrt(2.0)),  # a zero
    ],
)
def test_hard_places_come_with_both_neighbours(activation: str, order: int, edge: float) -> None:
    found = ordinal(sweep(resolve(activation), "float32", order), "float32")
    at = int(ordinal(round_to(np.array([edge]), "float32"), "float32")[0])
    assert set(range(at - 3, at + 4)) <= set(found.tolist())


def test_row_wise_activations_have_no_sweep() -> None:
    with pytest.raises(InputError, match="softmax acts on whole rows"):
        sweep(resolve("softmax"), "bfloat16")
