"""What people type for an activation, in the one language that `resolve` reads: frameworks, papers, other languages.

`nn.GELU()` is gelu, `F.relu(x).pow(2)` is relu(x)**2, `x·tanh(x)` and `lambda z: z*tanh(z)` are x*tanh(x). It is asked
only about a text that is neither a name nor a formula. What comes out is a text again, read by the same rules as any
other: nothing that is typed reaches Python. Where there is more than one reading there is none.
"""

import ast
import re
from collections.abc import Callable, Mapping, Sequence
from typing import Final

from actcli.core.activations import dialects
from actcli.core.activations.activation import Activation, RowWise
from actcli.core.activations.programs import body_of, returned
from actcli.core.activations.typography import plain
from actcli.core.errors import InputError, did_you_mean

MAX_LENGTH: Final = 2000

_SETTINGS: Final = re.compile(r"(.*?):\s*([^\W\d]\w*\s*=\s*[-−+.\w]+(?:\s*,\s*[^\W\d]\w*\s*=\s*[-−+.\w]+)*)\s*", re.DOTALL)
_NAMED_IN_TEXT: Final = re.compile(
    r"""(?:[\w.]*\.)?(?:ACT2FN|ACT2CLS|activations?|act|activation_fn|hidden_act|get|deserialize|Activation|"""
    r"""get_activation|get_activation_fn)\s*(?:[\[(]\s*|=\s*|:\s*)?["']([\w .-]+)["']\s*[\])]?"""
)
_VARIABLE: Final = re.compile(r"[XzZtuvsyhp]|x_[a-z]|[xzu]s|input|inputs|tensor|feature|features|input_tensor|hidden_states|data|val|value|arr|net|preact|pre_activation")
_PREFIX: Final = re.compile(r"\s*(?:return\b|[^\W\d]\w*\s*(?:\(\s*[\w\s,:]*\))?\s*:?=(?![=>]))\s*")

Entries = Mapping[str, Activation]


def understood(text: str, entries: Entries, functions: Sequence[str]) -> str | None:
    """The text as `resolve` reads it; None where nothing is known of it. InputError: it has more than one reading.

    entries:   what a name, folded by `folded`, stands for
    functions: the names of the other functions of formulas
    """
    if len(text) > MAX_LENGTH:
        return None
    try:
        return _Reader(entries, functions).text(text)
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        if isinstance(error, InputError):
            raise
        return None


def folded(name: str) -> str:
    """A name without what makes no difference."""
    return name.strip().casefold().replace("-", "").replace("_", "").replace(" ", "")


class _Unknown(ValueError):
    """What has no reading here."""


