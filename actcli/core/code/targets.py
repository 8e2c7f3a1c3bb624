"""The four languages: how each writes an operation, and what it has to carry itself."""

from collections.abc import Sequence
from typing import Final

from actcli.core.code.printing import Language
from actcli.core.code.term import Term

_SAME: Final = (
    *("exp", "expm1", "log", "log1p", "log2", "log10", "sqrt", "sin", "cos", "tan", "sinh", "cosh", "tanh", "abs"),
    *("arcsin", "arccos", "arctan", "arcsinh", "arccosh", "arctanh", "sign", "floor"),
)
_OF_TWO: Final = ("maximum", "minimum", "hypot")


def _calls(module: str, names: Sequence[str], **others: str) -> dict[str, str]:
    one = {name: f"{module}.{name}({{0}})" for name in names}
    return one | {name: f"{module}.{name}({{0}}, {{1}})" for name in _OF_TWO} | others


_PYTHON: Final = {"assign": "{0} = {1}", "give": "return {0}"}

NUMPY: Final = Language(
    functions=_calls("np", _SAME, exp_apart="np.exp({0})", **{"**": "np.power({0}, {1})"}),
    choice="np.where({0}, {1}, {2})",
    infinite="np.inf",
    nan="np.nan",
    reserved=frozenset({"np"}),
    **_PYTHON,
)


def _numbers_like_x(module: str) -> dict[str, object]:
    """A choice between two numbers, which has the type of neither x nor the parameters, as one of x's."""

    def where(node: Term, texts: Sequence[str]) -> str | None:
        condition, then, otherwise = node.args
        if not (then.is_number and otherwise.is_number):
            return None
        if then.is_value(1.0) and otherwise.is_value(0.0):
            return f"({texts[0]}).to(x.dtype)" if module == "torch" else f"({texts[0]}).astype(x.dtype)"
        return f"{module}.where({texts[0]}, {module}.full_like(x, {texts[1]}), {texts[2]})"

    return {"where": where}


def _clamp(bound: str) -> object:
    def call(node: Term, texts: Sequence[str]) -> str | None:
        a, b = node.args
        if a.is_number or b.is_number:
            number, other = (texts[0], texts[1]) if a.is_number else (texts[1], texts[0])
            return f"torch.clamp({other}, {bound}={number})"
        return None

    return call


def _torch_hypot(node: Term, texts: Sequence[str]) -> str | None:
    a, b = (f"torch.full_like(x, {text})" if arg.is_number else text for arg, text in zip(node.args, texts, strict=True))
    return f"torch.hypot({a}, {b})"


TORCH: Final = Language(
    functions=_calls("torch", _SAME, exp_apart="torch.exp({0})", erf="torch.erf({0})", erfc="torch.erfc({0})", **{"**": "torch.pow({0}, {1})"}),
    choice="torch.where({0}, {1}, {2})",
    infinite="math.inf",
    nan="math.nan",
    special={
        **_numbers_like_x("torch"), "maximum": _clamp("min"), "minimum": _clamp("max"), "hypot": _torch_hypot
    },
    reserved=frozenset({"torch", "nn", "math", "ctx", "grad", "self", "inputs", "output"}),
    **_PYTHON,
)  # fmt: skip

JAX: Final = Language(
    functions=_calls(
        "jnp",
        _SAME,
        # exp(a) * exp(b) is exp(a + b) for XLA, which has fewer digits.
        exp_apart="(1.0 + jnp.expm1({0}))",
        erf="jax.scipy.special.erf({0})",
        erfc="jax.scipy.special.erfc({0})",
        **{"**": "jnp.power({0}, {1})"},
    ),
    choice="jnp.where({0}, {1}, {2})",
    infinite="jnp.inf",
    nan="jnp.nan",
    special=_numbers_like_x("jnp"),
    reserved=frozenset({"jax", "jnp", "primals", "tangents"}),
    **_PYTHON,
)

_C_NAMES: Final = {"abs": "fabs", "maximum": "act_max", "minimum": "act_min", "sign": "act_sign"} | {
    f"arc{name}": f"a{name}" for name in ("sin", "cos", "tan", "sinh", "cosh", "tanh")
}

C: Final = Language(
    functions={name: f"{_C_NAMES.get(name, name)}({{0}})" for name in (*_SAME, "erf", "erfc")}
    | {name: f"{_C_NAMES.get(name, name)}({{0}}, {{1}})" for name in _OF_TWO}
    | {"**": "pow({0}, {1})", "exp_apart": "exp({0})"} | {f"{name}": f"act_{name}({{0}}, {{1}})" for name in ("product_error",)}
    | {"remainder": "fma(-({1}), {2}, {0})", "bounded": "act_bounded({0})"},
    assign="const double {0} = {1};",
    give="return {0};",
    infinite="INFINITY",
    nan="NAN",
    both="&&",
    negated="!{0}",
    choice="{0} ? {1} : {2}",
    reserved=frozenset(
        "auto break case char const continue default do double else enum extern float for goto if inline int long "
        "register restrict return short signed sizeof static struct switch typedef union unsigned void volatile while "
        "exp expm1 log log1p log2 log10 sqrt sin cos tan sinh cosh tanh fabs floor hypot pow erf erfc fma asin acos "
        "atan asinh acosh atanh y0 y1 yn j0 j1 jn gamma".split()
    ),
)

LANGUAGES: Final = {"torch": TORCH, "jax": JAX, "numpy": NUMPY, "c": C}
"""Target -> how it writes."""
