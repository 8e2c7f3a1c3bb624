"""Results of the emitted code of each target against the core and mpmath."""

import ast
import ctypes
import math
import subprocess
import sys
from pathlib import Path
from shutil import which

import numpy as np
import pytest

from actcli.core.activations.catalogue import ACTIVATIONS, literature
from actcli.core.arrays import Array
from actcli.core.code.c_header import c_header
from actcli.core.code.emission import chosen
from actcli.core.code.functions import Functions, functions, renamed, sample
from actcli.core.code.measurement import BOUND, Accuracy, accuracy
from actcli.core.code.printing import Language
from actcli.core.code.python_module import function_text, helper_texts, jax_module, numpy_module, torch_module
from actcli.core.code.rules import Derivative
from actcli.core.code.targets import NUMPY, TORCH, C
from actcli.core.code.term import Term, apply, subterms
from actcli.core.code.term import name as named
from actcli.multiprecision.reference import float64_reference, value_and_slope_reference
from tests.core.code.targets import (
    C_OPTIONS,
    both_from_core,
    elementwise_names,
    from_core,
    functions_of,
    module_of,
    with_c,
    with_jax,
    with_numpy,
    with_torch,
)
from tests.each import each
from tests.narrow import elementwise

CATALOGUE = tuple(elementwise_names())

# Published activations of every family, with formulas that float64 computes to a few ULP.
PUBLISHED = (
    *("vrelu", "shifted_relu", "vlrelu", "olrelu", "slrelu", "minsin", "nlrelu", "resp", "prenu", "brelu", "trec"),
    *("blrelu", "pan", "abslu", "lsptlu", "softmodulusq", "softmodulust", "li_relu", "repu", "recu", "plaf_even"),
    *("drlu", "disrelu", "mlrelu", "fts", "ada", "lada", "siglu", "maxsig", "thlu", "maxtanh", "iplu", "lselu"),
    *("hardelish", "sqnl", "squish", "sqsoftplus", "bfire", "gcu", "lisht", "sgelu", "hard_tanh"),
)

X = sample()

needs_gcc = pytest.mark.skipif(which("gcc") is None, reason="no C compiler; .ci/run fails without one")


@pytest.fixture(scope="module")
def several() -> dict[str, Functions]:
    return {name: functions_of(name) for name in (*CATALOGUE, *PUBLISHED)}


def measured(name: str, computed: tuple[Array, Array], flushed: bool = False) -> tuple[Accuracy, Accuracy]:
    activation = elementwise(name)
    found = []
    for order in (0, 1):
        exact = from_core(activation, order)(X)
        skip = np.abs(exact.exact) < 2.3e-308 if flushed else np.isin(X, activation.kinks(99)) & bool(order)
        found.append(accuracy(X, computed[order], exact, bool(order), skip))
    return found[0], found[1]


def outside(name: str, computed: tuple[Array, Array], flushed: bool = False) -> list[str]:
    """Descriptions of results with an error above 16 ULP, or nan where the core has a number."""
    return [f"{name}: {one}" for one in measured(name, computed, flushed) if one.beyond or one.missing]


def test_there_are_forty_of_the_literature() -> None:
    assert len(set(PUBLISHED) & set(literature())) >= 40


def test_numpy_code_is_within_16_ulp_of_the_core(several: dict[str, Functions]) -> None:
    assert [line for name, of in several.items() for line in outside(name, with_numpy(of)(X))] == []


@needs_gcc
def test_c_code_compiles_without_a_warning_and_is_within_16_ulp(several: dict[str, Functions], tmp_path: Path) -> None:
    run = with_c(several, tmp_path)
    assert [line for name, of in run.items() for line in outside(name, of(X))] == []


@pytest.mark.frameworks
def test_torch_code_is_within_16_ulp(several: dict[str, Functions]) -> None:
    assert [line for name, of in several.items() for line in outside(name, with_torch(of)(X))] == []


@pytest.mark.frameworks
def test_jax_code_is_within_16_ulp(several: dict[str, Functions]) -> None:
    assert [line for name, of in several.items() for line in outside(name, with_jax(of)(X), True)] == []


@pytest.mark.frameworks
def test_jax_flushes_what_is_subnormal(several: dict[str, Functions]) -> None:
    """The emitted docstring says so."""
    assert with_jax(several["exponential"])(np.array([-720.0, -700.0]))[0].tolist() == [0.0, math.exp(-700.0)]


