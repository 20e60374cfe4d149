"""Worker processes in which pages are parsed: a page that hangs or crashes a parser costs that page alone.

Owns the processes, their limits, and how the end of one is told. Must not know what is computed in them: functions
are given, and they, their arguments and results must pickle. The event loop is never blocked.
"""

from __future__ import annotations

import asyncio
import gc
import logging
import multiprocessing
import os
import resource
import signal
from concurrent.futures import BrokenExecutor
from concurrent.futures import TimeoutError as FutureTimeoutError
from multiprocessing import forkserver
from typing import TYPE_CHECKING, Any, ParamSpec, TypeVar

from pebble import CONSTS, ProcessExpired, ProcessPool

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from concurrent.futures import Future

logger = logging.getLogger(__name__)

_P = ParamSpec("_P")
_T = TypeVar("_T")

NICE = 5  # the event loop of a crawl goes first: it keeps the network busy and the pages coming
_MAX_BREAKS = 5  # in one crawl
_SECONDS_TO_KILL = 0.1  # pebble asks a worker to end by SIGTERM first, which ours leave to the crawl
_SECONDS_TO_LOOK = 1.0  # whether the pool of a task that runs is still well
_ALLOCATIONS_A_COLLECTION = 50_000
_PAGES_A_WORKER = 2000  # libxml2 and trafilatura's caches grow: begin anew now and then


class WorkerError(Exception):
    """A task that gave no result; the text says why, in words for a fetch record. `errno` is the system's, where an
    OSError was raised."""

    errno: int | None = None


class TooLongError(WorkerError):
    """A task that did not end in its time, or ended its process by SIGALRM."""


class _PoolBrokenError(Exception):
    """The pool has given up; the task may never have been begun."""


class AbandonedError(Exception):
    """A task that was given up because the crawl is being stopped; it says nothing about the page."""


class WorkersBrokenError(AbandonedError):
    """Workers die as soon as they are started: nothing can be parsed any more. The text says what to look at."""


class Workers:
    """A pool of `count` processes with `deadline_seconds` a task and `memory_bytes` of address space each.

    `on_broken` is called once if workers cannot be had any more. `preload` names modules that the processes share from
    the start, so that a killed one is replaced at once. `niceness` is how far they stand back.
    """

    def __init__(
        self, count: int, deadline_seconds: float, memory_bytes: int, preload: Sequence[str], *, niceness: int = NICE,
    ) -> None:
        self.count, self.deadline_seconds = count, deadline_seconds
        CONSTS.term_timeout = _SECONDS_TO_KILL
        self._memory_bytes, self._niceness = memory_bytes, niceness
        self._context = multiprocessing.get_context("forkserver")
        self._context.set_forkserver_preload(["__main__", "pipelines.worker_server", *preload])
        self._is_prepared = False
        self._pool = self._new_pool()
        self._begun: asyncio.Task[bool] | None = None
        self._breaks = 0
        self.on_broken: Callable[[WorkersBrokenError], None] = lambda _: None
        self._running: set[Future[Any]] = set()
        self._ending: set[asyncio.Future[None]] = set()
        self._is_abandoned = self._is_closing = False

    def prepare(self) -> None:
        """There will be something to do soon: what is preloaded is loaded meanwhile. The first task does it else."""
        if not self._is_prepared:
            self._is_prepared = True
            forkserver.ensure_running()

    def _new_pool(self) -> ProcessPool:
        return ProcessPool(
            max_workers=self.count, max_tasks=_PAGES_A_WORKER, context=self._context,
            initializer=_limit_process, initargs=(self._memory_bytes, self._niceness),
        )

    async def run(self, function: Callable[_P, _T], *args: _P.args, **kwargs: _P.kwargs) -> _T:
        """The function's result, computed in a worker. WorkerError if it took too long, crashed or raised,
        AbandonedError if the crawl did not wait for it, or WorkersBrokenError, which is one, if workers cannot be had.

        A pool of which a worker died while it had nothing to do is broken as a whole: it is made anew, a few times.
        """
        return await self.run_within(self.deadline_seconds, function, *args, **kwargs)

    async def run_within(
        self, seconds: float, function: Callable[_P, _T], *args: _P.args, **kwargs: _P.kwargs
    ) -> _T:
        """The same with a deadline of its own."""
        while True:
            pool = self._pool
            try:
                return await self._run_in(pool, seconds, function, *args, **kwargs)
            except _PoolBrokenError as error:
                self._renew(pool, error)

    def _renew(self, broken: ProcessPool, error: _PoolBrokenError) -> None:
        if self._is_ending:
            raise AbandonedError from error
        if self._pool is not broken:
            return  # another task has seen to it
        self._breaks += 1
        if self._breaks > _MAX_BREAKS:
            self.abandon()
            failure = WorkersBrokenError(
                f"the processes that parse pages die at once: {error}: see EXTRACT_MEMORY_MIB, EXTRACT_PRELOAD, and "
                "whether the machine has memory left")
            self.on_broken(failure)
            raise failure from error
        self._end(broken)
        self._pool, self._begun = self._new_pool(), None

    async def _run_in(
        self, pool: ProcessPool, seconds: float, function: Callable[_P, _T], *args: _P.args, **kwargs: _P.kwargs
    ) -> _T:
        future = await self._scheduled(pool, seconds, function, args, kwargs)
        self._running.add(future)
        future.add_done_callback(self._running.discard)
        try:
            return await _result(pool, future)
        except asyncio.CancelledError:
            if self._is_abandoned:
                raise AbandonedError from None
            raise
        except FutureTimeoutError:
            raise TooLongError(f"took longer than {seconds:g} s") from None
        except BrokenExecutor as error:
            raise _PoolBrokenError(str(error)) from error
        except ProcessExpired as error:
            if error.exitcode == -signal.SIGALRM:
                raise TooLongError(f"took longer than {self.deadline_seconds:g} s") from None
            raise WorkerError(f"the worker died (exit code {error.exitcode})") from error
        except MemoryError as error:
            raise WorkerError("ran out of memory") from error
        except (WorkerError, _PoolBrokenError):
            raise
        except Exception as error:
            raise WorkerError(f"{type(error).__name__}: {error}") from error

    async def _scheduled(
        self, pool: ProcessPool, seconds: float, function: Callable[..., _T], args: Sequence[Any],
        kwargs: Mapping[str, Any],
    ) -> Future[_T]:
        try:
            await self._begin()
            if self._is_ending:
                raise AbandonedError
            future: Future[_T] = pool.schedule(
                _attempt, args=[function, args, kwargs], timeout=seconds)
        except RuntimeError as error:  # BrokenExecutor is one
            raise _PoolBrokenError(str(error)) from error
        return future

    @property
    def _is_ending(self) -> bool:
        """Whether nothing more is taken."""
        return self._is_abandoned or self._is_closing

    async def _begin(self) -> None:
        """Start the processes in a thread: pebble starts them where it is first used, and waits for each."""
        if self._begun is None:
            self._begun = asyncio.get_running_loop().create_task(asyncio.to_thread(lambda: bool(self._pool.active)))
        await asyncio.shield(self._begun)

    def _end(self, broken: ProcessPool) -> None:
        """In a thread: its processes that are left, and its threads, which else would wait for ever."""
        broken.stop()  # type: ignore[no-untyped-call]
        ending = asyncio.get_running_loop().run_in_executor(None, _join_broken, broken)
        self._ending.add(ending)
        ending.add_done_callback(self._ending.discard)

    async def close(self) -> None:
        """Wait for running tasks, then end the processes. What is asked for meanwhile is abandoned."""
        self._is_closing = True
        if self._breaks > _MAX_BREAKS:  # the last one broke as well
            self._end(self._pool)
        else:
            self._pool.close()  # type: ignore[no-untyped-call]
            await asyncio.get_running_loop().run_in_executor(None, self._pool.join)
        await asyncio.gather(*self._ending)

    def abandon(self) -> None:
        """Give up what is under way, and take nothing more."""
        self._is_abandoned = True
        for future in tuple(self._running):
            future.cancel()

    def stop(self) -> None:
        """End the processes now; what they were at is cancelled: pebble by itself would leave it waiting for ever."""
        self._pool.stop()  # type: ignore[no-untyped-call]
        for future in tuple(self._running):
            future.cancel()


