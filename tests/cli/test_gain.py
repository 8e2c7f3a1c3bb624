"""actcli gain, through the program."""

import json
import math
import re
from pathlib import Path

import pytest

from tests.cli.helpers import complaint, in_terminal, output
from tests.narrow import known


def test_json_has_moments_critical_point_and_decay() -> None:
    document = json.loads(output("gain", "relu", "--format", "json"))
    assert list(document) == [
        "activation", "gain", "mean", "second_moment", "slope_second_moment", "critical", "decay_per_layer",
        "fixed_points", "pytorch_gain", "candidates", "recommended",
    ]  # fmt: skip
    assert document["gain"] == pytest.approx(math.sqrt(2))
    assert document["mean"] == pytest.approx(1 / math.sqrt(2 * math.pi))
    assert document["critical"] == {
        "kind": "scale-invariant",
        "sigma_w2": 2.0,
        "sigma_b2": 0.0,
        "q": None,
        "stable_from": None,
    }
    assert document["decay_per_layer"]["he"] == pytest.approx(1)


def test_moments_that_diverge_are_null() -> None:
    document = json.loads(output("gain", "exp(x**2)", "--format", "json"))
    assert document["second_moment"] is None
    assert document["critical"]["kind"] == "none"


def test_the_report_fits_eighty_columns_but_for_the_code() -> None:
    lines = output("gain", "gelu").splitlines()
    assert all(len(line) <= 80 for line in lines if not line.startswith(("PyTorch", "JAX")))
    assert any("1.98306" in line for line in lines)


def test_plain_is_a_property_a_line() -> None:
    facts = dict(line.split("\t") for line in output("gain", "tanh", "--format", "plain").splitlines())
    assert facts["critical.kind"] == "zero-fixed-point"
    assert float(facts["critical.sigma_w2"]) == 1


def test_row_wise_activations_are_refused() -> None:
    assert "softmax" in complaint("gain", "softmax")


def settings(*act: str) -> dict[str, str]:
    """Label -> text of the report; lines without a label belong to the label above."""
    labelled = re.sub(r"\n {13}", " ", output("gain", *act, env={"LINES": "60"})).splitlines()
    return {line[:13].strip(): line[13:] for line in labelled}


def test_the_report_says_what_the_document_has() -> None:
    """erf: σ_w² = 1/φ'(0)² = π/4 at its critical point. With σ_w² = 1 and no bias inputs separate, as φ'(0) > 1."""
    document, report = json.loads(output("gain", "erf", "--format", "json")), settings("erf")
    assert "σ_w² = 0.785398 (weights: variance σ_w²/fan_in), σ_b² = 0.0 (biases), q = 0.0" in report["critical"]
    assert float(report["gain"].split()[0]) == pytest.approx(document["gain"], rel=1e-5)
    xavier = document["fixed_points"]["xavier"]
    assert xavier["correlation"] == pytest.approx(0, abs=1e-9)
    assert (
        f"settles at q = {xavier['q']:.4g} (depth scale {xavier['variance_depth_scale']:.3g} layers)"
        in (report["with xavier"])
    )
    assert "chaotic: the gradient's signal" in report["with xavier"]
    assert f"a correlation of 0.0 (depth scale {xavier['correlation_depth_scale']:.3g} layers)" in report["with xavier"]
    wanted = document["candidates"][document["recommended"]]
    std = known(re.search(r"std=\((\S+) / layer.in_features\) \*\* 0.5", report["PyTorch"]))
    assert float(std[1]) == wanted["sigma_w2"]
    assert f"{wanted['signal_change']:.3g}" in report["code"]
    assert f'variance_scaling({std[1]}, "fan_in", "normal")' in report["JAX"]


def test_where_nothing_is_critical_the_code_keeps_the_second_moment() -> None:
    """sigmoid makes inputs equal; its gain is 1/√E[σ²]."""
    document, report = json.loads(output("gain", "sigmoid", "--format", "json")), settings("sigmoid")
    assert report["critical"].startswith("none")
    assert "σ_w²" not in report["critical"]
    assert "two inputs become alike (depth scale" in report["with xavier"]
    variance = known(re.search(r"std=\((\S+) / layer", report["PyTorch"]))
    assert float(variance[1]) == pytest.approx(1 / document["second_moment"])


def test_nothing_has_no_gain() -> None:
    assert settings("0*x")["gain"] == "none: E f(z)² is 0"


def test_what_diverges_has_no_line_of_code() -> None:
    report = settings("exp(x**2)")
    assert report["gain"] == "no finite value found"
    assert report["with he"] == "no finite value of E f² found where the signal comes to"
    assert report["PyTorch"] == report["JAX"] == "-"


def test_what_becomes_of_two_inputs() -> None:
    assert "two inputs keep their correlation" in settings("tanh")["with xavier"], "as in a linear net"
    assert settings("relu")["with he"].endswith("two inputs become alike (slowly)")
    assert "two inputs" not in settings("0*x")["with he"], "of nothing nothing is known"


def test_what_the_signal_does() -> None:
    # From a variance below 1/3 that of x*x decays.
    assert (
        settings("softplus:beta=10")["with he"] == "the signal does not settle: from q = 1 it grows from layer to layer"
    )
    assert settings("relu")["with he"].startswith("the signal keeps its variance q ")
    assert settings("tanh")["with xavier"].startswith("settles at q = 0.0 (slowly) ")
    assert settings("sigmoid")["with lecun"].startswith("as with xavier")