@needs_gcc
def test_c_code_for_float_rounds_once(several: dict[str, Functions], tmp_path: Path) -> None:
    source = c_header(several["gelu"], "gelu", "") + "float run(float x) { return act_gelu_float(x); }\n"
    (tmp_path / "one.c").write_text(source)
    library = tmp_path / "one.so"
    subprocess.run(["gcc", *C_OPTIONS, "-o", str(library), str(tmp_path / "one.c"), "-lm"], check=True)
    function = ctypes.CDLL(str(library)).run
    function.argtypes, function.restype = [ctypes.c_float], ctypes.c_float
    x = np.linspace(-12.0, 6.0, 301).astype(np.float32)
    assert [function(float(at)) for at in x] == elementwise("gelu")(x.astype(np.float64)).astype(np.float32).tolist()


def test_at_infinity_the_code_is_the_limit_and_at_nan_the_value_is_nan(several: dict[str, Functions]) -> None:
    """x/(1 + |x|) at ∞ is ∞/∞."""
    x = np.array([-np.inf, np.inf, np.nan])
    for name in CATALOGUE:
        value, slope = with_numpy(several[name])(x)
        exact = elementwise(name)
        np.testing.assert_allclose(value, exact(x), atol=1e-300, err_msg=name)
        known = np.isfinite(exact.derivative(x))
        np.testing.assert_allclose(slope[known], exact.derivative(x)[known], atol=1e-300, err_msg=name)


def test_at_nan_there_is_no_slope(several: dict[str, Functions]) -> None:
    """Not the slope of a piece: nan is neither above 0 nor below it."""
    finite = [name for name in CATALOGUE if not np.isnan(with_numpy(several[name])(np.array([np.nan]))[1])]
    formulas = ("min(tanh(w*x), max(x, b)):w=0.1,b=2", "x if x > 3 else 0", "marrelu")
    finite += [of for of in formulas if not np.isnan(with_numpy(functions_of(of))(np.array([np.nan]))[1])]
    assert finite == []


def test_a_bad_tail_would_be_seen() -> None:
    """The lower tail of gelu by erf, and the slope of tanh as 1 - tanh², lose their digits."""
    naive = np.tanh(X), 1.0 - np.tanh(X) ** 2
    assert [line.partition(":")[0] for line in outside("tanh", naive)] == ["tanh"]
    with np.errstate(all="ignore"):
        silu = X / (1.0 + np.exp(-X)), np.where(X > 0.0, 1.0, np.nan)
    assert measured("silu", silu)[1].missing > 200
    assert measured("silu", silu)[0].beyond


def test_slopes_at_kinks_are_the_cores(several: dict[str, Functions]) -> None:
    for name, of in several.items():
        at = np.array([*elementwise(name).kinks(99), 0.0])
        assert with_numpy(of)(at)[1] == pytest.approx(elementwise(name).derivative(at), abs=1e-15), name


# --- formulas -----------------------------------------------------------------------------------------------------

FORMULAS = {
    "x*sigmoid(1.702*x)": 16,
    "x*tanh(log(1+exp(x)))": 16,
    "x*tanh(softplus(x))": 16,
    "log(1+exp(x))": 16,
    "log(exp(x)+1)": 16,
    "log1p(exp(x))": 16,
    "1/(1+exp(-x))": 16,
    "exp(x)/(1+exp(x))": 16,
    "1-sigmoid(x)": 16,
    "x/(1+exp(-x))": 16,
    "x*exp(x)/(1+exp(x))": 16,
    "where(x>0,x,exp(x)-1)": 16,
    "x if x > 0 else exp(x) - 1": 16,
    "sqrt(x)": 16,
    "x/(1+abs(x))": 16,
    "max(x,0)": 16,
    "relu(x)**2": 16,
    "relu(x)**0.5": 16,
    "x*exp(-x**2)": 30,  # subnormal results
    "exp(-x**2)": 16,
    "exp(-x*x/2)": 16,
    "x*(1+erf(x/sqrt(2)))/2": 16,
    "0.5*x*(1+tanh(x))": 16,
    "(exp(x)-exp(-x))/(exp(x)+exp(-x))": 16,
    "(1-exp(-2*x))/(1+exp(-2*x))": 16,
    "2/(1+exp(-2*x)) - 1": 16,
    "x/sqrt(1+x**2)": 16,
    "tanh(x)**3": 16,
    "log(sigmoid(x))": 16,
    "abs(x)**1.5": 16,
    "sign(x)*abs(x)": 16,
    "sign(x)*log1p(abs(x))": 16,
    "relu(w*x + b):w=2,b=-1": 16,
    "silu(x, beta=b):b=1.5": 16,
    "x*sigmoid(b*x):b=0.7": 16,
    "max(0, min(1, x/5 + 0.5))": 16,
    "(x > 1)*x": 16,
    "x if -1 < x < 1 else sign(x)": 16,
    "gelu(x)": 16,
    "x*exp(x)": 16,
    "sqrt(x**2 + 1)": 16,
}
"""Formula -> largest error of its values in ULP."""


