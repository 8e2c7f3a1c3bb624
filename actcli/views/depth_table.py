"""Tables of `gradient-depth`: the layers of one activation, or several activations beside each other."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from math import isfinite, isnan

from rich.console import Group, RenderableType
from rich.text import Text

from actcli.core.depth.experiment import DepthRun, LayerRecord
from actcli.core.depth.seeds import SeedSummary, Spread, summaries
from actcli.views.notation import format_alike, format_number, percent
from actcli.views.palette import appearance
from actcli.views.table import Column, table, total_width
from actcli.views.terminal import Terminal


@dataclass(frozen=True)
class DepthGroup:
    """The runs of one activation. summary: medians over the seeds, or the only run."""

    runs: tuple[DepthRun, ...]
    summary: SeedSummary

    @property
    def activation(self) -> str:
        return self.summary.activation

    @property
    def layers(self) -> tuple[LayerRecord, ...]:
        return self.summary.layers

    @property
    def hidden(self) -> int:
        return len(self.layers) - 1

    @property
    def trained(self) -> bool:
        return any(run.loss for run in self.runs)

    @property
    def verdict(self) -> str:
        """The text `vanishing`, or `vanishing 4, healthy 1` if the seeds differ."""
        verdicts = self.summary.verdicts
        if len(verdicts) == 1:
            return next(iter(verdicts))
        return ", ".join(f"{verdict} {count}" for verdict, count in verdicts.items())

    @property
    def typical(self) -> DepthRun:
        """The first run with the most frequent verdict."""
        most = next(iter(self.summary.verdicts))
        return next(run for run in self.runs if run.verdict == most)


def groups_of(runs: Sequence[DepthRun]) -> list[DepthGroup]:
    return [
        DepthGroup(tuple(run for run in runs if run.activation == summary.activation), summary)
        for summary in summaries(runs)
    ]


MOST_ROWS = 40
LONGEST_NAME = 14

_MEANINGS = {
    "gradient": "gradient: norm of the loss's gradient with respect to the layer's weights.",
    "signal": "signal: the same with respect to its pre-activations.",
    "after": "Before and after training.",
    "theory": "theory: the signal that mean-field theory predicts, given the last hidden layer's.",
    "spread": "Medians over the seeds, and the least and the largest.",
    "dead": "dead: units whose slope is 0 for every input.",
    "saturated": "saturated: slopes under 5 % of the largest.",
    "flat": "saturated: slopes under 5 % of the largest, or under 0.05 if there is no largest.",
    "mean": "mean: of the layer's activations.",
    "std": "std: standard deviation of the layer's activations.",
    "update": "update: norm of the last update of the weights over their norm.",
}


def layer_table(group: DepthGroup, terminal: Terminal, most: int | None = None) -> RenderableType:
    """One row per layer, at most `most`: norms before and after training, theory, units, last update."""
    records = _chosen(group.layers, most)
    before = [record.weight_gradient_norm_initial for record in records]
    when = "after" if group.trained else "before"
    columns = {
        "layer": Column("\nlayer", _names(records, group)),
        "gradient": Column("gradient\nbefore", format_alike(before)),
    }
    if len(group.runs) > 1:
        low, high = _chosen(group.summary.low, most), _chosen(group.summary.high, most)
        columns["spread"] = Column("\nleast", format_alike([r.weight_gradient_norm_initial for r in low]))
        columns["largest"] = Column("\nlargest", format_alike([r.weight_gradient_norm_initial for r in high]))
    if group.trained:
        columns["after"] = Column("gradient\nafter", format_alike([r.weight_gradient_norm_final for r in records]))
    columns["signal"] = Column("signal\nbefore", format_alike([r.signal_norm_initial for r in records]))
    if any(record.signal_norm_theory is not None for record in records):
        columns["theory"] = Column("signal\ntheory", _where_known([r.signal_norm_theory for r in records]))
    if any(record.dead_fraction_final > 0 for record in records):
        columns["dead"] = _percentages(f"dead\n{when}", [r.dead_fraction_final for r in records])
    columns["saturated"] = _percentages(f"saturated\n{when}", [r.saturated_fraction_final for r in records])
    columns["std"] = Column(f"std\n{when}", _fixed([r.activation_std_final for r in records]))
    columns["mean"] = Column(f"mean\n{when}", _fixed([r.activation_mean_final for r in records]))
    if any(record.update_ratio_final > 0 for record in records):
        columns["update"] = Column("last\nupdate", format_alike([r.update_ratio_final for r in records], 2))

    shown = _fitting(columns, terminal.width)
    named = {("flat" if name == "saturated" and _is_boundless(group) else name) for name in shown}
    caption = [text for name, text in _MEANINGS.items() if name in named]
    if (hidden := len(records) - 1) < group.hidden:
        caption.insert(0, f"{hidden} of {group.hidden} hidden layers.")
    drawn = table(shown.values(), terminal, gaps=[len(records) - 2])
    return Group(drawn, Text(terminal.text(" ".join(caption))))


def comparison_tables(
    groups: Sequence[DepthGroup], terminal: Terminal, most: int | None = None
) -> list[RenderableType]:
    """Gradient norms of every layer before and after training; as many activations per table as fit."""
    tables: list[RenderableType] = []
    rest = [*enumerate(groups)]
    while rest:
        records = _chosen(rest[0][1].layers, most)
        columns = [Column("\n\nlayer", _names(records, rest[0][1]))]
        taken = 0
        for index, group in rest:
            more = _pair(group, index, most)
            if taken and total_width([*columns, *more]) > terminal.width:
                break
            columns += more
            taken += 1
        tables.append(table(columns, terminal, gaps=[len(records) - 2]))
        rest = rest[taken:]
    hidden, shown = groups[0].hidden, len(_chosen(groups[0].layers, most)) - 1
    folded = f"{shown} of {hidden} hidden layers. " if shown < hidden else ""
    when = f" {_MEANINGS['after']}" if any(group.trained for group in groups) else ""
    tables.append(Text(terminal.text(f"{folded}{_MEANINGS['gradient']}{when}")))
    return tables


def outcome_table(groups: Sequence[DepthGroup], terminal: Terminal) -> RenderableType:
    """One row per activation: verdict, measured and theoretical factor of the signal per layer, loss, dead units."""
    summaries = [group.summary for group in groups]
    colours = [appearance(index).colour for index in range(len(groups))]
    columns = [
        Column("\nactivation", [_short(group) for group in groups], "left", colours),
        Column("\ninit", [group.summary.init for group in groups], "left"),
        Column("\nverdict", [group.verdict for group in groups], "left"),
        Column("per layer\nmeasured", _spreads([summary.decay_per_layer for summary in summaries])),
        Column("\ntheory", _spreads([summary.decay_per_layer_theory for summary in summaries], median_only=True)),
        Column("loss\nbefore", [_median(group, group.summary.loss_data_initial) for group in groups]),
        Column("\nafter", [_median(group, group.summary.loss_data_final) for group in groups]),
        Column("\nguess", [format_number(group.summary.loss_guess.median, 3) for group in groups]),
        Column("accuracy\nafter", [_accuracy(group) for group in groups]),
    ]
    if all(group.summary.accuracy_final is None or not group.trained for group in groups):
        del columns[-1]
    differ = len({summary.init for summary in summaries}) > 1
    if differ and total_width(columns) > terminal.width:
        columns[5:7] = [replace(columns[6], header="loss\nafter")]
    if total_width(columns[:6] if differ else columns) > terminal.width:
        del columns[1]  # the sentences name it too, where they differ
    return table(columns, terminal)


def _is_boundless(group: DepthGroup) -> bool:
    """Whether the activation has no largest slope, or none that is known."""
    return not all(map(isfinite, group.typical.slope_range))


def _fitting(columns: dict[str, Column], width: int) -> dict[str, Column]:
    """The first columns that fit, layer and norm always."""
    shown: dict[str, Column] = {}
    for name, column in columns.items():
        if len(shown) >= 2 and total_width([*shown.values(), column]) > width:
            break
        shown[name] = column
    return shown


def _pair(group: DepthGroup, index: int, most: int | None) -> list[Column]:
    """Columns of an activation's gradient before training, and after it if it was trained."""
    records = _chosen(group.layers, most)
    before = format_alike([record.weight_gradient_norm_initial for record in records])
    after = format_alike([record.weight_gradient_norm_final for record in records])
    colours: list[int | None] = [appearance(index).colour] * len(records)
    columns = [Column(f"{_short(group)}\ngradient\nbefore", before, "right", colours), Column("\n\nafter", after)]
    return columns if group.trained else columns[:1]


