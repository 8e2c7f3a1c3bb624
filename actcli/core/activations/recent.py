"""Activations of recent models and of single frameworks: transformers, vLLM, Gemma, ONNX."""

import math

import numpy as np

from actcli.core.activations.activation import Elementwise, Parameter, RowWise
from actcli.core.activations.normal_gate import gelu
from actcli.core.activations.parts import SHIFT, UNSHIFT, at_ends, positive
from actcli.core.arrays import Array, Mask
from actcli.core.errors import InputError
from actcli.core.jets.choice import clamp, kept, minimum, select, where
from actcli.core.jets.elementary import exp, integrate, normal_cdf, sigmoid, sqrt, tanh
from actcli.core.jets.jet import Jet, Operand, value_of
from actcli.core.numerics import special
from actcli.core.numerics.compensated import two_product, two_sum


def _quotient(x: Operand, divisor: float) -> tuple[Operand, Array]:
    """x / divisor, and its rounding error."""
    quotient = x / divisor
    product, rest = two_product(value_of(quotient), divisor)
    return quotient, _finite(((value_of(x) - product) - rest) / divisor)


def _finite(error: Array) -> Array:
    """The error, or none where the number is infinite."""
    return np.where(np.isfinite(error), error, 0.0)


# --- tanh, stretched ------------------------------------------------------------------------------------------------


def softcap(x: Operand, cap: float) -> Operand:
    """cap tanh(x / cap); beyond 350 cap the limit and a shifted tail."""
    u = value_of(x) / cap

    def values(x: Array) -> Array:
        # Of a subnormal x the quotient has few digits, and softcap is x.
        return np.where(np.abs(x) < 1e-9 * cap, x, tanh.at(*_quotient(x, cap)) * cap)

    def middle(x: Operand) -> Operand:
        if not isinstance(x, Jet):
            return values(x)
        moving: Jet = tanh.at(*_quotient(x, cap)) * cap
        return Jet(np.concatenate([values(x.value)[None], moving.derivatives[1:]]))

    return select(x, (u < -350.0, lambda x: -_far(-x, cap)), (u > 350.0, lambda x: _far(x, cap)), otherwise=middle)


def _far(x: Operand, cap: float) -> Operand:
    """cap (1 - 2 e^(-2x / cap)) for x > 350 cap."""
    v, error = _quotient(x, cap)
    result: Operand = exp.at(v * -2.0 + SHIFT, error * -2.0) * (-2.0 * cap) * UNSHIFT + cap
    return result


def _at_ends_of_softcap(x: Array, order: int, cap: float) -> Mask:
    """Value and slope have tails of their own, which suffice for all but the ends of cap."""
    if order == 1 and 1e-15 < cap < 1e15:
        return np.zeros(x.shape, dtype=np.bool_)
    # On the way to the slope the bell is divided by cap.
    return at_ends(x, 2.0 * np.abs(x / cap) + abs(math.log(cap)), order, *[cap] * (order > 1))


SOFTCAP = Elementwise(
    name="softcap",
    aliases=("logit_softcapping",),
    function=softcap,
    formula="cap*tanh(x/cap)",
    reference="Gemma Team 2024, Gemma 2, arXiv:2408.00118",
    parameters=(positive("cap", 30.0),),
    at_ends=_at_ends_of_softcap,
)


# --- steps that are smooth, cut or moved ----------------------------------------------------------------------------


