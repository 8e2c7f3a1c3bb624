"""actcli list"""

import re
import sys
from typing import TYPE_CHECKING, Annotated

import typer

from actcli.commands.options import ListFormat
from actcli.commands.report import write_report
from actcli.core.activations.activation import Activation, Elementwise, RowWise
from actcli.core.activations.catalogue import CATALOGUE, literature, resolve
from actcli.core.activations.practice import framework_names, use
from actcli.core.errors import InputError, did_you_mean

if TYPE_CHECKING:
    from collections.abc import Sequence


def run(
    names: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="NAME...", help="Names and families of the catalogue, such as gated.", show_default=False
        ),
    ] = None,
    everything: Annotated[bool, typer.Option("--all", help="Include the published literature.")] = False,
    search: Annotated[
        str | None,
        typer.Option(
            "--search",
            metavar="TEXT",
            help="Entries with TEXT in a name, formula or reference, the literature included.",
            show_default=False,
        ),
    ] = None,
    family: Annotated[
        str | None,
        typer.Option("--family", metavar="NAME", help="Entries of a family, such as gated.", show_default=False),
    ] = None,
    year: Annotated[
        str | None,
        typer.Option(
            "--year", metavar="YEAR", help="Entries of 2019, or of 2017..2020, 2024.., ..2010.", show_default=False
        ),
    ] = None,
    output_format: ListFormat = "auto",
) -> None:
    """All names and aliases, which work wherever a command takes an activation; case, - and _ make no difference. On a
    terminal the names stand by family, in a pipe one a line; --format table has aliases, parameters and formulas.
    With names or families as arguments, their formulas.

    Example: actcli list gated
    """
    whole = everything or search is not None or family is not None or year is not None
    if names and whole:
        raise InputError("names stand alone, without --all, --search, --family and --year")
    activations = _named(names) if names else _chosen(search, family, year) if whole else list(CATALOGUE.values())
    whole = whole or bool(names)
    if output_format == "auto":
        output_format = "table" if sys.stdout.isatty() else "plain"
        if output_format == "table" and not whole:
            _print_overview(activations)
            return
    if output_format == "plain":
        print(*(activation.name for activation in activations), sep="\n")
    elif output_format == "table":
        from actcli.views.catalogue import catalogue_table, literature_table
        from actcli.views.table import render
        from actcli.views.terminal import Terminal

        terminal = Terminal.of(sys.stdout)
        if whole:
            from actcli.core.activations.literature import family_of, year_of

            drawn = literature_table([(a, year_of(a), family_of(a)) for a in activations], terminal)
        else:
            drawn = catalogue_table(activations, terminal)
        print(render(drawn, terminal), end="")
    else:
        entries = [_entry(activation, whole) for activation in activations]
        write_report(
            output_format,
            document=lambda: entries,
            records=lambda: (list(entries[0]), (map(_field, entry.values()) for entry in entries)),
        )


def _print_overview(activations: "Sequence[Activation]") -> None:
    from actcli.core.activations.literature import family_of
    from actcli.views.catalogue import overview
    from actcli.views.terminal import Terminal

    families: dict[str, list[str]] = {}
    for activation in activations:
        families.setdefault(family_of(activation), []).append(activation.name)
    print(overview(families, Terminal.of(sys.stdout)), end="")


def _entry(entry: Activation, whole: bool) -> dict[str, object]:
    found: dict[str, object] = {
        "name": entry.name,
        "aliases": list(entry.aliases),
        "parameters": {parameter.name: parameter.default for parameter in entry.parameters},
        "rowwise": isinstance(entry, RowWise),
        "formula": entry.formula,
        "kinks": list(entry.kinks()) if isinstance(entry, Elementwise) else [],
        "reference": entry.reference,
        "frameworks": framework_names(entry.name),
        "used": use(entry.name),
    }
    if whole:
        from actcli.core.activations.literature import authors_of, family_of, year_of

        found |= {"year": year_of(entry), "authors": authors_of(entry), "family": family_of(entry)}
    return found


def _named(names: "Sequence[str]") -> "Sequence[Activation]":
    """Entries with these names, or in these families of the catalogue, else of the literature. InputError: neither."""
    from actcli.core.activations.literature import family_of

    catalogue, published = [*CATALOGUE.values()], [*literature().values()]
    families = sorted({family_of(each) for each in (*catalogue, *published)})
    named: dict[str, Activation] = {}
    for name in names:
        wanted = name.strip().casefold()
        found = [each for part in (catalogue, published) for each in part if family_of(each) == wanted]
        members = [each for each in found if each.name in CATALOGUE] or found
        if not members and (hint := did_you_mean(wanted, families)):
            raise InputError(f"no activation or family {name!r:.40}{hint}")
        for each in members or [resolve(name)]:
            if each.label != each.name or each.name not in {*CATALOGUE, *literature()}:
                raise InputError(f"list takes names and families, not {name!r:.40}: describe takes that")
            named[each.name] = each
    return [*named.values()]


def _chosen(search: str | None, family: str | None, year: str | None) -> "Sequence[Activation]":
    """The selected entries of catalogue and literature. InputError: none, or no such family."""
    from actcli.core.activations.literature import family_of, year_of

    chosen: list[Activation] = [*CATALOGUE.values(), *literature().values()]
    if family is not None:
        families = sorted({family_of(activation) for activation in chosen})
        if (wanted := family.strip().casefold()) not in families:
            hint = did_you_mean(wanted, families) or f"; there are {', '.join(families)}"
            raise InputError(f"no family {family!r:.40}{hint}")
        chosen = [activation for activation in chosen if family_of(activation) == wanted]
    if year is not None:
        first, last = _years(year)
        chosen = [a for a in chosen if (published := year_of(a)) is not None and first <= published <= last]
    if search is not None:
        words = search.casefold().split()
        chosen = [activation for activation in chosen if all(word in _text(activation) for word in words)]
    if not chosen:
        wanted = " and ".join(f"{text!r:.60}" for text in (search, family, year) if text is not None)
        raise InputError(f"neither the catalogue nor the literature has {wanted}")
    return chosen


def _text(activation: Activation) -> str:
    from actcli.core.activations.literature import family_of, source_of

    parts = (activation.name, *activation.aliases, activation.formula, source_of(activation), family_of(activation))
    return " ".join(parts).casefold()


def _years(text: str) -> tuple[int, int]:
    """First and last year of `2019`, `2017..2020`, `2024..` or `..2010`. InputError: another text."""
    found = re.fullmatch(r"(\d{4})?(\.\.)?(\d{4})?", text.strip())
    if not found or not (found[1] or found[3]) or (found[1] and found[3] and not found[2]):
        raise InputError(f"--year takes a year or a range, as in --year 2017..2020, not {text!r:.40}")
    first = int(found[1]) if found[1] else 0
    last = int(found[3]) if found[3] else 9999 if found[2] else first
    if first > last:
        raise InputError(f"--year runs from the earlier year to the later: --year {last}..{first}")
    return first, last


def _field(value: object) -> object:
    """A value as one field; lists and tables of parameters are joined by blanks."""
    if isinstance(value, dict):
        return " ".join(f"{name}={number}" for name, number in value.items())
    return " ".join(map(str, value)) if isinstance(value, list) else value
