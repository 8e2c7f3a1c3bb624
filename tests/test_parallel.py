"""Runs on several processes: equal results, workers that die, and no remaining processes."""

import os
import signal
from pathlib import Path

import pytest

from actcli import parallel
from actcli.core.errors import InputError
from actcli.parallel import LostRunsError, run_all


def square(x: int) -> int:
    return x * x


def thread_limit(_: int) -> str | None:
    return os.environ.get("OPENBLAS_NUM_THREADS")


def blocks_ctrl_c(_: int) -> bool:
    return signal.SIGINT in signal.pthread_sigmask(signal.SIG_BLOCK, [])


def dies_once(mark: tuple[str, int]) -> int:
    path, x = Path(mark[0]), mark[1]
    if x == 3 and not path.exists():
        path.touch()
        os._exit(9)
    return x


def dies(x: int) -> int:
    return os._exit(9) if x == 2 else x


def refuses(x: int) -> int:
    raise InputError(f"not {x}")


@pytest.mark.parametrize("jobs", [1, 2])
def test_every_task_once_by_its_index(jobs: int) -> None:
    tasks = [*range(20)]
    assert sorted(run_all(square, tasks, jobs)) == [(i, i * i) for i in tasks]


def test_quick_runs_are_sent_several_at_once_and_come_back_one_by_one() -> None:
    assert sorted(run_all(square, [*range(3000)], 2)) == [(i, i * i) for i in range(3000)]


def test_one_process_keeps_the_order() -> None:
    assert [*run_all(square, [3, 1, 2])] == [(0, 9), (1, 1), (2, 4)]


def test_nothing_to_do() -> None:
    assert [*run_all(square, [], 2)] == []


def test_a_worker_has_one_thread() -> None:
    assert {limit for _, limit in run_all(thread_limit, [0, 1], 2)} == {"1"}


@pytest.mark.skipif(not hasattr(signal, "pthread_sigmask"), reason="no signal masks")
def test_a_worker_never_sees_ctrl_c_and_this_process_does() -> None:
    """From the start of the worker on: during imports Python would print a traceback."""
    assert {blocked for _, blocked in run_all(blocks_ctrl_c, [0, 1], 2)} == {True}
    assert not blocks_ctrl_c(0)


def test_a_worker_that_dies_costs_no_result(tmp_path: Path) -> None:
    tasks = [(str(tmp_path / "died"), x) for x in range(8)]
    assert sorted(run_all(dies_once, tasks, 2)) == [(x, x) for x in range(8)]
    assert (tmp_path / "died").exists()


def test_a_run_that_always_ends_its_worker_is_given_up_after_the_others() -> None:
    runs, found = run_all(dies, [*range(6)], 2), [0] * 5
    for place in range(5):
        found[place], _ = next(runs)
    assert sorted(found) == [0, 1, 3, 4, 5]
    with pytest.raises(LostRunsError, match=r"^1 run lost: each ended its worker$"):
        next(runs)


def test_what_the_function_raises_comes_through() -> None:
    with pytest.raises(InputError, match="not 5"):
        [*run_all(refuses, [5], 2)]


def test_results_may_be_left() -> None:
    runs = run_all(square, [*range(50)], 2)
    next(runs)
    runs.close()  # type: ignore[attr-defined]  # a generator
    assert sorted(run_all(square, [1, 2], 2)) == [(0, 1), (1, 4)]


def test_no_scheduler_answers(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(parallel, "CONNECTING", 0.5)
    with pytest.raises(InputError, match=r"a cluster is Dask's|no Dask scheduler answers at tcp://127\.0\.0\.1:9"):
        [*run_all(square, [1], dask="tcp://127.0.0.1:9")]
