"""actcli gain ACT"""

from dataclasses import asdict
from typing import TYPE_CHECKING

from actcli.commands.options import (
    Act,
    Ascii,
    ReportFormat,
    Save,
    SigmaB2,
    SigmaW2,
    Size,
    Theme,
    dimensions,
    members_of,
)
from actcli.commands.report import Drawing, print_report
from actcli.core.activations.catalogue import resolve
from actcli.core.errors import InputError
from actcli.core.theory.gain import Gain, gain

if TYPE_CHECKING:
    from actcli.views.picture.description import Picture
    from actcli.views.terminal import Terminal


def run(
    act: Act,
    sigma_w2: SigmaW2 = None,
    sigma_b2: SigmaB2 = None,
    size: Size = None,
    ascii_only: Ascii = False,
    save: Save = None,
    theme: Theme = "light",
    output_format: ReportFormat = "table",
) -> None:
    """Mean-field theory for any activation or formula (Poole et al. 2016; Schoenholz et al. 2017; Roberts, Yaida and
    Hanin 2022): moments for a standard normal input, the critical point, and the change of signal and gradient per
    layer for the usual initialisations, or for your own variances. The lines of code set up the critical point or
    σ_w² = gain², whichever changes the gradient's signal less over 30 layers.

    --save draws the variance and correlation maps of a layer at that initialisation, or at your variances;
    `actcli phase ACT --sigma-w2 X` shows them in the terminal.

    Example: actcli gain gelu

    Example: actcli gain tanh --sigma-w2 1.5 --sigma-b2 0.1
    """
    drawing = Drawing(dimensions(size), ascii_only, save, theme)
    activations = [*map(resolve, members_of(act))]
    if save is not None and len(activations) > 1:
        raise InputError(f"--save draws one activation, not {len(activations)}: give one value of the parameter")
    try:
        results = [gain(activation, sigma_w2, sigma_b2) for activation in activations]
    except InputError as error:
        raise InputError(str(error).replace("sigma_w2", "--sigma-w2").replace("sigma_b2", "--sigma-b2")) from None

    def draw(terminal: "Terminal") -> str:
        from actcli.views.gain import gain_report

        return "\n".join(gain_report(result, terminal) for result in results)

    def picture() -> "Picture":
        from actcli.core.theory.layer_maps import layer_maps
        from actcli.views.phase import maps_picture

        return maps_picture(layer_maps(activations[0], *_chosen(results[0], sigma_w2, sigma_b2)))

    documents = [asdict(result) for result in results]
    document = documents[0] if len(documents) == 1 else {"activations": documents}
    print_report(output_format, draw, lambda: document, drawing=drawing, picture=picture)


def _chosen(found: Gain, sigma_w2: float | None, sigma_b2: float | None) -> tuple[float, float]:
    """The user's σ_w² and σ_b², or those of the lines of code."""
    if sigma_w2 is not None:
        return sigma_w2, sigma_b2 or 0.0
    if found.recommended is None:
        raise InputError(f"{found.activation}: no initialisation was found to draw; --sigma-w2 names one")
    return found.candidates[found.recommended].sigma_w2, found.candidates[found.recommended].sigma_b2
