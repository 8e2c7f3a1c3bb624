"""Pictures of `phase`: maps over the variances, variance and correlation maps of a layer, trainability."""

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, Literal

import numpy as np

from actcli.core.arrays import Array, Mask
from actcli.core.depth.trainability import Trainability
from actcli.core.errors import count
from actcli.core.network.initialisers import initialiser_variances
from actcli.core.theory.gain import CriticalPoint
from actcli.core.theory.layer_maps import LayerMaps
from actcli.core.theory.phase import PhaseDiagram
from actcli.views.gain import fixed_point_lines
from actcli.views.notation import format_number, percent
from actcli.views.picture.description import Axis, Curve, HeatMap, Marks, Panel, Picture, Style, Trail

Of = Literal["chi", "q", "correlation", "depth-scale"]

EDGE: Final = Style("reference")
DIGITS: Final = 6
_MOST_DECADES: Final = 4
_LARGEST_CHI: Final = 2.0
_ROUNDING: Final = 1e-9
_ALIKE: Final = 1.0 - 1e-4  # less than a map's error from 1
_NAMES: Final = {"xavier": "Xavier", "he": "He", "lecun": "LeCun", "pytorch": "PyTorch's default"}
_WEIGHTS, _BIASES = "σ_w²", "σ_b²"


@dataclass(frozen=True)
class Quantity:
    """Quantity of a map: title, values on the colour scale, and label of the scale."""

    title: str
    values: Callable[[PhaseDiagram], Array]
    label: str
    middle: float | None = None
    ends: tuple[float, float] | None = None


QUANTITIES: Final[dict[Of, Quantity]] = {
    "chi": Quantity(
        "χ⊥, the factor of the gradient's signal per layer, squared",
        lambda found: np.minimum(found.chi_perpendicular, _LARGEST_CHI),
        "χ⊥",
        1.0,
    ),
    "q": Quantity("q, the variance of the signal", lambda found: _logarithm(found.q), "log10 q"),
    "correlation": Quantity(
        "c*, the correlation of two inputs deep in the network", lambda f: f.correlation, "c*", None, (0.0, 1.0)
    ),
    "depth-scale": Quantity(
        "ξ_c, the layers in which two inputs come e times nearer to c*",
        lambda found: _logarithm(found.correlation_depth_scale),
        "log10 ξ_c",
    ),
}


def _logarithm(values: Array) -> Array:
    """log10, clipped to a few decades; 0 and infinity are at the ends."""
    with np.errstate(divide="ignore"):
        logarithms = np.log10(values)
    finite = logarithms[np.isfinite(logarithms)]
    if not finite.size:
        return np.clip(logarithms, -1.0, 1.0)
    return np.clip(logarithms, max(finite.min(), -_MOST_DECADES), min(finite.max(), _MOST_DECADES))


def phase_picture(found: PhaseDiagram, of: Of) -> Picture:
    """Map of one quantity, with the edge of chaos and the usual initialisations."""
    quantity = QUANTITIES[of]
    values = quantity.values(found)
    known = values[np.isfinite(values)]
    low, high = quantity.ends or ((float(known.min()), float(known.max())) if known.size else (0.0, 1.0))
    if quantity.middle is not None:
        low, high = min(low, quantity.middle), max(high, quantity.middle)
    x, y = _centred(found.sigma_w2, _WEIGHTS), _centred(found.sigma_b2, _BIASES)
    marks, legend = _initialisations(found, x, y)
    edge = [Trail(across, up, EDGE) for across, up in (np.array(piece).T for piece in edge_pieces(found))]
    panel = Panel(x, y, marks=marks, trails=edge, heat=HeatMap(values, low, high, quantity.label, quantity.middle))
    entries = [*legend, *([("edge of chaos, χ⊥ = 1", EDGE)] if found.edge else [])]
    return Picture(f"{found.activation}: {quantity.title}", [panel], entries, notes=phase_sentences(found, of))


def _centred(values: Array, label: str) -> Axis:
    """Axis on which each value is the centre of a cell of the map."""
    half = 0.5 * (float(values[-1]) - float(values[0])) / max(len(values) - 1, 1) or 0.5
    return Axis(float(values[0]) - half, float(values[-1]) + half, label=label)


def edge_pieces(found: PhaseDiagram) -> list[list[tuple[float, float]]]:
    """The edge as connected pieces: points in order, with near neighbours."""
    scale = np.array([np.ptp(found.sigma_w2), np.ptp(found.sigma_b2)])
    scale[scale == 0.0] = 1.0
    left, pieces = [*found.edge], []
    while left:
        piece = [left.pop(0)]
        while left:
            away = np.abs((np.array(left) - piece[-1]) / scale).max(axis=1)
            if away.min() > _NEIGHBOURS:
                break
            piece.append(left.pop(int(away.argmin())))
        pieces.append(piece)
    return pieces


