"""Worker processes in which pages are parsed: a page that hangs or crashes a parser costs that page alone.

Owns the processes, their limits, and how the end of one is told. Must not know what is computed in them: functions
are given, and they, their arguments and results must pickle. The event loop is never blocked.
"""

from __future__ import annotations

import asyncio
import multiprocessing
import os
import resource
import signal
from concurrent.futures import TimeoutError as FutureTimeoutError
from multiprocessing import forkserver
from typing import TYPE_CHECKING, Any, ParamSpec, TypeVar

from pebble import ProcessExpired, ProcessPool

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from concurrent.futures import Future

_P = ParamSpec("_P")
_T = TypeVar("_T")

_NICE = 5  # the event loop goes first: it keeps the network busy and the pages coming
_PAGES_A_WORKER = 2000  # libxml2 and trafilatura's caches grow: begin anew now and then


class WorkerError(Exception):
    """A task that gave no result; the text says why, in words for a fetch record."""


class Workers:
    """A pool of `count` processes with `deadline_seconds` a task and `memory_bytes` of address space each.

    `preload` names modules that the processes share from the start, so that a killed one is replaced at once.
    """

    def __init__(self, count: int, deadline_seconds: float, memory_bytes: int, preload: Sequence[str]) -> None:
        self.count, self.deadline_seconds = count, deadline_seconds
        context = multiprocessing.get_context("forkserver")
        context.set_forkserver_preload(["__main__", "pipelines.worker_server", *preload])
        forkserver.ensure_running()  # it imports what is preloaded while the crawl gets ready
        self._pool = ProcessPool(
            max_workers=count, max_tasks=_PAGES_A_WORKER, context=context,
            initializer=_limit_process, initargs=(memory_bytes,),
        )
        self._begun: asyncio.Task[bool] | None = None
        self._running: set[Future[Any]] = set()

    async def run(self, function: Callable[_P, _T], *args: _P.args, **kwargs: _P.kwargs) -> _T:
        """The function's result, computed in a worker. WorkerError if it took too long, crashed or raised."""
        await self._begin()
        future = self._pool.schedule(_attempt, args=[function, args, kwargs], timeout=self.deadline_seconds)
        self._running.add(future)
        future.add_done_callback(self._running.discard)
        try:
            return await asyncio.wrap_future(future)
        except FutureTimeoutError:
            raise WorkerError(f"took longer than {self.deadline_seconds:g} s") from None
        except ProcessExpired as error:
            raise WorkerError(f"the worker died (exit code {error.exitcode})") from error
        except MemoryError as error:
            raise WorkerError("ran out of memory") from error
        except WorkerError:
            raise
        except Exception as error:
            raise WorkerError(f"{type(error).__name__}: {error}") from error

    async def _begin(self) -> None:
        """Start the processes in a thread: pebble starts them where it is first used, and waits for each."""
        if self._begun is None:
            self._begun = asyncio.get_running_loop().create_task(asyncio.to_thread(lambda: bool(self._pool.active)))
        await asyncio.shield(self._begun)

    async def close(self) -> None:
        """Wait for running tasks, then end the processes."""
        self._pool.close()  # type: ignore[no-untyped-call]
        await asyncio.get_running_loop().run_in_executor(None, self._pool.join)

    def stop(self) -> None:
        """End the processes now; what they were at is cancelled: pebble by itself would leave it waiting for ever."""
        self._pool.stop()  # type: ignore[no-untyped-call]
        for future in tuple(self._running):
            future.cancel()


def _attempt(function: Callable[..., _T], args: Sequence[Any], kwargs: Mapping[str, Any]) -> _T:
    """In a worker: an error goes home in words, for one that does not unpickle there would break the whole pool."""
    try:
        return function(*args, **kwargs)
    except MemoryError:
        raise
    except Exception as error:
        raise WorkerError(f"{type(error).__name__}: {error}") from None


def _limit_process(memory_bytes: int) -> None:
    """In a new worker: bounded memory, low priority, and the crawl's own Ctrl-C is not ours to take."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    os.nice(_NICE)
    if memory_bytes:
        resource.setrlimit(resource.RLIMIT_AS, (memory_bytes, memory_bytes))
    die_with_parent()


def die_with_parent() -> None:
    """Where the kernel offers it (Linux prctl(2), PR_SET_PDEATHSIG): no worker outlives a crawl that was killed.

    A worker's parent is the fork server, which itself waits for its workers: it must die with the crawl as well.
    """
    import ctypes  # noqa: PLC0415  # needed in workers alone

    prctl: Any = getattr(ctypes.CDLL(None), "prctl", None)
    if prctl is not None:
        prctl(1, signal.SIGKILL)
