"""actcli gradient-depth ACT... --layers N"""

import itertools
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, replace
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from actcli.commands.depth_records import records_of
from actcli.commands.interruption import Interruption
from actcli.commands.options import (
    SHOW,
    ActOption,
    Ascii,
    Batch,
    Dask,
    Data,
    Delimiter,
    Drop,
    Export,
    Init,
    Jobs,
    Layers,
    LearningRate,
    ListFormat,
    Norm,
    Optimizer,
    OptionalActs,
    Quiet,
    Residual,
    Save,
    Seed,
    Seeds,
    Size,
    SkipMissing,
    Steps,
    Target,
    TargetColumn,
    Theme,
    TrainingDtype,
    Width,
    check_export,
    dimensions,
    given_acts,
)
from actcli.commands.own_data import read_data
from actcli.commands.report import Drawing, print_report
from actcli.core.activations.activation import Elementwise
from actcli.core.activations.catalogue import resolve_all
from actcli.core.depth.config import DepthConfig
from actcli.core.depth.experiment import DepthExperiment, DepthRun, check, gradient_depth
from actcli.core.depth.histograms import LayerHistograms, layer_histograms
from actcli.core.depth.seeds import summaries
from actcli.core.depth.verdict import VERDICTS
from actcli.core.errors import InputError, count, unknown
from actcli.core.network.datasets import DataSet
from actcli.core.network.mlp import of_hidden_units
from actcli.core.network.training import Step
from actcli.streams.files import complain

if TYPE_CHECKING:
    from actcli.core.depth.cure import Cure, CureSearch
    from actcli.views.picture.description import Picture
    from actcli.views.terminal import Terminal


_DEFAULT = DepthConfig()