class _Reader:
    def __init__(self, entries: Entries, functions: Sequence[str]) -> None:
        self.entries = entries
        self.functions = {name.casefold(): name for name in functions}
        self.settings: frozenset[str] = frozenset()

    def text(self, text: str) -> str | None:
        text = text.strip().strip("`;").strip()
        if (name := self._in_words(text)) is not None:
            return name
        if (found := re.fullmatch(r"([\w -]+):\s*([-−+.\d]+(?:\s*,\s*[-−+.\d]+)*)", text)) and (entry := self._entry(found[1])):
            return self._named(entry.name, [_parsed(part.replace("−", "-")) for part in found[2].split(",")], [])
        text, settings = self._split(text)
        self.settings = frozenset(name.strip() for name, _, _ in (part.partition("=") for part in settings.split(",")))
        if (named := _NAMED_IN_TEXT.fullmatch(text)) or (named := re.fullmatch(r"""["']\s*([^"']*?)\s*["']""", text)):
            read = named[1] if folded(named[1]) in self.entries else self.text(named[1])
        elif (function := returned(text)) is not None:
            read = self._written(function)
        elif (arrow := body_of(text)) is not None:
            argument, body = arrow
            read = self._expression(re.sub(rf"(?<![\w.]){re.escape(argument)}(?!\w)", "x", body))
        else:
            read = self._expression(text)
        if settings and read:
            settings = settings.replace("−", "-")
            entry = self.entries.get(folded(read))
            names = dialects.PARAMETERS.get(entry.name, {}) if entry else {}
            settings = re.sub(r"(\w+)(\s*=)", lambda found: names.get(found[1], found[1]) + found[2], settings)
            joint = "," if ":" in read else ":"
            return f"{read}{joint}{settings}"
        return read

    def _in_words(self, text: str) -> str | None:
        """`Leaky ReLU`, `sigmoid function`, `rectified linear unit`."""
        words = re.sub(r"\s*(activation)?\s*(function)?(\s+layer)?$", "", text.casefold().rstrip(" ."))
        name = dialects.LONG_NAMES.get(" ".join(words.replace("-", " ").split()), words)
        entry = self.entries.get(folded(name)) if re.fullmatch(r"[a-z][\w-]+(\s+[a-z\d][\w-]+)*", name) else None
        return entry.name if entry else None

    def _entry(self, name: str) -> Activation | None:
        """The activation of a name; tanhf is tanh."""
        return self.entries.get(folded(name)) or (self.entries.get(folded(name[:-1])) if re.fullmatch("[a-z]+f", name) else None)

    def _split(self, text: str) -> tuple[str, str]:
        """The text, and the settings after its last colon."""
        found = _SETTINGS.fullmatch(text)
        if found and re.match(r"def\b|lambda\b|[\w\s:]*=\s*lambda\b", text) and returned(found[1]) is None:
            found = None  # the colon is the function's own
        return (found[1], found[2]) if found else (text, "")

    def _expression(self, text: str) -> str:
        spaced = re.match(r"\s*([A-Za-z]+(?: [A-Za-z]+)+)(?=\s*\()", text)  # Leaky ReLU(0.2)
        if spaced and (entry := self._entry(spaced[1])):
            text = re.sub(r"[^A-Za-z]", "", spaced[1]) + text[spaced.end() :]
        text = plain(text, self._is_function)
        prefix = _PREFIX.match(text)
        return self._written(ast.parse(text[prefix.end() if prefix else 0 :].strip(), mode="eval").body)

    def _written(self, node: ast.expr) -> str:
        self._name_the_variable(node)
        whole = self._whole(node)
        if whole is None:
            whole = ast.unparse(self._number(node))
            whole = re.sub(r" (\*\*?|/) ", r"\1", whole)
        return whole

    def _is_function(self, name: str) -> bool:
        last = name.rpartition(".")[2]
        return self._entry(last) is not None or self._function(last) is not None or last in ("Phi", "phi")

    def _function(self, name: str) -> str | None:
        """What the function is called in formulas; expf and Max are exp and max."""
        lower = name.casefold()
        for spelling in (lower, lower.removesuffix("f")):
            if spelling in self.functions:
                return self.functions[spelling]
            if spelling in dialects.FUNCTIONS:
                return spelling
        return None

    # --- the variable -------------------------------------------------------------------------------------------

    def _name_the_variable(self, node: ast.expr) -> None:
        """Where there is no x, the one name that may be the variable becomes x."""
        called = {id(call.func) for call in ast.walk(node) if isinstance(call, ast.Call)}
        names = [n for n in ast.walk(node) if isinstance(n, ast.Name) and id(n) not in called]
        free = {n.id for n in names if n.id not in dialects.MODULES and n.id not in ("pi", "e") and n.id not in dialects.CONSTANTS}
        free = {name for name in free - self.settings if not self._is_function(name)}
        if len(free) == 1 and "x" not in free and _VARIABLE.fullmatch(*free):
            for name in names:
                if name.id in free:
                    name.id = "x"

    # --- an activation by its name ------------------------------------------------------------------------------

    def _whole(self, node: ast.expr) -> str | None:
        """The text of a name with settings, where the expression is no more than that."""
        if (path := _path(node)) is not None:
            return self._named(path, [], []) if path != "x" else None
        match node:
            case ast.Call(func=ast.Call() as inner, args=[ast.Name(id="x")], keywords=[]):
                return self._whole(inner)
            case ast.Call(func=ast.Name(id="partial") | ast.Attribute(attr="partial"), args=[function, *arguments]):
                path = _path(function)
                return self._named(path, arguments, node.keywords) if path else None
            case ast.Call():
                path = _path(node.func)
                if path is None or (path.startswith("x.") and not node.args):
                    if isinstance(node.func, ast.Attribute) and _is_x(node.func.value):
                        return self._named(node.func.attr, node.args, node.keywords)
                    return None
                if node.args and _is_x(node.args[0]):
                    return self._named(path, node.args[1:], node.keywords)
                keyword = node.keywords[0] if node.keywords else None
                if keyword and not node.args and keyword.arg in ("input", "x") and _is_x(keyword.value):
                    return self._named(path, [], node.keywords[1:])
                if node.args and not _is_class(path):
                    return None
                return self._named(path, node.args, node.keywords, called=not node.args and not node.keywords)
        return None

    def _named(
        self, path: str, arguments: Sequence[ast.expr], keywords: Sequence[ast.keyword], called: bool = False
    ) -> str | None:
        """`nn.LeakyReLU` and its arguments after x as leaky_relu:negative_slope=0.2; None for no activation's name."""
        root, _, last = path.rpartition(".")
        if root and root.split(".")[0] not in dialects.MODULES:
            return None
        known = self._entry(last)
        settings: dict[str, str] = {}
        if not arguments and not keywords:
            for pattern, message in dialects.AMBIGUOUS:
                if pattern.fullmatch(path) and (called or root or not known):
                    raise InputError(message)
        for pattern, name, defaults in dialects.DEFAULTS:
            if pattern.fullmatch(path):
                known, settings = self.entries[folded(name)], {k: f"{v:g}" for k, v in defaults.items()}
        if known is None:
            function = self._function(last)
            if function in self.functions.values() and not arguments and not keywords:
                return f"{function}(x)"
            if root and function is None:
                names = [entry.name for entry in self.entries.values()]
                raise InputError(f"no activation {last!r}{did_you_mean(last.casefold(), dict.fromkeys(names))}")
            return None
        if folded(last) == "heaviside" and arguments:
            return None
        if known.name in ("gelu", "gelu_tanh"):
            return self._gelu(known, arguments, keywords)
        if known.name == "relu" and (arguments or keywords):
            return self._relu(path, arguments, keywords)
        names = dialects.PARAMETERS.get(known.name, {})
        own = [parameter.name for parameter in known.parameters]
        positions = dialects.POSITIONS.get(known.name, own)
        if len(arguments) > len(positions):
            if len(arguments) == len(positions) + 1 and isinstance(arguments[-1], ast.Constant) and isinstance(arguments[-1].value, bool):
                arguments = arguments[:-1]  # inplace
            else:
                raise InputError(_takes(known))
        set_here: set[str] = set()
        given = list(zip(positions, arguments, strict=False)) + [(k.arg or "", k.value) for k in keywords]
        for name, value in given:
            name = names.get(name, name) if name not in own else name
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
                settings[name] = _number_text(value, name)
        after = ",".join(f"{name}={number}" for name, number in settings.items())
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
        """Keras' relu, which has a slope, an upper end and a threshold."""
        if arguments and not (len(arguments) == 1 and isinstance(arguments[0], ast.Constant) and isinstance(arguments[0].value, bool)):
            if not path.endswith("layers.ReLU"):
                raise InputError("relu has no parameters; did you mean leaky_relu:negative_slope=0.01?")
            keywords = [ast.keyword("max_value", arguments[0]), *keywords]
        values = {k.arg: k.value for k in keywords if k.arg not in dialects.IGNORED}
        names = {"alpha": "negative_slope", "slope": "negative_slope"}
        given = {names.get(name or "", name or ""): _number_text(value, str(name)) for name, value in values.items() if not _is_none(value)}
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

    # --- formulas -----------------------------------------------------------------------------------------------

    def _number(self, node: ast.expr) -> ast.expr:
        """The expression in the language of formulas."""
        match node:
            case ast.Constant(value=int() | float()):
                return node
            case ast.Name():
                return _parsed(dialects.CONSTANTS[node.id]) if node.id in dialects.CONSTANTS else node
            case ast.Attribute():
                if (path := _path(node)) in dialects.CONSTANTS:
                    return _parsed(dialects.CONSTANTS[str(path)])
                raise _Unknown
            case ast.UnaryOp():
                return ast.UnaryOp(node.op, self._number(node.operand))
            case ast.BinOp():
                return ast.BinOp(self._number(node.left), node.op, self._number(node.right))
            case ast.BoolOp():
                return ast.BoolOp(node.op, [self._number(value) for value in node.values])
            case ast.Compare():
                return ast.Compare(self._number(node.left), node.ops, [self._number(term) for term in node.comparators])
            case ast.IfExp():
                return ast.IfExp(self._number(node.test), self._number(node.body), self._number(node.orelse))
            case ast.Call():
                return self._call(node)
        raise _Unknown

    def _call(self, node: ast.Call) -> ast.expr:
        if any(isinstance(argument, ast.Starred) for argument in node.args):
            raise _Unknown
        function, arguments = node.func, list(node.args)
        path = _path(function)
        if isinstance(function, ast.Call):  # nn.Sigmoid()(2*x)
            return self._applied(self._whole(function), arguments)
        if isinstance(function, ast.Attribute) and not (path and path.split(".")[0] in dialects.MODULES) and path not in dialects.FUNCTIONS:
            path, arguments = function.attr, [function.value, *arguments]  # x.clamp(0, 6)
        if path is None:
            raise _Unknown
        parts = path.split(".")
        for pattern, message in dialects.AMBIGUOUS:
            if pattern.fullmatch(path) and not node.keywords and len(arguments) == 1:
                raise InputError(message)
        two, last = ".".join(parts[-2:]), parts[-1]
        entry = self._entry(last)
        exact = last in self.functions.values()
        template = dialects.FUNCTIONS.get(two) or (None if exact or entry else dialects.FUNCTIONS.get(self._function(last) or ""))
        if folded(last) == "heaviside" and len(arguments) == 2:
            template = dialects.FUNCTIONS["heaviside"]
        if last == "Phi":
            template = dialects.FUNCTIONS["ndtr"]
        if last in ("clip", "clamp", "clamp_", "clip_", "clip_by_value"):
            return self._clipped(arguments, node.keywords)
        if template is not None:
            return self._filled(template, arguments, node.keywords)
        if entry is not None and not exact:
            if node.keywords or last != entry.name or len(arguments) > 1:
                return self._applied(self._named(path, arguments[1:], node.keywords), arguments[:1])
            return ast.Call(ast.Name(entry.name), [self._number(argument) for argument in arguments], [])
        name = self._function(last) or last
        if last in ("max", "min", "maximum", "minimum", "where", "pow") or name in self.functions.values():
            named = [k for k in node.keywords if k.arg not in dialects.IGNORED]
            if any(k.arg not in dialects.KEYWORDS for k in named):
                raise _Unknown
            arguments += [k.value for k in named]
            return ast.Call(ast.Name(name), [self._number(argument) for argument in arguments], [])
        keywords = [ast.keyword(k.arg, self._number(k.value)) for k in node.keywords]
        return ast.Call(ast.Name(last), [self._number(argument) for argument in arguments], keywords)

    def _applied(self, named: str | None, arguments: Sequence[ast.expr]) -> ast.expr:
        """An activation, as a text with settings or a formula in x, of one argument."""
        if named is None or len(arguments) != 1:
            raise _Unknown
        name, _, settings = named.partition(":")
        argument = self._number(arguments[0])
        if folded(name) not in self.entries:
            return _put(_parsed(named), {"x": argument})
        values = [ast.keyword(key, _parsed(number)) for key, _, number in (s.partition("=") for s in settings.split(",") if s)]
        return ast.Call(ast.Name(name), [argument], values)

    def _filled(self, template: str, arguments: Sequence[ast.expr], keywords: Sequence[ast.keyword]) -> ast.expr:
        wanted = {n.id for n in ast.walk(_parsed(template)) if isinstance(n, ast.Name)} & {"a", "b", "c"}
        given = dict(zip("abc", arguments, strict=False))
        for keyword in keywords:
            if keyword.arg in dialects.KEYWORDS:
                given.setdefault(dialects.KEYWORDS[keyword.arg], keyword.value)
        if not wanted <= set(given):
            raise _Unknown
        return _put(_parsed(template), {name: self._number(given[name]) for name in wanted})

    def _clipped(self, arguments: Sequence[ast.expr], keywords: Sequence[ast.keyword]) -> ast.expr:
        """clip(x, low, high), of which one end may be missing."""
        named = {"low" if k.arg in dialects.LOW else "high" if k.arg in dialects.HIGH else k.arg: k.value for k in keywords}
        if "input" in named or "x" in named:
            arguments = [named.pop("input", None) or named.pop("x"), *arguments]
        if not arguments or len(arguments) > 3:
            raise _Unknown
        x, *ends = arguments
        low = ends[0] if ends else named.get("low")
        high = ends[1] if len(ends) > 1 else named.get("high")
        result = self._number(x)
        low, high = (None if end is None or _is_none(end) else self._number(end) for end in (low, high))
        if low is not None and high is not None:
            return ast.Call(ast.Name("clip"), [result, low, high], [])
        if low is not None:
            return ast.Call(ast.Name("max"), [low, result], [])
        if high is not None:
            return ast.Call(ast.Name("min"), [result, high], [])
        raise _Unknown


