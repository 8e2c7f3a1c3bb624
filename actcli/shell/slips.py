"""Corrections of command lines: options under other names, and commands that do not exist.

An option or value with a single meaning is corrected before the command reads it. Others get the command's error.
"""

import re
from collections.abc import Mapping, Sequence
from itertools import takewhile
from typing import Final

_ACT = "activation activations acts activation-function activation-fn function fn func nonlinearity act"
_OPTIONS: Final[Mapping[str, str]] = {
    "--act": _ACT,
    "--range": "xlim x-lim xrange x-range lim limits interval domain span bounds x-limits ranges from-to",
    "--grid": "linspace",
    "--lr": "learning-rate learningrate learn-rate eta step-size",
    "--layers": "depth n-layers num-layers hidden-layers layer number-of-layers",
    "--steps": "iterations iters n-steps num-steps max-steps updates max-iter",
    "--batch": "batch-size batchsize bs minibatch",
    "--width": "hidden-size hidden-dim hidden-units units neurons n-units hidden-width",
    "--units": "width neurons hidden-units n-units hidden hidden-size",
    "--init": "initializer initialiser initialization initialisation weight-init kernel-initializer",
    "--optimizer": "optim optimiser opt",
    "--data": "dataset data-set",
    "--norm": "normalization normalisation normalize normalise",
    "--seed": "random-seed random-state rng",
    "--seeds": "runs repeats n-seeds num-seeds",
    "--residual": "skip skip-connections resnet residuals",
    "--dtype": "precision type data-type float-type",
    "--format": "fmt output-format",
    "--output": "out outfile out-file output-file to-file save",
    "--save": "output out outfile out-file output-file save-as savefig export-to picture image",
    "--input": "file infile input-file from-file data",
    "--column": "col columns field",
    "--derivative": "derivatives deriv grad gradient slope df d1 first-derivative with-derivative",
    "--order": "nth derivative-order nth-derivative",
    "--at": "mark point x-at",
    "--quiet": "silent q",
    "--labels": "classes names label",
    "--fail-on": "fail-if",
    "--max-ulp": "max-ulps ulp ulps",
    "--ascii": "no-unicode plain-text",
    "--color": "colour colors colours",
}
"""Option -> its other names."""

_FORMATS: Final = frozenset({"json", "csv", "tsv", "plain", "table", "npy"})
_NO_COLOUR: Final = frozenset({"--no-color", "--no-colour", "--nocolor", "--nocolour"})

_VALUES: Final[Mapping[str, Mapping[str, str]]] = {
    "--init": {
        **dict.fromkeys(("kaiming", "kaiming_normal", "kaiming-normal", "he_normal", "he-normal"), "he"),
        **dict.fromkeys(("glorot", "glorot_normal", "glorot-normal", "xavier_normal", "xavier-normal"), "xavier"),
        **dict.fromkeys(("lecun_normal", "lecun-normal"), "lecun"),
        **dict.fromkeys(("torch", "default"), "pytorch"),
    },
    "--dtype": {
        **dict.fromkeys(("fp64", "f64", "double"), "float64"),
        **dict.fromkeys(("fp32", "f32", "single"), "float32"),
        **dict.fromkeys(("fp16", "f16", "half"), "float16"),
        "bf16": "bfloat16",
        **dict.fromkeys(("float8_e4m3", "fp8_e4m3", "e4m3", "e4m3fn"), "float8_e4m3fn"),
        **dict.fromkeys(("fp8_e5m2", "e5m2"), "float8_e5m2"),
    },
    "--to": {"pytorch": "torch"},
    "--against": {
        **{name: name for name in ("torch", "jax", "tensorflow", "keras", "onnxruntime", "scipy", "numpy")},
        "pytorch": "torch",
    },
    "--norm": {
        **dict.fromkeys(("layernorm", "layer_norm", "layer-norm", "ln"), "layer"),
        **dict.fromkeys(("batchnorm", "batch_norm", "batch-norm", "bn"), "batch"),
    },
}
"""Option -> other names of its values."""

