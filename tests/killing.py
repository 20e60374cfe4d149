"""Crawls killed at random instants, again and again in one archive, and what must hold after each kill. No test itself.

Owns the instants, and the one run that must complete what the killed ones began. benchmarks/kills.py kills three
hundred, tests/test_kill.py fifty.
"""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
import threading
from collections import Counter
from dataclasses import dataclass, field
from random import Random
from typing import IO, TYPE_CHECKING, Any, Protocol

from pipelines.sqlite import SqliteStore
from tests.aftermath import damage
from tests.builders import lines_of, plain, sealed, whole_lines
from tests.crawls import FAST, REPOSITORY, Harvest
from tests.newsserver import RawServer
from tests.storysite import StorySite
from tests.witness import HANDED_ON, handed_on, witnessed_by

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

    from tests.warm import WarmProcess

    StartWarm = Callable[[Sequence[str], Mapping[str, str]], WarmProcess]

SMALL_FILES = {"WARC_MAX_BYTES": 60_000, "JSONL_MAX_BYTES": 40_000}
"""So that files are sealed all the time, not at the end alone."""
START, OPENING, REQUEST, ARTICLE, CLOSING = "start", "opening", "request", "article", "closing"
MOST_SECONDS = {START: 1.6, OPENING: 0.15, REQUEST: 0.3, ARTICLE: 0.3, CLOSING: 0.15}
LINES = {OPENING: "Enabled addons", ARTICLE: HANDED_ON, CLOSING: "Closing spider"}
"""What a crawl says right before it opens its archive and recovers it, as it hands an article on, before it seals."""
LAST_NUMBER = 8
ORPHANS_END_WITHIN_SECONDS = 20
NEVER_SECONDS = 120


@dataclass(frozen=True, slots=True)
class Instant:
    """So many seconds after a crawl was started, opens its archive, sends its n-th request, hands on its n-th article,
    or begins to close."""

    after: str
    number: int
    seconds: float


def draw(chance: Random, *, is_late: bool) -> Instant:
    """Late in the life of an archive crawls get to their end, and are killed as they close."""
    kinds = (START, OPENING, CLOSING) if is_late else (START, OPENING, REQUEST, ARTICLE)
    after = chance.choices(kinds, (1, 2, 4) if is_late else (1, 2, 2, 6))[0]
    return Instant(after, chance.randint(1, LAST_NUMBER), round(chance.uniform(0, MOST_SECONDS[after]), 4))


@dataclass(slots=True)
class Tally:
    """`phases` counts kills by what the crawl was at. `acknowledged`: articles that a crawl handed on before it was
    killed with others still to come."""

    kills: int = 0
    runs: int = 0
    acknowledged: int = 0
    articles: int = 0
    phases: Counter[str] = field(default_factory=Counter)

    def add(self, other: Tally) -> None:
        self.kills += other.kills
        self.runs += other.runs
        self.acknowledged += other.acknowledged
        self.articles += other.articles
        self.phases.update(other.phases)


class Process(Protocol):
    """A `scrapy crawl`: subprocess.Popen, or tests.warm.WarmProcess."""

    returncode: int | None
    stderr: IO[bytes]

    def wait(self, timeout: float | None = None) -> int: ...

    def kill(self) -> None: ...


class Crawl:
    """A crawl process, whose log is read as it comes."""

    def __init__(self, process: Process, until: threading.Event, awaited: str = "\0", times: int = 1) -> None:
        self.process = process
        self.log: list[str] = []
        self._until, self._awaited, self._times = until, awaited, times
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def _read(self) -> None:
        """To the end of the log: which comes when the last process that could write to it has gone."""
        with self.process.stderr as log:
            for line in log:
                self.log.append(line.decode("utf-8", "replace"))
                self._times -= self._awaited in self.log[-1]
                if not self._times:
                    self._until.set()
        self._until.set()

    @property
    def phase(self) -> str:
        text = "".join(self.log)
        marks = {"closing": LINES[CLOSING], "crawling": "Spider opened", "opening": LINES[OPENING], "": ""}
        return next(phase for phase, mark in marks.items() if mark in text) or "starting"

    @property
    def tail(self) -> str:
        return "".join(self.log[-15:])

    def killed_after(self, seconds: float) -> bool:
        """False if it came to its end before that."""
        with contextlib.suppress(subprocess.TimeoutExpired):
            self.process.wait(seconds)
        self.process.kill()
        code = self.end(ORPHANS_END_WITHIN_SECONDS)
        assert code in {0, -signal.SIGKILL}, self.tail
        return code == -signal.SIGKILL

    def end(self, orphans_end_within_seconds: float = NEVER_SECONDS) -> int:
        """Its exit code, once it has ended and none of its workers is left."""
        code = self.process.wait(NEVER_SECONDS)
        self._reader.join(orphans_end_within_seconds)
        assert not self._reader.is_alive(), "a worker has outlived its crawl"
        return code


