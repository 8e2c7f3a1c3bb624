"""Picture of a calibration: accuracy over confidence on points outside of the training set."""

import numpy as np

from actcli.core.lessons.calibration import HIDDEN, LEARNT, STEPS, UNSEEN, Calibration
from actcli.views.notation import percent
from actcli.views.picture.description import GUIDE, Axis, Band, Curve, Histogram, Panel, Picture, Style

_FEWEST = 50
"""Least points of a bin that is drawn: the accuracy of fewer is uncertain."""


def calibration_picture(found: Calibration) -> Picture:
    """Accuracy over confidence, with the diagonal of perfect calibration; below, the histogram of confidence."""
    low = float(found.edges[0])
    across = Axis(low, 1.0, label="confidence")
    shown = found.count >= _FEWEST
    confidence, accuracy, count = found.confidence[shown], found.accuracy[shown], found.count[shown]
    spread = 2.0 * np.sqrt(accuracy * (1.0 - accuracy) / count)
    calibrated = Curve("", np.array([low, 1.0]), np.array([low, 1.0]), GUIDE)
    right = Panel(
        across,
        Axis(0.0, 1.0),
        [Curve("right", confidence, accuracy, Style(), measured=True)],
        "share that is right (dashed: calibrated; area: 2 standard errors)",
        guides=[calibrated],
        bands=[Band(confidence, accuracy - spread, accuracy + spread, Style())],
    )
    shares = found.count / found.count.sum()
    many = Panel(
        across,
        Axis(0.0, float(shares.max())),
        title="share of points that are so confident",
        histograms=[Histogram(found.edges, shares, Style("reference"))],
        extra=True,
    )
    return Picture(
        f"confidence of {found.activation} on {UNSEEN:,} points that the network has not seen",
        [right, many],
        arrangement="stack",
        notes=[sentence(found)],
    )


def sentence(found: Calibration) -> str:
    """Mean confidence and accuracy over all points, in words."""
    sure, right, learnt = (
        percent(share) for share in (found.mean_confidence, found.mean_accuracy, found.accuracy_learnt)
    )
    units = " and ".join(map(str, HIDDEN))
    return (
        f"A network of {units} relu units after {STEPS} steps on {LEARNT} points: of these it has {learnt} right. On "
        f"others the largest output is {sure} on average, and its class is right for {right} of them."
    )
