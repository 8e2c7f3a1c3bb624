"""Numbers with what they count."""


def count(number: int, what: str) -> str:
    """1 step, 2 steps, 1,000 steps"""
    return f"{number:,} {what}{'s' * (number != 1)}"