_MINUS: Final = re.compile(r"[−–](?=\d|\.\d|inf)")
_NOT_NUMBERS: Final = frozenset({"act", "acts", "argument", "arguments", "formula"})
"""Names of arguments that are no numbers."""
_NUMBER: Final = re.compile(r"[-+]?(\d+\.?\d*|\.\d+)(e[-+]?\d+)?", re.IGNORECASE)


def put_right(args: Sequence[str], options: Mapping[str, int], positional: Sequence[str]) -> list[str]:
    """The arguments of a command, with corrected names of options and values.

    options:    option of the command -> number of its values
    positional: names of the command's arguments
    """
    end = args.index("--") if "--" in args else len(args)
    words = [_MINUS.sub("-", word, count=1) for word in args[:end]]
    read: list[tuple[str, str]] = []
    for word in words:
        follows = bool(read) and read[-1] == ("act", "")
        read = [*read[:-1], ("act", word)] if follows else [*read, *_option(word, options, positional)]
    first = [word for kind, word in read if kind == "act"]
    rest = [word for kind, word in read if kind != "act"]
    words = _activation_first([*first, *_several(rest, options)], positional)
    return [*_interval_at_the_end(words, options, positional), *args[end:]]


def _option(word: str, options: Mapping[str, int], positional: Sequence[str]) -> list[tuple[str, str]]:
    """Words that replace one word, each with "act" if it is an activation that goes to the front, else ""."""
    name, equals, text = word.partition("=")
    if not re.fullmatch(r"--?[A-Za-z][\w-]*", name) or name in options or name in ("--help", "-h"):
        return [("", word)]
    value = text if equals else None
    after = [] if value is None else [("", value)]
    folded = "--" + name.lstrip("-").casefold().replace("_", "-")
    if not name.startswith("--"):
        if name == "-o" and "--save" in options and "--output" not in options:
            return [("", "--save"), *after]
        if len(name) > 3 and (folded in options or folded[2:] in ("help", *_FORMATS)):
            return _option(folded + equals + text, options, positional)
        return [("", word)]
    if folded in options:
        return [("", folded), *after]
    if folded[2:] in _FORMATS and "--format" in options and value is None:
        return [("", "--format"), ("", folded[2:])]
    if folded in _NO_COLOUR and value is None:
        return [("", "--color"), ("", "never")]
    for option, others in _OPTIONS.items():
        if folded[2:] in others.split() and option in options:
            return [("", option), *after]
    if folded[2:] in _ACT.split() and {"act", "acts"} & set(positional):
        return [("act", value or "")]
    return [("", word)]


def _several(words: Sequence[str], options: Mapping[str, int]) -> list[str]:
    """Words with -2,2 split for an option of two values, and with corrected values."""
    result: list[str] = []
    for i, word in enumerate(words):
        name, equals, value = word.partition("=")
        before = words[i - 1] if i else ""
        if equals and options.get(name, 0) > 1 and (numbers := _numbers(value, options[name])):
            result += [name, *numbers]
        elif options.get(before, 0) > 1 and (numbers := _numbers(word, options[before])):
            result += numbers
        elif equals and name in _VALUES and name in options:
            result.append(f"{name}={_VALUES[name].get(value.casefold(), value)}")
        elif before in _VALUES and before in options:
            result.append(_VALUES[before].get(word.casefold(), word))
        else:
            result.append(word)
    return result


def _numbers(text: str, count: int) -> list[str]:
    """The numbers of `-2,2`, `[-2, 2]` or `-2:2`; empty unless there are `count`."""
    parts = re.split(r"\s*(?:,|:|;|\.\.\.?|\s)\s*", text.strip().strip("()[]{}").strip().replace("−", "-"))
    return parts if len(parts) == count and all(_NUMBER.fullmatch(part) for part in parts) else []


def _activation_first(words: list[str], positional: Sequence[str]) -> list[str]:
    """`evaluate 3 relu` as `evaluate relu 3`."""
    leading = _leading(words)
    others = [i for i, word in enumerate(leading) if not _is_number(word)]
    if list(positional) != ["act", "x"] or len(others) != 1 or others == [0]:
        return words
    return [words[others[0]], *words[: others[0]], *words[others[0] + 1 :]]


