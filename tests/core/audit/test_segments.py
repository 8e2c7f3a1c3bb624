"""Segments begin where the size of the error changes."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from actcli.core.audit.tally import MOST, boundaries


def test_steps_of_the_error_are_found() -> None:
    assert boundaries(np.repeat([0.5, 1e4, 0.3, 70.0], [100, 20, 300, 50])).tolist() == [100, 120, 420]


def test_below_one_ulp_all_errors_are_alike_and_one_spike_of_infinity_is_not() -> None:
    assert boundaries(np.random.default_rng(1).random(500)).size == 0
    assert boundaries(np.concatenate([np.full(200, 0.5), [np.inf], np.full(100, 0.5)])).tolist() == [200, 201]
    assert boundaries(np.array([])).size == 0


@given(st.lists(st.floats(0, 1e30), min_size=1, max_size=300))
def test_there_are_never_too_many(errors: list[float]) -> None:
    found = boundaries(np.array(errors))
    assert len(found) < MOST
    assert (np.diff(np.concatenate([[0], found, [len(errors)]])) > 0).all()
