r"""Rewriting of typeset mathematics and of C in Python's expression syntax.

Unicode (x·tanh(x), −1, x², |x|), LaTeX (\frac{1}{1 + e^{-x}}), products without a sign (2x, x(1 - x)), ^ as a power,
`c ? a : b`. A text with two readings is refused, and the error shows both.
"""

import re
import unicodedata
from collections.abc import Callable, Sequence
from itertools import pairwise
from typing import Final

from actcli.core.errors import InputError

_SUPERSCRIPTS: Final = str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻⁽⁾ˣ", "0123456789+-()x")
_RAISED: Final = re.compile("[⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻⁽⁾ˣ]+")
_CHARACTERS: Final = str.maketrans(
    {**dict.fromkeys("·×∙⋅∗•✕⨯", "*"), **dict.fromkeys("−–—‒➖", "-"), **dict.fromkeys("÷∕⁄", "/")}
    | {"≤": "<=", "≥": ">=", "⩽": "<=", "⩾": ">=", "≠": "!=", "√": "√"}
    | {"½": "(1/2)", "¼": "(1/4)", "¾": "(3/4)", "⅓": "(1/3)", "⅔": "(2/3)", "⅙": "(1/6)", "⅛": "(1/8)"}
    | {
        **dict.fromkeys("“”„‟", '"'),
        **dict.fromkeys("‘’‚‛", "'"),
        **dict.fromkeys("\u200b\u200c\u200d\ufeff\u2061", ""),
    }
)
_GREEK: Final = {"π": "pi", "σ": "sigmoid", "Φ": "Phi", "φ": "phi", "ϕ": "phi", "ℯ": "e"}

_LATEX_NAMES: Final = {
    "sigma": "sigmoid",
    "arctan": "atan",
    "ln": "log",
    "infty": "∞",
    "lambda": "lambd",
    "land": " and ",
    "lor": " or ",
    "lnot": " not ",
    **dict.fromkeys(("cdot", "times", "ast", "odot", "circ"), "*"),
    "div": "/",
    "le": "<=",
    "leq": "<=",
    "leqslant": "<=",
    "ge": ">=",
    "geq": ">=",
    "geqslant": ">=",
    "lt": "<",
    "gt": ">",
    "ne": "!=",
    "neq": "!=",
    "lvert": "|",
    "rvert": "|",
    "vert": "|",
    "mid": "|",
    **dict.fromkeys(("left", "right", "big", "Big", "bigl", "bigr", "Bigl", "Bigr", "displaystyle", "limits"), ""),
    **dict.fromkeys(("quad", "qquad", "operatorname", "mathrm", "text", "mathbf", "mathit", "textrm", "mathsf"), " "),
}
_KEYWORDS: Final = frozenset({"if", "else", "and", "or", "not", "in", "is", "lambda", "for", "def", "return", "await"})
_TOKEN: Final = re.compile(
    r"\s*(?:(?P<text>'[^']*'|\"[^\"]*\")"
    r"|(?P<number>0[xX][0-9a-fA-F]+|(?:[0-9][0-9_]*\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?)(?:[fFlL](?!\w))?"
    r"|(?P<name>\.?[^\W\d]\w*(?:\.[^\W\d]\w*)*)"
    r"|(?P<sign>\*\*|<=|>=|==|!=|&&|\|\||\S))"
)
_AFTER_AN_ARGUMENT: Final = frozenset(
    {")", ",", "+", "-", "<", ">", "<=", ">=", "==", "!=", "?", ":", "]", "|", "if", "else"}
)

IsFunction = Callable[[str], bool]


def plain(text: str, is_function: IsFunction) -> str:
    """The text in Python's expression syntax. Raises InputError for two readings, ValueError for an imaginary number.

    is_function: name -> whether it is a function, such as `sin` or `np.tanh`
    """
    text = _characters(text)
    if "\\" in text or re.search(r"\^\s*\{|(max|min)\s*\{", text):
        text = _latex(text)
    if re.search(r"(?<!\w)[\d.]+[jJ]\b", text):
        raise ValueError(text)
    tokens = [_written(found) for found in _TOKEN.finditer(text)]
    tokens = _powers(_bars(_logic(_brackets(tokens, is_function))), is_function)
    if "?" in tokens:
        chosen, end = _ternary(tokens, 0)
        tokens = [*chosen, *tokens[end:]]
    return " ".join(_products(tokens, is_function))


