"""Names of activations in frameworks, and their usual places in a network."""

from collections.abc import Mapping
from typing import Final

_HOMES: Final = {"pytorch": "torch.nn.", "keras": "keras.activations.", "jax": "jax.nn.", "onnx": ""}
"""Framework -> prefix of the names in the table, unless they contain a dot."""

_NAMES: Final[Mapping[str, tuple[str, str, str, str]]] = {
    "identity": ("Identity", "linear", "identity", "Identity"),
    "relu": ("ReLU", "relu", "relu", "Relu"),
    "leaky_relu": ("LeakyReLU", "leaky_relu(negative_slope=0.01)", "leaky_relu", "LeakyRelu"),
    "prelu": ("PReLU", "keras.layers.PReLU", "", "PRelu"),
    "rrelu": ("RReLU", "", "", ""),
    "relu6": ("ReLU6", "relu6", "relu6", ""),
    "threshold": ("Threshold(1, 0)", "threshold(threshold=1, default_value=0)", "", "ThresholdedRelu"),
    "elu": ("ELU", "elu", "elu", "Elu"),
    "celu": ("CELU", "celu", "celu", "Celu"),
    "selu": ("SELU", "selu", "selu", "Selu"),
    "gelu": ("GELU", "gelu", "gelu(approximate=False)", "Gelu"),
    "gelu_tanh": ('GELU(approximate="tanh")', "gelu(approximate=True)", "gelu", 'Gelu(approximate="tanh")'),
    "silu": ("SiLU", "silu", "silu", "Swish"),
    "mish": ("Mish", "mish", "mish", "Mish"),
    "hard_swish": ("Hardswish", "hard_silu", "hard_swish", "HardSwish"),
    "softplus": ("Softplus", "softplus", "softplus", "Softplus"),
    "squareplus": ("", "squareplus", "squareplus", ""),
    "sparse_plus": ("", "sparse_plus", "sparse_plus", ""),
    "exponential": ("torch.exp", "exponential", "jax.numpy.exp", "Exp"),
    "sigmoid": ("Sigmoid", "sigmoid", "sigmoid", "Sigmoid"),
    "log_sigmoid": ("LogSigmoid", "log_sigmoid", "log_sigmoid", ""),
    "hard_sigmoid": ("Hardsigmoid", "hard_sigmoid", "hard_sigmoid", "HardSigmoid(alpha=1/6)"),
    "sparse_sigmoid": ("", "sparse_sigmoid", "sparse_sigmoid", ""),
    "tanh": ("Tanh", "tanh", "tanh", "Tanh"),
    "hard_tanh": ("Hardtanh", "hard_tanh", "hard_tanh", ""),
    "softsign": ("Softsign", "softsign", "soft_sign", "Softsign"),
    "erf": ("torch.erf", "keras.ops.erf", "jax.lax.erf", "Erf"),
    "arctan": ("torch.atan", "keras.ops.arctan", "jax.numpy.arctan", "Atan"),
    "hard_shrink": ("Hardshrink", "hard_shrink", "", "Shrink"),
    "soft_shrink": ("Softshrink", "soft_shrink", "", "Shrink(bias=0.5)"),
    "tanh_shrink": ("Tanhshrink", "tanh_shrink", "", ""),
    "sin": ("torch.sin", "keras.ops.sin", "jax.numpy.sin", "Sin"),
    "softmax": ("Softmax", "softmax", "softmax", "Softmax"),
    "log_softmax": ("LogSoftmax", "log_softmax", "log_softmax", "LogSoftmax"),
    "softmin": ("Softmin", "", "", ""),
    "sparsemax": ("", "sparsemax", "", ""),
    "hardmax": ("", "", "", "Hardmax"),
    "glu": ("GLU", "glu", "glu", ""),
    "standardize": ("", "", "standardize", ""),
}
"""Activation -> its names in the four frameworks, "" without one; with arguments if the framework's defaults differ."""


def framework_names(name: str) -> dict[str, str]:
    """Framework -> its name for the activation."""
    names = zip(_HOMES.items(), _NAMES.get(name, ()), strict=False)
    return {
        framework: text if "." in text.partition("(")[0] else home + text for (framework, home), text in names if text
    }


_HIDDEN: Final = "hidden layers"
_GATED: Final = "the feed-forward blocks of transformers"

_USES: Final[Mapping[str, str]] = {
    "identity": "output layer, for a number; in hidden layers it bends nothing",
    "relu": f"{_HIDDEN}; the first thing to try",
    **dict.fromkeys(("leaky_relu", "prelu", "rrelu", "elu", "celu"), f"{_HIDDEN}, against the dying units of relu"),
    "selu": f"{_HIDDEN}, with LeCun's initialisation, which it keeps normalised",
    "relu6": f"{_HIDDEN} of networks for small devices",
    "hard_swish": f"{_HIDDEN} of networks for small devices",
    "relu_squared": f"{_HIDDEN} of transformers",
    **dict.fromkeys(("gelu", "gelu_tanh", "quick_gelu"), f"{_HIDDEN}, of transformers above all"),
    "silu": f"{_HIDDEN}; the gate of swiglu",
    "mish": _HIDDEN,
    "squareplus": f"{_HIDDEN}, and output layer for a positive number",
    "softplus": "output layer, for a positive number; in hidden layers a smooth relu",
    "exponential": "output layer, for a positive number: a rate or a scale",
    "sigmoid": "output layer, for yes or no: a probability; gates; seldom hidden layers",
    "log_sigmoid": "the loss of a yes or no, as the logarithm of its probability",
    "hard_sigmoid": "gates on small devices",
    "tanh": f"{_HIDDEN}, rather than sigmoid; recurrent layers",
    "hard_tanh": f"{_HIDDEN} on small devices",
    "softsign": _HIDDEN,
    "step": "the perceptron's output, for yes or no; it has no slope to learn by",
    "sin": f"{_HIDDEN} of networks that represent signals",
    "snake": f"{_HIDDEN} of networks that represent periodic signals",
    "softmax": "output layer, for classes: a probability each; attention; not hidden layers",
    "log_softmax": "output layer, for classes: the logarithms of their probabilities, as the loss takes them",
    "sparsemax": "output layer, for classes, and attention: probabilities of which many are 0",
    "entmax15": "output layer, for classes, and attention: probabilities of which many are 0",
    "softmin": "output layer, for classes whose scores are costs",
    "hardmax": "output layer, for classes: the decision itself, which has no slope to learn by",
    **dict.fromkeys(("glu", "swiglu", "geglu", "reglu"), f"{_GATED}: half of the row gates the other half"),
}


def use(name: str) -> str:
    """Usual place of the activation in a network; "" without one."""
    return _USES.get(name, "")


def for_classes(name: str) -> bool:
    """Whether it is an output layer of classifiers: one number per class from each row of scores."""
    return use(name).startswith("output layer, for classes")
