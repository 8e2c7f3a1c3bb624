"""How many examples hypothesis tries."""

from hypothesis import settings

from tests.narrow import known

EXAMPLES = 50
"""Of a test that says nothing else."""


def at_most(examples: int) -> settings:
    """For a test whose examples cost more or less than others'; in the profile `thorough` 20 times as many."""
    return settings(max_examples=max(1, examples * known(settings.default).max_examples // EXAMPLES))
