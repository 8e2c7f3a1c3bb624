"""Confidence and accuracy outside of the training set, against counts by hand."""

import numpy as np
import pytest

from actcli.core.activations.activation import RowWise
from actcli.core.activations.catalogue import resolve
from actcli.core.errors import InputError
from actcli.core.lessons import calibration
from actcli.core.lessons.calibration import CLASSES, UNSEEN, Calibration, calibrate
from actcli.views.calibration import calibration_picture, sentence


def rowwise(name: str) -> RowWise:
    activation = resolve(name)
    assert isinstance(activation, RowWise)
    return activation


@pytest.fixture(scope="module")
def found() -> Calibration:
    return calibrate(rowwise("softmax"))


def test_a_confident_softmax_is_not_calibrated(found: Calibration) -> None:
    assert found.accuracy_learnt == 1.0, "learnt by heart"
    assert found.mean_confidence > found.mean_accuracy + 0.1
    assert 0.1 < found.expected_error <= 1.0


def test_every_point_is_in_one_bin(found: Calibration) -> None:
    assert found.count.sum() == UNSEEN
    known = found.count > 0
    assert (found.edges[:-1][known] <= found.confidence[known] + 1e-12).all()
    assert (found.confidence[known] <= found.edges[1:][known] + 1e-12).all()
    weights = found.count[known] / UNSEEN
    assert weights @ found.confidence[known] == pytest.approx(found.mean_confidence)
    assert weights @ found.accuracy[known] == pytest.approx(found.mean_accuracy)
    assert weights @ np.abs(found.confidence - found.accuracy)[known] == pytest.approx(found.expected_error)


def test_bins_counted_one_by_one() -> None:
    confidence, right = np.array([0.35, 0.36, 0.5, 0.98, 1.0]), np.array([True, False, True, True, False])
    found = calibration._measured("softmax", confidence, right, 1.0)
    assert found.edges[[0, -1]].tolist() == [1 / CLASSES, 1.0]
    assert found.count.tolist() == [2, 0, 1, 0, 0, 0, 0, 0, 0, 2]
    assert found.accuracy[[0, 2, 9]].tolist() == [0.5, 1.0, 0.5]
    assert found.confidence[[0, 9]].tolist() == pytest.approx([0.355, 0.99])
    assert np.isnan(found.accuracy[1])
    # (2 |0.355 - 0.5| + |0.5 - 1| + 2 |0.99 - 0.5|) / 5
    assert found.expected_error == pytest.approx((2 * 0.145 + 0.5 + 2 * 0.49) / 5)


def test_the_sentence_states_what_was_measured(found: Calibration) -> None:
    text = sentence(found)
    assert "of these it has 100 % right" in text
    assert f"{100 * found.mean_confidence:.3g} % on average" in text
    assert f"right for {100 * found.mean_accuracy:.3g} % of them" in text


def test_bins_of_a_few_points_are_not_drawn(found: Calibration) -> None:
    (curve,) = calibration_picture(found).panels[0].curves
    assert curve.x.size == (found.count >= 50).sum() < len(found.count)


def test_the_same_seed_is_the_same_network(found: Calibration) -> None:
    again, other = calibrate(rowwise("softmax")), calibrate(rowwise("softmax"), seed=1)
    assert again.mean_accuracy == found.mean_accuracy != other.mean_accuracy


def test_what_makes_no_probabilities_has_no_confidence() -> None:
    with pytest.raises(InputError, match="no probabilities"):
        calibrate(rowwise("log_softmax"))
