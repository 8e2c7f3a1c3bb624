"""Cards of random formulas, and of named activations with random parameters, against values from mpmath.

    python -m tests.fuzz.cards [--minutes 30] [--seed 0] [--cases N]

Every statement of a card that a few hundred exact values and slopes can refute is held against them: range, symmetry,
monotonicity, zeros, kinks, jumps, slopes, saturation, limits, asymptotes and moments. "Not certain" is no fault; how
often each property is not certain is printed at the end. A fault is printed with the seed of its case: `--seed S
--cases 1` repeats it. Exit code 1 if there was one.
"""

from __future__ import annotations

import random
import sys
import time
import warnings
from collections import Counter
from collections.abc import Iterator
from typing import Final

from actcli.core.errors import InputError
from actcli.digits import describe
from tests.fuzz.campaign import campaign
from tests.fuzz.card_checks import wrong
from tests.fuzz.formulas_with_truth import called, formula, substituted, with_parameters

LONG: Final = 6.0
"""Processor seconds for a card."""


def case(seed: int) -> str:
    """A formula; every fourth time an activation with parameters, `silu:beta=0.3`, every eighth far away or scaled."""
    choose = random.Random(seed)
    kind = choose.random()
    if kind < 0.25:
        name, given = with_parameters(choose)
        named = f"{name}:{','.join(f'{key}={value}' for key, value in given.items())}"
        return named if choose.random() < 0.7 else called(name, "x", given)
    text = formula(choose)
    if kind < 0.35:
        factor = choose.choice(["1e-9", "1e6", "1e-200", "1e150"])
        return f"{factor}*({text})"
    if kind < 0.40:
        away = choose.choice(["x - 1e4", "x + 3e5", "1e3*x", "1e-4*x"])
        return substituted(text, away)
    return text


def _with(text: str, argument: str) -> str:
    return (
        text.replace("exp", "e_p")
        .replace("max", "ma_")
        .replace("x", f"({argument})")
        .replace("e_p", "exp")
        .replace("ma_", "max")
    )


def as_formula(text: str) -> str:
    """`silu(x, beta=0.3)` for `silu:beta=0.3`; a formula as it is."""
    name, colon, given = text.partition(":")
    return f"{name}(x, {given.replace(',', ', ')})" if colon else text


def faults(text: str, with_moments: bool = True, uncertain: Counter[str] | None = None) -> list[str]:
    """The wrong statements of a formula's card, and exceptions."""
    start = time.process_time()
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            card = describe(text).curve
    except InputError as error:
        return [] if "\n" not in str(error) else [f"not one line: {error}"]
    except Exception as error:
        return [f"{type(error).__name__}: {error}"]
    if card is None:
        return []
    taken = time.process_time() - start
    late = [f"{taken:.1f} s"] if taken > LONG else []
    if uncertain is not None:
        uncertain.update(card.uncertain)
    return late + wrong(as_formula(text), card, with_moments)


def main() -> int:
    uncertain: Counter[str] = Counter()

    def of_case(seed: int) -> Iterator[str]:
        text = case(seed)
        for said in faults(text, seed % 4 == 0, uncertain):
            yield f"{text!r}: {said}"

    code = campaign(__doc__, of_case, seconds=30 * LONG)
    print("not certain:", dict(uncertain))
    return code


if __name__ == "__main__":
    sys.exit(main())
