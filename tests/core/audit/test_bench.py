"""Small kernels with one known defect each, and correct ones: a diagnosis must be true, or absent.

The kernels use NumPy's arithmetic in float32 and float16, or round every operation to bfloat16. From actcli they use
only the rounding.
"""

import math
import re
from functools import cache
from typing import NamedTuple

import numpy as np
import pytest

from actcli.core.activations.activation import Elementwise
from actcli.core.activations.catalogue import resolve
from actcli.core.audit.auditor import Auditor
from actcli.core.audit.diagnosis import diagnose
from actcli.core.numerics.formats import FLOAT_FORMATS, ordinal, round_to, value_at
from tests.core.kernels import Kernel, correct, gelu_with_erf, gelu_with_tanh, in_float32

f32, f16 = np.float32, np.float16
_erf = np.vectorize(math.erf, otypes=[np.float64])
_erfc = np.vectorize(math.erfc, otypes=[np.float64])


def erf32(x: np.ndarray) -> np.ndarray:
    return _erf(x).astype(f32)


def b16(x: np.ndarray | float) -> np.ndarray:
    return round_to(np.asarray(x, dtype=np.float64), "bfloat16")


def in_bfloat16(function: Kernel) -> Kernel:
    def kernel(x: np.ndarray) -> np.ndarray:
        with np.errstate(all="ignore"):
            return b16(function(x))

    return kernel


def in_float16(function: Kernel) -> Kernel:
    def kernel(x: np.ndarray) -> np.ndarray:
        with np.errstate(all="ignore"):
            return function(x.astype(f16)).astype(np.float64)

    return kernel


def rounded(function: Kernel, dtype: str) -> Kernel:
    """The kernel computed in float32, with its result rounded to a 16-bit type."""
    return lambda x: round_to(in_float32(function)(x), dtype)


def cut_to_bfloat16(x: np.ndarray) -> np.ndarray:
    return (x.astype(f32).view(np.uint32) & np.uint32(0xFFFF0000)).view(f32).astype(np.float64)


def flush(x: np.ndarray, least: float = 2.0**-126) -> np.ndarray:
    return np.where(np.abs(x) < least, np.copysign(x.dtype.type(0), x), x)


def erf_by_abramowitz_and_stegun(x: np.ndarray) -> np.ndarray:
    """Formula 7.1.26, with an absolute error of 1.5e-7."""
    t = f32(1) / (f32(1) + f32(0.3275911) * np.abs(x))
    poly = t * (
        f32(0.254829592)
        + t * (f32(-0.284496736) + t * (f32(1.421413741) + t * (f32(-1.453152027) + t * f32(1.061405429))))
    )
    return np.sign(x) * (f32(1) - poly * np.exp(-x * x))


def sigmoid32(x: np.ndarray) -> np.ndarray:
    return f32(1) / (f32(1) + np.exp(-x))


def good_sigmoid32(x: np.ndarray) -> np.ndarray:
    e = np.exp(-np.abs(x))
    return np.where(x < 0, e, f32(1)) / (f32(1) + e)


def gate_b16(x: np.ndarray) -> np.ndarray:
    return b16(np.tanh(b16(np.log1p(np.exp(np.minimum(x, 80))))))


SELU_SCALE, SELU_ALPHA = 1.0507009873554805, 1.6732632423543772


class Bench(NamedTuple):
    """A defect, its kernel, and the diagnoses that are true."""

    defect: str
    activation: str
    order: int
    dtype: str
    kernel: Kernel
    words: str


