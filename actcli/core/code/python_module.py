"""Emitted modules of the three Python targets."""

from collections.abc import Iterable, Mapping, Sequence
from textwrap import indent
from typing import Final

from actcli.core.code.functions import Functions, helpers_of, renamed
from actcli.core.code.helpers import HELPERS, TABLES, body
from actcli.core.code.printing import TIGHT, Language, Printer, rows
from actcli.core.code.targets import JAX, NUMPY, TORCH
from actcli.core.code.term import Term, names_in, subterms

_BOUNDED = '''
def _bounded(x):
    """x clipped to finite numbers, so that 0 times it is 0."""
    largest = {0}.finfo(x.dtype).max / 16
    return {0}.{1}(x, -largest, largest)
'''

_ERRORS = '''
def _product_error(a, b):
    """Rounding error of a b in float64: exact - rounded; 0 in narrower types."""
    if a.dtype != {0}.float64:
        return {0}.zeros_like(a)
    a = {0}.{1}(a, -1e290, 1e290)
    a_high = 134217729.0 * a - (134217729.0 * a - a)
    b_high = 134217729.0 * b - (134217729.0 * b - b)
    a_low, b_low = a - a_high, b - b_high
    return a_high * b_high - a * b + a_high * b_low + a_low * b_high + a_low * b_low
'''

_REMAINDER = '''
def _remainder(x, a, b):
    """x - a b in float64, if a b is close to x; 0 in narrower types."""
    if x.dtype != {0}.float64:
        return {0}.zeros_like(x)
    x, a = {0}.{1}(x, -1e290, 1e290), {0}.{1}(a, -1e290, 1e290)
    a_high = 134217729.0 * a - (134217729.0 * a - a)
    b_high = 134217729.0 * b - (134217729.0 * b - b)
    a_low, b_low = a - a_high, b - b_high
    return x - a_high * b_high - a_high * b_low - a_low * b_high - a_low * b_low
'''

_OF_THE_TYPE: Final = {"bounded": _BOUNDED, "product_error": _ERRORS, "remainder": _REMAINDER}
"""Helpers that depend on the dtype, which in NumPy code is always float64."""

_MODULES: Final = {id(TORCH): ("torch", "clamp"), id(JAX): ("jnp", "clip"), id(NUMPY): ("np", "clip")}

_POLYNOMIAL = '''
def _polynomial(x, coefficients):
    """The sum of coefficients[k] x^k."""
    total = coefficients[-1]
    for coefficient in coefficients[-2::-1]:
        total = total * x + coefficient
    return total
'''


def _helper_name(op: str) -> str:
    return f"_{op.upper()}" if op in TABLES and op not in HELPERS else f"_{op}"


def signature(parameters: Mapping[str, float]) -> str:
    """The arguments after x: parameters with defaults."""
    return "".join(f", {key}={value!r}" for key, value in parameters.items())


def function_text(
    language: Language,
    name: str,
    arguments: str,
    doc: str,
    term: Term,
    names: Iterable[str],
    opening: Sequence[str] = (),
    context: str = "",
) -> str:
    """A function that returns one term, as text. opening: its first statements; context: a `with` around the rest."""
    printer = Printer(language, {"x", *names}, _helper_name)
    statements, (result,) = printer.body(term)
    if not term.args or ("x" in arguments.split(", ") and "x" not in names_in(term)):  # x itself, or a constant
        result = _as_array(language, term, result)
    inner = "\n".join([*statements, language.give.format(result)])
    if context:
        inner = f"{context}\n" + indent(inner, "    ")
    inner = "\n".join([f'"""{doc}"""', *opening, inner])
    return f"def {name}({arguments}):\n" + indent(inner, "    ") + "\n"


def _as_array(language: Language, term: Term, text: str) -> str:
    if term.op == "name" and term.value == "x":
        return "1.0 * x"
    if language is TORCH and not term.is_number:
        return f"({text}).expand_as(x)" if term.args else f"{text}.expand_as(x)"
    return f"{_MODULES[id(language)][0]}.full_like(x, {text})"


def helper_texts(language: Language, *roots: Term) -> list[str]:
    """Texts of the helpers and tables that the terms need."""
    found, tables = helpers_of(language, *roots)
    texts = []
    for table in tables:
        texts.append(f"{_helper_name(table)} = (\n{rows(TABLES[table])}\n)\n")
    if tables:
        texts.append(_POLYNOMIAL.strip("\n") + "\n")
    for op in found:
        if op in _OF_THE_TYPE and language is not NUMPY:
            texts.append(_OF_THE_TYPE[op].format(*_MODULES[id(language)]).strip("\n") + "\n")
            continue
        of = HELPERS[op]
        opening = _tensors(op) if language is TORCH else []
        texts.append(function_text(language, f"_{op}", ", ".join(of.names), of.says, body(op), of.names, opening))
    return texts


