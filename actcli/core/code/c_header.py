"""The header of the target C."""

from collections.abc import Mapping
from textwrap import indent
from typing import Final

from actcli.core.code.functions import Functions, helpers_of, renamed
from actcli.core.code.helpers import HELPERS, TABLES, body
from actcli.core.code.printing import Printer, rows
from actcli.core.code.targets import C
from actcli.core.code.term import Term, subterms

_PRELUDE: Final[Mapping[str, str]] = {
    "act_max": """\
/* The larger of two; nan if one is nan, unlike fmax. */
static inline double act_max(double a, double b) {
    return a > b || a != a ? a : b;
}
""",
    "act_min": """\
/* The smaller of two; nan if one is nan, unlike fmin. */
static inline double act_min(double a, double b) {
    return a < b || a != a ? a : b;
}
""",
    "act_sign": """\
static inline double act_sign(double x) {
    return x > 0.0 ? 1.0 : x < 0.0 ? -1.0 : x;
}
""",
    "act_bounded": """\
/* x clipped to finite numbers, so that 0 times it is 0. */
static inline double act_bounded(double x) {
    return x > 1e290 ? 1e290 : x < -1e290 ? -1e290 : x;
}
""",
    "act_product_error": """\
/* Rounding error of a b: exact - rounded. */
static inline double act_product_error(double a, double b) {
    const double product = a * b;
    return isfinite(product) ? fma(a, b, -product) : 0.0;
}
""",
    "act_polynomial": """\
/* The sum of coefficients[k] x^k. */
static inline double act_polynomial(double x, const double *coefficients, int count) {
    double total = coefficients[count - 1];
    for (int k = count - 2; k >= 0; k--) total = total * x + coefficients[k];
    return total;
}
""",
}
_OPERATIONS: Final = {
    "maximum": "act_max",
    "minimum": "act_min",
    **{op: f"act_{op}" for op in ("sign", "product_error", "bounded", "polynomial")},
}
"""Operation -> the function of the prelude."""


def _helper_name(op: str) -> str:
    if op in TABLES and op not in HELPERS:
        return f"act_table_{op}, {len(TABLES[op])}"
    return "act_polynomial" if op == "polynomial" else f"act_fn_{op}"


def _function(name: str, arguments: str, says: str, term: Term, names: set[str]) -> str:
    printer = Printer(C, {"x", *names}, _helper_name)
    statements, (result,) = printer.body(term)
    lines = [*statements, C.give.format(result)]
    used = {str(node.value) for node in subterms(term) if node.op == "name"}
    unused = [f"(void){key};" for key in sorted({"x", *names} - used) if f"double {key}" in arguments]
    inner = indent("\n".join([*unused, *lines]), "    ")
    return f"/* {says} */\nstatic inline double {name}({arguments}) {{\n{inner}\n}}\n"


def _once(name: str, text: str) -> str:
    """The text in an include guard of its own, because two emitted headers may share it."""
    guard = f"{name.upper()}_DEFINED"
    return f"#ifndef {guard}\n#define {guard}\n{text}#endif\n"


def c_header(functions: Functions, head: str, initialisation: str) -> str:
    """The header: helpers, value and slope in double and float, initialisation. head: its opening comment."""
    f = renamed(functions, C.reserved)
    name = f"act_{f.name}"
    found, tables = helpers_of(C, f.value, f.slope)
    needed = [f.value, f.slope, *map(body, found)]
    operations = {node.op for term in needed for node in subterms(term)}
    parts = [_once(of, _PRELUDE[of]) for op, of in _OPERATIONS.items() if op in operations]
    for table in tables:
        of = f"act_table_{table}"
        parts.append(_once(of, f"static const double {of}[] = {{\n{rows(TABLES[table])}\n}};\n"))
    for op in found:
        helper = HELPERS[op]
        arguments = ", ".join(f"double {key}" for key in helper.names)
        parts.append(
            _once(f"act_fn_{op}", _function(f"act_fn_{op}", arguments, helper.says, body(op), set(helper.names)))
        )
    arguments = ", ".join(f"double {key}" for key in ("x", *f.parameters))
    narrow = ", ".join(f"float {key}" for key in ("x", *f.parameters))
    passed = ", ".join(("x", *f.parameters))
    parts.append(_once(name, _function(name, arguments, "The value.", f.value, set(f.parameters))))
    parts.append(
        _once(f"{name}_slope", _function(f"{name}_slope", arguments, "The slope.", f.slope, set(f.parameters)))
    )
    for of in (name, f"{name}_slope"):
        parts.append(f"static inline float {of}_float({narrow}) {{\n    return (float){of}({passed});\n}}\n")
    guard = f"ACT_{f.name.upper()}_H"
    text = "\n".join(parts)
    comment = "/*\n" + "\n".join(f" * {line}".rstrip() for line in head.splitlines()) + "\n */"
    return f"{comment}\n#ifndef {guard}\n#define {guard}\n\n#include <math.h>\n\n{text}\n{initialisation}\n#endif\n"
