"""Painter for a page or slide: a picture as .svg, .png or .pdf."""

import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from io import BytesIO
from math import floor
from typing import Any, Final, Literal

import numpy as np
from matplotlib import rc_context
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.layout_engine import ConstrainedLayoutEngine
from matplotlib.lines import Line2D

from actcli.views.palette import MARKERS, appearance_of, rgb
from actcli.views.picture.description import (
    Curve,
    HeatMap,
    Histogram,
    Panel,
    Picture,
    RegionMap,
    Spike,
    Style,
    Trail,
    shared_scale,
)
from actcli.views.picture.page_axis import set_axis
from actcli.views.picture.page_curves import landmarks, with_gaps
from actcli.views.picture.page_layout import COLUMN, LEAD, LINE, MARGIN, SMALL, Layout
from actcli.views.picture.page_text import mixed, plain

Theme = Literal["light", "dark"]
Colour = str | tuple[float, ...]

_UNITS, _PIXELS = 100, 200  # per inch
_BAR_WIDTH = 0.25  # inches
_A_NUMBER = (0.5, 0.2)  # inches of an axis that a number takes across and up
_MANY = 20  # more marks than this are drawn small

_THEMES: Final = {
    "light": {"paper": "#ffffff", "ink": "#1c1c1c", "quiet": "#6a6a6a", "grid": "#e8e8e8", "lighter": "0"},
    "dark": {"paper": "#121212", "ink": "#e4e4e4", "quiet": "#a0a0a0", "grid": "#2c2c2c", "lighter": "0.3"},
}
_MARKERS: Final = dict(zip(MARKERS + "◉×", ["o", "s", "^", "D"] * 2 + ["o", "X"], strict=True))
_HOLLOW: Final = "○□△◇"
_DASHES: Final = ("solid", (0, (5, 2.5)), (0, (1.2, 1.6)), (0, (5, 2, 1, 2)))


Size = tuple[int | None, int | None]


def page(picture: Picture, suffix: str, theme: Theme = "light", size: Size = (None, None)) -> bytes:
    """Bytes of the file. size: of the page in columns and lines of a terminal; None: chosen for the picture."""
    metadata: dict[str, str | None] = {"Title": picture.title}
    if suffix != ".png":  # without a date the file is reproducible
        metadata["Date" if suffix == ".svg" else "CreationDate"] = None
    file = BytesIO()
    with rc_context(_settings(theme)), warnings.catch_warnings():
        warnings.simplefilter("ignore")  # missing glyphs, and tight layouts
        dpi = _PIXELS if suffix == ".png" else _UNITS
        figure(picture, theme, size).savefig(file, format=suffix[1:], dpi=dpi, metadata=metadata)
    return file.getvalue()


def figure(picture: Picture, theme: Theme = "light", size: Size = (None, None)) -> Figure:
    """The picture as a matplotlib figure."""
    columns, lines = size
    with rc_context(_settings(theme)):
        return _Page(picture, columns and columns * COLUMN, lines and lines * LINE, _THEMES[theme]).figure()


def _settings(theme: Theme) -> dict[str, Any]:
    inks = _THEMES[theme]
    return {
        "svg.fonttype": "none", "svg.hashsalt": "actcli", "pdf.fonttype": 42, "path.simplify": False,
        "font.family": "sans-serif", "font.sans-serif": ["DejaVu Sans"], "font.size": 9.0,
        "axes.edgecolor": inks["quiet"], "axes.labelcolor": inks["ink"], "axes.facecolor": inks["paper"],
        "axes.spines.top": False, "axes.spines.right": False, "axes.unicode_minus": True, "text.color": inks["ink"],
        "xtick.color": inks["quiet"], "ytick.color": inks["quiet"], "figure.facecolor": inks["paper"],
        "xtick.labelcolor": inks["ink"], "ytick.labelcolor": inks["ink"], "grid.color": inks["grid"],
        "axes.grid": True, "axes.axisbelow": True, "lines.linewidth": 1.8, "legend.frameon": False,
    }  # fmt: skip


