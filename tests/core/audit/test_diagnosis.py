"""Each diagnosis for a kernel with the defect, and none for kernels that only look similar."""

import re
from functools import partial

import numpy as np
import pytest

from actcli.core.audit.auditor import Auditor
from actcli.core.audit.diagnosis import diagnose
from actcli.core.numerics.formats import FLOAT_FORMATS, ordinal, round_to, value_at
from tests.core.kernels import Kernel, correct, f32, flushing, gelu_with_erf, gelu_with_tanh, in_float32, inputs
from tests.narrow import elementwise


def sentence(activation: str, dtype: str, kernel: Kernel, order: int = 0) -> str | None:
    auditor = Auditor(elementwise(activation), dtype, order=order)
    x = inputs(activation, dtype, order)
    auditor.add(x, kernel(x))
    return diagnose(auditor.result(), elementwise(activation))


def bfloat16(x: np.ndarray) -> np.ndarray:
    return round_to(np.asarray(x, dtype=np.float64), "bfloat16")


def silu_with_a_narrow_gate(x: np.ndarray) -> np.ndarray:
    return round_to(x * correct("sigmoid", "bfloat16")(x), "float32")


def gelu_in_float16_bits(x: np.ndarray) -> np.ndarray:
    return value_at(ordinal(correct("gelu", "float16")(x), "float16"), "bfloat16")


def inputs_too_in_float16_bits(x: np.ndarray) -> np.ndarray:
    bits = ordinal(x, "bfloat16")
    numbers = np.abs(bits) < FLOAT_FORMATS["float16"].infinity
    y = correct("gelu", "float16")(value_at(np.where(numbers, bits, 0), "float16"))
    return np.where(numbers, value_at(ordinal(y, "float16"), "bfloat16"), np.nan)


def rounded_one_way(way: str) -> Kernel:
    """tanh rounded to float32 in one direction."""

    def kernel(x: np.ndarray) -> np.ndarray:
        exact = elementwise("tanh")(x)
        nearest = exact.astype(f32)
        goal = {"up": np.inf, "down": -np.inf, "away": np.copysign(np.inf, exact), "cut": 0.0 * exact}[way]
        beside = np.nextafter(nearest, np.asarray(goal, dtype=f32), dtype=f32)
        return np.where(np.sign(exact - nearest) * np.sign(beside - nearest) > 0, beside, nearest).astype(np.float64)

    return kernel


def two_exponentials(x: np.ndarray) -> np.ndarray:
    """exp(10x) exp(-9.3x) in bfloat16, with both arguments rounded: an error of 2^-9 of 50 is more than one step."""
    with np.errstate(all="ignore"):
        grown, shrunk = np.exp(bfloat16(10 * x)), np.exp(bfloat16(bfloat16(np.array(-9.3)) * x))
        return bfloat16(bfloat16(grown) * bfloat16(shrunk))


def subnormals_at_zero(values: np.ndarray) -> np.ndarray:
    return np.where(np.abs(values) < np.finfo(f32).tiny, f32(0), values).astype(f32)


def two_sides_flushed(x: np.ndarray) -> np.ndarray:
    """1e-25 relu(±x), flushed to zero if subnormal, and scaled back."""
    sides = [subnormals_at_zero(f32(1e-25) * np.maximum(s * x.astype(f32), f32(0))) for s in (f32(1), f32(-1))]
    return subnormals_at_zero(sides[0] * f32(1e20) + sides[1] * f32(1e20)).astype(np.float64)


def without_its_tail(activation: str, low: float, high: float) -> Kernel:
    return lambda x: np.where((x > low) & (x < high), 0.0, correct(activation, "float32")(x))