@each("formula", FORMULAS)
def test_a_formula_is_right_in_the_tails(formula: str) -> None:
    activation = elementwise(formula)
    of = functions(activation, ACTIVATIONS, "in the chain rule")
    x = X[2::7]
    value, slope = with_numpy(of)(x)
    found = accuracy(x, value, float64_reference(activation, 0, False)(x), False)
    assert found.ulp <= FORMULAS[formula]
    assert found.missing == 0
    steep = accuracy(x, slope, float64_reference(activation, 1, False)(x), True)
    assert steep.missing == 0
    assert steep.ulp <= 32 * FORMULAS[formula]


def test_a_slope_that_the_rules_have_wrong_is_put_right() -> None:
    of = functions_of("sign(x)*abs(x)")
    value, slope = with_numpy(of)(np.array([-1.0, 0.0, 2.0]))
    assert value.tolist() == [-1.0, 0.0, 2.0]
    assert slope.tolist() == [1.0, 1.0, 1.0]


def test_products_are_guarded_only_where_a_number_would_be_lost() -> None:
    """The slope of exp(x) is infinite where that of the gate is 0."""
    guarded = numpy_module(functions_of("x*sigmoid(exp(-x))"), "", "")
    assert "_product(" in guarded
    assert "_product(" not in numpy_module(functions_of("x*tanh(x)"), "", "")


@pytest.mark.parametrize(("name", "end"), [("exponential_swish", -np.inf), ("generalized_tanh:a=100,b=0.5", -np.inf)])
def test_a_guard_makes_no_number_where_there_is_another(name: str, end: float) -> None:
    """exp(-x) sigmoid(x) tends to 1 at -∞, where its factors are ∞ and 0."""
    of, *_ = chosen(elementwise(name), ACTIVATIONS, value_and_slope_reference, learnable=False)
    value, _ = with_numpy(of)(np.array([end]))
    assert np.isnan(value).all()


def test_a_slope_is_no_number_where_the_value_is_none() -> None:
    """1/x is finite at -1, and log is not."""
    value, slope = with_numpy(functions_of("log(x)"))(np.array([-1.0, 2.0]))
    assert np.isnan([value[0], slope[0]]).all()
    assert slope[1] == 0.5


def test_a_guarded_slope_is_no_number_at_nan() -> None:
    value, slope = with_numpy(functions_of("hard_tanh(1/(a + exp(x))):a=1"))(np.array([np.nan]))
    assert np.isnan([value, slope]).all()


def test_a_parameter_of_0_learns() -> None:
    """The derivative of x sigmoid(β x) by β is x²/4 at β = 0."""
    of = functions(elementwise("silu:beta=0"), ACTIVATIONS, learnable=True)
    by_beta = Functions(of.name, of.parameters, of.partials["beta"], of.partials["beta"], {})
    value, _ = with_numpy(by_beta)(np.array([-2.3, 0.5]))
    assert value == pytest.approx([2.3**2 / 4, 0.5**2 / 4])


# --- parameters ---------------------------------------------------------------------------------------------------

WITH_PARAMETERS = [name for name in CATALOGUE if elementwise(name).parameters]


