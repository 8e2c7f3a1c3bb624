"""The settings of the gradient-depth experiment, checked."""

from dataclasses import dataclass
from typing import Any

from actcli.core.errors import InputError, check_memory, count, instance, one_of, real_number, whole_number
from actcli.core.network import initialisers
from actcli.core.network.layer_statistics import BLOCK as STATISTICS_BLOCK
from actcli.core.network.normalisation import AXES
from actcli.core.network.optimizers import OPTIMIZERS

POINTS = 512
_MOST_STEPS = 100_000_000
"""Most updates, because every loss is kept."""
_BYTES = {"float64": 8, "float32": 4}
_CHOICES: dict[str, tuple[Any, ...]] = {
    "norm": (None, *AXES),
    "optimizer": tuple(OPTIMIZERS),
    "dtype": tuple(_BYTES),
}


@dataclass(frozen=True)
class DepthConfig:
    """Network and training of the experiment. InputError: settings that cannot be run.

    layers:   number of hidden layers
    data:     a key of DATASETS; made with max(512, batch) points
    norm:     None, "layer" or "batch" (core/network/normalisation.py)
    residual: each hidden layer adds its input to its output (core/network/mlp.py)
    dtype:    of parameters, signals and gradients: float64, or float32 with the range that frameworks have
    """

    layers: int = 20
    width: int = 64
    batch: int = 128
    steps: int = 200
    learning_rate: float = 0.01
    seed: int = 0
    data: str = "spirals"
    init: str = "auto"
    norm: str | None = None
    residual: bool = False
    optimizer: str = "sgd"
    dtype: str = "float64"

    def __post_init__(self) -> None:
        for name, least in {"layers": 1, "width": 1, "batch": 1, "seed": 0}.items():
            whole_number(name, getattr(self, name), least)
        whole_number("steps", self.steps, 0, _MOST_STEPS)
        real_number("learning_rate", self.learning_rate, 0.0)
        for name in ("data", "init"):
            instance(name, getattr(self, name), str)
        instance("residual", self.residual, bool)
        for name, choices in _CHOICES.items():
            if (value := getattr(self, name)) is not None or None not in choices:
                one_of(name, value, [choice for choice in choices if choice])
        size = f"{count(self.layers, 'layer')} of {count(self.width, 'unit')} with batches of {self.batch:,}"
        check_memory(self.memory, f"a network of {size} takes about")
        if self.norm == "batch" and self.batch == 1:
            raise InputError("batch normalisation needs batches of at least 2 points")
        initialisers.check(self.init)

    @property
    def memory(self) -> int:
        """Approximate bytes: parameters, gradients, the optimizer's state, and five arrays per layer for one block."""
        per_layer = self.width * (5 * self.width + 5 * max(STATISTICS_BLOCK, self.batch))
        return _BYTES[self.dtype] * self.layers * per_layer
