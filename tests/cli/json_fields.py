"""The fields of JSON documents, as `actcli help json` lists them."""

import re
from typing import Any

from actcli.topics import topic

SCALARS = {"text", "number", "count", "flag", "array"}
HEADING = re.compile(r"([A-Za-z-]+)(?: = (\S+))?")
FIELD = re.compile(r"  ([a-z]\w*) +(\S+)(?:  .*| +.*)?")


def fields() -> dict[str, Any]:
    """From `actcli help json`: command or group -> its type, or name of field -> type."""
    found: dict[str, Any] = {}
    _, first, rest = topic("json").partition("evaluate\n")
    for line in (first + rest).splitlines():
        if heading := HEADING.fullmatch(line):
            group = heading[1]
            found[group] = heading[2] or {}
        elif field := FIELD.fullmatch(line):
            assert field[1] not in found[group], line
            found[group][field[1]] = field[2]
        else:
            assert not line or line.startswith("    "), line
    return found


FIELDS = fields()


class Reading:
    """Comparison of JSON documents with the list of fields; records the fields that occurred."""

    def __init__(self) -> None:
        self.seen: set[tuple[str, str]] = set()
        self.wrong: set[str] = set()

    def read(self, value: Any, kind: Any, where: str) -> None:
        if isinstance(kind, dict):
            self.group(value, kind, where)
        elif kind.endswith("?"):
            if value is not None:
                self.read(value, kind[:-1], where)
        elif kind[0] in "[{":
            self.check(isinstance(value, list if kind[0] == "[" else dict), kind, where, value)
            for element in value.values() if isinstance(value, dict) else value:
                self.read(element, kind[1:-1], where)
        elif kind in SCALARS:
            self.check(fits(value, kind), kind, where, value)
        else:
            self.read(value, FIELDS[kind], kind)

    def group(self, value: Any, known: dict[str, str], where: str) -> None:
        self.check(isinstance(value, dict), "a group", where, value)
        self.wrong |= {f"{where}.{name} is not listed" for name in set(value) - set(known)}
        for name in set(value) & set(known):
            self.seen.add((where, name))
            self.read(value[name], known[name], f"{where}.{name}")

    def check(self, right: bool, kind: str, where: str, value: object) -> None:
        if not right:
            self.wrong.add(f"{where} is no {kind}: {value!r:.40}")


def fits(value: object, kind: str) -> bool:
    if kind == "array":
        return all(fits(element, kind) for element in value) if isinstance(value, list) else fits(value, "number")
    if kind == "number":
        return value in ("NaN", "Infinity", "-Infinity") or (isinstance(value, int | float) and value is not True)
    return isinstance(value, {"text": str, "count": int, "flag": bool}[kind]) and (kind == "flag" or value is not True)
