"""Errors of the network in the log, one line each: Scrapy tells them with thirty lines of its own call stack.

Owns that shortening alone. Errors of a spider or a pipeline keep their stack: there it says something.
"""

from __future__ import annotations

import logging

from crawler.outcomes import outcome_of_failure
from pipelines.records import Outcome

_LOGGERS = ("scrapy.core.scraper", "scrapy.downloadermiddlewares.robotstxt")


def shorten_network_errors() -> None:
    """From now on, in this process."""
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