@each("name", [*WITH_PARAMETERS, "relu(w*x + b):w=2,b=-1", "silu(x, beta=b):b=1.5", "smu"])
def test_derivatives_by_parameters(name: str) -> None:
    """Against central differences of the value, away from kinks."""
    activation = elementwise(name)
    of = functions(activation, ACTIVATIONS, learnable=True)
    x = np.array([-2.3, -0.72, -0.21, 0.33, 0.91, 2.17])
    value = module_of(numpy_module(of, "", ""))[of.name]
    for key, default in of.parameters.items():
        term, arguments = of.partials[key], ", ".join(["x", *of.parameters])
        texts = [*helper_texts(NUMPY, term), function_text(NUMPY, "by", arguments, "", term, of.parameters)]
        by = module_of("\n\n".join(["import numpy as np", *texts]))["by"](x, *of.parameters.values())
        h = 1e-6
        above, below = (value(x, **{**of.parameters, key: default + side}) for side in (h, -h))
        assert np.broadcast_to(by, x.shape) == pytest.approx((above - below) / (2.0 * h), rel=1e-6, abs=1e-8), key


def test_a_guarded_product_has_a_derivative_at_0() -> None:
    """The derivative of log1p(exp(x)*tanh(a*x)) by a at a = 0 was 0."""
    a, b = named("a"), named("b")
    assert Derivative("b")(apply("product", a, b)) == a
    assert Derivative("a")(apply("product", a, b)) == b


def test_a_parameter_may_be_0_in_a_quotient_of_parameters() -> None:
    """1.0 / 0.0 is an error in Python."""
    slope = module_of(numpy_module(functions(elementwise("hexpo"), ACTIVATIONS), "", ""))["hexpo_slope"]
    assert slope([-1.0, 2.0], a=0.0, b=0.0, c=2.0).tolist() == pytest.approx(
        [2.0 * math.exp(-1.0), math.nan], nan_ok=True
    )


def test_parameters_are_arguments() -> None:
    value, slope = (
        module_of(numpy_module(functions_of("leaky_relu"), "", ""))[name] for name in ("leaky_relu", "leaky_relu_slope")
    )
    assert value([-2.0, 3.0], negative_slope=0.5).tolist() == [-1.0, 3.0]
    assert slope([-2.0, 3.0], 0.25).tolist() == [0.25, 1.0]


def test_a_parameter_may_have_any_name() -> None:
    """exp_, int and np mean something in C or in the module."""
    of = functions_of("x*np + int*x + ctx + x*fma:np=2,int=3,ctx=1,fma=1")
    assert with_numpy(of)(np.array([2.0]))[0].tolist() == [13.0]


@pytest.mark.frameworks
@pytest.mark.parametrize("name", WITH_PARAMETERS)
def test_torch_learns_the_parameters(name: str) -> None:
    import torch

    of = functions(elementwise(name), ACTIVATIONS, learnable=True)
    module = module_of(torch_module(of, "", "", True))
    layer = module["".join(part.capitalize() for part in of.name.split("_"))]()
    assert sorted(key.removesuffix("_") for key, _ in layer.named_parameters()) == sorted(
        elementwise(name).parameter_values
    )
    x = torch.tensor([-2.3, -0.72, -0.21, 0.33, 0.91, 2.17], dtype=torch.float64, requires_grad=True)
    parameters = [torch.tensor(number, dtype=torch.float64, requires_grad=True) for number in of.parameters.values()]
    assert torch.autograd.gradcheck(module[of.name], (x, *parameters))
    layer(torch.tensor([-1e30, -0.5, 1e30])).sum().backward()
    assert all(parameter.grad is not None for parameter in layer.parameters())


@pytest.mark.frameworks
@pytest.mark.parametrize("name", CATALOGUE)
def test_torch_keeps_the_type(name: str) -> None:
    import torch

    module = module_of(torch_module(functions_of(name), "", "", False))
    for dtype in (torch.float32, torch.bfloat16):
        x = torch.tensor([-1e3, -1.0, 0.5, 3.0], dtype=dtype, requires_grad=True)
        y = module[functions_of(name).name](x)
        y.sum().backward()
        assert (y.dtype, x.grad.dtype) == (dtype, dtype)
        assert torch.isfinite(x.grad).all()


@pytest.mark.frameworks
@pytest.mark.parametrize("name", WITH_PARAMETERS)
def test_jax_learns_the_parameters(name: str) -> None:
    import jax

    jax.config.update("jax_enable_x64", True)
    of = functions(elementwise(name), ACTIVATIONS, learnable=True)
    function = module_of(jax_module(of, "", "", True))[of.name]
    x = np.array([-2.3, -0.72, -0.21, 0.33, 0.91, 2.17])
    places = tuple(range(1, len(of.parameters) + 1))
    gradients = jax.grad(lambda *a: function(*a).sum(), argnums=places)(x, *of.parameters.values())
    for key, default, gradient in zip(of.parameters, of.parameters.values(), gradients, strict=True):
        above, below = (function(x, **{**of.parameters, key: default + side}).sum() for side in (1e-6, -1e-6))
        assert float(gradient) == pytest.approx(float(above - below) / 2e-6, rel=1e-5, abs=1e-7)