DEFECTS = [
    Bench("1 + erf", "gelu", 0, "float32", gelu_with_erf, r"1 \+ erf\(x/sqrt\(2\)\) cancels in float32"),
    Bench(
        "1 + erf in float32, for bfloat16", "gelu", 0, "bfloat16",
        lambda x: b16(gelu_with_erf(x)), r"1 \+ erf\(x/sqrt\(2\)\) cancels in float32",
    ),
    Bench("1 + tanh in bfloat16", "gelu", 0, "bfloat16", gelu_with_tanh("bfloat16"),
        r"1 \+ tanh.* cancels in bfloat16"),
    Bench("1 + tanh in float16", "gelu_tanh", 0, "float16", gelu_with_tanh("float16"),
        r"1 \+ tanh.* cancels in float16"),
    Bench("1 + tanh", "gelu_tanh", 0, "float32", gelu_with_tanh("float32"), r"1 \+ tanh.* cancels in float32"),
    Bench(
        "1 - tanh²", "tanh", 1, "float32",
        in_float32(lambda x: f32(1) - np.tanh(x) ** 2), r"1 - tanh\(x\)\*\*2 cancels in float32",
    ),
    Bench(
        "1 - tanh² in bfloat16", "tanh", 1, "bfloat16",
        in_bfloat16(lambda x: 1 - b16(b16(np.tanh(x)) ** 2)), r"1 - tanh\(x\)\*\*2 cancels in bfloat16",
    ),
    Bench(
        "s (1 - s)", "sigmoid", 1, "float32",
        in_float32(lambda x: good_sigmoid32(x) * (f32(1) - good_sigmoid32(x))),
        r"1 - (sigmoid\(x\)|1/\(1 \+ exp\(-x\)\)) cancels in float32",
    ),
    Bench(
        "1 - sigmoid", "log_sigmoid", 1, "float32",
        in_float32(lambda x: f32(1) - good_sigmoid32(x)), r"1 - (sigmoid\(x\)|1/\(1 \+ exp\(-x\)\)) cancels in float32",
    ),
    Bench(
        "tanh by exp(2x)", "tanh", 0, "float32",
        in_float32(lambda x: f32(1) - f32(2) / (f32(1) + np.exp(2 * x))),
        r"1 - 2/\(1 \+ exp\(2\*x\)\) cancels in float32",
    ),
    Bench(
        "tanh by exp, in both tails", "tanh", 0, "float32",
        in_float32(lambda x: (np.exp(x) - np.exp(-x)) / (np.exp(x) + np.exp(-x))),
        r"exp\(x\) - exp\(-x\) cancels.*results are nan.*: exp\(-x\) and exp\(x\) overflow in float32, and inf",
    ),
    Bench(
        "exp - 1", "elu", 0, "float32",
        in_float32(lambda x: np.where(x > 0, x, np.exp(x) - 1)), r"exp\(x\) - 1 cancels in float32",
    ),
    Bench(
        "exp - 1 in float16", "selu", 0, "float16",
        in_float16(lambda x: f16(SELU_SCALE) * np.where(x > 0, x, f16(SELU_ALPHA) * (np.exp(x) - f16(1)))),
        r"exp\(x\) - 1 cancels in float16",
    ),
    Bench(
        "y + alpha", "elu", 1, "float32",
        in_float32(lambda x: np.where(x > 0, f32(1), np.expm1(x) + f32(1))),
        r"(expm1\(x\)|\(exp\(x\) - 1\)) \+ alpha cancels in float32",  # expm1 of NumPy differs between processors
    ),
    Bench(
        "y + alpha in bfloat16", "elu", 1, "bfloat16",
        in_bfloat16(lambda x: np.where(x > 0, 1.0, b16(np.expm1(x)) + 1.0)),
        r"expm1\(x\) \+ alpha cancels in bfloat16",
    ),
    Bench(
        "log(1 + exp)", "softplus", 0, "float32",
        in_float32(lambda x: np.log(f32(1) + np.exp(x))),
        r"1 \+ exp\(beta\*x\) loses its small term in float32.*infinite.*exp\(beta\*x\) overflows in float32",
    ),
    Bench(
        "log(sigmoid)", "log_sigmoid", 0, "float32",
        in_float32(lambda x: np.log(sigmoid32(x))), r"exp\(-x\) overflows in float32",
    ),
    Bench(
        "exp(-x) overflows", "silu", 0, "float32",
        in_float32(lambda x: x / (f32(1) + np.exp(-x))), r"exp\(-(beta\*)?x\) overflows in float32",
    ),
    Bench(
        "exp(-x) overflows in float16", "silu", 0, "float16",
        in_float16(lambda x: x / (f16(1) + np.exp(-x))), r"exp\(-(beta\*)?x\) overflows in float16",
    ),
    Bench(
        "exp(x)/(1 + exp(x))", "sigmoid", 0, "float32",
        in_float32(lambda x: np.exp(x) / (f32(1) + np.exp(x))),
        r"results are nan.*: exp\(x\) overflows in float32, and infinity over infinity is nan",
    ),
    Bench(
        "the branch not taken", "elu", 1, "float32",
        in_float32(lambda x: (x > 0).astype(f32) + (x <= 0).astype(f32) * np.exp(x)),
        r"results are nan, for x from 88\.\d+.*: exp\(x\) overflows in float32, and 0 times infinity is nan",
    ),
    Bench(
        "squares in softsign'", "softsign", 1, "float16",
        in_float16(lambda x: f16(1) / (f16(1) + np.abs(x)) ** 2), r"\(1 \+ abs\(x\)\)\*\*2 overflows in float16",
    ),
    Bench(
        "x² overflows", "squareplus", 0, "float32",
        in_float32(lambda x: (x + np.sqrt(x * x + f32(4))) / 2), r"x \+ sqrt\(x\*\*2 \+ b\) cancels in float32",
    ),
    Bench(
        "mish's fraction", "mish", 0, "float32",
        in_float32(lambda x: x * (np.exp(x) * (np.exp(x) + 2)) / (np.exp(x) * (np.exp(x) + 2) + 2)),
        r"overflows in float32, and infinity over infinity is nan",
    ),
    Bench(
        "cut off", "gelu", 0, "bfloat16",
        lambda x: cut_to_bfloat16(correct("gelu", "float32")(x)), r"^the results are cut off instead of rounded$",
    ),
    Bench(
        "cut off to bfloat16, for float32", "silu", 0, "float32",
        lambda x: cut_to_bfloat16(correct("silu", "float32")(x)),
        r"every result is a bfloat16 number, cut off instead of rounded",
    ),
    Bench(
        "bfloat16 on the way out", "silu", 0, "float32",
        lambda x: b16(correct("silu", "float32")(x)), r"every result is a bfloat16 number: the output was rounded",
    ),
    Bench(
        "a gate of bfloat16", "silu", 0, "float32",
        in_float32(lambda x: x * b16(good_sigmoid32(x)).astype(f32)), r"x times a bfloat16 number",
    ),
    Bench(
        "subnormals", "silu", 0, "float32",
        in_float32(lambda x: flush(flush(x) * good_sigmoid32(flush(x)))), r"subnormal",
    ),
    Bench(
        "a flushed gate", "silu", 0, "float32",
        in_float32(lambda x: x * flush(good_sigmoid32(x))),
        r"(sigmoid\((beta\*)?x\)|1/\(1 \+ exp\(-x\)\)) is flushed to zero in float32",
    ),
    Bench(
        "tanh for gelu", "gelu", 0, "float32", correct("gelu_tanh", "float32"), r"match gelu_tanh better than gelu",
    ),
    Bench(
        "sigmoid for gelu", "gelu", 0, "bfloat16", correct("quick_gelu", "bfloat16"), r"match quick_gelu better",
    ),
    Bench(
        "the value for the slope", "gelu", 1, "float32", correct("gelu", "float32"), r"match gelu itself better",
    ),
    Bench(
        "a constant", "gelu_tanh", 0, "float32",
        lambda x: round_to(x / (1 + np.exp(np.minimum(-2 * 0.7978845608 * (x + 0.0447 * x**3), 700.0))), "float32"),
        r"the constant 0\.044715 is 0\.0447 and not",
    ),
    Bench(
        "selu's constants", "selu", 0, "float32",
        in_float32(lambda x: f32(1.05) * np.where(x > 0, x, f32(SELU_ALPHA) * np.expm1(np.minimum(x, 0)))),
        r"gamma = 1\.05 instead of gamma = 1\.0507",
    ),
    Bench(
        "alpha and gamma exchanged", "selu", 0, "float32",
        in_float32(lambda x: f32(SELU_ALPHA) * np.where(x > 0, x, f32(SELU_SCALE) * np.expm1(np.minimum(x, 0)))),
        r"alpha = 1\.0507, gamma = 1\.67326 instead of",
    ),
    Bench(
        "another slope", "leaky_relu", 0, "bfloat16",
        in_bfloat16(lambda x: np.where(x > 0, x, x * 0.1)), r"negative_slope = 0\.1 instead of",
    ),
    Bench(
        "alpha forgotten", "elu:alpha=0.5", 0, "float32",
        in_float32(lambda x: np.where(x > 0, x, np.expm1(np.minimum(x, 0)))), r"alpha = 1 instead of alpha = 0\.5",
    ),
    Bench(
        "beta forgotten", "silu:beta=1.5", 0, "float32",
        in_float32(lambda x: x * good_sigmoid32(x)), r"beta = 1 instead of beta = 1\.5",
    ),
    Bench(
        "a clamp", "tanh", 0, "float32",
        in_float32(lambda x: np.tanh(np.clip(x, f32(-4), f32(4)))), r"as if x were cut off at -4(\.0\d*)? and 4",
    ),
    Bench(
        "saturation", "tanh", 0, "bfloat16",
        lambda x: np.where(x >= 2.5, 1.0, correct("tanh", "bfloat16")(x)), r"the result is 1 for every x from 2\.5 on",
    ),
    Bench(
        "a tail cut off", "gelu", 0, "bfloat16",
        lambda x: np.where(x < -4.0, 0.0, correct("gelu", "bfloat16")(x)),
        r"^the result is 0 for every x up to -4\.03125, where the exact one is not$",
    ),
    Bench(
        "erf by a polynomial", "erf", 0, "float32",
        in_float32(erf_by_abramowitz_and_stegun),
        r"near 0 the result is the exact one [+-] |the result is 0 for every x from 0 to 1\.\d+e-07",
    ),
    Bench(
        "an offset", "tanh", 0, "float32",
        in_float32(lambda x: np.tanh(x) + np.where(np.abs(x) < 1, f32(1e-6), f32(0))),
        r"near 0 the result is the exact one \+ 1e-06",
    ),
    Bench(
        "the wrong sign", "silu", 0, "bfloat16",
        lambda x: np.where(x < -20, -1.0, 1.0) * correct("silu", "bfloat16")(x),
        r"results have the wrong sign, for x from",
    ),
    Bench(
        "bfloat16 everywhere", "mish", 1, "bfloat16",
        in_bfloat16(
            lambda x: gate_b16(x) + b16(b16(x * b16(1 - b16(gate_b16(x) ** 2))) * b16(1 / (1 + np.exp(-x))))
        ),
        r"1 - tanh\(softplus\(x\)\)\*\*2 cancels in bfloat16|bfloat16",
    ),
    Bench(
        "bits of the other type", "gelu", 0, "bfloat16",
        lambda x: (
            correct("gelu", "float16")(x).astype(f16).view(np.uint16).astype(np.uint32) << np.uint32(16)
        ).view(f32).astype(np.float64),
        r"the results are float16, read as bfloat16",
    ),
    Bench("zeros", "relu", 1, "float32", np.zeros_like,
        r"match derivative 2 of relu better|the result is 0 for every x from"),
    Bench(
        "a sum near its zero", "silu", 1, "float32",
        in_float32(lambda x: good_sigmoid32(x) * (f32(1) + x * good_sigmoid32(-x))),
        r"1 \+ x\*sigmoid\(-x\) cancels in float32, for x from -1\.\d+ to -1\.",
    ),
    Bench(
        "1 - cos", "snake", 0, "float32",
        lambda x: np.where(
            np.abs(x) < 1000,
            in_float32(lambda x: x + (f32(1) - np.cos(2 * x)) / 2)(x),
            correct("snake", "float32")(x),
        ),
        r"1 - cos\(2\*a\*x\) cancels in float32",
    ),
]  # fmt: skip

