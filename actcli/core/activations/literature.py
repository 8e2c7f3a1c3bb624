"""The literature: published elementwise activations beyond the catalogue, as formulas.

`literature.txt` beside this file holds one a line; a further one is a line there. It is read only where a name is not
in the catalogue, and a formula is compiled only when it is computed.
"""

import copyreg
import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from functools import cache, lru_cache, partial
from pathlib import Path
from typing import Any, Final, Self

from actcli.core.activations.activation import Activation, Elementwise, Parameter
from actcli.core.arrays import Array

Activations = Mapping[str, Activation]
_Values = tuple[tuple[str, float], ...]

_FILE: Final = Path(__file__).with_suffix(".txt")
_YEAR: Final = re.compile(r"\b(?:1[89]|20)\d\d\b")


@dataclass(frozen=True, eq=False, repr=False)
class Published(Elementwise):
    """An entry of the literature. What it computes is its formula, as it is written."""

    year: int | None = None
    """Of publication; None where the source does not say."""
    authors: str = ""
    family: str = ""

    def with_parameters(self, **settings: float) -> Self:
        """The same activation with other values for some parameters. Raises InputError."""
        changed = super().with_parameters(**settings)
        return replace(changed, mend=partial(_mended, self.formula, tuple(changed.values_of_parameters.items())))


def literature() -> Mapping[str, Published]:
    """Name -> entry, in the order of the file."""
    return _table()[0]


def published(folded: str) -> Published | None:
    """The entry whose name or alias, in lower case and without - and _, is `folded`."""
    return _table()[1].get(folded)


def year_of(activation: Activation) -> int | None:
    """The year of publication, or the first that its reference names."""
    if isinstance(activation, Published):
        return activation.year
    found = _YEAR.search(activation.reference)
    return int(found[0]) if found else None


def authors_of(activation: Activation) -> str:
    """Who published it; what stands before the year in an entry of the catalogue."""
    if isinstance(activation, Published):
        return activation.authors
    found = _YEAR.search(activation.reference)
    return activation.reference[: found.start()].strip(" ,(") if found else ""


@cache
def _families() -> Mapping[str, str]:
    """Name of the catalogue -> family."""
    from actcli.core.activations import gates, rectifiers, rows, shrinkage, squashers, waves

    entries: dict[str, tuple[Activation, ...]] = {
        "rectifier": (*rectifiers.RECTIFIERS,),
        "softplus": (*rectifiers.SMOOTH_RECTIFIERS,),
        "gated": (*gates.GATES,),
        "sigmoidal": (*squashers.SQUASHERS,),
        "shrinkage": (*shrinkage.SHRINKAGE,),
        "oscillating": (*waves.WAVES,),
        "row-wise": (*rows.ROWS,),
    }
    own = {"softcap": "sigmoidal", "laplace": "sigmoidal", "gelu_10": "gated", "fatrelu": "rectifier", "step": "step"}
    own |= {name: "exponential" for name in ("elu", "celu", "selu", "exponential")} | {"shrink": "shrinkage"}
    return {entry.name: family for family, several in entries.items() for entry in several} | own


def family_of(activation: Activation) -> str:
    """rectifier, exponential, gated, sigmoidal, softplus, oscillating, polynomial, radial, ..."""
    if isinstance(activation, Published):
        return activation.family
    return _families().get(activation.name, "" if isinstance(activation, Elementwise) else "row-wise")


def source_of(activation: Activation) -> str:
    """Authors, year and reference in one text."""
    if not isinstance(activation, Published):
        return activation.reference
    who = " ".join(filter(None, (activation.authors, str(activation.year or ""))))
    return ", ".join(filter(None, (who, activation.reference)))


@cache
def _table() -> tuple[Mapping[str, Published], Mapping[str, Published]]:
    """Entries by name, and by every folded spelling."""
    lines = _FILE.read_text(encoding="utf-8").splitlines()
    entries = [_entry(line) for line in lines if line and not line.startswith("#")]
    spellings = {fold(spelling): entry for entry in entries for spelling in (entry.name, *entry.aliases)}
    return {entry.name: entry for entry in entries}, spellings


def _entry(line: str) -> Published:
    name, aliases, family, year, authors, reference, settings, formula = (cell.strip() for cell in line.split("|"))
    pairs = [setting.partition("=") for setting in settings.split(",")] if settings else []
    parameters = tuple(Parameter(key.strip(), float(number)) for key, _, number in pairs)
    return Published(
        name=name,
        function=partial(_value, formula),
        formula=formula,
        reference=reference,
        parameters=parameters,
        aliases=tuple(alias.strip() for alias in aliases.split(",") if alias.strip()),
        breaks=partial(_breaks, formula),
        mend=partial(_mended, formula, tuple((parameter.name, parameter.default) for parameter in parameters)),
        year=int(year) if year else None,
        authors=authors,
        family=family,
    )


def fold(name: str) -> str:
    """A name without what makes no difference in it."""
    return name.strip().casefold().replace("-", "").replace("_", "")


@lru_cache(maxsize=512)
def _computed(formula: str, values: _Values) -> Elementwise:
    """What a formula with these values of its parameters computes."""
    from actcli.core.activations import formula as formulas
    from actcli.core.activations.catalogue import ACTIVATIONS

    return formulas.formula(formula, dict(values), ACTIVATIONS)


def _value(formula: str, x: Any, **values: float) -> Any:
    return _computed(formula, tuple(values.items())).function(x)


def _breaks(formula: str, **values: float) -> Mapping[float, int]:
    return _computed(formula, tuple(values.items())).breaks()


def _mended(formula: str, values: _Values, derivatives: Array, x: Array, flags: Collection[str]) -> None:
    mend = _computed(formula, values).mend
    if mend is not None:
        mend(derivatives, x, flags)


def _reduced(entry: Published) -> tuple[Any, ...]:
    """To pickle or copy one: the text that it is resolved from."""
    from actcli.core.activations.catalogue import resolve

    return resolve, (entry.label,)


copyreg.pickle(Published, _reduced)
