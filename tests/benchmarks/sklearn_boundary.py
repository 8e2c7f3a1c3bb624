"""The decision boundary of `actcli boundary relu` with scikit-learn: same data, same network.

    python tests/benchmarks/sklearn_boundary.py PICTURE

512 points on two circles, three hidden layers of 16 relu units, Adam at rate 0.01, batches of 128, 600 steps. Needs
scikit-learn and matplotlib. rivals.py runs it as a process.
"""

import sys
import warnings

import matplotlib as mpl

mpl.use("agg")

import matplotlib.pyplot as plt
from sklearn.datasets import make_circles
from sklearn.inspection import DecisionBoundaryDisplay
from sklearn.neural_network import MLPClassifier
from sklearn.preprocessing import StandardScaler

STEPS, BATCH, POINTS = 600, 128, 512

warnings.simplefilter("ignore")  # ConvergenceWarning
points, classes = make_circles(POINTS, noise=0.1, factor=0.5, random_state=0)
points = StandardScaler().fit_transform(points)
epochs = STEPS // (POINTS // BATCH)
model = MLPClassifier(
    (16, 16, 16), learning_rate_init=0.01, batch_size=BATCH, max_iter=epochs, tol=0.0, n_iter_no_change=epochs,
    alpha=0.0, random_state=0,
)  # fmt: skip
model.fit(points, classes)
display = DecisionBoundaryDisplay.from_estimator(model, points, response_method="predict_proba")
display.ax_.scatter(*points.T, c=classes, edgecolor="k")
plt.savefig(sys.argv[1])
