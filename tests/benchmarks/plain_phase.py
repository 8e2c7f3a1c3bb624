"""The phase diagram of `actcli phase tanh`, 60 x 40 cells, in plain NumPy.

    python tests/benchmarks/plain_phase.py

The variance map by Gauss-Hermite quadrature with 100 nodes, iterated 200 times from q = 1, then χ = σ_w² E[φ'²]. Prints
JSON. Needs only NumPy. rivals.py runs it as a process.
"""

import json
import sys

import numpy as np

nodes, weights = np.polynomial.hermite_e.hermegauss(100)
weights /= weights.sum()
sigma_w2, sigma_b2 = np.meshgrid(np.linspace(0, 4, 60), np.linspace(0, 1, 40), indexing="ij")
q = np.ones(sigma_w2.shape)
for _ in range(200):
    q = sigma_w2 * (np.tanh(np.sqrt(q)[..., None] * nodes) ** 2 @ weights) + sigma_b2
chi = sigma_w2 * ((1 - np.tanh(np.sqrt(q)[..., None] * nodes) ** 2) ** 2 @ weights)
json.dump({"q": q.tolist(), "chi": chi.tolist()}, sys.stdout)
