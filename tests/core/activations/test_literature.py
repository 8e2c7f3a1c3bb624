"""The literature: every entry against stored numbers of an independent implementation."""

import copy
import json
import pickle
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import mpmath
import numpy as np
import pytest

from actcli.core.activations.activation import Elementwise, folded
from actcli.core.activations.catalogue import ACTIVATIONS, CATALOGUE, literature, resolve
from actcli.core.activations.grammar import FUNCTIONS
from actcli.core.activations.literature import family_of, source_of, year_of
from actcli.core.errors import InputError
from tests.each import each
from tests.literature.compare import DISAGREEMENTS

LITERATURE = literature()
FOLDER = Path(__file__).parents[2] / "literature"
STORED: dict[str, Any] = json.loads((FOLDER / "torch_activation.json").read_text(encoding="utf-8"))
X = np.array(STORED["x"])
FAMILIES = {
    *("rectifier", "exponential", "gated", "sigmoidal", "softplus", "oscillating", "polynomial"),
    *("radial", "rational", "logarithmic", "shrinkage", "step", "row-wise"),
}


def test_there_are_hundreds_beyond_the_catalogue() -> None:
    assert len(LITERATURE) >= 300
    assert not set(LITERATURE) & set(CATALOGUE)


def test_every_spelling_is_one_entrys() -> None:
    spellings = [folded(s) for e in [*CATALOGUE.values(), *LITERATURE.values()] for s in {e.name, *e.aliases}]
    again = {s for s in spellings if spellings.count(s) > 1}
    assert not again & {folded(s) for e in LITERATURE.values() for s in (e.name, *e.aliases)}
    assert not {folded(s) for e in LITERATURE.values() for s in (e.name, *e.aliases)} & {folded(f) for f in FUNCTIONS}


@each("name", LITERATURE)
def test_an_entry_is_whole(name: str) -> None:
    entry = LITERATURE[name]
    assert name.isidentifier()
    assert name == name.lower()
    assert family_of(entry) in FAMILIES
    assert re.match(
        r'arXiv:\d{4}\.\d{5}$|doi:10\.|Kunc and Kléma 2024, section [\d."A-Z\w]|torch-activation 1\.0\.0, \w+/\w+\.py$'
        r"|Electronics |ScienceDirect |Gompertz ",
        entry.reference,
    )
    if found := re.match(r"arXiv:(\d\d)", entry.reference):
        assert entry.year == 2000 + int(found[1])
    assert entry.year is None or 1950 < entry.year < 2027
    assert source_of(entry).endswith(entry.reference)
    for spelling in (name, *entry.aliases, name.upper().replace("_", "-")):
        assert resolve(spelling) == entry


@each("name", LITERATURE)
def test_an_entry_evaluates_and_differentiates(name: str) -> None:
    entry = LITERATURE[name]
    at = np.array([0.217, 0.731]) if name == "sbaf" else np.array([-2.317, -0.4371, 0.3191, 1.871])
    values, slopes = entry(at), entry.derivative(at)
    assert np.isfinite([values, slopes]).all()
    h = 1e-6
    np.testing.assert_allclose((entry(at + h) - entry(at - h)) / (2 * h), slopes, rtol=1e-5, atol=1e-6)
    written = resolve(f"({entry.formula})" + (f":{_settings(entry)}" if entry.parameters else ""))
    assert isinstance(written, Elementwise)
    np.testing.assert_array_equal(values, written(at))
    np.testing.assert_array_equal(values, resolve(f"{name}(x)")(at))


def _settings(entry: Elementwise) -> str:
    return ",".join(f"{p.name}={p.default!r}" for p in entry.parameters)


@each("name", STORED["entries"])
def test_torch_activation_has_the_same_values_and_slopes(name: str) -> None:
    stored = STORED["entries"][name]
    activation = resolve(name).with_parameters(**stored["settings"])
    assert isinstance(activation, Elementwise)
    np.testing.assert_allclose(activation(X), stored["values"], rtol=2e-9, atol=2e-9)
    np.testing.assert_allclose(activation.derivative(X), stored["slopes"], rtol=2e-9, atol=2e-9)