def _is_number(word: str) -> bool:
    return bool(_NUMBER.fullmatch(word.replace("−", "-")) or re.fullmatch(r"[-+]?(inf|nan)", word))


def _interval_at_the_end(words: list[str], options: Mapping[str, int], positional: Sequence[str]) -> list[str]:
    """`plot relu -6 6` as `plot relu --range -6 6`, because numbers are no activations."""
    if "acts" not in positional or "--range" not in options:
        return words
    if any(word.partition("=")[0] in ("--range", "-r") for word in words):
        return words
    leading = len(_leading(words))
    after_an_option = len(words) > 2 and (words[-3].startswith("-") or words[-4:-3] == ["--at"])
    for end in (leading, len(words)):
        if end > 2 and all(map(_NUMBER.fullmatch, words[end - 2 : end])) and (end == leading or not after_an_option):
            return [*words[: end - 2], "--range", *words[end - 2 :]]
    return words


def option_as_value(args: Sequence[str], options: Mapping[str, int]) -> tuple[str, str] | None:
    """--output and --quiet of `--output --quiet`, which Typer would read as a file named --quiet; None for none."""
    place = 0
    while place < len(args) and args[place] != "--":
        option = args[place]
        place += 1
        for value in args[place : place + options.get(option, 0)]:
            if value in options:
                return option, value
            place += 1
    return None


def second_number(args: Sequence[str], options: Mapping[str, int], positional: Sequence[str]) -> tuple[str, list[str]]:
    """--width and [8, 64] of `--width 8 64`, for an option of one number where no argument is a number; or ("", [])."""
    leading = args[: args.index("--")] if "--" in args else args
    for i in range(len(leading) - 2) if {*positional} <= _NOT_NUMBERS else ():
        numbers = list(takewhile(_is_number, leading[i + 1 :]))
        if options.get(leading[i]) == 1 and len(numbers) > 1:
            return leading[i], numbers
    return "", []


def typed_as(option: str, words: Sequence[str]) -> str:
    """The other name in `words` under which an option was typed, or its own."""
    others = _OPTIONS.get(option, "").split()
    typed = (word.partition("=")[0] for word in words if word.startswith("--"))
    return next((name for name in typed if name.lstrip("-").casefold().replace("_", "-") in others), option)


def formula_meant(words: Sequence[str], extra: str) -> str:
    """`; did you mean 'x +1'?`, where a formula was typed without quotes, or an empty string."""
    before, found, _ = " ".join(words).partition(f" {extra}")
    formula = f"{before}{found}"
    return f"; did you mean {formula!r}?" if found and is_activation(formula) else ""


_HINTS: Final[Mapping[str, tuple[str, str]]] = {
    **dict.fromkeys(("epochs", "epoch", "n-epochs", "num-epochs"), ("--steps", "--steps N counts weight updates")),
    **dict.fromkeys(("xmin", "xmax", "x-min", "x-max"), ("--range", "did you mean --range MIN MAX?")),
    **dict.fromkeys(
        ("start", "stop", "num", "step", "range", "interval"), ("--grid", "did you mean --grid START STOP NUM?")
    ),
    **dict.fromkeys(("no-color", "no-colour", "nocolor"), ("", "did you mean --color never?")),
    "colour": ("", "did you mean --color?"),
    **dict.fromkeys(("ylim", "y-lim", "yrange"), ("--range", "the interval of y follows from that of x, --range")),
}
"""Unknown option -> (an option that the command must have, message)."""


def hint(option: str, options: Sequence[str]) -> str:
    """The message for an unknown option, or an empty string. options: of the command."""
    needed, text = _HINTS.get(option.lstrip("-").casefold().replace("_", "-"), ("", ""))
    return text if not needed or needed in options else ""


# --- commands -------------------------------------------------------------------------------------------------------

