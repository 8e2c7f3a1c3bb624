"""Layout of a page: the room for its texts and panels."""

from dataclasses import dataclass
from functools import cached_property
from math import ceil
from typing import Final

from actcli.core.errors import InputError
from actcli.views.picture.description import HeatMap, Panel, Picture, RegionMap, shared_scale
from actcli.views.picture.page_text import plain, wrapped

WIDTH: Final = 8.0
"""Inches: 800 units of an SVG, 1600 pixels of a PNG."""
_SQUARE: Final = 6.0  # inches of a page with one square map
COLUMN, LINE = 0.1, 0.2  # inches of a column and a line of --size
MARGIN, _CHARACTERS = 0.18, 14.5  # inches; characters per inch
_OF_DIGITS = 0.87  # formulas are wider than prose: the share of its characters that fit
LEAD, SMALL = 0.22, 0.17  # inches between lines of titles and of notes
_SINGLE, _FIRST, _FURTHER, _ASPECT = 4.4, 3.3, 2.1, 1.35  # heights of panels, and width by height of those in a grid
_AXIS, _SWATCH = 6, 8  # characters that the numbers of an axis take, and a swatch
_TITLE_LINES = 3  # of a panel
_LEAST, _LEAST_BARE, _LEAST_MAP, _LEAST_WIDE, _LEAST_TITLE = 0.75, 0.35, 1.8, 2.0, 10  # inches; characters
_BAR = 0.8  # inches of a colour bar with its numbers and its label
_BESIDE_A_MAP = 1.5  # inches of its numbers, its colour bar and their labels
_WIDEST_ROW, _FACTS, _STRIP = 4, 3.7, 0.85  # panels beside each other; width of facts, height of maps without axes


