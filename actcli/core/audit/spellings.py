"""Formulas by which kernels compute the activations, accurate and inaccurate ones, besides the catalogue's own.

They are in x, the parameters and the catalogue's functions, which are correctly rounded. S is sigmoid(x), or its
formula written out.
"""

from collections.abc import Iterator, Mapping
from typing import Final

from actcli.core.activations.activation import Elementwise

_CUBIC: Final = "sqrt(2/pi)*(x + 0.044715*x**3)"
_TANH_SLOPE: Final = f"(1 + tanh({_CUBIC}))/2 + x*(1 - tanh({_CUBIC})**2)*(sqrt(2/pi)*(1 + 3*0.044715*x**2))/2"
_GELU_TANH: Final = {
    0: (
        f"x/(1 + exp(-2*({_CUBIC})))",
        f"x*(1 - 2/(1 + exp(2*({_CUBIC}))))/2 + x/2",
        "x*(1 + tanh(sqrt(2/pi)*x*(1 + 0.044715*x**2)))/2",
    ),
    1: (_TANH_SLOPE,),
}
_ELU: Final = {
    0: ("(x > 0)*x + (x <= 0)*(alpha*(exp(x) - 1))", "max(x, 0) + min(alpha*(exp(x) - 1), 0)"),
    1: (
        "1 if x > 0 else alpha*expm1(x) + alpha",
        "1 if x > 0 else alpha*(exp(x) - 1) + alpha",
        "(x > 0) + (x <= 0)*(alpha*exp(x))",
    ),
}