def test_a_jump_settles_without_a_slope() -> None:
    report = settings("step")
    assert report["with xavier"].startswith("settles at q = 0.5 chaotic: the gradient's signal has no theory")
    assert report["with he"].startswith("settles at q = 1.0 ")
    assert report["code"].startswith(
        "for σ_w² = gain² with σ_b² = 0, whose change of the gradient's signal is not known; nothing"
    )
    assert "not known" not in settings("relu")["code"]


def test_the_gain_of_pytorch_stands_beside_ours() -> None:
    assert "1.66667   PyTorch's calculate_gain: a little more than ours: q settles at 1.18" in settings("tanh")["gain"]
    assert settings("leaky_relu:negative_slope=0.2")["gain"].endswith("PyTorch's calculate_gain: the same")
    assert "PyTorch" not in settings("gelu")["gain"]
    assert json.loads(output("gain", "gelu", "--format", "json"))["pytorch_gain"] is None


def test_the_code_is_for_what_changes_the_gradient_less() -> None:
    selu = settings("selu")
    assert selu["code"].startswith("for σ_w² = gain² with σ_b² = 0: over 30 layers")
    assert "; for the critical point the factor is 0.0887 (theory" in selu["code"]
    assert "std=(1.0 / " in selu["PyTorch"]
    assert settings("gelu")["code"].startswith("for the critical point: over 30 layers")
    assert "σ_w² = gain² with σ_b² = 0 is the same" in settings("relu")["code"]
    assert not any("the factor is" in settings(name)["code"] for name in ("relu", "sigmoid"))  # one candidate, or equal


def test_variances_of_ones_own() -> None:
    report = settings("relu", "--sigma-w2", "1", "--sigma-b2", "0.1")["as given"]
    assert report.startswith("settles at q = 0.2 (depth scale 1.44 layers) ordered: ")
    given = json.loads(output("gain", "relu", "--sigma-w2", "1", "--sigma-b2", "0.1", "--format", "json"))
    assert given["fixed_points"]["given"]["phase"] == "ordered"
    assert given["fixed_points"]["given"]["q"] == pytest.approx(0.2)
    assert "given" not in json.loads(output("gain", "relu", "--format", "json"))["fixed_points"]


@pytest.mark.parametrize("value", ["-1", "nan", "inf", "-inf"])
@pytest.mark.parametrize("option", ["--sigma-w2", "--sigma-b2"])
def test_variances_that_are_none(option: str, value: str) -> None:
    assert f"{option} must be a finite number, 0 or more, not {value}" in complaint("gain", "tanh", option, value)


def test_biases_alone_are_not_enough() -> None:
    assert "--sigma-b2 needs --sigma-w2" in complaint("gain", "tanh", "--sigma-b2", "0.1")


def test_only_words_that_were_used_are_explained() -> None:
    assert {*settings("sigmoid")} >= {"q", "settles", "ordered", "depth scale"}
    assert {*settings("sigmoid")} & {"chaotic", "edge", "slowly", "keep", "correlation"} == set()
    assert {*settings("tanh")} >= {"edge", "chaotic", "slowly", "keep", "correlation"}
    assert {*settings("exp(x**2)")} & {"q", "settles", "ordered", "edge"} == set()


def test_a_narrow_screen_folds_all_but_the_code_and_ascii_is_aligned() -> None:
    narrow = output("gain", "selu", env={"COLUMNS": "40"}).splitlines()
    assert all(len(line) <= 40 for line in narrow if not line.startswith(("PyTorch", "JAX")))
    plain = output("gain", "gelu", env={"LC_ALL": "C"})
    assert plain.isascii()
    lines = [line for line in plain.splitlines() if line not in ("", "gelu")]
    assert {line[11:13] for line in lines} == {"  "}
    assert "?" not in plain


def test_the_gain_and_all_below_it_fit_a_screen_of_24_lines() -> None:
    for name in ("gelu", "relu", "tanh", "sigmoid", "selu"):
        lines = in_terminal("gain", name, size=(80, 24)).lines
        rows = sum(-(-len(line) // 80) for line in lines[2:])
        assert rows <= 23, name


def test_an_equation_stands_on_one_line() -> None:
    for width in ("60", "80"):
        assert "q = 0.0" in output("gain", "tanh", env={"COLUMNS": width})
        lines = output("gain", "tanh", env={"COLUMNS": width}).splitlines()
        assert not [line for line in lines if line.endswith(("=", "E"))]


def test_a_moment_that_diverges_is_named() -> None:
    assert settings("exp(x**2)")["moments"] == "E f(z), E f(z)², E f'(z)²: no finite value found"
    # E exp(a z²) = 1/√(1 - 2a)
    assert settings("exp(x**2/4)")["moments"] == "E f(z) = 1.41421; E f(z)², E f'(z)²: no finite value found"


def test_save_draws_the_maps_at_the_variances_of_the_code_or_of_the_user(tmp_path: Path) -> None:
    path = tmp_path / "maps.svg"
    shown = output("gain", "tanh", "--save", path)
    assert shown == output("gain", "tanh")
    assert "tanh at σ_w² = 1.0, σ_b² = 0.0" in path.read_text()  # tanh's critical point: Roberts et al. 2022, chapter 5
    output("gain", "tanh", "--sigma-w2", "1.5", "--sigma-b2", "0.1", "--save", path)
    assert "tanh at σ_w² = 1.5, σ_b² = 0.1" in path.read_text()
    path.unlink()
    refused = complaint("gain", "0*x", "--save", path)
    assert refused == "0*x: no initialisation was found to draw; --sigma-w2 names one"
    output("gain", "0*x", "--sigma-w2", "1", "--save", path)
    path.unlink()
    refused = complaint("gain", "elu:alpha=0.5/1", "--save", path)
    assert refused == "--save draws one activation, not 2: give one value of the parameter"
    assert not path.exists()
