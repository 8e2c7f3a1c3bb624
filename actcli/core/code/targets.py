"""Syntax of the four targets."""

from collections.abc import Mapping, Sequence
from typing import Final

from actcli.core.code.printing import Language, Special
from actcli.core.code.term import Term, names_in

_OF_ONE: Final = (
    *("exp", "expm1", "log", "log1p", "log2", "log10", "sqrt", "sin", "cos", "tan", "sinh", "cosh", "tanh", "abs"),
    *("arcsin", "arccos", "arctan", "arcsinh", "arccosh", "arctanh", "sign", "floor"),
)
_OF_TWO: Final = ("maximum", "minimum", "hypot")


def _calls(module: str, **others: str) -> Mapping[str, str]:
    """Templates of calls: those with NumPy's names, and others."""
    one = {name: f"{module}.{name}({{0}})" for name in _OF_ONE}
    two = {name: f"{module}.{name}({{0}}, {{1}})" for name in _OF_TWO}
    return {**one, **two, "**": f"{module}.power({{0}}, {{1}})", "exp_apart": f"{module}.exp({{0}})", **others}


NUMPY: Final = Language(
    functions=_calls("np"),
    choice="np.where({0}, {1}, {2})",
    infinite="np.inf",
    nan="np.nan",
    negated="np.logical_not({0})",  # a parameter is a float, and ~True is -2
    reserved=frozenset({"np"}),
)


def _like_x(module: str, cast: str) -> Special:
    """A choice between two numbers in the dtype of x instead of the default dtype."""

    def where(node: Term, texts: Sequence[str]) -> str | None:
        condition, then, otherwise = texts
        if not (node.args[1].is_number and node.args[2].is_number):
            return None
        if node.args[1].is_value(1.0) and node.args[2].is_value(0.0) and "x" in names_in(node):
            return f"({condition}).{cast}(x.dtype)"
        return f"{module}.where({condition}, {module}.full_like(x, {then}), {otherwise})"

    return where


def _clamp(bound: str) -> Special:
    """A bound by a number with torch.clamp, because torch.maximum takes tensors only."""

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


_MODULE: Final = (
    "T_destination add_module apply bfloat16 buffers call_super_init children compile cpu cuda double dump_patches "
    "eval extra_repr float forward get_buffer get_extra_state get_parameter get_submodule half ipu load_state_dict "
    "modules mtia named_buffers named_children named_modules named_parameters parameters register_backward_hook "
    "register_buffer register_forward_hook register_forward_pre_hook register_full_backward_hook "
    "register_full_backward_pre_hook register_load_state_dict_post_hook register_module register_parameter "
    "register_state_dict_pre_hook requires_grad_ set_extra_state set_submodule share_memory state_dict to to_empty "
    "train training type xpu zero_grad"
)
"""Attributes of torch.nn.Module, which a parameter of the same name would replace."""

_TORCH_CALLS: Final = _calls("torch", erf="torch.erf({0})", erfc="torch.erfc({0})", **{"**": "torch.pow({0}, {1})"})

TORCH: Final = Language(
    functions={name: call for name, call in _TORCH_CALLS.items() if name != "sign"},
    choice="torch.where({0}, {1}, {2})",
    infinite="math.inf",
    nan="math.nan",
    special={
        "where": _like_x("torch", "to"),
        "maximum": _clamp("min"),
        "minimum": _clamp("max"),
        "hypot": _torch_hypot,
    },
    reserved=frozenset({"torch", "nn", "math", "ctx", "grad", "inputs", "output", "super", *_MODULE.split()}),
)

JAX: Final = Language(
    functions=_calls(
        "jnp",
        erf="jax.scipy.special.erf({0})",
        erfc="jax.scipy.special.erfc({0})",
        # XLA rewrites exp(a) * exp(b) as exp(a + b), which has fewer digits.
        exp_apart="(1.0 + jnp.expm1({0}))",
    ),
    choice="jnp.where({0}, {1}, {2})",
    infinite="jnp.inf",
    nan="jnp.nan",
    negated="jnp.logical_not({0})",
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
    "restrict return short signed sizeof static struct switch typedef union unsigned void volatile while "
    # of later C and of C++, which may include the header
    "alignas alignof and and_eq asm bitand bitor bool catch char16_t char32_t char8_t class co_await co_return "
    "co_yield compl concept const_cast consteval constexpr constinit decltype delete dynamic_cast explicit export "
    "false friend mutable namespace new noexcept not not_eq nullptr operator or or_eq private protected public "
    "reinterpret_cast requires static_assert static_cast template this thread_local throw true try typeid typename "
    "typeof using virtual wchar_t xor xor_eq unix linux I"
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