_COMMANDS: Final[Mapping[str, str]] = {
    "list": "ls catalogue catalog activations all names search find",
    "describe": "show info card properties props about explain summary what inspect desc doc",
    "evaluate": "eval value values apply run compute calc call f",
    "differentiate": "diff derivative derivatives derive grad gradient gradients slope jacobian d",
    "plot": "graph draw curve curves chart figure display view picture",
    "compare": "cmp vs versus difference comparison",
    "gain": "init initialisation initialization initializer calculate-gain",
    "phase": "phases phase-diagram chaos edge-of-chaos order-to-chaos meanfield mean-field trainability",
    "audit": "ulp check verify accuracy error errors",
    "gradient-depth": "train training depth vanishing vanish mlp network vanishing-gradient vanishing-gradients",
    "boundary": "decision region regions classify classifier playground",
    "collapse": "linear",
    "approximate": "approx fit uat universal",
    "lesson": "learn tutorial tour course teach intro introduction demo",
    "trace": "step backprop backpropagation forward backward",
}
"""Command -> its other names."""


def command_meant(words: Sequence[str], commands: Sequence[str]) -> str | None:
    """The command line that was probably meant by one with an unknown command, as typed; None: no suggestion."""
    import shlex  # imported for a mistake only

    word, *rest = words
    folded = word.casefold().replace("_", "-")
    if folded in ("version", "-version"):
        return "actcli --version"
    if folded in ("help", "usage", "commands", "man"):
        return shlex.join(["actcli", *[name for name in rest[:1] if name in commands], "--help"])
    if rest and f"{folded}-{rest[0]}" in commands:
        return shlex.join(["actcli", f"{folded}-{rest[0]}", *rest[1:]])
    if folded in commands:
        return shlex.join(["actcli", folded, *rest])
    if folded == "diff" and len(_leading(rest)) > 1 and all(map(is_activation, _leading(rest))):
        return shlex.join(["actcli", "compare", *rest])
    for command, others in _COMMANDS.items():
        if command in commands and folded in others.split():
            return shlex.join(["actcli", command, *rest])
    close = _close(folded, [*commands, "version"], 0.9)
    if not close and is_activation(word):  # last, because the catalogue is slow to load
        command = _command_for(rest)
        return shlex.join(["actcli", command, *["--act"] * (command == "gradient-depth"), word, *rest])
    close = close or _close(folded, [*commands, "version"], 0.6)
    if close == ["version"]:
        return "actcli --version"
    return shlex.join(["actcli", close[0], *rest]) if close else None


def _close(word: str, names: Sequence[str], ratio: float) -> list[str]:
    """The name nearest to the word, in a list, if its similarity is at least `ratio`."""
    import difflib

    return difflib.get_close_matches(word, names, n=1, cutoff=ratio)


def _leading(words: Sequence[str]) -> list[str]:
    """The words before the first option."""
    first = next((i for i, word in enumerate(words) if re.match(r"-[A-Za-z-]", word)), len(words))
    return list(words[:first])


def is_activation(word: str) -> bool:
    from actcli.core.activations.catalogue import resolve
    from actcli.core.errors import InputError

    try:
        resolve(word)
    except InputError:
        return False
    return True


_OF_NETWORKS: Final = frozenset({"--layers", "--depth", "--width", "--init", "--steps", "--lr", "--act", "-a", "-l"})


def without_command(words: Sequence[str]) -> str | None:
    """The command line that was probably meant by one that begins with an option of a command; None for none."""
    import shlex

    options = {word.partition("=")[0] for word in words}
    return shlex.join(["actcli", "gradient-depth", *words]) if options & {"--act", "-a", "--activation"} else None


def _command_for(rest: Sequence[str]) -> str:
    """The command for a line that begins with an activation."""
    options = {word.partition("=")[0] for word in rest}
    if options & _OF_NETWORKS:
        return "gradient-depth"
    if options & {"--range", "--derivative", "-d", "--at", "--save", "--density", "--xlim"}:
        return "plot"
    leading = _leading(rest)
    if options & {"--order", "-n"}:
        return "differentiate"
    if not leading:
        return "evaluate" if options & {"--grid", "--input", "-i", "--dtype", "--output", "-o"} else "describe"
    return "evaluate" if all(map(_is_number, leading)) else "compare"
