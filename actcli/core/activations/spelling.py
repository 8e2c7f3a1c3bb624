"""Translation of other spellings of activations (frameworks, papers, other languages) to the language of `resolve`.

`nn.GELU()` is gelu, `F.relu(x).pow(2)` is relu(x)**2, `x·tanh(x)` and `lambda z: z*tanh(z)` are x*tanh(x). Only texts
that are neither names nor formulas are translated. The result is a text for `resolve`; the input is never run as
Python code. Ambiguous texts are not translated.
"""

import ast
import re
import warnings
from collections.abc import Mapping, Sequence
from typing import Final

from actcli.core.activations import dialects
from actcli.core.activations.programs import body_of, returned
from actcli.core.activations.typography import plain
from actcli.core.activations.vocabulary import Entries, Vocabulary, folded, is_none, parsed, path_of
from actcli.core.errors import InputError

MAX_LENGTH: Final = 2000

_SETTINGS: Final = re.compile(
    r"(.*?):\s*([^\W\d]\w*\s*=\s*[-−+.\w]+(?:\s*,\s*[^\W\d]\w*\s*=\s*[-−+.\w]+)*)\s*", re.DOTALL
)
_LISTED: Final = re.compile(
    r"(.*?)(?:\s*[,;]\s*|\s+)(?:(?:with|where|for)\s+)?"
    r"([^\W\d]\w*\s*=\s*[-−+.\d][-−+.\w]*(?:\s*,\s*[^\W\d]\w*\s*=\s*[-−+.\d][-−+.\w]*)*)\s*",
    re.DOTALL,
)
_NAMED_IN_TEXT: Final = re.compile(
    r"""(?:[\w.]*\.)?(?:ACT2FN|ACT2CLS|activations?|act|activation_fn|hidden_act|get|deserialize|Activation|"""
    r"""get_activation|get_activation_fn)\s*(?:[\[(]\s*|=\s*|:\s*)?["']([\w .-]+)["']\s*[\])]?"""
)
_VARIABLE: Final = re.compile(
    r"[XzZtuvsyhp]|x_[a-z]|[xzu]s|input|inputs|tensor|features?|input_tensor|hidden_states|data|val|value|arr|net"
    r"|preact|pre_activation"
)
_PREFIX: Final = re.compile(r"\s*(?:return\b|[^\W\d]\w*\s*(?:\(\s*([\w\s,:]*)\))?\s*:?=(?![=>]))\s*")


def understood(text: str, entries: Entries, functions: Sequence[str]) -> str | None:
    """The text in the language of `resolve`; None if it is not understood. InputError: it is ambiguous.

    entries:   name, folded by `folded` -> activation
    functions: names of the other functions in formulas
    """
    if len(text) > MAX_LENGTH:
        return None
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # SyntaxWarnings of Python's parser
            return _Reader(entries, functions).text(text)
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        if isinstance(error, InputError):
            raise
        return None


class _UnknownError(ValueError):
    """The expression is not understood."""