_NEIGHBOURS: Final = 0.2  # relative to the picture


def _initialisations(found: PhaseDiagram, x: Axis, y: Axis) -> tuple[list[Marks], list[tuple[str, Style]]]:
    """One mark per place, with the names of all initialisations there."""
    places: dict[tuple[float, float], list[str]] = {}
    critical = found.critical
    if critical.sigma_w2 is not None and critical.sigma_b2 is not None:
        places[round(critical.sigma_w2, 9), round(critical.sigma_b2, 9)] = ["critical point"]
    for name, variances in initialiser_variances().items():
        places.setdefault(variances, []).append(_NAMES[name])
    shown = {at: names for at, names in places.items() if x.low <= at[0] <= x.high and y.low <= at[1] <= y.high}
    marks, legend = [], []
    for index, ((weights, biases), names) in enumerate(shown.items()):
        style, label = Style(member=index), ", ".join(names)
        marks.append(Marks(np.array([weights]), np.array([biases]), style))
        legend.append((label, style))
    return marks, legend


def phase_sentences(found: PhaseDiagram, of: Of) -> list[str]:
    """Sentences on the map and its blank cells."""
    blank = np.isnan(QUANTITIES[of].values(found))
    sentences = [
        _critical_sentence(found.critical),
        *_edge_sentences(found),
        *_blank_sentences(found, of, blank),
        *_scale_sentences(found, of),
    ]
    return [" ".join(sentences)]


def _critical_sentence(critical: CriticalPoint) -> str:
    if critical.sigma_w2 is None or critical.sigma_b2 is None:
        return "There is no critical point."
    return f"Critical point: σ_w² = {_number(critical.sigma_w2)}, σ_b² = {_number(critical.sigma_b2)}."


def _edge_sentences(found: PhaseDiagram) -> list[str]:
    known, apart = ~np.isnan(found.chi_perpendicular), _moves_apart(found)
    sentences = [_edge_sentence(found)] if known.any() or not apart.any() else []
    if apart.any():
        sentences.append(
            f"Where no finite χ⊥ was found and c* < 1: chaotic, inputs that are almost alike move apart, and the "
            f"gradient's signal has no theory, as {found.activation} jumps or E f'² is not finite."
        )
    return sentences


def _moves_apart(found: PhaseDiagram) -> Mask:
    """Where χ⊥ is unknown and c* < 1: the map of the correlation is convex, so that its slope at 1 is above 1."""
    return np.isnan(found.chi_perpendicular) & (found.correlation < _ALIKE)


def _edge_sentence(found: PhaseDiagram) -> str:
    name, chi = found.activation, found.chi_perpendicular
    if found.edge_grows and found.edge:
        return (
            f"{name} is critical at σ_w² = {_number(found.edge[0][0])} for every σ_b²: χ⊥ = 1 there, "
            f"and the variance grows without end where σ_b² > 0."
        )
    if np.isnan(chi).all():
        return f"χ⊥ is not known: {name} jumps, or no variance settles."
    if found.edge:
        return "χ⊥ < 1: ordered, the gradient vanishes with depth. χ⊥ > 1: chaotic, it explodes."
    known = chi[~np.isnan(chi)]
    if (known < 1.0).all():
        return "χ⊥ < 1 wherever it is known here: ordered, the gradient vanishes with depth."
    if (known > 1.0).all():
        return "χ⊥ > 1 wherever it is known here: chaotic, the gradient explodes with depth."
    return "No edge of chaos was found here."


def _blank_sentences(found: PhaseDiagram, of: Of, blank: Mask) -> list[str]:
    """Sentences with the reasons of blank cells."""
    unsettled = blank & np.isnan(found.q) & ~found.grows
    kept = blank & ~found.grows & np.isinf(found.correlation_depth_scale) & (of == "correlation")
    infinite = blank & _moves_apart(found) & (of == "chi")
    reasons = {
        "the variance grows without end": blank & found.grows,
        "it is not known to settle": unsettled,
        "every correlation stays": kept,
        "no finite χ⊥ was found": infinite,
        "it is not known": blank & ~found.grows & ~unsettled & ~kept & ~infinite,
    }
    given = [reason for reason, cells in reasons.items() if cells.any()]
    return [f"Blank: {', or '.join(given)}."] if given else []