CORRECT = [
    Bench("erfc", "gelu", 0, "float32", lambda x: round_to(x * _erfc(-x / math.sqrt(2)) / 2, "float32"), ""),
    Bench("np.tanh", "tanh", 0, "float32", in_float32(np.tanh), ""),
    Bench("x sigmoid", "silu", 0, "bfloat16", rounded(lambda x: x * good_sigmoid32(x), "bfloat16"), ""),
    Bench("expm1", "elu", 0, "float32", in_float32(lambda x: np.where(x > 0, x, np.expm1(np.minimum(x, 0)))), ""),
    Bench(
        "log1p", "softplus", 0, "float32",
        in_float32(lambda x: np.maximum(x, 0) + np.log1p(np.exp(-np.abs(x)))), "",
    ),
    Bench("sech²", "tanh", 1, "float16", rounded(
        lambda x: f32(4) * np.exp(-2 * np.abs(x)) / (f32(1) + np.exp(-2 * np.abs(x))) ** 2, "float16"), ""),
    Bench("e/(1 + e)", "sigmoid", 0, "float32", in_float32(good_sigmoid32), ""),
    Bench("e/(1 + e) in bfloat16", "sigmoid", 0, "bfloat16", rounded(good_sigmoid32, "bfloat16"), ""),
    Bench("hypot", "squareplus", 0, "float16", lambda x: correct("squareplus", "float16")(x), ""),
]  # fmt: skip


