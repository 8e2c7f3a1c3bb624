"""Texts on the picture of a calibration."""

from dataclasses import replace

import numpy as np
import pytest

from actcli.core.lessons.calibration import Calibration
from actcli.views.calibration import calibration_picture

EDGES = np.array([0.25, 0.5, 0.75, 1.0])
FOUND = Calibration(
    "softmax", EDGES, np.array([40.0, 100.0, 60.0]), np.array([0.4, 0.6, 0.9]), np.array([0.5, 0.64, 0.8]),
    mean_confidence=0.65, mean_accuracy=0.66, expected_error=0.07, accuracy_learnt=0.9,
)  # fmt: skip


def test_each_bin_stands_at_its_confidence_with_the_share_that_is_right() -> None:
    picture = calibration_picture(FOUND)
    assert picture.title == "confidence of softmax on 20,000 points that the network has not seen"
    right, many = picture.panels
    assert right.title == "share that is right (dashed: calibrated; area: 2 standard errors)"
    (curve,), (line,), (band,) = right.curves, right.guides, right.bands
    assert np.array_equal(line.x, line.y), "calibrated is who is right as often as confident"
    assert (curve.x.tolist(), curve.y.tolist()) == ([0.6, 0.9], [0.64, 0.8]), "of 40 points a share says little"
    errors = np.sqrt(curve.y * (1 - curve.y) / [100, 60])
    assert band.high - curve.y == pytest.approx(2 * errors)
    assert curve.y - band.low == pytest.approx(2 * errors)
    assert many.title == "share of points that are so confident"
    (bars,) = many.histograms
    assert bars.height == pytest.approx([0.2, 0.5, 0.3])
    assert "confidence of sparsemax on" in calibration_picture(replace(FOUND, activation="sparsemax")).title
