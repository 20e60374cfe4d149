"""Scrapy's log, mended: errors of the network in one line each, and no passwords.

Owns those filters. Errors of a spider or a pipeline keep their stack: there it says something.
"""

from __future__ import annotations

import logging
import re
from typing import TYPE_CHECKING, Any

from scrapy.logformatter import LogFormatter

from crawler.addresses import without_credentials
from crawler.outcomes import outcome_of_failure
from pipelines.items import Page
from pipelines.records import ArticleRecord, Outcome

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Self

    from scrapy import Request, Spider
    from scrapy.crawler import Crawler
    from scrapy.http import Response
    from scrapy.logformatter import LogFormatterResult
    from twisted.python.failure import Failure

class ShortLines(LogFormatter):
    """Scrapy's lines about single requests and items: not made at all where nobody would read them, which costs a tenth
    of a crawl's event loop, and of a page or an article its address alone."""

    def __init__(self, *, is_read: bool) -> None:
        self._is_read = is_read

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        level = crawler.settings["LOG_LEVEL"]
        number = level if isinstance(level, int) else logging.getLevelName(str(level).upper())
        return cls(is_read=not isinstance(number, int) or number <= logging.DEBUG)

    def crawled(self, request: Request, response: Response, spider: Spider) -> LogFormatterResult:
        return super().crawled(request, response, spider) if self._is_read else None  # type: ignore[return-value]

    def scraped(self, item: Any, response: Response | Failure | None, spider: Spider) -> LogFormatterResult:
        return super().scraped(_shown(item), response, spider) if self._is_read else None  # type: ignore[return-value]

    def dropped(
        self, item: Any, exception: BaseException, response: Response | Failure | None, spider: Spider,
    ) -> LogFormatterResult:
        is_debug = getattr(exception, "log_level", None) in ("DEBUG", logging.DEBUG)
        if is_debug and not self._is_read:
            return None  # type: ignore[return-value]
        return super().dropped(_shown(item), exception, response, spider)


def _shown(item: Any) -> Any:
    if isinstance(item, ArticleRecord):
        return f"article {item.id} of {item.url}"
    return f"page {item.response.url}" if isinstance(item, Page) else item


_LOGGERS = ("scrapy.core.scraper", "scrapy.downloadermiddlewares.robotstxt")


_SECRET_SETTING = re.compile(r"('\w*(?:PASS|SECRET|TOKEN|_KEY)\w*': ).*?(?=,\s+'\w+': |\}$)", re.DOTALL)


def hide_secrets() -> None:
    """From now on, in this process: Scrapy logs every setting that is not as it came, HTTPAUTH_PASS among them, and
    whatever a server redirects to."""
    logging.getLogger("scrapy.crawler").addFilter(_without_secrets)
    made = logging.getLogRecordFactory()
    if not isinstance(made, _WithoutCredentials):
        logging.setLogRecordFactory(_WithoutCredentials(made))


class _WithoutCredentials:
    """Makes log records whose addresses hold no password, whoever logs them and whatever handles them."""

    def __init__(self, make: Callable[..., logging.LogRecord]) -> None:
        self._make = make

    def __call__(self, *args: Any, **kwargs: Any) -> logging.LogRecord:
        record = self._make(*args, **kwargs)
        try:
            text = record.getMessage()
        except Exception:  # whoever handles it tells of the mistake
            return record
        if "@" in text and "//" in text:
            record.msg, record.args = without_credentials(text), ()
        return record


def _without_secrets(record: logging.LogRecord) -> bool:
    if isinstance(record.args, dict) and "settings" in record.args:
        record.args = {"settings": _SECRET_SETTING.sub(r"\1'[redacted]'", str(record.args["settings"]))}
    return True


def shorten_network_errors() -> None:
    """From now on, in this process: Scrapy tells them with thirty lines of its own call stack."""
    for name in _LOGGERS:
        logging.getLogger(name).addFilter(_shortened)


def _shortened(record: logging.LogRecord) -> bool:
    error = record.exc_info[1] if record.exc_info else None
    text = record.getMessage()
    if error is not None and text.startswith("Error downloading"):
        outcome, reason = outcome_of_failure(error)
        if outcome is not Outcome.ERROR:
            record.msg, record.args, record.exc_info = text.partition(">")[0] + f">: {reason}", (), None
    return True
