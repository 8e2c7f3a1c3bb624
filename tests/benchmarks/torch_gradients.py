"""PyTorch's gradients of networks saved by training.py.

    python tests/benchmarks/torch_gradients.py NETWORKS.npz GRADIENTS.npz

NETWORKS.npz has for each case K: K/settings (activation, loss, norm, residual), K/inputs, K/targets, and K/W1, K/b1,
... for all layers (h @ W + b). GRADIENTS.npz gets K/gW1, K/gb1, ... by autograd in float64. Needs torch and numpy.
"""

import sys

import numpy as np
import torch
import torch.nn.functional as F  # noqa: N812 - its usual name

ACTIVATIONS = {"relu": F.relu, "sigmoid": torch.sigmoid, "tanh": torch.tanh, "gelu": F.gelu}
LOSSES = {
    "binary_cross_entropy": F.binary_cross_entropy_with_logits,
    "cross_entropy": F.cross_entropy,
    "mean_squared_error": F.mse_loss,
}
NORMS = {
    "none": lambda z: z,
    "layer": lambda z: F.layer_norm(z, z.shape[-1:], eps=1e-5),
    "batch": lambda z: F.batch_norm(z, None, None, training=True, eps=1e-5),
}

given, gradients = np.load(sys.argv[1]), {}
for case in sorted({name.split("/")[0] for name in given.files}):
    activation, loss, norm, residual = given[f"{case}/settings"].tolist()
    count = sum(name.startswith(f"{case}/W") for name in given.files)
    parameters = {
        name: torch.tensor(given[f"{case}/{name}"], requires_grad=True)
        for layer in range(1, count + 1)
        for name in (f"W{layer}", f"b{layer}")
    }
    h = torch.tensor(given[f"{case}/inputs"])
    for layer in range(1, count):
        bent = ACTIVATIONS[activation](NORMS[norm](h @ parameters[f"W{layer}"] + parameters[f"b{layer}"]))
        h = h + bent if residual == "True" and h.shape == bent.shape else bent
    output = h @ parameters[f"W{count}"] + parameters[f"b{count}"]
    LOSSES[loss](output, torch.tensor(given[f"{case}/targets"])).backward()
    for name, parameter in parameters.items():
        gradients[f"{case}/g{name}"] = parameter.grad.numpy()
np.savez(sys.argv[2], **gradients)
