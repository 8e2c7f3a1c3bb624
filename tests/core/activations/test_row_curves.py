"""Outputs of row-wise activations as functions of the last score."""

import mpmath
import numpy as np
import pytest

from actcli.core.activations.rows import check_row, row_text, swept
from actcli.core.errors import InputError
from tests.narrow import row_wise

X = np.array([-3.0, 0.0, 0.5, 2.0, 7.0])


@pytest.mark.parametrize("name", ["softmax", "log_softmax", "sparsemax", "hardmax", "glu", "swiglu"])
def test_each_curve_is_an_output_of_the_row(name: str) -> None:
    activation = row_wise(name)
    rows = np.array([[2.0, 1.0, 0.0, x] for x in X])
    outputs = swept(activation)
    for i, output in enumerate(outputs):
        assert output(X).tolist() == activation(rows)[:, i].tolist()
        assert output.derivative(X).tolist() == activation.jacobian(rows)[:, i, -1].tolist()
    assert len(outputs) == activation(rows).shape[1]


def test_second_derivatives_of_softmax() -> None:
    last = swept(row_wise("softmax"), (1.0, -0.5))[-1]

    def p(x: mpmath.mpf) -> mpmath.mpf:
        return mpmath.exp(x) / (mpmath.e + mpmath.exp(-0.5) + mpmath.exp(x))

    assert last.derivative(0.7, 2) == pytest.approx(float(mpmath.diff(p, 0.7, 2)), rel=1e-12)


def test_names() -> None:
    softmax = row_wise("softmax:temperature=2")
    assert [output.label for output in swept(softmax, (1.0,))] == ["softmax_1", "softmax_2"]
    assert row_text(softmax, (2.0, 0.5)) == "softmax:temperature=2(2, 0.5, x)"


def test_rows_that_cannot_be_drawn() -> None:
    assert check_row(row_wise("softmax"), np.array([1.0, 2.0, 3.0])) == (1.0, 2.0)
    with pytest.raises(InputError, match="at least two"):
        check_row(row_wise("softmax"), np.array([1.0]))
    with pytest.raises(InputError, match="finite"):
        check_row(row_wise("softmax"), np.array([1.0, np.nan]))
    with pytest.raises(InputError, match="even number"):
        swept(row_wise("glu"), (1.0, 2.0))