@cache
def inputs(dtype: str) -> np.ndarray:
    """Every finite number of a 16-bit type; a sample of float32, denser between 2^-12 and 2^10."""
    form = FLOAT_FORMATS[dtype]
    end = form.infinity - 1
    if form.bits == 16:
        return value_at(np.arange(-end, end + 1), dtype)
    low, high = ordinal(np.array([2.0**-12, 2.0**10]), dtype)
    near = np.linspace(low, high, 20_000).astype(np.int64)
    ordinals = np.concatenate([np.linspace(0, end, 20_000).astype(np.int64), near])
    return value_at(np.unique(np.concatenate([-ordinals, ordinals])), dtype)


def diagnosed(bench: Bench) -> str | None:
    activation = resolve(bench.activation)
    assert isinstance(activation, Elementwise)
    x = inputs(bench.dtype)
    auditor = Auditor(activation, bench.dtype, order=bench.order)
    auditor.add(x, bench.kernel(x))
    return diagnose(auditor.result(), activation)


@pytest.mark.parametrize("bench", DEFECTS, ids=lambda bench: f"{bench.activation} {bench.defect}")
def test_a_defect_is_named(bench: Bench) -> None:
    found = diagnosed(bench)
    assert found is not None
    assert re.search(bench.words, found), found


@pytest.mark.parametrize("bench", CORRECT, ids=lambda bench: f"{bench.activation} {bench.defect}")
def test_a_correct_kernel_has_no_cause(bench: Bench) -> None:
    assert diagnosed(bench) is None