def test_what_disagrees_with_torch_activation_is_listed_with_a_reason() -> None:
    assert not set(DISAGREEMENTS) & set(STORED["entries"])
    assert set(DISAGREEMENTS) <= set(LITERATURE)
    assert len(STORED["entries"]) >= 300


@pytest.mark.parametrize(
    ("text", "exact"),
    [
        ("golu", lambda x: x * mpmath.exp(-mpmath.exp(-x))),
        ("dyt:alpha=0.7", lambda x: mpmath.tanh(mpmath.mpf("0.7") * x)),
        ("derf", lambda x: mpmath.erf(x / 2)),
        ("bsilu", lambda x: (x + mpmath.mpf(1.67)) / (1 + mpmath.exp(-x)) - mpmath.mpf(1.67) / 2),
        ("aglu", lambda x: x / (1 + mpmath.exp(-x))),
        ("polyrelu", lambda x: sum(max(0, x) ** k for k in (1, 2, 3)) / 3),
        ("fplus", lambda x: x if x >= 0 else 1 / (1 - x) - 1),
        (
            "powlu",
            lambda x: (
                x * x ** (1 / (mpmath.sqrt(x) + 1)) / (1 + mpmath.exp(-x)) if x > 0 else x * x / (1 + mpmath.exp(-x))
            ),
        ),
        ("smu_1:a=0.5", lambda x: (mpmath.mpf(1.5) * x + mpmath.sqrt(x * x / 4 + 1)) / 2),
    ],
)
def test_what_torch_activation_lacks_is_its_definition(text: str, exact: Any) -> None:
    at = [-2.5, -0.3, 0.4, 1.7]
    expected = [float(exact(mpmath.mpf(x))) for x in at]
    np.testing.assert_allclose(resolve(text)(at), expected, rtol=4e-15, atol=1e-15)


def test_parameters_are_those_of_the_entry() -> None:
    assert resolve("eswish:a=2").label == "eswish:a=2"
    np.testing.assert_allclose(resolve("eswish:a=2")([1.0]), 2 * resolve("silu")([1.0]), rtol=1e-15)
    activation = resolve("sinlu:a=0.5,b=3")
    assert isinstance(activation, Elementwise)
    formula = resolve("(x + 0.5*sin(3*x))*sigmoid(x)")
    assert isinstance(formula, Elementwise)
    np.testing.assert_array_equal(activation.derivative([0.3]), formula.derivative([0.3]))
    pan = resolve("pan:a=2")
    assert isinstance(pan, Elementwise)
    assert pan.kinks() == (-2.0, 2.0)
    np.testing.assert_array_equal(resolve("eswish(2*x, a=3) + 1")([0.5]), 3 * resolve("silu")([1.0]) + 1)
    with pytest.raises(InputError, match="eswish has a"):
        resolve("eswish:b=1")


def test_it_can_be_copied_and_sent() -> None:
    for text in ("smish", "smish:a=2", "srelu:tr=0.5"):
        activation = resolve(text)
        for other in (copy.deepcopy(activation), pickle.loads(pickle.dumps(activation))):
            assert other == activation
            np.testing.assert_array_equal(other([-1.0, 2.0]), activation([-1.0, 2.0]))


def test_years_of_the_catalogue() -> None:
    assert year_of(CATALOGUE["gelu"]) == 2016
    assert year_of(LITERATURE["vrelu"]) is None
    assert {family_of(entry) for entry in CATALOGUE.values()} <= FAMILIES


def test_what_is_unknown_is_still_refused() -> None:
    with pytest.raises(InputError, match="did you mean smish"):
        resolve("smihs")
    assert "nothing" not in ACTIVATIONS
    with pytest.raises(InputError, match="no function 'smihs'"):
        resolve("smihs(x)")


@pytest.mark.parametrize(
    ("text", "read"), [("relu", False), ("x*tanh(log(1 + exp(x)))", False), ("max(x, 0) + pi", False), ("smish", True)]
)
def test_the_table_is_read_only_when_the_catalogue_lacks_a_name(text: str, read: bool) -> None:
    program = (
        "import sys; seen = []; sys.addaudithook(lambda e, a: e == 'open' and seen.append(str(a[0])))\n"
        f"from actcli import resolve; resolve({text!r})([1.0])\n"
        "print(any(s.endswith('literature.txt') for s in seen))"
    )
    run = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert run.stdout.strip() == str(read)
