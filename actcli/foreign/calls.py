"""Each framework's call for an entry of the catalogue: an expression in x and the parameters.

The benchmark that audits the frameworks tests them. Entries without a function of the framework's own are left out.
"""

from collections.abc import Mapping
from typing import Any, Final

from actcli.core.activations.activation import Activation
from actcli.core.errors import InputError, unknown

_F = "torch.nn.functional"

TORCH: Final = {
    "identity": "torch.nn.Identity()(x)",
    "relu": f"{_F}.relu(x)",
    "leaky_relu": f"{_F}.leaky_relu(x, negative_slope)",
    "prelu": f"{_F}.prelu(x, torch.tensor([weight], dtype=x.dtype))",
    "rrelu": f"{_F}.rrelu(x, lower, upper)",
    "relu6": f"{_F}.relu6(x)",
    "threshold": f"{_F}.threshold(x, threshold, value)",
    "elu": f"{_F}.elu(x, alpha)",
    "celu": f"{_F}.celu(x, alpha)",
    "selu": f"{_F}.selu(x)",
    "gelu": f"{_F}.gelu(x)",
    "gelu_tanh": f"{_F}.gelu(x, approximate='tanh')",
    "silu": f"{_F}.silu(x)",
    "mish": f"{_F}.mish(x)",
    "hard_swish": f"{_F}.hardswish(x)",
    "softplus": f"{_F}.softplus(x, beta)",
    "exponential": "torch.exp(x)",
    "sigmoid": "torch.sigmoid(x)",
    "log_sigmoid": f"{_F}.logsigmoid(x)",
    "hard_sigmoid": f"{_F}.hardsigmoid(x)",
    "tanh": "torch.tanh(x)",
    "hard_tanh": f"{_F}.hardtanh(x, min_val, max_val)",
    "softsign": f"{_F}.softsign(x)",
    "erf": "torch.erf(x)",
    "arctan": "torch.arctan(x)",
    "hard_shrink": f"{_F}.hardshrink(x, lambd)",
    "soft_shrink": f"{_F}.softshrink(x, lambd)",
    "tanh_shrink": f"{_F}.tanhshrink(x)",
    "sin": "torch.sin(x)",
    "softmax": f"{_F}.softmax(x, -1)",
    "log_softmax": f"{_F}.log_softmax(x, -1)",
    "softmin": f"{_F}.softmin(x, -1)",
    "glu": f"{_F}.glu(x, -1)",
}

JAX: Final = {
    "identity": "jax.nn.identity(x)",
    "relu": "jax.nn.relu(x)",
    "leaky_relu": "jax.nn.leaky_relu(x, negative_slope)",
    "relu6": "jax.nn.relu6(x)",
    "elu": "jax.nn.elu(x, alpha)",
    "celu": "jax.nn.celu(x, alpha)",
    "selu": "jax.nn.selu(x)",
    "gelu": "jax.nn.gelu(x, approximate=False)",
    "gelu_tanh": "jax.nn.gelu(x, approximate=True)",
    "silu": "jax.nn.silu(x)",
    "mish": "jax.nn.mish(x)",
    "hard_swish": "jax.nn.hard_swish(x)",
    "softplus": "jax.nn.softplus(x)",
    "squareplus": "jax.nn.squareplus(x, b)",
    "sparse_plus": "jax.nn.sparse_plus(x)",
    "exponential": "jax.numpy.exp(x)",
    "sigmoid": "jax.nn.sigmoid(x)",
    "log_sigmoid": "jax.nn.log_sigmoid(x)",
    "hard_sigmoid": "jax.nn.hard_sigmoid(x)",
    "sparse_sigmoid": "jax.nn.sparse_sigmoid(x)",
    "tanh": "jax.nn.tanh(x)",
    "hard_tanh": "jax.nn.hard_tanh(x)",
    "softsign": "jax.nn.soft_sign(x)",
    "erf": "jax.scipy.special.erf(x)",
    "arctan": "jax.numpy.arctan(x)",
    "sin": "jax.numpy.sin(x)",
    "softmax": "jax.nn.softmax(x)",
    "log_softmax": "jax.nn.log_softmax(x)",
    "glu": "jax.nn.glu(x)",
}

TENSORFLOW: Final = {
    "identity": "tensorflow.identity(x)",
    "relu": "tensorflow.nn.relu(x)",
    "leaky_relu": "tensorflow.nn.leaky_relu(x, alpha=negative_slope)",
    "relu6": "tensorflow.nn.relu6(x)",
    "elu": "tensorflow.nn.elu(x)",
    "selu": "tensorflow.nn.selu(x)",
    "gelu": "tensorflow.nn.gelu(x)",
    "gelu_tanh": "tensorflow.nn.gelu(x, approximate=True)",
    "silu": "tensorflow.nn.silu(x, beta)",
    "softplus": "tensorflow.nn.softplus(x)",
    "exponential": "tensorflow.exp(x)",
    "sigmoid": "tensorflow.nn.sigmoid(x)",
    "log_sigmoid": "tensorflow.math.log_sigmoid(x)",
    "tanh": "tensorflow.nn.tanh(x)",
    "softsign": "tensorflow.nn.softsign(x)",
    "erf": "tensorflow.math.erf(x)",
    "arctan": "tensorflow.math.atan(x)",
    "sin": "tensorflow.math.sin(x)",
    "softmax": "tensorflow.nn.softmax(x)",
    "log_softmax": "tensorflow.nn.log_softmax(x)",
}

_K = "keras.activations"

