"""Test formulas of the usual kinds, with the x at which they may be broken, as exact fractions."""

from collections.abc import Iterator
from fractions import Fraction

BREAKS: dict[str, tuple[str, ...]] = {
    **dict.fromkeys(("relu", "leaky_relu", "elu", "softsign"), ("0",)),
    **dict.fromkeys(("hard_sigmoid", "hard_swish"), ("-3", "3")),
    "relu6": ("0", "6"),
    "hard_tanh": ("-1", "1"),
    "soft_shrink": ("-1/2", "1/2"),
}
SMOOTH = (
    "sigmoid",
    "tanh",
    "erf",
    "atan",
    "softplus",
    "squareplus",
    "gelu",
    "silu",
    "mish",
    "tanh_shrink",
    "log_sigmoid",
)
PIECES = tuple(BREAKS)
GATES = ("tanh", "erf", "sigmoid", "hard_sigmoid")

BY_HAND: dict[str, tuple[str, ...]] = {
    "log(1 + exp(2*x))/2": (),
    "log(1 + exp(5*x))/5": (),
    "x*exp(x)/(1 + exp(x))": (),
    "x/(1 + exp(-10*x))": (),
    "1/(1 + exp(-10*x))": (),
    "exp(3*x)/(1 + exp(3*x))": (),
    "(exp(x) - exp(-x))/(exp(x) + exp(-x))": (),
    "(1 - exp(-2*x))/(1 + exp(-2*x))": (),
    "0.5*x*(1 + tanh(x))": (),
    "0.5*x*(1 + tanh(3*x))": (),
    "0.5*x*(1 + erf(x/2))": (),
    "0.5*x*(1 + erf(2*x))": (),
    "x*(1 - sigmoid(-x))": (),
    "x - x*sigmoid(-2*x)": (),
    "x*tanh(log(1 + exp(2*x)))": (),
    "x*erf(log(1 + exp(2*x)))": (),
    "softplus(x) - relu(x)": ("0",),
    "softplus(3*x)/3 - relu(x)": ("0",),
    "gelu(x) - relu(x)": ("0",),
    "mish(x) - silu(x)": (),
    "max(0, x) - max(0, x - 6)": ("0", "6"),
    "max(x, 0) - max(2*x - 3, 0)": ("0", "3/2"),
    "abs(x + 1) - abs(x - 1)": ("-1", "1"),
    "relu(x) - relu(x - 1)": ("0", "1"),
    "x - soft_shrink(x)": ("-1/2", "1/2"),
    "asin(clip(x, -1, 1))": ("-1", "1"),
    "0.1*x if x > 0 else exp(x) - 1": ("0",),
    "log(cosh(100*x))/100": (),
    "(exp(x) - 1 - x)/x**2": (),
    "x - tanh_shrink(x)": (),
    "x - relu(x)": ("0",),
    "softplus(x) - softplus(x - 1)": (),
    "softplus(x) - softplus(-x)": (),
    "log(1 + exp(x)) - log(1 + exp(x - 2))": (),
    "sqrt((x + 1)**2 + 1) - sqrt((x - 1)**2 + 1)": (),
    "sqrt(x**2 + 1) - abs(x)": ("0",),
    "sqrt(x**2 + 4) - 2": (),
    "x - sqrt(x**2 + 1)": (),
    "sign(x)*log(1 + abs(x))": ("0",),
    "sign(x)*abs(x)": ("0",),
    "sign(x)*(exp(abs(x)) - 1)": ("0",),
    "sign(x)*(1 - exp(-abs(x)))": ("0",),
    "sign(x)*sqrt(abs(x))": ("0",),
    "abs(x)**1.5": ("0",),
    "sqrt(x**2)": ("0",),
    "sqrt((x - 1)**2)": ("1",),
    "x**1.5 if x > 0 else 0": ("0",),
    "sqrt(x) if x > 0 else 0": ("0",),
    "exp(-1/x) if x > 0 else 0": ("0",),
    "x**2 if x > 0 else 0": ("0",),
    "x**3 if x > 0 else -x**2": ("0",),
    "tanh(x) if x > 0 else x": ("0",),
    "tanh(x) if x > 0 else x/2": ("0",),
    "x**2/(1 + abs(x))": ("0",),
    "x/(1 + abs(x))": ("0",),
    "x/sqrt(1 + x**2)": (),
    "x*atan(x)": (),
    "log(cosh(x))": (),
    "log(cosh(2*x))/2": (),
    "x*tanh(x)": (),
    "tanh(x)**3": (),
    "exp(-x**2)": (),
    "x*exp(-x**2)": (),
    "(1 - x**2)*exp(-x**2/2)": (),
    "sigmoid(x)*(1 - sigmoid(x))": (),
    "relu(x)**3": ("0",),
    "tanh(x)*relu(x)": ("0",),
    "silu(x, 1000)": (),
    "silu(x, 0.001)": (),
    "silu(x, 0.2)": (),
    "softplus(x, 0.005)": (),
    "softplus(x, 50)": (),
    "squareplus(x, 100)": (),
    "squareplus(x, 1e-6)": (),
    "elu(x, -2)": ("0",),
    "elu(x, 0.01)": ("0",),
    "leaky_relu(x, -0.3)": ("0",),
    "leaky_relu(x, 3)": ("0",),
    "soft_shrink(x, 4)": ("-4", "4"),
}


def _inner(scale: str, shift: str) -> str:
    product = "x" if scale == "1" else f"{scale}*x"
    return f"{product} + {shift}" if shift != "0" else product


def _of(name: str, scale: str = "1", shift: str = "0") -> tuple[str, tuple[str, ...]]:
    places = [(Fraction(point) - Fraction(shift)) / Fraction(scale) for point in BREAKS.get(name, ())]
    return f"{name}({_inner(scale, shift)})", tuple(map(str, places))


def _made() -> Iterator[tuple[str, tuple[str, ...]]]:
    for name in (*SMOOTH, *PIECES):  # scale and shift, inside and outside
        for factor, scale, shift in (("2", "1", "1"), ("-0.5", "2", "0"), ("1", "0.5", "-2")):
            text, places = _of(name, scale, shift)
            yield f"{factor}*{text}", places
    for gate in GATES:  # products
        for name in ("relu", "gelu", "softplus", "tanh"):
            (text, places), (other, more) = _of(name), _of(gate, "2", "0")
            yield f"{text}*{other}", places + more
        text, places = _of(gate, "3", "1")
        yield f"x*{text}", places
    for a, b in (("relu", "silu"), ("silu", "gelu"), ("mish", "softplus"), ("tanh", "erf"), ("elu", "relu")):
        (text, places), (other, more) = _of(a), _of(b, "2", "0")  # differences of two
        yield f"{text} - {other}", places + more
    for name in ("relu", "softplus", "sigmoid", "silu"):  # powers
        text, places = _of(name, "2", "-1")
        yield f"{text}**2", places
    for first, second in (("tanh", "relu"), ("softplus", "elu"), ("gelu", "softsign"), ("hard_tanh", "silu")):
        (text, places), (other, more) = _of(first), _of(second, "1", "1")  # pieces
        yield f"{text} if x > 1 else {other}", (*places, *more, "1")


FORMULAS: dict[str, tuple[str, ...]] = {**BY_HAND, **dict(_made())}
