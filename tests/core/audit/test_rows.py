"""Audits of rows: errors by their definition, and the totals of rows."""

import math

import numpy as np
import pytest

from actcli.core.activations.catalogue import resolve
from actcli.core.audit.rows import SUMS, RowAudit, RowAuditor, row_sweep
from actcli.core.errors import InputError
from actcli.core.numerics.formats import FLOAT_FORMATS, round_to


def audited(act: str, dtype: str, rows: np.ndarray, actual: np.ndarray) -> RowAudit:
    auditor = RowAuditor(act, dtype)
    auditor.add(rows, actual)
    return auditor.result()


def softmax_in(dtype: str, rows: np.ndarray) -> np.ndarray:
    """Softmax as a kernel computes it, with every step rounded."""
    with np.errstate(all="ignore"):
        weights = round_to(np.exp(round_to(rows - rows.max(axis=-1, keepdims=True), dtype)), dtype)
        return round_to(weights / round_to(weights.sum(axis=-1, keepdims=True), dtype), dtype)


@pytest.mark.parametrize("dtype", ["float32", "float16"])
def test_errors_are_those_of_the_definition(dtype: str) -> None:
    rows = round_to(np.random.default_rng(2).normal(size=(40, 9)) * 4, dtype)
    actual = softmax_in(dtype, rows)
    found = audited("softmax", dtype, rows, actual)
    exact = resolve("softmax")(rows)  # float64: good to 1e-8 ULP of these types
    form = FLOAT_FORMATS[dtype]
    exponent = np.maximum(np.frexp(exact)[1] - 1, form.smallest_exponent)
    ulp = np.abs(actual - exact) / np.ldexp(1.0, exponent - form.precision + 1)
    assert found.total.count == 360
    assert found.total.max_ulp == pytest.approx(ulp.max(), rel=1e-6)
    assert found.total.mean_ulp == pytest.approx(ulp.mean(), rel=1e-6)
    assert found.correctly_rounded == (actual == round_to(exact, dtype)).sum()
    at = np.unravel_index(ulp.argmax(), ulp.shape)
    assert found.worst_ulp is not None
    assert (found.worst_ulp.row, found.worst_ulp.column) == at
    assert found.ulp_place == f"row {at[0]}, column {at[1]}"
    defects = np.abs([math.fsum([*row, -1.0]) for row in actual])
    rounded = np.abs([math.fsum([*row, -1.0]) for row in round_to(exact, dtype)])
    assert found.defect is not None
    assert (found.defect.largest, found.defect.row) == (defects.max(), defects.argmax())
    assert found.defect.mean == pytest.approx(defects.mean(), rel=1e-12)
    assert found.defect.rounded == rounded.max()


@pytest.mark.parametrize("act", ["softmax", "softmin", "log_softmax", "sparsemax", "hardmax", "glu", "swiglu", "reglu"])
def test_what_is_rounded_from_float64_has_half_a_spacing_of_error(act: str) -> None:
    rows = row_sweep(act, "bfloat16")
    auditor = RowAuditor(act, "bfloat16")
    for part in rows[:3]:
        auditor.add(part, round_to(resolve(act)(part), "bfloat16"))
    found = auditor.result()
    # A false tie in float64 may be rounded to the wrong neighbour, slightly more than half a spacing away.
    assert found.total.max_ulp is not None
    assert found.total.max_ulp <= 0.5 + 1e-9
    assert (found.nonfinite, found.answered) == (0, 0)
    assert found.rows == sum(map(len, rows[:3]))
    assert found.widths == (2, 64)
    assert (found.defect is not None) == (act in SUMS)


def test_the_total_of_logarithms_is_their_logsumexp() -> None:
    logs = np.log(np.array([[0.25, 0.75], [0.5, 0.5 + 1e-9], [0.3, 0.6]]))
    logs[0] = [-math.inf, 0.0]
    found = audited("log_softmax", "float64", np.array([[-math.inf, 1.0], [0.0, 0.0], [0.0, math.log(3)]]), logs)
    assert found.defect is not None
    assert found.defect.kind == "logsumexp"
    assert found.defect.row == 2
    assert found.defect.largest == pytest.approx(-math.log(0.9), rel=1e-12)
    assert found.defect.mean == pytest.approx((-math.log(0.9) + math.log1p(1e-9)) / 3, rel=1e-9)


