"""Report of `compare --train`: sentences on the ranking, and tables."""

from collections.abc import Container, Iterator, Sequence
from math import ceil, isinf
from typing import Final

from actcli.core.depth.seeds import Spread
from actcli.core.errors import count
from actcli.core.race.ranking import LEVEL, Comparison, Race, Result, Row
from actcli.core.race.runs import INITS, RATES
from actcli.views.notation import align, percent, short
from actcli.views.table import Column, NumberTable, table
from actcli.views.terminal import Terminal, cut, paragraph

_WIDEST: Final = 28


def race_report(race: Race, terminal: Terminal) -> str:
    """Sentences, the ranking, and a table for each data set."""
    ranking, results = table(_ranking(race, terminal), terminal), []
    shown = ranked = _headers(ranking)
    for data in race.config.data:
        rows = [(row, result) for row in race.rows for result in row.results if result.data == data]
        if rows:
            title = f"{data}, {count(rows[0][1].seeds, 'seed')}: median, least and largest of the points held out"
            drawn = table(_results(rows, terminal), terminal)
            shown = shown | _headers(drawn)
            results.append(paragraph(title, terminal) + terminal.text(drawn.text(terminal)))
    parts = [
        paragraph("\n".join(sentences(race)), terminal),
        terminal.text(ranking.text(terminal)),
        paragraph(_caption(race, ranked, shown), terminal),
    ]
    return "\n".join([*parts, *results])


def _headers(drawn: NumberTable) -> set[str]:
    """Last lines of the headers of the columns that fit."""
    return {column.header.rpartition("\n")[2] for column in drawn.columns}


def sentences(race: Race) -> Iterator[str]:
    """The winner, if there is one; else the best mean place, and its comparisons with the others."""
    first, sets = race.rows[0], len(race.config.data)
    heats = f"of {count(race.heats, 'heat')}, a data set and a seed each"
    pairs = f" over all {len(race.comparisons)} pairs" if len(race.comparisons) > 1 else ""
    test = f"Sign test, {percent(LEVEL)}{pairs}."
    if race.winner is not None:
        yield f"{first.activation} wins: {heats}, its held-out loss is smaller in {_against(race.of_first)}. {test}"
        return
    open_ = [c for c in race.of_first if not c.decided]
    behind = [c for c in race.of_first if c.decided and c.a_wins > c.b_wins]
    ahead = [c for c in race.of_first if c.decided and c.a_wins < c.b_wins]
    equal = [row.activation for row in race.rows[1:] if row.place == first.place]
    share = f", and so {'has' if len(equal) == 1 else 'have'} {_joined(equal)}" if equal else ""
    yield f"No winner. {first.activation} has the best mean place{share}."
    who = first.activation if equal else "It"
    if open_:
        wins = f"{heats}, its held-out loss is smaller in {_against(open_)}"
        yield f"{who} cannot be told apart from {_joined([c.b for c in open_])}: {wins}."
    if behind:
        yield f"{who} is ahead in {_against(behind)}."
    if ahead:
        yield f"All the same it is behind: ahead in {_against(ahead)} only."
    if race.heats >= race.heats_needed:
        yield test
        return
    seeds = ceil(race.heats_needed / sets)
    way_out = f": --seeds {seeds}" if seeds > race.config.seeds else ""
    yield f"{test} With fewer than {race.heats_needed} heats no difference can be significant{way_out}."


def _joined(names: Sequence[str]) -> str:
    return " and ".join(", ".join(names).rsplit(", ", 1))


def _against(comparisons: Sequence[Comparison]) -> str:
    """The text `14 against relu, 15 against tanh`."""
    return ", ".join(f"{c.a_wins} against {c.b}" for c in comparisons)


def _label(row: Row, terminal: Terminal) -> str:
    """The trained activation, then the labels under which it was given."""
    return cut(" = ".join(dict.fromkeys([row.activation, *row.given])), terminal, _WIDEST)


def _ranking(race: Race, terminal: Terminal) -> Iterator[Column]:
    rows = race.rows
    yield Column("\nrank", [_range(row.best_rank, row.worst_rank) for row in rows], "left")
    yield Column("\nactivation", [_label(row, terminal) for row in rows], "left")
    yield Column("mean\nplace", [f"{row.place:.1f}" for row in rows])
    yield Column("best–\nworst", [_range(row.best_place, row.worst_place) for row in rows], "left")
    for data in race.config.data:
        found = [next((result for result in row.results if result.data == data), None) for row in rows]
        if any(found):
            yield Column(f"\n{cut(data, terminal, 12)}", align("" if r is None else _share(r) for r in found))
    rights = [[r.accuracy.median for r in row.results if r.accuracy is not None] for row in rows]
    if any(rights):
        yield Column("\nright", [percent(sum(right) / len(right)) for right in rights])
    yield Column("\nns", [f"{row.nanoseconds:.3g}" for row in rows])


def _share(result: Result) -> str:
    """Held-out loss over the loss of guessing."""
    return "diverged" if isinf(result.loss.median) else short(result.loss.median / result.loss_guess, 3)


def _range(low: float, high: float) -> str:
    return f"{low:g}" if low == high else f"{low:g}–{high:g}"


def _results(rows: Sequence[tuple[Row, Result]], terminal: Terminal) -> Iterator[Column]:
    yield Column("activation", [_label(row, terminal) for row, _ in rows], "left")
    yield Column("loss", align(_loss(result.loss.median) for _, result in rows))
    yield Column("", [_ends(result.loss) for _, result in rows], "left")
    if all(result.accuracy is not None for _, result in rows):
        rights = [result.accuracy for _, result in rows if result.accuracy is not None]
        yield Column("right", [percent(right.median) for right in rights])
        yield Column("", [f"{percent(right.low)[:-2]}–{percent(right.high)[:-2]}" for right in rights], "left")
    yield Column("setting", [f"{result.init} {result.learning_rate:g}" for _, result in rows], "left")
    yield Column("in", [f"{result.chosen}/{result.seeds}" for _, result in rows], "left")


def _ends(spread: Spread) -> str:
    return f"{_loss(spread.low)}–{_loss(spread.high)}"


def _loss(loss: float) -> str:
    return "diverged" if isinf(loss) else short(loss, 2)


def _caption(race: Race, ranked: Container[str], shown: Container[str]) -> str:
    """Meaning of the columns shown, those of the ranking among them, and settings of the training."""
    config = race.config
    rates = ", ".join(f"{rate:g}" for rate in RATES)
    lines = [
        "rank: from the best to the worst that the sign test leaves. place: in a heat, 1 for the smallest held-out "
        "loss; the best and the worst beside the mean. Under a data set's name: held-out loss over that of guessing, "
        "the median over the seeds."
    ]
    if "right" in shown:
        mean = ", the mean over the data sets with classes" if "right" in ranked else ""
        lines[0] += f" right: points held out whose class was found{mean}."
    if "ns" in shown:
        lines[0] += " ns: value and slope of an element as computed here; a framework's own kernels take other times."
    lines.append(
        f"{count(config.layers, 'hidden layer')} of {count(config.width, 'unit')}, {count(config.steps, 'step')} of "
        f"{config.optimizer.title()}, batches of {config.batch}. For each heat the best of {', '.join(INITS)} times "
        f"the rates {rates}, chosen by the loss on points that are neither trained on nor held out."
    )
    if "setting" in shown:
        lines[-1] += " setting: the one that was chosen most"
        lines[-1] += ", and in how many of the seeds." if "in" in shown else "."
    return "\n".join(lines)
