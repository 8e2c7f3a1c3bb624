"""Independent runs on several processes of this machine, or on the workers of a Dask cluster.

This is the only module that imports joblib and Dask; joblib runs both loky, for processes, and Dask. Each worker uses
one BLAS thread, like the program itself, so that results do not depend on where they are computed.
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
"""Deaths of workers in a row, without a result between, after which runs are tried one at a time."""
_AHEAD: Final = 2
"""Batches queued per worker. joblib makes a batch of runs that take 0.2 s together; sending one takes 1 or 2 ms."""


class LostRunsError(InputError):
    """Some runs ended their worker each time; all others are done."""


def run_all(
    function: Callable[[Task], Result], tasks: Sequence[Task], jobs: int = 1, dask: str | None = None
) -> Iterator[tuple[int, Result]]:
    """(index, function(task)) for every task, in the order of completion.

    jobs: processes on this machine; 1: this process, in the tasks' order, without joblib
    dask: address of a Dask scheduler, tcp://host:8786, instead

    The runs of a worker that dies are computed again.
    LostRunsError: raised at the end if a run ended its worker each time.
    InputError: joblib or Dask is missing, or the scheduler does not answer.
    Exceptions of the function are raised too.
    """
    if jobs == 1 and dask is None:
        yield from ((index, function(task)) for index, task in enumerate(tasks))
        return
    jobs = min(jobs, max(2, len(tasks)))  # two at least: joblib runs a single job in this process
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
        # One at a time, to find the runs that end their worker.
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

    # A list, because run_all removes finished tasks from the dictionary.
    calls = [joblib.delayed(_indexed)(function, index, task, alone) for index, task in tasks.items()]
    # For a cluster joblib replaces n_jobs by its number of threads.
    ahead = f"{_AHEAD} * n_jobs"
    parallel = joblib.Parallel(n_jobs=jobs, return_as="generator_unordered", batch_size="auto", pre_dispatch=ahead)
    with _undisturbed() if alone else nullcontext():
        results = parallel(calls)  # starts the processes
    try:
        for result in results:  # noqa: UP028 - "yield from" would close them unsilenced
            yield result
    finally:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # closing it cancels the remaining runs, which is intended
            results.close()


@contextmanager
def _undisturbed() -> Iterator[None]:
    """Block Ctrl-C while processes start, so that they inherit the block; this process sees it afterwards."""
    if not hasattr(signal, "pthread_sigmask"):  # Windows
        yield
        return
    from multiprocessing import resource_tracker

    from joblib.externals.loky.backend.resource_tracker import ensure_running

    ensure_running()  # started by loky's first worker otherwise, and the second unblocks the signal as it starts
    resource_tracker.ensure_running()
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _indexed(function: Callable[[Task], Result], index: int, task: Task, alone: bool) -> tuple[int, Result]:
    """(index, function(task)). alone: the process is a worker of ours and ignores Ctrl-C, which its parent handles."""
    if alone:
        signal.signal(signal.SIGINT, signal.SIG_IGN)
    return index, function(task)


def _loky(stack: ExitStack) -> type[Exception]:
    """Set up processes on this machine; return the exception for a dead worker."""
    try:
        import joblib
        from joblib.externals.loky.process_executor import TerminatedWorkerError
    except ModuleNotFoundError:
        raise InputError("several processes need joblib: pip install 'actcli[parallel]'") from None
    stack.enter_context(joblib.parallel_config(backend="loky", inner_max_num_threads=1))
    error: type[Exception] = TerminatedWorkerError
    return error


CONNECTING = 10.0
"""Time limit of a scheduler's answer in seconds."""


class _dask(AbstractContextManager[type[Exception]]):  # noqa: N801 - used as a function
    """Connection to a cluster; entering it returns the exception for a worker that died too often."""

    def __init__(self, address: str) -> None:
        self._address = address

    def __enter__(self) -> type[Exception]:
        try:
            import distributed
            import joblib
        except ModuleNotFoundError:
            raise InputError("a cluster needs Dask: pip install 'actcli[parallel]'") from None
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
