"""The names of activations and functions as others write them: `nn.GELU(approximate="tanh")` is gelu_tanh."""

import ast
import re
from collections.abc import Mapping, Sequence

from actcli.core.activations import dialects
from actcli.core.activations.activation import Activation, RowWise
from actcli.core.errors import InputError, did_you_mean

Entries = Mapping[str, Activation]


def folded(name: str) -> str:
    """Normal form of a name, for comparison."""
    return name.strip().casefold().replace("-", "").replace("_", "").replace(" ", "")


class Vocabulary:
    """The known names.

    entries:   name, folded by `folded` -> activation
    functions: names of the other functions in formulas
    """

    def __init__(self, entries: Entries, functions: Sequence[str]) -> None:
        self.entries = entries
        self.functions = {name.casefold(): name for name in functions}

    def entry(self, name: str) -> Activation | None:
        """The activation with this name; tanhf is tanh."""
        return self.entries.get(folded(name)) or (
            self.entries.get(folded(name[:-1])) if re.fullmatch("[a-z]+f", name) else None
        )

    def function(self, name: str) -> str | None:
        """Name of the function in formulas: exp for expf, max for Max."""
        lower = name.casefold()
        for spelling in (lower, lower.removesuffix("f")):
            if spelling in self.functions:
                return self.functions[spelling]
            if spelling in dialects.FUNCTIONS:
                return spelling
        return None

    def is_function(self, name: str) -> bool:
        """Whether a name, or its last part after a dot, is a function or an activation."""
        last = name.rpartition(".")[2]
        return self.entry(last) is not None or self.function(last) is not None or last in ("Phi", "phi")

    def in_words(self, text: str) -> str | None:
        """`Leaky ReLU`, `sigmoid function`, `rectified linear unit`."""
        words = re.sub(r"\s*(activation)?\s*(function)?(\s+layer)?$", "", text.casefold().rstrip(" ."))
        name = dialects.LONG_NAMES.get(" ".join(words.replace("-", " ").split()), words)
        entry = self.entries.get(folded(name)) if re.fullmatch(r"[a-z][\w-]+(\s+[a-z\d][\w-]+)*", name) else None
        return entry.name if entry else None

    def whole(self, node: ast.expr) -> str | None:
        """The activation with parameters as a text, if the whole expression is one."""
        if (path := path_of(node)) is not None:
            return self.named(path, [], [], bare=True) if path != "x" else None
        match node:
            case ast.Call(func=ast.Call() as inner, args=[ast.Name(id="x")], keywords=[]):
                return self.whole(inner)
            case ast.Call(func=ast.Name(id="partial") | ast.Attribute(attr="partial"), args=[function, *arguments]):
                path = path_of(function)
                return self.named(path, arguments, node.keywords) if path else None
            case ast.Call():
                path = path_of(node.func)
                if path is None or (path.startswith("x.") and not node.args):
                    if isinstance(node.func, ast.Attribute) and is_x(node.func.value):
                        return self.named(node.func.attr, node.args, node.keywords)
                    return None
                if node.args and is_x(node.args[0]):
                    return self.named(path, node.args[1:], node.keywords)
                keyword = node.keywords[0] if node.keywords else None
                if keyword and not node.args and keyword.arg in ("input", "x") and is_x(keyword.value):
                    return self.named(path, [], node.keywords[1:])
                if node.args and not _is_class(path):
                    return None
                return self.named(path, node.args, node.keywords, called=not node.args and not node.keywords)
        return None

    def named(
        self,
        path: str,
        arguments: Sequence[ast.expr],
        keywords: Sequence[ast.keyword],
        called: bool = False,
        bare: bool = False,
    ) -> str | None:
        """`nn.LeakyReLU` and its arguments after x as leaky_relu:negative_slope=0.2; None if it is no activation.

        called: with empty parentheses; bare: without parentheses. InputError: ambiguous, or wrong arguments.
        """
        root, _, last = path.rpartition(".")
        if root and root.split(".")[0] not in dialects.MODULES:
            return None
        known = self.entry(last)
        given_parameters: dict[str, str] = {}
        if not arguments and not keywords:
            for pattern, message in dialects.AMBIGUOUS:
                if pattern.fullmatch(path) and (called or root or not known):
                    raise InputError(message)
        for pattern, name, defaults in dialects.DEFAULTS:
            if pattern.fullmatch(path):
                known, given_parameters = self.entries[folded(name)], {k: f"{v:g}" for k, v in defaults.items()}
        if known is None and folded(last) in dialects.FORMULAS:
            return _formula(folded(last), arguments, keywords)
        if known is None and folded(last) in dialects.ROWS and not arguments and not keywords:
            return dialects.ROWS[folded(last)]
        if known is None:
            function = self.function(last)
            if function in self.functions.values() and not arguments and not keywords:
                return f"{function}(x)"
            if root and function is None and (bare or _is_class(path)):
                names = [entry.name for entry in self.entries.values()]
                raise InputError(f"no activation {last!r}{did_you_mean(last.casefold(), dict.fromkeys(names))}")
            return None
        if folded(last) == "heaviside" and arguments:
            return None
        if known.name in ("gelu", "gelu_tanh"):
            return self._gelu(known, arguments, keywords)
        if known.name == "relu" and (arguments or keywords):
            return self._relu(path, arguments, keywords)
        renamed = dialects.PARAMETERS.get(known.name, {})
        own = [parameter.name for parameter in known.parameters]
        positions = dialects.POSITIONS.get(known.name, own)
        if len(arguments) > len(positions):
            if (
                len(arguments) == len(positions) + 1
                and isinstance(arguments[-1], ast.Constant)
                and isinstance(arguments[-1].value, bool)
            ):
                arguments = arguments[:-1]  # inplace
            else:
                raise InputError(_takes(known))
        set_here: set[str] = set()
        given = list(zip(positions, arguments, strict=False)) + [(k.arg or "", k.value) for k in keywords]
        for name, value in given:
            name = renamed.get(name, name) if name not in own else name
            if name in dialects.AXES and isinstance(known, RowWise):
                _check_axis(known, value)
            elif name not in own and (name in dialects.IGNORED or name in dialects.DROPPED.get(known.name, ())):
                pass
            elif name not in own:
                raise InputError(_takes(known))
            elif name in set_here:
                raise InputError(f"{known.name} gets {name} twice")
            else:
                set_here.add(name)
                given_parameters[name] = _number_text(value, name)
        after = ",".join(f"{name}={number}" for name, number in given_parameters.items())
        return f"{known.name}:{after}" if after else known.name

    def _gelu(self, entry: Activation, arguments: Sequence[ast.expr], keywords: Sequence[ast.keyword]) -> str:
        values = [*arguments, *(k.value for k in keywords if k.arg == "approximate")]
        if len(values) > 1 or any(k.arg not in ("approximate", *dialects.IGNORED) for k in keywords):
            raise InputError("gelu takes approximate and nothing else: write gelu or gelu_tanh")
        if not values:
            return entry.name
        match values[0]:
            case ast.Constant(value="tanh" | True):
                return "gelu_tanh"
            case ast.Constant(value="none" | False | None):
                return "gelu"
        raise InputError("approximate of gelu is 'tanh' or 'none': write gelu_tanh or gelu")

    def _relu(self, path: str, arguments: Sequence[ast.expr], keywords: Sequence[ast.keyword]) -> str:
        """Keras' relu with slope, upper bound and threshold."""
        if arguments and not (
            len(arguments) == 1 and isinstance(arguments[0], ast.Constant) and isinstance(arguments[0].value, bool)
        ):
            if not path.endswith("layers.ReLU"):
                slope = ast.unparse(arguments[0]) if isinstance(arguments[0], ast.Constant) else "0.01"
                raise InputError(f"relu has no parameters; did you mean leaky_relu:negative_slope={slope}?")
            keywords = [ast.keyword("max_value", arguments[0]), *keywords]
        values = {k.arg: k.value for k in keywords if k.arg not in dialects.IGNORED}
        names = {"alpha": "negative_slope", "slope": "negative_slope"}
        given = {
            names.get(name or "", name or ""): _number_text(value, str(name))
            for name, value in values.items()
            if not is_none(value)
        }
        if unknown := set(given) - {"negative_slope", "max_value", "threshold"}:
            raise InputError(f"relu has no parameter {min(unknown)!r}; did you mean leaky_relu:negative_slope=0.01?")
        given = {name: number for name, number in given.items() if name == "max_value" or float(number)}
        if not given:
            return "relu"
        if given.keys() == {"negative_slope"}:
            return f"leaky_relu:negative_slope={given['negative_slope']}"
        if given.keys() == {"threshold"}:
            return f"threshold:threshold={given['threshold']}"
        if given.keys() == {"max_value"}:
            return "relu6" if float(given["max_value"]) == 6 else f"min(max(0, x), {given['max_value']})"
        slope, at = given.get("negative_slope", "0"), given.get("threshold", "0")
        formula = f"x if x >= {at} else {slope}*(x - {at})"
        return f"min({given['max_value']}, {formula})" if "max_value" in given else formula


