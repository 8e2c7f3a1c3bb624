"""Numbers of examples for hypothesis."""

from hypothesis import settings

from tests.narrow import known

EXAMPLES = 30
"""Default number of examples."""


def at_most(examples: int) -> settings:
    """Settings with this number of examples; 20 times as many in the profile `thorough`."""
    return settings(max_examples=max(1, examples * known(settings.default).max_examples // EXAMPLES))
