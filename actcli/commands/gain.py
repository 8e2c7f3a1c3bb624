"""actcli gain ACT"""

import sys
from dataclasses import asdict

from actcli.commands.options import Act, ReportFormat
from actcli.core.resolve import resolve
from actcli.core.theory.gain import gain


def run(act: Act, output_format: ReportFormat = "table") -> None:
    """Computed for any activation or formula by mean-field theory (Poole et al. 2016; Schoenholz et al. 2017; Roberts,
    Yaida and Hanin 2022): moments for a standard normal input, the critical point, and what the usual
    initialisations do to the gradient's signal per layer.

    Example: actcli gain gelu
    """
    result = gain(resolve(act))
    if output_format == "json":
        from actcli.streams.json_format import write_json

        write_json(asdict(result))
    elif output_format == "table":
        from actcli.views.gain import gain_report
        from actcli.views.terminal import Terminal

        print(gain_report(result, Terminal.of(sys.stdout)), end="")
    else:
        from actcli.streams.flat import flat
        from actcli.streams.records import write_records

        write_records(["property", "value"], flat(asdict(result)), output_format)
