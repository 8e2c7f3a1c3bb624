"""Report of `gain`: labelled lines on the initialisation of an activation, and a glossary of the words used."""

from math import isclose, sqrt
from textwrap import fill

from actcli.core.theory.fixed_point import FixedPoint
from actcli.core.theory.gain import LAYERS, Candidate, CriticalPoint, Gain
from actcli.views.notation import format_number
from actcli.views.terminal import Terminal

DIGITS = 6

_KINDS = {
    "scale-invariant": "scale-invariant: f(a·x) = a·f(x) for a > 0, and every variance of the signal is kept",
    "zero-fixed-point": "zero-fixed-point: a small signal decays to 0, but slowly",
    "half-stable": "half-stable: the signal comes to its variance q from {side}, and leaves it on the other side, "
    "slowly",
    "none": "none found: signal and gradient are not both kept",
}

# Activation -> effect of PyTorch's gain where it differs from ours.
_PYTORCH = {
    "sigmoid": "that of a linear layer: q settles at 0.265, not at 1",
    "tanh": "a little more than ours: q settles at 1.18, not at 1",
    "selu": "for a steadier gradient, at the price of q, which settles at 0.023, not at 1",
}

_CANDIDATES = {"critical": "the critical point", "gain": "σ_w² = gain² with σ_b² = 0"}

_WORDS = {
    "q": (" q", "the variance of a unit's weighted sum, which f is applied to"),
    "settles": ("settles", "starting at q = 1, q comes closer to this value from layer to layer"),
    "correlation": ("correlation", "how alike two inputs are to a layer: 1 is alike, 0 unrelated"),
    "keep": ("two inputs keep", "deep in the network they stay as alike as they have become"),
    "ordered": ("ordered:", "the gradient vanishes with depth"),
    "edge": ("edge:", "the gradient neither vanishes nor explodes exponentially with depth"),
    "chaotic": ("chaotic:", "inputs that are almost alike move apart from layer to layer"),
    "depth scale": ("depth scale", "in so many layers, the distance to the limit shrinks to 1/e = 37 %"),
    "slowly": ("slowly", "slower than exponentially with depth: no depth scale"),
}
"""Word -> (text that contains it, its meaning), as in the topic."""
_EXPLAINED = "explained by `actcli help accuracy`"


