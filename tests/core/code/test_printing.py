"""The printer's work for long expressions."""

import pytest

from actcli.core.activations.catalogue import ACTIVATIONS
from actcli.core.code.constants import with_constants
from actcli.core.code.functions import functions
from actcli.core.code.printing import Printer
from actcli.core.code.python_module import numpy_module
from actcli.core.code.term import Term
from tests.narrow import elementwise


def test_a_sum_of_many_terms_is_not_written_anew_for_each_part(monkeypatch: pytest.MonkeyPatch) -> None:
    """Texts for 40 terms: at most 5 times those for 20, where writing each part anew takes 8 times as many."""
    written: list[Term] = []
    write = Printer._written

    def counted(self: Printer, node: Term, around: int) -> str:
        written.append(node)
        return write(self, node, around)

    monkeypatch.setattr(Printer, "_written", counted)
    counts = []
    for terms in (20, 40):
        text = " + ".join(f"{k}*tanh({k}*x - {k})" for k in range(1, terms + 1))
        written.clear()
        numpy_module(with_constants(functions(elementwise(text), ACTIVATIONS)), "", "")
        counts.append(len(written))
    assert counts[1] <= 5 * counts[0]