SPELLINGS: Final[Mapping[str, Mapping[int, tuple[str, ...]]]] = {
    "gelu": {
        0: ("x*erfc(-x/sqrt(2))/2", "x*(1 - erfc(x/sqrt(2))/2)", *_GELU_TANH[0]),
        1: ("erfc(-x/sqrt(2))/2 + x*(exp(-x**2/2)/sqrt(2*pi))", _TANH_SLOPE),
    },
    "gelu_tanh": _GELU_TANH,
    "quick_gelu": {
        0: ("x/(1 + exp(-1.702*x))", "x*exp(1.702*x)/(1 + exp(1.702*x))"),
        1: ("sigmoid(1.702*x)*(1 + 1.702*x*(1 - sigmoid(1.702*x)))",),
    },
    "silu": {
        0: ("x*S", "x*exp(x)/(1 + exp(x))", "x*(1 + tanh(x/2))/2", "x - x/(1 + exp(x))"),
        1: (
            "S*(1 + x*(1 - S))",
            "S + x*S*(1 - S)",
            "x*S + S*(1 - x*S)",
            "S*(1 + x*sigmoid(-x))",
            "S + x*(S*sigmoid(-x))",
            "S + x*(exp(-x)/(1 + exp(-x))**2)",
            "(1 + exp(-x) + x*exp(-x))/(1 + exp(-x))**2",
        ),
    },
    "mish": {
        0: (
            "x*tanh(log1p(exp(x)))",
            "x*((1 + exp(x))**2 - 1)/((1 + exp(x))**2 + 1)",
            "x*(exp(x)*(exp(x) + 2))/(exp(x)*(exp(x) + 2) + 2)",
            "x - 2*x/((1 + exp(x))**2 + 1)",
        ),
        1: (
            "tanh(softplus(x)) + x*(1 - tanh(softplus(x))**2)*S",
            "tanh(log(1 + exp(x))) + x*(1 - tanh(log(1 + exp(x)))**2)*S",
            "tanh(log1p(exp(x))) + x*(1 - tanh(log1p(exp(x)))**2)*S",
            "exp(x)*(4*(x + 1) + 4*exp(2*x) + exp(3*x) + exp(x)*(4*x + 6))/(2*exp(x) + exp(2*x) + 2)**2",
        ),
    },
    "sigmoid": {
        0: ("exp(x)/(1 + exp(x))", "1 - 1/(1 + exp(x))", "1/(1 + exp(-x)) if x >= 0 else exp(x)/(1 + exp(x))"),
        1: ("S*(1 - S)", "S - S**2", "exp(-x)/(1 + exp(-x))**2", "exp(x)/(1 + exp(x))**2", "(1 - tanh(x/2)**2)/4"),
    },
    "log_sigmoid": {
        0: (
            "log(S)",
            "x - log(1 + exp(x))",
            "min(x, 0) - log(1 + exp(-abs(x)))",
            "-log1p(exp(-x))",
            "-max(-x, 0) - log(1 + exp(-abs(x)))",
        ),
        1: ("1 - S", "1/(1 + exp(x))", "exp(-x)/(1 + exp(-x))"),
    },
    "softplus": {
        0: (
            "log1p(exp(beta*x))/beta",
            "max(x, 0) + log(1 + exp(-abs(beta*x)))/beta",
            "x + log(1 + exp(-beta*x))/beta",
            "log(exp(beta*x) + 1)/beta if beta*x <= 20 else x",
            "-log(sigmoid(-x))",
        ),
        1: (
            "1/(1 + exp(-beta*x))",
            "exp(beta*x)/(1 + exp(beta*x))",
            "1 - 1/(1 + exp(beta*x))",
            "1 - exp(-softplus(x))",
        ),
    },
    "tanh": {
        0: (
            "(exp(2*x) - 1)/(exp(2*x) + 1)",
            "(1 - exp(-2*x))/(1 + exp(-2*x))",
            "2*sigmoid(2*x) - 1",
            "sign(x)*(1 - 2/(1 + exp(2*abs(x))))",
            "sinh(x)/cosh(x)",
        ),
        1: (
            "1/cosh(x)**2",
            "(1 - tanh(x))*(1 + tanh(x))",
            "4/(exp(x) + exp(-x))**2",
            "4*exp(2*x)/(1 + exp(2*x))**2",
        ),
    },
    "elu": _ELU,
    "celu": {
        0: (
            "(x > 0)*x + (x <= 0)*(alpha*(exp(x/alpha) - 1))",
            "max(x, 0) + min(alpha*(exp(x/alpha) - 1), 0)",
        ),
        1: ("1 if x > 0 else expm1(x/alpha) + 1", "(x > 0) + (x <= 0)*exp(x/alpha)"),
    },
    "selu": {
        0: (
            "gamma*((x > 0)*x + (x <= 0)*(alpha*(exp(x) - 1)))",
            "gamma*(max(x, 0) + min(alpha*(exp(x) - 1), 0))",
        ),
        1: (
            "gamma if x > 0 else gamma*alpha*expm1(x) + gamma*alpha",
            "gamma if x > 0 else gamma*alpha*(exp(x) - 1) + gamma*alpha",
            "gamma*((x > 0) + (x <= 0)*(alpha*exp(x)))",
        ),
    },
    "softsign": {
        0: ("1 - 1/(1 + x) if x > 0 else 1/(1 - x) - 1",),
        1: ("1/(1 + abs(x))**2", "(1 - abs(softsign(x)))**2", "1/(1 + 2*abs(x) + x**2)"),
    },
    "erf": {0: ("1 - erfc(x)", "2/sqrt(pi)*(x - x**3/3)"), 1: ("2/sqrt(pi)*exp(-x**2)",)},
    "squareplus": {1: ("(1 + x/sqrt(x**2 + b))/2",)},
    "arctan": {1: ("1/(1 + x**2)",)},
    "tanh_shrink": {1: ("tanh(x)**2", "1 - (1 - tanh(x)**2)")},
    "snake": {0: ("x + (1 - cos(2*a*x))/(2*a)",), 1: ("1 + sin(2*a*x)", "1 + 2*sin(a*x)*cos(a*x)")},
    "exponential": {0: ("2**(x*log2(e))",)},
    "hard_swish": {0: ("x*relu6(x + 3)/6", "x*clip(x/6 + 0.5, 0, 1)"), 1: ("x/3 + 0.5 if abs(x) < 3 else x > 0",)},
    "hard_sigmoid": {0: ("clip(x/6 + 0.5, 0, 1)", "clip(x*0.1666667 + 0.5, 0, 1)")},
}


def spellings(activation: Elementwise, order: int) -> Iterator[str]:
    """The formulas by which a kernel may compute the derivative of this order."""
    known = [*activation.spellings.get(order, ()), *SPELLINGS.get(activation.name, {}).get(order, ())]
    if order == 0:
        known.insert(0, activation.formula)
    for text in dict.fromkeys(known):
        if "S" in text:
            yield text.replace("S", "sigmoid(x)")
            yield text.replace("S", "(1/(1 + exp(-x)))")
        else:
            yield text
