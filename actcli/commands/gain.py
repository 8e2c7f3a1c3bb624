"""actcli gain ACT"""

from dataclasses import asdict
from typing import TYPE_CHECKING

from actcli.commands.options import Act, ReportFormat, SigmaB2, SigmaW2
from actcli.commands.report import print_report
from actcli.core.activations.catalogue import resolve
from actcli.core.activations.family import family
from actcli.core.errors import InputError
from actcli.core.theory.gain import gain

if TYPE_CHECKING:
    from actcli.views.terminal import Terminal


def run(act: Act, sigma_w2: SigmaW2 = None, sigma_b2: SigmaB2 = None, output_format: ReportFormat = "table") -> None:
    """Computed for any activation or formula by mean-field theory (Poole et al. 2016; Schoenholz et al. 2017; Roberts,
    Yaida and Hanin 2022): moments for a standard normal input, the critical point, and what the usual
    initialisations, or variances of your own, do to the signal and to the gradient. The lines of code set up the
    critical point or σ_w² = gain², whichever changes the gradient's signal less over 30 layers.

    Example: actcli gain gelu

    Example: actcli gain tanh --sigma-w2 1.5 --sigma-b2 0.1
    """
    try:
        results = [gain(activation, sigma_w2, sigma_b2) for activation in map(resolve, family(act))]
    except InputError as error:
        raise InputError(str(error).replace("sigma_w2", "--sigma-w2").replace("sigma_b2", "--sigma-b2")) from None

    def draw(terminal: "Terminal") -> str:
        from actcli.views.gain import gain_report

        return "\n".join(gain_report(result, terminal) for result in results)

    documents = [asdict(result) for result in results]
    print_report(output_format, draw, lambda: documents[0] if len(documents) == 1 else {"activations": documents})