def _formula(name: str, arguments: Sequence[ast.expr], keywords: Sequence[ast.keyword]) -> str:
    """The formula of a name, with its parameters."""
    formula, defaults = dialects.FORMULAS[name]
    given = dict(zip(defaults, arguments, strict=False)) | {k.arg or "": k.value for k in keywords}
    if len(arguments) > len(defaults) or given.keys() - defaults.keys():
        has = f"has {', '.join(defaults)}" if defaults else "has no parameters"
        raise InputError(f"{name} {has}")
    if missing := [key for key, value in defaults.items() if value is None and key not in given]:
        raise InputError(
            f"{name} needs {' and '.join(missing)}, as in '{name}:{','.join(f'{key}=1' for key in defaults)}'"
        )
    numbers = {key: f"{value:g}" for key, value in defaults.items() if value is not None}
    numbers |= {key: _number_text(value, key) for key, value in given.items()}
    after = ",".join(f"{key}={number}" for key, number in numbers.items())
    return f"{formula}:{after}" if after else formula


def path_of(node: ast.expr) -> str | None:
    """Text of a chain of names such as `torch.nn.GELU`; None for other expressions."""
    parts: list[str] = []
    while True:
        match node:
            case ast.Attribute(attr=name, value=before):
                pass
            case ast.Call(func=ast.Name(id="getattr"), args=[before, ast.Constant(value=str() as name)]):
                pass
            case _:
                break
        parts.append(name)
        node = before
    return ".".join([node.id, *reversed(parts)]) if isinstance(node, ast.Name) else None


