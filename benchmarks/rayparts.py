"""Re-extraction on Ray beside re-extraction without it: in turn, and with workers killed.

Owns the cluster of two processors on loopback, which is there before anything is measured, as clusters are. Must not
know how a re-extraction is started, nor which archives there are.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
import time
from contextlib import contextmanager
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING, Any

from benchmarks.reextractionprobes import processes_below
from tests.ports import free_port

if TYPE_CHECKING:
    import random
    from collections.abc import Callable, Iterator, Mapping

_QUIET_SECONDS = 3.0        # with less than a fifth of a processor in use: its services have begun
_MOST_SECONDS = 90.0


@contextmanager
def cluster(processors: int, environment: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    """Its address, and the folder below which its processes are."""
    port, temporary = free_port(), tempfile.mkdtemp(prefix="ray-")      # its sockets need a short path
    subprocess.run(
        [Path(sys.executable).parent / "ray", "start", "--head", "--port", str(port), "--node-ip-address", "127.0.0.1",
         "--num-cpus", str(processors), "--include-dashboard=false", "--disable-usage-stats", "--temp-dir", temporary],
        check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=environment)
    try:
        _until_quiet()
        yield f"127.0.0.1:{port}", temporary
    finally:
        for process_id, _ in processes_below(temporary):
            os.kill(process_id, 9)      # Ray's GCS server outlives a SIGTERM
        shutil.rmtree(temporary, ignore_errors=True)


def _busy_seconds() -> float:
    """Of all processors, whoever used them: a cluster's processes are nobody's children."""
    user, nice, system, _, _, interrupts, soft = map(int, Path("/proc/stat").read_text().split()[1:8])
    return (user + nice + system + interrupts + soft) / os.sysconf("SC_CLK_TCK")


def _until_quiet() -> None:
    until = time.monotonic() + _MOST_SECONDS
    while time.monotonic() < until:
        before = _busy_seconds()
        time.sleep(_QUIET_SECONDS)
        if _busy_seconds() - before < _QUIET_SECONDS / 5:
            return


def in_turn(rounds: int, plain: Callable[[int], object], on_ray: Callable[[int], object]) -> dict[str, Any]:
    """Seconds of each, by the clock and of all processors of the machine, and what Ray costs of both."""
    measured = []
    for number in range(rounds):
        figures: dict[str, float] = {}
        for name, work in (("plain", plain), ("ray", on_ray)):
            began, before = time.monotonic(), _busy_seconds()
            work(number)
            figures[f"{name}_seconds"] = round(time.monotonic() - began, 2)
            figures[f"{name}_cpu_seconds"] = round(_busy_seconds() - before, 2)
        measured.append({**figures, "load": round(os.getloadavg()[0], 2)})
    overheads = [round(each["ray_seconds"] / each["plain_seconds"] - 1, 3) for each in measured]
    in_cpu = median(each["ray_cpu_seconds"] / each["plain_cpu_seconds"] - 1 for each in measured)
    return {"rounds": measured, "overhead": median(overheads), "overheads": overheads,
            "cpu_overhead": round(in_cpu, 3)}


def killing(process: subprocess.Popen[bytes], temporary: str, seeded: random.Random, most: int = 3) -> int:
    """Kill so many Ray workers at work while the process runs, and wait for its end; how many were killed."""
    killed = 0
    while process.poll() is None and killed < most:
        time.sleep(seeded.uniform(1, 4))
        busy = [pid for pid, name in processes_below(temporary) if name.startswith("ray::run_task")]
        if busy:
            os.kill(seeded.choice(busy), 9)
            killed += 1
    process.wait()
    return killed
