"""The steps of `actcli lesson`: title, text and command line."""

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True)
class Step:
    """A step: text, and the command line that shows it; an empty command measures the cost of activations."""

    title: str
    text: str
    command: str


STEPS: Final = (
    Step(
        "A neuron draws straight lines",
        "A neuron multiplies its inputs by weights, adds them up and adds a bias. With one input the result is a "
        "straight line, whatever the weight and the bias.",
        "plot 2*x+1 -0.5*x",
    ),
    Step(
        "Ten layers are one",
        "A stack of such layers is a product of matrices, and that is one matrix. Ten layers compute the same as one: "
        "along any line through the inputs the output is straight.",
        "collapse --layers 10",
    ),
    Step(
        "A boring boundary",
        "Without a bend the network tells two classes apart by a straight line, however deep it is. With a bend in "
        "each unit the boundary can follow the points.",
        "boundary identity relu tanh",
    ),
    Step(
        "The bend",
        "The activation function comes after the weighted sum, and it is not straight. The simplest has a single kink.",
        "plot relu",
    ),
    Step(
        "A fold, and folds of folds",
        "Each unit of a layer bends the plane at its own place, and the next layer bends the result again. The maps "
        "show the plane after each layer, before training and after.",
        "boundary relu --show space",
    ),
    Step(
        "Any curve, to any accuracy",
        "One hidden layer with enough units approximates any continuous function on an interval to any accuracy: the "
        "universal approximation theorem.",
        "approximate sin(3*x) relu --error 0.01",
    ),
    Step(
        "A slope at every point",
        "Training moves each weight against its gradient, and the gradient contains the slopes of the activations. "
        "This is tanh with its slope.",
        "plot tanh --order 1",
    ),
    Step(
        "Sigmoid: a soft yes or no",
        "The output is between 0 and 1 for every input and can be read as a probability. At minus and plus "
        "a million it cannot be told from 0 and 1, nor its slope from 0: the unit is saturated.",
        "evaluate sigmoid -1000000 -5 0 5 1000000",
    ),
    Step(
        "Tanh: the same, around zero",
        "Tanh is a sigmoid that was stretched and moved: from -1 to 1, centred on 0, and steeper in the middle.",
        "compare sigmoid tanh",
    ),
    Step(
        "The vanishing gradient",
        "The gradient goes backwards through the layers, and every layer multiplies it by a slope. Sigmoid's slope is "
        "at most 0.25, and near 0 in the tails: almost no gradient arrives at the first of many layers.",
        "gradient-depth sigmoid --layers 20",
    ),
    Step(
        "ReLU: keep what is positive",
        "max(0, x), and its slope: 1 where the unit is on, 0 where it is off. A slope of 1 passes the gradient on "
        "unchanged.",
        "plot relu --order 1",
    ),
    Step(
        "The gradient survives depth",
        "The same 20 layers with relu and with sigmoid, step by step: the gradient of each layer, the loss, and how "
        "far the weights are moved.",
        "gradient-depth sigmoid relu --layers 20 --show over-time",
    ),
    Step("Cheap to compute", "The time for one element, measured now on this machine.", ""),
    Step(
        "Dying units",
        "Where a relu unit is off its slope is 0. One that is off at every point of the data has no gradient: "
        "the weights into it do not learn. Such units are marked.",
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
        "The largest score gets the largest share.",
        "evaluate softmax 2.639 1.609 0",
    ),
    Step(
        "Sure is not right",
        "A network may give a class 90 % and be right less often. The curve shows how often.",
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
        "Two thousand such steps. The bends of the units move to where the curve needs them.",
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
