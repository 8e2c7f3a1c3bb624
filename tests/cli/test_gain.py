"""actcli gain, through the front door."""

import json
import math

import pytest

from tests.cli.helpers import complaint, output


def test_json_has_moments_critical_point_and_decay():
    document = json.loads(output("gain", "relu", "--format", "json"))
    assert list(document) == [
        "activation", "gain", "mean", "second_moment", "slope_second_moment", "critical", "decay_per_layer",
        "fixed_points",
    ]  # fmt: skip
    assert document["gain"] == pytest.approx(math.sqrt(2))
    assert document["mean"] == pytest.approx(1 / math.sqrt(2 * math.pi))
    assert document["critical"] == {"kind": "scale-invariant", "sigma_w2": 2.0, "sigma_b2": 0.0, "q": None}
    assert document["decay_per_layer"]["he"] == pytest.approx(1)


def test_moments_that_diverge_are_null():
    document = json.loads(output("gain", "exp(x**2)", "--format", "json"))
    assert document["second_moment"] is None
    assert document["critical"]["kind"] == "none"


def test_the_report_fits_eighty_columns_but_for_the_code():
    lines = output("gain", "gelu").splitlines()
    assert all(len(line) <= 80 for line in lines if not line.startswith(("PyTorch", "JAX")))
    assert any("1.98306" in line for line in lines)


def test_plain_is_a_property_a_line():
    facts = dict(line.split("\t") for line in output("gain", "tanh", "--format", "plain").splitlines())
    assert facts["critical.kind"] == "zero-fixed-point"
    assert float(facts["critical.sigma_w2"]) == 1


def test_row_wise_activations_are_refused():
    assert "softmax" in complaint("gain", "softmax")
