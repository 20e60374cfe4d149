"""A page that was extracted ends its visit once, with the outcome that it has; only an article goes on."""

from __future__ import annotations

import asyncio
import logging
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
from scrapy import Request
from scrapy.exceptions import DropItem
from scrapy.http import HtmlResponse

from pipelines.assemble import fetch_record
from pipelines.boilerplate.model import NO_MODEL
from pipelines.draft import Committed
from pipelines.extract import ExtractPipeline
from pipelines.items import Page
from pipelines.publish import PublishPipeline, outcome_of
from pipelines.records import ArticleRecord, Discovered, Outcome, Redirect
from pipelines.visit import VISIT, Settlement, Visit, redirects_of
from pipelines.workers import WorkerError
from tests import archives
from tests.builders import NOON, exchange
from tests.test_records import article_of

if TYPE_CHECKING:
    from pipelines.records import Article

URL = "https://news.example/1"
ARTICLE = archives.article("Ein Titel", "Ein Text.")


class Archive:
    """Stands in for the archive's session: keeps what visits end with, and says what became of it."""

    def __init__(self, became: Outcome | None = None, record: ArticleRecord | None = None) -> None:
        self.became, self.record = became, record
        self.ended: list[tuple[Outcome, str | None, Article | None]] = []

    async def __call__(self, visit: Visit, settlement: Settlement) -> Committed:
        self.ended.append((settlement.outcome, settlement.reason, settlement.article))
        await asyncio.sleep(0)
        fetch = fetch_record(settlement, "run", None, [])
        return Committed(replace(fetch, outcome=self.became or settlement.outcome), self.record)


def visit_of(archive: Archive, *, callback_ended: bool = True) -> Visit:
    visit = Visit(url=URL, site="osmere-courier", role="page", discovered=Discovered("feed"), started_at=NOON,
                  commit=archive)
    if callback_ended:
        visit.callback_ended.set()
    return visit


def page_of(visit: Visit, **facts: Any) -> Page:
    request = Request(URL, meta={VISIT: visit})
    response = HtmlResponse(
        URL, request=request, body=b"<p>x", headers={"Content-Type": "text/html; charset=\xe9"}
    )
    return replace(Page(response), **facts)


@pytest.mark.parametrize(("facts", "outcome", "reason"), [
    ({"article": ARTICLE}, Outcome.ARTICLE, None),
    ({"article": replace(ARTICLE, kind="listing")}, Outcome.NO_ARTICLE, "kind: listing"),
    ({"article": replace(ARTICLE, kind="wall")}, Outcome.NO_ARTICLE, "kind: wall"),
    ({"article": replace(ARTICLE, kind="other")}, Outcome.NO_ARTICLE, "kind: other"),
    ({"problem": "took longer than 20 s"}, Outcome.EXTRACTION_FAILED, "took longer than 20 s"),
    ({"problem": ""}, Outcome.EXTRACTION_FAILED, ""),
    ({"article": ARTICLE, "problem": "late"}, Outcome.EXTRACTION_FAILED, "late"),
    ({}, Outcome.FETCHED, "no extraction was asked for"),
])
def test_each_kind_of_page_has_its_outcome(
    facts: dict[str, Any], outcome: Outcome, reason: str | None
) -> None:
    archive = Archive(record=article_of() if outcome is Outcome.ARTICLE else None)
    page = page_of(visit_of(archive), **facts)
    assert outcome_of(page) == (outcome, reason)
    work = PublishPipeline().process_item(page)
    if outcome is Outcome.ARTICLE:
        assert asyncio.run(work) == archive.record
    else:
        with pytest.raises(DropItem, match=f"^{outcome}: ") as raised:
            asyncio.run(work)
        assert raised.value.log_level == "INFO" == logging.getLevelName(logging.INFO)
    assert archive.ended == [(outcome, reason, ARTICLE if outcome is Outcome.ARTICLE else None)]


def test_a_page_whose_article_turns_out_to_be_held_is_dropped_as_a_duplicate() -> None:
    archive = Archive(became=Outcome.DUPLICATE)
    with pytest.raises(DropItem, match=f"^duplicate: {URL}$"):
        asyncio.run(PublishPipeline().process_item(page_of(visit_of(archive), article=ARTICLE)))


def test_a_second_page_for_one_response_is_dropped_and_the_visit_ends_once() -> None:
    async def run() -> None:
        archive = Archive(record=article_of())
        page = page_of(visit_of(archive), article=ARTICLE)
        pipeline = PublishPipeline()
        assert await pipeline.process_item(page) == archive.record
        with pytest.raises(DropItem, match="second page"):
            await pipeline.process_item(page)
        assert len(archive.ended) == 1

    asyncio.run(run())