def _characters(text: str) -> str:
    text = re.sub(r"√\s*(\d+(?:\.\d+)?|\w)(\w?)", _root, text).replace("√", " sqrt ")
    text = _RAISED.sub(lambda found: f"^({found[0].translate(_SUPERSCRIPTS)})", text)
    text = unicodedata.normalize("NFKC", text.translate(_CHARACTERS)).translate(_CHARACTERS)
    text = re.sub("|".join(_GREEK), lambda found: f" {_GREEK[found[0]]} ", text)
    return re.sub(r"\bstd::|;\s*$", "", text).replace(".*", "*").replace("./", "/").replace(".^", "^")


def _root(found: re.Match[str]) -> str:
    if found[2]:
        readings = f"'sqrt({found[1]})*{found[2]}' or 'sqrt({found[1]}*{found[2]})'"
        raise InputError(f"how far a root goes is not clear: write {readings}")
    return f"sqrt({found[1]})"


# --- LaTeX ----------------------------------------------------------------------------------------------------------


def _latex(text: str) -> str:
    text = re.sub(r"\\begin\s*\{cases\}(.*?)\\end\s*\{cases\}", _cases, text.replace("$", " "), flags=re.DOTALL)
    text = re.sub(r"\\[dt]?frac\s*(\w)\s*(\w)", r"((\1)/(\2))", text)
    while found := re.search(r"\\[dt]?frac\s*(?=\{)", text):
        above, middle = _group(text, found.end())
        below, end = _group(text, middle)
        text = f"{text[: found.start()]}(({above})/({below})){text[end:]}"
    text = re.sub(r"\\([{}])", lambda found: "(" if found[1] == "{" else ")", text)
    text = re.sub(r"\\[,;:! ]|~|\\\[|\\\]|\\[()]", " ", text)
    text = re.sub(r"\\([A-Za-z]+)", lambda found: f" {_LATEX_NAMES.get(found[1], found[1])} ", text)
    text = re.sub(r"\{\s*([A-Za-z]\w*)\s*\}", r" \1 ", text)
    return text.translate(str.maketrans("{}[]", "()()"))


def _group(text: str, start: int) -> tuple[str, int]:
    """Content of the braces that open at or after `start`, and the index of their end."""
    start = text.find("{", start)
    depth = 0
    for i in range(max(start, 0), len(text)):
        depth += {"{": 1, "}": -1}.get(text[i], 0)
        if depth == 0 and start >= 0:
            return text[start + 1 : i], i + 1
    raise InputError("a brace of LaTeX is not closed")


def _cases(found: re.Match[str]) -> str:
    """Rows `value & condition` as `a if c else b`; the last row holds elsewhere."""
    rows = [row.partition("&") for row in re.split(r"\\\\(?:\[[^\]]*\])?", found[1]) if row.strip()]
    pieces = [(value.strip(" ,.\n"), _condition(test)) for value, _, test in rows]
    *first, (last, rest) = pieces
    if not first or any(not test for _, test in first):
        raise InputError("each case but the last needs a condition, as in 'x if x > 0 else 0'")
    if rest and not (len(first) == 1 and _complementary(first[0][1], rest)):
        raise InputError("the last case needs 'otherwise', or the opposite condition, as in 'x if x > 0 else 0'")
    return "(" + "".join(f"({value}) if ({test}) else " for value, test in first) + f"({last}))"


def _condition(text: str) -> str:
    text = re.sub(r"\\(?:text|mathrm|textrm)\s*\{([^}]*)\}", r" \1 ", text)
    text = re.sub(r"\\?\bif\b|\bfor\b|\botherwise\b|\belse\b|\\(?:quad|[,;:! ])", " ", text)
    return text.strip(" ,.\n")


_OPPOSITE: Final = {"<": ">=", ">": "<=", "<=": ">", ">=": "<"}


def _complementary(a: str, b: str) -> bool:
    """Whether a is `u < v` and b is `u >= v`, or the like."""
    parts = [re.fullmatch(r"(.+?)(<=|>=|<|>)(.+)", _signs(text)) for text in (a, b)]
    if parts[0] is None or parts[1] is None:
        return False
    (left, sign, right), (other_left, other_sign, other_right) = parts[0].groups(), parts[1].groups()
    return (left, right) == (other_left, other_right) and _OPPOSITE[sign] == other_sign


