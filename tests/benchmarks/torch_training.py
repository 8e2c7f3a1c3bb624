"""The training of gradient-depth in PyTorch, with each layer's gradient recorded at each step.

    python tests/benchmarks/torch_training.py [ACTIVATION [THREADS]]

20 hidden layers of 64 sigmoid units, or relu, batches of 128 out of 512 points on two spirals, 200 steps, float64.
Needs only torch. training.py runs it as a process.
"""

import json
import math
import sys

import torch
from torch import nn

LAYERS, WIDTH, POINTS, BATCH, STEPS = 20, 64, 512, 128, 200

if len(sys.argv) > 2:
    torch.set_num_threads(int(sys.argv[2]))
bend = {"sigmoid": nn.Sigmoid, "relu": nn.ReLU}[sys.argv[1] if len(sys.argv) > 1 else "sigmoid"]
torch.set_default_dtype(torch.float64)
torch.manual_seed(0)

classes = torch.arange(POINTS) % 2
radius = torch.rand(POINTS).sqrt()
angle = 2 * math.pi * radius + math.pi * classes
inputs = radius[:, None] * torch.stack([angle.cos(), angle.sin()], dim=1) + 0.02 * torch.randn(POINTS, 2)
inputs = (inputs - inputs.mean(0)) / inputs.std(0)
targets = classes[:, None].double()

sizes = [2] + [WIDTH] * LAYERS
linear = [nn.Linear(fan_in, fan_out) for fan_in, fan_out in zip(sizes, [*sizes[1:], 1])]  # noqa: B905 - equally long
for layer in linear:
    nn.init.xavier_normal_(layer.weight)
    nn.init.zeros_(layer.bias)
model = nn.Sequential(*[module for layer in linear[:-1] for module in (layer, bend())], linear[-1])
optimizer = torch.optim.SGD(model.parameters(), lr=0.01)
loss_function = nn.BCEWithLogitsLoss()

losses, norms = [], []
order = torch.randperm(POINTS)
for step in range(STEPS):
    start = step * BATCH % POINTS
    if start == 0:
        order = torch.randperm(POINTS)
    chosen = order[start : start + BATCH]
    optimizer.zero_grad()
    loss = loss_function(model(inputs[chosen]), targets[chosen])
    loss.backward()
    norms.append([layer.weight.grad.norm().item() for layer in linear])
    losses.append(loss.item())
    optimizer.step()
json.dump({"loss": losses, "weight_gradient_norms": norms}, sys.stdout)