def _short(group: DepthGroup) -> str:
    name = group.activation
    return name if len(name) <= LONGEST_NAME else f"{name[: LONGEST_NAME - 1]}…"


def _names(records: Sequence[LayerRecord], group: DepthGroup) -> list[str]:
    return ["output" if record.layer == group.hidden + 1 else str(record.layer) for record in records]


def _chosen(records: tuple[LayerRecord, ...], most: int | None = None) -> tuple[LayerRecord, ...]:
    """All layers, or at most `most`: the first, the last, evenly spaced ones between, and the output layer."""
    if len(records) <= (most or MOST_ROWS):
        return records
    *hidden, output = records
    for every in range(2, len(records) + 1):
        shown = [r for r in hidden if r.layer == 1 or r.layer % every == 0 or r is hidden[-1]]
        if len(shown) < (most or MOST_ROWS) or every == len(records):
            break
    return (*shown, output)


def _where_known(numbers: Sequence[float | None]) -> list[str]:
    texts = iter(format_alike([number for number in numbers if number is not None]))
    return ["" if number is None else next(texts) for number in numbers]


def _median(group: DepthGroup, loss: Spread) -> str:
    return format_number(loss.median, 3) if group.trained else "–"


def _accuracy(group: DepthGroup) -> str:
    accuracy = group.summary.accuracy_final
    return percent(accuracy.median).replace(" ", "") if accuracy and group.trained else "–"


def _fixed(numbers: Sequence[float]) -> list[str]:
    """Numbers with three decimals; very small and very large ones in another notation."""
    return [f"{n:.3f}" if 5e-4 <= abs(n) < 1e4 or not isfinite(n) or n == 0 else f"{n:.0e}" for n in numbers]


def _percentages(header: str, fractions: Sequence[float]) -> Column:
    """Shares in whole per cent; 0 and 100 stand for no unit and all of them."""

    def text(share: float) -> str:
        if isnan(share):
            return "–"
        return "< 1%" if 0.0 < share < 0.005 else "> 99%" if 0.995 <= share < 1.0 else f"{share:.0%}"

    return Column(header, [text(fraction) for fraction in fractions])


def _spreads(spreads: Sequence[Spread | None], median_only: bool = False) -> list[str]:
    texts = []
    for spread in spreads:
        if spread is None:
            texts.append("–")
        elif median_only or spread.low == spread.high:
            texts.append(format_number(spread.median, 3))
        else:
            ends = f"{format_number(spread.low, 3)}–{format_number(spread.high, 3)}"
            texts.append(f"{format_number(spread.median, 3)} ({ends})")
    return texts
