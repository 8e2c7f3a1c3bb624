"""Many small cases in one test, where pytest's 3 ms for each parameter would take longer than the cases."""

from collections.abc import Callable, Iterable
from typing import Any

import pytest


def each(names: str | tuple[str, ...], cases: Iterable[Any]) -> Callable[[Callable[..., None]], Callable[[], None]]:
    """`pytest.mark.parametrize` as one test. It tries all cases, and a failure names its case."""
    single = isinstance(names, str) and "," not in names

    def decorator(function: Callable[..., None]) -> Callable[[], None]:
        def test() -> None:
            failed: list[BaseException] = []
            tried = 0
            for case in cases:
                tried += 1
                try:
                    function(*((case,) if single else case))
                except (Exception, pytest.fail.Exception) as error:
                    error.add_note(f"case: {case!r}")
                    failed.append(error)
            assert tried, "there are no cases"
            if failed:
                raise failed[0] if len(failed) == 1 else BaseExceptionGroup(f"{len(failed)} cases", failed)

        test.__name__, test.__doc__, test.__module__ = function.__name__, function.__doc__, function.__module__
        return test

    return decorator