# --- lines of code to copy ----------------------------------------------------------------------------------------


def test_modules_are_clean_python(tmp_path: Path) -> None:
    """ruff with its default rules (pyflakes, pycodestyle)."""
    for name in (*CATALOGUE, "relu(w*x + b):w=2,b=-1", "x*exp(-x**2)", "sqrt(x)", "smu"):
        for learnable in (False, True):
            of = functions(elementwise(name), ACTIVATIONS, learnable=learnable)
            modules = {
                "numpy": numpy_module(of, "A module.", ""),
                "torch": torch_module(of, "A module.", "", learnable),
                "jax": jax_module(of, "A module.", "", learnable),
            }
            for target, text in modules.items():
                compile(text, name, "exec")
                (tmp_path / f"{of.name}_{target}_{learnable}.py").write_text(text)
    options = ["check", "--isolated", "--select", "E,F,W,A,B,N,UP", "--line-length", "100"]
    run = subprocess.run(
        [sys.executable, "-m", "ruff", *options, str(tmp_path)], capture_output=True, text=True, check=False
    )
    if "No module named ruff" in run.stderr:
        pytest.skip("ruff is not installed")
    assert (run.returncode, run.stdout[-2000:]) == (0, "All checks passed!\n")


def test_a_chosen_form_is_the_one_that_is_measured() -> None:
    of, value, slope = chosen(elementwise("gelu"), ACTIVATIONS, both_from_core, False)
    assert (value.beyond, slope.beyond, value.missing, slope.missing) == ((), (), 0, 0)
    assert max(value.ulp, slope.ulp) < BOUND
    assert isinstance(of.value, Term)
    assert isinstance(NUMPY, Language)


# --- names and constants ---------------------------------------------------------------------------------------------

HOSTILE = (
    "a*x*b:a=2,b=1",  # constant slope
    "x if 3 >= 10 else 3*x",  # condition without x
    "x if not a > 1 and x > 0 else 0:a=2",  # ~True is -2
    "max(x, silu(3))*pow(2, a):a=1",
    "_silu*silu(x)*np:_silu=1,np=2",  # a helper's name, a module's
    "self*x*parameters*train*float*super:self=1,parameters=2,train=1,float=1,super=1",
    "_value*x*_by_a*a*tangents*d_a:_value=1,_by_a=2,a=1,tangents=1,d_a=3",
    "_Bool*x*act_max*max(x, 2)*M_PI*I:_Bool=2,act_max=1,M_PI=1,I=1",
    "new*x + asm*this*true*bool*__a:new=1,asm=2,this=1,true=1,bool=1,__a=3",
)


def hostile(act: str, learnable: bool = False) -> Functions:
    return chosen(elementwise(act), ACTIVATIONS, both_from_core, learnable)[0]


@pytest.mark.parametrize("act", HOSTILE)
def test_no_name_or_constant_breaks_the_module(act: str) -> None:
    x = np.array([-3.0, -0.5, 0.25, 1.5, 4.0])
    of = hostile(act)
    value, slope = with_numpy(of)(x)
    assert value == pytest.approx(elementwise(act)(x))
    assert slope == pytest.approx(elementwise(act).derivative(x))
    for module in (torch_module, jax_module):
        compile(module(hostile(act, learnable=True), "", "", True), act, "exec")


CALLED = (
    *("x/sqrt(1 + x**2)", "x/sqrt(3 + x**2)", "squareplus(2*x)", "hard_tanh(x, min_val=-1.0, max_val=1.0)*tanh(x)"),
    *("laplace(2*x)", "x*sigmoid(exp(-x))", "gln(x) + x", "silu(2*x, 1.5)*x", "softcap(x, cap=3)*x"),
)
"""Formulas that call helpers with numbers."""