def _signs(text: str) -> str:
    return re.sub(r"\\(le|ge)(?:q|qslant)?(?![A-Za-z])", lambda found: f"{'<>'[found[1] == 'ge']}=", text).replace(
        " ", ""
    )


# --- tokens ---------------------------------------------------------------------------------------------------------


def _written(found: re.Match[str]) -> str:
    token: str = found["text"] or found["number"] or found["name"] or found["sign"]
    return "**" if token == "^" else token


def _logic(tokens: Sequence[str]) -> list[str]:
    """&&, ! and || of C as and, not, or. Without comparisons on both sides || is two bars."""
    words = {"&&": "and", "!": "not"}
    compared = any(token in ("<", ">", "<=", ">=", "==", "!=") for token in tokens)
    either = ["or"] if compared else ["|", "|"]
    return [part for token in tokens for part in (either if token == "||" else [words.get(token, token)])]


def _brackets(tokens: Sequence[str], is_function: IsFunction) -> list[str]:
    """Tanh[x] as Tanh(x)."""
    result: list[str] = []
    closing: list[str] = []
    for token in tokens:
        if token == "[":
            called = bool(result) and bool(re.match(r"[^\W\d]", result[-1])) and is_function(result[-1])
            closing.append(")" if called else "]")
            token = "(" if called else "["
        elif token == "]" and closing:
            token = closing.pop()
        result.append(token)
    return result


def _bars(tokens: Sequence[str]) -> list[str]:
    """|u| as abs(u): a bar closes after an operand, and opens elsewhere."""
    result: list[str] = []
    open_groups: list[str] = []
    for i, token in enumerate(tokens):
        if token == "|":
            if open_groups and open_groups[-1] == "|" and result and _ends_an_operand(result[-1]):
                open_groups.pop()
                result.append(")")
                if i + 1 < len(tokens) and _begins_an_operand(tokens[i + 1]):
                    raise InputError("after a bar the sign of a product is needed, as in 'abs(x)*x'")
            else:
                open_groups.append("|")
                result += ["abs", "("]
            continue
        if token in "([":
            open_groups.append(token)
        elif token in ")]" and open_groups:
            open_groups.pop()
        result.append(token)
    return result


def _ends_an_operand(token: str) -> bool:
    return token in (")", "]") or (token not in _KEYWORDS and bool(re.match(r"[\w.'\"]", token)))


def _begins_an_operand(token: str) -> bool:
    return (
        token == "("
        or (token not in _KEYWORDS and not token.startswith(".") and bool(re.match(r"[\w'\"]", token)))
        or (bool(re.match(r"\.\d", token)))
    )


def _powers(tokens: Sequence[str], is_function: IsFunction) -> list[str]:
    """sin**2(x) as sin(x)**2, and exp**x as e**x."""
    result: list[str] = []
    i = 0
    while i < len(tokens):
        token, following = tokens[i], [*tokens[i + 1 : i + 5], "", "", "", ""]
        if following[0] == "**" and re.match(r"\w", token) and is_function(token):
            if token == "exp":
                result.append("e")
                i += 1
                continue
            exponent, skipped = (following[1], 3) if following[1] != "(" else (following[2], 5)
            if not re.fullmatch(r"[2-9]", exponent) or (following[1] == "(" and following[3] != ")"):
                inverse = "".join(following).strip("(").startswith(("**-1", "**(-1"))
                readings = f"'a{token}(x)' or '1/{token}(x)'" if inverse else f"'{token}(x)**2'"
                raise InputError(f"a power of {token} stands after its argument: write {readings}")
            argument, end = _argument(tokens, i + skipped) if i + skipped < len(tokens) else (["x"], len(tokens))
            result += ["(", token, "(", *_powers(argument, is_function), ")", ")", "**", exponent]
            i = end
            continue
        result.append(token)
        i += 1
    return result


