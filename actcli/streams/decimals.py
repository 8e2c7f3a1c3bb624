"""Between decimal text and float64, exactly in both directions.

The two functions over many numbers, `parse_all` and `format_all`, are where nearly all the time of a text
stream goes.
"""

from collections.abc import Sequence

import numpy as np

from actcli.streams.blocks import Values

_SHOWN = 40  # characters of a bad token that an error message repeats


def parse(token: str) -> float:
    """What Python's float() reads, underscores excepted. Otherwise a ValueError, worded for the user."""
    try:
        if "_" not in token:
            return float(token)
    except ValueError:
        pass
    raise ValueError(f"not a number: {quoted(token)}")


def is_number(token: str) -> bool:
    """Whether `parse` reads it."""
    try:
        parse(token)
    except ValueError:
        return False
    return True


def parse_all(tokens: Sequence[bytes]) -> Values:
    """All tokens at once. The caller excludes underscores; the ValueError does not say which token is bad."""
    return np.fromiter(map(float, tokens), np.float64, len(tokens))


def format_all(values: Values) -> list[str]:
    """For each value the shortest text that reads back as the same float64."""
    return list(map(repr, values.ravel().tolist()))


def quoted(token: str) -> str:
    """The token for an error message: short, and with nothing that a terminal would obey."""
    return repr(token if len(token) <= _SHOWN else token[:_SHOWN] + "...")