def run(
    arguments: OptionalActs = None,
    acts: ActOption = None,
    show: Annotated[Literal["layers", "over-time", "histograms"], SHOW] = "layers",
    layers: Layers = _DEFAULT.layers,
    width: Width = _DEFAULT.width,
    init: Init = _DEFAULT.init,
    norm: Norm = "none",
    residual: Residual = False,
    optimizer: Optimizer = "sgd",
    lr: LearningRate = _DEFAULT.learning_rate,
    batch: Batch = _DEFAULT.batch,
    steps: Steps = _DEFAULT.steps,
    data: Data = _DEFAULT.data,
    target: Target = "auto",
    target_column: TargetColumn = None,
    drop: Drop = None,
    skip_missing: SkipMissing = False,
    delimiter: Delimiter = None,
    dtype: TrainingDtype = "float64",
    seed: Seed = _DEFAULT.seed,
    seeds: Seeds = 1,
    jobs: Jobs = 1,
    dask: Dask = None,
    export: Export = None,
    fail_on: Annotated[
        str | None,
        typer.Option(
            "--fail-on",
            metavar="|".join(VERDICTS[:-1]),
            help="Exit code 1 when a run has this verdict; several with commas between.",
        ),
    ] = None,
    cure: Annotated[
        bool, typer.Option("--cure", help="Search for cures with --format json too, if a network did not learn.")
    ] = False,
    size: Size = None,
    ascii_only: Ascii = False,
    save: Save = None,
    theme: Theme = "light",
    output_format: ListFormat = "auto",
    quiet: Quiet = False,
) -> None:
    """N hidden layers and a linear output layer learn from a small data set. Shown for every layer: the norm of the
    loss's gradient with respect to its weights, before and after training, and to its pre-activations (the signal),
    beside the prediction of mean-field theory; saturated and dead units; and whether the network learnt, and if not,
    its cures. Several seeds give medians and ranges. --dtype float32 underflows where frameworks do.

    --show layers: the tables, and the signal over depth. --show over-time: up to fifty steps of the training, with the
    gradient of each layer's weights as a map, the loss, update over weights, saturated slopes and dead units. --show
    histograms: pre-activations, activations and the loss's gradient on the first batch in up to four layers, before
    and after training. The last two show the first seed.

    Example: actcli gradient-depth sigmoid --layers 20
    """
    if not (given := given_acts(arguments, acts)):
        raise InputError("gradient-depth trains a network with an activation: `actcli gradient-depth sigmoid`")
    drawing = Drawing(dimensions(size), ascii_only, save, theme)
    config = DepthConfig(
        layers=layers,
        width=width,
        batch=batch,
        steps=steps,
        learning_rate=lr,
        seed=seed,
        data=data,
        init=init,
        norm=None if norm == "none" else norm,
        residual=residual,
        optimizer=optimizer,
        dtype=dtype,
    )
    if show != "layers" and not steps:
        raise InputError(f"--show {show} shows a training, and --steps 0 trains nothing: leave one of them out")
    if cure and not steps:
        raise InputError("--cure trains networks, and --steps 0 trains nothing: leave one of them out")
    failures = set() if fail_on is None else _verdicts(fail_on)
    activations = [*{activation.label: activation for activation in map(of_hidden_units, resolve_all(given))}.values()]
    for activation in activations:
        check(activation, config)
    if export is not None and (jobs > 1 or dask is not None):
        raise InputError("--export takes a run of this process: leave out --jobs and --dask")
    if export is not None and len(activations) * seeds > 1:
        raise InputError("--export takes one run: give one ACT and no --seeds")
    if show == "histograms" and (jobs > 1 or dask is not None):
        raise InputError("--show histograms takes runs of this process: leave out --jobs and --dask")
    check_export(export)
    own = read_data(data, target, target_column, drop, skip_missing, delimiter)
    for oddity in [] if quiet or own is None else own.oddities:
        complain(oddity)
    examples = own.data if own else None

    runs: list[DepthRun] = []
    shapes: list[tuple[DepthRun, list[LayerHistograms], list[LayerHistograms]]] = []
    searches: list[CureSearch] = []
    parallel = jobs > 1 or dask is not None
    with Interruption() as interruption:
        if parallel:
            configs = [replace(config, seed=number) for number in range(seed, seed + seeds)]
            tasks = [(act.label, each, examples) for act in activations for each in configs]
            runs += _in_parallel(tasks, jobs, dask, interruption, live=not quiet and sys.stderr.isatty())
        for activation, number in itertools.product(activations, range(seed, seed + seeds)):
            if interruption.happened or parallel:
                break
            experiment = DepthExperiment(activation, replace(config, seed=number), examples)
            if export is not None:
                _export(experiment, export)
            before = layer_histograms(experiment) if show == "histograms" and number == seed else []
            _train(experiment, interruption, live=not quiet and sys.stderr.isatty())
            runs.append(experiment.result())
            if before:
                shapes.append((runs[-1], before, layer_histograms(experiment)))

        def others() -> "list[Picture]":
            """Pictures of --show over-time and histograms."""
            from actcli.views.depth_histograms import histograms_picture
            from actcli.views.depth_history import history_picture

            if show == "over-time":
                seen = [run for run in runs if run.seed == seed and run.history]
                return [history_picture(seen)] if seen else []
            of = f"{count(layers, 'hidden layer')}, what the first batch gives"
            return [histograms_picture(first, last, f"{run.activation}, {of}") for run, first, last in shapes]

        def draw(terminal: "Terminal") -> str:
            if show != "layers":
                from actcli.views.picture.terminal import paint

                return "\n".join(paint(each, terminal, drawing.lines or terminal.height - 2) for each in others())
            from actcli.views.depth import depth_report
            from actcli.views.notation import format_number
            from actcli.views.terminal import paragraph

            whole = output_format != "auto" or not sys.stdout.isatty()
            report = depth_report(runs, terminal, drawing.lines, one_screen=not whole)
            if own is None or not runs:
                return report
            guess = format_number(runs[0].loss_guess)
            return f"{paragraph(f'{own.summary}, guessing gives {guess}', terminal)}\n{report}"

        def picture() -> "Picture":
            from actcli.views.depth import depth_picture
            from actcli.views.depth_table import groups_of
            from actcli.views.picture.description import joined

            if show != "layers":
                return joined(others(), f"{', '.join(run.activation for run in runs)}")
            return depth_picture(groups_of(runs))

        def document() -> dict[str, Any]:
            searches.extend(_searches(runs, activations, config, examples) if cure else [])
            _search(searches, interruption, progress)
            found = _document(runs, {**asdict(config), "seeds": seeds}, searches if cure else None)
            for run, entry in zip(runs, found["runs"], strict=True):
                for shaped, first, last in shapes:
                    if shaped is run:
                        entry["histograms_initial"], entry["histograms_final"] = map(_histograms, (first, last))
            return found

        progress = not quiet and sys.stderr.isatty()
        print_report(
            output_format,
            draw,
            document,
            records=lambda: records_of(show, runs, shapes),
            drawing=drawing,
            picture=picture,
        )
        if output_format in ("auto", "table") and show == "layers":
            searches.extend(_searches(runs, activations, config, examples))
            _search(searches, interruption, progress, show=True)
    if interruption.happened:
        done, wanted = sum(len(run.loss) for run in runs), steps * seeds * len(activations)
        searching = searches and done == wanted
        where = "while cures were looked for" if searching else f"after {done:,} of {count(wanted, 'step')}"
        complain(f"interrupted {where}")
        raise typer.Exit(130)
    if any(run.verdict in failures for run in runs):
        raise typer.Exit(1)


