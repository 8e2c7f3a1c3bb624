"""The gradient-depth experiment on the screen: tables, a chart of the signal, and what came of it in words."""

from collections.abc import Mapping, Sequence
from textwrap import fill

from actcli.core.cure import Cure
from actcli.core.depth import DepthRun
from actcli.views.depth_chart import depth_chart
from actcli.views.depth_group import DepthGroup, groups_of
from actcli.views.depth_table import comparison_tables, layer_table, outcome_table
from actcli.views.number import count, format_number
from actcli.views.render import render
from actcli.views.terminal import Terminal
from actcli.views.verdict import verdict_sentence

SMALLEST_CHART, TALLEST_CHART = 8, 22


def depth_report(runs: Sequence[DepthRun], cures: Mapping[str, Sequence[Cure]], terminal: Terminal) -> str:
    """The tables, then on what is one screen a chart of all activations, and in words what came of them.

    cures: of the activations, by label, that went wrong
    """
    groups = groups_of(runs)
    if not groups:
        return ""
    if len(groups) == 1:
        tables = [_wrapped(_title(groups[0]), terminal), render(layer_table(groups[0], terminal), terminal)]
        if len(groups[0].runs) > 1:
            tables.append(f"\n{render(outcome_table(groups, terminal), terminal)}")
    else:
        tables = [f"{render(part, terminal)}\n" for part in comparison_tables(groups, terminal)]
        tables.append(render(outcome_table(groups, terminal), terminal))
    closing = "".join(_wrapped(_closing(group, cures.get(group.activation)), terminal) for group in groups)
    least = SMALLEST_CHART if len(groups) == 1 else min(TALLEST_CHART, terminal.height - 1)
    height = min(max(terminal.height - 1 - closing.count("\n"), least), TALLEST_CHART)
    chart = depth_chart(groups, terminal, height=height) if groups[0].hidden > 1 else ""
    return "".join([*tables, "\n", chart, closing])


def _closing(group: DepthGroup, cures: Sequence[Cure] | None) -> str:
    sentence = verdict_sentence(group.typical, cures)
    if len(group.runs) > 1:
        return f"{len(group.runs)} seeds: {group.verdict}. Seed {group.typical.seed}: {sentence}"
    return f"{_loss_line(group.typical)}\n{sentence}"


def _loss_line(run: DepthRun) -> str:
    if not run.loss:
        return f"{run.activation}: not trained"
    first, last = (format_number(loss) for loss in (run.loss[0], run.loss[-1]))
    return f"{run.activation}: loss {first} → {last} in {count(len(run.loss), 'step')}"


def _title(group: DepthGroup) -> str:
    seeds = f", {len(group.runs)} seeds" if len(group.runs) > 1 else ""
    what = f"{group.activation}, {group.summary.init} initialisation, {count(group.hidden, 'hidden layer')}{seeds}"
    return f"{what}: {group.verdict}\n"


def _wrapped(text: str, terminal: Terminal) -> str:
    return "".join(fill(terminal.text(line), terminal.width) + "\n" for line in text.split("\n"))
