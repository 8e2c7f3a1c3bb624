"""The options of every command that trains a network, declared once."""

from typing import Annotated, Literal, TypeAlias

import typer

from actcli.core.network.datasets import DATASETS
from actcli.core.network.initialisers import NAMES

Layers: TypeAlias = Annotated[int, typer.Option("--layers", "-l", min=1, help="Hidden layers.")]
Width: TypeAlias = Annotated[int, typer.Option("--width", min=1, help="Units in a hidden layer.")]
Init: TypeAlias = Annotated[
    str,
    typer.Option(
        "--init",
        metavar="|".join(name.partition(":")[0] for name in NAMES),
        help="Initialisation; auto is he or xavier, whichever theory prefers, critical is that of `gain`; "
        "normal:STD[,BIAS_STD], gaussian:SIGMA_W2,SIGMA_B2.",
    ),
]
NormName: TypeAlias = Literal["none", "layer", "batch"]
Norm: TypeAlias = Annotated[NormName, typer.Option("--norm", help="Normalise the pre-activations.")]
Residual: TypeAlias = Annotated[
    bool, typer.Option("--residual/--no-residual", help="Each hidden layer adds its input to its output.")
]
OptimizerName: TypeAlias = Literal["sgd", "momentum", "adam"]
Optimizer: TypeAlias = Annotated[OptimizerName, typer.Option("--optimizer", help="How to descend.")]
LearningRate: TypeAlias = Annotated[float, typer.Option("--lr", min=0.0, help="Learning rate.")]
BatchSize: TypeAlias = Annotated[int, typer.Option("--batch", min=1, help="Points in a batch.")]
Steps: TypeAlias = Annotated[int, typer.Option("--steps", min=0, help="Weight updates.")]
Data: TypeAlias = Annotated[
    str,
    typer.Option(
        "--data",
        metavar="|".join([*DATASETS, "FILE"]),
        help="A data set, or your own CSV, text or .npy file, its last column the target: classes or numbers.",
    ),
]
Target: TypeAlias = Annotated[
    Literal["auto", "classes", "numbers"],
    typer.Option("--target", help="What your data's last column holds; auto decides by what stands there."),
]
Seed: TypeAlias = Annotated[int, typer.Option("--seed", min=0, help="Seed of data, weights and batches.")]
