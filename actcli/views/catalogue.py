"""The catalogue of activations."""

from collections.abc import Iterable, Mapping, Sequence
from textwrap import wrap

from rich import box
from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from actcli.core.activations.activation import Activation, RowWise
from actcli.views.notation import format_number
from actcli.views.terminal import Terminal, paragraph

# On a narrower terminal entries are lists instead of rows.
COLUMNS_WIDTH = 76
LONGEST_ALIAS = len("gelu_pytorch_tanh,")


# Below this width a family stands above its names.
OVERVIEW_WIDTH = 40
_MORE = """
actcli list gated: a family with its formulas
actcli describe NAME: its card
actcli list --format table: all with aliases, parameters and formulas
actcli list --all: the published literature too"""


def overview(families: Mapping[str, Sequence[str]], terminal: Terminal) -> str:
    """The names of each family, and the commands for the rest."""
    above = terminal.width < OVERVIEW_WIDTH
    margin = 1 if above else max(map(len, families)) + 2
    lines = []
    for family, names in families.items():
        first, *others = wrap(", ".join(names), max(terminal.width - margin, 1))
        label = terminal.paint(family.ljust(0 if above else margin), "bold")
        lines += [label, f" {first}"] if above else [label + first]
        lines += [" " * margin + line for line in others]
    return "".join(f"{line}\n" for line in lines) + paragraph(_MORE, terminal)


def catalogue_table(activations: Iterable[Activation], terminal: Terminal) -> RenderableType:
    """Name, aliases, parameters with defaults, and formula, folded if too long."""
    show = _columns if terminal.width >= COLUMNS_WIDTH else _stack
    return show(activations, terminal)


def literature_table(entries: Iterable[tuple[Activation, int | None, str]], terminal: Terminal) -> RenderableType:
    """Name, year, family if they differ, and formula with default parameters. entries: (activation, year, family)."""
    entries = [*entries]
    several = len({family for _, _, family in entries}) > 1
    if terminal.width < COLUMNS_WIDTH:
        return _stack((activation for activation, _, _ in entries), terminal)
    drawn = _empty_table()
    drawn.add_column("name", overflow="fold", max_width=20)
    drawn.add_column("year", no_wrap=True)
    if several:
        drawn.add_column("family", no_wrap=True)
    drawn.add_column("formula", overflow="fold", ratio=1)
    for activation, year, family in entries:
        given_parameters = ", ".join(_parameters(activation))
        text = _formula(activation, terminal) + (f"  ({given_parameters})" if given_parameters else "")
        drawn.add_row(activation.name, str(year or ""), *[family] * several, text)
    return drawn


def _empty_table() -> Table:
    # The gap between columns is one blank of the box and one of padding, as in the tables of numbers.
    return Table(
        box=box.SIMPLE_HEAD,
        show_edge=False,
        pad_edge=False,
        padding=(0, 1, 0, 0),
        collapse_padding=True,
        header_style="bold",
    )


def _columns(activations: Iterable[Activation], terminal: Terminal) -> Table:
    drawn = _empty_table()
    drawn.add_column("name", no_wrap=True)
    drawn.add_column(
        "aliases", min_width=LONGEST_ALIAS, max_width=max(terminal.width // 5, LONGEST_ALIAS), overflow="fold"
    )
    drawn.add_column("parameters", no_wrap=True)
    drawn.add_column("formula", overflow="fold", ratio=1)
    for activation in activations:
        drawn.add_row(
            activation.name,
            ", ".join(activation.aliases),
            "\n".join(_parameters(activation)),
            _formula(activation, terminal),
        )
    return drawn


def _stack(activations: Iterable[Activation], terminal: Terminal) -> Group:
    entries: list[RenderableType] = []
    for activation in activations:
        entries.append(Text(", ".join([activation.name, *activation.aliases]), style="bold"))
        lines = _formula(activation, terminal), *_parameters(activation)
        entries += [Padding(line, (0, 0, 0, 1)) for line in lines]
    return Group(*entries)


def _parameters(activation: Activation) -> list[str]:
    return [f"{parameter.name}={format_number(parameter.default)}" for parameter in activation.parameters]


def _formula(activation: Activation, terminal: Terminal) -> str:
    return terminal.text(activation.formula) + ("  (row-wise)" if isinstance(activation, RowWise) else "")