def laplace(x: Operand, mu: float, sigma: float) -> Operand:
    """Φ((x - mu) / sigma), the rounding error of its argument carried along."""

    def argument(x: Operand) -> tuple[Operand, Array]:
        difference, lost = two_sum(value_of(x), -mu)
        quotient, error = _quotient(difference, sigma)
        u = (
            Jet(np.concatenate([value_of(quotient)[None], (x / sigma).derivatives[1:]]))
            if isinstance(x, Jet)
            else quotient
        )
        return u, _finite(error + lost / sigma)

    def tail(x: Operand, sign: float) -> Operand:
        """Φ(sign u), e^-100 times a shifted tail."""
        u, error = argument(x)
        shifted: Operand = _shifted_normal_cdf(u * sign) * (1.0 - value_of(u) * error)
        return shifted * UNSHIFT

    u = value_of(argument(x)[0])
    return select(
        x,
        (u < -60.0, lambda x: 0.0),
        (u > 60.0, lambda x: 1.0),
        (u < -36.0, lambda x: tail(x, 1.0)),
        (u > 36.0, lambda x: 1.0 - tail(x, -1.0)),
        otherwise=lambda x: normal_cdf.at(*argument(x)),
    )


def _shifted_normal_cdf(x: Operand) -> Operand:
    """e^100 Φ(x) for x < 0."""
    if isinstance(x, Jet):
        start = special.upper_normal_tail(-x.value, SHIFT), special.normal_density(x.value, SHIFT)
        return integrate(x, start, lambda u, y, g: (g, -u * g))[0]
    return special.upper_normal_tail(-x, SHIFT)


LAPLACE = Elementwise(
    name="laplace",
    function=laplace,
    formula="(1 + erf((x - mu)/(sigma*sqrt(2))))/2",
    reference="Ma et al. 2022, Mega, arXiv:2209.10655",
    parameters=(Parameter("mu", 0.707107), positive("sigma", 0.282095)),
)

GELU_10 = Elementwise(
    name="gelu_10",
    aliases=("clipped_gelu",),
    function=lambda x: select(x, (x > 10.0, lambda x: 10.0), otherwise=gelu),
    formula="min(x*(1 + erf(x/sqrt(2)))/2, 10)",
    reference="Wu et al. 2020, Integer quantization for deep learning inference, arXiv:2004.09602",
    breakpoints=lambda: {10.0: 1},
)

FATRELU = Elementwise(
    name="fatrelu",
    function=lambda x, threshold: where(x <= threshold, 0.0, x),
    formula="x if x > threshold else 0",
    reference="Kurtz et al. 2020, Inducing and exploiting activation sparsity, ICML",
    parameters=(Parameter("threshold", 0.0),),
    breakpoints=lambda threshold: {threshold: 0 if threshold else 1},
)


def shrink(x: Operand, lambd: float, bias: float) -> Operand:
    """x moved by `bias` towards 0 where |x| > lambd, else 0."""
    return kept(~(abs(x) <= lambd), where(x < 0.0, x + bias, x - bias))


def _breakpoints_of_shrink(lambd: float, bias: float) -> dict[float, int]:
    if lambd == 0.0:
        return {0.0: 0} if bias else {}
    return dict.fromkeys((-lambd, lambd), 1 if bias == lambd else 0)


SHRINK = Elementwise(
    name="shrink",
    function=shrink,
    formula="x + bias if x < -lambd else x - bias if x > lambd else 0",
    reference="ONNX Shrink",
    parameters=(Parameter("lambd", 0.5, minimum=0.0), Parameter("bias", 0.0)),
    breakpoints=_breakpoints_of_shrink,
)

RECENT = (SOFTCAP, LAPLACE, GELU_10, FATRELU, SHRINK)


# --- rows -----------------------------------------------------------------------------------------------------------


def entmax15(scores: Operand) -> Operand:
    """max(0, s_i / 2 - τ)² with τ such that the row sums to 1, by the exact algorithm over the sorted scores."""
    value = value_of(scores) * 0.5
    top: Array = value.max(axis=-1, keepdims=True)
    level = np.where(value == top, 0.0, value - top)  # an infinite top less itself is 0, as for softmax
    half = Jet(np.concatenate([level[None], 0.5 * scores.derivatives[1:]])) if isinstance(scores, Jet) else level
    count = _support(level)
    tau = np.sort(level, axis=-1)[..., ::-1]
    least = np.take_along_axis(tau, count - 1, axis=-1)
    inside = ~(level < least)
    size: Array = np.where(np.isnan(top), np.nan, count.astype(np.float64))
    mean = _sum(kept(inside, half)) / size
    away = kept(inside, half - mean)
    threshold = mean - sqrt((1.0 - _sum(away * away)) / size)
    distance = kept(inside, half - threshold)
    result: Operand = distance * distance
    return result


