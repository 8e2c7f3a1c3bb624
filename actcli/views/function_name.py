"""How a function is called where its values stand: `gelu''(x)`, and of a formula `(x*x)'`."""

import re

_PRIMES = 3


def primed(label: str, order: int) -> str:
    """gelu, gelu', gelu'', gelu^(4); of a formula x*x, (x*x)'."""
    return function_name(label, order) if order else label


def applied(label: str, order: int) -> str:
    """gelu(x), gelu'(x); a formula says itself what it does to x: x*x, (x*x)'."""
    return function_name(label, order) + "(x)" if _is_word(label) else primed(label, order)


def function_name(label: str, order: int = 0) -> str:
    """What an index or an argument may follow: gelu, gelu', (x*x), (x*x)'."""
    name = label if _is_word(label) else f"({label})"
    return name + ("'" * order if order <= _PRIMES else f"^({order})")


def _is_word(label: str) -> bool:
    return re.fullmatch(r"\w+", label) is not None