@pytest.mark.parametrize("formula", CALLED)
def test_no_function_of_torch_is_called_with_a_number(formula: str) -> None:
    """torch.hypot(x, 1.0) is a TypeError."""
    tree = ast.parse(torch_module(hostile(formula), "", "", False))
    others = ("initialise_", "_remainder")  # the second argument of the latter is a quotient of tensors
    for function in (node for node in tree.body if isinstance(node, ast.FunctionDef) and node.name not in others):
        numbers = {arg.arg for arg in function.args.args[1:]}
        for statement in function.body:
            for call in (node for node in ast.walk(statement) if isinstance(node, ast.Call)):
                text = ast.unparse(call.func)
                firsts = ("torch.where", "torch.full_like", "torch.pow", "torch.clamp")
                arguments = call.args[:1] if text in firsts else call.args
                for arg in arguments if text.startswith("torch.") and text != "torch.as_tensor" else ():
                    names = {node.id for node in ast.walk(arg) if isinstance(node, ast.Name)} - {"torch"}
                    assert names - numbers, f"{function.name}: {ast.unparse(call)}"
            if isinstance(statement, ast.Assign) and "as_tensor" in ast.unparse(statement):
                numbers -= {ast.unparse(statement.targets[0])}


def test_torchs_sign_of_nan_and_its_default_type_are_avoided() -> None:
    """torch.sign(nan) is 0, and torch.where(x > 0, 1/6, 0.0) is float32 for numbers and a float64 x."""
    assert "torch.sign(" not in torch_module(hostile("fplus"), "", "", False)
    for formula in ("hard_sigmoid(x)*tanh(x)", "leaky_relu(x) + x", "rrelu(x)*x"):
        tree = ast.parse(torch_module(hostile(formula), "", "", False))
        for function in (node for node in tree.body if isinstance(node, ast.FunctionDef)):
            text = ast.unparse(function)
            for call in (node for node in ast.walk(function) if isinstance(node, ast.Call)):
                if ast.unparse(call.func) == "torch.where":
                    branches = [ast.unparse(arg) for arg in call.args[1:]]
                    plain = [b for b in branches if b.isidentifier() and f"{b} = " not in text and b != "x"]
                    assert len(plain) + sum(b.replace(".", "").isdigit() for b in branches) < 2, ast.unparse(call)


@pytest.mark.frameworks
def test_jax_code_takes_a_number() -> None:
    """0.5 has no dtype, which helpers ask for."""
    module = module_of(jax_module(functions_of("snake"), "", "", False))
    assert float(module["snake"](0.5)) == pytest.approx(0.5 + math.sin(0.5) ** 2)


@pytest.mark.frameworks
@pytest.mark.parametrize("formula", CALLED)
def test_torch_code_of_formulas(formula: str) -> None:
    x = np.array([-3.0, -0.4, 0.3, 2.0, 9.0])
    value, slope = with_torch(hostile(formula))(x)
    assert value == pytest.approx(elementwise(formula)(x))
    assert slope == pytest.approx(elementwise(formula).derivative(x))


def test_parameters_are_not_called_as_what_they_would_hide() -> None:
    of = hostile("_silu*silu(x)*self*train*true*M_PI:_silu=1,self=2,train=3,true=4,M_PI=5")
    assert [*renamed(of, TORCH.reserved).parameters] == ["p_silu", "self_", "train_", "true", "M_PI_"]
    assert [*renamed(of, C.reserved).parameters] == ["p_silu", "self_", "train", "true_", "M_PI_"]
    assert [*renamed(functions_of("threshold"), NUMPY.reserved).parameters] == ["threshold", "value"]


def test_a_part_of_numbers_alone_is_a_number() -> None:
    of = hostile("x*silu(2)*(1 < 2 and not 3 < 2)")
    assert {node.op for node in subterms(of.value)} == {"*", "name", "number"}


@needs_gcc
@pytest.mark.parametrize("compiler", ["gcc -std=c99", "gcc -x c++"])
def test_every_hostile_header_compiles(compiler: str, tmp_path: Path) -> None:
    texts = [c_header(hostile(act), act, "") for act in HOSTILE]
    for i, text in enumerate(texts):
        (tmp_path / f"{i}.h").write_text(text)
        command = [*compiler.split(), "-Wall", "-Wextra", "-Werror", "-fsyntax-only", "-include", f"{tmp_path}/{i}.h"]
        subprocess.run([*command, "/dev/null"] if "++" in compiler else [*command, "-x", "c", "/dev/null"], check=True)