@dataclass(frozen=True)
class Layout:
    """Layout of a page, in inches: title and legend above the panels, notes and caption below, facts beside."""

    picture: Picture
    asked_width: float | None
    asked_height: float | None

    @property
    def panels(self) -> list[Panel]:
        return [panel for panel in self.picture.panels if not panel.empty] or [*self.picture.panels[:1]]

    @property
    def width(self) -> float:
        square = len(self.panels) == 1 and self.panels[0].square and self.panels[0].heat is not None
        return self.asked_width or (_SQUARE if square else WIDTH)

    @cached_property
    def _titles(self) -> tuple[list[str], list[str]]:
        """Lines of the title and of the subtitle."""
        return self._folded(self.picture.title, 0.68), self._folded(self.picture.subtitle)

    @cached_property
    def _below(self) -> list[str]:
        """Lines of notes and caption."""
        return [
            line for text in (*self.picture.notes, *self.picture.caption.split("\n")) for line in self._folded(text)
        ]

    @cached_property
    def _names(self) -> list[str]:
        """Texts of the legend."""
        fits = int((self.width - 2 * MARGIN - 0.55) * _CHARACTERS * _OF_DIGITS)
        names = [name for name, _ in self.picture.legend]
        return [plain(name if len(name) <= fits else f"{name[: fits - 2]} …") for name in names]

    @property
    def _legend_columns(self) -> int:
        longest = max(map(len, self._names), default=1)
        return max(int((self.width - 2 * MARGIN) / (longest / _CHARACTERS + 0.55)), 1)

    @property
    def _legend(self) -> float:
        """Inches above the legend."""
        return MARGIN + LEAD * sum(map(len, self._titles))

    @property
    def _above(self) -> float:
        """Inches above the panels."""
        return self._legend + LEAD * ceil(len(self._names) / self._legend_columns)

    @property
    def _under(self) -> float:
        """Inches below the panels."""
        return MARGIN + SMALL * len(self._below)

    @property
    def _beside(self) -> float:
        """Inches of the facts, left of the panels."""
        values = max((len(value) for _, value in self.picture.facts), default=0) / _CHARACTERS
        return min(_FACTS, max(0.45 * self.width, MARGIN + 1.2 + values)) if self.picture.facts else 0.0

    @cached_property
    def _facts(self) -> list[tuple[str, str]]:
        """Lines of the facts, with the label on the first line of each."""
        room = int((self._beside - MARGIN - 1.15) * _CHARACTERS * _OF_DIGITS)
        folded = [(label, wrapped(value, max(room, 12))) for label, value in self.picture.facts]
        return [(label if line == 0 else "", text) for label, lines in folded for line, text in enumerate(lines)]

    @property
    def _maps(self) -> bool:
        """Whether all panels are square maps."""
        return all(panel.square and panel.heat is not None for panel in self.panels)

    @cached_property
    def _across(self) -> float:
        """Inches of all panels together; square maps are no wider than high, so that titles have room beside them."""
        columns = self._grid()[0]
        across = self.width - self._beside
        return min(across, columns * (self._each_height + _BESIDE_A_MAP)) if self._maps else across

    @property
    def _each_height(self) -> float:
        """Inches of a panel with its title and the numbers below."""
        heights = self._grid()[1]
        return (self.asked_height - self._above - self._under) / len(heights) if self.asked_height else heights[0]

    @property
    def _least_height(self) -> float:
        if all(panel.bare for panel in self.panels):
            return _LEAST_BARE
        return _LEAST_MAP if any(panel.heat is not None for panel in self.panels) else _LEAST

    def _least_width(self, columns: int) -> float:
        """Inches that panels and their titles need."""
        title = (_LEAST_TITLE + _AXIS) / (_CHARACTERS * _OF_DIGITS)
        return 2 * MARGIN + title * columns + self._bar if columns > 1 else _LEAST_WIDE

    @property
    def _bar(self) -> float:
        """Inches of the colour bar beside several maps."""
        return _BAR if isinstance(shared_scale(self.panels), HeatMap) else 0.0

    def _refuse_too_small(self, width: float, height: float) -> None:
        """InputError: an asked size of fewer inches."""
        asked = (self.asked_width, width, COLUMN, "{}x", "columns"), (self.asked_height, height, LINE, "x{}", "lines")
        for inches, least, each, size, what in asked:
            if inches is not None and inches < least - 1e-9:
                given, needed = size.format(round(inches / each)), ceil(least / each - 1e-9)
                raise InputError(f"--size {given}: the page of this picture takes {needed} {what} or more")

    def _grid(self) -> tuple[int, list[float]]:
        """Number of columns, and heights of the rows."""
        count = len(self.panels)
        if count == 1:
            return 1, [_SINGLE]
        if self.picture.arrangement == "stack":
            return 1, [_FIRST, *[_FURTHER] * (count - 1)]
        columns = self.picture.columns or min(count, _WIDEST_ROW, max(ceil(count**0.5), 2 if count < 5 else 3))
        each = (self.width - 2 * MARGIN) / columns / _ASPECT
        if all(panel.bare for panel in self.panels):
            return columns, [_STRIP] * ceil(count / columns)
        if self._maps:
            each = (self.width - 2 * MARGIN) / columns + 2 * SMALL  # the title, and the numbers below
        return columns, [max(each, 1.6)] * ceil(count / columns)

    def _folded(self, text: str, share: float = 1.0) -> list[str]:
        return wrapped(text, max(int((self.width - 2 * MARGIN) * _CHARACTERS * share), 12)) if text else []

    def _folded_title(self, panel: Panel) -> list[str]:
        """It stays above its panel, and does not reach into the next one's."""
        return wrapped(panel.title, max(self._room_above(), _LEAST_TITLE), _TITLE_LINES) or [""]

    def _room_above(self) -> int:
        columns = self._grid()[0]
        width = self._across if columns > 1 else self.width - self._beside  # beside one panel the page is empty
        return int((width - 2 * MARGIN - self._bar) / columns * _CHARACTERS * _OF_DIGITS) - _AXIS

    def _raised(self, panel: Panel) -> bool:
        """Whether the title stands above the swatches and not beside them."""
        swatches = sum(len(name) + _SWATCH for name in self._named(panel))
        return bool(swatches) and len(panel.title) + swatches > self._room_above()

    def _named(self, panel: Panel) -> tuple[str, ...]:
        """The regions that need a swatch: the picture's legend has none with these names."""
        names = tuple(panel.heat.names) if isinstance(panel.heat, RegionMap) else ()
        return () if {*names} <= {label for label, _ in self.picture.legend} else names

    def _bar_label(self, label: str, *, shared: bool) -> str:
        """The label of a colour bar, folded to its height."""
        height = self._each_height * (len(self._grid()[1]) if shared else 1) - SMALL * 2
        return "\n".join(wrapped(label, max(int(0.8 * height * _CHARACTERS), 12)))
