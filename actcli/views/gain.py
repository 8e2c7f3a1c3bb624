"""The initialisation that an activation wants, in lines of a label and what it says."""

from math import sqrt
from textwrap import fill

from actcli.core.theory.gain import CriticalPoint, FixedPoint, Gain
from actcli.views.notation import format_number
from actcli.views.terminal import Terminal

DIGITS = 6

_KINDS = {
    "scale-invariant": "scale-invariant: every variance of the signal is kept",
    "zero-fixed-point": "zero-fixed-point: the signal decays to 0, but slowly, not exponentially with depth",
    "half-stable": "half-stable: the signal stays at its variance q when it comes from above",
    "none": "none: at no initialisation are signal and gradient both kept",
}


def gain_report(gain: Gain, terminal: Terminal) -> str:
    """Moments, critical point, decay per layer, and the line of code that sets it up."""
    critical = gain.critical
    facts = [
        ("gain", _gain(gain)),
        ("E f(z)", _number(gain.mean)),
        ("E f(z)²", _number(gain.second_moment)),
        ("E f'(z)²", _number(gain.slope_second_moment)),
        ("critical", _KINDS[critical.kind]),
        *_variances(critical),
        *[
            line
            for name, point in gain.fixed_points.items()
            for line in ((f"with {name}", _decay(gain.decay_per_layer[name])), ("", _settled(point)))
            if line[1]
        ],
        *_code(gain).items(),
    ]
    width = max(len(label) for label, _ in facts) + 2
    lines = [gain.activation, ""]
    for label, text in facts:
        # Code is for copying, and is not folded.
        code = label in ("PyTorch", "JAX")
        line = terminal.text(f"{label:<{width}}{text}")
        lines.append(line if code else fill(line, max(terminal.width, width + 4), subsequent_indent=" " * width))
    return "\n".join(lines) + "\n"


def _gain(gain: Gain) -> str:
    if gain.second_moment == 0.0:
        return "none: E f(z)² is 0"
    return f"{_number(gain.gain)}   1/√E[f²], for a standard normal input"


def _variances(critical: CriticalPoint) -> list[tuple[str, str]]:
    if critical.sigma_w2 is None or critical.sigma_b2 is None:
        return []
    q = "any" if critical.q is None else format_number(critical.q, DIGITS)
    weights, biases = format_number(critical.sigma_w2, DIGITS), format_number(critical.sigma_b2, DIGITS)
    return [("", f"σ_w² = {weights} (weights: variance σ_w²/fan_in), σ_b² = {biases} (biases), q = {q}")]


def _decay(factor: float | None) -> str:
    if factor is None:
        return "the signal does not settle"
    return f"the gradient's signal changes by a factor of {format_number(factor, 4)} per layer"


def _settled(point: FixedPoint) -> str:
    """The variance at which a deep network settles, and what becomes of two different inputs there."""
    if point.q is None or point.chi_perpendicular is None:
        return ""
    q = f"settles at q = {format_number(point.q, 4)}"
    if point.correlation is None:
        return f"{q}; two inputs keep their correlation"
    pace = "slowly" if point.correlation_depth_scale is None else _layers(point.correlation_depth_scale)
    if point.correlation == 1.0:
        return f"{q}; two inputs become alike ({pace})"
    return f"{q}; chaotic: two inputs drift to a correlation of {format_number(point.correlation, 3)} ({pace})"


def _layers(depth_scale: float) -> str:
    return f"depth scale {format_number(depth_scale, 3)} layers"


def _number(number: float | None) -> str:
    return "diverges" if number is None else format_number(number, DIGITS)


def _code(gain: Gain) -> dict[str, str]:
    """For each framework the line that sets it up."""
    sigma_w2, sigma_b2 = _wanted(gain)
    if sigma_w2 is None:
        return {"PyTorch": "-", "JAX": "-"}
    std = sqrt(sigma_b2)
    return {
        "PyTorch": f"nn.init.normal_(layer.weight, std=({sigma_w2!r} / layer.in_features) ** 0.5)"
        + (f"; nn.init.normal_(layer.bias, std={std!r})" if sigma_b2 else ""),
        "JAX": f'jax.nn.initializers.variance_scaling({sigma_w2!r}, "fan_in", "normal")'
        + (f"; biases: jax.nn.initializers.normal({std!r})" if sigma_b2 else ""),
    }


def _wanted(gain: Gain) -> tuple[float | None, float]:
    """σ_w² and σ_b² of the critical point; where there is none, of the gain, which at least keeps the second moment."""
    if gain.critical.sigma_w2 is not None:
        return gain.critical.sigma_w2, gain.critical.sigma_b2 or 0.0
    return None if gain.gain is None else gain.gain**2, 0.0