KERAS: Final = {
    "identity": f"{_K}.linear(x)",
    "relu": f"{_K}.relu(x)",
    "leaky_relu": f"{_K}.leaky_relu(x, negative_slope)",
    "relu6": f"{_K}.relu6(x)",
    "elu": f"{_K}.elu(x, alpha)",
    "celu": f"{_K}.celu(x, alpha)",
    "selu": f"{_K}.selu(x)",
    "gelu": f"{_K}.gelu(x)",
    "gelu_tanh": f"{_K}.gelu(x, approximate=True)",
    "silu": f"{_K}.silu(x)",
    "mish": f"{_K}.mish(x)",
    "hard_swish": f"{_K}.hard_swish(x)",
    "softplus": f"{_K}.softplus(x)",
    "squareplus": f"{_K}.squareplus(x, b)",
    "sparse_plus": f"{_K}.sparse_plus(x)",
    "exponential": f"{_K}.exponential(x)",
    "sigmoid": f"{_K}.sigmoid(x)",
    "log_sigmoid": f"{_K}.log_sigmoid(x)",
    "hard_sigmoid": f"{_K}.hard_sigmoid(x)",
    "sparse_sigmoid": f"{_K}.sparse_sigmoid(x)",
    "tanh": f"{_K}.tanh(x)",
    "hard_tanh": f"{_K}.hard_tanh(x)",
    "softsign": f"{_K}.softsign(x)",
    "hard_shrink": f"{_K}.hard_shrink(x, lambd)",
    "soft_shrink": f"{_K}.soft_shrink(x, lambd)",
    "tanh_shrink": f"{_K}.tanh_shrink(x)",
    "softmax": f"{_K}.softmax(x)",
    "log_softmax": f"{_K}.log_softmax(x)",
    "glu": f"{_K}.glu(x)",
}

NUMPY: Final = {
    "exponential": "numpy.exp(x)",
    "tanh": "numpy.tanh(x)",
    "arctan": "numpy.arctan(x)",
    "sin": "numpy.sin(x)",
}

SCIPY: Final = {
    "sigmoid": "scipy.special.expit(x)",
    "log_sigmoid": "scipy.special.log_expit(x)",
    "erf": "scipy.special.erf(x)",
    "softmax": "scipy.special.softmax(x, axis=-1)",
    "log_softmax": "scipy.special.log_softmax(x, axis=-1)",
}

ONNX: Final[Mapping[str, tuple[str, Mapping[str, object]]]] = {
    "identity": ("Identity", {}),
    "relu": ("Relu", {}),
    "leaky_relu": ("LeakyRelu", {"alpha": "negative_slope"}),
    "elu": ("Elu", {"alpha": "alpha"}),
    "celu": ("Celu", {"alpha": "alpha"}),
    "selu": ("Selu", {"alpha": "alpha", "gamma": "gamma"}),
    "gelu": ("Gelu", {}),
    "gelu_tanh": ("Gelu", {"approximate": b"tanh"}),
    "silu": ("Swish", {"alpha": "beta"}),
    "mish": ("Mish", {}),
    "hard_swish": ("HardSwish", {}),
    "softplus": ("Softplus", {}),
    "exponential": ("Exp", {}),
    "sigmoid": ("Sigmoid", {}),
    "hard_sigmoid": ("HardSigmoid", {"alpha": "alpha", "beta": "beta"}),
    "tanh": ("Tanh", {}),
    "softsign": ("Softsign", {}),
    "erf": ("Erf", {}),
    "arctan": ("Atan", {}),
    "sin": ("Sin", {}),
    "hardmax": ("Hardmax", {"axis": -1}),
    "softmax": ("Softmax", {"axis": -1}),
    "log_softmax": ("LogSoftmax", {"axis": -1}),
}
"""Entry -> (operator, attributes); a text as attribute names the entry's parameter."""

CALLS: Final[Mapping[str, Mapping[str, str]]] = {
    "torch": TORCH,
    "jax": JAX,
    "tensorflow": TENSORFLOW,
    "keras": KERAS,
    "numpy": NUMPY,
    "scipy": SCIPY,
}

FRAMEWORKS: Final = (*CALLS, "onnxruntime")


def offered(framework: str) -> tuple[str, ...]:
    """The framework's entries, in the catalogue's order."""
    return tuple(ONNX) if framework == "onnxruntime" else tuple(CALLS[framework])


def call_of(activation: Activation, framework: str) -> dict[str, Any]:
    """The worker's request to load the framework's function. InputError: there is none."""
    name, values = activation.name, activation.parameter_values
    if name not in offered(framework):
        raise InputError(unknown(f"function of {framework} for", name, offered(framework)))
    if framework == "onnxruntime":
        operator, attributes = ONNX[name]
        taken = {key: value for key, value in attributes.items() if isinstance(value, str)}
        given: dict[str, object] = {key: values[value] for key, value in taken.items()}
        given |= {key: value.decode() for key, value in attributes.items() if isinstance(value, bytes)}
        given |= {key: value for key, value in attributes.items() if isinstance(value, int)}
        _check(activation, framework, set(taken.values()))
        return {"operator": operator, "attributes": given}
    call = CALLS[framework][name]
    used = {parameter for parameter in values if parameter in _words(call)}
    _check(activation, framework, used)
    return {"framework": framework, "call": call, "parameters": {parameter: values[parameter] for parameter in used}}


def _check(activation: Activation, framework: str, used: set[str]) -> None:
    """InputError: the framework's function lacks a parameter that has another value than the default."""
    for parameter in activation.parameters:
        value = activation.parameter_values[parameter.name]
        if parameter.name not in used and value != parameter.default:
            raise InputError(f"{framework}'s {activation.name} has no {parameter.name}; audit it with the default")


def _words(call: str) -> set[str]:
    import re

    # A keyword, name=, is a name of the framework's.
    return set(re.findall(r"[A-Za-z_]\w*(?!\w*\s*=)", call[call.index("(") :]))
