"""actcli code ACT --to TARGET"""

from pathlib import PurePath
from typing import Annotated, Final, Literal, TypeAlias

import typer

from actcli.commands.options import Act, CodeFormat, Output
from actcli.core.activations.activation import elementwise
from actcli.core.activations.catalogue import ACTIVATIONS, resolve
from actcli.core.errors import InputError

Target: TypeAlias = Annotated[
    Literal["torch", "jax", "numpy", "c"] | None,
    typer.Option("--to", help="The target, which is required.", show_default=False, case_sensitive=False),
]
Learnable: TypeAlias = Annotated[
    bool, typer.Option("--learnable", help="Make the parameters trainable: torch and jax.")
]

_SUFFIXES: Final = {".py": ("torch", "jax", "numpy"), ".h": ("c",), ".c": ("c",)}


def run(
    act: Act,
    target: Target = None,
    learnable: Learnable = False,
    output: Output = None,
    output_format: CodeFormat = "plain",
) -> None:
    """A module with value and slope, accurate in the tails: no 1 - tanh², no log(1 + exp(x)), no 0 times inf. For torch
    it is a function and a layer with its own gradient, for jax a function with its own JVP, for numpy two functions,
    for c a header with double and float. Parameters are arguments, and the initialisation is a function. The docstring
    states the measured accuracy of the code.

    Example: actcli code gelu --to torch -o gelu.py

    Example: actcli code 'x*sigmoid(w*x):w=1.5' --to jax --learnable
    """
    if target is None:
        raise InputError("code needs a target: --to torch, --to jax, --to numpy or --to c")
    activation = resolve(act)
    unit = elementwise(
        activation, f"{activation.name} acts on whole rows; code is written for elementwise activations only"
    )
    if learnable and target not in ("torch", "jax"):
        raise InputError(f"--learnable is for torch and jax; {target} has no training")
    if learnable and not (unit.parameters or unit.given_parameters):
        raise InputError(f"{unit.name} has no parameters to learn: leave out --learnable")
    suffix = PurePath(output or "").suffix
    if output_format == "plain" and target not in _SUFFIXES.get(suffix, (target,)):
        raise InputError(f"{output}: {suffix} is not a file of {target}; try --to {_SUFFIXES[suffix][0]}")
    from actcli.core.code.emission import emitted
    from actcli.multiprecision.reference import value_and_slope_reference
    from actcli.streams.documents import write_json
    from actcli.streams.files import open_file

    code = emitted(unit, target, ACTIVATIONS, value_and_slope_reference, learnable)
    if output_format == "json":
        accuracy = {
            name: {
                "max_ulp": found.ulp,
                "x": found.at,
                "missing": found.missing,
                "points": found.points,
            }
            for name, found in (("value", code.value), ("slope", code.slope))
        }
        document = {
            "activation": code.activation,
            "target": code.target,
            "learnable": code.learnable,
            "accuracy": accuracy,
            "code": code.code,
        }
        write_json(document, output)
        return
    with open_file(output) as file:
        file.write(code.code.encode())
