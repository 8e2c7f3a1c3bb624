"""The report of an audit on screens of several sizes."""

import math
from dataclasses import replace
from functools import cache

import numpy as np
import pytest

from actcli.core.activations.catalogue import resolve
from actcli.core.audit.auditor import Auditor
from actcli.core.audit.report import Audit
from actcli.core.numerics.formats import round_to
from actcli.views.audit import audit_report, error_picture, error_pictures
from actcli.views.terminal import Terminal
from tests.core.kernels import correct, gelu_with_tanh, inputs
from tests.narrow import elementwise
from tests.views.screens import screen

SIZES = [(200, 60), (80, 24), (60, 20), (40, 15), (24, 10)]


@cache
def audit(kind: str = "tanh", **options: bool) -> Audit:
    x = inputs("gelu", "bfloat16")
    y = (gelu_with_tanh("bfloat16") if kind == "tanh" else correct("gelu", "bfloat16"))(x)
    if kind == "nan":
        y = np.where(x == -2.0, np.nan, y)
    auditor = Auditor(resolve("gelu"), "bfloat16", **options)  # type: ignore[arg-type]  # of several types
    auditor.add(x, y)
    return replace(auditor.result(), diagnosis="something is the matter with it")


@pytest.mark.parametrize(("width", "height"), SIZES)
@pytest.mark.parametrize("colour", [False, True])
@pytest.mark.parametrize("unicode", [False, True])
@pytest.mark.parametrize("kind", ["tanh", "right", "nan"])
def test_every_line_fits(kind: str, width: int, height: int, colour: bool, unicode: bool) -> None:
    terminal = Terminal(width, height, colour, unicode)
    lines = screen(audit_report(audit(kind), terminal), terminal)
    assert "gelu in bfloat16" in " ".join(lines)
    assert "Diagnosis: something" in " ".join(lines)


def test_the_tables_say_what_the_audit_found() -> None:
    found = audit()
    lines = screen(audit_report(found, Terminal()), Terminal())
    assert lines[0] == f"gelu in bfloat16, 65,280 inputs: at most {found.total.max_steps:,} steps off"
    segments = lines[lines.index(next(line for line in lines if "x from" in line)) + 2 :][: len(found.segments)]
    for line, segment in zip(segments, found.segments, strict=True):
        low, high, count, *_ = line.split()
        assert float(low.replace("∞", "inf")) == segment.low
        assert float(high.replace("∞", "inf")) == segment.high
        assert int(count.replace(",", "")) == segment.errors.count
    worst = found.worst[0]
    row = next(line.split() for line in lines if worst.input_bits in line)
    assert row[-3:] == [worst.input_bits, worst.actual_bits, worst.expected_bits]
    assert float(row[0]) == worst.input


def test_nan_at_minus_infinity_does_not_stretch_the_chart() -> None:
    x = inputs("gelu", "bfloat16")
    auditor = Auditor(elementwise("gelu"), "bfloat16")
    auditor.add(np.append(x, -np.inf), np.append(gelu_with_tanh("bfloat16")(x), np.nan))
    (panel,) = error_picture(auditor.result()).panels
    assert -100 < panel.x.low < -5
    assert not panel.marks
    (panel,) = error_picture(audit("nan")).panels
    assert panel.marks


def test_the_chart_is_high_where_the_error_is() -> None:
    lines = screen(audit_report(audit(), Terminal()), Terminal())
    top = next(i for i, line in enumerate(lines) if line.startswith("largest ulp error over x, at most ")) + 1
    frame = next(i for i in range(top, len(lines)) if "└" in lines[i])
    ticks = [i for i, mark in enumerate(lines[frame]) if mark == "┬"]
    columns = dict(zip(lines[frame + 1].split(), ticks, strict=True))
    thousand = next(i for i in range(top, frame) if "10²┤" in lines[i])

    def filled(x: str, row: int) -> bool:
        return lines[row].ljust(100)[columns[x]] not in " ⡀⢀"

    assert filled("-10", thousand)
    assert filled("-5", thousand)
    assert not filled("-20", thousand)
    assert not filled("0", thousand)
    assert filled("-1", frame - 1)


