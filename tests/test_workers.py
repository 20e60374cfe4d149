"""A task that hangs, crashes, eats memory or raises fails alone, and no process outlives the crawl."""

from __future__ import annotations

import asyncio
import os
import select
import signal
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import pytest

from pipelines.workers import AbandonedError, WorkerError, Workers, WorkersBrokenError
from tests import workertasks
from tests.builders import in_child

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterator
    from pathlib import Path

GIB = 1 << 30
GONE_WITHIN_MS = 60_000


def with_workers(work: Callable[[Workers], Awaitable[Any]], *, deadline_seconds: float = 60.0) -> Any:
    async def run() -> Any:
        workers = Workers(2, deadline_seconds, 2 * GIB, ["tests.workertasks"])
        try:
            return await work(workers)
        finally:
            workers.stop()
            await workers.close()

    return asyncio.run(run())


def wait_until_gone(pid: int) -> None:
    try:
        descriptor = os.pidfd_open(pid)
    except ProcessLookupError:
        return
    try:
        poll = select.poll()
        poll.register(descriptor, select.POLLIN)
        assert poll.poll(GONE_WITHIN_MS), f"process {pid} is still there"
    finally:
        os.close(descriptor)


def test_a_task_runs_in_another_process_and_its_result_comes_back() -> None:
    async def work(workers: Workers) -> tuple[object, ...]:
        return await workers.run(workertasks.told, 1, b"two", three={"four": None}), await workers.run(
            workertasks.pid
        )

    told, pid = with_workers(work)
    assert told == ((1, b"two"), {"three": {"four": None}})
    assert pid != os.getpid()


@pytest.mark.parametrize(("task", "args", "deadline_seconds", "message"), [
    (workertasks.hang, (), 0.5, r"^took longer than 0\.5 s$"),
    (workertasks.spin, (), 0.5, r"^took longer than 0\.5 s$"),
    (workertasks.leave, (3,), 60.0, r"^the worker died \(exit code 3\)$"),
    (workertasks.leave, (0,), 0.5, r"^(took longer than 0\.5 s|the worker died \(exit code 0\))$"),
    (workertasks.crash, (), 60.0, r"^the worker died \(exit code -11\)$"),
    (workertasks.eat, (4 * GIB,), 60.0, r"^ran out of memory$"),
    (workertasks.fail, (), 60.0, r"^KeyError: 'no such thing'$"),
    (workertasks.fail_oddly, (), 60.0, r"^TwoReasonsError: one and two$"),
    (workertasks.unpicklable, (), 60.0, r"."),
])
def test_a_task_that_fails_says_why_and_fails_alone(
    task: Callable[..., object], args: tuple[object, ...], deadline_seconds: float, message: str
) -> None:
    async def work(workers: Workers) -> list[object]:
        bad = [workers.run(task, *args) for _ in range(2)]
        good = [workers.run(workertasks.double, number) for number in range(10)]
        results = await asyncio.wait_for(asyncio.gather(*bad, *good, return_exceptions=True), 20)
        return [*results, await workers.run(workertasks.double, 21)]

    first, second, *others = with_workers(work, deadline_seconds=deadline_seconds)
    assert others == [*range(0, 20, 2), 42]
    for error in (first, second):
        assert isinstance(error, WorkerError)
        with pytest.raises(WorkerError, match=message):
            raise error


def test_workers_that_die_while_they_have_nothing_to_do_are_replaced() -> None:
    async def work(workers: Workers) -> tuple[int, int]:
        first = await workers.run(workertasks.pid)
        os.kill(first, signal.SIGKILL)
        wait_until_gone(first)
        pids = [await workers.run(workertasks.pid) for _ in range(8)]
        return first, len({first} & set(pids))

    assert with_workers(work)[1] == 0


def test_workers_that_die_at_once_time_and_again_are_told_once_and_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    told: list[WorkersBrokenError] = []

    async def work(workers: Workers) -> None:
        workers.on_broken = told.append
        for _ in range(3):
            with pytest.raises(AbandonedError):
                await workers.run(workertasks.pid)

    monkeypatch.setattr("pipelines.workers._limit_process", workertasks.leave_at_once)
    with_workers(work)
    assert len(told) == 1
    assert "EXTRACT_MEMORY_MIB" in str(told[0])


