"""The recommended initialisation of an activation, as a function of the emitted module."""

import math
from collections.abc import Mapping
from typing import Final

from actcli.core.theory.gain import Candidate

_SAYS: Final = {
    "critical": "The critical point of mean-field theory",
    "gain": "Variance gain^2 / fan_in, which keeps the second moment",
}

# {w} and {b}: the variance of the weights times fan_in, and the standard deviation of the biases.
_TEMPLATES: Final[Mapping[str, str]] = {
    "torch": '''\
def initialise_(layer):
    """{says}: of the linear layer before the activation."""
    nn.init.normal_(layer.weight, std=({w} / layer.in_features) ** 0.5)
    if layer.bias is not None:
        {biases}
''',
    "jax": '''\
def initial_layer(key, fan_in, fan_out):
    """{says}: weights and biases."""
    key, biases_key = jax.random.split(key)
    weights = ({w} / fan_in) ** 0.5 * jax.random.normal(key, (fan_in, fan_out))
    return weights, {biases}
''',
    "numpy": '''\
def initial_layer(rng, fan_in, fan_out):
    """{says}: weights and biases."""
    weights = ({w} / fan_in) ** 0.5 * rng.standard_normal((fan_in, fan_out))
    return weights, {biases}
''',
    "c": """\
/* {says}: the standard deviations of weights and biases. */
static inline double act_{name}_weight_std(double fan_in) {{
    return sqrt({w} / fan_in);
}}

static inline double act_{name}_bias_std(void) {{
    return {biases};
}}
""",
}
_BIASES: Final[Mapping[str, tuple[str, str]]] = {
    "torch": ("nn.init.zeros_(layer.bias)", "nn.init.normal_(layer.bias, std={b})"),
    "jax": ("jnp.zeros(fan_out)", "{b} * jax.random.normal(biases_key, (fan_out,))"),
    "numpy": ("np.zeros(fan_out)", "{b} * rng.standard_normal(fan_out)"),
    "c": ("0.0", "{b}"),
}
"""Target -> code of biases that are 0, and of random ones."""

_NONE: Final = "Mean-field theory knows no initialisation for this function that keeps the signal."


def initialisation(recommended: tuple[str, Candidate] | None, target: str, name: str) -> str:
    """The function for a recommended initialisation and its name, or a comment if theory recommends none."""
    if recommended is None:
        return f"/* {_NONE} */\n" if target == "c" else f"# {_NONE}\n"
    kind, wanted = recommended
    biases = _BIASES[target][wanted.sigma_b2 > 0.0].format(b=math.sqrt(wanted.sigma_b2))
    text = _TEMPLATES[target]
    if target == "jax" and not wanted.sigma_b2:
        text = text.replace("    key, biases_key = jax.random.split(key)\n", "")
    return text.format(says=_SAYS[kind], w=repr(wanted.sigma_w2), biases=biases, name=name)
