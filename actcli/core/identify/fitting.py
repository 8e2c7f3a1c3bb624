"""Fits of a known activation g to the function: a g(b x + c) + d + e x, with at most two numbers fitted.

The numbers a, d and e are linear and follow by least squares. b, c and the activation's own parameters are searched on
a grid and refined by Gauss-Newton from all starts at once. A fit is a candidate: `proof` decides whether it is the
function.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import combinations, permutations
from typing import Any, Final

import numpy as np

from actcli.core.activations.activation import Parameter
from actcli.core.arrays import Array
from actcli.core.identify.known import Known

IDENTITY: Final[Mapping[str, float]] = {"a": 1.0, "b": 1.0, "c": 0.0, "d": 0.0, "e": 0.0}
"""The numbers for g itself."""

CLOSE: Final = 1e-7
"""Largest relative residual of a candidate, for exact values of the function."""
_HOPELESS = {1: 0.2, 2: 0.12}
"""Numbers searched -> largest residual of a grid point from which a refinement starts."""
_EXTRA: Final = ("", "a", "d", "e")
_SILENT = 1e-100
_STARTS = 4
_STEPS = 14
_BREAKPOINTS: Final = 4
_LINES: Final = 4
_CONSTANTS: Final = 6
_LARGEST = 1e4

_POWERS: Final = 2.0 ** np.arange(-6, 6.1, 0.5)
_USUAL: Final = np.array([0.1, 0.2, 0.3, 0.4, 0.6, 0.7, 0.8, 0.9, 1.1, 1.2, 1.5, 1.702, 2.5, 3.0, 5.0, 6.0, 7.0, 10.0])
"""Common numbers in formulas: for functions that oscillate, or are 0 nearly everywhere, only these are found."""
_B: Final = np.concatenate([_POWERS, _USUAL, -_POWERS, -_USUAL])
_C: Final = np.unique(np.concatenate([np.arange(-6.0, 6.1, 0.5), _USUAL, -_USUAL, [-20.0, 20.0]]))
_B_COARSE: Final = np.concatenate([(2.0 ** np.arange(-3, 3.1)), -(2.0 ** np.arange(-3, 3.1)), [3.0, 1.5, 0.7]])
_C_COARSE: Final = np.array([-5.0, -3.0, -2.0, -1.0, -0.5, 0.5, 1.0, 2.0, 3.0, 5.0])


@dataclass(frozen=True, eq=False)
class Fit:
    """A candidate: numbers for a, b, c, d, e (affine) and for the parameters, and its relative residual."""

    known: Known
    affine: Mapping[str, float]
    parameters: Mapping[str, float]
    fitted: tuple[str, ...]
    """Names of the fitted numbers; those of parameters begin with a dot."""
    residual: float

    @property
    def rank(self) -> tuple[int, ...]:
        """Sort key, simplest first: few fitted numbers; parameters before a, b, c, d; e last."""
        affine = [name for name in self.fitted if not name.startswith(".")]
        return (len(self.fitted), len(affine), "e" in affine, sum(name in "bc" for name in affine))


class _Weighted:
    """Weighted points of the function, and the residuals of fits there."""

    def __init__(self, x: Array, y: Array, w: Array | None = None) -> None:
        self.x, self.y = x, y
        self.w = 1.0 / (0.05 + np.abs(y)) / np.sqrt(len(x)) if w is None else w
        self.wy, self.wx = self.w * y, self.w * x
        self._columns = np.stack([self.wy, self.w, self.wx], axis=1)
        self._yy = float(self.wy @ self.wy)

    def every(self, step: int) -> "_Weighted":
        """Every step-th point, whose residual is at most that of all."""
        part = slice(step // 2, None, step)
        return _Weighted(self.x[part], self.y[part], self.w[part])

    def norms(self, g: Array, linear: Sequence[str]) -> Iterator[tuple[str, Array]]:
        """Residuals of all rows of g with each of `linear` fitted: a, d, e or "" for none."""
        wg = self.w * g
        squares = np.einsum("ij,ij->i", wg, wg)
        with_y, with_1, with_x = (wg @ self._columns).T
        plain = self._yy - 2.0 * with_y + squares
        for extra in linear:
            if extra == "a":
                squared = self._yy - with_y**2 / squares
            elif extra:
                column, product = (self.w, with_1) if extra == "d" else (self.wx, with_x)
                squared = plain - (column @ self.wy - product) ** 2 / (column @ column)
            else:
                squared = plain
            yield extra, np.sqrt(np.maximum(np.where(np.isfinite(squared), squared, np.inf), 0.0))


class Fitter:
    """Fits known activations to a function's finite values y at points x.

    close:       largest residual of a candidate
    breakpoints: of the function, if known: starts for thresholds and shifts
    lines:       slopes and intercepts of a formula's linear arguments: starts for b and c
    constants:   numbers of a formula: starts for b, c and parameters
    """

    def __init__(
        self,
        x: Array,
        y: Array,
        close: float = CLOSE,
        breakpoints: Sequence[float] = (),
        lines: Sequence[tuple[float, float]] = (),
        constants: Sequence[float] = (),
    ) -> None:
        finite = np.isfinite(y)
        self._breakpoints = np.array(breakpoints[:_BREAKPOINTS], dtype=np.float64)
        numbers = [number for number in constants if number][:_CONSTANTS]
        self._single = np.array(numbers, dtype=np.float64)
        self._pairs = np.array([*permutations(numbers, 2)], dtype=np.float64).reshape(-1, 2)
        self._lines = np.array(lines[:_LINES], dtype=np.float64).reshape(-1, 2)
        self.x, self.y, self.close = x[finite], y[finite], close
        self.exact = close <= CLOSE
        """Whether the function is known exactly, and not to the digits of a table."""
        self._all = _Weighted(self.x, self.y)
        self._some = self._all.every(3)
        self._w, self._wy, self._wx = self._all.w, self._all.wy, self._all.wx
        self.best: dict[str, tuple[float, dict[str, float]]] = {}
        """Name -> smallest residual of the activation alone, and the parameter that gives it."""

    def fits(self, known: Known) -> Iterator[Fit]:
        """Candidates with one of b, c or a parameter and at most one of a, d, e; or with up to two of a, d, e alone.

        Fewer fitted numbers come first.
        """
        with np.errstate(all="ignore"):  # no residual for parameters outside of a formula's domain
            linear = sorted(self._linear(known), key=lambda fit: len(fit.fitted))
            yield from (fit for fit in linear if len(fit.fitted) < 2)
            grids = {name: self._promising(known, (name,), _EXTRA) for name in self._names(known)}
            for name, grid in grids.items():
                yield from self._searched(known, (name,), grid, ("",))
            yield from (fit for fit in linear if len(fit.fitted) == 2)
            for name, grid in grids.items():
                yield from self._searched(known, (name,), grid, _EXTRA[1:])

    def alone(self, known: Known) -> Iterator[Fit]:
        """Candidates with one parameter, or with up to two of a, d, e: the fastest ones. Fewer numbers come first."""
        with np.errstate(all="ignore"):  # as in fits
            linear = sorted(self._linear(known), key=lambda fit: len(fit.fitted))
            yield from (fit for fit in linear if len(fit.fitted) < 2)
            for parameter in known.parameters:
                names = (f".{parameter.name}",)
                yield from self._searched(known, names, self._promising(known, names, ("",)), ("",))
            yield from (fit for fit in linear if len(fit.fitted) == 2)

    def inside(self, known: Known) -> Iterator[Fit]:
        """Candidates with b and c."""
        with np.errstate(all="ignore"):  # as in fits
            yield from self._searched(known, ("b", "c"), self._promising(known, ("b", "c"), ("",)), ("",))

    def pairs(self, known: Known) -> Iterator[Fit]:
        """Candidates with two of b, c and the parameters."""
        with np.errstate(all="ignore"):  # as in fits
            for pair in combinations(self._names(known), 2):
                yield from self._searched(known, pair, self._promising(known, pair, ("",)), ("",))

    def _names(self, known: Known) -> list[str]:
        return ["b", "c", *(f".{parameter.name}" for parameter in known.parameters)]

    def _linear(self, known: Known) -> Iterator[Fit]:
        g = known.values(self.x, {})
        if not np.isfinite(g).all():
            return
        columns = {"a": self._w * g, "d": self._w, "e": self._wx}
        plain = float(np.linalg.norm(self._wy - columns["a"]))
        self.best[known.activation.name] = plain, {}
        if plain <= self.close:
            yield Fit(known, IDENTITY, {}, (), plain)
            return
        every = np.stack([*columns.values()], axis=1)
        if np.linalg.norm(every @ np.linalg.lstsq(every, self._wy, rcond=1e-12)[0] - self._wy) > self.close:
            return
        for size in (1, 2):
            for names in combinations("ade", size):
                matrix = np.stack([columns[name] for name in names], axis=1)
                target = self._wy if "a" in names else self._wy - columns["a"]
                solution, _, rank, _ = np.linalg.lstsq(matrix, target, rcond=1e-12)
                residual = float(np.linalg.norm(matrix @ solution - target))
                numbers = dict(zip(names, solution.tolist(), strict=True))
                if residual <= self.close and rank == size and abs(numbers.get("a", 1.0)) > 1e-9:
                    yield Fit(known, {**IDENTITY, **numbers}, {}, names, residual)

    # --- b, c and the activation's own parameters ---------------------------------------------------------------

    def _searched(
        self, known: Known, names: tuple[str, ...], rows: tuple[Array, Array], linear: Sequence[str]
    ) -> Iterator[Fit]:
        grid, shapes = rows
        for extra, norms in self._all.norms(shapes, linear) if len(grid) else ():
            alone = not extra and len(names) == 1 and names[0].startswith(".")
            best = int(norms.argmin())
            if alone:
                self._note(known, names[0], grid[best, 0], norms[best])
            if not norms[best] < _HOPELESS[len(names)]:
                continue
            if norms[best] <= 1e-9:  # exactly on the grid
                yield self._fit(known, names, extra, grid[best], float(norms[best]))
                continue
            starts = np.argsort(norms, kind="stable")[:_STARTS]
            starts = starts[norms[starts] < _HOPELESS[len(names)]]
            found, reached = self._refined(known, names, extra, grid[starts])
            order = np.argsort(reached, kind="stable")
            if alone:
                self._note(known, names[0], found[order[0], 0], reached[order[0]])
            for at in order[:2]:
                if reached[at] <= self.close:
                    yield self._fit(known, names, extra, found[at], float(reached[at]))

    def _promising(self, known: Known, names: tuple[str, ...], linear: Sequence[str]) -> tuple[Array, Array]:
        """The rows of the grid that are not hopeless at a third of the points, and their values g at all of them.

        All rows for a parameter, of which the nearest is noted.
        """
        grid = self._grid(known, names)
        if len(names) > 1 or not names[0].startswith("."):
            g = self._shapes(known, names, grid, self._some.x)
            hopeless = [norms > 1.001 * _HOPELESS[len(names)] for _, norms in self._some.norms(g, linear)]
            grid = grid[~np.logical_and.reduce(hopeless) | (np.abs(g).max(axis=1) < _SILENT)]
        return grid, self._shapes(known, names, grid, self.x) if len(grid) else grid

    def _grid(self, known: Known, names: tuple[str, ...]) -> Array:
        """Grid of starts for the numbers: all combinations, one per row."""
        coarse = len(names) > 1
        parameters = {f".{parameter.name}": parameter for parameter in known.parameters}
        own = np.array(known.meeting_points[:_BREAKPOINTS] if self._breakpoints.size else (), dtype=np.float64)
        axes = []
        for name in names:
            if name == "b":
                axes.append(_B_COARSE if coarse else _B)
            elif name == "c":
                shifts = np.subtract.outer(own, self._breakpoints).ravel()
                axis = _C_COARSE if coarse else _C
                axes.append(np.unique(np.concatenate([axis, shifts])) if shifts.size else axis)
            else:
                axes.append(_around(parameters[name], coarse, _tuple(self._breakpoints), _tuple(own)))
        if not coarse:
            single = self._single
            if (parameter := parameters.get(names[0])) is not None:
                single = single[(single > parameter.minimum) & (single < parameter.maximum)]
            return np.concatenate([axes[0], single])[:, None]
        grid = np.stack([np.repeat(axes[0], len(axes[1])), np.tile(axes[1], len(axes[0]))], axis=1)
        more = (_meeting(self._breakpoints, own), self._lines) if names == ("b", "c") else (self._pairs,)
        return np.concatenate([grid, *more])

    def _note(self, known: Known, name: str, value: float, residual: float) -> None:
        """Keep the parameter with the smallest residual of the activation alone."""
        if residual < self.best.get(known.activation.name, (np.inf, {}))[0]:
            self.best[known.activation.name] = float(residual), {name[1:]: float(value)}

    def _fit(self, known: Known, names: tuple[str, ...], extra: str, found: Array, residual: float) -> Fit:
        numbers = dict(zip(names, found.tolist(), strict=True))
        affine = {**IDENTITY, **{name: value for name, value in numbers.items() if name in IDENTITY}}
        if extra:
            (g,) = self._shapes(known, names, found[None])
            affine[extra] = float(self._solved(g[None], extra)[0])
        own = {name[1:]: value for name, value in numbers.items() if name not in IDENTITY}
        return Fit(known, affine, own, (*names, *extra), residual)

    def _shapes(self, known: Known, names: tuple[str, ...], grid: Array, x: Array | None = None) -> Array:
        """g(b x + c; parameters), one row per row of the grid."""
        x = self.x if x is None else x
        columns = {name: grid[:, i : i + 1] for i, name in enumerate(names)}
        u = columns.get("b", 1.0) * x + columns.get("c", np.zeros((len(grid), 1)))
        return known.values(u, {name[1:]: column for name, column in columns.items() if name.startswith(".")})

    def _solved(self, g: Array, extra: str) -> Array:
        """The least-squares a, d or e of each row."""
        wg = self._w * g
        if extra == "a":
            numerator, denominator = wg @ self._wy, (wg**2).sum(axis=1)
        else:
            column = self._w if extra == "d" else self._wx
            numerator, denominator = (self._wy - wg) @ column, column @ column
        return np.asarray(numerator / denominator)

    def _residuals(self, g: Array, extra: str) -> Array:
        wg = self._w * g
        if extra:
            solved = self._solved(g, extra)[:, None]
            r = (
                self._wy - solved * wg
                if extra == "a"
                else self._wy - wg - solved * (self._w if extra == "d" else self._wx)
            )
        else:
            r = self._wy - wg
        r[~np.isfinite(r).all(axis=1)] = 1e6
        return r

    def _refined(self, known: Known, names: tuple[str, ...], extra: str, theta: Array) -> tuple[Array, Array]:
        """Damped Gauss-Newton for all rows at once: final numbers and residuals."""
        count, size = theta.shape
        r = self._residuals(self._shapes(known, names, theta), extra)
        norms = np.linalg.norm(r, axis=1)
        begun = norms.min()
        for step in range(_STEPS):
            h = 1e-7 * np.maximum(np.abs(theta), 0.1)
            moved = theta[None] + np.eye(size)[:, None, :] * h[None]
            sides = self._residuals(self._shapes(known, names, moved.reshape(-1, size)), extra)
            jacobian = (sides.reshape(size, count, -1) - r[None]) / h.T[:, :, None]
            normal = np.einsum("icm,jcm->cij", jacobian, jacobian)
            gradient = np.einsum("icm,cm->ci", jacobian, r)
            normal += np.eye(size) * (1e-14 * np.trace(normal, axis1=1, axis2=2)[:, None, None] + 1e-300)
            change = -_solve(normal, gradient)
            limit = 0.5 * np.maximum(np.abs(theta), 1.0)
            change = np.clip(np.nan_to_num(change), -limit, limit)
            tries = np.clip(theta[None] + change[None] * np.array([1.0, 0.3, 0.05])[:, None, None], -_LARGEST, _LARGEST)
            there = self._residuals(self._shapes(known, names, tries.reshape(-1, size)), extra).reshape(3, count, -1)
            lengths = np.linalg.norm(there, axis=2)
            best = np.argmin(lengths, axis=0)
            better = lengths[best, np.arange(count)] < norms
            if not better.any():
                break
            chosen = tries[best, np.arange(count)]
            theta = np.where(better[:, None], chosen, theta)
            r = np.where(better[:, None], there[best, np.arange(count)], r)
            norms = np.where(better, lengths[best, np.arange(count)], norms)
            if (step == 1 and norms.min() > 0.6 * begun) or norms.min() < 1e-14:
                break  # no step improves it
        return theta, norms


def _solve(matrix: Array, vector: Array) -> Array:
    """Solutions of many systems of one or two equations (Cramer's rule)."""
    if vector.shape[1] == 1:
        return vector / matrix[:, 0]
    (p, q), (r, s) = matrix[:, 0].T, matrix[:, 1].T
    determinant = p * s - q * r
    u, v = vector.T
    return np.asarray(np.stack([s * u - q * v, p * v - r * u], axis=1) / determinant[:, None])


def _tuple(numbers: Array) -> tuple[float, ...]:
    return tuple(numbers.tolist())


def _meeting(breakpoints: Array, own: Array) -> Array:
    """The b and c with which one breakpoint of an activation, or two, come to lie on the function's."""
    rows = [(b, first - b * at) for first in own.tolist() for at in breakpoints.tolist() for b in _B_COARSE.tolist()]
    for first, second in permutations(own.tolist(), 2):
        for at, other in combinations(breakpoints.tolist(), 2):
            b = (second - first) / (other - at)
            rows.append((b, first - b * at))
    return np.array(rows, dtype=np.float64).reshape(-1, 2)


@cache
def _around(parameter: Parameter, coarse: bool, breakpoints: tuple[float, ...], own: tuple[float, ...]) -> Array:
    """Grid of a parameter: its default, multiples of it, common numbers, and values that may move a breakpoint.

    breakpoints, own: of the function and of the activation. A breakpoint may be the parameter itself, differ from the
    activation's by it, or be the activation's times it.
    """
    default = parameter.default
    multiples: Any = default * 2.0 ** np.arange(-5, 5.1, 1.0 if coarse else 0.5)
    even = np.arange(-3.0, 3.1, 1.0 if coarse else 0.25)
    usual = np.concatenate([[0.01, 0.05, -0.1], _USUAL]) if not coarse else np.array([0.01, 0.1, 0.3])
    thresholds = np.outer([1.0, -1.0], breakpoints).ravel()
    away = np.subtract.outer(breakpoints, own).ravel()
    ratios = np.divide.outer(breakpoints, [point for point in own if point]).ravel()
    moved = np.concatenate([thresholds, default + away, default - away, default * ratios])
    values = np.unique(np.concatenate([[default], multiples, -multiples[::2], even, usual, moved]))
    inside = (values > parameter.minimum) & (values < parameter.maximum)
    return np.asarray(values[inside | (values == default)])
