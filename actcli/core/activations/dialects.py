"""Names of modules, functions, arguments and constants in frameworks and programming languages."""

import re
from collections.abc import Mapping
from typing import Final

_MODULES: Final = (
    "torch nn F functional tf tensorflow keras K backend layers activations ops math Math numpy np jnp "
    "jax lax scipy special sp sympy stats mx mlx core paddle flax linen haiku hk equinox eqx cupy cp anp "
    "autograd tfa tfp tl triton libdevice numexpr ne mpmath mp onnx op cmath modules activation std "
    "keras_core theano T chainer tnn snt sonnet transformers compat v1 v2 modeling torchvision "
    "experimental numba cuda contrib addons "
)
MODULES: Final = frozenset(_MODULES.split())
"""Names of modules: allowed before a dot."""

CONSTANTS: Final[Mapping[str, str]] = {
    **dict.fromkeys(("np.pi", "numpy.pi", "math.pi", "Math.PI", "torch.pi", "jnp.pi", "M_PI", "PI", "Pi"), "pi"),
    **dict.fromkeys(("np.e", "numpy.e", "math.e", "Math.E", "torch.e", "jnp.e", "M_E"), "e"),
    "M_SQRT2": "sqrt(2)",
    "M_SQRT1_2": "sqrt(0.5)",
    "Math.SQRT2": "sqrt(2)",
    "M_2_SQRTPI": "2/sqrt(pi)",
    "S.Half": "0.5",
}

FUNCTIONS: Final[Mapping[str, str]] = {
    **dict.fromkeys(("ln", "logn"), "log(a)"),
    **dict.fromkeys(("fabs", "absolute", "magnitude"), "abs(a)"),
    **dict.fromkeys(("fmax", "pmax"), "max(a, b)"),
    **dict.fromkeys(("fmin", "pmin"), "min(a, b)"),
    "sgn": "sign(a)",
    "square": "a**2",
    "reciprocal": "1/a",
    "rsqrt": "1/sqrt(a)",
    "inversesqrt": "1/sqrt(a)",
    "neg": "-a",
    "negative": "-a",
    "positive": "a",
    "add": "a + b",
    "plus": "a + b",
    "sub": "a - b",
    "subtract": "a - b",
    "mul": "a*b",
    "multiply": "a*b",
    "times": "a*b",
    "div": "a/b",
    "divide": "a/b",
    "true_divide": "a/b",
    "power": "a**b",
    "__pow__": "a**b",
    "exp2": "2**a",
    "exp10": "10**a",
    "hypot": "sqrt(a**2 + b**2)",
    "sech": "1/cosh(a)",
    "csch": "1/sinh(a)",
    "coth": "1/tanh(a)",
    "sec": "1/cos(a)",
    "csc": "1/sin(a)",
    "cot": "1/tan(a)",
    "clamp_min": "max(a, b)",
    "clamp_max": "min(a, b)",
    "maximum_": "max(a, b)",
    **dict.fromkeys(("clamp", "clip_by_value", "constrain", "clamp_", "clip_"), "clip(a, b, c)"),
    **dict.fromkeys(("ifelse", "if_else", "cond", "iif", "piecewise2", "switch"), "where(a, b, c)"),
    **dict.fromkeys(("greater", "gt"), "(a > b)*1"),
    **dict.fromkeys(("less", "lt"), "(a < b)*1"),
    **dict.fromkeys(("greater_equal", "ge"), "(a >= b)*1"),
    **dict.fromkeys(("less_equal", "le"), "(a <= b)*1"),
    "heaviside": "where(a == 0, b, step(a))",
    "logit": "log(a) - log1p(-(a))",
    "log1mexp": "log1p(-exp(-(a))) if a > log(2) else log(-expm1(-(a)))",
    "sqrtsoftplus": "sqrt(softplus(a))",
    "sigma": "sigmoid(a)",
    "tg": "tan(a)",
    "ctg": "1/tan(a)",
    "arctg": "atan(a)",
    "sh": "sinh(a)",
    "ch": "cosh(a)",
    "th": "tanh(a)",
    "logaddexp": "max(a, b) + log1p(exp(-abs(a - b)))",
    **dict.fromkeys(("zeros_like", "zeroslike"), "0"),
    **dict.fromkeys(("ones_like", "oneslike"), "1"),
    "full_like": "b",
    **dict.fromkeys(
        ("ndtr", "phi_cdf", "normcdf", "normal_cdf", "norm.cdf", "norm_cdf", "gaussian_cdf", "pnorm"),
        "erfc(-(a)/sqrt(2))/2",
    ),
    **dict.fromkeys(
        ("norm.pdf", "normpdf", "normal_pdf", "norm_pdf", "gaussian_pdf", "dnorm"), "exp(-(a)**2/2)/sqrt(2*pi)"
    ),
    **dict.fromkeys(("log_ndtr", "norm.logcdf"), "log(erfc(-(a)/sqrt(2))/2)"),
    **dict.fromkeys(
        (
            *(
                "float",
                "double",
                "tensor",
                "float16",
                "float32",
                "float64",
                "constant",
                "as_tensor",
                "array",
                "asarray",
            ),
            *("asarray", "cast", "to", "astype", "type", "item", "numpy", "detach", "clone", "convert_to_tensor"),
            *("contiguous", "float_", "int", "type_as", "variable", "requires_grad_", "scalar", "double_"),
        ),
        "a",
    ),
}
"""Name, or its last two parts -> formula in its arguments a, b, c."""