def _tensors(op: str) -> list[str]:
    """Statements that make tensors of a helper's numbers, which PyTorch's arithmetic takes and its functions do not.

    A choice between two numbers has PyTorch's default type, not that of the first argument.
    """
    first, *numbers = HELPERS[op].names
    calls = [node for node in subterms(body(op)) if node.op == "where" or node.op not in TIGHT]
    used = {name for node in calls for arg in _as_tensors(node, first) for name in _without(first, arg)}
    return [f"{n} = torch.as_tensor({n}, dtype={first}.dtype, device={first}.device)" for n in numbers if n in used]


def _as_tensors(node: Term, first: str) -> Sequence[Term]:
    """The arguments of a call that have to be tensors."""
    if node.op == "where" and any(first in names_in(arg) for arg in node.args[1:]):
        return node.args[:1]
    return node.args[:1] if node.op in HELPERS else node.args


def _without(first: str, arg: Term) -> frozenset[str]:
    """The names in a term that does not depend on the first argument."""
    return frozenset() if first in (names := names_in(arg)) else frozenset(names)


def numpy_module(functions: Functions, head: str, initialisation: str) -> str:
    """Module of value, slope and initialisation."""
    f = renamed(functions, NUMPY.reserved)
    arguments = f"x{signature(f.parameters)}"
    opening, context = ["x = np.asarray(x, dtype=np.float64)"], 'with np.errstate(all="ignore"):'
    if any(node.op in ("/", "**") and "x" not in names_in(node) for node in subterms(f.value, f.slope)):
        opening += [f"{key} = np.float64({key})" for key in f.parameters]  # 1.0 / 0.0 is an error in Python
    functions_ = [
        function_text(NUMPY, f.name, arguments, "The value.", f.value, f.parameters, opening, context),
        function_text(NUMPY, f"{f.name}_slope", arguments, "The slope.", f.slope, f.parameters, opening, context),
    ]
    return _joined(
        f'"""{head}"""\n\nimport numpy as np\n', [*helper_texts(NUMPY, f.value, f.slope), *functions_, initialisation]
    )


def _joined(head: str, parts: Sequence[str]) -> str:
    return "\n\n".join([head, *filter(None, parts)])


def torch_module(functions: Functions, head: str, initialisation: str, learnable: bool) -> str:
    """Module of a function and a layer with the slope as gradient."""
    f = renamed(functions, TORCH.reserved)
    keys = list(f.parameters)
    partials = dict(f.partials) if learnable else {}
    inner = ", ".join(["x", *keys])
    parts = helper_texts(TORCH, f.value, f.slope, *partials.values())

    def opening(term: Term) -> list[str]:
        used = [key for key in keys if key in names_in(term)]
        return [f"{key} = torch.as_tensor({key}, dtype=x.dtype, device=x.device)" for key in used]

    parts.append(function_text(TORCH, "_value", inner, "The value.", f.value, keys, opening(f.value)))
    parts.append(function_text(TORCH, "_slope", inner, "The slope.", f.slope, keys, opening(f.slope)))
    for key, term in partials.items():
        says = f"The derivative by {key}."
        parts.append(function_text(TORCH, f"_by_{key}", inner, says, term, keys, opening(term)))
    parts += [_autograd(f, learnable), _torch_functions(f, learnable), initialisation]
    imports = "import torch\nfrom torch import nn\n"
    if any("math." in part for part in parts):
        imports = "import math\n\n" + imports
    return _joined(f'"""{head}"""\n\n{imports}', parts)


def _class_name(name: str) -> str:
    return "".join(part[:1].upper() + part[1:] for part in name.split("_"))