class _Reader:
    def __init__(self, entries: Entries, functions: Sequence[str]) -> None:
        self.names = Vocabulary(entries, functions)
        self.given_parameters: frozenset[str] = frozenset()

    def text(self, text: str) -> str | None:
        text = text.strip().strip("`;,.").strip()
        if (name := self.names.in_words(text)) is not None:
            return name
        if (found := re.fullmatch(r"([\w -]+)[:=]\s*([-−+.\d]+(?:\s*,\s*[-−+.\d]+)*)", text)) and (
            entry := self.names.entry(found[1])
        ):
            return self.names.named(entry.name, [parsed(part.replace("−", "-")) for part in found[2].split(",")], [])
        text, given_parameters = self._split(text)
        if given_parameters and folded(text) in dialects.FORMULAS:
            parts = [part.replace("−", "-").partition("=") for part in given_parameters.split(",")]
            keywords = [ast.keyword(name.strip(), parsed(number.strip())) for name, _, number in parts]
            return self.names.named(text.strip(), [], keywords)
        self.given_parameters = frozenset(
            name.strip() for name, _, _ in (part.partition("=") for part in given_parameters.split(","))
        )
        if (named := _NAMED_IN_TEXT.fullmatch(text)) or (named := re.fullmatch(r"""["']\s*([^"']*?)\s*["']""", text)):
            found_entry = self.names.entry(named[1])
            read = found_entry.name if found_entry else self.text(named[1])
        elif entry := self.names.entry(text):
            read = entry.name
        elif (function := returned(text)) is not None:
            read = self._function(function)
        elif (arrow := body_of(text)) is not None:
            argument, body = arrow
            read = self._expression(re.sub(rf"(?<![\w.]){re.escape(argument)}(?!\w)", "x", body))
        else:
            read = self._expression(text)
        if given_parameters and read:
            given_parameters = given_parameters.replace("−", "-")
            entry = self.names.entries.get(folded(read))
            names = {**dialects.PARAMETERS.get(entry.name, {})} if entry else {}
            names |= {parameter.name.title(): parameter.name for parameter in entry.parameters} if entry else {}
            given_parameters = re.sub(
                r"(\w+)(\s*=)", lambda found: names.get(found[1], found[1]) + found[2], given_parameters
            )
            joint = "," if ":" in read else ":"
            return f"{read}{joint}{given_parameters}"
        return read

    def _split(self, text: str) -> tuple[str, str]:
        """The text before its last colon, and the parameters after it."""
        found = _SETTINGS.fullmatch(text)
        if found and re.match(r"def\b|lambda\b|[\w\s:]*=\s*lambda\b", text) and returned(found[1]) is None:
            found = None  # the colon belongs to the function
        if found is None and (listed := _LISTED.fullmatch(text)) and listed[1].count("(") == listed[1].count(")"):
            found = listed
        return (found[1], found[2]) if found else (text, "")

    def _function(self, node: ast.expr) -> str:
        try:
            return self._written(node)
        except InputError:
            raise
        except ValueError:
            raise InputError("of a function only a formula of its argument is read, as in 'lambda x: x*2'") from None

    def _expression(self, text: str) -> str:
        spaced = re.match(r"\s*([A-Za-z]+(?: [A-Za-z]+)+)(?=\s*\()", text)  # Leaky ReLU(0.2)
        if spaced and self.names.entry(spaced[1]):
            text = re.sub(r"[^A-Za-z]", "", spaced[1]) + text[spaced.end() :]
        text = plain(text, self.names.is_function)
        prefix = _PREFIX.match(text)
        body = ast.parse(text[prefix.end() if prefix else 0 :].strip(), mode="eval").body
        arguments = re.findall(r"\w+", (prefix and prefix[1]) or "")  # of `f(x) =`
        if arguments and "x" not in arguments and any(isinstance(n, ast.Name) and n.id == "x" for n in ast.walk(body)):
            raise InputError(f"x is no argument of the function, which takes {', '.join(arguments)}")
        return self._written(body)

    def _written(self, node: ast.expr) -> str:
        self._name_the_variable(node)
        whole = self.names.whole(node)
        if whole is None:
            whole = ast.unparse(self._number(node))
            whole = re.sub(r" (\*\*?|/) ", r"\1", whole)
        return whole

    # --- the variable -------------------------------------------------------------------------------------------

    def _name_the_variable(self, node: ast.expr) -> None:
        """Rename the variable to x, if there is no x and only one candidate."""
        called = {id(call.func) for call in ast.walk(node) if isinstance(call, ast.Call)}
        names = [n for n in ast.walk(node) if isinstance(n, ast.Name) and id(n) not in called]
        free = {
            n.id
            for n in names
            if n.id not in dialects.MODULES and n.id not in ("pi", "e") and n.id not in dialects.CONSTANTS
        }
        free = {name for name in free - self.given_parameters if not self.names.is_function(name)}
        if len(free) == 1 and "x" not in free and _VARIABLE.fullmatch(min(free)):
            for name in names:
                if name.id in free:
                    name.id = "x"

    # --- formulas -----------------------------------------------------------------------------------------------

    def _number(self, node: ast.expr) -> ast.expr:
        """The expression in the language of formulas."""
        match node:
            case ast.Constant(value=int() | float()):
                return node
            case ast.Name():
                return parsed(dialects.CONSTANTS[node.id]) if node.id in dialects.CONSTANTS else node
            case ast.Attribute():
                if (constant := dialects.CONSTANTS.get(path_of(node) or "")) is not None:
                    return parsed(constant)
                raise _UnknownError
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
        raise _UnknownError

    def _call(self, node: ast.Call) -> ast.expr:
        if any(isinstance(argument, ast.Starred) for argument in node.args):
            raise _UnknownError
        function, arguments = node.func, list(node.args)
        path = path_of(function)
        if isinstance(function, ast.Call):  # nn.Sigmoid()(2*x)
            return self._applied(self.names.whole(function), arguments)
        if (
            isinstance(function, ast.Attribute)
            and not (path and path.split(".")[0] in dialects.MODULES)
            and path not in dialects.FUNCTIONS
        ):
            path, arguments = function.attr, [function.value, *arguments]  # x.clamp(0, 6)
        if path is None:
            raise _UnknownError
        parts = path.split(".")
        for pattern, message in dialects.AMBIGUOUS:
            if pattern.fullmatch(path) and not node.keywords and len(arguments) == 1:
                raise InputError(message)
        two, last = ".".join(parts[-2:]), parts[-1]
        entry = self.names.entry(last)
        exact = last in self.names.functions.values()
        template = dialects.FUNCTIONS.get(two) or (
            None if exact or entry else dialects.FUNCTIONS.get(self.names.function(last) or "")
        )
        if folded(last) == "heaviside" and len(arguments) == 2:
            template = dialects.FUNCTIONS["heaviside"]
        if last == "Phi":
            template = dialects.FUNCTIONS["ndtr"]
        if last in ("clip", "clamp", "clamp_", "clip_", "clip_by_value"):
            return self._clipped(arguments, node.keywords)
        texts = [last, *map(ast.unparse, arguments[1:]), *(ast.unparse(k.value) for k in node.keywords)]
        condition = bool(arguments) and isinstance(arguments[0], ast.Compare | ast.BoolOp)
        if template == "a" and not condition and any(map(dialects.TO_WHOLE.search, texts)):
            raise _UnknownError  # it rounds
        if template is not None:
            return self._filled(template, arguments, node.keywords)
        if entry is not None and not exact:
            if node.keywords or last != entry.name or len(arguments) > 1:
                return self._applied(self.names.named(path, arguments[1:], node.keywords), arguments[:1])
            return ast.Call(ast.Name(entry.name), [self._number(argument) for argument in arguments], [])
        name = self.names.function(last) or last
        if last in ("max", "min", "maximum", "minimum", "where", "pow") or name in self.names.functions.values():
            named = [k for k in node.keywords if k.arg not in dialects.IGNORED]
            if any(k.arg not in dialects.KEYWORDS for k in named):
                raise _UnknownError
            arguments += [k.value for k in named]
            return ast.Call(ast.Name(name), [self._number(argument) for argument in arguments], [])
        keywords = [ast.keyword(k.arg, self._number(k.value)) for k in node.keywords]
        return ast.Call(ast.Name(last), [self._number(argument) for argument in arguments], keywords)

    def _applied(self, named: str | None, arguments: Sequence[ast.expr]) -> ast.expr:
        """An activation applied to one argument; `named`: a name with parameters, or a formula in x."""
        if named is None or len(arguments) != 1:
            raise _UnknownError
        name, _, given_parameters = named.partition(":")
        argument = self._number(arguments[0])
        if folded(name) not in self.names.entries:
            return _put(parsed(named), {"x": argument})
        values = [
            ast.keyword(key, parsed(number))
            for key, _, number in (s.partition("=") for s in given_parameters.split(",") if s)
        ]
        return ast.Call(ast.Name(name), [argument], values)

    def _filled(self, template: str, arguments: Sequence[ast.expr], keywords: Sequence[ast.keyword]) -> ast.expr:
        wanted = {n.id for n in ast.walk(parsed(template)) if isinstance(n, ast.Name)} & {"a", "b", "c"}
        given = dict(zip("abc", arguments, strict=False))
        for keyword in keywords:
            if keyword.arg and keyword.arg in dialects.KEYWORDS:
                given.setdefault(dialects.KEYWORDS[keyword.arg], keyword.value)
            elif keyword.arg not in dialects.IGNORED:
                raise _UnknownError
        if not wanted <= set(given):
            raise _UnknownError
        return _put(parsed(template), {name: self._number(given[name]) for name in wanted})

    def _clipped(self, arguments: Sequence[ast.expr], keywords: Sequence[ast.keyword]) -> ast.expr:
        """clip(x, low, high), possibly with one end only."""
        ends = dict.fromkeys(dialects.LOW, "low") | dict.fromkeys(dialects.HIGH, "high") | {"input": "x"}
        given = dict(zip(("x", "low", "high"), arguments, strict=False))
        given |= {ends.get(k.arg or "", k.arg or ""): k.value for k in keywords if k.arg not in dialects.IGNORED}
        if "x" not in given or given.keys() - {"x", "low", "high"} or len(arguments) > 3:
            raise _UnknownError
        numbers = {name: self._number(value) for name, value in given.items() if not is_none(value)}
        result, low, high = numbers["x"], numbers.get("low"), numbers.get("high")
        if low is not None and high is not None:
            return ast.Call(ast.Name("clip"), [result, low, high], [])
        if low is not None:
            return ast.Call(ast.Name("max"), [low, result], [])
        if high is not None:
            return ast.Call(ast.Name("min"), [result, high], [])
        raise _UnknownError


def _put(node: ast.expr, values: Mapping[str, ast.expr]) -> ast.expr:
    class Put(ast.NodeTransformer):
        def visit_Name(self, name: ast.Name) -> ast.expr:
            return values.get(name.id, name)

    result: ast.expr = Put().visit(node)
    return result
