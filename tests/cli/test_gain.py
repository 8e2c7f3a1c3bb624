"""actcli gain, through the front door."""

import json
import math
import re

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


def settings(act: str) -> dict[str, str]:
    """The lines of the report: what each label says, with the lines below it that have none."""
    labelled = re.sub(r"\n {13}", " ", output("gain", act)).splitlines()[2:]
    return {line[:13].strip(): line[13:] for line in labelled}


def test_the_report_says_what_the_document_has():
    """erf: σ_w² = 1/φ'(0)² = π/4 at its critical point; with σ_w² = 1 and no bias its inputs part, as φ'(0) > 1."""
    document, report = json.loads(output("gain", "erf", "--format", "json")), settings("erf")
    assert "σ_w² = 0.785398 (weights: variance σ_w²/fan_in), σ_b² = 0.0 (biases), q = 0.0" in report["critical"]
    assert float(report["gain"].split()[0]) == pytest.approx(document["gain"], rel=1e-5)
    xavier = document["fixed_points"]["xavier"]
    assert xavier["correlation"] == pytest.approx(0, abs=1e-9)
    assert (
        f"settles at q = {xavier['q']:.4g}; chaotic: two inputs drift to a correlation of 0.0" in report["with xavier"]
    )
    assert f"(depth scale {xavier['correlation_depth_scale']:.3g} layers)" in report["with xavier"]
    std = re.search(r"std=\((\S+) / layer.in_features\) \*\* 0.5", report["PyTorch"])
    assert float(std[1]) == pytest.approx(math.pi / 4)
    assert f'variance_scaling({std[1]}, "fan_in", "normal")' in report["JAX"]


def test_where_nothing_is_critical_the_code_keeps_the_second_moment():
    """Inputs of sigmoid become alike; its gain is 1/√E[σ²]."""
    document, report = json.loads(output("gain", "sigmoid", "--format", "json")), settings("sigmoid")
    assert report["critical"].startswith("none")
    assert "σ_w²" not in report["critical"]
    assert "two inputs become alike (depth scale" in report["with xavier"]
    variance = re.search(r"std=\((\S+) / layer", report["PyTorch"])
    assert float(variance[1]) == pytest.approx(1 / document["second_moment"])


def test_nothing_has_no_gain():
    assert settings("0*x")["gain"] == "none: E f(z)² is 0"


def test_what_diverges_has_no_line_of_code():
    report = settings("exp(x**2)")
    assert report["gain"].startswith("diverges")
    assert report["with he"] == "the signal does not settle"
    assert report["PyTorch"] == report["JAX"] == "-"


def test_what_becomes_of_two_inputs() -> None:
    assert output("gain", "tanh").count("two inputs keep their correlation") == 2, (
        "Xavier and LeCun: as in a linear net"
    )
    assert output("gain", "relu").count("two inputs become alike (slowly)") == 3