def gain_report(gain: Gain, terminal: Terminal) -> str:
    """The whole report: moments, critical point, fixed points of usual initialisations, code, and a glossary.

    On a screen without room for both, the results stand alone, and the last line names the topic with the glossary.
    """
    facts = [
        ("gain", _gain(gain)),
        *_pytorch_gain(gain),
        ("moments", _moments(gain)),
        ("critical", _KINDS[gain.critical.kind].format(side=gain.critical.stable_from)),
        *_variances(gain.critical),
        *_initialisations(gain),
        *_choice(gain),
    ]
    code = [("PyTorch", _pytorch(gain)), ("JAX", _jax(gain))]
    width = max(len(terminal.text(label)) for label, _ in [*facts, *code]) + 2
    text = "\n".join(text for _, text in facts)
    words = [(word, meaning) for word, (sign, meaning) in _WORDS.items() if sign in text]

    def labelled(label: str, text: str) -> str:
        return f"{terminal.text(label):<{width}}{terminal.text(text)}"

    def folded(label: str, text: str) -> str:
        # No line ends inside of an equation.
        line = labelled(label, text).replace(" = ", "\xa0=\xa0").replace("E f", "E\xa0f")
        room, indent = max(terminal.width, width + 4), " " * width
        return fill(line, room, subsequent_indent=indent, break_on_hyphens=False).replace("\xa0", " ")

    # Not folded: code is for copying.
    lines = [gain.activation, "", *[folded(*fact) for fact in facts], *[labelled(*line) for line in code]]
    glossary = ["", *[folded(*word) for word in words]]
    rows = sum(-(-len(row) // terminal.width) for row in "\n".join([*lines, *glossary]).split("\n")) + 1
    if words:
        lines += glossary if rows < terminal.height else [folded("words", _EXPLAINED)]
    return "\n".join(lines) + "\n"


def _gain(gain: Gain) -> str:
    if gain.second_moment == 0.0:
        return "none: E f(z)² is 0"
    return _number(gain.gain) + "   1/√E[f²], for a standard normal input" * (gain.gain is not None)


def _moments(gain: Gain) -> str:
    moments = {"E f(z)": gain.mean, "E f(z)²": gain.second_moment, "E f'(z)²": gain.slope_second_moment}
    found = [f"{name} = {_number(moment)}" for name, moment in moments.items() if moment is not None]
    missing = ", ".join(name for name, moment in moments.items() if moment is None)
    return "; ".join(filter(None, (", ".join(found), missing and f"{missing}: {_number(None)}")))


def _pytorch_gain(gain: Gain) -> list[tuple[str, str]]:
    if gain.pytorch_gain is None:
        return []
    why = _PYTORCH.get(gain.activation, "the same")
    return [("", f"{format_number(gain.pytorch_gain, DIGITS)}   PyTorch's calculate_gain: {why}")]


def _variances(critical: CriticalPoint) -> list[tuple[str, str]]:
    if critical.sigma_w2 is None or critical.sigma_b2 is None:
        return []
    q = "any" if critical.q is None else format_number(critical.q, DIGITS)
    weights, biases = format_number(critical.sigma_w2, DIGITS), format_number(critical.sigma_b2, DIGITS)
    return [("", f"σ_w² = {weights} (weights: variance σ_w²/fan_in), σ_b² = {biases} (biases), q = {q}")]


def _initialisations(gain: Gain) -> list[tuple[str, str]]:
    """Lines on the fixed point of each initialisation."""
    lines: list[tuple[str, str]] = []
    for name, point in gain.fixed_points.items():
        if name == "lecun":
            lines.append(("with lecun", "as with xavier: σ_w² = 1 where a layer has as many units as inputs"))
            continue
        lines.append(("as given" if name == "given" else f"with {name}", _signal(point)))
        lines += [("", text) for text in [_consequences(point, gain.decay_per_layer[name])] if text]
    return lines


def fixed_point_lines(point: FixedPoint, decay: float | None) -> list[str]:
    """Lines on a fixed point: signal, gradient, correlation of two inputs. decay: factor of the signal per layer."""
    return [text for text in (_signal(point), _consequences(point, decay)) if text]


def _signal(point: FixedPoint) -> str:
    if point.signal == "unknown":
        return "no finite value of E f² found where the signal comes to"
    if point.q is None:
        return "the signal does not settle: from q = 1 it grows from layer to layer"
    if point.q and point.variance_depth_scale is None and point.chi_parallel is not None:
        return "the signal keeps its variance q"
    pace = "" if point.chi_parallel is None else f" ({_pace(point.variance_depth_scale)})"
    return f"settles at q = {format_number(point.q, 4)}{pace}"


def _consequences(point: FixedPoint, decay: float | None) -> str:
    if point.q is None:
        return "" if decay is None else _gradient(decay)
    phase = f"{point.phase}: " if point.phase else ""
    gradient = _gradient(decay) + " there" * (decay is not None)
    return "; ".join(filter(None, (phase + gradient, _two_inputs(point))))


def _gradient(decay: float | None) -> str:
    if decay is None:
        return "the gradient's signal has no theory, as f jumps or E f'² is not finite"
    return f"the gradient's signal changes by a factor of {format_number(decay, 4)} per layer"


def _two_inputs(point: FixedPoint) -> str:
    if point.keeps_correlations:
        return "two inputs keep their correlation"
    if point.correlation is None:
        return ""
    fate = "become alike"
    if point.correlation < 1.0:
        fate = f"drift to a correlation of {format_number(point.correlation, 3)}"
    known = point.correlation_depth_scale is not None or point.chi_perpendicular is not None
    return f"two inputs {fate}" + (f" ({_pace(point.correlation_depth_scale)})" if known else "")


def _pace(depth_scale: float | None) -> str:
    if depth_scale is None:
        return "slowly"
    return f"depth scale {format_number(depth_scale, 3)} layers" if depth_scale else "at once"


def _number(number: float | None) -> str:
    return "no finite value found" if number is None else format_number(number, DIGITS)


def _choice(gain: Gain) -> list[tuple[str, str]]:
    """The initialisation of the lines of code, and the reason."""
    if gain.recommended is None:
        return []
    changes = {name: _change(candidate) for name, candidate in gain.candidates.items()}
    (taken, change), *others = sorted(changes.items(), key=lambda item: item[0] != gain.recommended)
    why = f"for {_CANDIDATES[taken]}: over {LAYERS} layers it changes the gradient's signal by a factor of {change}"
    if change is None:
        why = f"for {_CANDIDATES[taken]}, whose change of the gradient's signal is not known"
    variances = [(candidate.sigma_w2, candidate.sigma_b2) for candidate in gain.candidates.values()]
    if not others:
        why += "; nothing is critical"
    elif isclose(variances[0][0], variances[1][0], rel_tol=1e-9) and variances[0][1] == variances[1][1]:
        why += f"; {_CANDIDATES[others[0][0]]} is the same"
    else:
        other, change = others[0]
        why += f"; for {_CANDIDATES[other]} the factor is {change or 'not known'}"
    return [("code", f"{why} (theory, inputs of mean square 1)")]


def _change(candidate: Candidate) -> str | None:
    return None if candidate.signal_change is None else format_number(candidate.signal_change, 3)


def _pytorch(gain: Gain) -> str:
    if gain.recommended is None:
        return "-"
    wanted = gain.candidates[gain.recommended]
    code = f"nn.init.normal_(layer.weight, std=({wanted.sigma_w2!r} / layer.in_features) ** 0.5)"
    biases = f"; nn.init.normal_(layer.bias, std={sqrt(wanted.sigma_b2)!r})"
    return code + biases * bool(wanted.sigma_b2)


def _jax(gain: Gain) -> str:
    if gain.recommended is None:
        return "-"
    wanted = gain.candidates[gain.recommended]
    code = f'jax.nn.initializers.variance_scaling({wanted.sigma_w2!r}, "fan_in", "normal")'
    return code + f"; biases: jax.nn.initializers.normal({sqrt(wanted.sigma_b2)!r})" * bool(wanted.sigma_b2)