@pytest.mark.parametrize(
    ("activation", "dtype", "kernel", "order", "words"),
    [
        ("gelu", "float32", gelu_with_erf, 0, "0 for every x up to -5.5.*1 .* erf.* cancels in float32"),
        ("gelu", "bfloat16", lambda x: bfloat16(gelu_with_erf(x)), 0, "1 .* erf.* cancels in float32"),
        ("gelu", "bfloat16", gelu_with_tanh("bfloat16"), 0, r"1 \+ tanh.* cancels in bfloat16"),
        ("gelu_tanh", "float32", gelu_with_tanh("float32"), 0, r"1 \+ tanh.* cancels in float32"),
        ("tanh", "float32", in_float32(lambda x: f32(1) - np.tanh(x) ** 2), 1, r"x from .*1 - tanh\(x\)\*\*2 cancels"),
        ("elu", "float32", in_float32(lambda x: np.where(x > 0, x, np.exp(x) - 1)), 0, r"to 0, .*exp\(x\) - 1 cancels"),
        ("softplus", "float32", in_float32(lambda x: np.log(f32(1) + np.exp(x))), 0, "loses its small term in float32"),
        ("silu", "float32", in_float32(lambda x: x / (f32(1) + np.exp(-x))), 0, "overflows in float32"),
        ("x*(1+tanh(2*x))", "float32", in_float32(lambda x: x * (1 + np.tanh(2 * x))), 0, r"1 \+ tanh\(2\*x\) cancels"),
        ("relu", "float32", np.zeros_like, 1, "match derivative 2 of relu better than derivative 1 of relu"),
        ("gelu", "float32", correct("gelu_tanh", "float32"), 0, "match gelu_tanh better than gelu$"),
        ("gelu", "bfloat16", correct("quick_gelu", "bfloat16"), 0, "match quick_gelu better"),
        ("gelu", "float32", correct("gelu", "float32"), 1, "match gelu itself better than derivative 1 of gelu"),
        ("silu", "float32", flushing(correct("silu", "float32")), 0, "^subnormal numbers are flushed to zero$"),
        ("silu", "float32", correct("silu", "bfloat16"), 0, "every result is a bfloat16 number"),
        (
            "silu", "float32", silu_with_a_narrow_gate, 0,
            "^every result is x times a bfloat16 number: the factor was rounded to bfloat16$",
        ),
        ("gelu", "bfloat16", gelu_in_float16_bits, 0, "^the results are float16, read as bfloat16$"),
        ("gelu", "bfloat16", inputs_too_in_float16_bits, 0, "^inputs and results are float16, read as bfloat16"),
        ("tanh", "float32", rounded_one_way("up"), 0, "^the results are rounded up instead of to the nearest$"),
        ("tanh", "float32", rounded_one_way("down"), 0, "^the results are rounded down instead of to the nearest$"),
        ("tanh", "float32", rounded_one_way("away"), 0, "are rounded away from zero instead of to the nearest$"),
        ("tanh", "float32", rounded_one_way("cut"), 0, "^the results are cut off instead of rounded$"),
        ("sigmoid", "float32", without_its_tail("sigmoid", -200, -20), 0, "^the result is 0 for every x up to -20.0"),
        ("sigmoid(-x)", "float32", without_its_tail("sigmoid(-x)", 20, 200), 0, "is 0 for every x from 20.0.* on,"),
        ("tanh", "float32", without_its_tail("tanh", -1e-3, 0), 0, "the result is 0 for every x from -0.00099.* to 0,"),
        ("tanh", "float32", without_its_tail("tanh", 0, 1e-3), 0, "^the result is 0 for every x from 0 to 0.00099.*,"),
        (
            "exp(x) - exp(x - 0.001)", "float32", in_float32(lambda x: np.exp(x) - np.exp(x - f32(0.001))), 0,
            "results are nan, for x from 88.7.*: exp.x. overflows in float32, and infinity less infinity is nan$",
        ),
        (
            "exp(10*x)*exp(-9.3*x)", "bfloat16", two_exponentials, 0,
            r"^every intermediate result of exp\(10\*x\)\*exp\(-9.3\*x\) is rounded in bfloat16, "
            r".* exp\(-9.3\*x\) and exp\(10\*x\) overflow in bfloat16, and 0 times infinity is nan",
        ),
        (
            "(1e-25*relu(x))*1e20 + (1e-25*relu(-x))*1e20", "float32", two_sides_flushed, 0,
            r"1e-25\*relu\(-x\) and 1e-25\*relu\(x\) are flushed to zero in float32",
        ),
    ],
)  # fmt: skip
def test_a_disease_is_named(activation: str, dtype: str, kernel: Kernel, order: int, words: str) -> None:
    found = sentence(activation, dtype, kernel, order)
    assert found is not None
    assert re.search(words, found), found


