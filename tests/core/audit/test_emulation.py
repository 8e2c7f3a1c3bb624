"""Formulas in few bits, against NumPy's own float32."""

import numpy as np

from actcli.core.activations.catalogue import resolve
from actcli.core.audit.emulation import as_computed

f32 = np.float32


def test_conditions_choose_what_is_computed() -> None:
    text = "x/3 if x > -2 and not x > 1 or x == 5 else x*0.1 + (1 if x else 7)"
    x = np.concatenate([np.linspace(-6, 6, 1001), [-2.0, 0.0, 1.0, 5.0]]).astype(f32)
    third = ((x > -2) & (x <= 1)) | (x == 5)
    expected = np.where(third, x / f32(3), x * f32(0.1) + np.where(x != 0, f32(1), f32(7)))
    found, _ = as_computed(resolve(text), text, x.astype(np.float64), "float32")
    assert (found == expected).all()
    assert 100 < third.sum() < 900
