"""Bars in a line of text."""

_EIGHTHS = " ▏▎▍▌▋▊▉"


def bar(fraction: float, width: int, unicode: bool = True) -> str:
    """A bar that takes `fraction` of `width` cells; what is not nothing is seen."""
    if not fraction > 0:
        return ""
    eighths = max(round(min(fraction, 1.0) * width * 8), 1)
    if not unicode:
        return "#" * max(round(eighths / 8), 1)
    return ("█" * (eighths // 8) + _EIGHTHS[eighths % 8]).rstrip()