@pytest.mark.parametrize(
    ("activation", "dtype", "kernel"),
    [
        ("gelu", "float32", correct("gelu", "float32")),
        ("gelu", "bfloat16", correct("gelu", "bfloat16")),
        # Errors at random.
        (
            "gelu",
            "float32",
            lambda x: round_to(correct("gelu", "float32")(x) * (1 + 1e-5 * np.sin(1e4 * x)), "float32"),
        ),
    ],
)
def test_a_correct_kernel_has_no_diagnosis(activation: str, dtype: str, kernel: Kernel) -> None:
    assert sentence(activation, dtype, kernel) is None


def test_nan_and_infinity_are_told_without_a_cause_that_was_not_shown() -> None:
    found = sentence("gelu", "bfloat16", lambda x: np.full_like(x, np.inf))
    assert found is not None
    assert re.fullmatch(r"65,\d+ results are infinite, for x from -3\.38\d+e\+38 to 3\.38\d+e\+38", found)
    one = sentence("tanh", "bfloat16", lambda x: np.where(x == 1.0, np.nan, correct("tanh", "bfloat16")(x)))
    assert one == "1 result is nan, at x = 1"


def test_zeros_do_not_reveal_a_type() -> None:
    found = sentence("1e-9*x", "float32", lambda x: np.where(np.abs(x) > 1.0, np.nan, 0.0))
    assert found is not None
    assert "float16" not in found


def test_one_stray_value_does_not_silence_a_diagnosis() -> None:
    def kernel(x: np.ndarray) -> np.ndarray:
        return np.where(x == 1.0, 3e38, gelu_with_tanh("bfloat16")(x))

    found = sentence("gelu", "bfloat16", lambda x: bfloat16(kernel(x)))
    assert found is not None
    assert found.startswith("not at the largest error, at x = 1, but elsewhere: the result is 0 for every x up to -3.")
    assert "cancels in bfloat16" in found
    nan = sentence("gelu", "bfloat16", lambda x: np.where(x == 1.0, np.nan, gelu_with_tanh("bfloat16")(x)))
    assert nan is not None
    assert nan.startswith("the result is 0 for every x up to -3.")
    assert nan.endswith("; 1 result is nan, at x = 1")


def test_a_diagnosis_covers_only_tried_inputs() -> None:
    """The inputs have a gap from -85 to -75. The kernel is 0 only below -80."""
    silu = elementwise("silu")
    x = np.concatenate([np.linspace(-86.0, -85.0, 200), np.linspace(-75.0, 1.0, 200)]).astype(f32).astype(np.float64)
    auditor = Auditor(silu, "float32")
    auditor.add(x, np.where(x < -80.0, 0.0, correct("silu", "float32")(x)))
    found = diagnose(auditor.result(), silu)
    assert found is not None
    assert "for every x up to -85," in found


def test_a_flush_in_two_different_steps_is_reported_without_a_step() -> None:
    silent, named = "a subnormal intermediate result is flushed", "subnormal 1e-25*relu(x) is flushed"
    sizes = np.geomspace(1e-18, 1e-13, 200).astype(f32).astype(np.float64)  # 1e-25 times these is subnormal
    text = "(1e-25*relu(x))*1e20 + (1e-25*relu(-x))*1e20"
    usual = np.geomspace(1.0, 1e3, 200).astype(f32).astype(np.float64)
    for parts, said, other in (([-usual, -sizes, sizes, usual], silent, named), ([sizes, usual], named, silent)):
        x = np.sort(np.concatenate(parts))
        auditor = Auditor(elementwise(text), "float32")
        auditor.add(x, two_sides_flushed(x))
        found = diagnose(auditor.result(), elementwise(text))
        assert found is not None
        assert f"{said} to zero in float32" in found
        assert other not in found