def _path(node: ast.expr) -> str | None:
    """`torch.nn.GELU` as a text; None for what is no chain of names."""
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


def _is_x(node: ast.expr) -> bool:
    return isinstance(node, ast.Name) and node.id == "x"


def _is_none(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and node.value is None


def _is_class(path: str) -> bool:
    return any(letter.isupper() for letter in path.rpartition(".")[2])


def _parsed(text: str) -> ast.expr:
    return ast.parse(text, mode="eval").body


def _put(node: ast.expr, values: Mapping[str, ast.expr]) -> ast.expr:
    class Put(ast.NodeTransformer):
        def visit_Name(self, name: ast.Name) -> ast.expr:
            return values.get(name.id, name)

    result: ast.expr = Put().visit(node)
    return result


def _number_text(node: ast.expr, name: str) -> str:
    """A setting's number. InputError for anything else."""
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
    settings = ",".join(f"{p.name}={p.default:g}" for p in entry.parameters)
    return f"{entry.name} has {', '.join(names)}: write {entry.name}:{settings}"


def _check_axis(entry: Activation, node: ast.expr) -> None:
    try:
        axis = ast.literal_eval(node)
    except ValueError:
        axis = None
    if axis not in (-1, 1, None):
        raise InputError(f"{entry.name} acts here on the last axis, each row by itself: write {entry.name}")
