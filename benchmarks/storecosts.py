"""What each thing that a crawl asks of its store costs, in this process: a program that prints JSON.

Owns what is timed. Must not know what it is compared with.

    python -m benchmarks.storecosts STATE.SQLITE KNOWN WAITING CYCLES

Each cycle is one turn of a crawl: URLs asked after, a window leased, articles looked up, a group committed.
"""

from __future__ import annotations

import json
import resource
import sys
import time
from collections import defaultdict
from contextlib import closing
from pathlib import Path
from random import Random
from statistics import mean, median
from typing import TYPE_CHECKING, Any, TypeVar

from benchmarks.knownurls import GROUP, NOW, PER_HOST, Files, article_keys, found_url, is_article, site_of
from pipelines.sqlite import SqliteStore
from pipelines.store import Run

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

HOT = ("is_known, known", "is_known, unknown", "lease", "article_like, held", "article_like, new", "commit")
"""What happens for each page; the rest happens once a run."""
ONCE = ("open", "release_all", "begin_run", "waiting", "end_run")
_RUN = "measured"
_LOOK_UPS = 64
_T = TypeVar("_T")


class Stopwatch:
    """Seconds of each call, by name."""

    def __init__(self) -> None:
        self.seconds: dict[str, list[float]] = defaultdict(list)

    def __call__(self, name: str, call: Callable[..., _T], *args: object) -> _T:
        began = time.perf_counter()
        result = call(*args)
        self.seconds[name].append(time.perf_counter() - began)
        return result


def measure(path: Path, known: int, waiting: int, cycles: int) -> dict[str, Any]:
    """Milliseconds by name, and the peak of resident memory in MiB. The store is changed by it."""
    watch = Stopwatch()
    with closing(watch("open", SqliteStore.open, path)) as store, closing(SqliteStore.open_to_read(path)) as reader:
        watch("release_all", store.release_all)
        sites = {site_of(number) for number in range(known, known + waiting)}
        watch("begin_run", store.begin_run, Run(_RUN, "news", 1, NOW), sites)
        watch("waiting", store.waiting)
        files, random = Files(_RUN), Random(1)
        for cycle in range(cycles):
            new = known + waiting + cycle * GROUP
            _cycle(watch, store, reader, files, known, range(new, new + GROUP), random)
        watch("end_run", store.end_run, _RUN, NOW, "finished")
    peak_mib = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return {"peak_mib": round(peak_mib, 1), "ms": {name: _spread(seconds) for name, seconds in watch.seconds.items()}}


def _cycle(watch: Stopwatch, store: SqliteStore, reader: SqliteStore, files: Files, known: int, new: range,
           random: Random) -> None:
    """As the frontier and the committer do it: they ask through one connection, and write through another."""
    found = tuple(found_url(number) for number in new)
    for number in random.sample(range(known), min(_LOOK_UPS, known)):
        assert watch("is_known, known", reader.is_known, found_url(number).url_key, _RUN)
    for each in found:
        assert not watch("is_known, unknown", reader.is_known, each.url_key, _RUN)
    leases = watch("lease", store.lease, _RUN, {}, GROUP, PER_HOST, NOW)
    for lease in leases:
        assert watch("article_like, new", store.article_like, article_keys(lease.url_key)) is None
    held = (found_url(number).url_key for number in random.sample(range(known), min(_LOOK_UPS // 8, known)))
    for key in held:
        assert is_article(key) == (watch("article_like, held", store.article_like, article_keys(key)) is not None)
    watch("commit", store.commit, _RUN, files.group(leases, found))


def _spread(seconds: Sequence[float]) -> dict[str, float]:
    ordered = sorted(1000 * each for each in seconds)
    return {"calls": len(ordered), "median": round(median(ordered), 4), "mean": round(mean(ordered), 4),
            "p95": round(ordered[int(0.95 * (len(ordered) - 1))], 4), "max": round(ordered[-1], 4)}


def main(arguments: Sequence[str]) -> None:
    print(json.dumps(measure(Path(arguments[0]), *map(int, arguments[1:]))))


if __name__ == "__main__":
    main(sys.argv[1:])