def test_a_cut_off_tail_is_not_called_a_cancellation() -> None:
    found = sentence("gelu", "bfloat16", lambda x: np.where(x < -4.0, 0.0, correct("gelu", "bfloat16")(x)))
    assert found == "the result is 0 for every x up to -4.03125, where the exact one is not"
    early = sentence("silu", "float32", lambda x: np.where(x < -90.0, 0.0, correct("silu", "float32")(x)))
    assert early is not None
    assert early.endswith("where the exact one is not")
    late = sentence("silu", "float32", lambda x: np.where(x < -95.0, 0.0, correct("silu", "float32")(x)))
    assert late is not None
    assert late.endswith("where the exact one is not")
    near = sentence("tanh", "float32", lambda x: np.where(np.abs(x) < 1e-3, 0.0, correct("tanh", "float32")(x)))
    assert near is not None
    assert near.endswith("where the exact one is not")


def test_a_flushed_step_without_effect_is_no_cause() -> None:
    """The results are flushed. The underflow of x**3 does not change x + 0.044715*x**3."""

    def kernel(x: np.ndarray) -> np.ndarray:
        u = np.asarray(x, dtype=np.float32)
        with np.errstate(all="ignore"):  # x**3 overflows
            y = f32(0.5) * u * (f32(1) + np.tanh(f32(0.7978845608) * (u + f32(0.044715) * u * u * u)))
        flushed = np.where(np.abs(y) < np.finfo(np.float32).tiny, f32(0), y).astype(np.float32)
        truncated = (flushed.view(np.uint32) & np.uint32(0xFFFF0000)).view(np.float32)
        return truncated.astype(np.float64)

    found = sentence("gelu_tanh", "bfloat16", kernel)
    assert found is not None
    assert "underflows" not in found
    assert re.search(r"from 0 to 2.34\S* and x from -2.34\S* to 0, .*/2 is flushed to zero in float32", found), found


# --- directed rounding together with other errors -----------------------------------------------------------------


def cut(y: np.ndarray) -> np.ndarray:
    """y rounded to float32 toward zero, by np.nextafter, independently of the program's rounding."""
    nearest = y.astype(np.float32)
    beyond = np.abs(nearest.astype(np.float64)) > np.abs(y)
    return np.where(beyond, np.nextafter(nearest, np.float32(0)), nearest).astype(np.float64)


def tanh_cut(x: np.ndarray) -> np.ndarray:
    return cut(np.tanh(np.asarray(x, dtype=np.float64)))


ELSEWHERE = "results at most one step off are cut off instead of rounded"


def test_results_that_are_cut_off_are_told_beside_other_errors() -> None:
    assert sentence("tanh", "float32", tanh_cut) == "the results are cut off instead of rounded"
    clamped = sentence("tanh", "float32", lambda x: tanh_cut(np.clip(x, -3.0, 3.0)))
    assert clamped == f"the results are as if x were cut off at -3 and 3; {ELSEWHERE}"
    steep = sentence(
        "tanh", "float32", lambda x: np.where(np.abs(x) < 1e-3, round_to(x * 1.001, "float32"), tanh_cut(x))
    )
    assert steep is not None
    assert steep.endswith(ELSEWHERE)


def test_results_are_not_called_cut_off_where_half_of_them_are_not() -> None:
    right, random = correct("tanh", "float32"), np.random.default_rng(0)

    def on_one_side(x: np.ndarray) -> np.ndarray:
        return np.where(x > 0, tanh_cut(x), right(x))

    def at_random(x: np.ndarray) -> np.ndarray:
        return value_at(ordinal(right(x), "float32") + random.integers(-1, 2, x.shape), "float32")

    def now_and_then(x: np.ndarray) -> np.ndarray:
        return np.where(ordinal(x, "float32") % 2 == 0, tanh_cut(x), right(x))

    kernels: tuple[Kernel, ...] = (on_one_side, at_random, now_and_then)
    for kernel in kernels:
        saturated: Kernel = partial(_saturated, kernel)
        assert "cut off instead" not in (sentence("tanh", "float32", saturated) or "")


def _saturated(kernel: Kernel, x: np.ndarray) -> np.ndarray:
    return np.where(np.abs(x) > 3, np.sign(x), kernel(x))