TO_WHOLE: Final = re.compile(r"\b(int\w*|uint\w*|long|bool\w*)\b")
"""Conversions to integers and truth values: they keep the 0 and 1 of a comparison."""

KEYWORDS: Final[Mapping[str, str]] = {
    **dict.fromkeys(
        ("input", "x", "tensor", "features", "a", "self", "z", "inputs", "logits", "condition", "x1", "start"), "a"
    ),
    **dict.fromkeys(("other", "b", "y", "exponent", "x2"), "b"),
}
"""Keyword of a function's argument -> a, b or c."""
LOW, HIGH = (
    ("min", "a_min", "clip_value_min", "x_min", "min_value", "lo", "low"),
    (*("max", "a_max", "clip_value_max", "x_max", "max_value", "hi", "high"),),
)

LONG_NAMES: Final[Mapping[str, str]] = {
    "rectified linear unit": "relu",
    "rectifier": "relu",
    "ramp": "relu",
    "leaky rectified linear unit": "leaky_relu",
    "parametric relu": "prelu",
    "parametric rectified linear unit": "prelu",
    "randomized leaky relu": "rrelu",
    "exponential linear unit": "elu",
    "scaled exponential linear unit": "selu",
    "continuously differentiable exponential linear unit": "celu",
    "gaussian error linear unit": "gelu",
    "gaussian error linear units": "gelu",
    "sigmoid linear unit": "silu",
    "sigmoid weighted linear unit": "silu",
    "swish 1": "silu",
    "hyperbolic tangent": "tanh",
    "inverse tangent": "arctan",
    "arctangent": "arctan",
    "gated linear unit": "glu",
    "unit step": "step",
    "softargmax": "softmax",
    "normalized exponential": "softmax",
    "plogis": "sigmoid",
    "new gelu": "gelu_tanh",
    "newgelu": "gelu_tanh",
    "fastgelu": "gelu_tanh",
    "quickgelu": "quick_gelu",
    "smoothrelu": "softplus",
    "smooth relu": "softplus",
    "none": "identity",
}
"""Name in words -> canonical name."""

IGNORED: Final = frozenset(
    {"inplace", "name", "dtype", "device", "training", "num_parameters", "shared_axes", "out", "_stacklevel", "precise"}
)
"""Arguments that change no value."""

AXES: Final = frozenset({"dim", "axis"})

PARAMETERS: Final[Mapping[str, Mapping[str, str]]] = {
    **dict.fromkeys(
        ("leaky_relu",),
        dict.fromkeys(("alpha", "a", "slope", "leak", "leakiness", "leaky", "neg_slope"), "negative_slope"),
    ),
    "prelu": dict.fromkeys(("init", "alpha", "a", "slope", "negative_slope", "alpha_initializer"), "weight"),
    "rrelu": {"lower_bound": "lower", "upper_bound": "upper"},
    "elu": {"a": "alpha"},
    "celu": {"a": "alpha"},
    "selu": {"scale": "gamma", "lambda_": "gamma", "lambda": "gamma"},
    "silu": dict.fromkeys(("alpha", "b"), "beta"),
    "softplus": {},
    "squareplus": {"beta": "b"},
    "threshold": dict.fromkeys(("theta", "alpha"), "threshold") | {"default_value": "value"},
    "hard_tanh": {"min": "min_val", "max": "max_val", "min_value": "min_val", "max_value": "max_val"},
    "soft_shrink": dict.fromkeys(("lambda", "lambda_", "threshold", "theta", "lower"), "lambd"),
    "hard_shrink": dict.fromkeys(("lambda", "lambda_", "threshold", "theta"), "lambd"),
    "hard_sigmoid": {"slope": "alpha", "offset": "beta"},
    "snake": {"alpha": "a", "frequency": "a"},
    "softmax": dict.fromkeys(("T", "t", "tau", "temp"), "temperature"),
}
"""Activation -> other names of its parameters -> parameter."""

