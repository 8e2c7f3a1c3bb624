"""Independent runs on several processes of this machine, or on the workers of a Dask cluster.

The only module that imports joblib and Dask; the core knows a function that maps tasks to results. The engines are
joblib's: loky here, Dask's scheduler elsewhere. Each worker computes with one BLAS thread, as the program itself does,
so that the numbers are the same whoever computes them.
"""

import signal
import warnings
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager, nullcontext
from typing import Any, Final, TypeVar

from actcli.core.errors import InputError, count

Task = TypeVar("Task")
Result = TypeVar("Result")

PATIENCE: Final = 2
"""How often in a row workers may die without a result between, before runs are tried one at a time."""
_AHEAD: Final = 2
"""How much each worker has been handed at any time: runs, or where they take less than 0.2 s, so many of them at once
that they take that long together, as joblib has it. Sending costs a millisecond or two each time."""


class LostRunsError(InputError):
    """Runs that have ended their workers each time; all others are done."""


def run_all(
    function: Callable[[Task], Result], tasks: Sequence[Task], jobs: int = 1, dask: str | None = None
) -> Iterator[tuple[int, Result]]:
    """(index, function(task)) for every task, in the order in which they are finished.

    jobs: processes on this machine; 1 is this process, in the tasks' order, without joblib
    dask: the address of a Dask scheduler, tcp://host:8786, instead

    A worker that dies costs what it was computing, which is then computed again. Raises LostRunsError at the end where
    a run ends its worker each time; InputError where joblib or Dask is missing or the scheduler does not answer; and
    what the function raises.
    """
    if jobs == 1 and dask is None:
        yield from ((index, function(task)) for index, task in enumerate(tasks))
        return
    with ExitStack() as stack:
        died = stack.enter_context(_dask(dask)) if dask is not None else _loky(stack)
        left, failures = dict(enumerate(tasks)), 0
        while left and failures < PATIENCE:
            try:
                for index, result in _parallel(function, left, jobs, dask is None):
                    del left[index]
                    failures = 0
                    yield index, result
            except died:
                failures += 1
        # Each by itself, to tell a run that ends its worker from those that were under way beside it.
        lost = 0
        for index, task in left.items():
            try:
                yield from _parallel(function, {index: task}, jobs, dask is None)
            except died:
                lost += 1
    if lost:
        raise LostRunsError(f"{count(lost, 'run')} lost: each ended its worker")


def _parallel(
    function: Callable[[Task], Result], tasks: dict[int, Task], jobs: int, alone: bool
) -> Iterator[tuple[int, Result]]:
    import joblib

    # A list, as tasks are taken out of the dictionary while they are handed on.
    calls = [joblib.delayed(_indexed)(function, index, task, alone) for index, task in tasks.items()]
    # A cluster has as many jobs as it has threads, whatever is said here.
    ahead = f"{_AHEAD} * n_jobs"
    parallel = joblib.Parallel(n_jobs=jobs, return_as="generator_unordered", batch_size="auto", pre_dispatch=ahead)
    with _undisturbed() if alone else nullcontext():
        results = parallel(calls)  # starts the processes
    try:
        for result in results:  # noqa: UP028 - "yield from" would close them unsilenced
            yield result
    finally:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # that runs are cut short is what closing this asks for
            results.close()


@contextmanager
def _undisturbed() -> Iterator[None]:
    """Processes that are started here never see Ctrl-C, not even while they import; it is seen here afterwards."""
    if not hasattr(signal, "pthread_sigmask"):  # Windows
        yield
        return
    from multiprocessing import resource_tracker

    from joblib.externals.loky.backend.resource_tracker import ensure_running

    ensure_running()  # loky starts both with its first worker, and the second, when it starts, lets the signal through
    resource_tracker.ensure_running()
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _indexed(function: Callable[[Task], Result], index: int, task: Task, alone: bool) -> tuple[int, Result]:
    """alone: the process is there for nothing else. Ctrl-C, which the whole group gets, is for who started it."""
    if alone:
        signal.signal(signal.SIGINT, signal.SIG_IGN)
    return index, function(task)


def _loky(stack: ExitStack) -> type[Exception]:
    """Processes of this machine. What is raised when one of them dies."""
    try:
        import joblib
        from joblib.externals.loky.process_executor import TerminatedWorkerError
    except ModuleNotFoundError:
        raise InputError("several processes are joblib's: pip install 'actcli[parallel]'") from None
    stack.enter_context(joblib.parallel_config(backend="loky", inner_max_num_threads=1))
    error: type[Exception] = TerminatedWorkerError
    return error


CONNECTING = 10.0
"""Seconds within which a scheduler has to answer."""


class _dask(AbstractContextManager[type[Exception]]):  # noqa: N801 - used as a function
    """A connection to a cluster. What is raised when a worker of it has died too often."""

    def __init__(self, address: str) -> None:
        self._address = address

    def __enter__(self) -> type[Exception]:
        try:
            import distributed
            import joblib
        except ModuleNotFoundError:
            raise InputError("a cluster is Dask's: pip install 'actcli[parallel]'") from None
        try:
            client: Any = distributed.Client
            self._client = client(self._address, timeout=CONNECTING, set_as_default=True)
        except (OSError, ValueError, TimeoutError) as error:
            said = " ".join(str(error).split())
            raise InputError(f"no Dask scheduler answers at {self._address}: {said[:200]}") from None
        self._config = joblib.parallel_config(backend="dask")
        self._config.__enter__()
        killed: type[Exception] = distributed.KilledWorker
        return killed

    def __exit__(self, *exception: object) -> None:
        self._config.unregister()
        self._client.close()
