"""The four languages: how each writes an operation."""

from collections.abc import Mapping, Sequence
from typing import Final

from actcli.core.code.printing import Language, Special
from actcli.core.code.term import Term

_OF_ONE: Final = (
    *("exp", "expm1", "log", "log1p", "log2", "log10", "sqrt", "sin", "cos", "tan", "sinh", "cosh", "tanh", "abs"),
    *("arcsin", "arccos", "arctan", "arcsinh", "arccosh", "arctanh", "sign", "floor"),
)
_OF_TWO: Final = ("maximum", "minimum", "hypot")


def _calls(module: str, **others: str) -> Mapping[str, str]:
    """Those that are called as in NumPy, and others."""
    one = {name: f"{module}.{name}({{0}})" for name in _OF_ONE}
    two = {name: f"{module}.{name}({{0}}, {{1}})" for name in _OF_TWO}
    return {**one, **two, "**": f"{module}.power({{0}}, {{1}})", "exp_apart": f"{module}.exp({{0}})", **others}


NUMPY: Final = Language(
    functions=_calls("np"),
    choice="np.where({0}, {1}, {2})",
    infinite="np.inf",
    nan="np.nan",
    reserved=frozenset({"np"}),
)


def _like_x(module: str, cast: str) -> Special:
    """A choice between two numbers gets the type of x: by itself it would have the default one."""

    def where(node: Term, texts: Sequence[str]) -> str | None:
        condition, then, otherwise = texts
        if not (node.args[1].is_number and node.args[2].is_number):
            return None
        if node.args[1].is_value(1.0) and node.args[2].is_value(0.0):
            return f"({condition}).{cast}(x.dtype)"
        return f"{module}.where({condition}, {module}.full_like(x, {then}), {otherwise})"

    return where


def _clamp(bound: str) -> Special:
    """torch.maximum takes tensors alone."""

    def call(node: Term, texts: Sequence[str]) -> str | None:
        for (number, text), other in zip(zip(node.args, texts, strict=True), reversed(texts), strict=True):
            if number.is_number:
                return f"torch.clamp({other}, {bound}={text})"
        return None

    return call


def _torch_hypot(node: Term, texts: Sequence[str]) -> str | None:
    pairs = zip(node.args, texts, strict=True)
    a, b = (f"torch.full_like(x, {text})" if arg.is_number else text for arg, text in pairs)
    return f"torch.hypot({a}, {b})"


TORCH: Final = Language(
    functions=_calls("torch", erf="torch.erf({0})", erfc="torch.erfc({0})", **{"**": "torch.pow({0}, {1})"}),
    choice="torch.where({0}, {1}, {2})",
    infinite="math.inf",
    nan="math.nan",
    special={
        "where": _like_x("torch", "to"),
        "maximum": _clamp("min"),
        "minimum": _clamp("max"),
        "hypot": _torch_hypot,
    },
    reserved=frozenset({"torch", "nn", "math", "ctx", "grad", "self", "inputs", "output"}),
)

JAX: Final = Language(
    functions=_calls(
        "jnp",
        erf="jax.scipy.special.erf({0})",
        erfc="jax.scipy.special.erfc({0})",
        # exp(a) * exp(b) is exp(a + b) for XLA, which has fewer digits.
        exp_apart="(1.0 + jnp.expm1({0}))",
    ),
    choice="jnp.where({0}, {1}, {2})",
    infinite="jnp.inf",
    nan="jnp.nan",
    special={"where": _like_x("jnp", "astype")},
    reserved=frozenset({"jax", "jnp", "partial", "primals", "tangents", "tangent", "dx"}),
)

_C_NAMES: Final = {
    "abs": "fabs",
    "sign": "act_sign",
    "bounded": "act_bounded",
    **{f"arc{name}": f"a{name}" for name in ("sin", "cos", "tan", "sinh", "cosh", "tanh")},
    "exp_apart": "exp",
}
_C_KEYWORDS: Final = (
    "auto break case char const continue default do double else enum extern float for goto if inline int long register "
    "restrict return short signed sizeof static struct switch typedef union unsigned void volatile while"
)
_C_FUNCTIONS: Final = (
    "exp expm1 log log1p log2 log10 sqrt sin cos tan sinh cosh tanh fabs floor hypot pow erf erfc fma isfinite asin "
    "acos atan asinh acosh atanh y0 y1 yn j0 j1 jn gamma INFINITY NAN"
)

C: Final = Language(
    functions={
        **{name: f"{_C_NAMES.get(name, name)}({{0}})" for name in (*_OF_ONE, "erf", "erfc", "exp_apart", "bounded")},
        "maximum": "act_max({0}, {1})",
        "minimum": "act_min({0}, {1})",
        "hypot": "hypot({0}, {1})",
        "**": "pow({0}, {1})",
        "product_error": "act_product_error({0}, {1})",
        "remainder": "fma(-({1}), {2}, {0})",
    },
    assign="const double {0} = {1};",
    give="return {0};",
    infinite="INFINITY",
    nan="NAN",
    both="&&",
    negated="!{0}",
    choice="{0} ? {1} : {2}",
    reserved=frozenset({*_C_KEYWORDS.split(), *_C_FUNCTIONS.split()}),
)