def _support(level: Array) -> "np.ndarray[tuple[int, ...], np.dtype[np.intp]]":
    """How many of the largest scores have a share: the last k for which the k-th is above the threshold of k."""
    descending = -np.sort(-level, axis=-1)
    rank = np.arange(1.0, level.shape[-1] + 1.0)
    finite = np.where(np.isfinite(descending), descending, -1e150)
    mean = finite.cumsum(axis=-1) / rank
    spread = rank * ((finite * finite).cumsum(axis=-1) / rank - mean * mean)
    threshold = mean - np.sqrt(np.maximum((1.0 - spread) / rank, 0.0))
    counted: np.ndarray[tuple[int, ...], np.dtype[np.intp]] = (threshold <= descending).sum(axis=-1, keepdims=True)
    return np.maximum(counted, 1)


def _sum(row: Operand) -> Operand:
    if isinstance(row, Jet):
        return Jet(row.derivatives.sum(axis=-1, keepdims=True))
    total: Array = row.sum(axis=-1, keepdims=True)
    return total


ENTMAX15 = RowWise(
    name="entmax15",
    aliases=("entmax",),
    function=entmax15,
    formula="max(0, x_i/2 - tau)**2, tau such that the row sums to 1",
    reference="Peters, Niculae and Martins 2019, Sparse sequence-to-sequence models, arXiv:1905.05702",
)


def standardize(row: Operand, epsilon: float) -> Operand:
    """(x_i - mean) / sqrt(variance + epsilon), mean and variance over the row."""
    size = float(value_of(row).shape[-1])
    away = row - _sum(row) / size
    away = away - _sum(away) / size  # what the rounding of the mean has left
    result: Operand = away / sqrt(_sum(away * away) / size + epsilon)
    return result


STANDARDIZE = RowWise(
    name="standardize",
    function=standardize,
    formula="(x_i - mean(x)) / sqrt(variance(x) + epsilon)",
    reference="Ba, Kiros and Hinton 2016, Layer normalization, arXiv:1607.06450; jax.nn.standardize",
    parameters=(Parameter("epsilon", 1e-5, minimum=0.0),),
)


def swiglu_oai(row: Operand, alpha: float, limit: float) -> Operand:
    """(1 + u) g sigmoid(alpha g) of a row g_1, u_1, g_2, u_2, ..., where g is at most `limit` and |u| is.

    InputError: a row of odd length.
    """
    values = row.derivatives if isinstance(row, Jet) else row
    if values.shape[-1] % 2:
        raise InputError(f"the row is of pairs, so it has an even number of values, not {values.shape[-1]}")
    gate, up = (Jet(values[..., i::2]) if isinstance(row, Jet) else values[..., i::2] for i in (0, 1))
    gate, up = minimum(gate, limit), clamp(up, -limit, limit)
    result: Operand = (up + 1.0) * (gate * sigmoid.of_product(gate, alpha))
    return result


SWIGLU_OAI = RowWise(
    name="swiglu_oai",
    aliases=("swigluoai_and_mul",),
    function=swiglu_oai,
    formula="(1 + min(max(u, -limit), limit)) * g * sigmoid(alpha*g), g at most limit, of the row's pairs g, u",
    reference="OpenAI 2025, gpt-oss model card, arXiv:2508.10925",
    parameters=(Parameter("alpha", 1.702), positive("limit", 7.0)),
)

RECENT_ROWS = (ENTMAX15, STANDARDIZE, SWIGLU_OAI)
