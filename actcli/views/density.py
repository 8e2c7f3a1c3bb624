"""Picture of densities before and after an activation, side by side."""

from collections.abc import Sequence

import numpy as np

from actcli.core.analysis.density import Histogram as Probabilities
from actcli.core.analysis.density import Pushforward
from actcli.core.errors import count
from actcli.views.notation import align, format_number, in_columns, short
from actcli.views.picture.description import Axis, Histogram, Panel, Picture, Spike, Style
from actcli.views.ranges import spread

BINS = 200
# Least width of a distribution, relative to the common axis; a narrower one gets an axis of its own.
_SHARE = 0.3
_LEVELS, _INNER_LEVELS = (0.001, 0.999), (0.02, 0.98)
_LONG_TAIL = 2.2
# Peaks are cut off at this multiple of the typical density.
_PEAK = 3.0
# Probability beside the atoms that counts as rounding.
_ROUNDING = 1e-12
DIGITS = 6


def density_picture(before: Pushforward, pushforwards: Sequence[Pushforward], *, title: str) -> Picture:
    """Panels of the standard normal and of its images, with a line of facts for each."""
    intervals, styles = (
        drawn_over(before, pushforwards),
        [Style("reference"), *(Style(member=i) for i in range(len(pushforwards)))],
    )
    names = ["before: z", *(f"after: {each.activation.label}" for each in pushforwards)]
    drawn = zip((before, *pushforwards), names, styles, intervals, strict=True)
    panels = [_panel(each, name, style, interval) for each, name, style, interval in drawn]
    return Picture(title, panels, notes=_facts(before, pushforwards, panels))


def drawn_over(before: Pushforward, pushforwards: Sequence[Pushforward]) -> list[tuple[float, float]]:
    """The interval of each panel: a common one, except for images whose shape it would hide."""
    low, high = common = _common(before, pushforwards)
    return [common if _shares(*bounds(each), low, high) else bounds(each) for each in (before, *pushforwards)]


def bins(each: Pushforward, interval: tuple[float, float]) -> Probabilities:
    return each.histogram(np.linspace(*interval, BINS + 1))


def bounds(each: Pushforward) -> tuple[float, float]:
    """The interval of nearly all probability; of less, if there is a long tail."""
    low, high, inner_low, inner_high = each.quantile(*_LEVELS, *_INNER_LEVELS).tolist()
    if high - low > _LONG_TAIL * (inner_high - inner_low) > 0:
        low, high = inner_low, inner_high
    return spread([np.array([low, high])]) if np.isfinite(low) else (-1.0, 1.0)


def _common(before: Pushforward, pushforwards: Sequence[Pushforward]) -> tuple[float, float]:
    """The interval of the standard normal and all images of similar width."""
    low, high = bounds(before)
    wide = [b for b in map(bounds, pushforwards) if _SHARE <= (b[1] - b[0]) / (high - low) <= 1 / _SHARE]
    return min([low, *(b[0] for b in wide)]), max([high, *(b[1] for b in wide)])


def _shares(low: float, high: float, common_low: float, common_high: float) -> bool:
    return high - low >= _SHARE * (common_high - common_low) and common_low <= low and high <= common_high


def _panel(each: Pushforward, name: str, style: Style, interval: tuple[float, float]) -> Panel:
    histogram = bins(each, interval)
    density, top = histogram.density, _top(histogram)
    spikes = [Spike(value, style, f"P = {short(p, 3)}") for value, p in each.atoms]
    drawn = [Histogram(histogram.edges, density, style)]
    return Panel(Axis(*interval), Axis(0.0, top), title=name, style=style, histograms=drawn, spikes=spikes)


def _top(histogram: Probabilities) -> float:
    """Upper end of the axis: the largest density, at most _PEAK times the typical one."""
    density, weight = histogram.density, histogram.probability
    if not weight.sum() > _ROUNDING:
        return 1.0
    order = np.argsort(density)
    typical = density[order][np.searchsorted(np.cumsum(weight[order]), 0.5 * weight.sum())]
    return float(min(density.max(), _PEAK * typical))


def _facts(before: Pushforward, pushforwards: Sequence[Pushforward], panels: Sequence[Panel]) -> list[str]:
    """Mean and deviation of each, probabilities of its atoms and of nan, and the height of a peak beyond the axis."""
    names = ["z", *(each.activation.label for each in pushforwards)]
    columns = [names]
    for head, values in (
        ("mean", [each.mean for each in (before, *pushforwards)]),
        ("deviation", [each.deviation for each in (before, *pushforwards)]),
    ):
        numbers = align("diverges" if value is None else format_number(value, DIGITS) for value in values)
        columns.append([f"{head} {number}" for number in numbers])
    rest = [(_atoms(each), _peak(panel)) for each, panel in zip((before, *pushforwards), panels, strict=True)]
    columns.append([", ".join(filter(None, texts)) for texts in rest])
    return in_columns(columns)


def _peak(panel: Panel) -> str:
    highest = max(float(histogram.height.max()) for histogram in panel.histograms)
    return f"a peak of {format_number(highest, 2)} is cut off" if highest > panel.y.high else ""


def _atoms(each: Pushforward) -> str:
    texts = [f"P(f = {short(value, 4)}) = {short(p, 4)}" for value, p in each.atoms[:3]]
    texts += [f"and {count(len(each.atoms) - 3, 'more value')}"] if len(each.atoms) > 3 else []
    texts += [f"P(no value) = {short(each.undefined, 4)}"] if each.undefined > 1e-6 else []
    return ", ".join(texts)
