"""How a visit ends in Scrapy: after whatever became of its request, exactly once.

Owns the two places of Scrapy's engine where that can be seen, for it has no hook for "this request has ended". Must
not know what an end does: the session commits it. The names are private to Scrapy 2.19; tests/test_user_spider.py
fails loudly when they change.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from scrapy import Request, signals
from scrapy.http import Response
from scrapy.utils.defer import deferred_from_coro, maybe_deferred_to_future
from twisted.python.failure import Failure

from crawler.addresses import shown
from crawler.outcomes import PutBackError, outcome_of_failure, outcome_of_status
from pipelines.items import Page
from pipelines.records import Outcome
from pipelines.visit import VISIT, Visit

if TYPE_CHECKING:
    from collections.abc import Callable

    from scrapy.crawler import Crawler
    from twisted.internet.defer import Deferred

    from crawler.session import ArchiveSession


class Endings:
    """Watches the engine of one crawl from `begin` on."""

    def __init__(self, crawler: Crawler, session: ArchiveSession) -> None:
        self._crawler, self._session = crawler, session
        crawler.signals.connect(self.item_dropped, signal=signals.item_dropped)
        crawler.signals.connect(self.item_error, signal=signals.item_error)
        crawler.signals.connect(self.spider_error, signal=signals.spider_error)

    def begin(self) -> None:
        engine = self._crawler.engine
        engine.scraper.enqueue_scrape = self._ending(engine.scraper.enqueue_scrape)  # type: ignore[assignment,method-assign]
        engine._handle_downloader_output = self._keeping(  # type: ignore[assignment,method-assign]
            engine._handle_downloader_output)

    def item_dropped(self, item: Any, exception: BaseException) -> None:
        """A pipeline of the user's own dropped a page; the stages of ours have settled it when they do."""
        if isinstance(item, Page):
            _note(item.response, Outcome.DROPPED, str(exception) or type(exception).__name__)

    def item_error(self, item: Any, failure: Failure) -> None:
        if isinstance(item, Page):
            _note(item.response, Outcome.ERROR, _in_words(_error_of(failure)))

    def spider_error(self, failure: Failure, response: Response | Failure) -> None:
        """A callback raised: the page counts as an error, to be tried again, unless it was settled before that."""
        if isinstance(response, Response):
            _note(response, Outcome.ERROR, _in_words(_error_of(failure)))

    def _keeping(self, handle: Callable[[Any, Request], Deferred[Any]]) -> Callable[[Any, Request], Deferred[Any]]:
        """A downloader middleware may answer a request by another: that goes on with the same visit, or ends it if it
        does not reach the frontier (Scrapy's OffsiteMiddleware filters it before)."""

        def wrapped(result: Request | Response | Failure, request: Request) -> Deferred[Any]:
            visit: Visit | None = request.meta.get(VISIT)
            if not isinstance(result, Request) or visit is None:
                return handle(result, request)
            before = visit.times_continued
            result.meta.setdefault(VISIT, visit)
            handled = handle(result, request)
            if visit.times_continued == before and not visit.settled:
                visit.in_download = False
                self._session.end_unleased(visit, _outcome_so_far(visit), f"filtered: {shown(result.url)}")
            return handled

        return wrapped

    def _ending(
        self, enqueue_scrape: Callable[[Response | Failure, Request], Deferred[Any]]
    ) -> Callable[[Response | Failure, Request], Deferred[Any]]:
        """`Scraper.enqueue_scrape`: its Deferred fires only when callback and pipelines are done."""

        def wrapped(result: Response | Failure, request: Request) -> Deferred[Any]:
            return deferred_from_coro(self._scrape(enqueue_scrape, result, request))

        return wrapped

    async def _scrape(
        self, enqueue_scrape: Callable[[Response | Failure, Request], Deferred[Any]],
        result: Response | Failure, request: Request,
    ) -> None:
        visit: Visit | None = request.meta.get(VISIT)
        if visit is not None:
            visit.in_download = False
            if isinstance(result, Failure):  # no spider middleware sees the output of an errback
                visit.callback_ended.set()
                visit.is_put_back = visit.is_put_back or isinstance(result.value, PutBackError)
        await maybe_deferred_to_future(enqueue_scrape(result, request))
        if visit is not None and not visit.settled:
            await self._end(visit, result)

    async def _end(self, visit: Visit, result: Response | Failure) -> None:
        """Settle what no page settled."""
        if visit.is_put_back and (not visit.exchanges or self._session.drain.has_begun):
            await self._session.put_back(visit)
            return
        if visit.note is not None:
            outcome, reason = visit.note
        elif visit.is_put_back:  # a redirect to, or a retry at, a host that is left alone by now
            outcome, reason = _outcome_so_far(visit), str(_error_of(result)) if isinstance(result, Failure) else None
        elif isinstance(result, Failure):
            outcome, reason = outcome_of_failure(_error_of(result))
        else:
            outcome, reason = outcome_of_status(result.status, is_leased=True)
        await self._session.settle(visit, outcome, reason)


def _outcome_so_far(visit: Visit) -> Outcome:
    answer = visit.last_answer
    return outcome_of_status(answer.status, is_leased=True)[0] if answer else Outcome.CONNECTION_FAILED


def _note(response: Response, outcome: Outcome, reason: str) -> None:
    """Say how its visit ends if nothing settles it."""
    visit: Visit | None = response.meta.get(VISIT)
    if visit is not None:
        visit.note = (outcome, reason)


def _in_words(error: BaseException) -> str:
    return f"{type(error).__name__}: {error}"[:500]


def _error_of(failure: Failure) -> BaseException:
    if failure.value is None:
        raise RuntimeError(f"a failure without an error: {failure!r}")
    return failure.value