def _verdicts(fail_on: str) -> set[str]:
    named = {name.strip() for name in fail_on.split(",")}
    for name in named - set(VERDICTS[:-1]):
        raise InputError(unknown("verdict", name, VERDICTS[:-1]))
    return named


def _export(experiment: DepthExperiment, path: str) -> None:
    from actcli.core.depth.experiment import replay
    from actcli.streams.npy import write_npz

    write_npz(replay(experiment), path)


def _train(experiment: DepthExperiment, interruption: Interruption, live: bool) -> None:
    steps: Iterable[Step] = experiment
    if live:
        from actcli.views.progress import live_view

        steps = live_view(experiment)
    for _ in steps:
        if interruption.happened:
            break


def _in_parallel(
    tasks: Sequence["_Task"], jobs: int, dask: str | None, interruption: Interruption, live: bool
) -> list[DepthRun]:
    """The runs in the order of the tasks; after an interruption the finished ones."""
    from actcli.parallel import run_all

    runs: dict[int, DepthRun] = {}
    results: Iterator[tuple[int, DepthRun]] = run_all(_trained, tasks, jobs, dask)
    if live:
        from actcli.views.progress import progress

        results = progress(results, len(tasks), "networks")
    for index, run in results:
        runs[index] = run
        if interruption.happened:
            break
    return [runs[index] for index in sorted(runs)]


_Task = tuple[str, DepthConfig, DataSet | None]
"""Activation as a text for `resolve`, settings, and the user's data set, if there is one."""


def _trained(task: _Task) -> DepthRun:
    return gradient_depth(*task)


def _searches(
    runs: Sequence[DepthRun], activations: Sequence[Elementwise], config: DepthConfig, examples: DataSet | None
) -> list["CureSearch"]:
    """For each activation with trained runs that did not learn, a search for cures of the first one."""
    ill = [run for run in runs if run.loss and run.verdict != "healthy"]
    if not ill:
        return []
    from actcli.core.depth.cure import CureSearch

    first = {run.activation: run for run in reversed(ill)}
    return [
        CureSearch(activation, replace(config, seed=first[activation.label].seed), first[activation.label], examples)
        for activation in activations
        if activation.label in first
    ]


def _search(searches: Sequence["CureSearch"], interruption: Interruption, progress: bool, show: bool = False) -> None:
    """Search for cures until all candidates are tried, or Ctrl-C. show: print the result of each search."""
    for search in searches:
        steps: Iterable[int] = search
        if progress:
            from actcli.views.progress import progress as bar

            steps = bar(search, search.steps, f"what cures {search.run.activation}?")
        for _ in steps:
            if interruption.happened:
                break
        if show and (search.cures or not interruption.happened):  # an interrupted search without a cure says nothing
            from actcli.views.depth_sentences import cure_lines
            from actcli.views.terminal import Terminal, paragraph

            cures = [(_as_typed(cure.change, search.run.activation), cure) for cure in search.cures]
            terminal = Terminal.of(sys.stdout)
            text = "\n".join(cure_lines(search.run, cures, len(search.candidates)))
            print(paragraph(text, terminal), end="")
        if interruption.happened:
            break


def _as_typed(change: Mapping[str, Any], activation: str) -> str:
    """The options to add. Another activation replaces the given one, because --act would add it."""
    other = [f"{change['activation']} in place of {activation}"] if "activation" in change else []
    return " ".join([*other, *_options({name: change[name] for name in change if name != "activation"})])


def _options(change: Mapping[str, Any]) -> list[str]:
    """The options of a change, as typed."""
    words: list[str] = []
    for name, value in change.items():
        option = {"activation": "act", "learning_rate": "lr"}.get(name, name)
        if isinstance(value, bool):
            words.append(f"--{option}" if value else f"--no-{option}")
        else:
            words += [f"--{option}", "none" if value is None else f"{value}"]
    return words


def _document(
    runs: Sequence[DepthRun], config: Mapping[str, Any], searches: Sequence["CureSearch"] | None
) -> dict[str, Any]:
    """searches: the searches for cures; None without --cure."""
    document: dict[str, Any] = {"config": config, "runs": [asdict(run) for run in runs]}
    if searches is not None:
        found = {id(search.run): [_cure(cure) for cure in search.cures] for search in searches}
        for run, entry in zip(runs, document["runs"], strict=True):
            entry["cures"] = found.get(id(run))
    if config["seeds"] > 1:
        document["summary"] = [asdict(summary) for summary in summaries(runs)]
    return document


def _cure(cure: "Cure") -> dict[str, Any]:
    return {
        "options": _options(cure.change),
        "loss_data_final": cure.run.loss_data_final,
        "accuracy_final": cure.run.accuracy_final,
    }


def _histograms(layers: Sequence[LayerHistograms]) -> list[dict[str, Any]]:
    return [asdict(layer) for layer in layers]