def test_nan_and_infinity_are_counted_and_their_rows_have_no_total() -> None:
    rows = np.zeros((3, 2))
    found = audited("softmax", "float32", rows, np.array([[0.5, math.nan], [math.inf, 0.5], [0.5, 0.75]]))
    assert (found.nan, found.infinite, found.unlike, found.nonfinite) == (1, 1, 2, 2)
    logarithms = audited("log_softmax", "float32", np.array([[-math.inf, 0.0]]), np.array([[math.nan, 0.0]]))
    assert (logarithms.nan, logarithms.unlike, logarithms.nonfinite) == (1, 1, 1), "in place of -inf"
    assert found.exceeds(100, None)
    assert found.steps_place == "row 0, column 1"
    assert found.defect is not None
    assert (found.defect.largest, found.defect.row, found.defect.mean) == (0.25, 2, 0.25)


def test_rows_without_a_limit_are_left_out() -> None:
    rows = np.array([[-math.inf, -math.inf], [0.0, 0.0]])
    found = audited("softmax", "float32", rows, np.array([[math.nan, 0.5], [0.5, 0.5]]))
    assert (found.total.count, found.undefined, found.answered) == (2, 2, 1)
    with pytest.raises(InputError, match="no rows to audit: the exact result is nan at all 2"):
        audited("softmax", "float32", rows[:1], rows[:1])


def test_blocks_make_no_difference() -> None:
    rows = round_to(np.random.default_rng(3).normal(size=(30, 5)), "float16")
    actual = softmax_in("float16", rows)
    whole, parts = audited("softmax", "float16", rows, actual), RowAuditor("softmax", "float16")
    for start in range(0, 30, 7):
        parts.add(rows[start : start + 7], actual[start : start + 7])
    expected, found = whole.document(), parts.result().document()
    assert found.pop("mean_ulp") == pytest.approx(expected.pop("mean_ulp"))
    assert found == expected


def test_the_default_rows_have_the_documented_widths_and_masks() -> None:
    for act in ("softmax", "softmin", "glu"):
        parts = row_sweep(act, "float16")
        assert [part.shape[1] for part in parts] == [2, 8, 64, 512, 4096]
        masked = math.inf if act == "softmin" else -math.inf
        share = np.mean([(part == masked).any(axis=1).mean() for part in parts[1:]])
        assert share == 0 if act == "glu" else 0.1 < share <= 0.21
        assert not any((part == -masked).any() or np.isnan(part).any() for part in parts)
        assert not any(np.isinf(part).all(axis=1).any() for part in parts)
        assert all(np.array_equal(a, b) for a, b in zip(parts, row_sweep(act, "float16"), strict=True))
        assert act == "glu" or all(np.ptp(part[0]) == 0.0 for part in parts)
    assert not any(np.isnan(part).any() for part in row_sweep("softmax", "float8_e4m3fn"))


@pytest.mark.parametrize(
    ("act", "shape", "message"),
    [
        ("softmax", (2, 4), "softmax of 4 numbers has 4 results, not 3"),
        ("glu", (2, 4), "glu of 4 numbers has 2 results, not 3"),
        ("softmax", (3, 3), "rows of shape (3, 3) and results of shape (2, 3): both must be of (n, ...)"),
        ("softmax", (4,), "rows of shape (4,): they must be of (n, m)"),
    ],
)
def test_other_shapes_are_refused(act: str, shape: tuple[int, ...], message: str) -> None:
    with pytest.raises(InputError) as refused:
        RowAuditor(act).add(np.zeros(shape), np.zeros((2, 3)))
    assert str(refused.value) == message


def test_what_is_no_row_wise_activation_is_refused() -> None:
    with pytest.raises(InputError, match="relu is elementwise and acts on no rows"):
        RowAuditor("relu")
