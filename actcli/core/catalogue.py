"""The catalogue: one entry an activation. What the functions do stands in pieces, gates, smooth and rows."""

from collections.abc import Mapping
from typing import Final

from actcli.core import gates, pieces, rows, smooth
from actcli.core.activation import Activation, Parameter
from actcli.core.elementary import arctan, exp, sigmoid, sin


def _positive(name: str, default: float) -> Parameter:
    return Parameter(name, default, minimum=0.0, open=True)


_ENTRIES = (
    # --- the line, and rectifiers -------------------------------------------------------------------------------
    Activation(
        name="identity",
        aliases=("linear",),
        function=lambda x: x,
        formula="x",
        reference="Widrow and Hoff 1960, Adaptive switching circuits",
    ),
    Activation(
        name="relu",
        function=pieces.relu,
        formula="max(0, x)",
        reference="Fukushima 1969; Nair and Hinton 2010, ICML",
        breaks=lambda: {0.0: 1},
    ),
    Activation(
        name="leaky_relu",
        aliases=("lrelu",),
        function=pieces.leaky_relu,
        formula="x if x > 0 else negative_slope*x",
        reference="Maas, Hannun and Ng 2013, ICML",
        parameters=(Parameter("negative_slope", 0.01),),
        breaks=lambda negative_slope: {} if negative_slope == 1.0 else {0.0: 1},
    ),
    Activation(
        name="prelu",
        function=lambda x, weight: pieces.leaky_relu(x, weight),
        formula="x if x > 0 else weight*x",
        reference="He, Zhang, Ren and Sun 2015, arXiv:1502.01852",
        parameters=(Parameter("weight", 0.25),),
        breaks=lambda weight: {} if weight == 1.0 else {0.0: 1},
    ),
    Activation(
        name="rrelu",
        function=pieces.rrelu,
        formula="x if x > 0 else (lower + upper)/2*x",
        reference="Xu, Wang, Chen and Li 2015, arXiv:1505.00853 (evaluation mode)",
        parameters=(Parameter("lower", 1.0 / 8.0), Parameter("upper", 1.0 / 3.0)),
        breaks=lambda lower, upper: {} if 0.5 * (lower + upper) == 1.0 else {0.0: 1},
        condition=("lower <= upper", lambda lower, upper: lower <= upper),
    ),
    Activation(
        name="relu6",
        function=pieces.relu6,
        formula="min(max(0, x), 6)",
        reference="Krizhevsky 2010, Convolutional deep belief networks on CIFAR-10",
        breaks=lambda: {0.0: 1, 6.0: 1},
    ),
    Activation(
        name="relu_squared",
        aliases=("squared_relu", "relu2"),
        function=pieces.relu_squared,
        formula="max(0, x)**2",
        reference="So et al. 2021, Primer, arXiv:2109.08668",
        breaks=lambda: {0.0: 2},
    ),
    Activation(
        name="threshold",
        aliases=("thresholded_relu",),
        function=pieces.threshold,
        formula="x if x > threshold else value",
        reference="Konda, Memisevic and Krueger 2015, arXiv:1402.3337",
        parameters=(Parameter("threshold", 1.0), Parameter("value", 0.0)),
        breaks=lambda threshold, value: {threshold: 1 if threshold == value else 0},
    ),
    Activation(
        name="elu",
        function=pieces.elu,
        formula="x if x > 0 else alpha*expm1(x)",
        reference="Clevert, Unterthiner and Hochreiter 2016, arXiv:1511.07289",
        parameters=(Parameter("alpha", 1.0),),
        breaks=lambda alpha: {0.0: 2 if alpha == 1.0 else 1},
    ),
    Activation(
        name="celu",
        function=pieces.celu,
        formula="x if x > 0 else alpha*expm1(x/alpha)",
        reference="Barron 2017, arXiv:1704.07483",
        parameters=(_positive("alpha", 1.0),),
        breaks=lambda alpha: {0.0: 2},
    ),
    Activation(
        name="selu",
        function=pieces.selu,
        formula="gamma*(x if x > 0 else alpha*expm1(x))",
        reference="Klambauer, Unterthiner, Mayr and Hochreiter 2017, arXiv:1706.02515",
        parameters=(Parameter("alpha", 1.6732632423543772), Parameter("gamma", 1.0507009873554805)),
        breaks=lambda alpha, gamma: {0.0: 2 if alpha == 1.0 else 1},
    ),
    # --- x times a gate -----------------------------------------------------------------------------------------
    Activation(
        name="gelu",
        function=gates.gelu,
        formula="x*(1 + erf(x/sqrt(2)))/2",
        reference="Hendrycks and Gimpel 2016, arXiv:1606.08415",
    ),
    Activation(
        name="gelu_tanh",
        aliases=("gelu_new", "gelu_approximate"),
        function=gates.gelu_tanh,
        formula="x*(1 + tanh(sqrt(2/pi)*(x + 0.044715*x**3)))/2",
        reference="Hendrycks and Gimpel 2016, arXiv:1606.08415, section 2",
    ),
    Activation(
        name="quick_gelu",
        function=lambda x: gates.silu(x, 1.702),
        formula="x*sigmoid(1.702*x)",
        reference="Hendrycks and Gimpel 2016, arXiv:1606.08415, section 2",
    ),
    Activation(
        name="silu",
        aliases=("swish",),
        function=gates.silu,
        formula="x*sigmoid(beta*x)",
        reference="Elfwing, Uchibe and Doya 2017, arXiv:1702.03118; Ramachandran et al. 2017, arXiv:1710.05941",
        parameters=(Parameter("beta", 1.0),),
    ),
    Activation(
        name="mish",
        function=gates.mish,
        formula="x*tanh(softplus(x))",
        reference="Misra 2019, arXiv:1908.08681",
    ),
    Activation(
        name="hard_swish",
        aliases=("hard_silu",),
        function=pieces.hard_swish,
        formula="x*min(max(0, x + 3), 6)/6",
        reference="Howard et al. 2019, MobileNetV3, arXiv:1905.02244",
        breaks=lambda: {-3.0: 1, 3.0: 1},
    ),
    # --- smooth rectifiers --------------------------------------------------------------------------------------
    Activation(
        name="softplus",
        function=smooth.softplus_beta,
        formula="log(1 + exp(beta*x))/beta",
        reference="Dugas et al. 2001, NIPS; Glorot, Bordes and Bengio 2011, AISTATS",
        parameters=(_positive("beta", 1.0),),
    ),
    Activation(
        name="squareplus",
        function=smooth.squareplus,
        formula="(x + sqrt(x**2 + b))/2",
        reference="Barron 2021, arXiv:2112.11687",
        parameters=(_positive("b", 4.0),),
    ),
    Activation(
        name="sparse_plus",
        function=pieces.sparse_plus,
        formula="0 if x <= -1 else x if x >= 1 else (x + 1)**2/4",
        reference="Martins and Astudillo 2016, arXiv:1602.02068; jax.nn.sparse_plus",
        breaks=lambda: {-1.0: 2, 1.0: 2},
    ),
    Activation(
        name="exponential",
        aliases=("exp",),
        function=exp,
        formula="exp(x)",
        reference="keras.activations.exponential",
    ),
    # --- squashers ----------------------------------------------------------------------------------------------
    Activation(
        name="sigmoid",
        aliases=("logistic", "expit"),
        function=sigmoid,
        formula="1 / (1 + exp(-x))",
        reference="Verhulst 1838; Rumelhart, Hinton and Williams 1986, Nature 323",
    ),
    Activation(
        name="log_sigmoid",
        function=smooth.log_sigmoid,
        formula="-log(1 + exp(-x))",
        reference="torch.nn.LogSigmoid",
    ),
    Activation(
        name="hard_sigmoid",
        function=pieces.hard_sigmoid,
        formula="min(1, max(0, alpha*x + beta))",
        reference="Courbariaux, Bengio and David 2015, arXiv:1511.00363; ONNX HardSigmoid",
        parameters=(_positive("alpha", 1.0 / 6.0), Parameter("beta", 0.5)),
        breaks=lambda alpha, beta: dict.fromkeys(pieces.ends_of_hard_sigmoid(alpha, beta), 1),
    ),
    Activation(
        name="sparse_sigmoid",
        function=pieces.sparse_sigmoid,
        formula="min(1, max(0, (x + 1)/2))",
        reference="Martins and Astudillo 2016, arXiv:1602.02068; jax.nn.sparse_sigmoid",
        breaks=lambda: {-1.0: 1, 1.0: 1},
    ),
    Activation(
        name="tanh",
        function=smooth.tanh,
        formula="(exp(x) - exp(-x)) / (exp(x) + exp(-x))",
        reference="LeCun, Bottou, Orr and Müller 1998, Efficient backprop",
    ),
    Activation(
        name="hard_tanh",
        function=pieces.hard_tanh,
        formula="min(max_val, max(min_val, x))",
        reference="Collobert 2004, Large scale machine learning",
        parameters=(Parameter("min_val", -1.0), Parameter("max_val", 1.0)),
        breaks=lambda min_val, max_val: {min_val: 1, max_val: 1},
        condition=("min_val < max_val", lambda min_val, max_val: min_val < max_val),
    ),
    Activation(
        name="softsign",
        function=smooth.softsign,
        formula="x/(1 + abs(x))",
        reference="Turian, Bergstra and Bengio 2009; Glorot and Bengio 2010, AISTATS",
        breaks=lambda: {0.0: 2},
    ),
    Activation(
        name="erf",
        function=smooth.erf,
        formula="erf(x)",
        reference="Glaisher 1871; Williams 1998, Computation with infinite neural networks",
    ),
    Activation(
        name="arctan",
        aliases=("atan",),
        function=arctan,
        formula="atan(x)",
        reference="Lau and Lim 2018, Review of adaptive activation function in deep neural network",
    ),
    Activation(
        name="step",
        aliases=("heaviside", "binary_step"),
        function=pieces.step,
        formula="1 if x >= 0 else 0",
        reference="McCulloch and Pitts 1943; Rosenblatt 1958",
        breaks=lambda: {0.0: 0},
    ),
    # --- shrinkage ----------------------------------------------------------------------------------------------
    Activation(
        name="hard_shrink",
        function=pieces.hard_shrink,
        formula="x if abs(x) > lambd else 0",
        reference="Donoho and Johnstone 1994, Ideal spatial adaptation by wavelet shrinkage",
        parameters=(Parameter("lambd", 0.5, minimum=0.0),),
        breaks=lambda lambd: {-lambd: 0, lambd: 0} if lambd > 0.0 else {},
    ),
    Activation(
        name="soft_shrink",
        function=pieces.soft_shrink,
        formula="max(x - lambd, 0) - max(-x - lambd, 0)",
        reference="Donoho 1995, De-noising by soft-thresholding",
        parameters=(Parameter("lambd", 0.5, minimum=0.0),),
        breaks=lambda lambd: {-lambd: 1, lambd: 1} if lambd > 0.0 else {},
    ),
    Activation(
        name="tanh_shrink",
        function=smooth.tanh_shrink,
        formula="x - tanh(x)",
        reference="torch.nn.Tanhshrink",
    ),
    # --- waves --------------------------------------------------------------------------------------------------
    Activation(
        name="sin",
        aliases=("sine",),
        function=sin,
        formula="sin(x)",
        reference="Lapedes and Farber 1987; Sitzmann et al. 2020, arXiv:2006.09661",
    ),
    Activation(
        name="snake",
        function=smooth.snake,
        formula="x + sin(a*x)**2/a",
        reference="Ziyin, Hartwig and Ueda 2020, arXiv:2006.08195",
        parameters=(_positive("a", 1.0),),
    ),
    # --- whole rows ---------------------------------------------------------------------------------------------
    Activation(
        name="softmax",
        function=rows.softmax,
        formula="exp(x_i/temperature) / sum_j exp(x_j/temperature)",
        reference="Boltzmann 1868; Bridle 1990, Probabilistic interpretation of feedforward network outputs",
        parameters=(_positive("temperature", 1.0),),
        rowwise=True,
    ),
    Activation(
        name="log_softmax",
        function=rows.log_softmax,
        formula="x_i - log(sum_j exp(x_j))",
        reference="Bridle 1990; torch.nn.LogSoftmax",
        rowwise=True,
    ),
    Activation(
        name="softmin",
        function=lambda x: rows.softmax(-x),
        formula="exp(-x_i) / sum_j exp(-x_j)",
        reference="torch.nn.Softmin",
        rowwise=True,
    ),
    Activation(
        name="sparsemax",
        function=rows.sparsemax,
        formula="max(0, x_i - tau), tau such that the row sums to 1",
        reference="Martins and Astudillo 2016, arXiv:1602.02068",
        rowwise=True,
    ),
    Activation(
        name="hardmax",
        function=rows.hardmax,
        formula="1 at the first largest x_i, 0 elsewhere",
        reference="ONNX Hardmax",
        rowwise=True,
    ),
    Activation(
        name="glu",
        function=rows.gated_by(sigmoid),
        formula="a*sigmoid(b), the row cut in halves a and b",
        reference="Dauphin, Fan, Auli and Grangier 2017, arXiv:1612.08083",
        rowwise=True,
    ),
    Activation(
        name="swiglu",
        function=rows.gated_by(lambda b: gates.silu(b, 1.0)),
        formula="a*silu(b), the row cut in halves a and b",
        reference="Shazeer 2020, arXiv:2002.05202",
        rowwise=True,
    ),
    Activation(
        name="geglu",
        function=rows.gated_by(gates.gelu),
        formula="a*gelu(b), the row cut in halves a and b",
        reference="Shazeer 2020, arXiv:2002.05202",
        rowwise=True,
    ),
    Activation(
        name="reglu",
        function=rows.gated_by(pieces.relu),
        formula="a*relu(b), the row cut in halves a and b",
        reference="Shazeer 2020, arXiv:2002.05202",
        rowwise=True,
    ),
)

CATALOGUE: Final[Mapping[str, Activation]] = {entry.name: entry for entry in _ENTRIES}
"""Canonical name -> activation with its default parameters."""