@dataclass(frozen=True)
class _Page(Layout):
    """Painter of a page."""

    inks: dict[str, str]

    def figure(self) -> Figure:
        """The whole figure."""
        picture, width = self.picture, self.width
        columns, heights = self._grid()
        above, under, beside = self._above, self._under, self._beside
        folds = [len(self._folded_title(panel)) + self._raised(panel) for panel in self.panels]
        heights = [height + SMALL * (max(folds[row * columns :][:columns]) - 1) for row, height in enumerate(heights)]
        measured = any(curve.measured for panel in picture.panels for curve in panel.curves)
        pens = [self._pen(style, marked=not (measured and style.dash)) for _, style in picture.legend]
        entries = [(name, Line2D([], [], **pen)) for name, pen in zip(self._names, pens, strict=True)]
        body = max(sum(heights), SMALL * len(self._facts) + 0.3)
        lines = [max(folds[row * columns :][:columns]) for row in range(len(heights))]
        least = max(SMALL * sum(lines) + self._least_height * len(lines), SMALL * len(self._facts))
        self._refuse_too_small(beside + self._least_width(columns), above + least + under)
        height = self.asked_height or above + body + under
        room = (beside / width, under / height, self._across / width, max(1 - (above + under) / height, 0.1))
        figure = Figure((width, height), layout=ConstrainedLayoutEngine(rect=room, w_pad=0.08, h_pad=0.06))
        titles, subtitles = self._titles
        self._write(figure, (MARGIN, MARGIN), titles, LEAD, size=12, weight="bold")
        self._write(figure, (MARGIN, MARGIN + LEAD * len(titles)), subtitles, LEAD, size=9)
        self._write(figure, (MARGIN, height - under + 0.1), self._below, SMALL, color=self.inks["quiet"])
        labels, facts = zip(*self._facts, strict=True) if self._facts else ((), ())
        self._write(figure, (MARGIN, above + 0.12), labels, SMALL, color=self.inks["quiet"])
        self._write(figure, (MARGIN + 1.05, above + 0.12), facts, SMALL)
        if entries:
            figure.legend(
                [handle for _, handle in entries], self._names, loc="upper left", ncols=self._legend_columns,
                bbox_to_anchor=(max(beside, MARGIN) / width, 1 - self._legend / height), borderpad=0.0,
                borderaxespad=0.0, columnspacing=1.4, handlelength=2.2,
            )  # fmt: skip
        grid, panels = figure.add_gridspec(len(heights), columns, height_ratios=heights), self.panels
        for index, panel in enumerate(panels):
            lower = panels[index + columns : index + columns + 1]
            axes = figure.add_subplot(grid[divmod(index, columns)])
            inches = (
                self._across / columns - (1.4 if self._maps else 0.7),
                (height - above - under) / len(heights) - SMALL * lines[0] - 0.4,
            )
            numbers = [max(floor(inch / number), 1) for inch, number in zip(inches, _A_NUMBER, strict=True)]
            labelled = not lower or self._differ(panel, lower[0], columns)
            self._paint(panel, axes, figure, numbers, labelled=labelled)
        return figure

    def _differ(self, panel: Panel, lower: Panel, columns: int) -> bool:
        """Whether the horizontal axis has another meaning than in the panel below."""
        return panel.x.label != lower.x.label or (columns == 1 and panel.x != lower.x)

    def _write(self, figure: Figure, at: tuple[float, float], lines: Sequence[str], lead: float, **style: Any) -> None:
        """Write lines below each other; at: inches right of and below the upper left corner."""
        width, height = figure.get_size_inches()
        for index, text in enumerate(lines):
            place = at[0] / width, 1 - (at[1] + lead * index) / height
            figure.text(*place, plain(text), va="top", **({"size": 8.5} | style))

    def _colour(self, style: Style) -> Colour:
        if style.role in ("guide", "reference"):
            return self.inks["quiet"]
        return mixed(rgb(appearance_of(style).colour), float(self.inks["lighter"]))

    def _pen(self, style: Style, *, marked: bool) -> dict[str, Any]:
        """matplotlib's line style, colour and marker for a Style."""
        colour, marker = self._colour(style), appearance_of(style).marker
        if style.role == "guide":
            return {"color": colour, "linestyle": _DASHES[1], "linewidth": 1.0}
        pen = {"color": colour, "linestyle": _DASHES[min(style.dash, len(_DASHES) - 1)]}
        if not marked or style.ramp is not None or style.role == "reference":
            return pen
        face = self.inks["paper"] if marker in _HOLLOW else colour
        return pen | {"marker": _MARKERS[marker], "markersize": 5.0, "markerfacecolor": face, "markeredgecolor": colour}

    def _paint(self, panel: Panel, axes: Axes, figure: Figure, numbers: Sequence[int], *, labelled: bool) -> None:
        """Draw one panel. numbers: that the axes have room for, across and up."""
        crowded = self.picture.arrangement == "grid" and len(self.panels) > 1
        if panel.bare:
            axes.set_axis_off()
        across, up = min(numbers[0], 4 if crowded else 8), min(numbers[1], 5 if crowded or panel.extra else 8)
        set_axis(panel.x, axes.set_xscale, axes.set_xlim, axes.xaxis, across)
        set_axis(panel.y, axes.set_yscale, axes.set_ylim, axes.yaxis, up)
        if labelled:
            axes.set_xlabel(panel.x.label or "x")
        axes.set_ylabel(panel.y.label)
        if panel.title:
            colour = self._colour(panel.style) if panel.style else self.inks["ink"]
            title, pad = plain("\n".join(self._folded_title(panel))), 6 + 72 * LEAD * self._raised(panel)
            axes.set_title(title, loc="left", size=9, color=colour, pad=pad)
        if panel.heat is not None:
            self._heat(panel.heat, panel, axes, figure)
        for line, axis in ((axes.axhline, panel.y), (axes.axvline, panel.x)):
            if axis.scale == "linear" and not axis.counted and axis.low < 0.0 < axis.high:
                line(0.0, color=self.inks["quiet"], linewidth=0.7, zorder=1)
        for rule in panel.rules:
            if rule.x is not None:
                axes.axvline(rule.x, color=self.inks["quiet"], linewidth=1.0, linestyle=_DASHES[2])
            if rule.y is not None:
                axes.axhline(rule.y, color=self.inks["quiet"], linewidth=1.0, linestyle=_DASHES[2])
        for band in panel.bands:
            axes.fill_between(band.x, band.low, band.high, color=self._colour(band.style), alpha=0.2, linewidth=0)
        for histogram in panel.histograms:
            self._area(histogram, axes, panel)
        for curve in panel.guides:
            axes.plot(curve.x, curve.y, **self._pen(curve.style, marked=False))
        for index, curve in reversed([*enumerate(panel.curves)]):
            self._curve(curve, axes, panel, index)
        for trail in panel.trails:
            self._trail(trail, axes, on_map=panel.heat is not None)
        for spike in panel.spikes:
            self._spike(spike, axes, panel)
        for marks in panel.marks:
            pen = self._pen(marks.style, marked=True)
            size, edge = (3.5, 0.5) if marks.x.size > _MANY else (7.0, 1.0)
            pen |= {"linestyle": "none", "markersize": size, "markeredgecolor": self.inks["ink"], "zorder": 5}
            if isinstance(panel.heat, HeatMap):  # dark here and pale there: a white edge, and a black one around it
                edge *= 1.5
                axes.plot(marks.x, marks.y, **pen | {"markeredgecolor": "black"}, markeredgewidth=edge + 1.0)
                pen |= {"markeredgecolor": "white"}
            axes.plot(marks.x, marks.y, **pen, markeredgewidth=edge)

    def _curve(self, curve: Curve, axes: Axes, panel: Panel, index: int) -> None:
        """Draw a curve, with gaps at values that are not finite or very large."""
        x, y = with_gaps(curve)
        marked = curve.measured or len(self.picture.legend) > 1
        every = None if curve.measured else landmarks(panel.x.place(x), panel, index, len(panel.curves))
        pen = self._pen(curve.style, marked=marked)
        if curve.measured and "marker" in pen:  # larger below the others, so that it is visible around them
            pen |= {"markersize": 5.0 + 2.0 * (index > 0)} if not curve.style.dash else {"marker": "", "zorder": 3}
        (line,) = axes.plot(x, y, **pen, markevery=every)
        line.set_gid(f"curve {curve.label}")

    def _trail(self, trail: Trail, axes: Axes, *, on_map: bool) -> None:
        """Draw a trail; on a map in ink with an outline in paper, visible on every colour."""
        pen = self._pen(trail.style, marked=False)
        if on_map:
            axes.plot(trail.x, trail.y, color=self.inks["paper"], linewidth=3.6)
            pen |= {"color": self.inks["ink"]}
        axes.plot(trail.x, trail.y, **pen)

    def _area(self, histogram: Histogram, axes: Axes, panel: Panel) -> None:
        colour, base = self._colour(histogram.style), 0.0 if panel.y.scale == "linear" else panel.y.low
        if histogram.peaks:
            axes.stairs(
                histogram.height,
                histogram.edges,
                baseline=base,
                fill=True,
                color=colour,
                edgecolor=colour,
                linewidth=0.6,
            )
            return
        axes.stairs(histogram.height, histogram.edges, baseline=base, fill=True, color=colour, alpha=0.3, linewidth=0)
        axes.stairs(histogram.height, histogram.edges, baseline=None, color=colour, linewidth=1.4)

    def _spike(self, spike: Spike, axes: Axes, panel: Panel) -> None:
        colour = self._colour(spike.style)
        axes.plot(
            [spike.x, spike.x],
            [0.0, panel.y.high],
            color=colour,
            linewidth=2.4,
            marker="^",
            markevery=[1],
            markersize=8,
            clip_on=False,
        )
        # The label stands on the side with less below the curve, and on paper.
        bars, (low, high) = panel.histograms[0], (panel.x.low, panel.x.high)
        left, right = (np.nansum(bars.height[on]) for on in (bars.edges[1:] <= spike.x, bars.edges[:-1] >= spike.x))
        before = left < right and spike.x > low + 0.2 * (high - low)
        place: dict[str, Any] = {"xytext": (-7 if before else 7, -2), "ha": "right" if before else "left", "va": "top"}
        paper = {"facecolor": self.inks["paper"], "edgecolor": "none", "pad": 1.0, "alpha": 0.8}
        at = (spike.x, panel.y.high)
        axes.annotate(spike.label, at, textcoords="offset points", size=8.5, bbox=paper, **place)

    def _heat(self, heat: HeatMap | RegionMap, panel: Panel, axes: Axes, figure: Figure) -> None:
        from matplotlib.colors import ListedColormap

        from actcli.views.picture.heat import colours_of, tints

        extent = (panel.x.low, panel.x.high, panel.y.low, panel.y.high)
        axes.grid(False)
        if panel.square:
            axes.set_box_aspect(1)
        if isinstance(heat, RegionMap):
            paper = tuple(int(self.inks["paper"][i : i + 2], 16) for i in (1, 3, 5))
            shades = [tuple(part / 255 for part in tint) for tint in tints(len(heat.names), paper)]
            fill: dict[str, Any] = {"cmap": ListedColormap(shades), "vmin": -0.5, "vmax": len(shades) - 0.5}
            axes.imshow(heat.classes, origin="lower", extent=extent, aspect="auto", **fill)
            if names := self._named(panel):
                swatches = [Line2D([], [], linestyle="none", marker="s", markersize=9, color=shade) for shade in shades]
                above: dict[str, Any] = {"loc": "lower right", "bbox_to_anchor": (1.0, 1.0), "borderaxespad": 0.1}
                axes.legend(swatches, [*map(plain, names)], ncols=len(shades), **above)
            return
        fill = {"cmap": ListedColormap(colours_of(heat) / 255), "vmin": heat.low, "vmax": heat.high}
        shown = axes.imshow(heat.values, origin="lower", extent=extent, aspect="auto", **fill)
        alone = shared_scale(self.panels) is None
        if alone or panel is self.panels[-1]:
            label = self._bar_label(heat.label, shared=not alone)
            slim = max(20.0, (1.0 if alone else len(self._grid()[1])) * self._each_height / _BAR_WIDTH)
            figure.colorbar(shown, ax=axes if alone else figure.axes, label=label, pad=0.02, aspect=slim)
        if heat.contours:
            rows, columns = heat.values.shape
            x, y = (
                (low + (high - low) * (np.arange(n) + 0.5) / n)
                for low, high, n in ((panel.x.low, panel.x.high, columns), (panel.y.low, panel.y.high, rows))
            )
            line = self.inks["ink"] if heat.middle is None else "#1c1c1c"  # white in the middle, on every page
            axes.contour(x, y, heat.values, levels=sorted(heat.contours), colors=[line], linewidths=1.4)
