"""The sentences that the program can print, and those that no test contains.

    python -m tests.sentences [--all | --write]

A sentence is a text of at least three words in actcli/. Docstrings, help of options, headings of columns, regular
expressions and operands of comparisons do not count. A sentence is known if a text in tests/ shares four consecutive
words with it, or all words of a shorter piece between two placeholders. Prints the unknown sentences by file; --all
prints the known ones too, each with the place of such a text. --write renews sentences.txt, the list of unknown
sentences. A test fails if an unknown sentence is not in this list.
"""

import argparse
import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import actcli

HOUSE: Final = Path(actcli.__file__).parent
TESTS: Final = Path(__file__).parent
LIST: Final = TESTS / "sentences.txt"
ROOMS: Final = ("commands", "core", "foreign", "multiprecision", "shell", "streams", "views")

# Tables of formulas, names and references, generated scripts and emitted code, which have their own tests.
LEFT_OUT: Final = (
    *(
        f"core/code/{name}.py"
        for name in ("c_header", "helpers", "initialisation", "python_module", "rules", "targets")
    ),
    *(f"core/activations/{name}.py" for name in ("dialects", "literature", "practice", "spelling", "vocabulary")),
    *(f"shell/{name}.py" for name in ("bash", "fish", "manual", "slips", "zsh")),
    "core/audit/spellings.py",
    "foreign/calls.py",
    "foreign/worker.py",
)
_NO_PROSE: Final = re.compile(
    r"arXiv|\b1[89]\d\d\b|\b20\d\d[,;]|\(x|_i\b|x [*/]|<!DOCTYPE|(\w+ \| \w+)|\w\[\w|\\\\|(\.\w+ ){3}|([0-9a-f]{6} ){3}"
    r"|-\w+ \w+-\w+ \w+-|\w=\x22|else x|else 0|\*\(|\d\*|[<>*+] x|\w\*\w"
)
_PROSE: Final = {
    *("a", "an", "and", "at", "by", "for", "from", "goes", "has", "have", "in", "is", "it", "must", "no", "not", "of"),
    *("on", "only", "or", "so", "takes", "that", "the", "to", "was", "are", "with"),
}
"""Every sentence has one of these words; lists of names have none."""

_PLACE: Final = re.compile(r"\{\w*\}")
"""A placeholder of str.format."""
_WORD: Final = re.compile(r"[^\W\d_]+|\d+")
_LEAST, _RUN = 3, 4


@dataclass(frozen=True)
class Sentence:
    """A text of the program. file: path within actcli/; parts: the pieces between its placeholders."""

    file: str
    line: int
    parts: tuple[str, ...]

    @property
    def text(self) -> str:
        return "{}".join(self.parts)

    @property
    def entry(self) -> str:
        """Its line in the list."""
        return f"{self.file} {self.text!r}"

    @property
    def runs(self) -> set[tuple[str, ...]]:
        """All runs of four consecutive words, and all words of each shorter part."""
        found = set()
        for words in map(_words, self.parts):
            length = min(_RUN, len(words))
            if length > 1:
                found |= {tuple(words[i : i + length]) for i in range(len(words) - length + 1)}
        return found


def _words(text: str) -> list[str]:
    return [word.casefold() for word in _WORD.findall(text)]


def _parts(node: ast.AST) -> tuple[str, ...]:
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return tuple(_PLACE.split(node.value))
    if isinstance(node, ast.JoinedStr):
        parts = [""]
        for value in node.values:
            if isinstance(value, ast.Constant):
                parts[-1] += str(value.value)
            else:
                parts.append("")
        return tuple(parts)
    return ()


def _texts(tree: ast.AST, of_tests: bool) -> Iterator[tuple[int, tuple[str, ...]]]:
    """Line and parts of each text except docstrings: f-strings as a whole, and texts in their expressions."""
    if isinstance(tree, ast.Expr) and isinstance(tree.value, ast.Constant):
        return
    left_out = [] if of_tests else _without_sentences(tree)
    parts = _parts(tree)
    if parts:
        yield getattr(tree, "lineno", 0), parts
    for child in ast.iter_child_nodes(tree):
        if not (parts and isinstance(child, ast.Constant)) and not any(child is other for other in left_out):
            yield from _texts(child, of_tests)


def _without_sentences(tree: ast.AST) -> list[ast.AST]:
    """The parts of the tree without sentences."""
    match tree:
        case ast.Call(func=ast.Attribute(attr="Option" | "Argument" | "compile")):
            return [*tree.args, *tree.keywords]
        case ast.Call(func=ast.Name(id="Column")):
            return [*tree.args[:1]]
        case ast.keyword(arg="header"):
            return [tree.value]
        case ast.Compare():
            return [term for term in (tree.left, *tree.comparators) if isinstance(term, ast.Constant)]
    return []


def sentences() -> list[Sentence]:
    """All sentences of the program, in the order of its files."""
    found = []
    for room in ROOMS:
        for path in sorted((HOUSE / room).rglob("*.py")):
            file = path.relative_to(HOUSE).as_posix()
            if file in LEFT_OUT:
                continue
            for line, parts in _texts(ast.parse(path.read_text(encoding="utf-8")), of_tests=False):
                sentence = Sentence(file, line, parts)
                prose = not _NO_PROSE.search(sentence.text)
                prose = prose and not _PROSE.isdisjoint(_words(sentence.text))
                if prose and sentence.runs and len(_words(" ".join(parts))) >= _LEAST and " " in sentence.text.strip():
                    found.append(sentence)
    return found


def known() -> dict[tuple[str, ...], str]:
    """Consecutive words of the tests' texts -> place of their first occurrence."""
    found: dict[tuple[str, ...], str] = {}
    for path in sorted(TESTS.rglob("*.py")):
        if path.parent.name in ("benchmarks", "fuzz", "literature") or path == Path(__file__):
            continue
        for line, parts in _texts(ast.parse(path.read_text(encoding="utf-8")), of_tests=True):
            for part in parts:
                words = _words(part.replace(r"\n", " "))
                for length in range(2, _RUN + 1):
                    for i in range(len(words) - length + 1):
                        found.setdefault(tuple(words[i : i + length]), f"{path.relative_to(TESTS)}:{line}")
    return found


def unknown() -> list[Sentence]:
    """The sentences that no test contains."""
    places = known()
    return [sentence for sentence in sentences() if places.keys().isdisjoint(sentence.runs)]


def listed() -> set[str]:
    """The lines of sentences.txt."""
    return set(LIST.read_text(encoding="utf-8").splitlines())


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--all", action="store_true")
    parser.add_argument("--write", action="store_true")
    options = parser.parse_args()
    if options.write:
        LIST.write_text("".join(f"{line}\n" for line in sorted({each.entry for each in unknown()})), encoding="utf-8")
        return
    places, everything = known(), sentences()
    for sentence in everything if options.all else unknown():
        place = next((places[run] for run in sorted(sentence.runs) if run in places), "")
        print(f"{sentence.file}:{sentence.line} {sentence.text!r:.150}{place and '  -> ' + place}")
    print(f"{len(unknown())} of {len(everything)} sentences are in no test")


if __name__ == "__main__":
    main()