def is_x(node: ast.expr) -> bool:
    """Whether the expression is x alone."""
    return isinstance(node, ast.Name) and node.id == "x"


def is_none(node: ast.expr) -> bool:
    """Whether the expression is None."""
    return isinstance(node, ast.Constant) and node.value is None


def _is_class(path: str) -> bool:
    return any(letter.isupper() for letter in path.rpartition(".")[2])


def parsed(text: str) -> ast.expr:
    """Syntax tree of an expression in Python."""
    return ast.parse(text, mode="eval").body


def _number_text(node: ast.expr, name: str) -> str:
    """Value of a parameter as a text. InputError: no number."""
    sign = ""
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub):
        sign, node = "-", node.operand
    if isinstance(node, ast.Constant) and isinstance(node.value, int | float) and not isinstance(node.value, bool):
        return sign + repr(node.value)
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Div):
        return sign + repr(float(_number_text(node.left, name)) / float(_number_text(node.right, name)))
    raise InputError(f"{name} must be a number, not {ast.unparse(node):.40}")


def _takes(entry: Activation) -> str:
    names = [parameter.name for parameter in entry.parameters]
    if not names:
        return f"{entry.name} has no parameters: write {entry.name}"
    given_parameters = ",".join(f"{p.name}={p.default:g}" for p in entry.parameters)
    return f"{entry.name} has {', '.join(names)}: write {entry.name}:{given_parameters}"


def _check_axis(entry: Activation, node: ast.expr) -> None:
    try:
        axis = ast.literal_eval(node)
    except ValueError:
        axis = None
    if axis not in (-1, 1, None):
        raise InputError(f"{entry.name} acts here on the last axis, each row by itself: write {entry.name}")