class Killed:
    """One archive of one site."""

    def __init__(self, site: StorySite, folder: Path, start_warm: StartWarm | None = None) -> None:
        self.site, self.root, self.witness = site, folder / "archive", folder / "witness"
        settings = {"ARCHIVE_DIR": self.root, **FAST, **SMALL_FILES, **witnessed_by(self.witness)}
        options = [part for name, value in settings.items() for part in ("-s", f"{name}={value}")]
        self._command = ["crawl", "news", "-a", f"url={site.url()}", *options]
        self._environment = {"HOME": str(folder)}
        self._start_warm = start_warm
        self.stood: dict[str, str] = {}
        self.tally = Tally()

    def start(self, *, is_cold: bool = False) -> Process:
        if self._start_warm and not is_cold:
            process = self._start_warm(self._command, {**os.environ, **self._environment})
            process.stdin.close()
            process.stdout.close()
            return process
        return subprocess.Popen(  # type: ignore[return-value]
            [sys.executable, "-m", "scrapy", *self._command], cwd=REPOSITORY, env={**os.environ, **self._environment},
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)

    def is_late(self, kills: int) -> bool:
        return self.tally.kills >= kills * 3 // 4 or len(self.stood) == len(self.site.targets)

    def crawl_and_kill(self, instant: Instant) -> bool:
        until = threading.Event()
        self.site.at_request(instant.number if instant.after == REQUEST else 0, until.set)
        times = instant.number if instant.after == ARTICLE else 1
        crawl = Crawl(self.start(is_cold=instant.after == START), until, LINES.get(instant.after, "\0"), times)
        if instant.after != START:
            assert until.wait(NEVER_SECONDS), f"{instant}: never came: {crawl.tail}"
        is_killed = crawl.killed_after(instant.seconds)
        self.tally.runs += 1
        if is_killed:
            self.tally.kills += 1
            self.tally.phases[crawl.phase] += 1
            if crawl.phase == "crawling":
                self.tally.acknowledged += len([line for line in crawl.log if HANDED_ON in line])
        return is_killed

    def check(self) -> None:
        """After a kill, before anything is put right."""
        lines = standing_articles(self.root)
        standing = {line["warc"]["record_id"]: line["final_url"] for line in lines}
        assert len(set(standing.values())) == len(lines), f"twice: {Counter(standing.values()).most_common(3)}"
        assert standing.items() >= self.stood.items(), f"lost: {self.stood.items() - standing.items()}"
        acknowledged = set(handed_on(self.witness))
        assert set(standing.values()) >= acknowledged, f"handed on, lost: {acknowledged - set(standing.values())}"
        self.stood = standing
        assert damage(self.root) == []

    def finish(self) -> None:
        """The run that is not killed completes everything."""
        crawl = Crawl(self.start(), threading.Event())
        assert crawl.end() == 0, crawl.tail
        self.tally.runs += 1
        self.check()
        harvest = Harvest(self.root)
        self.site.check_whole(harvest)
        self.tally.articles = len(harvest.articles)


def standing_articles(root: Path) -> list[dict[str, Any]]:
    """All lines, sealed or not; a plain file whose copy is final is on its way out. One that is being recovered is cut
    and filled again from what waits in the store."""
    final = {path.name.partition(".")[0]: lines_of(plain(path)) for path in sealed(root, "articles")}
    growing = {path.name.partition(".")[0]: whole_lines(path) for path in (root / "articles").rglob("*.jsonl.open")}
    lines = [line for lines in (growing | final).values() for line in lines]
    there = {line["id"] for line in lines}
    return lines + [line for line in _waiting(root) if line["id"] not in there]


def _waiting(root: Path) -> list[dict[str, Any]]:
    if not any((root / "articles").rglob("*.open")):        # a store that was just made may not be whole
        return []
    store = SqliteStore.open_to_read(root / "state.sqlite")
    try:
        paths = [mark.segment.path for _, mark in store.open_segments() if mark.segment.kind == "articles"]
        return [json.loads(line.line) for path in paths for line in store.outbox(path)]
    finally:
        store.close()


def kill_again_and_again(
    folder: Path, kills: int, pages: int, seed: int, *, start_warm: StartWarm | None = None,
    on_kill: Callable[[], object] = lambda: None,
) -> Tally:
    """So many kills in one archive, then the run that completes it. AssertionError tells the seed and the instants."""
    chance, instants = Random(seed), []
    with RawServer() as server:
        killed = Killed(StorySite(server, pages), folder, start_warm)
        try:
            while killed.tally.kills < kills:
                assert killed.tally.runs < 3 * kills + 10, "most crawls end before they can be killed"
                instants.append(draw(chance, is_late=killed.is_late(kills)))
                if killed.crawl_and_kill(instants[-1]):
                    on_kill()
                killed.check()
            killed.finish()
        except BaseException as error:
            error.add_note(f"seed {seed}, {kills} kills, {pages} pages, archive {killed.root}, instants {instants}")
            raise
    return killed.tally
