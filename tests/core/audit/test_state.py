"""Merged auditors, and auditors restored from plain data, give the same report to the last bit."""

import json
from dataclasses import fields
from itertools import pairwise
from typing import Any

import numpy as np
import pytest

from actcli.core.arrays import Array
from actcli.core.audit.auditor import Auditor
from actcli.core.audit.inputs import sweep
from actcli.core.audit.report import Audit
from actcli.core.audit.state import restored, state
from actcli.core.numerics.formats import round_to
from actcli.streams.documents import jsonable
from tests.narrow import elementwise

AuditOptions = dict[str, Any]

CASES: list[tuple[str, str, AuditOptions]] = [
    ("gelu", "bfloat16", {}),
    ("tanh", "float32", {"segments": [-1.0, 1.0]}),
    ("silu", "float16", {"flush_subnormals": True, "order": 1}),
    ("log(x)", "bfloat16", {}),
]


def results(act: str, x: Array, settings: AuditOptions, dtype: str) -> Array:
    """Results with every kind of error: inaccurate, nan, infinite, zero, wrong sign."""
    y = elementwise(act).derivative(x, settings.get("order", 0))
    random = np.random.default_rng(3)
    with np.errstate(all="ignore"):
        y = y * (1 + random.normal(size=x.size) * 2.0**-9)
    for wrong, share in ((np.nan, 0.01), (np.inf, 0.01), (0.0, 0.02)):
        y = np.where(random.random(x.size) < share, wrong, y)
    return round_to(np.where(random.random(x.size) < 0.01, -y, y), dtype)


def same(a: Audit, b: Audit) -> None:
    for one, other in zip(plain(a), plain(b), strict=True):
        assert one == other


def plain(audit: Audit) -> list[Any]:
    return [(field.name, repr(jsonable(numbers(getattr(audit, field.name))))) for field in fields(audit)]


def numbers(value: Any) -> Any:
    if hasattr(value, "__dataclass_fields__"):
        return {name: numbers(getattr(value, name)) for name in value.__dataclass_fields__}
    if isinstance(value, tuple):
        return [numbers(item) for item in value]
    return value


def parts(act: str, dtype: str, settings: AuditOptions) -> tuple[list[Auditor], Array, Array]:
    x = sweep(act, dtype, settings.get("order", 0))[:: 21 if dtype == "float32" else 3]
    y = results(act, x, settings, dtype)
    cuts = [0, 1, len(x) // 3, len(x) // 2, len(x)]
    auditors = []
    for start, stop in pairwise(cuts):
        auditor = Auditor(act, dtype, **settings)
        auditor.add(x[start:stop], y[start:stop])
        auditors.append(auditor)
    return auditors, x, y


@pytest.mark.parametrize(("act", "dtype", "settings"), CASES)
def test_merged_is_as_if_the_inputs_had_followed(act: str, dtype: str, settings: AuditOptions) -> None:
    (first, *rest), x, y = parts(act, dtype, settings)
    for later in rest:
        first.merge(later)
    whole = Auditor(act, dtype, **settings)
    whole.add(x, y)
    found, expected = (jsonable(one.result().document()) for one in (first, whole))
    # The means are summed in another order.
    for document in (found, expected):
        for errors in (document, *document["segments"], document["subnormal_inputs"] or {}):
            for mean in ("mean_ulp", "mean_steps"):
                if isinstance(errors.get(mean), float):
                    errors[mean] = float(f"{errors[mean]:.10g}")
    assert found == expected
    assert first.result().worst_steps == whole.result().worst_steps


@pytest.mark.parametrize(("act", "dtype", "settings"), CASES)
def test_plain_data_gives_the_same_report(act: str, dtype: str, settings: AuditOptions) -> None:
    auditors, _, _ = parts(act, dtype, settings)
    revived = [
        restored(Auditor(act, dtype, **settings), json.loads(json.dumps(jsonable(state(one)), allow_nan=False)))
        for one in auditors
    ]
    for one, other in zip(auditors, revived, strict=True):
        other._seen = one._seen  # whether all inputs were seen is not kept
    first, again = auditors[0], revived[0]
    for later, other in zip(auditors[1:], revived[1:], strict=True):
        first.merge(later)
        again.merge(other)
    same(first.result(), again.result())


def test_percentiles_are_those_of_all_errors() -> None:
    auditor = Auditor("identity", "float32")
    x = np.full(1000, 1.0)
    off = np.repeat([0, 1, 40, 700], [500, 400, 90, 10])
    auditor.add(x, x + off * 2.0**-23)
    found = auditor.result().percentiles
    assert found == pytest.approx({"50": 0.0, "90": 1.0, "99": 40.0, "99.9": 700.0}, rel=0.01)
    assert all(found[name] >= exact for name, exact in {"50": 0.0, "90": 1.0, "99": 40.0, "99.9": 700.0}.items())


def test_absolute_and_relative_errors() -> None:
    auditor = Auditor("identity", "float32")
    auditor.add(np.array([0.0, 1.0, 1024.0]), np.array([2.0**-30, 1.25, 1025.0]))
    found = auditor.result()
    assert found.max_absolute is not None
    assert found.max_relative is not None
    assert (found.max_absolute.value, found.max_absolute.input) == (1.0, 1024.0)
    assert (found.max_relative.value, found.max_relative.input) == (0.25, 1.0)