def test_of_two_pages_that_one_callback_yields_the_second_is_dropped() -> None:
    async def run() -> None:
        archive = Archive(record=article_of())
        visit = visit_of(archive, callback_ended=False)
        pipeline = PublishPipeline()
        both = [
            asyncio.ensure_future(pipeline.process_item(page_of(visit, article=ARTICLE))) for _ in range(2)
        ]
        await asyncio.sleep(0)
        visit.callback_ended.set()
        first, second = await asyncio.gather(*both, return_exceptions=True)
        assert first == archive.record
        assert isinstance(second, DropItem)
        assert len(archive.ended) == 1

    asyncio.run(run())


def test_a_page_waits_until_the_links_of_its_callback_are_handed_in() -> None:
    async def run() -> None:
        archive = Archive(record=article_of())
        visit = visit_of(archive, callback_ended=False)
        waiting = asyncio.ensure_future(PublishPipeline().process_item(page_of(visit, article=ARTICLE)))
        for _ in range(5):
            await asyncio.sleep(0)
        assert archive.ended == []
        visit.callback_ended.set()
        assert await waiting == archive.record

    asyncio.run(run())


@pytest.mark.parametrize("item", [{"a": "dict"}, "text", None, ARTICLE])
def test_items_of_other_kinds_pass_untouched(item: Any) -> None:
    assert asyncio.run(PublishPipeline().process_item(item)) is item
    assert asyncio.run(ExtractPipeline(Workers(AssertionError())).process_item(item)) is item  # type: ignore[arg-type]


def test_a_visit_ends_once() -> None:
    async def run() -> None:
        archive = Archive()
        visit = visit_of(archive)
        await visit.settle(Outcome.TIMEOUT)
        assert visit.settled
        with pytest.raises(RuntimeError, match="settled twice, the second time as http_error"):
            await visit.settle(Outcome.HTTP_ERROR)
        assert archive.ended == [(Outcome.TIMEOUT, None, None)]

    asyncio.run(run())


def test_a_visit_is_summed_up_from_its_exchanges() -> None:
    visit = visit_of(Archive())
    assert visit.settlement(Outcome.ROBOTS_DENIED, None, None).final_url == URL
    moved, gone, final = (
        exchange(raw, url=url)
        for url, raw in [
            (URL, b"HTTP/1.1 301 M\r\nLocation: /2\r\n\r\n"),
            (URL + "/2", b""),
            (URL + "/2", b"HTTP/1.1 200 OK\r\n\r\n"),
        ]
    )
    visit.exchanges += [moved, gone, final]
    settlement = visit.settlement(Outcome.ARTICLE, "why", ARTICLE)
    assert (settlement.url, settlement.final_url, settlement.url_key) == (URL, URL + "/2", "news.example/1")
    assert settlement.redirects == (Redirect(URL, 301, URL + "/2"),)
    assert settlement.exchanges == (moved, gone, final)


def test_retries_are_no_redirects_and_a_hop_that_gave_no_answer_has_status_0() -> None:
    nothing, second = exchange(b"", url=URL), exchange(b"", url=URL + "/2")
    assert redirects_of([]) == redirects_of([nothing, nothing]) == ()
    assert redirects_of([nothing, second]) == (Redirect(URL, 0, URL + "/2"),)


class Workers:
    """Stands in for the worker processes."""

    def __init__(self, result: object) -> None:
        self.result = result
        self.asked: tuple[Any, ...] = ()

    async def run(self, *args: Any, **kwargs: Any) -> Any:
        self.asked = (args, kwargs)
        if isinstance(self.result, Exception):
            raise self.result
        return self.result


def test_extraction_is_given_the_bytes_and_what_is_known_of_them() -> None:
    workers = Workers((ARTICLE, None))
    page = asyncio.run(ExtractPipeline(workers).process_item(page_of(visit_of(Archive()))))  # type: ignore[arg-type]
    assert (page.article, page.problem) == (ARTICLE, None)
    (_, body, url, model, hints), known = workers.asked
    assert (body, url, model, known) == (b"<p>x", URL, NO_MODEL, {"observes": False})
    assert (hints.fetched_at, hints.confirmed, hints.has_date) == (NOON.date(), frozenset(), False)
    assert hints.content_type.startswith("text/html; charset=")


def test_a_page_on_which_the_parser_fails_goes_on_with_its_problem() -> None:
    workers = Workers(WorkerError("took longer than 20 s"))
    page = asyncio.run(ExtractPipeline(workers).process_item(page_of(visit_of(Archive()))))  # type: ignore[arg-type]
    assert (page.article, page.problem) == (None, "took longer than 20 s")