DROPPED: Final[Mapping[str, frozenset[str]]] = {"softplus": frozenset({"threshold"})}
"""Activation -> arguments that change the computation but not the function."""

POSITIONS: Final[Mapping[str, tuple[str, ...]]] = {
    "prelu": ("num_parameters", "weight"),
    "softplus": ("beta", "threshold"),
    **dict.fromkeys(("softmax", "log_softmax", "softmin", "glu", "sparsemax", "hardmax"), ("dim",)),
}
"""Activation -> names of positional arguments, if they differ from its parameters."""


DEFAULTS: Final[tuple[tuple[re.Pattern[str], str, Mapping[str, float]], ...]] = (
    (
        re.compile(r"(.*\.)?(keras|layers)\.(.*\.)?layers\.LeakyReLU|layers\.LeakyReLU"),
        "leaky_relu",
        {"negative_slope": 0.3},
    ),
    (re.compile(r"((.*\.)?activations|tf\.nn|tensorflow\.nn)\.leaky_relu"), "leaky_relu", {"negative_slope": 0.2}),
    (re.compile(r"(jax|flax|linen)\.(.*\.)?gelu"), "gelu_tanh", {}),
    (re.compile(r"onnx\.(.*\.)?HardSigmoid"), "hard_sigmoid", {"alpha": 0.2}),
)
"""Framework's name -> activation with the framework's default parameters."""

AMBIGUOUS: Final[tuple[tuple[re.Pattern[str], str], ...]] = (
    (re.compile(r"nn\.gelu"), "nn.gelu is tanh's approximation in Flax and exact in MLX: write gelu_tanh or gelu"),
    (
        re.compile(r"LeakyReLU"),
        "LeakyReLU() has the slope 0.01 in PyTorch and 0.3 in Keras: write leaky_relu or leaky_relu:negative_slope=0.3",
    ),
    (
        re.compile(r"(.*\.)?tf\.keras\.activations\.hard_sigmoid|tf\.keras\.backend\.hard_sigmoid|K\.hard_sigmoid"),
        "the slope of hard_sigmoid was 0.2 before Keras 3: write hard_sigmoid:alpha=0.2 or hard_sigmoid",
    ),
    (
        re.compile(r"(.*\.)?phi"),
        "phi may be the normal distribution or its density: "
        "write '(1 + erf(x/sqrt(2)))/2' or 'exp(-x**2/2)/sqrt(2*pi)'",
    ),
)
"""Name with two readings, if called without parameters -> error message."""

FORMULAS: Final[Mapping[str, tuple[str, Mapping[str, float | None]]]] = {
    "xielu": (
        "alpha_p*x**2 + beta*x if x > 0 else alpha_n*(expm1(x) - x) + beta*x",
        {"alpha_p": 0.8, "alpha_n": 0.8, "beta": 0.5},
    ),
    "scaledtanh": ("alpha*tanh(beta*x)", {"alpha": None, "beta": None}),
    "logit": ("log(x) - log1p(-x)", {}),
    "log1mexp": ("log1p(-exp(-x)) if x > log(2) else log(-expm1(-x))", {}),
    "sqrtsoftplus": ("sqrt(softplus(x))", {}),
    "bentidentity": ("(sqrt(x**2 + 1) - 1)/2 + x", {}),
    "lisht": ("x*tanh(x)", {}),
    "telu": ("x*tanh(exp(x))", {}),
    "aria2": ("x*(1 + exp(-beta*x))**(-alpha)", {"alpha": 1.5, "beta": 2.0}),
    "tanhexp": ("x*tanh(exp(x))", {}),
    "logcosh": ("log(cosh(x))", {}),
}
"""Folded name -> formula, and default values of its parameters; None: no default."""

ROWS: Final[Mapping[str, str]] = {
    **dict.fromkeys(("siluandmul", "swigluandmul"), "swiglu:gate_half=1"),
    **dict.fromkeys(("geluandmul",), "geglu:gate_half=1"),
    **dict.fromkeys(("reluandmul",), "reglu:gate_half=1"),
    **dict.fromkeys(("mulandsilu",), "swiglu:gate_half=2"),
}
"""vLLM's name of a gated row activation, folded -> activation with the half that is the gate."""
