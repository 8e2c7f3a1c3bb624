"""The steps of `actcli lesson`: what is told, and the command line that shows it."""

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True)
class Step:
    """A fact in words, and the command line that shows it; without one the cost of activations is measured."""

    title: str
    text: str
    command: str


STEPS: Final = (
    Step(
        "A neuron draws straight lines",
        "A neuron multiplies its inputs by weights, adds them up and adds a bias. Scaling and adding: of one input the "
        "result is a straight line, whatever the numbers are.",
        "plot 2*x+1 -0.5*x",
    ),
    Step(
        "Ten layers are one",
        "A stack of such layers is a product of matrices, and that is one matrix. Ten layers say the same as a single "
        "one, and on any line through the inputs the output is straight.",
        "collapse --layers 10",
    ),
    Step(
        "A boring boundary",
        "Without a bend the network tells two classes apart by a straight line, however deep it is. With a bend in "
        "each unit it draws the boundary that the points ask for.",
        "boundary identity relu tanh",
    ),
    Step(
        "The bend",
        "The activation function comes after the weighted sum, and it is not straight. The simplest has a single kink.",
        "plot relu",
    ),
    Step(
        "A fold, and folds of folds",
        "Each unit of a layer bends at its own place, and the next layer bends what is bent already. This is what the "
        "trained layers make of the plane.",
        "boundary relu --show space",
    ),
    Step(
        "Any curve, to any accuracy",
        "One hidden layer with enough units approximates any continuous function on an interval as closely as is "
        "asked: the universal approximation theorem.",
        "approximate sin(3*x) relu --error 0.01",
    ),
    Step(
        "A slope at every point",
        "To learn, the network has to know which way to nudge its weights, and for that every step needs a slope. This "
        "is tanh with its slope.",
        "plot tanh --order 1",
    ),
    Step(
        "Sigmoid: a soft yes or no",
        "Whatever comes in, what comes out is between 0 and 1, and can be read as a probability. A million below or "
        "above makes no difference any more.",
        "evaluate sigmoid -1000000 -5 0 5 1000000",
    ),
    Step(
        "Tanh: the same, around zero",
        "Tanh is a sigmoid that was stretched and moved: from -1 to 1, centred on 0, and steeper in the middle.",
        "compare sigmoid tanh",
    ),
    Step(
        "The vanishing gradient",
        "The signal goes backwards through the layers, and every layer multiplies it by a slope. Sigmoid's slope is at "
        "most 0.25, and near 0 in the tails: the first of many layers hears next to nothing.",
        "gradient-depth sigmoid --layers 20",
    ),
    Step(
        "ReLU: keep what is positive",
        "max(0, x), and its slope: 1 where the unit is on, 0 where it is off. Nothing is dimmed on the way.",
        "plot relu --order 1",
    ),
    Step(
        "The gradient survives depth",
        "The same 20 layers with relu and with sigmoid, step by step: the gradient of each layer, the loss, and how "
        "far the weights are moved.",
        "gradient-depth sigmoid relu --layers 20 --show over-time",
    ),
    Step("Cheap to compute", "What one element costs, measured on this machine and now.", ""),
    Step(
        "Dying units",
        "Where a relu unit is off its slope is 0. One that is off at every point of the data has no gradient, and "
        "gradient descent does not move it again. Such units are marked.",
        "boundary relu --show units",
    ),
    Step(
        "The cure: let a little through",
        "Leaky relu and gelu keep a slope on the negative side.",
        "plot relu leaky_relu:negative_slope=0.1 gelu --order 1",
    ),
    Step(
        "Softmax: scores to probabilities",
        "Softmax takes a whole row of scores, here those of cat, dog and bird, and returns numbers that add up to 1. "
        "The leader gains, the others lose.",
        "evaluate softmax 2.639 1.609 0",
    ),
    Step(
        "Sure is not right",
        "A large probability is no promise. How often is a trained network right when it says so?",
        "plot softmax --show calibration",
    ),
    Step(
        "Forward, backward, nudge",
        "One training step with every number: sums and bends forward to the loss, slopes backward from it, and each "
        "weight moved a little against its gradient.",
        "trace relu",
    ),
    Step(
        "Repeat until the bends settle",
        "Such steps, two thousand of them. The bends of the units move to where the curve needs them.",
        "approximate sin(3*x) relu --train",
    ),
    Step(
        "What goes through the layers",
        "Sums, outputs and gradients in each layer, before training and after.",
        "gradient-depth tanh --layers 10 --show histograms",
    ),
    Step(
        "Pick the right one",
        "Hidden layers: relu, or leaky relu where units die. A yes or no at the end: sigmoid. One of several classes: "
        "softmax. Here are four hidden activations on the same task.",
        "boundary sigmoid tanh relu leaky_relu --data spirals",
    ),
)