def _scale_sentences(found: PhaseDiagram, of: Of) -> list[str]:
    """Sentences on values beyond the ends of the colour scale."""
    if of == "chi" and (found.chi_perpendicular > _LARGEST_CHI * (1.0 + _ROUNDING)).any():
        largest = _number(float(np.nanmax(found.chi_perpendicular)))
        return [f"The colours end at {_LARGEST_CHI:g}; the largest χ⊥ is {largest}."]
    sentences = []
    if of == "q" and (found.q == 0.0).any():
        sentences.append("The lowest colour stands for 0 too, where the signal dies out.")
    if of == "depth-scale" and (found.correlation_depth_scale > 10.0**_MOST_DECADES).any():
        sentences.append(f"The highest colour stands for more than 10^{_MOST_DECADES} too, up to ∞.")
    return sentences


# --- the two maps at one initialisation -----------------------------------------------------------------------------


def maps_picture(maps: LayerMaps) -> Picture:
    panels = [_map_panel(maps.q, maps.next_q, maps.q_cobweb, "q", "variance map: q -> q'")]
    if maps.c is not None and maps.next_c is not None and maps.c_cobweb is not None:
        panels.append(_map_panel(maps.c, maps.next_c, maps.c_cobweb, "c", "correlation map at q: c -> c'"))
    told = ". ".join(fixed_point_lines(maps.fixed_point, maps.decay)) + "."
    told = f"From q = 1 the signal {told}" if told.startswith("settles") else told
    start = f"layer by layer: from q = {_number(float(maps.q_cobweb[0, 0]))}"
    start += ", and from c = 0." if len(panels) > 1 else "."
    title = f"{maps.activation} at σ_w² = {_number(maps.sigma_w2)}, σ_b² = {_number(maps.sigma_b2)}"
    legend = [("the map", Style()), ("layer by layer", Style(member=1)), ("no change", Style("guide"))]
    return Picture(title, panels, legend, notes=[told, start])


def _map_panel(x: Array, y: Array, cobweb: Array, label: str, title: str) -> Panel:
    known = y[np.isfinite(y)]
    return Panel(
        Axis(float(x[0]), float(x[-1]), label=label),
        Axis(float(known.min(initial=0.0)), float(known.max(initial=float(x[-1])))),
        [Curve("the map", x, y, Style())],
        title,
        guides=[Curve("", x, x, Style("guide"))],
        trails=[Trail(cobweb[0], cobweb[1], Style(member=1))],
    )


# --- trainability ---------------------------------------------------------------------------------------------------


def trainability_picture(found: Trainability) -> Picture:
    """Map of accuracy, or of loss over the loss of guessing, with 6 ξ_c."""
    sweep = found.sweep
    measured, label = (found.loss, "loss / guessing") if found.accuracy is None else (found.accuracy, "accuracy")
    x, y = _centred(np.array(sweep.sigma_w2), _WEIGHTS), _centred(np.array(sweep.depths, dtype=float), "depth")
    values = np.where(np.isfinite(measured), np.minimum(measured, 1.0), measured)
    known = values[np.isfinite(values)]
    low = min(float(known.min(initial=1.0)), 0.9)
    limit = np.minimum(found.depth_limit, 2.0 * y.high)
    pieces = np.split(np.arange(limit.size), np.flatnonzero(np.diff(np.isnan(limit).astype(int))) + 1)
    weights = np.array(sweep.sigma_w2)
    trails = [Trail(weights[part], limit[part], EDGE) for part in pieces if not np.isnan(limit[part]).any()]
    panel = Panel(x, y, trails=trails, heat=HeatMap(values, low, 1.0, label))
    what = f"{label} after {count(sweep.config.steps, 'step')}"
    return Picture(
        f"{sweep.activation}: {what}, depth over {_WEIGHTS} at {_BIASES} = {_number(sweep.sigma_b2)}",
        [panel],
        [("6 ξ_c, the trainable depth by a rule of thumb", EDGE)] if trails else [],
        notes=[trainability_sentence(found)],
    )


def trainability_sentence(found: Trainability) -> str:
    """Sentence on the cells that agree with theory."""
    sweep = found.sweep
    wanted = len(sweep.depths) * len(sweep.sigma_w2) * sweep.seeds
    done = count(found.runs, "run") if found.runs == wanted else f"{found.runs:,} of {count(wanted, 'run')}"
    if found.agreement is None:
        return f"{done}."
    cells = int((~np.isnan(found.learnt) & ~np.isnan(found.depth_limit)).sum())
    agree, share = round(found.agreement * cells), percent(found.agreement, 2)
    return (
        f"{done}. Rule of thumb (Schoenholz et al. 2017): networks learn if they are no deeper than 6 ξ_c. {agree} of "
        f"{count(cells, 'cell')} agree ({share}): at least half of their networks reach a loss 5 % below "
        "guessing just where the rule says so."
    )


def _number(number: float) -> str:
    return "∞" if math.isinf(number) else format_number(number, DIGITS)
