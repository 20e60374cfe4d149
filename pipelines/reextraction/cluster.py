"""The work of a re-extraction on a Ray cluster: a task a segment, a site, a feed.

Owns all that is known of Ray, which is loaded here alone and comes with the extra `ray`. A task is the same function as
on one machine, in worker processes of its own, so that a hostile page costs itself alone there too. OUT and the inputs
must lie where every machine of the cluster sees them under the same path or address. Must not know the order of work.
"""

from __future__ import annotations

import asyncio
import os
import signal
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from pipelines.errors import BroadsheetError, ConfigurationError
from pipelines.reextraction.runner import LocalRunner, worker_pool
from pipelines.workers import WorkerError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

    from pipelines.reextraction.archive import FeedRead
    from pipelines.reextraction.inputs import Segment
    from pipelines.reextraction.pages import ArchivedPage, Learned
    from pipelines.reextraction.parts import Folders
    from pipelines.reextraction.survey import Naming

LOCAL = "local"
_MAX_RETRIES = 20               # of a task whose worker or machine was lost
_AHEAD = 2                      # tasks a processor that are handed out


@dataclass(frozen=True, slots=True)
class Limits:
    """Of the worker process that a task has."""

    deadline_seconds: float
    memory_mib: int
    preload: tuple[str, ...]


class RayRunner:
    """`pipelines.reextraction.runner.Runner` on the cluster at `address`, or with `local` on one of `count` processors
    that is made for it on this machine, listens on loopback alone and ends with it. ConfigurationError if Ray is not
    installed or there is no cluster."""

    def __init__(
        self, address: str, count: int, deadline_seconds: float, memory_mib: int, preload: Sequence[str],
    ) -> None:
        self._limits = Limits(deadline_seconds, memory_mib, tuple(preload))
        self._ray = _connected(address, count)
        self.at_once = max(2, _AHEAD * int(self._ray.cluster_resources().get("CPU", 1)))
        self._task = self._ray.remote(num_cpus=1, max_retries=_MAX_RETRIES)(run_task)
        self._warming = [self._task.remote(self._limits, "warm", ()) for _ in range(self.at_once // _AHEAD)]

    async def survey(self, segment: Segment, naming: Naming, target: Path) -> None:
        await self._run("survey", segment, naming, target)

    async def read_feed(self, feed: FeedRead, reader: str) -> Mapping[str, Sequence[int]]:
        told: Mapping[str, Sequence[int]] = await self._run("read_feed", feed, reader)
        return told

    async def learn(self, pages: Sequence[ArchivedPage], folders: Folders) -> Learned:
        learned: Learned = await self._run("learn", pages, folders)
        return learned

    async def extract(self, order: Path, part: Path, folders: Folders, tell: Callable[[int], object]) -> None:
        tell(await self._run("extract", order, part, folders))

    async def close(self) -> None:
        self._ray.shutdown()

    async def _run(self, name: str, *args: Any) -> Any:
        """The error of a task is raised as it was; what Ray says of itself is told in its words."""
        reference = self._task.remote(self._limits, name, args)
        try:
            return await asyncio.wrap_future(reference.future())
        except self._ray.exceptions.RayTaskError as error:
            cause = error.cause
            if isinstance(cause, (WorkerError, OSError, BroadsheetError)):
                raise cause from None
            raise BroadsheetError(f"a task on Ray failed: {cause!r}") from error
        except self._ray.exceptions.RayError as error:
            told = str(error).splitlines()[0]
            raise BroadsheetError(f"Ray: {told}: the same command goes on with what is left") from error


def run_task(limits: Limits, name: str, args: Sequence[Any]) -> Any:
    """On a Ray worker. Its own worker process is kept for the tasks after it."""
    loop, runner = _local(limits)
    if name == "warm":
        return None         # it loads what is needed while it is being found out what there is to do
    if name != "extract":
        return loop.run_until_complete(getattr(runner, name)(*args))
    done: list[int] = []
    order, part, folders = args
    loop.run_until_complete(runner.extract(order, part, folders, done.append))
    return sum(done)


@lru_cache(maxsize=1)
def _local(limits: Limits) -> tuple[asyncio.AbstractEventLoop, LocalRunner]:
    loop = asyncio.new_event_loop()

    async def started() -> LocalRunner:
        return LocalRunner(worker_pool(1, limits.deadline_seconds, limits.memory_mib, limits.preload))

    return loop, loop.run_until_complete(started())


def _connected(address: str, count: int) -> Any:
    os.environ["RAY_USAGE_STATS_ENABLED"] = "0"
    os.environ.setdefault("RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO", "0")
    try:
        import ray  # noqa: PLC0415
    except ImportError as error:
        raise ConfigurationError(
            "--ray: Ray is not installed: pip install --require-hashes -r requirements-extras.lock") from error
    quiet: dict[str, Any] = {"log_to_driver": False, "logging_level": "error"}
    if address == LOCAL:
        quiet |= {"num_cpus": count, "include_dashboard": False, "_node_ip_address": "127.0.0.1"}
    on_stop = signal.getsignal(signal.SIGTERM)
    try:
        ray.init(address, **quiet)
    except (ConnectionError, RuntimeError, ValueError) as error:
        raise ConfigurationError(f"--ray: no cluster at {address}: {str(error).splitlines()[0]}: check that it is up; "
                                 "if it asks for a token, set RAY_AUTH_MODE=token") from error
    except SystemExit:          # meanwhile SIGTERM is Ray's
        ray.shutdown()
        raise KeyboardInterrupt from None
    finally:
        signal.signal(signal.SIGTERM, on_stop)
    return ray
