"""A run's first batch, parameters and gradients as named arrays, to be replayed in any other framework."""

import numpy as np
import numpy.typing as npt

from actcli.core.depth.experiment import DepthExperiment
from actcli.core.network.training import measure


def replay(experiment: DepthExperiment) -> dict[str, npt.NDArray[np.generic]]:
    """Everything that leads from the first batch to its gradients, for an experiment that has not been trained yet.

    inputs (batch, features) and targets (batch, outputs): the first batch; of classes the targets are one-hot
    W1, b1, ...:    of all N + 1 layers: z = h @ W + b, with W (fan_in, fan_out)
    gW1, gb1, ...:  the loss's gradient with respect to them
    activation, loss, norm, residual: texts and a bool. The loss is binary_cross_entropy, cross_entropy or
                    mean_squared_error of the raw output of layer N + 1, mean over the batch; a hidden layer gives
                    φ(norm(z)), with residual h + φ(norm(z)) where h is as wide. The norm ("none", "layer", "batch") has
                    neither scale nor shift, and adds 1e-5 to the variance.
    """
    inputs, targets = experiment.first_batch
    _, gradients = measure(experiment.network, experiment.first_batch, experiment.loss)
    network = experiment.network
    arrays: dict[str, npt.NDArray[np.generic]] = {
        "inputs": inputs,
        "targets": targets,
        "activation": np.array(network.activation.label),
        "loss": np.array(experiment.loss_name),
        "norm": np.array(network.norm or "none"),
        "residual": np.array(network.residual),
    }
    for prefix, parameters in (("", network.parameters), ("g", gradients.parameters)):
        for layer, (weights, biases) in enumerate(zip(parameters.weights, parameters.biases, strict=True), start=1):
            arrays |= {f"{prefix}W{layer}": weights, f"{prefix}b{layer}": biases}
    return arrays
