"""A re-extraction from its beginning, or from where an earlier call was ended, to its end.

Owns the order: survey, sites, segments, manifest; each step is written down as it ends, so that a call that is killed
costs what was under way. Must not know where the work is done (`pipelines.reextraction.runner`).
"""

from __future__ import annotations

import json
import shutil
from collections import Counter
from typing import TYPE_CHECKING, Any

from pipelines.errors import BroadsheetError, ConfigurationError
from pipelines.layout import STATE
from pipelines.places import LocalPlace, place_of
from pipelines.recordlines import from_fields
from pipelines.reextraction.archive import FeedRead, Passed, Tried, models_named, read_archive
from pipelines.reextraction.finishing import DONE, Output, finish
from pipelines.reextraction.heavy import NO_ROOM, UnreadableError
from pipelines.reextraction.lines import lines_of
from pipelines.reextraction.pages import ArchivedPage
from pipelines.reextraction.parts import Folders, write_order
from pipelines.reextraction.plan import KEPT, WORK_STATE
from pipelines.reextraction.revisits import with_original
from pipelines.reextraction.samples import SAMPLE_PAGES, rank_of
from pipelines.reextraction.state import PASSED, State
from pipelines.reextraction.turns import as_done, in_order
from pipelines.segments import write_durably
from pipelines.sqlite import SqliteStore
from pipelines.workers import WorkerError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping
    from pathlib import Path

    from pipelines.boilerplate.model import SiteModel
    from pipelines.places import Place
    from pipelines.reextraction.plan import Plan
    from pipelines.reextraction.runner import Runner

_SURVEYED = "surveyed"
_UNSEALED = -1                  # the number under which responses in files that are still written to are counted


