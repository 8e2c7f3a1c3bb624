"""State of an auditor as plain data: for another process, or to resume an audit later."""

from dataclasses import asdict, fields, is_dataclass
from typing import Any, Final

import numpy as np

from actcli.core.audit.auditor import Auditor
from actcli.core.audit.gather import Worst
from actcli.core.audit.report import Point

_KEPT = (
    *("_small", "_everything", "_subnormal", "_large", "_distribution"),
    *("_absolute", "_relative", "_reversals", "_undefined", "_answered"),
    *("_unlike", "_left_out", "_excused", "_kinds", "_ends", "_worst"),
    *("_constants", "_max_steps_when_flushed", "_sampled", "_samples"),
)


LAYOUT: Final = 2
"""Raised when `_KEPT` or a class in it changes: a state of another layout cannot be restored."""


def state(auditor: Auditor) -> dict[str, Any]:
    """The state: dict, list, str, int, float, bool and None."""
    return {name: _plain(getattr(auditor, name)) for name in _KEPT}


def restored(fresh: Auditor, kept: dict[str, Any]) -> Auditor:
    """A fresh auditor with the state of another one that has the same settings.

    Numbers may also be the strings NaN, Infinity and -Infinity.
    """
    for name in _KEPT:
        setattr(fresh, name, _filled(getattr(fresh, name), kept[name], name))
    return fresh


def _plain(value: Any) -> Any:
    if isinstance(value, np.ndarray):
        # One block changes few intervals: most entries of an array have their initial value.
        return _sparse(value)
    if is_dataclass(value) and not isinstance(value, type):
        return asdict(value)
    if isinstance(value, dict):
        return {key: _plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    if value is None or isinstance(value, bool | int | float | str):
        return value
    return {name: _plain(item) for name, item in vars(value).items()}


def _sparse(array: Any) -> dict[str, Any]:
    usual = array[-1:]
    bits = array.view(np.uint64)
    other = np.flatnonzero(bits != bits[-1:])
    return {"size": array.size, "usual": usual.tolist(), "at": other.tolist(), "other": array[other].tolist()}


def _filled(fresh: Any, kept: Any, name: str) -> Any:
    """The kept data in the classes and dtypes of a fresh auditor."""
    if name == "_worst":
        ulp, steps = (None if kept[of] is None else _point(kept[of]) for of in ("ulp", "steps"))
        return Worst([*map(_point, kept["points"])], ulp, steps)
    if name == "_ends":
        return [(_array(exact, np.float64), _array(actual, np.float64)) for exact, actual in kept]
    if name == "_samples":
        kinds = (np.float64, np.float64, np.float64, np.uint64)
        return [tuple(_array(column, kind) for column, kind in zip(one, kinds, strict=True)) for one in kept]
    if isinstance(fresh, np.ndarray):
        return _array(kept, fresh.dtype)
    if isinstance(fresh, dict):
        return {key: _filled(item, kept[key], "") for key, item in fresh.items()}
    if isinstance(fresh, list):
        return [_filled(item, data, "") for item, data in zip(fresh, kept, strict=True)]
    if isinstance(fresh, tuple):
        return tuple(map(float, kept))
    if is_dataclass(fresh) and not isinstance(fresh, type):
        return type(fresh)(**{one.name: _filled(getattr(fresh, one.name), kept[one.name], "") for one in fields(fresh)})
    if fresh is None or isinstance(fresh, bool | int | float | str):
        return float(kept) if isinstance(kept, str) else kept
    for attribute, item in vars(fresh).items():
        setattr(fresh, attribute, _filled(item, kept[attribute], ""))
    return fresh


def _array(kept: dict[str, Any], kind: Any) -> Any:
    array = np.resize(np.array(_numbers(kept["usual"]), dtype=kind), kept["size"])
    array[kept["at"]] = np.array(_numbers(kept["other"]), dtype=kind)
    return array


def _numbers(values: list[Any]) -> list[Any]:
    return [*map(_number, values)]


def _point(kept: dict[str, Any]) -> Point:
    return Point(
        *(kept[one.name] if one.name.endswith("bits") else _number(kept.get(one.name)) for one in fields(Point))
    )


def _number(kept: Any) -> Any:
    return float(kept) if isinstance(kept, str) else kept