def _join_broken(pool: ProcessPool) -> None:
    try:
        pool.join()
    except Exception:  # its channels may be closed or half-made; what is left of it dies with this process
        logger.debug("A broken pool did not end in order", exc_info=True)


async def _result(pool: ProcessPool, future: Future[_T]) -> _T:
    """What the future has in the end. A task that is handed in as its pool breaks pebble neither runs nor fails:
    _PoolBrokenError then."""
    result = asyncio.wrap_future(future)
    is_sound = True
    try:
        while not (await asyncio.wait({result}, timeout=_SECONDS_TO_LOOK))[0]:
            if not is_sound:
                raise _PoolBrokenError("the pool broke as the task was handed in")
            is_sound = pool.active  # what it fails by itself has failed by the next look
    finally:
        result.cancel()
    return await result


def _attempt(function: Callable[..., _T], args: Sequence[Any], kwargs: Mapping[str, Any]) -> _T:
    """In a worker: an error goes home in words, for one that does not unpickle there would break the whole pool."""
    try:
        return function(*args, **kwargs)
    except (MemoryError, WorkerError):
        raise
    except Exception as error:
        told = WorkerError(f"{type(error).__name__}: {error}")
        told.errno = error.errno if isinstance(error, OSError) else None
        raise told from None


def _limit_process(memory_bytes: int, niceness: int) -> None:
    """In a new worker: bounded memory, low priority, and signals to stop, which a terminal or a scheduler sends to the
    whole process group, are the crawl's to take. What must end at once is killed."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    os.nice(niceness)
    tune_collector()
    if memory_bytes:
        resource.setrlimit(resource.RLIMIT_AS, (memory_bytes, memory_bytes))
    die_with_parent()


def tune_collector() -> None:
    """In a process that parses: what is imported stays, and a page goes by reference counts, so that looking for cycles
    is rare work."""
    gc.freeze()
    gc.set_threshold(_ALLOCATIONS_A_COLLECTION, 20, 20)


def die_with_parent() -> None:
    """Where the kernel offers it (Linux prctl(2), PR_SET_PDEATHSIG): no worker outlives a crawl that was killed.

    A worker's parent is the fork server, which itself waits for its workers: it must die with the crawl as well.
    """
    import ctypes  # noqa: PLC0415  # needed in workers alone

    prctl: Any = getattr(ctypes.CDLL(None), "prctl", None)
    if prctl is not None:
        prctl(1, signal.SIGKILL)
