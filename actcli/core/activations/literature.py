"""The literature: published elementwise activations beyond the catalogue, as formulas.

`literature.txt` in this directory has one per line. It is read only for names outside of the catalogue; a formula is
compiled on first use.
"""

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from functools import cache, partial
from pathlib import Path
from typing import Any, Final, Self

from actcli.core.activations.activation import Activation, Elementwise, Parameter, folded
from actcli.core.arrays import Array

Activations = Mapping[str, Activation]
_Values = tuple[tuple[str, float], ...]

_FILE: Final = Path(__file__).with_suffix(".txt")
_MOST: Final = 2000
_YEAR: Final = re.compile(r"\b(?:1[89]|20)\d\d\b")


@dataclass(frozen=True, eq=False, repr=False)
class Published(Elementwise):
    """An entry of the literature, computed by its formula as written."""

    year: int | None = None
    """Year of publication; None if the source gives none."""
    authors: str = ""
    family: str = ""
    formulas: "_Formulas | None" = None

    @property
    def is_formula(self) -> bool:
        """True: computed by its formula as written."""
        return True

    def with_parameters(self, **given_parameters: float) -> Self:
        """The same activation with other values for some parameters. Raises InputError."""
        changed = super().with_parameters(**given_parameters)
        if self.formulas is None:
            return changed
        values = tuple(changed.parameter_values.items())
        return replace(changed, mend=partial(self.formulas.mend, self.formula, values))


Entries = Mapping[str, Published]


def read_literature(activations: Activations) -> tuple[Entries, Entries]:
    """Name -> entry, in the order of the file; folded spelling -> entry.

    activations: activations that formulas may call
    """
    lines = _FILE.read_text(encoding="utf-8").splitlines()
    formulas = _Formulas(activations)
    entries = [_entry(line, formulas) for line in lines if line and not line.startswith("#")]
    spellings = {folded(spelling): entry for entry in entries for spelling in (entry.name, *entry.aliases)}
    return {entry.name: entry for entry in entries}, spellings


def year_of(activation: Activation) -> int | None:
    """Year of publication, or the first year in the reference."""
    if isinstance(activation, Published):
        return activation.year
    found = _YEAR.search(activation.reference)
    return int(found[0]) if found else None


def authors_of(activation: Activation) -> str:
    """The authors: the text before the year in the catalogue's reference."""
    if isinstance(activation, Published):
        return activation.authors
    found = _YEAR.search(activation.reference)
    return activation.reference[: found.start()].strip(" ,(") if found else ""


@cache
def _families() -> Mapping[str, str]:
    """Name in the catalogue -> family."""
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
    own |= dict.fromkeys(("elu", "celu", "selu", "exponential"), "exponential") | {"shrink": "shrinkage"}
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


def _entry(line: str, formulas: "_Formulas") -> Published:
    name, aliases, family, year, authors, reference, given_parameters, formula = (
        cell.strip() for cell in line.split("|")
    )
    pairs = [setting.partition("=") for setting in given_parameters.split(",")] if given_parameters else []
    parameters = tuple(Parameter(key.strip(), float(number)) for key, _, number in pairs)
    return Published(
        name=name,
        function=partial(formulas.value, formula),
        formula=formula,
        reference=reference,
        parameters=parameters,
        aliases=tuple(alias.strip() for alias in aliases.split(",") if alias.strip()),
        breakpoints=partial(formulas.breakpoints, formula),
        mend=partial(formulas.mend, formula, tuple((parameter.name, parameter.default) for parameter in parameters)),
        formulas=formulas,
        year=int(year) if year else None,
        authors=authors,
        family=family,
    )


class _Formulas:
    """Compiled formulas, cached for each set of parameter values."""

    def __init__(self, activations: Activations) -> None:
        self._activations = activations
        self._compiled: dict[tuple[str, _Values], Elementwise] = {}

    def computed(self, formula: str, values: _Values) -> Elementwise:
        if (formula, values) not in self._compiled:
            from actcli.core.activations.formula import formula as compiled  # compiled only when it is computed

            if len(self._compiled) > _MOST:
                self._compiled.clear()
            self._compiled[formula, values] = compiled(formula, dict(values), self._activations)
        return self._compiled[formula, values]

    def value(self, formula: str, x: Any, **values: float) -> Any:
        return self.computed(formula, tuple(values.items())).function(x)

    def breakpoints(self, formula: str, **values: float) -> Mapping[float, int]:
        return self.computed(formula, tuple(values.items())).breakpoints()

    def mend(self, formula: str, values: _Values, derivatives: Array, x: Array, flags: Collection[str]) -> None:
        mend = self.computed(formula, values).mend
        if mend is not None:
            mend(derivatives, x, flags)
