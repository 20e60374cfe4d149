"""The spider of a survey: fetches for the courses of several sites at once, each site one request after the other.

Owns the way from an address to an `Answer` through Scrapy, with the middlewares of every crawl: guard, robots.txt,
delays, retries, wiretap. Must not know what is asked why (`course`), or what becomes of it. It is no spider for
`scrapy crawl`, and so it does not lie among those.
"""

from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from scrapy import Request, Spider, signals
from scrapy.http.request import NO_CALLBACK

from crawler.discovery import sitemaps_of_robots
from crawler.identity import agent_of, product_token, require_contact
from crawler.outcomes import outcome_of_failure, outcome_of_status
from crawler.politeness import Politeness
from crawler.progress import Progress
from crawler.robotrules import RobotRules, rules_text
from crawler.session import ArchiveSession
from crawler.survey.course import Course
from crawler.survey.findings import Answer, RobotsFacts, Survey
from crawler.survey.looking import Looking
from crawler.survey.pagefacts import path_of, rights_text
from crawler.survey.robotslines import denial
from pipelines.clock import utc_now
from pipelines.extract import ExtractPipeline
from pipelines.records import Outcome
from pipelines.urlkey import host_of
from pipelines.visit import VISIT

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Mapping
    from typing import Self

    from scrapy.crawler import Crawler
    from scrapy.http import Response

    from crawler.sites import Site
    from crawler.survey.findings import Look
    from pipelines.records import Role

logger = logging.getLogger(__name__)

_SITES_AT_ONCE = 32
_MAX_REASON_CHARS = 300


class SurveySpider(Spider):
    """Puts the survey of each site into `surveys`, in the order of the sites; `tell` hears of each look."""

    name = "survey"
    custom_settings: dict[str, Any] | None = {  # noqa: RUF012  # as Scrapy declares it
        "CONCURRENT_REQUESTS_PER_DOMAIN": 1, "DOWNLOAD_TIMEOUT": 20, "RETRY_TIMES": 1, "EXTRACT_WORKERS": 2,
        "EXTRACT_TIMEOUT": 30,
        "EXTENSIONS": {Progress: None, "scrapy.extensions.logstats.LogStats": None},
    }

    def __init__(
        self, sites: tuple[Site, ...], surveys: dict[str, Survey], tell: Callable[[Site, Look], None],
        subscribed: Mapping[str, tuple[str, ...]], **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.sites, self.surveys, self._tell, self._subscribed = sites, surveys, tell, subscribed
        self._robots: dict[str, tuple[int, str, bytes]] = {}

    @classmethod
    def from_crawler(cls, crawler: Crawler, *args: Any, **kwargs: Any) -> Self:
        """ConfigurationError for a site elsewhere without a contact address."""
        spider = cls(*args, **kwargs)
        require_contact(agent_of(crawler.settings), [site.url for site in spider.sites])
        spider._set_crawler(crawler)
        crawler.signals.connect(spider.response_received, signal=signals.response_received)
        return spider

    @property
    def site_names(self) -> frozenset[str]:
        return frozenset(site.name for site in self.sites)

    def response_received(self, response: Response, request: Request) -> None:
        """robots.txt is asked for by the middleware that obeys it."""
        asked = next(iter(request.meta.get("redirect_urls", ())), request.url)
        if urlsplit(asked).path == "/robots.txt":
            self._robots[urlsplit(asked).netloc] = (response.status, response.url, response.body)

    async def start(self) -> AsyncIterator[Any]:
        places = asyncio.Semaphore(_SITES_AT_ONCE)
        await asyncio.gather(*(self._in_turn(site, places) for site in self.sites))
        return
        yield  # what is asked goes through `fetch`

    async def _in_turn(self, site: Site, places: asyncio.Semaphore) -> None:
        async with places:
            await self._survey(site)

    async def _survey(self, site: Site) -> None:
        politeness = self.crawler.get_extension(Politeness)
        if politeness is not None:
            politeness.set_delay(host_of(site.url), site.delay_seconds)
        self._session.begin_site(site.url, site.name)

        def tell(look: Look) -> None:
            self._tell(site, look)

        looking = Looking(self.fetch, self._workers_run, tell)
        course = Course(site, looking, self.robots, utc_now().date(), self._subscribed.get(site.name, ()))
        try:
            survey = await course.run()
        except Exception as error:  # an error of ours costs the others nothing
            logger.exception("The look at %s broke off", site.url)
            home = Answer(site.url, site.url, Outcome.ERROR, f"{type(error).__name__}: {error}"[:_MAX_REASON_CHARS])
            survey = Survey(site, home, looks=tuple(looking.looks))
        self.surveys[site.name] = survey

    async def fetch(self, url: str, role: Role) -> Answer:
        """What comes of one address, whatever that is: nothing is raised. The visit is archived like any other."""
        visit = self._session.unleased_visit(url, role)
        request = Request(url, dont_filter=True, callback=NO_CALLBACK, meta={VISIT: visit})
        try:
            response = await self.crawler.engine.download_async(request)
        except Exception as error:  # whatever a middleware or the network makes of it
            outcome, reason = outcome_of_failure(error)
            if visit.exchanges:
                self._session.end_unleased(visit, outcome, reason)
            status = visit.status if visit.exchanges else None
            return Answer(url, url, outcome, reason[:_MAX_REASON_CHARS], status, is_sent=bool(visit.exchanges))
        outcome, why = outcome_of_status(response.status, is_leased=True)
        self._session.end_unleased(visit, outcome, why)
        return Answer(url, response.url, outcome, why, response.status, _headers_of(response), response.body,
                      rights=rights_text(visit.rights))

    def robots(self, url: str) -> RobotsFacts:
        """What the robots.txt of the address's host says; nothing is known before something of the host was asked."""
        known = self._robots.get(urlsplit(url).netloc)
        if known is None:
            return RobotsFacts()
        status, robots_url, body = known
        if not 200 <= status < 300:
            return RobotsFacts(status)
        text = rules_text(body)
        delay = RobotRules(body).crawl_delay(agent_of(self.settings))
        return RobotsFacts(status, text=text, crawl_delay_seconds=delay, sitemaps=sitemaps_of_robots(body, robots_url),
                           denial=denial(text, product_token(self.settings), path_of(url)))

    @property
    def _session(self) -> ArchiveSession:
        session = self.crawler.get_extension(ArchiveSession)
        if session is None:
            raise RuntimeError("the survey needs the extension crawler.session.ArchiveSession")
        return session

    @property
    def _workers_run(self) -> Any:
        pipeline = self.crawler.get_item_pipeline(ExtractPipeline)
        if pipeline is None:
            raise RuntimeError("the survey reads in the workers of pipelines.extract.ExtractPipeline")
        return pipeline.workers.run


def _headers_of(response: Response) -> dict[str, str]:
    """Names in lower case; of several headers of a name, all values."""
    lists = ((name, response.headers.getlist(name)) for name in response.headers)
    return {name.decode("latin-1").lower(): ", ".join(value.decode("latin-1") for value in values)
            for name, values in lists}