def test_a_task_that_fits_into_its_memory_is_not_disturbed() -> None:
    assert with_workers(lambda workers: workers.run(workertasks.eat, GIB // 8)) == GIB // 8


def test_the_event_loop_goes_on_while_a_task_runs(tmp_path: Path) -> None:
    told, go = pipes(tmp_path, "told", "go")

    async def work(workers: Workers) -> str:
        running = asyncio.ensure_future(workers.run(workertasks.tell_and_wait, told, go))
        loop = asyncio.get_running_loop()
        assert await loop.run_in_executor(None, read_lines, told, 1) == ["ready"]
        assert not running.done()
        await loop.run_in_executor(None, write_line, go, "now")
        return await running

    assert with_workers(work) == "now"


def test_closing_waits_for_what_runs_and_ends_every_process() -> None:
    async def work() -> tuple[int, int]:
        workers = Workers(2, 60.0, 2 * GIB, ["tests.workertasks"])
        pid = await workers.run(workertasks.pid)
        running = asyncio.ensure_future(workers.run(workertasks.double, 4))
        await asyncio.sleep(0)
        await workers.close()
        return pid, await running

    pid, result = asyncio.run(work())
    assert result == 8
    wait_until_gone(pid)


def test_stopping_ends_what_hangs(tmp_path: Path) -> None:
    [told] = pipes(tmp_path, "told")

    async def work() -> list[int]:
        workers = Workers(1, 60.0, 2 * GIB, ["tests.workertasks"])
        running = asyncio.ensure_future(workers.run(workertasks.tell_and_hang, told))
        [line] = await asyncio.get_running_loop().run_in_executor(None, read_lines, told, 1)
        workers.stop()
        await workers.close()
        with pytest.raises(asyncio.CancelledError):
            await running
        return [int(line.split()[0])]

    [pid] = asyncio.run(work())
    wait_until_gone(pid)


def pipes(folder: Path, *names: str) -> list[str]:
    paths = [str(folder / name) for name in names]
    for path in paths:
        os.mkfifo(path)
    return paths


def read_lines(pipe: str, count: int) -> list[str]:
    """As many lines as that, from however many writers, one after the other."""
    lines: list[str] = []
    while len(lines) < count:
        with open(pipe) as file:  # noqa: PTH123
            lines += file.read().splitlines()
    return lines


def write_line(pipe: str, line: str) -> None:
    with open(pipe, "w") as file:  # noqa: PTH123
        file.write(line + "\n")


PROGRAM = """
import asyncio, signal, sys
from pipelines.workers import Workers
from tests import workertasks

for number in (signal.SIGINT, signal.SIGTERM):
    signal.signal(number, lambda *_: print("interrupted", flush=True))
task, count, *args = sys.argv[1:]

async def main():
    workers = Workers(int(count), 60.0, 2 << 30, ["tests.workertasks"])
    function = getattr(workertasks, task)
    print(await asyncio.gather(*(workers.run(function, *args) for _ in range(int(count)))), flush=True)
    await workers.close()

if __name__ == "__main__":
    asyncio.run(main())
"""


@contextmanager
def program(folder: Path, *args: object) -> Iterator[Any]:
    """A crawl in a session of its own, as a terminal would start it."""
    path = folder / "program.py"
    path.write_text(PROGRAM)
    with in_child(path, *args, new_session=True) as child:
        try:
            yield child
        finally:
            child.kill()


def test_no_worker_outlives_a_crawl_that_was_killed(tmp_path: Path) -> None:
    [told] = pipes(tmp_path, "told")
    with program(tmp_path, "tell_and_hang", 2, told) as child:
        lines = read_lines(told, 2)
        pids = {int(pid) for line in lines for pid in line.split()}
        assert len(pids) == 3           # two workers, and the server that forks them
        assert child.pid not in pids
        child.kill()
        child.wait(60)
        for pid in pids:
            wait_until_gone(pid)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_to_the_whole_group_does_not_reach_the_workers(tmp_path: Path, number: signal.Signals) -> None:
    told, go = pipes(tmp_path, "told", "go")
    with program(tmp_path, "tell_and_wait", 1, told, go) as child:
        assert read_lines(told, 1) == ["ready"]
        os.killpg(child.pid, number)
        assert child.stdout.readline() == "interrupted\n"
        write_line(go, "finished")
        out, err = child.communicate(timeout=60)
    assert (out, err, child.returncode) == ("['finished']\n", "", 0)
