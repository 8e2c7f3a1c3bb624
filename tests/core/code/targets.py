"""Value and slope by the emitted code of each target, at an array."""

import ctypes
import subprocess
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from actcli.core.activations.catalogue import ACTIVATIONS
from actcli.core.arrays import Array
from actcli.core.audit.ulp import Reference, reference
from actcli.core.code.c_header import c_header
from actcli.core.code.emission import chosen
from actcli.core.code.functions import Functions
from actcli.core.code.measurement import run
from actcli.core.code.python_module import jax_module, numpy_module, torch_module
from tests.narrow import elementwise

Pair = tuple[Array, Array]
Function = Callable[[Array], Pair]

# With fused multiply-add (contraction) value and slope are within 16 ULP of the core too.
C_OPTIONS = ("-O2", "-std=c11", "-Wall", "-Wextra", "-Werror", "-shared", "-fPIC")


def from_core(activation: Any, order: int) -> Callable[[Array], Reference]:
    """The core's results as reference; those of the catalogue are within 4 ULP of the exact ones."""
    return lambda x: reference(activation.derivatives(x, 1)[order], "float64")


def both_from_core(activation: Any) -> tuple[Callable[[Array], Reference], Callable[[Array], Reference]]:
    """Values and slopes."""
    return from_core(activation, 0), from_core(activation, 1)


def functions_of(name: str, learnable: bool = False) -> Functions:
    return chosen(elementwise(name), ACTIVATIONS, both_from_core, learnable)[0]


def with_numpy(functions: Functions) -> Function:
    value, slope = run(numpy_module(functions, "", ""), functions.name)
    return lambda x: (value(x), slope(x))


def with_c(several: Mapping[str, Functions], folder: Path) -> dict[str, Function]:
    """The functions compiled as one translation unit into one shared object."""
    text = "\n".join(c_header(functions, name, "") for name, functions in several.items())
    for functions in several.values():
        arguments = ", ".join(["x[i]", *map(repr, functions.parameters.values())])
        text += (
            f"void run_{functions.name}(const double *x, double *y, double *d, int n) {{\n"
            f"    for (int i = 0; i < n; i++) {{\n"
            f"        y[i] = act_{functions.name}({arguments});\n"
            f"        d[i] = act_{functions.name}_slope({arguments});\n    }}\n}}\n"
        )
    source, library = folder / "all.c", folder / "all.so"
    source.write_text(text)
    subprocess.run(["gcc", *C_OPTIONS, "-o", str(library), str(source), "-lm"], check=True)
    loaded = ctypes.CDLL(str(library))

    def function(name: str) -> Function:
        pointer = ctypes.POINTER(ctypes.c_double)

        def call(x: Array) -> Pair:
            y, d = np.empty_like(x), np.empty_like(x)
            getattr(loaded, f"run_{name}")(*(a.ctypes.data_as(pointer) for a in (x, y, d)), len(x))
            return y, d

        return call

    return {name: function(functions.name) for name, functions in several.items()}


def module_of(text: str) -> dict[str, Any]:
    module: dict[str, Any] = {}
    exec(compile(text, "<emitted>", "exec"), module)
    return module


def with_torch(functions: Functions) -> Function:
    import torch

    function = module_of(torch_module(functions, "", "", False))[functions.name]

    def call(x: Array) -> Pair:
        at = torch.tensor(x, requires_grad=True)
        y = function(at)
        (slope,) = torch.autograd.grad(y.sum(), at)
        return y.detach().numpy(), slope.numpy()

    return call


def with_jax(functions: Functions) -> Function:
    import jax

    jax.config.update("jax_enable_x64", True)
    function = module_of(jax_module(functions, "", "", False))[functions.name]
    value, slope = jax.jit(function), jax.jit(jax.vmap(jax.grad(lambda x: function(x))))
    return lambda x: (np.asarray(value(x)), np.asarray(slope(x)))


def elementwise_names() -> Iterable[str]:
    from actcli.core.activations.activation import Elementwise
    from actcli.core.activations.catalogue import CATALOGUE

    return [name for name, entry in CATALOGUE.items() if isinstance(entry, Elementwise)]
