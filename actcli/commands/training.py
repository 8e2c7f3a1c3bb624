"""The options of every command that trains a network on a data set, declared once."""

import os
import shlex
from typing import Annotated, Final, Literal, TypeAlias

import typer

from actcli.core.errors import InputError
from actcli.streams.files import is_replaced

Init: TypeAlias = Annotated[
    str,
    typer.Option(
        "--init",
        metavar="auto|xavier|he|lecun|pytorch|orthogonal|critical|normal|gaussian:X,Y",
        help="Initialisation; auto is he or xavier, whichever theory prefers, critical is that of `gain`; "
        "normal:STD[,BIAS_STD], gaussian:SIGMA_W2,SIGMA_B2.",
    ),
]
Norm: TypeAlias = Annotated[
    Literal["none", "layer", "batch"], typer.Option("--norm", help="Normalise the pre-activations.")
]
Residual: TypeAlias = Annotated[
    bool, typer.Option("--residual/--no-residual", help="Each hidden layer adds its input to its output.")
]
Optimizer: TypeAlias = Annotated[
    Literal["sgd", "momentum", "adam"], typer.Option("--optimizer", help="How to descend.")
]
Batch: TypeAlias = Annotated[int, typer.Option("--batch", metavar="N", min=1, help="Points in a batch.")]
Steps: TypeAlias = Annotated[int, typer.Option("--steps", metavar="N", min=0, help="Weight updates.")]
_DATA: Final = typer.Option(
    "--data",
    metavar="spirals|moons|circles|xor|sine|blobs|FILE",
    help="A data set, or your own CSV, text or .npy file, its last column the target: classes or numbers.",
)
Data: TypeAlias = Annotated[str, _DATA]
SeveralData: TypeAlias = Annotated[list[str] | None, _DATA]
Target: TypeAlias = Annotated[
    Literal["auto", "classes", "numbers"],
    typer.Option("--target", help="What your data's last column holds; auto decides by what stands there."),
]
TargetColumn: TypeAlias = Annotated[
    str | None,
    typer.Option(
        "--target-column",
        metavar="NAME|N",
        help="Which column of your data is to be learnt; the last by default.",
        show_default=False,
    ),
]
Drop: TypeAlias = Annotated[
    list[str] | None,
    typer.Option("--drop", metavar="NAME|N", help="A column of your data to leave out; repeat for more."),
]
SkipMissing: TypeAlias = Annotated[
    bool, typer.Option("--skip-missing", help="Leave out the rows of your data in which a value is missing.")
]
Export: TypeAlias = Annotated[
    str | None,
    typer.Option("--export", metavar="FILE.npz", help="Weights and what belongs to them, to compute elsewhere."),
]


def check_export(path: str | None) -> None:
    """InputError for a file that exists under another suffix than .npz, or is to."""
    if path is not None and is_replaced(path) and not path.lower().endswith(".npz"):
        raise InputError(f"--export writes .npz: --export {shlex.quote(f'{os.path.splitext(path)[0]}.npz')}")
