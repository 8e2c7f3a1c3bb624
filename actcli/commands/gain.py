"""actcli gain ACT"""

from dataclasses import asdict
from typing import TYPE_CHECKING

from actcli.commands.options import Act, ReportFormat
from actcli.commands.report import print_report
from actcli.core.activations.catalogue import resolve
from actcli.core.theory.gain import gain

if TYPE_CHECKING:
    from actcli.views.terminal import Terminal


def run(act: Act, output_format: ReportFormat = "table") -> None:
    """Computed for any activation or formula by mean-field theory (Poole et al. 2016; Schoenholz et al. 2017; Roberts,
    Yaida and Hanin 2022): moments for a standard normal input, the critical point, and what the usual
    initialisations do to the gradient's signal per layer.

    Example: actcli gain gelu
    """
    result = gain(resolve(act))

    def draw(terminal: "Terminal") -> str:
        from actcli.views.gain import gain_report

        return gain_report(result, terminal)

    print_report(output_format, draw, document=lambda: asdict(result))