def test_nan_is_marked_in_the_chart_and_stands_first_among_the_worst() -> None:
    found = audit("nan")
    text = audit_report(found, Terminal())
    assert "1 result nan where the exact result is not; the others all correctly rounded" in " ".join(text.split())
    assert "(×: nan or inf)" in text
    assert text.count("×") == 2
    assert found.worst[0].steps == math.inf
    assert "0x7fc0" in text


def test_nan_in_place_of_infinity_is_told_and_counted() -> None:
    """exp(x) exceeds float32 for x > 88.7; this kernel returns nan instead of inf."""
    auditor = Auditor(resolve("exp(x)"), "float32")
    x = np.array([0.0, 89.0, 100.0])
    auditor.add(x, np.where(x > 88.8, np.nan, 1.0))
    text = " ".join(audit_report(auditor.result(), Terminal(200)).split())
    assert "2 results nan where the exact result is not; the others all correctly rounded" in text
    assert "nan where the exact result is not: 2, at x = 89.0 to 100.0. inf where the exact result is finite: 0" in text
    assert "half a spacing beyond the largest" not in text


def test_flushed_subnormal_inputs_have_a_row_of_their_own() -> None:
    lines = screen(audit_report(audit("right", flush_subnormals=True), Terminal()), Terminal())
    assert "subnormals flushed" in lines[0]
    assert [line.split()[:2] for line in lines if line.startswith("subnormal")] == [["subnormal", "254"]]


def test_what_was_left_out_is_said_and_a_segment_of_nothing_has_dashes() -> None:
    """log is nan below 0, where this kernel once returns a number."""
    x = np.array([-3.0, -2.0, 1.0, 2.0])
    auditor = Auditor(resolve("log(x)"), "float32", segments=[0.5, 100.0])
    auditor.add(x, np.array([7.0, np.nan, 0.0, np.float32(np.log(2.0))]))
    text = audit_report(auditor.result(), Terminal())
    assert "2 inputs left out, where the exact result is nan; 1 result there is a number." in " ".join(text.split())
    (last,) = [line.split() for line in screen(text, Terminal()) if line.split()[:2] == ["100", "∞"]]
    assert last[2:] == ["0", *["-"] * (len(last) - 3)]


def test_what_the_errors_are_measured_in() -> None:
    """Spacing of bfloat16: 2^-7 from 1 to 2, 2^-8 below 1. So 1 + 2^-7 is one ulp and one step from 1."""
    x = np.array([1.0, 1.25, 1.5])
    for error, ulp, steps in ((2.0**-7, 1.0, 1), (2.0**-5, 4.0, 4), (-(2.0**-8), 0.5, 1), (0.0, 0.0, 0)):
        auditor = Auditor(resolve("identity"), "bfloat16")
        auditor.add(x, np.array([1.0 + error, 1.25, 1.5]))
        found = auditor.result()
        assert (found.total.max_ulp, found.total.max_steps) == (ulp, steps)
    text = " ".join(audit_report(found, Terminal()).split())
    assert (
        "ulp: |actual − exact| in spacings of the type at the exact result. steps: how many numbers of the type the "
        "result is from the correctly rounded exact one." in text
    )


def test_results_that_flushing_explains_are_counted() -> None:
    x = np.array([-90.0, -80.0])
    exact = x / (1.0 + np.exp(-x))
    for actual, said in (([0.0, exact[1]], True), (exact, False)):
        auditor = Auditor(resolve("silu"), "float32", flush_intermediates=True)
        auditor.add(x, round_to(np.asarray(actual), "float32"))
        text = " ".join(audit_report(auditor.result(), Terminal()).split())
        sentence = "1 result compared with a formula whose subnormal intermediate results are zero."
        assert (sentence in text) == said


def test_several_audits_share_a_picture_of_the_largest_error_in_ulp_over_x() -> None:
    found = audit()
    picture = error_pictures([found, replace(found, order=1)])
    assert picture.title == "2 audits: the largest error in ulp over x"
    assert [panel.title for panel in picture.panels] == ["gelu in bfloat16", "gelu in bfloat16, derivative 1"]
    for panel in picture.panels:
        (bars,) = panel.histograms
        assert np.nanmax(bars.height) == found.total.max_ulp
    (panel,) = error_picture(found).panels
    assert panel.title == f"largest ulp error over x, at most {found.total.finite_max_ulp:.1f}"
