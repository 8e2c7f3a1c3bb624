"""Runs emitted modules of PyTorch and JAX, in a Python that has them: a request per line, an answer per line.

    PYTHON tests/fuzz/frameworks.py

In JSON. Request: target, code, name, class, x, near, parameters, learnable.
Answer: values, slopes, partials (one list for each of `near`), errors.
"""

import json
import sys
from typing import Any


def with_torch(module: dict[str, Any], request: dict[str, Any]) -> dict[str, Any]:
    import torch

    function = module[request["name"]]
    x = torch.tensor(request["x"], dtype=torch.float64, requires_grad=True)
    y = function(x)
    (slopes,) = torch.autograd.grad(y.sum(), x)
    errors, partials = [], []
    layer = module[request["class"]]().double()
    if not request["learnable"] and not torch.equal(layer(x).nan_to_num(), y.nan_to_num()):
        errors.append("the layer has other values")
    for dtype in (torch.float32, torch.bfloat16):
        narrow = function(torch.ones((2, 3), dtype=dtype))
        if narrow.dtype != dtype or narrow.shape != (2, 3):
            errors.append(f"{dtype} becomes {narrow.dtype} of shape {tuple(narrow.shape)}")
    if request["learnable"]:
        numbers = [torch.tensor(p, dtype=torch.float64, requires_grad=True) for p in request["parameters"]]
        for at in request["near"]:
            result = function(torch.tensor([at], dtype=torch.float64), *numbers).sum()
            partials.append([float(g) for g in torch.autograd.grad(result, numbers)])
    return {"values": y.tolist(), "slopes": slopes.tolist(), "partials": partials, "errors": errors}


def with_jax(module: dict[str, Any], request: dict[str, Any]) -> dict[str, Any]:
    import jax
    import jax.numpy as jnp

    jax.config.update("jax_enable_x64", True)
    function = module[request["name"]]
    x = jnp.array(request["x"], dtype=jnp.float64)
    values, slopes = jax.jit(function)(x), jax.jit(jax.vmap(jax.grad(lambda at: function(at))))(x)
    errors, partials = [], []
    narrow = function(jnp.ones((2, 3), dtype=jnp.float32))
    if narrow.dtype != jnp.float32 or narrow.shape != (2, 3):
        errors.append(f"float32 becomes {narrow.dtype} of shape {narrow.shape}")
    if request["learnable"]:
        numbers = tuple(map(float, request["parameters"]))
        by = jax.grad(lambda at, *p: function(at, *p), argnums=tuple(range(1, len(numbers) + 1)))
        partials = [[float(g) for g in by(at, *numbers)] for at in request["near"]]
    return {"values": values.tolist(), "slopes": slopes.tolist(), "partials": partials, "errors": errors}


def answer(request: dict[str, Any]) -> dict[str, Any]:
    module: dict[str, Any] = {"__name__": "emitted"}
    try:
        exec(compile(request["code"], "<emitted>", "exec"), module)
        return (with_torch if request["target"] == "torch" else with_jax)(module, request)
    except Exception as error:
        return {"errors": [f"{type(error).__name__}: {error}"[:300]]}


def main() -> None:
    for line in sys.stdin:
        print(json.dumps(answer(json.loads(line))), flush=True)


if __name__ == "__main__":
    main()