def _argument(tokens: Sequence[str], start: int) -> tuple[Sequence[str], int]:
    """Content of the parentheses that open at `start`, or the single name there; and the index of its end."""
    if start < len(tokens) and tokens[start] != "(":
        return tokens[start : start + 1], start + 1
    depth = 0
    for i in range(start, len(tokens)):
        depth += {"(": 1, ")": -1}.get(tokens[i], 0)
        if depth == 0:
            return tokens[start + 1 : i], i + 1
    raise InputError("a parenthesis is not closed")


def _ternary(tokens: Sequence[str], i: int) -> tuple[list[str], int]:
    """`c ? a : b`, from i on, as `a if c else b`; and the index of the token that ends the expression."""
    parts: list[str] = []
    while i < len(tokens):
        token = tokens[i]
        if token == "(":
            parts.append(token)
            while True:
                inner, i = _ternary(tokens, i + 1)
                parts += inner
                if i >= len(tokens) or tokens[i] != ",":
                    break
                parts.append(",")
            parts.append(")")
        elif token in (")", ",", ":"):
            break
        elif token == "?":
            then, middle = _ternary(tokens, i + 1)
            if middle >= len(tokens) or tokens[middle] != ":":
                raise InputError("a choice is written 'a if c else b', or c ? a : b")
            otherwise, end = _ternary(tokens, middle + 1)
            return ["(", "(", *then, ")", "if", "(", *parts, ")", "else", "(", *otherwise, ")", ")"], end
        else:
            parts.append(token)
        i += 1
    return parts, i


def _products(tokens: Sequence[str], is_function: IsFunction) -> list[str]:
    """2x as 2 * x, x(1 - x) as x * (1 - x), and `sin x` as sin(x)."""
    result: list[str] = []
    opened: list[int] = []
    group = 0
    for i, token in enumerate(tokens):
        before = result[-1] if result else ""
        if before and _ends_an_operand(before) and _begins_an_operand(token):
            if token == "(":
                if (
                    before[0].isdigit()
                    or before in _NUMBERS
                    or (before == ")" and not _makes(result, group, tokens, i))
                ):
                    _check_product(result, group)
                    result.append("*")
            elif re.match(r"[^\W\d]", before) and is_function(before):
                if is_function(token):
                    raise InputError(f"a function of a function is written '{before}({token}(x))'")
                if (tokens[i + 1] if i + 1 < len(tokens) else ")") not in _AFTER_AN_ARGUMENT:
                    raise InputError(f"how far the argument of {before} goes is not clear: write '{before}(2*x)'")
                result += ["(", token, ")"]
                continue
            elif token[0].isdigit() or token[0] in ".'\"":
                pass  # neither a product nor a formula: refused later
            else:
                _check_product(result, group)
                result.append("*")
        if token == "(":
            opened.append(len(result))
        elif token == ")" and opened:
            group = opened.pop()
        result.append(token)
    return result


def _check_product(result: Sequence[str], group: int) -> None:
    """InputError where a product without a sign follows a divisor or an exponent: 1/2x is (1/2)*x or 1/(2*x)."""
    start = len(result) - 1
    if result[-1] == ")":
        start = group - (
            1 if group and re.match(r"[^\W\d]", result[group - 1]) and result[group - 1] not in _KEYWORDS else 0
        )
    before = result[start - 1] if start else ""
    if before == "/":
        raise InputError("how far a divisor goes is not clear: write it as in '1/(2*x)' or '1/2*x'")
    if before == "**" and result[-1] != ")":
        raise InputError("how far an exponent goes is not clear: write it as in 'e**(2*x)' or 'e**2*x'")


_NUMBERS: Final = frozenset(
    {"x", "pi", "e", "alpha", "beta", "gamma", "theta", "tau", "mu", "lambd", "w", "a", "b", "c", "k"}
)


def _makes(result: Sequence[str], group: int, tokens: Sequence[str], i: int) -> bool:
    """Whether the last call in `result` returns a function, called by the parenthesis at i: `LeakyReLU(0.2)(x)`."""
    if tokens[i + 1 : i + 2] == [")"]:
        return True
    name = result[group - 1] if group else ""
    inner = [*result[group + 1 : -1], ""]
    values = [
        t
        for t, after in pairwise(inner)
        if re.match(r"[^\W\d]", t) and after != "=" and t not in ("True", "False", "None")
    ]
    return bool(re.match(r"[^\W\d]", name)) and any(c.isupper() for c in name.rpartition(".")[2]) and not values
