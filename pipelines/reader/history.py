"""From an article to the fetches of its page, and back.

Owns by what they are known to belong together. The fetch log has no index: it is read, and only lines that name the
page are decoded.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

from pipelines.reader.decoding import decoded, decoder, likely
from pipelines.reader.linefiles import EVER, day_of
from pipelines.reader.sieve import may_hold, token
from pipelines.records import ArticleRecord, FetchRecord

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pipelines.reader.linefiles import Days, LineFiles

_R = TypeVar("_R")
_HOLDS = frozenset({"article", "duplicate"})


def fetch_of(files: LineFiles, article: ArticleRecord) -> FetchRecord | None:
    """The fetch that brought the article. Looked for in the files of its run, those of its day first."""
    tokens = (token("article_id", article.id),)
    for fetch in _of_run(files, "fetches", article.run_id, article.http.fetched_at, FetchRecord, tokens):
        if fetch.article_id == article.id and fetch.outcome == "article":
            return fetch
    return None


def article_of(files: LineFiles, fetch: FetchRecord) -> ArticleRecord | None:
    """The article that a fetch brought, or of which it found a duplicate."""
    if fetch.article_id is None or fetch.outcome not in _HOLDS:
        return None
    tokens = (token("id", fetch.article_id),)
    moment = fetch.http.fetched_at if fetch.http else fetch.started_at
    run = fetch.run_id if fetch.outcome == "article" else ""
    found = _of_run(files, "articles", run, moment, ArticleRecord, tokens)
    return next((article for article in found if article.id == fetch.article_id), None)


def versions(files: LineFiles, article: ArticleRecord, days: Days) -> Iterator[FetchRecord]:
    """Every fetch of the article's page, by day: those of its address, however it was spelt, and those that came to
    the same article elsewhere. Its own fetch is among them."""
    from pipelines.urlkey import url_key  # noqa: PLC0415  # only here is a key made

    keys = {article.url_key, url_key(article.url)}
    tokens = (*(token("url_key", key) for key in sorted(keys)), token("article_id", article.id),
              token("final_url", article.final_url))
    batches = files.batches("fetches", days, include_open=True)
    for fetch in decoded(files, likely(batches, lambda line: may_hold(line, tokens)), decoder(FetchRecord)):
        if fetch.url_key in keys or fetch.article_id == article.id or fetch.final_url == article.final_url:
            yield fetch


def _of_run(
    files: LineFiles, of: str, run_id: str, moment: str, into: type[_R], tokens: tuple[bytes, ...]
) -> Iterator[_R]:
    """Lines of a run ("": of any) that may hold one of the tokens, those of the moment's day first; at last those of
    the day's other files, for a re-extraction names its files after its segments."""
    day = moment[:10]

    def of_run(name: str) -> bool:
        return name.rpartition("/")[2].startswith(run_id)

    def of_another_day(name: str) -> bool:
        return of_run(name) and day_of(name) != day

    def of_another_run(name: str) -> bool:
        return not of_run(name)

    for days, wanted in (((day, day), of_run), (EVER, of_another_day), ((day, day), of_another_run)):
        batches = files.batches(of, days, include_open=True, wanted=wanted)
        yield from decoded(files, likely(batches, lambda line: may_hold(line, tokens)), decoder(into))
