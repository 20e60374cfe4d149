"""The course of one look at a site: what is asked, in which order, within a small budget of requests.

Owns the order. Must not know Scrapy, nor how an address is asked (`looking`). The steps are those of a crawl from the
address alone (`crawler.sitestate`), so that what is found here is what a crawl would find.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from crawler.discovery import Found, Link, links_of_page
from crawler.discovery.jsonfeeds import posts_url
from crawler.discovery.judgement import verdict_of
from crawler.discovery.wellknown import WELL_KNOWN_FEEDS, WELL_KNOWN_SITEMAPS
from crawler.ownfolder import is_below, own_folder, places_of
from crawler.survey.findings import GUESSED, Answer, HomeFacts, RobotsFacts, Sample, SourceFound, Survey
from crawler.survey.looking import FOR_SAMPLES, Looking, failure_of
from crawler.survey.pagefacts import home_facts, sample_of
from pipelines.records import Role
from pipelines.urlkey import url_key
from pipelines.workers import WorkerError

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Iterable
    from datetime import date

    from crawler.sites import Site

_MAX_TRIED = 6
_MAX_DOUBTS = 4
_MAX_NAMED = 50
_MAX_FEEDS, _MAX_SITEMAPS, _MAX_BELOW, _MAX_SECTIONS = 12, 6, 2, 6
_COMPLETE = 0.8


@dataclass(slots=True)
class Course:
    """`robots` tells what is known of the robots.txt of an address, once something of its host was asked;
    `subscribed` are feeds that a list has for the site."""

    site: Site
    looking: Looking
    robots: Callable[[str], RobotsFacts]
    today: date
    subscribed: tuple[str, ...] = ()
    sources: list[SourceFound] = field(default_factory=list)
    _folder: str | None = None

    async def run(self) -> Survey:
        answer, found, facts = await self._home()
        robots = self.robots(answer.final_url)
        if robots.crawl_delay_seconds:
            self.looking.keep_short(robots.crawl_delay_seconds)
        survey = Survey(self.site, answer, facts, robots)
        if found is not None:
            self._folder = own_folder(answer.final_url, found.links)
            survey = replace(survey, home_links=self._inside(found.links), home_problem=found.problem,
                             folder=self._folder)
        if self.site.feeds or self.site.sitemaps or self.site.sections:
            await self._named_by_registry()
        else:
            await self._named(found, answer.final_url, robots)
            if found is not None:
                await self._unnamed(found, answer.final_url, facts)
                await self._sections(survey)
                survey = replace(survey, sources=tuple(self.sources))
                survey = replace(survey, doubts=await self._doubts(survey))
        survey = replace(survey, sources=tuple(self.sources))
        samples = await self._samples(survey)
        return replace(survey, samples=samples, looks=tuple(self.looking.looks), is_budget_spent=self.looking.is_spent)

    async def _home(self) -> tuple[Answer, Found | None, HomeFacts]:
        answer = await self.looking.ask(self.site.url, Role.HOME)
        if answer is None:
            raise RuntimeError("the home page is asked first of all")
        found, facts = None, HomeFacts()
        if answer.is_good:
            robots = self.robots(answer.final_url).text or ""
            found = await self.looking.read(links_of_page, answer.body, answer.final_url, answer.content_type)
            try:
                facts = await self.looking.compute(home_facts, answer.body, answer.final_url, answer.headers, robots)
            except WorkerError as error:
                found = replace(found, problem=found.problem or f"cannot be read as a page: {error}")
            facts = replace(facts, rights=(*facts.rights, *answer.rights))
        self.looking.note("home page", answer, self._words_of_page(found, facts) if found else None)
        return answer, found, facts

    @staticmethod
    def _words_of_page(found: Found, facts: HomeFacts) -> str:
        counts = {role: sum(link.role is role for link in found.links) for role in Role}
        text = (f"{counts[Role.PAGE]} links like articles, {counts[Role.SECTION]} like sections, "
                f"{counts[Role.FEED]} feeds, {facts.words} words")
        return f"{found.problem}: {text}" if found.problem else text

    async def _named_by_registry(self) -> None:
        for urls, role in ((self.site.feeds, Role.FEED), (self.site.sitemaps, Role.SITEMAP),
                           (self.site.sections, Role.SECTION)):
            for url in urls:
                await self._ask_source(url, role, "named in the registry")

    async def _named(self, found: Found | None, home: str, robots: RobotsFacts) -> None:
        links = found.links if found else ()
        await self._ask_sources(self.subscribed, Role.FEED, "named in the list of subscriptions", _MAX_FEEDS)
        await self._ask_sources((link.url for link in links if link.role is Role.FEED), Role.FEED,
                                "linked from the home page", _MAX_FEEDS)
        await self._ask_sources(robots.sitemaps, Role.SITEMAP, "named in robots.txt", _MAX_SITEMAPS)
        await self._ask_sources((link.url for link in links if link.role is Role.SITEMAP), Role.SITEMAP,
                                "linked from the home page", _MAX_SITEMAPS)

    async def _unnamed(self, found: Found, home: str, facts: HomeFacts) -> None:
        """Places of the site's system, then those that are well known, one after the other until one lists pages."""
        api = (posts_url(found.wordpress_api),) if found.wordpress_api else ()
        feeds = (WELL_KNOWN_FEEDS[0], *api) if api else (*facts.system_feeds, *WELL_KNOWN_FEEDS)
        for paths, role in ((feeds, Role.FEED), ((*facts.system_sitemaps, *WELL_KNOWN_SITEMAPS), Role.SITEMAP)):
            for path in places_of(home, paths):
                if any(_kind_of(source) is role for source in self.sources):
                    break
                origin = "WordPress's REST API" if path in api else GUESSED
                await self._ask_source(path, role, origin)

    async def _sections(self, survey: Survey) -> None:
        """Sections are looked at, and the feeds they name, but where a sitemap has what the home page shows: that lists
        for good, while sections show what a feed has dropped."""
        links = [link.url for link in survey.home_links if link.role is Role.SECTION]
        for url in links[:_MAX_SECTIONS]:
            if self._lists_enough(survey):
                return
            section = await self._ask_source(url, Role.SECTION, "linked from the home page")
            feeds = [link.url for link in section.links if link.role is Role.FEED] if section else []
            await self._ask_sources(feeds, Role.FEED, f"linked from {url}", _MAX_FEEDS)

    def _lists_enough(self, survey: Survey) -> bool:
        so_far = replace(survey, sources=tuple(self.sources))
        is_lasting = any(source.is_lasting for source in so_far.sources)
        return is_lasting and len(so_far.shown & so_far.listed) >= _COMPLETE * len(so_far.shown)

    async def _doubts(self, survey: Survey) -> tuple[Sample, ...]:
        """Some of what no list has, spread over the pages that link to it: it may be no articles."""
        missing = survey.unlisted if survey.lists else ()
        step = max(1, -(-len(missing) // _MAX_DOUBTS))
        return tuple([sample async for sample in self._read_pages(
            missing[::step], "link that no feed or sitemap has")])

    async def _ask_sources(self, urls: Iterable[str], role: Role, origin: str, limit: int) -> None:
        """The first `limit` of them; of the others it is noted that they are there."""
        for number, url in enumerate(list(urls)[:_MAX_NAMED]):
            if number >= limit or not self.looking.has_budget:
                self.sources.append(SourceFound(url, role, origin, is_asked=False))
            else:
                await self._ask_source(url, role, origin)

    async def _ask_source(self, url: str, role: Role, origin: str) -> SourceFound | None:
        """None if it was asked before, or the budget is spent."""
        answer = await self.looking.ask(url, role)
        if answer is None:
            return None
        source = SourceFound(url, role, origin, is_answered=False, problem=failure_of(answer))
        if answer.is_good:
            source = self._source_of(url, role, origin, await self.looking.read_as(role, answer))
        self.looking.note(f"{role.value} {origin}", answer, _words_of(source))
        if role is Role.SITEMAP:
            source = await self._with_sitemaps_below(source)
        self.sources.append(source)
        return source

    def _inside(self, links: tuple[Link, ...]) -> tuple[Link, ...]:
        """Without those of other sites on its host."""
        folder = self._folder
        return links if folder is None else tuple(
            link for link in links if link.role in {Role.FEED, Role.SITEMAP} or is_below(link.url, folder))

    def _source_of(self, url: str, role: Role, origin: str, found: Found) -> SourceFound:
        return SourceFound(url, role, origin, self._inside(found.links), found.problem, next_url=found.next_url,
                           hub=found.hub, refresh_seconds=found.refresh_seconds)

    async def _with_sitemaps_below(self, index: SourceFound) -> SourceFound:
        """An index with the pages of its newest sitemaps."""
        below = [link for link in index.links if link.role is Role.SITEMAP]
        links: tuple[Link, ...] = index.links
        read = 0
        for link in below[:_MAX_BELOW]:
            answer = await self.looking.ask(link.url, Role.SITEMAP)
            if answer is None:
                continue
            found = Found((), failure_of(answer))
            if answer.is_good:
                found = await self.looking.read_as(Role.SITEMAP, answer)
            words = _words_of(self._source_of(link.url, Role.SITEMAP, "", found))
            self.looking.note(f"sitemap named in {index.url}", answer, words)
            links, read = (*links, *self._inside(found.links)), read + 1
        return replace(index, links=links, below=len(below), below_read=read)

    async def _samples(self, survey: Survey) -> tuple[Sample, ...]:
        """Three articles, for which some more pages are tried if need be."""
        samples = [doubt for doubt in survey.doubts if doubt.is_article]
        async for sample in self._read_pages(_worth_a_look(survey, _MAX_TRIED), "sample of an article"):
            samples.append(sample)
            if sum(each.is_article for each in samples) >= FOR_SAMPLES:
                break
        return tuple(samples)

    async def _read_pages(self, links: Iterable[Link], purpose: str) -> AsyncIterator[Sample]:
        for link in links:
            answer = await self.looking.ask(link.url, Role.PAGE, is_sample=True)
            if answer is not None:
                sample = await self._sample(link.url, answer)
                self.looking.note(purpose, answer, sample.problem or f"an article of {sample.words} words")
                yield sample

    async def _sample(self, url: str, answer: Answer) -> Sample:
        if not answer.is_good:
            return Sample(url, problem=failure_of(answer))
        try:
            read = await self.looking.compute(sample_of, answer.body, answer.final_url, answer.headers, self.today)
        except WorkerError as error:
            return Sample(url, problem=str(error))
        return replace(read, url=url, rights=(*read.rights, *answer.rights))

def _kind_of(source: SourceFound) -> Role | None:
    """As what a source counts that lists pages: a news sitemap is like a feed."""
    return (Role.FEED if source.is_news else source.role) if source.pages else None


def _words_of(source: SourceFound) -> str | None:
    if not source.is_answered:
        return None
    below = sum(link.role is Role.SITEMAP for link in source.links)
    dated = len(source.dates)
    text = f"{len(source.pages)} pages, {dated} dated" + (f", {below} sitemaps" if below else "")
    return f"{source.problem}; {text}" if source.problem and source.links else source.problem or text


def _worth_a_look(survey: Survey, count: int) -> list[Link]:
    """The newest articles that feeds date, then what the home page shows, then what else is listed; each once."""
    listed = survey.recent
    dated = sorted(((link.date, number) for number, link in enumerate(listed) if link.date), reverse=True)
    rest = [link for source in survey.lists for link in source.pages]
    chosen: dict[str, Link] = {}
    for link in (*(listed[number] for _, number in dated), *survey.home_pages, *listed, *rest):
        if survey.site.permits(link.url):
            chosen.setdefault(url_key(link.url), link)
    likely = sorted(chosen.values(), key=_is_unlike_article)
    return likely[:count]


def _is_unlike_article(link: Link) -> bool:
    """Sitemaps list sections and legal notices, too."""
    return verdict_of(link.url, link.title or "").role is not Role.PAGE
