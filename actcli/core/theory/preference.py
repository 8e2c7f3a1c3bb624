"""Choice between He's and Xavier's initialisation by the change of the backward signal in mean-field theory.

The network has no norm, no residual connections, hidden layers of one width, and pre-activations of variance q = 1 in
the first. The choice depends neither on the data nor on the seed, and is the same for two spellings of one function.
"""

import math
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from actcli.core.activations.activation import Elementwise
from actcli.core.numerics.quadrature import fixed_rule
from actcli.core.theory.mean_field import MeanField

_SMALLEST, _LARGEST = 1e-300, 1e300
_TIE, _SETTLED = 1e-6, 1e-12
_DIED_OUT = 1e-9


@dataclass(frozen=True, slots=True)
class Preference:
    """Preferred initialisation.

    name:       "he" or "xavier"
    xavier, he: ln of the backward signal's change over all layers; nan if unknown
    """

    name: str
    xavier: float
    he: float


@lru_cache(maxsize=256)
def preference(activation: Elementwise, layers: int) -> Preference:
    """He's if it changes the signal less over `layers` hidden layers, otherwise Xavier's.

    Xavier's also if both lose more than half of the signal per layer, as with sigmoid: Xavier's is the usual choice for
    squashing functions.
    """
    xavier, he = (log_signal_change(activation, sigma_w2, layers) for sigma_w2 in (1.0, 2.0))
    both_lose = max(xavier, he) < -layers * math.log(2.0)
    takes_he = abs(he) < abs(xavier) - _TIE and not both_lose
    return Preference("he" if takes_he else "xavier", xavier, he)


def log_signal_change(activation: Elementwise, sigma_w2: float, layers: int) -> float:
    """Σ log sqrt(χ⊥) over the layers, to about five digits; biases are 0. See core/theory/mean_field.py.

    nan if φ jumps, or if a moment diverges in some layer.
    """
    if not all(map(math.isfinite, MeanField(activation).second_moments(1.0))):
        return math.nan
    change, q = 0.0, 1.0
    for layer in range(layers):
        second, slope_second = _second_moments(activation, q)
        if not 0.0 <= slope_second < math.inf:
            return math.nan
        of_layer = 0.5 * (math.log(sigma_w2) + math.log(slope_second)) if slope_second else -math.inf
        following = sigma_w2 * second
        if abs(following - q) <= _SETTLED * q:
            return change + (layers - layer) * of_layer
        change += of_layer
        if math.isnan(following):
            return math.nan
        q = min(max(following, _SMALLEST), _LARGEST)
    return change


def _second_moments(activation: Elementwise, q: float) -> tuple[float, float]:
    """E[φ(√q z)²] and E[φ'(√q z)²]; nan if the integrand has not decayed at the ends of the quadrature rule."""
    x, weights = fixed_rule(activation.kinks(2), math.sqrt(q))
    with np.errstate(all="ignore"):
        squares = np.square(activation.value_and_slope(x)) * weights
        ends = squares[:, [0, -1]].sum(axis=1)
        second, slope_second = np.where(ends <= _DIED_OUT * squares.sum(axis=1), squares.sum(axis=1), math.nan).tolist()
    return second, slope_second