def _autograd(f: Functions, learnable: bool) -> str:
    keys = list(f.parameters)
    inner = ", ".join(["x", *keys])
    if learnable and keys:
        save = f"ctx.save_for_backward({inner})"
        load = f"{inner} = ctx.saved_tensors"
        gradients = ["grad * _slope(" + inner + ")"]
        gradients += [f"(grad * _by_{key}({inner})).sum_to_size({key}.shape)" for key in keys]
    else:
        save = "ctx.save_for_backward(x)" + (f"\nctx.parameters = {_tuple(keys)}" if keys else "")
        load = "(x,) = ctx.saved_tensors"
        if keys:
            load += f"\n{_tuple(keys)[1:-1]} = ctx.parameters"
        gradients = [f"grad * _slope({inner})", *["None"] * len(keys)]
    result = gradients[0] if len(gradients) == 1 else "(\n    " + ",\n    ".join(gradients) + ",\n)"
    if not learnable or not keys:
        result = ", ".join(gradients)
    unpack = f"{inner} = inputs" if keys else "(x,) = inputs"
    return (
        f"class _{_class_name(f.name)}Function(torch.autograd.Function):\n"
        f'    """The value, with the slope as its gradient."""\n\n'
        f"    generate_vmap_rule = True\n\n"
        f"    @staticmethod\n    def forward({inner}):\n        return _value({inner})\n\n"
        f"    @staticmethod\n    def setup_context(ctx, inputs, output):\n{indent(unpack, ' ' * 8)}\n"
        f"{indent(save, ' ' * 8)}\n\n"
        f"    @staticmethod\n    def backward(ctx, grad):\n{indent(load, ' ' * 8)}\n"
        f"        return {indent(result, ' ' * 8).lstrip()}\n"
    )


def _tuple(keys: Sequence[str]) -> str:
    return f"({', '.join(keys)}{',' * (len(keys) == 1)})"


def _torch_functions(f: Functions, learnable: bool) -> str:
    keys = list(f.parameters)
    arguments, inner = f"x{signature(f.parameters)}", ", ".join(["x", *keys])
    cls = _class_name(f.name)
    call = inner
    function = f'def {f.name}({arguments}):\n    """The activation, elementwise."""\n'
    if learnable and keys:
        converted = [f"    {key} = torch.as_tensor({key}, dtype=x.dtype, device=x.device)" for key in keys]
        function += "\n".join(converted) + "\n"
    function += f"    return _{cls}Function.apply({call})\n"
    module = f'class {cls}(nn.Module):\n    """The activation as a layer."""\n\n'
    if keys:
        init = signature(f.parameters)
        keep = [
            f"self.{key} = nn.Parameter(torch.tensor(float({key})))" if learnable else f"self.{key} = {key}"
            for key in keys
        ]
        module += f"    def __init__(self{init}):\n        super().__init__()\n"
        module += indent("\n".join(keep), " " * 8) + "\n\n"
    passed = ", ".join(["x", *(f"self.{key}" for key in keys)])
    module += f"    def forward(self, x):\n        return {f.name}({passed})\n"
    return f"{function}\n\n{module}"


def jax_module(functions: Functions, head: str, initialisation: str, learnable: bool) -> str:
    """Module of a function whose JVP is the slope."""
    f = renamed(functions, JAX.reserved)
    keys = list(f.parameters)
    arguments, inner = f"x{signature(f.parameters)}", ", ".join(["x", *keys])
    partials = dict(f.partials) if learnable else {}
    parts = helper_texts(JAX, f.value, f.slope, *partials.values())
    fixed = f"nondiff_argnums={tuple(range(1, len(keys) + 1))!r}" if keys and not learnable else ""
    decorator = f"@partial(jax.custom_jvp, {fixed})" if fixed else "@jax.custom_jvp"
    opening = ["x = jnp.asarray(x)"]  # a number has no dtype
    value = function_text(JAX, f.name, arguments, "The value.", f.value, keys, opening)
    slope = function_text(JAX, f"{f.name}_slope", arguments, "The slope.", f.slope, keys, opening)
    parts.append(f"{decorator}\n{value}")
    parts.append(slope)
    parts += [
        function_text(JAX, f"_by_{key}", inner, f"The derivative by {key}.", term, keys, opening)
        for key, term in partials.items()
    ]
    # A parameter with the function's name would hide it here.
    local = [f"{key}_" if key in (f.name, f"{f.name}_slope") else key for key in keys]
    inside = ", ".join(["x", *local])
    if learnable and keys:
        moved = ", ".join(f"_d_{key}" for key in local)
        rule = f"def _{f.name}_jvp(primals, tangents):\n    {inside} = primals\n    dx, {moved} = tangents\n"
    else:
        arguments = ", ".join([*local, "primals", "tangents"])
        rule = f"def _{f.name}_jvp({arguments}):\n    (x,), (dx,) = primals, tangents\n"
    lines = [f"    tangent = {f.name}_slope({inside}) * dx"]
    lines += [
        f"    tangent = tangent + _by_{key}({inside}) * _d_{name}" for key, name in zip(partials, local, strict=False)
    ]
    rule += "\n".join(lines) + f"\n    return {f.name}({inside}), tangent\n"
    parts.append(f"@{f.name}.defjvp\n{rule}")
    parts.append(initialisation)
    imports = ("from functools import partial\n\n" if fixed else "") + "import jax\nimport jax.numpy as jnp\n"
    return _joined(f'"""{head}"""\n\n{imports}', parts)
