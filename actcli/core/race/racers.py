"""Participants of a race: each function once, even if it was given several times under different names."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from actcli.core.activations.activation import Elementwise
from actcli.core.activations.catalogue import CATALOGUE, ActivationLike, resolve
from actcli.core.analysis.digits import MoreDigits
from actcli.core.errors import InputError
from actcli.core.identify.fitting import IDENTITY, Fit
from actcli.core.identify.identification import identify
from actcli.core.identify.known import Known
from actcli.core.identify.proof import Proof
from actcli.core.network.mlp import of_hidden_units

_POINTS: Final = np.linspace(-6.03, 6.07, 201)
_NEAR: Final = 1e-6


@dataclass(frozen=True, eq=False)
class Racer:
    """One participant.

    activation: the one that is trained: a known activation if the function equals one
    given:      the labels under which the function was given
    """

    activation: Elementwise
    given: tuple[str, ...]


def racers(activations: Iterable[ActivationLike], more_digits: MoreDigits) -> list[Racer]:
    """One participant for each distinct function, in the given order.

    A formula that equals a known activation (`actcli.core.identify`) is trained as that one; equal formulas are trained
    as the first of them.
    InputError: a row-wise activation, or fewer than two distinct functions.
    """
    found: list[Racer] = []
    for given in map(of_hidden_units, map(resolve, activations)):
        unit = _known(given, more_digits)
        place = next((i for i, racer in enumerate(found) if _equal(unit, racer.activation, more_digits)), None)
        if place is None:
            found.append(Racer(unit, (given.label,)))
        elif given.label not in found[place].given:
            found[place] = replace(found[place], given=(*found[place].given, given.label))
    if len(found) < 2:
        same = f", and {' and '.join(found[0].given)} are one" if found and len(found[0].given) > 1 else ""
        raise InputError(f"a race takes two functions or more{same}")
    return found


def _known(given: Elementwise, more_digits: MoreDigits) -> Elementwise:
    """The known activation that equals `given`, else `given` itself, as for entries of the catalogue."""
    if given.name in CATALOGUE and not given.given_parameters:
        return given
    try:
        matches = identify(given, more_digits, thorough=False).matches
    except InputError:  # too few finite values to be identified
        return given
    for match in matches:
        if match.relation == "equal":
            known = resolve(match.name).with_parameters(**match.parameters)
            return of_hidden_units(known)
    return given


def _equal(a: Elementwise, b: Elementwise, more_digits: MoreDigits) -> bool:
    """Whether two functions are equal by the proof of `identify`."""
    if a.label == b.label:
        return True
    with np.errstate(all="ignore"):  # points where neither is defined count as equal
        if not np.allclose(a(_POINTS), b(_POINTS), _NEAR, _NEAR, equal_nan=True):
            return False
    known = Known(b, lambda x, parameters: b(x))
    return Proof(a, more_digits).shown(Fit(known, IDENTITY, {}, (), 0.0)) is not None