class Reextraction:
    """`tell` is called with what is being done, how much of it is done, and how much there is (0: not known yet)."""

    _runner: Runner

    def __init__(self, plan: Plan, tell: Callable[[str, int, int], object]) -> None:
        self._plan, self._tell = plan, tell
        self._work = plan.work
        self._folders = Folders(plan.out / "models", self._work / "heavy")
        self.state = State(self._work / WORK_STATE)
        begun = self.state.get("begun")
        if begun is not None:
            plan.require_same(begun)
        self.state.put("begun", plan.begun())

    @property
    def is_done(self) -> bool:
        """Whether every segment has its output."""
        return all(self.state.stage(number) == DONE for number in range(len(self._plan.segments)))

    async def run(self, runner: Runner) -> None:
        """Everything that is left to do. WorkersBrokenError or OSError as they come."""
        self._runner = runner
        self._folders.models.mkdir(parents=True, exist_ok=True)
        try:
            await self._do()
        except WorkerError as error:
            if error.errno is not None:
                raise OSError(error.errno, str(error)) from error
            told = f"{error}: the same command goes on once it can be, or name the other inputs and another OUT"
            raise BroadsheetError(told) from error

    async def _do(self) -> None:
        if self.state.get("is_surveyed") is None:
            await self._survey()
        if self.state.get("is_known") is None:
            await self._know_sites()
        await self._extract()

    # What is there

    async def _survey(self) -> None:
        ours = {(each.address, each.path): number for number, each in enumerate(self._plan.segments) if each.is_ours}
        for address in sorted({address for address, _ in ours}):
            await self._survey_archive(place_of(address), ours)
        others = [number for number, each in enumerate(self._plan.segments)
                  if not each.is_ours and self.state.stage(number) is None]
        done = 0
        async for _ in as_done(others, self._survey_segment, self._runner.at_once):
            done += 1
            self._tell("reading", done, len(others))
        with self.state.transaction():
            self._resolve_revisits()
            self.state.put("is_surveyed", "yes")

    async def _survey_segment(self, number: int) -> int:
        target = self._work / "surveys" / f"{number:06d}.jsonl.gz"
        segment = self._plan.segments[number]
        try:
            await self._runner.survey(segment, self._plan.naming, target)
        except WorkerError as error:
            if error.errno in NO_ROOM:
                raise
            raise UnreadableError(f"{segment.address}/{segment.path}: cannot be read: {error}") from error
        self._take_survey(number, target)
        target.unlink()
        return number

    def _take_survey(self, number: int, target: Path) -> None:
        damages: list[Any] = []
        with self.state.transaction():
            for text in lines_of(target):
                line: Mapping[str, Any] = json.loads(text)
                if "page" in line:
                    page = from_fields(ArchivedPage, line["page"])
                    self.state.add_page(number, page, rank_of(page))
                elif "revisit" in line:
                    self.state.add_revisit(number, from_fields(ArchivedPage, line["revisit"]), line["refers_to"])
                elif "original" in line:
                    self.state.add_original(line["keys"], number, line["original"])
                elif "damage" in line:
                    damages.append(line["damage"])
                else:
                    self.state.count(number, PASSED, {("", reason): n for reason, n in line["passed"].items()})
            self.state.tell_damage(number, damages)
            self.state.reach(number, _SURVEYED)

    def _resolve_revisits(self) -> None:
        """Each has the page of its original, if that is among the inputs."""
        for number, page, keys in self.state.revisits():
            original = self.state.original(keys)
            self.state.add_page(number, with_original(page, original), rank_of(page))

    async def _survey_archive(self, place: Place, ours: dict[tuple[str, str], int]) -> None:
        policed = frozenset(site for site, _ in self._plan.rights)
        passed: dict[int, Counter[tuple[str, str]]] = {}
        feeds: list[FeedRead] = []
        with self.state.transaction():
            for each in read_archive(place, self._plan.out, policed):
                if isinstance(each, FeedRead):
                    feeds.append(each)
                    continue
                number = ours.get((place.name, each.path), _UNSEALED)
                if isinstance(each, Tried) and number != _UNSEALED:
                    self.state.add_page(number, each.page, rank_of(each.page))
                else:
                    reason = each.reason if isinstance(each, Passed) else "in a file that is not sealed yet"
                    site = each.site if isinstance(each, Passed) else each.page.fetch.site
                    passed.setdefault(number, Counter())[site, reason] += 1
            for number, counts in passed.items():
                self.state.count(number, PASSED, counts)
        done = 0
        async for feed, paragraphs in as_done(feeds, self._read_feed, self._runner.at_once):
            self.state.add_paragraphs(feed.url, feed.fetched_at, paragraphs)
            done += 1
            self._tell("reading feeds", done, len(feeds))

    async def _read_feed(self, feed: FeedRead) -> tuple[FeedRead, Any]:
        try:
            return feed, await self._runner.read_feed(feed, self._plan.feed_reader)
        except WorkerError as error:
            if isinstance(error, UnreadableError):
                raise
            return feed, {}

    # What the sites repeat

    async def _know_sites(self) -> None:
        if self._plan.models == KEPT:
            self._take_kept_models()
        else:
            sites = self.state.sites_to_learn()
            done = 0
            async for _ in as_done(sites, self._learn, self._runner.at_once):
                done += 1
                self._tell("learning what sites repeat", done, len(sites))
        self.state.put("is_known", "yes")

    async def _learn(self, site: str) -> str:
        sample = [(number, self._with_paragraphs(page)) for number, page in self.state.sample(site, SAMPLE_PAGES)
                  if not page.is_decided]
        learned = await self._runner.learn([page for _, page in sample], self._folders)
        self.state.keep_site(site, self._keep(learned.model), sample, learned)
        return site

    def _keep(self, model: SiteModel) -> str | None:
        """Its name in OUT/models; None for no model."""
        if not model.stories:
            return None
        path = self._folders.models / f"{model.id}.json"
        if not path.exists():
            write_durably(path, model.content)
        return model.id

    def _take_kept_models(self) -> None:
        """Those that articles name; a page without an article has the last that its site has."""
        for address in sorted({each.address for each in self._plan.segments if each.is_ours}):
            place = place_of(address)
            wanted: set[str] = set()
            with self.state.transaction():
                for record_id, site, model_id in models_named(place):
                    self.state.name_model(record_id, site, model_id)
                    wanted.update({model_id} if model_id else ())
            self._copy_models(place, wanted)

    def _copy_models(self, place: Place, wanted: Iterable[str]) -> None:
        if not isinstance(place, LocalPlace) or not (place.root / STATE).exists():
            raise ConfigurationError(
                f"{place.name}: holds no {STATE}, in which the models of a crawl are kept: give --models learn")
        store = SqliteStore.open_to_read(place.root / STATE)
        try:
            for model_id in wanted:
                content = store.site_model(model_id)
                if content is None:
                    raise BroadsheetError(f"{place.name}: its articles name a model that it does not have: {model_id}: "
                                          "give --models learn")
                write_durably(self._folders.models / f"{model_id}.json", content)
        finally:
            store.close()

    # Segment by segment

    async def _extract(self) -> None:
        """Some at a time; finished in their order, for which of two copies is the article depends on it."""
        left = [number for number in range(len(self._plan.segments)) if self.state.stage(number) != DONE]
        total, done = self.state.page_count(), sum(
            self.state.page_count(number) for number in range(len(self._plan.segments)) if number not in left)
        for path in (self._work / "parts").glob("*.open"):
            path.unlink()

        def tell(pages: int) -> None:
            nonlocal done
            done += pages
            self._tell("extracting", done, total)

        tell(0)
        async for number in in_order(left, lambda number: self._extract_segment(number, tell), self._runner.at_once):
            self._finish(number)

    async def _extract_segment(self, number: int, tell: Callable[[int], None]) -> int:
        order, part = self._files(number)
        if not part.exists():
            write_order(order, self._ordered(number))
            await self._runner.extract(order, part, self._folders, tell)
        else:
            tell(self.state.page_count(number))
        return number

    def _finish(self, number: int) -> None:
        segment = self._plan.segments[number]
        order, part = self._files(number)
        output = Output.of(self._plan.out, segment.day or self.state.first_day(number) or "none", segment.name)
        if self.state.page_count(number):
            finish(self.state, number, order, part, output, self._plan.run_id, self._plan.policies)
        else:
            self.state.reach(number, DONE)
        order.unlink(missing_ok=True)
        part.unlink(missing_ok=True)

    def _files(self, number: int) -> tuple[Path, Path]:
        return tuple(self._work / "parts" / f"{number:06d}.{kind}.gz" for kind in ("order", "part"))  # type: ignore[return-value]

    def _ordered(self, number: int) -> Iterator[tuple[ArchivedPage, bytes | None]]:
        of_sites = self.state.models_of_sites()
        for page, made in self.state.pages(number):
            named = self.state.model_named(page.place.record_id) if self._plan.models == KEPT else None
            model_id = named[0] if named else of_sites.get(page.fetch.site)
            yield self._with_paragraphs(page, model_id), made

    def _with_paragraphs(self, page: ArchivedPage, model_id: str | None = None) -> ArchivedPage:
        found = page.fetch.discovered
        confirmed: tuple[int, ...] = ()
        if found.via == "feed" and found.source_url:
            confirmed = self.state.paragraphs(found.source_url, page.fetch.url_key, page.fetch.started_at)
        return ArchivedPage(page.number, page.fetch, page.place, page.source, confirmed, model_id, page.is_decided)

    def close(self) -> None:
        self.state.close()

    def clear(self) -> None:
        """What was needed on the way only; the state stays, so that a call after the end finds nothing to do."""
        for name in ("parts", "surveys", "heavy"):
            shutil.rmtree(self._work / name, ignore_errors=True)
